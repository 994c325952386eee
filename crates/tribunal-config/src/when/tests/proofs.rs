//! What proofs take a condition for.

use tribunal_core::{FailureKind, Gated, Violation};

use tribunal_prove::Atom;

use super::field::bound;
use super::*;

/// What a proof takes a condition for, of a view.
fn taken(expression: &Expression, view: View<'_>) -> bool {
    let language = |atom: &Atom| match atom {
        Atom::Language(code) => field::TwoTongues.of(view.snapshot().input_text()) == Some(code),
        other => panic!("{other:?} can be known"),
    };
    expression.modelled().holds.holds(view, &language)
}

/// A proof takes a condition for what it is: numbers, statuses and phases mean in both the same.
#[test]
fn what_proofs_take_a_condition_for_is_what_it_says() {
    let violation = || Violation::new("x", "x", 0.5);
    let failed = Failure::new(FailureKind::Permanent, "down");
    let outcomes = [
        Outcome::success(Opinion::clean()),
        Outcome::success(Opinion::clean().severity(1.0).uncertainty(0.5)),
        Outcome::success(Opinion::clean().severity(0.3).score(1.0)),
        Outcome::success(Opinion::objection(violation()).uncertainty(1.0)),
        Outcome::success(Opinion::objection(violation()).violation(violation())),
        Outcome::without(Reason::Failed(failed)),
        Outcome::without(Reason::Gated(Gated::NoViolation)),
    ];
    for text in [
        "prior.a.severity > 0.3",
        "prior.a.severity >= 0.3 && prior.a.severity <= 0.3",
        "prior.a.severity == 0.5",
        "prior.a.severity != 0.5",
        "prior.a.severity == 1.0 || prior.a.score >= 1.0",
        "0.5 <= prior.a.severity",
        "-0.5 < prior.a.severity",
        "prior.a.violations == 1",
        "prior.a.violations > 0 && prior.a.violations != 2",
        "prior.a.violations >= 2 || prior.a.uncertainty > 0.5",
        "prior.a.violation",
        "!prior.a.violation && prior.a.success",
        "prior.a.violation == false",
        "prior.a.violation != prior.a.success",
        "prior.a.violation == prior.a.success",
        "prior.a.status == 'error'",
        "prior.a.status != 'gated'",
        "'success' == prior.a.status",
        "prior.a.status in ['error', 'timeout', 'gated']",
        "snapshot.phase == 'output' ? prior.a.violation : prior.a.severity < 0.4",
        "snapshot.phase in ['input'] && prior['a'].uncertainty >= 1.0",
        "has(prior.a.severity) && true",
        "has(prior.a.violation) == true",
        "(prior.a.violation || prior.a.severity > 0.9) && !(prior.a.uncertainty < 0.5)",
    ] {
        let expression = Expression::compile(text).unwrap_or_else(|e| panic!("{text}: {e:?}"));
        assert!(!expression.modelled().may_fail, "{text}");
        for outcome in &outcomes {
            for phase in [tribunal_core::Phase::Input, tribunal_core::Phase::Output] {
                let snapshot = Snapshot::builder().input_text("x").phase(phase).build();
                let said = holds(text, &snapshot, vec![("a", outcome.clone())]);
                let (names, outcomes) = ([name("a")], [outcome.clone()]);
                let view = View::with_prior(&snapshot, &names, &outcomes, &[], &[0]);
                assert_eq!(said, Ok(taken(&expression, view)), "{text} of {outcome:?} in {phase}");
            }
        }
    }
}

/// The functions of the field mean the same to a proof as in a run, whatever the gate sees.
#[test]
fn proofs_take_the_functions_of_the_field_for_what_they_say() {
    let objects = |codes: &[(&'static str, f64)]| {
        let violations = codes.iter().map(|(code, severity)| Violation::new(*code, "x", *severity));
        Outcome::success(violations.fold(Opinion::clean(), Opinion::violation))
    };
    let failed = || Outcome::without(Reason::Failed(Failure::new(FailureKind::Permanent, "down")));
    let mut called = failed();
    called.attempts = 2;
    let outcomes = [
        objects(&[]),
        objects(&[("pii.email", 0.2), ("pii.email", 0.9), ("pii.iban", 0.5)]),
        objects(&[("judge.harsh", 0.5), ("pii", 0.0)]),
        Outcome::success(Opinion::clean().severity(0.6).uncertainty(0.8)),
        failed(),
        called,
        Outcome::without(Reason::Gated(Gated::NoViolation)),
        Outcome::without(Reason::Skipped(tribunal_core::Skipped::OverBudget)),
    ];
    let texts = [
        "any_violation()",
        "any_violation('pii') != any_violation('judge')",
        "any_violation('pii.email')",
        "any_violation('pii.') && !any_violation('pii.email')",
        "any_violation('judge.harsh') || 'pii.iban' in prior.pii.codes",
        "count_violations() == 4",
        "count_violations() > 2 && count_violations('pii.') <= 4",
        "count_violations('pii.email') >= 2 || count_violations('judge') != 1",
        "2 < count_violations('pii') && count_violations() < 100",
        "max_severity() >= 0.5",
        "max_severity('pii') > 0.5 && max_severity('pii.email') < 0.9",
        "max_severity('judge.') == 0.5 || max_severity('pii.') == 0.0",
        "max_severity('other') < 0.0",
        "max_uncertainty() >= 0.8",
        "max_uncertainty('judge') == 1.0",
        "failed() ? failed('pii') : ran('pii')",
        "ran('judge') && ran('other')",
        "risk_at_least('high')",
        "risk_at_least(0.4) && matches_language('de')",
        "matches_language('deu') && matches_language('en')",
    ];
    let names = ["pii", "judge", "other"].map(name);
    let snapshots = [
        Snapshot::builder().input_text("deutsch").with("risk_tier", "high").build(),
        Snapshot::builder().input_text("english").with("risk", 0.5).build(),
    ];
    for text in texts {
        let expression = bound(text).unwrap_or_else(|e| panic!("{text}: {e:?}"));
        assert!(!expression.modelled().may_fail, "{text}");
        let each = || outcomes.iter().cloned();
        for (pii, judge) in each().flat_map(|one| each().map(move |other| (one.clone(), other))) {
            for other in each().take(2) {
                let prior = [pii.clone(), judge.clone(), other];
                for snapshot in &snapshots {
                    let view = View::with_prior(snapshot, &names, &prior, &[], &[0, 1, 2]);
                    let said = expression.holds(view).map_err(|error| error.to_string());
                    assert_eq!(said, Ok(taken(&expression, view)), "{text} of {prior:?}");
                }
            }
        }
    }
}

/// The same words at another gate are about others.
#[test]
fn what_cannot_be_known_of_all_that_a_gate_sees_is_its_own() {
    let free = |text: &str| {
        let mut found = Vec::new();
        bound(text).unwrap().modelled().holds.atoms(&mut |atom| match atom {
            Atom::Free(text) => found.push(text.clone()),
            other => panic!("{other:?}"),
        });
        found
    };
    assert_eq!(
        free("max_severity('pii') > max_severity('judge')").concat(),
        "max_severity(\"pii\") > max_severity(\"judge\")"
    );
    assert_eq!(
        free("max_severity('pii') > max_severity()").concat(),
        "max_severity(\"pii\") > max_severity() (as `gate` sees it)"
    );
}

/// What cannot be known stands for itself: the same words for the same thing, others for another.
#[test]
fn what_cannot_be_known_is_told_apart_by_its_words() {
    let free = |text: &str| {
        let expression = Expression::compile(text).unwrap_or_else(|e| panic!("{text}: {e:?}"));
        assert!(expression.modelled().may_fail, "{text}");
        let mut found = Vec::new();
        expression.modelled().holds.atoms(&mut |atom| {
            if let tribunal_prove::Atom::Free(text) = atom {
                found.push(text.clone());
            }
        });
        found
    };
    assert_eq!(free("snapshot.context.vip"), ["snapshot.context.vip"]);
    assert_eq!(free("has(snapshot.context.vip)"), ["has(snapshot.context.vip)"]);
    let both = free("size(snapshot.context.n) > 5 || int(snapshot.context.n) > 5");
    assert_eq!(both, ["size(snapshot.context.n) > 5", "int(snapshot.context.n) > 5"]);
    assert_eq!(free("snapshot.input_text.contains('a')"), ["snapshot.input_text.contains(\"a\")"]);
    let nested = free("snapshot.context.a - (snapshot.context.b - 1) > 0");
    assert_eq!(nested, ["(snapshot.context.a - (snapshot.context.b - 1)) > 0"]);
    let walks = free("[1].all(x, x > 0) && [1].exists(x, x > 1)");
    assert!(walks.len() == 2 && walks[0] != walks[1], "{walks:?}");
    let long = "x".repeat(300);
    let long =
        free(&format!("snapshot.input_text == '{long}1' || snapshot.input_text == '{long}2'"));
    assert!(long[0] != long[1], "{long:?}");
}
