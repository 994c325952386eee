//! What a gate says.

use batsat::Lit;
use tribunal_core::{CriticName, RiskLevel};

use super::Encoded;
use super::numbers::MOST_COUNTED;
use crate::count::total;
use crate::model::{Atom, Bound, Codes, CriticModel, Formula, Gate, Quantity};

/// What came of asking a gate.
pub(crate) struct Asked {
    /// It lets the critic run, unless it fails.
    pub(crate) holds: Lit,
    /// It could not be evaluated.
    pub(crate) fails: Lit,
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
            Atom::Violations { of, codes, at_least } => self.sum(of, codes.as_ref(), *at_least),
            Atom::CodeSeverity(name, codes, bound) => {
                if bound.is_reached_by(0.0) {
                    return self.cnf.yes();
                }
                let Some(place) = self.place(name) else { return self.cnf.no() };
                let reached = self.severity_among(place, codes, *bound);
                let spoke = self.of(&[place], |own| own.spoke);
                self.cnf.and(spoke.into_iter().chain([reached]))
            }
            Atom::Failed(name) => self.own(name, |own| own.failure),
            Atom::Called(name) => {
                let (runs, uncalled) =
                    (self.own(name, |own| own.runs), self.own(name, |own| own.uncalled));
                self.cnf.and([runs, !uncalled])
            }
            Atom::Language(language) => self.language(language),
        }
    }

    fn own(&self, name: &CriticName, which: impl Fn(&super::States) -> Lit) -> Lit {
        let own = self.place(name).and_then(|place| self.states.get(place));
        own.map_or(self.cnf.no(), which)
    }

    /// Whether the violations of these are so many together.
    fn sum(&mut self, of: &[CriticName], codes: Option<&Codes>, at_least: u32) -> Lit {
        if at_least > MOST_COUNTED {
            let names: Vec<String> = of.iter().map(|name| format!("`{name}`")).collect();
            let kind = match codes {
                None => String::new(),
                Some(Codes::Exactly(code)) => format!(" with the code `{code}`"),
                Some(Codes::Within(code)) => format!(" with a code like `{code}`"),
            };
            let who = names.join(", ");
            let so_many = self.free_lit(&format!("{at_least} violations{kind} or more of {who}"));
            let many = self.sum(of, codes, MOST_COUNTED);
            return self.cnf.and([many, so_many]);
        }
        let Some(last) = (at_least as usize).checked_sub(1) else { return self.cnf.yes() };
        let mut numbers = Vec::with_capacity(of.len());
        for name in of {
            let Some(place) = self.place(name) else { continue };
            let spoke = self.own(name, |own| own.spoke);
            let steps = self.violations_among(place, codes, at_least);
            numbers.push(steps.into_iter().map(|step| self.cnf.and([spoke, step])).collect());
        }
        let totals = total(&mut self.cnf, &numbers, last + 1);
        totals.get(last).copied().unwrap_or(self.cnf.no())
    }

    /// A text is in one language at most.
    fn language(&mut self, language: &str) -> Lit {
        let others: Vec<Lit> = self
            .languages
            .iter()
            .filter(|(other, _)| *other != language)
            .map(|(_, lit)| *lit)
            .collect();
        let lit = self.free_lit(&format!("the text is in the language `{language}`"));
        if self.languages.insert(language.to_owned(), lit).is_none() {
            for other in others {
                self.cnf.clause(&[!lit, !other]);
            }
        }
        lit
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
