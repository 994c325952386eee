//! Someone who wants a snapshot judged in time.

use std::time::Duration;

use tokio::time::{Instant, sleep};
use tribunal_core::{Report, Snapshot, Status};
use tribunal_production::{ProductionOrchestrator, RunError};

/// Asks an orchestrator, and again if it has to.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) court: ProductionOrchestrator,
    pub(crate) snapshot: Snapshot,
    /// What an answer must keep to be of use.
    pub(crate) deadline: Duration,
    /// How often it asks again when it got no proper answer, and how long it waits before.
    pub(crate) retries: u32,
    pub(crate) pause: Duration,
}

/// What became of one request.
pub(crate) struct Done {
    /// When it should have come.
    pub(crate) intended: Instant,
    /// When it came.
    pub(crate) started: Instant,
    /// When its last answer came.
    pub(crate) ended: Instant,
    /// How often it was asked.
    pub(crate) tries: u32,
    /// Whether there is a proper report, in time.
    pub(crate) good: bool,
    /// The last answer.
    pub(crate) answer: Result<Report, RunError>,
}

impl Done {
    pub(crate) fn latency(&self) -> Duration {
        self.ended.saturating_duration_since(self.intended)
    }
}

impl Client {
    /// A client that asks once.
    pub(crate) fn new(court: ProductionOrchestrator, deadline: Duration) -> Self {
        let snapshot = Snapshot::of_input("How do I return a parcel that I never ordered?");
        Self { court, snapshot, deadline, retries: 0, pause: Duration::ZERO }
    }

    /// One request, of the moment at which it should have come.
    pub(crate) async fn ask(self, intended: Instant) -> Done {
        let started = Instant::now();
        // The first try is late if the generator was; a repeat is on time by definition.
        let mut asked = intended;
        let mut tries = 0;
        loop {
            tries += 1;
            let answer = self.court.run_all(&self.snapshot).await;
            let ended = Instant::now();
            let in_time = ended.saturating_duration_since(asked) <= self.deadline;
            let good = in_time && answer.as_ref().is_ok_and(is_proper);
            if good || tries > self.retries {
                return Done { intended, started, ended, tries, good, answer };
            }
            sleep(self.pause).await;
            asked = Instant::now();
        }
    }
}

/// Whether every critic gave its opinion.
fn is_proper(report: &Report) -> bool {
    report.outcomes().all(|(_, outcome)| outcome.status == Status::Success)
}
