//! How many are in, in one atomic word: all there is to look at while there is room and nobody waits.
//!
//! Either the word is the whole truth, and one comes in or leaves by one step on it; or it says only that those who
//! hold the lock have taken the number away, and everyone has to go there. Whoever takes the lock takes the number
//! along. They put it back as soon as the queue is at rest: open, nobody waits, and the limit does not move. So nobody
//! who begins to wait under the lock is passed by one who leaves without.
//!
//! What is known of how long one takes lies beside it, and goes the same way. It is read and written by two plain
//! steps: of two who leave at the same moment, one may teach nothing. It is an average that moves by an eighth.

use std::sync::atomic::AtomicU64 as Untried;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};

use super::adaptive::End;
use super::known::Known;
use crate::sync::{AtomicU64, OwnLines};

/// The number is with those who hold the lock.
const TAKEN: u64 = u64::MAX;

#[derive(Debug)]
pub(super) struct Door {
    words: OwnLines<Words>,
}

#[derive(Debug)]
struct Words {
    /// How many may be in; 0 where that moves, and the number is never here.
    limit: u64,
    inside: AtomicU64,
    /// Not by `crate::sync`: in which order it is read and written decides nothing, so there is nothing to try.
    known: Untried,
}

/// The number is not here: ask those who hold the lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Taken;

impl Door {
    /// So many may be in, and nobody is. Without a limit, those who hold the lock have the number for good.
    pub(super) fn new(limit: Option<usize>) -> Self {
        let (limit, inside) = match limit {
            Some(limit) => (limit as u64, 0),
            None => (0, TAKEN),
        };
        let (inside, known) = (AtomicU64::new(inside), Untried::new(Known::default().0));
        Self { words: OwnLines(Words { limit, inside, known }) }
    }

    /// Comes in, if there is room.
    #[inline]
    pub(super) fn try_enter(&self) -> Result<bool, Taken> {
        let Words { limit, inside, .. } = &self.words.0;
        let mut seen = inside.load(Relaxed);
        loop {
            if seen == TAKEN {
                return Err(Taken);
            }
            if seen >= *limit {
                return Ok(false);
            }
            // What was done inside before is seen by who comes in next.
            match inside.compare_exchange_weak(seen, seen + 1, Acquire, Relaxed) {
                Ok(_) => return Ok(true),
                Err(now) => seen = now,
            }
        }
    }

    /// One who was in leaves.
    #[inline]
    pub(super) fn leave(&self) -> Result<(), Taken> {
        let inside = &self.words.0.inside;
        let mut seen = inside.load(Relaxed);
        while seen != TAKEN {
            match inside.compare_exchange_weak(seen, seen.saturating_sub(1), Release, Relaxed) {
                Ok(_) => return Ok(()),
                Err(now) => seen = now,
            }
        }
        Err(Taken)
    }

    /// What is learned from one who has left after so many nanoseconds.
    #[inline]
    pub(super) fn learn(&self, took: u64, end: End) {
        let word = &self.words.0.known;
        let before = Known(word.load(Relaxed));
        let mut known = before;
        known.learn(took, end);
        if known != before {
            word.store(known.0, Relaxed);
        }
    }

    /// How many may be in, if that never changes.
    pub(super) fn limit(&self) -> Option<usize> {
        match self.words.0.limit {
            0 => None,
            limit => Some(limit as usize),
        }
    }

    /// How many are in.
    pub(super) fn inside(&self) -> Result<usize, Taken> {
        match self.words.0.inside.load(Relaxed) {
            TAKEN => Err(Taken),
            inside => Ok(inside as usize),
        }
    }

    /// Under the lock, while it is here: takes the number, and what is known.
    pub(super) fn take(&self) -> (usize, Known) {
        let Words { inside, known, .. } = &self.words.0;
        let inside = inside.swap(TAKEN, AcqRel) as usize;
        (inside, Known(known.load(Relaxed)))
    }

    /// Under the lock, by whoever took them: puts them back.
    pub(super) fn put_back(&self, inside: usize, known: Known) {
        self.words.0.known.store(known.0, Relaxed);
        self.words.0.inside.store(inside as u64, Release);
    }
}
