//! Adds up rows and reports. Start at [`Measuring`]; [`Measuring::finish`] gives the [`Evaluation`].

mod label;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use thiserror::Error;
use tribunal_core::{Outcome, Report, Source, Status, nearest};

use self::label::Label;
use crate::ears::Subject;
use crate::evaluation::{CriticResult, Evaluation, FORMAT, Rows};
use crate::latency::Latencies;
use crate::row::{Row, Truth};
use crate::rule::{By, Level, OVER_BLOCKING, Rule, Rules};

/// Labels beyond so many are refused: their names come from the data.
const MOST_LABELS: usize = 200;
/// Sources beyond so many are refused.
const MOST_SOURCES: usize = 1000;

/// What is measured, and how.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Keep to these labels; empty for all.
    pub only: Vec<String>,
    /// From where on critics have flagged a row, in place of what each rule says.
    pub at: Option<Level>,
    /// Whether misses carry the start of their text.
    pub with_text: bool,
    /// Whether the pipeline runs with its gates held open. Its verdict is then none that it would ever give, and no
    /// label is measured by it.
    pub ungated: bool,
}

/// Why something cannot be measured.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum MeasureError {
    /// There is no label of that name.
    #[error(
        "there is no label `{name}`: {hint}; to measure one of your own, add `[eval.labels.<name>]`"
    )]
    UnknownLabel {
        /// The name.
        name: String,
        /// What may have been meant.
        hint: String,
    },
    /// The data has more labels than are counted.
    #[error("there are more than {MOST_LABELS} labels")]
    TooManyLabels,
    /// The data has more sources than are counted.
    #[error("there are more than {MOST_SOURCES} sources")]
    TooManySources,
}

/// Counts over all rows so far. Memory is bounded but for one severity, and a score of each critic that has one, for
/// each row and label.
#[derive(Debug)]
pub struct Measuring {
    rules: Rules,
    subjects: Vec<Subject>,
    options: Options,
    labels: BTreeMap<String, Label>,
    sources: BTreeSet<String>,
    critics: Vec<OfCritic>,
    rows: Rows,
    config_hash: String,
}

#[derive(Debug, Default)]
struct OfCritic {
    called: u64,
    failed: u64,
    gated: u64,
    skipped: u64,
    took: Latencies,
    cost: f64,
}

impl Measuring {
    /// Nothing yet; `subjects` are the critics in plan order.
    ///
    /// # Errors
    ///
    /// [`MeasureError::UnknownLabel`] for a label in `options.only` that no rule is about.
    pub fn new(
        rules: Rules,
        subjects: Vec<Subject>,
        options: Options,
    ) -> Result<Self, MeasureError> {
        if let Some(name) = options.only.iter().find(|name| !rules.labels.contains_key(*name)) {
            let known = || rules.labels.keys().map(String::as_str);
            let all = || known().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            let hint = match nearest(&name.to_lowercase(), known()) {
                Some(meant) => format!("did you mean `{meant}`? Known are {}", all()),
                None => format!("known are {}", all()),
            };
            return Err(MeasureError::UnknownLabel { name: name.clone(), hint });
        }
        let critics = subjects.iter().map(|_| OfCritic::default()).collect();
        // One that was asked for is there also when no row has it.
        let asked = options
            .only
            .iter()
            .map(|name| (name.clone(), Label::new(rule(&rules, &options, name), &subjects)));
        Ok(Self {
            labels: asked.collect(),
            rules,
            subjects,
            options,
            sources: BTreeSet::new(),
            critics,
            rows: Rows::default(),
            config_hash: String::new(),
        })
    }

    /// How many rows there were so far.
    #[must_use]
    pub const fn judged(&self) -> u64 {
        self.rows.judged
    }

    /// A line that could not be judged.
    pub fn unjudged(&mut self) {
        self.rows.unjudged += 1;
    }

    /// One more row, and what came of judging it. `source` names its source where it does not do so itself.
    ///
    /// # Errors
    ///
    /// [`MeasureError::TooManyLabels`] and [`MeasureError::TooManySources`]; the row counts nowhere then.
    pub fn add(&mut self, row: &Row, source: &str, report: &Report) -> Result<(), MeasureError> {
        let source = row.source.as_deref().unwrap_or(source);
        let truths = truths(row);
        let wanted = |name: &str| {
            self.options.only.is_empty() || self.options.only.iter().any(|only| only == name)
        };
        let truths: Vec<(&str, Truth)> =
            truths.into_iter().filter(|(name, _)| wanted(name)).collect();
        let new = truths.iter().filter(|(name, _)| !self.labels.contains_key(*name)).count();
        if self.labels.len() + new > MOST_LABELS {
            return Err(MeasureError::TooManyLabels);
        }
        if !self.sources.contains(source) {
            if self.sources.len() == MOST_SOURCES {
                return Err(MeasureError::TooManySources);
            }
            self.sources.insert(source.to_owned());
        }

        self.rows.judged += 1;
        if self.config_hash.is_empty() {
            self.config_hash = report.config_hash.to_string();
        }
        self.rows.unlabelled += u64::from(truths.is_empty());
        for (critic, (_, outcome)) in self.critics.iter_mut().zip(report.outcomes()) {
            critic.add(outcome);
        }
        for (name, truth) in truths {
            if !self.labels.contains_key(name) {
                let rule = rule(&self.rules, &self.options, name);
                self.labels.insert(name.to_owned(), Label::new(rule, &self.subjects));
            }
            if let Some(label) = self.labels.get_mut(name) {
                let with_text = self.options.with_text;
                label.add(row, source, truth, report, &self.rules.types, with_text);
            }
        }
        Ok(())
    }

    /// What it all comes to.
    #[must_use]
    pub fn finish(self) -> Evaluation {
        let mut critics = BTreeMap::new();
        for (subject, counted) in self.subjects.iter().zip(&self.critics) {
            let name = subject.info.name.to_string();
            critics.insert(name, counted.result(subject));
        }
        let mut evaluation = Evaluation {
            format: FORMAT,
            pipeline: String::new(),
            config_hash: self.config_hash,
            ungated: self.options.ungated,
            interrupted: false,
            rows: self.rows,
            labels: BTreeMap::new(),
            sources: BTreeMap::new(),
            critics,
            spans: BTreeMap::new(),
            curves: Vec::new(),
        };
        for (name, label) in self.labels {
            label.finish(&name, &self.subjects, &mut evaluation);
        }
        evaluation
    }
}

/// How a label is measured, also one that no rule is about.
fn rule(rules: &Rules, options: &Options, name: &str) -> Rule {
    let rule = rules.labels.get(name).cloned();
    let mut rule = rule.unwrap_or_else(|| Rule::by(By::Nobody));
    rule.at = options.at.unwrap_or(rule.at);
    rule
}

/// The labels of a row, with that of harmless rows.
fn truths(row: &Row) -> Vec<(&str, Truth)> {
    let mut truths: Vec<(&str, Truth)> =
        row.labels.iter().map(|(name, truth)| (name.as_str(), *truth)).collect();
    let is = |name: &str, holds: bool| row.labels.get(name).is_some_and(|t| t.holds() == holds);
    // What is labelled as bad in any other way is not harmless, whatever else it is.
    let good = |name: &str| matches!(name, "benign" | "correct" | "schema_valid");
    let bad = row.labels.iter().any(|(name, truth)| !good(name) && truth.holds());
    if (is("benign", true) || is("unsafe", false)) && !bad {
        truths.push((OVER_BLOCKING, Truth::Is(false)));
    }
    truths
}

impl OfCritic {
    fn add(&mut self, outcome: &Outcome) {
        match outcome.status {
            Status::Gated => self.gated += 1,
            Status::Skipped => self.skipped += 1,
            _ => {}
        }
        self.failed += u64::from(outcome.is_failure());
        self.cost += outcome.cost;
        if outcome.attempts > 0 && outcome.source == Source::Critic {
            self.called += 1;
            self.took.add(outcome.execution());
        }
    }

    fn result(&self, subject: &Subject) -> CriticResult {
        CriticResult {
            kind: subject.kind.clone(),
            stage: subject.info.stage,
            mode: subject.info.mode,
            called: self.called,
            failed: self.failed,
            gated: self.gated,
            skipped: self.skipped,
            latency_ms: self.took.took(),
            cost: self.cost,
            cost_per_call: (self.called > 0).then(|| self.cost / self.called as f64),
            labels: BTreeMap::new(),
        }
    }
}
