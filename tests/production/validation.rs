//! Validation before trust.

use tribunal_core::{FailureMode, Opinion, OpinionCheck, OpinionFault, Source, Status, Verdict};
use tribunal_production::Validation;
use tribunal_testkit::*;

use crate::court::{Seat, court, reason, tries};

fn requires(field: &str) -> Validation {
    Validation::new().require(field.parse().unwrap())
}

/// Stands in for a compiled schema: says where, and what was expected.
struct SchemaOfOneWord;

impl OpinionCheck for SchemaOfOneWord {
    fn faults(&self, opinion: &Opinion) -> Vec<OpinionFault> {
        let fits = opinion.value.is_string();
        let fault = OpinionFault::Schema { at: "/value".into(), expected: "a string".into() };
        if fits { Vec::new() } else { vec![fault] }
    }
}

/// Rule 15: required fields.
#[tokio::test(start_paused = true)]
async fn an_opinion_without_a_required_field_is_invalid() {
    let said = Opinion::clean().score(0.1).detail("category", "none");
    for (field, expected) in [
        ("/score", Status::Success),
        ("/details/category", Status::Success),
        ("/details/other", Status::Invalid),
        ("/value/label", Status::Invalid),
    ] {
        let report =
            court().critic(critic("x").says(said.clone()).validation(requires(field))).run().await;
        assert_eq!(report["x"].status, expected, "{field}");
        if expected == Status::Invalid {
            let text = format!("invalid opinion: required field `{field}` is missing");
            assert_eq!(reason(&report, "x"), text);
            assert!(report["x"].opinion.is_none());
            assert_eq!(report.verdict, Verdict::Review);
        }
    }
}

/// Rule 15: a custom check.
#[tokio::test(start_paused = true)]
async fn an_opinion_refused_by_its_check_is_invalid() {
    let brief = |opinion: &Opinion| {
        if opinion.violations.len() < 2 { Ok(()) } else { Err("too many".to_owned()) }
    };
    let two = Opinion::objection(tribunal_core::Violation::new("a", "a", 0.1))
        .violation(tribunal_core::Violation::new("b", "b", 0.1));
    let report = court()
        .critic(
            critic("x")
                .says(two)
                .validation(Validation::new().check(brief))
                .failure_mode(FailureMode::Block),
        )
        .critic(mild().validation(Validation::new().check(brief)))
        .run()
        .await;
    let why = "invalid opinion: refused by its check: too many; it objects all the same, with severity 0.1";
    assert_eq!(reason(&report, "x"), why);
    assert_eq!(report["mild"].status, Status::Success);
    assert_eq!(report.verdict, Verdict::Block);
}

fn mild() -> Scripted {
    objects("mild", 0.1)
}

/// Rule 15: a schema, here of one keyword.
#[tokio::test(start_paused = true)]
async fn an_opinion_that_does_not_match_its_schema_is_invalid() {
    let checked = |value: serde_json::Value| {
        let critic = critic("x").says(Opinion::clean().value(value));
        court().critic(critic.validation(Validation::new().check(SchemaOfOneWord)))
    };
    assert_eq!(checked("word".into()).run().await["x"].status, Status::Success);
    let report = checked(7.into()).run().await;
    assert_eq!(
        reason(&report, "x"),
        "invalid opinion: does not match its schema at `/value`: a string"
    );
}

/// Rule 15: every fault is listed, in one go.
#[tokio::test(start_paused = true)]
async fn all_faults_are_listed() {
    let rules = requires("/score").require("/cost".parse().unwrap()).check(SchemaOfOneWord);
    let report = court().critic(allows("x").validation(rules)).run().await;
    assert_eq!(
        reason(&report, "x"),
        "invalid opinion: required field `/score` is missing; required field `/cost` is missing; \
         does not match its schema at `/value`: a string"
    );
}

/// Rule 15: lenient keeps the opinion, with the errors listed.
#[tokio::test(start_paused = true)]
async fn a_lenient_opinion_is_kept_with_its_faults_listed() {
    let report =
        court().critic(objects("x", 0.9).validation(requires("/score").lenient())).run().await;
    assert_eq!(report["x"].status, Status::Success);
    assert_eq!(report["x"].calls_for, Some(Verdict::Block));
    assert_eq!(reason(&report, "x"), "invalid opinion: required field `/score` is missing");
    assert!(report.let_pass.is_empty(), "an opinion was heard");
}

/// Rule 15: and so it is when the opinion comes from a cache.
#[tokio::test(start_paused = true)]
async fn a_lenient_opinion_of_a_cache_is_kept_with_its_faults_listed() {
    let cache = HookScript::new().before(HookStep::gives(Opinion::clean()));
    let report = court()
        .critic(objects("x", 0.9).validation(requires("/score").lenient()))
        .hook(cache)
        .run()
        .await;
    assert_eq!((report["x"].status, report["x"].source), (Status::Success, Source::Cache));
    assert_eq!(reason(&report, "x"), "invalid opinion: required field `/score` is missing");
}

/// Rule 15: no leniency for numbers that are none; they must never become a verdict.
#[tokio::test(start_paused = true)]
async fn a_number_out_of_range_is_invalid_under_lenient_validation_too() {
    for bad in [f64::NAN, -0.1, 1.1, f64::INFINITY] {
        for said in [Opinion::clean().severity(bad), Opinion::clean().uncertainty(bad)] {
            let report = court()
                .critic(critic("x").says(said).validation(Validation::new().lenient()))
                .run()
                .await;
            assert_eq!(report["x"].status, Status::Invalid, "{bad}");
        }
    }
}

/// Rules 12 and 15: a bad opinion is an answer; asking again would be asking until it fits.
#[tokio::test(start_paused = true)]
async fn an_invalid_opinion_is_not_asked_for_again() {
    let critic = allows("x");
    let probe = critic.probe();
    let spec = critic.validation(requires("/score")).retry(tries(3).on_timeout());
    court().critic(spec).run().await;
    assert_eq!(probe.calls(), 1);
}
