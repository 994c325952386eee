//! The parts of resilience: admission, fixed or adaptive, priority permits, token buckets, circuit breakers, retry
//! budgets, backoff, a percentile of latencies, nested deadlines. For any async call; nothing here knows what a critic is.
//!
//! All time is tokio's, so that tests can pause it. What has been taken is given back by `Drop`, and by
//! nothing else.
//!
//! ```
//! use std::num::NonZeroUsize;
//! use tribunal_resilience::Permits;
//!
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! let two_at_a_time = Permits::new(NonZeroUsize::new(2).unwrap());
//! let permit = two_at_a_time.acquire(1).await;
//! assert_eq!(two_at_a_time.free(), 1);
//! drop(permit);
//! assert_eq!(two_at_a_time.free(), 2);
//! # });
//! ```
//!
//! # Model checking
//!
//! [`Permits`], [`TokenBucket`], [`Admission`], [`Breaker`] and [`RetryBudget`] are used from many threads at once, so
//! their tests in `model.rs` have [loom](https://docs.rs/loom) try the orders in which three threads can take their
//! steps: all of them, or, where those are too many, all with at most three interruptions; of four threads, with one
//! or two. They are built under `cfg(loom)` only:
//!
//! ```text
//! RUSTFLAGS="--cfg loom" CARGO_TARGET_DIR=target/loom cargo test -p tribunal-resilience --lib model
//! ```
//!
//! More threads have more orders than can all be tried. Those in `schedules.rs` (four to six threads) have
//! [shuttle](https://docs.rs/shuttle) try thousands of schedules, some at random and some by probabilistic
//! concurrency testing; so does a test of `tribunal-production`, of whole runs. It prints a schedule that fails,
//! to be tried again with `shuttle::replay`.
//!
//! ```text
//! RUSTFLAGS="--cfg shuttle" CARGO_TARGET_DIR=target/shuttle \
//!     cargo test -p tribunal-resilience -p tribunal-production --lib schedules
//! ```
//!
//! `cargo test --workspace` leaves them out; `.ci/run` runs all.

mod admission;
mod backoff;
mod breaker;
mod bucket;
mod deadline;
mod latency;
#[cfg(test)]
#[cfg(loom)]
mod model;
#[cfg(test)]
#[cfg(not(any(loom, shuttle)))]
mod nosy;
mod permits;
mod retry_budget;
#[cfg(test)]
#[cfg(shuttle)]
mod schedules;
mod sync;

pub use admission::{
    Adaptation, AdaptiveError, AdaptiveLimit, Admission, Admitted, Enter, OwnedAdmitted, Refused,
};
pub use backoff::{Backoff, BackoffError, Intervals, Jitter};
pub use breaker::{
    AdmittedCall, Breaker, BreakerError, BreakerOpen, BreakerSettings, BreakerState, CallResult,
};
pub use bucket::{Rate, RateError, TokenBucket};
pub use deadline::Deadline;
pub use latency::{LatencyWindow, PercentileError};
pub use permits::{Acquire, OwnedPermit, Permit, Permits, QueueFull};
pub use retry_budget::{RetryBudget, RetryBudgetError};
pub use tribunal_clock::{Moment, nanos};
