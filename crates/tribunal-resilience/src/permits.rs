//! A counting semaphore in which a smaller priority number goes first, and nobody waits for ever.
//!
//! While there are permits enough it is one [`word`], and nothing else is touched. Who goes first when there are
//! not is decided in [`queue`], a plain state machine; this file adds the lock, the clock and the wakers.

#[cfg(test)]
#[cfg(loom)]
mod model;
mod owned;
mod queue;
mod word;

use std::future::Future;
use std::num::NonZeroUsize;
use std::pin::Pin;
use std::sync::PoisonError;
use std::task::{Context, Poll, Waker};

use crate::Moment;
use thiserror::Error;

pub use self::owned::OwnedPermit;

use crate::sync::{Mutex, MutexGuard};
use queue::{Asked, Left, Queue, Ticket};
use word::Word;

/// So many at a time. The smaller priority number goes first; each 100 ms of waiting make up for one number.
#[derive(Debug)]
pub struct Permits {
    word: Word,
    epoch: Moment,
    queue: Mutex<Queue<Waker>>,
}

/// As many wait already as may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("as many wait already as may")]
pub struct QueueFull;

impl Permits {
    /// So many at a time, at most half of what a `usize` can hold; any number may wait.
    #[must_use]
    pub fn new(limit: NonZeroUsize) -> Self {
        Self::with_queue(limit, usize::MAX)
    }

    /// So many at a time, and so many may wait.
    #[must_use]
    pub fn with_queue(limit: NonZeroUsize, most_waiting: usize) -> Self {
        let queue = Mutex::new(Queue::new(most_waiting));
        Self { word: Word::new(limit.get()), epoch: Moment::now(), queue }
    }

    fn lock(&self) -> MutexGuard<'_, Queue<Waker>> {
        // No code of others runs under the lock, so a poisoned one is still consistent.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A permit, if one is free and nobody waits.
    #[inline]
    #[must_use]
    pub fn try_acquire(&self) -> Option<Permit<'_>> {
        self.word.try_take().then(|| Permit { permits: self })
    }

    /// A permit, as soon as it is one's turn. Dropping the future gives up the place in the queue.
    pub fn acquire(&self, priority: u8) -> Acquire<'_> {
        Acquire { permits: self, priority, ticket: None }
    }

    /// Whether somebody waits. Who has a permit and needs it again may keep it while nobody does: while somebody
    /// does, giving it back and asking again is what keeps the order. Costs a glance, and may be out of date.
    #[inline]
    #[must_use]
    pub fn is_contended(&self) -> bool {
        self.word.is_waited_for()
    }

    /// How many are free. While somebody waits there may be one for an instant, on its way to them.
    #[must_use]
    pub fn free(&self) -> usize {
        self.word.free()
    }

    /// How many wait.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.lock().waiting()
    }

    /// How many there are.
    #[must_use]
    pub const fn limit(&self) -> usize {
        self.word.limit()
    }

    #[inline]
    fn release(&self) {
        if self.word.give() {
            self.hand_over();
        }
    }

    /// What was given back goes to the first in line, if there is anybody yet.
    #[cold]
    fn hand_over(&self) {
        let next = self.lock().hand_over(&self.word);
        if let Some(waker) = next {
            waker.wake();
        }
    }
}

/// The right to be one of so many. Dropping it hands it to the next in line.
#[derive(Debug)]
#[must_use = "a permit lasts as long as it is kept"]
pub struct Permit<'a> {
    permits: &'a Permits,
}

impl Permit<'_> {
    /// The same permit, borrowed from where it came from for longer or shorter than before. It is held all the while.
    ///
    /// # Errors
    ///
    /// The permit itself, untouched, when it did not come from `permits`.
    #[inline]
    pub fn of(self, permits: &Permits) -> Result<Permit<'_>, Self> {
        if !std::ptr::eq(self.permits, permits) {
            return Err(self);
        }
        // What it held is held by the other one from here on.
        std::mem::forget(self);
        Ok(Permit { permits })
    }
}

impl Drop for Permit<'_> {
    #[inline]
    fn drop(&mut self) {
        self.permits.release();
    }
}

/// Waits for a permit: `Err` when the queue was full already.
#[derive(Debug)]
#[must_use = "a future does nothing until it is polled"]
pub struct Acquire<'a> {
    permits: &'a Permits,
    priority: u8,
    ticket: Option<Ticket>,
}

impl<'a> Future for Acquire<'a> {
    type Output = Result<Permit<'a>, QueueFull>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let permits = this.permits;
        if this.ticket.is_none()
            && let Some(permit) = permits.try_acquire()
        {
            return Poll::Ready(Ok(permit));
        }
        let mut queue = permits.lock();
        if this.ticket.is_some_and(|ticket| queue.claim(ticket)) {
            this.ticket = None;
            return Poll::Ready(Ok(Permit { permits }));
        }
        match this.ticket.and_then(|ticket| queue.who(ticket)) {
            Some(who) if who.will_wake(cx.waker()) => return Poll::Pending,
            None if queue.is_full() => return Poll::Ready(Err(QueueFull)),
            _ => drop(queue),
        }
        // A clone runs code of others, so it is made between two looks at the queue.
        let who = cx.waker().clone();
        let now = permits.epoch.elapsed();
        let asked = match this.ticket {
            Some(ticket) => permits.lock().move_to(ticket, who),
            None => permits.lock().enter(&permits.word, now, this.priority, who),
        };
        // The lock is free again; what is left of wakers goes here.
        match asked {
            Asked::Granted(_) => {
                this.ticket = None;
                Poll::Ready(Ok(Permit { permits }))
            }
            Asked::Waits(ticket, _) => {
                this.ticket = Some(ticket);
                Poll::Pending
            }
            Asked::Full(_) => Poll::Ready(Err(QueueFull)),
        }
    }
}

impl Drop for Acquire<'_> {
    fn drop(&mut self) {
        let Some(ticket) = self.ticket.take() else { return };
        let Left { own, next } = self.permits.lock().leave(&self.permits.word, ticket);
        // Before its own waker goes, which runs code of others.
        if let Some(waker) = next {
            waker.wake();
        }
        drop(own);
    }
}

#[cfg(test)]
#[cfg(not(any(loom, shuttle)))]
mod tests {
    use super::*;
    use crate::nosy::Nosy;
    use std::sync::Arc;
    use std::task::Waker;
    use std::time::Duration;

    /// An executor may do anything when it clones, drops or wakes: for one, look at the permits.
    #[tokio::test(start_paused = true)]
    async fn no_code_of_a_waker_runs_under_the_lock() {
        let permits = Arc::new(Permits::with_queue(NonZeroUsize::MIN, 2));
        let nosy = || {
            let permits = Arc::clone(&permits);
            Nosy::waker(move || permits.queue.try_lock().is_ok())
        };
        let poll = |acquire: &mut Acquire<'_>| {
            let (waker, watch) = nosy();
            let ready = Pin::new(acquire).poll(&mut Context::from_waker(&waker)).is_ready();
            drop(waker);
            assert!(!watch.found_it_locked());
            (ready, watch)
        };
        let held = permits.try_acquire().unwrap();
        let (mut first, mut second) = (permits.acquire(1), permits.acquire(2));
        let (mut third, mut fourth) = (permits.acquire(3), permits.acquire(4));
        let mut watches = vec![poll(&mut first).1, poll(&mut second).1];
        // Refused, moved to another waker twice, granted, given up while granted and while waiting.
        assert!(poll(&mut third).0);
        watches.extend([poll(&mut first).1, poll(&mut first).1]);
        drop(held);
        watches.extend([poll(&mut third).1, poll(&mut fourth).1]);
        drop(first);
        assert!(poll(&mut second).0);
        drop(third);
        drop(fourth);
        for watch in watches {
            assert!(watch.looked() > 0 && !watch.found_it_locked());
        }
        assert_eq!((permits.free(), permits.waiting()), (1, 0));
    }

    fn one() -> Permits {
        Permits::new(NonZeroUsize::MIN)
    }

    #[tokio::test(start_paused = true)]
    async fn it_says_how_many_there_are_and_how_many_wait() {
        let permits = Permits::new(NonZeroUsize::new(2).unwrap());
        assert_eq!((permits.limit(), permits.free(), permits.waiting()), (2, 2, 0));
        let held = [(); 2].map(|()| permits.try_acquire().unwrap());
        let mut waits = [1, 1, 9].map(|priority| permits.acquire(priority));
        assert!(waits.iter_mut().all(|acquire| poll(acquire).is_pending()));
        assert_eq!((permits.limit(), permits.free(), permits.waiting()), (2, 0, 3));
        drop(held);
        assert_eq!((permits.free(), permits.waiting()), (0, 1));
    }

    /// As an executor does that moves a task, or asks it again for another reason.
    #[tokio::test(start_paused = true)]
    async fn whoever_polled_last_is_woken_and_may_poll_again() {
        let permits = Permits::with_queue(NonZeroUsize::MIN, 1);
        let (first, second) = (Nosy::waker(|| true), Nosy::waker(|| true));
        let held = permits.try_acquire().unwrap();
        let mut acquire = permits.acquire(1);
        let mut ask = |waker: &Waker| {
            let answer = Pin::new(&mut acquire).poll(&mut Context::from_waker(waker));
            assert!(answer.is_pending(), "the queue is full of this one alone");
        };
        ask(&first.0);
        ask(&second.0);
        ask(&second.0);
        drop(held);
        assert_eq!((first.1.looked(), second.1.looked()), (0, 1));
    }

    fn poll<'a>(acquire: &mut Acquire<'a>) -> Poll<Result<Permit<'a>, QueueFull>> {
        Pin::new(acquire).poll(&mut Context::from_waker(Waker::noop()))
    }

    /// Rule 3: under contention a smaller priority number goes first.
    #[tokio::test(start_paused = true)]
    async fn the_smaller_priority_number_goes_first() {
        let permits = one();
        let held = permits.try_acquire().unwrap();
        let mut low = permits.acquire(9);
        let mut high = permits.acquire(1);
        assert!(poll(&mut low).is_pending() && poll(&mut high).is_pending());
        drop(held);
        assert!(poll(&mut low).is_pending());
        assert!(poll(&mut high).is_ready());
    }

    /// Rule 3: nothing starves.
    #[tokio::test(start_paused = true)]
    async fn who_has_waited_long_enough_goes_before_the_important() {
        let permits = one();
        let held = permits.try_acquire().unwrap();
        let mut low = permits.acquire(9);
        assert!(poll(&mut low).is_pending());
        tokio::time::advance(Duration::from_millis(801)).await;
        let mut high = permits.acquire(1);
        assert!(poll(&mut high).is_pending());
        drop(held);
        assert!(poll(&mut high).is_pending());
        assert!(poll(&mut low).is_ready());
    }

    /// Rule 8: freed on every path; here, a waiter that was granted one and is dropped before it looks.
    #[tokio::test(start_paused = true)]
    async fn a_permit_granted_to_someone_who_left_goes_to_the_next() {
        let permits = one();
        let held = permits.try_acquire().unwrap();
        let mut first = permits.acquire(5);
        let mut second = permits.acquire(5);
        assert!(poll(&mut first).is_pending() && poll(&mut second).is_pending());
        drop(held);
        drop(first);
        assert!(poll(&mut second).is_ready());
        drop(second);
        assert_eq!((permits.free(), permits.waiting()), (1, 0));
    }

    /// Nobody slips past those who wait.
    #[tokio::test(start_paused = true)]
    async fn a_newcomer_does_not_overtake_who_was_granted() {
        let permits = one();
        let held = permits.try_acquire().unwrap();
        let mut waiting = permits.acquire(9);
        assert!(poll(&mut waiting).is_pending());
        drop(held);
        assert!(permits.try_acquire().is_none());
        assert!(poll(&mut waiting).is_ready());
    }

    #[tokio::test(start_paused = true)]
    async fn whether_somebody_waits_is_told_until_nobody_does() {
        let permits = one();
        let held = permits.try_acquire().unwrap();
        assert!(!permits.is_contended(), "in use, and nobody waits");
        let (mut first, mut second) = (permits.acquire(1), permits.acquire(2));
        assert!(poll(&mut first).is_pending() && poll(&mut second).is_pending());
        drop(held);
        assert!(permits.is_contended(), "the second");
        drop(second);
        assert!(!permits.is_contended());
        assert!(poll(&mut first).is_ready());
    }

    #[tokio::test(start_paused = true)]
    async fn where_nobody_may_wait_a_permit_that_comes_back_is_free() {
        let permits = Permits::with_queue(NonZeroUsize::MIN, 0);
        let held = permits.try_acquire().unwrap();
        assert!(matches!(poll(&mut permits.acquire(1)), Poll::Ready(Err(QueueFull))));
        assert!(!permits.is_contended());
        drop(held);
        assert!(permits.try_acquire().is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_queue_refuses_at_once() {
        let permits = Permits::with_queue(NonZeroUsize::MIN, 1);
        let _held = permits.try_acquire().unwrap();
        let mut first = permits.acquire(5);
        assert!(poll(&mut first).is_pending());
        assert!(matches!(poll(&mut permits.acquire(1)), Poll::Ready(Err(QueueFull))));
        drop(first);
        assert!(poll(&mut permits.acquire(5)).is_pending());
    }
}
