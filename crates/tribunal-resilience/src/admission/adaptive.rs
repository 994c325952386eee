//! How many may be in at a time, when that is not fixed: learned from how long those take who were in.
//!
//! A plain state machine without clock or lock: it is told of each stay that ends, and says the limit. What
//! both methods have in common is here. Three things are so whichever is taken:
//!
//! - The limit rises only when it was reached, and falls only when at least half of it was in use: what nobody
//!   comes near says nothing about it (RFC 7661 does the same for TCP).
//! - After a fall, those who were let in before it are not counted: they tell about the limit that is gone.
//! - It stays within its floor and its ceiling, whatever is measured.

mod aimd;
mod gradient;
#[cfg(test)]
#[cfg(not(any(loom, shuttle)))]
mod tests;

use std::time::Duration;

use thiserror::Error;

use aimd::Aimd;
use gradient::Gradient;

/// How a limit follows what is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Adaptation {
    /// Additive increase, multiplicative decrease (Chiu and Jain, 1989; TCP's, RFC 5681): one more for every
    /// full round of calls under the target, a tenth less for a call above it or out of time. At the start it
    /// doubles each round until the first decrease. For calls of which one knows how long they may take.
    Aimd {
        /// How long a call may take: more than nothing.
        target: Duration,
    },
    /// By how much longer calls take than the best that is known (Netflix, concurrency-limits, `Gradient2Limit`):
    /// a round that takes up to 1.5 times as long leaves room for growth, a longer one shrinks the limit in
    /// proportion, by at most a tenth a round; besides, a queue of the limit's square root is allowed.
    /// Every 50 rounds one is measured at a third of the limit, to see what is the best now
    /// (as BBR does; a mere average would take its own jam for the way things are). For calls of which one knows nothing.
    Gradient,
}

/// A limit that moves between a floor and a ceiling. It starts at the floor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AdaptiveLimit {
    floor: usize,
    ceiling: usize,
    adaptation: Adaptation,
}

/// Why a limit that moves makes no sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AdaptiveError {
    /// Nobody might be let in.
    #[error("the floor must be at least 1")]
    NoFloor,
    /// There is nothing in between.
    #[error("the ceiling must be at least the floor")]
    CeilingBelowFloor,
    /// More than there can be.
    #[error("the ceiling must be at most 1000000")]
    CeilingTooHigh,
    /// Every call would be above it.
    #[error("the target must be more than nothing")]
    NoTarget,
}

impl AdaptiveLimit {
    /// The highest ceiling.
    pub const MOST: usize = 1_000_000;

    /// Between `floor` (at least 1) and `ceiling` (at most [`AdaptiveLimit::MOST`]), both included.
    ///
    /// # Errors
    ///
    /// [`AdaptiveError`] when there is no such limit, or when the target is nothing.
    pub fn new(
        floor: usize,
        ceiling: usize,
        adaptation: Adaptation,
    ) -> Result<Self, AdaptiveError> {
        if floor == 0 {
            return Err(AdaptiveError::NoFloor);
        }
        if ceiling < floor {
            return Err(AdaptiveError::CeilingBelowFloor);
        }
        if ceiling > Self::MOST {
            return Err(AdaptiveError::CeilingTooHigh);
        }
        match adaptation {
            Adaptation::Aimd { target } if target.is_zero() => Err(AdaptiveError::NoTarget),
            Adaptation::Aimd { .. } | Adaptation::Gradient => {
                Ok(Self { floor, ceiling, adaptation })
            }
        }
    }

    /// The least that are let in at a time.
    #[must_use]
    pub const fn floor(&self) -> usize {
        self.floor
    }

    /// The most that are let in at a time.
    #[must_use]
    pub const fn ceiling(&self) -> usize {
        self.ceiling
    }

    /// How it moves in between.
    #[must_use]
    pub const fn adaptation(&self) -> Adaptation {
        self.adaptation
    }
}

/// How a stay ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// By itself.
    Done,
    /// Its time ran out.
    Late,
    /// From outside, or nothing was said: it would have taken at least as long.
    Cut,
    /// Nothing was done in it.
    Unused,
}

/// One stay that ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sample {
    pub(super) took: Duration,
    /// How many were in, this one included.
    pub(super) inside: usize,
    pub(super) end: End,
}

/// How many may be in at a time.
#[derive(Debug)]
pub(super) enum Limit {
    Fixed(usize),
    Aimd(Aimd),
    Gradient(Gradient),
}

impl Limit {
    pub(super) const fn new(settings: AdaptiveLimit) -> Self {
        match settings.adaptation {
            Adaptation::Aimd { target } => Self::Aimd(Aimd::new(settings, target)),
            Adaptation::Gradient => Self::Gradient(Gradient::new(settings)),
        }
    }

    /// At least one.
    pub(super) fn now(&self) -> usize {
        match self {
            Self::Fixed(limit) => *limit,
            Self::Aimd(aimd) => aimd.limit(),
            Self::Gradient(gradient) => gradient.limit(),
        }
    }

    /// The limit, if it never moves.
    pub(super) const fn fixed(&self) -> Option<usize> {
        match self {
            Self::Fixed(limit) => Some(*limit),
            Self::Aimd(_) | Self::Gradient(_) => None,
        }
    }

    pub(super) fn note(&mut self, sample: Sample) {
        match self {
            Self::Fixed(_) => {}
            Self::Aimd(aimd) => aimd.note(sample),
            Self::Gradient(gradient) => gradient.note(sample),
        }
    }
}

/// What is counted of a round, whatever the method.
#[derive(Debug, Default)]
struct Round {
    /// How many were in at most.
    peak: usize,
    /// How many ended by themselves.
    ended: usize,
    /// How many are still in who were let in under a limit that is gone.
    stale: usize,
}

impl Round {
    /// Whether a stay that ended belongs to this round.
    fn counts(&mut self, sample: Sample) -> bool {
        if let Some(left) = self.stale.checked_sub(1) {
            self.stale = left;
            return false;
        }
        self.peak = self.peak.max(sample.inside);
        true
    }

    /// The next round; after a fall, as soon as those who are in have left.
    fn next(&mut self, fell: bool, sample: Sample) {
        let stale = if fell { sample.inside.saturating_sub(1) } else { 0 };
        *self = Self { peak: 0, ended: 0, stale };
    }
}
