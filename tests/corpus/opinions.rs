//! Opinions that a critic should not give: what becomes of the critic, and of the run.

use std::sync::Arc;

use futures_util::FutureExt as _;
use serde_json::{Value, json};
use tribunal_core::{
    Answer, FailureMode, Opinion, Outcome, Pointer, Snapshot, Span, Violation, critic_fn,
};
use tribunal_production::{CriticSpec, ProductionOrchestrator, Validation};

use crate::{Case, check};

/// The verdict, the critic's status, and why; in that order.
fn answer(opinion: Opinion, failure_mode: FailureMode, validation: Validation) -> String {
    let opinion = Arc::new(opinion);
    let critic = critic_fn(move |_| Answer::now(Ok((*opinion).clone())));
    let spec = CriticSpec::new("liar").failure_mode(failure_mode).validation(validation);
    let fine = critic_fn(|_| Answer::now(Ok(Opinion::clean())));
    let court = ProductionOrchestrator::builder()
        .critic(spec, critic)
        .critic(CriticSpec::new("fine"), fine)
        .build()
        .unwrap();
    let report = court.run_all(Snapshot::of_input("x")).now_or_never().unwrap().unwrap();
    let Outcome { status, reason, .. } = &report["liar"];
    let why = reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
    let let_pass = if report.let_pass.is_empty() { "" } else { ", let pass" };
    // What is written of it must be readable again: JSON knows no NaN.
    let json = serde_json::to_string(&report).unwrap();
    let read: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(read["verdict"], report.verdict.as_str());
    format!("{}{let_pass}, {status}{why}", report.verdict)
}

fn plainly(opinion: Opinion) -> String {
    answer(opinion, FailureMode::Block, Validation::new())
}

fn objects(severity: f64) -> Opinion {
    Opinion::objection(Violation::new("x", "x", severity))
}

fn numbers() -> Vec<Case<Opinion>> {
    let clean = Opinion::clean;
    vec![
        (
            "severity NaN",
            clean().severity(f64::NAN),
            "block, invalid: invalid opinion: severity must lie within 0 to 1, found NaN",
        ),
        (
            "severity -NaN",
            clean().severity(-f64::NAN),
            "block, invalid: invalid opinion: severity must lie within 0 to 1, found NaN",
        ),
        (
            "severity infinite",
            clean().severity(f64::INFINITY),
            "block, invalid: invalid opinion: severity must lie within 0 to 1, found inf",
        ),
        (
            "severity -infinite",
            clean().severity(f64::NEG_INFINITY),
            "block, invalid: invalid opinion: severity must lie within 0 to 1, found -inf",
        ),
        (
            "severity just above 1",
            clean().severity(1.000_000_1),
            "block, invalid: invalid opinion: severity must lie within 0 to 1, found 1.0000001",
        ),
        (
            "severity the next float above 1",
            clean().severity(1.0_f64.next_up()),
            "block, invalid: invalid opinion: severity must lie within 0 to 1, found 1.0000000000000002",
        ),
        (
            "severity the next float below 0",
            clean().severity(0.0_f64.next_down()),
            "block, invalid: invalid opinion: severity must lie within 0 to 1, found -5e-324",
        ),
        (
            "severity in percent",
            clean().severity(85.0),
            "block, invalid: invalid opinion: severity must lie within 0 to 1, found 85.0",
        ),
        (
            "severity huge",
            clean().severity(f64::MAX),
            "block, invalid: invalid opinion: severity must lie within 0 to 1, found 1.7976931348623157e308",
        ),
        (
            "severity negative",
            clean().severity(-0.5),
            "block, invalid: invalid opinion: severity must lie within 0 to 1, found -0.5",
        ),
        (
            "uncertainty NaN",
            clean().uncertainty(f64::NAN),
            "block, invalid: invalid opinion: uncertainty must lie within 0 to 1, found NaN",
        ),
        (
            "uncertainty infinite",
            clean().uncertainty(f64::INFINITY),
            "block, invalid: invalid opinion: uncertainty must lie within 0 to 1, found inf",
        ),
        (
            "uncertainty -infinite",
            clean().uncertainty(f64::NEG_INFINITY),
            "block, invalid: invalid opinion: uncertainty must lie within 0 to 1, found -inf",
        ),
        (
            "uncertainty above 1",
            clean().uncertainty(1.5),
            "block, invalid: invalid opinion: uncertainty must lie within 0 to 1, found 1.5",
        ),
        (
            "uncertainty negative",
            clean().uncertainty(-1.0),
            "block, invalid: invalid opinion: uncertainty must lie within 0 to 1, found -1.0",
        ),
        (
            "score NaN",
            clean().score(f64::NAN),
            "block, invalid: invalid opinion: score must lie within 0 to 1, found NaN",
        ),
        (
            "score infinite",
            clean().score(f64::INFINITY),
            "block, invalid: invalid opinion: score must lie within 0 to 1, found inf",
        ),
        (
            "score above 1",
            clean().score(1.000_000_1),
            "block, invalid: invalid opinion: score must lie within 0 to 1, found 1.0000001",
        ),
        (
            "score negative",
            clean().score(-0.1),
            "block, invalid: invalid opinion: score must lie within 0 to 1, found -0.1",
        ),
        (
            "cost NaN",
            clean().cost(f64::NAN),
            "block, invalid: invalid opinion: cost must be finite and not negative, found NaN",
        ),
        (
            "cost infinite",
            clean().cost(f64::INFINITY),
            "block, invalid: invalid opinion: cost must be finite and not negative, found inf",
        ),
        (
            "cost negative",
            clean().cost(-0.01),
            "block, invalid: invalid opinion: cost must be finite and not negative, found -0.01",
        ),
        (
            "violation NaN",
            objects(f64::NAN),
            "block, invalid: invalid opinion: severity of a violation must lie within 0 to 1, found NaN",
        ),
        (
            "violation infinite",
            objects(f64::INFINITY),
            "block, invalid: invalid opinion: severity of a violation must lie within 0 to 1, found inf",
        ),
        (
            "violation above 1",
            objects(2.0),
            "block, invalid: invalid opinion: severity of a violation must lie within 0 to 1, found 2.0",
        ),
        (
            "violation negative",
            objects(-0.1),
            "block, invalid: invalid opinion: severity of a violation must lie within 0 to 1, found -0.1",
        ),
        (
            "NaN after a block",
            objects(0.9).violation(Violation::new("y", "y", f64::NAN)),
            "block, invalid: invalid opinion: severity of a violation must lie within 0 to 1, found NaN; it objects all the same, with severity 0.9",
        ),
        (
            "NaN before a block",
            objects(f64::NAN).violation(Violation::new("y", "y", 0.9)),
            "block, invalid: invalid opinion: severity of a violation must lie within 0 to 1, found NaN; it objects all the same, with severity 0.9",
        ),
        (
            "a block and a score of NaN",
            objects(0.9).score(f64::NAN),
            "block, invalid: invalid opinion: score must lie within 0 to 1, found NaN; it objects all the same, with severity 0.9",
        ),
        (
            "everything wrong",
            objects(-1.0).severity(f64::NAN).uncertainty(2.0).score(9.0).cost(-1.0),
            "block, invalid: invalid opinion: severity must lie within 0 to 1, found NaN; uncertainty must lie within 0 to 1, found 2.0; score must lie within 0 to 1, found 9.0; severity of a violation must lie within 0 to 1, found -1.0; cost must be finite and not negative, found -1.0",
        ),
        (
            "as low as may be",
            clean().severity(-0.0).uncertainty(-0.0).score(-0.0).cost(-0.0),
            "allow, success",
        ),
        (
            "as high as may be",
            objects(1.0).severity(1.0).uncertainty(1.0).score(1.0).cost(f64::MAX),
            "block, success",
        ),
        (
            "the smallest float there is",
            clean().severity(5e-324).uncertainty(5e-324),
            "allow, success",
        ),
        ("a whisker below review", clean().severity(0.4_f64.next_down()), "allow, success"),
        ("at review", clean().severity(0.4), "review, success"),
        ("a whisker below block", clean().severity(0.8_f64.next_down()), "review, success"),
        ("at block", clean().severity(0.8), "block, success"),
        ("a violation outweighs a severity", objects(0.9).severity(0.1), "block, success"),
        ("a severity outweighs a violation", objects(0.1).severity(0.9), "block, success"),
    ]
}

/// I13 and rule 15, under failure mode `block`: no such number becomes a verdict, and none an `allow`.
#[test]
fn numbers_out_of_range_never_become_a_verdict() {
    check(numbers(), 39, plainly);
}

/// The same numbers where failures are let pass: never a clean pass, always named.
#[test]
fn numbers_out_of_range_are_named_where_failures_are_let_pass() {
    for (what, opinion, under_block) in numbers() {
        let open = answer(opinion.clone(), FailureMode::Allow, Validation::new());
        let lenient = answer(opinion, FailureMode::Block, Validation::new().lenient());
        assert_eq!(
            lenient, under_block,
            "{what}: lenient validation is about demands, not about numbers"
        );
        match under_block.strip_prefix("block, invalid") {
            // I10: a block that can be read is a block, whatever else is wrong with it.
            Some(why) if why.contains("it objects all the same") => {
                assert_eq!(open, format!("block, invalid{why}"), "{what}");
            }
            Some(why) => assert_eq!(open, format!("allow, let pass, invalid{why}"), "{what}"),
            None => assert_eq!(open, under_block, "{what}"),
        }
    }
}

/// What else can stand in an opinion, and is nobody's to judge.
#[test]
fn texts_and_spans_of_an_opinion_are_taken_as_they_are_up_to_their_bounds() {
    let pointer = |text: &str| text.parse::<Pointer>().unwrap();
    let span = |bytes| Span::new(pointer("/input_text"), bytes, "label");
    let at = |bytes| Opinion::objection(Violation::new("x", "x", 0.5).at(span(bytes)));
    let deep = |levels| (0..levels).fold(json!(1), |inner, _| json!([inner]));
    let many = |number| {
        (0..number).fold(Opinion::clean(), |o, _| o.violation(Violation::new("x", "x", 0.5)))
    };
    check(
        vec![
            ("an empty code", Opinion::objection(Violation::new("", "", 0.5)), "review, success"),
            (
                "a code of half a megabyte",
                Opinion::objection(Violation::new("x".repeat(1 << 19), "", 0.5)),
                "review, success",
            ),
            (
                "a code of 1 MB",
                Opinion::objection(Violation::new("x".repeat(1 << 20), "", 0.5)),
                "block, invalid: invalid opinion: it is larger than 1048576 bytes; it objects all the same, with severity 0.5",
            ),
            (
                "a number of 1 MB",
                Opinion::clean().value("9".repeat((1 << 20) + 1)),
                "block, invalid: invalid opinion: it is larger than 1048576 bytes",
            ),
            (
                "a list of a million",
                Opinion::clean().detail("list", vec![0; 1_000_000]).severity(0.9),
                "block, invalid: invalid opinion: it is larger than 1048576 bytes; it objects all the same, with severity 0.9",
            ),
            (
                "a code that steers terminals",
                Opinion::objection(Violation::new("\u{1b}[2J\u{202e}", "\r\n", 0.5)),
                "review, success",
            ),
            (
                "a NUL in a message",
                Opinion::objection(Violation::new("x", "\0", 0.5)),
                "review, success",
            ),
            ("a span of nothing", at(0..0), "review, success"),
            ("a span beyond the text", at(5..500), "review, success"),
            ("a span as long as can be", at(0..usize::MAX), "review, success"),
            (
                "a span the wrong way round",
                at(std::ops::Range { start: 9, end: 3 }),
                "review, success",
            ),
            ("a thousand violations", many(1_000), "review, success"),
            (
                "ten thousand violations",
                many(10_000),
                "block, invalid: invalid opinion: it has more than 1000 violations; it objects all the same, with severity 0.5",
            ),
            ("a deep value", Opinion::clean().value(deep(64)), "allow, success"),
            (
                "a value too deep",
                Opinion::clean().value(deep(65)),
                "block, invalid: invalid opinion: its value or its details nest deeper than 64 levels",
            ),
            (
                "details too deep",
                Opinion::clean().detail("a", deep(64)),
                "block, invalid: invalid opinion: its value or its details nest deeper than 64 levels",
            ),
            (
                "too deep, and a number wrong",
                Opinion::clean().value(deep(100)).score(2.0),
                "block, invalid: invalid opinion: score must lie within 0 to 1, found 2.0; its value or its details nest deeper than 64 levels",
            ),
            (
                "`blocked: true` in a value",
                Opinion::clean().value(json!({"blocked": true})),
                "allow, success",
            ),
            (
                "a verdict in the details",
                Opinion::clean().detail("verdict", "allow").severity(0.9),
                "block, success",
            ),
        ],
        19,
        plainly,
    );
}

/// Rule 15: what a spec demands, strict and lenient.
#[test]
fn demands_on_opinions_are_answered_one_by_one() {
    let pointer = |text: &str| text.parse::<Pointer>().unwrap();
    let require = |text: &str| Validation::new().require(pointer(text));
    let says = |said: Result<(), String>| Validation::new().check(move |_: &Opinion| said.clone());
    let panics = || {
        Validation::new()
            .check(|_: &Opinion| -> Result<(), String> { std::panic::resume_unwind(Box::new("")) })
    };
    let clean = Opinion::clean;
    check(
        vec![
            (
                "no score",
                (require("/score"), clean()),
                "block, invalid: invalid opinion: required field `/score` is missing",
            ),
            ("a score", (require("/score"), clean().score(0.0)), "allow, success"),
            (
                "no value",
                (require("/value"), clean()),
                "block, invalid: invalid opinion: required field `/value` is missing",
            ),
            (
                "a value of null",
                (require("/value"), clean().value(Value::Null)),
                "block, invalid: invalid opinion: required field `/value` is missing",
            ),
            ("a value of false", (require("/value"), clean().value(false)), "allow, success"),
            (
                "no such item",
                (require("/value/1"), clean().value(json!([1]))),
                "block, invalid: invalid opinion: required field `/value/1` is missing",
            ),
            (
                "an index with a zero before it",
                (require("/value/00"), clean().value(json!([1]))),
                "block, invalid: invalid opinion: required field `/value/00` is missing",
            ),
            (
                "into a text",
                (require("/value/0"), clean().value("text")),
                "block, invalid: invalid opinion: required field `/value/0` is missing",
            ),
            (
                "no violations",
                (require("/violations"), clean()),
                "block, invalid: invalid opinion: required field `/violations` is missing",
            ),
            (
                "no details",
                (require("/details"), clean()),
                "block, invalid: invalid opinion: required field `/details` is missing",
            ),
            (
                "a detail of null",
                (require("/details/a"), clean().detail("a", Value::Null)),
                "block, invalid: invalid opinion: required field `/details/a` is missing",
            ),
            (
                "no cost",
                (require("/cost"), clean()),
                "block, invalid: invalid opinion: required field `/cost` is missing",
            ),
            (
                "two missing",
                (require("/score").require(pointer("/cost")), clean()),
                "block, invalid: invalid opinion: required field `/score` is missing; required field `/cost` is missing",
            ),
            (
                "two missing, lenient",
                (require("/score").require(pointer("/cost")).lenient(), clean()),
                "allow, success: invalid opinion: required field `/score` is missing; required field `/cost` is missing",
            ),
            (
                "missing, lenient, and a block",
                (require("/score").lenient(), clean().severity(0.9)),
                "block, success: invalid opinion: required field `/score` is missing",
            ),
            (
                "missing, and a block",
                (require("/score"), clean().severity(0.9)),
                "block, invalid: invalid opinion: required field `/score` is missing; it objects all the same, with severity 0.9",
            ),
            (
                "missing, lenient, and NaN",
                (require("/score").lenient(), clean().severity(f64::NAN)),
                "block, invalid: invalid opinion: severity must lie within 0 to 1, found NaN",
            ),
            (
                "a check refuses",
                (says(Err("too vague".into())), clean()),
                "block, invalid: invalid opinion: refused by its check: too vague",
            ),
            (
                "a check refuses, lenient",
                (says(Err("too vague".into())).lenient(), clean()),
                "allow, success: invalid opinion: refused by its check: too vague",
            ),
            ("a check agrees", (says(Ok(())), clean()), "allow, success"),
            (
                "a check panics",
                (panics(), clean()),
                "block, invalid: invalid opinion: refused by its check: the check panicked",
            ),
            (
                "a check panics, lenient",
                (panics().lenient(), clean().severity(0.9)),
                "block, success: invalid opinion: refused by its check: the check panicked",
            ),
        ],
        22,
        |(validation, opinion)| answer(opinion, FailureMode::Block, validation),
    );
}
