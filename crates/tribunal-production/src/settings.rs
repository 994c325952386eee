//! What holds for whole runs: time, room, retries, early exit.

use std::time::Duration;

use tribunal_core::Stage;

/// What holds for whole runs. Checked as a whole when the plan is built.
#[derive(Debug, Clone, PartialEq)]
pub struct RunSettings {
    pub(crate) timeout: Duration,
    pub(crate) stages: [StageSettings; Stage::ALL.len()],
    pub(crate) max_in_flight: usize,
    pub(crate) max_runs: usize,
    pub(crate) max_queued_runs: usize,
    pub(crate) max_total_retries: u32,
    pub(crate) early_exit: bool,
    pub(crate) hook_timeout: Duration,
}

/// What holds for one stage of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StageSettings {
    pub(crate) timeout: Option<Duration>,
    pub(crate) max_in_flight: Option<usize>,
}

impl RunSettings {
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

    pub(crate) fn stage(&self, stage: Stage) -> StageSettings {
        self.stages.get(stage.index()).copied().unwrap_or_default()
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
            max_queued_runs: 1_024,
            max_total_retries: 10,
            early_exit: false,
            hook_timeout: Duration::from_millis(100),
        }
    }
}
