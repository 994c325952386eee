//! Which share of the runs is kept that nobody need look at.

use thiserror::Error;

use crate::ids::TraceId;

/// So many trace ids there are to choose from: they are random in 56 bits.
const ALL: u64 = 1 << 56;

/// The share of runs with a plain `allow` that is kept. All others are kept whatever it is.
///
/// It goes by the trace id, so that services that keep the same share keep the same traces: a trace is kept when the last
/// 56 bits of its id reach `(1 - share) * 2^56`, as OpenTelemetry's probability sampling has it. Where a caller has
/// decided already ([`TraceParent::sampled`](crate::TraceParent)), that holds instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sampling {
    threshold: u64,
}

/// A share that is none.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
#[error("expected a share of runs from 0 to 1, found {0}")]
pub struct SamplingError(f64);

impl Sampling {
    /// Every run.
    pub const ALL: Self = Self { threshold: 0 };
    /// None but those that are kept anyway.
    pub const NONE: Self = Self { threshold: ALL };

    /// A share, from 0 to 1.
    ///
    /// # Errors
    ///
    /// [`SamplingError`] when it is not within.
    pub fn share(share: f64) -> Result<Self, SamplingError> {
        if !(0.0..=1.0).contains(&share) {
            return Err(SamplingError(share));
        }
        // Within 0 and 2^56, which a float tells exactly enough.
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss
        )]
        let kept = (share * ALL as f64).round() as u64;
        Ok(Self { threshold: ALL.saturating_sub(kept) })
    }

    #[inline]
    pub(crate) const fn takes(self, id: TraceId) -> bool {
        id.randomness() >= self.threshold
    }
}

impl Default for Sampling {
    /// One in a hundred: what is kept in any case is what one looks for, and the rest shows what is usual.
    fn default() -> Self {
        Self { threshold: ALL - ALL / 100 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(sampling: Sampling) -> usize {
        (0..10_000).filter(|n| sampling.takes(TraceId::of_text(&format!("run {n}")))).count()
    }

    #[test]
    fn a_share_is_a_share() {
        assert_eq!(taken(Sampling::share(0.0).unwrap()), 0);
        assert_eq!(taken(Sampling::share(1.0).unwrap()), 10_000);
        assert!((4_700..5_300).contains(&taken(Sampling::share(0.5).unwrap())));
        assert!((60..140).contains(&taken(Sampling::default())));
        assert_eq!(Sampling::share(0.0), Ok(Sampling::NONE));
        assert_eq!(Sampling::share(1.0), Ok(Sampling::ALL));
        for none in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
            assert!(Sampling::share(none).is_err());
        }
    }

    /// Who keeps less keeps nothing that those do not have who keep more.
    #[test]
    fn smaller_shares_lie_within_larger_ones() {
        let [few, more] = [0.1, 0.3].map(|share| Sampling::share(share).unwrap());
        for n in 0..1_000 {
            let id = TraceId::of_text(&format!("run {n}"));
            assert!(!few.takes(id) || more.takes(id));
        }
    }

    /// The fixed bits of a UUID are not among those that decide.
    #[test]
    fn uuids_are_sampled_like_all_others() {
        let half = Sampling::share(0.5).unwrap();
        let uuid =
            |n: u64| TraceId::of_text(&format!("019a0000-0000-7000-8{:03x}-{:012x}", n % 4096, n));
        assert!((0..100).all(|n| !half.takes(uuid(n))), "the last seven bytes are small");
        let id = TraceId::of_text("019a0000-0000-7000-80ff-ffffffffffff");
        assert!(half.takes(id));
    }
}
