//! One run, stage by stage: the outline of the story.
//!
//! Critics are polled in the run's own task, unless their isolation says otherwise. Dropping the run drops
//! them, and with them their permits. What happens within a stage is in [`crate::stage`].

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use tribunal_core::{
    CriticInfo, Mode, Outcome, Report, RunEvent, RunTimings, Snapshot, StageTiming, StageTimings,
    TimeoutLevel, seeded,
};
use tribunal_resilience::{Deadline, Moment};

use crate::budget::Budget;
use crate::limit::Kept;
use crate::metrics::Tally;
use crate::orchestrator::Court;
use crate::pending::Alarm;
use crate::ruling::Ruling;

/// What all chapters of one run share.
pub(crate) struct Run<'r> {
    pub(crate) court: &'r Arc<Court>,
    pub(crate) snapshot: &'r Snapshot,
    /// When it was called.
    pub(crate) called: Moment,
    /// What was begun of each critic, for those that are cancelled by an early exit; empty without one.
    begun: Box<[Begun]>,
    retries_left: AtomicU32,
    /// What the waits between its retries follow from, where they have to repeat themselves.
    jitter_seed: Option<u64>,
    pub(crate) budget: Budget,
    pub(crate) deadline: Deadline<TimeoutLevel>,
}

/// Calls of one critic.
#[derive(Default)]
struct Begun {
    calls: AtomicU32,
    /// When the first of them began, in nanoseconds after the run was called.
    first: AtomicU64,
    /// Those of them that were hedges.
    hedges: AtomicU32,
}

/// When a run was called, and when its turn came.
#[derive(Clone, Copy)]
pub(crate) struct Times {
    pub(crate) called: Moment,
    pub(crate) admitted: Moment,
}

/// What goes from one stage of a run to the next.
pub(crate) struct Going<'a, 'c> {
    /// The time as it was last read: one reading serves the end of one thing and the start of the next.
    pub(crate) clock: &'a mut Moment,
    pub(crate) alarm: Alarm<'a>,
    /// Nothing while the run is pending.
    pub(crate) kept: Kept<'c>,
}

/// What gates and the budget ask of all earlier stages together, so that nobody has to go through them again.
#[derive(Clone, Copy, Default)]
pub(crate) struct Summary {
    pub(crate) violation: bool,
    pub(crate) doubt: f64,
    pub(crate) spent: Spent,
}

/// What critics have cost.
#[derive(Clone, Copy, Default)]
pub(crate) struct Spent {
    pub(crate) enforced: f64,
    pub(crate) monitored: f64,
}

impl Summary {
    /// The critics of a stage have their outcomes. Those that are monitored are seen by no gate.
    pub(crate) fn add(&mut self, infos: &[CriticInfo], outcomes: &[Outcome]) {
        let mut sum = *self;
        for (info, outcome) in infos.iter().zip(outcomes) {
            match info.mode {
                Mode::Enforce => sum.spent.enforced += outcome.cost,
                Mode::Monitor => sum.spent.monitored += outcome.cost,
            }
            if info.mode == Mode::Enforce || seeded!(GateReadsMonitored) {
                sum.violation |= outcome.has_violation();
                sum.doubt = sum.doubt.max(outcome.doubt());
            }
        }
        *self = sum;
    }
}

/// A run from its admission to its report. What comes of it lies here, and not in what is awaited, so that it need not
/// be handed on.
pub(crate) struct Trial<'c> {
    run: Run<'c>,
    admitted: Moment,
    tally: Tally<'c>,
    stages: StageTimings,
    /// When the last stage ended.
    ended: Moment,
}

impl<'c> Trial<'c> {
    pub(crate) fn new(
        court: &'c Arc<Court>,
        snapshot: &'c Snapshot,
        times: Times,
        deadline: Deadline<TimeoutLevel>,
    ) -> Self {
        let plan = &court.plan;
        let counted = if plan.settings.early_exit { plan.nodes.len() } else { 0 };
        let run = Run {
            court,
            snapshot,
            called: times.called,
            begun: (0..counted).map(|_| Begun::default()).collect(),
            retries_left: AtomicU32::new(plan.settings.max_total_retries),
            jitter_seed: plan.settings.jitter_seed.map(|seed| court.jitter(seed)),
            budget: Budget::new(plan.settings.max_cost),
            deadline,
        };
        let (admitted, stages) = (times.admitted, StageTimings::default());
        Self { run, admitted, tally: Tally::new(court), stages, ended: admitted }
    }

    /// Goes through the stages: then each critic has its outcome.
    #[allow(clippy::manual_async_fn, reason = "an `async fn` has room for each argument twice")]
    pub(crate) fn judge(&mut self) -> impl Future<Output = ()> + Send {
        async move {
            let Self { run, tally, stages, ended, .. } = self;
            let court = run.court;
            court.observers.tell(RunEvent::RunStarted { trace_id: run.snapshot.trace_id() });

            let mut ruling = Ruling::new(&court.plan);
            let mut summary = Summary::default();
            let alarm = Alarm(pin!(None));
            let mut going = Going { clock: ended, alarm, kept: Kept::new(court) };
            for stage in &court.plan.stages {
                let begun = *going.clock;
                let (earlier, current) = tally.split(&stage.critics);
                run.stage(stage, earlier, current, &summary, &mut ruling, &mut going).await;
                // What comes after the last stage asks for neither.
                if stage.critics.end < court.plan.nodes.len() {
                    let (infos, outcomes) = tally.of(&stage.critics);
                    summary.add(infos, outcomes);
                    run.budget.settle(summary.spent);
                }
                let elapsed = going.clock.since(begun);
                stages.push(StageTiming { stage: stage.stage, elapsed });
            }
            going.kept.put_down();
        }
    }

    /// Its report, when it has been judged.
    pub(crate) fn close(self) -> Report {
        #[cfg_attr(not(seeded_bug), allow(unused_mut, reason = "a defect changes it"))]
        let Self { run: Run { court, snapshot, called, .. }, admitted, mut tally, stages, ended } =
            self;
        let timings =
            RunTimings { stages, elapsed: ended.since(called), queued: admitted.since(called) };
        #[cfg(seeded_bug)]
        crate::seeded::exchange(tally.split(&(0..court.plan.nodes.len())).1);
        let (infos, hash) = (court.plan.infos.clone(), court.plan.hash);
        let outcomes = tally.take();
        let report = Report::new(snapshot.shared_trace_id(), infos, outcomes, timings, hash);
        court.counters.count(&report);
        court.observers.tell(RunEvent::RunFinished { report: &report, snapshot });
        report
    }
}

impl Run<'_> {
    pub(crate) fn note_call(&self, place: usize, calls: u32, at: Moment) {
        if let Some(begun) = self.begun.get(place) {
            begun.calls.store(calls, Relaxed);
            if calls == 1 {
                let since = u64::try_from(at.since(self.called).as_nanos()).unwrap_or(u64::MAX);
                begun.first.store(since, Relaxed);
            }
        }
    }

    /// When the first call of a critic began that was then cancelled, after the run was called.
    pub(crate) fn first_call(&self, place: usize) -> Option<Duration> {
        let begun = self.begun.get(place).filter(|begun| begun.calls.load(Relaxed) > 0)?;
        Some(Duration::from_nanos(begun.first.load(Relaxed)))
    }

    pub(crate) fn note_hedge(&self, place: usize, hedges: u32) {
        if let Some(begun) = self.begun.get(place) {
            begun.hedges.store(hedges, Relaxed);
        }
    }

    /// How often a critic has been called that was then cancelled.
    pub(crate) fn calls(&self, place: usize) -> u32 {
        self.begun.get(place).map_or(0, |begun| begun.calls.load(Relaxed))
    }

    /// How many of those calls were hedges.
    pub(crate) fn hedges(&self, place: usize) -> u32 {
        self.begun.get(place).map_or(0, |begun| begun.hedges.load(Relaxed))
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

    /// One that was taken, and that others refused.
    pub(crate) fn give_back_retry(&self) {
        self.retries_left.fetch_add(1, Relaxed);
    }

    /// When a stage that begins now has to end.
    pub(crate) fn stage_deadline(
        &self,
        now: Moment,
        own: Option<Duration>,
    ) -> Deadline<TimeoutLevel> {
        match own {
            None => self.deadline,
            Some(_) if seeded!(StageDeadlineIgnored) => self.deadline,
            Some(own) => Deadline::after(now, own, TimeoutLevel::Stage).within(self.deadline),
        }
    }
}
