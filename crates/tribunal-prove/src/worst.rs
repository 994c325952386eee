//! What a run costs and how long it takes at worst.

use std::time::Duration;

use batsat::Lit;
use tribunal_core::{Phase, Stage};

use crate::count::{Bits, Number};
use crate::encode::{Spent, Units};
use crate::model::{Model, reaches};
use crate::prover::{Answer, Figure, GaveUp, Goal, Prover};
use crate::sum::Sum;

impl Prover<'_> {
    /// What a run costs at most, if every call costs what the config says.
    ///
    /// # Errors
    ///
    /// [`GaveUp`].
    pub fn worst_cost(&self) -> Result<f64, GaveUp> {
        let mut fresh = Self::new(self.model(), &[]);
        let costs = fresh.costs();
        let sum = costs.enforced.and(&costs.watched);
        Ok(costs.units.cost(fresh.highest(&sum, costs.limit, &[])?))
    }

    /// How long a run takes at most: critics at work and waiting to be repeated, each critic starting once all it waits
    /// for have ended; permits, tokens and hooks apart, and cut off at the timeouts of stages and run.
    ///
    /// # Errors
    ///
    /// [`GaveUp`].
    pub fn worst_latency(&self) -> Result<Duration, GaveUp> {
        let mut fresh = Self::new(self.model(), &[]);
        let chains = fresh.latency();
        Ok(chains.duration(fresh.highest(&chains.bits, chains.most, &[])?))
    }

    pub(crate) fn cost_within(&mut self, most: f64, mut goal: Goal) -> Result<Answer, GaveUp> {
        let costs = self.costs();
        let least = costs.units.within(most).saturating_add(1);
        if least > costs.limit {
            return Ok(Answer::Holds { vacuous: false });
        }
        let sum = costs.enforced.and(&costs.watched);
        let over = sum.is_at_least(&mut self.encoded.cnf, least);
        let scope = goal.lits.clone();
        goal.lits.push(over);
        goal.with_calls = true;
        goal.along = self.costly();
        let Some(path) = self.smallest(&goal)? else {
            return Ok(Answer::Holds { vacuous: false });
        };
        let value = self.highest(&sum, costs.limit, &scope).ok();
        let figure = value.map(|value| Figure::Cost(costs.units.cost(value)));
        Ok(Answer::Broken { path: Box::new(path), figure })
    }

    pub(crate) fn latency_within(
        &mut self,
        most: Duration,
        mut goal: Goal,
    ) -> Result<Answer, GaveUp> {
        let chains = self.latency();
        let bound = chains.within(most).saturating_add(1);
        let over = chains.bits.is_at_least(&mut self.encoded.cnf, bound);
        let scope = goal.lits.clone();
        goal.lits.push(over);
        goal.with_calls = true;
        goal.along.clone_from(&chains.chosen);
        let Some(path) = self.smallest(&goal)? else {
            return Ok(Answer::Holds { vacuous: false });
        };
        let value = self.highest(&chains.bits, chains.most, &scope).ok();
        let figure = value.map(|value| Figure::Latency(chains.duration(value)));
        Ok(Answer::Broken { path: Box::new(path), figure })
    }

    /// The highest value that a number has in any run like this; it is never more than `most`.
    pub(crate) fn highest(
        &mut self,
        number: &impl Number,
        most: u64,
        goal: &[Lit],
    ) -> Result<u64, GaveUp> {
        let mut assuming = goal.to_vec();
        if !self.encoded.cnf.solve(&assuming)? {
            return Ok(0);
        }
        let (mut low, mut high) = (number.value(&self.encoded.cnf), most);
        // Everything at its worst is often possible, and the quickest to ask for.
        let mut next = high;
        while low < high {
            let reached = number.is_at_least(&mut self.encoded.cnf, next);
            assuming.push(reached);
            if self.encoded.cnf.solve(&assuming)? {
                low = number.value(&self.encoded.cnf).max(next);
            } else {
                high = next - 1;
            }
            assuming.pop();
            next = low + (high - low).div_ceil(2);
        }
        Ok(low)
    }

    /// The critics that cost something, where they are called.
    fn costly(&self) -> Vec<(usize, Lit)> {
        let critics = self.encoded.model.critics.iter().zip(&self.encoded.states).enumerate();
        let costly = critics.filter(|(_, (critic, _))| critic.cost > 0.0);
        costly.map(|(place, (_, own))| (place, own.called)).collect()
    }

    /// What a run costs. The limit is what it can never be above.
    fn costs(&mut self) -> Spent {
        let model = self.encoded.model;
        if let Some(spent) = &self.encoded.spent {
            let mut spent = spent.clone();
            let both = if spent.watched.is_nothing() { 1 } else { 2 };
            spent.limit = most_cost(model, spent.units).min(spent.limit.saturating_mul(both));
            return spent;
        }
        let calls = |at: usize| {
            let own = self.encoded.states.get(at);
            own.map_or(0, |own| 1 + own.repeats.len() + own.hedges.len())
        };
        let costs = model.critics.iter().map(|critic| critic.cost);
        let total = model.critics.iter().enumerate().map(|(at, c)| c.cost * calls(at) as f64).sum();
        let units = Units::of(costs, total);
        let limit = most_cost(model, units);
        // Where nothing holds the sum down, what is easy to follow step by step is easier still to add up.
        let mut weights: Vec<(u64, Lit)> = Vec::new();
        for (critic, own) in model.critics.iter().zip(&self.encoded.states) {
            let calls = [own.called].into_iter().chain(own.repeats.iter().copied());
            let calls = calls.chain(own.hedges.iter().copied());
            let cost = units.whole(critic.cost);
            weights.extend(calls.filter(|_| cost > 0).map(|call| (cost, call)));
        }
        let sum = Sum::Bits(Bits::sum(&mut self.encoded.cnf, &weights));
        Spent { units, limit, enforced: sum, watched: Sum::default() }
    }

    /// In each stage one chain of critics that wait for each other, and how long they take together.
    fn latency(&mut self) -> Chains {
        let model = self.encoded.model;
        let run = model.run.timeout;
        let cap =
            |stage: &Stage| model.run.stage_timeouts.get(stage).copied().unwrap_or(run).min(run);
        let nanos = |duration: Duration| u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        let bounded = |duration: Duration| nanos(duration.min(run));
        let mut unit = nanos(run);
        for stage in Stage::ALL {
            unit = common_divisor(unit, nanos(cap(stage)));
        }
        for critic in &model.critics {
            unit = common_divisor(unit, bounded(critic.timeout));
            for wait in &critic.waits {
                unit = common_divisor(unit, bounded(critic.timeout.saturating_add(*wait)));
            }
        }
        let unit = unit.max(1);
        let mut total = Bits::default();
        let mut chosen = Vec::new();
        let mut most = 0_u64;
        for stage in Stage::ALL {
            let here: Vec<usize> = (0..model.critics.len())
                .filter(|at| model.critics.get(*at).is_some_and(|c| c.stage == *stage))
                .collect();
            let mut weights = Vec::new();
            let mut picked: Vec<(usize, Lit)> = Vec::new();
            for &place in &here {
                let (Some(critic), Some(own)) =
                    (model.critics.get(place), self.encoded.states.get(place).cloned())
                else {
                    continue;
                };
                let on_it = self.encoded.cnf.fresh();
                self.encoded.cnf.implies(&[on_it], &[own.runs]);
                for (other, also) in &picked {
                    let apart = !reaches(place, *other, &model.orders)
                        && !reaches(*other, place, &model.orders);
                    if apart {
                        self.encoded.cnf.clause(&[!on_it, !*also]);
                    }
                }
                picked.push((place, on_it));
                weights.push((bounded(critic.timeout) / unit, on_it));
                for (wait, repeat) in critic.waits.iter().zip(&own.repeats) {
                    let again = self.encoded.cnf.and([on_it, *repeat]);
                    weights.push((bounded(critic.timeout.saturating_add(*wait)) / unit, again));
                }
            }
            let bound = nanos(cap(stage)) / unit;
            let stage_most = weights.iter().fold(0_u64, |sum, (w, _)| sum.saturating_add(*w));
            let sum = Bits::sum(&mut self.encoded.cnf, &weights);
            let sum =
                if stage_most > bound { sum.capped(&mut self.encoded.cnf, bound) } else { sum };
            most = most.saturating_add(stage_most.min(bound));
            total = total.plus(&mut self.encoded.cnf, &sum);
            chosen.extend(picked);
        }
        let bound = nanos(run) / unit;
        if most > bound {
            total = total.capped(&mut self.encoded.cnf, bound);
            most = bound;
        }
        Chains { unit, bits: total, most, chosen }
    }
}

struct Chains {
    /// In nanoseconds.
    unit: u64,
    bits: Bits,
    most: u64,
    /// Whether a critic is on the chain of its stage.
    chosen: Vec<(usize, Lit)>,
}

impl Chains {
    fn duration(&self, units: u64) -> Duration {
        Duration::from_nanos(units.saturating_mul(self.unit))
    }

    /// How many whole units a duration has room for.
    fn within(&self, most: Duration) -> u64 {
        u64::try_from(most.as_nanos()).unwrap_or(u64::MAX) / self.unit
    }
}

fn common_divisor(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { common_divisor(b, a % b) }
}

/// No less than any run costs.
fn most_cost(model: &Model, units: Units) -> u64 {
    let most = Phase::ALL.iter().map(|phase| most_cost_in(model, units, *phase)).max();
    most.unwrap_or_default()
}

/// No less than a run costs in a phase: all that are for it run, and the dearest are repeated and hedged.
fn most_cost_in(model: &Model, units: Units, phase: Phase) -> u64 {
    let mut sum = 0_u64;
    let mut repeats = Vec::new();
    for critic in model.critics.iter().filter(|critic| critic.phases.contains(phase)) {
        let cost = units.whole(critic.cost);
        let call = if critic.hedged { cost.saturating_mul(2) } else { cost };
        sum = sum.saturating_add(call);
        repeats.extend(critic.waits.iter().map(|_| call));
    }
    repeats.sort_unstable_by(|a, b| b.cmp(a));
    let made = repeats.iter().take(model.run.max_total_retries as usize);
    made.fold(sum, |sum, call| sum.saturating_add(*call))
}
