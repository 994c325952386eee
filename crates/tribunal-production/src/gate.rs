//! Decides whether a critic runs at all.
//!
//! The gate looks at outcomes that are final and fixed by the plan, and at nothing else. A neighbour that
//! happens to finish early is invisible to it, so no decision depends on timing.
//!
//! Start at [`decide`]. A refusal names its reason, and the report repeats it word for word.

use tribunal_core::{Failure, FailureKind, Gated, Outcome, Reason, Skipped, View, contain, seeded};

use crate::plan::{Node, Plan};
use crate::run::Summary;
use crate::spec::Policy;

/// Phase first, then dependencies, then the policy.
///
/// Of the enforcing critics of all earlier stages the summary tells what there is to know; every gate that reads
/// outcomes sees them all.
pub(crate) fn decide(
    plan: &Plan,
    node: &Node,
    view: View<'_>,
    summary: &Summary,
) -> Result<(), Reason> {
    let phase = view.snapshot().phase();
    if !node.phases.contains(phase) {
        return Err(Reason::Gated(Gated::OtherPhase(phase)));
    }
    if !node.run_anyway && !seeded!(DependencyIgnored) {
        dependencies(plan, node, view)?;
    }
    match &node.policy {
        Policy::Always => Ok(()),
        Policy::OnViolation => {
            let found = summary.violation || beyond(node, view).any(Outcome::has_violation);
            found.then_some(()).ok_or(Reason::Gated(Gated::NoViolation))
        }
        Policy::OnHighRisk(level) => {
            let closed = Gated::RiskBelow { tier: level.tier(), score: level.score() };
            view.snapshot().risk().reaches(*level).then_some(()).ok_or(Reason::Gated(closed))
        }
        Policy::OnUncertainty(threshold) => {
            let highest = beyond(node, view).map(Outcome::doubt).fold(summary.doubt, f64::max);
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

/// What the gate sees besides what the summary covers.
fn beyond<'a>(node: &Node, view: View<'a>) -> impl Iterator<Item = &'a Outcome> {
    node.beyond.iter().filter_map(move |&place| view.at(place))
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
fn dependencies(plan: &Plan, node: &Node, view: View<'_>) -> Result<(), Reason> {
    let mut gated = None;
    for &place in &node.depends_on {
        let found = view.at(place);
        if found.is_some_and(|outcome| outcome.opinion.is_some()) {
            continue;
        }
        let Some(name) = plan.names.get(place as usize) else { continue };
        if found.is_none_or(Outcome::is_failure) {
            // A failure counts before a gate: it must not be hidden by one.
            let gated = seeded!(DependencyFailureHidden);
            return Err(Reason::Skipped(Skipped::Dependency { name: name.clone(), gated }));
        }
        gated.get_or_insert(name);
    }
    match gated {
        Some(name) => Err(Reason::Skipped(Skipped::Dependency { name: name.clone(), gated: true })),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Entry;
    use crate::{CriticSpec, RunSettings};
    use std::sync::Arc;
    use tribunal_core::{
        Answer, Opinion, Phase, Phases, Snapshot, Stage, TimeoutLevel, Violation, critic_fn,
    };

    fn plan(specs: Vec<CriticSpec>) -> Plan {
        let critic = || Arc::new(critic_fn(|_| Answer::now(Ok(Opinion::clean()))));
        let entries = specs.into_iter().map(|spec| Entry { spec, critic: critic() }).collect();
        Plan::build(entries, RunSettings::default(), None).unwrap()
    }

    /// What the gate of the last critic says, given the outcomes of those before it.
    fn decided(specs: Vec<CriticSpec>, outcomes: Vec<Outcome>) -> Result<(), Reason> {
        let snapshot = Snapshot::of_input("x");
        let plan = plan(specs);
        let node = plan.nodes.last().unwrap();
        let view = View::with_prior(&snapshot, &plan.names, &outcomes, &[], &node.sees);
        let mut summary = Summary::default();
        summary.add(&plan.infos, &outcomes);
        decide(&plan, node, view, &summary)
    }

    fn before(name: &str) -> CriticSpec {
        CriticSpec::new(name).stage(Stage::FastCritics)
    }

    fn guard() -> CriticSpec {
        CriticSpec::new("guard")
    }

    fn failed() -> Outcome {
        Outcome::without(Reason::Timeout(TimeoutLevel::Critic))
    }

    fn gated() -> Outcome {
        Outcome::without(Reason::Gated(Gated::NoViolation))
    }

    /// The phase is asked first, then the dependencies, then the policy.
    #[test]
    fn the_first_thing_in_the_way_is_the_reason() {
        let output = Phases::of(&[Phase::Output]).unwrap();
        let all = guard().phases(output).depends_on("a").policy(Policy::OnViolation);
        let reason = decided(vec![before("a"), all], vec![failed()]).unwrap_err();
        assert_eq!(reason, Reason::Gated(Gated::OtherPhase(Phase::Input)));
        let both = guard().depends_on("a").policy(Policy::OnViolation);
        let reason = decided(vec![before("a"), both], vec![failed()]).unwrap_err();
        assert!(matches!(reason, Reason::Skipped(Skipped::Dependency { gated: false, .. })));
        let policy = guard().policy(Policy::OnViolation);
        let reason = decided(vec![before("a"), policy], vec![failed()]).unwrap_err();
        assert_eq!(reason, Reason::Gated(Gated::NoViolation));
    }

    /// Rule 14: of several dependencies without an opinion a failed one is named, whatever the order.
    #[test]
    fn a_failed_dependency_counts_before_a_gated_one() {
        let skipped = |outcomes: [Outcome; 2]| {
            let guard = guard().depends_on("a").depends_on("b");
            decided(vec![before("a"), before("b"), guard], outcomes.into()).unwrap_err()
        };
        for (outcomes, culprit, is_gated) in [
            ([gated(), failed()], "b", false),
            ([failed(), gated()], "a", false),
            ([gated(), gated()], "a", true),
            ([Outcome::success(Opinion::clean()), gated()], "b", true),
        ] {
            let Reason::Skipped(Skipped::Dependency { name, gated }) = skipped(outcomes) else {
                panic!("not skipped for a dependency");
            };
            assert_eq!((name.as_str(), gated), (culprit, is_gated));
        }
    }

    /// Rule 4: unless it is to run anyway; the policy is asked all the same.
    #[test]
    fn running_anyway_passes_over_dependencies_only() {
        let anyway = || guard().depends_on("a").run_anyway();
        assert!(decided(vec![before("a"), anyway()], vec![failed()]).is_ok());
        let on_violation = anyway().policy(Policy::OnViolation);
        let reason = decided(vec![before("a"), on_violation], vec![failed()]).unwrap_err();
        assert_eq!(reason, Reason::Gated(Gated::NoViolation));
        let on_doubt = anyway().policy(Policy::on_uncertainty());
        assert!(decided(vec![before("a"), on_doubt], vec![failed()]).is_ok());
    }

    /// Rule 6: what opens the gates that read outcomes.
    #[test]
    fn outcomes_open_the_gates_that_read_them() {
        let said = |opinion| Outcome::success(opinion);
        let violation = || said(Opinion::objection(Violation::new("x", "x", 0.0)));
        let doubt = |doubt| said(Opinion::clean().uncertainty(doubt));
        let is_open = |policy, outcome| {
            decided(vec![before("a"), guard().policy(policy)], vec![outcome]).is_ok()
        };
        assert!(is_open(Policy::OnViolation, violation()));
        assert!(!is_open(Policy::OnViolation, said(Opinion::clean().severity(1.0))));
        assert!(is_open(Policy::on_uncertainty(), doubt(0.7)));
        assert!(!is_open(Policy::on_uncertainty(), doubt(0.699)));
        assert!(is_open(Policy::on_uncertainty(), failed()));
        assert!(!is_open(Policy::on_uncertainty(), gated()));
    }

    /// Rule 5: what it sees of its own stage opens it as well, and what it does not see does not.
    #[test]
    fn outcomes_of_its_own_stage_open_it_where_it_sees_them() {
        let doubt = || Outcome::success(Opinion::clean().uncertainty(0.9));
        let violation = || Outcome::success(Opinion::objection(Violation::new("x", "x", 0.0)));
        let is_open = |priority, policy, outcome| {
            let own = CriticSpec::new("a").priority(priority);
            let gate = guard().priority(5).policy(policy);
            // The summary is of earlier stages, and there is none.
            let snapshot = Snapshot::of_input("x");
            let plan = plan(vec![own, gate]);
            let node = plan.nodes.last().unwrap();
            let outcomes = [outcome];
            let view = View::with_prior(&snapshot, &plan.names, &outcomes, &[], &node.sees);
            decide(&plan, node, view, &Summary::default()).is_ok()
        };
        assert!(is_open(4, Policy::OnViolation, violation()));
        assert!(is_open(4, Policy::on_uncertainty(), doubt()));
        assert!(!is_open(4, Policy::OnViolation, doubt()));
        assert!(!is_open(5, Policy::OnViolation, violation()));
        assert!(!is_open(5, Policy::on_uncertainty(), doubt()));
    }

    /// Rule 6: what does not hold is told in the condition's own words.
    #[test]
    fn a_condition_that_does_not_hold_is_told_in_its_own_words() {
        struct Never;
        impl tribunal_core::Condition for Never {
            fn holds(&self, _: View<'_>) -> Result<bool, tribunal_core::ConditionError> {
                Ok(false)
            }
            fn describe(&self) -> String {
                "never holds".into()
            }
        }
        let reason = decided(vec![guard().policy(Policy::when(Never))], vec![]).unwrap_err();
        assert_eq!(reason, Reason::Gated(Gated::Condition("never holds".into())));
    }
}
