//! What is counted in a text: pieces of words, words, pairs of words, and concepts: words of the lexicon by what they
//! are used for, pairs of those near each other, disguises.
//!
//! Each becomes the number of a bucket by hashing, so that no list of them is kept. A bucket counts once,
//! however often it is met: a text says the same when it says it twice. Pieces, rows of words and concepts have buckets
//! of their own ([`Block`]): there are twenty pieces to a word, and a text has few concepts, which would be lost among
//! the rest.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::lexicon::{self, Sense};
use crate::normalize::Normal;

/// What is counted, and into how many buckets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Features {
    /// There are two to the power of this many buckets, half of them for pieces and half for rows of words; 8 to 22.
    /// Concepts have 4096 more.
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
/// With how many words of the lexicon before it one makes pairs.
const PARTNERS: usize = 3;
/// Two to the power of this many buckets are for concepts.
const CONCEPT_BITS: u32 = 12;
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;
const STEP: u64 = 0x0100_0000_01b3;

/// A kind of feature with buckets of its own. What a block adds to a margin does not depend on how many the others have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
pub enum Block {
    /// Pieces of text.
    Piece,
    /// Words and rows of words, and how long the text is.
    Row,
    /// What words of the lexicon are used for, and disguises.
    Concept,
}

/// How many blocks there are.
pub(crate) const BLOCKS: usize = 3;

impl Block {
    /// All, in the order of their buckets.
    pub(crate) const ALL: [Self; BLOCKS] = [Self::Piece, Self::Row, Self::Concept];

    /// What each of `met` buckets of the block counts. Of pieces and rows a text has the more the longer it is; a concept
    /// counts the same in a long text.
    pub(crate) fn value(self, met: u32) -> f32 {
        let root = (met.max(1) as f32).sqrt();
        match self {
            Self::Piece => PIECES / root,
            Self::Row => ROWS / root,
            Self::Concept => CONCEPT,
        }
    }
}

/// How much the blocks count against each other, as leaving out one source at a time found best.
const PIECES: f32 = 1.4;
const ROWS: f32 = 0.5;
const CONCEPT: f32 = 0.1;

impl Features {
    /// How many buckets there are.
    #[must_use]
    pub const fn buckets(&self) -> usize {
        (1 << self.bits) + (1 << CONCEPT_BITS)
    }

    /// The buckets of a block.
    #[must_use]
    pub const fn block(&self, block: Block) -> Range<usize> {
        let (all, half) = (1 << self.bits, 1 << (self.bits - 1));
        match block {
            Block::Piece => 0..half,
            Block::Row => half..all,
            Block::Concept => all..all + (1 << CONCEPT_BITS),
        }
    }

    /// The block of a bucket.
    #[inline]
    pub(crate) const fn block_of(&self, bucket: usize) -> Block {
        if bucket >> self.bits != 0 {
            Block::Concept
        } else if bucket >> (self.bits - 1) != 0 {
            Block::Row
        } else {
            Block::Piece
        }
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
        count(19, u64::from(normal.text.len().max(1).ilog2()));
        // The last few, the latest first.
        let mut earlier: [Option<(Sense, usize)>; PARTNERS] = [None; PARTNERS];
        for found in lexicon::words(&normal.text) {
            let sense = found.sense as u64;
            count(24, sense);
            for (other, end) in earlier.iter().flatten() {
                if found.start.saturating_sub(*end) <= NEAR {
                    // Whatever the order: languages differ in it.
                    let (a, b) = ((*other as u64).min(sense), (*other as u64).max(sense));
                    count(25, a << 8 | b);
                }
            }
            earlier.rotate_right(1);
            earlier[0] = Some((found.sense, found.end));
        }
        for bit in 0..16 {
            if normal.disguises.bits() >> bit & 1 == 1 {
                count(26, bit);
            }
        }
    }

    #[inline]
    fn bucket(&self, kind: u64, key: u64) -> usize {
        let mixed = (key ^ kind.wrapping_mul(0xc2b2_ae3d_27d4_eb4f)).wrapping_mul(SPREAD);
        let mixed = (mixed ^ mixed >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let (start, bits) = match kind {
            0..16 => (0, self.bits - 1),
            16..24 => (1 << (self.bits - 1), self.bits - 1),
            _ => (1 << self.bits, CONCEPT_BITS),
        };
        start + (mixed >> (64 - bits)) as usize
    }
}
