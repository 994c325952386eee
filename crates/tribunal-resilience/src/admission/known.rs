//! How long one takes, learned from those who were in.

use std::time::Duration;

use super::adaptive::End;
use crate::nanos::nanos;

/// Each newcomer moves what is known by one part of so many of the difference.
const SMOOTHING: u64 = 8;
/// The longest time that is known, in nanoseconds: 146 years.
const LONGEST: u64 = (1 << 62) - 1;
const TOLD: u64 = 1 << 63;

/// What is known so far. It fits a word.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Known {
    /// How long one takes in nanoseconds, smoothed.
    takes: Option<u64>,
    /// Whether anybody ever said that it was done. Until then, being dropped is the only end there is.
    ends_are_told: bool,
}

impl Known {
    pub(super) fn from_word(word: u64) -> Self {
        Self { takes: (word & !TOLD).checked_sub(1), ends_are_told: word & TOLD != 0 }
    }

    pub(super) fn to_word(self) -> u64 {
        let told = if self.ends_are_told { TOLD } else { 0 };
        self.takes.map_or(0, |takes| takes + 1) | told
    }

    /// How long one takes, as far as that is known.
    pub(super) fn takes(self) -> Option<Duration> {
        self.takes.map(Duration::from_nanos)
    }

    /// One stay more. Gives what its end is taken for.
    #[inline]
    pub(super) fn learn(&mut self, took: Duration, end: End) -> End {
        if end == End::Done && !self.ends_are_told {
            // What was only guessed from those who were dropped gives way to the first who says so.
            *self = Self { takes: None, ends_are_told: true };
        }
        let end = if end == End::Cut && !self.ends_are_told { End::Done } else { end };
        let took = nanos(took).min(LONGEST);
        let teaches = match end {
            End::Done => true,
            // It would have taken at least as long: that is news only when it is long.
            End::Late | End::Cut => self.takes.is_none_or(|known| took > known),
            End::Unused => false,
        };
        if teaches {
            let moved = |known: u64| known - known / SMOOTHING + took / SMOOTHING;
            self.takes = Some(self.takes.map_or(took, moved));
        }
        end
    }
}

#[cfg(test)]
#[cfg(not(any(loom, shuttle)))]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_fits_a_word() {
        let mut known = Known::default();
        assert_eq!(Known::from_word(known.to_word()), known);
        for (took, end) in [
            (Duration::ZERO, End::Cut),
            (Duration::from_nanos(7), End::Done),
            (Duration::MAX, End::Done),
            (Duration::MAX, End::Late),
        ] {
            known.learn(took, end);
            assert_eq!(Known::from_word(known.to_word()), known);
        }
    }
}
