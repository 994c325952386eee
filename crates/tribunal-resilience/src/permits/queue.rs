//! Who gets the next permit: a state machine without clock, lock or waker of its own.
//!
//! Waiting is ranked by the time of arrival plus a handicap for each priority number. The rank never
//! changes, so those who arrived long ago come to the front by themselves, and nobody starves.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// How much waiting makes up for one priority number.
const AGING: Duration = Duration::from_millis(100);

/// A place in the queue: rank first, then order of arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Ticket {
    rank: Duration,
    arrival: u64,
}

#[derive(Debug)]
pub(super) struct Queue<W> {
    limit: usize,
    free: usize,
    most_waiting: usize,
    arrivals: u64,
    waiting: BTreeMap<Ticket, W>,
    /// Permits that have an owner who has not looked yet.
    granted: BTreeSet<Ticket>,
}

/// What became of one who asks. Wakers are handed out, so that none is dropped under the lock.
#[derive(Debug)]
pub(super) enum Asked<W> {
    Granted(W),
    /// With the waker it had before.
    Waits(Ticket, Option<W>),
    Full(W),
}

/// What is left of one who gave up.
#[derive(Debug)]
pub(super) struct Left<W> {
    /// Its own waker, of no use any more.
    pub(super) own: Option<W>,
    /// Whoever got its permit, to be woken.
    pub(super) next: Option<W>,
}

impl<W> Queue<W> {
    pub(super) const fn new(limit: usize, most_waiting: usize) -> Self {
        Self {
            limit,
            free: limit,
            most_waiting,
            arrivals: 0,
            waiting: BTreeMap::new(),
            granted: BTreeSet::new(),
        }
    }

    pub(super) const fn limit(&self) -> usize {
        self.limit
    }

    pub(super) const fn free(&self) -> usize {
        self.free
    }

    pub(super) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// A free permit. There is none while anybody waits: a release hands over directly.
    pub(super) const fn try_take(&mut self) -> bool {
        match self.free.checked_sub(1) {
            Some(left) => {
                self.free = left;
                true
            }
            None => false,
        }
    }

    /// Whether nobody else may wait.
    pub(super) fn is_full(&self) -> bool {
        self.waiting.len() >= self.most_waiting
    }

    /// A permit after all, or a place in the queue.
    pub(super) fn enter(&mut self, now: Duration, priority: u8, who: W) -> Asked<W> {
        if self.try_take() {
            return Asked::Granted(who);
        }
        if self.is_full() {
            return Asked::Full(who);
        }
        let rank = now.saturating_add(AGING * u32::from(priority));
        let ticket = Ticket { rank, arrival: self.arrivals };
        self.arrivals += 1;
        let old = self.waiting.insert(ticket, who);
        Asked::Waits(ticket, old)
    }

    /// Whether the permit has come.
    pub(super) fn claim(&mut self, ticket: Ticket) -> bool {
        self.granted.remove(&ticket)
    }

    /// Who is told when it comes.
    pub(super) fn who(&self, ticket: Ticket) -> Option<&W> {
        self.waiting.get(&ticket)
    }

    /// From now on `who` is told, unless the permit has come meanwhile.
    pub(super) fn move_to(&mut self, ticket: Ticket, who: W) -> Asked<W> {
        if self.claim(ticket) {
            return Asked::Granted(who);
        }
        let old = match self.waiting.get_mut(&ticket) {
            Some(waiting) => std::mem::replace(waiting, who),
            None => who,
        };
        Asked::Waits(ticket, Some(old))
    }

    /// Gives a permit back: to the first in line, who is to be woken, or to the free ones.
    pub(super) fn release(&mut self) -> Option<W> {
        match self.waiting.pop_first() {
            Some((ticket, who)) => {
                self.granted.insert(ticket);
                Some(who)
            }
            None => {
                self.free += 1;
                debug_assert!(self.free <= self.limit, "a permit was given back twice");
                None
            }
        }
    }

    /// Gives up a place, and the permit if it has come already.
    pub(super) fn leave(&mut self, ticket: Ticket) -> Left<W> {
        if self.granted.remove(&ticket) {
            return Left { own: None, next: self.release() };
        }
        Left { own: self.waiting.remove(&ticket), next: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Rule 8: at every instant, taken + granted + free = limit; and at the end all are back.
        #[test]
        fn permits_are_neither_lost_nor_made(
            limit in 1usize..4,
            steps in proptest::collection::vec((0u8..4, 1u8..=10, any::<prop::sample::Index>()), 1..200),
        ) {
            let mut queue = Queue::new(limit, 8);
            let mut held = 0usize;
            let mut tickets: Vec<Ticket> = Vec::new();
            for (at, (step, priority, pick)) in steps.into_iter().enumerate() {
                match step {
                    0 => held += usize::from(queue.try_take()),
                    1 => {
                        // As the shell does: one enters the queue only when nothing is free.
                        if queue.try_take() {
                            held += 1;
                        } else {
                            let now = Duration::from_millis(at as u64);
                            if let Asked::Waits(ticket, _) = queue.enter(now, priority, ()) {
                                tickets.push(ticket);
                            }
                        }
                    }
                    2 if held > 0 => {
                        held -= 1;
                        queue.release();
                    }
                    3 if !tickets.is_empty() => {
                        let ticket = tickets.remove(pick.index(tickets.len()));
                        if priority % 2 == 0 && queue.claim(ticket) {
                            held += 1;
                        } else {
                            queue.leave(ticket);
                        }
                    }
                    _ => {}
                }
                prop_assert_eq!(held + queue.granted.len() + queue.free(), limit);
                prop_assert!(queue.free() == 0 || queue.waiting() == 0);
            }
            for ticket in tickets {
                queue.leave(ticket);
            }
            for _ in 0..held {
                queue.release();
            }
            prop_assert_eq!(queue.free(), limit);
            prop_assert_eq!(queue.waiting(), 0);
        }
    }
}
