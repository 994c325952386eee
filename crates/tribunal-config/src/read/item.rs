//! One value, read as what it should be.

use std::fmt::Display;
use std::ops::{Range, RangeInclusive};
use std::str::FromStr;
use std::time::Duration;

use toml::Spanned;
use toml::de::DeValue;
use tribunal_core::UnknownWord;

use super::{Table, kind, short};
use crate::Code;
use crate::duration;
use crate::nearest::{listed, meant};
use crate::notes::{Mistake, Notes};

/// A value, its key, and what the key is called in messages.
#[derive(Clone)]
pub(crate) struct Item<'a> {
    pub(crate) name: String,
    pub(crate) key: Range<usize>,
    pub(crate) value: &'a Spanned<DeValue<'a>>,
    pub(super) notes: &'a Notes,
}

impl<'a> Item<'a> {
    pub(crate) fn span(&self) -> Range<usize> {
        self.value.span()
    }

    /// A mistake at the value; `problem` goes on from its name.
    pub(crate) fn mistake(&self, code: Code, problem: impl Display) -> Mistake {
        Mistake::new(code, self.span(), format!("`{}` {problem}", self.name))
    }

    pub(crate) fn note(&self, code: Code, problem: impl Display) {
        self.notes.add(self.mistake(code, problem));
    }

    /// A mistake at the key.
    pub(crate) fn note_key(&self, code: Code, problem: impl Display) {
        let message = format!("`{}` {problem}", self.name);
        self.notes.add(Mistake::new(code, self.key.clone(), message));
    }

    pub(crate) fn add(&self, mistake: Mistake) {
        self.notes.add(mistake);
    }

    /// A mistake: it is something else than it should be.
    fn expected(&self, what: &str) -> Mistake {
        let found = kind(self.value.get_ref());
        self.mistake(Code::WrongType, format_args!("must be {what}, found {found}"))
    }

    pub(crate) fn string(&self) -> Option<&'a str> {
        let text = self.value.get_ref().as_str();
        if text.is_none() {
            self.notes.add(self.expected("a string"));
        }
        text
    }

    pub(crate) fn boolean(&self) -> Option<bool> {
        let read = self.value.get_ref().as_bool();
        if read.is_none() {
            self.notes.add(self.expected("true or false"));
        }
        read
    }

    /// A whole number within a range.
    pub(crate) fn integer<T>(&self, range: RangeInclusive<T>) -> Option<T>
    where
        T: TryFrom<i128> + PartialOrd + Display,
    {
        let DeValue::Integer(written) = self.value.get_ref() else {
            self.notes.add(self.expected("a whole number"));
            return None;
        };
        let number = i128::from_str_radix(written.as_str(), written.radix()).ok();
        let read = number.and_then(|n| T::try_from(n).ok()).filter(|n| range.contains(n));
        if read.is_none() {
            let (from, to) = (range.start(), range.end());
            let found = number.map_or_else(|| short(written.as_str()), |n| n.to_string());
            self.note(
                Code::OutOfRange,
                format_args!("must be a whole number from {from} to {to}, found {found}"),
            );
        }
        read
    }

    /// A number that is one: finite, whole or not.
    pub(crate) fn number(&self) -> Option<f64> {
        match finite(self.value.get_ref()) {
            Some(Ok(number)) => Some(number),
            Some(Err(problem)) => {
                self.note(Code::OutOfRange, problem);
                None
            }
            None => {
                self.notes.add(self.expected("a number"));
                None
            }
        }
    }

    /// A number for which the test holds; `what` says which those are.
    pub(crate) fn number_that(&self, what: &str, test: impl Fn(f64) -> bool) -> Option<f64> {
        let number = self.number()?;
        if !test(number) {
            self.note(Code::OutOfRange, format_args!("must {what}, found {number}"));
            return None;
        }
        Some(number)
    }

    pub(crate) fn duration(&self) -> Option<Duration> {
        let value = self.value.get_ref();
        let Some(text) = value.as_str() else {
            let mistake = self.expected("a duration with its unit");
            let number = match value {
                DeValue::Integer(number) if number.radix() == 10 => Some(number.as_str()),
                DeValue::Float(number) => Some(number.as_str()),
                _ => None,
            };
            let seconds = number.map(|number| format!("{number}s"));
            let meant = seconds.filter(|text| duration::parse(text).is_ok());
            let meant = meant.map(|text| format!("did you mean \"{text}\"?"));
            self.notes.add(mistake.help(meant.unwrap_or_else(|| duration::EXAMPLES.into())));
            return None;
        };
        match duration::parse(text) {
            Ok(duration) => Some(duration),
            Err((code, problem)) => {
                self.notes.add(self.mistake(code, problem).help(duration::EXAMPLES));
                None
            }
        }
    }

    /// One of the words of an enum.
    pub(crate) fn word<T: FromStr<Err = UnknownWord>>(&self) -> Option<T> {
        let text = self.string()?;
        match text.parse() {
            Ok(word) => Some(word),
            Err(UnknownWord { what, expected, .. }) => {
                self.unknown_word(what, text, expected);
                None
            }
        }
    }

    pub(crate) fn unknown_word(&self, what: &str, found: &str, expected: &[&str]) {
        let words = || format!("there are {}", listed(expected.iter().copied(), "and"));
        let help = meant(found, expected.iter().copied()).unwrap_or_else(words);
        let message = format!("`{}` names no {what}: `{}`", self.name, short(found));
        self.notes.add(Mistake::new(Code::UnknownWord, self.span(), message).help(help));
    }

    /// The items of a list.
    pub(crate) fn list(&self) -> Option<Vec<Self>> {
        let Some(list) = self.value.get_ref().as_array() else {
            self.notes.add(self.expected("a list"));
            return None;
        };
        let item = |(index, value): (usize, &'a Spanned<DeValue<'a>>)| Self {
            name: format!("{}[{index}]", self.name),
            key: self.key.clone(),
            value,
            notes: self.notes,
        };
        Some(list.iter().enumerate().map(item).collect())
    }

    pub(crate) fn table(&self) -> Option<Table<'a>> {
        let Some(table) = self.value.get_ref().as_table() else {
            self.notes.add(self.expected("a table"));
            return None;
        };
        // An implied table has the span of its key.
        Some(Table::new(table, self.span(), format!("{}.", self.name), self.notes))
    }
}

/// A number as it is; `None` for what is no number, an error for what is none that counts.
pub(crate) fn finite(value: &DeValue<'_>) -> Option<Result<f64, &'static str>> {
    let text = match value {
        DeValue::Float(written) => written.as_str(),
        DeValue::Integer(written) if written.radix() == 10 => written.as_str(),
        DeValue::Integer(written) => {
            let number = i64::from_str_radix(written.as_str(), written.radix()).ok();
            // Beyond 2^53 a float would be another number, which no setting here reaches.
            #[allow(clippy::cast_precision_loss)]
            return Some(number.map(|number| number as f64).ok_or("is too large a number"));
        }
        _ => return None,
    };
    let number: f64 = match text.parse() {
        Ok(number) => number,
        Err(_) => return Some(Err("is no number")),
    };
    let named = text.contains("inf") || text.contains("nan");
    Some(match (number.is_finite(), named) {
        (true, _) => Ok(number),
        (false, true) => Err("must be a finite number"),
        (false, false) => Err("is too large a number"),
    })
}
