//! Personal data: addresses, numbers of cards and accounts, identity numbers of some thirty countries.
//!
//! Start at [`Pii`]. The kinds are tables, one file a region; [`Pii::kinds`] lists them.

mod americas;
mod asia;
mod britain;
mod checks;
mod context;
mod email;
mod europe;
mod general;
mod germany;
mod kinds;
mod scan;
mod shape;
#[cfg(test)]
mod specimens;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::ops::Range;

use serde_json::Value;
use thiserror::Error;
use tribunal_core::{
    Answer, Critic, CriticError, CriticKind, Opinion, ParamProblem, Params, Pointer, Reads,
    Returns, Review, Shape, Span, View, Violation,
};

use crate::MOST_VIOLATIONS;
use crate::fields::Fields;
use kinds::{kinds, names};
use scan::{Found, Scanner};

/// Objects to personal data in the texts of a snapshot.
///
/// Each kind is known by its form; what has check digits is checked by the published algorithm, and words
/// nearby ("passport", "tel") make a number more likely to be what it looks like. How sure a finding is
/// is its confidence: near 1 for a card number that its check digit and its issuer agree with, near
/// 0 for nine digits with no word around them. Below `min_confidence` a finding is left out, and below 0.6 it is
/// less severe than its kind.
///
/// It **misses** names, postal addresses, dates of birth and whatever else has no form of its own, numbers
/// that are spelt out or split over lines, and identity numbers of countries that it does not know. A check
/// digit is passed by one number in ten or in thirty by chance, so lists of numbers give false findings.
/// A version such as `1.2.3.4` is taken for an IP address.
///
/// The opinion: one violation for each finding, `pii.<kind>`, whose span has the replacement `[<kind>]`;
/// `value` counts them by kind; the uncertainty is one minus the confidence of the worst. No more than
/// [`MOST_VIOLATIONS`] are listed, the worst ones; `details.more` counts the others. What was found is in no message.
///
/// ```
/// use tribunal_critics::Pii;
///
/// let found = Pii::new().find("Write to jo@mail.example, or call +44 20 7946 0018.");
/// let kinds: Vec<&str> = found.iter().map(|found| found.kind).collect();
/// assert_eq!(kinds, ["email", "phone"]);
/// ```
pub struct Pii {
    fields: Fields,
    scanner: Scanner,
    settings: Settings,
}

#[derive(Clone)]
struct Settings {
    /// `None` for all.
    kinds: Option<Vec<String>>,
    severities: BTreeMap<String, f64>,
    min_confidence: f64,
}

/// Personal data that [`Pii::find`] found.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct FoundPii {
    /// The kind: `email`, `credit_card`.
    pub kind: &'static str,
    /// Where it stands; both ends on character boundaries.
    pub bytes: Range<usize>,
    /// How bad, from 0 to 1.
    pub severity: f64,
    /// How sure it is, from 0 to 1.
    pub confidence: f64,
}

/// Why a [`Pii`] could not be built as asked.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PiiError {
    /// There is no kind of that name.
    #[error("the list {0}")]
    Kind(String),
}

impl Pii {
    /// All kinds, over `input_text` and `model_response`.
    #[must_use]
    pub fn new() -> Self {
        let severities = BTreeMap::new();
        Self::over(Fields::default(), Settings { kinds: None, severities, min_confidence: 0.4 })
    }

    fn over(fields: Fields, settings: Settings) -> Self {
        let severity = |kind: &kinds::Kind| {
            let form = kind.form;
            let wanted = match &settings.kinds {
                Some(kinds) => kinds.iter().any(|name| name == form.name),
                None => true,
            };
            let severity = settings.severities.get(form.name).copied().unwrap_or(form.severity);
            wanted.then_some(severity)
        };
        Self { fields, scanner: Scanner::new(severity, settings.min_confidence), settings }
    }

    /// The names of all kinds there are, each with what it is.
    pub fn kinds() -> impl Iterator<Item = (&'static str, &'static str)> {
        let named = |name| kinds().iter().find(|kind| kind.form.name == name);
        let listed = move |name| named(name).map(|it| (name, it.form.message));
        names().into_iter().filter_map(listed)
    }

    /// Reads these fields instead; one that leads to an object or a list stands for every text in it.
    #[must_use]
    pub fn fields(mut self, fields: impl IntoIterator<Item = Pointer>) -> Self {
        self.fields = Fields::of(fields);
        self
    }

    /// Keeps to these kinds.
    ///
    /// # Errors
    ///
    /// [`PiiError::Kind`] for a name that no kind has.
    pub fn only<'a>(mut self, names: impl IntoIterator<Item = &'a str>) -> Result<Self, PiiError> {
        let mut chosen = Vec::new();
        for name in names {
            known(name).map_err(PiiError::Kind)?;
            chosen.push(name.to_owned());
        }
        self.settings.kinds = Some(chosen);
        Ok(Self::over(self.fields, self.settings))
    }

    /// Sets how bad a kind is, from 0 to 1.
    ///
    /// # Errors
    ///
    /// [`PiiError::Kind`] for a name that no kind has.
    pub fn severity(mut self, kind: &str, severity: f64) -> Result<Self, PiiError> {
        known(kind).map_err(PiiError::Kind)?;
        self.settings.severities.insert(kind.to_owned(), severity);
        Ok(Self::over(self.fields, self.settings))
    }

    /// Leaves out findings that are less sure than this, from 0 to 1; 0.4 unless set.
    #[must_use]
    pub fn min_confidence(mut self, confidence: f64) -> Self {
        self.settings.min_confidence = if confidence.is_nan() { 0.0 } else { confidence };
        Self::over(self.fields, self.settings)
    }

    /// The personal data in a text, from left to right. The findings do not overlap.
    #[must_use]
    pub fn find(&self, text: &str) -> Vec<FoundPii> {
        let found = self.scanner.scan(text, "").found;
        let public = |Found { kind, bytes, severity, confidence }| FoundPii {
            kind: kind.form.name,
            bytes,
            severity,
            confidence,
        };
        found.into_iter().map(public).collect()
    }

    fn opinion(&self, view: View<'_>) -> Opinion {
        let mut all: Vec<(Pointer, Found)> = Vec::new();
        let mut incomplete = false;
        self.fields.each(view.snapshot(), |at, text| {
            let name = at.tokens().last().map_or("", |name| &**name);
            let scan = self.scanner.scan(text, name);
            incomplete |= scan.incomplete;
            all.extend(scan.found.into_iter().map(|found| (at.clone(), found)));
        });
        let opinion = if all.is_empty() { Opinion::clean() } else { listed(all) };
        if !incomplete {
            return opinion;
        }
        // What was not looked at to the end must not pass for clean.
        let unseen = Violation::new("pii.incomplete", "too dense to look at to the end", 0.5);
        opinion.violation(unseen).uncertainty(1.0).detail("incomplete", true)
    }
}

/// The worst of the findings as violations, in the order of the fields and the text.
fn listed(mut all: Vec<(Pointer, Found)>) -> Opinion {
    let mut counts: BTreeMap<&'static str, u64> = BTreeMap::new();
    for (_, found) in &all {
        *counts.entry(found.kind.form.name).or_default() += 1;
    }
    let severity = all.iter().map(|(_, found)| found.severity).fold(0.0, f64::max);
    let worst = all.iter().filter(|(_, found)| found.severity >= severity);
    let confidence = worst.map(|(_, found)| found.confidence).fold(0.0, f64::max);
    let more = all.len().saturating_sub(MOST_VIOLATIONS);
    if more > 0 {
        // Stable, so of equals the first ones stay.
        all.sort_by(|(_, a), (_, b)| {
            b.severity.total_cmp(&a.severity).then(b.confidence.total_cmp(&a.confidence))
        });
        all.truncate(MOST_VIOLATIONS);
    }
    all.sort_by(|(a, x), (b, y)| a.cmp(b).then(x.bytes.start.cmp(&y.bytes.start)));
    let counts = counts.into_iter().map(|(name, count)| (name.to_owned(), count.into()));
    let mut opinion = Opinion::clean()
        .severity(severity)
        .uncertainty(1.0 - confidence)
        .value(counts.collect::<serde_json::Map<_, _>>());
    opinion.violations = all.into_iter().map(|(at, found)| violation(at, found)).collect();
    if more > 0 { opinion.detail("more", more) } else { opinion }
}

fn violation(at: Pointer, Found { kind, bytes, severity, .. }: Found) -> Violation {
    let span = Span::new(at, bytes, kind.form.name).replaced_by(&*kind.replacement);
    Violation::new(&*kind.code, kind.form.message, severity).at(span)
}

fn known(name: &str) -> Result<(), String> {
    let names = names();
    if names.contains(name) {
        Ok(())
    } else {
        Err(crate::unknown::unknown("kind", name, names.into_iter()))
    }
}

impl Default for Pii {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for Pii {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pii")
            .field("fields", &self.fields)
            .field("kinds", &self.settings.kinds)
            .finish_non_exhaustive()
    }
}

impl Critic for Pii {
    fn review<'a>(&'a self, view: View<'a>) -> Review<'a> {
        Answer::now(Ok::<_, CriticError>(self.opinion(view)))
    }

    fn reads(&self) -> Reads {
        self.fields.reads()
    }

    fn returns(&self) -> Returns {
        let names: Vec<&'static str> = Self::kinds()
            .map(|(name, _)| name)
            .filter(|name| {
                self.settings.kinds.as_ref().is_none_or(|on| on.iter().any(|on| on == name))
            })
            .collect();
        let codes = names.iter().chain(&["incomplete"]).map(|name| format!("pii.{name}"));
        Returns::codes(codes).with_value(Shape::object(names.iter().copied(), &Shape::Integer))
    }
}

/// `fields`, `kinds`, `severities`, `min_confidence`.
pub(crate) fn kind() -> CriticKind {
    CriticKind::new(
        "pii",
        "finds personal data: mail, phone, cards, accounts, identity numbers",
        |params| {
            let fields = Fields::read(params);
            let kinds = chosen(params);
            let severities = severities(params);
            let min_confidence = params.number("min_confidence", 0.4, 0.0..=1.0);
            Some(Pii::over(fields, Settings { kinds, severities, min_confidence }))
        },
    )
}

fn chosen(params: &Params<'_>) -> Option<Vec<String>> {
    let names = params.optional::<Vec<String>>("kinds")?;
    if names.is_empty() {
        params.fault("kinds", "must name at least one kind, such as \"email\"");
    }
    for (index, name) in names.iter().enumerate() {
        if let Err(problem) = known(name) {
            params.fault_at("kinds", index, ParamProblem::Word(problem));
        }
    }
    Some(names)
}

fn severities(params: &Params<'_>) -> BTreeMap<String, f64> {
    let mut severities = BTreeMap::new();
    let table = match params.optional::<Value>("severities") {
        None => return severities,
        Some(Value::Object(table)) => table,
        Some(_) => {
            let problem = "must be a table, such as { email = 0.4 }";
            params.fault("severities", ParamProblem::Type(problem.into()));
            return severities;
        }
    };
    for (name, value) in table {
        let number = value.as_f64().filter(|number| (0.0..=1.0).contains(number));
        let at = Pointer::of([name.as_str()]);
        match (known(&name), number) {
            (Err(problem), _) => {
                params.fault_within("severities", &at, ParamProblem::Word(problem));
            }
            (Ok(()), None) => {
                let problem = ParamProblem::Range("must be a number from 0 to 1".into());
                params.fault_within("severities", &at, problem);
            }
            (Ok(()), Some(number)) => {
                severities.insert(name, number);
            }
        }
    }
    severities
}
