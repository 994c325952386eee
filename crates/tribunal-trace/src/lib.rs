//! Runs as traces: spans made of finished reports, off the run's path.
//!
//! A [`Tracer`] is an observer. When a run is over it decides whether its trace is kept: always, unless the verdict is
//! plain `allow`; of the others a [share](Sampling). A run that is kept pays for a small copy of its report and a place
//! in a bounded queue; a thread of the tracer's own makes [`Span`]s of it and hands them to an [`Exporter`], such as that
//! of `tribunal-trace-otlp`. What had no room is counted. No text of a snapshot, and nothing that a critic put into words,
//! is in a span.
//!
//! A snapshot with a member `traceparent` (and `tracestate`), as its caller got them in W3C headers, has its run in the
//! caller's trace: see [`TraceParent`].
//!
//! ```
//! use std::time::Duration;
//! use tribunal_core::{Answer, Opinion, Snapshot, Violation, critic_fn};
//! use tribunal_production::{CriticSpec, ProductionOrchestrator};
//! use tribunal_trace::{Kept, SpanKind, Spans, Tracer};
//!
//! # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
//! let spans = Spans::new(100);
//! let tracer = Tracer::builder().start(spans.clone())?;
//! let rude = Opinion::objection(Violation::new("manners.none", "no please", 0.9));
//! let court = ProductionOrchestrator::builder()
//!     .critic(CriticSpec::new("manners"), critic_fn(move |_| Answer::now(Ok(rude.clone()))))
//!     .observer(tracer.clone())
//!     .build()?;
//!
//! let caller = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";
//! let snapshot = Snapshot::builder().input_text("gimme").attribute("traceparent", caller).build();
//! court.run_all(snapshot).await?;
//!
//! assert!(tracer.close(Duration::from_secs(5)).in_time);
//! let kinds: Vec<SpanKind> = spans.all().iter().map(|span| span.kind).collect();
//! assert_eq!(kinds, [SpanKind::Run, SpanKind::Stage, SpanKind::Critic, SpanKind::Attempt]);
//! let run = &spans.all()[0];
//! assert_eq!(run.trace_id.to_string(), "0af7651916cd43dd8448eb211c80319c");
//! assert_eq!(run.text("tribunal.kept"), Some(Kept::Verdict.as_str()));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```
//!
//! In the code: `parent` reads headers, `ids` makes ids, `sampling` decides, `tracer` is what a run touches, `sketch` what
//! is copied of it; `courier` is the thread, `tree` makes the spans, `export` says who may take them. What each span says
//! stands in `docs/traces.md`.

mod courier;
mod export;
mod ids;
mod kept;
mod parent;
mod sampling;
mod sketch;
mod span;
mod state;
mod tracer;
mod tree;

pub use export::{ExportError, Exporter, Spans};
pub use ids::{SpanId, TraceId};
pub use kept::Kept;
pub use parent::{TraceParent, TraceParentError};
pub use sampling::{Sampling, SamplingError};
pub use span::{Link, Span, SpanKind, SpanStatus, Value};
pub use state::{TraceState, TraceStateError};
pub use tracer::{StartError, TraceClosed, TraceCounters, Tracer, TracerBuilder};
