//! How much of a text is repetition: each measure is one pass.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::Repetition;
use super::seeded::Seeded;
use crate::invisible_text::breaks_without_spaces;

/// Shortest end of a text that counts as a loop, in bytes.
pub(super) const SHORTEST_LOOP: usize = 200;

/// The longest run of equal items, how many there are and where; items without a value end a run.
pub(super) fn longest_run<T: PartialEq>(
    items: impl Iterator<Item = (Range<usize>, Option<T>)>,
) -> Option<(usize, Range<usize>)> {
    let mut longest: Option<(usize, Range<usize>)> = None;
    let mut run: Option<(T, usize, Range<usize>)> = None;
    for (bytes, value) in items {
        run = match (value, run) {
            (None, _) => None,
            (Some(value), Some((same, count, so_far))) if same == value => {
                Some((same, count + 1, so_far.start..bytes.end))
            }
            (Some(value), _) => Some((value, 1, bytes)),
        };
        if let Some((_, count, bytes)) = &run
            && longest.as_ref().is_none_or(|(most, _)| count > most)
        {
            longest = Some((*count, bytes.clone()));
        }
    }
    longest
}

/// The most characters in a row that are the same, spaces aside, if they are more than so many: how many, and where.
///
/// A run of that many takes up a byte in every stretch of that length, so all but one byte of each need no look.
pub(super) fn longest_character_run(text: &str, more_than: usize) -> Option<(usize, Range<usize>)> {
    let mut longest: Option<(usize, Range<usize>)> = None;
    let mut probe = more_than;
    while probe < text.len() {
        let at = text.floor_char_boundary(probe);
        let same = text.get(at..).and_then(|rest| rest.chars().next()).unwrap_or_default();
        let before = text.get(..at).unwrap_or_default();
        let after = text.get(at..).unwrap_or_default();
        let back = before.chars().rev().take_while(|c| *c == same).count();
        let count = back + after.chars().take_while(|c| *c == same).count();
        let start = at - back * same.len_utf8();
        let end = start + count * same.len_utf8();
        let most = longest.as_ref().map_or(more_than, |(most, _)| *most);
        if count > most && !same.is_whitespace() {
            longest = Some((count, start..end));
        }
        probe = (end + more_than).max(probe + 1);
    }
    longest
}

/// The lines that are not empty. Those of punctuation alone have no value.
pub(super) fn lines(text: &str) -> impl Iterator<Item = (Range<usize>, Option<&str>)> {
    let mut at = 0;
    text.split_inclusive('\n').filter_map(move |line| {
        let bytes = at..at + line.len();
        at = bytes.end;
        let line = line.trim();
        let says = line.chars().any(char::is_alphanumeric);
        (!line.is_empty()).then_some((bytes, says.then_some(line)))
    })
}

/// The last words of a text.
pub(super) fn words(text: &str) -> Vec<Range<usize>> {
    let mut words: Vec<Range<usize>> = Vec::new();
    let mut end = None;
    for (at, c) in text.char_indices().rev() {
        let next = at + c.len_utf8();
        let alone = !c.is_ascii() && breaks_without_spaces(c) && c.is_alphanumeric();
        if (alone || !c.is_alphanumeric())
            && let Some(end) = end.take()
        {
            words.push(next..end);
        }
        if alone {
            words.push(at..next);
        } else if c.is_alphanumeric() {
            end = end.or(Some(next));
        }
        if words.len() >= Repetition::MOST_WORDS {
            break;
        }
    }
    if words.len() < Repetition::MOST_WORDS {
        words.extend(end.map(|end| 0..end));
    }
    words.reverse();
    words
}

/// The share of runs of words that have stood before, and where the first of those starts.
pub(super) fn repeated(text: &str, words: &[Range<usize>], ngram: usize) -> (f64, usize) {
    let mut numbers: HashMap<&str, u32, Seeded> = HashMap::default();
    let mut spelt = Vec::with_capacity(words.len());
    for word in words {
        // There are at most `MOST_WORDS` of them.
        let next = numbers.len() as u32;
        let word = text.get(word.clone()).unwrap_or_default();
        spelt.push(*numbers.entry(word).or_insert(next));
    }
    let mut seen: HashSet<&[u32], Seeded> =
        HashSet::with_capacity_and_hasher(spelt.len(), Seeded::default());
    let (mut count, mut again) = (0_u32, 0_u32);
    let mut first = text.len();
    for (run, word) in spelt.windows(ngram).zip(words) {
        count += 1;
        if !seen.insert(run) {
            again += 1;
            first = first.min(word.start);
        }
    }
    (f64::from(again) / f64::from(count.max(1)), first)
}

/// How often the end of the text stands there in a row, and how many bytes that takes.
///
/// Read from the end, a text that repeats itself with a period has a prefix that is also found one period later:
/// the failure function of Knuth, Morris and Pratt gives the shortest period of every prefix in one pass.
pub(super) fn looped(text: &str) -> Option<(usize, usize)> {
    let text = text.trim_end().as_bytes();
    let tail = text.get(text.len().saturating_sub(Repetition::MOST_LOOPED)..)?;
    let back: Vec<u8> = tail.iter().rev().copied().collect();
    let mut failure: Vec<usize> = Vec::with_capacity(back.len());
    let mut most: Option<(usize, usize)> = None;
    let mut matched = 0_usize;
    for (index, byte) in back.iter().enumerate() {
        if index > 0 {
            while matched > 0 && back.get(matched) != Some(byte) {
                matched = failure.get(matched - 1).copied().unwrap_or(0);
            }
            if back.get(matched) == Some(byte) {
                matched += 1;
            }
        }
        failure.push(matched);
        let length = index + 1;
        let times = length / (length - matched).max(1);
        if length >= SHORTEST_LOOP && most.is_none_or(|(best, _)| times > best) {
            most = Some((times, length));
        }
    }
    most
}

/// The nearest start of a character at or after that place.
pub(super) fn floor(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at += 1;
    }
    at
}
