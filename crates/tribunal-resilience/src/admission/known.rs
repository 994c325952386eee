//! How long one takes, learned from those who were in.

use std::time::Duration;

use super::adaptive::End;

/// Each newcomer moves what is known by one part of so many of the difference.
const SMOOTHING: u64 = 8;
/// The longest time that is known, in nanoseconds: 146 years.
const LONGEST: u64 = (1 << 62) - 1;
const TOLD: u64 = 1 << 63;

/// What is known so far, in a word, since every stay that ends reads and writes it.
///
/// The highest bit: whether anybody ever said that it was done. Until then, being dropped is the only end there is.
/// The others: one more than how long one takes in nanoseconds, smoothed; 0 as long as that is not known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Known(pub(super) u64);

impl Known {
    /// How long one takes, as far as that is known.
    pub(super) fn takes(self) -> Option<Duration> {
        (self.0 & !TOLD).checked_sub(1).map(Duration::from_nanos)
    }

    /// One stay more, of so many nanoseconds. Gives what its end is taken for.
    #[inline]
    pub(super) fn learn(&mut self, took: u64, end: End) -> End {
        let Self(before) = *self;
        let was_told = before & TOLD != 0;
        // What was only guessed from those who were dropped gives way to the first who says so.
        let known = if end == End::Done && !was_told { 0 } else { before & !TOLD };
        let told = if end == End::Done { TOLD } else { before & TOLD };
        let end = if end == End::Cut && !was_told { End::Done } else { end };
        let took = took.min(LONGEST) + 1;
        let teaches = match end {
            End::Done => true,
            // It would have taken at least as long: that is news only when it is long.
            End::Late | End::Cut => took > known,
            End::Unused => false,
        };
        let known = match (teaches, known.checked_sub(1)) {
            (false, _) => known,
            (true, None) => took,
            (true, Some(known)) => known - known / SMOOTHING + (took - 1) / SMOOTHING + 1,
        };
        *self = Self(told | known);
        end
    }
}

#[cfg(test)]
#[cfg(not(any(loom, shuttle)))]
mod tests {
    use super::*;

    #[test]
    fn it_moves_by_an_eighth_of_what_is_known_and_of_what_is_new_to_the_nanosecond() {
        for (first, second, both) in [(8, 7, 7), (7, 8, 8), (8, 16, 9), (80, 0, 70)] {
            let mut known = Known::default();
            known.learn(first, End::Done);
            known.learn(second, End::Done);
            assert_eq!(known.takes(), Some(Duration::from_nanos(both)), "{first} and {second}");
        }
    }

    #[test]
    fn the_longest_times_fit_beside_what_was_told() {
        let mut known = Known::default();
        assert_eq!(known.takes(), None);
        known.learn(0, End::Cut);
        assert_eq!(known.takes(), Some(Duration::ZERO));
        for _ in 0..1_000 {
            known.learn(u64::MAX, End::Done);
        }
        assert_eq!(known.takes(), Some(Duration::from_nanos(LONGEST)));
        known.learn(u64::MAX, End::Late);
        known.learn(1_000_000_000, End::Cut);
        assert_eq!(known.takes(), Some(Duration::from_nanos(LONGEST)), "told: a cut is no end");
    }
}
