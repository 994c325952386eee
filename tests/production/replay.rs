//! A gate that is asked again says what it said in the run.

use tribunal_core::{Gated, Outcome, Reason, Skipped, Snapshot, Stage};
use tribunal_production::{CriticSpec, Policy, ProductionOrchestrator};
use tribunal_testkit::*;

fn built() -> ProductionOrchestrator {
    let spec = |name: &str| CriticSpec::new(name);
    let early = |name: &str| spec(name).stage(Stage::FastCritics);
    let deep = |name: &str| spec(name).stage(Stage::DeepAnalysis);
    let builder = ProductionOrchestrator::builder()
        .critic(early("a"), objects("a", 0.5))
        .critic(early("fails"), fails("fails"))
        .critic(early("watched").mode(tribunal_core::Mode::Monitor), objects("watched", 1.0))
        .critic(spec("b").policy(Policy::OnViolation), allows("b"))
        .critic(spec("risky").policy(Policy::on_high_risk()), allows("risky"))
        .critic(spec("beside").priority(1).policy(Policy::OnUncertainty(1.0)), allows("beside"))
        .critic(spec("needs").depends_on("risky"), allows("needs"))
        .critic(deep("lacks").depends_on("fails"), allows("lacks"))
        .critic(
            deep("never").policy(Policy::when(|_: tribunal_core::View<'_>| false)),
            allows("never"),
        );
    builder.build().unwrap()
}

/// Rule 5: the same outcomes, the same decision, by the same code.
#[tokio::test(start_paused = true)]
async fn a_gate_says_the_same_when_it_is_asked_again() {
    let court = built();
    for risk in ["low", "high"] {
        let snapshot = Snapshot::builder().input_text("x").with("risk_tier", risk).build();
        let report = court.run_all(snapshot.clone()).await.unwrap();
        let outcomes: Vec<Outcome> =
            report.outcomes().map(|(_, outcome)| outcome.clone()).collect();
        for (info, outcome) in report.outcomes() {
            let gate = court.gate(info.name.as_str()).unwrap();
            let said = gate.decide(&snapshot, &outcomes);
            let closed = match &outcome.reason {
                Some(reason @ (Reason::Gated(_) | Reason::Skipped(Skipped::Dependency { .. }))) => {
                    Some(reason.clone())
                }
                _ => None,
            };
            assert_eq!(said.err(), closed, "{} at {risk}", info.name);
        }
    }
}

/// What it sees is what the plan says, and a gate can be asked about what was not.
#[tokio::test(start_paused = true)]
async fn a_gate_can_be_asked_about_other_outcomes() {
    let court = built();
    let snapshot = Snapshot::of_input("x");
    let report = court.run_all(snapshot.clone()).await.unwrap();
    let mut outcomes: Vec<Outcome> =
        report.outcomes().map(|(_, outcome)| outcome.clone()).collect();
    let gate = court.gate("b").unwrap();
    let names: Vec<&str> = gate.sees().map(|name| name.as_str()).collect();
    assert!(names.contains(&"a") && !names.contains(&"watched"), "{names:?}");
    assert_eq!(gate.decide(&snapshot, &outcomes), Ok(()));
    outcomes[0] = Outcome::success(tribunal_core::Opinion::clean());
    assert_eq!(gate.decide(&snapshot, &outcomes), Err(Reason::Gated(Gated::NoViolation)));
    // Fewer outcomes than there are critics are as many that are not there.
    assert!(gate.decide(&snapshot, &[]).is_err());
    assert!(court.gate("nobody").is_none());
}
