//! One run: every critic at once, until each has its outcome or the deadline comes.
//!
//! All waits end at the deadline, in [`Run::outcomes`], where the run's only timer is. Foreign code is called
//! in two places, [`Run::call`] for critics and [`Run::answer`] for hooks, and is contained in both.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use tokio::time::sleep_until;
use tribunal_clock::Moment;
use tribunal_core::{
    Answer, Before, Contained, CriticError, Failure, FailureKind, HookError, Lease, Opinion,
    Outcome, Outcomes, Panicked, Reason, RunEvent, Source, Status, TimeoutLevel, View, calls_for,
    contain,
};

use crate::OrchestratorV2;
use crate::orchestrator::Seat;

type Said = Result<Opinion, CriticError>;

/// A critic that has been called and has not answered yet.
struct Waiting<'a> {
    answer: Contained<BoxFuture<'a, Said>>,
    since: Moment,
}

/// Why foreign code gave no answer.
enum Unheard {
    Panicked,
    Late,
}

pub(crate) struct Run<'a> {
    engine: &'a OrchestratorV2,
    view: View<'a>,
    deadline: Moment,
}

impl<'a> Run<'a> {
    pub(crate) const fn new(engine: &'a OrchestratorV2, view: View<'a>, deadline: Moment) -> Self {
        Self { engine, view, deadline }
    }

    /// Every outcome, in the order of the critics, and what the time is then. `now` is what it is before.
    pub(crate) async fn outcomes(&self, now: Moment) -> (Outcomes, Moment) {
        let seats = &self.engine.seats;
        let mut clock = now;
        let mut outcomes = Outcomes::missing(seats.len());
        let mut waiting = FuturesUnordered::new();
        // Moved into the closure: by a shared reference the run could not be sent to another thread.
        let (mut all, now, queue) = (seats.iter().zip(&mut *outcomes), &mut clock, &mut waiting);
        poll_fn(move |cx| {
            for (seat, place) in all.by_ref() {
                if !self.engine.hooks.is_empty() {
                    queue.push(self.attend(seat, place, None));
                } else if let Some(called) = self.call(seat, now, place, Some(cx)) {
                    queue.push(self.attend(seat, place, Some(called)));
                } else {
                    // The quick way: no timer, no allocation.
                    self.settle(seat, place);
                }
            }
            Poll::Ready(())
        })
        .await;
        if !waiting.is_empty() {
            let mut timer = pin!(sleep_until(self.deadline.instant()));
            poll_fn(|cx| {
                while ready_some(waiting.poll_next_unpin(cx)) {}
                if waiting.is_empty() {
                    return Poll::Ready(());
                }
                ready!(timer.as_mut().poll(cx));
                // The deadline has come: whatever is polled now ends, see `Run::within`.
                for job in Pin::new(&mut waiting).iter_pin_mut() {
                    let _ = job.poll(cx);
                }
                Poll::Ready(())
            })
            .await;
            clock = Moment::now();
        }
        drop(waiting);
        for (seat, place) in seats.iter().zip(&mut *outcomes) {
            if place.is_missing() {
                *place = self.timed_out();
                self.settle(seat, place);
            }
        }
        (outcomes, clock)
    }

    /// One critic with the hooks around it. The outcome is in its place before the `after` hooks see it:
    /// none of them can lose it.
    async fn attend(&self, seat: &'a Seat, place: &mut Outcome, called: Option<Waiting<'a>>) {
        // Kept until the `after` hooks were called: see `Lease`.
        let mut leases = Vec::new();
        let mut outcome = Outcome::missing();
        match called {
            Some(called) => self.finish(seat, called, &mut outcome).await,
            None => match self.cached(seat, &mut leases).await {
                Some(cached) => outcome = cached,
                None => {
                    let called = self.call(seat, &mut Moment::now(), &mut outcome, None);
                    if let Some(called) = called {
                        self.finish(seat, called, &mut outcome).await;
                    }
                }
            },
        }
        *place = self.or_fallback(seat, outcome).await;
        self.settle(seat, place);
        for hook in &self.engine.hooks {
            self.answer(|| hook.after(&seat.info, self.view, place)).await;
        }
        drop(leases);
    }

    /// Calls a critic, unless it is too late for that: what can be done at once is done, and polling its future
    /// a first time is part of that where there is a context. `clock` is now, before and after.
    fn call(
        &self,
        seat: &'a Seat,
        clock: &mut Moment,
        out: &mut Outcome,
        cx: Option<&mut Context<'_>>,
    ) -> Option<Waiting<'a>> {
        let since = *clock;
        if since >= self.deadline {
            *out = self.timed_out();
            return None;
        }
        self.engine.emit(RunEvent::CriticStarted { critic: &seat.info, attempt: 1 });
        // Both outside of the boundary for panics: a future that is dropped while one passes by would end the process
        // with a second one, and an answer is one although what gave it panics when it is dropped.
        let (mut future, mut said) = (None, None);
        let called = contain(|| match seat.critic.review(self.view) {
            Answer::Now(now) => said = Some(now),
            Answer::Later(later) => {
                let later = future.insert(later);
                if let Some(cx) = cx
                    && let Poll::Ready(now) = later.as_mut().poll(cx)
                {
                    said = Some(now);
                    future = None;
                }
            }
        });
        let answer = future.map(Contained::new);
        let said = match (said, called, answer) {
            (Some(said), ..) => Ok(said),
            (None, Ok(()), Some(answer)) => {
                // Its first poll may have taken its time.
                *clock = Moment::now();
                return Some(Waiting { answer, since });
            }
            (None, ..) => Err(Unheard::Panicked),
        };
        *clock = self.outcome(seat, since, said, out);
        None
    }

    async fn finish(&self, seat: &'a Seat, called: Waiting<'a>, out: &mut Outcome) {
        let Waiting { answer, since } = called;
        let said = self.within(answer).await;
        self.outcome(seat, since, said, out);
    }

    /// What became of a critic that was called, into its place; gives what the time is now.
    fn outcome(
        &self,
        seat: &Seat,
        since: Moment,
        said: Result<Said, Unheard>,
        out: &mut Outcome,
    ) -> Moment {
        let now = Moment::now();
        let mut cost = seat.info.cost;
        match said {
            Err(Unheard::Panicked) => *out = failed(FailureKind::Panic, String::new()),
            // A poll cannot be interrupted, so an answer can be late, and what is late is no answer.
            Err(Unheard::Late) => *out = self.timed_out(),
            Ok(late) if now >= self.deadline => {
                late.into_iter().for_each(Opinion::discard);
                *out = self.timed_out();
            }
            Ok(Err(CriticError::Transient { message, .. })) => {
                *out = failed(FailureKind::Transient, message);
            }
            Ok(Err(CriticError::Input(message))) => *out = failed(FailureKind::Input, message),
            Ok(Err(error)) => *out = failed(FailureKind::Permanent, error.to_string()),
            Ok(Ok(opinion)) => {
                let stated = opinion.cost.filter(|cost| cost.is_finite() && *cost >= 0.0);
                cost = stated.unwrap_or(cost);
                if opinion.is_sound() {
                    out.status = Status::Success;
                    out.opinion = Some(opinion);
                } else {
                    let faults = opinion.faults();
                    *out = Outcome::without(opinion.refused(faults));
                }
            }
        }
        out.attempts = 1;
        out.took_nanos(now.nanos_since(since));
        out.cost = cost;
        // All of them have their turn when the run is called.
        out.begin_at(Duration::ZERO);
        now
    }

    /// The opinion of a hook that has one already, or waits for one. What hooks want kept goes to the leases.
    async fn cached(&self, seat: &'a Seat, leases: &mut Vec<Lease>) -> Option<Outcome> {
        for hook in &self.engine.hooks {
            let said = self.answer(|| hook.before(&seat.info, self.view)).await;
            let said = match said.unwrap_or_default() {
                Before::Wait(future) => {
                    self.answer(|| Answer::Later(future)).await.unwrap_or_default().into()
                }
                said => said,
            };
            let given = match said {
                Before::Answer(opinion) => Some(opinion),
                Before::Hold(lease) => {
                    leases.push(lease);
                    None
                }
                Before::Proceed | Before::Wait(_) => None,
            };
            if let Some(opinion) = given.and_then(|opinion| self.checked(opinion)) {
                if self.is_over() {
                    break;
                }
                let mut outcome = Outcome::success(opinion);
                outcome.source = Source::Cache;
                outcome.begin_at(Duration::ZERO);
                return Some(outcome);
            }
        }
        None
    }

    /// The same outcome, or what a hook has for the worst case. Why it was needed stays in the report.
    async fn or_fallback(&self, seat: &Seat, failed: Outcome) -> Outcome {
        if failed.opinion.is_some() || failed.attempts == 0 || self.engine.hooks.is_empty() {
            return failed;
        }
        let mut outcome = failed;
        outcome.calls_for = calls_for(&seat.info, &outcome);
        for hook in &self.engine.hooks {
            let given = self.answer(|| hook.on_failure(&seat.info, self.view, &outcome)).await;
            if let Some(opinion) = given.flatten().and_then(|opinion| self.checked(opinion)) {
                outcome.cost += opinion.cost.unwrap_or(0.0);
                outcome.status = Status::Success;
                outcome.source = Source::Fallback;
                outcome.opinion = Some(opinion);
                break;
            }
        }
        outcome
    }

    /// An outcome is final: what it calls for is filled in, and observers hear of it.
    fn settle(&self, seat: &Seat, outcome: &mut Outcome) {
        outcome.calls_for = calls_for(&seat.info, outcome);
        self.engine.emit(RunEvent::Finished { critic: &seat.info, outcome });
    }

    /// What a hook answers; `None`, and counted, when it does not.
    async fn answer<'h, T: Unpin>(
        &self,
        hook: impl FnOnce() -> Answer<'h, Result<T, HookError>>,
    ) -> Option<T> {
        let answered = match contain(hook) {
            Ok(Answer::Now(answered)) => Ok(answered),
            Ok(Answer::Later(future)) => self.within(Contained::new(future)).await,
            Err(Panicked) => Err(Unheard::Panicked),
        };
        let answer = answered.ok().and_then(Result::ok);
        if answer.is_none() {
            self.hook_failed();
        }
        answer
    }

    /// A hook's opinion is trusted no more than a critic's.
    fn checked(&self, opinion: Opinion) -> Option<Opinion> {
        if opinion.is_sound() {
            return Some(opinion);
        }
        self.hook_failed();
        opinion.discard();
        None
    }

    fn hook_failed(&self) {
        self.engine.hook_failures.fetch_add(1, Ordering::Relaxed);
    }

    /// Waits until the deadline. A future begun after it is polled once: what is ready then still counts,
    /// so that a fallback at hand is there for a critic that ran out of time.
    ///
    /// Looks at the clock itself: a critic that is always busy uses up what the task may do before it has to
    /// give way, and the timer is not seen until the critic has ended.
    async fn within<T>(&self, mut future: Contained<BoxFuture<'_, T>>) -> Result<T, Unheard> {
        poll_fn(|cx| match Pin::new(&mut future).poll(cx) {
            Poll::Ready(answered) => Poll::Ready(answered.map_err(|Panicked| Unheard::Panicked)),
            Poll::Pending if self.is_over() => Poll::Ready(Err(Unheard::Late)),
            Poll::Pending => Poll::Pending,
        })
        .await
    }

    fn is_over(&self) -> bool {
        Moment::now() >= self.deadline
    }

    fn timed_out(&self) -> Outcome {
        Outcome::without(Reason::Timeout(TimeoutLevel::Run))
    }
}

fn failed(kind: FailureKind, message: String) -> Outcome {
    Outcome::without(Reason::Failed(Failure::new(kind, message)))
}

fn ready_some<T>(polled: Poll<Option<T>>) -> bool {
    matches!(polled, Poll::Ready(Some(_)))
}
