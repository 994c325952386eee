//! One critic's execution once its gate is open: attempts until one helps, each within its limits, and hooks.
//!
//! What can be done without waiting is done at once, in [`Execution::start`]; a future is made only for
//! what is left. Start there.

use std::task::Context;
use std::time::Duration;

use tokio::time::{sleep, timeout_at};
use tribunal_core::{
    CallTiming, CriticInfo, Outcome, Reason, RunEvent, Source, Status, View, calls_for, seeded,
};
use tribunal_resilience::{BreakerState, Intervals, Moment};

use crate::apart::Called;
use crate::call::{Call, InFlight, broken};
use crate::hooks::{Time, Told};
use crate::limit::{Carried, Held, Short};
use crate::pending::{Later, Wait};
use crate::plan::Node;
use crate::run::Run;
use crate::spec::Isolation;
use crate::stage::Scope;
use crate::validate::{Valid, validate};

/// One critic of one run, about to be executed.
#[derive(Clone, Copy)]
pub(crate) struct Execution<'r> {
    pub(crate) scope: &'r Scope<'r>,
    pub(crate) place: usize,
    pub(crate) node: &'r Node,
    pub(crate) info: &'r CriticInfo,
}

/// What an execution has used so far.
pub(crate) struct Ledger {
    entered: Moment,
    /// The clock as it was last read: one reading serves the end of a call and the start of the next.
    pub(crate) clock: Moment,
    /// Attempts, of which each is one call and perhaps a hedge.
    attempts: u32,
    pub(crate) calls: u32,
    pub(crate) hedges: u32,
    pub(crate) execution: Duration,
    pub(crate) cost: f64,
    /// Calls that have ended, in that order.
    pub(crate) ended: Vec<CallTiming>,
}

impl Ledger {
    pub(crate) const fn new(now: Moment) -> Self {
        Self {
            entered: now,
            clock: now,
            attempts: 0,
            calls: 0,
            hedges: 0,
            execution: Duration::ZERO,
            cost: 0.0,
            ended: Vec::new(),
        }
    }

    /// One in which a first call has been made.
    pub(crate) fn of_first_call(started: Moment) -> Self {
        Self { attempts: 1, calls: 1, ..Self::new(started) }
    }
}

/// Where the loop of attempts is entered.
pub(crate) enum Entry<'r> {
    /// In the queue, with a token of so many buckets.
    Queue { tokens: usize },
    /// With an attempt that has been polled and is pending.
    InFlight(Box<InFlight<'r>>),
    /// With an attempt that has failed.
    Missed(Miss),
}

/// An attempt without an opinion.
pub(crate) struct Miss {
    pub(crate) reason: Reason,
    pub(crate) again: Again,
}

/// Whether another attempt may help.
pub(crate) enum Again {
    No,
    Yes,
    NotBefore(Duration),
}

impl<'r> Execution<'r> {
    /// Goes as far as it can without waiting: puts the outcome into its place, or gives what is left to await.
    /// `clock` is now, and is set to what is now when there is an outcome.
    #[inline]
    pub(crate) fn start(
        &self,
        clock: &mut Moment,
        carried: &mut Carried<'r>,
        out: &mut Outcome,
        cx: &mut Context<'_>,
    ) -> Option<Wait<'r>> {
        if self.node.isolation == Isolation::Run && self.scope.court.hooks.is_empty() {
            self.at_once(clock, carried, out, cx)
        } else {
            self.by_and_by(clock, carried, out)
        }
    }

    /// As far as it goes without the ways that a healthy critic of the run's own task has.
    #[inline(never)]
    pub(crate) fn by_and_by(
        &self,
        clock: &mut Moment,
        carried: &mut Carried<'r>,
        out: &mut Outcome,
    ) -> Option<Wait<'r>> {
        let now = *clock;
        let mut ledger = Ledger::new(now);
        if !self.run().court.hooks.is_empty() {
            let this = *self;
            let whole = async move { (this.place, this.with_hooks(ledger).await) };
            return Some(Wait::Later(Box::pin(whole)));
        }
        // It takes permits of its own, and those that are carried might be the last.
        carried.put_down();
        let asked = match self.time_left(now).and_then(|()| self.not_broken(now)) {
            Ok(()) => self.try_take(now),
            Err(reason) => {
                self.close(&mut ledger, Err(reason), out);
                return None;
            }
        };
        match asked {
            Err(Short::TooLate(wait)) => {
                self.close(&mut ledger, Err(Reason::RateLimited { wait }), out);
                None
            }
            Err(Short::Tokens(tokens)) => Some(self.in_queue(tokens, now)),
            Ok(held) => match self.attempt(&mut ledger, held, now) {
                Call::InFlight(call) => {
                    // The critic has been called, which may have taken its time.
                    *clock = Moment::now();
                    Some(self.in_flight(call))
                }
                Call::Answered(result) => {
                    *clock = ledger.clock;
                    self.answered(ledger, result, out)
                }
            },
        }
    }

    /// What is left to do once the first call has begun and goes on.
    pub(crate) fn in_flight(&self, call: Box<InFlight<'r>>) -> Wait<'r> {
        if self.node.hedging.is_none() {
            return Wait::Call(self.place, call);
        }
        let ledger = Ledger::of_first_call(call.about().started);
        Wait::Later(self.later(ledger, Entry::InFlight(call)))
    }

    /// With a token of so many of its buckets, it has to wait for its turn.
    #[inline(never)]
    pub(crate) fn in_queue(&self, tokens: usize, now: Moment) -> Wait<'r> {
        Wait::Later(self.later(Ledger::new(now), Entry::Queue { tokens }))
    }

    /// The first call is over: its outcome is in its place, or another attempt may help.
    #[inline(never)]
    pub(crate) fn answered(
        &self,
        mut ledger: Ledger,
        result: Result<Valid, Miss>,
        out: &mut Outcome,
    ) -> Option<Wait<'r>> {
        match result {
            Err(miss) if self.may_repeat(&ledger, &miss) => {
                Some(Wait::Later(self.later(ledger, Entry::Missed(miss))))
            }
            result => {
                self.close(&mut ledger, result.map_err(|miss| miss.reason), out);
                None
            }
        }
    }

    /// What has to be awaited.
    fn later(&self, mut ledger: Ledger, entry: Entry<'r>) -> Later<'r> {
        let this = *self;
        Box::pin(async move {
            let result = this.attempts(&mut ledger, entry).await;
            ledger.clock = Moment::now();
            let mut outcome = Outcome::missing();
            this.close(&mut ledger, result, &mut outcome);
            (this.place, outcome)
        })
    }

    #[inline]
    pub(crate) fn run(&self) -> &'r Run<'r> {
        self.scope.run
    }

    /// The whole execution with hooks around it.
    async fn with_hooks(self, mut ledger: Ledger) -> Outcome {
        let hooks = &self.run().court.hooks;
        let (view, stage) = (self.view(), self.scope.deadline);
        let rules = &self.node.validation;
        let accept = |opinion| match seeded!(CachedNotValidated) {
            true => Some(Valid { opinion, let_pass: Vec::new() }),
            false => validate(rules, opinion).ok(),
        };

        let time = Time { stage, critic: self.node.timeout };
        let Told { opinion, leases } = hooks.before(self.info, view, time, accept).await;
        ledger.clock = Moment::now();
        // Rule 11 holds for what a hook has, too; a fallback is for when time is up.
        let opinion = opinion.filter(|_| self.time_left(ledger.clock).is_ok());
        let mut outcome = match opinion {
            Some(valid) => {
                let mut outcome = Outcome::missing();
                self.close(&mut ledger, Ok(valid), &mut outcome);
                outcome.source = Source::Cache;
                outcome
            }
            None => {
                let now = Moment::now();
                let result = match self.time_left(now).and_then(|()| self.not_broken(now)) {
                    Ok(()) => self.attempts(&mut ledger, Entry::Queue { tokens: 0 }).await,
                    Err(reason) => Err(reason),
                };
                ledger.clock = Moment::now();
                let mut outcome = Outcome::missing();
                self.close(&mut ledger, result, &mut outcome);
                outcome
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
        match seeded!(LeaseKeptForEver) {
            true => std::mem::forget(leases),
            false => drop(leases),
        }
        outcome
    }

    /// Attempts until one gives an opinion, or no other may be made.
    async fn attempts(&self, ledger: &mut Ledger, mut entry: Entry<'r>) -> Result<Valid, Reason> {
        let mut intervals = None;
        loop {
            let call = match entry {
                Entry::Missed(miss) => Call::Answered(Err(miss)),
                Entry::InFlight(flight) => Call::InFlight(flight),
                Entry::Queue { tokens } => {
                    let first = ledger.attempts == 0;
                    if !first {
                        self.not_broken(Moment::now())?;
                    }
                    // Boxed: most calls that have to be awaited had everything at once, and need no room for this.
                    let held = Box::pin(self.turn(first, tokens)).await?;
                    let now = Moment::now();
                    if let Err(reason) = self.time_left(now)
                        && !seeded!(BegunAfterDeadline)
                    {
                        held.hand_back();
                        return Err(reason);
                    }
                    self.attempt(ledger, held, now)
                }
            };
            let result = match (call, &self.node.hedging) {
                (Call::Answered(result), _) => result,
                (Call::InFlight(flight), None) => self.wait(ledger, flight).await,
                // Boxed, so that critics without hedges do not carry the room for two calls with them.
                (Call::InFlight(flight), Some(hedging)) => {
                    Box::pin(self.wait_hedged(ledger, flight, hedging)).await
                }
            };
            let miss = match result {
                Ok(valid) => return Ok(valid),
                Err(miss) => miss,
            };
            let Some(delay) = self.delay(ledger, &miss, &mut intervals) else {
                return Err(miss.reason);
            };
            self.run().court.observers.tell(RunEvent::Retrying {
                critic: self.info,
                attempt: ledger.attempts,
                delay,
            });
            sleep(delay).await;
            entry = Entry::Queue { tokens: 0 };
        }
    }

    /// Waits for the tokens that are missing, and for permits.
    async fn turn(&self, first: bool, tokens: usize) -> Result<Held<'r>, Reason> {
        if first || !seeded!(RetryTakesNoToken) {
            self.tokens(tokens).await?;
        }
        // Taken per attempt: a permit kept while backing off would starve the rest.
        self.permits().await
    }

    fn time_left(&self, now: Moment) -> Result<(), Reason> {
        let deadline = self.scope.deadline;
        if deadline.is_over(now) { Err(Reason::Timeout(deadline.level())) } else { Ok(()) }
    }

    /// Asked before a token is spent or a permit waited for; the breaker itself decides when it comes to it.
    pub(crate) fn not_broken(&self, now: Moment) -> Result<(), Reason> {
        let breaker = self.node.breaker.as_ref();
        match breaker.is_some_and(|breaker| breaker.state(now) == BreakerState::Open) {
            true => Err(broken().reason),
            false => Ok(()),
        }
    }

    /// Counts an attempt. First ones pay for the retries of all.
    pub(crate) fn begin_attempt(&self, ledger: &mut Ledger) {
        ledger.attempts += 1;
        if ledger.attempts == 1 && self.node.retry.attempts > 1 {
            self.run().court.retry_budget.deposit();
        }
        if let Some(hedging) = &self.node.hedging {
            hedging.budget.deposit();
        }
    }

    /// Waits for a call, until its deadline.
    pub(crate) async fn wait(
        &self,
        ledger: &mut Ledger,
        mut flight: Box<InFlight<'r>>,
    ) -> Result<Valid, Miss> {
        match timeout_at(flight.about().deadline.at().instant(), &mut flight).await {
            Ok(called) => self.take(ledger, *flight, called),
            Err(_) => Err(self.overdue(ledger, *flight)),
        }
    }

    /// Takes the answer of a call.
    pub(crate) fn take(
        &self,
        ledger: &mut Ledger,
        flight: InFlight<'r>,
        called: Called,
    ) -> Result<Valid, Miss> {
        let now = Moment::now();
        self.read_at(ledger, flight.ended(now), called, now)
    }

    fn may_repeat(&self, ledger: &Ledger, miss: &Miss) -> bool {
        let most = self.node.retry.attempts + u32::from(seeded!(OneAttemptMore));
        !matches!(miss.again, Again::No) && ledger.attempts < most
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
        let backoff = self.node.retry.backoff;
        let begin = || match self.run().jitter_seed(self.place) {
            Some(seed) => backoff.intervals_seeded(seed),
            None => backoff.intervals(),
        };
        let interval = intervals.get_or_insert_with(begin).next()?;
        let delay = match miss.again {
            Again::No => return None,
            Again::Yes => interval,
            Again::NotBefore(_) if seeded!(RetryAfterIgnored) => interval,
            Again::NotBefore(wait) => interval.max(wait),
        };
        let fits = delay < self.scope.deadline.left(Moment::now());
        let fits = fits || seeded!(BackoffPastDeadline);
        if !fits || !self.run().budget.reserve(self.info.cost, self.info.mode) {
            return None;
        }
        if self.run().take_retry() || seeded!(TotalRetriesIgnored) {
            let given = self.run().court.retry_budget.withdraw(Moment::now());
            if given || seeded!(RetryBudgetIgnored) {
                return Some(delay);
            }
            if !seeded!(RefusedRetryKept) {
                self.run().give_back_retry();
            }
        }
        if !seeded!(RefusedRetryPaid) {
            self.run().budget.give_back(self.info.cost, self.info.mode);
        }
        None
    }

    /// The outcome of all attempts, into its place.
    pub(crate) fn close(
        &self,
        ledger: &mut Ledger,
        result: Result<Valid, Reason>,
        out: &mut Outcome,
    ) {
        #[cfg(seeded_bug)]
        let result = result.or_else(crate::seeded::let_pass);
        match result {
            Ok(valid) => valid.fill(out),
            Err(reason) => out.end_without(reason),
        }
        out.attempts = ledger.calls;
        out.hedges = ledger.hedges;
        let entered = ledger.clock.since(ledger.entered);
        out.took(entered.saturating_sub(ledger.execution), ledger.execution);
        out.cost = ledger.cost;
        out.begin_at(ledger.entered.since(self.run().called));
        if ledger.ended.len() > 1 {
            out.set_calls(std::mem::take(&mut ledger.ended));
        }
    }

    /// What the critic sees.
    pub(crate) fn view(&self) -> View<'r> {
        self.scope.view(self.node)
    }
}
