//! `[[promise]]`: what the config says of itself, read in place.

use std::collections::BTreeMap;
use std::ops::Range;

use tribunal_core::CriticName;
use tribunal_prove::Promise;

use crate::Code;
use crate::literal;
use crate::notes::{Mistake, Notes};
use crate::read::{Item, Table, short};

/// Longest name, in characters.
const LONGEST: usize = 100;
/// Most promises: each is a question to be decided whenever the file is loaded.
const MOST: usize = 200;

/// A promise as it was written.
pub(crate) struct Written {
    pub(crate) name: String,
    pub(crate) holds: String,
    pub(crate) span: Range<usize>,
    /// As it stands in the file, quotes and all.
    raw: String,
}

/// A promise that has been read.
pub(crate) struct Read {
    pub(crate) name: String,
    pub(crate) holds: String,
    pub(crate) promise: Promise,
    /// Where it says what holds.
    pub(crate) span: Range<usize>,
}

/// The tables, as far as that can be done without knowing which critics there are.
pub(crate) fn read(root: &Table<'_>, notes: &Notes) -> Vec<Written> {
    let Some(item) = root.get("promise") else { return Vec::new() };
    let items = item.list().unwrap_or_default();
    if items.len() > MOST {
        item.note(Code::OutOfRange, format_args!("has more than {MOST} promises"));
    }
    let mut names: BTreeMap<String, Range<usize>> = BTreeMap::new();
    let mut all = Vec::new();
    for item in items.iter().take(MOST) {
        let Some(table) = item.table() else { continue };
        let table = table.unnamed();
        let name = table.required("name").and_then(|item| name(&item, &mut names));
        let holds = table.required("holds");
        let holds = holds.and_then(|item| Some((item.string()?.to_owned(), item.span())));
        table.close();
        if let (Some(name), Some((holds, span))) = (name, holds) {
            let raw = notes.text(&span).to_owned();
            all.push(Written { name, holds, span, raw });
        }
    }
    all
}

fn name(item: &Item<'_>, names: &mut BTreeMap<String, Range<usize>>) -> Option<String> {
    let name = item.string()?;
    if name.trim().is_empty()
        || name.chars().count() > LONGEST
        || name.chars().any(char::is_control)
    {
        let problem = format!("must be a text of 1 to {LONGEST} characters on one line");
        item.note(Code::OutOfRange, problem);
        return None;
    }
    if let Some(first) = names.get(name) {
        let problem = format!("is taken: two promises are called `{}`", short(name));
        item.add(item.mistake(Code::RepeatedEntry, problem).other(first.clone(), "the first one"));
        return None;
    }
    names.insert(name.to_owned(), item.span());
    Some(name.to_owned())
}

impl Written {
    /// The promise, about these critics. What is wrong with it is noted where it stands.
    pub(crate) fn understood(
        self,
        critics: &[CriticName],
        disabled: &[&str],
        notes: &Notes,
    ) -> Option<Read> {
        match Promise::parse(&self.holds, critics) {
            Ok(promise) => {
                Some(Read { name: self.name, holds: self.holds, promise, span: self.span })
            }
            Err(error) => {
                let span = literal::place(&self.span, &self.raw, &error.part);
                let named = self.holds.get(error.part.clone()).unwrap_or_default();
                let help = if disabled.contains(&named) {
                    Some(format!("`{named}` is disabled"))
                } else {
                    error.help
                };
                let message = format!("`holds`: {}", error.problem);
                notes.add(Mistake::new(Code::InvalidPromise, span, message).maybe_help(help));
                None
            }
        }
    }
}
