//! Critics of a stage that have to be waited for: polled when their run is, and cut off by one timer for all.
//!
//! A call that goes on lies here as it is, without a box or a timer of its own. What takes more than one call, or more
//! than waiting for one, is a future with timers of its own: queues, retries, hedges, hooks. Start at
//! [`Pending::poll`].

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, Stream};
use tokio::task::coop::has_budget_remaining;
use tokio::task::unconstrained;
use tokio::time::{Sleep, sleep_until};
use tribunal_core::Outcome;
use tribunal_resilience::Moment;

use crate::apart::Called;
use crate::call::InFlight;

/// What has timers of its own: gives a place and its outcome.
pub(crate) type Later<'r> = BoxFuture<'r, (usize, Outcome)>;

/// A wait that is over.
pub(crate) enum Ended<'r> {
    /// A call has answered; or its time is up.
    Call(Flight<'r>, Option<Called>),
    /// A critic has its outcome.
    Whole(usize, Outcome),
}

/// What one critic is waited for.
pub(crate) enum Wait<'r> {
    /// For its first call.
    Flight(Flight<'r>),
    Later(Later<'r>),
    /// For nothing any more.
    Over,
}

/// A critic's first call, which goes on.
pub(crate) struct Flight<'r> {
    pub(crate) place: usize,
    pub(crate) call: InFlight<'r>,
    /// Whether it has been polled by who waits for it.
    pub(crate) polled: bool,
}

impl<'r> Wait<'r> {
    fn take_flight(&mut self) -> Option<Flight<'r>> {
        match std::mem::replace(self, Self::Over) {
            Self::Flight(flight) => Some(flight),
            other => {
                *self = other;
                None
            }
        }
    }

    /// When its time is up, if it has no timer of its own.
    fn deadline(&self) -> Option<Moment> {
        match self {
            Self::Flight(flight) => Some(flight.call.about().deadline.at()),
            Self::Later(_) | Self::Over => None,
        }
    }
}

/// One that is over is pending for ever: it is not asked again.
impl<'r> Future for Wait<'r> {
    type Output = Ended<'r>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Ended<'r>> {
        match &mut *self {
            Self::Flight(flight) => {
                let called = ready!(Pin::new(&mut flight.call).poll(cx));
                let Some(flight) = self.take_flight() else { return Poll::Pending };
                Poll::Ready(Ended::Call(flight, Some(called)))
            }
            Self::Later(later) => {
                let (place, outcome) = ready!(later.as_mut().poll(cx));
                *self = Self::Over;
                Poll::Ready(Ended::Whole(place, outcome))
            }
            Self::Over => Poll::Pending,
        }
    }
}

/// So many are polled each time, whoever of them woke the run: that costs less than to find out who it was.
const FEW: usize = 30;

/// All who are waited for.
pub(crate) struct Pending<'r> {
    all: All<'r>,
    /// How many are not over.
    left: usize,
    /// The deadline that is next, of those that have no timer.
    next: Option<Moment>,
}

enum All<'r> {
    Few(Few<'r>),
    Many(FuturesUnordered<Wait<'r>>),
}

/// Polled one after the other, round and round.
struct Few<'r> {
    waits: Vec<Wait<'r>>,
    /// Whose turn it is.
    turn: usize,
    /// How many have not been polled this time.
    left: usize,
}

/// The timer of a run. What it was set for by one stage mostly does for the next: to be woken too early once costs less
/// than to be set again each time.
#[derive(Default)]
pub(crate) struct Alarm(Option<Pin<Box<Sleep>>>);

impl Alarm {
    fn poll(&mut self, until: Moment, cx: &mut Context<'_>) -> Poll<()> {
        let until = until.instant();
        let sleep = self.0.get_or_insert_with(|| Box::pin(sleep_until(until)));
        if sleep.deadline() > until {
            sleep.as_mut().reset(until);
        }
        ready!(ring(sleep.as_mut(), cx));
        if sleep.deadline() < until {
            sleep.as_mut().reset(until);
            ready!(ring(sleep.as_mut(), cx));
        }
        Poll::Ready(())
    }
}

/// Also when a critic that is always busy has used up what the task may do before it has to give way: it could keep
/// the timer from being seen for ever.
fn ring(sleep: Pin<&mut Sleep>, cx: &mut Context<'_>) -> Poll<()> {
    Pin::new(&mut unconstrained(sleep)).poll(cx)
}

impl<'r> Pending<'r> {
    /// Nobody yet, of so many at most.
    pub(crate) fn of(critics: usize) -> Self {
        let all = match critics <= FEW {
            true => All::Few(Few { waits: Vec::with_capacity(critics), turn: 0, left: 0 }),
            false => All::Many(FuturesUnordered::new()),
        };
        Self { all, left: 0, next: None }
    }

    pub(crate) fn push(&mut self, wait: Wait<'r>) {
        self.left += 1;
        self.next = earlier(self.next, wait.deadline());
        match &mut self.all {
            All::Few(few) => few.push(wait),
            All::Many(waits) => waits.push(wait),
        }
    }

    /// The run has been woken, by any of them.
    pub(crate) fn woken(&mut self) {
        if let All::Few(few) = &mut self.all {
            few.left = few.waits.len();
        }
    }

    /// One that is over: by an answer, or because its time is up. `None` when nobody is left.
    pub(crate) fn poll(
        &mut self,
        alarm: &mut Alarm,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Ended<'r>>> {
        loop {
            if self.left == 0 {
                return Poll::Ready(None);
            }
            if let Some(ended) = self.all.poll(cx) {
                self.left -= 1;
                return Poll::Ready(Some(ended));
            }
            let Some(next) = self.next else { return Poll::Pending };
            ready!(alarm.poll(next, cx));
            let now = Moment::now();
            if let Some(ended) = self.all.overdue(now) {
                self.left -= 1;
                return Poll::Ready(Some(ended));
            }
            self.next = self.all.deadlines();
        }
    }
}

impl<'r> All<'r> {
    /// The next answer, of those that have not been asked yet.
    fn poll(&mut self, cx: &mut Context<'_>) -> Option<Ended<'r>> {
        match self {
            All::Few(few) => few.poll(cx),
            All::Many(waits) => match Pin::new(waits).poll_next(cx) {
                Poll::Ready(ended) => ended,
                Poll::Pending => None,
            },
        }
    }

    /// One whose time is up.
    fn overdue(&mut self, now: Moment) -> Option<Ended<'r>> {
        let is_overdue = |wait: &Wait<'_>| wait.deadline().is_some_and(|deadline| deadline <= now);
        let wait = match self {
            All::Few(few) => few.waits.iter_mut().find(|wait| is_overdue(wait)),
            All::Many(waits) => waits.iter_mut().find(|wait| is_overdue(wait)),
        };
        Some(Ended::Call(wait?.take_flight()?, None))
    }

    /// The next deadline of those without a timer.
    fn deadlines(&self) -> Option<Moment> {
        match self {
            All::Few(few) => few.waits.iter().map(Wait::deadline).fold(None, earlier),
            All::Many(waits) => waits.iter().map(Wait::deadline).fold(None, earlier),
        }
    }
}

impl<'r> Few<'r> {
    fn push(&mut self, wait: Wait<'r>) {
        let polled = matches!(&wait, Wait::Flight(flight) if flight.polled);
        self.waits.push(wait);
        // In the middle of a round its turn would be counted as that of another, who would be left out.
        if !polled || self.left > 0 {
            self.left = self.waits.len();
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Option<Ended<'r>> {
        while let Some(left) = self.left.checked_sub(1) {
            self.left = left;
            let Some(wait) = self.waits.get_mut(self.turn) else {
                self.turn = 0;
                self.left += 1;
                continue;
            };
            self.turn += 1;
            if let Poll::Ready(ended) = Pin::new(wait).poll(cx) {
                return Some(ended);
            }
            if !has_budget_remaining() {
                // It has used up what the task may do before it has to give way: the others come first next time.
                self.left = 0;
                cx.waker().wake_by_ref();
            }
        }
        None
    }
}

fn earlier(one: Option<Moment>, other: Option<Moment>) -> Option<Moment> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}
