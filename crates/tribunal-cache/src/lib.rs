//! A hook that remembers what critics said, and has identical calls made once.
//!
//! [`ResultCache`] answers for a critic with what the same critic said of the same parts of a snapshot. Only
//! critics that declare what they read are answered for ([`Critic::reads`](tribunal_core::Critic::reads)). While
//! one call is under way, others that would be identical wait for it instead of calling again.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use std::time::Duration;
//! use tribunal_cache::ResultCache;
//!
//! let cache = ResultCache::builder()
//!     .max_entries(10_000)
//!     .max_bytes(64 << 20)
//!     .time_to_live(Duration::from_secs(300))
//!     .build()?;
//! // .hook(cache.clone()) on the builder of an orchestrator, and later:
//! assert_eq!((cache.hits(), cache.waits(), cache.misses()), (0, 0, 0));
//! # Ok(())
//! # }
//! ```
//!
//! `docs/cache.md` says what is kept and for how long, and what happens when the one that is waited for fails.
//! In the code: `cache` is the hook, `key` what an answer is kept under, `store` what is kept, and `flight` who
//! waits for whom.

mod builder;
mod cache;
mod flight;
mod key;
mod store;

pub use builder::{Builder, CacheError};
pub use cache::ResultCache;
