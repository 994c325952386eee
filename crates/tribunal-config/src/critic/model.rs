//! A critic as proofs see it.

use tribunal_core::{CriticName, Returns, contain};
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
            breaker: self.breaker.is_some(),
            // A declaration is no promise, and a fallback of a hook may say what its critic never does.
            codes: None,
        }
    }

    /// The codes that it declares, for [`CriticModel::codes`].
    pub(crate) fn declared_codes(&self) -> Option<Vec<String>> {
        Some(self.returns().known_codes()?.iter().map(ToString::to_string).collect())
    }

    /// What it declares of its opinions.
    pub(crate) fn returns(&self) -> Returns {
        // Code of someone else; of one that panics here nothing is known.
        contain(|| self.critic.returns()).unwrap_or_default()
    }

    fn gate(&self) -> Gate {
        match (&self.policy, &self.when) {
            (_, Some(when)) => Gate::Conditional(when.expression.modelled().clone()),
            (Policy::Always, None) => Gate::Always,
            (Policy::OnViolation, None) => Gate::OnViolation,
            (Policy::OnHighRisk(level), None) => Gate::OnHighRisk(*level),
            (Policy::OnUncertainty(threshold), None) => Gate::OnUncertainty(*threshold),
            (other, None) => Gate::Conditional(Condition::opaque(other.describe())),
        }
    }
}
