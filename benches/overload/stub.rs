//! Critics that take a known time, and pipelines of known capacity made of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use tokio::time::sleep;
use tribunal_core::{Answer, Critic, CriticError, Opinion, Review, Stage, View};
use tribunal_production::{Builder, CriticSpec, ProductionOrchestrator, RunSettings};

/// How long the narrowest critic takes.
pub(crate) const SERVICE: Duration = Duration::from_millis(40);
/// How many calls of it may be in flight.
pub(crate) const LIMIT: u32 = 20;
/// How many runs a second that makes.
pub(crate) const CAPACITY: f64 = 500.0;
/// What a run may take.
pub(crate) const DEADLINE: Duration = Duration::from_millis(200);

/// Agrees after a fixed time.
pub(crate) struct Slow(pub(crate) Duration);

impl Critic for Slow {
    fn review<'a>(&'a self, _: View<'a>) -> Review<'a> {
        let time = self.0;
        Answer::later(async move {
            sleep(time).await;
            Ok(Opinion::clean())
        })
    }
}

/// Agrees at once.
pub(crate) struct Quick;

impl Critic for Quick {
    fn review<'a>(&'a self, _: View<'a>) -> Review<'a> {
        Answer::now(Ok(Opinion::clean()))
    }
}

/// Takes the call, and never answers.
pub(crate) struct Hangs;

impl Critic for Hangs {
    fn review<'a>(&'a self, _: View<'a>) -> Review<'a> {
        Answer::later(std::future::pending())
    }
}

/// Fails every time, and says that it may work the next time. Counts its calls.
#[derive(Default)]
pub(crate) struct Down {
    pub(crate) calls: Arc<AtomicU64>,
}

impl Critic for Down {
    fn review<'a>(&'a self, _: View<'a>) -> Review<'a> {
        self.calls.fetch_add(1, Relaxed);
        Answer::later(async {
            sleep(Duration::from_millis(2)).await;
            Err(CriticError::transient("connection refused"))
        })
    }
}

/// Three critics, of which one bounds the whole to [`CAPACITY`] runs a second.
pub(crate) fn narrow(settings: RunSettings) -> ProductionOrchestrator {
    let builder = ProductionOrchestrator::builder()
        .settings(settings.timeout(DEADLINE))
        .critic(CriticSpec::new("shape").stage(Stage::FastCritics), Quick)
        .critic(CriticSpec::new("topic").timeout(DEADLINE), Slow(Duration::from_millis(5)))
        .critic(
            CriticSpec::new("judge").timeout(DEADLINE).max_in_flight(LIMIT as usize),
            Slow(SERVICE),
        );
    built(builder)
}

/// Run limits that fit [`narrow`]: as many runs as its narrowest critic takes calls, and a queue of what it
/// serves in half a service time.
pub(crate) fn fitting() -> RunSettings {
    RunSettings::default().max_runs(LIMIT as usize).max_queued_runs(LIMIT as usize / 2)
}

#[allow(clippy::expect_used, reason = "a bench that cannot be set up has nothing to measure")]
pub(crate) fn built(builder: Builder) -> ProductionOrchestrator {
    builder.build().expect("a plan of stubs")
}
