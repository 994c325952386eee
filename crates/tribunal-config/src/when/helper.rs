//! The functions of the field: `any_violation()`, `max_severity('pii')` and their like.
//!
//! What a call means is a [`Helper`], resolved when the configuration is loaded; whoever reasons about a condition
//! without running it needs to know nothing else. In a run each call is worked out when it is reached, and once.

mod call;

use std::sync::{Arc, OnceLock};

use cel::common::types::{CelBool, CelDouble, CelInt};
use cel::common::value::CowVal;
use cel::context::VariableResolver;
use tribunal_core::{
    CriticName, Languages, Opinion, Outcome, Phase, RiskLevel, Snapshot, View, Violation,
};

pub(super) use self::call::{Call, Function, Given, Gives};

/// One call of a function of the field, with what it means.
///
/// "What the gate sees" are the outcomes that the plan lets it see, as in `prior`: never those that are monitored,
/// and never one whose being there depends on timing.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Helper {
    /// Whether there is a violation.
    AnyViolation(Among),
    /// How many violations there are.
    CountViolations(Among),
    /// The highest severity, from 0 to 1; 0 where there is no opinion. Among codes: of the violations with such a
    /// code; else as `prior.<critic>.severity`.
    MaxSeverity(Among),
    /// The highest uncertainty, from 0 to 1, as `prior.<critic>.uncertainty`: 1 where there should be an opinion
    /// and is none. Never among codes.
    MaxUncertainty(Among),
    /// Whether some critic should have given an opinion and did not. Never among codes.
    Failed(Among),
    /// Whether this critic gave an opinion or was called at least once.
    Ran(CriticName),
    /// Whether the risk that the snapshot states reaches the level, as for `on_high_risk`.
    RiskAtLeast(RiskLevel),
    /// Whether the text that is judged is in this language, by the code that [`Languages`] gives it.
    MatchesLanguage(&'static str),
}

/// Which of the outcomes that the gate sees.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Among {
    /// All of them.
    All,
    /// That of one critic.
    Critic(CriticName),
    /// Violations with this code, or one that goes on after it with a dot.
    Codes {
        /// The code, or its beginning up to a dot.
        code: String,
        /// Those that the gate sees and that may raise one.
        by: Vec<CriticName>,
    },
}

impl Among {
    /// Whether the outcome of this critic may be one of them.
    #[must_use]
    pub fn includes(&self, critic: &str) -> bool {
        match self {
            Self::All => true,
            Self::Critic(name) => *name == critic,
            Self::Codes { by, .. } => by.iter().any(|name| *name == critic),
        }
    }

    fn outcomes<'a>(&self, view: View<'a>) -> impl Iterator<Item = (&'a CriticName, &'a Outcome)> {
        view.prior().filter(move |(name, _)| match self {
            // What a critic declares is no promise: whoever raises the code is heard.
            Self::All | Self::Codes { .. } => true,
            Self::Critic(wanted) => *name == wanted,
        })
    }

    fn violations<'a>(&self, outcome: &'a Outcome) -> impl Iterator<Item = &'a Violation> {
        let all = outcome.opinion.as_ref().map_or(&[][..], |opinion| &opinion.violations);
        all.iter().filter(move |violation| match self {
            Self::Codes { code, .. } => is_within(&violation.code, code),
            Self::All | Self::Critic(_) => true,
        })
    }
}

/// Whether a code is that one, or goes on after it with a dot.
fn is_within(code: &str, prefix: &str) -> bool {
    code.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// What a call comes to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum HelperValue {
    /// True or false.
    Bool(bool),
    /// A count.
    Int(i64),
    /// A severity or an uncertainty.
    Double(f64),
}

impl Helper {
    /// Whether the outcome of this critic may change what it comes to.
    #[must_use]
    pub fn reads(&self, critic: &str) -> bool {
        match self {
            Self::AnyViolation(among)
            | Self::CountViolations(among)
            | Self::MaxSeverity(among)
            | Self::MaxUncertainty(among)
            | Self::Failed(among) => among.includes(critic),
            Self::Ran(name) => *name == critic,
            Self::RiskAtLeast(_) | Self::MatchesLanguage(_) => false,
        }
    }

    /// Whether it looks at all that the gate sees, so that the same words mean something else at another gate.
    pub(super) fn is_about_all_seen(&self) -> bool {
        match self {
            Self::AnyViolation(among)
            | Self::CountViolations(among)
            | Self::MaxSeverity(among)
            | Self::MaxUncertainty(among)
            | Self::Failed(among) => !matches!(among, Among::Critic(_)),
            Self::Ran(_) | Self::RiskAtLeast(_) | Self::MatchesLanguage(_) => false,
        }
    }

    /// What it comes to. A language that nobody can tell is none.
    #[must_use]
    pub fn value(
        &self,
        view: View<'_>,
        language: impl FnOnce() -> Option<&'static str>,
    ) -> HelperValue {
        match self {
            Self::AnyViolation(among) => HelperValue::Bool(
                among.outcomes(view).any(|(_, outcome)| among.violations(outcome).next().is_some()),
            ),
            Self::CountViolations(among) => {
                let count = among.outcomes(view).flat_map(|(_, outcome)| among.violations(outcome));
                HelperValue::Int(i64::try_from(count.count()).unwrap_or(i64::MAX))
            }
            Self::MaxSeverity(among) => {
                let severities = among.outcomes(view).map(|(_, outcome)| severity(among, outcome));
                HelperValue::Double(severities.fold(0.0, f64::max))
            }
            Self::MaxUncertainty(among) => {
                let doubts = among.outcomes(view).map(|(_, outcome)| outcome.doubt());
                HelperValue::Double(doubts.fold(0.0, f64::max))
            }
            Self::Failed(among) => {
                HelperValue::Bool(among.outcomes(view).any(|(_, outcome)| outcome.is_failure()))
            }
            Self::Ran(name) => HelperValue::Bool(
                view.outcome(name.as_str()).is_some_and(|o| o.opinion.is_some() || o.attempts > 0),
            ),
            Self::RiskAtLeast(level) => HelperValue::Bool(view.snapshot().risk().reaches(*level)),
            Self::MatchesLanguage(code) => HelperValue::Bool(language() == Some(code)),
        }
    }

    /// The outcomes that made it what it is, each with its part in it: for explaining, not for running.
    #[must_use]
    pub fn because(&self, view: View<'_>) -> Vec<(CriticName, HelperValue)> {
        let each = |among: &Among, part: &dyn Fn(&Outcome) -> HelperValue| {
            let parts = among.outcomes(view).map(|(name, outcome)| (name.clone(), part(outcome)));
            parts.filter(|(_, part)| part.is_something()).collect()
        };
        match self {
            Self::AnyViolation(among) | Self::CountViolations(among) => each(among, &|outcome| {
                let count = among.violations(outcome).count();
                HelperValue::Int(i64::try_from(count).unwrap_or(i64::MAX))
            }),
            Self::MaxSeverity(among) => {
                each(among, &|outcome| HelperValue::Double(severity(among, outcome)))
            }
            Self::MaxUncertainty(among) => {
                each(among, &|outcome| HelperValue::Double(outcome.doubt()))
            }
            Self::Failed(among) => each(among, &|outcome| HelperValue::Bool(outcome.is_failure())),
            Self::Ran(_) | Self::RiskAtLeast(_) | Self::MatchesLanguage(_) => Vec::new(),
        }
    }
}

fn severity(among: &Among, outcome: &Outcome) -> f64 {
    match among {
        Among::Codes { .. } => {
            among.violations(outcome).map(|violation| violation.severity).fold(0.0, f64::max)
        }
        Among::All | Among::Critic(_) => {
            outcome.opinion.as_ref().map_or(0.0, Opinion::worst_severity)
        }
    }
}

impl HelperValue {
    fn is_something(self) -> bool {
        match self {
            Self::Bool(on) => on,
            Self::Int(count) => count != 0,
            Self::Double(number) => number != 0.0,
        }
    }

    fn to_cel<'b>(self) -> CowVal<'b, 'b> {
        match self {
            Self::Bool(on) => CowVal::owned(CelBool::from(on)),
            Self::Int(count) => CowVal::owned(CelInt::from(count)),
            Self::Double(number) => CowVal::owned(CelDouble::from(number)),
        }
    }
}

/// Answers for the calls of one evaluation, each when it is asked for.
pub(super) struct Answers<'v> {
    helpers: &'v [Helper],
    languages: Option<&'v Arc<dyn Languages>>,
    view: View<'v>,
    told: Box<[OnceLock<HelperValue>]>,
    language: OnceLock<Option<&'static str>>,
}

/// What a variable is called that stands for a call. Nothing that is written in an expression is called so.
const VARIABLE: &str = "@helper";

pub(super) fn variable(index: usize) -> String {
    format!("{VARIABLE}{index}")
}

pub(super) fn index_of(variable: &str) -> Option<usize> {
    variable.strip_prefix(VARIABLE)?.parse().ok()
}

impl<'v> Answers<'v> {
    pub(super) fn new(
        helpers: &'v [Helper],
        languages: Option<&'v Arc<dyn Languages>>,
        view: View<'v>,
    ) -> Self {
        let told = helpers.iter().map(|_| OnceLock::new()).collect();
        Self { helpers, languages, view, told, language: OnceLock::new() }
    }

    fn language(&self) -> Option<&'static str> {
        let ask = || self.languages?.of(judged(self.view.snapshot()));
        *self.language.get_or_init(ask)
    }
}

/// The text whose language counts: the answer where an answer is judged, else the prompt.
fn judged(snapshot: &Snapshot) -> &str {
    match snapshot.phase() {
        Phase::Output => snapshot.model_response(),
        _ => snapshot.input_text(),
    }
}

impl VariableResolver for Answers<'_> {
    fn resolve<'b>(&'b self, variable: &str) -> Option<CowVal<'b, 'b>> {
        let index = index_of(variable)?;
        let (helper, told) = (self.helpers.get(index)?, self.told.get(index)?);
        // In a walk over a list it is asked for each item.
        let value = told.get_or_init(|| helper.value(self.view, || self.language()));
        Some(value.to_cel())
    }
}
