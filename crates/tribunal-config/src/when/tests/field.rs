//! The functions of the field, the types, and the steps.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::json;
use tribunal_core::{Failure, FailureKind, Gated, Languages, Reason, Returns, Shape, Violation};

use super::*;
use crate::when::trace::StepKind;

/// Knows two languages by their first letter.
pub(super) struct TwoTongues;

impl Languages for TwoTongues {
    fn code(&self, asked: &str) -> Result<&'static str, String> {
        match asked {
            "de" | "deu" => Ok("deu"),
            "en" | "eng" => Ok("eng"),
            other => Err(format!("is no code: `{other}`")),
        }
    }

    fn of(&self, text: &str) -> Option<&'static str> {
        match text.chars().next()? {
            'd' => Some("deu"),
            'e' => Some("eng"),
            _ => None,
        }
    }
}

fn returns() -> BTreeMap<CriticName, Returns> {
    let counts = Shape::object(["email", "iban"], &Shape::Integer);
    [
        ("pii", Returns::codes(["pii.email", "pii.iban"]).with_value(counts)),
        ("judge", Returns::codes(["judge.*"]).with_score()),
        ("other", Returns::unknown()),
    ]
    .into_iter()
    .map(|(critic, returns)| (name(critic), returns))
    .collect()
}

fn bound_to(text: &str, seen: BTreeMap<CriticName, Returns>) -> Result<Expression, Vec<Fault>> {
    let unseen = |wanted: &str| {
        (wanted == "later").then(|| (Code::UnseenCritic, "`later` is later".into(), None))
    };
    let whose = name("gate");
    let scope = Scope {
        whose: Some(&whose),
        seen,
        unseen: &unseen,
        noted: &|_| false,
        languages: Some(Arc::new(TwoTongues)),
    };
    Expression::compile(text)?.bind(&scope)
}

pub(super) fn bound(text: &str) -> Result<Expression, Vec<Fault>> {
    bound_to(text, returns())
}

/// What is wrong at which text, and what may have been meant.
fn wrong(text: &str) -> (String, String, Option<String>) {
    let seen = returns().into_iter().filter(|(critic, _)| *critic != "other").collect();
    let faults = bound_to(text, seen).err().unwrap_or_else(|| panic!("no fault: {text}"));
    let fault = faults.into_iter().next().unwrap();
    (text.get(fault.part).unwrap_or_default().to_owned(), fault.problem, fault.help)
}

fn with_view<T>(snapshot: &Snapshot, what: impl FnOnce(View<'_>) -> T) -> T {
    let email = Violation::new("pii.email", "an address", 0.6);
    let iban = Violation::new("pii.iban", "an account", 0.8);
    let pii = Opinion::objection(email).violation(iban).uncertainty(0.2);
    let pii = pii.value(json!({"email": 1, "iban": 1}));
    let failed = Outcome::without(Reason::Failed(Failure::new(FailureKind::Permanent, "x")));
    let mut gated = Outcome::without(Reason::Gated(Gated::NoViolation));
    gated.attempts = 0;
    let names = [name("pii"), name("judge"), name("other"), name("hidden")];
    let hidden = Outcome::success(Opinion::objection(Violation::new("pii.email", "x", 1.0)));
    let outcomes = [Outcome::success(pii), failed, gated, hidden];
    what(View::with_prior(snapshot, &names, &outcomes, &[], &[0, 1, 2]))
}

fn answer(text: &str) -> Result<bool, String> {
    let snapshot = Snapshot::builder().input_text("deutsch").with("risk_tier", "high").build();
    let expression = bound(text).unwrap_or_else(|e| panic!("{text}: {e:?}"));
    with_view(&snapshot, |view| expression.holds(view).map_err(|error| error.to_string()))
}

/// Rule 5: of what the gate does not see, nothing is heard.
#[test]
fn each_function_says_what_the_gate_sees_and_no_more() {
    for text in [
        "any_violation() && any_violation('pii') && any_violation('pii.email')",
        "any_violation('pii.') && any_violation('pii.*') && !any_violation('judge')",
        "!any_violation('other') && !any_violation('judge.harsh')",
        "count_violations() == 2 && count_violations('pii.iban') == 1 && count_violations('other') == 0",
        "max_severity() == 0.8 && max_severity('pii') == 0.8 && max_severity('pii.email') == 0.6",
        "max_severity('judge') == 0.0 && max_severity('other') == 0.0",
        "max_uncertainty() == 1.0 && max_uncertainty('pii') == 0.2 && max_uncertainty('other') == 0.0",
        "failed() && failed('judge') && !failed('pii') && !failed('other')",
        "ran('pii') && !ran('other') && !ran('judge')",
        "risk_at_least('high') && risk_at_least('low') && !risk_at_least('critical')",
        "risk_at_least(0.7) && risk_at_least(0.5) && !risk_at_least(0.8) && !risk_at_least(1)",
        "matches_language('de') && !matches_language('eng')",
        "[1, 2].all(x, any_violation() && x < 3)",
        "any_violation() ? max_severity() > 0.5 : false",
    ] {
        assert_eq!(answer(text), Ok(true), "{text}");
    }
}

#[test]
fn a_function_is_worked_out_when_it_is_reached_and_once() {
    struct Counts(std::sync::Mutex<usize>);
    impl Languages for Counts {
        fn code(&self, _: &str) -> Result<&'static str, String> {
            Ok("deu")
        }
        fn of(&self, _: &str) -> Option<&'static str> {
            *self.0.lock().unwrap() += 1;
            None
        }
    }
    let counts = Arc::new(Counts(std::sync::Mutex::new(0)));
    let count = || *counts.0.lock().unwrap();
    let scope = Scope {
        whose: None,
        seen: returns(),
        unseen: &|_| None,
        noted: &|_| false,
        languages: Some(counts.clone()),
    };
    let snapshot = Snapshot::of_input("x");
    let compile = |text: &str| Expression::compile(text).unwrap().bind(&scope).unwrap();
    let (lazy, busy) = (
        compile("snapshot.phase == 'output' && matches_language('de')"),
        compile("[1, 2, 3].exists(x, matches_language('de') || matches_language('en'))"),
    );
    // Each is tried twice when it is loaded.
    let before = count();
    with_view(&snapshot, |view| lazy.holds(view)).unwrap();
    assert_eq!(count(), before);
    with_view(&snapshot, |view| busy.holds(view)).unwrap();
    assert_eq!(count(), before + 1);
}

#[test]
fn what_a_condition_depends_on_is_told() {
    let reads = |text: &str, critic: &str| bound(text).unwrap().reads(critic);
    assert!(reads("any_violation()", "other") && reads("any_violation('pii')", "pii"));
    assert!(!reads("any_violation('pii')", "judge") && !reads("any_violation('judge.x')", "pii"));
    assert!(
        reads("any_violation('judge.x')", "judge") && reads("any_violation('judge.x')", "other")
    );
    assert!(reads("ran('judge')", "judge") && !reads("risk_at_least('high')", "judge"));
    let asks = |text: &str| Expression::compile(text).unwrap().reads_outcomes();
    assert!(asks("failed()") && !asks("risk_at_least('high') && matches_language('de')"));
    // Before it is known where it stands, it may read anyone.
    assert!(Expression::compile("failed('pii')").unwrap().reads("judge"));
}

#[test]
fn what_a_function_is_given_is_checked_where_it_stands() {
    for (text, at, problem, help) in [
        ("any_violatoin()", "any_violatoin", "there is no function", Some("any_violation")),
        ("any_violation('pii', 'x')", "any_violation", "takes at most a critic or a code", None),
        ("any_violation(snapshot.phase)", "any_violation", "takes at most", None),
        ("snapshot.phase.ran()", "ran", "takes a critic", None),
        ("ran()", "ran", "takes a critic", None),
        ("failed('judgee')", "'judgee'", "no critic called `judgee`", Some("judge")),
        ("failed('later')", "'later'", "`later` is later", None),
        ("any_violation('later')", "'later'", "`later` is later", None),
        ("max_severity('pii.emial') > 0.1", "'pii.emial'", "is known to raise", Some("pii.email")),
        ("any_violation('pi')", "'pi'", "is known to raise", Some("pii")),
        ("risk_at_least('hgih')", "'hgih'", "no risk tier `hgih`", Some("high")),
        ("risk_at_least(0)", "risk_at_least", "takes a tier", None),
        ("matches_language('xx')", "'xx'", "is no code", None),
        ("max_severity() > 'x'", ">", "does not take `double`, `string`", Some("without quotes")),
        ("count_violations()", "count_violations()", "must give true or false", None),
    ] {
        let (found, message, meant) = wrong(text);
        assert_eq!((found.as_str(), message.contains(problem)), (at, true), "{text}: {message}");
        if let Some(help) = help {
            let meant = meant.unwrap_or_else(|| panic!("{text}: no help"));
            assert!(meant.contains(help), "{text}: {meant}");
        }
    }
}

/// A critic that declares nothing may raise anything, and still no slip in a name is taken for a code.
#[test]
fn a_word_that_is_no_critic_is_a_code_only_where_that_is_known_or_said() {
    let refused = bound("any_violation('judg') || any_violation('nobody')").err().unwrap();
    let helps: Vec<_> =
        refused.iter().map(|fault| fault.help.as_deref().unwrap_or_default()).collect();
    assert_eq!(helps, ["did you mean `judge`?", "codes that begin so are written `'nobody.'`"]);
    for text in
        ["any_violation('nobody.')", "any_violation('nobody.harsh')", "any_violation('pii.iban')"]
    {
        assert!(bound(text).is_ok(), "{text}");
    }
}

#[test]
fn what_a_critic_never_says_is_refused_where_it_is_asked_for() {
    for (text, at, problem, help) in [
        ("prior.pii.scor > 0.5", "scor", "an outcome has no `scor`", Some("score")),
        ("prior.pii.score > 0.5", "score", "`pii` gives no score", Some("prior.pii.severity")),
        ("prior.judge.score > 'x'", ">", "does not take `double`, `string`", Some("quotes")),
        ("prior.judge.value == 1", "value", "`judge` gives no value", None),
        (
            "'pii.emial' in prior.pii.codes",
            "'pii.emial'",
            "`pii` raises no `pii.emial`",
            Some("pii.email"),
        ),
        ("prior.pii.codes.exists(c, c == 'pii.ibna')", "'pii.ibna'", "raises no", Some("pii.iban")),
        ("prior.pii.codes.exists(c, c.startsWith('pi.'))", "'pi.'", "no code that begins", None),
        ("prior.pii.codes[0] in ['pii.email', 'x']", "'x'", "raises no `x`", None),
        ("prior.pii.value.emial > 1", "emial", "value of `pii` has no `emial`", Some("email")),
        ("prior['pii'].value['ibna'] > 1", "'ibna'", "has no `ibna`", Some("iban")),
        ("prior.pii.status == 'sucess'", "'sucess'", "no status `sucess`", Some("success")),
        ("snapshot.phase in ['input', 'ouput']", "'ouput'", "no phase `ouput`", Some("output")),
        (
            "[prior.pii].exists(p, p.severiti > 0.5)",
            "severiti",
            "has no `severiti`",
            Some("severity"),
        ),
    ] {
        let (found, message, meant) = wrong(text);
        assert_eq!((found.as_str(), message.contains(problem)), (at, true), "{text}: {message}");
        if let Some(help) = help {
            let meant = meant.unwrap_or_else(|| panic!("{text}: no help"));
            assert!(meant.contains(help), "{text}: {meant}");
        }
    }
    for text in [
        "'judge.anything' in prior.judge.codes && prior.judge.score > 0.5",
        "prior.pii.codes.exists(c, c.startsWith('pii.')) && prior.pii.value == null",
        "has(prior.pii.value.email) && prior.pii.value.email + 1 > 2",
        "prior.other.value.x == 'y' && prior.other.score > 1",
        "prior.pii.status in ['timeout', 'error'] || prior.pii.violations > 1.5",
    ] {
        assert!(bound(text).is_ok(), "{text}: {:?}", bound(text).err());
    }
}

/// What the checker lets pass evaluates, and what it refuses does not, or is always unequal.
#[test]
fn the_types_are_those_of_the_evaluation() {
    let literals = ["true", "1", "1u", "1.5", "'a'", "b'a'", "null", "int", "[1]", "{'a': 1}"];
    let same = |a: &str, b: &str| {
        let number = |t: &str| ["1", "1u", "1.5"].contains(&t);
        a == b || (number(a) && number(b))
    };
    let evaluates = |text: &str| {
        let program = ENV.compile(text).unwrap();
        program.execute(&Context::with_env(Arc::clone(&ENV)))
    };
    let allowed = |text: &str| {
        let program = ENV.compile(text).unwrap();
        let found = check::check(text, &program).unwrap();
        types::check(text, &program, &found.calls, None)
    };
    for a in literals {
        for b in literals {
            for operator in ["<", "<=", "+", "-", "*", "/", "%", "in", "==", "!=", "&&"] {
                let text = format!("[{a} {operator} {b}] == []");
                let runs = match operator {
                    "==" | "!=" => same(a, b),
                    _ => evaluates(&text).is_ok(),
                };
                // A walk over what is not there finds nothing, and says nothing; a bare list cannot come after a map.
                let lenient = (a, operator, b) == ("[1]", "+", "{'a': 1}")
                    || (operator == "in" && b == "[1]" && !same(a, "1"))
                    || (operator == "in" && b == "{'a': 1}" && a != "'a'");
                let faults = allowed(&text);
                assert!(lenient || runs == faults.is_empty(), "{text}: {runs} {faults:?}");
            }
        }
        for call in [
            "size(X)",
            "X.size()",
            "string(X)",
            "int(X)",
            "uint(X)",
            "double(X)",
            "bool(X)",
            "bytes(X)",
            "type(X)",
            "!X",
            "-X",
            "X[0]",
            "X.contains('a')",
            "matches(X, 'a')",
            "X ? 1 : 2",
            "X.exists(x, true)",
            "X.map(x, x)",
            "{X: 1}",
            "[1][X]",
        ] {
            let text = format!("[{}] == []", call.replace('X', a));
            let runs = match evaluates(&text) {
                Ok(_) => true,
                // The type would do, the value does not.
                Err(ExecutionError::FunctionError { .. } | ExecutionError::IndexOutOfBounds(_)) => {
                    true
                }
                Err(ExecutionError::NoSuchKey(_)) => true,
                Err(_) => false,
            };
            // An index may have decimals as long as they are none.
            let lenient = (call, a) == ("[1][X]", "1.5");
            let faults = allowed(&text);
            assert!(lenient || runs == faults.is_empty(), "{text}: {runs} {faults:?}");
        }
    }
}

fn steps(text: &str) -> Vec<(usize, String, String)> {
    let expression = bound(text).unwrap_or_else(|e| panic!("{text}: {e:?}"));
    let snapshot = Snapshot::builder().input_text("x").with("n", 3).build();
    let trace = with_view(&snapshot, |view| expression.trace(view));
    let said = |kind: StepKind| match kind {
        StepKind::Value(value) => value.to_string(),
        StepKind::Failed(problem) => format!("failed: {problem}"),
        StepKind::NotReached => "-".into(),
    };
    trace.steps.into_iter().map(|step| (step.depth, step.text, said(step.kind))).collect()
}

#[test]
fn steps_are_told_in_the_order_of_the_evaluation() {
    let text = "(prior.pii.severity > 0.5 && snapshot.context.n == 4) || any_violation('pii') || failed('judge')";
    let expected = [
        (3, "prior.pii.severity", "0.8"),
        (2, "prior.pii.severity > 0.5", "true"),
        (3, "snapshot.context.n", "3"),
        (2, "snapshot.context.n == 4", "false"),
        (1, "prior.pii.severity > 0.5 && snapshot.context.n == 4", "false"),
    ];
    let told = steps(text);
    for (step, expected) in told.iter().zip(expected) {
        assert_eq!((&*step.1, &*step.2), (expected.1, expected.2), "{told:?}");
    }
    let told: Vec<(&str, &str)> = told.iter().map(|(_, a, b)| (a.as_str(), b.as_str())).collect();
    assert!(told.contains(&("any_violation('pii')", "true")), "{told:?}");
    assert!(told.contains(&("failed('judge')", "-")), "{told:?}");
    assert_eq!(told.last(), Some(&(text, "true")));
}

#[test]
fn a_member_that_is_missing_is_an_error_at_its_step() {
    let told = steps("snapshot.context.m > 1 && prior.pii.violation");
    assert_eq!(told[0].2, "failed: there is no member `m`");
    assert_eq!(told[1].2, "failed: there is no member `m`");
    assert_eq!(told[2].2, "true");
    assert_eq!(told[3].2, "failed: there is no member `m`");
}

#[test]
fn the_fewest_changes_turn_the_answer_over() {
    let changes = |text: &str| {
        let expression = bound(text).unwrap_or_else(|e| panic!("{text}: {e:?}"));
        let snapshot = Snapshot::builder().input_text("x").with("n", 3).build();
        let trace = with_view(&snapshot, |view| expression.trace(view));
        trace.changes.into_iter().map(|c| (c.text, c.wanted)).collect::<Vec<_>>()
    };
    let is = |text: &str, wanted| (text.to_owned(), wanted);
    assert_eq!(
        changes("prior.pii.severity > 0.9 && snapshot.context.n == 3"),
        [is("prior.pii.severity > 0.9", true)]
    );
    assert_eq!(
        changes("(failed('pii') && ran('other')) || snapshot.context.n == 4"),
        [is("snapshot.context.n == 4", true)]
    );
    assert_eq!(
        changes("!(prior.pii.violation && any_violation())"),
        [is("prior.pii.violation", false)]
    );
    assert_eq!(changes("snapshot.context.n == 3 && true"), [is("snapshot.context.n == 3", false)]);
    assert_eq!(
        changes("has(snapshot.context.m) && snapshot.context.m > 2"),
        [is("has(snapshot.context.m)", true), is("snapshot.context.m > 2", true)]
    );
    assert!(changes("false && prior.pii.violation").is_empty());
}

/// Rule 20.
#[test]
fn what_a_step_fails_for_says_nothing_private() {
    let expression = bound("snapshot.context[snapshot.input_text] == 1").unwrap();
    let snapshot = Snapshot::of_input("hunter2");
    let trace = with_view(&snapshot, |view| expression.trace(view));
    assert_eq!(trace.holds, Err("there is no member of that name".into()));
    let failures = trace.steps.iter().filter_map(|step| match &step.kind {
        StepKind::Failed(problem) => Some(problem.clone()),
        _ => None,
    });
    assert!(failures.into_iter().all(|problem| !problem.contains("hunter2")));
}
