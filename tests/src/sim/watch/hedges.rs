//! Second calls beside slow ones: few, only where all limits have room, and the first valid answer counts.

use tokio::time::Instant;
use tribunal_core::{Outcome, Source, Status};

use super::state::{Call, Landed, State};
use crate::sim::case::{Case, Demands};
use crate::sim::marks::Mark;
use crate::sim::script::Says;

/// Of so many calls at most one is hedged.
const CALLS_PER_HEDGE: u64 = 20;

/// A hedge is announced.
pub(super) fn announced(state: &mut State, case: &Case, run: usize, place: usize) {
    let own = &case.critics[place];
    let log = &mut state.runs[run].places[place];
    log.hedging = true;
    log.hedges_planned += 1;
    let live = log.live;
    let slow = log
        .last
        .is_some_and(|first| own.hedge.is_some_and(|delay| first.began + delay <= Instant::now()));
    state.check("hedges", case.is_foreign() || (slow && live == 1), || {
        format!("run {run}: {} is hedged beside {live} calls, slow: {slow}", own.name)
    });
}

/// A call begins: the only one of its critic in its run, unless it is a hedge; and of those there are few.
pub(super) fn check_call(state: &mut State, case: &Case, run: usize, place: usize, is_hedge: bool) {
    let own = &case.critics[place];
    let beside = state.runs[run].places[place].live;
    state.check("hedges", beside == u32::from(is_hedge), || {
        format!("run {run}: {} is called beside {beside} calls, hedge: {is_hedge}", own.name)
    });
    if !is_hedge {
        return;
    }
    state.hedges[place] += 1;
    state.marks.hit(Mark::Hedged);
    let (calls, hedges) = (state.calls[place], state.hedges[place]);
    // A breaker that refuses ends an attempt that has paid in, and there was no call.
    let exact = own.breaker.is_none() && !case.is_foreign();
    state.check("hedges", !exact || hedges * CALLS_PER_HEDGE <= calls - hedges, || {
        format!("{hedges} of {calls} calls of {} are hedges", own.name)
    });
}

/// The outcome of an attempt of two calls: the opinion of the first that was valid, if one was.
pub(crate) fn check_outcome(
    state: &mut State,
    case: &Case,
    run: usize,
    place: usize,
    outcome: &Outcome,
) -> bool {
    let log = &state.runs[run].places[place];
    let (Some(first), Some(second)) = (log.beside, log.last) else { return false };
    let outer = state.outer_deadline(case, run, place);
    let plain = matches!(case.critics[place].demands, Demands::Nothing | Demands::ScoreLenient);
    if !plain || log.backing_off || outcome.source != Source::Critic {
        return true;
    }
    let valid = |call: Call| match (call.says, call.landed) {
        (Says::Opinion { severity, .. }, Some((Landed::Said, at)))
            if at < call.ends && outer.is_some_and(|outer| at < outer) =>
        {
            Some((at, severity))
        }
        _ => None,
    };
    let said = outcome.opinion.as_ref().map(|opinion| opinion.worst_severity());
    let (fits, mark) = match (valid(first), valid(second)) {
        (None, None) => (outcome.status != Status::Success, Mark::BothFailed),
        (Some((_, severity)), None) => (said == Some(severity), Mark::FirstWins),
        (None, Some((_, severity))) => (said == Some(severity), Mark::HedgeWins),
        (Some((at, one)), Some((other_at, other))) => {
            let earlier = if other_at < at { other } else { one };
            (said == Some(earlier), Mark::FirstWins)
        }
    };
    state.marks.hit(mark);
    state.check("hedges", fits, || {
        format!(
            "run {run}: {} is {outcome:?} after {first:?} and {second:?}",
            case.critics[place].name
        )
    });
    true
}
