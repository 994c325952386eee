//! Rates: that of a critic, and those of `[rates]`, which critics share by their names.

use std::collections::BTreeMap;
use std::ops::Range;

use tribunal_production::{Rate, RateError};

use crate::Code;
use crate::nearest::{listed, meant};
use crate::read::{Item, Table, short};

/// The section `rates`.
#[derive(Debug, Default)]
pub(crate) struct Rates {
    /// No rate for what is there and wrong: that has been noted, and nobody who shares it is to blame.
    named: BTreeMap<String, (Option<Rate>, Range<usize>)>,
    /// The whole section is something else than a table.
    unreadable: bool,
}

impl Rates {
    /// Longest name of a rate, in bytes.
    const LONGEST: usize = 64;

    pub(crate) fn read(root: &Table<'_>) -> Self {
        let Some(section) = root.get("rates") else { return Self::default() };
        let Some(table) = section.table() else {
            return Self { unreadable: true, ..Self::default() };
        };
        let read = |(name, item): (&str, Item<'_>)| {
            let (rate, places) = item.table().map(rate).unwrap_or_default();
            let tokens = places.get(&format!("{}.tokens", item.name)).cloned();
            let fits = fits(name);
            if !fits {
                let problem = format_args!(
                    "is no name of a rate: those are 1 to {} of a-z, 0-9, `_` and `-`",
                    Self::LONGEST
                );
                item.note_key(Code::InvalidName, problem);
            }
            (name.to_owned(), (rate.filter(|_| fits), tokens.unwrap_or(item.span())))
        };
        Self { named: table.entries().map(read).collect(), unreadable: false }
    }

    /// Those that can be shared, by their names.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, Rate)> {
        self.named.iter().filter_map(|(name, (rate, _))| Some((name.as_str(), (*rate)?)))
    }

    /// The rate of that name, and where its tokens stand.
    pub(crate) fn get(&self, name: &str) -> Option<(Rate, Range<usize>)> {
        let (rate, span) = self.named.get(name)?;
        Some(((*rate)?, span.clone()))
    }

    /// Whether there is a rate of that name to take tokens from; notes it where the name means none.
    pub(crate) fn has(&self, name: &str, item: &Item<'_>) -> bool {
        if let Some((rate, _)) = self.named.get(name) {
            return rate.is_some();
        }
        if !self.unreadable {
            let names = || self.named.keys().map(String::as_str).filter(|name| fits(name));
            let help = meant(name, names()).unwrap_or_else(|| match names().next() {
                Some(_) => format!("there are {}", listed(names(), "and")),
                None => String::from("there are none: add a `[rates.<name>]`"),
            });
            let problem = format!("names no rate: `{}`", short(name));
            item.add(item.mistake(Code::UnknownRate, problem).help(help));
        }
        false
    }
}

fn fits(name: &str) -> bool {
    let known = |b: u8| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-');
    (1..=Rates::LONGEST).contains(&name.len()) && name.bytes().all(known)
}

/// A rate, and where each of its values stands.
pub(crate) fn rate(table: Table<'_>) -> (Option<Rate>, BTreeMap<String, Range<usize>>) {
    let tokens_item = table.required("tokens");
    let per_item = table.required("per");
    let tokens = tokens_item.as_ref().and_then(|item| item.integer(1..=u32::MAX));
    let per = per_item.as_ref().and_then(Item::duration);
    let burst = match table.get("burst") {
        Some(item) => item.integer(1..=u32::MAX),
        None => tokens,
    };
    let rate = || match Rate::new(tokens?, per?, burst?) {
        Ok(rate) => Some(rate),
        Err(error) => {
            let wrong = if matches!(error, RateError::TooFast) { per_item } else { tokens_item };
            wrong?.note(Code::OutOfRange, format_args!("does not do: {error}"));
            None
        }
    };
    let rate = rate();
    (rate, table.close())
}
