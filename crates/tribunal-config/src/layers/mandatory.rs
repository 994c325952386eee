//! What no layer may do to a critic that a layer below made mandatory.
//!
//! Looked at is what holds before and after a layer, not what the layer says: a changed default loosens a critic
//! just as well. Start at [`Held::of`].

use std::ops::Range;
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeTable, DeValue};
use tribunal_core::{FailureMode, Mode, Thresholds};
use tribunal_production::CriticSpec;

use super::tree::{critic_mut, critics, same};
use crate::Code;
use crate::duration;
use crate::notes::{Mistake, Notes};
use crate::read::{finite, short};

/// The key itself.
const KEY: &str = "mandatory";

/// Keys that may change one way, and how that is said.
const ORDERED: [(&str, &str); 7] = [
    ("enabled", "it stays enabled"),
    (KEY, "it stays mandatory"),
    ("mode", "it stays enforced"),
    ("failure_mode", "it may only become stricter: `allow`, `review`, `block`"),
    ("review_at", "it may only be lowered"),
    ("block_at", "it may only be lowered"),
    ("timeout", "it may only be lengthened"),
];

/// Keys that every layer may change: they say how a call is made, not whether, nor what comes of it.
const FREE: [&str; 6] = ["tags", "isolation", "hedge", "max_in_flight", "adaptive", "retry"];

/// The mandatory critics as they are below a layer.
pub(crate) struct Held<'a> {
    critics: Vec<(String, DeTable<'a>)>,
    defaults: DeTable<'a>,
}

impl<'a> Held<'a> {
    pub(crate) fn of(root: &DeTable<'a>) -> Self {
        let on = |table: &DeTable<'a>| {
            table.get(KEY).is_some_and(|value| value.get_ref().as_bool() == Some(true))
        };
        let held = critics(root).filter(|(_, table)| on(table));
        Self {
            critics: held.map(|(name, table)| (name.to_owned(), table.clone())).collect(),
            defaults: defaults(root).cloned().unwrap_or_default(),
        }
    }

    /// Notes whatever has become looser, and puts it back where it was: it is one mistake, not two.
    pub(crate) fn check(self, root: &mut DeTable<'a>, notes: &Notes) {
        let after = defaults(root).cloned().unwrap_or_default();
        for (name, before) in &self.critics {
            // It can be gone only with the whole list, which is a mistake of its own.
            let Some(table) = critic_mut(root, name) else { continue };
            let loosened = |key: &str, span: Range<usize>, help: &str| {
                let name = short(name);
                let message = format!("`{key}` may not be changed so: `{name}` is mandatory");
                let mistake = Mistake::new(Code::MandatoryLoosened, span, message).help(help);
                let made = before.get(KEY).map(Spanned::span).unwrap_or_default();
                notes.add(mistake.other(made, "made mandatory here"));
            };
            for (key, help) in ORDERED {
                let was = strictness(key, own(before, &self.defaults, key));
                let is = strictness(key, own(table, &after, key));
                if was.zip(is).is_some_and(|(was, is)| is < was) {
                    let span = own(table, &after, key).map(Spanned::span).unwrap_or_default();
                    loosened(key, span, help);
                    restore(table, before, key);
                }
            }
            for key in changed(before, table) {
                let here = table.get(key.as_str()).zip(before.get(key.as_str()));
                let span = match here {
                    Some((now, then)) => difference(now, then),
                    None => place(table, before, &key),
                };
                loosened(&key, span, "no layer may change it; leave it out");
                restore(table, before, &key);
            }
        }
    }
}

fn defaults<'t, 'a>(root: &'t DeTable<'a>) -> Option<&'t DeTable<'a>> {
    root.get("defaults")?.get_ref().as_table()
}

/// What a critic says, or else the defaults for all. Only these three have any.
fn own<'t, 'a>(
    critic: &'t DeTable<'a>,
    defaults: &'t DeTable<'a>,
    key: &str,
) -> Option<&'t Spanned<DeValue<'a>>> {
    let shared = matches!(key, "failure_mode" | "review_at" | "block_at" | "timeout");
    critic.get(key).or_else(|| defaults.get(key).filter(|_| shared))
}

/// How strict a value is: larger is stricter. `None` for what is no such value, which is noted when it is read.
fn strictness(key: &str, value: Option<&Spanned<DeValue<'_>>>) -> Option<f64> {
    let value = value.map(Spanned::get_ref);
    let truth = |on: bool| f64::from(u8::from(on));
    // Fail closed is strict, and so is a low threshold.
    let rank = |mode: FailureMode| match mode {
        FailureMode::Allow => 0.0,
        FailureMode::Review => 1.0,
        FailureMode::Block => 2.0,
    };
    let low = |at: Option<f64>| -at.unwrap_or(f64::INFINITY);
    match (key, value) {
        ("enabled" | KEY, None) => Some(truth(key == "enabled")),
        ("enabled" | KEY, Some(value)) => value.as_bool().map(truth),
        ("mode", None) => Some(truth(Mode::default() == Mode::Enforce)),
        ("mode", Some(value)) => {
            value.as_str()?.parse().ok().map(|mode: Mode| truth(mode == Mode::Enforce))
        }
        ("failure_mode", None) => Some(rank(FailureMode::default())),
        ("failure_mode", Some(value)) => value.as_str()?.parse().ok().map(rank),
        ("review_at", None) => Some(low(Thresholds::default().review_at())),
        ("block_at", None) => Some(low(Thresholds::default().block_at())),
        ("review_at" | "block_at", Some(value)) => match value.as_str() {
            Some("never") => Some(low(None)),
            Some(_) => None,
            None => finite(value)?.ok().map(|at| low(Some(at))),
        },
        ("timeout", None) => Some(CriticSpec::TIMEOUT.as_secs_f64()),
        ("timeout", Some(value)) => {
            duration::parse(value.as_str()?).ok().map(|span: Duration| span.as_secs_f64())
        }
        _ => None,
    }
}

/// The keys that may not change at all and have changed.
fn changed(before: &DeTable<'_>, after: &DeTable<'_>) -> Vec<String> {
    let mut keys: Vec<String> =
        before.keys().chain(after.keys()).map(|key| key.get_ref().to_string()).collect();
    keys.sort_unstable();
    keys.dedup();
    keys.retain(|key| {
        let ordered = ORDERED.iter().any(|(other, _)| other == key);
        let values = (before.get(key.as_str()), after.get(key.as_str()));
        let differs = match values {
            (Some(before), Some(after)) => !same(before.get_ref(), after.get_ref()),
            (before, after) => before.is_some() != after.is_some(),
        };
        !ordered && !FREE.contains(&key.as_str()) && differs
    });
    keys
}

/// Where a value stands that is new, or what took its place away.
fn place(after: &DeTable<'_>, before: &DeTable<'_>, key: &str) -> Range<usize> {
    let brings = if key == "params" { "kind" } else { "policy" };
    let value = after.get(key).or_else(|| after.get(brings)).or_else(|| before.get(key));
    value.map(Spanned::span).unwrap_or_default()
}

/// The first place in a value where it differs from another.
fn difference(now: &Spanned<DeValue<'_>>, then: &Spanned<DeValue<'_>>) -> Range<usize> {
    let (Some(now_table), Some(then_table)) = (now.get_ref().as_table(), then.get_ref().as_table())
    else {
        return now.span();
    };
    let differing =
        now_table.iter().find_map(|(key, value)| match then_table.get(&**key.get_ref()) {
            None => Some(key.span()),
            Some(then) if !same(value.get_ref(), then.get_ref()) => Some(difference(value, then)),
            Some(_) => None,
        });
    differing.unwrap_or_else(|| now.span())
}

fn restore<'a>(table: &mut DeTable<'a>, before: &DeTable<'a>, key: &str) {
    table.remove(key);
    if let Some((key, value)) = before.get_key_value(key) {
        table.insert(key.clone(), value.clone());
    }
}
