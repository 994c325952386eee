use proptest::prelude::*;
use serde_json::{Value, json};
use tribunal_core::{Opinion, Snapshot};

use super::*;

fn review(critic: &Length, text: &str) -> Opinion {
    let snapshot = Snapshot::of_input(text);
    match critic.review(View::of(&snapshot)) {
        Answer::Now(opinion) => opinion.unwrap(),
        Answer::Later(_) => panic!("answers at once"),
    }
}

fn built(params: Value) -> Result<(), Vec<String>> {
    let built = kind().build(params.as_object().unwrap());
    built.map(drop).map_err(|faults| faults.iter().map(ToString::to_string).collect())
}

#[test]
fn the_span_is_what_is_too_much() {
    let critic = Length::new().max_characters(3).checked().unwrap();
    assert!(review(&critic, "äöü").violations.is_empty());
    let opinion = review(&critic, "äöüß!");
    assert_eq!(opinion.violations[0].code, "length.too_many_characters");
    assert_eq!(opinion.violations[0].span.as_ref().unwrap().bytes, 6..9);

    let critic = Length::new().max_lines(2).checked().unwrap();
    assert!(review(&critic, "a\nb\n").violations.is_empty());
    let opinion = review(&critic, "a\nb\nc");
    assert_eq!(opinion.violations[0].span.as_ref().unwrap().bytes, 4..5);
}

#[test]
fn an_empty_text_is_too_short_only_where_it_was_asked_for() {
    let by_default = Length::new().min_characters(1).checked().unwrap();
    assert!(review(&by_default, "hello").violations.is_empty());
    let chosen = by_default.fields([Pointer::model_response()]);
    assert_eq!(review(&chosen, "hello").violations[0].code, "length.too_few_characters");
}

#[test]
fn tokens_are_a_rough_estimate_and_called_so() {
    let critic = Length::new().max_tokens(4).checked().unwrap();
    assert!(review(&critic, "one two three").violations.is_empty());
    let opinion = review(&critic, "one two three four");
    assert_eq!(opinion.violations[0].code, "length.too_many_tokens");
    assert_eq!(opinion.details.unwrap()["rough_tokens"], 6);
}

#[test]
fn a_megabyte_without_a_space_and_a_million_lines_are_measured() {
    let critic = Length::new().max_characters(10).max_lines(10).max_tokens(10);
    let opinion = review(&critic, &"x".repeat(1 << 20));
    assert_eq!(opinion.violations.len(), 2);
    assert_eq!(opinion.details.unwrap()["rough_tokens"], (1 << 20) / 4);
    let opinion = review(&critic, &"\n".repeat(1_000_000));
    let codes: Vec<&str> = opinion.violations.iter().map(|found| &*found.code).collect();
    assert!(codes.contains(&"length.too_many_lines"));
    assert_eq!(opinion.violations[1].message, "1000000 lines, at most 10 are allowed");
}

#[test]
fn limits_that_make_no_sense_are_faults_by_name() {
    assert_eq!(built(json!({})), Err(vec!["`max_characters` is missing".into()]));
    assert_eq!(
        built(json!({"max_characters": 1, "min_characters": 2})),
        Err(vec!["`min_characters` is more than `max_characters` (1)".into()])
    );
    assert_eq!(
        built(json!({"max_lines": 0, "severity": 2})),
        Err(vec![
            "`severity` must lie within 0 to 1, found 2".into(),
            "`max_lines` must be at least 1".into()
        ])
    );
    assert_eq!(
        built(json!({"max_tokens": "4k"})),
        Err(vec!["`max_tokens` must be a whole number, 0 or more".into()])
    );
    assert!(built(json!({"max_tokens": 4, "typo": 1})).is_err());
    assert!(built(json!({"max_tokens": 4})).is_ok());
}

proptest! {
    #[test]
    fn spans_lie_on_character_boundaries(text in any::<String>(), max in 1_usize..20) {
        let critic = Length::new().max_characters(max).max_lines(max).min_characters(max);
        for violation in review(&critic, &text).violations {
            prop_assert!(text.get(violation.span.unwrap().bytes).is_some());
        }
    }
}
