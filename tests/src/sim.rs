//! The simulator: whole runs of generated pipelines, with faults everywhere, on a clock that does not wait.
//!
//! A seed makes a [`Case`]: a pipeline, its settings, some runs at the same time, and what goes wrong. The case
//! is run on a paused clock, watched at every event, and held against a model of the rules. Then faults stop,
//! and one more run has to go as it would on an orchestrator that is new.
//!
//! Start at `Fleet::run`, which does that for many seeds on all cores. A build with deliberate defects in the engine
//! (`cfg(seeded_bug)`) has `Findings::search` in its place, and takes as little else as it can.
#![cfg_attr(
    seeded_bug,
    allow(
        dead_code,
        unused_imports,
        reason = "some is there for many seeds, or for pipelines of users"
    )
)]

mod case;
#[cfg(not(seeded_bug))]
mod fleet;
mod marks;
mod model;
mod page;
mod quiet;
mod rng;
mod script;
#[cfg(seeded_bug)]
mod seeded;
#[cfg(not(seeded_bug))]
mod user;
mod watch;
mod world;

pub use case::Case;
#[cfg(not(seeded_bug))]
pub use fleet::{Fleet, Summary};
#[cfg(seeded_bug)]
pub use seeded::Findings;
#[cfg(not(seeded_bug))]
pub use user::{UserError, UserPipeline};
pub use watch::Violation;
