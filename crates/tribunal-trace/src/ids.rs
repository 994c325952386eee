//! Ids of traces and spans: taken over, derived, or random.
//!
//! The trace of a run is its caller's, where there is one. Without one its id follows from the snapshot's trace id, so
//! that all runs of a request lie in one trace and can be found; without that it is random. The id of a run's span is
//! random; those of the spans below it follow from it, so that making them costs a run nothing.

use std::fmt;
use std::num::{NonZeroU64, NonZeroU128};

use rand::RngCore as _;

/// The id of a trace: 16 bytes, not all of them 0. Shown as 32 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TraceId(NonZeroU128);

/// The id of a span: 8 bytes, not all of them 0. Shown as 16 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpanId(NonZeroU64);

impl TraceId {
    /// The id with these bytes; none for those that are all 0.
    #[must_use]
    pub fn new(bytes: [u8; 16]) -> Option<Self> {
        NonZeroU128::new(u128::from_be_bytes(bytes)).map(Self)
    }

    /// Its bytes, as they go over the wire.
    #[must_use]
    pub const fn bytes(self) -> [u8; 16] {
        self.0.get().to_be_bytes()
    }

    /// That of a snapshot's trace id: the same for the same text, in every process and version.
    ///
    /// A text of 32 hexadecimal digits, or a UUID, is taken as it is. Of any other text it is a digest (FNV-1a, mixed)
    /// of its first 256 bytes: good for finding a trace again, and not for keeping the text secret from who can guess it.
    #[must_use]
    pub fn of_text(text: &str) -> Self {
        let number = digits(text).unwrap_or_else(|| digest(text));
        Self(NonZeroU128::new(number).unwrap_or(NonZeroU128::MIN))
    }

    pub(crate) fn random() -> Self {
        let mut rng = rand::rng();
        let number = u128::from(rng.next_u64()) << 64 | u128::from(rng.next_u64());
        Self(NonZeroU128::new(number).unwrap_or(NonZeroU128::MIN))
    }

    /// The 56 bits that are random in ids of every origin, UUIDs among them.
    #[inline]
    pub(crate) const fn randomness(self) -> u64 {
        // What is cut off is meant to be.
        #[allow(clippy::cast_possible_truncation)]
        let low = self.0.get() as u64;
        low & (u64::MAX >> 8)
    }
}

/// 32 hexadecimal digits, with hyphens where a UUID has them or without.
fn digits(text: &str) -> Option<u128> {
    let mut number = 0_u128;
    let hyphens = match text.len() {
        32 => false,
        36 => true,
        _ => return None,
    };
    for (place, byte) in text.bytes().enumerate() {
        if hyphens && matches!(place, 8 | 13 | 18 | 23) {
            if byte != b'-' {
                return None;
            }
            continue;
        }
        number = number << 4 | u128::from(char::from(byte).to_digit(16)?);
    }
    (number != 0).then_some(number)
}

/// FNV-1a of 128 bits; each half is mixed, since its low bits alone are not random enough to sample by.
fn digest(text: &str) -> u128 {
    const BASIS: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    let hash = text
        .bytes()
        .take(256)
        .fold(BASIS, |hash, byte| (hash ^ u128::from(byte)).wrapping_mul(PRIME));
    // Halves, so nothing is lost.
    #[allow(clippy::cast_possible_truncation)]
    let (high, low) = ((hash >> 64) as u64, hash as u64);
    u128::from(mixed(high ^ low.rotate_left(32))) << 64 | u128::from(mixed(low ^ high))
}

/// The finalizer of `SplitMix64`: every bit of the result depends on every bit of the number.
const fn mixed(number: u64) -> u64 {
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

impl SpanId {
    /// The id with these bytes; none for those that are all 0.
    #[must_use]
    pub fn new(bytes: [u8; 8]) -> Option<Self> {
        NonZeroU64::new(u64::from_be_bytes(bytes)).map(Self)
    }

    /// Its bytes, as they go over the wire.
    #[must_use]
    pub const fn bytes(self) -> [u8; 8] {
        self.0.get().to_be_bytes()
    }

    pub(crate) fn random() -> Self {
        Self(NonZeroU64::new(rand::rng().next_u64()).unwrap_or(NonZeroU64::MIN))
    }

    /// That of the span with this number below it, from 1.
    pub(crate) fn below(self, number: u64) -> Self {
        // Any odd number spreads them; this one is the golden ratio's.
        let own = self.0.get().wrapping_add(number.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        Self(NonZeroU64::new(mixed(own)).unwrap_or(NonZeroU64::MIN))
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Debug for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl fmt::Debug for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn digits_and_uuids_are_taken_as_they_are() {
        let id = "0af7651916cd43dd8448eb211c80319c";
        for text in [id, "0AF76519-16CD-43DD-8448-EB211C80319C"] {
            assert_eq!(TraceId::of_text(text).to_string(), id);
        }
        for other in ["", "request-7", &id[1..], &"0".repeat(32), &"0af76519-".repeat(4)] {
            assert_eq!(TraceId::of_text(other), TraceId::of_text(other));
            assert_ne!(TraceId::of_text(other).to_string(), id, "{other}");
        }
    }

    /// The same in every version, or half of a fleet would have other traces than the other half.
    #[test]
    fn a_digest_stays_what_it_is() {
        assert_eq!(TraceId::of_text("request-7").to_string(), "c804f1df541c972419cc0e82aa370804");
    }

    #[test]
    fn digests_of_similar_texts_differ_in_the_bits_that_are_sampled_by() {
        let ids: Vec<TraceId> = (0..1_000).map(|n| TraceId::of_text(&format!("r{n}"))).collect();
        let low = ids.iter().filter(|id| id.randomness() < (1 << 55)).count();
        assert!((400..600).contains(&low), "{low}");
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), 1_000);
    }

    #[test]
    fn spans_below_a_run_have_ids_of_their_own() {
        let run = SpanId::random();
        let ids: BTreeSet<SpanId> = (1..1_000).map(|number| run.below(number)).collect();
        assert!(ids.len() == 999 && !ids.contains(&run));
    }
}
