//! `ProductionOrchestrator`: critics judged stage by stage, gated, limited, retried, validated; one report.
//!
//! ```
//! use tribunal_core::{Answer, Opinion, Snapshot, Stage, Verdict, Violation, async_critic, critic_fn};
//! use tribunal_production::{CriticSpec, Policy, ProductionOrchestrator};
//!
//! # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
//! let shouts = critic_fn(|view| {
//!     let text = view.snapshot().input_text();
//!     let loud = text.len() > 10 && !text.chars().any(char::is_lowercase);
//!     Answer::now(Ok(if loud {
//!         Opinion::objection(Violation::new("style.shouting", "all upper case", 0.3))
//!     } else {
//!         Opinion::clean()
//!     }))
//! });
//! let judge = async_critic(|_snapshot: Snapshot| async { Ok(Opinion::clean().severity(0.9)) });
//!
//! let court = ProductionOrchestrator::builder()
//!     .critic(CriticSpec::new("shouts").stage(Stage::FastCritics), shouts)
//!     .critic(CriticSpec::new("judge").policy(Policy::OnViolation), judge)
//!     .build()?;
//! let report = court.run_all(Snapshot::of_input("I WANT MY MONEY BACK")).await?;
//! assert_eq!(report.verdict, Verdict::Block);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```
//!
//! A run reads as its story, a file a chapter: `plan` (specs to an immutable plan, once), `admit` (the run queue), `run`
//! (stage by stage), `stage` (who may start when), `gate`, `limit` (permits and tokens), `attempt` (one after the other,
//! until one helps), `at_once` (a call that is answered at once), `call` (any other: timeout, panic, breaker), `apart` (in
//! a task or on a thread of its own), `hedge` (a second call beside a slow one), `flight` (a first call that goes on),
//! `pending` (all who are waited for), `turns` (who waits for whom within a stage), `validate`, `ruling` (early exit),
//! `stop` (shutting down), `reload` (going on with another plan). Hooks and observers hang off `run` and `attempt`.
//! `gauges` says how full all of it is, and `canary` asks again and again what must be blocked. `outline` and `replay` are
//! for those who ask about a plan or a run, and in no run's way.

mod admit;
mod apart;
mod at_once;
mod attempt;
mod budget;
mod call;
mod canary;
mod flight;
mod gate;
mod gauges;
mod hedge;
mod hooks;
mod limit;
mod metrics;
mod observe;
mod orchestrator;
mod outline;
mod pending;
mod plan;
mod reload;
mod replay;
mod ruling;
mod run;
#[cfg(test)]
#[cfg(shuttle)]
mod schedules;
#[cfg(seeded_bug)]
mod seeded;
mod settings;
mod spec;
mod stage;
mod stop;
mod turns;
mod validate;

pub use canary::{Canary, CanaryReading, Finding, is_canary};
pub use gauges::{BreakerGauges, CriticGauges, Gauges, Room, SharedTokens, StageGauges};
pub use metrics::{Counts, CriticMetrics, Metrics, StageMetrics};
pub use orchestrator::{Builder, ProductionOrchestrator, RunError};
pub use outline::{CriticOutline, Outline, Passage, StageOutline};
pub use plan::{CyclePath, PlanError, PlanErrors};
pub use reload::{Generation, ReloadError, Reloadable};
pub use replay::Gate;
pub use settings::{RunSettings, StageSettings};
pub use spec::{CriticSpec, Hedge, Isolation, Policy, Retry, Strictness, Validation};
pub use stop::Shutdown;
// The parts that specs are made of, so that a service needs no second crate.
pub use tribunal_resilience::{
    Adaptation, Backoff, BackoffError, BreakerError, BreakerSettings, BreakerState, Jitter, Rate,
    RateError,
};
