//! What holds for whole runs: time, room, retries, early exit.

use std::collections::BTreeMap;
use std::time::Duration;

use tribunal_core::Stage;
use tribunal_resilience::{Adaptation, Rate, RetryBudget, RetryBudgetError};

use crate::spec::Adaptive;

/// What holds for whole runs. Checked as a whole when the plan is built.
#[derive(Debug, Clone, PartialEq)]
pub struct RunSettings {
    pub(crate) timeout: Duration,
    pub(crate) stages: [StageSettings; Stage::ALL.len()],
    pub(crate) max_in_flight: usize,
    pub(crate) max_runs: usize,
    pub(crate) adaptive_runs: Option<Adaptive>,
    pub(crate) max_blocking: usize,
    pub(crate) max_queued_runs: usize,
    pub(crate) max_total_retries: u32,
    pub(crate) early_exit: bool,
    pub(crate) hook_timeout: Duration,
    pub(crate) shared_rates: BTreeMap<String, Rate>,
    pub(crate) max_cost: Option<f64>,
    pub(crate) retry_share: f64,
    pub(crate) retry_floor: u32,
    pub(crate) jitter_seed: Option<u64>,
}

/// What holds for one stage of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StageSettings {
    pub(crate) timeout: Option<Duration>,
    pub(crate) max_in_flight: Option<usize>,
}

impl RunSettings {
    /// Whether as many runs may go on, and wait.
    pub(crate) fn has_same_entrance(&self, other: &Self) -> bool {
        self.max_runs == other.max_runs
            && self.adaptive_runs == other.adaptive_runs
            && self.max_queued_runs == other.max_queued_runs
    }

    /// Whether as many retries may be made over all runs.
    #[allow(clippy::float_cmp, reason = "the same, not about the same")]
    pub(crate) fn has_same_retry_budget(&self, other: &Self) -> bool {
        self.retry_share == other.retry_share && self.retry_floor == other.retry_floor
    }
    /// How long a run may take, from the call to the report; above 0. 10 s unless set.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How long a stage may take; above 0, and not longer than the run. What is left of the run unless set.
    #[must_use]
    pub fn stage_timeout(mut self, stage: Stage, timeout: Duration) -> Self {
        if let Some(settings) = self.stages.get_mut(stage.index()) {
            settings.timeout = Some(timeout);
        }
        self
    }

    /// At most so many calls of a stage's critics at a time, over all runs; at least 1. No limit unless set.
    #[must_use]
    pub fn stage_max_in_flight(mut self, stage: Stage, limit: usize) -> Self {
        if let Some(settings) = self.stages.get_mut(stage.index()) {
            settings.max_in_flight = Some(limit);
        }
        self
    }

    /// At most so many calls of critics at a time, over all runs; at least 1. 1,024 unless set.
    #[must_use]
    pub fn max_in_flight(mut self, limit: usize) -> Self {
        self.max_in_flight = limit;
        self
    }

    /// At most so many runs at a time; at least 1. 1,024 unless set.
    #[must_use]
    pub fn max_runs(mut self, limit: usize) -> Self {
        self.max_runs = limit;
        self
    }

    /// Moves the limit on runs by what their latency shows: never below `floor`, which is at least 1, and never
    /// above [`RunSettings::max_runs`].
    #[must_use]
    pub fn adaptive_runs(mut self, floor: usize, how: Adaptation) -> Self {
        self.adaptive_runs = Some(Adaptive { floor, how });
        self
    }

    /// At most so many threads are kept busy by critics with [`crate::Isolation::Blocking`], over all runs; at
    /// least 1. 16 unless set.
    #[must_use]
    pub fn max_blocking(mut self, limit: usize) -> Self {
        self.max_blocking = limit;
        self
    }

    /// At most so many runs wait for their turn; any more are refused at once. 1,024 unless set.
    #[must_use]
    pub fn max_queued_runs(mut self, limit: usize) -> Self {
        self.max_queued_runs = limit;
        self
    }

    /// At most so many retries in one run, over all its critics. 10 unless set.
    #[must_use]
    pub fn max_total_retries(mut self, limit: u32) -> Self {
        self.max_total_retries = limit;
        self
    }

    /// Stops a run once no outcome still to come could change its verdict. Off unless set: reports are then complete.
    #[must_use]
    pub fn early_exit(mut self, on: bool) -> Self {
        self.early_exit = on;
        self
    }

    /// How long one call of a hook may take; above 0. 100 ms unless set.
    #[must_use]
    pub fn hook_timeout(mut self, timeout: Duration) -> Self {
        self.hook_timeout = timeout;
        self
    }

    /// A token bucket that critics share by naming it, see [`crate::CriticSpec::shares`].
    #[must_use]
    pub fn shared_rate(mut self, name: impl Into<String>, rate: Rate) -> Self {
        self.shared_rates.insert(name.into(), rate);
        self
    }

    /// What one run may cost, in the unit of the specs; finite, from 0. A critic whose cost no longer fits is
    /// `skipped: over budget`, which is a failure and never a pass. No limit unless set.
    #[must_use]
    pub fn max_cost(mut self, cost: f64) -> Self {
        self.max_cost = Some(cost);
        self
    }

    /// How many calls may be repeated over all runs: a share of first calls, 0 to 10, and at least so many a second
    /// however little the load. 0.1 and 10 unless set. First calls count that belong to critics with retries. The
    /// floor is a least and not an addition: what the one gives counts towards the other.
    #[must_use]
    pub fn retry_budget(mut self, share: f64, floor_per_second: u32) -> Self {
        self.retry_share = share;
        self.retry_floor = floor_per_second;
        self
    }

    /// Makes the waits between retries follow from a number, for simulations that have to repeat themselves. Every
    /// process draws its own unless set, so that they do not come back all at once.
    #[must_use]
    pub fn jitter_seed(mut self, seed: u64) -> Self {
        self.jitter_seed = Some(seed);
        self
    }

    pub(crate) fn stage(&self, stage: Stage) -> StageSettings {
        self.stages.get(stage.index()).copied().unwrap_or_default()
    }
}

impl RunSettings {
    /// The most retries that first calls may save up.
    const MOST_RETRIES_SAVED: u32 = 100;

    pub(crate) fn budget(&self) -> Result<RetryBudget, RetryBudgetError> {
        RetryBudget::new(self.retry_share, Self::MOST_RETRIES_SAVED, self.retry_floor)
    }
}

impl Default for RunSettings {
    /// Room for ordinary traffic, and an end to everything.
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(10),
            stages: [StageSettings::default(); Stage::ALL.len()],
            max_in_flight: 1_024,
            max_runs: 1_024,
            adaptive_runs: None,
            max_blocking: 16,
            max_queued_runs: 1_024,
            max_total_retries: 10,
            early_exit: false,
            hook_timeout: Duration::from_millis(100),
            shared_rates: BTreeMap::new(),
            max_cost: None,
            retry_share: 0.1,
            retry_floor: 10,
            jitter_seed: None,
        }
    }
}
