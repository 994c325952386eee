//! What a critic thinks of a snapshot, and whether that can be trusted.

mod bounds;

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use serde_json::{Map, Value};
use thiserror::Error;

pub use bounds::OpinionBound;
pub(crate) use bounds::within;

use crate::Violation;

/// What a critic returns.
///
/// A critic may put anything in; engines call [`Opinion::faults`] before a gate, another critic or the
/// verdict may see it.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct Opinion {
    /// The finding itself, in whatever form the critic documents.
    pub value: Value,
    /// A rating from 0 to 1, higher is riskier, for critics that have one.
    pub score: Option<f64>,
    /// How bad, from 0 to 1. What counts is [`Opinion::worst_severity`].
    pub severity: f64,
    /// How unsure the critic is, from 0 (sure) to 1.
    pub uncertainty: f64,
    /// What it objects to.
    pub violations: Vec<Violation>,
    /// Anything else worth reading later. Never load-bearing.
    pub details: Option<Box<Map<String, Value>>>,
    /// What the call cost, in the unit that the specs use; `None` when it cost what its spec says.
    pub cost: Option<f64>,
}

impl Opinion {
    /// Nothing to object to. Allocates nothing.
    #[must_use]
    pub fn clean() -> Self {
        Self::default()
    }

    /// An opinion with one violation.
    #[must_use]
    pub fn objection(violation: Violation) -> Self {
        Self::default().violation(violation)
    }

    /// Adds a violation.
    #[must_use]
    pub fn violation(mut self, violation: Violation) -> Self {
        self.violations.push(violation);
        self
    }

    /// Sets the severity, from 0 to 1.
    #[must_use]
    pub fn severity(mut self, severity: f64) -> Self {
        self.severity = severity;
        self
    }

    /// Sets the score, from 0 to 1.
    #[must_use]
    pub fn score(mut self, score: f64) -> Self {
        self.score = Some(score);
        self
    }

    /// Sets the uncertainty, from 0 to 1.
    #[must_use]
    pub fn uncertainty(mut self, uncertainty: f64) -> Self {
        self.uncertainty = uncertainty;
        self
    }

    /// Sets the finding.
    #[must_use]
    pub fn value(mut self, value: impl Into<Value>) -> Self {
        self.value = value.into();
        self
    }

    /// Adds a detail.
    #[must_use]
    pub fn detail(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.details.get_or_insert_default().insert(name.into(), value.into());
        self
    }

    /// Sets what the call cost.
    #[must_use]
    pub fn cost(mut self, cost: f64) -> Self {
        self.cost = Some(cost);
        self
    }

    /// The severity that counts: its own or that of its worst violation.
    #[inline]
    #[must_use]
    pub fn worst_severity(&self) -> f64 {
        // Written out because `f64::max` drops a NaN, and a NaN must not become a pass.
        self.violations.iter().map(|violation| violation.severity).fold(self.severity, |a, b| {
            if a.is_nan() || b.is_nan() {
                f64::NAN
            } else if b > a {
                b
            } else {
                a
            }
        })
    }

    /// For engines: the reason for an outcome without this opinion, for these faults.
    ///
    /// What it objects to and can be read counts all the same: a critic that says `block` and gets a number wrong
    /// beside it must not be milder for that. It opens no gate, but its verdict is not below what it called for.
    #[must_use]
    pub fn refused(self, mut faults: Vec<OpinionFault>) -> crate::Reason {
        let severities = self.violations.iter().map(|violation| violation.severity);
        let readable = severities.chain([self.severity]).filter(|s| (0.0..=1.0).contains(s));
        let worst = readable.fold(0.0, f64::max);
        if worst > 0.0 {
            faults.push(OpinionFault::Objects(worst));
        }
        self.discard();
        crate::Reason::Invalid(faults)
    }

    /// Whether [`Opinion::faults`] finds nothing.
    #[inline]
    #[must_use]
    pub fn is_sound(&self) -> bool {
        let rating = |number: f64| (0.0..=1.0).contains(&number);
        rating(self.severity)
            && rating(self.uncertainty)
            && self.score.is_none_or(rating)
            && self.cost.is_none_or(|cost| cost.is_finite() && cost >= 0.0)
            && self.violations.iter().all(|violation| rating(violation.severity))
            && (self.is_plain() || self.exceeds().is_none())
    }

    /// What makes it unfit for a verdict: numbers that are not finite or out of their range, or its size.
    ///
    /// Of violations only the first few that are wrong are told. Allocates nothing for an opinion without faults whose
    /// value and details are no lists or objects.
    #[must_use]
    pub fn faults(&self) -> Vec<OpinionFault> {
        let mut faults = Vec::new();
        let mut check = |number: f64, what: &'static str| {
            if !(0.0..=1.0).contains(&number) {
                faults.push(OpinionFault::OutOfRange { what, found: number });
            }
        };
        check(self.severity, "severity");
        check(self.uncertainty, "uncertainty");
        self.score.into_iter().for_each(|score| check(score, "score"));
        let severities = self.violations.iter().map(|violation| violation.severity);
        let wrong = severities.filter(|severity| !(0.0..=1.0).contains(severity));
        wrong.take(MOST_TOLD).for_each(|severity| check(severity, "severity of a violation"));
        if let Some(cost) = self.cost.filter(|cost| !cost.is_finite() || *cost < 0.0) {
            faults.push(OpinionFault::Cost(cost));
        }
        faults.extend(self.exceeds().map(OpinionFault::Exceeds));
        faults
    }
}

/// Of so many violations it is told what is wrong with them: a thousand times the same says no more.
const MOST_TOLD: usize = 10;

impl Serialize for Opinion {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if !self.value.is_null() {
            map.serialize_entry("value", &self.value)?;
        }
        if let Some(score) = self.score {
            map.serialize_entry("score", &score)?;
        }
        map.serialize_entry("severity", &self.severity)?;
        map.serialize_entry("uncertainty", &self.uncertainty)?;
        if !self.violations.is_empty() {
            map.serialize_entry("violations", &self.violations)?;
        }
        if let Some(details) = &self.details {
            map.serialize_entry("details", &**details)?;
        }
        if let Some(cost) = self.cost {
            map.serialize_entry("cost", &cost)?;
        }
        map.end()
    }
}

/// One thing that is wrong with an opinion. Says nothing of what the opinion says.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum OpinionFault {
    /// A number outside 0 to 1, or none.
    #[error("{what} must lie within 0 to 1, found {found:?}")]
    OutOfRange {
        /// Which number.
        what: &'static str,
        /// What it is.
        found: f64,
    },
    /// A cost that is negative or not finite.
    #[error("cost must be finite and not negative, found {0:?}")]
    Cost(f64),
    /// It is larger than an opinion may be.
    #[error("{0}")]
    Exceeds(OpinionBound),
    /// A field that the spec requires is not there.
    #[error("required field `{0}` is missing")]
    Missing(String),
    /// It does not match its schema; where, and which keyword refused it.
    #[error("does not match its schema at `{at}`: {expected}")]
    Schema {
        /// JSON pointer into the opinion.
        at: String,
        /// What the schema asks for.
        expected: String,
    },
    /// The spec's own check refused it.
    #[error("refused by its check: {0}")]
    Check(String),
    /// No fault, but what can be read of it besides its faults: it objects this much. See [`Opinion::refused`].
    #[error("it objects all the same, with severity {0:?}")]
    Objects(f64),
}

impl Serialize for OpinionFault {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Looks at an opinion before anyone else may: a JSON Schema, or a check of the caller's own.
///
/// # Contract
///
/// Pure and quick: it runs on the path of every opinion of its critic. A panic counts as a fault.
pub trait OpinionCheck: Send + Sync + 'static {
    /// What is wrong with it; empty when nothing is.
    fn faults(&self, opinion: &Opinion) -> Vec<OpinionFault>;
}

impl<F> OpinionCheck for F
where
    F: Fn(&Opinion) -> Result<(), String> + Send + Sync + 'static,
{
    fn faults(&self, opinion: &Opinion) -> Vec<OpinionFault> {
        self(opinion).err().map(OpinionFault::Check).into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_out_of_range_or_not_finite_are_faults() {
        for bad in [f64::NAN, f64::INFINITY, -0.1, 1.000_000_1] {
            assert_eq!(Opinion::clean().severity(bad).faults().len(), 1, "{bad}");
            assert_eq!(Opinion::clean().uncertainty(bad).faults().len(), 1, "{bad}");
            assert_eq!(Opinion::clean().score(bad).faults().len(), 1, "{bad}");
            let inside = Opinion::objection(Violation::new("x", "x", bad));
            assert_eq!(inside.faults().len(), 1, "{bad}");
        }
        assert_eq!(Opinion::clean().cost(-1.0).faults().len(), 1);
        assert_eq!(Opinion::clean().cost(f64::NAN).faults().len(), 1);
        let good = Opinion::clean().severity(1.0).uncertainty(0.0).score(0.5).cost(3.0);
        assert!(good.faults().is_empty());
    }

    /// Both ways of asking say the same, one of them at no cost.
    #[test]
    fn an_opinion_is_sound_when_it_has_no_faults() {
        let numbers = [0.0, 0.5, 1.0, -0.1, 1.1, f64::NAN, f64::INFINITY];
        let set: [fn(f64) -> Opinion; 5] = [
            |n| Opinion::clean().severity(n),
            |n| Opinion::clean().uncertainty(n),
            |n| Opinion::clean().score(n),
            |n| Opinion::clean().cost(n),
            |n| {
                let fine = Opinion::objection(Violation::new("x", "x", 0.5));
                fine.violation(Violation::new("y", "y", n))
            },
        ];
        for (at, with) in set.into_iter().enumerate() {
            for number in numbers {
                let opinion = with(number);
                let wrong = if at == 3 {
                    !(0.0..f64::INFINITY).contains(&number)
                } else {
                    !(0.0..=1.0).contains(&number)
                };
                assert_eq!(opinion.faults().len(), usize::from(wrong), "{at} {number}");
                assert_eq!(opinion.is_sound(), !wrong, "{at} {number}");
            }
        }
    }

    /// Rule 14: what can be read of it counts, and nothing that cannot be.
    #[test]
    fn what_is_refused_still_objects_as_far_as_it_can_be_read() {
        let objects = |opinion: Opinion| match opinion.refused(Vec::new()) {
            crate::Reason::Invalid(faults) => faults,
            other => panic!("{other}"),
        };
        assert_eq!(objects(Opinion::clean()), []);
        assert_eq!(objects(Opinion::clean().severity(f64::NAN)), []);
        assert_eq!(objects(Opinion::clean().severity(2.0)), []);
        let worst = Opinion::clean()
            .severity(0.3)
            .violation(Violation::new("x", "x", 0.6))
            .violation(Violation::new("y", "y", 1.5));
        assert_eq!(objects(worst), [OpinionFault::Objects(0.6)]);
    }

    #[test]
    fn it_is_written_with_what_it_has_and_nothing_else() {
        let written = |opinion: &Opinion| serde_json::to_value(opinion).unwrap();
        let bare = serde_json::json!({"severity": 0.0, "uncertainty": 0.0});
        assert_eq!(written(&Opinion::clean()), bare);
        let full = Opinion::objection(Violation::new("x", "y", 0.5))
            .value("found")
            .score(0.25)
            .severity(0.5)
            .uncertainty(0.75)
            .detail("at", 3)
            .cost(2.0);
        let full = written(&full);
        for (member, value) in [
            ("value", serde_json::json!("found")),
            ("score", serde_json::json!(0.25)),
            ("severity", serde_json::json!(0.5)),
            ("uncertainty", serde_json::json!(0.75)),
            ("details", serde_json::json!({"at": 3})),
            ("cost", serde_json::json!(2.0)),
        ] {
            assert_eq!(full[member], value, "{member}");
        }
        assert_eq!(full["violations"][0]["code"], "x");
    }

    #[test]
    fn a_closure_is_a_check_and_what_it_says_is_the_fault() {
        let check = |opinion: &Opinion| match opinion.score {
            Some(_) => Ok(()),
            None => Err(String::from("has no score")),
        };
        let faults = OpinionCheck::faults(&check, &Opinion::clean());
        assert_eq!(faults, [OpinionFault::Check("has no score".into())]);
        assert_eq!(OpinionCheck::faults(&check, &Opinion::clean().score(0.5)), []);
    }

    #[test]
    fn the_worst_severity_never_loses_a_nan() {
        let nan = Opinion::clean().severity(0.5).violation(Violation::new("x", "x", f64::NAN));
        assert!(nan.worst_severity().is_nan());
        let worse = Opinion::clean().severity(0.5).violation(Violation::new("x", "x", 0.9));
        assert_eq!(worse.worst_severity(), 0.9);
    }
}
