//! Which calls have to be repeated, which may be, and what stands in the way: I25 to I27.

use std::time::Duration;

use tokio::time::Instant;

use super::money;
use super::state::{Call, Landed, State};
use crate::sim::case::{Case, RetryShare};
use crate::sim::marks::Mark;
use crate::sim::script::Says;

/// Whether a call that is over is followed by another. What others may take first is asked when that is decided.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) enum Again {
    #[default]
    No,
    /// Of two calls at once it is not told here.
    Unknown,
    /// It would be, were it not for this.
    Not(Mark),
    After(Duration),
}

/// The retries of all runs: a purse that first calls pay into, and a trickle that is there anyway. What comes out
/// of the purse counts towards the trickle, and what comes of the trickle is owed by the purse, up to a second's worth.
#[derive(Debug, Clone)]
pub(super) struct RetryBudgetModel {
    share: RetryShare,
    /// In thousandths of a retry.
    purse: i64,
    trickle: u64,
    since: Instant,
    taken: u64,
}

/// The purse holds no more than this.
const MOST: i64 = 100_000;

impl RetryBudgetModel {
    pub(super) fn new(share: RetryShare, now: Instant) -> Self {
        Self { share, purse: 0, trickle: u64::from(share.floor) * 1_000, since: now, taken: 0 }
    }

    pub(super) fn first_call(&mut self) {
        self.purse = (self.purse + self.share.share as i64).min(MOST);
    }

    fn trickle_in(&mut self, now: Instant) {
        let floor = u64::from(self.share.floor);
        let passed = now.saturating_duration_since(self.since).as_millis() as u64;
        self.trickle = (self.trickle + passed.saturating_mul(floor)).min(floor * 1_000);
        self.since = now;
    }

    /// How many have been taken so far, if there is one now.
    pub(super) fn taken_if_one(&mut self, now: Instant) -> Option<u64> {
        self.has_one(now).then_some(self.taken)
    }

    fn has_one(&mut self, now: Instant) -> bool {
        self.trickle_in(now);
        self.purse >= 1_000 || self.trickle >= 1_000
    }

    /// Takes one, if there is one.
    fn take(&mut self, now: Instant) -> bool {
        let one = self.has_one(now);
        self.taken += u64::from(one);
        if self.purse >= 1_000 {
            self.purse -= 1_000;
            self.trickle = self.trickle.saturating_sub(1_000);
        } else if one {
            self.trickle -= 1_000;
            let deepest = -1_000 * i64::from(self.share.floor);
            self.purse = (self.purse - 1_000).max(deepest);
        }
        one
    }
}

/// What stands in the way of one more call, the budget of all runs apart.
fn in_the_way(
    state: &State,
    case: &Case,
    run: usize,
    place: usize,
    delay: Duration,
) -> Option<Mark> {
    let outer = state.outer_deadline(case, run, place);
    match () {
        () if outer.is_none_or(|outer| Instant::now() + delay >= outer) => {
            Some(Mark::BackoffTooLong)
        }
        () if money::fits_again(state, case, run, place) == Some(false) => {
            Some(Mark::RetryOverBudget)
        }
        () if state.runs[run].planned >= case.max_total_retries => Some(Mark::TotalRetriesBound),
        () => None,
    }
}

/// A call is over: whether it is to be repeated.
pub(super) fn again(
    state: &State,
    case: &Case,
    run: usize,
    place: usize,
    (call, landed): (Call, Landed),
    timed_out: bool,
) -> Again {
    let own = &case.critics[place];
    if state.runs[run].places[place].beside.is_some() {
        return Again::Unknown;
    }
    let outer = state.outer_deadline(case, run, place);
    let own_time = outer.is_some_and(|outer| call.began + own.timeout < outer);
    let asked = match (landed, call.says) {
        (Landed::Panicked, _) => return Again::No,
        _ if timed_out && own_time && own.on_timeout => 0,
        _ if timed_out => return Again::No,
        (Landed::Failed { transient: true }, Says::TransientAfter(asked)) => asked,
        (Landed::Failed { transient: true }, _) => 0,
        _ => return Again::No,
    };
    let attempts = state.runs[run].places[place].attempts();
    if attempts >= own.attempts {
        return if attempts > 1 { Again::Not(Mark::AttemptsUsedUp) } else { Again::No };
    }
    let delay = own.interval(attempts).max(Duration::from_millis(asked));
    in_the_way(state, case, run, place, delay).map_or(Again::After(delay), Again::Not)
}

/// The engine means to repeat a call after a delay: it must be one that may be repeated, and paid for.
pub(super) fn check_planned(
    state: &mut State,
    case: &Case,
    run: usize,
    place: usize,
    delay: Duration,
) {
    let again = std::mem::take(&mut state.runs[run].places[place].again);
    let obstacle = in_the_way(state, case, run, place, delay);
    state.runs[run].planned += 1;
    state.runs[run].places[place].planned += 1;
    let Some(budget) = &mut state.retry_budget else { return };
    let paid = budget.take(Instant::now());
    let left = (!paid).then(|| budget.clone());
    let name = &case.critics[place].name;
    let due = again == Again::Unknown || again == Again::After(delay);
    state.check("I26", due && obstacle.is_none(), || {
        format!("run {run}: {name} backs off for {delay:?}, not {again:?} ({obstacle:?})")
    });
    state.check("I27", paid, || {
        format!("run {run}: {name} is repeated beyond the budget of {left:?}")
    });
}

/// An outcome: no call that was due has been left out.
pub(super) fn check_none_due(state: &mut State, case: &Case, run: usize, place: usize) {
    let log = &mut state.runs[run].places[place];
    let (again, taken) = (std::mem::take(&mut log.again), log.budget_then);
    let delay = match again {
        _ if state.runs[run].is_settled_in(case.critics[place].stage) => return,
        Again::No | Again::Unknown => return,
        Again::Not(mark) => return state.marks.hit(mark),
        Again::After(delay) => delay,
    };
    if let Some(mark) = in_the_way(state, case, run, place, delay) {
        return state.marks.hit(mark);
    }
    let sure = money::fits_again(state, case, run, place).is_some();
    let Some(budget) = &mut state.retry_budget else { return };
    // There was one then, and nobody has taken any since.
    let one = taken == Some(budget.taken);
    let none = !budget.has_one(Instant::now());
    state.marks.hit_if(none, Mark::RetryBudgetEmpty);
    state.check("I25", !(sure && one), || {
        format!("run {run}: {} was not repeated after {delay:?}", case.critics[place].name)
    });
}
