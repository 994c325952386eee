//! What is counted in a text: words, pairs of words, pieces of words, words of the lexicon, disguises.
//!
//! Each becomes the number of a bucket by hashing, so that no list of them is kept. A bucket counts once,
//! however often it is met: a text says the same when it says it twice.

use serde::{Deserialize, Serialize};

use crate::lexicon::{self, Sense};
use crate::normalize::Normal;

/// What is counted, and into how many buckets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Features {
    /// There are two to the power of this many buckets; 8 to 22.
    pub bits: u32,
    /// Shortest piece of text, in characters; from 1.
    pub shortest_piece: usize,
    /// Longest piece of text, in characters; up to 6, and 0 for none.
    pub longest_piece: usize,
    /// Longest row of words; up to 3, and 0 for none.
    pub longest_row: usize,
}

impl Default for Features {
    fn default() -> Self {
        Self { bits: 18, shortest_piece: 2, longest_piece: 4, longest_row: 2 }
    }
}

/// Longest piece that can be asked for, in characters.
const PIECE: usize = 6;
/// How far apart two words of the lexicon may stand to count as a pair, in bytes.
const NEAR: usize = 60;
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;
const STEP: u64 = 0x0100_0000_01b3;

impl Features {
    /// How many buckets there are.
    #[must_use]
    pub const fn buckets(&self) -> usize {
        1 << self.bits
    }

    /// Whether the numbers are within their ranges.
    #[must_use]
    pub const fn is_sound(&self) -> bool {
        8 <= self.bits
            && self.bits <= 22
            && 1 <= self.shortest_piece
            && self.longest_piece <= PIECE
            && self.longest_row <= 3
    }

    /// Calls `visit` with the bucket of everything that is counted in a text, each as often as it is met.
    pub fn each(&self, normal: &Normal, mut visit: impl FnMut(usize)) {
        let mut count = |kind: u64, key: u64| visit(self.bucket(kind, key));
        let mut pieces = [0_u64; PIECE];
        let (mut word, mut last, mut before_last) = (0_u64, 0_u64, 0_u64);
        for c in normal.text.chars().chain([' ']) {
            let code = u64::from(u32::from(c)) + 1;
            // What ended at the last character, each made one longer.
            let mut shorter = 0_u64;
            for (piece, length) in pieces.iter_mut().zip(1..=self.longest_piece) {
                let longer = shorter.wrapping_mul(STEP).wrapping_add(code);
                shorter = std::mem::replace(piece, longer);
                if length >= self.shortest_piece {
                    count(length as u64, longer);
                }
            }
            let in_word = c.is_ascii_lowercase() || c.is_ascii_digit() || !c.is_ascii();
            if in_word {
                word = word.wrapping_mul(STEP).wrapping_add(code);
            } else if word != 0 {
                if self.longest_row >= 1 {
                    count(16, word);
                }
                if self.longest_row >= 2 && last != 0 {
                    count(17, last.wrapping_mul(SPREAD).wrapping_add(word));
                }
                if self.longest_row >= 3 && before_last != 0 {
                    let row = before_last.wrapping_mul(SPREAD).wrapping_add(last);
                    count(18, row.wrapping_mul(SPREAD).wrapping_add(word));
                }
                (before_last, last, word) = (last, word, 0);
            }
        }
        let mut earlier: Option<(Sense, usize)> = None;
        for found in lexicon::words(&normal.text) {
            let sense = found.sense as u64;
            count(24, sense);
            if let Some((other, end)) = earlier
                && found.start.saturating_sub(end) <= NEAR
            {
                // Whatever the order: languages differ in it.
                let (a, b) = ((other as u64).min(sense), (other as u64).max(sense));
                count(25, a << 8 | b);
            }
            earlier = Some((found.sense, found.end));
        }
        for bit in 0..16 {
            if normal.disguises.bits() >> bit & 1 == 1 {
                count(26, bit);
            }
        }
        count(27, u64::from(normal.text.len().max(1).ilog2()));
    }

    #[inline]
    fn bucket(&self, kind: u64, key: u64) -> usize {
        let mixed = (key ^ kind.wrapping_mul(0xc2b2_ae3d_27d4_eb4f)).wrapping_mul(SPREAD);
        let mixed = (mixed ^ mixed >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        (mixed >> (64 - self.bits)) as usize
    }
}
