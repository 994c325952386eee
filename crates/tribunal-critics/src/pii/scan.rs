//! Finds personal data in one text.
//!
//! Nearly all of it has digits or an `@`, and most text has neither: everything starts from those. Around
//! digits an island is taken, up to white space, and only there the forms that could fit are tried.

use std::ops::Range;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use super::general::EMAIL;
use super::kinds::{Hit, Kind, kinds};
use crate::secrets::apart::apart;

/// Personal data that was found.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) kind: &'static Kind,
    pub(super) bytes: Range<usize>,
    pub(super) severity: f64,
    pub(super) confidence: f64,
}

/// The forms that are looked for, and the words that speak for them.
pub(super) struct Scanner {
    forms: Vec<Looked>,
    words: Option<AhoCorasick>,
    /// For each word, the forms it speaks for, a bit each.
    speaks_for: Vec<u128>,
    min_confidence: f64,
}

struct Looked {
    kind: &'static Kind,
    severity: f64,
}

/// How far around a digit another one counts as its neighbour.
const REACH: usize = 12;
/// How far an island is widened to the next white space.
const WIDEN: usize = 64;
/// How far before and after a number a word speaks for it.
const WORD_BEFORE: usize = 60;
const WORD_AFTER: usize = 30;
/// Fewer digits make no island. A MAC address or a wallet may have very few.
const FEWEST: usize = 2;

impl Scanner {
    /// Looks for those kinds that `severity` gives a severity.
    pub(super) fn new(severity: impl Fn(&Kind) -> Option<f64>, min_confidence: f64) -> Self {
        let forms: Vec<Looked> = kinds()
            .iter()
            .filter(|kind| kind.form.named >= min_confidence)
            .filter_map(|kind| Some(Looked { kind, severity: severity(kind)? }))
            .collect();
        let mut words: Vec<&'static str> = Vec::new();
        let mut speaks_for: Vec<u128> = Vec::new();
        for (bit, looked) in forms.iter().enumerate() {
            for &word in looked.kind.form.words {
                match words.iter().position(|known| *known == word) {
                    Some(at) => {
                        speaks_for.iter_mut().skip(at).take(1).for_each(|set| *set |= 1 << bit)
                    }
                    None => {
                        words.push(word);
                        speaks_for.push(1 << bit);
                    }
                }
            }
        }
        let words = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::Standard)
            .kind(Some(AhoCorasickKind::DFA))
            .build(words)
            .ok();
        Self { forms, words, speaks_for, min_confidence }
    }

    /// All that is in the text; nothing overlaps.
    pub(super) fn scan(&self, text: &str) -> Vec<Found> {
        let mut found = Vec::new();
        let email = self.forms.iter().find(|looked| looked.kind.form.name == EMAIL);
        if let Some(email) = email {
            found.extend(super::email::emails(text).map(|bytes| Found {
                kind: email.kind,
                bytes,
                severity: email.severity,
                confidence: email.kind.form.alone,
            }));
        }
        let mut context = None;
        for island in Islands::of(text) {
            let context = context.get_or_insert_with(|| self.context(text));
            self.island(text, &island, context, &mut found);
        }
        if found.len() > 1 {
            found.sort_by(|a, b| {
                b.confidence
                    .total_cmp(&a.confidence)
                    .then(b.severity.total_cmp(&a.severity))
                    .then(b.bytes.len().cmp(&a.bytes.len()))
                    .then(a.bytes.start.cmp(&b.bytes.start))
            });
            found = apart(found, |found| found.bytes.clone());
        }
        found
    }

    fn island(&self, text: &str, island: &Island, context: &Context, found: &mut Vec<Found>) {
        let spoken_for = context.around(&island.bytes);
        for (bit, looked) in self.forms.iter().enumerate() {
            let form = looked.kind.form;
            let likely = form.alone >= self.min_confidence || spoken_for >> bit & 1 == 1;
            if !likely || form.digits > island.digits || form.name == EMAIL {
                continue;
            }
            let Some(regex) = looked.kind.regex() else { continue };
            let Some(haystack) = text.as_bytes().get(..island.bytes.end) else { continue };
            let mut from = island.bytes.start;
            while let Some(at) = regex.find_at(haystack, from).map(|at| at.range()) {
                // What begins inside a match that is none may still be one: `\b` keeps these few.
                from = at.start + 1;
                if let Some(Hit { len, weight }) = fits(looked.kind, text, at.clone()) {
                    let bytes = at.start..at.start + len;
                    let named = context.around(&bytes) >> bit & 1 == 1;
                    let confidence = if named { form.named } else { form.alone };
                    if confidence >= self.min_confidence {
                        let doubt = if confidence < 0.6 { 0.6 } else { 1.0 };
                        let severity = looked.severity * weight * doubt;
                        from = bytes.end;
                        found.push(Found { kind: looked.kind, bytes, severity, confidence });
                    }
                }
                if from >= haystack.len() {
                    break;
                }
            }
        }
    }

    /// The words of the text that speak for some form.
    fn context(&self, text: &str) -> Context {
        let bytes = text.as_bytes();
        let letter = |at: Option<usize>| {
            at.and_then(|at| bytes.get(at))
                .is_some_and(|&byte| byte.is_ascii_alphanumeric() || byte >= 0x80)
        };
        let mut words = Vec::new();
        let hits = self.words.iter().flat_map(|words| words.find_overlapping_iter(text));
        for hit in hits {
            if !letter(hit.start().checked_sub(1)) && !letter(Some(hit.end())) {
                let set =
                    self.speaks_for.get(hit.pattern().as_usize()).copied().unwrap_or_default();
                words.push((hit.end(), set));
            }
        }
        Context(words)
    }
}

/// Where words end that speak for forms, from left to right.
struct Context(Vec<(usize, u128)>);

impl Context {
    fn around(&self, bytes: &Range<usize>) -> u128 {
        let from = bytes.start.saturating_sub(WORD_BEFORE);
        let to = bytes.end.saturating_add(WORD_AFTER);
        let first = self.0.partition_point(|(end, _)| *end < from);
        let near = self.0.iter().skip(first).take_while(|(end, _)| *end <= to);
        near.fold(0, |all, (_, set)| all | set)
    }
}

/// Whether a match stands alone and passes its check.
fn fits(kind: &Kind, text: &str, at: Range<usize>) -> Option<Hit> {
    let bytes = text.as_bytes();
    let part = text.get(at.clone())?;
    let hit = (kind.form.check)(part)?;
    let before = bytes.get(at.start.saturating_sub(2)..at.start)?;
    let after = bytes.get(at.start + hit.len..)?;
    let begins = match before {
        [.., last] if word(*last) || *last == b'+' => {
            !part.starts_with(|c: char| c.is_ascii_alphanumeric())
        }
        [digit, b'.' | b'-'] => !digit.is_ascii_digit(),
        _ => true,
    };
    let ends = match after {
        [next, ..] if word(*next) => false,
        [b'.' | b'-', digit, ..] => !digit.is_ascii_digit(),
        [b':', b':', ..] => false,
        _ => true,
    };
    (begins && ends).then_some(hit)
}

const fn word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// A part of a text with digits in it.
struct Island {
    bytes: Range<usize>,
    digits: usize,
}

/// The islands of a text, from left to right. Two of them share at most the text between their digits.
struct Islands<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Islands<'a> {
    const fn of(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    fn next_digit(&self, from: usize) -> Option<usize> {
        let rest = self.text.as_bytes().get(from..)?;
        rest.iter().position(u8::is_ascii_digit).map(|at| from + at)
    }
}

impl Iterator for Islands<'_> {
    type Item = Island;

    fn next(&mut self) -> Option<Island> {
        loop {
            let first = self.next_digit(self.at)?;
            let (mut last, mut digits) = (first, 1);
            while let Some(next) = self.next_digit(last + 1).filter(|next| next - last <= 2 * REACH)
            {
                last = next;
                digits += 1;
            }
            let previous_end = self.at;
            let bytes = self.text.as_bytes();
            let open = |byte: &&u8| !byte.is_ascii_whitespace();
            let start = first.saturating_sub(REACH).max(previous_end);
            let left = bytes.get(previous_end.max(start.saturating_sub(WIDEN))..start);
            let start = start - left.unwrap_or_default().iter().rev().take_while(open).count();
            let end = (last + 1 + REACH).min(bytes.len());
            let right = bytes.get(end..).unwrap_or_default();
            let end = end + right.iter().take(WIDEN).take_while(open).count();
            // No digit is tried twice: the next island begins behind the last digit of this one.
            self.at = last + 1;
            if digits >= FEWEST {
                let bytes = self.text.floor_char_boundary(start)..self.text.ceil_char_boundary(end);
                return Some(Island { bytes, digits });
            }
        }
    }
}
