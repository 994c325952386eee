//! Plans that are refused, and in which words.

use tribunal_core::{Condition, ConditionError, FailureMode, Stage, Status, View};
use tribunal_production::{PlanError, Policy, RunSettings};
use tribunal_testkit::*;

use crate::court::{Court, Seat, court, judge};

fn only_error(court: Court) -> String {
    let errors = court.refused();
    assert_eq!(errors.0.len(), 1, "{errors}");
    errors.to_string()
}

/// Rule 4: a cycle is spelled out.
#[test]
fn a_cycle_is_refused_and_spelled_out() {
    let two = court().critics([allows("a").depends_on("b"), allows("b").depends_on("a")]);
    assert_eq!(only_error(two), "critics wait for each other: a -> b -> a");
    let tail = court().critics([
        allows("in").depends_on("x"),
        allows("x").depends_on("y"),
        allows("y").depends_on("z"),
        allows("z").depends_on("x"),
    ]);
    assert_eq!(only_error(tail), "critics wait for each other: x -> y -> z -> x");
}

/// Rule 4: so is one of a single critic.
#[test]
fn a_critic_that_depends_on_itself_is_refused() {
    let court = court().critic(allows("a").depends_on("a"));
    assert_eq!(only_error(court), "critics wait for each other: a -> a");
}

/// Rules 4 and 5: a gate waits for smaller priority numbers, and that can close a cycle too.
#[test]
fn a_cycle_closed_by_a_gate_is_refused() {
    let closed = |policy| {
        court().critics([
            allows("early").priority(1).depends_on("guard"),
            allows("guard").priority(9).policy(policy),
        ])
    };
    assert_eq!(
        only_error(closed(Policy::OnViolation)),
        "critics wait for each other: early -> guard -> early"
    );
    closed(Policy::Always).build();
    closed(Policy::on_high_risk()).build();
}

/// Rule 4: an unknown name, with the one that was meant.
#[test]
fn an_unknown_dependency_is_refused_with_the_nearest_name() {
    let near = court().critics([allows("secrets").seated(), allows("b").depends_on("secret")]);
    assert_eq!(
        only_error(near),
        "critic `b` depends on `secret`, and there is none of that name; did you mean `secrets`?"
    );
    let far = court().critics([allows("secrets").seated(), allows("b").depends_on("weather")]);
    assert_eq!(only_error(far), "critic `b` depends on `weather`, and there is none of that name");
}

/// Rule 4: a later stage.
#[test]
fn a_dependency_on_a_later_stage_is_refused() {
    let court =
        court().critics([allows("a").depends_on("b"), allows("b").stage(Stage::DeepAnalysis)]);
    assert_eq!(
        only_error(court),
        "critic `a` of stage `core_analysis` depends on `b` of the later stage `deep_analysis`"
    );
}

/// Rule 19: what is monitored may change nothing, so nothing that counts may hang on it.
#[test]
fn an_enforcing_critic_may_not_depend_on_a_monitored_one() {
    let watched = || allows("watched").monitored();
    let enforcing = court().critics([watched(), allows("a").depends_on("watched")]);
    assert_eq!(
        only_error(enforcing),
        "critic `a` depends on `watched`, which is only monitored and so may change nothing"
    );
    court().critics([watched(), allows("a").depends_on("watched").monitored()]).build();
}

#[test]
fn a_plan_without_critics_is_refused() {
    assert!(matches!(court().refused().0[..], [PlanError::NoCritics]));
}

/// Every mistake in one go: of settings, of specs, of names that are not there, and of cycles.
#[test]
fn all_mistakes_are_shown_at_once() {
    let errors = court()
        .settings(|settings: RunSettings| settings.timeout(secs(0)).max_runs(0))
        .critics([
            allows("zero").priority(0).timeout(secs(0)).cost(f64::NAN),
            allows("lost").depends_on("nobody-here"),
            allows("early").depends_on("deep"),
            allows("deep").stage(Stage::DeepAnalysis),
            allows("x").depends_on("y"),
            allows("y").depends_on("x"),
        ])
        .refused();
    let text = errors.to_string();
    for part in [
        "`run.timeout`",
        "`run.max_runs`",
        "critic `zero`: `priority`",
        "critic `zero`: `timeout`",
        "critic `zero`: `cost`",
        "`nobody-here`",
        "critic `early` of stage",
        "x -> y -> x",
    ] {
        assert!(text.contains(part), "{part} is missing in: {text}");
    }
    assert_eq!(errors.0.len(), 8, "{text}");
}

/// Names that are wrong, or taken, do not hide what is wrong with the others.
#[test]
fn a_wrong_name_hides_no_other_mistake() {
    let errors = court()
        .critics([
            allows("Loud").seated(),
            allows("twice").seated(),
            allows("twice").priority(11),
            allows("huge").max_in_flight(usize::MAX),
        ])
        .refused();
    let text = errors.to_string();
    for part in
        ["`Loud`", "two critics are called `twice`", "critic `twice`: `priority`", "critic `huge`"]
    {
        assert!(text.contains(part), "{part} is missing in: {text}");
    }
}

/// A value out of its range is named with the range.
#[test]
fn values_out_of_range_are_refused_with_their_range() {
    let one = |change: fn(crate::court::Seated) -> crate::court::Seated| {
        only_error(court().critic(change(allows("a").seated())))
    };
    assert_eq!(
        one(|seat| seat.priority(11)),
        "critic `a`: `priority` must lie within 1 (first) to 10 (last), found 11"
    );
    assert_eq!(
        one(|seat| seat.policy(Policy::OnUncertainty(0.0))),
        "critic `a`: `uncertainty` must lie above 0 and up to 1, found 0"
    );
    assert!(one(|seat| seat.policy(Policy::OnUncertainty(f64::NAN))).contains("uncertainty"));
    assert!(one(|seat| seat.retry(crate::court::tries(0))).contains("`retry.attempts`"));
    assert!(one(|seat| seat.cost(-1.0)).contains("`cost`"));
    assert!(one(|seat| seat.max_in_flight(0)).contains("`max_in_flight`"));
    let stage = court()
        .critic(allows("a"))
        .run_timeout(secs(1))
        .stage_timeout(Stage::CoreAnalysis, secs(2));
    assert_eq!(
        only_error(stage),
        "`stages.core_analysis.timeout` is 2s, which can never be reached within the run's 1s"
    );
}

/// Rule 13: code of a condition that panics while a plan is made reaches nobody else.
#[test]
fn a_condition_that_cannot_describe_itself_is_refused() {
    struct Mute;
    impl Condition for Mute {
        fn holds(&self, _: View<'_>) -> Result<bool, ConditionError> {
            Ok(true)
        }
        fn describe(&self) -> String {
            panic!("scripted")
        }
    }
    let refused = court().critic(allows("a").when(Mute));
    assert_eq!(
        only_error(refused),
        "critic `a`: `when` panics when it is asked to describe itself"
    );
    assert_eq!(Policy::when(Mute).describe(), "conditional (it panics)");
}

/// Rule 5: one that panics when asked what it reads may read everything, and so waits for it.
#[tokio::test(start_paused = true)]
async fn a_condition_that_panics_when_asked_what_it_reads_waits_for_all() {
    struct Secretive;
    impl Condition for Secretive {
        fn holds(&self, view: View<'_>) -> Result<bool, ConditionError> {
            Ok(view.prior().count() == 1)
        }
        fn reads_outcomes(&self) -> bool {
            panic!("scripted")
        }
        fn reads(&self, _: &str) -> bool {
            panic!("scripted")
        }
    }
    let open = takes("a", secs(1)).priority(1).failure_mode(FailureMode::Allow);
    let court = court().critic(open).critic(allows("b").priority(2).when(Secretive)).build();
    assert_eq!(judge(&court).await["b"].status, Status::Success);
    let passages = court.outline().passages;
    let waits = passages.iter().filter(|passage| passage.how.contains("the gate of `b`"));
    assert_eq!(waits.count(), 1, "{passages:?}");
}
