//! One stage of one run: who may start when, and where outcomes go.
//!
//! All critics that can start are started one after the other, in plan order, in one pass; those that answer at
//! once are done with in that pass. Start at [`Run::stage`].

use std::future::{Future, poll_fn};
use std::ops::Range;
use std::sync::OnceLock;
use std::task::{Context, Poll};
use std::time::Duration;

use tribunal_core::{
    CriticInfo, Gated, Opinion, Outcome, Reason, RunEvent, Skipped, TimeoutLevel, View, calls_for,
    seeded,
};
use tribunal_resilience::{Deadline, Moment};

use crate::attempt::Execution;
use crate::call::Spoken;
use crate::gate;
use crate::limit::{Carried, Kept};
use crate::orchestrator::Court;
use crate::pending::{Alarm, Ended, Landed, Pending, Wait};
use crate::plan::{Node, StagePlan};
use crate::ruling::Ruling;
use crate::run::{Going, Run, Summary};
use crate::spec::Policy;
use crate::turns::Turns;

/// What the critics of a stage of a run have in common.
pub(crate) struct Scope<'r> {
    pub(crate) run: &'r Run<'r>,
    /// That of the run: it is asked for so often that the way there matters.
    pub(crate) court: &'r Court,
    pub(crate) stage: &'r StagePlan,
    pub(crate) sight: Sight<'r>,
    pub(crate) deadline: Deadline<TimeoutLevel>,
}

impl<'r> Scope<'r> {
    /// What a critic and its gate see.
    #[inline]
    pub(crate) fn view(&self, node: &'r Node) -> View<'r> {
        let (run, sight) = (self.run, &self.sight);
        let names = &self.court.plan.names;
        View::with_prior(run.snapshot, names, sight.earlier, sight.current, &node.sees)
    }

    /// Who has a place in the plan.
    #[inline]
    fn seat(&self, place: usize) -> Option<(&'r Node, &'r CriticInfo)> {
        let plan = &self.court.plan;
        Some((plan.nodes.get(place)?, plan.infos.get(place)?))
    }
}

/// What the critics of a stage see of the stages before and of each other.
pub(crate) struct Sight<'r> {
    pub(crate) earlier: &'r [Outcome],
    pub(crate) current: &'r [OnceLock<Outcome>],
    pub(crate) summary: &'r Summary,
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
    /// Runs the critics of a stage. The clock shows now, and what is now when it ends.
    #[allow(clippy::manual_async_fn, reason = "an `async fn` has room for each argument twice")]
    pub(crate) fn stage<'c>(
        &self,
        plan: &StagePlan,
        earlier: &[Outcome],
        current: &mut [Outcome],
        summary: &Summary,
        ruling: &mut Ruling,
        going: &mut Going<'_, 'c>,
    ) -> impl Future<Output = ()> + Send {
        async move {
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
            let turns = (plan.waits && !seeded!(DependencyNotAwaited)).then(|| self.turns(plan));
            let scope = Scope {
                run: self,
                court: self.court,
                stage: plan,
                sight: Sight { earlier, current: slots, summary },
                deadline: self.stage_deadline(*going.clock, plan.timeout),
            };
            let mut driver = Driver {
                scope: &scope,
                fresh: plan.critics.clone(),
                turns,
                places,
                clock: *going.clock,
                pending: None,
            };
            let Going { clock, alarm, kept } = going;
            poll_fn(|cx| driver.poll(ruling, alarm, kept, cx)).await;
            **clock = driver.clock;
        }
    }

    /// For how many critics of its stage each one has to wait.
    fn turns(&self, plan: &StagePlan) -> Box<Turns> {
        let nodes = self.court.plan.nodes.get(plan.critics.clone()).unwrap_or_default();
        Box::new(Turns::new(plan.critics.start, nodes.iter().map(|node| node.waits_for)))
    }
}

/// Where the outcomes of a stage go.
enum Places<'r> {
    /// No critic of the stage sees another of it: right where they belong.
    Own(&'r mut [Outcome]),
    /// Where the others can see them.
    Shared(&'r [OnceLock<Outcome>]),
}

impl Places<'_> {
    /// Where to write an outcome: right in its place, or where it is taken from to be shared.
    #[inline]
    fn out<'a>(
        &'a mut self,
        at: usize,
        shared: &'a mut Option<Outcome>,
    ) -> Option<&'a mut Outcome> {
        match self {
            Places::Own(own) => own.get_mut(at),
            Places::Shared(_) => Some(shared.insert(Outcome::missing())),
        }
    }
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

/// Drives the critics of one stage to their outcomes.
struct Driver<'r> {
    scope: &'r Scope<'r>,
    /// Those that have not been looked at yet.
    fresh: Range<usize>,
    /// Whose turn it is, where any has to wait for another.
    turns: Option<Box<Turns>>,
    places: Places<'r>,
    /// The time while critics are started one after the other; the end of one is the start of the next.
    clock: Moment,
    /// Those that have to be waited for; nothing is allocated while there are none.
    pending: Option<Pending<'r>>,
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
    fn poll<'c: 'r>(
        &mut self,
        ruling: &mut Ruling,
        alarm: &mut Alarm<'_>,
        kept: &mut Kept<'c>,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        if let Some(pending) = &mut self.pending {
            pending.woken();
        }
        // Wide permits go from one critic to the next within this pass, and are free when it has to wait.
        let mut carried = Carried::of(kept);
        loop {
            if ruling.is_settled() {
                self.cut_off(ruling);
                return Poll::Ready(());
            }
            if let Some(place) = self.next() {
                self.start(place, &mut carried, ruling, cx);
                continue;
            }
            let Some(pending) = &mut self.pending else {
                carried.keep(kept);
                return Poll::Ready(());
            };
            carried.put_down();
            let mut landed = Landed::default();
            match pending.poll(&mut landed, alarm, cx) {
                Poll::Ready(Some(Ended::Whole(place))) => {
                    self.clock = Moment::now();
                    if let Some(outcome) = landed.outcome {
                        self.put(place, outcome, ruling);
                    }
                }
                Poll::Ready(Some(Ended::Answered(spoken))) => {
                    self.land(Some(spoken), landed.opinion, ruling);
                }
                Poll::Ready(Some(Ended::Overdue)) => self.land(None, None, ruling),
                Poll::Ready(None) => return Poll::Ready(()),
                Poll::Pending => return Poll::Pending,
            }
        }
    }

    /// The first in the plan of those that can start.
    #[inline]
    fn next(&mut self) -> Option<usize> {
        match &mut self.turns {
            None => self.fresh.next(),
            Some(turns) => turns.next(&mut self.fresh),
        }
    }

    /// Asks the gate and starts the critic. What can be done without waiting is done.
    fn start(
        &mut self,
        place: usize,
        carried: &mut Carried<'r>,
        ruling: &mut Ruling,
        cx: &mut Context<'_>,
    ) {
        let scope = self.scope;
        let Some((node, info)) = scope.seat(place) else { return };
        let at = place - scope.stage.critics.start;
        let mut shared = None;
        let Some(out) = self.places.out(at, &mut shared) else { return };
        let kept_out = kept_out(scope, node, info);
        if matches!(node.policy, Policy::Conditional(_)) || !scope.court.observers.is_empty() {
            // Code of others has been at work, and its time is not the critic's.
            self.clock = Moment::now();
        }
        if let Some(reason) = kept_out {
            return self.keep_out(place, reason, ruling);
        }
        let execution = Execution { scope, place, node, info };
        if let Some(wait) = execution.start(&mut self.clock, carried, out, cx) {
            return self.wait_for(wait);
        }
        note(scope.run, place, node, info, out, ruling);
        self.settle(place, &mut shared, node);
    }

    /// A critic does not run.
    fn keep_out(&mut self, place: usize, reason: Reason, ruling: &mut Ruling) {
        let scope = self.scope;
        let Some((node, info)) = scope.seat(place) else { return };
        let at = place - scope.stage.critics.start;
        let mut shared = None;
        let Some(out) = self.places.out(at, &mut shared) else { return };
        let gated = match &reason {
            Reason::Gated(gated) => Some(gated.clone()),
            _ => None,
        };
        out.end_without(reason);
        note(scope.run, place, node, info, out, ruling);
        self.settle(place, &mut shared, node);
        if let Some(gated) = gated {
            self.keep_out_alike(&gated);
        }
    }

    /// Those right behind it do not run either, as far as their gates could only say the same. Where that has to be
    /// told, or looked at, they are asked one by one.
    fn keep_out_alike(&mut self, gated: &Gated) {
        let court = self.scope.court;
        let Places::Own(own) = &mut self.places else { return };
        if self.turns.is_some() || !court.observers.is_empty() || court.plan.settings.early_exit {
            return;
        }
        let start = self.scope.stage.critics.start;
        let nodes = court.plan.nodes.get(self.fresh.clone()).unwrap_or_default();
        let own = own.get_mut(self.fresh.start - start..).unwrap_or_default();
        let mut alike = 0;
        for (_, out) in nodes.iter().zip(own).take_while(|(node, _)| node.like_last) {
            // It calls for nothing, as it is.
            out.end_without(Reason::Gated(gated.clone()));
            alike += 1;
        }
        self.fresh.start += alike;
    }

    #[inline]
    fn wait_for(&mut self, wait: Wait<'r>) {
        let critics = self.scope.stage.critics.len();
        self.pending.get_or_insert_with(|| Pending::of(critics)).push(wait);
    }

    /// A first call that was waited for is over; without an answer when its time is up.
    fn land(&mut self, spoken: Option<Spoken>, opinion: Option<Opinion>, ruling: &mut Ruling) {
        let scope = self.scope;
        let Some(pending) = &mut self.pending else { return };
        let Some(ended) = pending.ended() else { return };
        let Some(place) = ended.place() else { return };
        let Some((node, info)) = scope.seat(place) else { return };
        let execution = Execution { scope, place, node, info };
        let at = place - scope.stage.critics.start;
        let mut shared = None;
        let Some(out) = self.places.out(at, &mut shared) else { return };
        out.opinion = opinion;
        let now = Moment::now();
        self.clock = now;
        let landed = match (&mut *ended, &spoken) {
            (Wait::Flight(flight), Some(Ok(Ok(())))) => execution.land(flight, now, out),
            _ => false,
        };
        if landed {
            *ended = Wait::Over;
        } else {
            let ended = std::mem::replace(ended, Wait::Over);
            let Some(call) = ended.into_call() else { return };
            let wait = match spoken {
                Some(spoken) => execution.land_hard(*call, spoken, now, out),
                None => execution.land_late(*call, &mut self.clock, out),
            };
            if let Some(wait) = wait {
                return pending.push(wait);
            }
        }
        note(scope.run, place, node, info, out, ruling);
        self.settle(place, &mut shared, node);
    }

    /// Takes down the outcome of one that was waited for, or that does not start any more.
    fn put(&mut self, place: usize, outcome: Outcome, ruling: &mut Ruling) {
        let scope = self.scope;
        let Some((node, info)) = scope.seat(place) else { return };
        let mut shared = None;
        let at = place - scope.stage.critics.start;
        let Some(out) = self.places.out(at, &mut shared) else { return };
        *out = outcome;
        note(scope.run, place, node, info, out, ruling);
        self.settle(place, &mut shared, node);
    }

    /// An outcome is in its place, or goes to where the others see it; those go on that waited for it.
    #[inline(always)]
    fn settle(&mut self, place: usize, shared: &mut Option<Outcome>, node: &Node) {
        let at = place - self.scope.stage.critics.start;
        #[cfg(seeded_bug)]
        if place + 1 == self.scope.stage.critics.end && seeded!(OutcomeLost) {
            match &mut self.places {
                Places::Own(own) => {
                    own.iter_mut().skip(at).for_each(|own| *own = Outcome::missing())
                }
                Places::Shared(_) => *shared = None,
            }
        }
        if let Places::Shared(slots) = self.places
            && let Some(shared) = shared.take()
        {
            fill(slots, at, shared);
        }
        if let Some(turns) = &mut self.turns {
            turns.unblock(&node.unblocks, &self.fresh);
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
        let start = self.scope.stage.critics.start;
        for place in self.scope.stage.critics.clone() {
            if !self.is_open(place - start) {
                continue;
            }
            let calls = self.scope.run.calls(place);
            let cost = self.scope.seat(place).map_or(0.0, |(_, info)| info.cost);
            let mut outcome = Outcome::without(Reason::Skipped(Skipped::VerdictSettled));
            outcome.attempts = calls;
            outcome.hedges = self.scope.run.hedges(place);
            outcome.cost = cost * f64::from(calls);
            if let Some(begun) = self.scope.run.first_call(place) {
                outcome.begin_at(begun);
                if calls == outcome.hedges.saturating_add(1) {
                    // One attempt, and no waiting for another: it was at work from then on.
                    let now = self.clock.since(self.scope.run.called);
                    outcome.took(Duration::ZERO, now.saturating_sub(begun));
                }
            }
            self.put(place, outcome, ruling);
        }
    }
}

/// Why a critic does not run: by its gate, or by what the run may cost.
#[inline]
fn kept_out<'r>(scope: &'r Scope<'r>, node: &'r Node, info: &CriticInfo) -> Option<Reason> {
    let run = scope.run;
    if !node.always {
        let view = scope.view(node);
        #[cfg(seeded_bug)]
        let view = crate::seeded::wider(scope, view);
        let decided = gate::decide(&run.court.plan, node, view, scope.sight.summary);
        if let Err(reason) = decided {
            return Some(reason);
        }
    }
    let fits = run.budget.reserve(info.cost, info.mode) || seeded!(OverBudgetRuns);
    if fits { None } else { Some(Reason::Skipped(Skipped::OverBudget)) }
}

/// Each place is started once, so there is nothing to be lost here.
fn fill(slots: &[OnceLock<Outcome>], at: usize, outcome: Outcome) {
    if let Some(slot) = slots.get(at) {
        let _ = slot.set(outcome);
    }
}

/// Takes down what an outcome means for the verdict, and tells of it.
#[inline(always)]
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
