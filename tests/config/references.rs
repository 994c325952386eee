//! `$NAME` in the parameters of critics: put in, and seen nowhere else.

use tribunal_core::{Snapshot, Status};

use super::{parse_with, problems};

const SECRET: &str = "s3cr\"et\u{e9}-value";

fn environment(name: &str) -> Option<String> {
    match name {
        "TOKEN" => Some(SECRET.into()),
        "SHORT" => Some("q\"7".into()),
        "OTHER" => Some("something else".into()),
        "EMPTY" => Some(String::new()),
        _ => None,
    }
}

fn critic(params: &str) -> String {
    format!("[[critic]]\nname = \"a\"\nkind = \"echo\"\n[critic.params]\n{params}\n")
}

#[tokio::test]
async fn a_reference_is_replaced_and_a_doubled_dollar_is_one_dollar() {
    for (written, expected) in [
        ("\"$TOKEN\"", SECRET),
        ("\"$EMPTY\"", ""),
        ("\"$$TOKEN\"", "$TOKEN"),
        ("\"$$\"", "$"),
        ("\"$token\"", "$token"),
        ("\"$5\"", "$5"),
        ("\"$\"", "$"),
        ("\"a$TOKEN\"", "a$TOKEN"),
        ("\"$TOKEN \"", "$TOKEN "),
    ] {
        let pipeline = parse_with(&critic(&format!("value = {written}")), &environment).unwrap();
        let court = pipeline.build().unwrap();
        let report = court.run_all(Snapshot::of_input("x")).await.unwrap();
        let outcome = report.outcome("a").unwrap();
        assert_eq!(outcome.status, Status::Success);
        assert_eq!(outcome.opinion.as_ref().unwrap().value, expected, "{written}");
    }
}

#[test]
fn a_reference_to_nothing_is_named_in_its_place() {
    assert_eq!(
        problems(&critic("value = [1, { a = \"$MISSING\" }]")),
        ["5:19 `params.value[1].a` refers to `$MISSING`, and there is no such variable"]
    );
}

#[test]
fn outside_of_parameters_a_dollar_is_a_dollar() {
    let text = "[[critic]]\nname = \"a\"\nkind = \"$TOKEN\"\ntags = [\"$TOKEN\"]\n";
    let error = parse_with(text, &environment).unwrap_err();
    assert_eq!(error.problems()[0].message(), "there is no kind of critic called `$TOKEN`");
}

/// The value of a reference is in no error: not where it is to blame, and not where another parameter is.
#[test]
fn what_a_reference_stands_for_is_in_no_error() {
    let error = parse_with(&critic("token = \"$SHORT\""), &environment).unwrap_err();
    let all = format!("{error} {error:?} {:?}", error.problems());
    assert!(!all.contains("q\"7") && !all.contains("q\\\"7"), "{all}");
    let messages: Vec<&str> = error.problems().iter().map(|problem| problem.message()).collect();
    assert!(messages.iter().any(|m| m.contains("its value comes from `$SHORT`")), "{messages:?}");
    assert!(messages.iter().any(|m| m.contains("go with the token $SHORT")), "{messages:?}");
    assert!(error.problems().iter().any(|problem| problem.found() == "\"$SHORT\""));
}

/// The hash of the configuration tells references apart by their names, not by what they stand for.
#[test]
fn the_fingerprint_has_the_name_and_not_the_value() {
    let hash = |params: &str, token: &str| {
        let token = token.to_owned();
        let lookup = move |_: &str| Some(token.clone());
        let pipeline = parse_with(&critic(params), &lookup).unwrap();
        assert!(!format!("{pipeline:?}").contains("one-secret"));
        pipeline.build().unwrap().outline().config_hash
    };
    assert_eq!(hash("value = \"$A\"", "one-secret"), hash("value = \"$A\"", "two-secret"));
    assert_ne!(hash("value = \"$A\"", "one-secret"), hash("value = \"$B\"", "one-secret"));
    assert_ne!(hash("value = \"$A\"", "one-secret"), hash("value = \"$$A\"", "one-secret"));
    assert_ne!(hash("value = 1", ""), hash("value = 2", ""));
    assert_eq!(hash("value = { a = 1, b = 2 }", ""), hash("value.b = 2\nvalue.a = 1", ""));
}
