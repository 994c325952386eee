//! What a formula comes to in a run that somebody has: for holding a model against what it is a model of.

use tribunal_core::{Opinion, Outcome, View};

use super::formula::{Atom, Codes, Formula, Quantity};

impl Formula {
    /// Whether it holds of what a gate sees. What cannot be known from that, free atoms and languages, is asked of
    /// `unknown`. A critic that is not seen is one without an opinion.
    pub fn holds(&self, view: View<'_>, unknown: &dyn Fn(&Atom) -> bool) -> bool {
        match self {
            Self::Const(holds) => *holds,
            Self::Not(inner) => !inner.holds(view, unknown),
            Self::And(parts) => parts.iter().all(|part| part.holds(view, unknown)),
            Self::Or(parts) => parts.iter().any(|part| part.holds(view, unknown)),
            Self::Atom(atom) => atom.holds(view, unknown),
        }
    }
}

impl Atom {
    fn holds(&self, view: View<'_>, unknown: &dyn Fn(&Self) -> bool) -> bool {
        let seen = |name: &tribunal_core::CriticName| view.outcome(name.as_str());
        match self {
            Self::Phase(phase) => view.snapshot().phase() == *phase,
            Self::Risk(level) => view.snapshot().risk().reaches(*level),
            Self::Status(name, status) => seen(name).is_some_and(|o| o.status == *status),
            Self::Reaches(name, quantity, bound) => {
                bound.is_reached_by(seen(name).map_or(0.0, |outcome| number(outcome, *quantity)))
            }
            Self::Violations { of, codes, at_least } => {
                let counts =
                    of.iter().filter_map(seen).map(|o| severities(o, codes.as_ref()).count());
                counts.sum::<usize>() >= *at_least as usize
            }
            Self::CodeSeverity(name, codes, bound) => {
                let all = seen(name).into_iter().flat_map(|o| severities(o, Some(codes)));
                bound.is_reached_by(all.fold(0.0, f64::max))
            }
            Self::Failed(name) => seen(name).is_some_and(Outcome::is_failure),
            Self::Called(name) => seen(name).is_some_and(|o| o.opinion.is_some() || o.attempts > 0),
            Self::Language(_) | Self::Free(_) => unknown(self),
        }
    }
}

fn number(outcome: &Outcome, quantity: Quantity) -> f64 {
    let opinion = outcome.opinion.as_ref();
    match quantity {
        Quantity::Severity => opinion.map_or(0.0, Opinion::worst_severity),
        Quantity::Score => opinion.and_then(|opinion| opinion.score).unwrap_or_default(),
        Quantity::Uncertainty => outcome.doubt(),
        Quantity::Violations => opinion.map_or(0.0, |opinion| opinion.violations.len() as f64),
    }
}

/// How severe the violations are that have such a code.
fn severities(outcome: &Outcome, codes: Option<&Codes>) -> impl Iterator<Item = f64> {
    let all = outcome.opinion.as_ref().map_or(&[][..], |opinion| &opinion.violations);
    let such = all.iter().filter(move |v| codes.is_none_or(|codes| codes.contain(&v.code)));
    such.map(|violation| violation.severity)
}
