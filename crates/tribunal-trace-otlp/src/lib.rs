//! Traces of runs to any OpenTelemetry collector: OTLP over HTTP, as protobuf.
//!
//! [`Otlp`] says where to and with which headers, also from the standard environment variables; its
//! [exporter](OtlpExporter) is what a [`Tracer`](tribunal_trace::Tracer) is started with. It works on the tracer's own
//! thread and needs no async runtime. What a collector does not take is tried again where the protocol says so, a bounded
//! number of times, and is then counted by the tracer.
//!
//! ```no_run
//! use tribunal_trace::Tracer;
//! use tribunal_trace_otlp::Otlp;
//!
//! let otlp = Otlp::to("http://localhost:4318")?.service_name("checkout");
//! let tracer = Tracer::builder().start(otlp.exporter())?;
//! // ProductionOrchestrator::builder().observer(tracer.clone()) ...
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! `https` needs a TLS for `ureq`, which this crate does not bring: turn on one of its features, `rustls` for instance.
//!
//! In the code: `settings` is what can be said, `exporter` speaks HTTP, `encode` and `wire` make the bytes, `answer` reads
//! what comes back.

mod answer;
mod encode;
mod environment;
mod exporter;
mod settings;
mod wire;

pub use exporter::{CollectorError, OtlpExporter};
pub use settings::{Otlp, OtlpError};
