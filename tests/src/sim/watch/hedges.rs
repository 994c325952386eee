//! Second calls beside slow ones: few, only where all limits have room, and the first valid answer counts.

use std::time::Duration;

use tokio::time::Instant;
use tribunal_core::{Outcome, Source, Status};

use super::state::{Call, Landed, State};
use crate::sim::case::{Case, Demands, HedgeCase};
use crate::sim::marks::Mark;
use crate::sim::script::Says;

/// How long the calls of a critic took that succeeded, as a list and a sort.
#[derive(Debug, Clone, Default)]
pub(super) struct LatencyModel(Vec<Duration>);

impl LatencyModel {
    /// What so many percent of the last 256 took at most, as it was after the last sixteen; none before 32.
    fn percentile(&self, percent: f64) -> Option<Duration> {
        let counted = self.0.len() / 16 * 16;
        let recent = &self.0[counted.saturating_sub(256)..counted];
        let mut sorted = recent.to_vec();
        sorted.sort_unstable();
        let rank = (percent / 100.0 * sorted.len() as f64).ceil() as usize;
        if counted < 32 { None } else { sorted.get(rank.checked_sub(1)?).copied() }
    }
}

/// A call has given an opinion in time, valid or not.
pub(super) fn note(state: &mut State, place: usize, took: Duration) {
    state.latencies[place].0.push(took);
}

/// After how long a call that begins now is slow, where that is known.
pub(super) fn slow_after(state: &State, case: &Case, place: usize) -> Option<Duration> {
    match case.critics[place].hedge? {
        HedgeCase::After(delay) => Some(delay),
        HedgeCase::Percentile(percent) => state.latencies[place].percentile(percent),
    }
}

/// Of so many calls at most one is hedged.
const CALLS_PER_HEDGE: u64 = 20;

/// A hedge is announced.
pub(super) fn announced(state: &mut State, case: &Case, run: usize, place: usize) {
    let own = &case.critics[place];
    let log = &mut state.runs[run].places[place];
    log.hedging = true;
    log.hedges_planned += 1;
    let live = log.live;
    let now = Instant::now();
    let (began, slow_after) = log.last.map_or((now, None), |first| (first.began, first.slow_after));
    // To the millisecond, unless the thread is blocked.
    let slow = slow_after.is_some_and(|delay| match case.blocks {
        true => began + delay <= now,
        false => began + delay == now,
    });
    state.check("hedges", case.is_foreign() || (slow && live == 1), || {
        let took = now.saturating_duration_since(began);
        format!(
            "run {run}: {} is hedged beside {live} calls, after {took:?} of {slow_after:?}",
            own.name
        )
    });
    state
        .marks
        .hit_if(matches!(own.hedge, Some(HedgeCase::Percentile(_))), Mark::HedgedByPercentile);
}

/// A call begins: the only one of its critic in its run, unless it is a hedge; and of those there are few.
pub(super) fn check_call(state: &mut State, case: &Case, run: usize, place: usize, is_hedge: bool) {
    let own = &case.critics[place];
    let beside = state.runs[run].places[place].live;
    // A task that was given up may not have been dropped yet.
    let given_up = own.apart && !is_hedge;
    state.check("hedges", given_up || beside == u32::from(is_hedge), || {
        format!("run {run}: {} is called beside {beside} calls, hedge: {is_hedge}", own.name)
    });
    if !is_hedge {
        return;
    }
    state.hedges[place] += 1;
    state.marks.hit(Mark::Hedged);
    let (calls, hedges) = (state.calls[place], state.hedges[place]);
    state.check("hedges", case.is_foreign() || hedges * CALLS_PER_HEDGE <= calls - hedges, || {
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
    let own = &case.critics[place];
    let plain = matches!(own.demands, Demands::Nothing | Demands::ScoreLenient);
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
            // Of two tasks that end at the same time either may be seen first.
            let tie = own.apart && other_at == at && said == Some(other);
            (tie || said == Some(earlier), Mark::FirstWins)
        }
    };
    state.marks.hit(mark);
    state.check("hedges", fits, || {
        format!("run {run}: {} is {outcome:?} after {first:?} and {second:?}", own.name)
    });
    true
}
