//! The calls of critics: what must hold when one begins, while it lasts and when it ends.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use tribunal_core::{CriticError, Opinion, View};

use super::retries::Again;
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
    pub(crate) fn start(watch: &Arc<Watch>, place: usize, view: View<'_>) -> (Step, Self) {
        let mut state = watch.lock();
        let case = &*watch.case;
        let run = view.snapshot().trace_id().and_then(|id| id.parse().ok()).unwrap_or(usize::MAX);
        let run = if run < state.runs.len() { run } else { 0 };
        let announced = state.announced.take();
        let number = if case.critics[place].apart {
            begin_apart(&mut state, run, place)
        } else {
            let polled = state.current == Some(run);
            state.check("I32", polled, || format!("run {run} is at work in another run's poll"));
            let number = announce(&mut state, case, run, place);
            state.check("I4", announced == Some((place, number)), || {
                format!("run {run}: call {number} of c{place} was announced as {announced:?}")
            });
            number
        };
        check_shown(&mut state, case, run, place, view);
        let step = step(&state, case, run, place, number);
        state.runs[run].places[place].live += 1;
        state.runs[run].live += 1;
        check_limits(&mut state, case, place);
        state.note(&[1, run as u64, place as u64, u64::from(number)]);
        drop(state);
        (step, Self { watch: Arc::clone(watch), run, place, number, landed: None })
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

/// A task begins: one that was announced, as its own, and while somebody waits for it.
fn begin_apart(state: &mut State, run: usize, place: usize) -> u32 {
    let current = state.current;
    let log = &mut state.runs[run].places[place];
    log.begun += 1;
    let (number, announced, let_go) = (log.begun, log.calls, log.let_go);
    let legal = current.is_none() && number <= announced;
    state.check("I32", legal, || {
        format!("run {run}: task {number} of c{place}, of {announced}, in a poll of {current:?}")
    });
    let wanted = let_go.is_none_or(|(upto, _)| number > upto);
    state.check("tasks", wanted, || {
        format!("run {run}: task {number} of c{place} begins after nobody waits for it")
    });
    number
}

fn step(state: &State, case: &Case, run: usize, place: usize, number: u32) -> Step {
    if state.healthy { Step::healthy(case, place) } else { Step::faulty(case, run, place, number) }
}

/// The engine makes a call. One in a task of its own begins to work when that is polled, if ever it is.
pub(super) fn announce(state: &mut State, case: &Case, run: usize, place: usize) -> u32 {
    let log = &mut state.runs[run].places[place];
    let is_hedge = std::mem::take(&mut log.hedging);
    log.calls += 1;
    log.hedges += u32::from(is_hedge);
    let number = log.calls;
    check_order(state, case, run, place);
    check_attempt(state, case, run, place, is_hedge);
    hedges::check_call(state, case, run, place, is_hedge);
    let says = step(state, case, run, place, number).says;
    let began = Instant::now();
    let slow_after = hedges::slow_after(state, case, place);
    let own = &case.critics[place];
    let log = &mut state.runs[run].places[place];
    log.backing_off = false;
    // When a task has ended is not told before it has.
    log.again = if own.apart { Again::Unknown } else { Again::No };
    log.beside = log.last.take().filter(|_| is_hedge);
    let ends = log.beside.map_or(began + own.timeout, |first| first.ends);
    log.last = Some(Call { number, says, began, ends, slow_after, landed: None });
    breaker::check_call(state, case, run, place, began);
    money::check_call(state, case, run, place);
    number
}

impl Flight {
    /// What follows from the end of the call: for the breaker, for its repetition, and for what is slow.
    fn told(&self, state: &mut State, landed: Landed, now: Instant) {
        let (case, run, place) = (&*self.watch.case, self.run, self.place);
        if case.critics[place].apart && !self.is_heard(state, landed, now) {
            return;
        }
        let Some(&mut call) = state.runs[run].places[place].call(self.number) else { return };
        let log = &state.runs[run];
        let given_up = landed == Landed::Dropped
            && (log.dropping || log.is_settled_in(case.critics[place].stage));
        let own = call.ends;
        let outer = state.outer_deadline(case, run, place);
        let timed_out = !given_up && outer.is_some_and(|outer| now >= own.min(outer));
        let own_timeout = case.critics[place].timeout;
        breaker::note_end(state, run, place, (call, landed), (timed_out, now), own_timeout);
        let in_time = outer.is_some_and(|outer| now < own.min(outer));
        if landed == Landed::Said && in_time {
            // A hedge counts from the call it was begun beside.
            let beside = state.runs[run].places[place].beside;
            let asked = beside.map_or(call.began, |first| first.began);
            hedges::note(state, place, now.saturating_duration_since(asked));
        }
        if !given_up {
            let again = retries::again(state, case, run, place, (call, landed), timed_out);
            let budget = state.retry_budget.as_mut();
            let budget_then = budget.and_then(|budget| budget.taken_if_one(now));
            let log = &mut state.runs[run].places[place];
            (log.again, log.budget_then) = (again, budget_then);
        }
    }

    /// Of a task: whether its run sees how it ended. What ends at its deadline may be cut off before or after.
    fn is_heard(&self, state: &mut State, landed: Landed, now: Instant) -> bool {
        let (case, run, place) = (&*self.watch.case, self.run, self.place);
        let outer = state.outer_deadline(case, run, place);
        let log = &mut state.runs[run].places[place];
        let waits = log.let_go.is_none_or(|(upto, _)| self.number > upto);
        let ends = log.call(self.number).map(|call| call.ends);
        let in_time = ends.zip(outer).is_some_and(|(own, outer)| now < own.min(outer));
        waits && in_time && landed != Landed::Dropped
    }

    /// A task for which nobody waits any more is gone before time passes.
    fn check_gone(&self, state: &mut State, now: Instant) {
        let let_go = state.runs[self.run].places[self.place].let_go;
        let late = let_go.filter(|(upto, at)| self.number <= *upto && now > *at);
        let apart = self.watch.case.critics[self.place].apart;
        state.check("tasks", !apart || late.is_none(), || {
            format!(
                "run {}: call {} of c{} goes on after {let_go:?}",
                self.run, self.number, self.place
            )
        });
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
        let apart = case.critics[self.place].apart;
        state.marks.hit_if(landed == Landed::Panicked && apart, Mark::PanicInTask);
        self.check_gone(&mut state, now);
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

/// I3: shown just those it depends on and reads.
fn check_shown(state: &mut State, case: &Case, run: usize, place: usize, view: View<'_>) {
    let (own, shown) = (&case.critics[place], view.prior().count());
    state.check("I3", shown == own.sees.len(), || {
        format!("run {run}: {} is shown {shown} outcomes, not {}", own.name, own.sees.len())
    });
}

/// I2 and I3: after the stages before it, and after those it depends on and reads.
fn check_order(state: &mut State, case: &Case, run: usize, place: usize) {
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
    let name = &own.name;
    state.check("I2", too_early == 0, || {
        format!("run {run}: {name} begins before {too_early} critics of earlier stages have ended")
    });
    state.check("I3", missing == 0 && !unmet, || {
        format!("run {run}: {name} begins before what it depends on or reads")
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
                // A task may be cut off before it has ended, or ended and not been seen.
                None | Some((Landed::Panicked, _)) if own.apart => {
                    own.on_timeout && now >= call.ends
                }
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
