//! Decides whether a critic runs at all.
//!
//! The gate looks at outcomes that are final and fixed by the plan, and at nothing else. A neighbour that
//! happens to finish early is invisible to it, so no decision depends on timing.
//!
//! Start at [`decide`]. A refusal names its reason, and the report repeats it word for word.

use tribunal_core::{Failure, FailureKind, Gated, Outcome, Reason, Skipped, View, contain};

use crate::plan::{Node, Plan};
use crate::spec::Policy;

/// Phase first, then dependencies, then the policy.
pub(crate) fn decide<'a>(
    plan: &Plan,
    node: &Node,
    view: View<'_>,
    outcome: impl Fn(u32) -> Option<&'a Outcome>,
) -> Result<(), Reason> {
    let phase = view.snapshot().phase();
    if !node.phases.contains(phase) {
        return Err(Reason::Gated(Gated::OtherPhase(phase)));
    }
    if !node.run_anyway {
        dependencies(plan, node, outcome)?;
    }
    match &node.policy {
        Policy::Always => Ok(()),
        Policy::OnViolation => {
            let found = view.prior().any(|(_, outcome)| outcome.has_violation());
            found.then_some(()).ok_or(Reason::Gated(Gated::NoViolation))
        }
        Policy::OnHighRisk(level) => {
            let closed = Gated::RiskBelow { tier: level.tier(), score: level.score() };
            view.snapshot().risk().reaches(*level).then_some(()).ok_or(Reason::Gated(closed))
        }
        Policy::OnUncertainty(threshold) => {
            let highest = view.prior().map(|(_, outcome)| outcome.doubt()).fold(0.0, f64::max);
            let closed = Gated::UncertaintyBelow { highest, threshold: *threshold };
            (highest >= *threshold).then_some(()).ok_or(Reason::Gated(closed))
        }
        Policy::Conditional(condition) => match contain(|| condition.holds(view)) {
            Ok(Ok(true)) => Ok(()),
            Ok(Ok(false)) => Err(Reason::Gated(Gated::Condition(describe(node)))),
            Ok(Err(error)) => Err(condition_failed(error.to_string())),
            Err(panicked) => Err(condition_failed(panicked.to_string())),
        },
    }
}

fn describe(node: &Node) -> String {
    match &node.policy {
        Policy::Conditional(condition) => contain(|| condition.describe()).unwrap_or_default(),
        _ => String::new(),
    }
}

fn condition_failed(message: String) -> Reason {
    Reason::Failed(Failure::new(FailureKind::Condition, message))
}

/// The first critic it depends on that has no opinion keeps it from running.
///
/// Where that one was gated, or skipped for one that was, nothing failed, and nothing is called for.
fn dependencies<'a>(
    plan: &Plan,
    node: &Node,
    outcome: impl Fn(u32) -> Option<&'a Outcome>,
) -> Result<(), Reason> {
    let mut gated = None;
    for &place in &node.depends_on {
        let found = outcome(place);
        if found.is_some_and(|outcome| outcome.opinion.is_some()) {
            continue;
        }
        let Some(name) = plan.names.get(place as usize) else { continue };
        if found.is_none_or(Outcome::is_failure) {
            // A failure counts before a gate: it must not be hidden by one.
            return Err(Reason::Skipped(Skipped::Dependency { name: name.clone(), gated: false }));
        }
        gated.get_or_insert(name);
    }
    match gated {
        Some(name) => Err(Reason::Skipped(Skipped::Dependency { name: name.clone(), gated: true })),
        None => Ok(()),
    }
}
