//! What the findings of a canary mean, without clock or lock.

use std::time::Duration;

use serde::{Serialize, Serializer};
use tribunal_core::{Mode, Report, Source, Verdict};
use tribunal_resilience::Moment;

/// What became of a canary's run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    /// A critic objected, as it must.
    Blocked,
    /// It was allowed, or left to a review: nothing stopped what must be stopped.
    LetThrough,
    /// It was blocked, but by no critic: a failure called for it, or an opinion from a cache or a fallback.
    Unproven,
    /// There was no run: the orchestrator is overloaded, or shutting down.
    NotJudged,
}

impl Finding {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Blocked, Self::LetThrough, Self::Unproven, Self::NotJudged];

    /// How it is written in metrics and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Blocked => "blocked",
            Self::LetThrough => "let_through",
            Self::Unproven => "unproven",
            Self::NotJudged => "not_judged",
        }
    }

    pub(super) fn of(report: &Report) -> Self {
        if report.verdict != Verdict::Block {
            return Self::LetThrough;
        }
        let objected = report.outcomes().any(|(critic, outcome)| {
            critic.mode == Mode::Enforce
                && outcome.source == Source::Critic
                && outcome.opinion.is_some()
                && outcome.calls_for == Some(Verdict::Block)
        });
        if objected { Self::Blocked } else { Self::Unproven }
    }
}

impl Serialize for Finding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// What is known of a canary.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct CanaryReading {
    /// Whether all is well: see [`crate::Canary::is_ready`].
    pub ready: bool,
    /// What the last check found.
    pub last: Option<Finding>,
    /// How many checks found what, in the order of [`Finding::ALL`].
    pub found: [u64; Finding::ALL.len()],
    /// How long ago it was blocked last, in seconds when written; `None` if it never was.
    #[serde(rename = "since_blocked_s", serialize_with = "seconds")]
    pub since_blocked: Option<Duration>,
}

#[allow(clippy::ref_option, reason = "what serde asks for")]
fn seconds<S: Serializer>(since: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    since.map(|since| since.as_secs_f64()).serialize(serializer)
}

#[derive(Debug, Default)]
pub(super) struct State {
    last: Option<Finding>,
    /// Whether the last check that came to a result was blocked.
    well: bool,
    /// The latest generation that was asked.
    generation: u64,
    blocked_at: Option<Moment>,
    found: [u64; Finding::ALL.len()],
    stopped: bool,
}

impl State {
    pub(super) fn note(&mut self, finding: Finding, generation: u64, now: Moment) {
        if let Some(count) = self.found.get_mut(finding as usize) {
            *count += 1;
        }
        if generation < self.generation {
            // The answer of a plan that has been replaced, and that another one has answered for since.
            return;
        }
        self.generation = generation;
        self.last = Some(finding);
        match finding {
            Finding::Blocked => {
                self.well = true;
                self.blocked_at = Some(now);
            }
            Finding::LetThrough | Finding::Unproven => self.well = false,
            // Whoever is overloaded is not broken; for how long that may go on is a matter of patience.
            Finding::NotJudged => {}
        }
    }

    pub(super) const fn stop(&mut self) {
        self.stopped = true;
    }

    pub(super) const fn is_stopped(&self) -> bool {
        self.stopped
    }

    pub(super) fn is_ready(&self, now: Moment, patience: Duration) -> bool {
        let recent = self.blocked_at.is_some_and(|at| now.since(at) <= patience);
        self.well && recent && !self.stopped
    }

    pub(super) fn reading(&self, now: Moment, patience: Duration) -> CanaryReading {
        CanaryReading {
            ready: self.is_ready(now, patience),
            last: self.last,
            found: self.found,
            since_blocked: self.blocked_at.map(|at| now.since(at)),
        }
    }
}

#[cfg(test)]
#[cfg(not(shuttle))]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn only_what_was_blocked_not_long_ago_is_ready() {
        let start = Moment::now();
        let mut state = State::default();
        assert!(!state.is_ready(start, MINUTE));
        state.note(Finding::Blocked, 1, start);
        assert!(state.is_ready(start + MINUTE, MINUTE));
        assert!(!state.is_ready(start + MINUTE * 2, MINUTE));
        for finding in [Finding::LetThrough, Finding::Unproven] {
            state.note(finding, 1, start);
            assert!(!state.is_ready(start, MINUTE), "{finding:?}");
            state.note(Finding::NotJudged, 1, start);
            assert!(!state.is_ready(start, MINUTE), "{finding:?}, and then nothing");
            state.note(Finding::Blocked, 1, start);
            assert!(state.is_ready(start, MINUTE));
        }
        state.note(Finding::NotJudged, 1, start);
        assert!(state.is_ready(start, MINUTE), "overloaded is not broken");
        state.stop();
        assert!(!state.is_ready(start, MINUTE));
        assert_eq!(state.reading(start, MINUTE).found, [3, 1, 1, 3]);
    }

    #[test]
    fn what_a_plan_says_that_was_replaced_is_no_news() {
        let now = Moment::now();
        let mut state = State::default();
        state.note(Finding::LetThrough, 2, now);
        state.note(Finding::Blocked, 1, now);
        assert!(!state.is_ready(now, MINUTE));
    }
}
