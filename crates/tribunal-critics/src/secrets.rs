//! Secrets that were pasted, printed or leaked: keys, tokens, passwords, private keys.
//!
//! Start at [`Secrets`]. The rules are a table beside this file; [`Secrets::rules`] lists them.

pub(crate) mod apart;
mod bare;
mod checks;
mod edges;
mod known;
mod placeholders;
mod random;
mod rules;
mod scan;
#[cfg(test)]
mod tests;
mod value;

use std::collections::BTreeMap;
use std::ops::Range;

use regex::Regex;
use thiserror::Error;
use tribunal_core::{
    Answer, Critic, CriticError, CriticKind, MayBeEmpty, Opinion, ParamProblem, ParamShape, Params,
    Pointer, Reads, Returns, Review, Shape, View, Violation,
};

use crate::MOST_VIOLATIONS;
use crate::fields::{Fields, OwnPlace};
use rules::{Rule, Specificity, rules};
use scan::{Found, Scanner};

/// Objects to secrets in the texts of a snapshot: API keys, access tokens, private keys, passwords.
///
/// Every rule knows the form that an issuer publishes: prefix, alphabet, length, and a checksum where there is
/// one. A secret without a form of its own is found by what stands around it: the name of its issuer, an
/// assignment to something called a key or a password, an address or a command line with a login, or by a short prefix
/// with random text behind it. These last ones are uncertain, and say so.
///
/// It **misses** secrets that are encoded, split or spelt out, passwords in running text, bare tokens of issuers that
/// have no rule where they are hex or have no prefix, and whatever looks like a placeholder (`EXAMPLE`,
/// `<your key>`, `${TOKEN}`, `xxxx`). It asks no issuer whether a key is still valid.
///
/// The opinion: one violation for each secret, `secret.<rule>`, whose span is the secret and nothing
/// else, with the replacement `[secret:<rule>]`; `value` counts them by rule; the uncertainty is that of the
/// worst. No more than [`MOST_VIOLATIONS`] are listed, the worst ones; `details.more` counts the others.
/// The secret itself is in no message and no detail.
///
/// ```
/// use tribunal_critics::Secrets;
///
/// let critic = Secrets::new().without(["jwt"])?.min_severity(0.7);
/// let text = ["export GITLAB=", "glpat-", "Qm3x9ZtK7vLw2RbY5sHd"].concat();
/// let found = critic.find(&text);
/// assert_eq!(found[0].rule, "gitlab-token");
/// assert_eq!(&text[..found[0].bytes.start], "export GITLAB=");
/// # Ok::<(), tribunal_critics::SecretsError>(())
/// ```
pub struct Secrets {
    fields: Fields,
    rules: Vec<&'static Rule>,
    /// Rules that were switched off and still say what a text is, so that no vaguer one objects to it.
    muted: Vec<&'static Rule>,
    scanner: Option<Scanner>,
    allow: Vec<Regex>,
    min_severity: f64,
}

/// A secret that [`Secrets::find`] found.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct FoundSecret {
    /// The id of the rule that found it.
    pub rule: &'static str,
    /// Where it stands; both ends on character boundaries.
    pub bytes: Range<usize>,
    /// How bad, from 0 to 1.
    pub severity: f64,
    /// How unsure, from 0 (a checksum agrees) to 1.
    pub uncertainty: f64,
}

/// Why a [`Secrets`] could not be built as asked.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SecretsError {
    /// There is no rule of that name.
    #[error("the list {0}")]
    Rule(String),
    /// A pattern for what is allowed cannot be compiled.
    #[error("pattern {at} {problem}")]
    Allow {
        /// Which of the patterns, from 0.
        at: usize,
        /// What is wrong with it.
        problem: String,
    },
}

impl Secrets {
    /// All rules, over `input_text` and `model_response`.
    #[must_use]
    pub fn new() -> Self {
        Self::over(Fields::default(), rules().iter().collect(), Vec::new())
    }

    /// With these rules, and those of the others that were switched off.
    fn over(fields: Fields, rules: Vec<&'static Rule>, off: Vec<&'static Rule>) -> Self {
        let names_a_form = |rule: &&Rule| rule.specificity > Specificity::Surroundings;
        let muted: Vec<_> = off.into_iter().filter(names_a_form).collect();
        let scanner = Scanner::new(rules.iter().chain(&muted).copied().collect());
        Self { fields, scanner, rules, muted, allow: Vec::new(), min_severity: 0.0 }
    }

    /// The same with other rules.
    fn with_rules(self, rules: Vec<&'static Rule>, off: Vec<&'static Rule>) -> Self {
        let Self { allow, min_severity, .. } = self;
        Self { allow, min_severity, ..Self::over(self.fields, rules, off) }
    }

    /// The ids of all rules there are, each with what it finds.
    pub fn rules() -> impl Iterator<Item = (&'static str, &'static str)> {
        rules().iter().map(|rule| (&*rule.id, &*rule.description))
    }

    /// Reads these fields instead; one that leads to an object or a list stands for every text in it.
    #[must_use]
    pub fn fields(mut self, fields: impl IntoIterator<Item = Pointer>) -> Self {
        self.fields = Fields::of(fields);
        self
    }

    /// Keeps to these rules.
    ///
    /// # Errors
    ///
    /// [`SecretsError::Rule`] for an id that no rule has.
    pub fn only<'a>(self, ids: impl IntoIterator<Item = &'a str>) -> Result<Self, SecretsError> {
        let chosen = chosen(ids.into_iter())?;
        let is_chosen = |rule: &&Rule| chosen.contains(&&*rule.id);
        let rules = self.rules.iter().copied().filter(is_chosen).collect();
        let muted = self.muted.iter().copied().filter(is_chosen).collect();
        Ok(self.with_rules(rules, muted))
    }

    /// Lets pass what these rules find: no other rule objects to it either, unless it knows its form as well.
    ///
    /// # Errors
    ///
    /// [`SecretsError::Rule`] for an id that no rule has.
    pub fn without<'a>(self, ids: impl IntoIterator<Item = &'a str>) -> Result<Self, SecretsError> {
        let chosen = chosen(ids.into_iter())?;
        let is_chosen = |rule: &&Rule| chosen.contains(&&*rule.id);
        let (off, rules): (Vec<_>, Vec<_>) = self.rules.iter().copied().partition(is_chosen);
        let off = self.muted.iter().copied().chain(off).collect();
        Ok(self.with_rules(rules, off))
    }

    /// Lets pass what one of these patterns matches anywhere within the secret.
    ///
    /// # Errors
    ///
    /// [`SecretsError::Allow`] for a pattern that does not compile.
    pub fn allow<'a>(
        mut self,
        patterns: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, SecretsError> {
        for (at, pattern) in patterns.into_iter().enumerate() {
            let compiled = compile(pattern);
            let compiled = compiled.map_err(|(problem, _)| SecretsError::Allow { at, problem })?;
            self.allow.push(compiled);
        }
        Ok(self)
    }

    /// Leaves out what is less severe than this, from 0 to 1.
    #[must_use]
    pub fn min_severity(mut self, severity: f64) -> Self {
        self.min_severity = if severity.is_nan() { 0.0 } else { severity };
        self
    }

    /// The secrets in a text, from left to right. They do not overlap.
    #[must_use]
    pub fn find(&self, text: &str) -> Vec<FoundSecret> {
        let found = self.scan(text).found;
        let public = |Found { rule, bytes, severity, uncertainty }| FoundSecret {
            rule: &rule.id,
            bytes,
            severity,
            uncertainty,
        };
        found.into_iter().map(public).collect()
    }

    fn scan(&self, text: &str) -> scan::Scan {
        let scanner = self.scanner.as_ref();
        let mut scan = scanner.map(|scanner| scanner.scan(text, &self.allow)).unwrap_or_default();
        let muted = |rule: &Rule| self.muted.iter().any(|muted| std::ptr::eq(*muted, rule));
        scan.found.retain(|it| it.severity >= self.min_severity && !muted(it.rule));
        scan
    }

    fn opinion(&self, view: View<'_>) -> Opinion {
        let mut all: Vec<(OwnPlace, Found)> = Vec::new();
        let mut incomplete = false;
        self.fields.each(view.snapshot(), |at, text| {
            let scan = self.scan(text);
            incomplete |= scan.incomplete;
            let any = !scan.found.is_empty();
            all.extend(scan.found.into_iter().map(|found| (at.own(), found)));
            any
        });
        let mut opinion = Opinion::clean();
        if !all.is_empty() {
            opinion = listed(all);
        }
        if incomplete {
            // What was not looked at to the end must not pass for clean.
            let unseen =
                Violation::new("secret.incomplete", "too dense to look at to the end", 0.5);
            opinion = opinion.violation(unseen).uncertainty(1.0).detail("incomplete", true);
        }
        opinion
    }
}

/// The worst of the findings as violations, in the order of the fields and the text.
fn listed(mut all: Vec<(OwnPlace, Found)>) -> Opinion {
    let mut counts: BTreeMap<&'static str, u64> = BTreeMap::new();
    for (_, found) in &all {
        *counts.entry(&found.rule.id).or_default() += 1;
    }
    let severity = all.iter().map(|(_, found)| found.severity).fold(0.0, f64::max);
    let worst = all.iter().filter(|(_, found)| found.severity >= severity);
    let uncertainty = worst.map(|(_, found)| found.uncertainty).fold(1.0, f64::min);
    let more = all.len().saturating_sub(MOST_VIOLATIONS);
    if more > 0 {
        // Stable, so of equals the first ones stay.
        all.sort_by(|(_, a), (_, b)| {
            b.severity.total_cmp(&a.severity).then(a.uncertainty.total_cmp(&b.uncertainty))
        });
        all.truncate(MOST_VIOLATIONS);
    }
    all.sort_by(|(a, x), (b, y)| a.cmp(b).then(x.bytes.start.cmp(&y.bytes.start)));
    let counts = counts.into_iter().map(|(id, count)| (id.to_owned(), count.into()));
    let mut opinion = Opinion::clean()
        .severity(severity)
        .uncertainty(uncertainty)
        .value(counts.collect::<serde_json::Map<_, _>>());
    opinion.violations = all.into_iter().map(|(at, found)| violation(at, found)).collect();
    if more > 0 { opinion.detail("more", more) } else { opinion }
}

fn violation(at: OwnPlace, Found { rule, bytes, severity, .. }: Found) -> Violation {
    let span = at.span(bytes, &*rule.id).replaced_by(&*rule.replacement);
    Violation::new(&*rule.code, &*rule.description, severity).at(span)
}

fn unknown_rule(id: &str) -> Option<String> {
    let known = || rules().iter().map(|rule| &*rule.id);
    (!known().any(|known| known == id)).then(|| crate::unknown::unknown("rule", id, known()))
}

fn chosen<'a>(ids: impl Iterator<Item = &'a str>) -> Result<Vec<&'a str>, SecretsError> {
    let check = |id| unknown_rule(id).map_or(Ok(id), |problem| Err(SecretsError::Rule(problem)));
    ids.map(check).collect()
}

/// The pattern, or what is wrong with it and from which byte to which.
fn compile(pattern: &str) -> Result<Regex, (String, Option<Range<usize>>)> {
    let said = |problem: &dyn std::fmt::Display| format!("is no regular expression: {problem}");
    if let Err(error) = regex_syntax::parse(pattern) {
        let (problem, part) = crate::syntax::fault(&error, pattern);
        return Err((said(&problem), Some(part)));
    }
    Regex::new(pattern).map_err(|error| (said(&error), None))
}

impl Default for Secrets {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ids: Vec<&str> = self.rules.iter().map(|rule| &*rule.id).collect();
        f.debug_struct("Secrets").field("fields", &self.fields).field("rules", &ids).finish()
    }
}

impl Critic for Secrets {
    fn review<'a>(&'a self, view: View<'a>) -> Review<'a> {
        Answer::now(Ok::<_, CriticError>(self.opinion(view)))
    }

    fn reads(&self) -> Reads {
        self.fields.reads()
    }

    fn returns(&self) -> Returns {
        let ids = || self.rules.iter().map(|rule| &*rule.id);
        let codes = ids().chain(["incomplete"]).map(|id| format!("secret.{id}"));
        Returns::codes(codes).with_value(Shape::object(ids(), &Shape::Integer))
    }
}

/// What the parameters mean, for editors.
const LINES: &[(&str, &str)] = &[
    crate::fields::LINE,
    ("rules", "Only these rules. All unless given."),
    ("disable", "All rules but these; what they find is let pass."),
    ("allow", "Regular expressions; a secret that one of them matches anywhere is let pass."),
    ("min_severity", "What is less severe than this, from 0 to 1, is left out."),
];

/// `fields`, `rules`, `disable`, `allow`, `min_severity`.
pub(crate) fn kind() -> CriticKind {
    CriticKind::new("secrets", "finds API keys, tokens, private keys and passwords", |params| {
        let fields = Fields::read(params);
        let only = ids(params, "rules");
        let without = ids(params, "disable").unwrap_or_default();
        let allow = patterns(params);
        let min_severity = params.number("min_severity", 0.0, 0.0..=1.0);
        let wanted = |rule: &&Rule| only.as_ref().is_none_or(|only| only.contains(&rule.id));
        let (off, chosen): (Vec<_>, Vec<_>) =
            rules().iter().filter(wanted).partition(|rule| without.contains(&rule.id));
        if chosen.is_empty() {
            params.fault(if params.has("rules") { "rules" } else { "disable" }, "leaves no rule");
        }
        Some(Secrets { allow, min_severity, ..Secrets::over(fields, chosen, off) })
    })
    .documented(LINES)
}

fn ids(params: &Params<'_>, key: &'static str) -> Option<Vec<String>> {
    let ids = || Box::new(ParamShape::word(rules().iter().map(|rule| &*rule.id)));
    params.shape(key, || ParamShape::List(ids(), MayBeEmpty::Yes));
    let ids = params.optional::<Vec<String>>(key)?;
    for (index, id) in ids.iter().enumerate() {
        if let Some(problem) = unknown_rule(id) {
            params.fault_at(key, index, ParamProblem::Word(problem));
        }
    }
    Some(ids)
}

fn patterns(params: &Params<'_>) -> Vec<Regex> {
    let patterns = params.optional::<Vec<String>>("allow").unwrap_or_default();
    let mut compiled = Vec::with_capacity(patterns.len());
    for (index, pattern) in patterns.iter().enumerate() {
        match compile(pattern) {
            Ok(regex) => compiled.push(regex),
            Err((problem, at)) => {
                params.fault_at("allow", index, ParamProblem::Pattern { problem, at });
            }
        }
    }
    compiled
}
