//! What is an injection whatever the probability.
//!
//! Words of the lexicon that stand together: an order to let go of what was said before, in whatever language and
//! order; marks of chat formats; words to the model within a comment.

use tribunal_classifier::Normal;
use tribunal_classifier::lexicon::{Sense, Word, words};

use crate::labelled::Sign;

const OVERRIDE: Sign = Sign {
    of: "injection",
    code: "injection.override",
    label: "override",
    message: "asks the model to ignore its instructions",
    severity: 0.85,
};
/// Between quotation marks it may be talk about injections, or one that is quoted. It calls for a look.
const QUOTED: Sign = Sign {
    of: "injection",
    code: "injection.quoted",
    label: "override",
    message: "quotes an order to ignore instructions",
    severity: 0.5,
};
const HIDDEN: Sign = Sign {
    of: "injection",
    code: "injection.hidden",
    label: "hidden",
    message: "a comment that readers do not see and that speaks to the model",
    severity: 0.8,
};
const MARKER: Sign = Sign {
    of: "injection",
    code: "injection.marker",
    label: "marker",
    message: "control marks of a model's own chat format",
    severity: 0.6,
};

/// All there are.
pub(super) const SIGNS: &[Sign] = &[OVERRIDE, QUOTED, HIDDEN, MARKER];

/// How far apart the words of one order may stand, in bytes.
const REACH: usize = 48;

/// The worst sign in a normalised passage.
pub(crate) fn worst(normal: &Normal) -> Option<Sign> {
    // The rest of the lexicon is weak evidence, which is for the classifier to weigh.
    let words: Vec<Word> = words(&normal.text).filter(|word| word.sense < Sense::Insult).collect();
    if words.is_empty() {
        return None;
    }
    let override_ = words.iter().enumerate().filter_map(|(at, word)| {
        (word.sense == Sense::Ignore).then(|| order(&normal.text, &words, at)).flatten()
    });
    let found = override_.chain(hidden(&normal.text, &words)).chain(marker(&words));
    found.max_by(|a, b| a.severity.total_cmp(&b.severity))
}

/// Whether the word at `at` tells to ignore orders that came before.
fn order(text: &str, words: &[Word], at: usize) -> Option<Sign> {
    let ignore = words.get(at)?;
    // As far as each word is near the one before it, to either side, within the sentence.
    let joined = |a: &Word, b: &Word| {
        let between = text.get(a.end..b.start).unwrap_or_default();
        between.len() <= REACH && !between.contains(['.', '!', '?', '。', '।', ';'])
    };
    let after = words.get(at..).unwrap_or_default();
    let after =
        after.iter().zip(after.iter().skip(1)).take_while(|(a, b)| joined(a, b)).map(|(_, b)| b);
    let before = words.get(..=at).unwrap_or_default();
    let before = before.iter().rev().skip(1).zip(before.iter().rev());
    let before = before.take_while(|(a, b)| joined(a, b)).map(|(a, _)| a);
    let near: Vec<Sense> = after.take(4).chain(before.take(4)).map(|word| word.sense).collect();
    if !(near.contains(&Sense::Before) && near.contains(&Sense::Orders)) {
        return None;
    }
    let ahead = text.get(..ignore.start).unwrap_or_default().trim_end();
    Some(if ahead.ends_with(['"', '\'', '「', '『', '„', '`']) { QUOTED } else { OVERRIDE })
}

/// A comment with two words or more that speak to a model.
fn hidden(text: &str, words: &[Word]) -> Option<Sign> {
    let start = text.find("<!--")?;
    let end = text.get(start..)?.find("-->").map_or(text.len(), |at| start + at);
    let telling = |word: &&Word| {
        let sense = matches!(
            word.sense,
            Sense::Ignore | Sense::Orders | Sense::System | Sense::Addressed | Sense::Reveal
        );
        sense && word.start > start && word.end <= end
    };
    (words.iter().filter(telling).count() >= 2).then_some(HIDDEN)
}

fn marker(words: &[Word]) -> Option<Sign> {
    words.iter().any(|word| word.sense == Sense::Marker).then_some(MARKER)
}
