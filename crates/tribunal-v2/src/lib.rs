//! The small orchestrator: every critic at once, one timeout, hooks. Ten minutes to read.
//!
//! Start at [`OrchestratorV2`]. `builder.rs` is what can be set, `orchestrator.rs` what can be called,
//! `run.rs` what happens then. Stages, gates, retries and limits are left out on purpose: they are what
//! the production orchestrator is for.
//!
//! ```
//! use std::time::Duration;
//! use tribunal_core::{Answer, Opinion, Snapshot, Verdict, Violation, async_critic, critic_fn};
//! use tribunal_v2::OrchestratorV2;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), tribunal_v2::BuildError> {
//! let tribunal = OrchestratorV2::builder()
//!     .critic("length", critic_fn(|view| {
//!         let long = view.snapshot().input_text().len() > 10_000;
//!         Answer::now(Ok(if long {
//!             Opinion::objection(Violation::new("input.long", "the prompt is very long", 0.5))
//!         } else {
//!             Opinion::clean()
//!         }))
//!     }))
//!     .critic("judge", async_critic(|_snapshot| async { Ok(Opinion::clean().uncertainty(0.1)) }))
//!     .timeout(Duration::from_millis(500))
//!     .build()?;
//!
//! let report = tribunal.run_all(Snapshot::of_input("How do I boil an egg?")).await;
//! assert_eq!(report.verdict, Verdict::Allow);
//! # Ok(())
//! # }
//! ```

mod builder;
mod digest;
mod orchestrator;
mod run;

pub use builder::{BuildError, Builder};
pub use orchestrator::{OrchestratorV2, RunError};

/// Compiles and runs the example of the guide.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/v2.md")]
struct Guide;
