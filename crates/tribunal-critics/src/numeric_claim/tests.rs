use proptest::prelude::*;
use serde_json::json;

use super::*;

fn try_review(
    critic: &NumericClaim,
    expected: Value,
    answer: &str,
) -> Result<Opinion, CriticError> {
    let snapshot = Snapshot::builder().model_response(answer).with("expected", expected).build();
    match critic.review(View::of(&snapshot)) {
        Answer::Now(opinion) => opinion,
        Answer::Later(_) => panic!("answers at once"),
    }
}

fn claim() -> NumericClaim {
    NumericClaim::new("/context/expected".parse().unwrap())
}

fn code(critic: &NumericClaim, expected: Value, answer: &str) -> Option<String> {
    let opinion = try_review(critic, expected, answer).unwrap();
    opinion.violations.first().map(|violation| violation.code.to_string())
}

fn agrees(critic: &NumericClaim, expected: impl Into<Value>, answer: &str) -> bool {
    code(critic, expected.into(), answer).is_none()
}

#[test]
fn the_last_number_counts_however_it_is_written() {
    for (expected, answer) in [
        (json!(42), "2 times 21 is 42."),
        (json!(42), "It is **42**!"),
        (json!(42), "\\boxed{42}"),
        (json!(42.0), "42.000"),
        (json!(-42), "It is -42"),
        (json!(-42), "It is \u{2212}42"),
        (json!(42), "+42"),
        (json!(1_234_567), "1,234,567"),
        (json!(1_234_567), "12,34,567"),
        (json!(1_234_567), "1\u{202f}234\u{202f}567"),
        (json!(1_234_567), "1'234'567"),
        (json!(1_234_567), "1_234_567"),
        (json!(1_234_567), "1{,}234{,}567"),
        (json!(1_234.5), "$1,234.50"),
        (json!(-1_234.5), "-$1,234.50"),
        (json!(-5), "$-5"),
        (json!(5), "5 €"),
        (json!(0.5), "so .5"),
        (json!(12), "12%"),
        (json!(1_500), "1.5e3"),
        (json!(0.0015), "1.5E-3"),
        (json!(1_500), "1.5 × 10^3"),
        (json!(1_500), "1.5x10³"),
        (json!(0.0015), "1.5 \\times 10^{-3}"),
        (json!(1_500), "1.5 * 10**3 m"),
        (json!(5), "5km"),
        (json!(4), "GPT-4"),
        (json!(10), "from 5-10"),
        (json!(7), "7 (in h264, 0x1f, v1.2.3 and 10.0.0.1)"),
        (json!(3), "3."),
        (json!(5), "1,5"),
        (json!("72"), "72"),
        (json!("They sold 48/2 = 24. #### 72"), "72"),
        (json!(9_007_199_254_740_993_u64), "9007199254740993"),
    ] {
        assert!(agrees(&claim(), expected.clone(), answer), "{expected} {answer}");
    }
    let pointer = "/context/claim".parse().unwrap();
    let snapshot = Snapshot::builder().with("expected", 3).with("claim", 4).build();
    let critic = claim().answer(pointer);
    let Answer::Now(opinion) = critic.review(View::of(&snapshot)) else { panic!() };
    assert_eq!(opinion.unwrap().violations[0].code, "numeric_claim.mismatch");
}

#[test]
fn another_number_is_objected_to_with_its_span() {
    let opinion = try_review(&claim(), json!(42), "é 42 or -$1,043.5?").unwrap();
    assert_eq!(opinion.violations[0].code, "numeric_claim.mismatch");
    assert_eq!(opinion.violations[0].span.as_ref().unwrap().bytes, 9..18);
    assert!(!opinion.violations[0].message.contains("42"));
    for (expected, answer) in [
        (json!(42), "-42"),
        (json!(0.12), "12%"),
        (json!(9_007_199_254_740_993_u64), "9007199254740992"),
        (json!(1_500), "1.5"),
        (json!(1e300), "1e301"),
        (json!(5), "1e999999999999"),
    ] {
        assert_eq!(
            code(&claim(), expected, answer).as_deref(),
            Some("numeric_claim.mismatch"),
            "{answer}"
        );
    }
}

#[test]
fn no_number_and_no_expected_number_are_told_apart() {
    for answer in ["", "none", "h264", "v1.2.3", "٣"] {
        assert_eq!(code(&claim(), json!(1), answer).as_deref(), Some("numeric_claim.missing"));
    }
    let opinion = try_review(&claim(), json!(null), "1").unwrap();
    assert!(opinion.violations.is_empty());
    assert_eq!(opinion.uncertainty, 1.0);
    let required = claim().required(true);
    assert_eq!(code(&required, json!(null), "1").as_deref(), Some("numeric_claim.no_expected"));
    let error = try_review(&claim(), json!("hunter2x"), "1").unwrap_err();
    assert!(matches!(error, CriticError::Input { .. }) && !error.to_string().contains("hunter"));
    assert!(try_review(&claim(), json!([1]), "1").is_err());
}

#[test]
fn the_first_number_behind_the_last_marker_counts() {
    let critic = claim().markers(["####", "Answer:"]).unwrap();
    assert!(agrees(&critic, 5, "#### 4\n#### 5, not 6"));
    assert!(agrees(&critic, 5, "ANSWER: $5 each, 10 in all"));
    assert!(agrees(&critic, -5, "the answer:-5"));
    let opinion = try_review(&critic, json!(5), "so 5").unwrap();
    assert!(opinion.violations.is_empty() && opinion.uncertainty == 0.3);
    let strict = critic.marker_required(true);
    assert_eq!(code(&strict, json!(5), "so 5").as_deref(), Some("numeric_claim.no_marker"));
    assert_eq!(code(&strict, json!(5), "#### five").as_deref(), Some("numeric_claim.missing"));
    assert!(agrees(&strict, 5, "#### 5"));
}

#[test]
fn tolerances_percent_and_the_decimal_comma_are_settings() {
    let near = claim().tolerance(0.1, 0.0).unwrap();
    assert!(agrees(&near, 0.3, "0.4") && !agrees(&near, 0.3, "0.41"));
    let share = claim().tolerance(0.0, 0.01).unwrap();
    assert!(
        agrees(&share, 200, "202") && !agrees(&share, 200, "202.1") && !agrees(&share, 0, "0.001")
    );
    let fraction = claim().percent(Percent::Fraction);
    assert!(agrees(&fraction, 0.12, "12 %") && !agrees(&fraction, 12, "12%"));
    let either = claim().percent(Percent::Either);
    assert!(agrees(&either, 0.12, "12%") && agrees(&either, 12, "12 percent"));
    let comma = claim().decimal_comma(true);
    assert!(
        agrees(&comma, 1234.5, "1.234,5")
            && agrees(&comma, 1.5, "1,5")
            && agrees(&comma, 1234, "1.234")
    );
    assert!(claim().tolerance(f64::NAN, 0.0).is_err() && claim().tolerance(0.0, -1.0).is_err());
}

#[test]
fn parameters_that_are_wrong_are_named() {
    let faults = |params: Value| -> Vec<String> {
        let built = kind().build(params.as_object().unwrap());
        built.err().unwrap().iter().map(ToString::to_string).collect()
    };
    assert_eq!(faults(json!({})), ["`expected` is missing"]);
    assert_eq!(
        faults(json!({
            "expected": "/context/e", "markers": ["a", ""], "absolute": -1, "percent": "half", "severity": 2,
        })),
        [
            "`markers[1]` must not be empty",
            "`absolute` must be 0 or more",
            "`percent` does not do: `half` is no reading of percent: expected `as_written`, `fraction` or `either`",
            "`severity` must lie within 0 to 1, found 2",
        ]
    );
    assert_eq!(
        faults(json!({"expected": "/e", "marker_required": true})),
        ["`marker_required` needs at least one of `markers`"]
    );
}

#[test]
fn hostile_texts_take_linear_time() {
    let critic = claim().markers(["####"]).unwrap();
    for part in [
        "1", "1,", "1,22,", "12,", "1.", "1.1", "-", "1e", "1 x 10^", "1 ", "####", "1{,}", "x1",
        "0x", "1,222",
    ] {
        let text = part.repeat(50_000 / part.len());
        let _ = try_review(&critic, json!(1), &text);
        let _ = try_review(&critic, json!(text), "1");
    }
}

proptest! {
    #[test]
    fn no_text_does_harm(text in any::<String>(), digits in "[0-9.,'e%$×^x {}⁻³+-]{0,30}", comma in any::<bool>()) {
        let critic = claim().markers(["a"]).unwrap().decimal_comma(comma).tolerance(0.1, 0.1).unwrap();
        for answer in [&text, &digits, &format!("{text}{digits}")] {
            for violation in try_review(&critic, json!(1), answer).unwrap().violations {
                if let Some(span) = violation.span {
                    prop_assert!(answer.get(span.bytes).is_some());
                }
            }
            let _ = try_review(&critic, json!(answer), "1");
        }
    }

    #[test]
    fn a_number_is_read_as_it_is_written(number in -1e15_f64..1e15) {
        let answer = format!("so it is {number}.");
        prop_assert!(agrees(&claim(), number, &answer));
    }
}
