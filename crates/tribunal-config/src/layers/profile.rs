//! `[profile.NAME]`: the same sections once more, to put over those of the files.

use std::collections::BTreeMap;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::nearest::{listed, meant};
use crate::notes::{Mistake, Notes};
use crate::read::{kind as kind_of, short};
use crate::{Code, Layers};

/// What a profile builds on.
const EXTENDS: &str = "extends";

/// The profiles of a configuration.
pub(crate) struct ProfileTables<'a> {
    tables: BTreeMap<String, (std::ops::Range<usize>, DeTable<'a>)>,
}

impl<'a> ProfileTables<'a> {
    /// Takes what stands under `profile`. What is wrong with one that is not asked for is told too, as far as it
    /// can be told without the layers below it.
    pub(crate) fn take(root: &mut DeTable<'a>, notes: &Notes) -> Self {
        let mut tables = BTreeMap::new();
        let Some(value) = root.remove("profile") else { return Self { tables } };
        let span = value.span();
        let all = match value.into_inner() {
            DeValue::Table(all) => all,
            other => {
                let message = format!("`profile` must be a table, found {}", kind_of(&other));
                notes.add(Mistake::new(Code::WrongType, span, message));
                return Self { tables };
            }
        };
        if all.len() > Layers::MOST_PROFILES {
            let message = format!(
                "there are {} profiles, and there may be {}",
                all.len(),
                Layers::MOST_PROFILES
            );
            notes.add(Mistake::new(Code::TooLarge, span, message));
            return Self { tables };
        }
        for (key, value) in all {
            let name = key.get_ref().to_string();
            if !is_name(&name) {
                let message = format!(
                    "`{}` cannot name a profile: expected 1 to 64 of a-z, 0-9, `_` and `-`",
                    short(&name)
                );
                notes.add(Mistake::new(Code::InvalidName, key.span(), message));
                continue;
            }
            match value.into_inner() {
                DeValue::Table(mut table) => {
                    for file_only in ["include", "profile"] {
                        if let Some((key, _)) = table.remove_entry(file_only) {
                            let message =
                                format!("`profile.{name}.{file_only}` has no place in a profile");
                            notes.add(Mistake::new(Code::UnknownKey, key.span(), message));
                        }
                    }
                    tables.insert(name, (key.span(), table));
                }
                other => {
                    let message =
                        format!("`profile.{name}` must be a table, found {}", kind_of(&other));
                    notes.add(Mistake::new(Code::WrongType, key.span(), message));
                }
            }
        }
        let profiles = Self { tables };
        for name in profiles.names() {
            profiles.chain(name, notes);
        }
        profiles
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.tables.keys().map(String::as_str)
    }

    /// There is no profile of that name.
    pub(crate) fn unknown(&self, name: &str, at: std::ops::Range<usize>) -> Mistake {
        let help = meant(name, self.names()).unwrap_or_else(|| match self.tables.is_empty() {
            true => String::from("there are none: add a `[profile.<name>]`"),
            false => format!("there are {}", listed(self.names(), "and")),
        });
        let message = format!("there is no profile called `{}`", short(name));
        Mistake::new(Code::UnknownProfile, at, message).help(help)
    }

    /// The tables that make a profile, the lowest first, each with its name. Empty where something is wrong with
    /// them, which is noted.
    pub(crate) fn chain(&self, name: &str, notes: &Notes) -> Vec<(&str, DeTable<'a>)> {
        let mut chain: Vec<(&str, DeTable<'a>)> = Vec::new();
        let mut next = self.tables.get_key_value(name);
        while let Some((name, (_, table))) = next {
            let mut table = table.clone();
            let extends = table.remove(EXTENDS);
            chain.push((name, table));
            let Some(extends) = extends else {
                chain.reverse();
                return chain;
            };
            let Some(other) = extends.get_ref().as_str() else {
                let found = kind_of(extends.get_ref());
                let message = format!("`profile.{name}.extends` must be a string, found {found}");
                notes.add(Mistake::new(Code::WrongType, extends.span(), message));
                return Vec::new();
            };
            if let Some(at) = chain.iter().position(|(name, _)| *name == other) {
                let circle = chain.iter().skip(at).map(|(name, _)| *name).chain([other]);
                let circle: Vec<&str> = circle.collect();
                // Each of them finds the circle, and one of them tells it.
                if chain.first().map(|(name, _)| *name) == circle.iter().copied().min() {
                    let message = format!("profiles extend each other: {}", circle.join(" -> "));
                    notes.add(Mistake::new(Code::ProfileCycle, extends.span(), message));
                }
                return Vec::new();
            }
            next = self.tables.get_key_value(other);
            if next.is_none() {
                notes.add(self.unknown(other, extends.span()));
                return Vec::new();
            }
        }
        Vec::new()
    }
}

fn is_name(name: &str) -> bool {
    let known = |b: u8| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-');
    (1..=64).contains(&name.len()) && name.bytes().all(known)
}

/// Where every value of a table starts.
pub(crate) fn starts(table: &DeTable<'_>, found: &mut Vec<usize>) {
    table.iter().for_each(|(_, value)| starts_of(value, found));
}

fn starts_of(value: &Spanned<DeValue<'_>>, found: &mut Vec<usize>) {
    found.push(value.span().start);
    match value.get_ref() {
        DeValue::Table(table) => starts(table, found),
        DeValue::Array(list) => list.iter().for_each(|item| starts_of(item, found)),
        _ => {}
    }
}
