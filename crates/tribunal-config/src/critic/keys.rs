//! Single keys of a `[[critic]]` that need more than a look.

use std::ops::Range;
use std::time::Duration;

use tribunal_core::{CriticName, Mode, Phase, Phases, Stage};

use crate::Code;
use crate::duration;
use crate::notes::{Mistake, Notes};
use crate::read::{Item, Table, short};
use crate::run::Run;

pub(super) fn name(table: &Table<'_>, notes: &Notes) -> (Option<CriticName>, String, Range<usize>) {
    let none = (None, String::new(), table.span.clone());
    let Some(item) = table.required("name") else { return none };
    let Some(text) = item.string() else { return none };
    match CriticName::new(text) {
        Ok(name) => (Some(name), text.to_owned(), item.span()),
        Err(error) => {
            let lower = text.to_lowercase();
            let better = CriticName::new(&lower).ok();
            let better = better.map(|name| format!("names are lower case: `{name}`"));
            let mistake = Mistake::new(Code::InvalidName, item.span(), error.to_string());
            notes.add(mistake.maybe_help(better));
            (None, text.to_owned(), item.span())
        }
    }
}

/// One that must run cannot be left out by the same layer, or count for nothing.
pub(super) fn mandatory(table: &Table<'_>, enabled: bool, mode: Mode) {
    let Some(item) = table.get("mandatory").filter(|item| item.boolean() == Some(true)) else {
        return;
    };
    let not =
        [(enabled, "enabled", "is disabled"), (mode == Mode::Enforce, "mode", "is only monitored")];
    for (fine, key, problem) in not {
        if let (false, Some(other)) = (fine, table.get(key)) {
            let message = format!("`{}` does not go with a critic that {problem}", item.name);
            let mistake = Mistake::new(Code::ConflictingKeys, item.span(), message);
            item.add(mistake.other(other.span(), "this"));
        }
    }
}

pub(super) fn strings(item: &Item<'_>) -> Vec<String> {
    let items = item.list().unwrap_or_default();
    items.iter().filter_map(|item| item.string().map(str::to_owned)).collect()
}

pub(crate) fn names<'a>(item: &Item<'a>) -> Vec<(String, Item<'a>)> {
    let mut names: Vec<(String, Item<'a>)> = Vec::new();
    for item in item.list().unwrap_or_default() {
        let Some(name) = item.string() else { continue };
        match names.iter().find(|(other, _)| other == name) {
            None => names.push((name.to_owned(), item)),
            Some((_, first)) => {
                let problem = format!("names `{}` a second time", short(name));
                let mistake = item.mistake(Code::RepeatedEntry, problem);
                item.add(mistake.other(first.span(), "the first time"));
            }
        }
    }
    names
}

/// Those of the rates that a critic names and that there are. One that is disabled may name others.
pub(super) fn shares(item: &Item<'_>, enabled: bool, run: &Run) -> Vec<String> {
    let names = names(item).into_iter();
    names
        .filter(|(name, item)| enabled && run.rates.has(name, item))
        .map(|(name, _)| name)
        .collect()
}

pub(super) fn phases(item: &Item<'_>) -> Option<Phases> {
    let items = item.list()?;
    let phases: Vec<Phase> = items.iter().filter_map(Item::word).collect();
    if items.is_empty() {
        item.note(Code::EmptyList, "is empty: a critic of no phase would never run");
    }
    Phases::of(&phases)
}

/// A timeout that can be reached: not longer than what its stage and the run have. No stage for a default.
pub(crate) fn timeout(item: &Item<'_>, stage: Option<Stage>, run: &Run) -> Option<Duration> {
    let own = item.duration()?;
    let of_stage = stage.map(|stage| (run.stage_timeouts.get(&stage), format!("stage `{stage}`")));
    let of_run = (run.timeout.as_ref(), String::from("run"));
    let outer = of_stage.into_iter().chain([of_run]);
    for (limit, whose) in outer {
        if let Some(limit) = limit.filter(|limit| own > limit.duration) {
            let has = duration::write(limit.duration);
            let problem = format!("can never be reached: the {whose} has {has}");
            let mistake = item.mistake(Code::TimeoutCutShort, problem);
            let mistake = mistake.other(limit.span.clone(), "at most this");
            item.add(mistake);
            return Some(limit.duration);
        }
    }
    // The run's default is no one's mistake, but nothing beyond it is ever reached either.
    if let Some((default, None)) = run.limit().filter(|(default, _)| own > *default) {
        let help = "set `timeout` in `[run]` to more";
        let has = duration::write(default);
        let problem = format!("can never be reached: the run has {has}");
        item.add(item.mistake(Code::TimeoutCutShort, problem).help(help));
        return Some(default);
    }
    Some(own)
}
