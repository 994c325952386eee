//! Many decisions, added up: what was decided, what each critic did, took, cost and caught.
//!
//! The memory it takes depends on how many critics there are, not on how many decisions.

use std::collections::BTreeMap;

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use tribunal_core::{Mode, Stage, Status, Verdict};

use crate::decision::{Decision, LoggedOutcome};

/// More critics than any pipeline has. Those beyond are counted, and not told apart.
const MAX_CRITICS: usize = 4096;

/// Decisions, added up.
#[derive(Debug, Clone, Default, Serialize)]
#[non_exhaustive]
pub struct Stats {
    /// How many decisions.
    pub decisions: u64,
    /// The time of the first.
    pub from: Option<String>,
    /// The time of the last.
    pub to: Option<String>,
    /// How many there are of each verdict: `allow`, `review`, `block`.
    #[serde(serialize_with = "verdicts")]
    pub verdicts: [u64; 3],
    /// Runs in which the failure of a critic was let pass.
    pub let_pass: u64,
    /// What runs cost.
    pub cost_spent: f64,
    /// What they would have cost more, had every gate been open.
    pub cost_saved: f64,
    /// How long runs took, in milliseconds.
    pub elapsed: Latencies,
    /// How long each stage took.
    #[serde(serialize_with = "stages")]
    pub stages: BTreeMap<Stage, Latencies>,
    /// Each critic by its name, in the order in which they were met.
    pub critics: Vec<CriticStats>,
    /// Outcomes of critics beyond the first 4096, which are in no other figure.
    pub beyond: u64,
    #[serde(skip)]
    places: BTreeMap<String, usize>,
}

/// What one critic did.
#[derive(Debug, Clone, Default, Serialize)]
#[non_exhaustive]
pub struct CriticStats {
    /// Its name.
    pub critic: String,
    /// Its stage, where it was last met.
    pub stage: Option<Stage>,
    /// It is watched only, where it was last met.
    pub monitored: bool,
    /// How many runs had it.
    pub runs: u64,
    /// In how many it was called.
    pub ran: u64,
    /// In how many its gate stayed closed.
    pub gated: u64,
    /// In how many of these because it is not for their phase.
    pub other_phase: u64,
    /// In how many it was skipped.
    pub skipped: u64,
    /// In how many it should have given an opinion and did not.
    pub failed: u64,
    /// In how many it found something.
    pub found: u64,
    /// In how many it called for `review`, or would have.
    pub review: u64,
    /// In how many it called for `block`, or would have.
    pub block: u64,
    /// In how many it alone is the cause of the verdict.
    pub alone: u64,
    /// Calls, all together.
    pub calls: u64,
    /// What it cost.
    pub cost: f64,
    /// How long it was at work where it was called, in milliseconds.
    pub execution: Latencies,
    /// How long it waited where it was called, in milliseconds.
    pub queued: Latencies,
}

impl CriticStats {
    /// Of the runs in whose phase it has a word, in what share its gate was open, or was not asked. `None` without any.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "counts that are divided")]
    pub fn open_rate(&self) -> Option<f64> {
        let asked = self.runs - self.other_phase;
        let closed = self.gated - self.other_phase;
        (asked > 0).then(|| (asked - closed) as f64 / asked as f64)
    }

    fn add(&mut self, outcome: &LoggedOutcome) {
        self.stage = Some(outcome.stage);
        self.monitored = outcome.mode == Mode::Monitor;
        self.runs += 1;
        let other_phase = |outcome: &LoggedOutcome| {
            outcome.reason.as_ref().is_some_and(|reason| reason.kind == "other_phase")
        };
        match outcome.status {
            Status::Gated => {
                self.gated += 1;
                self.other_phase += u64::from(other_phase(outcome));
            }
            Status::Skipped => self.skipped += 1,
            _ => {}
        }
        self.failed += u64::from(outcome.is_failure());
        self.found += u64::from(outcome.violations > 0);
        match outcome.calls_for {
            Some(Verdict::Review) => self.review += 1,
            Some(Verdict::Block) => self.block += 1,
            Some(Verdict::Allow) | None => {}
        }
        if outcome.cost.is_finite() {
            self.cost += outcome.cost;
        }
        self.calls += u64::from(outcome.attempts);
        if outcome.attempts > 0 {
            self.ran += 1;
            self.execution.add(outcome.execution_ms);
            self.queued.add(outcome.queued_ms);
        }
    }
}

impl Stats {
    /// Adds a decision.
    pub fn add(&mut self, decision: &Decision) {
        self.decisions += 1;
        let earlier = self.from.as_ref().is_none_or(|from| decision.time < *from);
        if earlier {
            self.from = Some(decision.time.clone());
        }
        if self.to.as_ref().is_none_or(|to| decision.time > *to) {
            self.to = Some(decision.time.clone());
        }
        if let Some(count) = self.verdicts.get_mut(decision.verdict as usize) {
            *count += 1;
        }
        self.let_pass += u64::from(!decision.let_pass.is_empty());
        if decision.cost_spent.is_finite() && decision.cost_saved.is_finite() {
            self.cost_spent += decision.cost_spent;
            self.cost_saved += decision.cost_saved;
        }
        self.elapsed.add(decision.elapsed_ms);
        for stage in &decision.stages {
            self.stages.entry(stage.stage).or_default().add(stage.elapsed_ms);
        }
        for outcome in &decision.outcomes {
            match self.of(&outcome.critic) {
                Some(critic) => critic.add(outcome),
                None => self.beyond += 1,
            }
        }
        if let [cause] = &decision.causes[..]
            && let Some(critic) = cause.critic.as_deref().and_then(|name| self.of(name))
        {
            critic.alone += 1;
        }
    }

    fn of(&mut self, name: &str) -> Option<&mut CriticStats> {
        let place = match self.places.get(name) {
            Some(place) => *place,
            None if self.critics.len() >= MAX_CRITICS => return None,
            None => {
                let critic = CriticStats { critic: name.to_owned(), ..CriticStats::default() };
                self.critics.push(critic);
                self.places.insert(name.to_owned(), self.critics.len() - 1);
                self.critics.len() - 1
            }
        };
        self.critics.get_mut(place)
    }
}

fn verdicts<S: Serializer>(counts: &[u64; 3], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(Verdict::ALL.iter().zip(counts))
}

fn stages<S: Serializer>(
    stages: &BTreeMap<Stage, Latencies>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(stages)
}

/// Durations in milliseconds, kept in buckets: a percentile is right to two percent.
#[derive(Debug, Clone, Default)]
pub struct Latencies {
    counts: Vec<u64>,
    count: u64,
    sum: f64,
    max: f64,
}

impl Latencies {
    /// How much wider each bucket is than the one before.
    const GROWTH: f64 = 1.02;
    /// The first bucket ends here, in milliseconds.
    const FIRST: f64 = 0.001;
    /// The last one ends beyond eleven days.
    const BUCKETS: usize = 1_400;

    /// Adds one. What is none is left out.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is a small number above 0"
    )]
    pub fn add(&mut self, ms: f64) {
        if !ms.is_finite() || ms < 0.0 {
            return;
        }
        let steps = (ms / Self::FIRST).max(1.0).ln() / Self::GROWTH.ln();
        let bucket = (steps.ceil() as usize).min(Self::BUCKETS - 1);
        if self.counts.len() <= bucket {
            self.counts.resize(bucket + 1, 0);
        }
        if let Some(count) = self.counts.get_mut(bucket) {
            *count += 1;
        }
        self.count += 1;
        self.sum += ms;
        self.max = self.max.max(ms);
    }

    /// How many there are.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// The longest.
    #[must_use]
    pub const fn max(&self) -> f64 {
        self.max
    }

    /// All of them, one after the other.
    #[must_use]
    pub const fn sum(&self) -> f64 {
        self.sum
    }

    /// Their mean; 0 when there is none.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a count that is divided by")]
    pub fn mean(&self) -> f64 {
        if self.count == 0 { 0.0 } else { self.sum / self.count as f64 }
    }

    /// What this share of them, from 0 to 1, does not exceed. 0 when there is none.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a share of a count is a count"
    )]
    pub fn percentile(&self, share: f64) -> f64 {
        let wanted = ((self.count as f64 * share.clamp(0.0, 1.0)).ceil() as u64).max(1);
        let mut seen = 0;
        for (bucket, count) in self.counts.iter().enumerate() {
            seen += count;
            if seen >= wanted {
                let end =
                    Self::FIRST * Self::GROWTH.powi(i32::try_from(bucket).unwrap_or(i32::MAX));
                return end.min(self.max);
            }
        }
        0.0
    }
}

impl Serialize for Latencies {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let tidy = |ms: f64| (ms * 1e3).round() / 1e3;
        let mut map = serializer.serialize_map(Some(6))?;
        map.serialize_entry("count", &self.count)?;
        map.serialize_entry("mean_ms", &tidy(self.mean()))?;
        for (name, share) in [("p50_ms", 0.5), ("p95_ms", 0.95), ("p99_ms", 0.99)] {
            map.serialize_entry(name, &tidy(self.percentile(share)))?;
        }
        map.serialize_entry("max_ms", &tidy(self.max))?;
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_right_to_two_percent_and_never_beyond_the_longest() {
        let mut all = Latencies::default();
        assert_eq!((all.percentile(0.5), all.mean()), (0.0, 0.0));
        (1..=1000).for_each(|ms| all.add(f64::from(ms)));
        for (share, exact) in [(0.5, 500.0), (0.95, 950.0), (0.99, 990.0)] {
            let found = all.percentile(share);
            assert!((found / exact - 1.0).abs() < 0.021, "{share}: {found}");
        }
        assert_eq!((all.percentile(1.0), all.max(), all.count()), (1000.0, 1000.0, 1000));
        all.add(f64::NAN);
        all.add(-1.0);
        all.add(1e300);
        assert_eq!((all.count(), all.percentile(0.0)), (1001, 1.0 * all.percentile(0.0)));
    }
}
