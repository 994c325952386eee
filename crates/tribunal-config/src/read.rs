//! A table of TOML, read key by key: types, ranges, and keys that nobody knows.
//!
//! Start at [`Table`]. A reader gives `None` for what is not there and for what is wrong; the latter is noted
//! in its place, so that reading goes on and every mistake is shown at once.

#[cfg(test)]
pub(crate) mod asked;
mod item;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

pub(crate) use item::{Item, finite};

use crate::Code;
use crate::nearest::{listed, meant};
use crate::notes::{Mistake, Notes};

/// A table, and which of its keys have been asked for.
pub(crate) struct Table<'a> {
    table: &'a DeTable<'a>,
    /// Where it starts: its header, or its braces.
    pub(crate) span: Range<usize>,
    /// What stands before its keys in messages: nothing, or `run.`.
    path: String,
    asked: RefCell<Vec<&'static str>>,
    /// Where the values stand that were asked for, by their names in messages.
    places: RefCell<BTreeMap<String, Range<usize>>>,
    notes: &'a Notes,
}

impl<'a> Table<'a> {
    pub(crate) fn new(
        table: &'a DeTable<'a>,
        span: Range<usize>,
        path: impl Into<String>,
        notes: &'a Notes,
    ) -> Self {
        Self {
            table,
            span,
            path: path.into(),
            asked: RefCell::default(),
            places: RefCell::default(),
            notes,
        }
    }

    /// The same table, with nothing before its keys in messages.
    pub(crate) fn unnamed(self) -> Self {
        Self { path: String::new(), ..self }
    }

    pub(crate) fn raw(&self) -> &'a DeTable<'a> {
        self.table
    }

    /// Keys that are not asked for here and are known all the same.
    pub(crate) fn knows(&self, keys: &[&'static str]) {
        self.asked.borrow_mut().extend(keys);
    }

    /// What stands under a key.
    pub(crate) fn get(&self, key: &'static str) -> Option<Item<'a>> {
        self.asked.borrow_mut().push(key);
        let (written, value) = self.table.get_key_value(key)?;
        let name = format!("{}{key}", self.path);
        self.places.borrow_mut().insert(name.clone(), value.span());
        Some(Item { name, key: written.span(), value, notes: self.notes })
    }

    /// The same, and a mistake if there is nothing.
    pub(crate) fn required(&self, key: &'static str) -> Option<Item<'a>> {
        let item = self.get(key);
        if item.is_none() {
            let message = format!("`{}{key}` is missing", self.path);
            self.notes.add(Mistake::new(Code::MissingKey, self.span.clone(), message));
        }
        item
    }

    /// A mistake of the table as a whole.
    pub(crate) fn note(&self, code: Code, message: impl Into<String>) {
        self.notes.add(Mistake::new(code, self.span.clone(), message.into()));
    }

    /// Takes a table within this one.
    pub(crate) fn table(&self, key: &'static str) -> Option<Self> {
        self.get(key)?.table()
    }

    /// Every value by its key, where the keys are names that the file gives.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&'a str, Item<'a>)> {
        self.table.iter().map(|(key, value)| {
            let text: &'a str = key.get_ref();
            let name = format!("{}{}", self.path, short(text));
            (text, Item { name, key: key.span(), value, notes: self.notes })
        })
    }

    /// The end: every key that nobody asked for is unknown. Gives where the others stand.
    pub(crate) fn close(self) -> BTreeMap<String, Range<usize>> {
        let known = self.asked.borrow();
        #[cfg(test)]
        asked::note(&self.path, &known);
        for (key, _) in self.table.iter() {
            if !known.contains(&&**key.get_ref()) {
                self.notes.add(unknown(key, &self.path, known.iter().copied()));
            }
        }
        drop(known);
        self.places.into_inner()
    }
}

/// A key that is none of the known ones.
pub(crate) fn unknown<'w>(
    key: &Spanned<toml::de::DeString<'_>>,
    path: &str,
    known: impl IntoIterator<Item = &'w str>,
) -> Mistake {
    let mut known: Vec<&str> = known.into_iter().collect();
    known.sort_unstable();
    known.dedup();
    let message = format!("`{path}{}` is not known here", short(key.get_ref()));
    let expected = || format!("known are {}", listed(known.iter().copied(), "and"));
    let help = meant(key.get_ref(), known.iter().copied()).unwrap_or_else(expected);
    Mistake::new(Code::UnknownKey, key.span(), message).help(help)
}

/// A text of the file on one line, bounded.
pub(crate) fn short(text: &str) -> String {
    let mut shown: String = text.chars().take(80).flat_map(char::escape_debug).collect();
    if text.chars().nth(80).is_some() {
        shown.push('…');
    }
    shown
}

/// What a value is, in words.
pub(crate) fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "an integer",
        DeValue::Float(_) => "a float",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
