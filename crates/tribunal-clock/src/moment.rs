//! A point in time in one word.

use std::ops::Add;
use std::sync::LazyLock;
use std::time::Duration;

use tokio::time::Instant;

use crate::{between, nanos};

/// A reading of tokio's clock, which tests can pause: nanoseconds since a day before this process first asked.
///
/// Where tokio's clock cannot be paused, which is so in every build without its feature `test-util`, each thread reads the
/// system's clock at most once a millisecond, and tells from the processor's counter what has passed since: to within a
/// microsecond, in a third of the time.
///
/// An [`Instant`] is seconds and a rest; to compare two or to tell what lies between them takes many times as long,
/// and on the way of a call there is much of both. A moment counts 584 years; what lies outside becomes the
/// first or the last that it can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(u64);

/// A day before the first reading, since a clock that was paused before that stands still there.
static ORIGIN: LazyLock<Instant> = LazyLock::new(|| {
    #[allow(clippy::disallowed_methods, reason = "not the time of a test, which may be far ahead")]
    let now = std::time::Instant::now();
    let day = Duration::from_secs(24 * 60 * 60);
    Instant::from_std(now.checked_sub(day).unwrap_or(now))
});

impl Moment {
    /// What it is now.
    #[inline]
    #[must_use]
    pub fn now() -> Self {
        Self(between::now(|| Self::from(Instant::now()).0))
    }

    /// Whether the processor's counter is used between two readings of the clock, from now on and in the whole process.
    ///
    /// `true` is for benches and services that are built with tokio's `test-util` all the same, as all that is built
    /// beside tests: nobody pauses the clock then, ever. With `false` the system's clock is read each time, for
    /// whoever trusts no counter.
    pub fn use_counter(on: bool) {
        between::use_counter(on);
    }

    /// How long after an earlier one; nothing when that one is later.
    #[inline]
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.nanos_since(earlier))
    }

    /// How long ago it was.
    #[inline]
    #[must_use]
    pub fn elapsed(self) -> Duration {
        Self::now().since(self)
    }

    /// What tokio's timers are set by.
    #[must_use]
    pub fn instant(self) -> Instant {
        // Whatever a word of nanoseconds can tell fits what comes from adding it.
        ORIGIN.checked_add(Duration::from_nanos(self.0)).unwrap_or(*ORIGIN)
    }

    /// How many nanoseconds after an earlier one; none when that one is later.
    #[inline]
    #[must_use]
    pub const fn nanos_since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl From<Instant> for Moment {
    #[inline]
    fn from(instant: Instant) -> Self {
        Self(nanos(instant.saturating_duration_since(*ORIGIN)))
    }
}

impl Add<Duration> for Moment {
    type Output = Self;

    #[inline]
    fn add(self, span: Duration) -> Self {
        Self(self.0.saturating_add(nanos(span)))
    }
}

#[cfg(test)]
#[cfg(not(any(loom, shuttle)))]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_goes_with_the_clock_that_tests_turn() {
        let before = Moment::now();
        assert_eq!(Moment::now(), before);
        let span = Duration::from_nanos(1_234_567_000_000);
        tokio::time::advance(span).await;
        assert_eq!(before.elapsed(), span);
        assert_eq!(before + span, Moment::now());
        assert_eq!((before + span).since(before), span);
        assert_eq!(before.since(before + span), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn it_is_the_same_instant_again() {
        tokio::time::advance(Duration::from_nanos(2_000_000_001)).await;
        let now = Instant::now();
        assert_eq!(Moment::from(now).instant(), now);
        assert!(
            (Moment::now() + Duration::MAX).instant()
                > now + Duration::from_secs(500 * 365 * 86_400)
        );
    }
}
