//! What a gate says, and the numbers it asks for.

use std::collections::BTreeMap;

use batsat::Lit;
use tribunal_core::RiskLevel;

use super::{Distinct, Encoded, Line};
use crate::claim::asked;
use crate::cnf::Cnf;
use crate::model::{Atom, Bound, CriticModel, Formula, Gate, Model, Quantity};

/// What came of asking a gate.
pub(crate) struct Asked {
    /// It lets the critic run, unless it fails.
    pub(crate) holds: Lit,
    /// It could not be evaluated.
    pub(crate) fails: Lit,
}

/// Every number of risk that somebody asks for.
pub(super) fn risks(model: &Model, distinct: &Distinct<'_>) -> Vec<Bound> {
    let mut all: Vec<f64> = distinct.risks.clone();
    for critic in &model.critics {
        match &critic.gate {
            Gate::OnHighRisk(level) => all.push(level.score()),
            Gate::Conditional(condition) => condition.holds.atoms(&mut |atom| {
                if let Atom::Risk(level) = atom {
                    all.push(level.score());
                }
            }),
            _ => {}
        }
    }
    all.into_iter().map(Bound::from).collect()
}

/// The numbers of every critic, cut at all that anybody asks for.
pub(super) fn lines(
    cnf: &mut Cnf,
    model: &Model,
    distinct: &Distinct<'_>,
) -> BTreeMap<(usize, Quantity), Line> {
    let mut wanted: BTreeMap<(usize, Quantity), Vec<Bound>> = BTreeMap::new();
    let mut names = distinct.numbers.clone();
    for critic in &model.critics {
        if let Gate::Conditional(condition) = &critic.gate {
            asked(&condition.holds, &mut names);
        }
    }
    for (name, quantity, bound) in names {
        if let Some(place) = model.places.get(name) {
            wanted.entry((*place, quantity)).or_default().push(bound);
        }
    }
    let doubts = model.critics.iter().zip(&model.orders).filter_map(|(critic, order)| {
        let Gate::OnUncertainty(at) = critic.gate else { return None };
        Some((order, at))
    });
    for (order, at) in doubts {
        for &seen in &order.sees {
            wanted.entry((seen, Quantity::Uncertainty)).or_default().push(Bound::from(at));
        }
    }
    for (place, critic) in model.critics.iter().enumerate() {
        let own = wanted.entry((place, Quantity::Severity)).or_default();
        let thresholds = [critic.thresholds.review_at(), critic.thresholds.block_at()];
        own.extend(thresholds.into_iter().flatten().map(Bound::from));
        wanted.entry((place, Quantity::Violations)).or_default().push(Bound::from(1.0));
    }
    let line = |((place, quantity), bounds): ((usize, Quantity), Vec<Bound>)| {
        let line = match quantity {
            Quantity::Violations => Line::whole(cnf, bounds),
            _ => Line::new(cnf, bounds),
        };
        ((place, quantity), line)
    };
    wanted.into_iter().map(line).collect()
}

impl Encoded<'_> {
    /// Whether a number of a critic's opinion reaches a bound.
    pub(super) fn line(&self, place: usize, quantity: Quantity, bound: Bound) -> Lit {
        if bound.is_reached_by(0.0) {
            return self.cnf.yes();
        }
        let line = self.lines.get(&(place, quantity));
        line.map_or(self.cnf.no(), |line| line.reaches(&self.cnf, bound))
    }

    /// Whether a number of a critic's outcome reaches a bound, as conditions see it.
    pub(crate) fn outcome(&mut self, place: usize, quantity: Quantity, bound: Bound) -> Lit {
        if bound.is_reached_by(0.0) {
            return self.cnf.yes();
        }
        let Some(own) = self.states.get(place) else { return self.cnf.no() };
        let (spoke, failure) = (own.spoke, own.failure);
        let reached = self.line(place, quantity, bound);
        let said = self.cnf.and([spoke, reached]);
        if quantity == Quantity::Uncertainty && bound.is_reached_by(1.0) {
            self.cnf.or([said, failure])
        } else {
            said
        }
    }

    /// Whether an opinion was given whose number reaches a bound.
    pub(crate) fn opinion(&mut self, place: usize, quantity: Quantity, bound: Bound) -> Lit {
        let Some(spoke) = self.states.get(place).map(|own| own.spoke) else {
            return self.cnf.no();
        };
        let reached = self.line(place, quantity, bound);
        self.cnf.and([spoke, reached])
    }

    pub(crate) fn risk(&mut self, level: RiskLevel) -> Lit {
        let by_tier = self.tiers.get(level.tier() as usize).copied().unwrap_or(self.cnf.no());
        let by_score = self.risk_score(level.score());
        self.cnf.or([by_tier, by_score])
    }

    /// Whether the risk states a number that is at least so high. One that is stated reaches 0.
    pub(crate) fn risk_score(&mut self, score: f64) -> Lit {
        if score > 0.0 {
            return self.risk.reaches(&self.cnf, Bound::from(score));
        }
        self.free_lit("the snapshot states a number for its risk")
    }

    pub(super) fn free_lit(&mut self, text: &str) -> Lit {
        if let Some(lit) = self.free.get(text) {
            return *lit;
        }
        let lit = self.cnf.fresh();
        self.free.insert(text.to_owned(), lit);
        lit
    }

    /// What the gate of a critic says.
    pub(super) fn gate(&mut self, place: usize, critic: &CriticModel, sees: &[usize]) -> Asked {
        let fails = self.cnf.no();
        match &critic.gate {
            Gate::Always => Asked { holds: self.cnf.yes(), fails },
            Gate::OnHighRisk(level) => Asked { holds: self.risk(*level), fails },
            Gate::OnViolation => {
                let one = Bound::from(1.0);
                let seen: Vec<Lit> =
                    sees.iter().map(|at| self.outcome(*at, Quantity::Violations, one)).collect();
                Asked { holds: self.cnf.or(seen), fails }
            }
            Gate::OnUncertainty(at) => {
                let at = Bound::from(*at);
                let seen: Vec<Lit> =
                    sees.iter().map(|p| self.outcome(*p, Quantity::Uncertainty, at)).collect();
                Asked { holds: self.cnf.or(seen), fails }
            }
            Gate::Conditional(condition) => {
                let holds = self.formula(&condition.holds);
                let fails = if condition.may_fail {
                    let name = self.model.critics.get(place).map(|critic| critic.name.as_str());
                    self.free_lit(&fails_to_evaluate(name.unwrap_or_default()))
                } else {
                    fails
                };
                Asked { holds, fails }
            }
        }
    }

    pub(crate) fn formula(&mut self, formula: &Formula) -> Lit {
        match formula {
            Formula::Const(holds) => self.cnf.known(*holds),
            Formula::Not(inner) => !self.formula(inner),
            Formula::And(parts) => {
                let parts: Vec<Lit> = parts.iter().map(|part| self.formula(part)).collect();
                self.cnf.and(parts)
            }
            Formula::Or(parts) => {
                let parts: Vec<Lit> = parts.iter().map(|part| self.formula(part)).collect();
                self.cnf.or(parts)
            }
            Formula::Atom(atom) => self.atom(atom),
        }
    }

    fn atom(&mut self, atom: &Atom) -> Lit {
        match atom {
            Atom::Phase(phase) => self.phase(*phase),
            Atom::Risk(level) => self.risk(*level),
            Atom::Free(text) => self.free_lit(text),
            Atom::Status(name, status) => match self.place(name) {
                Some(place) => self.status(place, *status),
                None => self.cnf.no(),
            },
            Atom::Reaches(name, quantity, bound) => match self.place(name) {
                Some(place) => self.outcome(place, *quantity, *bound),
                None => self.cnf.no(),
            },
        }
    }
}

/// How a condition's failure is called among what is assumed.
fn fails_to_evaluate(critic: &str) -> String {
    format!("the condition of `{critic}`{FAILS}")
}

const FAILS: &str = " cannot be evaluated";

/// Whether it is the failure of a condition that is called so.
pub(crate) fn is_failure(text: &str) -> bool {
    text.ends_with(FAILS)
}
