//! A number in the answer that is not the one that is known to be right.
//!
//! Start at [`NumericClaim`]; `numeric_claim/number.rs` reads numbers out of running text.

mod number;

use std::str::FromStr;

use serde_json::Value;
use thiserror::Error;
use tribunal_core::{
    Answer, Critic, CriticError, CriticKind, Opinion, ParamProblem, Params, Pointer, Reads,
    Returns, Review, Snapshot, Span, UnknownWord, View, Violation,
};

use self::number::{Number, Numbers};

/// Objects to an answer whose number is not the expected one, which the snapshot carries.
///
/// The number that counts is the first behind the last marker (`####`, `answer:`), or the last of the answer where
/// there is no marker. An expected text is read in the same way.
///
/// **Understands** signs, thousands separators, decimals, percent, currency signs, `1.5e3` and `1.5 × 10^3`.
/// **Misses** numbers in words ("twelve", "2 million"), fractions (`3/4` is 4), digits other than 0 to 9, units
/// (5 km and 5 m are both 5), and whether the way to the number is right.
///
/// Without a tolerance whole numbers are compared digit by digit, however many there are, and others as 64-bit
/// floating point.
///
/// ```
/// # use tribunal_critics::{NumericClaim, NumericClaimError};
/// let critic = NumericClaim::new("/context/expected".parse().unwrap())
///     .markers(["####", "answer:"])?
///     .tolerance(0.01, 0.0)?;
/// # let _: std::sync::Arc<dyn tribunal_core::Critic> = std::sync::Arc::new(critic);
/// # Ok::<(), NumericClaimError>(())
/// ```
#[derive(Debug, Clone)]
pub struct NumericClaim {
    expected: Pointer,
    answer: Pointer,
    /// In lower case.
    markers: Vec<String>,
    marker_required: bool,
    required: bool,
    absolute: f64,
    relative: f64,
    percent: Percent,
    decimal_comma: bool,
    severity: f64,
}

/// What `12%` is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Percent {
    /// 12.
    #[default]
    AsWritten,
    /// 0.12.
    Fraction,
    /// Whichever is right.
    Either,
}

impl Percent {
    /// The spellings.
    pub const WORDS: &'static [&'static str] = &["as_written", "fraction", "either"];
}

impl FromStr for Percent {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        match word {
            "as_written" => Ok(Self::AsWritten),
            "fraction" => Ok(Self::Fraction),
            "either" => Ok(Self::Either),
            other => Err(UnknownWord {
                what: "reading of percent",
                found: other.chars().take(80).collect(),
                expected: Self::WORDS,
            }),
        }
    }
}

/// Why there can be no such critic.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum NumericClaimError {
    /// Negative or not finite.
    #[error("a tolerance must be finite and not negative, found {0}")]
    Tolerance(f64),
    /// A marker that is found everywhere.
    #[error("marker {0} is empty")]
    EmptyMarker(usize),
}

impl NumericClaim {
    /// Compares the last number of the answer with what the pointer leads to; severity 0.7, no tolerance.
    #[must_use]
    pub fn new(expected: Pointer) -> Self {
        Self {
            expected,
            answer: Pointer::model_response(),
            markers: Vec::new(),
            marker_required: false,
            required: false,
            absolute: 0.0,
            relative: 0.0,
            percent: Percent::AsWritten,
            decimal_comma: false,
            severity: 0.7,
        }
    }

    /// Where the claim stands; the answer unless set.
    #[must_use]
    pub fn answer(mut self, answer: Pointer) -> Self {
        self.answer = answer;
        self
    }

    /// What stands before the number that counts, whatever its case; the last of them decides.
    ///
    /// # Errors
    ///
    /// [`NumericClaimError::EmptyMarker`].
    pub fn markers<'a>(
        mut self,
        markers: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, NumericClaimError> {
        self.markers = markers.into_iter().map(str::to_ascii_lowercase).collect();
        match self.markers.iter().position(String::is_empty) {
            Some(index) => Err(NumericClaimError::EmptyMarker(index)),
            None => Ok(self),
        }
    }

    /// Whether an answer without a marker is objected to, rather than read for its last number.
    #[must_use]
    pub fn marker_required(mut self, required: bool) -> Self {
        self.marker_required = required;
        self
    }

    /// Whether a snapshot without an expected number is objected to. Unless it is, the opinion on such a one is
    /// clean with uncertainty 1.
    #[must_use]
    pub fn required(mut self, required: bool) -> Self {
        self.required = required;
        self
    }

    /// How far off a claim may be: by so much, or by such a share of what is expected, whichever is more.
    ///
    /// # Errors
    ///
    /// [`NumericClaimError::Tolerance`].
    pub fn tolerance(mut self, absolute: f64, relative: f64) -> Result<Self, NumericClaimError> {
        for tolerance in [absolute, relative] {
            if !(tolerance.is_finite() && tolerance >= 0.0) {
                return Err(NumericClaimError::Tolerance(tolerance));
            }
        }
        (self.absolute, self.relative) = (absolute, relative);
        Ok(self)
    }

    /// What `12%` is.
    #[must_use]
    pub fn percent(mut self, percent: Percent) -> Self {
        self.percent = percent;
        self
    }

    /// Whether 1.234,5 is more than a thousand, rather than 1,234.5.
    #[must_use]
    pub fn decimal_comma(mut self, comma: bool) -> Self {
        self.decimal_comma = comma;
        self
    }

    /// How bad it is; 0.7 unless set. What lies outside 0 to 1 becomes 1.
    #[must_use]
    pub fn severity(mut self, severity: f64) -> Self {
        self.severity = if (0.0..=1.0).contains(&severity) { severity } else { 1.0 };
        self
    }

    fn check(&self, snapshot: &Snapshot) -> Result<Opinion, CriticError> {
        let expected = snapshot.at(&self.expected).filter(|found| !is_nothing(found));
        let Some(expected) = expected else {
            let message = format!("there is no expected number at `{}`", self.expected);
            return Ok(match self.required {
                true => self.object("numeric_claim.no_expected", message),
                false => Opinion::clean().uncertainty(1.0),
            });
        };
        let Some(expected) = self.claimed(&expected).and_then(|(number, _)| number) else {
            let problem = format!("there is no number in what is expected, `{}`", self.expected);
            return Err(CriticError::input(problem));
        };
        let answer = snapshot.at(&self.answer).filter(|found| !is_nothing(found));
        let claimed = answer.as_deref().and_then(|answer| self.claimed(answer));
        let Some((Some(claim), marked)) = claimed else {
            let unmarked = claimed.is_some_and(|(_, marked)| !marked) && self.marker_required;
            let (code, what) = match unmarked {
                true => ("numeric_claim.no_marker", "marker"),
                false => ("numeric_claim.missing", "number"),
            };
            return Ok(self.object(code, format!("there is no {what} at `{}`", self.answer)));
        };
        // Without the marker that was to stand there, another number may be meant.
        let uncertainty = if marked || self.markers.is_empty() { 0.0 } else { 0.3 };
        if self.agree(&claim, &expected) {
            return Ok(Opinion::clean().uncertainty(uncertainty));
        }
        let message = "the number is not the one that is expected";
        let violation = Violation::new("numeric_claim.mismatch", message, self.severity);
        let violation = match answer.as_deref() {
            Some(Value::String(_)) => {
                violation.at(Span::new(self.answer.clone(), claim.bytes, "number"))
            }
            _ => violation,
        };
        Ok(Opinion::objection(violation).uncertainty(uncertainty))
    }

    fn object(&self, code: &'static str, message: String) -> Opinion {
        Opinion::objection(Violation::new(code, message, self.severity))
    }

    /// The number that a part of the snapshot claims, and whether it stands behind a marker; `None` for a part
    /// that is neither a text nor a number.
    fn claimed(&self, part: &Value) -> Option<(Option<Number>, bool)> {
        match part {
            Value::Number(number) => {
                let text = number.to_string();
                Some((Numbers::of(&text, false).next(), true))
            }
            Value::String(text) => {
                let lower = text.to_ascii_lowercase();
                let ends =
                    self.markers.iter().filter_map(|m| Some(lower.rfind(m.as_str())? + m.len()));
                Some(match ends.max() {
                    Some(from) => (Numbers::after(text, from, self.decimal_comma).next(), true),
                    None if self.marker_required => (None, false),
                    None => (Numbers::of(text, self.decimal_comma).last(), false),
                })
            }
            _ => None,
        }
    }

    fn agree(&self, claim: &Number, expected: &Number) -> bool {
        let readings: &[bool] = match self.percent {
            Percent::AsWritten => &[false],
            Percent::Fraction => &[true],
            Percent::Either => &[false, true],
        };
        let read =
            |number: &Number, fraction: bool| number.value.hundredth(fraction && number.percent);
        readings.iter().any(|of_expected| {
            let expected = read(expected, *of_expected);
            readings.iter().any(|of_claim| {
                read(claim, *of_claim).is_near(&expected, self.absolute, self.relative)
            })
        })
    }
}

/// Nothing was given there.
fn is_nothing(found: &Value) -> bool {
    found.is_null() || found.as_str() == Some("")
}

impl Critic for NumericClaim {
    fn review<'a>(&'a self, view: View<'a>) -> Review<'a> {
        Answer::now(self.check(view.snapshot()))
    }

    fn reads(&self) -> Reads {
        Reads::snapshot([self.expected.clone(), self.answer.clone()])
    }

    fn returns(&self) -> Returns {
        let what = ["no_expected", "no_marker", "missing", "mismatch"];
        Returns::codes(what.map(|what| format!("numeric_claim.{what}")))
    }
}

pub(crate) fn kind() -> CriticKind {
    CriticKind::new("numeric_claim", "numbers that are not the expected ones", from_params)
}

fn from_params(params: &Params<'_>) -> Option<NumericClaim> {
    let expected = params.required::<Pointer>("expected");
    let answer = params.or("answer", Pointer::model_response());
    let markers = params.or("markers", Vec::<String>::new());
    for (index, _) in markers.iter().enumerate().filter(|(_, marker)| marker.is_empty()) {
        params.fault_at("markers", index, "must not be empty");
    }
    let marker_required = params.or("marker_required", false);
    if marker_required && markers.is_empty() {
        params.fault("marker_required", "needs at least one of `markers`");
    }
    let tolerance = |key| {
        let tolerance = params.or(key, 0.0);
        if tolerance < 0.0 {
            params.fault(key, ParamProblem::Range("must be 0 or more".into()));
        }
        tolerance
    };
    let (absolute, relative) = (tolerance("absolute"), tolerance("relative"));
    let required = params.or("required", false);
    let percent = params.word("percent", Percent::AsWritten);
    let decimal_comma = params.or("decimal_comma", false);
    let severity = params.number("severity", 0.7, 0.0..=1.0);
    let critic = NumericClaim::new(expected?).answer(answer);
    let critic = critic.markers(markers.iter().map(String::as_str)).ok()?;
    let critic = critic.tolerance(absolute, relative).ok()?;
    let critic = critic.marker_required(marker_required).required(required).percent(percent);
    Some(critic.decimal_comma(decimal_comma).severity(severity))
}

#[cfg(test)]
mod tests;
