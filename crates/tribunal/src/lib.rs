//! Tribunal judges AI inputs, outputs and actions.
//!
//! A service hands it a [`Snapshot`] (a prompt, an answer, a tool call, any JSON) and gets back one [`Report`]:
//! the outcome of every [`Critic`] (elsewhere a guardrail, a validator, a judge), a [`Verdict`], what it took
//! and what it cost. Cheap critics go first; expensive ones run only when violations, risk or doubt call for
//! them. What fails never counts as a pass.
//!
//! ```
//! # #[cfg(all(feature = "production", feature = "critics"))]
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
//! use tribunal::critics::{InvisibleText, Secrets};
//! use tribunal::{CriticSpec, FailureMode, ProductionOrchestrator, Snapshot, Stage, Verdict};
//!
//! let court = ProductionOrchestrator::builder()
//!     .critic(
//!         CriticSpec::new("secrets").stage(Stage::FastCritics).failure_mode(FailureMode::Block),
//!         Secrets::default(),
//!     )
//!     .critic(CriticSpec::new("hidden_text").stage(Stage::FastCritics), InvisibleText::default())
//!     .build()?;
//! let report = court.run_all(Snapshot::of_input("What is the capital of Peru?")).await?;
//! assert_eq!(report.verdict, Verdict::Allow);
//! # Ok(())
//! # })
//! # }
//! # #[cfg(not(all(feature = "production", feature = "critics")))]
//! # fn main() {}
//! ```
//!
//! # Features
//!
//! Each turns on one crate. `production` and `critics` are on by default.
//!
//! | feature | what it brings |
//! | --- | --- |
//! | `production` | [`ProductionOrchestrator`]: stages, gates, limits, retries, validation |
//! | `critics` | [`critics`]: ready-made critics that need no model, no key and no network |
//! | `v2` | `v2`: every critic at once, one timeout |
//! | `schema` | `schema`: JSON Schema for opinions and for anything else |
//! | `config` | `config`: pipelines from TOML, every mistake shown in place |
//! | `cache` | `cache`: a hook that remembers opinions and has identical calls made once |
//! | `metrics` | `metrics`: what runs did and how things stand, for Prometheus |
//! | `eval` | `eval`: reports held against labels |
//! | `log` | `log`: a chained line for each run, off its path |
//! | `trace` | `trace`: traces of runs, for whatever takes them; `tribunal-trace-otlp` brings them to a collector |
//! | `tracing` | `tracing`: runs as events of the process's own subscriber |
//! | `prove` | `prove`: what a pipeline can do at all, and promises |
//! | `status` | `status`: how a process stands, for `tribunal top` (with `metrics`) |

pub use tribunal_core::*;

#[cfg(feature = "production")]
pub use tribunal_production::{
    Backoff, BackoffError, BreakerError, BreakerGauges, BreakerSettings, BreakerState, Builder,
    Canary, CanaryReading, Counts, CriticGauges, CriticMetrics, CriticOutline, CriticSpec,
    CyclePath, Finding, Gate, Gauges, Generation, Jitter, Metrics, Outline, Passage, PlanError,
    PlanErrors, Policy, ProductionOrchestrator, Rate, RateError, ReloadError, Reloadable, Retry,
    Room, RunError, RunSettings, SharedTokens, Shutdown, StageGauges, StageMetrics, StageOutline,
    StageSettings, Strictness, Validation, is_canary,
};

#[cfg(feature = "cache")]
pub use tribunal_cache as cache;
#[cfg(feature = "config")]
pub use tribunal_config as config;
#[cfg(feature = "critics")]
pub use tribunal_critics as critics;
#[cfg(feature = "eval")]
pub use tribunal_eval as eval;
#[cfg(feature = "log")]
pub use tribunal_log as log;
#[cfg(feature = "metrics")]
pub use tribunal_metrics as metrics;
#[cfg(feature = "prove")]
pub use tribunal_prove as prove;
#[cfg(feature = "schema")]
pub use tribunal_schema as schema;
#[cfg(feature = "status")]
pub use tribunal_status as status;
#[cfg(feature = "trace")]
pub use tribunal_trace as trace;
#[cfg(feature = "tracing")]
pub use tribunal_tracing as tracing;
#[cfg(feature = "v2")]
pub use tribunal_v2 as v2;
