//! A critic as proofs see it.

use tribunal_core::{Condition as _, CriticName};
use tribunal_production::Policy;
use tribunal_prove::{Condition, CriticModel, Gate};

use super::Draft;

impl Draft {
    /// What decides when it runs, what it calls for, what it costs and how long it takes.
    pub(crate) fn model(&self, name: &CriticName) -> CriticModel {
        let depends_on = self.depends_on.iter().filter_map(|(name, _)| CriticName::new(name).ok());
        CriticModel {
            name: name.clone(),
            stage: self.stage,
            priority: self.priority,
            phases: self.phases,
            gate: self.gate(),
            depends_on: depends_on.collect(),
            run_anyway: self.run_anyway,
            mode: self.mode,
            failure_mode: self.failure_mode,
            thresholds: self.thresholds,
            cost: self.cost,
            timeout: self.timeout,
            waits: self.retry.longest_waits(),
            hedged: self.hedge.is_some(),
            rate_limited: self.rate.is_some() || !self.shares.is_empty(),
        }
    }

    fn gate(&self) -> Gate {
        match (&self.policy, &self.when) {
            // What a function of the field means hangs on what this gate sees: it is not followed.
            (_, Some(when)) if when.expression.has_calls() => {
                let what = format!("the condition of `{}`", self.written_name);
                let reads_outcomes = when.expression.reads_outcomes();
                Gate::Conditional(Condition { reads_outcomes, ..Condition::opaque(what) })
            }
            (_, Some(when)) => Gate::Conditional(when.expression.modelled().clone()),
            (Policy::Always, None) => Gate::Always,
            (Policy::OnViolation, None) => Gate::OnViolation,
            (Policy::OnHighRisk(level), None) => Gate::OnHighRisk(*level),
            (Policy::OnUncertainty(threshold), None) => Gate::OnUncertainty(*threshold),
            (other, None) => Gate::Conditional(Condition::opaque(other.describe())),
        }
    }
}
