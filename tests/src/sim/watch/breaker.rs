//! What a circuit breaker must be doing, told from the calls that were seen: I28 and I29.
//!
//! A list of calls and a few plain questions. The engine's breaker counts in slices and generations instead.

use std::time::Duration;

use tokio::time::Instant;
use tribunal_core::{FailureKind, Outcome, Reason, Source, Status};

use super::state::{Call, Landed, State};
use crate::sim::case::{BreakerCase, Case};
use crate::sim::marks::Mark;
use crate::sim::script::Says;

/// What a call tells about whom it called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    Worked,
    Failed,
    /// Its input may be to blame.
    Nothing,
    /// It was given up before it could tell.
    GivenUp,
}

#[derive(Debug, Clone)]
enum Doing {
    /// Calls that have ended since it closed.
    Closed(Vec<Ended>),
    Open {
        until: Instant,
    },
    HalfOpen {
        /// Since when probes have been out.
        since: Instant,
        worked: u32,
    },
}

#[derive(Debug, Clone, Copy)]
struct Ended {
    at: Instant,
    failed: bool,
    slow: bool,
}

/// The breaker of one critic.
#[derive(Debug, Clone)]
pub(super) struct BreakerModel {
    settings: BreakerCase,
    epoch: Instant,
    doing: Doing,
    /// The runs whose call was let through since it last changed, and is still out.
    out: Vec<usize>,
}

const fn millis(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

impl BreakerModel {
    pub(super) const fn new(settings: BreakerCase, epoch: Instant) -> Self {
        Self { settings, epoch, doing: Doing::Closed(Vec::new()), out: Vec::new() }
    }

    pub(super) const fn is_closed(&self) -> bool {
        matches!(self.doing, Doing::Closed(_))
    }

    fn turn(&mut self, doing: Doing) {
        self.doing = doing;
        self.out.clear();
    }

    fn open(&mut self, at: Instant) {
        self.turn(Doing::Open { until: at + millis(self.settings.open_for) });
    }

    /// What time alone changes; whether probes that stayed out for too long are given up.
    fn pass_time(&mut self, now: Instant) -> bool {
        let ends = match self.doing {
            Doing::HalfOpen { since, .. } => since + millis(self.settings.half_open_for),
            _ => now + millis(1),
        };
        let too_old = !self.out.is_empty() && now >= ends;
        if too_old {
            self.open(ends);
        }
        if let Doing::Open { until } = self.doing
            && now >= until
        {
            self.turn(Doing::HalfOpen { since: now, worked: 0 });
        }
        too_old
    }

    fn refuses(&self) -> bool {
        match self.doing {
            Doing::Closed(_) => false,
            Doing::Open { .. } => true,
            Doing::HalfOpen { worked, .. } => {
                self.out.len() as u32 + worked >= self.settings.probes
            }
        }
    }

    fn let_through(&mut self, run: usize, now: Instant) {
        if let Doing::HalfOpen { since, .. } = &mut self.doing
            && self.out.is_empty()
        {
            *since = now;
        }
        self.out.push(run);
    }

    /// One that it let through is over. Says what has come of it.
    fn over(&mut self, run: usize, told: Told, took: Duration, now: Instant) -> Option<Mark> {
        let at = self.out.iter().position(|out| *out == run)?;
        self.out.swap_remove(at);
        let slow = self.settings.slow.is_some_and(|(limit, _)| took >= millis(limit));
        match &mut self.doing {
            Doing::Open { .. } => None,
            Doing::Closed(_) if matches!(told, Told::Nothing | Told::GivenUp) => None,
            Doing::Closed(ended) => {
                ended.push(Ended { at: now, failed: told == Told::Failed, slow });
                let why = self.too_bad(now)?;
                self.open(now);
                Some(why)
            }
            Doing::HalfOpen { worked, .. } => match told {
                Told::GivenUp => Some(Mark::ProbeCancelled),
                Told::Nothing => None,
                Told::Worked if !slow => {
                    *worked += 1;
                    if *worked >= self.settings.probes {
                        self.turn(Doing::Closed(Vec::new()));
                    }
                    Some(Mark::ProbeSucceeded)
                }
                Told::Worked | Told::Failed => {
                    self.open(now);
                    Some(Mark::ProbeFailed)
                }
            },
        }
    }

    /// Whether too many of those within the window failed, or were slow.
    fn too_bad(&self, now: Instant) -> Option<Mark> {
        let Doing::Closed(ended) = &self.doing else { return None };
        let tenth = millis(self.settings.window / 10).as_nanos();
        let tenths = |at: Instant| at.duration_since(self.epoch).as_nanos() / tenth;
        let recent = || ended.iter().filter(|ended| tenths(ended.at) + 10 > tenths(now));
        let calls = recent().count();
        if calls < self.settings.min_calls as usize {
            return None;
        }
        let reached = |count: usize, share: f64| count as f64 >= share * calls as f64;
        let failed = recent().filter(|ended| ended.failed).count();
        let slow = recent().filter(|ended| ended.slow).count();
        if reached(failed, self.settings.failure_rate) {
            return Some(Mark::BreakerOpened);
        }
        let slow_share = self.settings.slow.map(|(_, share)| share);
        slow_share.filter(|share| reached(slow, *share)).map(|_| Mark::BreakerOpenedBySlowness)
    }
}

/// A call begins: nobody may have been called who is refused.
pub(super) fn check_call(state: &mut State, case: &Case, run: usize, place: usize, now: Instant) {
    let Some(breaker) = &mut state.breakers[place] else { return };
    let too_old = breaker.pass_time(now);
    let legal = !breaker.refuses();
    let was = (!legal).then(|| breaker.clone());
    breaker.let_through(run, now);
    state.marks.hit_if(too_old, Mark::ProbeGivenUp);
    state.check("I28", legal, || {
        format!("run {run}: {} is called, and its breaker is {was:?}", case.critics[place].name)
    });
}

/// A call is over.
pub(super) fn note_end(
    state: &mut State,
    run: usize,
    place: usize,
    (call, landed): (Call, Landed),
    (timed_out, now): (bool, Instant),
    own_timeout: Duration,
) {
    let took = now.saturating_duration_since(call.began);
    let Some(breaker) = &mut state.breakers[place] else { return };
    let told = match landed {
        Landed::Panicked => Told::Nothing,
        Landed::Failed { .. } if call.says == Says::Input => Told::Nothing,
        Landed::Failed { .. } => Told::Failed,
        // Cut off by its stage or its run before it had half of its own time: says nothing about the critic.
        _ if timed_out && took < own_timeout / 2 => Told::Nothing,
        _ if timed_out => Told::Failed,
        Landed::Said => Told::Worked,
        Landed::Dropped => Told::GivenUp,
    };
    let too_old = breaker.pass_time(now);
    let mark = breaker.over(run, told, took, now);
    state.marks.hit_if(too_old, Mark::ProbeGivenUp);
    if let Some(mark) = mark {
        state.marks.hit(mark);
    }
}

/// An outcome that says the breaker refused: it must have, and that is never a pass.
pub(super) fn check_refusal(
    state: &mut State,
    case: &Case,
    run: usize,
    place: usize,
    said: &Outcome,
) {
    let refused = matches!(said.reason.as_ref(),
        Some(Reason::Failed(failure)) if failure.kind == FailureKind::BreakerOpen);
    if !refused {
        return;
    }
    let name = &case.critics[place].name;
    let failure = said.status == Status::Error && said.opinion.is_none();
    state.check("I29", failure || said.source == Source::Fallback, || {
        format!("run {run}: the breaker of {name} is open, and it is {said:?}")
    });
    if case.is_foreign() {
        return;
    }
    let Some(breaker) = &mut state.breakers[place] else {
        state.violation("I28", format!("run {run}: {name} has no breaker, and it is open"));
        return;
    };
    // Hooks take their time between the refusal and the outcome.
    let at_once = case.hook_timeout.is_none();
    breaker.pass_time(Instant::now());
    let legal = !at_once || breaker.refuses();
    let half_open = at_once && matches!(breaker.doing, Doing::HalfOpen { .. });
    let was = (!legal).then(|| breaker.clone());
    state.marks.hit(Mark::RefusedByBreaker);
    state.marks.hit_if(half_open, Mark::RefusedBesideProbe);
    state.marks.hit_if(said.attempts > 0, Mark::RetryRefusedByBreaker);
    state.check("I28", legal, || {
        format!("run {run}: the breaker of {name} refuses, and should be {was:?}")
    });
}
