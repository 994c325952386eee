//! What a run may spend, and what it spends: reservations, repeats and second calls.
//!
//! Calls are taken to cost what the config says. Costs become whole numbers of one unit, so that sums are exact.

use batsat::Lit;
use tribunal_core::Mode;

use super::{Encoded, States};
use crate::count::{Bits, Number as _, count};
use crate::model::CriticModel;
use crate::sum::Sum;

/// Sums of decimal costs are off by less than this; the engine has the same.
const ROUNDING: f64 = 1e-9;
/// Up to so many retries are counted one by one, which the solver follows more easily than a sum.
const FEW_RETRIES: usize = 40;
/// The largest sum that whole units have to hold.
const MOST_UNITS: f64 = 4e15;

/// Costs as whole numbers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Units {
    per_unit: f64,
}

impl Units {
    /// The largest unit in which all of these are whole, as far as numbers of this size are exact.
    pub(crate) fn of(costs: impl Iterator<Item = f64> + Clone, most: f64) -> Self {
        let fine = if most > MOST_UNITS * ROUNDING { most / MOST_UNITS } else { ROUNDING };
        let whole = |cost: f64| (cost / fine).round() as u64;
        let common = costs.filter(|cost| *cost > 0.0).map(whole).fold(0, common_divisor);
        Self { per_unit: fine * common.max(1) as f64 }
    }

    pub(crate) fn whole(self, cost: f64) -> u64 {
        (cost / self.per_unit).round() as u64
    }

    /// How many whole units a limit has room for.
    pub(crate) fn within(self, limit: f64) -> u64 {
        ((limit + ROUNDING) / self.per_unit).floor() as u64
    }

    pub(crate) fn cost(self, units: u64) -> f64 {
        let cost = units as f64 * self.per_unit;
        // Off by less than the rounding, and easier to read.
        (cost * 1e9).round() / 1e9
    }
}

fn common_divisor(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { common_divisor(b, a % b) }
}

/// What a run under a budget spends.
#[derive(Clone)]
pub(crate) struct Spent {
    pub(crate) units: Units,
    pub(crate) limit: u64,
    pub(crate) enforced: Sum,
    pub(crate) watched: Sum,
}

/// What has been reserved so far, while critics are encoded one after the other.
pub(super) struct Purse {
    limit: Option<(Units, u64)>,
    /// Of enforcing critics, and of monitored ones: by the calls that are certain, and by all that may be made.
    sums: [Sums; 2],
    stage: Option<tribunal_core::Stage>,
    /// Critics that may be in flight when the run is cut off.
    pub(super) begun: Vec<(usize, Lit)>,
}

#[derive(Clone, Default)]
struct Sums {
    least: Sum,
    most: Sum,
}

impl Purse {
    pub(super) fn new(encoded: &Encoded<'_>) -> Self {
        let limit = encoded.model.run.max_cost.map(|most| {
            let costs = encoded.model.critics.iter().map(|critic| critic.cost);
            let fitting = costs.clone().filter(move |cost| *cost <= most + ROUNDING);
            let units = Units::of(fitting.chain([most]), most);
            (units, units.within(most))
        });
        Self { limit, sums: [Sums::default(), Sums::default()], stage: None, begun: Vec::new() }
    }

    /// Whether the first call of a critic fits into what is left.
    pub(super) fn fits(
        &mut self,
        encoded: &mut Encoded<'_>,
        critic: &CriticModel,
        waits_for_nobody: bool,
    ) -> Lit {
        let Some((units, limit)) = self.limit else { return encoded.cnf.yes() };
        if self.stage != Some(critic.stage) {
            // What was reserved gives way to what was spent: all repeats have been made that were.
            self.stage = Some(critic.stage);
            for sums in &mut self.sums {
                sums.least = sums.most.clone();
            }
        }
        if critic.cost <= 0.0 {
            return encoded.cnf.yes();
        }
        let cost = units.whole(critic.cost);
        if critic.cost > encoded.model.run.max_cost.unwrap_or(f64::MAX) + ROUNDING || cost > limit {
            return encoded.cnf.no();
        }
        let [enforced, watched] = &self.sums;
        let over = limit - cost + 1;
        let cnf = &mut encoded.cnf;
        // What is monitored leaves what it does not need to the others.
        let is_watched = critic.mode == Mode::Monitor;
        let nothing = Sum::default();
        let beside = |sum| if is_watched { sum } else { &nothing };
        let surely_over = enforced.least.and(beside(&watched.least)).is_at_least(cnf, over);
        // One that waits for nobody reserves before anything of its stage has happened.
        if waits_for_nobody || (enforced.is_certain() && (!is_watched || watched.is_certain())) {
            return !surely_over;
        }
        let maybe_over = enforced.most.and(beside(&watched.most)).is_at_least(cnf, over);
        let fits = cnf.fresh();
        cnf.implies(&[surely_over], &[!fits]);
        cnf.implies(&[!maybe_over], &[fits]);
        fits
    }

    /// Takes note of what a critic may spend.
    pub(super) fn pay(&mut self, encoded: &mut Encoded<'_>, critic: &CriticModel, own: &States) {
        let Some((units, limit)) = self.limit else { return };
        let cost = units.whole(critic.cost);
        if cost == 0 || own.runs == encoded.cnf.no() {
            return;
        }
        let at = usize::from(critic.mode == Mode::Monitor);
        let Some(sums) = self.sums.get_mut(at) else { return };
        let cnf = &mut encoded.cnf;
        let certain = sums.is_certain();
        sums.least = sums.least.plus_if(cnf, cost, own.called, limit);
        // Nothing is told apart twice.
        sums.most = match certain {
            true => sums.least.clone(),
            false => sums.most.plus_if(cnf, cost, own.called, limit),
        };
        for extra in own.repeats.iter().chain(&own.hedges) {
            sums.most = sums.most.plus_if(cnf, cost, *extra, limit);
        }
    }

    /// What is spent in all, once every critic has paid.
    pub(super) fn close(self, encoded: &mut Encoded<'_>) {
        // A critic in flight when the run is cut off is one of the stage in which that happened.
        for (place, begun) in &self.begun {
            let mates = encoded.stage_mates(*place);
            let ended: Vec<Lit> = encoded.of(&mates, |other| !other.settled);
            encoded.cnf.implies(&[*begun], &ended);
        }
        if let Some((units, limit)) = self.limit {
            let [enforced, watched] = self.sums.map(|sums| sums.most);
            encoded.spent = Some(Spent { units, limit, enforced, watched });
        }
    }
}

impl Sums {
    /// Whether both are the same.
    fn is_certain(&self) -> bool {
        self.least == self.most
    }
}

impl Encoded<'_> {
    /// Repeats and second calls of each critic, and the repeats of all together.
    pub(super) fn repeats(&mut self) {
        let mut all = Vec::new();
        for (place, critic) in self.model.critics.iter().enumerate() {
            let repeats: Vec<Lit> = critic.waits.iter().map(|_| self.cnf.fresh()).collect();
            for pair in repeats.windows(2) {
                if let [first, next] = pair {
                    self.cnf.implies(&[*next], &[*first]);
                }
            }
            let calls = if critic.hedged { repeats.len() + 1 } else { 0 };
            let hedges: Vec<Lit> = (0..calls).map(|_| self.cnf.fresh()).collect();
            for pair in hedges.windows(2) {
                if let [first, next] = pair {
                    self.cnf.implies(&[*next], &[*first]);
                }
            }
            for (hedge, repeat) in hedges.iter().skip(1).zip(&repeats) {
                self.cnf.implies(&[*hedge], &[*repeat]);
            }
            all.extend(&repeats);
            if let Some(own) = self.states.get_mut(place) {
                own.repeats = repeats;
                own.hedges = hedges;
            }
        }
        let most = u64::from(self.model.run.max_total_retries);
        let few = usize::try_from(most).unwrap_or(usize::MAX);
        if all.len() > few && few <= FEW_RETRIES {
            let counts = count(&mut self.cnf, &all, few + 1);
            let over: Vec<Lit> = counts.get(few).map(|over| !*over).into_iter().collect();
            self.cnf.clause(&over);
        } else if all.len() > few {
            let weighed: Vec<(u64, Lit)> = all.into_iter().map(|lit| (1, lit)).collect();
            let made = Bits::sum(&mut self.cnf, &weighed);
            let over = made.is_at_least(&mut self.cnf, most + 1);
            self.cnf.clause(&[!over]);
        }
    }
}
