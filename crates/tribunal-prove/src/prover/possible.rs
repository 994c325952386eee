//! Whether a run that somebody has seen is one that the model has too.

use batsat::Lit;
use tribunal_core::{Status, Verdict};

use super::{GaveUp, Prover};
use crate::model::{Bound, Quantity};
use crate::path::{Found, Path, Said, State};

impl Prover<'_> {
    /// Whether the engine may have this run. What it assumes is not looked at, nor which of its steps matter.
    ///
    /// # Errors
    ///
    /// [`GaveUp`].
    pub fn is_possible(&mut self, path: &Path) -> Result<bool, GaveUp> {
        let mut lits = vec![self.encoded.phase(path.phase)];
        let tier = path.risk_tier.map_or(0, |tier| tier as usize + 1);
        for (at, lit) in self.encoded.tiers.iter().enumerate() {
            lits.push(if at < tier { *lit } else { !*lit });
        }
        let risk = path.risk.unwrap_or_default();
        lits.extend(self.encoded.risk.told(risk));
        for step in &path.steps {
            let Some(place) = self.encoded.place(&step.critic) else { return Ok(false) };
            self.step(place, &step.state, &mut lits);
        }
        lits.push(match path.verdict {
            Verdict::Allow => self.encoded.allow,
            Verdict::Review => !self.encoded.allow,
            Verdict::Block => self.encoded.block,
        });
        if path.verdict == Verdict::Review {
            lits.push(!self.encoded.block);
        }
        Ok(self.encoded.cnf.solve(&lits)?)
    }

    fn step(&mut self, place: usize, state: &State, lits: &mut Vec<Lit>) {
        let Some(own) = self.encoded.states.get(place).cloned() else { return };
        lits.push(match state {
            State::OtherPhase => own.other_phase,
            State::Closed => own.closed,
            State::DependencyFailed { .. } => own.dependency_failed,
            State::DependencyGated { .. } => own.dependency_gated,
            State::ConditionFailed => own.condition_failed,
            State::OverBudget => own.over_budget,
            State::Settled => own.settled,
            State::Failed { .. } => own.failed,
            State::Spoke(_) => own.spoke,
        });
        match state {
            State::Failed { status, objected, called } => {
                if own.uncalled != self.encoded.cnf.no() {
                    lits.push(if *called { !own.uncalled } else { own.uncalled });
                }
                lits.push(match status {
                    Status::Invalid => own.invalid,
                    Status::Timeout => own.timeout,
                    Status::RateLimited => own.rate_limited,
                    _ => !own.invalid,
                });
                if *status == Status::Invalid {
                    let line = self.encoded.lines.get(&(place, Quantity::Severity));
                    lits.extend(
                        line.into_iter().flat_map(|l| l.told(objected.unwrap_or_default())),
                    );
                }
            }
            State::Spoke(said) => {
                let Said { violations, severity, score, uncertainty, found } = said;
                for (quantity, number) in [
                    (Quantity::Violations, f64::from(*violations)),
                    (Quantity::Severity, *severity),
                    (Quantity::Score, *score),
                    (Quantity::Uncertainty, *uncertainty),
                ] {
                    let line = self.encoded.lines.get(&(place, quantity));
                    lits.extend(line.into_iter().flat_map(|line| line.told(number)));
                }
                let kinds = self.encoded.kinds.get(&place);
                let is_whole = found.iter().map(|found| found.times).sum::<u32>() == *violations;
                lits.extend(kinds.filter(|_| is_whole).into_iter().flat_map(|k| k.told(found)));
            }
            _ => {}
        }
    }
}

impl Said {
    /// An opinion with these numbers.
    #[must_use]
    pub const fn new(violations: u32, severity: f64, score: f64, uncertainty: f64) -> Self {
        Self { violations, severity, score, uncertainty, found: Vec::new() }
    }

    /// The same, with these among its violations.
    #[must_use]
    pub fn with(self, found: Vec<Found>) -> Self {
        Self { found, ..self }
    }

    /// Whether a number of it reaches a bound.
    #[must_use]
    pub fn reaches(&self, quantity: Quantity, bound: Bound) -> bool {
        bound.is_reached_by(match quantity {
            Quantity::Violations => f64::from(self.violations),
            Quantity::Severity => self.severity,
            Quantity::Score => self.score,
            Quantity::Uncertainty => self.uncertainty,
        })
    }
}
