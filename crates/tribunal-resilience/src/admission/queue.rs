//! Who comes in next: a state machine without clock, lock or waker of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::Refused;
use super::adaptive::{End, Limit, Sample};
use super::known::Known;
use tribunal_clock::nanos;

/// What one is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    Come,
    Wait(u64),
    Go(Refused),
}

#[derive(Debug)]
struct Waiting<W> {
    since: Duration,
    deadline: Duration,
    who: W,
}

#[derive(Debug)]
pub(super) struct Queue<W> {
    limit: Limit,
    inside: usize,
    most_waiting: usize,
    closed: bool,
    tickets: u64,
    /// In order of arrival.
    waiting: BTreeMap<u64, Waiting<W>>,
    /// Those whose place is kept for them, until they look. They count as inside.
    granted: BTreeSet<u64>,
    /// Those who were sent away, until they look.
    refused: BTreeMap<u64, Refused>,
    known: Known,
    /// Whether how many are in, and what is known, is to be found elsewhere: see [`super::door`].
    away: bool,
}

impl<W> Queue<W> {
    pub(super) fn new(limit: Limit, most_waiting: usize) -> Self {
        let away = limit.fixed().is_some();
        Self {
            limit,
            inside: 0,
            most_waiting,
            closed: false,
            tickets: 0,
            waiting: BTreeMap::new(),
            granted: BTreeSet::new(),
            refused: BTreeMap::new(),
            known: Known::default(),
            away,
        }
    }

    /// How long one takes, as far as that is known.
    #[cfg(test)]
    #[cfg(not(any(loom, shuttle)))]
    pub(super) fn takes(&self) -> Option<Duration> {
        self.known.takes()
    }

    /// Whether it has to be told what went on without it.
    pub(super) const fn is_away(&self) -> bool {
        self.away
    }

    /// What went on without the queue: how many are in now, and what is known.
    pub(super) const fn resume(&mut self, inside: usize, known: Known) {
        self.inside = inside;
        self.known = known;
        self.away = false;
    }

    /// The same, to go on without it; only while nothing depends on anybody but those who come in and leave.
    pub(super) fn rest(&mut self) -> Option<(usize, Known)> {
        self.away = self.limit.fixed().is_some() && !self.closed && self.waiting.is_empty();
        self.away.then_some((self.inside, self.known))
    }

    pub(super) fn limit(&self) -> usize {
        self.limit.now()
    }

    pub(super) const fn inside(&self) -> usize {
        self.inside
    }

    pub(super) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// For how long somebody has waited at most.
    pub(super) fn oldest_wait(&self, now: Duration) -> Duration {
        let oldest = self.waiting.first_key_value();
        oldest.map_or(Duration::ZERO, |(_, oldest)| now.saturating_sub(oldest.since))
    }

    /// Comes in, if there is room and nobody waits.
    pub(super) fn try_take(&mut self) -> bool {
        let room = !self.closed && self.inside < self.limit() && self.waiting.is_empty();
        self.inside += usize::from(room);
        room
    }

    /// What a newcomer is told at once; nothing when it would have to wait.
    pub(super) fn arrive(&mut self, now: Duration, deadline: Duration) -> Option<Answer> {
        if self.closed {
            return Some(Answer::Go(Refused::Closed));
        }
        if self.try_take() {
            return Some(Answer::Come);
        }
        let waits = self.waiting.len() < self.most_waiting && self.would_make_it(now, deadline);
        (!waits).then(|| Answer::Go(self.full()))
    }

    /// As [`Queue::arrive`], and waits if it has to. A waker that is not needed comes back.
    pub(super) fn enter(
        &mut self,
        now: Duration,
        deadline: Duration,
        who: W,
    ) -> (Answer, Option<W>) {
        if let Some(answer) = self.arrive(now, deadline) {
            return (answer, Some(who));
        }
        let ticket = self.tickets;
        self.tickets += 1;
        let old = self.waiting.insert(ticket, Waiting { since: now, deadline, who });
        (Answer::Wait(ticket), old.map(|old| old.who))
    }

    /// What has become of one who waits.
    pub(super) fn ask(&mut self, ticket: u64) -> Answer {
        if self.granted.remove(&ticket) {
            return Answer::Come;
        }
        match self.refused.remove(&ticket) {
            Some(refused) => Answer::Go(refused),
            None => Answer::Wait(ticket),
        }
    }

    /// Who is woken when one who waits is to look again.
    pub(super) fn who(&self, ticket: u64) -> Option<&W> {
        self.waiting.get(&ticket).map(|waiting| &waiting.who)
    }

    /// As [`Queue::ask`]; from now on `who` is woken. A waker that is not needed comes back.
    pub(super) fn move_to(&mut self, ticket: u64, who: W) -> (Answer, W) {
        let answer = self.ask(ticket);
        let old = match self.waiting.get_mut(&ticket) {
            Some(waiting) => std::mem::replace(&mut waiting.who, who),
            None => who,
        };
        (answer, old)
    }

    /// One who was in leaves. Gives those who are to look again.
    pub(super) fn leave(&mut self, now: Duration, took: Duration, end: End) -> Vec<W> {
        let end = self.known.learn(nanos(took), end);
        self.limit.note(Sample { took, inside: self.inside, end });
        self.inside = self.inside.saturating_sub(1);
        self.let_in(now)
    }

    /// As many as there is room for now. There is none while more are in than may be by now.
    fn let_in(&mut self, now: Duration) -> Vec<W> {
        let mut to_wake = Vec::new();
        let (limit, takes) = (self.limit(), self.known.takes().unwrap_or_default());
        while self.inside < limit
            && let Some((ticket, waiting)) = self.next(now, takes)
        {
            if now.saturating_add(takes) > waiting.deadline {
                let refused = self.full();
                self.refused.insert(ticket, refused);
            } else {
                self.granted.insert(ticket);
                self.inside += 1;
            }
            to_wake.push(waiting.who);
        }
        to_wake
    }

    /// The oldest; in a jam, the newest. Who cannot make it any more is taken out first, to be told.
    fn next(&mut self, now: Duration, takes: Duration) -> Option<(u64, Waiting<W>)> {
        let (_, oldest) = self.waiting.first_key_value()?;
        let too_late = now.saturating_add(takes) > oldest.deadline;
        let jam = now.saturating_sub(oldest.since) > takes;
        if jam && !too_late { self.waiting.pop_last() } else { self.waiting.pop_first() }
    }

    /// Gives up a place in the queue: its waker, and whether a place inside had been granted.
    pub(super) fn give_up(&mut self, ticket: u64) -> (Option<W>, bool) {
        self.refused.remove(&ticket);
        let waiting = self.waiting.remove(&ticket);
        (waiting.map(|waiting| waiting.who), self.granted.remove(&ticket))
    }

    /// Refuses everyone from now on. Gives those who are to look again.
    pub(super) fn close(&mut self) -> Vec<W> {
        self.closed = true;
        let waiting = std::mem::take(&mut self.waiting);
        self.refused.extend(waiting.keys().map(|ticket| (*ticket, Refused::Closed)));
        waiting.into_values().map(|waiting| waiting.who).collect()
    }

    /// Whether someone last in the queue could be served before the deadline, as far as that is known.
    fn would_make_it(&self, now: Duration, deadline: Duration) -> bool {
        let wait = self.wait_for(self.waiting.len() + 1);
        now.saturating_add(wait).saturating_add(self.known.takes().unwrap_or_default()) <= deadline
    }

    /// How long it is until so many more have come in.
    fn wait_for(&self, count: usize) -> Duration {
        let rounds = u32::try_from(count.div_ceil(self.limit())).unwrap_or(u32::MAX);
        self.known.takes().unwrap_or_default().saturating_mul(rounds)
    }

    fn full(&self) -> Refused {
        Refused::Full { retry_after: self.wait_for(self.waiting.len() + 1) }
    }
}

#[cfg(test)]
#[cfg(not(any(loom, shuttle)))]
mod tests {
    use super::*;
    use crate::{Adaptation, AdaptiveLimit};
    use proptest::prelude::*;

    proptest! {
        /// Rule 8, with a limit that moves: nobody is let in while as many are in as may be by then, nobody
        /// waits while there is room, and at the end nobody is in.
        #[test]
        fn a_limit_that_moves_neither_loses_nor_makes_places(
            gradient: bool,
            steps in prop::collection::vec((0u8..5, 0u64..50, any::<prop::sample::Index>()), 1..400),
        ) {
            let target = Duration::from_millis(20);
            let adaptation = if gradient { Adaptation::Gradient } else { Adaptation::Aimd { target } };
            let settings = AdaptiveLimit::new(1, 8, adaptation).unwrap();
            let mut queue = Queue::new(Limit::new(settings), 6);
            let (mut now, mut held) = (Duration::ZERO, 0_usize);
            let mut tickets: Vec<u64> = Vec::new();
            for (step, wait, pick) in steps {
                now += Duration::from_millis(wait);
                let before = queue.inside();
                match step {
                    0 | 1 => match queue.enter(now, Duration::MAX, ()).0 {
                        Answer::Come => held += 1,
                        Answer::Wait(ticket) => tickets.push(ticket),
                        Answer::Go(_) => prop_assert!(queue.inside() >= queue.limit()),
                    },
                    2 | 3 if held > 0 => {
                        held -= 1;
                        let end = if step == 3 { End::Late } else { End::Done };
                        queue.leave(now, Duration::from_millis(wait), end);
                    }
                    4 if !tickets.is_empty() => {
                        let at = pick.index(tickets.len());
                        match queue.ask(tickets[at]) {
                            Answer::Come => { held += 1; tickets.remove(at); }
                            answer => prop_assert_eq!(answer, Answer::Wait(tickets[at])),
                        }
                    }
                    _ => {}
                }
                prop_assert_eq!(held + queue.granted.len(), queue.inside());
                prop_assert!(queue.inside() <= queue.limit().max(before));
                prop_assert!(queue.inside() >= queue.limit() || queue.waiting() == 0);
            }
            while queue.inside() > 0 {
                queue.leave(now, Duration::ZERO, End::Unused);
                queue.granted.clear();
            }
            prop_assert_eq!(queue.waiting(), 0);
        }

        /// Rule 8: never more inside than may be, whoever leaves, gives up or is granted a place; and at
        /// the end all places are free.
        #[test]
        fn places_are_neither_lost_nor_made(
            limit in 1usize..4,
            steps in prop::collection::vec((0u8..4, 0u64..50, any::<prop::sample::Index>()), 1..200),
        ) {
            let mut queue = Queue::new(Limit::Fixed(limit), 6);
            let (mut now, mut held) = (Duration::ZERO, 0_usize);
            let mut tickets: Vec<u64> = Vec::new();
            for (step, wait, pick) in steps {
                now += Duration::from_millis(wait);
                match step {
                    0 | 1 => match queue.enter(now, now + Duration::from_millis(200), ()).0 {
                        Answer::Come => held += 1,
                        Answer::Wait(ticket) => tickets.push(ticket),
                        Answer::Go(_) => prop_assert!(queue.inside() == limit),
                    },
                    2 if held > 0 => {
                        held -= 1;
                        queue.leave(now, Duration::from_millis(wait), End::Done);
                    }
                    3 if !tickets.is_empty() => {
                        let at = pick.index(tickets.len());
                        let ticket = tickets[at];
                        match queue.ask(ticket) {
                            Answer::Come => { held += 1; tickets.remove(at); }
                            Answer::Go(_) => { tickets.remove(at); }
                            Answer::Wait(_) if wait % 2 == 0 => {
                                prop_assert!(!queue.give_up(ticket).1);
                                tickets.remove(at);
                            }
                            Answer::Wait(_) => {}
                        }
                    }
                    _ => {}
                }
                prop_assert_eq!(held + queue.granted.len(), queue.inside());
                prop_assert!(queue.inside() <= limit);
                prop_assert!(queue.inside() == limit || queue.waiting() == 0);
            }
            for ticket in tickets {
                if queue.give_up(ticket).1 {
                    queue.leave(now, Duration::ZERO, End::Unused);
                }
            }
            (0..held).for_each(|_| drop(queue.leave(now, Duration::ZERO, End::Cut)));
            while let Some(ticket) = queue.granted.pop_first() {
                prop_assert!(false, "{} was granted a place after it had left", ticket);
            }
            prop_assert_eq!((queue.inside(), queue.waiting()), (0, 0));
        }
    }
}
