//! Token buckets: so many calls in so much time, and a burst.
//!
//! The arithmetic is the generic cell rate algorithm in its virtual scheduling form (ITU-T Recommendation I.371,
//! Annex A): all there is to remember is when the next token would be due if they were taken one at a time, the
//! *theoretical arrival time*. It fits one word, so that taking a token is one atomic step. Why it is written here:
//! `docs/decisions/0011-own-token-bucket.md`.

#[cfg(test)]
#[cfg(loom)]
mod model;
#[cfg(test)]
#[cfg(not(any(loom, shuttle)))]
mod tests;

use std::num::NonZeroU32;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use crate::Moment;
use thiserror::Error;

use crate::sync::{AtomicU64, OwnLines};
use tribunal_clock::nanos;

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

/// As far ahead as a bucket counts, in nanoseconds: 292 years. Two of them fit the word.
const FAR: u64 = u64::MAX / 2;

/// A bucket that fills at a [`Rate`]. It starts full.
///
/// It counts 292 years ahead: a token that takes longer comes after 292 years, and no burst is larger than what
/// they bring.
#[derive(Debug)]
pub struct TokenBucket {
    cell: OwnLines<Cell>,
}

/// What it is made of: read together, so kept together.
#[derive(Debug)]
struct Cell {
    epoch: Moment,
    /// From one token to the next, in nanoseconds: 1 up to [`FAR`].
    interval: u64,
    /// How much earlier than it is due a token may be taken: all of a burst but its first. With an interval more it
    /// is still at most [`FAR`].
    tolerance: u64,
    /// The theoretical arrival time of the next token, in nanoseconds since the epoch.
    due: AtomicU64,
}

impl TokenBucket {
    /// A full bucket.
    #[must_use]
    pub fn new(rate: Rate) -> Self {
        let interval = nanos(rate.per / rate.tokens.get()).clamp(1, FAR);
        let burst = u64::from(rate.burst.get()).min(FAR / interval);
        let tolerance = interval * (burst - 1);
        let due = AtomicU64::new(0);
        Self { cell: OwnLines(Cell { epoch: Moment::now(), interval, tolerance, due }) }
    }

    /// As [`TokenBucket::take_at`], now.
    ///
    /// # Errors
    ///
    /// The time until the next token, if nobody else takes it.
    pub fn take(&self) -> Result<(), Duration> {
        self.take_at(Moment::now())
    }

    /// How many could be taken now, one after the other.
    #[must_use]
    pub fn left(&self, now: Moment) -> u64 {
        let Cell { epoch, interval, tolerance, due } = &self.cell.0;
        let now = now.nanos_since(*epoch).min(FAR);
        let ahead = due.load(Relaxed).saturating_sub(now);
        tolerance.checked_sub(ahead).map_or(0, |room| room / interval + 1)
    }

    /// Gives back a token that was taken and not used.
    pub fn put_back(&self) {
        // What was taken put it at least this far ahead.
        let Cell { interval, due, .. } = &self.cell.0;
        due.fetch_sub(*interval, Relaxed);
    }

    /// Takes a token, or says how long it will be until there may be one: at least 1 ms. For callers that have read
    /// the clock already; what was read before the bucket was made counts as when it was made.
    ///
    /// # Errors
    ///
    /// The time until the next token, if nobody else takes it.
    #[inline]
    pub fn take_at(&self, now: Moment) -> Result<(), Duration> {
        let Cell { epoch, interval, tolerance, due } = &self.cell.0;
        let now = now.nanos_since(*epoch).min(FAR);
        // Nothing but the count itself depends on the order in which it is seen.
        let mut seen = due.load(Relaxed);
        loop {
            let earliest = seen.saturating_sub(*tolerance);
            if now < earliest {
                // A timer cannot wait for less than this, and a wait of nothing would spin.
                return Err(Duration::from_nanos(earliest - now).max(Duration::from_millis(1)));
            }
            // At most `now`, the tolerance and an interval: twice as far as anything is counted.
            let next = seen.max(now) + interval;
            match due.compare_exchange_weak(seen, next, Relaxed, Relaxed) {
                Ok(_) => return Ok(()),
                Err(other) => seen = other,
            }
        }
    }
}
