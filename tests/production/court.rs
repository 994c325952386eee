//! A court to try: scripted critics with the parts of their specs, settings, hooks and observers.

use std::sync::Arc;
use std::time::Duration;

use tribunal_core::{
    Condition, Critic, FailureMode, Hook, Mode, Observer, Report, Snapshot, Stage, Status,
    Thresholds,
};
use tribunal_production::{
    Backoff, BreakerSettings, Builder, CriticSpec, Jitter, PlanErrors, Policy,
    ProductionOrchestrator, Rate, Retry, RunSettings, Validation,
};
use tribunal_testkit::{Scripted, millis, secs};

/// A critic with its spec.
pub(crate) struct Seated {
    spec: CriticSpec,
    critic: Arc<dyn Critic>,
}

/// What can be given a spec: a scripted critic, under its own name, or one that has a spec already.
pub(crate) trait Seat: Sized {
    fn seated(self) -> Seated;

    fn spec(self, change: impl FnOnce(CriticSpec) -> CriticSpec) -> Seated {
        let Seated { spec, critic } = self.seated();
        Seated { spec: change(spec), critic }
    }

    fn stage(self, stage: Stage) -> Seated {
        self.spec(|spec| spec.stage(stage))
    }

    fn priority(self, priority: u8) -> Seated {
        self.spec(|spec| spec.priority(priority))
    }

    fn policy(self, policy: Policy) -> Seated {
        self.spec(|spec| spec.policy(policy))
    }

    fn when(self, condition: impl Condition) -> Seated {
        self.policy(Policy::when(condition))
    }

    fn depends_on(self, critic: &str) -> Seated {
        self.spec(|spec| spec.depends_on(critic))
    }

    fn run_anyway(self) -> Seated {
        self.spec(CriticSpec::run_anyway)
    }

    fn timeout(self, timeout: Duration) -> Seated {
        self.spec(|spec| spec.timeout(timeout))
    }

    fn retry(self, retry: Retry) -> Seated {
        self.spec(|spec| spec.retry(retry))
    }

    fn max_in_flight(self, limit: usize) -> Seated {
        self.spec(|spec| spec.max_in_flight(limit))
    }

    fn rate(self, rate: Rate) -> Seated {
        self.spec(|spec| spec.rate(rate))
    }

    fn breaker(self, settings: BreakerSettings) -> Seated {
        self.spec(|spec| spec.breaker(settings))
    }

    fn validation(self, validation: Validation) -> Seated {
        self.spec(|spec| spec.validation(validation))
    }

    fn failure_mode(self, mode: FailureMode) -> Seated {
        self.spec(|spec| spec.failure_mode(mode))
    }

    fn monitored(self) -> Seated {
        self.spec(|spec| spec.mode(Mode::Monitor))
    }

    fn thresholds(self, review_at: Option<f64>, block_at: Option<f64>) -> Seated {
        let thresholds = Thresholds::new(review_at, block_at).unwrap();
        self.spec(|spec| spec.thresholds(thresholds))
    }

    fn cost(self, cost: f64) -> Seated {
        self.spec(|spec| spec.cost(cost))
    }
}

impl Seat for Scripted {
    fn seated(self) -> Seated {
        Seated { spec: CriticSpec::new(self.name.as_str()), critic: Arc::new(self) }
    }
}

impl Seat for Seated {
    fn seated(self) -> Seated {
        self
    }
}

/// Any critic under a name.
pub(crate) fn named(name: &str, critic: impl Critic) -> Seated {
    Seated { spec: CriticSpec::new(name), critic: Arc::new(critic) }
}

/// A court without critics, at default settings, to judge the snapshot `x`.
pub(crate) fn court() -> Court {
    Court {
        builder: ProductionOrchestrator::builder(),
        settings: RunSettings::default(),
        snapshot: Snapshot::of_input("x"),
    }
}

/// What goes into an orchestrator, and what it is to judge.
pub(crate) struct Court {
    builder: Builder,
    settings: RunSettings,
    snapshot: Snapshot,
}

impl Court {
    pub(crate) fn critic(mut self, critic: impl Seat) -> Self {
        let Seated { spec, critic } = critic.seated();
        self.builder = self.builder.shared(spec, critic);
        self
    }

    pub(crate) fn critics<S: Seat>(self, critics: impl IntoIterator<Item = S>) -> Self {
        critics.into_iter().fold(self, Self::critic)
    }

    pub(crate) fn settings(mut self, change: impl FnOnce(RunSettings) -> RunSettings) -> Self {
        self.settings = change(self.settings);
        self
    }

    pub(crate) fn in_flight(self, limit: usize) -> Self {
        self.settings(|settings| settings.max_in_flight(limit))
    }

    pub(crate) fn run_timeout(self, timeout: Duration) -> Self {
        self.settings(|settings| settings.timeout(timeout))
    }

    pub(crate) fn stage_timeout(self, stage: Stage, timeout: Duration) -> Self {
        self.settings(|settings| settings.stage_timeout(stage, timeout))
    }

    pub(crate) fn early_exit(self) -> Self {
        self.settings(|settings| settings.early_exit(true))
    }

    pub(crate) fn hook(mut self, hook: impl Hook) -> Self {
        self.builder = self.builder.hook(hook);
        self
    }

    pub(crate) fn observer(mut self, observer: impl Observer) -> Self {
        self.builder = self.builder.observer(observer);
        self
    }

    pub(crate) fn snapshot(mut self, snapshot: Snapshot) -> Self {
        self.snapshot = snapshot;
        self
    }

    pub(crate) fn build(self) -> ProductionOrchestrator {
        self.builder.settings(self.settings).build().unwrap()
    }

    /// What is wrong with it.
    pub(crate) fn refused(self) -> PlanErrors {
        self.builder.settings(self.settings).build().unwrap_err()
    }

    pub(crate) async fn run(self) -> Report {
        let snapshot = self.snapshot.clone();
        self.build().run_all(snapshot).await.unwrap()
    }
}

/// Judges the snapshot `x`.
pub(crate) async fn judge(court: &ProductionOrchestrator) -> Report {
    court.run_all(Snapshot::of_input("x")).await.unwrap()
}

/// So many attempts, 10 ms apart at first, then 20 ms, 40 ms ...
pub(crate) fn tries(attempts: u32) -> Retry {
    let backoff = Backoff::new(millis(10), 2.0, secs(60), Jitter::None).unwrap();
    Retry::attempts(attempts).backoff(backoff)
}

/// Every critic with its status, in plan order.
pub(crate) fn statuses(report: &Report) -> Vec<(&str, Status)> {
    report.outcomes().map(|(info, outcome)| (info.name.as_str(), outcome.status)).collect()
}

/// Why a critic gave no opinion, as the report words it.
pub(crate) fn reason(report: &Report, critic: &str) -> String {
    report[critic].reason.as_ref().map(ToString::to_string).unwrap_or_default()
}
