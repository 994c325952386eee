//! Where the jitter comes from: the thread's generator, or a seed that fixes all of it.

use rand::Rng;

/// A source of fractions, each from nothing to one, both included.
#[derive(Debug)]
pub(super) enum Spread {
    Random,
    /// SplitMix64 (Steele, Lea and Flood, 2014): eight bytes, and the same on every platform and in every
    /// version, which rand promises of none of its small generators.
    Seeded(u64),
}

impl Spread {
    pub(super) fn fraction(&mut self) -> f64 {
        match self {
            Self::Random => rand::rng().random_range(0.0..=1.0),
            Self::Seeded(state) => {
                *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
                let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
                // As many bits as a float keeps.
                ((mixed ^ (mixed >> 31)) >> 11) as f64 / ((1_u64 << 53) - 1) as f64
            }
        }
    }
}
