//! What can be promised about a pipeline.
//!
//! [`Promise::parse`] reads one; the language is in `docs/promises.md`.

mod parse;

use std::time::Duration;

use tribunal_core::{CriticName, Phase, RiskTier, Verdict};

pub use parse::ParseError;

use crate::model::{Bound, Quantity};

/// A promise: what is to hold, and in which runs.
#[derive(Debug, Clone, PartialEq)]
pub struct Promise {
    /// What is to hold.
    pub claim: Claim,
    /// The phases it is about; all of them where it names none.
    pub phases: Vec<Phase>,
    /// The risk from which on it is about a run, where it says so.
    pub risk: Option<RiskFrom>,
}

/// A risk that a snapshot states.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum RiskFrom {
    /// A tier at least so high, or one that cannot be read.
    Tier(RiskTier),
    /// A number at least so high, or one that cannot be read.
    Score(f64),
}

/// What is to hold.
#[derive(Debug, Clone, PartialEq)]
pub enum Claim {
    /// Nothing in the config keeps the critic from running.
    AlwaysRuns(CriticName),
    /// It runs in no run.
    NeverRuns(CriticName),
    /// It runs in every run in which one of these happens.
    RunsWhenever(CriticName, Vec<Event>),
    /// No run in which one of these happens ends in `allow`.
    NoAllowWhen(Vec<Event>),
    /// No run ends in `allow` in which the critic gave no opinion.
    NoAllowWithout(CriticName),
    /// Every run in which one of these happens ends in this verdict or a stricter one.
    VerdictWhen(Verdict, Vec<Event>),
    /// No run ends in `allow` in which an enforcing critic failed.
    NothingFailsOpen,
    /// No run takes longer.
    WorstLatency(Duration),
    /// No run costs more.
    WorstCost(f64),
    /// No run has more critics running.
    AtMost(u32),
}

/// Something that may happen in a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// To which critic.
    pub critic: CriticName,
    /// What.
    pub what: What,
}

/// What may happen to a critic.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum What {
    /// It gives an opinion with a violation.
    Objects,
    /// It gives an opinion of this severity or more.
    ObjectsAt(f64),
    /// It should have given an opinion and did not.
    Fails,
    /// It gives an opinion of this uncertainty or more.
    IsUncertain(f64),
    /// It runs.
    Runs,
}

impl Promise {
    /// Everything the claim asks of numbers: the model has to tell these apart.
    pub(crate) fn numbers(&self) -> Vec<(&CriticName, Quantity, Bound)> {
        let events = match &self.claim {
            Claim::RunsWhenever(_, events)
            | Claim::NoAllowWhen(events)
            | Claim::VerdictWhen(_, events) => events.as_slice(),
            _ => &[],
        };
        let asked = events.iter().filter_map(|event| {
            let (quantity, at) = match event.what {
                What::Objects => (Quantity::Violations, 1.0),
                What::ObjectsAt(at) => (Quantity::Severity, at),
                What::IsUncertain(at) => (Quantity::Uncertainty, at),
                What::Fails | What::Runs => return None,
            };
            Some((&event.critic, quantity, Bound::from(at)))
        });
        asked.collect()
    }

    /// The critics it names.
    #[must_use]
    pub fn critics(&self) -> Vec<&CriticName> {
        let (own, events) = match &self.claim {
            Claim::AlwaysRuns(name) | Claim::NeverRuns(name) | Claim::NoAllowWithout(name) => {
                (Some(name), &[][..])
            }
            Claim::RunsWhenever(name, events) => (Some(name), events.as_slice()),
            Claim::NoAllowWhen(events) | Claim::VerdictWhen(_, events) => (None, events.as_slice()),
            _ => (None, &[][..]),
        };
        own.into_iter().chain(events.iter().map(|event| &event.critic)).collect()
    }
}
