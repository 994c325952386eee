//! What a classifier and the rules say of a text, worked out once for all critics that ask.
//!
//! The critics of one stage look at the same text one after the other, mostly on one thread. Each thread keeps what
//! it found last, by a keyed hash of the text and without the text itself.

use std::cell::RefCell;
use std::hash::{BuildHasher as _, RandomState};
use std::ops::Range;
use std::rc::Rc;

use tribunal_classifier::passages::passages;
use tribunal_classifier::{Classifier, ClassifyError, Normal, Score, normalize};

use super::Sign;

/// Scores, and what holds whatever the probability.
pub(super) struct Reading {
    /// In the order of the classifier's labels.
    pub(super) scores: Vec<Score>,
    /// The worst sign of each kind in each passage, for all critics.
    pub(super) signs: Vec<(Sign, Range<usize>)>,
}

/// Which text and which classifier: keyed hash and length of the one, number of the other.
type Key = (u64, usize, u64);

/// The rules of all critics.
const RULES: &[fn(&Normal) -> Option<Sign>] = &[crate::injection::worst, crate::jailbreak::unbound];

thread_local! {
    static HASHER: RandomState = RandomState::new();
    static LAST: RefCell<Option<(Key, Rc<Reading>)>> = const { RefCell::new(None) };
}

/// Reads a text, unless this thread has just done so.
pub(super) fn of(
    classifier: &dyn Classifier,
    asked: u64,
    text: &str,
) -> Result<Rc<Reading>, ClassifyError> {
    let key = (HASHER.with(|hasher| hasher.hash_one(text)), text.len(), asked);
    let last = LAST.with_borrow(|last| {
        last.as_ref().filter(|(known, _)| *known == key).map(|(_, reading)| Rc::clone(reading))
    });
    if let Some(reading) = last {
        return Ok(reading);
    }
    let reading = Rc::new(Reading { scores: classifier.classify(text)?, signs: signs(text) });
    LAST.set(Some((key, Rc::clone(&reading))));
    Ok(reading)
}

/// What the rules say of an identifier, whose words are put together by other means than spaces. There are no scores.
pub(super) fn of_identifier(name: &str) -> Rc<Reading> {
    // As many bytes as before.
    let words = name.replace(['_', '-', '.', ':', '/'], " ");
    Rc::new(Reading { scores: Vec::new(), signs: signs(&words) })
}

/// Where passages overlap, a sign counts once.
fn signs(text: &str) -> Vec<(Sign, Range<usize>)> {
    let mut found: Vec<(Sign, Range<usize>)> = Vec::new();
    let read = |bytes: Range<usize>| normalize(text.get(bytes).unwrap_or_default());
    for passage in passages(text) {
        let normal = read(passage.clone());
        for (rule, sign) in RULES.iter().filter_map(|rule| Some((rule, rule(&normal)?))) {
            let holds = |bytes: &Range<usize>| rule(&read(bytes.clone())) == Some(sign);
            let bytes = sentences(text, passage.clone()).find(holds).unwrap_or(passage.clone());
            if !found.contains(&(sign, bytes.clone())) {
                found.push((sign, bytes));
            }
        }
    }
    found
}

/// The sentences within a part of a text, and then each with the one after it.
fn sentences(text: &str, within: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let part = text.get(within.clone()).unwrap_or_default();
    let mut starts = vec![within.start];
    let ends =
        part.char_indices().filter(|(_, c)| matches!(c, '.' | '!' | '?' | '\n' | '。' | '।'));
    starts.extend(ends.map(|(at, c)| within.start + at + c.len_utf8()));
    starts.push(within.end);
    starts.dedup();
    let rows = |many: usize| {
        let starts = starts.clone();
        (many..starts.len())
            .filter_map(move |end| Some(*starts.get(end - many)?..*starts.get(end)?))
    };
    rows(1).chain(rows(2))
}
