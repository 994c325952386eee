//! Who may run: so many runs at a time, so many in the queue, and a refusal at once for all others.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};
use tribunal_core::TimeoutLevel;
use tribunal_resilience::{Deadline, Permit, Permits};

use crate::RunSettings;
use crate::orchestrator::RunError;

/// All runs are alike to the queue: first come, first served.
const PRIORITY: u8 = 5;

pub(crate) struct Admission {
    runs: Permits,
}

impl Admission {
    pub(crate) fn new(settings: &RunSettings) -> Self {
        let limit = std::num::NonZeroUsize::new(settings.max_runs);
        let limit = limit.unwrap_or(std::num::NonZeroUsize::MIN);
        Self { runs: Permits::with_queue(limit, settings.max_queued_runs) }
    }

    /// Waits for a turn, as long as the run itself could take.
    pub(crate) async fn admit(
        &self,
        deadline: Deadline<TimeoutLevel>,
    ) -> Result<Permit<'_>, RunError> {
        if let Some(permit) = self.runs.try_acquire() {
            return Ok(permit);
        }
        let start = Instant::now();
        match timeout_at(deadline.at(), self.runs.acquire(PRIORITY)).await {
            // A turn that comes when time is up is none: every critic would only be told so.
            Ok(Ok(permit)) if !deadline.is_over(Instant::now()) => Ok(permit),
            Ok(Err(_)) => Err(RunError::Overloaded { waited: Duration::ZERO }),
            Ok(Ok(_)) | Err(_) => Err(RunError::Overloaded { waited: start.elapsed() }),
        }
    }

    pub(crate) fn in_flight(&self) -> usize {
        self.runs.limit() - self.runs.free()
    }

    pub(crate) fn queued(&self) -> usize {
        self.runs.waiting()
    }
}
