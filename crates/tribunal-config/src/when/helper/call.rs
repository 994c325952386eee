//! A call as it is written, and how it gets its meaning.

use std::ops::Range;

use tribunal_core::{CriticName, RiskLevel, RiskTier};

use super::{Among, Helper};
use crate::Code;
use crate::nearest::{listed, meant};
use crate::when::Fault;
use crate::when::scope::Scope;

/// The functions by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::when) enum Function {
    AnyViolation,
    CountViolations,
    MaxSeverity,
    MaxUncertainty,
    Failed,
    Ran,
    RiskAtLeast,
    MatchesLanguage,
}

/// What a call gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::when) enum Gives {
    Bool,
    Int,
    Double,
}

impl Function {
    pub(in crate::when) const ALL: &'static [(&'static str, Self)] = &[
        ("any_violation", Self::AnyViolation),
        ("count_violations", Self::CountViolations),
        ("max_severity", Self::MaxSeverity),
        ("max_uncertainty", Self::MaxUncertainty),
        ("failed", Self::Failed),
        ("ran", Self::Ran),
        ("risk_at_least", Self::RiskAtLeast),
        ("matches_language", Self::MatchesLanguage),
    ];

    pub(in crate::when) fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == name).map(|(_, function)| *function)
    }

    pub(in crate::when) fn gives(self) -> Gives {
        match self {
            Self::AnyViolation
            | Self::Failed
            | Self::Ran
            | Self::RiskAtLeast
            | Self::MatchesLanguage => Gives::Bool,
            Self::CountViolations => Gives::Int,
            Self::MaxSeverity | Self::MaxUncertainty => Gives::Double,
        }
    }

    /// What it takes, to stand after "takes"; and whether it can do without.
    fn takes(self) -> (&'static str, bool) {
        match self {
            Self::AnyViolation | Self::CountViolations | Self::MaxSeverity => {
                ("at most a critic or a code, in quotes", true)
            }
            Self::MaxUncertainty | Self::Failed => ("at most a critic, in quotes", true),
            Self::Ran => ("a critic, in quotes", false),
            Self::RiskAtLeast => ("a tier in quotes, or a number above 0 and up to 1", false),
            Self::MatchesLanguage => ("the code of a language, in quotes", false),
        }
    }

    fn reads_outcomes(self) -> bool {
        !matches!(self, Self::RiskAtLeast | Self::MatchesLanguage)
    }
}

/// Which number is as high as which tier, around `high` and 0.7 of `on_high_risk`. A risk may be stated as either.
const SCALE: [(RiskTier, f64); 4] = [
    (RiskTier::Low, 0.1),
    (RiskTier::Medium, 0.4),
    (RiskTier::High, 0.7),
    (RiskTier::Critical, 0.9),
];

/// What stands in the brackets of a call.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::when) enum Given {
    Nothing,
    Text(String),
    Number(f64),
}

/// A call as it is written.
#[derive(Debug, Clone)]
pub(in crate::when) struct Call {
    /// The node it stands at.
    pub(in crate::when) id: u64,
    pub(in crate::when) function: Function,
    given: Given,
    /// Where its name stands, and where what is in its brackets.
    name: Range<usize>,
    argument: Range<usize>,
}

impl Call {
    /// Whether it is given what it takes. What that stands for is found out when it is resolved.
    pub(in crate::when) fn check(
        id: u64,
        function: Function,
        given: Option<Given>,
        [name, argument]: [Range<usize>; 2],
    ) -> Result<Self, Fault> {
        let (takes, optional) = function.takes();
        let fits = match (&given, function) {
            (Some(Given::Nothing), _) => optional,
            (Some(Given::Text(_)), _) => true,
            (Some(Given::Number(number)), Function::RiskAtLeast) => *number > 0.0 && *number <= 1.0,
            (Some(Given::Number(_)) | None, _) => false,
        };
        match given.filter(|_| fits) {
            Some(given) => Ok(Self { id, function, given, name, argument }),
            None => {
                let called = Function::ALL.iter().find(|(_, known)| *known == function);
                let called = called.map_or("", |(name, _)| name);
                Err(Fault::new(name, format!("`{called}` takes {takes}")))
            }
        }
    }

    pub(in crate::when) fn reads_outcomes(&self) -> bool {
        self.function.reads_outcomes()
    }

    /// What it means where the gate sees just this.
    pub(in crate::when) fn resolve(&self, scope: &Scope<'_>) -> Result<Helper, Fault> {
        let critic = |name: &str| scope.critic(name, &self.argument);
        Ok(match (self.function, &self.given) {
            (Function::AnyViolation, given) => Helper::AnyViolation(self.among(given, scope)?),
            (Function::CountViolations, given) => {
                Helper::CountViolations(self.among(given, scope)?)
            }
            (Function::MaxSeverity, given) => Helper::MaxSeverity(self.among(given, scope)?),
            (Function::MaxUncertainty, Given::Text(name)) => {
                Helper::MaxUncertainty(Among::Critic(critic(name)?))
            }
            (Function::MaxUncertainty, _) => Helper::MaxUncertainty(Among::All),
            (Function::Failed, Given::Text(name)) => Helper::Failed(Among::Critic(critic(name)?)),
            (Function::Failed, _) => Helper::Failed(Among::All),
            (Function::Ran, Given::Text(name)) => Helper::Ran(critic(name)?),
            (Function::RiskAtLeast, Given::Text(word)) => Helper::RiskAtLeast(self.tier(word)?),
            (Function::RiskAtLeast, Given::Number(number)) => {
                let tier = SCALE.iter().find(|(_, score)| score >= number);
                let level =
                    RiskLevel::new(tier.map_or(RiskTier::Critical, |(tier, _)| *tier), *number);
                Helper::RiskAtLeast(level.unwrap_or_default())
            }
            (Function::MatchesLanguage, Given::Text(asked)) => {
                let Some(languages) = &scope.languages else {
                    let problem = "there is nobody to ask for languages in this build";
                    return Err(Fault::new(self.name.clone(), problem));
                };
                let code = languages.code(asked);
                Helper::MatchesLanguage(code.map_err(|problem| {
                    let problem = format!("what `matches_language` is given {problem}");
                    Fault::new(self.argument.clone(), problem).with(Code::UnknownWord)
                })?)
            }
            // Refused when it was read.
            (Function::Ran | Function::RiskAtLeast | Function::MatchesLanguage, _) => {
                return Err(Fault::new(self.name.clone(), "lacks what it takes"));
            }
        })
    }

    fn tier(&self, word: &str) -> Result<RiskLevel, Fault> {
        let Ok(tier) = word.parse::<RiskTier>() else {
            let shown = word.chars().take(80).collect::<String>();
            let problem = format!("there is no risk tier `{}`", shown.escape_debug());
            let mut fault = Fault::new(self.argument.clone(), problem).with(Code::UnknownWord);
            let words = || RiskTier::ALL.iter().map(|tier| tier.as_str());
            let list = format!("there are {}", listed(words(), "and"));
            fault.help = Some(meant(word, words()).unwrap_or(list));
            return Err(fault);
        };
        let score = SCALE.iter().find(|(known, _)| *known == tier).map_or(1.0, |(_, score)| *score);
        Ok(RiskLevel::new(tier, score).unwrap_or_default())
    }

    /// A critic where there is one of that name, else the beginning of codes.
    fn among(&self, given: &Given, scope: &Scope<'_>) -> Result<Among, Fault> {
        let Given::Text(text) = given else { return Ok(Among::All) };
        if scope.is_critic(text) {
            return scope.critic(text, &self.argument).map(Among::Critic);
        }
        let code = text.trim_end_matches('*').trim_end_matches('.');
        // A word alone may be a critic's name with a slip in it, and someone who declares nothing may raise any code.
        let is_meant = text.contains(['.', '*']) || scope.declares(code);
        let by: Vec<CriticName> = scope.raising(code).cloned().collect();
        if is_meant && !by.is_empty() && !code.is_empty() {
            return Ok(Among::Codes { code: code.to_owned(), by });
        }
        let shown: String = text.chars().take(80).collect();
        let problem = format!(
            "`{}` is no critic that the gate sees, and none of them is known to raise a code that begins so",
            shown.escape_debug()
        );
        let mut fault = Fault::new(self.argument.clone(), problem).with(Code::NeverReturned);
        let codes = || format!("codes that begin so are written `'{code}.'`");
        let may = !is_meant && !by.is_empty() && !code.is_empty();
        fault.help = scope.meant(text).or_else(|| may.then(codes));
        Err(fault)
    }
}
