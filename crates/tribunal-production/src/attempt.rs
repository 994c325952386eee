//! One critic's execution once its gate is open: attempts, each within its limits and its time, and hooks.
//!
//! What can be done without waiting is done at once, in [`Execution::start`]; a future is made only for
//! what is left. Start there.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_core::future::BoxFuture;
use tokio::time::{Instant, sleep, timeout_at};
use tribunal_core::{
    Answer, Contained, CriticError, CriticInfo, Failure, FailureKind, Opinion, Outcome, Panicked,
    Reason, RunEvent, Source, Status, TimeoutLevel, calls_for, contain,
};
use tribunal_resilience::{AdmittedCall, BreakerState, CallResult, Deadline, Intervals};

use crate::hooks::{Time, Told};
use crate::limit::{Asked, Held, Limits};
use crate::run::Run;
use crate::validate::{Valid, validate};

/// One critic of one run, about to be executed.
#[derive(Clone, Copy)]
pub(crate) struct Execution<'r> {
    pub(crate) run: &'r Run<'r>,
    pub(crate) place: usize,
    pub(crate) info: &'r CriticInfo,
    pub(crate) limits: Limits<'r>,
}

/// An execution that is over, or one that has to be awaited.
pub(crate) enum Started<'r> {
    Done(Outcome),
    Later(BoxFuture<'r, Outcome>),
}

/// What an execution has used so far.
struct Ledger {
    entered: Instant,
    /// The clock as it was last read: one reading serves the end of a call and the start of the next.
    clock: Instant,
    attempts: u32,
    execution: Duration,
    cost: f64,
}

/// Where the loop of attempts is entered.
enum Entry<'r> {
    /// In the queue, with a token of so many buckets.
    Queue { tokens: usize },
    /// With an attempt that has been polled and is pending.
    InFlight(InFlight<'r>),
    /// With an attempt that has failed.
    Missed(Miss),
}

/// An attempt that is pending. Dropped in this order: first the critic's work, then its permits.
struct InFlight<'r> {
    future: Contained<BoxFuture<'r, Result<Opinion, CriticError>>>,
    admitted: Option<AdmittedCall<'r>>,
    _held: Held<'r>,
    started: Instant,
    deadline: Deadline<TimeoutLevel>,
}

/// An attempt without an opinion.
struct Miss {
    reason: Reason,
    again: Again,
}

/// Whether another attempt may help.
enum Again {
    No,
    Yes,
    NotBefore(Duration),
}

enum Step<'r> {
    Answered(Result<Opinion, Miss>),
    InFlight(InFlight<'r>),
}

impl<'r> Execution<'r> {
    /// Goes as far as it can without waiting. `clock` is now, and is set to what is now when it returns.
    pub(crate) fn start(self, clock: &mut Instant, cx: &mut Context<'_>) -> Started<'r> {
        let now = *clock;
        let mut ledger =
            Ledger { entered: now, clock: now, attempts: 0, execution: Duration::ZERO, cost: 0.0 };
        if !self.run.court.hooks.is_empty() {
            return Started::Later(Box::pin(self.with_hooks(ledger)));
        }
        if let Err(reason) = self.time_left(now).and_then(|()| self.not_broken(now)) {
            return Started::Done(self.close(&ledger, Err(reason)));
        }
        let entry = match self.limits.try_take(now) {
            Err(reason) => return Started::Done(self.close(&ledger, Err(reason))),
            Ok(Asked::Tokens(tokens)) => Entry::Queue { tokens },
            Ok(Asked::Held(held)) => {
                let step = match self.call(&mut ledger, held, now) {
                    Step::InFlight(flight) => self.poll_once(&mut ledger, flight, cx),
                    answered @ Step::Answered(_) => answered,
                };
                match step {
                    Step::InFlight(flight) => Entry::InFlight(flight),
                    Step::Answered(Err(miss)) if self.may_repeat(&ledger, &miss) => {
                        Entry::Missed(miss)
                    }
                    Step::Answered(result) => {
                        *clock = ledger.clock;
                        let result = result.map_err(|miss| miss.reason);
                        return Started::Done(self.close(&ledger, result));
                    }
                }
            }
        };
        Started::Later(Box::pin(async move {
            let result = self.attempts(&mut ledger, entry).await;
            ledger.clock = Instant::now();
            self.close(&ledger, result)
        }))
    }

    /// The whole execution with hooks around it.
    async fn with_hooks(self, mut ledger: Ledger) -> Outcome {
        let hooks = &self.run.court.hooks;
        let (view, stage) = (self.run.view(self.place), self.limits.deadline);
        let rules = &self.limits.node.validation;
        let accept = |opinion| validate(rules, opinion).ok();

        let time = Time { stage, critic: self.limits.node.timeout };
        let Told { opinion, leases } = hooks.before(self.info, view, time, accept).await;
        let mut outcome = match opinion {
            Some(valid) => {
                let mut outcome = valid.into_outcome();
                outcome.source = Source::Cache;
                ledger.clock = Instant::now();
                self.sign(&ledger, outcome)
            }
            None => {
                let now = Instant::now();
                let result = match self.time_left(now).and_then(|()| self.not_broken(now)) {
                    Ok(()) => self.attempts(&mut ledger, Entry::Queue { tokens: 0 }).await,
                    Err(reason) => Err(reason),
                };
                ledger.clock = Instant::now();
                self.close(&ledger, result)
            }
        };
        if outcome.is_failure() {
            let fallback = hooks.on_failure(self.info, view, &outcome, stage, accept).await;
            if let Some(Valid { opinion, .. }) = fallback {
                outcome.cost += opinion.cost.unwrap_or_default();
                outcome.opinion = Some(opinion);
                outcome.status = Status::Success;
                outcome.source = Source::Fallback;
            }
        }
        outcome.calls_for = calls_for(self.info, &outcome);
        hooks.after(self.info, view, &outcome, stage).await;
        drop(leases);
        outcome
    }

    /// Attempts until one gives an opinion, or no other may be made.
    async fn attempts(&self, ledger: &mut Ledger, mut entry: Entry<'r>) -> Result<Opinion, Reason> {
        let mut intervals = None;
        loop {
            let result = match entry {
                Entry::Missed(miss) => Err(miss),
                Entry::InFlight(flight) => self.wait(ledger, flight).await,
                Entry::Queue { tokens } => {
                    self.limits.tokens(tokens).await?;
                    // Taken per attempt: a permit kept while backing off would starve the rest.
                    let held = self.limits.permits().await?;
                    let now = Instant::now();
                    self.time_left(now)?;
                    match self.call(ledger, held, now) {
                        Step::Answered(result) => result,
                        Step::InFlight(flight) => self.wait(ledger, flight).await,
                    }
                }
            };
            let miss = match result {
                Ok(opinion) => return Ok(opinion),
                Err(miss) => miss,
            };
            let Some(delay) = self.delay(ledger, &miss, &mut intervals) else {
                return Err(miss.reason);
            };
            self.run.court.observers.tell(RunEvent::Retrying {
                critic: self.info,
                attempt: ledger.attempts,
                delay,
            });
            sleep(delay).await;
            entry = Entry::Queue { tokens: 0 };
        }
    }

    fn time_left(&self, now: Instant) -> Result<(), Reason> {
        let deadline = self.limits.deadline;
        if deadline.is_over(now) { Err(Reason::Timeout(deadline.level())) } else { Ok(()) }
    }

    /// Asked before a token is spent or a permit waited for; the breaker itself decides when it comes to it.
    fn not_broken(&self, now: Instant) -> Result<(), Reason> {
        let breaker = self.limits.node.breaker.as_ref();
        match breaker.is_some_and(|breaker| breaker.state(now) == BreakerState::Open) {
            true => Err(broken().reason),
            false => Ok(()),
        }
    }

    /// Calls the critic. An answer that is there at once gives its permits back at once.
    fn call(&self, ledger: &mut Ledger, held: Held<'r>, now: Instant) -> Step<'r> {
        let admitted = match self.limits.node.breaker.as_ref().map(|breaker| breaker.admit(now)) {
            None => None,
            Some(Ok(admitted)) => Some(admitted),
            Some(Err(_)) => return Step::Answered(Err(broken())),
        };
        ledger.attempts += 1;
        if ledger.attempts == 1 && self.limits.node.retry.attempts > 1 {
            self.run.court.retry_budget.deposit();
        }
        self.run.note_attempt(self.place, ledger.attempts);
        let attempt = ledger.attempts;
        self.run.court.observers.tell(RunEvent::CriticStarted { critic: self.info, attempt });
        let node = self.limits.node;
        let deadline =
            Deadline::after(now, node.timeout, TimeoutLevel::Critic).within(self.limits.deadline);
        match contain(|| node.critic.review(self.run.view(self.place))) {
            Ok(Answer::Later(future)) => {
                let future = Contained::new(future);
                Step::InFlight(InFlight { future, admitted, _held: held, started: now, deadline })
            }
            Ok(Answer::Now(answer)) => {
                drop(held);
                Step::Answered(self.answered(ledger, admitted, Ok(answer), now, deadline))
            }
            Err(panicked) => {
                drop(held);
                Step::Answered(self.answered(ledger, admitted, Err(panicked), now, deadline))
            }
        }
    }

    /// Many futures are ready at their first poll; those need neither a timer nor a place among the waiting.
    fn poll_once(
        &self,
        ledger: &mut Ledger,
        mut flight: InFlight<'r>,
        cx: &mut Context<'_>,
    ) -> Step<'r> {
        match Pin::new(&mut flight.future).poll(cx) {
            Poll::Pending => Step::InFlight(flight),
            Poll::Ready(answer) => {
                let (started, deadline) = (flight.started, flight.deadline);
                let admitted = flight.admitted.take();
                drop(flight);
                Step::Answered(self.answered(ledger, admitted, answer, started, deadline))
            }
        }
    }

    async fn wait(&self, ledger: &mut Ledger, mut flight: InFlight<'r>) -> Result<Opinion, Miss> {
        let (started, deadline) = (flight.started, flight.deadline);
        let answer = timeout_at(deadline.at(), &mut flight.future).await;
        let admitted = flight.admitted.take();
        // Kept whole until here: taken apart, a run that is dropped would free the permits first.
        drop(flight);
        match answer {
            Ok(answer) => self.answered(ledger, admitted, answer, started, deadline),
            Err(_) => {
                report(admitted, CallResult::Failure, Instant::now());
                self.charge(ledger, started.elapsed(), None);
                Err(self.timed_out(deadline))
            }
        }
    }

    /// Reads an answer. One that comes at its deadline or after it is none, also when it is `Ok`.
    fn answered(
        &self,
        ledger: &mut Ledger,
        admitted: Option<AdmittedCall<'_>>,
        answer: Result<Result<Opinion, CriticError>, Panicked>,
        started: Instant,
        deadline: Deadline<TimeoutLevel>,
    ) -> Result<Opinion, Miss> {
        let now = Instant::now();
        ledger.clock = now;
        report(admitted, call_result(&answer, deadline.is_over(now)), now);
        let cost = answer.as_ref().ok().and_then(|answer| answer.as_ref().ok()?.cost);
        self.charge(ledger, now.saturating_duration_since(started), cost);
        let answer = match answer {
            Err(Panicked) => return Err(failed(FailureKind::Panic, String::new(), Again::No)),
            Ok(_) if deadline.is_over(now) => return Err(self.timed_out(deadline)),
            Ok(answer) => answer,
        };
        answer.map_err(|error| match error {
            CriticError::Transient { message, retry_after } => {
                let again = retry_after.map_or(Again::Yes, Again::NotBefore);
                failed(FailureKind::Transient, message, again)
            }
            CriticError::Input(message) => failed(FailureKind::Input, message, Again::No),
            CriticError::Permanent(message) => failed(FailureKind::Permanent, message, Again::No),
            other => failed(FailureKind::Permanent, other.to_string(), Again::No),
        })
    }

    /// A call that failed is taken to have cost what its spec says.
    fn charge(&self, ledger: &mut Ledger, execution: Duration, cost: Option<f64>) {
        ledger.execution = ledger.execution.saturating_add(execution);
        let stated = cost.filter(|cost| cost.is_finite() && *cost >= 0.0);
        ledger.cost += stated.unwrap_or(self.info.cost);
    }

    fn timed_out(&self, deadline: Deadline<TimeoutLevel>) -> Miss {
        let own = deadline.level() == TimeoutLevel::Critic && self.limits.node.retry.on_timeout;
        let again = if own { Again::Yes } else { Again::No };
        Miss { reason: Reason::Timeout(deadline.level()), again }
    }

    fn may_repeat(&self, ledger: &Ledger, miss: &Miss) -> bool {
        !matches!(miss.again, Again::No) && ledger.attempts < self.limits.node.retry.attempts
    }

    /// How long until the next attempt, if there may be one: by the critic's own limit, by the deadline, by the
    /// run's money and retries, and by the retries of all runs. What is counted is charged last, and only
    /// when the rest allows it.
    fn delay(
        &self,
        ledger: &Ledger,
        miss: &Miss,
        intervals: &mut Option<Intervals>,
    ) -> Option<Duration> {
        if !self.may_repeat(ledger, miss) {
            return None;
        }
        let backoff = self.limits.node.retry.backoff;
        let interval = intervals.get_or_insert_with(|| backoff.intervals()).next()?;
        let delay = match miss.again {
            Again::No => return None,
            Again::Yes => interval,
            Again::NotBefore(wait) => interval.max(wait),
        };
        let fits = delay < self.limits.deadline.left(Instant::now());
        let allowed = fits
            && self.run.budget.reserve(self.info.cost, self.info.mode)
            && self.run.take_retry()
            && self.run.court.retry_budget.withdraw(Instant::now());
        allowed.then_some(delay)
    }

    /// The outcome of all attempts, once what was said has been validated.
    fn close(&self, ledger: &Ledger, result: Result<Opinion, Reason>) -> Outcome {
        let outcome = match result {
            Err(reason) => Outcome::without(reason),
            Ok(opinion) => match validate(&self.limits.node.validation, opinion) {
                Err(faults) => Outcome::without(Reason::Invalid(faults)),
                Ok(valid) => valid.into_outcome(),
            },
        };
        self.sign(ledger, outcome)
    }

    fn sign(&self, ledger: &Ledger, mut outcome: Outcome) -> Outcome {
        outcome.attempts = ledger.attempts;
        outcome.execution = ledger.execution;
        let entered = ledger.clock.saturating_duration_since(ledger.entered);
        outcome.queued = entered.saturating_sub(ledger.execution);
        outcome.cost = ledger.cost;
        outcome
    }
}

/// What a breaker learns from an answer. What the input may be to blame for, a panic too, teaches it nothing.
fn call_result(answer: &Result<Result<Opinion, CriticError>, Panicked>, late: bool) -> CallResult {
    match answer {
        Err(Panicked) | Ok(Err(CriticError::Input(_))) => CallResult::Ignored,
        Ok(Err(_)) => CallResult::Failure,
        Ok(Ok(_)) if late => CallResult::Failure,
        Ok(Ok(_)) => CallResult::Success,
    }
}

fn report(admitted: Option<AdmittedCall<'_>>, result: CallResult, now: Instant) {
    if let Some(admitted) = admitted {
        admitted.report(result, now);
    }
}

fn broken() -> Miss {
    failed(FailureKind::BreakerOpen, String::new(), Again::No)
}

fn failed(kind: FailureKind, message: String, again: Again) -> Miss {
    Miss { reason: Reason::Failed(Failure::new(kind, message)), again }
}
