//! Who may come in: so many at a time, a queue that is bounded in number and in time, and a refusal at once
//! for everyone else.
//!
//! A queue that is longer than its deadline answers nobody: everyone waits until it is too late. So no more
//! wait than can still be served, whoever can no longer make it is sent away before work is spent on them,
//! and once there is a jam the newest go first, since they have the most time left.
//!
//! While there is room it is a [`door`], and nothing else is touched. What becomes of those who have to wait, and of
//! a limit that moves, is decided in [`queue`], a plain state machine; this file adds the lock, the clock and the
//! wakers.

mod adaptive;
#[cfg(test)]
#[cfg(not(any(loom, shuttle)))]
mod alike;
mod door;
mod guard;
mod known;
#[cfg(test)]
#[cfg(loom)]
mod model;
mod queue;

use std::future::Future;
use std::num::NonZeroUsize;
use std::ops::{Deref, DerefMut};
use std::pin::Pin;
use std::sync::PoisonError;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use crate::Moment;
use thiserror::Error;

pub use self::adaptive::{Adaptation, AdaptiveError, AdaptiveLimit};
pub use self::guard::{Admitted, OwnedAdmitted};

use crate::sync::{Mutex, MutexGuard};
use adaptive::{End, Limit};
use door::{Door, Taken};
use guard::Stay;
use queue::{Answer, Queue};

/// So many at a time, and so many in the queue. How long one takes is learned from those who were in.
#[derive(Debug)]
pub struct Admission {
    door: Door,
    epoch: Moment,
    queue: Mutex<Queue<Waker>>,
}

/// Not admitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Refused {
    /// There is no room, or none will be in time.
    #[error("no room for another {retry_after:?}")]
    Full {
        /// When to come back: how long those who are here already will take, as far as that is known.
        retry_after: Duration,
    },
    /// Nobody is admitted any more.
    #[error("closed")]
    Closed,
}

impl Admission {
    /// So many at a time, and at most so many in the queue.
    #[must_use]
    pub fn new(limit: NonZeroUsize, most_waiting: usize) -> Self {
        Self::with_limit(Limit::Fixed(limit.get()), most_waiting)
    }

    /// At most so many in the queue, and as many at a time as what is measured allows.
    ///
    /// It learns from guards that say how they end: [`Admitted::done`] and [`Admitted::late`]. When the limit falls,
    /// those who are in stay in, and nobody else comes in until fewer are in than may be.
    #[must_use]
    pub fn adaptive(settings: AdaptiveLimit, most_waiting: usize) -> Self {
        Self::with_limit(Limit::new(settings), most_waiting)
    }

    fn with_limit(limit: Limit, most_waiting: usize) -> Self {
        let door = Door::new(limit.fixed());
        let queue = Mutex::new(Queue::new(limit, most_waiting));
        Self { door, epoch: Moment::now(), queue }
    }

    fn lock(&self) -> Locked<'_> {
        // No code of others runs under the lock, so a poisoned one is still consistent.
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        if queue.is_away() {
            let (inside, known) = self.door.take();
            queue.resume(inside, known);
        }
        Locked { door: &self.door, queue }
    }

    fn since_epoch(&self, at: Moment) -> Duration {
        at.since(self.epoch)
    }

    /// Comes in, or waits for it: as soon as it is one's turn, or as soon as it is known that it never will be.
    ///
    /// The caller enforces the deadline itself as well: nothing wakes it up just because time has passed.
    pub fn enter(&self, deadline: Moment) -> Enter<'_> {
        Enter { admission: self, deadline, ticket: None }
    }

    /// Comes in, if nobody has to be waited for.
    #[inline]
    #[must_use]
    pub fn try_enter(&self, now: Moment) -> Option<Admitted<'_>> {
        let comes = match self.door.try_enter() {
            Ok(comes) => comes,
            Err(Taken) => self.try_enter_by_queue(),
        };
        comes.then(|| Admitted { admission: self, since: now })
    }

    #[cold]
    fn try_enter_by_queue(&self) -> bool {
        self.lock().try_take()
    }

    /// Refuses everyone from now on, also those who wait. Those who are in stay in.
    pub fn close(&self) {
        let waiting = self.lock().close();
        waiting.into_iter().for_each(Waker::wake);
    }

    /// How many may be in at present. Of a limit that moves, more may be in for a while.
    #[must_use]
    pub fn limit(&self) -> usize {
        self.door.limit().unwrap_or_else(|| self.lock().limit())
    }

    /// How many are in.
    #[must_use]
    pub fn inside(&self) -> usize {
        self.door.inside().unwrap_or_else(|Taken| self.lock().inside())
    }

    /// How many wait.
    #[must_use]
    pub fn waiting(&self) -> usize {
        // While the number is at the door, nobody waits.
        self.door.inside().map_or_else(|Taken| self.lock().waiting(), |_| 0)
    }

    /// A stay is over. How it ended says what is learned from it.
    #[inline]
    fn leave(&self, stay: Stay) {
        if self.door.leave() == Err(Taken) {
            self.leave_by_queue(stay);
        } else if stay.end != End::Unused {
            self.door.learn(stay.took(), stay.end);
        }
    }

    #[cold]
    fn leave_by_queue(&self, stay: Stay) {
        let now = stay.until();
        let took = Duration::from_nanos(stay.took());
        let to_wake = self.lock().leave(self.since_epoch(now), took, stay.end);
        to_wake.into_iter().for_each(Waker::wake);
    }

    /// A place that was granted and never used.
    fn hand_back(&self) {
        self.leave(Stay::unused(Moment::now()));
    }
}

/// The queue, by one who has the lock, and with it how many are in.
struct Locked<'a> {
    door: &'a Door,
    queue: MutexGuard<'a, Queue<Waker>>,
}

impl Deref for Locked<'_> {
    type Target = Queue<Waker>;

    fn deref(&self) -> &Self::Target {
        &self.queue
    }
}

impl DerefMut for Locked<'_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.queue
    }
}

impl Drop for Locked<'_> {
    /// Before the lock is free.
    fn drop(&mut self) {
        if let Some((inside, known)) = self.queue.rest() {
            self.door.put_back(inside, known);
        }
    }
}

/// Waits to come in. Dropping it gives up the place in the queue.
#[derive(Debug)]
#[must_use = "a future does nothing until it is polled"]
pub struct Enter<'a> {
    admission: &'a Admission,
    deadline: Moment,
    ticket: Option<u64>,
}

impl<'a> Future for Enter<'a> {
    type Output = Result<Admitted<'a>, Refused>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let admission = this.admission;
        let now = Moment::now();
        if this.ticket.is_none() && admission.door.try_enter() == Ok(true) {
            return Poll::Ready(Ok(Admitted { admission, since: now }));
        }
        let since = admission.since_epoch(now);
        let deadline = admission.since_epoch(this.deadline);
        let mut queue = admission.lock();
        let answer = match this.ticket {
            Some(ticket) => Some(queue.ask(ticket)),
            None => queue.arrive(since, deadline),
        };
        let answer = match answer {
            Some(Answer::Wait(ticket))
                if queue.who(ticket).is_some_and(|who| who.will_wake(cx.waker())) =>
            {
                return Poll::Pending;
            }
            Some(answer @ (Answer::Come | Answer::Go(_))) => {
                drop(queue);
                answer
            }
            Some(Answer::Wait(_)) | None => {
                drop(queue);
                // A clone runs code of others, so it is made between two looks at the queue.
                let who = cx.waker().clone();
                let (answer, _old) = match this.ticket {
                    Some(ticket) => {
                        let (answer, old) = admission.lock().move_to(ticket, who);
                        (answer, Some(old))
                    }
                    None => admission.lock().enter(since, deadline, who),
                };
                answer
            }
        };
        match answer {
            Answer::Wait(ticket) => {
                this.ticket = Some(ticket);
                Poll::Pending
            }
            Answer::Come => {
                this.ticket = None;
                Poll::Ready(Ok(Admitted { admission, since: now }))
            }
            Answer::Go(refused) => {
                this.ticket = None;
                Poll::Ready(Err(refused))
            }
        }
    }
}

impl Drop for Enter<'_> {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket.take() {
            let (own, was_granted) = self.admission.lock().give_up(ticket);
            if was_granted {
                self.admission.hand_back();
            }
            // With the lock free: this may run code of others.
            drop(own);
        }
    }
}

#[cfg(test)]
#[cfg(not(any(loom, shuttle)))]
mod tests {
    use super::*;
    use crate::nosy::Nosy;
    use std::sync::Arc;

    /// An executor may do anything when it clones, drops or wakes: for one, look who is in.
    #[tokio::test(start_paused = true)]
    async fn no_code_of_a_waker_runs_under_the_lock() {
        let admission = Arc::new(Admission::new(NonZeroUsize::MIN, 2));
        let far = Moment::now() + MS(60_000);
        let poll = |enter: &mut Enter<'_>| {
            let looks_at = Arc::clone(&admission);
            let (waker, seen) = Nosy::waker(move || looks_at.queue.try_lock().is_ok());
            let ready = Pin::new(enter).poll(&mut Context::from_waker(&waker)).is_ready();
            drop(waker);
            assert!(!seen.found_it_locked());
            (ready, seen)
        };
        let inside = admission.try_enter(Moment::now()).unwrap();
        let mut waits = [(); 5].map(|()| admission.enter(far));
        let mut seen = Vec::new();
        for enter in &mut waits[..2] {
            // Arrives, and is moved to another waker.
            seen.extend([poll(enter).1, poll(enter).1]);
        }
        assert!(poll(&mut waits[2]).0, "the queue was full");
        drop(inside);
        seen.push(poll(&mut waits[3]).1);
        let [first, mut second, _, third, mut last] = waits;
        // Given up while granted and while waiting, refused, and looked at once granted.
        drop(first);
        drop(third);
        seen.push(poll(&mut last).1);
        admission.close();
        assert!(poll(&mut last).0 && poll(&mut second).0);
        drop((second, last));
        for seen in seen {
            assert!(seen.looked() > 0 && !seen.found_it_locked());
        }
        assert_eq!((admission.inside(), admission.waiting()), (0, 0));
    }

    const MS: fn(u64) -> Duration = Duration::from_millis;

    fn poll<'a>(enter: &mut Enter<'a>) -> Poll<Result<Admitted<'a>, Refused>> {
        Pin::new(enter).poll(&mut Context::from_waker(Waker::noop()))
    }

    /// Rule 10: refused at once when the queue is full, and told when to come back.
    #[tokio::test(start_paused = true)]
    async fn a_full_queue_refuses_at_once_and_says_when_to_come_back() {
        let admission = Admission::new(NonZeroUsize::MIN, 1);
        let far = Moment::now() + MS(10_000);
        // One that took 100 ms, to learn from.
        let first = admission.try_enter(Moment::now()).unwrap();
        tokio::time::advance(MS(100)).await;
        drop(first);
        let _inside = admission.try_enter(Moment::now()).unwrap();
        let mut waits = admission.enter(far);
        assert!(poll(&mut waits).is_pending());
        let Poll::Ready(Err(Refused::Full { retry_after })) = poll(&mut admission.enter(far))
        else {
            panic!("the queue was full");
        };
        assert_eq!(retry_after, MS(200));
    }

    /// Rule 10: whoever can no longer make it is sent away before work is spent on them.
    #[tokio::test(start_paused = true)]
    async fn who_can_no_longer_make_it_is_sent_away() {
        let admission = Admission::new(NonZeroUsize::MIN, 10);
        let first = admission.try_enter(Moment::now()).unwrap();
        let mut short = admission.enter(Moment::now() + MS(150));
        let mut long = admission.enter(Moment::now() + MS(1_000));
        assert!(poll(&mut short).is_pending() && poll(&mut long).is_pending());
        tokio::time::advance(MS(100)).await;
        // Now it is known that one takes 100 ms, and the first in the queue has only 50 left.
        drop(first);
        assert!(matches!(poll(&mut short), Poll::Ready(Err(Refused::Full { .. }))));
        assert!(matches!(poll(&mut long), Poll::Ready(Ok(_))));
    }

    #[tokio::test(start_paused = true)]
    async fn once_there_is_a_jam_the_newest_goes_first() {
        let admission = Admission::new(NonZeroUsize::MIN, 10);
        let far = Moment::now() + MS(60_000);
        let learned = admission.try_enter(Moment::now()).unwrap();
        tokio::time::advance(MS(10)).await;
        drop(learned);

        let inside = admission.try_enter(Moment::now()).unwrap();
        let (mut old, mut new) = (admission.enter(far), admission.enter(far));
        assert!(poll(&mut old).is_pending());
        tokio::time::advance(MS(5)).await;
        assert!(poll(&mut new).is_pending());
        drop(inside);
        // Nobody has waited for longer than one takes: first come, first served.
        let Poll::Ready(Ok(inside)) = poll(&mut old) else { panic!("the old one's turn") };

        let mut newest = admission.enter(far);
        tokio::time::advance(MS(50)).await;
        assert!(poll(&mut newest).is_pending());
        drop(inside);
        assert!(poll(&mut new).is_pending(), "it has waited for 50 ms: a jam");
        assert!(matches!(poll(&mut newest), Poll::Ready(Ok(_))));
    }

    /// As an executor does that moves a task.
    #[tokio::test(start_paused = true)]
    async fn whoever_polled_last_is_woken() {
        let admission = Admission::new(NonZeroUsize::MIN, 1);
        let (first, second) = (Nosy::waker(|| true), Nosy::waker(|| true));
        let inside = admission.try_enter(Moment::now()).unwrap();
        let mut enter = admission.enter(Moment::now() + MS(60_000));
        for waker in [&first.0, &second.0, &second.0] {
            assert!(Pin::new(&mut enter).poll(&mut Context::from_waker(waker)).is_pending());
        }
        drop(inside);
        assert_eq!((first.1.looked(), second.1.looked()), (0, 1));
    }

    /// Rule 10: who makes it to the moment makes it.
    #[tokio::test(start_paused = true)]
    async fn who_has_just_enough_time_left_comes_in() {
        for (left, comes) in [(100, true), (99, false)] {
            let admission = Admission::new(NonZeroUsize::MIN, 10);
            let learned = admission.try_enter(Moment::now()).unwrap();
            tokio::time::advance(MS(100)).await;
            let mut enter = admission.enter(Moment::now() + MS(left));
            assert!(poll(&mut enter).is_pending());
            learned.done();
            assert_eq!(matches!(poll(&mut enter), Poll::Ready(Ok(_))), comes, "{left} ms left");
        }
    }

    fn takes_100_ms(admission: &Admission) {
        let now = Moment::now();
        admission.try_enter(now).unwrap().done_at(now + MS(100));
    }

    /// Whoever has waited for as long as one takes has not waited for longer.
    #[tokio::test(start_paused = true)]
    async fn it_is_no_jam_before_somebody_waits_for_longer_than_one_takes() {
        for (waited, oldest_first) in [(100, true), (101, false)] {
            let admission = Admission::new(NonZeroUsize::MIN, 10);
            let far = Moment::now() + MS(60_000);
            takes_100_ms(&admission);
            let inside = admission.try_enter(Moment::now()).unwrap();
            let (mut old, mut new) = (admission.enter(far), admission.enter(far));
            assert!(poll(&mut old).is_pending());
            tokio::time::advance(MS(waited)).await;
            assert!(poll(&mut new).is_pending());
            inside.hand_back();
            assert_eq!(poll(&mut old).is_ready(), oldest_first, "{waited} ms");
        }
    }

    /// In a jam, too, whoever cannot make it any more is told before others come in.
    #[tokio::test(start_paused = true)]
    async fn in_a_jam_the_oldest_is_told_first_when_its_time_is_up() {
        let admission = Admission::new(NonZeroUsize::MIN, 10);
        takes_100_ms(&admission);
        let inside = admission.try_enter(Moment::now()).unwrap();
        let mut old = admission.enter(Moment::now() + MS(250));
        assert!(poll(&mut old).is_pending());
        tokio::time::advance(MS(200)).await;
        let mut new = admission.enter(Moment::now() + MS(60_000));
        assert!(poll(&mut new).is_pending());
        inside.hand_back();
        assert!(matches!(poll(&mut old), Poll::Ready(Err(Refused::Full { .. }))));
        assert!(matches!(poll(&mut new), Poll::Ready(Ok(_))));
    }

    #[tokio::test(start_paused = true)]
    async fn a_place_granted_to_someone_who_left_goes_to_the_next() {
        let admission = Admission::new(NonZeroUsize::MIN, 10);
        let far = Moment::now() + MS(60_000);
        let inside = admission.try_enter(Moment::now()).unwrap();
        let (mut first, mut second) = (admission.enter(far), admission.enter(far));
        assert!(poll(&mut first).is_pending() && poll(&mut second).is_pending());
        drop(inside);
        drop(first);
        let Poll::Ready(Ok(inside)) = poll(&mut second) else { panic!("its turn") };
        assert_eq!((admission.inside(), admission.waiting()), (1, 0));
        drop(inside);
        assert_eq!((admission.inside(), admission.waiting()), (0, 0));
    }

    /// What was not used says nothing about how long one takes.
    #[tokio::test(start_paused = true)]
    async fn a_place_handed_back_unused_teaches_nothing() {
        let admission = Admission::new(NonZeroUsize::MIN, 10);
        let learned = admission.try_enter(Moment::now()).unwrap();
        tokio::time::advance(MS(100)).await;
        drop(learned);
        for _ in 0..100 {
            admission.try_enter(Moment::now()).unwrap().hand_back();
        }
        let _inside = admission.try_enter(Moment::now()).unwrap();
        // One takes 100 ms, so this one would need 200.
        let mut late = admission.enter(Moment::now() + MS(150));
        assert!(matches!(poll(&mut late), Poll::Ready(Err(Refused::Full { .. }))));
        assert_eq!((admission.inside(), admission.waiting()), (1, 0));
    }

    /// A limit that has risen lets in those who wait; one that has fallen throws nobody out.
    #[tokio::test(start_paused = true)]
    async fn a_limit_that_moves_lets_in_more_or_nobody() {
        let target = MS(100);
        let settings = AdaptiveLimit::new(1, 10, Adaptation::Aimd { target }).unwrap();
        let admission = Admission::adaptive(settings, 10);
        let far = Moment::now() + MS(60_000);
        assert_eq!(admission.limit(), 1);
        let first = admission.try_enter(Moment::now()).unwrap();
        let mut waits = [(); 5].map(|()| admission.enter(far));
        assert!(waits.iter_mut().all(|enter| poll(enter).is_pending()));
        first.done();
        assert_eq!((admission.limit(), admission.inside(), admission.waiting()), (2, 2, 3));
        let mut waits = waits.iter_mut();
        let mut next = || match poll(waits.next().unwrap()) {
            Poll::Ready(Ok(admitted)) => admitted,
            other => panic!("its turn: {other:?}"),
        };
        next().done();
        let (second, third) = (next(), next());
        assert_eq!((admission.limit(), admission.inside(), admission.waiting()), (3, 3, 1));
        second.late();
        assert_eq!((admission.limit(), admission.inside(), admission.waiting()), (2, 2, 1));
        third.hand_back();
        let (fourth, fifth) = (next(), next());
        assert_eq!((admission.limit(), admission.inside(), admission.waiting()), (2, 2, 0));
        assert!(admission.try_enter(Moment::now()).is_none());
        drop((fourth, fifth));
        assert_eq!(admission.inside(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn once_closed_nobody_comes_in_and_nobody_waits() {
        let admission = Admission::new(NonZeroUsize::MIN, 10);
        let far = Moment::now() + MS(60_000);
        let inside = admission.try_enter(Moment::now()).unwrap();
        let mut waits = admission.enter(far);
        assert!(poll(&mut waits).is_pending());
        admission.close();
        assert!(matches!(poll(&mut waits), Poll::Ready(Err(Refused::Closed))));
        assert!(matches!(poll(&mut admission.enter(far)), Poll::Ready(Err(Refused::Closed))));
        drop(inside);
        assert!(admission.try_enter(Moment::now()).is_none());
        assert_eq!((admission.inside(), admission.waiting()), (0, 0));
    }
}
