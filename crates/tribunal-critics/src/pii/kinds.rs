//! What a kind of personal data is made of, and all the kinds there are.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use regex::bytes::{Regex, RegexBuilder};

use super::{americas, asia, britain, europe, general, germany};

/// What a check says of a match: how many of its bytes belong, and how much its severity counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Hit {
    pub(super) len: usize,
    pub(super) weight: f64,
}

/// All of the match or nothing.
pub(super) fn whole(text: &str, valid: bool) -> Option<Hit> {
    valid.then_some(Hit { len: text.len(), weight: 1.0 })
}

/// One form of a kind of personal data. A kind may have several: with and without separators, say.
#[derive(Debug)]
pub(super) struct Form {
    /// The kind.
    pub(super) name: &'static str,
    pub(super) message: &'static str,
    /// Found by a regex between word edges, unless it is found around an `@`.
    pattern: &'static str,
    /// What a regex cannot tell.
    pub(super) check: fn(&str) -> Option<Hit>,
    /// Words near it that say what it is.
    pub(super) words: &'static [&'static str],
    /// How likely a match is right with no such word near, from 0 to 1.
    pub(super) alone: f64,
    /// The same with such a word.
    pub(super) named: f64,
    pub(super) severity: f64,
    /// How many digits it has at least.
    pub(super) digits: usize,
    /// Looked for unless kinds are chosen.
    pub(super) by_default: bool,
}

impl Form {
    pub(super) const fn new(
        name: &'static str,
        message: &'static str,
        pattern: &'static str,
        check: fn(&str) -> Option<Hit>,
    ) -> Self {
        let (alone, named, severity) = (0.5, 0.9, 0.6);
        let words = &[];
        Self {
            name,
            message,
            pattern,
            check,
            words,
            alone,
            named,
            severity,
            digits: 6,
            by_default: true,
        }
    }

    /// How likely it is right without and with a word of context.
    pub(super) const fn sure(mut self, alone: f64, named: f64) -> Self {
        self.alone = alone;
        self.named = named;
        self
    }

    pub(super) const fn near(mut self, words: &'static [&'static str]) -> Self {
        self.words = words;
        self
    }

    pub(super) const fn severity(mut self, severity: f64) -> Self {
        self.severity = severity;
        self
    }

    pub(super) const fn digits(mut self, digits: usize) -> Self {
        self.digits = digits;
        self
    }

    pub(super) const fn when_asked(mut self) -> Self {
        self.by_default = false;
        self
    }
}

/// A form and its regex, compiled when it is first needed.
#[derive(Debug)]
pub(super) struct Kind {
    pub(super) form: &'static Form,
    pub(super) code: String,
    pub(super) replacement: String,
    regex: OnceLock<Option<Regex>>,
}

impl Kind {
    /// `None` only for a pattern that does not compile, and a test compiles them all.
    pub(super) fn regex(&self) -> Option<&Regex> {
        let compile = || RegexBuilder::new(self.form.pattern).unicode(false).build().ok();
        self.regex.get_or_init(compile).as_ref()
    }
}

/// All forms of all kinds. No more than 128: the scanner keeps sets of them in a `u128`.
pub(super) fn kinds() -> &'static [Kind] {
    static KINDS: OnceLock<Vec<Kind>> = OnceLock::new();
    KINDS.get_or_init(|| {
        let forms = [
            general::FORMS,
            americas::FORMS,
            britain::FORMS,
            germany::FORMS,
            europe::FORMS,
            asia::FORMS,
        ];
        let kind = |form: &'static Form| Kind {
            form,
            code: format!("pii.{}", form.name),
            replacement: format!("[{}]", form.name),
            regex: OnceLock::new(),
        };
        forms.into_iter().flatten().map(kind).collect()
    })
}

/// The names of all kinds.
pub(super) fn names() -> BTreeSet<&'static str> {
    kinds().iter().map(|kind| kind.form.name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_compiles_and_its_numbers_are_in_range() {
        assert!(kinds().len() <= 128);
        for Kind { form, .. } in kinds() {
            let regex = RegexBuilder::new(form.pattern).unicode(false).build();
            regex.unwrap_or_else(|error| panic!("{}: {error}", form.name));
            for number in [form.alone, form.named, form.severity] {
                assert!((0.0..=1.0).contains(&number), "{}", form.name);
            }
            assert!(form.alone <= form.named, "{}", form.name);
            assert!(form.digits > 0 || form.name == "email", "{}", form.name);
            assert!(
                form.name.bytes().all(|b| b.is_ascii_lowercase() || b"_0123456789".contains(&b))
            );
            assert!(
                form.words.iter().all(|word| *word == word.to_ascii_lowercase()),
                "{}",
                form.name
            );
        }
    }
}
