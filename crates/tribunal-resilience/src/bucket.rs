//! Token buckets: so many calls in so much time, and a burst.
//!
//! The arithmetic is governor's; the clock is tokio's, so that a paused clock pauses it.

use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock, Reference};
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use thiserror::Error;
use tokio::time::Instant;

/// So many tokens per span of time, with room for a burst.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    tokens: NonZeroU32,
    per: Duration,
    burst: NonZeroU32,
}

/// Why a rate makes no sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RateError {
    /// No tokens, or no burst: nothing would ever pass.
    #[error("a rate needs at least one token and a burst of at least one")]
    Zero,
    /// No time, or less than a nanosecond a token.
    #[error("a rate needs a span of time of at least a nanosecond for each token")]
    TooFast,
}

impl Rate {
    /// `tokens` in each `per`, at most `burst` of them at once after a rest.
    ///
    /// # Errors
    ///
    /// [`RateError`] for a rate at which nothing, or everything, would pass.
    pub fn new(tokens: u32, per: Duration, burst: u32) -> Result<Self, RateError> {
        let tokens = NonZeroU32::new(tokens).ok_or(RateError::Zero)?;
        let burst = NonZeroU32::new(burst).ok_or(RateError::Zero)?;
        if (per / tokens.get()).is_zero() {
            return Err(RateError::TooFast);
        }
        Ok(Self { tokens, per, burst })
    }

    /// Tokens in each [`Rate::per`].
    #[must_use]
    pub const fn tokens(&self) -> u32 {
        self.tokens.get()
    }

    /// The span of time for that many tokens.
    #[must_use]
    pub const fn per(&self) -> Duration {
        self.per
    }

    /// The most tokens at once.
    #[must_use]
    pub const fn burst(&self) -> u32 {
        self.burst.get()
    }
}

/// A bucket that fills at a [`Rate`]. It starts full.
#[derive(Debug)]
pub struct TokenBucket {
    limiter: RateLimiter<NotKeyed, InMemoryState, TokioClock, NoOpMiddleware<TokioInstant>>,
}

impl TokenBucket {
    /// A full bucket.
    #[must_use]
    pub fn new(rate: Rate) -> Self {
        let quota = Quota::with_period(rate.per / rate.tokens.get())
            .unwrap_or_else(|| Quota::per_second(rate.tokens))
            .allow_burst(rate.burst);
        Self { limiter: RateLimiter::direct_with_clock(quota, TokioClock(Instant::now())) }
    }

    /// Takes a token, or says how long it will be until there may be one.
    ///
    /// # Errors
    ///
    /// The time until the next token, if nobody else takes it.
    pub fn take(&self) -> Result<(), Duration> {
        self.limiter.check().map_err(|not_until| {
            let wait = not_until.wait_time_from(self.limiter.clock().now());
            // A timer cannot wait for less than this, and a wait of nothing would spin.
            wait.max(Duration::from_millis(1))
        })
    }
}

#[derive(Debug, Clone)]
struct TokioClock(Instant);

/// Nanoseconds since the clock was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct TokioInstant(u64);

impl std::ops::Add<Nanos> for TokioInstant {
    type Output = Self;

    fn add(self, span: Nanos) -> Self {
        Self(self.0.saturating_add(span.into()))
    }
}

impl Reference for TokioInstant {
    fn duration_since(&self, earlier: Self) -> Nanos {
        self.0.saturating_sub(earlier.0).into()
    }

    fn saturating_sub(&self, duration: Nanos) -> Self {
        Self(self.0.saturating_sub(duration.into()))
    }
}

impl Clock for TokioClock {
    type Instant = TokioInstant;

    fn now(&self) -> TokioInstant {
        let nanos = self.0.elapsed().as_nanos();
        TokioInstant(u64::try_from(nanos).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_bucket_gives_its_burst_and_then_its_rate() {
        let bucket = TokenBucket::new(Rate::new(10, Duration::from_secs(1), 3).unwrap());
        assert_eq!((0..5).filter(|_| bucket.take().is_ok()).count(), 3);
        assert_eq!(bucket.take(), Err(Duration::from_millis(100)));
        tokio::time::advance(Duration::from_millis(100)).await;
        assert!(bucket.take().is_ok());
        assert!(bucket.take().is_err());
        tokio::time::advance(Duration::from_secs(3600)).await;
        assert_eq!((0..9).filter(|_| bucket.take().is_ok()).count(), 3);
    }

    #[test]
    fn a_rate_that_makes_no_sense_is_refused() {
        let second = Duration::from_secs(1);
        assert_eq!(Rate::new(0, second, 1), Err(RateError::Zero));
        assert_eq!(Rate::new(1, second, 0), Err(RateError::Zero));
        assert_eq!(Rate::new(1, Duration::ZERO, 1), Err(RateError::TooFast));
        assert_eq!(Rate::new(u32::MAX, Duration::from_nanos(1), 1), Err(RateError::TooFast));
    }
}
