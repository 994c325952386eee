//! Trees of TOML values: moved to their place in all texts, compared, merged.
//!
//! Merging is the whole of precedence: tables are merged key by key, whatever else there is is replaced, and lists
//! of tables with names (`critic`, `promise`) are merged by name. Start at [`merge`].

use std::borrow::Cow;

use toml::Spanned;
use toml::de::{DeArray, DeString, DeTable, DeValue};

/// Lists whose tables are told apart by their `name`.
const NAMED: [&str; 2] = ["critic", "promise"];

/// Keys of a table that bring others with them: whoever sets the first anew does without those of the layers below.
const BRINGS: [(&str, &str, &[&str]); 5] = [
    ("critic", "policy", &["when", "risk_tier", "risk", "uncertainty"]),
    ("critic", "kind", &["params"]),
    ("hedge", "after", &["percentile"]),
    ("hedge", "percentile", &["after"]),
    ("adaptive", "method", &["target"]),
];

/// The same table with every span moved by an offset.
pub(crate) fn shifted<'a>(table: DeTable<'a>, by: usize) -> DeTable<'a> {
    table
        .into_iter()
        .map(|(key, value)| (moved(key, by, |key| key), moved_value(value, by)))
        .collect()
}

pub(crate) fn moved_value(value: Spanned<DeValue<'_>>, by: usize) -> Spanned<DeValue<'_>> {
    moved(value, by, |value| match value {
        DeValue::Table(table) => DeValue::Table(shifted(table, by)),
        DeValue::Array(list) => {
            DeValue::Array(list.into_iter().map(|item| moved_value(item, by)).collect())
        }
        plain => plain,
    })
}

fn moved<T>(spanned: Spanned<T>, by: usize, inner: impl FnOnce(T) -> T) -> Spanned<T> {
    let span = spanned.span();
    Spanned::new(
        span.start.saturating_add(by)..span.end.saturating_add(by),
        inner(spanned.into_inner()),
    )
}

/// Puts one layer over those below it. `profile` holds layers itself, which are merged in the same way.
pub(crate) fn merge<'a>(below: &mut DeTable<'a>, over: DeTable<'a>) {
    for (key, value) in over {
        let slot = below.get_mut(&**key.get_ref()).map(Spanned::get_mut);
        match (slot, value.get_ref()) {
            (Some(DeValue::Array(list)), DeValue::Array(_))
                if NAMED.contains(&&**key.get_ref()) =>
            {
                if let DeValue::Array(over) = value.into_inner() {
                    merge_named(list, over);
                }
            }
            (Some(DeValue::Table(profiles)), DeValue::Table(_)) if key.get_ref() == "profile" => {
                if let DeValue::Table(over) = value.into_inner() {
                    merge_profiles(profiles, over);
                }
            }
            _ => {
                let name = key.get_ref().to_string();
                put(below, key, value, &name);
            }
        }
    }
}

fn merge_profiles<'a>(below: &mut DeTable<'a>, over: DeTable<'a>) {
    for (name, value) in over {
        match (below.get_mut(&**name.get_ref()).map(Spanned::get_mut), value.get_ref()) {
            (Some(DeValue::Table(profile)), DeValue::Table(_)) => {
                if let DeValue::Table(over) = value.into_inner() {
                    merge(profile, over);
                }
            }
            _ => put(below, name, value, ""),
        }
    }
}

/// Each of the upper tables goes over the lower one of its name, or to the end. One that has the name of an upper
/// one before it goes to the end too: twice in one layer is a mistake, which is told when critics are read.
fn merge_named<'a>(below: &mut DeArray<'a>, over: DeArray<'a>) {
    let mut seen: Vec<String> = Vec::new();
    for item in over {
        let name = name_of(item.get_ref()).map(str::to_owned);
        let first = name.as_ref().is_none_or(|name| !seen.contains(name));
        let lower = below
            .iter_mut()
            .find(|lower| first && name.is_some() && name_of(lower.get_ref()) == name.as_deref());
        seen.extend(name);
        match (lower.map(Spanned::get_mut), item.get_ref()) {
            (Some(DeValue::Table(table)), DeValue::Table(_)) => {
                if let DeValue::Table(mut over) = item.into_inner() {
                    // It is the same, and stands where the critic is made.
                    over.remove("name");
                    merge_tables(table, over, "critic");
                }
            }
            _ => below.push(item),
        }
    }
}

/// `at` is what the table is called, where its keys are those of this crate and not those of a critic's kind.
pub(crate) fn merge_tables<'a>(below: &mut DeTable<'a>, over: DeTable<'a>, at: &str) {
    for (_, key, brought) in BRINGS.iter().filter(|(table, ..)| *table == at) {
        for lower in brought.iter().filter(|_| over.contains_key(*key)) {
            below.remove(*lower);
        }
    }
    for (key, value) in over {
        let inner = matches!(
            (at, &**key.get_ref()),
            ("critic", "hedge" | "adaptive") | ("run", "adaptive")
        );
        let name = if inner { key.get_ref().to_string() } else { String::new() };
        put(below, key, value, &name);
    }
}

/// Tables are merged, all else takes the place of what is there, its key included.
fn put<'a>(
    below: &mut DeTable<'a>,
    key: Spanned<DeString<'a>>,
    value: Spanned<DeValue<'a>>,
    at: &str,
) {
    let slot = below.get_mut(&**key.get_ref()).map(Spanned::get_mut);
    match (slot, value.get_ref()) {
        (Some(DeValue::Table(table)), DeValue::Table(_)) => {
            if let DeValue::Table(over) = value.into_inner() {
                merge_tables(table, over, at);
            }
        }
        _ => {
            // Not `insert` alone: that would keep the lower key, and with it the lower place.
            below.remove(&**key.get_ref());
            below.insert(key, value);
        }
    }
}

/// The `name` of a table in a list.
pub(crate) fn name_of<'t>(item: &'t DeValue<'_>) -> Option<&'t str> {
    item.as_table()?.get("name")?.get_ref().as_str()
}

/// The critics of a layer, each with its name.
pub(crate) fn critics<'t, 'a>(
    root: &'t DeTable<'a>,
) -> impl Iterator<Item = (&'t str, &'t DeTable<'a>)> {
    let list = root.get("critic").and_then(|list| list.get_ref().as_array());
    let items = list.into_iter().flat_map(|list| list.iter());
    items.filter_map(|item| Some((name_of(item.get_ref())?, item.get_ref().as_table()?)))
}

/// The critic of that name, to change it. The first, where there are two.
pub(crate) fn critic_mut<'t, 'a>(
    root: &'t mut DeTable<'a>,
    name: &str,
) -> Option<&'t mut DeTable<'a>> {
    let DeValue::Array(list) = root.get_mut("critic")?.get_mut() else { return None };
    let item = list.iter_mut().find(|item| name_of(item.get_ref()) == Some(name))?;
    match item.get_mut() {
        DeValue::Table(table) => Some(table),
        _ => None,
    }
}

/// Whether two values say the same, wherever they stand.
pub(crate) fn same(a: &DeValue<'_>, b: &DeValue<'_>) -> bool {
    match (a, b) {
        (DeValue::String(a), DeValue::String(b)) => a == b,
        (DeValue::Integer(a), DeValue::Integer(b)) => {
            let number = |n: &toml::de::DeInteger<'_>| i128::from_str_radix(n.as_str(), n.radix());
            number(a) == number(b)
        }
        (DeValue::Float(a), DeValue::Float(b)) => a.as_str() == b.as_str(),
        (DeValue::Boolean(a), DeValue::Boolean(b)) => a == b,
        (DeValue::Datetime(a), DeValue::Datetime(b)) => a == b,
        (DeValue::Array(a), DeValue::Array(b)) => {
            a.len() == b.len()
                && a.iter().zip(b.iter()).all(|(a, b)| same(a.get_ref(), b.get_ref()))
        }
        (DeValue::Table(a), DeValue::Table(b)) => {
            let among = |(key, value): (&Spanned<DeString<'_>>, &Spanned<DeValue<'_>>)| {
                b.get(&**key.get_ref()).is_some_and(|b| same(value.get_ref(), b.get_ref()))
            };
            a.len() == b.len() && a.iter().all(among)
        }
        _ => false,
    }
}

/// A key or a text that is written at a place.
pub(crate) fn text(
    at: &std::ops::Range<usize>,
    text: impl Into<String>,
) -> Spanned<DeString<'static>> {
    Spanned::new(at.clone(), Cow::Owned(text.into()))
}
