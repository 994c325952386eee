//! One label: who speaks for it, and how often they are right.

use std::collections::BTreeMap;

use tribunal_core::{Cause, Report, Verdict, Violation};

use crate::counts::{Counts, Said};
use crate::curve::{Curve, Scored};
use crate::ears::{Ear, Subject, ears, missing};
use crate::evaluation::{Evaluation, LabelResult, Measure, NamedCurve};
use crate::row::{Row, Truth};
use crate::rule::{By, Rule};
use crate::spans::{SpanCounts, counts};
use crate::types::Types;
use crate::worst::{Miss, Worst};

#[derive(Debug)]
pub(super) struct Label {
    rule: Rule,
    ears: Vec<OfEar>,
    /// A critic that is not meant gave a violation all the same.
    spoke_up: bool,
    total: Tally,
    sources: BTreeMap<String, Tally>,
    severities: Vec<Scored>,
    missed: Worst,
    false_alarms: Worst,
    spans: SpanCounts,
}

/// Counts, and how many rows there are: the same unless nobody speaks for the label.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    positives: u64,
    negatives: u64,
    counts: Counts,
}

impl Tally {
    fn add(&mut self, positive: bool, said: Said) {
        *(if positive { &mut self.positives } else { &mut self.negatives }) += 1;
        self.counts.add(positive, said);
    }
}

/// A critic by itself.
#[derive(Debug)]
struct OfEar {
    ear: Ear,
    tally: Tally,
    scores: Vec<Scored>,
}

/// What was said of one row.
struct OfRow<'r> {
    said: Said,
    severity: f64,
    score: Option<f64>,
    violations: Vec<&'r Violation>,
    failed: bool,
}

impl Label {
    pub(super) fn new(rule: Rule, subjects: &[Subject]) -> Self {
        let of_ear = |ear| OfEar { ear, tally: Tally::default(), scores: Vec::new() };
        Self {
            ears: ears(&rule, subjects).into_iter().map(of_ear).collect(),
            rule,
            spoke_up: false,
            total: Tally::default(),
            sources: BTreeMap::new(),
            severities: Vec::new(),
            missed: Worst::default(),
            false_alarms: Worst::default(),
            spans: SpanCounts::default(),
        }
    }

    pub(super) fn add(
        &mut self,
        row: &Row,
        source: &str,
        truth: Truth,
        report: &Report,
        types: &Types,
        with_text: bool,
    ) {
        let positive = truth.holds() == self.rule.objects_to;
        let typed = matches!(truth, Truth::Types(_));
        let heard = match self.rule.by {
            By::Verdict => self.verdict(report),
            _ => self.critics(row, positive, typed, report, types),
        };
        self.total.add(positive, heard.said);
        if let Some(tally) = self.sources.get_mut(source) {
            tally.add(positive, heard.said);
        } else {
            let mut tally = Tally::default();
            tally.add(positive, heard.said);
            self.sources.insert(source.to_owned(), tally);
        }
        if heard.said != Said::Failed {
            self.severities.push((heard.severity as f32, positive));
        }
        let score = heard.score.unwrap_or(heard.severity);
        let miss = || Miss {
            id: row.id.clone(),
            source: source.to_owned(),
            score,
            text: with_text.then(|| row.excerpt.clone()),
        };
        match (heard.said, positive) {
            (Said::Flagged, false) => self.false_alarms.add(score, miss),
            (Said::Clear | Said::Unheard, true) => self.missed.add(1.0 - score, miss),
            _ => {}
        }
        if typed && SpanCounts::are_known(row, truth.holds()) {
            if heard.failed {
                self.spans.failed();
            } else {
                self.spans.add(row, types, heard.violations.into_iter());
            }
        }
    }

    /// By the verdict of the whole. One that only failures call for says nothing of the row.
    fn verdict<'r>(&self, report: &'r Report) -> OfRow<'r> {
        let opinion = |cause: &Cause| matches!(cause, Cause::Opinion { .. });
        let said = if report.verdict > Verdict::Allow && !report.causes.iter().any(opinion) {
            Said::Failed
        } else if self.rule.at.is_reached_by(report.verdict) {
            Said::Flagged
        } else {
            Said::Clear
        };
        let enforced = report
            .outcomes()
            .filter(|(critic, _)| critic.mode == tribunal_core::Mode::Enforce)
            .filter_map(|(_, outcome)| outcome.opinion.as_ref());
        let severity = enforced.map(|opinion| opinion.worst_severity()).fold(0.0, f64::max);
        OfRow { said, severity, score: None, violations: Vec::new(), failed: said == Said::Failed }
    }

    /// By its critics: flagged if any of them flags it, open if one failed and none does.
    fn critics<'r>(
        &mut self,
        row: &Row,
        positive: bool,
        typed: bool,
        report: &'r Report,
        types: &Types,
    ) -> OfRow<'r> {
        let mut heard = OfRow {
            said: Said::Unheard,
            severity: 0.0,
            score: None,
            violations: Vec::new(),
            failed: false,
        };
        let (mut flagged, mut looked) = (false, false);
        let about_it = |violation: &Violation| !typed || counts(row, types, violation);
        let outcomes: Vec<_> = report.outcomes().collect();
        for OfEar { ear, tally, scores } in &mut self.ears {
            let Some((critic, outcome)) = outcomes.get(ear.critic) else { continue };
            let Some(opinion) = &outcome.opinion else {
                if ear.meant {
                    let failed = outcome.is_failure();
                    tally.add(positive, if failed { Said::Failed } else { Said::Unheard });
                    heard.failed |= failed && ear.enforces;
                }
                continue;
            };
            let said = ear.hears(critic, opinion, self.rule.at, about_it);
            if ear.meant {
                tally.add(positive, if said.flagged { Said::Flagged } else { Said::Clear });
                if let Some(score) = said.score {
                    scores.push((score as f32, positive));
                }
            } else {
                self.spoke_up |= said.flagged && ear.enforces;
            }
            if !ear.enforces {
                continue;
            }
            flagged |= said.flagged;
            looked |= ear.meant;
            heard.severity = heard.severity.max(said.severity);
            heard.score = match (heard.score, said.score) {
                (Some(a), Some(b)) => Some(f64::max(a, b)),
                (a, b) => a.or(b),
            };
            let its = opinion.violations.iter();
            heard.violations.extend(its.filter(|it| ear.listens_to(it) && about_it(it)));
        }
        heard.said = match (flagged, heard.failed, looked) {
            (true, _, _) => Said::Flagged,
            (false, true, _) => Said::Failed,
            (false, false, true) => Said::Clear,
            (false, false, false) => Said::Unheard,
        };
        heard
    }

    /// Whether somebody whose word counts speaks for it.
    fn is_measured(&self, ungated: bool) -> bool {
        match self.rule.by {
            By::Nobody => false,
            By::Verdict => !ungated,
            _ => self.spoke_up || self.ears.iter().any(|it| it.ear.meant && it.ear.enforces),
        }
    }

    pub(super) fn finish(self, name: &str, subjects: &[Subject], into: &mut Evaluation) {
        let measured = self.is_measured(into.ungated);
        let objects_to = self.rule.objects_to;
        let ears: Vec<Ear> = self.ears.iter().map(|it| it.ear.clone()).collect();
        let critic = |ear: &Ear| subjects.get(ear.critic).map(|it| it.info.name.to_string());
        let missing = (!measured).then(|| missing(name, &self.rule, &ears, subjects));
        for (source, tally) in &self.sources {
            let labels = into.sources.entry(source.clone()).or_default();
            labels.insert(name.to_owned(), tally.measure(measured));
        }
        for it in self.ears.iter().filter(|it| it.ear.meant) {
            let Some(critic) = critic(&it.ear) else { continue };
            if let Some(curve) = Curve::of(&it.scores) {
                let by = format!("score of {critic}");
                into.curves.push(NamedCurve { label: name.to_owned(), by, curve });
            }
            if let Some(result) = into.critics.get_mut(&critic) {
                result.labels.insert(name.to_owned(), it.tally.measure(true));
            }
        }
        if measured {
            // Of rows that are all alike in severity there is nothing to choose a threshold for.
            let curve = Curve::of(&self.severities).filter(|curve| curve.points.len() > 1);
            if let Some(curve) = curve {
                let by = String::from("severity");
                into.curves.push(NamedCurve { label: name.to_owned(), by, curve });
            }
            if let Some(scores) = self.spans.scores() {
                into.spans.insert(name.to_owned(), scores);
            }
        }
        let enforced = ears.iter().filter(|ear| ear.meant && ear.enforces);
        let result = LabelResult {
            measure: self.total.measure(measured),
            at: self.rule.at,
            objects_to,
            by: match self.rule.by {
                By::Verdict => vec![String::from("verdict")],
                _ => enforced.filter_map(critic).collect(),
            },
            missing,
            missed: if measured { self.missed.into_misses() } else { Vec::new() },
            false_alarms: if measured { self.false_alarms.into_misses() } else { Vec::new() },
        };
        into.labels.insert(name.to_owned(), result);
    }
}

impl Tally {
    fn measure(&self, measured: bool) -> Measure {
        // What nobody speaks for was not missed.
        let counts = if measured { self.counts } else { Counts::default() };
        Measure {
            measured,
            n: self.positives + self.negatives,
            positives: self.positives,
            negatives: self.negatives,
            counts,
            shares: counts.shares(),
        }
    }
}
