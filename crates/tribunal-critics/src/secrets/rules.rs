//! The rules, read once from the table beside this file; a regex is compiled when its rule is first needed.

use std::sync::OnceLock;

use regex::bytes::{Regex, RegexBuilder};
use serde::Deserialize;

use super::checks::Check;

/// One kind of secret.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) id: String,
    pub(super) code: String,
    pub(super) replacement: String,
    pub(super) description: String,
    pub(super) keywords: Vec<String>,
    /// Bytes before a keyword in which a match may begin. With none it begins at the keyword.
    pub(super) before: usize,
    /// Bytes from the keyword on in which it must end.
    pub(super) ahead: usize,
    pub(super) entropy: f64,
    pub(super) severity: f64,
    pub(super) uncertainty: f64,
    pub(super) check: Option<Check>,
    /// Where a keyword counts.
    pub(super) edge: Edge,
    pub(super) specificity: Specificity,
    pattern: String,
    regex: OnceLock<Option<Regex>>,
}

/// Where a keyword has to stand to count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Edge {
    /// At the start of a word.
    Word,
    /// As a word of a name: `OKTA_token`, `myOktaToken`, and not `bookTable`.
    Name,
    /// Wherever it likes.
    Anywhere,
}

/// What a finding rests on. Of two that overlap, the more specific one stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Specificity {
    /// What stands around it.
    Surroundings,
    /// The name of the issuer, and the form.
    Named,
    /// Its own form.
    Form,
}

#[derive(Deserialize)]
struct Table {
    rule: Vec<Written>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    id: String,
    description: String,
    keywords: Vec<String>,
    regex: Option<String>,
    assigned: Option<String>,
    before: Option<usize>,
    ahead: Option<usize>,
    entropy: Option<f64>,
    severity: Option<f64>,
    uncertainty: Option<f64>,
    check: Option<Check>,
    left: Option<String>,
    #[serde(default)]
    generic: bool,
}

impl From<Written> for Rule {
    fn from(written: Written) -> Self {
        let Written { id, description, keywords, before, ahead, check, generic, .. } = written;
        let before = before.unwrap_or(0);
        let named = written.assigned.is_some();
        let pattern = match (written.regex, written.assigned) {
            (_, Some(secret)) => assigned(&keywords, &secret),
            (Some(regex), None) if before == 0 => format!(r"\A(?:{regex})"),
            (regex, None) => regex.unwrap_or_default(),
        };
        Self {
            code: format!("secret.{id}"),
            replacement: format!("[secret:{id}]"),
            id,
            description,
            keywords,
            before,
            ahead: ahead.unwrap_or(320),
            entropy: written.entropy.unwrap_or(2.5),
            severity: written.severity.unwrap_or(0.9),
            uncertainty: written.uncertainty.unwrap_or(if named { 0.2 } else { 0.05 }),
            check,
            edge: match (named, written.left.as_deref()) {
                (true, _) => Edge::Name,
                (false, Some("any")) => Edge::Anywhere,
                (false, _) => Edge::Word,
            },
            specificity: match (generic, named) {
                (true, _) => Specificity::Surroundings,
                (false, true) => Specificity::Named,
                (false, false) => Specificity::Form,
            },
            pattern,
            regex: OnceLock::new(),
        }
    }
}

/// `NAME_api_key = "secret"` and its relatives: JSON, YAML, shells, headers, calls with two arguments.
fn assigned(keywords: &[String], secret: &str) -> String {
    let names: Vec<String> = keywords.iter().map(|keyword| regex::escape(keyword)).collect();
    format!(
        "{}{}{}({secret})",
        format_args!(r"\A(?i:{})", names.join("|")),
        r#"[A-Za-z0-9_. -]{0,40}["'`\])\\]{0,4}\s{0,4}"#,
        r#"(?:[:?]{0,3}={1,3}|=>|->|:|,|>|\bis\b)[\s"'`\\(=]{0,8}(?:(?i:bearer|basic|token)\s{1,2})?"#,
    )
}

impl Rule {
    /// `None` only for a pattern that does not compile, and a test compiles them all.
    pub(super) fn regex(&self) -> Option<&Regex> {
        let compile = || RegexBuilder::new(&self.pattern).unicode(false).build().ok();
        self.regex.get_or_init(compile).as_ref()
    }
}

/// All rules, in the order of the table.
pub(super) fn rules() -> &'static [Rule] {
    static RULES: OnceLock<Vec<Rule>> = OnceLock::new();
    RULES.get_or_init(|| {
        // The table is part of the program, and a test reads it.
        let table: Option<Table> = toml::from_str(include_str!("rules.toml")).ok();
        table.map(|table| table.rule.into_iter().map(Rule::from).collect()).unwrap_or_default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_table_is_read_and_every_rule_makes_sense() {
        toml::from_str::<Table>(include_str!("rules.toml"))
            .unwrap_or_else(|error| panic!("{error}"));
        let mut ids = BTreeSet::new();
        for rule in rules() {
            let id = &rule.id;
            assert!(ids.insert(id), "{id} twice");
            assert!(id.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-')), "{id}");
            assert!(!rule.keywords.is_empty() && rule.keywords.iter().all(|k| k.len() > 1), "{id}");
            assert!((0.0..=1.0).contains(&rule.severity), "{id}");
            assert!((0.0..=1.0).contains(&rule.uncertainty), "{id}");
            let regex = RegexBuilder::new(&rule.pattern).unicode(false).build();
            let groups = regex.unwrap_or_else(|error| panic!("{id}: {error}")).captures_len();
            assert!(groups > 1, "{id} has no group for the secret");
        }
        assert!(ids.len() >= 60);
    }
}
