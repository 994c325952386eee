//! What time it is, in one word.
//!
//! [`Moment`] is a reading of tokio's clock, so tests can pause it. In a build where nobody can, the system's clock is read
//! at most once a millisecond, and what has passed since is told from the processor's time stamp counter.
//!
//! ```
//! use std::time::Duration;
//! use tribunal_clock::Moment;
//!
//! let begun = Moment::now();
//! let deadline = begun + Duration::from_secs(1);
//! assert!(Moment::now().since(begun) < Duration::from_secs(1));
//! assert!(Moment::now() < deadline);
//! ```

#![deny(unsafe_code)]

mod between;
mod counter;
mod moment;
mod nanos;

pub use moment::Moment;
pub use nanos::nanos;
