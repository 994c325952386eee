//! Our orchestrators, as the benches run them.

use std::sync::Arc;
use std::time::Duration;

use tribunal_core::{Critic, Pointer, Snapshot, Stage};
use tribunal_metrics::Meters;
use tribunal_production::{
    BreakerSettings, CriticSpec, Policy, ProductionOrchestrator, Rate, Retry, RunSettings,
    Validation,
};
use tribunal_trace::{ExportError, Exporter, Sampling, Span, Tracer};
use tribunal_v2::OrchestratorV2;

use crate::contender::Contender;
use crate::shape::Shape;

/// How much of the orchestrator is switched on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Options {
    /// Nothing beyond the defaults: one global limit, timeouts, ranges of numbers.
    Lean,
    /// Critic, stage and global permits, token buckets that never run dry, a breaker and a retry policy for every
    /// critic, timeouts of runs and stages, a required field in every opinion, costs and a budget.
    Everything,
    /// The same, and every run is counted for Prometheus.
    Metered,
    /// The same, and traces are kept of what is no `allow` and of one in a hundred of the others.
    Traced,
    /// The same, and traces are kept of every run, for an exporter that drops them.
    TracedAll,
}

impl Options {
    /// What it is called in tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Lean => "tribunal, defaults",
            Self::Everything => "tribunal, everything on",
            Self::Metered => "tribunal, everything on, metrics",
            Self::Traced => "tribunal, everything on, metrics, traces of 1 %",
            Self::TracedAll => "tribunal, everything on, metrics, all traces",
        }
    }
}

/// Takes spans and drops them: what is left is what a run pays.
struct Dropped;

impl Exporter for Dropped {
    fn export(&mut self, spans: &[Span]) -> Result<(), ExportError> {
        std::hint::black_box(spans);
        Ok(())
    }
}

const STAGES: [Stage; 3] = [Stage::FastCritics, Stage::CoreAnalysis, Stage::DeepAnalysis];

/// Room enough for every run of these benches, 10,000 of ten critics at a time.
pub const ROOM: usize = 100_000;

/// So many critics in that shape.
#[must_use]
pub fn production(
    count: usize,
    shape: Shape,
    options: Options,
    critic: &Arc<dyn Critic>,
) -> ProductionOrchestrator {
    let mut builder = ProductionOrchestrator::builder();
    for (index, stage) in shape.stages(count).enumerate() {
        let place = STAGES.get(stage).copied().unwrap_or_default();
        let mut spec = CriticSpec::new(format!("critic_{index}")).stage(place);
        if shape == Shape::Gated && stage > 0 {
            spec = spec.policy(Policy::OnViolation);
        }
        if options != Options::Lean {
            spec = guarded(spec);
        }
        builder = builder.shared(spec, Arc::clone(critic));
    }
    if options != Options::Lean {
        builder = builder.settings(guarded_runs());
    }
    if matches!(options, Options::Metered | Options::Traced | Options::TracedAll) {
        builder = builder.observer(Meters::new());
    }
    let sampling = match options {
        Options::Traced => Some(Sampling::default()),
        Options::TracedAll => Some(Sampling::ALL),
        _ => None,
    };
    if let Some(sampling) = sampling {
        let tracer = Tracer::builder().sampling(sampling).start(Dropped);
        builder = builder.observer(tracer.expect("a thread"));
    }
    builder.build().expect("a plan of critics that do nothing")
}

/// A rate at which no bench ever waits.
#[must_use]
pub fn never_dry() -> Rate {
    Rate::new(1_000_000_000, Duration::from_secs(1), 1_000_000_000).expect("a token a nanosecond")
}

fn guarded(spec: CriticSpec) -> CriticSpec {
    let breaker = BreakerSettings::new(0.5, Duration::from_secs(10), 20).expect("a breaker");
    spec.timeout(Duration::from_secs(2))
        .max_in_flight(ROOM)
        .rate(never_dry())
        .breaker(breaker)
        .retry(Retry::attempts(3))
        .validation(Validation::new().require("/score".parse::<Pointer>().expect("a pointer")))
        .cost(0.001)
}

fn guarded_runs() -> RunSettings {
    let mut settings = RunSettings::default()
        .timeout(Duration::from_secs(10))
        .max_in_flight(ROOM)
        .max_runs(ROOM)
        .max_queued_runs(ROOM)
        .max_cost(1_000.0);
    for stage in STAGES {
        settings =
            settings.stage_timeout(stage, Duration::from_secs(5)).stage_max_in_flight(stage, ROOM);
    }
    settings
}

/// So many critics at once.
#[must_use]
pub fn v2(count: usize, critic: &Arc<dyn Critic>) -> OrchestratorV2 {
    let mut builder = OrchestratorV2::builder();
    for index in 0..count {
        builder = builder.shared(&format!("critic_{index}"), Arc::clone(critic));
    }
    builder.build().expect("critics that do nothing")
}

/// The production orchestrator among contenders.
#[must_use]
pub fn production_contender(
    count: usize,
    shape: Shape,
    options: Options,
    critic: &Arc<dyn Critic>,
) -> Contender {
    let court = production(count, shape, options, critic);
    let snapshot = Snapshot::of_input("hello");
    Contender::new(options.name(), async move || court.run_all(&snapshot).await)
}

/// `OrchestratorV2` among contenders.
#[must_use]
pub fn v2_contender(count: usize, critic: &Arc<dyn Critic>) -> Contender {
    let court = v2(count, critic);
    let snapshot = Snapshot::of_input("hello");
    Contender::new("tribunal v2", async move || court.run_all(&snapshot).await)
}
