//! Makes a model from labelled texts, and says how good it is.
//!
//! [`train`] is the story: texts become rows of features, each label gets a head of its own, every figure comes
//! from folds that the head has not seen, and no group is split between folds. Settings, calibration and
//! threshold are chosen without the fold that is measured. The same examples in the same order give the same
//! model, bit for bit, on however many threads.
//!
//! `train/rows.rs` has what is made from the examples, `train/fit.rs` what one head is fitted to,
//! `train/solver.rs` the optimiser, `train/calibrate.rs` the probabilities and the threshold, and
//! `train/figures.rs` the figures.

mod calibrate;
mod figures;
mod fit;
mod random;
mod rows;
mod solver;

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use thiserror::Error;

pub use self::figures::{Counts, Figures};
use self::fit::{Fitted, fit};
use self::rows::Text;
use crate::features::Features;
use crate::model::{Head, Header, MOST_LABELS, Model, SourceNote, TEXT_VERSION};

/// A text and what is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// The text.
    pub text: String,
    /// Where it came from; figures are given by source.
    pub source: String,
    /// What is never split between folds: near-copies, translations, cases of one template.
    pub group: String,
    /// The language, where the source is known to have texts with a label in it and none without. Such texts are
    /// counterweighted: see [`Settings::counterweights`].
    pub language: Option<String>,
    /// For each label, whether the text has it.
    pub truth: Vec<Truth>,
}

/// Whether a text has a label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Truth {
    /// It has.
    Positive,
    /// It has not.
    Negative {
        /// Whether it is of a kind that must not be objected to, so that the threshold is chosen for these too.
        named: bool,
    },
    /// Nobody knows.
    Unknown,
}

impl Truth {
    const fn known(self) -> Option<bool> {
        match self {
            Self::Positive => Some(true),
            Self::Negative { .. } => Some(false),
            Self::Unknown => None,
        }
    }
}

/// How to train.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// What is counted.
    pub features: Features,
    /// Folds of the cross-validation, from 2 to 20.
    pub folds: usize,
    /// What the folds and the order of the rows are drawn from.
    pub seed: u64,
    /// What an error costs against the size of the weights; above 0.
    pub cost: f64,
    /// The threshold is the lowest at which no more than this share of the negatives is objected to, of all and
    /// of those that are named; from 0 to 0.5.
    pub max_fpr: f64,
    /// The same for some labels by name, where they have another bound.
    pub max_fpr_of: BTreeMap<String, f64>,
    /// Whether positives get counterweights: negatives made of what is no sign in them. Of those that name their
    /// language, that is what is common to the language without the words of the lexicon: where a language has
    /// positives only, the language itself would count as a sign. Of all, with little weight, it is the sentences
    /// without a telling word.
    pub counterweights: bool,
    /// In how many groups of texts something must be met to count; up to 100.
    pub least_groups: u32,
    /// Whether to train without each source in turn, and measure on it.
    pub leave_out_sources: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            features: Features::default(),
            folds: 5,
            seed: 1,
            cost: 1.0,
            max_fpr: 0.01,
            max_fpr_of: BTreeMap::new(),
            counterweights: true,
            least_groups: 3,
            leave_out_sources: false,
        }
    }
}

impl Settings {
    fn bounds(&self) -> impl Iterator<Item = f64> {
        self.max_fpr_of.values().copied().chain([self.max_fpr])
    }
}

/// A model, and for each of its labels how good it is.
#[derive(Debug, Clone)]
pub struct Trained {
    /// Trained on all examples.
    pub model: Model,
    /// One for each label.
    pub figures: Vec<Figures>,
}

/// Why there can be no model.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TrainError {
    /// No labels, or too many.
    #[error("needs 1 to {MOST_LABELS} labels, found {0}")]
    Labels(usize),
    /// Two labels are called the same.
    #[error("two labels are called `{0}`")]
    Twice(String),
    /// A setting is out of range.
    #[error("`{0}` is out of range")]
    Setting(&'static str),
    /// An example says more or less than there are labels.
    #[error("example {0} must say of each label whether the text has it")]
    Truth(usize),
    /// Too little to learn from: each training fold needs both.
    #[error(
        "`{label}` needs positives and negatives in at least {folds} groups each, found {positives} and {negatives}"
    )]
    TooFew {
        /// Which label.
        label: String,
        /// How many groups have a positive.
        positives: usize,
        /// How many have a negative.
        negatives: usize,
        /// How many there are to be.
        folds: usize,
    },
}

/// Trains a model. `licences` are pairs of a source and its licence, for the header.
///
/// # Errors
///
/// [`TrainError`] when a setting is out of range or a label has too few examples.
pub fn train(
    labels: &[String],
    examples: Vec<Example>,
    licences: &[(String, String)],
    settings: &Settings,
) -> Result<Trained, TrainError> {
    check(labels, &examples, settings)?;
    let texts: Vec<Text> = examples.iter().map(|it| Text::of(it, &settings.features)).collect();
    let folds = folds(&examples, settings);
    let mut figures = Vec::new();
    let mut fits = Vec::new();
    for (label, name) in labels.iter().enumerate() {
        let max_fpr = settings.max_fpr_of.get(name).copied().unwrap_or(settings.max_fpr);
        let job = fit::Job { label, max_fpr, examples: &examples, texts: &texts, settings };
        let (fitted, measured) = train_label(&job, &folds);
        figures.push(Figures { label: name.clone(), ..measured });
        fits.push(fitted);
    }
    let header = header(labels, &examples, licences, settings, &fits);
    let weights = (0..settings.features.buckets()).flat_map(|bucket| {
        fits.iter().map(move |fit| fit.weights.get(bucket).copied().unwrap_or_default())
    });
    let model = Model::new(header, weights.collect());
    let model = model.map_err(|_| TrainError::Setting("features"))?;
    Ok(Trained { model, figures })
}

fn check(labels: &[String], examples: &[Example], settings: &Settings) -> Result<(), TrainError> {
    if labels.is_empty() || labels.len() > MOST_LABELS {
        return Err(TrainError::Labels(labels.len()));
    }
    let mut names = BTreeSet::new();
    if let Some(twice) = labels.iter().find(|label| !names.insert(*label)) {
        return Err(TrainError::Twice(twice.clone()));
    }
    let ranges = [
        ("features", settings.features.is_sound()),
        ("folds", (2..=20).contains(&settings.folds)),
        ("least_groups", settings.least_groups <= 100),
        ("cost", settings.cost > 0.0 && settings.cost <= 1e6),
        ("max_fpr", settings.bounds().all(|bound| (0.0..=0.5).contains(&bound))),
    ];
    if let Some((name, _)) = ranges.iter().find(|(_, fine)| !fine) {
        return Err(TrainError::Setting(name));
    }
    if let Some(at) = examples.iter().position(|example| example.truth.len() != labels.len()) {
        return Err(TrainError::Truth(at));
    }
    // An inner fold has this many groups of each kind at the least.
    let folds = 2 * settings.folds;
    for (index, label) in labels.iter().enumerate() {
        let groups = |wanted: bool| {
            let of = |example: &&Example| truth(example, index).known() == Some(wanted);
            examples.iter().filter(of).map(|it| &it.group).collect::<BTreeSet<_>>().len()
        };
        let (positives, negatives) = (groups(true), groups(false));
        if positives < folds || negatives < folds {
            return Err(TrainError::TooFew { label: label.clone(), positives, negatives, folds });
        }
    }
    Ok(())
}

fn truth(example: &Example, label: usize) -> Truth {
    example.truth.get(label).copied().unwrap_or(Truth::Unknown)
}

/// The fold of each example; all of a group are in one.
fn folds(examples: &[Example], settings: &Settings) -> Vec<usize> {
    let names: BTreeSet<&str> = examples.iter().map(|it| it.group.as_str()).collect();
    let mut names: Vec<&str> = names.into_iter().collect();
    random::Random::new(settings.seed).shuffle(&mut names);
    let dealt = names.into_iter().enumerate().map(|(at, name)| (name, at % settings.folds));
    let fold: BTreeMap<&str, usize> = dealt.collect();
    examples.iter().map(|it| fold.get(it.group.as_str()).copied().unwrap_or(0)).collect()
}

/// One label: what to ship, and what it came to on the folds that were kept out.
fn train_label(job: &fit::Job<'_>, folds: &[usize]) -> (Fitted, Figures) {
    let settings = job.settings;
    let all: Vec<usize> = (0..job.examples.len()).collect();
    let fold_of = |index: usize| folds.get(index).copied().unwrap_or(0);
    // Each fold is judged by a head that was fitted, calibrated and given its threshold without it. The folds of
    // a group stay what they are, so an inner fold never has a part of an outer one.
    let outer = in_parallel(settings.folds, |fold| {
        let rest: Vec<usize> = all.iter().copied().filter(|at| fold_of(*at) != fold).collect();
        let held_out = all.iter().copied().filter(|at| fold_of(*at) == fold && job.is_known(*at));
        let held_out: Vec<usize> = held_out.collect();
        let fitted = calibrated(job, &rest, &fold_of);
        (job.margins(&fitted, &held_out), fitted, held_out)
    });
    let mut figures = Figures::default();
    let mut margins = Vec::new();
    for (fold, fitted, held_out) in &outer {
        for (margin, index) in fold.iter().zip(held_out) {
            figures.count(job, *index, fitted.objects(margin));
        }
        margins.extend(fold.iter().copied());
    }
    // What is shipped saw everything; its sigmoid and threshold come from the folds.
    let mut shipped = fit(job, &all);
    shipped.calibrate(&margins, job.max_fpr);
    figures.threshold = shipped.threshold;
    if settings.leave_out_sources {
        figures.left_out = left_out(job, &all, &shipped);
    }
    (shipped, figures)
}

/// A head with a sigmoid and a threshold from folds within its examples.
fn calibrated(
    job: &fit::Job<'_>,
    within: &[usize],
    fold_of: &(impl Fn(usize) -> usize + Sync),
) -> Fitted {
    let mut margins = Vec::new();
    for fold in 0..job.settings.folds {
        let (mut held_out, rest): (Vec<usize>, Vec<usize>) =
            within.iter().partition(|index| fold_of(**index) == fold);
        held_out.retain(|index| job.is_known(*index));
        if !held_out.is_empty() && !rest.is_empty() {
            margins.extend(job.margins(&fit(job, &rest), &held_out));
        }
    }
    let mut fitted = fit(job, within);
    fitted.calibrate(&margins, job.max_fpr);
    fitted
}

/// For each source: how a head does on it that was fitted to the others, with the sigmoid and the threshold of the
/// one that is shipped.
fn left_out(job: &fit::Job<'_>, all: &[usize], shipped: &Fitted) -> BTreeMap<String, Counts> {
    let source = |index: usize| job.examples.get(index).map_or("", |it| it.source.as_str());
    let known = || all.iter().copied().filter(|index| job.is_known(*index));
    let sources: BTreeSet<&str> = known().map(source).collect();
    let sources: Vec<&str> = sources.into_iter().collect();
    let counted = in_parallel(sources.len(), |at| {
        let name = sources.get(at).copied().unwrap_or_default();
        // A group that the source shares with another one is left out of that one too.
        let mine = |index: usize| source(index) == name;
        let group = |index: usize| job.examples.get(index).map(|it| it.group.as_str());
        let groups: BTreeSet<_> = all.iter().filter(|at| mine(**at)).map(|at| group(*at)).collect();
        let rest: Vec<usize> =
            all.iter().copied().filter(|at| !groups.contains(&group(*at))).collect();
        let held_out: Vec<usize> = known().filter(|at| mine(*at)).collect();
        if !job.has_both(&rest) {
            return None;
        }
        let Fitted { sigmoid, threshold, .. } = *shipped;
        let fitted = Fitted { sigmoid, threshold, ..fit(job, &rest) };
        let mut figures = Figures::default();
        for (margin, index) in job.margins(&fitted, &held_out).iter().zip(&held_out) {
            figures.count(job, *index, fitted.objects(margin));
        }
        Some((name.to_owned(), figures.all))
    });
    counted.into_iter().flatten().collect()
}

/// Does each of some jobs once, on as many threads as there are cores; the results are in order.
fn in_parallel<T: Send>(jobs: usize, job: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::new());
    let threads = std::thread::available_parallelism().map_or(1, NonZeroUsize::get).min(jobs);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    if at >= jobs {
                        return;
                    }
                    let result = job(at);
                    done.lock().unwrap_or_else(PoisonError::into_inner).push((at, result));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

fn header(
    labels: &[String],
    examples: &[Example],
    licences: &[(String, String)],
    settings: &Settings,
    fits: &[Fitted],
) -> Header {
    let count = |label: usize, wanted: bool| {
        examples.iter().filter(|it| truth(it, label).known() == Some(wanted)).count()
    };
    let heads = labels.iter().zip(fits).enumerate().map(|(index, (label, fit))| Head {
        label: label.clone(),
        scales: fit.scales,
        bias: fit.bias,
        slope: fit.sigmoid.slope,
        offset: fit.sigmoid.offset,
        threshold: fit.threshold,
        positives: count(index, true),
        negatives: count(index, false),
    });
    let mut used: BTreeMap<&str, usize> = BTreeMap::new();
    for example in examples {
        if example.truth.iter().any(|truth| truth.known().is_some()) {
            *used.entry(&example.source).or_default() += 1;
        }
    }
    let licence = |source: &str| {
        let found = licences.iter().find(|(name, _)| name == source);
        found.map_or_else(|| "not stated".to_owned(), |(_, licence)| licence.clone())
    };
    let sources = used.into_iter().map(|(source, texts)| SourceNote {
        source: source.to_owned(),
        licence: licence(source),
        texts,
    });
    Header {
        text_version: TEXT_VERSION,
        features: settings.features,
        heads: heads.collect(),
        sources: sources.collect(),
    }
}

#[cfg(test)]
mod tests;
