//! A court whose traces can be looked at.

use std::time::Duration;

use tribunal_core::Snapshot;
use tribunal_production::{Builder, CriticSpec, ProductionOrchestrator, RunError};
use tribunal_testkit::{Scripted, secs};
use tribunal_trace::{Sampling, Span, SpanKind, Spans, TraceCounters, Tracer, TracerBuilder};

/// An orchestrator with a tracer, and what came of it.
pub(crate) struct Traced {
    pub(crate) court: ProductionOrchestrator,
    pub(crate) tracer: Tracer,
    spans: Spans,
}

/// A critic under its own name, with more to its spec.
pub(crate) fn seated(
    builder: Builder,
    critic: Scripted,
    spec: impl FnOnce(CriticSpec) -> CriticSpec,
) -> Builder {
    let name = critic.name.as_str().to_owned();
    builder.critic(spec(CriticSpec::new(name)), critic)
}

impl Traced {
    /// Every run is kept.
    pub(crate) fn all(build: impl FnOnce(Builder) -> Builder) -> Self {
        Self::with(Tracer::builder().sampling(Sampling::ALL), build)
    }

    pub(crate) fn with(tracer: TracerBuilder, build: impl FnOnce(Builder) -> Builder) -> Self {
        let spans = Spans::new(10_000);
        let tracer = tracer.gather(Duration::ZERO).start(spans.clone()).unwrap();
        let builder = build(ProductionOrchestrator::builder());
        let court = builder.observer(tracer.clone()).build().unwrap();
        Self { court, tracer, spans }
    }

    /// The spans of one run.
    pub(crate) async fn run(&self, snapshot: Snapshot) -> Vec<Span> {
        let before = self.spans.all().len();
        let _: Result<_, RunError> = self.court.run_all(snapshot).await;
        assert!(self.tracer.flush(secs(60)));
        self.spans.all().split_off(before)
    }

    /// All spans so far, and the counts, when it is closed.
    pub(crate) fn close(self) -> (Vec<Span>, TraceCounters) {
        let closed = self.tracer.close(secs(60));
        assert!(closed.in_time);
        (self.spans.all(), closed.counters)
    }
}

/// The one span of that name.
pub(crate) fn named<'a>(spans: &'a [Span], name: &str) -> &'a Span {
    let found: Vec<&Span> = spans.iter().filter(|span| span.name == name).collect();
    assert_eq!(found.len(), 1, "{name} in {spans:#?}");
    found[0]
}

/// Those right below it, in order.
pub(crate) fn below<'a>(spans: &'a [Span], parent: &Span) -> Vec<&'a Span> {
    spans.iter().filter(|span| span.parent == Some(parent.id)).collect()
}

/// Each span as `kind name start-end`, in milliseconds after the run was called, indented by what it lies in.
pub(crate) fn outline(spans: &[Span]) -> Vec<String> {
    let run = spans.iter().find(|span| span.kind == SpanKind::Run).unwrap();
    let millis = |nanos: u64| (nanos - run.start) / 1_000_000;
    let depth = |span: &Span| {
        let mut depth = 0;
        let mut at = span;
        while let Some(parent) = spans.iter().find(|other| Some(other.id) == at.parent) {
            (depth, at) = (depth + 1, parent);
        }
        depth
    };
    let line = |span: &Span| {
        let indent = "  ".repeat(depth(span));
        format!("{indent}{} {}-{}", span.name, millis(span.start), millis(span.end))
    };
    spans.iter().map(line).collect()
}
