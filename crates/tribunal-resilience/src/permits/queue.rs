//! Who gets the next permit: a state machine without clock, lock or waker of its own.
//!
//! Waiting is ranked by the time of arrival plus a handicap for each priority number. The rank never
//! changes, so those who arrived long ago come to the front by themselves, and nobody starves.
//!
//! What is free is counted in a [`Word`] beside it. Whoever may change the queue holds its lock, and only they set
//! and clear the word's bit: it is set exactly while somebody is in the queue.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::word::Word;

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
    pub(super) const fn new(most_waiting: usize) -> Self {
        Self { most_waiting, arrivals: 0, waiting: BTreeMap::new(), granted: BTreeSet::new() }
    }

    pub(super) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Whether nobody else may wait.
    pub(super) fn is_full(&self) -> bool {
        self.waiting.len() >= self.most_waiting
    }

    /// A permit after all, or a place in the queue.
    pub(super) fn enter(&mut self, word: &Word, now: Duration, priority: u8, who: W) -> Asked<W> {
        if self.is_full() {
            // Where nobody may wait, the word must not say that somebody does.
            return if word.try_take() { Asked::Granted(who) } else { Asked::Full(who) };
        }
        if word.take_or_wait() {
            return Asked::Granted(who);
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

    /// A permit was given back while somebody waited. The first in line gets one, and is to be woken; unless
    /// others came by before, and took one along for everybody.
    pub(super) fn hand_over(&mut self, word: &Word) -> Option<W> {
        let waiting = self.waiting.len();
        if waiting == 0 || !word.take_for_waiting(waiting == 1) {
            return None;
        }
        self.grant_next()
    }

    /// Gives up a place, and the permit if it has come already.
    pub(super) fn leave(&mut self, word: &Word, ticket: Ticket) -> Left<W> {
        if !self.granted.remove(&ticket) {
            let own = self.waiting.remove(&ticket);
            if own.is_some() && self.waiting.is_empty() {
                word.nobody_waits();
            }
            return Left { own, next: None };
        }
        let next = self.grant_next();
        match next {
            Some(_) if self.waiting.is_empty() => word.nobody_waits(),
            Some(_) => {}
            // Nobody waits, and nobody can begin to, for that takes the lock.
            None => {
                let _nobody = word.give();
            }
        }
        Left { own: None, next }
    }

    /// The first in line has a permit that is free no more.
    fn grant_next(&mut self) -> Option<W> {
        let (ticket, who) = self.waiting.pop_first()?;
        self.granted.insert(ticket);
        Some(who)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// As the shell does.
    fn release(queue: &mut Queue<()>, word: &Word) {
        if word.give() {
            queue.hand_over(word);
        }
    }

    proptest! {
        /// Rule 8: at every instant, taken + granted + free = limit; and at the end all are back.
        #[test]
        fn permits_are_neither_lost_nor_made(
            limit in 1usize..4,
            steps in proptest::collection::vec((0u8..4, 1u8..=10, any::<prop::sample::Index>()), 1..200),
        ) {
            let (mut queue, word) = (Queue::new(8), Word::new(limit));
            let mut held = 0usize;
            let mut tickets: Vec<Ticket> = Vec::new();
            for (at, (step, priority, pick)) in steps.into_iter().enumerate() {
                match step {
                    0 => held += usize::from(word.try_take()),
                    1 => {
                        // As the shell does: one enters the queue only when nothing is free.
                        if word.try_take() {
                            held += 1;
                        } else {
                            let now = Duration::from_millis(at as u64);
                            if let Asked::Waits(ticket, _) = queue.enter(&word, now, priority, ()) {
                                tickets.push(ticket);
                            }
                        }
                    }
                    2 if held > 0 => {
                        held -= 1;
                        release(&mut queue, &word);
                    }
                    3 if !tickets.is_empty() => {
                        let ticket = tickets.remove(pick.index(tickets.len()));
                        if priority % 2 == 0 && queue.claim(ticket) {
                            held += 1;
                        } else {
                            queue.leave(&word, ticket);
                        }
                    }
                    _ => {}
                }
                prop_assert_eq!(held + queue.granted.len() + word.free(), limit);
                prop_assert!(word.free() == 0 || queue.waiting() == 0);
                prop_assert_eq!(word.is_waited_for(), queue.waiting() > 0);
            }
            for ticket in tickets {
                queue.leave(&word, ticket);
            }
            for _ in 0..held {
                release(&mut queue, &word);
            }
            prop_assert_eq!(word.free(), limit);
            prop_assert_eq!(queue.waiting(), 0);
        }
    }
}
