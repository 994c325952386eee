//! From a goal to the smallest run that reaches it, told as a story.

use batsat::Lit;
use tribunal_core::{Phase, RiskTier, Status, Verdict};

use super::{GaveUp, Goal, Prover, count};
use crate::encode::is_failure;
use crate::model::Quantity;
use crate::path::{Assumed, Path, Said, State, Step};

/// How many places a count tells apart at first.
const FEW: usize = 3;
/// How much the solver may learn on the question whether so few places will do. Where that is not enough, the run
/// that is shown may not be the smallest; the answer itself does not hang on it.
const PATIENCE: u64 = 4_000;
/// The same where a run has to reach a number, which takes many places as a rule.
const LITTLE_PATIENCE: u64 = 200;

impl Prover<'_> {
    /// The run with the fewest events that reaches a goal, if any does.
    pub(crate) fn smallest(&mut self, goal: &Goal) -> Result<Option<Path>, GaveUp> {
        if !self.encoded.cnf.solve(&goal.lits)? {
            return Ok(None);
        }
        self.prepare(FEW);
        let mut most = 0;
        let mut assuming = loop {
            if most >= self.counts.len() && most < self.places.len() {
                self.prepare(self.counts.len().max(FEW) * 4);
            }
            let mut assuming = goal.lits.clone();
            assuming.extend(self.counts.get(most).map(|over| !*over));
            let last = most >= self.places.len();
            let patience = match goal.with_calls {
                _ if last => u64::MAX,
                true => LITTLE_PATIENCE,
                false => PATIENCE,
            };
            match self.encoded.cnf.solve_within(&assuming, patience) {
                Ok(true) => break assuming,
                Ok(false) if last => return Ok(None),
                Err(gave_up) if last => return Err(gave_up.into()),
                Ok(false) => most += 1,
                Err(_) => most = most * 2 + 1,
            }
        };
        self.quieten(goal, &mut assuming)?;
        for (_, phase) in self.encoded.phases.clone() {
            assuming.push(phase);
            if self.encoded.cnf.solve(&assuming)? {
                break;
            }
            assuming.pop();
        }
        self.encoded.cnf.solve(&assuming)?;
        let mut path = self.path(goal);
        self.what_it_rests_on(goal, &mut path)?;
        Ok(Some(path))
    }

    /// Of several runs as small, one in which as little happens at each place as can be.
    fn quieten(&mut self, goal: &Goal, assuming: &mut Vec<Lit>) -> Result<(), GaveUp> {
        let cnf = &mut self.encoded.cnf;
        let mut candidates: Vec<Lit> = Vec::new();
        for (_, event) in &self.events {
            if cnf.holds(*event) {
                candidates.push(*event);
            } else {
                assuming.push(!*event);
            }
        }
        if !goal.with_calls {
            let calls = self.encoded.states.iter();
            let calls = calls.flat_map(|own| own.repeats.iter().chain(&own.hedges));
            assuming.extend(calls.map(|call| !*call));
        }
        for event in candidates {
            assuming.push(!event);
            if !cnf.solve(assuming)? {
                assuming.pop();
                assuming.push(event);
            }
        }
        // And in which numbers are no higher than they have to be.
        cnf.solve(assuming)?;
        let loud =
            |place: &usize| self.events.iter().any(|(at, lit)| at == place && cnf.holds(*lit));
        let loud: Vec<usize> = (0..self.encoded.states.len()).filter(loud).collect();
        let steps: Vec<Lit> = loud.into_iter().flat_map(|at| self.encoded.steps(at)).collect();
        for step in steps.into_iter().filter(|_| !goal.with_calls) {
            let cnf = &mut self.encoded.cnf;
            assuming.push(!step);
            if !cnf.solve(assuming)? {
                assuming.pop();
                assuming.push(step);
            }
        }
        Ok(())
    }

    /// Counts places, up to so many.
    fn prepare(&mut self, most: usize) {
        if self.events.is_empty() {
            self.events = self.list_events();
            for place in 0..=self.encoded.states.len() {
                let here = self.events.iter().filter(|(at, _)| *at == place);
                let here: Vec<Lit> = here.map(|(_, lit)| *lit).collect();
                if !here.is_empty() {
                    self.places.push(self.encoded.cnf.or(here));
                }
            }
        }
        if self.counts.len() < most.min(self.places.len()) {
            self.counts = count(&mut self.encoded.cnf, &self.places, most);
        }
    }

    /// What stands out in a run. The place is that of a critic; events of the snapshot have one beyond them.
    fn list_events(&mut self) -> Vec<(usize, Lit)> {
        let critics = self.encoded.states.len();
        let mut events = Vec::new();
        for place in 0..critics {
            let Some(own) = self.encoded.states.get(place).cloned() else { continue };
            events.extend(
                [own.failed, own.condition_failed, own.over_budget, own.invalid]
                    .map(|lit| (place, lit)),
            );
            events.extend([own.timeout, own.rate_limited, own.uncalled].map(|lit| (place, lit)));
            for quantity in
                [Quantity::Severity, Quantity::Violations, Quantity::Uncertainty, Quantity::Score]
            {
                let line = self.encoded.lines.get(&(place, quantity));
                let Some(lowest) = line.and_then(|line| line.lowest()) else { continue };
                let said = self.encoded.cnf.or([own.spoke, own.invalid]);
                let event = self.encoded.cnf.and([said, lowest]);
                events.push((place, event));
            }
        }
        events.extend(self.encoded.tiers.first().map(|lit| (critics, *lit)));
        events.extend(self.encoded.risk.lowest().map(|lit| (critics, lit)));
        let no = self.encoded.cnf.no();
        events.retain(|(_, lit)| *lit != no);
        events
    }

    /// The run that was found.
    fn path(&self, goal: &Goal) -> Path {
        let cnf = &self.encoded.cnf;
        let phase = self.encoded.phases.iter().find(|(_, lit)| cnf.holds(*lit));
        let tiers = self.encoded.tiers.iter().filter(|lit| cnf.holds(**lit)).count();
        let risk = Some(self.encoded.risk.value(cnf)).filter(|risk| *risk > 0.0);
        let verdict = match () {
            () if cnf.holds(self.encoded.allow) => Verdict::Allow,
            () if cnf.holds(self.encoded.block) => Verdict::Block,
            () => Verdict::Review,
        };
        let mut steps: Vec<Step> = Vec::with_capacity(self.encoded.states.len());
        for place in 0..self.encoded.states.len() {
            let Some(critic) = self.encoded.model.critics.get(place) else { continue };
            let own = self.encoded.states.get(place);
            let calls = |lits: Option<&Vec<Lit>>| {
                let made = lits.map_or(0, |lits| lits.iter().filter(|l| cnf.holds(**l)).count());
                u32::try_from(made).unwrap_or(u32::MAX)
            };
            let eventful = self.events.iter().any(|(at, lit)| *at == place && cnf.holds(*lit));
            let along = goal.along.iter().any(|(at, lit)| *at == place && cnf.holds(*lit));
            steps.push(Step {
                critic: critic.name.clone(),
                state: self.state(place),
                repeats: calls(own.map(|own| &own.repeats)),
                hedges: calls(own.map(|own| &own.hedges)),
                matters: eventful || goal.about.contains(&place) || along,
            });
        }
        // Why one was skipped that matters.
        for at in (0..steps.len()).rev() {
            let Some(step) = steps.get(at).filter(|step| step.matters) else { continue };
            if let State::DependencyFailed { on } | State::DependencyGated { on } = &step.state {
                let on = on.clone();
                if let Some(culprit) = steps.iter_mut().find(|step| step.critic == on) {
                    culprit.matters = true;
                }
            }
        }
        Path {
            phase: phase.map_or(Phase::Input, |(phase, _)| *phase),
            phase_matters: false,
            risk_tier: tiers.checked_sub(1).and_then(|at| RiskTier::ALL.get(at)).copied(),
            risk,
            steps,
            verdict,
            assuming: Vec::new(),
        }
    }

    /// What becomes of a critic in the run that was found.
    fn state(&self, place: usize) -> State {
        let cnf = &self.encoded.cnf;
        let Some(own) = self.encoded.states.get(place) else { return State::Closed };
        let culprit = |failed: bool| {
            let order = self.encoded.model.orders.get(place);
            let on = order.into_iter().flat_map(|order| &order.depends_on);
            let found = on.copied().find(|on| {
                self.encoded.states.get(*on).is_some_and(|on| {
                    if failed { cnf.holds(on.failure) } else { !cnf.holds(on.spoke) }
                })
            });
            let found = found.and_then(|on| self.encoded.model.critics.get(on));
            let own = self.encoded.model.critics.get(place);
            found.or(own).map(|critic| critic.name.clone())
        };
        let number = |quantity| {
            let line = self.encoded.lines.get(&(place, quantity));
            line.map_or(0.0, |line| line.value(cnf))
        };
        let found = self.encoded.kinds.get(&place).map_or(Vec::new(), |kinds| kinds.found(cnf));
        let found_in_all = found.iter().map(|found| found.times).sum();
        match () {
            () if cnf.holds(own.settled) => State::Settled,
            () if cnf.holds(own.other_phase) => State::OtherPhase,
            () if cnf.holds(own.dependency_failed) => {
                culprit(true).map_or(State::Closed, |on| State::DependencyFailed { on })
            }
            () if cnf.holds(own.dependency_gated) => {
                culprit(false).map_or(State::Closed, |on| State::DependencyGated { on })
            }
            () if cnf.holds(own.condition_failed) => State::ConditionFailed,
            () if cnf.holds(own.over_budget) => State::OverBudget,
            () if cnf.holds(own.failed) => {
                let status = match () {
                    () if cnf.holds(own.invalid) => Status::Invalid,
                    () if cnf.holds(own.timeout) => Status::Timeout,
                    () if cnf.holds(own.rate_limited) => Status::RateLimited,
                    () => Status::Error,
                };
                let objected = Some(number(Quantity::Severity));
                let objected = objected.filter(|s| status == Status::Invalid && *s > 0.0);
                State::Failed { status, objected, called: !cnf.holds(own.uncalled) }
            }
            () if cnf.holds(own.spoke) => State::Spoke(Said {
                violations: (number(Quantity::Violations) as u32).max(found_in_all),
                severity: number(Quantity::Severity),
                score: number(Quantity::Score),
                uncertainty: number(Quantity::Uncertainty),
                found,
            }),
            () => State::Closed,
        }
    }

    /// What of it cannot be otherwise: the phase, and what is taken to hold and cannot be known.
    fn what_it_rests_on(&mut self, goal: &Goal, path: &mut Path) -> Result<(), GaveUp> {
        let mut story = goal.lits.clone();
        for (place, lit) in &self.events {
            if path.steps.get(*place).is_none_or(|step| step.matters) {
                story.push(if self.encoded.cnf.holds(*lit) { *lit } else { !*lit });
            }
        }
        let matter = path.steps.iter().enumerate().filter(|(_, step)| step.matters);
        for (place, _) in matter {
            let Some(own) = self.encoded.states.get(place) else { continue };
            let states = [
                own.settled,
                own.other_phase,
                own.dependency_failed,
                own.dependency_gated,
                own.condition_failed,
                own.closed,
                own.over_budget,
                own.failed,
                own.spoke,
            ];
            story.extend(states.into_iter().filter(|lit| self.encoded.cnf.holds(*lit)));
        }
        let free: Vec<(String, Lit, bool)> = self
            .encoded
            .free
            .iter()
            .map(|(text, lit)| (text.clone(), *lit, self.encoded.cnf.holds(*lit)))
            // That a condition can be evaluated is what anyone would assume.
            .filter(|(text, _, holds)| *holds || !is_failure(text))
            .collect();
        let phase = self.encoded.phase(path.phase);
        for (what, lit, holds) in free {
            story.push(if holds { !lit } else { lit });
            if !self.encoded.cnf.solve(&story)? {
                path.assuming.push(Assumed { what, holds });
            }
            story.pop();
        }
        story.push(!phase);
        path.phase_matters = !self.encoded.cnf.solve(&story)?;
        Ok(())
    }
}
