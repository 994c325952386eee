//! Texts that match patterns of one's own.
//!
//! Start at [`Pattern`]; how many rules are tried at once is the business of `pattern/sieve.rs`.

mod file;
mod rule;
mod sieve;

use std::collections::BTreeSet;

use thiserror::Error;
use tribunal_core::{
    Answer, Critic, CriticKind, Params, Pointer, Reads, Returns, Review, Span, View, Violation,
};

pub use rule::{Rule, RuleError};

use self::rule::Compiled;
use self::sieve::Sieve;
use crate::fields::Fields;
use crate::findings::{Findings, MOST_VIOLATIONS};

/// Objects to every match of its rules: regular expressions, each with a name and a severity.
///
/// **Catches** what can be written as a pattern: ticket numbers, code names, phrases, file paths.
/// **Misses** the same thing said otherwise, with other spelling, spacing or invisible characters between.
///
/// Matching takes time linear in the text, so there are no back-references and no look-around. Matches of
/// one rule do not overlap; those of different rules may. Where a rule has more matches than are looked for,
/// `details.not_counted_to_the_end` names it.
///
/// A pattern that begins with a literal of three or more bytes costs next to nothing on texts without it. One
/// that has none and uses `\b` is slow on large texts that are not ASCII; `(?-u:\b)` is not.
///
/// ```
/// # use tribunal_critics::{Pattern, PatternError, Rule};
/// let critic = Pattern::new([
///     Rule::new("ticket", r"\bTICKET-\d+\b").severity(0.3).replacement("[ticket]"),
///     Rule::new("code_name", "blue heron").case_insensitive(true).severity(0.9),
/// ])?;
/// # let _: std::sync::Arc<dyn tribunal_core::Critic> = std::sync::Arc::new(critic);
/// # Ok::<(), PatternError>(())
/// ```
#[derive(Debug)]
pub struct Pattern {
    fields: Fields,
    rules: Vec<Compiled>,
    sieve: Sieve,
}

/// Why a set of rules cannot be used.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum PatternError {
    /// Nothing to look for.
    #[error("needs at least one rule")]
    NoRules,
    /// More than [`Pattern::MOST_RULES`].
    #[error("at most {limit} rules, found {0}", limit = Pattern::MOST_RULES)]
    TooMany(usize),
    /// One rule is wrong.
    #[error("rule {index}: {error}")]
    Rule {
        /// Which, from 0.
        index: usize,
        /// In which way.
        #[source]
        error: RuleError,
    },
}

/// Most bytes that the matches of one rule in one text may read together, at the worst.
const READ_AT_MOST: usize = 64 << 20;

impl Pattern {
    /// Most rules of one critic.
    pub const MOST_RULES: usize = 1_000;
    /// Most matches of one rule that are looked for in one text. In a large text it is fewer, down to
    /// [`MOST_VIOLATIONS`]: finding each match may read all the rest of the text, and the time of all together
    /// is bounded.
    pub const MOST_MATCHES: usize = 10_000;

    /// Looks for these in the prompt and the answer.
    ///
    /// # Errors
    ///
    /// [`PatternError`] when there is no rule, too many, or one is wrong.
    pub fn new(rules: impl IntoIterator<Item = Rule>) -> Result<Self, PatternError> {
        let mut names = BTreeSet::new();
        let mut compiled = Vec::new();
        for (index, rule) in rules.into_iter().enumerate() {
            let rule = rule.compile(&mut names);
            compiled.push(rule.map_err(|error| PatternError::Rule { index, error })?);
        }
        Self::of(Fields::default(), compiled)
    }

    fn of(fields: Fields, rules: Vec<Compiled>) -> Result<Self, PatternError> {
        match rules.len() {
            0 => Err(PatternError::NoRules),
            many if many > Self::MOST_RULES => Err(PatternError::TooMany(many)),
            _ => Ok(Self { fields, sieve: Sieve::of(&rules), rules }),
        }
    }

    /// Which texts; the prompt and the answer unless set.
    #[must_use]
    pub fn fields(mut self, fields: impl IntoIterator<Item = Pointer>) -> Self {
        self.fields = Fields::of(fields);
        self
    }
}

impl Critic for Pattern {
    fn review<'a>(&'a self, view: View<'a>) -> Review<'a> {
        let mut findings = Findings::default();
        let mut uncounted: BTreeSet<&str> = BTreeSet::new();
        self.fields.each(view.snapshot(), |at, text| {
            let most =
                (READ_AT_MOST / text.len().max(1)).clamp(MOST_VIOLATIONS, Self::MOST_MATCHES);
            let candidates = self.sieve.candidates(text);
            for (rule, _) in self.rules.iter().zip(&candidates).filter(|(_, likely)| **likely) {
                let matches = rule.regex.find_iter(text).filter(|found| !found.is_empty());
                for (count, found) in matches.enumerate() {
                    if count >= most {
                        uncounted.insert(&rule.name);
                        break;
                    }
                    findings.add(rule.severity, || {
                        let mut span = Span::new(at.clone(), found.range(), rule.name.clone());
                        if let Some(replacement) = &rule.replacement {
                            span = span.replaced_by(replacement.clone());
                        }
                        Violation::new(rule.code.clone(), rule.message.clone(), rule.severity)
                            .at(span)
                    });
                }
            }
        });
        let mut opinion = findings.into_opinion();
        if !uncounted.is_empty() {
            let names: Vec<serde_json::Value> = uncounted.into_iter().map(Into::into).collect();
            opinion = opinion.detail("not_counted_to_the_end", names);
        }
        Answer::now(Ok(opinion))
    }

    fn reads(&self) -> Reads {
        self.fields.reads()
    }

    fn returns(&self) -> Returns {
        Returns::codes(self.rules.iter().map(|rule| rule.code.clone()))
    }
}

pub(crate) fn kind() -> CriticKind {
    CriticKind::new("pattern", "texts that match patterns of one's own", from_params)
}

fn from_params(params: &Params<'_>) -> Option<Pattern> {
    let fields = Fields::read(params);
    let names = std::cell::RefCell::new(BTreeSet::new());
    let given = params.has("rules");
    let rules = params.tables("rules", |params| Rule::read(params, &mut names.borrow_mut()));
    let rules: Vec<Compiled> = rules.into_iter().flatten().collect();
    if !given {
        // Notes that it is missing.
        params.required::<Vec<serde_json::Value>>("rules");
        return None;
    }
    match Pattern::of(fields, rules) {
        Ok(critic) => Some(critic),
        // Rules that are wrong have been left out and noted; an empty list has not.
        Err(PatternError::NoRules) => {
            let given = params.optional::<serde_json::Value>("rules");
            if given.is_some_and(|rules| rules.as_array().is_some_and(Vec::is_empty)) {
                params.fault("rules", "must have at least one rule");
            }
            None
        }
        Err(error) => {
            params.fault("rules", format!("does not do: {error}"));
            None
        }
    }
}

#[cfg(test)]
mod tests;
