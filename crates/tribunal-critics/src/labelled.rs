//! What the critics have in common that ask a classifier: `injection`, `jailbreak`, `toxicity`.
//!
//! Each is a label of a classifier, and rules for what needs no probability. Start at [`Labelled::opinion`];
//! `labelled/reading.rs` reads a text once for all of them.

mod reading;

use std::ops::Range;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};

use thiserror::Error;
use tribunal_classifier::model::ModelError;
use tribunal_classifier::{Classifier, Model, Score};
use tribunal_core::{
    CriticError, Opinion, ParamProblem, Params, Pointer, Reads, Returns, Span, View, Violation,
};

use crate::fields::Fields;
use crate::findings::Findings;

/// Largest model file that is read, in bytes.
const LARGEST_MODEL: u64 = 64 << 20;
/// Severity of a text whose probability is just that of the threshold.
const AT_THRESHOLD: f64 = 0.4;

/// The model that comes with the crate; its header says what it was trained on.
static MODEL: LazyLock<Option<Arc<dyn Classifier>>> = LazyLock::new(|| {
    let model = Model::read(include_bytes!("offline.model")).ok()?;
    Some(Arc::new(model))
});

/// Numbers classifiers; 0 is left for the embedded one.
static ASKED: AtomicU64 = AtomicU64::new(1);

/// Why a critic cannot ask a classifier.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ClassifierError {
    /// The classifier knows no such label.
    #[error("the classifier has no label `{0}`")]
    NoLabel(String),
    /// The model file cannot be read.
    #[error("the model file cannot be read")]
    Read(#[source] std::io::Error),
    /// The model file is too large.
    #[error("the model file is larger than {LARGEST_MODEL} bytes")]
    TooLarge,
    /// The model file is none.
    #[error("the model file {0}")]
    Model(#[source] ModelError),
    /// Not between 0 and 1.
    #[error("the threshold must lie within 0.001 to 0.999, found {0}")]
    Threshold(f64),
}

/// Something in a normalised text that needs no probability.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Sign {
    /// The critic that it is for.
    pub(crate) of: &'static str,
    pub(crate) code: &'static str,
    pub(crate) label: &'static str,
    pub(crate) message: &'static str,
    pub(crate) severity: f64,
}

/// What makes one of the critics: the label, what its finding is called, its rules.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kind {
    pub(crate) label: &'static str,
    /// Code and message of what the classifier finds.
    pub(crate) code: &'static str,
    pub(crate) message: &'static str,
}

/// A label of a classifier, over some fields.
#[derive(Clone)]
pub(crate) struct Labelled {
    pub(crate) kind: Kind,
    pub(crate) fields: Fields,
    classifier: Option<Arc<dyn Classifier>>,
    /// Tells the classifier from others that were asked; 0 is the embedded one.
    asked: u64,
    label: usize,
    threshold: f64,
    severity: f64,
    rules: bool,
}

impl Labelled {
    /// The embedded model, the prompt and the answer.
    pub(crate) fn new(kind: Kind) -> Self {
        let mut labelled = Self {
            kind,
            fields: Fields::default(),
            classifier: None,
            asked: 0,
            label: 0,
            threshold: 0.5,
            severity: 0.9,
            rules: true,
        };
        // A test holds that the embedded model can be read and has the label. Were it not so, every review fails.
        if let Some(model) = MODEL.as_ref() {
            let _ = labelled.ask(Arc::clone(model), kind.label);
            labelled.asked = 0;
        }
        labelled
    }

    pub(crate) fn ask(
        &mut self,
        classifier: Arc<dyn Classifier>,
        label: &str,
    ) -> Result<(), ClassifierError> {
        let found = classifier.labels().iter().enumerate().find(|(_, known)| known.name == label);
        let (index, known) = found.ok_or_else(|| ClassifierError::NoLabel(label.to_owned()))?;
        (self.label, self.threshold) = (index, known.threshold);
        // What is made at first use is made now, and not in the first review.
        let _ = classifier.classify("once");
        self.classifier = Some(classifier);
        self.asked = ASKED.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    pub(crate) fn fields(&mut self, fields: impl IntoIterator<Item = Pointer>) {
        self.fields = Fields::of(fields);
    }

    pub(crate) fn threshold(&mut self, threshold: f64) -> Result<(), ClassifierError> {
        if !(0.001..=0.999).contains(&threshold) {
            return Err(ClassifierError::Threshold(threshold));
        }
        self.threshold = threshold;
        Ok(())
    }

    pub(crate) fn reads(&self) -> Reads {
        self.fields.reads()
    }

    /// With the signs that need no probability.
    pub(crate) fn returns(&self, signs: &[Sign]) -> Returns {
        let signs = signs.iter().map(|sign| sign.code);
        Returns::codes(signs.chain([self.kind.code])).with_score()
    }

    /// Judges every text by itself; the likeliest one gives the score.
    pub(crate) fn opinion(&self, view: View<'_>) -> Result<Opinion, CriticError> {
        let Some(classifier) = &self.classifier else {
            return Err(CriticError::permanent("the embedded model cannot be read"));
        };
        let mut findings = Findings::default();
        let mut likeliest: Option<Score> = None;
        let mut failed = None;
        let mut signed = false;
        self.fields.each(view.snapshot(), |at, text| {
            let reading = match reading::of(classifier.as_ref(), self.asked, text) {
                Ok(reading) => reading,
                Err(error) => {
                    failed = Some(CriticError::permanent(error));
                    return;
                }
            };
            let mine = |found: &&(Sign, Range<usize>)| self.rules && found.0.of == self.kind.label;
            for (sign, bytes) in reading.signs.iter().filter(mine) {
                signed = true;
                findings.add(sign.severity, || {
                    Violation::new(sign.code, sign.message, sign.severity).at(Span::new(
                        at.clone(),
                        bytes.clone(),
                        sign.label,
                    ))
                });
            }
            let Some(score) = reading.scores.get(self.label).cloned() else {
                failed = Some(CriticError::permanent("the classifier gave too few scores"));
                return;
            };
            if score.probability >= self.threshold {
                let severity = self.severity_of(score.probability);
                findings.add(severity, || {
                    Violation::new(self.kind.code, self.kind.message, severity).at(Span::new(
                        at.clone(),
                        score.bytes.clone(),
                        self.kind.label,
                    ))
                });
            }
            if likeliest.as_ref().is_none_or(|best| score.probability > best.probability) {
                likeliest = Some(score);
            }
        });
        if let Some(error) = failed {
            return Err(error);
        }
        let opinion = findings.into_opinion();
        let Some(score) = likeliest else { return Ok(opinion) };
        // A rule is as sure as its severity, whatever the probability.
        let rule = if signed { opinion.worst_severity() } else { 0.0 };
        let doubt = score.uncertainty(self.threshold);
        let uncertainty = if signed { doubt.min(1.0 - rule) } else { doubt };
        Ok(opinion.score(score.probability.max(rule)).uncertainty(uncertainty))
    }

    /// From 0.4 at the threshold to the severity that was set, where it is certain.
    fn severity_of(&self, probability: f64) -> f64 {
        let lowest = AT_THRESHOLD.min(self.severity);
        let above = (probability - self.threshold) / (1.0 - self.threshold);
        (lowest + (self.severity - lowest) * above).clamp(0.0, 1.0)
    }
}

/// `fields`, `model`, `label`, `threshold`, `severity`, `rules`.
pub(crate) fn from_params(params: &Params<'_>, kind: Kind) -> Labelled {
    let mut labelled = Labelled::new(kind);
    labelled.fields = Fields::read(params);
    let label = params.optional::<String>("label");
    let wanted = label.as_deref().unwrap_or(kind.label);
    if let Some(path) = params.optional::<String>("model") {
        let asked = read_model(Path::new(&path)).and_then(|model| labelled.ask(model, wanted));
        match asked {
            Ok(()) => {}
            Err(ClassifierError::NoLabel(label)) => {
                let key = if params.has("label") { "label" } else { "model" };
                params.fault(
                    key,
                    format!("does not do: the model has no label `{}`", label.escape_debug()),
                );
            }
            Err(ClassifierError::Read(error)) => {
                let problem = format!("names a file that cannot be read: {error}");
                params.fault("model", ParamProblem::File(problem));
            }
            Err(error) => params.fault("model", format!("does not do: {error}")),
        }
    } else if params.has("label") {
        params.fault("label", "belongs to a `model` of one's own");
    }
    labelled.threshold = params.number("threshold", labelled.threshold, 0.001..=0.999);
    labelled.severity = params.number("severity", labelled.severity, 0.0..=1.0);
    labelled.rules = params.or("rules", true);
    labelled
}

/// Reads a model file of `tribunal train`.
pub(crate) fn read_model(path: &Path) -> Result<Arc<dyn Classifier>, ClassifierError> {
    let size = std::fs::metadata(path).map_err(ClassifierError::Read)?.len();
    if size > LARGEST_MODEL {
        return Err(ClassifierError::TooLarge);
    }
    let bytes = std::fs::read(path).map_err(ClassifierError::Read)?;
    Ok(Arc::new(Model::read(&bytes).map_err(ClassifierError::Model)?))
}

/// The builder that the critics share; each type has the same methods.
macro_rules! critic {
    ($critic:ident, $kind:expr) => {
        impl Default for $critic {
            fn default() -> Self {
                Self::new()
            }
        }

        impl $critic {
            /// Asks the embedded model about the prompt and the answer.
            #[must_use]
            pub fn new() -> Self {
                Self($crate::labelled::Labelled::new($kind))
            }

            /// Which texts; the prompt and the answer unless set.
            #[must_use]
            pub fn fields(
                mut self,
                fields: impl IntoIterator<Item = tribunal_core::Pointer>,
            ) -> Self {
                self.0.fields(fields);
                self
            }

            /// From which probability on it objects, 0.001 to 0.999; what the model says unless set. Set it after
            /// the classifier.
            ///
            /// # Errors
            ///
            /// [`ClassifierError::Threshold`](crate::ClassifierError::Threshold) when it is out of range.
            pub fn threshold(mut self, threshold: f64) -> Result<Self, $crate::ClassifierError> {
                self.0.threshold(threshold)?;
                Ok(self)
            }

            /// Asks another classifier for one of its labels.
            ///
            /// # Errors
            ///
            /// [`ClassifierError::NoLabel`](crate::ClassifierError::NoLabel) when it does not know the label.
            pub fn classifier(
                mut self,
                classifier: std::sync::Arc<dyn tribunal_classifier::Classifier>,
                label: &str,
            ) -> Result<Self, $crate::ClassifierError> {
                self.0.ask(classifier, label)?;
                Ok(self)
            }
        }

        impl std::fmt::Debug for $critic {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($critic))
                    .field("fields", &self.0.fields)
                    .finish_non_exhaustive()
            }
        }

        impl tribunal_core::Critic for $critic {
            fn review<'a>(&'a self, view: tribunal_core::View<'a>) -> tribunal_core::Review<'a> {
                tribunal_core::Answer::now(self.0.opinion(view))
            }

            fn reads(&self) -> tribunal_core::Reads {
                self.0.reads()
            }

            fn returns(&self) -> tribunal_core::Returns {
                self.0.returns(SIGNS)
            }
        }
    };
}
pub(crate) use critic;
