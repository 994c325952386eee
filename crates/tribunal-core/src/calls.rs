//! When things happened within a run: since when it was a critic's turn, and each of its calls.

use std::time::Duration;

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use crate::outcome::millis;
use crate::words::word_enum;
use crate::{FailureKind, Reason};

/// So long after the run was called, to the microsecond; or not at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Offset(u32);

impl Offset {
    pub(crate) const NONE: Self = Self(u32::MAX);

    /// What lies beyond 71 minutes is taken for the last that it can tell.
    #[inline]
    pub(crate) fn of(since: Duration) -> Self {
        // In 64 bits: on the way of every call, the 128 of `as_micros` would show.
        let micros = since.as_secs().saturating_mul(1_000_000);
        Self::of_micros(micros.saturating_add(since.subsec_micros().into()))
    }

    /// The same, of nanoseconds.
    #[inline]
    pub(crate) const fn of_nanos(since: u64) -> Self {
        Self::of_micros(since / 1_000)
    }

    #[inline]
    const fn of_micros(micros: u64) -> Self {
        let last = u32::MAX - 1;
        Self(if micros < last as u64 { micros as u32 } else { last })
    }

    pub(crate) fn get(self) -> Option<Duration> {
        (self != Self::NONE).then(|| Duration::from_micros(self.0.into()))
    }
}

/// One call of a critic within a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallTiming {
    /// When it began, after the run was called.
    pub begun: Duration,
    /// How long it was at work.
    pub took: Duration,
    /// How it ended.
    pub end: CallEnd,
    /// Whether it was a second call beside a slow one.
    pub hedge: bool,
}

impl CallTiming {
    /// A call that is no hedge.
    #[must_use]
    pub const fn new(begun: Duration, took: Duration, end: CallEnd) -> Self {
        Self { begun, took, end, hedge: false }
    }

    /// The same call as a hedge.
    #[must_use]
    pub const fn hedge(mut self) -> Self {
        self.hedge = true;
        self
    }
}

impl Serialize for CallTiming {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("begun_ms", &millis(self.begun))?;
        map.serialize_entry("took_ms", &millis(self.took))?;
        map.serialize_entry("end", &self.end)?;
        if self.hedge {
            map.serialize_entry("hedge", &true)?;
        }
        map.end()
    }
}

word_enum! {
    /// How one call of a critic ended.
    pub enum CallEnd ("end of a call") {
        /// With a valid opinion.
        Success = "success",
        /// With an error that a second try might avoid.
        Transient = "transient",
        /// With an error that no second try avoids.
        Permanent = "permanent",
        /// The critic could not judge this snapshot.
        Input = "input",
        /// It panicked.
        Panic = "panic",
        /// Its time ran out.
        Timeout = "timeout",
        /// With an opinion that cannot be trusted.
        Invalid = "invalid",
        /// It was no longer needed: another call had answered, or the verdict was settled.
        Cancelled = "cancelled",
    }
}

impl CallEnd {
    /// How a call ended that gave no opinion, for this reason.
    #[must_use]
    pub const fn of(reason: &Reason) -> Self {
        match reason {
            Reason::Timeout(_) | Reason::NoTurn(_) | Reason::RateLimited { .. } => Self::Timeout,
            Reason::Invalid(_) => Self::Invalid,
            Reason::Gated(_) | Reason::Skipped(_) => Self::Cancelled,
            Reason::Failed(failure) => match failure.kind {
                FailureKind::Transient => Self::Transient,
                FailureKind::Input => Self::Input,
                FailureKind::Panic => Self::Panic,
                FailureKind::Permanent | FailureKind::Condition | FailureKind::BreakerOpen => {
                    Self::Permanent
                }
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_is_told_to_the_microsecond_and_has_an_end() {
        assert_eq!(Offset::NONE.get(), None);
        assert_eq!(Offset::of(Duration::from_nanos(1_999)).get(), Some(Duration::from_micros(1)));
        let last = Duration::from_micros((u32::MAX - 1).into());
        assert_eq!(Offset::of(Duration::MAX).get(), Some(last));
    }
}
