//! One critic over many runs: in how many it ran, and why not in the others.

use std::fmt::Write as _;

use serde::Serialize;
use tribunal_core::{CriticName, Outcome, Reason};

use crate::ink;
use crate::safe::on_one_line;

/// Most runs that are named for each reason.
const MOST_NAMED: usize = 8;

/// Counted over many runs.
#[derive(Debug, Serialize)]
pub(super) struct Many {
    pub(super) critic: CriticName,
    pub(super) runs: usize,
    /// Most frequent first.
    pub(super) groups: Vec<Group>,
}

/// Runs in which the same became of it, for the same kind of reason.
#[derive(Debug, Serialize)]
pub(super) struct Group {
    status: &'static str,
    /// The word for machines; `null` where there is an opinion.
    kind: Option<&'static str>,
    /// The reason of the first of them.
    text: String,
    count: usize,
    /// The first of them.
    runs: Vec<String>,
}

impl Many {
    pub(super) fn of(critic: CriticName) -> Self {
        Self { critic, runs: 0, groups: Vec::new() }
    }

    pub(super) fn add(&mut self, run: &str, outcome: &Outcome) {
        self.runs += 1;
        let kind = outcome.reason.as_ref().map(Reason::kind);
        let status = outcome.status.as_str();
        let same = |group: &&mut Group| group.kind == kind && group.status == status;
        let group = match self.groups.iter_mut().find(same) {
            Some(group) => group,
            None => {
                let text = outcome.reason.as_ref().map(ToString::to_string).unwrap_or_default();
                self.groups.push(Group { status, kind, text, count: 0, runs: Vec::new() });
                let Some(last) = self.groups.last_mut() else { return };
                last
            }
        };
        group.count += 1;
        if group.runs.len() < MOST_NAMED {
            group.runs.push(run.to_owned());
        }
    }

    pub(super) fn sorted(mut self) -> Self {
        self.groups.sort_by_key(|group| std::cmp::Reverse(group.count));
        self
    }

    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        let runs = ink::many(self.runs as u64, "run");
        // Writing to a `String` cannot fail.
        let _ = writeln!(text, "{}  in {runs}", ink::bold(&self.critic));
        for group in &self.groups {
            let what = match group.kind {
                None => String::from("ran"),
                Some(_) => on_one_line(&group.text),
            };
            let _ = writeln!(text, "  {:>5}  {what}", group.count);
            let more = group.count - group.runs.len();
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            let _ = writeln!(text, "         {}", ink::dim(group.runs.join(", ") + &more));
        }
        let _ = writeln!(text, "  one of them: tribunal explain {} RUN ...", self.critic);
        text
    }
}
