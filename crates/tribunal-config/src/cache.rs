//! The section `cache`: the bounds of a result cache, and the critics it is for.

use tribunal_cache::{Builder, ResultCache};

use crate::Code;
use crate::critic::names;
use crate::nearest::{listed, meant};
use crate::read::{Item, Table, short};

/// What the section says.
pub(crate) struct Cache<'a> {
    bounds: Builder,
    only: Option<Vec<(String, Item<'a>)>>,
}

impl<'a> Cache<'a> {
    /// `None` where there is no such section: nothing is kept then.
    pub(crate) fn read(root: &Table<'a>) -> Option<Self> {
        let table = root.table("cache")?;
        let mut bounds = ResultCache::builder();
        let count = |key, most| table.get(key)?.integer(1..=most);
        if let Some(entries) = count("max_entries", ResultCache::MOST_ENTRIES) {
            bounds = bounds.max_entries(entries);
        }
        if let Some(bytes) = count("max_bytes", ResultCache::MOST_BYTES) {
            bounds = bounds.max_bytes(bytes);
        }
        let time = table.get("time_to_live").and_then(|item| Some((item.duration()?, item)));
        if let Some((time, item)) = time {
            if time > ResultCache::LONGEST_TIME_TO_LIVE {
                item.note(Code::OutOfRange, "must be at most 30 days");
            } else {
                bounds = bounds.time_to_live(time);
            }
        }
        let only = table.get("critics").map(|item| {
            let only = names(&item);
            if item.value.get_ref().as_array().is_some_and(|list| list.is_empty()) {
                let help =
                    "leave it out to keep what all say, or leave out `[cache]` to keep nothing";
                let mistake = item.mistake(Code::EmptyList, "must name at least one critic");
                item.add(mistake.help(help));
            }
            only
        });
        table.close();
        Some(Self { bounds, only })
    }

    /// The cache, once it is known which critics there are. What is wrong is noted.
    pub(crate) fn build(self, critics: &[&str]) -> Option<ResultCache> {
        let mut bounds = self.bounds;
        if let Some(only) = self.only {
            for (name, item) in only.iter().filter(|(name, _)| !critics.contains(&name.as_str())) {
                let all = || format!("there are {}", listed(critics.iter().copied(), "and"));
                let help = meant(name, critics.iter().copied()).unwrap_or_else(all);
                let problem = format!("names no critic: `{}`", short(name));
                item.add(item.mistake(Code::UnknownCritic, problem).help(help));
            }
            bounds = bounds.only(only.into_iter().map(|(name, _)| name));
        }
        // Each bound has been held against its range, so there is nothing left to refuse.
        bounds.build().ok()
    }
}
