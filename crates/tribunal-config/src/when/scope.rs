//! What an expression may refer to at its place in a plan: the critics that its gate sees, with what they return.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use tribunal_core::{CriticName, Languages, Returns, nearest};

use super::{Expression, Fault};
use crate::Code;

/// What an expression may refer to that stands in no file. See [`Expression::parse`].
#[derive(Clone, Default)]
pub struct Sight {
    /// The critics whose outcomes it sees, with what they return.
    pub seen: BTreeMap<CriticName, Returns>,
    /// Those whose outcomes it does not see, with the reason, as in "`x` is only monitored".
    pub unseen: BTreeMap<CriticName, String>,
    /// Who tells languages.
    pub languages: Option<Arc<dyn Languages>>,
}

impl Expression {
    /// Parses and checks an expression, as `when` of a critic whose gate sees this.
    ///
    /// # Errors
    ///
    /// Every part that does not do; those that no place could help come first and alone.
    pub fn parse(text: &str, sight: &Sight) -> Result<Self, Vec<Fault>> {
        let unseen = |name: &str| {
            let found = sight.unseen.iter().find(|(other, _)| **other == name);
            found.map(|(_, why)| (Code::UnseenCritic, why.clone(), None))
        };
        let scope = Scope {
            whose: None,
            seen: sight.seen.clone(),
            unseen: &unseen,
            noted: &|_| false,
            languages: sight.languages.clone(),
        };
        Self::compile(text)?.bind(&scope)
    }
}

/// Why a critic cannot be seen, and what to do about it; `None` where there is none of that name.
pub(crate) type Unseen<'s> = dyn Fn(&str) -> Option<(Code, String, Option<String>)> + 's;

/// What an expression may refer to.
pub(crate) struct Scope<'s> {
    /// The critic whose gate it is, where that is known.
    pub(crate) whose: Option<&'s CriticName>,
    /// The critics whose outcomes the gate sees.
    pub(crate) seen: BTreeMap<CriticName, Returns>,
    pub(crate) unseen: &'s Unseen<'s>,
    /// Names that are wrong by themselves, which has been noted elsewhere.
    pub(crate) noted: &'s dyn Fn(&str) -> bool,
    pub(crate) languages: Option<Arc<dyn Languages>>,
}

impl Scope<'_> {
    pub(super) fn returns(&self, critic: &str) -> Option<&Returns> {
        self.seen.iter().find(|(name, _)| **name == critic).map(|(_, returns)| returns)
    }

    /// Whether a critic is called so, seen or not.
    pub(super) fn is_critic(&self, text: &str) -> bool {
        self.returns(text).is_some() || (self.noted)(text) || (self.unseen)(text).is_some()
    }

    /// The critic of that name, if the gate sees it.
    pub(super) fn critic(&self, name: &str, part: &Range<usize>) -> Result<CriticName, Fault> {
        if let Some((name, _)) = self.seen.iter().find(|(seen, _)| **seen == name) {
            return Ok(name.clone());
        }
        let (code, problem, help) = (self.unseen)(name).unwrap_or_else(|| {
            let shown: String = name.chars().take(80).collect();
            let problem = format!("there is no critic called `{}`", shown.escape_debug());
            let names = self.seen.keys().map(CriticName::as_str);
            (Code::UnknownCritic, problem, crate::nearest::meant(name, names))
        });
        let mut fault = Fault::new(part.clone(), problem).with(code);
        fault.help = help;
        Err(fault)
    }

    /// Those that may raise a code that is this one, or goes on after it with a dot.
    pub(super) fn raising(&self, code: &str) -> impl Iterator<Item = &CriticName> {
        let inner = format!("{code}.");
        let raises = move |returns: &Returns| returns.may_raise(code) || returns.may_begin(&inner);
        self.seen.iter().filter(move |(_, returns)| raises(returns)).map(|(name, _)| name)
    }

    /// Whether one of them declares a code that is this one, or goes on after it with a dot.
    pub(super) fn declares(&self, code: &str) -> bool {
        let inner = format!("{code}.");
        let declared = self.seen.values().filter(|returns| returns.known_codes().is_some());
        declared.into_iter().any(|returns| returns.may_raise(code) || returns.may_begin(&inner))
    }

    /// The critic, the code or the family of codes that may have been meant.
    pub(super) fn meant(&self, text: &str) -> Option<String> {
        let codes = || self.seen.values().filter_map(Returns::known_codes).flatten();
        let families = codes().filter_map(|code| Some(code.split_once('.')?.0));
        let words = self.seen.keys().map(CriticName::as_str).chain(families);
        let found = nearest(text, words.chain(codes().map(|code| &**code)))?;
        Some(format!("did you mean `{found}`?"))
    }
}
