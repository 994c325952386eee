//! What a run may cost (rule 17). What those who wait have reserved cannot be seen from outside, so it is bounded
//! from both sides: what must have been taken, and the most that can have been.

use tribunal_core::{Mode, Outcome, Reason, Skipped};

use super::state::State;
use crate::sim::case::Case;
use crate::sim::marks::Mark;

/// Sums of decimals are off by less than this.
const ROUNDING: f64 = 1e-6;

/// What critics of a mode have taken, at least and at most, while the stage of `place` goes on.
fn taken(state: &State, case: &Case, run: usize, place: usize, mode: Mode) -> (f64, f64) {
    let stage = case.critics[place].stage;
    let places = case.critics.iter().zip(&state.runs[run].places).enumerate();
    let of_mode = places.filter(|(_, (own, _))| own.mode == mode);
    of_mode.fold((0.0, 0.0), |(least, most), (at, (own, log))| {
        if own.stage < stage {
            return (least + log.spent, most + log.spent);
        }
        if own.stage > stage {
            return (least, most);
        }
        // Its first call and every repetition are paid for before they are made.
        let paid = f64::from(1 + log.planned + log.hedges_planned);
        let (sure, possible) = match (log.calls, log.kept) {
            (0, true) => (0.0, 0.0),
            // What it asks for itself is not there yet.
            (0, false) if at == place => (0.0, 0.0),
            (0, false) => (0.0, 1.0),
            _ => (paid, paid),
        };
        (least + own.cost * sure, most + own.cost * possible)
    })
}

/// What is taken of the sum that a critic has to fit in, at least and at most.
fn in_the_way(state: &State, case: &Case, run: usize, place: usize) -> (f64, f64) {
    let (least, most) = taken(state, case, run, place, Mode::Enforce);
    if !case.critics[place].monitored() {
        return (least, most);
    }
    let (more_least, more_most) = taken(state, case, run, place, Mode::Monitor);
    (least + more_least, most + more_most)
}

/// A call begins: what was reserved for it was there.
pub(super) fn check_call(state: &mut State, case: &Case, run: usize, place: usize) {
    let own = &case.critics[place];
    let Some(most) = case.max_cost else { return };
    if own.cost <= 0.0 {
        return;
    }
    let sum = if own.monitored() {
        // Others may have taken the rest since; what was spent in earlier stages was there before.
        let spent = |log: &super::state::PlaceLog| log.spent;
        let places = case.critics.iter().zip(&state.runs[run].places);
        let earlier = places.filter(|(other, _)| other.stage < own.stage && !other.monitored());
        let earlier: f64 = earlier.map(|(_, log)| spent(log)).sum();
        earlier + taken(state, case, run, place, Mode::Monitor).0
    } else {
        taken(state, case, run, place, Mode::Enforce).0
    };
    state.check("rule 17", sum <= most + ROUNDING, || {
        format!("run {run}: {} is called at {sum} of {most}", own.name)
    });
    state.marks.hit_if((sum - most).abs() < ROUNDING, Mark::BudgetUsedUp);
}

/// An outcome: who was skipped for want of money did not fit.
pub(super) fn check_skip(state: &mut State, case: &Case, run: usize, place: usize, said: &Outcome) {
    if !matches!(said.reason.as_ref(), Some(Reason::Skipped(Skipped::OverBudget))) {
        return;
    }
    let own = &case.critics[place];
    state.marks.hit(if own.monitored() { Mark::MonitoredOverBudget } else { Mark::OverBudget });
    if case.is_foreign() {
        return;
    }
    let (_, taken) = in_the_way(state, case, run, place);
    let fits = case.max_cost.is_none_or(|most| taken + own.cost <= most - ROUNDING);
    state.check("rule 17", !fits, || {
        format!("run {run}: {} costs {} and does not fit beside {taken}", own.name, own.cost)
    });
}

/// Whether one more call can be paid for, where that is known.
pub(super) fn fits_again(state: &State, case: &Case, run: usize, place: usize) -> Option<bool> {
    let own = &case.critics[place];
    let Some(limit) = case.max_cost.filter(|_| own.cost > 0.0) else { return Some(true) };
    let (least, most) = in_the_way(state, case, run, place);
    match () {
        () if most + own.cost <= limit + ROUNDING => Some(true),
        () if least + own.cost > limit + ROUNDING => Some(false),
        () => None,
    }
}
