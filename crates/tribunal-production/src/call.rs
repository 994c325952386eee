//! One call of a critic: begun under its permits, cut off at its deadline, read when it answers.
//!
//! Start at [`Execution::call`].

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tribunal_core::{
    Answer, CallEnd, CallTiming, Contained, CriticError, Failure, FailureKind, Opinion, Panicked,
    Reason, RunEvent, TimeoutLevel, contain, seeded,
};
use tribunal_resilience::{AdmittedCall, CallResult, Deadline, Moment};

use crate::apart::{Apart, Called, Luggage};
use crate::attempt::{Again, Execution, Ledger, Miss};
use crate::flight;
use crate::limit::Held;
use crate::spec::Isolation;
use crate::validate::{Valid, validate};

/// What came of beginning a call.
pub(crate) enum Call<'r> {
    /// It is over.
    Answered(Result<Valid, Miss>),
    /// It goes on. Boxed, since it is moved about with the futures of retries and hedges.
    InFlight(Box<InFlight<'r>>),
}

/// A call that goes on. Dropped in this order: first the critic's work, then its permits.
pub(crate) struct InFlight<'r> {
    work: Work<'r>,
    held: Option<Held<'r>>,
    about: About<'r>,
}

/// That a call has answered: what it said, if it is an opinion, lies elsewhere.
pub(crate) type Spoken = Result<Result<(), CriticError>, Panicked>;

/// What has to be known of a call when it ends.
pub(crate) struct About<'r> {
    admitted: Option<AdmittedCall<'r>>,
    pub(crate) started: Moment,
    /// When the attempt began: before it started, for a hedge.
    asked: Moment,
    /// Whether it is a second call beside a slow one.
    pub(crate) hedge: bool,
    pub(crate) deadline: Deadline<TimeoutLevel>,
}

/// Where the work is done.
enum Work<'r> {
    Here(flight::Work<'r>),
    /// Its permits are with it.
    Apart(Apart),
}

impl<'r> About<'r> {
    pub(crate) const fn new(
        admitted: Option<AdmittedCall<'r>>,
        started: Moment,
        deadline: Deadline<TimeoutLevel>,
    ) -> Self {
        Self { admitted, started, asked: started, hedge: false, deadline }
    }

    /// The same, of the hedge of another: with no more time than that, and asked for when that was.
    pub(crate) fn beside(mut self, first: &About<'_>) -> Self {
        self.deadline = self.deadline.within(first.deadline);
        self.asked = first.asked;
        self.hedge = true;
        self
    }
}

impl<'r> InFlight<'r> {
    /// One that goes on in the run's own task.
    pub(crate) const fn here(work: flight::Work<'r>, held: Held<'r>, about: About<'r>) -> Self {
        Self { work: Work::Here(work), held: Some(held), about }
    }

    /// Its answer, when there is one. What it says goes where it is wanted: an opinion is too large to be handed on by
    /// everybody in between.
    #[inline]
    pub(crate) fn poll_into(
        &mut self,
        said: &mut Option<Opinion>,
        cx: &mut Context<'_>,
    ) -> Poll<Spoken> {
        let put =
            |answer: Result<Opinion, CriticError>| answer.map(|opinion| *said = Some(opinion));
        match &mut self.work {
            Work::Here(future) => future.poll_with(cx, put),
            Work::Apart(apart) => apart.poll(cx).map(|called| called.map(put)),
        }
    }

    /// The permits of a call that has answered are free, and its time counts.
    pub(crate) fn ended(self, now: Moment) -> About<'r> {
        let Self { work, held, about } = self;
        drop(work);
        if let Some(held) = held {
            held.done_at(now);
        }
        about
    }

    /// The work of a call whose time has run out is cancelled.
    fn cut(self, now: Moment) -> About<'r> {
        let Self { work, held, about } = self;
        match work {
            Work::Here(future) if seeded!(TimedOutGoesOn) => std::mem::forget(future),
            Work::Here(future) => drop(future),
            Work::Apart(apart) => apart.late(),
        }
        if let Some(held) = held {
            held.late_at(now);
        }
        about
    }

    pub(crate) const fn about(&self) -> &About<'r> {
        &self.about
    }
}

impl Future for InFlight<'_> {
    type Output = Called;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Called> {
        match &mut self.work {
            Work::Here(future) => Pin::new(future).poll(cx),
            Work::Apart(apart) => apart.poll(cx),
        }
    }
}

impl<'r> Execution<'r> {
    /// What there is to know of a call that starts now.
    pub(crate) fn about(&self, admitted: Option<AdmittedCall<'r>>, now: Moment) -> About<'r> {
        About::new(admitted, now, self.deadline(now))
    }

    /// The deadline of a call that starts then.
    pub(crate) fn deadline(&self, started: Moment) -> Deadline<TimeoutLevel> {
        let own = Deadline::after(started, self.node.timeout, TimeoutLevel::Critic);
        own.within(self.scope.deadline)
    }

    /// Asks the breaker, where there is one.
    pub(crate) fn let_through(&self, now: Moment) -> Result<Option<AdmittedCall<'r>>, Miss> {
        match self.node.breaker.as_ref().map(|breaker| breaker.admit(now)) {
            None => Ok(None),
            Some(Ok(admitted)) => Ok(Some(admitted)),
            Some(Err(_)) if seeded!(HalfOpenOverAdmits) => Ok(None),
            Some(Err(_)) => Err(broken()),
        }
    }

    /// Makes an attempt: one that the breaker refuses is none, and pays for no retries.
    pub(crate) fn attempt(&self, ledger: &mut Ledger, held: Held<'r>, now: Moment) -> Call<'r> {
        match self.let_through(now) {
            Ok(admitted) => {
                self.begin_attempt(ledger);
                self.call(ledger, held, self.about(admitted, now))
            }
            Err(miss) => {
                held.hand_back();
                Call::Answered(Err(miss))
            }
        }
    }

    /// Calls the critic. An answer that is there at once gives its permits back at once.
    pub(crate) fn call(&self, ledger: &mut Ledger, held: Held<'r>, about: About<'r>) -> Call<'r> {
        let node = self.node;
        ledger.calls += 1;
        self.run().note_call(self.place, ledger.calls, about.started);
        let attempt = ledger.calls;
        self.run().court.observers.tell(RunEvent::CriticStarted { critic: self.info, attempt });
        if node.isolation != Isolation::Run {
            return self.call_apart(ledger, held, about);
        }
        match contain(|| node.critic.review(self.view())) {
            Ok(Answer::Later(future)) => {
                Call::InFlight(Box::new(InFlight::here(Contained::new(future), held, about)))
            }
            Ok(Answer::Now(answer)) => {
                held.done();
                Call::Answered(self.read_at(ledger, about, Ok(answer), Moment::now()))
            }
            Err(panicked) => {
                held.done();
                Call::Answered(self.read_at(ledger, about, Err(panicked), Moment::now()))
            }
        }
    }

    fn call_apart(&self, ledger: &mut Ledger, held: Held<'r>, about: About<'r>) -> Call<'r> {
        let run = self.run();
        let begin = |held| {
            let luggage = Luggage {
                court: Arc::clone(run.court),
                snapshot: run.snapshot.clone(),
                place: self.place,
                seen: self.scope.sight.seen(&self.node.sees),
                held,
            };
            // Without a runtime there is nowhere to go, which is a panic of the runtime's.
            contain(|| match self.node.isolation {
                Isolation::Blocking => Apart::blocking(luggage),
                Isolation::Task | Isolation::Run => Apart::task(luggage),
            })
        };
        match self.owned(held).ok_or(Panicked).and_then(begin) {
            Ok(apart) => {
                let work = Work::Apart(apart);
                Call::InFlight(Box::new(InFlight { work, held: None, about }))
            }
            Err(panicked) => {
                Call::Answered(self.read_at(ledger, about, Err(panicked), Moment::now()))
            }
        }
    }

    /// Reads an answer. One that comes at its deadline or after it is none, also when it is `Ok`.
    pub(crate) fn read_at(
        &self,
        ledger: &mut Ledger,
        about: About<'_>,
        called: Called,
        now: Moment,
    ) -> Result<Valid, Miss> {
        ledger.clock = now;
        let About { admitted, started, asked, hedge, deadline } = about;
        let late = deadline.is_over(now) && !seeded!(LateAnswerTaken);
        let took = now.since(started);
        if let Some(admitted) = admitted {
            admitted.report(self.lesson(&called, late, took), now);
        }
        let cost = called.as_ref().ok().and_then(|answer| answer.as_ref().ok()?.cost);
        ledger.execution = ledger.execution.saturating_add(took);
        self.charge(ledger, cost);
        let result = match called {
            Err(Panicked) => Err(failed(FailureKind::Panic, String::new(), Again::No)),
            Ok(answer) if late => {
                answer.into_iter().for_each(Opinion::discard);
                Err(self.timed_out(deadline))
            }
            Ok(Err(error)) => Err(refused(error)),
            Ok(Ok(opinion)) => {
                if let Some(hedging) = &self.node.hedging {
                    // As long as an answer took that came: a hedge that is quicker makes no call before it quick.
                    hedging.note(now.since(asked));
                }
                let faulty = |reason| Miss { reason, again: Again::No };
                validate(&self.node.validation, opinion).map_err(faulty)
            }
        };
        let end =
            result.as_ref().map_or_else(|miss| CallEnd::of(&miss.reason), |_| CallEnd::Success);
        self.note_end(ledger, started, hedge, end);
        result
    }

    /// A call has ended when the ledger's clock was last read.
    pub(crate) fn note_end(&self, ledger: &mut Ledger, started: Moment, hedge: bool, end: CallEnd) {
        let begun = started.since(self.run().called);
        let call = CallTiming::new(begun, ledger.clock.since(started), end);
        ledger.ended.push(if hedge { call.hedge() } else { call });
    }

    /// Gives up a call whose time has run out.
    pub(crate) fn overdue(&self, ledger: &mut Ledger, flight: InFlight<'r>) -> Miss {
        let now = Moment::now();
        let About { admitted, started, hedge, deadline, .. } = flight.cut(now);
        let took = now.since(started);
        if let Some(admitted) = admitted {
            admitted.report(self.cut_lesson(took), now);
        }
        ledger.clock = now;
        ledger.execution = ledger.execution.saturating_add(took);
        self.charge(ledger, None);
        self.note_end(ledger, started, hedge, CallEnd::Timeout);
        self.timed_out(deadline)
    }

    /// What a breaker learns from an answer. What the input may be to blame for, a panic too, teaches it nothing.
    fn lesson(&self, called: &Called, late: bool, took: Duration) -> CallResult {
        match called {
            Ok(Err(CriticError::Input(_))) if seeded!(InputMovesBreaker) => CallResult::Failure,
            Err(Panicked) | Ok(Err(CriticError::Input(_))) => CallResult::Ignored,
            Ok(Err(_)) => CallResult::Failure,
            Ok(Ok(_)) if late => self.cut_lesson(took),
            Ok(Ok(_)) => CallResult::Success,
        }
    }

    /// A call that ran out of time, its stage's or its run's perhaps, says something about the critic only if it
    /// had at least half of its own: otherwise a queue before the critic would open its breaker.
    fn cut_lesson(&self, took: Duration) -> CallResult {
        let fair = took >= self.node.timeout / 2 || seeded!(ShortCutMovesBreaker);
        if fair { CallResult::Failure } else { CallResult::Ignored }
    }

    /// A call that failed is taken to have cost what its spec says.
    pub(crate) fn charge(&self, ledger: &mut Ledger, cost: Option<f64>) {
        let stated = cost.filter(|cost| cost.is_finite() && *cost >= 0.0);
        ledger.cost += stated.unwrap_or(self.info.cost);
    }

    fn timed_out(&self, deadline: Deadline<TimeoutLevel>) -> Miss {
        let own = deadline.level() == TimeoutLevel::Critic && self.node.retry.on_timeout;
        let own = own || seeded!(TimeoutRepeated);
        let again = if own { Again::Yes } else { Again::No };
        Miss { reason: Reason::Timeout(deadline.level()), again }
    }
}

fn refused(error: CriticError) -> Miss {
    match error {
        CriticError::Transient { message, retry_after } => {
            let again = retry_after.map_or(Again::Yes, Again::NotBefore);
            failed(FailureKind::Transient, message, again)
        }
        CriticError::Input(message) => failed(FailureKind::Input, message, Again::No),
        CriticError::Permanent(message) if seeded!(PermanentErrorRepeated) => {
            failed(FailureKind::Permanent, message, Again::Yes)
        }
        CriticError::Permanent(message) => failed(FailureKind::Permanent, message, Again::No),
        other => failed(FailureKind::Permanent, other.to_string(), Again::No),
    }
}

pub(crate) fn broken() -> Miss {
    failed(FailureKind::BreakerOpen, String::new(), Again::No)
}

fn failed(kind: FailureKind, message: String, again: Again) -> Miss {
    Miss { reason: Reason::Failed(Failure::new(kind, message)), again }
}
