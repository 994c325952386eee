//! The calls of critics: what must hold when one begins, while it lasts and when it ends.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use tribunal_core::{CriticError, Opinion, View};

use super::state::{Call, Landed, State};
use super::{Watch, breaker, hedges, money, retries};
use crate::sim::case::{Case, Gate};
use crate::sim::marks::Mark;
use crate::sim::script::{Says, Step};

/// A call under way. Dropped without having landed, it was dropped itself, or it panicked.
pub(crate) struct Flight {
    watch: Arc<Watch>,
    run: usize,
    place: usize,
    number: u32,
    landed: Option<Landed>,
}

impl Flight {
    /// A call begins: what it does, and the guard over it.
    pub(crate) fn start(watch: &Arc<Watch>, place: Option<usize>, view: View<'_>) -> (Step, Self) {
        let mut state = watch.lock();
        let case = &*watch.case;
        let run = view.snapshot().trace_id().and_then(|id| id.parse().ok()).unwrap_or(usize::MAX);
        let run = if run < state.runs.len() { run } else { 0 };
        let announced = state.announced.take();
        let place = place.or(announced.map(|(place, _)| place)).unwrap_or(0);
        let polled = state.current == Some(run);
        state.check("I32", polled, || format!("run {run} is at work in another run's poll"));
        let log = &mut state.runs[run].places[place];
        // With nothing beside it, it is none: a breaker has refused the one that was announced.
        let is_hedge = std::mem::take(&mut log.hedging) && log.live > 0;
        log.calls += 1;
        log.hedges += u32::from(is_hedge);
        let attempt = log.calls;
        state.check("I4", announced == Some((place, attempt)), || {
            format!("run {run}: call {attempt} of c{place} was announced as {announced:?}")
        });
        check_order(&mut state, case, run, place, view);
        check_attempt(&mut state, case, run, place, is_hedge);
        hedges::check_call(&mut state, case, run, place, is_hedge);
        let step = if state.healthy {
            Step::healthy(case, place)
        } else {
            Step::faulty(case, run, place, attempt)
        };
        let began = Instant::now();
        let log = &mut state.runs[run].places[place];
        log.live += 1;
        log.backing_off = false;
        log.beside = log.last.take().filter(|_| is_hedge);
        let ends = log.beside.map_or(began + case.critics[place].timeout, |first| first.ends);
        log.last = Some(Call { number: attempt, says: step.says, began, ends, landed: None });
        state.runs[run].live += 1;
        check_limits(&mut state, case, place);
        breaker::check_call(&mut state, case, run, place, began);
        money::check_call(&mut state, case, run, place);
        state.note(&[1, run as u64, place as u64, u64::from(attempt)]);
        drop(state);
        (step, Self { watch: Arc::clone(watch), run, place, number: attempt, landed: None })
    }

    /// The call came to its end by itself.
    pub(crate) fn land(mut self, step: &Step, said: &Result<Opinion, CriticError>) {
        self.landed = Some(match (said, step.says) {
            (Ok(_), _) => Landed::Said,
            (Err(_), says) => Landed::Failed {
                transient: matches!(says, Says::Transient | Says::TransientAfter(_)),
            },
        });
    }
}

impl Flight {
    /// What follows from the end of the call: for the breaker, and for its repetition.
    fn told(&self, state: &mut State, landed: Landed, now: Instant) {
        let (case, run, place) = (&*self.watch.case, self.run, self.place);
        let Some(&mut call) = state.runs[run].places[place].call(self.number) else { return };
        let log = &state.runs[run];
        let given_up = landed == Landed::Dropped
            && (log.dropping || log.is_settled_in(case.critics[place].stage));
        let own = call.ends;
        let outer = state.outer_deadline(case, run, place);
        let timed_out = !given_up && outer.is_some_and(|outer| now >= own.min(outer));
        let own_timeout = case.critics[place].timeout;
        breaker::note_end(state, run, place, (call, landed), (timed_out, now), own_timeout);
        if !given_up {
            let again = retries::again(state, case, run, place, (call, landed), timed_out);
            let budget = state.retry_budget.as_mut();
            let budget_then = budget.and_then(|budget| budget.taken_if_one(now));
            let log = &mut state.runs[run].places[place];
            (log.again, log.budget_then) = (again, budget_then);
        }
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        let mut state = self.watch.lock();
        let case = &*self.watch.case;
        let bomb = |state: &mut State| {
            let own = state.runs[self.run].places[self.place].call(self.number);
            own.is_some_and(|call| call.says == Says::Bomb)
        };
        let landed = self.landed.unwrap_or_else(|| {
            if std::thread::panicking() && !bomb(&mut state) {
                Landed::Panicked
            } else {
                Landed::Dropped
            }
        });
        let exploded = std::thread::panicking() && bomb(&mut state);
        state.marks.hit_if(exploded, Mark::PanicInDrop);
        let now = Instant::now();
        let log = &mut state.runs[self.run].places[self.place];
        log.live -= 1;
        if let Some(call) = log.call(self.number) {
            call.landed = Some((landed, now));
            let took = now.saturating_duration_since(call.began);
            let timeout = case.critics[self.place].timeout;
            let said = landed == Landed::Said;
            let last_moment = took + Duration::from_millis(1) == timeout;
            state.marks.hit_if(said && last_moment, Mark::JustInTime);
            state.marks.hit_if(took == timeout, Mark::TimeoutAtDeadline);
            state.marks.hit_if(said && took > timeout, Mark::LateOk);
            let poll = took > Duration::ZERO;
            state.marks.hit_if(landed == Landed::Panicked && !poll, Mark::PanicInCall);
            state.marks.hit_if(landed == Landed::Panicked && poll, Mark::PanicInPoll);
        }
        self.told(&mut state, landed, now);
        state.runs[self.run].live -= 1;
        state.live -= 1;
        state.live_by_stage[case.critics[self.place].stage.index()] -= 1;
        state.live_by_critic[self.place] -= 1;
        let code = match landed {
            Landed::Said => 2,
            Landed::Failed { .. } => 3,
            Landed::Panicked => 4,
            Landed::Dropped => 5,
        };
        state.note(&[code, self.run as u64, self.place as u64]);
    }
}

/// I2 and I3: after the stages before it, after those it depends on and reads, and shown just those.
fn check_order(state: &mut State, case: &Case, run: usize, place: usize, view: View<'_>) {
    let own = &case.critics[place];
    let places = &state.runs[run].places;
    let earlier = case.critics.iter().zip(places).take_while(|(other, _)| other.stage < own.stage);
    let too_early = earlier.filter(|(_, log)| log.finished.is_none()).count();
    let missing = own.sees.iter().filter(|&&other| places[other].finished.is_none()).count();
    let unmet = own.depends_on.iter().any(|&other| {
        let finished = places[other].finished;
        finished.is_none_or(|(_, opinion)| !opinion && !own.run_anyway && own.gate != Gate::Unknown)
    });
    let without = own
        .depends_on
        .iter()
        .any(|&other| places[other].finished.is_some_and(|(_, opinion)| !opinion));
    let shown = view.prior().count();
    let name = &own.name;
    state.check("I2", too_early == 0, || {
        format!("run {run}: {name} begins before {too_early} critics of earlier stages have ended")
    });
    state.check("I3", missing == 0 && !unmet, || {
        format!("run {run}: {name} begins before what it depends on or reads")
    });
    state.check("I3", shown == own.sees.len(), || {
        format!("run {run}: {name} is shown {shown} outcomes, not {}", own.sees.len())
    });
    state.marks.hit_if(without && !unmet, Mark::RanAnyway);
}

/// I16, I25 and I30: in time, as often as it may, and only after what may be repeated.
fn check_attempt(state: &mut State, case: &Case, run: usize, place: usize, is_hedge: bool) {
    let own = &case.critics[place];
    let now = Instant::now();
    let attempt = state.runs[run].places[place].attempts();
    let in_time = state.outer_deadline(case, run, place).is_some_and(|ends| now < ends);
    state.check("I16", in_time, || format!("run {run}: {} begins after its deadline", own.name));
    state.check("I25", attempt <= own.attempts, || {
        format!("run {run}: attempt {attempt} of {} at {}", own.attempts, own.name)
    });
    if attempt > 1 && !is_hedge {
        state.runs[run].retries += 1;
        let retries = state.runs[run].retries;
        state.check("I25", retries <= case.max_total_retries, || {
            format!("run {run}: {retries} retries of {}", case.max_total_retries)
        });
        let last = state.runs[run].places[place].last;
        let hedged = state.runs[run].places[place].beside.is_some();
        let legal = hedged
            || last.is_some_and(|call| match call.landed {
                Some((Landed::Failed { transient: true }, _)) => true,
                Some((Landed::Panicked, _)) | None => false,
                Some((_, at)) => own.on_timeout && at >= call.ends,
            });
        state.check("I25", legal, || {
            format!("run {run}: {} is called again after {last:?}", own.name)
        });
        let timed_out = last
            .and_then(|call| call.landed)
            .is_some_and(|(landed, _)| !matches!(landed, Landed::Failed { .. }));
        state.marks.hit_if(timed_out, Mark::RetryOnTimeout);
        let asked = last.is_some_and(|call| matches!(call.says, Says::TransientAfter(_)));
        state.marks.hit_if(asked, Mark::RetryAfter);
    }
    state.calls[place] += 1;
    check_rates(state, case, place);
    // Without a limit of its own in the way, who begins later than it could has waited.
    let began = state.runs[run].stage_began[own.stage.index()];
    let waited =
        began.is_some_and(|began| now > began) && attempt == 1 && !is_hedge && own.sees.is_empty();
    let alone = own.depends_on.is_empty() && case.hook_timeout.is_none() && !case.blocks;
    let free = own.rate.is_none() && own.shares.is_empty();
    state.marks.hit_if(waited && alone && !free, Mark::WaitedForToken);
    state.marks.hit_if(waited && alone && free, Mark::WaitedForPermit);
}

/// I30: no more calls than tokens, of its own rate and of those it shares.
fn check_rates(state: &mut State, case: &Case, place: usize) {
    let own = &case.critics[place];
    let since = state.begun.elapsed();
    if let Some(rate) = own.rate {
        let (calls, most) = (state.calls[place], rate.most(since));
        state.check("I30", calls <= most, || {
            format!("{} is called {calls} times, at most {most} were due", own.name)
        });
    }
    for &shared in &own.shares {
        state.shared_calls[shared] += 1;
        let (calls, most) = (state.shared_calls[shared], case.rates[shared].most(since));
        state.check("I30", calls <= most, || {
            format!("{calls} calls under shared rate {shared}, at most {most} were due")
        });
        state.marks.hit_if(calls == most, Mark::SharedRateUsedUp);
    }
}

/// I20: never more in flight than may be, at any level.
fn check_limits(state: &mut State, case: &Case, place: usize) {
    let own = &case.critics[place];
    let stage = own.stage.index();
    state.live += 1;
    state.live_by_stage[stage] += 1;
    state.live_by_critic[place] += 1;
    let moving = own.adaptive.is_some();
    state.marks.hit_if(moving && own.limit == Some(state.live_by_critic[place]), Mark::AtCeiling);
    let levels = [
        (state.live, Some(case.max_in_flight), Mark::AtGlobalLimit),
        (state.live_by_stage[stage], case.stage_limits[stage], Mark::AtStageLimit),
        (state.live_by_critic[place], own.limit, Mark::AtCriticLimit),
    ];
    for (live, limit, mark) in levels {
        let Some(limit) = limit else { continue };
        state.check("I20", live <= limit, || {
            format!("{live} in flight of {limit} ({mark:?}), when {} begins", own.name)
        });
        state.marks.hit_if(live == limit, mark);
    }
}
