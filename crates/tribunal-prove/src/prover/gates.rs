//! What never runs and why, gates that say the same in every run, and what lets something pass.

use batsat::Lit;
use tribunal_core::CriticName;

use super::{GaveUp, Goal, Prover};
use crate::model::Gate;
use crate::path::Path;

/// How much the solver may learn on whether one critic runs: these questions are asked whenever a config is loaded.
const PATIENCE: u64 = 100;

/// A critic that runs in no run.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Never {
    /// Which.
    pub critic: CriticName,
    /// Why.
    pub why: NeverWhy,
}

/// Why a critic never runs.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum NeverWhy {
    /// Its policy lets it run in no run.
    GateNeverOpens,
    /// It depends on critics that never all give an opinion in one of its phases.
    Dependencies,
    /// Its gate opens, and its cost never fits.
    OverBudget,
    /// The verdict is settled before its turn, in every run.
    Settled,
}

impl Prover<'_> {
    /// The critics that never run, in plan order. What takes too much work to be decided is left out.
    ///
    /// # Errors
    ///
    /// [`GaveUp`].
    pub fn never_run(&mut self) -> Result<Vec<Never>, GaveUp> {
        let runs: Vec<Lit> = self.encoded.states.iter().map(|own| own.runs).collect();
        let never = self.in_no_run(&runs, &[])?;
        let mut found = Vec::with_capacity(never.len());
        for place in never {
            let (Some(critic), Some(own)) =
                (self.encoded.model.critics.get(place), self.encoded.states.get(place).cloned())
            else {
                continue;
            };
            let why = if !self.encoded.cnf.solve(&[!own.settled])? {
                NeverWhy::Settled
            } else if self.encoded.cnf.solve(&[own.opens])? {
                NeverWhy::OverBudget
            } else if self.encoded.cnf.solve(&[own.asked])? {
                NeverWhy::GateNeverOpens
            } else {
                NeverWhy::Dependencies
            };
            found.push(Never { critic: critic.name.clone(), why });
        }
        Ok(found)
    }

    /// The critics that run, and whose gates nevertheless never keep them from it: a policy that decides nothing.
    ///
    /// # Errors
    ///
    /// [`GaveUp`].
    pub fn never_gated(&mut self) -> Result<Vec<CriticName>, GaveUp> {
        let gated =
            |place: usize| !matches!(self.encoded.gate_of(place), None | Some(Gate::Always));
        let places: Vec<usize> = (0..self.encoded.states.len()).filter(|at| gated(*at)).collect();
        let closed = self.encoded.of(&places, |own| own.closed);
        // With nobody who has anything to say, most gates are closed.
        let lines = self.encoded.lines.values();
        let mut quiet: Vec<Lit> = lines.filter_map(|line| line.lowest()).map(|lit| !lit).collect();
        quiet.extend(self.encoded.tiers.first().map(|lit| !*lit));
        let never = self.in_no_run(&closed, &quiet)?;
        let mut found = Vec::new();
        for at in never {
            let Some(&place) = places.get(at) else { continue };
            let Some(own) = self.encoded.states.get(place).cloned() else { continue };
            // One that never comes so far, or fails there always, is another matter.
            if self.encoded.cnf.solve(&[own.runs])? {
                let critic = self.encoded.model.critics.get(place);
                found.extend(critic.map(|critic| critic.name.clone()));
            }
        }
        Ok(found)
    }

    /// Which of these hold in no run. One that takes too much work to be decided is not among them.
    /// What is hinted at is tried first.
    fn in_no_run(&mut self, lits: &[Lit], hints: &[Lit]) -> Result<Vec<usize>, GaveUp> {
        let mut open: Vec<usize> = (0..lits.len()).collect();
        let mut never = Vec::new();
        if !hints.is_empty() && self.encoded.cnf.solve_within(hints, PATIENCE) == Ok(true) {
            let cnf = &self.encoded.cnf;
            open.retain(|at| lits.get(*at).is_some_and(|lit| !cnf.holds(*lit)));
        }
        // Most hold in the first run that is found, since what makes much happen is tried first.
        while !open.is_empty() {
            let first = open.first().and_then(|at| lits.get(*at)).copied();
            let Some(wanted) = first else { break };
            match self.encoded.cnf.solve_within(&[wanted], PATIENCE) {
                Ok(true) => {
                    let cnf = &self.encoded.cnf;
                    open.retain(|at| lits.get(*at).is_some_and(|lit| !cnf.holds(*lit)));
                }
                Ok(false) => never.push(open.remove(0)),
                Err(_) => drop(open.remove(0)),
            }
        }
        Ok(never)
    }

    /// Every critic whose failure may be let pass, and the smallest run in which it is.
    ///
    /// # Errors
    ///
    /// [`GaveUp`].
    pub fn fail_open(&mut self) -> Result<Vec<(CriticName, Path)>, GaveUp> {
        let mut open = Vec::new();
        for place in self.encoded.enforced() {
            let failure = self.encoded.of(&[place], |own| own.failure);
            let mut goal = Goal { about: vec![place], ..Goal::default() };
            goal.lits.push(self.encoded.allow);
            goal.lits.extend(failure);
            if let Some(path) = self.smallest(&goal)?
                && let Some(critic) = self.encoded.model.critics.get(place)
            {
                open.push((critic.name.clone(), path));
            }
        }
        Ok(open)
    }

    /// The ways in which a run ends in `allow` without an opinion of this critic: one path, the smallest, for each way
    /// in which it can come to have none. The smallest first.
    ///
    /// # Errors
    ///
    /// [`GaveUp`].
    pub fn allow_without(&mut self, critic: &CriticName) -> Result<Vec<Path>, GaveUp> {
        let Some(place) = self.encoded.place(critic) else { return Ok(Vec::new()) };
        let Some(own) = self.encoded.states.get(place).cloned() else { return Ok(Vec::new()) };
        let mut ways: Vec<Vec<Lit>> = [
            own.other_phase,
            own.closed,
            own.condition_failed,
            own.over_budget,
            own.settled,
            own.failed,
        ]
        .map(|lit| vec![lit])
        .into();
        let depends_on = self.encoded.model.orders.get(place).map(|order| order.depends_on.clone());
        for on in depends_on.unwrap_or_default() {
            let Some(on) = self.encoded.states.get(on) else { continue };
            ways.push(vec![own.dependency_failed, on.failure]);
            ways.push(vec![own.dependency_gated, !on.spoke]);
        }
        let mut paths = Vec::new();
        for way in ways {
            let mut lits = vec![self.encoded.allow];
            lits.extend(way);
            let goal = Goal { lits, about: vec![place], ..Goal::default() };
            paths.extend(self.smallest(&goal)?);
        }
        paths.sort_by_key(|path| path.steps.iter().filter(|step| step.matters).count());
        Ok(paths)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Atom, Codes, Condition, CriticModel, Formula, Model, RunModel};

    /// Whether a gate after critics that may raise these codes ever opens.
    fn opens(declared: &[Option<&[&str]>], atom: &dyn Fn(Vec<CriticName>) -> Atom) -> bool {
        let name = |at: usize| CriticName::new(&format!("c{at}")).unwrap();
        let seen: Vec<CriticName> = (0..declared.len()).map(name).collect();
        let mut critics: Vec<CriticModel> = seen.iter().cloned().map(CriticModel::new).collect();
        for (critic, declared) in critics.iter_mut().zip(declared) {
            critic.priority = 1;
            critic.codes = declared.map(|codes| codes.iter().map(|c| (*c).to_owned()).collect());
        }
        let holds = Formula::Atom(atom(seen));
        let condition = Condition { holds, may_fail: false, reads_outcomes: true };
        let gate = Gate::Conditional(condition);
        critics.push(CriticModel { gate, ..CriticModel::new(name(declared.len())) });
        let model = Model::new(critics, RunModel::default()).unwrap();
        Prover::new(&model, &[]).never_run().unwrap().is_empty()
    }

    #[test]
    fn a_gate_behind_critics_that_cannot_object_never_opens() {
        let some = |codes: Option<Codes>, at_least: u32| {
            move |of| Atom::Violations { of, codes: codes.clone(), at_least }
        };
        let within = |code: &str| Some(Codes::Within(code.into()));
        assert!(!opens(&[Some(&[]), Some(&[])], &some(None, 1)));
        assert!(opens(&[Some(&[]), None], &some(None, 1)));
        assert!(!opens(&[Some(&[]), Some(&["a.b"])], &some(within("c"), 1)));
        assert!(opens(&[Some(&[]), Some(&["a.b"])], &some(within("a"), 3)));
        assert!(opens(&[Some(&["a.*"])], &some(within("a.b"), 2)));
        assert!(!opens(&[Some(&["a.*"])], &some(Some(Codes::Exactly("a".into())), 1)));
    }
}
