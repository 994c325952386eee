//! One run, stage by stage: the outline of the story, and the bookkeeping of who may start when.
//!
//! Critics are polled in the run's own task, unless their isolation says otherwise. Dropping the run drops them, and with them their permits.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::future::poll_fn;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_core::Stream;
use futures_core::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use tokio::time::Instant;
use tribunal_core::{
    CriticInfo, Failure, FailureKind, Mode, Outcome, Reason, Report, RunEvent, RunTimings, Skipped,
    Snapshot, StageTiming, TimeoutLevel, View, calls_for,
};
use tribunal_resilience::Deadline;

use crate::attempt::{Execution, Started};
use crate::budget::Budget;
use crate::gate;
use crate::limit::Limits;
use crate::orchestrator::Court;
use crate::plan::StagePlan;
use crate::ruling::Ruling;

/// What all chapters of one run share.
pub(crate) struct Run<'r> {
    pub(crate) court: &'r Arc<Court>,
    pub(crate) snapshot: &'r Snapshot,
    /// One for each critic, filled once. Shared with calls that may outlive the run.
    pub(crate) slots: &'r Arc<[OnceLock<Outcome>]>,
    /// Attempts begun by each critic, for those that are cancelled.
    attempts: &'r [AtomicU32],
    retries_left: AtomicU32,
    /// What the waits between its retries follow from, where they have to repeat themselves.
    jitter_seed: Option<u64>,
    pub(crate) budget: Budget,
    deadline: Deadline<TimeoutLevel>,
}

/// Judges an admitted snapshot.
pub(crate) async fn judge(
    court: &Arc<Court>,
    snapshot: &Snapshot,
    called: Instant,
    deadline: Deadline<TimeoutLevel>,
) -> Report {
    let plan = &court.plan;
    let mut clock = Instant::now();
    let queued = clock.saturating_duration_since(called);
    let mut slots: Arc<[OnceLock<Outcome>]> = plan.nodes.iter().map(|_| OnceLock::new()).collect();
    let attempts: Vec<AtomicU32> = plan.nodes.iter().map(|_| AtomicU32::new(0)).collect();
    let run = Run {
        court,
        snapshot,
        slots: &slots,
        attempts: &attempts,
        retries_left: AtomicU32::new(plan.settings.max_total_retries),
        jitter_seed: plan.settings.jitter_seed.map(|seed| court.counters.jitter(seed)),
        budget: Budget::new(plan.settings.max_cost),
        deadline,
    };
    court.observers.tell(RunEvent::RunStarted { trace_id: snapshot.trace_id() });

    let mut ruling = Ruling::new(plan);
    let mut stages = Vec::with_capacity(plan.stages.len());
    for stage in &plan.stages {
        run.stage(stage, &mut ruling).await;
        run.budget.settle(|mode| run.spent(mode));
        let now = Instant::now();
        let elapsed = now.saturating_duration_since(clock);
        stages.push(StageTiming { stage: stage.stage, elapsed });
        clock = now;
    }

    let timings = RunTimings { stages, elapsed: clock.saturating_duration_since(called), queued };
    let outcomes = take(&mut slots, &plan.infos);
    let trace_id = snapshot.shared_trace_id();
    let report = Report::new(trace_id, plan.infos.clone(), outcomes, timings, plan.hash);
    court.counters.run(&report);
    court.observers.tell(RunEvent::RunFinished { report: &report });
    report
}

/// The outcomes of all critics. A call that outlives the run still looks at them, and is left a copy.
fn take(slots: &mut Arc<[OnceLock<Outcome>]>, infos: &[CriticInfo]) -> Vec<Outcome> {
    let or_lost = |outcome: Option<Outcome>, info| outcome.unwrap_or_else(|| lost(info));
    match Arc::get_mut(slots) {
        Some(slots) => {
            slots.iter_mut().zip(infos).map(|(slot, info)| or_lost(slot.take(), info)).collect()
        }
        None => {
            let copies = slots.iter().map(|slot| slot.get().cloned());
            copies.zip(infos).map(|(outcome, info)| or_lost(outcome, info)).collect()
        }
    }
}

/// Cannot happen while the plan has no cycle; if it does, it is a failure and never a pass.
fn lost(critic: &CriticInfo) -> Outcome {
    let failure = Failure::new(FailureKind::Permanent, "never became ready");
    let mut outcome = Outcome::without(Reason::Failed(failure));
    outcome.calls_for = calls_for(critic, &outcome);
    outcome
}

impl<'r> Run<'r> {
    /// What a critic and its gate see.
    pub(crate) fn view(&self, place: usize) -> View<'r> {
        let plan = &self.court.plan;
        let sees = plan.nodes.get(place).map_or(&[][..], |node| &node.sees);
        View::with_prior(self.snapshot, &plan.names, self.slots, sees)
    }

    pub(crate) fn note_attempt(&self, place: usize, attempt: u32) {
        if let Some(count) = self.attempts.get(place) {
            count.store(attempt, Relaxed);
        }
    }

    pub(crate) fn jitter_seed(&self, place: usize) -> Option<u64> {
        // Any odd number spreads the places; this one is the golden ratio's.
        let own = (place as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        self.jitter_seed.map(|seed| seed ^ own)
    }

    /// One of the retries that the run may make in all.
    pub(crate) fn take_retry(&self) -> bool {
        self.retries_left.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1)).is_ok()
    }

    /// What the critics of a mode have cost so far.
    fn spent(&self, mode: Mode) -> f64 {
        let all = self.court.plan.infos.iter().zip(self.slots.iter());
        let of_mode = all.filter(|(info, _)| info.mode == mode);
        of_mode.filter_map(|(_, slot)| Some(slot.get()?.cost)).sum()
    }

    async fn stage(&'r self, plan: &'r StagePlan, ruling: &mut Ruling) {
        if !ruling.is_settled() {
            self.court.observers.tell(RunEvent::StageStarted { stage: plan.stage });
        }
        let now = Instant::now();
        let own = plan.timeout.unwrap_or(Duration::MAX);
        let deadline = Deadline::after(now, own, TimeoutLevel::Stage).within(self.deadline);
        let mut driver = Driver {
            run: self,
            stage: plan,
            deadline,
            ready: BinaryHeap::with_capacity(plan.critics.len()),
            waits: Vec::with_capacity(plan.critics.len()),
            clock: now,
            pending: None,
        };
        for place in plan.critics.clone() {
            let waits_for = self.court.plan.nodes.get(place).map_or(0, |node| node.waits_for);
            driver.waits.push(waits_for);
            if waits_for == 0 {
                driver.ready.push(Reverse(place));
            }
        }
        poll_fn(|cx| driver.poll(ruling, cx)).await;
    }
}

/// Drives the critics of one stage to their outcomes.
struct Driver<'r> {
    run: &'r Run<'r>,
    stage: &'r StagePlan,
    deadline: Deadline<TimeoutLevel>,
    /// Those that wait for nobody any more, first in the plan first.
    ready: BinaryHeap<Reverse<usize>>,
    /// For how many each critic of the stage still waits.
    waits: Vec<u32>,
    /// The time while critics are started one after the other; the end of one is the start of the next.
    clock: Instant,
    /// Those that have to be waited for; nothing is allocated while there are none.
    pending: Option<FuturesUnordered<BoxFuture<'r, (usize, Outcome)>>>,
}

impl<'r> Driver<'r> {
    fn poll(&mut self, ruling: &mut Ruling, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            if ruling.is_settled() {
                self.cut_off(ruling);
                return Poll::Ready(());
            }
            if let Some(Reverse(place)) = self.ready.pop() {
                if let Some(outcome) = self.start(place, cx) {
                    self.conclude(place, outcome, ruling);
                }
                continue;
            }
            let Some(pending) = &mut self.pending else { return Poll::Ready(()) };
            match std::pin::Pin::new(pending).poll_next(cx) {
                Poll::Ready(Some((place, outcome))) => {
                    self.conclude(place, outcome, ruling);
                    self.clock = Instant::now();
                }
                Poll::Ready(None) => return Poll::Ready(()),
                Poll::Pending => return Poll::Pending,
            }
        }
    }

    /// Asks the gate and starts the critic. `None` when its outcome is still to come.
    fn start(&mut self, place: usize, cx: &mut Context<'_>) -> Option<Outcome> {
        let run = self.run;
        let plan = &run.court.plan;
        let (node, info) = (plan.nodes.get(place)?, plan.infos.get(place)?);
        let outcome_of = |place: u32| run.slots.get(place as usize).and_then(OnceLock::get);
        if let Err(reason) = gate::decide(plan, node, run.view(place), outcome_of) {
            return Some(Outcome::without(reason));
        }
        if !run.budget.reserve(info.cost, info.mode) {
            return Some(Outcome::without(Reason::Skipped(Skipped::OverBudget)));
        }
        let limits = Limits {
            plan,
            stage: self.stage,
            node,
            priority: info.priority.get(),
            deadline: self.deadline,
        };
        match (Execution { run, place, info, limits }).start(&mut self.clock, cx) {
            Started::Done(outcome) => Some(outcome),
            Started::Later(future) => {
                let pending = self.pending.get_or_insert_default();
                pending.push(Box::pin(async move { (place, future.await) }));
                // The critic has been polled, which may have taken its time.
                self.clock = Instant::now();
                None
            }
        }
    }

    /// Takes down an outcome, and lets those go on that waited for it.
    fn conclude(&mut self, place: usize, mut outcome: Outcome, ruling: &mut Ruling) {
        let court = self.run.court;
        let (Some(node), Some(info)) = (court.plan.nodes.get(place), court.plan.infos.get(place))
        else {
            return;
        };
        outcome.calls_for = calls_for(info, &outcome);
        let before = ruling.is_settled();
        ruling.note(info, node.highest, &outcome);
        court.counters.outcome(place, info, &outcome);
        court.observers.tell(RunEvent::Finished { critic: info, outcome: &outcome });
        if !before && ruling.is_settled() {
            court.observers.tell(RunEvent::VerdictSettled { verdict: ruling.verdict() });
        }
        if let Some(slot) = self.run.slots.get(place) {
            // Each place is started once, so there is nothing to be lost here.
            let _ = slot.set(outcome);
        }
        for &next in &node.unblocks {
            let next = next as usize;
            let waits = next.checked_sub(self.stage.critics.start);
            if let Some(waits) = waits.and_then(|at| self.waits.get_mut(at)) {
                *waits = waits.saturating_sub(1);
                if *waits == 0 {
                    self.ready.push(Reverse(next));
                }
            }
        }
    }

    /// The verdict is settled: what is in flight is cancelled, and what has not started does not start.
    fn cut_off(&mut self, ruling: &mut Ruling) {
        self.pending = None;
        self.ready.clear();
        for place in self.stage.critics.clone() {
            let open = self.run.slots.get(place).is_some_and(|slot| slot.get().is_none());
            if !open {
                continue;
            }
            let attempts = self.run.attempts.get(place).map_or(0, |count| count.load(Relaxed));
            let cost = self.run.court.plan.infos.get(place).map_or(0.0, |info| info.cost);
            let mut outcome = Outcome::without(Reason::Skipped(Skipped::VerdictSettled));
            outcome.attempts = attempts;
            outcome.cost = cost * f64::from(attempts);
            self.conclude(place, outcome, ruling);
        }
        self.ready.clear();
    }
}
