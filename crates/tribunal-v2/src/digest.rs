//! A digest of what an orchestrator was built with: equal for equal settings, in every process.

use std::time::Duration;

use tribunal_core::{ConfigHash, CriticInfo};

/// Digests the settings that decide how a run goes. Code cannot be digested: of critics it takes the names,
/// of hooks their number.
pub(crate) fn digest<'a>(
    critics: impl IntoIterator<Item = &'a CriticInfo>,
    timeout: Duration,
    hooks: usize,
) -> ConfigHash {
    let mut settings = format!("tribunal-v2\n{}\n{hooks}\n", timeout.as_nanos());
    for critic in critics {
        let CriticInfo { name, mode, failure_mode, thresholds, cost, .. } = critic;
        // A float prints as the shortest text that reads back as the same: equal text, equal value.
        let (review, block) = (thresholds.review_at(), thresholds.block_at());
        settings += &format!("{name} {mode} {failure_mode} {review:?} {block:?} {cost}\n");
    }
    ConfigHash(fnv1a_128(settings.as_bytes()).to_be_bytes())
}

/// FNV-1a, 128 bits, by Fowler, Noll and Vo, who put it in the public domain. Tells settings apart; stops no forger.
fn fnv1a_128(bytes: &[u8]) -> u128 {
    const OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    bytes.iter().fold(OFFSET, |hash, byte| (hash ^ u128::from(*byte)).wrapping_mul(PRIME))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tribunal_core::{CriticName, FailureMode};

    #[test]
    fn the_hash_is_the_published_one() {
        assert_eq!(fnv1a_128(b""), 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d);
        assert_eq!(fnv1a_128(b"a"), 0xd228_cb69_6f1a_8caf_7891_2b70_4e4a_8964);
        assert_eq!(fnv1a_128(b"foobar"), 0x343e_1662_793c_64bf_6f0d_3597_ba44_6f18);
    }

    #[test]
    fn what_decides_a_run_changes_the_digest() {
        let a = CriticInfo::new(CriticName::new("a").unwrap());
        let second = Duration::from_secs(1);
        let plain = digest([&a], second, 0);
        assert_eq!(plain, digest([&a], second, 0));
        let mut closed = a.clone();
        closed.failure_mode = FailureMode::Block;
        for other in [
            digest([&closed], second, 0),
            digest([&a], second * 2, 0),
            digest([&a], second, 1),
            digest([], second, 0),
        ] {
            assert_ne!(plain, other);
        }
    }
}
