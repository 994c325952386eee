//! Gates: what opens them, what keeps them closed, and what they say about it.

use tribunal_core::{
    Condition, ConditionError, FailureMode, Opinion, Phase, Phases, RiskLevel, RiskTier, Snapshot,
    Stage, Status, Verdict, View, Violation,
};
use tribunal_production::Policy;
use tribunal_testkit::*;

use crate::court::{Seat, Seated, court, reason};

/// An opinion that objects without being bad enough for any threshold.
fn mild(name: &str) -> Scripted {
    objects(name, 0.1)
}

fn guard() -> (Probe, Seated) {
    let guard = allows("guard");
    (guard.probe(), guard.seated())
}

fn risk(name: &str, value: impl Into<serde_json::Value>) -> Snapshot {
    Snapshot::builder().input_text("x").with(name, value).build()
}

/// Rule 6: `always`.
#[tokio::test(start_paused = true)]
async fn always_runs_whatever_came_before() {
    for before in [allows("before"), objects("before", 1.0), fails("before"), hangs("before")] {
        let report = court()
            .critic(before.stage(Stage::FastCritics))
            .critic(allows("guard").policy(Policy::Always))
            .run()
            .await;
        assert_eq!(report["guard"].status, Status::Success);
    }
}

/// Rule 6: `on_violation` stays closed without one, and says so.
#[tokio::test(start_paused = true)]
async fn on_violation_is_gated_without_a_violation() {
    let (probe, guard) = guard();
    let bad_but_no_violation = critic("severe").says(Opinion::clean().severity(0.3));
    let report = court()
        .critics(
            [bad_but_no_violation.seated(), fails("broken").failure_mode(FailureMode::Allow)]
                .map(|seat| seat.stage(Stage::FastCritics)),
        )
        .critic(guard.policy(Policy::OnViolation))
        .run()
        .await;
    assert_eq!(report["guard"].status, Status::Gated);
    assert_eq!(reason(&report, "guard"), "gated: no violation before it");
    assert_eq!((report["guard"].calls_for, report["guard"].attempts), (None, 0));
    assert_eq!(probe.calls(), 0);
}

/// Rule 6: any violation of an earlier stage opens it.
#[tokio::test(start_paused = true)]
async fn on_violation_runs_after_a_violation_of_an_earlier_stage() {
    let report = court()
        .critic(mild("found").stage(Stage::PreValidation))
        .critic(guard().1.policy(Policy::OnViolation))
        .run()
        .await;
    assert_eq!(report["guard"].status, Status::Success);
}

/// Rule 5: within its stage a gate sees smaller priority numbers only, and waits for them.
#[tokio::test(start_paused = true)]
async fn on_violation_sees_smaller_priority_numbers_of_its_stage_and_no_others() {
    for (priority, after, expected) in [
        (4, secs(1), Status::Success),
        (4, secs(0), Status::Success),
        (5, secs(0), Status::Gated),
        (6, secs(0), Status::Gated),
    ] {
        // A third critic keeps the gate waiting while the others have long answered.
        let report = court()
            .critics([
                mild("found").after(after).priority(priority),
                takes("slow", millis(1_500)).priority(1),
                guard().1.policy(Policy::OnViolation).priority(5),
            ])
            .run()
            .await;
        assert_eq!(report["guard"].status, expected, "{priority} {after:?}");
    }
}

/// Rule 5: a dependency of the same priority is seen.
#[tokio::test(start_paused = true)]
async fn on_violation_sees_what_it_depends_on() {
    let report = court()
        .critic(mild("found").after(secs(1)).priority(8))
        .critic(guard().1.policy(Policy::OnViolation).depends_on("found"))
        .run()
        .await;
    assert_eq!(report["guard"].status, Status::Success);
}

/// Rule 6: `on_high_risk`, and what cannot be read is taken for the highest.
#[tokio::test(start_paused = true)]
async fn on_high_risk_runs_from_the_level_on() {
    for (snapshot, expected) in [
        (snapshot("x"), Status::Gated),
        (risk("risk_tier", "medium"), Status::Gated),
        (risk("risk", 0.69), Status::Gated),
        (risk("risk_tier", "high"), Status::Success),
        (risk("risk_tier", "critical"), Status::Success),
        (risk("risk", 0.7), Status::Success),
        (risk("risk_tier", "hihg"), Status::Success),
        (risk("risk", "a lot"), Status::Success),
    ] {
        let (probe, guard) = guard();
        let court = court().critic(guard.policy(Policy::on_high_risk())).snapshot(snapshot);
        let report = court.run().await;
        assert_eq!(report["guard"].status, expected);
        assert_eq!(probe.calls(), usize::from(expected == Status::Success));
        if expected == Status::Gated {
            assert_eq!(reason(&report, "guard"), "gated: risk below high and 0.7");
        }
    }
}

/// Rule 6: `on_uncertainty` at its threshold, and below it.
#[tokio::test(start_paused = true)]
async fn on_uncertainty_runs_from_the_threshold_on() {
    for (doubt, expected) in [(0.69, Status::Gated), (0.7, Status::Success), (1.0, Status::Success)]
    {
        let report = court()
            .critic(critic("unsure").then(Step::doubts(doubt)).priority(1))
            .critic(guard().1.policy(Policy::on_uncertainty()))
            .run()
            .await;
        assert_eq!(report["guard"].status, expected, "{doubt}");
    }
    let report = court()
        .critic(critic("unsure").then(Step::doubts(0.25)).priority(1))
        .critic(guard().1.policy(Policy::OnUncertainty(0.5)))
        .run()
        .await;
    assert_eq!(reason(&report, "guard"), "gated: highest uncertainty before it is 0.25, below 0.5");
}

/// Rule 14: a critic that should have spoken and did not leaves all doubt; a gated one leaves none.
#[tokio::test(start_paused = true)]
async fn a_failed_critic_counts_as_doubt() {
    for broken in [fails("x"), hangs("x"), panics("x"), lies("x")] {
        let report = court()
            .critic(broken.failure_mode(FailureMode::Allow).priority(1))
            .critic(guard().1.policy(Policy::OnUncertainty(1.0)))
            .run()
            .await;
        assert_eq!(report["guard"].status, Status::Success);
    }
    let report = court()
        .critic(allows("gated").policy(Policy::on_high_risk()).priority(1))
        .critic(guard().1.policy(Policy::on_uncertainty()))
        .run()
        .await;
    assert_eq!(report["guard"].status, Status::Gated);
}

/// Rule 6: `conditional`, over the snapshot and over what the gate sees.
#[tokio::test(start_paused = true)]
async fn a_conditional_critic_runs_when_its_closure_holds() {
    for (text, expected) in [("short", Status::Gated), ("rather long", Status::Success)] {
        let long = |view: View<'_>| view.snapshot().input_text().len() > 8;
        let report = court().critic(guard().1.when(long)).snapshot(snapshot(text)).run().await;
        assert_eq!(report["guard"].status, expected);
    }
    for (severity, expected) in [(0.1, Status::Gated), (0.5, Status::Success)] {
        let worse = |view: View<'_>| {
            let said = view.outcome("before").and_then(|outcome| outcome.opinion.as_ref());
            said.is_some_and(|opinion| opinion.worst_severity() > 0.3)
        };
        let report = court()
            .critic(objects("before", severity).after(secs(1)).priority(1))
            .critic(guard().1.when(worse))
            .run()
            .await;
        assert_eq!(report["guard"].status, expected);
    }
    let report = court().critic(guard().1.when(|_: View<'_>| false)).run().await;
    assert_eq!(reason(&report, "guard"), "gated: does not hold: a closure");
}

/// A condition that cannot be decided.
struct Undecided;

impl Condition for Undecided {
    fn holds(&self, _: View<'_>) -> Result<bool, ConditionError> {
        Err(ConditionError("no such member".into()))
    }
}

/// Rule 6: what cannot be evaluated gates nothing in silence; rule 14: the failure mode applies.
#[tokio::test(start_paused = true)]
async fn a_condition_that_fails_or_panics_is_an_error_under_the_failure_mode() {
    let ways = || {
        let panics = |_: View<'_>| -> bool { panic!("as scripted") };
        [(guard().1.when(Undecided), "no such member"), (guard().1.when(panics), "panicked")]
    };
    for (mode, verdict) in [
        (FailureMode::Allow, Verdict::Allow),
        (FailureMode::Review, Verdict::Review),
        (FailureMode::Block, Verdict::Block),
    ] {
        for (guard, why) in ways() {
            let court = court().critic(allows("fine")).critic(guard.failure_mode(mode));
            let report = court.run().await;
            assert_eq!(report["guard"].status, Status::Error);
            assert_eq!(reason(&report, "guard"), format!("condition not evaluated: {why}"));
            assert_eq!(report["guard"].attempts, 0);
            assert_eq!(report.verdict, verdict);
        }
    }
}

/// A phase it is not for gates a critic before anything else is asked.
#[tokio::test(start_paused = true)]
async fn a_critic_of_another_phase_is_gated() {
    let phases = Phases::of(&[Phase::ToolCall, Phase::Output]).unwrap();
    for (phase, expected) in [
        (Phase::Input, Status::Gated),
        (Phase::Output, Status::Success),
        (Phase::ToolCall, Status::Success),
        (Phase::ToolResult, Status::Gated),
    ] {
        let report = court()
            .critic(guard().1.spec(|spec| spec.phases(phases)).when(|_: View<'_>| true))
            .snapshot(Snapshot::builder().input_text("x").phase(phase).build())
            .run()
            .await;
        assert_eq!(report["guard"].status, expected, "{phase}");
        if expected == Status::Gated {
            assert_eq!(reason(&report, "guard"), format!("gated: other phase ({phase})"));
        }
    }
}

/// Rule 14: a gated critic calls for nothing, and its failure mode does not apply.
#[tokio::test(start_paused = true)]
async fn a_gated_critic_calls_for_nothing() {
    let report = court()
        .critic(allows("fine"))
        .critic(guard().1.policy(Policy::on_high_risk()).failure_mode(FailureMode::Block))
        .run()
        .await;
    assert_eq!(report["guard"].calls_for, None);
    assert_eq!(report.verdict, Verdict::Allow);
}

/// Rule 15: what is invalid is seen by no gate.
#[tokio::test(start_paused = true)]
async fn a_violation_in_an_invalid_opinion_opens_no_gate() {
    let lie = Opinion::objection(Violation::new("x", "x", 0.5)).uncertainty(f64::NAN);
    let report = court()
        .critic(critic("liar").says(lie).stage(Stage::FastCritics))
        .critic(guard().1.policy(Policy::OnViolation))
        .run()
        .await;
    assert_eq!(report["liar"].status, Status::Invalid);
    assert_eq!(report["guard"].status, Status::Gated);
}

/// Rule 11: the time that a condition takes is neither the critic's nor counted as its work.
#[tokio::test(start_paused = true)]
async fn what_a_condition_takes_is_not_the_time_of_its_critic() {
    let slow = |_: View<'_>| {
        let mut advance = std::pin::pin!(tokio::time::advance(millis(10)));
        // The clock moves in the first poll.
        let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
        let _ = std::future::Future::poll(advance.as_mut(), &mut cx);
        true
    };
    let report = court().critic(allows("guard").when(slow).timeout(millis(5))).run().await;
    assert_eq!(report["guard"].status, Status::Success);
    assert_eq!(report["guard"].execution(), millis(0));
}

/// Rule 6: critics of one stage whose gates ask for different things each decide for themselves, and each that stays
/// closed says what it asked for.
#[tokio::test(start_paused = true)]
async fn gates_that_stand_beside_each_other_each_ask_their_own_question() {
    let level = |tier, score| Policy::OnHighRisk(RiskLevel::new(tier, score).unwrap());
    let policies = [
        ("critical", level(RiskTier::Critical, 0.9)),
        ("critical_too", level(RiskTier::Critical, 0.9)),
        ("high", level(RiskTier::High, 0.7)),
        ("sure", Policy::OnUncertainty(0.9)),
        ("sure_too", Policy::OnUncertainty(0.9)),
        ("doubtful", Policy::OnUncertainty(0.5)),
        ("objected", Policy::OnViolation),
    ];
    let unsure = critic("unsure").says(Opinion::clean().uncertainty(0.6));
    let seats = policies.map(|(name, policy)| allows(name).seated().policy(policy));
    let report = court()
        .critic(unsure.stage(Stage::FastCritics))
        .critics(seats)
        .snapshot(risk("risk", 0.8))
        .run()
        .await;
    for (name, gated) in [
        ("critical", "gated: risk below critical and 0.9"),
        ("critical_too", "gated: risk below critical and 0.9"),
        ("sure", "gated: highest uncertainty before it is 0.6, below 0.9"),
        ("sure_too", "gated: highest uncertainty before it is 0.6, below 0.9"),
        ("objected", "gated: no violation before it"),
    ] {
        assert_eq!(reason(&report, name), gated);
        assert_eq!(report[name].calls_for, None);
    }
    assert_eq!(report["high"].status, Status::Success);
    assert_eq!(report["doubtful"].status, Status::Success);
}
