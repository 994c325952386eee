//! One evaluation against an earlier one: what got worse by more than it may, and by more than chance explains.
//!
//! Start at [`compare`].

use std::collections::BTreeMap;

use serde::Deserialize;
use thiserror::Error;

use crate::evaluation::{Evaluation, FORMAT};
use crate::interval::{Interval, of_difference};

/// An earlier evaluation, as far as it is looked at.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Baseline {
    format: u32,
    #[serde(default)]
    ungated: bool,
    #[serde(default)]
    interrupted: bool,
    labels: BTreeMap<String, Figures>,
    #[serde(default)]
    spans: BTreeMap<String, Spans>,
}

#[derive(Debug, Clone, Default, Deserialize)]
struct Figures {
    #[serde(default = "yes")]
    measured: bool,
    #[serde(default)]
    n: u64,
    #[serde(default)]
    failed: u64,
    #[serde(default)]
    at: Option<String>,
    precision: Option<f64>,
    recall: Option<f64>,
    f1: Option<f64>,
    fpr: Option<f64>,
    #[serde(default)]
    intervals: Ranges,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default)]
struct Ranges {
    precision: Option<Interval>,
    recall: Option<Interval>,
    f1: Option<Interval>,
    fpr: Option<Interval>,
    failed: Option<Interval>,
}

#[derive(Debug, Clone, Default, Deserialize)]
struct Spans {
    #[serde(default)]
    exact: SpanFigures,
    #[serde(default)]
    overlapping: SpanFigures,
}

#[derive(Debug, Clone, Default, Deserialize)]
struct SpanFigures {
    precision: Option<f64>,
    recall: Option<f64>,
    #[serde(default)]
    intervals: Ranges,
}

const fn yes() -> bool {
    true
}

/// Why a text is no baseline.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BaselineError {
    /// It is no JSON of an evaluation.
    #[error("is no result of `tribunal eval --format json`: {0}")]
    Json(#[from] serde_json::Error),
    /// A later version wrote it.
    #[error("has format {0}, and this version reads up to {FORMAT}")]
    Format(u32),
    /// A share or an interval lies outside 0 to 1.
    #[error("has a figure of label `{0}` that does not lie within 0 to 1")]
    Range(String),
}

impl Baseline {
    /// Reads what an evaluation was written as.
    ///
    /// # Errors
    ///
    /// [`BaselineError`] when it is something else.
    pub fn from_json(json: &[u8]) -> Result<Self, BaselineError> {
        let baseline: Self = serde_json::from_slice(json)?;
        if baseline.format > FORMAT {
            return Err(BaselineError::Format(baseline.format));
        }
        let within = |number: &f64| (0.0..=1.0).contains(number);
        for (name, figures) in &baseline.labels {
            let shares = [figures.precision, figures.recall, figures.f1, figures.fpr];
            let ranges = &figures.intervals;
            let ranges = [ranges.precision, ranges.recall, ranges.f1, ranges.fpr, ranges.failed];
            let mut all = shares.iter().flatten().chain(ranges.iter().flatten().flatten());
            if !all.all(within) {
                return Err(BaselineError::Range(name.clone()));
            }
        }
        Ok(baseline)
    }
}

/// What may get worse.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// A share may get worse by so much, from 0 to 1.
    pub tolerance: f64,
    /// Whether every loss beyond the tolerance counts, also one that chance may explain.
    pub strict: bool,
}

impl Default for Limits {
    /// Two points in a hundred, and not what chance may explain.
    fn default() -> Self {
        Self { tolerance: 0.02, strict: false }
    }
}

/// One figure, before and after.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Change {
    /// Of which label.
    pub label: String,
    /// Which figure: `recall`, `fpr`, `spans.exact.precision`.
    pub figure: &'static str,
    /// What it was.
    pub before: f64,
    /// What it is.
    pub after: f64,
    /// By how much it is worse, whichever way that is; below 0 where it is better.
    pub loss: f64,
    /// The 95 % interval of the loss.
    pub interval: Interval,
    /// Whether it counts as a regression.
    pub regressed: bool,
}

/// What became of an earlier evaluation's figures.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Comparison {
    /// Every figure that both have, by label.
    pub changes: Vec<Change>,
    /// Labels that were measured and are not any more, each with why. All are regressions.
    pub lost: Vec<(String, String)>,
    /// What makes the two hard to compare.
    pub notes: Vec<String>,
}

impl Comparison {
    /// Whether anything counts as a regression.
    #[must_use]
    pub fn regressed(&self) -> bool {
        !self.lost.is_empty() || self.changes.iter().any(|change| change.regressed)
    }
}

/// Compares over all sources. Looked at are precision, recall, F1, false-positive rate and the share of failures of
/// every label, and precision and recall of spans.
///
/// A figure has regressed when it is worse by more than the tolerance, and the 95 % interval of the loss
/// ([`of_difference`]) lies above 0: the loss is then more than what other rows of the same kind would show by chance.
/// Where both were measured on the same rows the interval is wider than need be, so that small losses pass;
/// `limits.strict` leaves it out. A label that was measured and is not any more has regressed. `only` keeps to some
/// labels; empty for all.
#[must_use]
pub fn compare(
    before: &Baseline,
    after: &Evaluation,
    limits: Limits,
    only: &[String],
) -> Comparison {
    let mut comparison = Comparison::default();
    if before.ungated != after.ungated {
        let note = "one of the two was measured with open gates (`--ungated`) and the other not";
        comparison.notes.push(note.to_owned());
    }
    if before.interrupted {
        comparison.notes.push("the baseline was interrupted".to_owned());
    }
    let wanted = |name: &String| only.is_empty() || only.contains(name);
    for (name, was) in before.labels.iter().filter(|(name, was)| wanted(name) && was.measured) {
        let Some(is) = after.labels.get(name).filter(|is| is.measure.measured) else {
            let missing = after.labels.get(name).and_then(|is| is.missing.clone());
            let why = missing.unwrap_or_else(|| "no row has it any more".to_owned());
            comparison.lost.push((name.clone(), why));
            continue;
        };
        if was.n != is.measure.n {
            let note = format!("`{name}` had {} rows and has {}", was.n, is.measure.n);
            comparison.notes.push(note);
        }
        if was.at.as_deref().is_some_and(|at| at != is.at.as_str()) {
            comparison.notes.push(format!("`{name}` was measured from another level on"));
        }
        let (shares, ranges) = (&is.measure.shares, &is.measure.shares.intervals);
        let old = &was.intervals;
        let rate = |failed: u64, n: u64| (n > 0).then(|| failed as f64 / n as f64);
        let failed = (rate(was.failed, was.n), rate(is.measure.counts.failed, is.measure.n));
        let mut each = |figure, better: Better, before, after| {
            comparison.changes.extend(change(name, figure, better, before, after, limits));
        };
        use Better::{Higher, Lower};
        each(
            "precision",
            Higher,
            (was.precision, old.precision),
            (shares.precision, ranges.precision),
        );
        each("recall", Higher, (was.recall, old.recall), (shares.recall, ranges.recall));
        each("f1", Higher, (was.f1, old.f1), (shares.f1, ranges.f1));
        each("fpr", Lower, (was.fpr, old.fpr), (shares.fpr, ranges.fpr));
        each("failed", Lower, (failed.0, old.failed), (failed.1, ranges.failed));
    }
    for (name, was) in before.spans.iter().filter(|(name, _)| wanted(name)) {
        let Some(is) = after.spans.get(name) else { continue };
        let pairs = [
            ("spans.exact.precision", "spans.exact.recall", &was.exact, &is.exact),
            (
                "spans.overlapping.precision",
                "spans.overlapping.recall",
                &was.overlapping,
                &is.overlapping,
            ),
        ];
        for (precision, recall, was, is) in pairs {
            let (old, new) = (&was.intervals, &is.intervals);
            let mut each = |figure, before, after| {
                let better = Better::Higher;
                comparison.changes.extend(change(name, figure, better, before, after, limits));
            };
            each(precision, (was.precision, old.precision), (is.precision, new.precision));
            each(recall, (was.recall, old.recall), (is.recall, new.recall));
        }
    }
    comparison
}

#[derive(Clone, Copy, PartialEq)]
enum Better {
    Higher,
    Lower,
}

type Figure = (Option<f64>, Option<Interval>);

/// `None` where one of the two is a share of nothing: there is no loss then that recall or the false-positive rate
/// would not show.
fn change(
    label: &str,
    figure: &'static str,
    better: Better,
    before: Figure,
    after: Figure,
    limits: Limits,
) -> Option<Change> {
    let ((Some(before), was), (Some(after), is)) = (before, after) else { return None };
    // Without an interval nothing is known of chance, and the figure is taken for what it is.
    let (was, is) = (was.unwrap_or([before; 2]), is.unwrap_or([after; 2]));
    let fell = of_difference((before, was), (after, is));
    let (loss, interval) = match better {
        Better::Higher => (before - after, fell),
        Better::Lower => (after - before, [-fell[1], -fell[0]]),
    };
    // Shares such as 0.3 - 0.28 must not fail for their last binary digit.
    let beyond = loss > limits.tolerance + 1e-9;
    let regressed = beyond && (limits.strict || interval[0] > 0.0);
    Some(Change { label: label.to_owned(), figure, before, after, loss, interval, regressed })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::counts::Counts;
    use crate::evaluation::{LabelResult, Measure, Rows};
    use crate::rule::Level;

    fn evaluation(counts: Counts) -> Evaluation {
        let measure = Measure {
            measured: true,
            n: counts.n(),
            positives: counts.tp + counts.fn_,
            negatives: counts.fp + counts.tn,
            counts,
            shares: counts.shares(),
        };
        let result = LabelResult {
            measure,
            at: Level::Review,
            objects_to: true,
            by: Vec::new(),
            missing: None,
            missed: Vec::new(),
            false_alarms: Vec::new(),
        };
        Evaluation {
            format: FORMAT,
            pipeline: String::new(),
            config_hash: String::new(),
            ungated: false,
            interrupted: false,
            rows: Rows::default(),
            labels: [("spam".to_owned(), result)].into(),
            sources: BTreeMap::new(),
            critics: BTreeMap::new(),
            spans: BTreeMap::new(),
            curves: Vec::new(),
        }
    }

    fn counts(tp: u64, fp: u64, fn_: u64, tn: u64) -> Counts {
        Counts { tp, fp, fn_, tn, ..Counts::default() }
    }

    fn baseline(evaluation: &Evaluation) -> Baseline {
        Baseline::from_json(&serde_json::to_vec(evaluation).unwrap()).unwrap()
    }

    fn regressed(before: Counts, after: Counts, limits: Limits) -> Vec<&'static str> {
        let comparison = compare(&baseline(&evaluation(before)), &evaluation(after), limits, &[]);
        let changes = comparison.changes.into_iter().filter(|change| change.regressed);
        changes.map(|change| change.figure).collect()
    }

    #[test]
    fn what_stays_as_it_was_has_not_regressed() {
        let same = counts(90, 5, 10, 95);
        assert_eq!(regressed(same, same, Limits { tolerance: 0.0, strict: true }), [""; 0]);
    }

    #[test]
    fn a_large_loss_has_regressed_and_a_gain_has_not() {
        let (good, bad) = (counts(900, 50, 100, 950), counts(700, 150, 300, 850));
        assert_eq!(regressed(good, bad, Limits::default()), ["precision", "recall", "f1", "fpr"]);
        assert_eq!(regressed(bad, good, Limits::default()), [""; 0]);
    }

    #[test]
    fn a_loss_that_chance_explains_counts_only_where_it_is_asked_for() {
        let (before, after) = (counts(18, 0, 2, 20), counts(16, 0, 4, 20));
        assert_eq!(regressed(before, after, Limits::default()), [""; 0]);
        let strict = Limits { strict: true, ..Limits::default() };
        assert_eq!(regressed(before, after, strict), ["recall", "f1"]);
    }

    #[test]
    fn the_tolerance_itself_is_tolerated() {
        let (before, after) = (counts(300, 0, 700, 0), counts(280, 0, 720, 0));
        let limits = |tolerance| Limits { tolerance, strict: true };
        assert!(!regressed(before, after, limits(0.02)).contains(&"recall"));
        assert!(regressed(before, after, limits(0.0199)).contains(&"recall"));
    }

    #[test]
    fn more_failures_are_a_regression_too() {
        let failing = Counts { failed: 100, ..counts(80, 0, 0, 20) };
        assert_eq!(regressed(counts(160, 0, 0, 40), failing, Limits::default()), ["failed"]);
    }

    #[test]
    fn a_label_that_is_not_measured_any_more_has_regressed() {
        let before = baseline(&evaluation(counts(1, 0, 0, 1)));
        let mut after = evaluation(counts(1, 0, 0, 1));
        after.labels.clear();
        let lost = |only: &[String]| compare(&before, &after, Limits::default(), only).regressed();
        assert!(lost(&[]));
        assert!(lost(&["spam".to_owned()]));
        assert!(!lost(&["other".to_owned()]));
    }

    #[test]
    fn what_is_no_baseline_is_refused() {
        for (text, error) in [
            ("[]", "is no result of `tribunal eval --format json`"),
            ("{\"format\": 9, \"labels\": {}}", "has format 9, and this version reads up to 1"),
            (
                "{\"format\": 1, \"labels\": {\"x\": {\"recall\": 7.0}}}",
                "has a figure of label `x` that does not lie within 0 to 1",
            ),
        ] {
            let found = Baseline::from_json(text.as_bytes()).unwrap_err().to_string();
            assert!(found.starts_with(error), "{found}");
        }
    }
}
