//! Counts that many threads add to, and that nobody has to wait for.
//!
//! Each thread has a part of its own. Its lock is taken once a run and is free, unless somebody reads it at that moment
//! or there are more threads than parts: then the next part will do. They are added up when somebody reads.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

use crate::counts::Counts;
use crate::meters::Totals;

/// More than that many threads share parts.
const SHARDS: usize = 8;

#[derive(Default)]
pub(crate) struct Shards([Shard; SHARDS]);

/// Alone on its cache lines.
#[derive(Default)]
#[repr(align(128))]
struct Shard(Mutex<Counts>);

/// The part of this thread.
fn own() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static OWN: usize = NEXT.fetch_add(1, Relaxed) % SHARDS;
    }
    // While the thread ends it has none any more.
    OWN.try_with(|own| *own).unwrap_or_default()
}

impl Shards {
    /// A part that is free.
    #[inline]
    pub(crate) fn part(&self) -> MutexGuard<'_, Counts> {
        let own = own();
        let (before, after) = self.0.split_at_checked(own).unwrap_or((&self.0, &[]));
        for shard in after.iter().chain(before) {
            match shard.0.try_lock() {
                Ok(part) => return part,
                Err(TryLockError::Poisoned(poisoned)) => return poisoned.into_inner(),
                Err(TryLockError::WouldBlock) => {}
            }
        }
        let [first, ..] = &self.0;
        self.0.get(own).unwrap_or(first).0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Of all of them the numbers of runs.
    pub(crate) fn totals(&self) -> Totals {
        let mut totals = Totals::default();
        for shard in &self.0 {
            let part = shard.0.lock().unwrap_or_else(PoisonError::into_inner);
            for (sum, runs) in totals.verdicts.iter_mut().zip(&part.runs) {
                *sum += runs.count();
            }
            totals.refused += part.refused.iter().sum::<u64>();
        }
        totals
    }

    /// All of them together.
    pub(crate) fn sum(&self) -> Counts {
        let mut sum = Counts::default();
        for shard in &self.0 {
            sum.add(&shard.0.lock().unwrap_or_else(PoisonError::into_inner));
        }
        sum
    }
}
