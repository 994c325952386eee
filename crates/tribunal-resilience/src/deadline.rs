//! A point in time after which an answer is none, and a label that says whose time it was.

use std::time::Duration;

use crate::Moment;

/// Longer than any process lives; added to an instant it does not overflow.
const FAR: Duration = Duration::from_secs(30 * 365 * 24 * 3600);

/// When time runs out, and for whom: `L` names the level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadline<L> {
    at: Moment,
    level: L,
}

impl<L: Copy> Deadline<L> {
    /// So much after a moment. A time that no clock can show becomes thirty years.
    #[must_use]
    pub fn after(start: Moment, span: Duration, level: L) -> Self {
        Self { at: start + span.min(FAR), level }
    }

    /// What is left of the outer one, if the inner one would last longer. The outer wins a tie.
    #[must_use]
    pub fn within(self, outer: Self) -> Self {
        if outer.at <= self.at { outer } else { self }
    }

    /// The moment itself: at it, time is up.
    #[must_use]
    pub const fn at(&self) -> Moment {
        self.at
    }

    /// Whose time it is.
    #[must_use]
    pub const fn level(&self) -> L {
        self.level
    }

    /// Whether time is up.
    #[must_use]
    pub fn is_over(&self, now: Moment) -> bool {
        now >= self.at
    }

    /// How much is left.
    #[must_use]
    pub fn left(&self, now: Moment) -> Duration {
        self.at.since(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_outer_deadline_wins_when_it_comes_first_or_at_the_same_time() {
        let now = Moment::now();
        let at = |secs, level| Deadline::after(now, Duration::from_secs(secs), level);
        assert_eq!(at(5, "inner").within(at(3, "outer")).level(), "outer");
        assert_eq!(at(5, "inner").within(at(5, "outer")).level(), "outer");
        assert_eq!(at(5, "inner").within(at(9, "outer")).level(), "inner");
        assert!(at(0, "now").is_over(now));
    }

    #[test]
    fn a_span_beyond_all_clocks_does_not_overflow() {
        let now = Moment::now();
        assert!(!Deadline::after(now, Duration::MAX, ()).is_over(now + Duration::from_secs(1)));
    }
}
