//! Words near a number that say what it is: "passport", "tel", "ssn".

use std::ops::Range;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

/// How far before and after a number a word speaks for it.
const WORD_BEFORE: usize = 60;
const WORD_AFTER: usize = 30;

/// The words of all forms, and which forms each speaks for, a bit each.
pub(super) struct Words {
    words: Option<AhoCorasick>,
    speaks_for: Vec<u128>,
}

impl Words {
    /// From the words of each form, in the order of their bits.
    pub(super) fn of<'a>(forms: impl Iterator<Item = &'a [&'a str]>) -> Self {
        let mut words: Vec<&str> = Vec::new();
        let mut speaks_for: Vec<u128> = Vec::new();
        for (bit, of_form) in forms.enumerate() {
            for &word in of_form {
                let known = words.iter().position(|known| *known == word);
                match known.and_then(|at| speaks_for.get_mut(at)) {
                    Some(set) => *set |= 1 << bit,
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
        Self { words, speaks_for }
    }

    /// The words of a text.
    pub(super) fn context(&self, text: &str) -> Context {
        let bytes = text.as_bytes();
        let letter = |at: Option<usize>| {
            at.and_then(|at| bytes.get(at))
                .is_some_and(|&byte| byte.is_ascii_alphanumeric() || byte >= 0x80)
        };
        let mut words = Vec::new();
        for hit in self.words.iter().flat_map(|words| words.find_overlapping_iter(text)) {
            // Scripts of three bytes a letter write words without spaces, and append to them.
            let joined = bytes.get(hit.start()).is_some_and(|&byte| byte >= 0xe0);
            let apart = !letter(hit.start().checked_sub(1)) && !letter(Some(hit.end()));
            if joined || apart {
                let set = self.speaks_for.get(hit.pattern().as_usize());
                words.push((hit.end(), set.copied().unwrap_or_default()));
            }
        }
        Context(words)
    }

    /// The forms that the name of a member speaks for: `passport_number`, `phoneNumber`.
    pub(super) fn in_name(&self, name: &str) -> u128 {
        if name.is_empty() || name.len() > WORD_BEFORE {
            return 0;
        }
        let mut spaced = String::with_capacity(name.len() + 8);
        for letter in name.chars() {
            if letter.is_uppercase() && spaced.ends_with(char::is_lowercase) {
                spaced.push(' ');
            }
            spaced.push(if letter == '_' || letter == '-' { ' ' } else { letter });
        }
        self.context(&spaced).0.iter().fold(0, |all, (_, set)| all | set)
    }
}

/// Where words end that speak for forms, from left to right.
pub(super) struct Context(Vec<(usize, u128)>);

impl Context {
    /// The forms that words around these bytes speak for.
    pub(super) fn around(&self, bytes: &Range<usize>) -> u128 {
        let from = bytes.start.saturating_sub(WORD_BEFORE);
        let to = bytes.end.saturating_add(WORD_AFTER);
        let first = self.0.partition_point(|(end, _)| *end < from);
        let near = self.0.iter().skip(first).take_while(|(end, _)| *end <= to);
        near.fold(0, |all, (_, set)| all | set)
    }
}
