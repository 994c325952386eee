//! Whether the number that an answer comes to is the one that is known to be right.
//!
//! Start at [`NumericClaim`].

use serde_json::Value;
use tribunal_core::{
    Answer, Critic, CriticKind, Params, Pointer, Reads, Review, Snapshot, Span, View, Violation,
};

use crate::findings::Findings;

/// Objects to an answer whose last number, or the one after a marker, is not the expected one.
///
/// The snapshot carries the expected value, a number or a text of one. Numbers are read as people write them: a sign, groups
/// of thousands (`1,234.5`), an exponent; signs of currencies and units around them do not matter. It **misses**
/// numbers in words, fractions, and decimal commas.
#[derive(Debug, Clone)]
pub struct NumericClaim {
    pointer: Pointer,
    expected: Pointer,
    marker: Option<String>,
    tolerance: f64,
    relative: f64,
    severity: f64,
}

impl NumericClaim {
    /// The last number of `model_response` against what stands here; both may differ by a millionth.
    #[must_use]
    pub fn new(expected: Pointer) -> Self {
        Self {
            pointer: Pointer::model_response(),
            expected,
            marker: None,
            tolerance: 1e-6,
            relative: 0.0,
            severity: 0.6,
        }
    }

    /// Takes the first number after the last of these instead, where it stands in the text.
    #[must_use]
    pub fn marker(mut self, marker: impl Into<String>) -> Self {
        self.marker = Some(marker.into()).filter(|marker: &String| !marker.is_empty());
        self
    }

    /// How far they may be apart: by this much, or by this share of the expected value.
    #[must_use]
    pub fn tolerance(mut self, absolute: f64, relative: f64) -> Self {
        (self.tolerance, self.relative) = (absolute.max(0.0), relative.max(0.0));
        self
    }

    fn claim(&self, text: &str) -> Option<(std::ops::Range<usize>, f64)> {
        let after =
            self.marker.as_ref().and_then(|marker| Some(text.rfind(&**marker)? + marker.len()));
        match after {
            Some(at) => numbers(text, at).next(),
            None => numbers(text, 0).last(),
        }
    }

    fn expected(&self, snapshot: &Snapshot) -> Option<f64> {
        match snapshot.at(&self.expected)?.as_ref() {
            Value::Number(number) => number.as_f64(),
            Value::String(text) => numbers(text, 0).last().map(|(_, number)| number),
            _ => None,
        }
    }

    fn violation(&self, code: &'static str, message: String) -> Violation {
        Violation::new(code, message, self.severity)
    }
}

/// The numbers from here on, and where they stand.
fn numbers(text: &str, from: usize) -> impl Iterator<Item = (std::ops::Range<usize>, f64)> {
    let bytes = text.as_bytes();
    let mut at = from;
    std::iter::from_fn(move || {
        loop {
            let first = at + bytes.get(at..)?.iter().position(u8::is_ascii_digit)?;
            let end = end_of(bytes, first);
            at = end;
            let before =
                |back: usize| first.checked_sub(back).and_then(|at| bytes.get(at)).copied();
            // `x2` and `v1.5` name something.
            if before(1).is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_') {
                continue;
            }
            let point =
                before(1) == Some(b'.') && !before(2).is_some_and(|byte| byte.is_ascii_digit());
            let start = first - usize::from(point);
            let sign = start.checked_sub(1).and_then(|at| bytes.get(at)) == Some(&b'-');
            // A hyphen between two words or numbers is none.
            let alone = !start
                .checked_sub(2)
                .and_then(|at| bytes.get(at))
                .is_some_and(|byte| byte.is_ascii_alphanumeric());
            let start = start - usize::from(sign && alone);
            let plain: String = text.get(start..end)?.chars().filter(|c| *c != ',').collect();
            if let Ok(number) = plain.parse::<f64>() {
                return Some((start..end, number));
            }
        }
    })
}

/// Where the number ends that begins with this digit.
fn end_of(bytes: &[u8], first: usize) -> usize {
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let mut at = first;
    while digit(at) {
        at += 1;
    }
    // Groups of exactly three digits.
    while bytes.get(at) == Some(&b',') && (1..=3).all(|place| digit(at + place)) && !digit(at + 4) {
        at += 4;
    }
    if bytes.get(at) == Some(&b'.') && digit(at + 1) {
        at += 1;
        while digit(at) {
            at += 1;
        }
    }
    let signed = usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
    if matches!(bytes.get(at), Some(b'e' | b'E')) && digit(at + 1 + signed) {
        at += 1 + signed;
        while digit(at) {
            at += 1;
        }
    }
    at
}

impl Critic for NumericClaim {
    fn review<'a>(&'a self, view: View<'a>) -> Review<'a> {
        let snapshot = view.snapshot();
        let mut findings = Findings::default();
        let text = snapshot.at(&self.pointer);
        let text = text.as_deref().and_then(Value::as_str).unwrap_or_default();
        match (self.expected(snapshot), self.claim(text)) {
            (None, _) => findings.add(self.severity, || {
                let message = format!("there is no number at `{}`", self.expected);
                self.violation("number.no_expected", message)
            }),
            (Some(_), None) => findings.add(self.severity, || {
                self.violation(
                    "number.missing",
                    format!("there is no number in `{}`", self.pointer),
                )
            }),
            (Some(expected), Some((bytes, number))) => {
                let allowed = self.tolerance.max(self.relative * expected.abs());
                // Written so that what cannot be compared differs.
                let agrees = (number - expected).abs() <= allowed;
                if !agrees {
                    findings.add(self.severity, || {
                        let span = Span::new(self.pointer.clone(), bytes, "number");
                        let message = "the number is not the expected one".to_owned();
                        self.violation("number.differs", message).at(span)
                    });
                }
            }
        }
        Answer::now(Ok(findings.into_opinion()))
    }

    fn reads(&self) -> Reads {
        Reads::snapshot([self.pointer.clone(), self.expected.clone()])
    }
}

/// `expected`, `pointer`, `marker`, `tolerance`, `relative_tolerance`, `severity`.
pub(crate) fn kind() -> CriticKind {
    CriticKind::new("numeric_claim", "answers that come to another number", from_params)
}

fn from_params(params: &Params<'_>) -> Option<NumericClaim> {
    let expected = params.optional::<Pointer>("expected");
    let expected = expected.unwrap_or_else(|| Pointer::of(["context", "expected"]));
    let mut critic = NumericClaim::new(expected);
    if let Some(pointer) = params.optional("pointer") {
        critic.pointer = pointer;
    }
    if let Some(marker) = params.optional::<String>("marker") {
        if marker.is_empty() {
            params.fault("marker", "must not be empty");
        }
        critic = critic.marker(marker);
    }
    let absolute = params.number("tolerance", 1e-6, 0.0..=f64::MAX);
    let relative = params.number("relative_tolerance", 0.0, 0.0..=1.0);
    critic.severity = params.number("severity", 0.6, 0.0..=1.0);
    Some(critic.tolerance(absolute, relative))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn codes(critic: &NumericClaim, answer: &str, expected: Value) -> Vec<String> {
        let snapshot =
            Snapshot::builder().model_response(answer).with("expected", expected).build();
        let Answer::Now(opinion) = critic.review(View::of(&snapshot)) else { panic!("late") };
        opinion.unwrap().violations.iter().map(|violation| violation.code.to_string()).collect()
    }

    fn claim() -> NumericClaim {
        NumericClaim::new(Pointer::of(["context", "expected"]))
    }

    #[test]
    fn numbers_are_read_as_people_write_them() {
        let read = |text: &str| numbers(text, 0).map(|(_, number)| number).collect::<Vec<_>>();
        assert_eq!(read("$1,234.50 and -7, then 2e3."), [1234.5, -7.0, 2000.0]);
        assert_eq!(read("x2 costs .5, 10-20, 1,2"), [0.5, 10.0, 20.0, 1.0, 2.0]);
        assert_eq!(read("none"), [0.0; 0]);
    }

    #[test]
    fn the_last_number_counts_or_the_one_after_the_marker() {
        assert!(codes(&claim(), "3 + 4 is 7.", json!(7)).is_empty());
        assert_eq!(codes(&claim(), "it is 8", json!(7)), ["number.differs"]);
        let marked = claim().marker("####");
        assert!(codes(&marked, "#### 7 dollars for 3 people", json!("7")).is_empty());
        assert!(codes(&marked, "no marker, 7", json!(7)).is_empty());
    }

    #[test]
    fn what_is_missing_is_named_and_what_is_near_enough_passes() {
        assert_eq!(codes(&claim(), "seven", json!(7)), ["number.missing"]);
        assert_eq!(codes(&claim(), "7", json!(null)), ["number.no_expected"]);
        assert!(codes(&claim().tolerance(0.0, 0.01), "100.9", json!(100)).is_empty());
        assert_eq!(codes(&claim().tolerance(0.5, 0.0), "100.9", json!(100)), ["number.differs"]);
    }

    #[test]
    fn parameters_that_are_wrong_are_named() {
        let params = json!({"tolerance": -1, "expected": "x", "marker": ""});
        let faults = kind().build(params.as_object().unwrap()).err().unwrap();
        assert_eq!(faults.len(), 3, "{faults:?}");
    }
}
