//! What every engine can be built from, so that one test can be put to all of them.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tribunal_core::{
    Critic, CriticInfo, CriticName, FailureMode, Hook, Mode, Observer, Report, RunEvent, Snapshot,
    Thresholds,
};
use tribunal_production::{CriticSpec, ProductionOrchestrator, RunSettings};
use tribunal_testkit::{Scripted, secs};
use tribunal_v2::OrchestratorV2;

/// A critic with what every engine knows about one.
pub struct Seat {
    /// What is fixed about it; the stage stays the default.
    pub info: CriticInfo,
    /// The critic.
    pub critic: Arc<dyn Critic>,
}

/// Puts a scripted critic on a seat of its name.
#[must_use]
pub fn seat(critic: Scripted) -> Seat {
    let info = CriticInfo::new(CriticName::new(&critic.name).unwrap());
    Seat { info, critic: Arc::new(critic) }
}

impl From<Scripted> for Seat {
    fn from(critic: Scripted) -> Self {
        seat(critic)
    }
}

impl Seat {
    /// What its failure calls for.
    #[must_use]
    pub fn failure_mode(mut self, failure_mode: FailureMode) -> Self {
        self.info.failure_mode = failure_mode;
        self
    }

    /// What its opinions call for.
    #[must_use]
    pub fn thresholds(mut self, review_at: Option<f64>, block_at: Option<f64>) -> Self {
        self.info.thresholds = Thresholds::new(review_at, block_at).unwrap();
        self
    }

    /// Lets it run without a vote.
    #[must_use]
    pub fn monitored(mut self) -> Self {
        self.info.mode = Mode::Monitor;
        self
    }
}

/// Critics with hooks and observers around them, and the time they have.
pub struct Panel {
    /// The critics, in plan order.
    pub seats: Vec<Seat>,
    /// The hooks, in order.
    pub hooks: Vec<Arc<dyn Hook>>,
    /// The observers, in order.
    pub observers: Vec<Arc<dyn Observer>>,
    /// How long a run may take.
    pub timeout: Duration,
}

impl Panel {
    /// Critics alone, with ten seconds.
    #[must_use]
    pub fn of<S: Into<Seat>>(critics: impl IntoIterator<Item = S>) -> Self {
        let seats = critics.into_iter().map(Into::into).collect();
        Self { seats, hooks: Vec::new(), observers: Vec::new(), timeout: secs(10) }
    }

    /// Adds a critic.
    #[must_use]
    pub fn and(mut self, critic: impl Into<Seat>) -> Self {
        self.seats.push(critic.into());
        self
    }

    /// Adds a hook.
    #[must_use]
    pub fn hook(mut self, hook: impl Hook) -> Self {
        self.hooks.push(Arc::new(hook));
        self
    }

    /// Adds an observer.
    #[must_use]
    pub fn observer(mut self, observer: impl Observer) -> Self {
        self.observers.push(Arc::new(observer));
        self
    }

    /// How long a run may take.
    #[must_use]
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }
}

/// An engine under test.
pub trait Engine: Sized {
    /// Builds one. Limits of its own, other than the run's timeout, are to be out of the way.
    fn build(panel: Panel) -> Self;

    /// Judges a snapshot.
    fn run(&self, snapshot: Snapshot) -> impl Future<Output = Report> + Send;
}

/// `OrchestratorV2`.
pub struct V2(OrchestratorV2);

impl Engine for V2 {
    fn build(panel: Panel) -> Self {
        let mut builder = OrchestratorV2::builder().timeout(panel.timeout);
        for Seat { info, critic } in panel.seats {
            builder = builder.critic_with(info, critic);
        }
        for hook in panel.hooks {
            builder = builder.hook(hook);
        }
        for observer in panel.observers {
            builder = builder.observer(move |event: RunEvent<'_>| observer.on_event(event));
        }
        Self(builder.build().unwrap())
    }

    fn run(&self, snapshot: Snapshot) -> impl Future<Output = Report> + Send {
        self.0.run_all(snapshot)
    }
}

/// `ProductionOrchestrator`, with its own limits out of the way.
pub struct Production(ProductionOrchestrator);

impl Engine for Production {
    fn build(panel: Panel) -> Self {
        let settings = RunSettings::default().timeout(panel.timeout).hook_timeout(secs(3_600));
        let mut builder = ProductionOrchestrator::builder().settings(settings);
        for Seat { info, critic } in panel.seats {
            let spec = CriticSpec::new(info.name.as_str())
                .timeout(secs(3_600))
                .failure_mode(info.failure_mode)
                .thresholds(info.thresholds)
                .mode(info.mode)
                .cost(info.cost);
            builder = builder.shared(spec, critic);
        }
        for hook in panel.hooks {
            builder = builder.hook(hook);
        }
        for observer in panel.observers {
            builder = builder.observer(move |event: RunEvent<'_>| observer.on_event(event));
        }
        Self(builder.build().unwrap())
    }

    async fn run(&self, snapshot: Snapshot) -> Report {
        self.0.run_all(snapshot).await.unwrap()
    }
}
