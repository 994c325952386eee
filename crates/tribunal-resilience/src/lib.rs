//! The parts of resilience: priority permits, token buckets, backoff, nested deadlines. For any async call;
//! nothing here knows what a critic is.
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

mod backoff;
mod breaker;
mod bucket;
mod deadline;
mod permits;
mod retry_budget;

pub use backoff::{Backoff, BackoffError, Intervals, Jitter};
pub use breaker::{
    Admitted, Breaker, BreakerError, BreakerOpen, BreakerSettings, BreakerState, CallResult,
};
pub use bucket::{Rate, RateError, TokenBucket};
pub use deadline::Deadline;
pub use permits::{Acquire, Permit, Permits, QueueFull};
pub use retry_budget::{RetryBudget, RetryBudgetError};
