//! Deliberate defects, turned on one after the other: the simulator has to find each. A simulator that finds nothing
//! in an engine that is right says little until it has been seen to find something in one that is not.
//!
//! Start at [`Findings::search`].

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use tribunal_core::seeded::{Bug, turn_on};

use super::case::Case;
use super::page;
use super::watch::Violation;
use super::world::simulate;

/// Where a page keeps them.
const LINES: (&str, &str) = ("<!-- seeded -->", "<!-- end seeded -->");

/// What became of the search for one defect.
struct Finding {
    /// `None`: there was none to find, or what is found otherwise would mean nothing.
    bug: Option<Bug>,
    /// Runs made, up to the first violation.
    runs: u64,
    violation: Option<Violation>,
}

/// What became of the search for all of them.
pub struct Findings {
    each: Vec<Finding>,
    most: u64,
}

fn find(bug: Option<Bug>, most: u64) -> Finding {
    turn_on(bug);
    let (mut runs, mut violation) = (0, None);
    for seed in 1.. {
        let case = Arc::new(Case::generated(seed));
        runs += case.run_count();
        violation = match catch_unwind(AssertUnwindSafe(|| simulate(&case, None))) {
            Ok(done) => done.violations.into_iter().next(),
            Err(_) => Some(Violation { invariant: "panic", seed, what: "it panics".into() }),
        };
        if violation.is_some() || runs >= most {
            break;
        }
    }
    turn_on(None);
    Finding { bug, runs, violation }
}

impl Findings {
    /// Looks for each defect in at most so many runs, on all cores: what is on is on for one thread.
    #[must_use]
    pub fn search(most: u64) -> Self {
        let bugs: Vec<_> =
            std::iter::once(None).chain(Bug::ALL.iter().copied().map(Some)).collect();
        let next = AtomicUsize::new(0);
        let work = || {
            let mut found = Vec::new();
            while let Some((at, bug)) = {
                let at = next.fetch_add(1, Relaxed);
                bugs.get(at).map(|bug| (at, *bug))
            } {
                found.push((at, find(bug, most)));
            }
            found
        };
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let mut each: Vec<_> = std::thread::scope(|scope| {
            let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
            workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
        });
        each.sort_by_key(|(at, _)| *at);
        Self { each: each.into_iter().map(|(_, finding)| finding).collect(), most }
    }

    fn bugs(&self) -> impl Iterator<Item = (Bug, &Finding)> {
        self.each.iter().filter_map(|finding| Some((finding.bug?, finding)))
    }

    fn not_found(&self) -> Vec<String> {
        let missed = self.bugs().filter(|(_, finding)| finding.violation.is_none());
        missed.map(|(bug, _)| format!("{bug:?}")).collect()
    }

    /// What was found although nothing was on.
    fn false_alarm(&self) -> Option<&Violation> {
        self.each.iter().find(|finding| finding.bug.is_none())?.violation.as_ref()
    }

    /// Whether each was found, and nothing where there was nothing.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.not_found().is_empty() && self.false_alarm().is_none()
    }

    /// One row each.
    #[must_use]
    pub fn table(&self) -> String {
        let mut table = String::from("| defect | runs until found | by |\n| --- | --- | --- |\n");
        for (bug, Finding { runs, violation, .. }) in self.bugs() {
            let (runs, by) = match violation {
                Some(violation) => (runs.to_string(), violation.invariant),
                None => (format!("not in {runs}"), "-"),
            };
            table.push_str(&format!("| {} | {runs} | {by} |\n", bug.what()));
        }
        table
    }

    /// The first violation of each, in full.
    #[must_use]
    pub fn story(&self) -> String {
        let first = self.each.iter().filter_map(|own| Some((own.bug, own.violation.as_ref()?)));
        first
            .map(|(bug, violation)| format!("{bug:?} (seed {}): {violation}\n", violation.seed))
            .collect()
    }

    /// One line for machines.
    #[must_use]
    pub fn json(&self) -> String {
        let (bugs, not_found) = (self.bugs().count(), self.not_found());
        serde_json::json!({
            "bugs": bugs,
            "found": bugs - not_found.len(),
            "not_found": not_found,
            "false_alarm": self.false_alarm().map(ToString::to_string),
            "most_runs": self.most,
        })
        .to_string()
    }

    /// Writes the table into a page, between the lines `<!-- seeded -->` and `<!-- end seeded -->`.
    ///
    /// # Errors
    ///
    /// When the page cannot be read or written, or has no such lines.
    pub fn write_report(&self, path: &Path, command: &str) -> std::io::Result<()> {
        let text = format!("\nFrom `{command}`:\n\n{}\n", self.table());
        page::write_between(path, LINES, &text)
    }
}
