//! What the watch remembers.

use std::time::Duration;

use tokio::time::Instant;
use tribunal_core::{ConfigHash, Report, Stage, Status};
use tribunal_production::RunError;

use super::breaker::BreakerModel;
use super::hedges::LatencyModel;
use super::retries::{Again, RetryBudgetModel};
use super::stop::StopLog;
use super::{Violation, ticks};
use crate::sim::case::{Cancel, Case, CriticCase};
use crate::sim::marks::{Mark, Marks};
use crate::sim::rng::mix;
use crate::sim::script::Says;

/// How a run ended.
pub(crate) enum End {
    Report(Box<Report>),
    Refused(RunError),
    Dropped,
    /// Not at all, long after all its deadlines.
    Stuck,
}

/// How a call of a critic ended.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Landed {
    Said,
    Failed {
        transient: bool,
    },
    Panicked,
    /// Dropped before its end.
    Dropped,
}

/// The last call of one critic in one run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Call {
    /// The how-manieth of its critic in its run, hedges with them.
    pub(crate) number: u32,
    pub(crate) says: Says,
    pub(crate) began: Instant,
    /// When its own time is up; of a hedge, that of the call beside it.
    pub(crate) ends: Instant,
    /// After how long it is slow, where that is known.
    pub(crate) slow_after: Option<Duration>,
    pub(crate) landed: Option<(Landed, Instant)>,
}

/// One critic in one run.
#[derive(Debug, Clone, Default)]
pub(crate) struct PlaceLog {
    pub(crate) calls: u32,
    pub(crate) announced: u32,
    /// Leases and waits of hooks.
    pub(crate) kept_for_hooks: u32,
    pub(crate) live: u32,
    /// Its tasks that have begun.
    pub(crate) begun: u32,
    /// Up to which of its tasks nobody waits any more, and since when.
    pub(crate) let_go: Option<(u32, Instant)>,
    pub(crate) backing_off: bool,
    pub(crate) last: Option<Call>,
    /// The call that the last one was begun beside.
    pub(crate) beside: Option<Call>,
    /// Whether the next call was announced as a hedge.
    pub(crate) hedging: bool,
    /// Hedges that were announced, and are paid for.
    pub(crate) hedges_planned: u32,
    /// Hedges that were made.
    pub(crate) hedges: u32,
    /// Whether its last call is to be repeated, until that is decided.
    pub(crate) again: Again,
    /// If the budget of all runs had one left when its last call ended: how many had been taken by then.
    pub(crate) budget_then: Option<u64>,
    /// Repetitions that were announced.
    pub(crate) planned: u32,
    /// It has ended, and never went as far as to pay for a call.
    pub(crate) kept: bool,
    /// What its outcome says that it has cost.
    pub(crate) spent: f64,
    pub(crate) finished: Option<(Status, bool)>,
}

/// One run.
#[derive(Debug, Clone)]
pub(crate) struct RunLog {
    pub(crate) called: Option<Instant>,
    pub(crate) started: bool,
    pub(crate) ended: bool,
    pub(crate) finished_events: u32,
    /// In which stage its verdict was settled. Monitored critics of later ones may be called all the same.
    pub(crate) settled: Option<usize>,
    /// Its caller is going away.
    pub(crate) dropping: bool,
    pub(crate) live: u32,
    pub(crate) retries: u32,
    /// Repetitions that were announced.
    pub(crate) planned: u32,
    pub(crate) stage_began: [Option<Instant>; 6],
    pub(crate) places: Vec<PlaceLog>,
}

impl PlaceLog {
    /// One of the calls of the last attempt.
    pub(crate) fn call(&mut self, number: u32) -> Option<&mut Call> {
        let calls = self.last.iter_mut().chain(&mut self.beside);
        calls.into_iter().find(|call| call.number == number)
    }

    /// Nobody waits for its tasks any more.
    pub(crate) fn let_go(&mut self, now: Instant) {
        self.let_go = Some((self.calls, now));
    }

    /// Calls that were no hedges.
    pub(crate) const fn attempts(&self) -> u32 {
        self.calls - self.hedges
    }
}

impl RunLog {
    pub(crate) fn is_settled_in(&self, stage: Stage) -> bool {
        self.settled == Some(stage.index())
    }

    fn new(critics: usize) -> Self {
        Self {
            called: None,
            started: false,
            ended: false,
            finished_events: 0,
            settled: None,
            dropping: false,
            live: 0,
            retries: 0,
            planned: 0,
            stage_began: [None; 6],
            places: vec![PlaceLog::default(); critics],
        }
    }
}

/// Counts of one critic over all runs, to hold against the metrics.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) statuses: [u64; Status::ALL.len()],
    pub(crate) executions: u64,
    pub(crate) retries: u64,
    pub(crate) hedges: u64,
}

/// Everything about one orchestrator and its runs.
pub(crate) struct State {
    seed: u64,
    pub(crate) healthy: bool,
    pub(crate) begun: Instant,
    /// Whose future is being polled.
    pub(crate) current: Option<usize>,
    /// The call that was announced last.
    pub(crate) announced: Option<(usize, u32)>,
    pub(crate) live: usize,
    pub(crate) live_by_stage: [usize; 6],
    pub(crate) live_by_critic: Vec<usize>,
    /// Calls of each critic in all.
    pub(crate) calls: Vec<u64>,
    /// Those of them that were hedges.
    pub(crate) hedges: Vec<u64>,
    /// Calls under each shared rate.
    pub(crate) shared_calls: Vec<u64>,
    pub(super) breakers: Vec<Option<BreakerModel>>,
    /// `None` where it is not known.
    pub(super) retry_budget: Option<RetryBudgetModel>,
    pub(super) latencies: Vec<LatencyModel>,
    pub(super) stop: Option<StopLog>,
    /// Of its first report.
    pub(crate) config_hash: Option<ConfigHash>,
    /// Another orchestrator has taken its place.
    pub(crate) replaced: bool,
    pub(crate) overloaded: u64,
    pub(crate) tallies: Vec<Tally>,
    pub(crate) active_runs: usize,
    pub(crate) runs: Vec<RunLog>,
    pub(crate) violations: Vec<Violation>,
    pub(crate) marks: Marks,
    pub(crate) trace: u64,
}

impl State {
    pub(crate) fn new(case: &Case, healthy: bool) -> Self {
        let critics = case.critics.len();
        let begun = Instant::now();
        let breaker = |own: &CriticCase| Some(BreakerModel::new(own.breaker?, begun));
        Self {
            seed: case.seed,
            healthy,
            begun,
            current: None,
            announced: None,
            live: 0,
            live_by_stage: [0; 6],
            live_by_critic: vec![0; critics],
            calls: vec![0; critics],
            hedges: vec![0; critics],
            shared_calls: vec![0; case.rates.len()],
            breakers: case.critics.iter().map(breaker).collect(),
            retry_budget: case.retry_share.map(|share| RetryBudgetModel::new(share, begun)),
            latencies: vec![LatencyModel::default(); critics],
            stop: None,
            config_hash: None,
            replaced: false,
            overloaded: 0,
            tallies: vec![Tally::default(); critics],
            active_runs: 0,
            runs: vec![RunLog::new(critics); case.runs.len() + 1],
            violations: Vec::new(),
            marks: Marks::default(),
            trace: 0,
        }
    }

    pub(crate) fn violation(&mut self, invariant: &'static str, what: String) {
        self.violations.push(Violation { invariant, seed: self.seed, what });
    }

    pub(crate) fn check(
        &mut self,
        invariant: &'static str,
        holds: bool,
        what: impl FnOnce() -> String,
    ) {
        if !holds {
            self.violation(invariant, what());
        }
    }

    /// The run with this number is to be made once more.
    pub(crate) fn forget(&mut self, run: usize) {
        self.runs[run] = RunLog::new(self.calls.len());
    }

    /// The critics whose breaker is not closed.
    pub(crate) fn broken(&self) -> Vec<usize> {
        let all = self.breakers.iter().enumerate();
        let open = all.filter(|(_, own)| own.as_ref().is_some_and(|own| !own.is_closed()));
        open.map(|(place, _)| place).collect()
    }

    /// One more thing that happened, now.
    pub(crate) fn note(&mut self, parts: &[u64]) {
        let at = ticks(self.begun.elapsed());
        let start = self.trace.rotate_left(5) ^ at;
        self.trace = mix(parts.iter().fold(start, |sum, part| {
            (sum ^ part).wrapping_mul(0x0000_0100_0000_01B3).rotate_left(23)
        }));
    }

    /// When a run is out of time in a stage, and when in all.
    pub(crate) fn outer_deadline(&self, case: &Case, run: usize, place: usize) -> Option<Instant> {
        let log = &self.runs[run];
        let run_ends = log.called?.checked_add(case.timeout)?;
        let stage = case.critics[place].stage.index();
        let own = case.stage_timeouts[stage];
        let stage_ends = own.and_then(|own| log.stage_began[stage]?.checked_add(own));
        Some(stage_ends.map_or(run_ends, |ends| ends.min(run_ends)))
    }

    /// A run is over.
    pub(crate) fn end(&mut self, case: &Case, run: usize, end: &End) {
        let code = match end {
            End::Report(report) => 10 + report.verdict as u64,
            End::Refused(_) => 20,
            End::Dropped => 21,
            End::Stuck => 22,
        };
        self.note(&[code, run as u64]);
        self.ended_at_stop(run, end);
        self.runs[run].ended = true;
        let now = Instant::now();
        let log = &mut self.runs[run];
        for place in log.places.iter_mut().filter(|place| place.finished.is_none()) {
            place.let_go(now);
        }
        // A task is cut off by having it woken once more: it is gone before time passes.
        let places = case.critics.iter().zip(&log.places);
        let live: u32 = places.filter(|(own, _)| !own.apart).map(|(_, log)| log.live).sum();
        let (started, finished) = (log.started, log.finished_events);
        let elapsed = log.called.map_or(Duration::ZERO, |called| called.elapsed());
        let kept: u32 = log.places.iter().map(|place| place.kept_for_hooks).sum();
        self.check("I4", live == 0, || format!("run {run} is over with {live} calls at work"));
        self.check("hooks", kept == 0, || format!("run {run} is over with {kept} leases or waits"));
        if started && finished == 0 {
            // Dropped: its `RunFinished` will not come.
            self.active_runs = self.active_runs.saturating_sub(1);
        }
        match end {
            End::Report(report) => {
                let hash = report.config_hash;
                let first = *self.config_hash.get_or_insert(hash);
                self.check("I36", hash == first, || {
                    format!("run {run} is judged by {hash}, others on the same one by {first}")
                });
                self.marks.hit_if(self.replaced, Mark::EndsOnTheOld);
                self.check("I6", started && finished == 1, || {
                    format!("run {run}: started {started}, finished {finished} times")
                });
                self.check("I15", report.elapsed == elapsed, || {
                    format!("run {run} says {:?}, took {elapsed:?}", report.elapsed)
                });
                self.marks.hit_if(!report.queued.is_zero(), Mark::Admitted);
            }
            // Whether it may be, and when, is asked above.
            End::Refused(RunError::ShutDown) if self.stop.is_some() => {
                self.check("I6", finished == 0, || format!("run {run} finished and was cut off"));
            }
            End::Refused(error) => {
                self.check("I6", !started && finished == 0, || {
                    format!("run {run} was refused and yet started")
                });
                let RunError::Overloaded { waited, .. } = error else {
                    self.violation("I23", format!("run {run}: {error}"));
                    return;
                };
                self.overloaded += 1;
                let at_once = waited.is_zero();
                self.check("I23", *waited == elapsed, || {
                    format!("run {run} says it waited {waited:?}, not {elapsed:?}")
                });
                self.check("I23", at_once || case.blocks || elapsed <= case.timeout, || {
                    format!("run {run} was refused after {elapsed:?}")
                });
                self.marks.hit_if(at_once, Mark::QueueFull);
                self.marks.hit_if(!at_once, Mark::QueueTooSlow);
            }
            End::Dropped => {
                self.check("I6", finished == 0, || format!("run {run} finished and was dropped"));
                let before = case.runs.get(run).map(|run| run.cancel);
                let unpolled = before == Some(Cancel::AfterPolls(0));
                self.marks.hit_if(unpolled, Mark::CancelBeforePoll);
                self.marks.hit_if(!unpolled && !started, Mark::CancelInQueue);
            }
            End::Stuck => self.violation("I22", format!("run {run} never ends")),
        }
    }

    /// What was going on in a run that is about to be dropped.
    pub(crate) fn about_to_drop(&mut self, case: &Case, run: usize) {
        self.runs[run].dropping = true;
        let log = &self.runs[run];
        let live = log.live > 0;
        let tasks =
            case.critics.iter().zip(&log.places).any(|(own, log)| own.apart && log.live > 0);
        let backing_off = log.places.iter().any(|place| place.backing_off);
        let queued = case.hook_timeout.is_none()
            && case.critics.iter().zip(&log.places).any(|(critic, place)| {
                let reached = log.stage_began[critic.stage.index()].is_some();
                let idle = place.live == 0 && place.calls == 0 && place.finished.is_none();
                let needs = critic.depends_on.iter().chain(&critic.sees);
                let ready = || needs.clone().all(|&other| log.places[other].finished.is_some());
                let free = critic.rate.is_none() && critic.shares.is_empty();
                reached && idle && free && ready()
            });
        self.marks.hit_if(live, Mark::CancelMidCall);
        self.marks.hit_if(tasks, Mark::TaskLetGo);
        self.marks.hit_if(backing_off, Mark::CancelMidBackoff);
        let started = log.started;
        self.marks.hit_if(queued && started, Mark::CancelQueuedForPermit);
    }
}
