mod field;
mod proofs;

use super::*;
use serde_json::json;
use tribunal_core::{Failure, FailureKind, Gated, Reason};

fn faults(text: &str) -> Vec<(usize, String)> {
    let faults = Expression::compile(text).err().unwrap_or_default();
    faults.into_iter().map(|fault| (fault.part.start, fault.problem)).collect()
}

fn first(text: &str) -> (usize, String) {
    faults(text).into_iter().next().unwrap_or_else(|| panic!("no fault: {:.80}", text))
}

fn name(name: &str) -> CriticName {
    CriticName::new(name).unwrap()
}

/// What an expression says of a snapshot and the outcomes of some critics.
fn holds(text: &str, snapshot: &Snapshot, prior: Vec<(&str, Outcome)>) -> Result<bool, String> {
    let expression = Expression::compile(text).unwrap_or_else(|e| panic!("{text}: {e:?}"));
    let names: Vec<CriticName> = prior.iter().map(|(critic, _)| name(critic)).collect();
    let outcomes: Vec<Outcome> = prior.into_iter().map(|(_, outcome)| outcome).collect();
    let seen: Vec<u32> = (0..).take(names.len()).collect();
    let view = View::with_prior(snapshot, &names, &outcomes, &[], &seen);
    expression.holds(view).map_err(|error| error.to_string())
}

fn snapshot() -> Snapshot {
    Snapshot::builder()
        .input_text("hunter2")
        .model_response("answer")
        .with("tenant", "lumen")
        .with("tool", json!({"name": "shell", "risk": 3, "tags": ["a", "b"]}))
        .attribute("id", "7")
        .build()
}

#[test]
fn names_are_found_where_they_stand_also_after_text_that_is_not_ascii() {
    let at = |text: &str, what: &str| text.find(what).unwrap();
    for (text, what, problem) in [
        ("'ä😀' == prior.a.colour", "colour", "an outcome has no `colour`"),
        ("has(prior.a.colour)", "colour", "an outcome has no `colour`"),
        ("prior[\"a\"]['colour'] == 1", "'colour'", "an outcome has no `colour`"),
        ("snapshot . inptu_text == 'x'", "inptu_text", "`snapshot` has no `inptu_text`"),
        ("true && snapshto.phase == 'input'", "snapshto", "there is nothing called `snapshto`"),
        ("true\n && judge > 1", "judge", "there is nothing called `judge`"),
        ("snapshot.input_text.lower() == 'a'", "lower", "there is no function `lower`"),
        ("sise(snapshot.input_text) > 1", "sise", "there is no function `sise`"),
        ("size(prior) > 1", "prior", "`prior` must be followed by the name of a critic"),
        ("'a' in prior", "prior", "`prior` must be followed by the name of a critic"),
        ("snapshot == snapshot", "snapshot", "`snapshot` must be followed by a member"),
        ("prior[snapshot.phase].violation", "prior", "must be followed by the name of a critic"),
        ("[1].exists(prior, prior > 0)", "(prior", "`prior` has a meaning of its own"),
        ("Foo{a: 1} == 1", "Foo", "there is no type `Foo`"),
        ("true && (", "", "is no expression"),
    ] {
        let (place, message) = first(text);
        assert!(message.contains(problem), "{text}: {message}");
        if !what.is_empty() {
            assert_eq!(place, at(text, what), "{text}: {message}");
        }
    }
}

#[test]
fn a_syntax_error_is_at_its_place() {
    assert_eq!(first("prior.a..violation").0, 8);
    assert_eq!(first("true ||").0, 7);
    assert_eq!(first("true ||\n 'ä' |").0, 14);
}

#[test]
fn what_would_be_too_much_is_refused() {
    let nested = |depth: usize| format!("{}true{}", "(".repeat(depth), ")".repeat(depth));
    assert!(Expression::compile(&nested(13)).is_ok());
    assert!(Expression::compile(&nested(32)).is_ok());
    assert_eq!(first(&nested(33)), (32, "brackets nest deeper than 32".into()));
    assert!(first(&nested(2_000)).1.contains("deeper than 32"));
    // Brackets within texts and comments do not nest.
    let quoted = format!("'{}' == \"{}\" // ((((", "(".repeat(40), "[".repeat(40));
    assert!(Expression::compile(&quoted).is_ok());

    let long = |bytes: usize| format!("true{}", " ".repeat(bytes - 4));
    assert!(Expression::compile(&long(4096)).is_ok());
    assert_eq!(first(&long(4097)), (0, "is longer than 4096 bytes".into()));

    // Nesting without brackets.
    for deep in [
        format!("{} == 1", vec!["1"; 2_000].join("+")),
        format!("snapshot.context{} == 1", "[0]".repeat(1_300)),
        format!("[1].exists(x, x{} == 1)", ".b".repeat(1_900)),
        "true ? true : ".repeat(280) + "true",
    ] {
        let message = first(&deep).1;
        assert!(
            message.contains("nests deeper") || message.contains("is no expression"),
            "{message}"
        );
    }
    // The parser takes two negations for none.
    assert!(Expression::compile(&format!("{}true", "!".repeat(4_000))).is_ok());
    let wide = vec!["true"; 500].join(" && ");
    assert!(Expression::compile(&wide).is_ok());

    let twice = "snapshot.context.a.exists(x, snapshot.context.b.exists(y, x == y))";
    assert!(first(twice).1.contains("a walk over a list"));
    let in_turn = "snapshot.context.a.filter(x, x > 1).exists(y, y > 2)";
    assert!(Expression::compile(in_turn).is_ok());
}

#[test]
fn an_expression_gives_true_or_false() {
    for text in [
        "1 + 1",
        "'a'",
        "null",
        "[true]",
        "size(snapshot.input_text)",
        "prior.a.severity",
        "prior.a.violation ? 1 : 2",
        "true ? 'a' : true",
        "snapshot.input_text",
        "snapshot.context.n + 1",
        "{'a': true}",
    ] {
        let message = first(text).1;
        assert!(message.contains("must give true or false"), "{text}: {message}");
    }
    for text in ["prior.a.severity > 'x'", "prior.a.codes > 1", "!snapshot.phase"] {
        let message = first(text).1;
        assert!(
            message.contains("does not take") || message.contains("do not fit"),
            "{text}: {message}"
        );
    }
    // What a context holds is not known beforehand.
    for text in ["snapshot.context.n > 1", "prior.a.value.label == 'x'", "prior.a.value > 1"] {
        assert!(Expression::compile(text).is_ok(), "{text}");
    }
}

#[test]
fn every_member_can_be_read() {
    let opinion = Opinion::objection(Violation::new("pii.email", "an address", 0.6))
        .score(0.25)
        .uncertainty(0.5)
        .value(json!({"label": "mail"}));
    for text in [
        "prior.a.status == 'success' && prior.a.success && prior.a.violation",
        "prior['a'].violations == 1 && 'pii.email' in prior.a.codes",
        "prior.a.severity == 0.6 && prior.a.score == 0.25 && prior.a.uncertainty == 0.5",
        "prior.a.value.label == 'mail' && has(prior.a.value.label) && !has(prior.a.value.x)",
        "prior.a.codes.exists(c, c.startsWith('pii.'))",
        "[prior.a].exists(p, p.severity > 0.5 && p.value.label == 'mail')",
        "snapshot.input_text == 'hunter2' && size(snapshot.model_response) == 6",
        "snapshot.phase == 'output' && snapshot.trace_id == ''",
        "snapshot.context.tenant == 'lumen' && snapshot.context.tool.tags[1] == 'b'",
        "snapshot.context['tool'].risk > 2.5 && 'tenant' in snapshot.context",
        "has(snapshot.context.tool.name) && !has(snapshot.context.nothing)",
        "snapshot.attributes.id == '7' && .snapshot.phase == 'output'",
        "type(snapshot.context.tenant) == string && dyn(1) == 1.0",
        "snapshot.input_text.matches('^h.*2$')",
    ] {
        let prior = vec![("a", Outcome::success(opinion.clone()))];
        assert_eq!(holds(text, &snapshot(), prior), Ok(true), "{text}");
    }
}

#[test]
fn a_critic_without_an_opinion_has_a_status_and_the_doubt_it_leaves() {
    let failed = Outcome::without(Reason::Failed(Failure::new(FailureKind::Panic, "")));
    let gated = Outcome::without(Reason::Gated(Gated::NoViolation));
    let text = "prior.f.status == 'error' && !prior.f.success && !prior.f.violation \
                && prior.f.violations == 0 && prior.f.severity == 0.0 && prior.f.codes == [] \
                && prior.f.uncertainty == 1.0 && prior.g.uncertainty == 0.0 \
                && prior.f.value == null && prior.g.status == 'gated'";
    assert_eq!(holds(text, &snapshot(), vec![("f", failed), ("g", gated)]), Ok(true));
}

/// Rule 20: an error names what the expression names, and nothing of the snapshot.
#[test]
fn an_error_repeats_nothing_of_the_snapshot() {
    for (text, expected) in [
        ("snapshot.context.missing > 1", "there is no member `missing`"),
        ("snapshot.context[snapshot.input_text] == 1", "there is no member of that name"),
        ("snapshot.context.tenant > 1", "`>` does not take `string`, `int`"),
        ("snapshot.context.tool.tags[5] == 'a'", "a list is not that long"),
        ("snapshot.context.tool.risk / 0 == 1", "divides by zero"),
        ("int(snapshot.context.tenant) == 1", "the function `int` failed"),
        ("'a'.matches(snapshot.context.tenant + '(')", "the function `matches` failed"),
        ("snapshot.context.tenant", "gives a value of type `string`, and must give true or false"),
        ("snapshot.context.tool.risk * 9223372036854775807 > 1", "a number is too large"),
    ] {
        let error = holds(text, &snapshot(), Vec::new()).unwrap_err();
        assert_eq!(error, expected, "{text}");
        assert!(!error.contains("hunter2") && !error.contains("lumen"), "{text}: {error}");
    }
}

#[test]
fn what_is_too_large_for_an_expression_is_an_error_and_never_cut_off() {
    let long = Snapshot::builder().input_text("x".repeat(values::MAX_TEXT + 1)).build();
    let error = holds("size(snapshot.input_text) < 10", &long, Vec::new()).unwrap_err();
    assert_eq!(error, "a text in `input_text` is longer than 65536 bytes");
    // What is not read is not looked at.
    assert_eq!(holds("snapshot.phase == 'input'", &long, Vec::new()), Ok(true));

    let many = json!(vec![0; values::MAX_ITEMS + 1]);
    let many = Snapshot::builder().with("list", many).with("small", 1).build();
    let error = holds("size(snapshot.context.list) > 1", &many, Vec::new()).unwrap_err();
    assert_eq!(error, "`context` has a list or object of more than 1000");
    assert_eq!(holds("snapshot.context.small == 1", &many, Vec::new()), Ok(true));
    let wide = json!(vec![vec![0; 900]; 20]);
    let wide = Snapshot::builder().with("list", wide).build();
    let error = holds("size(snapshot.context.list) > 1", &wide, Vec::new()).unwrap_err();
    assert!(error.contains("more than 10000 values"), "{error}");
}

#[test]
fn a_critic_that_cannot_be_seen_is_an_error() {
    let error = holds("prior.a.violation", &snapshot(), Vec::new()).unwrap_err();
    assert_eq!(error, "there is no outcome of `a` to be seen");
}

#[test]
fn an_expression_reads_outcomes_only_where_it_names_one() {
    let reads = |text: &str| Expression::compile(text).unwrap().reads_outcomes();
    assert!(reads("prior.a.violation"));
    assert!(!reads("snapshot.phase == 'input'"));
    assert_eq!(Expression::compile(" true ").unwrap().describe(), " true ");
}

/// As deep as an expression may nest, it is evaluated on the stack that a thread has anyway.
#[test]
fn the_deepest_expression_is_evaluated_on_an_ordinary_stack() {
    let sum = |terms: usize| format!("{} == {terms}", vec!["1"; terms].join(" + "));
    let deepest = (1..200).rev().find(|terms| Expression::compile(&sum(*terms)).is_ok()).unwrap();
    assert!(deepest > 40);
    assert_eq!(holds(&sum(deepest), &snapshot(), Vec::new()), Ok(true));
    let nested = format!("{}true{}", "(true && ".repeat(32), ")".repeat(32));
    assert_eq!(holds(&nested, &snapshot(), Vec::new()), Ok(true));
    let lists = format!("{}1{} != []", "[".repeat(32), "]".repeat(32));
    assert_eq!(holds(&lists, &snapshot(), Vec::new()), Ok(true));
}
