//! Questions about a model, and their answers.
//!
//! Each question is put as a goal: what a run would have to be like. Where there is none, the opposite holds in
//! every run. Start at [`Prover::answer`].

mod asking;
mod gates;
mod possible;

use std::time::Duration;

use batsat::Lit;
use thiserror::Error;
use tribunal_core::{CriticName, Verdict};

pub use self::gates::{Never, NeverWhy};
use crate::claim::{Claim, Event, Promise, RiskFrom, What};
use crate::count::{Number as _, count, total};
use crate::encode::{Distinct, Encoded};
use crate::model::{Bound, Model, Quantity};
use crate::path::Path;

/// The solver gave up: the pipeline is too entangled for its bounds. Nothing follows from that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the question takes too much work to be decided")]
pub struct GaveUp;

impl From<crate::cnf::GaveUp> for GaveUp {
    fn from(_: crate::cnf::GaveUp) -> Self {
        Self
    }
}

/// Whether a promise holds.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Answer {
    /// In every run.
    Holds {
        /// What it is about happens in no run.
        vacuous: bool,
    },
    /// Not in this one.
    Broken {
        /// The smallest run that shows it.
        path: Box<Path>,
        /// How bad it gets, where the promise is about a number.
        figure: Option<Figure>,
    },
}

/// A number that a promise may be about.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Figure {
    /// How long a run takes at worst: critics at work and waiting to be repeated; permits, tokens and hooks apart.
    Latency(Duration),
    /// What a run costs at worst, if calls cost what the config says.
    Cost(f64),
    /// How many critics run at most.
    Critics(u32),
}

/// Answers questions about a model.
pub struct Prover<'m> {
    pub(crate) encoded: Encoded<'m>,
    /// What may stand out in a run, in plan order.
    events: Vec<(usize, Lit)>,
    /// Where something does: the fewer, the smaller the run.
    places: Vec<Lit>,
    /// At least so many places.
    counts: Vec<Lit>,
}

/// A goal, and whom it is about.
#[derive(Clone, Default)]
pub(crate) struct Goal {
    pub(crate) lits: Vec<Lit>,
    pub(crate) about: Vec<usize>,
    /// The critics that it is about where this holds.
    pub(crate) along: Vec<(usize, Lit)>,
    /// Whether it is about a number of the whole run, so that repeats and second calls belong to the story.
    pub(crate) with_calls: bool,
}

impl<'m> Prover<'m> {
    /// A prover for a model, that can be asked about these promises.
    #[must_use]
    pub fn new(model: &'m Model, promises: &[Promise]) -> Self {
        let numbers = promises.iter().flat_map(Promise::numbers).collect();
        let risks = promises.iter().filter_map(|promise| match promise.risk {
            Some(RiskFrom::Score(score)) => Some(score),
            _ => None,
        });
        let distinct = Distinct { numbers, risks: risks.collect() };
        let encoded = Encoded::new(model, &distinct);
        Self { encoded, events: Vec::new(), places: Vec::new(), counts: Vec::new() }
    }

    /// What it answers questions about.
    #[must_use]
    pub const fn model(&self) -> &'m Model {
        self.encoded.model
    }

    /// Whether a promise holds. It must be one of those that the prover was made for.
    ///
    /// # Errors
    ///
    /// [`GaveUp`].
    pub fn answer(&mut self, promise: &Promise) -> Result<Answer, GaveUp> {
        if matches!(promise.claim, Claim::WorstLatency(_) | Claim::WorstCost(_) | Claim::AtMost(_))
        {
            // Sums are of no use to any other question, and would only be in its way.
            return Self::new(self.encoded.model, std::slice::from_ref(promise)).number(promise);
        }
        let scope = self.scope(promise);
        let mut goal = Goal { lits: scope.clone(), ..Goal::default() };
        goal.about = promise.critics().iter().filter_map(|name| self.encoded.place(name)).collect();
        let (premise, against) = self.against(&promise.claim);
        goal.lits.extend(premise.iter().chain(&against));
        if let Some(path) = self.smallest(&goal)? {
            return Ok(Answer::Broken { path: Box::new(path), figure: None });
        }
        let mut premises = scope;
        premises.extend(premise);
        let vacuous = !self.encoded.cnf.solve(&premises)?;
        Ok(Answer::Holds { vacuous })
    }

    /// Whether a promise about a number holds.
    fn number(&mut self, promise: &Promise) -> Result<Answer, GaveUp> {
        let goal = Goal { lits: self.scope(promise), ..Goal::default() };
        match promise.claim {
            Claim::WorstLatency(most) => self.latency_within(most, goal),
            Claim::WorstCost(most) => self.cost_within(most, goal),
            Claim::AtMost(most) => self.at_most(most, goal),
            _ => Ok(Answer::Holds { vacuous: true }),
        }
    }

    /// In which runs a promise is to hold.
    fn scope(&mut self, promise: &Promise) -> Vec<Lit> {
        let phases: Vec<Lit> =
            promise.phases.iter().map(|phase| self.encoded.phase(*phase)).collect();
        let all = promise.phases.len() == tribunal_core::Phase::ALL.len();
        let mut scope = Vec::new();
        if !all {
            scope.push(self.encoded.cnf.or(phases));
        }
        match promise.risk {
            None => {}
            Some(RiskFrom::Tier(tier)) => {
                scope.extend(self.encoded.tiers.get(tier as usize));
            }
            Some(RiskFrom::Score(score)) => scope.push(self.encoded.risk_score(score)),
        }
        scope
    }

    /// What a claim is about, and what speaks against it in such a run.
    fn against(&mut self, claim: &Claim) -> (Vec<Lit>, Vec<Lit>) {
        let no = self.encoded.cnf.no();
        let of = |prover: &Self, name: &CriticName| {
            let place = prover.encoded.place(name);
            place.and_then(|place| prover.encoded.states.get(place)).cloned()
        };
        match claim {
            Claim::AlwaysRuns(name) => (vec![], vec![of(self, name).map_or(no, |own| !own.runs)]),
            Claim::NeverRuns(name) => (vec![], vec![of(self, name).map_or(no, |own| own.runs)]),
            Claim::RunsWhenever(name, events) => {
                (vec![self.any(events)], vec![of(self, name).map_or(no, |own| !own.runs)])
            }
            Claim::NoAllowWhen(events) => (vec![self.any(events)], vec![self.encoded.allow]),
            Claim::NoAllowWithout(name) => {
                (vec![], vec![self.encoded.allow, of(self, name).map_or(no, |own| !own.spoke)])
            }
            Claim::VerdictWhen(Verdict::Block, events) => {
                (vec![self.any(events)], vec![!self.encoded.block])
            }
            Claim::VerdictWhen(_, events) => (vec![self.any(events)], vec![self.encoded.allow]),
            Claim::NothingFailsOpen => {
                let enforced = self.encoded.enforced();
                let failures = self.encoded.of(&enforced, |own| own.failure);
                (vec![], vec![self.encoded.allow, self.encoded.cnf.or(failures)])
            }
            // These are not about single runs.
            Claim::WorstLatency(_) | Claim::WorstCost(_) | Claim::AtMost(_) => (vec![], vec![no]),
        }
    }

    /// Whether one of these happens.
    fn any(&mut self, events: &[Event]) -> Lit {
        let mut lits = Vec::with_capacity(events.len());
        for event in events {
            let Some(place) = self.encoded.place(&event.critic) else { continue };
            let Some(own) = self.encoded.states.get(place) else { continue };
            let (runs, failure) = (own.runs, own.failure);
            let opinion = |quantity, at| (quantity, Bound::from(at));
            let (quantity, bound) = match event.what {
                What::Runs => {
                    lits.push(runs);
                    continue;
                }
                What::Fails => {
                    lits.push(failure);
                    continue;
                }
                What::Objects => opinion(Quantity::Violations, 1.0),
                What::ObjectsAt(at) => opinion(Quantity::Severity, at),
                What::IsUncertain(at) => opinion(Quantity::Uncertainty, at),
            };
            lits.push(self.encoded.opinion(place, quantity, bound));
        }
        self.encoded.cnf.or(lits)
    }

    fn at_most(&mut self, most: u32, mut goal: Goal) -> Result<Answer, GaveUp> {
        let runs: Vec<Vec<Lit>> = self.encoded.states.iter().map(|own| vec![own.runs]).collect();
        let count = total(&mut self.encoded.cnf, &runs, runs.len());
        let over = count.is_at_least(&mut self.encoded.cnf, u64::from(most) + 1);
        goal.lits.push(over);
        goal.with_calls = true;
        goal.along = self.encoded.states.iter().map(|own| own.runs).enumerate().collect();
        let Some(path) = self.smallest(&goal)? else {
            return Ok(Answer::Holds { vacuous: false });
        };
        goal.lits.pop();
        let highest = self.highest(&count, runs.len() as u64, &goal.lits).ok();
        let figure = highest.map(|highest| u32::try_from(highest).unwrap_or(u32::MAX));
        let figure = figure.map(Figure::Critics);
        Ok(Answer::Broken { path: Box::new(path), figure })
    }
}
