//! One stage of one run: who may start when, and where outcomes go.
//!
//! All critics that can start are started one after the other, in plan order, in one pass; those that answer at
//! once are done with in that pass. Start at [`Run::stage`].

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::future::poll_fn;
use std::ops::Range;
use std::pin::Pin;
use std::sync::OnceLock;
use std::task::{Context, Poll};

use futures_core::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, Stream};
use tokio::time::Instant;
use tribunal_core::{
    CriticInfo, Outcome, Reason, RunEvent, Skipped, TimeoutLevel, View, calls_for, seeded,
};
use tribunal_resilience::Deadline;

use crate::attempt::Execution;
use crate::gate;
use crate::limit::{Carried, Limits};
use crate::plan::{Node, StagePlan};
use crate::ruling::Ruling;
use crate::run::{Run, Summary};

/// What the critics of a stage see of the stages before and of each other.
#[derive(Clone, Copy)]
pub(crate) struct Sight<'r> {
    pub(crate) earlier: &'r [Outcome],
    pub(crate) current: &'r [OnceLock<Outcome>],
    pub(crate) summary: Summary,
}

impl Sight<'_> {
    /// Copies of what a critic sees, each in its place, for a call that may outlive the run.
    pub(crate) fn seen(&self, sees: &[u32]) -> Vec<Outcome> {
        let upto = sees.last().map_or(0, |last| *last as usize + 1);
        let mut copies = Vec::with_capacity(upto);
        copies.resize_with(upto, Outcome::missing);
        for &index in sees {
            let index = index as usize;
            let outcome = match index.checked_sub(self.earlier.len()) {
                None => self.earlier.get(index),
                Some(index) => self.current.get(index).and_then(OnceLock::get),
            };
            if let (Some(copy), Some(outcome)) = (copies.get_mut(index), outcome) {
                copy.clone_from(outcome);
            }
        }
        copies
    }
}

impl<'r> Run<'r> {
    /// What a critic and its gate see.
    pub(crate) fn view(&'r self, sight: Sight<'r>, node: &'r Node) -> View<'r> {
        let names = &self.court.plan.names;
        View::with_prior(self.snapshot, names, sight.earlier, sight.current, &node.sees)
    }

    /// Runs the critics of a stage. `clock` is now, and is set to what is now when it ends.
    pub(crate) async fn stage(
        &self,
        plan: &StagePlan,
        earlier: &[Outcome],
        current: &mut [Outcome],
        summary: Summary,
        ruling: &mut Ruling,
        clock: &mut Instant,
    ) {
        if !ruling.is_settled() {
            self.court.observers.tell(RunEvent::StageStarted { stage: plan.stage });
        }
        // Written before the driver, so that it is dropped after it.
        let mut handover = Handover { slots: Vec::new(), current };
        let (slots, places) = if plan.sees_itself {
            handover.slots.resize_with(plan.critics.len(), OnceLock::new);
            (&handover.slots[..], Places::Shared(&handover.slots))
        } else {
            (&[][..], Places::Own(&mut *handover.current))
        };
        let waits = if plan.waits && !seeded!(DependencyNotAwaited) {
            self.waits(plan)
        } else {
            Vec::new()
        };
        let mut driver = Driver {
            run: self,
            stage: plan,
            sight: Sight { earlier, current: slots, summary },
            deadline: self.stage_deadline(*clock, plan.timeout),
            fresh: plan.critics.clone(),
            unblocked: BinaryHeap::new(),
            waits,
            places,
            clock: *clock,
            pending: None,
        };
        poll_fn(|cx| driver.poll(ruling, cx)).await;
        *clock = driver.clock;
    }

    /// For how many critics of its stage each one has to wait.
    fn waits(&self, plan: &StagePlan) -> Vec<u32> {
        let nodes = &self.court.plan.nodes;
        plan.critics.clone().map(|at| nodes.get(at).map_or(0, |node| node.waits_for)).collect()
    }
}

/// Where the outcomes of a stage go.
enum Places<'r> {
    /// No critic of the stage sees another of it: right where they belong.
    Own(&'r mut [Outcome]),
    /// Where the others can see them.
    Shared(&'r [OnceLock<Outcome>]),
}

/// Puts outcomes that were shared within a stage where they belong, also when the run is dropped.
struct Handover<'r> {
    slots: Vec<OnceLock<Outcome>>,
    current: &'r mut [Outcome],
}

impl Drop for Handover<'_> {
    fn drop(&mut self) {
        for (slot, place) in self.slots.iter_mut().zip(&mut *self.current) {
            if let Some(outcome) = slot.take() {
                *place = outcome;
            }
        }
    }
}

/// A critic that has to be waited for.
pub(crate) type Later<'r> = BoxFuture<'r, (usize, Outcome)>;

/// Drives the critics of one stage to their outcomes.
struct Driver<'r> {
    run: &'r Run<'r>,
    stage: &'r StagePlan,
    sight: Sight<'r>,
    deadline: Deadline<TimeoutLevel>,
    /// Those that have not been looked at yet.
    fresh: Range<usize>,
    /// Those that waited and wait for nobody any more, first in the plan first.
    unblocked: BinaryHeap<Reverse<usize>>,
    /// For how many each critic of the stage still waits; empty when none ever does.
    waits: Vec<u32>,
    places: Places<'r>,
    /// The time while critics are started one after the other; the end of one is the start of the next.
    clock: Instant,
    /// Those that have to be waited for; nothing is allocated while there are none.
    pending: Option<FuturesUnordered<Later<'r>>>,
}

#[cfg(seeded_bug)]
impl Drop for Driver<'_> {
    fn drop(&mut self) {
        if seeded!(DroppedRunGoesOn) {
            std::mem::forget(self.pending.take());
        }
    }
}

impl<'r> Driver<'r> {
    fn poll(&mut self, ruling: &mut Ruling, cx: &mut Context<'_>) -> Poll<()> {
        // Wide permits go from one critic to the next within this pass, and are free when it ends.
        let mut carried = Carried::default();
        loop {
            if ruling.is_settled() {
                self.cut_off(ruling);
                return Poll::Ready(());
            }
            if let Some(place) = self.next() {
                self.start(place, &mut carried, ruling, cx);
                continue;
            }
            carried = Carried::default();
            let Some(pending) = &mut self.pending else { return Poll::Ready(()) };
            match Pin::new(pending).poll_next(cx) {
                Poll::Ready(Some((place, mut outcome))) => {
                    self.clock = Instant::now();
                    self.note(place, &mut outcome, ruling);
                    self.put(place, outcome);
                }
                Poll::Ready(None) => return Poll::Ready(()),
                Poll::Pending => return Poll::Pending,
            }
        }
    }

    /// The first in the plan of those that can start.
    fn next(&mut self) -> Option<usize> {
        let start = self.stage.critics.start;
        let waits = &self.waits;
        let blocked = |place: usize| waits.get(place - start).is_some_and(|waits| *waits > 0);
        let mut fresh = self.fresh.clone();
        let next = fresh.find(|place| !blocked(*place));
        match (next, self.unblocked.peek()) {
            // Those before it are blocked, and are put among the others once they are not.
            (Some(next), Some(Reverse(other))) if *other < next => self.fresh.start = next,
            (Some(next), _) => {
                self.fresh = fresh;
                return Some(next);
            }
            (None, _) => self.fresh = fresh,
        }
        self.unblocked.pop().map(|Reverse(place)| place)
    }

    /// Asks the gate and starts the critic. What can be done without waiting is done.
    fn start(
        &mut self,
        place: usize,
        carried: &mut Carried<'r>,
        ruling: &mut Ruling,
        cx: &mut Context<'_>,
    ) {
        let plan = &self.run.court.plan;
        let (Some(node), Some(info)) = (plan.nodes.get(place), plan.infos.get(place)) else {
            return;
        };
        let at = place - self.stage.critics.start;
        let mut shared = Outcome::missing();
        let out = match &mut self.places {
            Places::Own(own) => own.get_mut(at),
            Places::Shared(_) => Some(&mut shared),
        };
        let Some(out) = out else { return };
        let view = self.run.view(self.sight, node);
        #[cfg(seeded_bug)]
        let view = crate::seeded::wider(self.run, self.sight, view);
        let kept = gate::decide(plan, node, view, self.sight.summary).and_then(|()| {
            let fits = self.run.budget.reserve(info.cost, info.mode);
            let fits = fits || seeded!(OverBudgetRuns);
            fits.then_some(()).ok_or(Reason::Skipped(Skipped::OverBudget))
        });
        if let Err(reason) = kept {
            *out = Outcome::without(reason);
        } else {
            let limits = Limits {
                plan,
                stage: self.stage,
                node,
                priority: info.priority.get(),
                deadline: self.deadline,
            };
            let execution = Execution { run: self.run, sight: self.sight, place, info, limits };
            if let Some(later) = execution.start(&mut self.clock, carried, out, cx) {
                self.pending.get_or_insert_default().push(later);
                // The critic has been polled, which may have taken its time.
                self.clock = Instant::now();
                return;
            }
        }
        note(self.run, place, node, info, out, ruling);
        if let Places::Shared(slots) = self.places {
            fill(slots, at, shared);
        }
        self.unblock(node);
    }

    /// Takes down the outcome of one that was waited for.
    fn note(&mut self, place: usize, outcome: &mut Outcome, ruling: &mut Ruling) {
        let plan = &self.run.court.plan;
        if let (Some(node), Some(info)) = (plan.nodes.get(place), plan.infos.get(place)) {
            note(self.run, place, node, info, outcome, ruling);
        }
    }

    /// Puts an outcome in its place, and lets those go on that waited for it.
    fn put(&mut self, place: usize, outcome: Outcome) {
        let at = place - self.stage.critics.start;
        match &mut self.places {
            _ if place + 1 == self.stage.critics.end && seeded!(OutcomeLost) => {}
            Places::Own(own) => {
                if let Some(own) = own.get_mut(at) {
                    *own = outcome;
                }
            }
            Places::Shared(slots) => fill(slots, at, outcome),
        }
        if let Some(node) = self.run.court.plan.nodes.get(place) {
            self.unblock(node);
        }
    }

    fn unblock(&mut self, node: &Node) {
        for &next in &node.unblocks {
            let next = next as usize;
            let waits = next.checked_sub(self.stage.critics.start);
            if let Some(waits) = waits.and_then(|at| self.waits.get_mut(at)) {
                *waits = waits.saturating_sub(1);
                // One that is still ahead is found when its turn comes.
                if *waits == 0 && !self.fresh.contains(&next) {
                    self.unblocked.push(Reverse(next));
                }
            }
        }
    }

    fn is_open(&self, at: usize) -> bool {
        match &self.places {
            Places::Own(own) => own.get(at).is_some_and(Outcome::is_missing),
            Places::Shared(slots) => slots.get(at).is_some_and(|slot| slot.get().is_none()),
        }
    }

    /// The verdict is settled: what is in flight is cancelled, and what has not started does not start.
    fn cut_off(&mut self, ruling: &mut Ruling) {
        self.pending = None;
        let start = self.stage.critics.start;
        for place in self.stage.critics.clone() {
            if !self.is_open(place - start) {
                continue;
            }
            let calls = self.run.calls(place);
            let cost = self.run.court.plan.infos.get(place).map_or(0.0, |info| info.cost);
            let mut outcome = Outcome::without(Reason::Skipped(Skipped::VerdictSettled));
            outcome.attempts = calls;
            outcome.hedges = self.run.hedges(place);
            outcome.cost = cost * f64::from(calls);
            self.note(place, &mut outcome, ruling);
            self.put(place, outcome);
        }
    }
}

/// Each place is started once, so there is nothing to be lost here.
fn fill(slots: &[OnceLock<Outcome>], at: usize, outcome: Outcome) {
    if let Some(slot) = slots.get(at) {
        let _ = slot.set(outcome);
    }
}

/// Takes down what an outcome means for the verdict, and tells of it.
#[inline]
fn note(
    run: &Run<'_>,
    place: usize,
    node: &Node,
    info: &CriticInfo,
    outcome: &mut Outcome,
    ruling: &mut Ruling,
) {
    debug_assert!(!outcome.is_missing(), "place {place} has an outcome");
    let court = run.court;
    outcome.calls_for = calls_for(info, outcome);
    if !court.observers.is_empty() {
        court.observers.tell(RunEvent::Finished { critic: info, outcome });
    }
    if court.plan.settings.early_exit {
        let before = ruling.is_settled();
        ruling.note(info, node.highest, outcome);
        if !before && ruling.is_settled() {
            court.observers.tell(RunEvent::VerdictSettled { verdict: ruling.verdict() });
        }
    }
}
