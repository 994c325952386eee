//! What an expression reads, as a tree of names.

use std::collections::BTreeMap;

/// The names that are read, each with those read below it. A leaf is read as a whole.
#[derive(Debug, Default)]
pub(super) struct Needs {
    pub(super) whole: bool,
    pub(super) members: BTreeMap<String, Self>,
}

impl Needs {
    pub(super) fn add<'p>(&mut self, path: impl IntoIterator<Item = &'p str>) {
        let mut here = self;
        for name in path {
            here = here.members.entry(name.to_owned()).or_default();
        }
        here.whole = true;
    }

    pub(super) fn get(&self, name: &str) -> Option<&Self> {
        self.members.get(name)
    }

    /// Whether a member is read.
    pub(super) fn reads(&self, name: &str) -> bool {
        self.whole || self.members.contains_key(name)
    }

    /// The critics whose outcomes are read.
    pub(super) fn critics(&self) -> impl Iterator<Item = &str> {
        let critics = self.get("prior").into_iter().flat_map(|prior| prior.members.keys());
        critics.map(String::as_str)
    }
}
