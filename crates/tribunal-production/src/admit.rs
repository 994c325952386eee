//! Who may run: so many runs at a time, a queue that is bounded in number and in time, and a refusal at once
//! for all others.

use std::time::Duration;

use tokio::time::timeout_at;
use tribunal_core::{TimeoutLevel, seeded};
use tribunal_resilience::{AdaptiveError, Admission, Admitted, Deadline, Moment, Refused};

use crate::RunSettings;
use crate::gauges::Room;
use crate::orchestrator::RunError;
use crate::plan::admission;

/// The door of an orchestrator.
pub(crate) struct Door {
    admission: Admission,
}

impl Door {
    pub(crate) fn new(settings: &RunSettings) -> Result<Self, AdaptiveError> {
        let RunSettings { max_runs, adaptive_runs, max_queued_runs, .. } = *settings;
        let max_runs = max_runs + usize::from(seeded!(RunLimitPlusOne));
        let max_queued_runs = max_queued_runs + usize::from(seeded!(RunQueuePlusOne));
        Ok(Self { admission: admission(max_runs, adaptive_runs, max_queued_runs)? })
    }

    /// Comes in at once, if nobody has to be waited for.
    pub(crate) fn try_admit(&self, called: Moment) -> Option<Admitted<'_>> {
        self.admission.try_enter(called)
    }

    /// Waits for a turn, as long as the run itself could take.
    pub(crate) async fn admit(
        &self,
        called: Moment,
        deadline: Deadline<TimeoutLevel>,
    ) -> Result<Admitted<'_>, RunError> {
        let overloaded =
            |retry_after| RunError::Overloaded { waited: called.elapsed(), retry_after };
        match timeout_at(deadline.at().instant(), self.admission.enter(deadline.at())).await {
            // A turn that comes when time is up is none: every critic would only be told so.
            Ok(Ok(admitted)) if !deadline.is_over(Moment::now()) => Ok(admitted),
            Ok(Err(Refused::Full { retry_after })) => Err(overloaded(retry_after)),
            Ok(Err(Refused::Closed)) => Err(RunError::ShutDown),
            Ok(Ok(_) | Err(_)) | Err(_) => Err(overloaded(Duration::ZERO)),
        }
    }

    /// Admits nobody any more.
    pub(crate) fn close(&self) {
        self.admission.close();
    }

    pub(crate) fn in_flight(&self) -> usize {
        self.admission.inside()
    }

    pub(crate) fn room(&self, now: Moment) -> Room {
        Room::of_admission(&self.admission, now)
    }

    pub(crate) fn queued(&self) -> usize {
        self.admission.waiting()
    }
}
