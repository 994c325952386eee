//! What an evaluation comes to: the figures, as they are written down and compared.

use std::collections::BTreeMap;

use serde::Serialize;
use tribunal_core::{Mode, Stage};

use crate::counts::{Counts, Shares};
use crate::curve::Curve;
use crate::latency::Took;
use crate::rule::Level;
use crate::spans::SpanScores;
use crate::worst::Miss;

/// The form of the JSON, counted up when a member changes its meaning.
pub const FORMAT: u32 = 1;

/// All figures of one evaluation.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Evaluation {
    /// [`FORMAT`].
    pub format: u32,
    /// Which pipeline, in the words of whoever ran it.
    pub pipeline: String,
    /// The digest of its configuration; empty when nothing was judged.
    pub config_hash: String,
    /// Whether gates were held open.
    pub ungated: bool,
    /// Whether it was stopped early: the figures are of the rows until then.
    pub interrupted: bool,
    /// How many rows there were.
    pub rows: Rows,
    /// By label, over all sources.
    pub labels: BTreeMap<String, LabelResult>,
    /// By source and label.
    pub sources: BTreeMap<String, BTreeMap<String, Measure>>,
    /// By critic.
    pub critics: BTreeMap<String, CriticResult>,
    /// By label, where the data says where things stand.
    pub spans: BTreeMap<String, SpanScores>,
    /// What other thresholds would come to.
    pub curves: Vec<NamedCurve>,
}

/// How many rows there were.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Rows {
    /// Judged.
    pub judged: u64,
    /// Of those: without any label that is measured.
    pub unlabelled: u64,
    /// Lines that could not be judged.
    pub unjudged: u64,
}

/// Counts and shares of one label.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Measure {
    /// Whether anybody speaks for the label. If not, there is `n` and nothing else.
    pub measured: bool,
    /// Rows whose label is known.
    pub n: u64,
    /// Of those: with the value that critics object to.
    pub positives: u64,
    /// The others.
    pub negatives: u64,
    /// What became of them.
    #[serde(flatten)]
    pub counts: Counts,
    /// The shares, and how far off they may be.
    #[serde(flatten)]
    pub shares: Shares,
}

/// What one label comes to over all sources.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LabelResult {
    /// The figures.
    #[serde(flatten)]
    pub measure: Measure,
    /// From where on a critic has flagged a row.
    pub at: Level,
    /// The value of the label that counts as positive.
    pub objects_to: bool,
    /// The critics that speak for it, or `verdict`.
    pub by: Vec<String>,
    /// Why it is not measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing: Option<String>,
    /// The worst of the positives that were not flagged.
    pub missed: Vec<Miss>,
    /// The worst of the negatives that were flagged.
    pub false_alarms: Vec<Miss>,
}

/// What one critic did.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CriticResult {
    /// Its kind in the catalogue.
    pub kind: String,
    /// Its stage.
    pub stage: Stage,
    /// Whether its word counts.
    pub mode: Mode,
    /// Rows for which it was called; answers of a cache are not among them.
    pub called: u64,
    /// Rows for which it should have given an opinion and did not.
    pub failed: u64,
    /// Rows for which its gate stayed closed.
    pub gated: u64,
    /// Rows for which it was skipped.
    pub skipped: u64,
    /// How long it was at work for a row.
    pub latency_ms: Took,
    /// What all its calls cost, in the unit of the pipeline.
    pub cost: f64,
    /// What one call cost.
    pub cost_per_call: Option<f64>,
    /// How it fares by itself, for the labels it speaks for; also where it is only monitored.
    pub labels: BTreeMap<String, Measure>,
}

/// A curve, and of what.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NamedCurve {
    /// The label.
    pub label: String,
    /// `severity` (the worst that its critics gave a row) or `score of <critic>`.
    pub by: String,
    /// The curve.
    #[serde(flatten)]
    pub curve: Curve,
}
