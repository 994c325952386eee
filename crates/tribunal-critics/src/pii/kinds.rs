//! What a kind of personal data is made of, and all the kinds there are.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use regex::bytes::{Regex, RegexBuilder};

use super::general::EMAIL;
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
    /// Tried where a word begins, or a sign that it may begin with; an address is found around its `@`.
    pub(super) pattern: &'static str,
    /// What a regex cannot tell.
    pub(super) check: fn(&str) -> Option<Hit>,
    /// Words near it that say what it is.
    pub(super) words: &'static [&'static str],
    /// How likely a match is right with no such word near, from 0 to 1.
    pub(super) alone: f64,
    /// The same with such a word.
    pub(super) named: f64,
    pub(super) severity: f64,
    /// Digits without a check: a text that is nothing but these is no more than a number.
    pub(super) plain: bool,
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
        Self { name, message, pattern, check, words, alone, named, severity, plain: false }
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

    pub(super) const fn plain(mut self) -> Self {
        self.plain = true;
        self
    }

    /// How likely it is right when it is all there is: someone entered it as a value, which says
    /// something, unless it is no more than a number.
    pub(super) fn entered(&self) -> f64 {
        if self.plain { self.alone } else { self.alone + 0.6 * (self.named - self.alone) }
    }
}

/// A form and its regex, compiled when the first critic is made that looks for it.
#[derive(Debug)]
pub(super) struct Kind {
    pub(super) form: &'static Form,
    pub(super) code: String,
    pub(super) replacement: String,
    regex: OnceLock<Option<Regex>>,
}

impl Kind {
    /// Makes the regex, unless that was done: some 70 µs.
    pub(super) fn compile(&self) {
        // An address is found around its `@`, without one.
        if self.form.name != EMAIL {
            self.regex();
        }
    }

    /// `None` only for a pattern that does not compile, and a test compiles them all.
    pub(super) fn regex(&self) -> Option<&Regex> {
        let pattern = || format!(r"\A(?:{})", self.form.pattern);
        let compile = || RegexBuilder::new(&pattern()).unicode(false).build().ok();
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
    fn a_critic_that_was_made_has_no_pattern_left_to_compile() {
        let _ = crate::Pii::new();
        let left = kinds().iter().filter(|kind| kind.regex.get().is_none());
        assert!(left.map(|kind| kind.form.name).eq([EMAIL]));
    }

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
