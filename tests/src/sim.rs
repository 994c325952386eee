//! The simulator: whole runs of generated pipelines, with faults everywhere, on a clock that does not wait.
//!
//! A seed makes a [`Case`]: a pipeline, its settings, some runs at the same time, and what goes wrong. The case
//! is run on a paused clock, watched at every event, and held against a model of the rules. Then faults stop,
//! and one more run has to go as it would on an orchestrator that is new.
//!
//! Start at [`Fleet::run`], which does that for many seeds on all cores.

mod case;
mod fleet;
mod marks;
mod model;
mod quiet;
mod rng;
mod script;
mod user;
mod watch;
mod world;

pub use case::Case;
pub use fleet::{Fleet, Summary};
pub use user::{UserError, UserPipeline};
pub use watch::Violation;
