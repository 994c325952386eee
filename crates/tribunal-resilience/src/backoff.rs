//! How long to wait before trying again.
//!
//! The intervals come from the `backoff` crate, and from this file alone: its successor would change
//! nothing else. The jitter is ours, because that crate's cannot be seeded.

mod spread;

use std::time::Duration;

use ::backoff::ExponentialBackoffBuilder;
use ::backoff::SystemClock;
use ::backoff::backoff::Backoff as _;
use ::backoff::exponential::ExponentialBackoff;
use thiserror::Error;

use spread::Spread;

/// How the interval is spread, so that those who failed together do not come back together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Jitter {
    /// Anything from nothing to the whole interval ("full jitter", AWS Architecture Blog, 2015).
    #[default]
    Full,
    /// The interval itself. For tests, and for callers that are alone.
    None,
}

/// Intervals that grow: `first`, then `factor` times the one before, up to `max`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Backoff {
    first: Duration,
    factor: f64,
    max: Duration,
    jitter: Jitter,
}

/// Why intervals make no sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum BackoffError {
    /// The longest is shorter than the first.
    #[error("the longest delay is shorter than the first")]
    MaxBelowFirst,
    /// They would shrink, or the factor is no number.
    #[error("the factor must lie within 1 to 100")]
    Factor,
    /// More than a day.
    #[error("a delay is at most a day")]
    TooLong,
}

impl Backoff {
    /// Intervals that start at `first`, grow by `factor` (1 to 100) and stop growing at `max` (up to a day).
    ///
    /// # Errors
    ///
    /// [`BackoffError`] when these contradict each other.
    pub fn new(
        first: Duration,
        factor: f64,
        max: Duration,
        jitter: Jitter,
    ) -> Result<Self, BackoffError> {
        if !(1.0..=100.0).contains(&factor) {
            return Err(BackoffError::Factor);
        }
        if max > Duration::from_secs(24 * 3600) {
            return Err(BackoffError::TooLong);
        }
        if max < first {
            return Err(BackoffError::MaxBelowFirst);
        }
        Ok(Self { first, factor, max, jitter })
    }

    /// The first interval.
    #[must_use]
    pub const fn first(&self) -> Duration {
        self.first
    }

    /// By how much each is longer than the one before.
    #[must_use]
    pub const fn factor(&self) -> f64 {
        self.factor
    }

    /// The longest interval.
    #[must_use]
    pub const fn max(&self) -> Duration {
        self.max
    }

    /// How it is spread.
    #[must_use]
    pub const fn jitter(&self) -> Jitter {
        self.jitter
    }

    /// The intervals, from the first on.
    #[must_use]
    pub fn intervals(&self) -> Intervals {
        self.spread_by(Spread::Random)
    }

    /// As [`Backoff::intervals`], spread by a seed: the same seed gives the same intervals, always. For runs that
    /// are to be repeated exactly; those who share a seed come back together.
    #[must_use]
    pub fn intervals_seeded(&self, seed: u64) -> Intervals {
        self.spread_by(Spread::Seeded(seed))
    }

    fn spread_by(&self, spread: Spread) -> Intervals {
        let exponential = ExponentialBackoffBuilder::new()
            .with_initial_interval(self.first)
            .with_multiplier(self.factor)
            .with_max_interval(self.max)
            .with_randomization_factor(0.0)
            // It would measure this on the real clock; deadlines are the caller's.
            .with_max_elapsed_time(None)
            .build();
        Intervals { exponential, max: self.max, jitter: self.jitter, spread }
    }

    /// An upper bound for the sum of the first `count` intervals; exact up to [`Backoff::EXACT`] of them.
    #[must_use]
    pub fn worst_total(&self, count: u32) -> Duration {
        let exact = count.min(Self::EXACT);
        let mut next = self.first;
        let mut total = Duration::ZERO;
        for _ in 0..exact {
            total = total.saturating_add(next);
            let grown = Duration::try_from_secs_f64(next.as_secs_f64() * self.factor);
            next = grown.unwrap_or(self.max).min(self.max);
        }
        total.saturating_add(self.max.saturating_mul(count - exact))
    }

    /// How many intervals [`Backoff::worst_total`] adds up one by one.
    pub const EXACT: u32 = 1_000;
}

impl Default for Backoff {
    /// 50 ms, doubling, up to 2 s, with full jitter.
    fn default() -> Self {
        Self {
            first: Duration::from_millis(50),
            factor: 2.0,
            max: Duration::from_secs(2),
            jitter: Jitter::Full,
        }
    }
}

/// The intervals of one call, one after the other. There is no last one.
#[derive(Debug)]
pub struct Intervals {
    exponential: ExponentialBackoff<SystemClock>,
    max: Duration,
    jitter: Jitter,
    spread: Spread,
}

impl Iterator for Intervals {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        let interval = self.exponential.next_backoff().unwrap_or(self.max).min(self.max);
        Some(match self.jitter {
            Jitter::None => interval,
            Jitter::Full => interval.mul_f64(self.spread.fraction()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MS: fn(u64) -> Duration = Duration::from_millis;

    #[test]
    fn intervals_grow_up_to_the_longest() {
        let backoff = Backoff::new(MS(50), 2.0, MS(300), Jitter::None).unwrap();
        let first: Vec<_> = backoff.intervals().take(5).collect();
        assert_eq!(first, [MS(50), MS(100), MS(200), MS(300), MS(300)]);
        assert_eq!(backoff.worst_total(5), MS(950));
        assert_eq!(backoff.worst_total(0), MS(0));
    }

    #[test]
    fn a_seed_fixes_every_interval() {
        let backoff = Backoff::default();
        let of = |seed| backoff.intervals_seeded(seed).take(20).collect::<Vec<_>>();
        assert_eq!(of(1), of(1));
        assert_ne!(of(1), of(2));
        // The generator's published first number for seed 0, 0xe220a8397b1dcdaf, of which 53 bits count.
        let first = (0xe220_a839_7b1d_cdaf_u64 >> 11) as f64 / ((1_u64 << 53) - 1) as f64;
        assert_eq!(of(0)[0], MS(50).mul_f64(first));
    }

    #[test]
    fn without_jitter_a_seed_changes_nothing() {
        let backoff = Backoff::new(MS(50), 2.0, MS(300), Jitter::None).unwrap();
        assert!(backoff.intervals_seeded(7).take(9).eq(backoff.intervals().take(9)));
    }

    /// Full jitter: from nothing to the whole interval, and on average half of it.
    #[test]
    fn seeded_intervals_spread_over_the_whole_interval() {
        let backoff = Backoff::new(MS(100), 1.0, MS(100), Jitter::Full).unwrap();
        let intervals: Vec<_> = backoff.intervals_seeded(42).take(1_000).collect();
        let mean = intervals.iter().sum::<Duration>() / 1_000;
        assert!((MS(45)..=MS(55)).contains(&mean), "{mean:?}");
        assert!(intervals.iter().any(|interval| *interval < MS(5)));
        assert!(intervals.iter().any(|interval| *interval > MS(95)));
    }

    #[test]
    fn intervals_that_contradict_each_other_are_refused() {
        assert_eq!(Backoff::new(MS(2), 2.0, MS(1), Jitter::Full), Err(BackoffError::MaxBelowFirst));
        for factor in [0.5, f64::NAN, f64::INFINITY, -1.0] {
            assert_eq!(Backoff::new(MS(1), factor, MS(1), Jitter::Full), Err(BackoffError::Factor));
        }
        assert_eq!(
            Backoff::new(MS(1), 2.0, Duration::MAX, Jitter::Full),
            Err(BackoffError::TooLong)
        );
    }

    proptest! {
        /// I26: every interval lies within nothing and the longest, whatever the numbers.
        #[test]
        fn every_interval_stays_below_the_longest(
            first in 0u64..10_000, more in 0u64..100_000, factor in 1.0f64..100.0, count in 1usize..200,
            seed: u64,
        ) {
            let max = MS(first + more);
            let backoff = Backoff::new(MS(first), factor, max, Jitter::Full).unwrap();
            let both = backoff.intervals().take(count).chain(backoff.intervals_seeded(seed).take(count));
            for interval in both {
                prop_assert!(interval <= max);
            }
            prop_assert!(backoff.worst_total(u32::MAX) >= max);
        }
    }
}
