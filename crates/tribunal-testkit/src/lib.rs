//! Scripted critics, hooks and observers for tests: what they do is said in advance, what was done to them
//! can be asked afterwards.
//!
//! Start at the shorthands ([`allows`], [`objects`], [`hangs`] ...) or at [`critic`] for a script of its own.
//! Everything takes its time from tokio's clock, so a test that pauses it never waits. For tests only: to
//! panic on purpose is part of the job.
//!
//! ```
//! use tribunal_core::{Critic, View};
//! use tribunal_testkit::{Step, critic, millis, snapshot};
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() {
//! let flaky = critic("flaky").then(Step::transient()).then(Step::allows().after(millis(20)));
//! let probe = flaky.probe();
//! let snapshot = snapshot("hello");
//! assert!(flaky.review(View::of(&snapshot)).get().await.is_err());
//! assert!(flaky.review(View::of(&snapshot)).get().await.is_ok());
//! assert_eq!(probe.calls(), 2);
//! assert_eq!(probe.in_flight(), 0);
//! # }
//! ```

mod collector;
mod critic;
mod events;
mod hook;
mod journal;
mod probe;
mod step;

use std::time::Duration;

use tribunal_core::Snapshot;

pub use collector::{Collector, Received, Reply};
pub use critic::{
    Scripted, allows, critic, fails, fails_transiently, hangs, late, lies, objects, panics,
    panics_later, panics_when_dropped, takes,
};
pub use events::{Event, Events, PanickingObserver};
pub use hook::{HookScript, HookStep};
pub use journal::{Entry, Journal, What};
pub use probe::Probe;
pub use step::Step;

/// A snapshot of a prompt.
#[must_use]
pub fn snapshot(text: &str) -> Snapshot {
    Snapshot::of_input(text)
}

/// Seconds.
#[must_use]
pub const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Milliseconds.
#[must_use]
pub const fn millis(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}
