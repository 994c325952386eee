//! The rules, read once from the table beside this file; a regex is compiled when its rule is first needed.

use std::sync::OnceLock;

use aho_corasick::AhoCorasick;
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
    /// How many bytes before its keyword a match may begin; each is tried.
    pub(super) backs: Vec<usize>,
    /// Bytes from its start on in which it must end.
    pub(super) ahead: usize,
    /// It may hold white space and quotes.
    pub(super) spans: bool,
    /// One of these must stand within `ahead`, or the regex need not be asked.
    pub(super) needs: Option<AhoCorasick>,
    /// A word that must stand before the keyword.
    pub(super) after: Option<String>,
    /// The secret is the value of a name with a keyword in it.
    pub(super) assigned: bool,
    /// It has no keyword: the text is searched for tokens that stand alone.
    pub(super) bare: bool,
    /// Between quotes it may be anything of at least this length.
    pub(super) quoted: Option<usize>,
    /// Names such as `public_key` and `key_id` hold none.
    pub(super) harmless: Harmless,
    pub(super) entropy: f64,
    pub(super) severity: f64,
    pub(super) uncertainty: f64,
    pub(super) check: Option<Check>,
    /// Where a keyword counts.
    pub(super) edge: Edge,
    pub(super) specificity: Specificity,
    /// What the regex matches is never shorter.
    pub(super) least: usize,
    pattern: String,
    regex: OnceLock<Option<Regex>>,
}

/// Where a keyword has to stand to count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Edge {
    /// At the start of a word.
    Word,
    /// As a word of a name: `OKTA_token`, `myOktaToken`, and not `bookTable`.
    Issuer,
    /// The same, and the word ends there too: `smtp_pass`, and not `password`.
    Whole,
    /// Within a name, at the end of a word: `apikey`, and not `keyboard`.
    Name,
    /// Wherever it likes.
    Anywhere,
}

/// Which names a rule passes over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Harmless {
    /// None.
    Never,
    /// Those that speak of something public, and identifiers.
    Names,
    /// The same, but not the identifiers of clients, which go with their secrets.
    NamesButClients,
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
    #[serde(default)]
    keywords: Vec<String>,
    regex: Option<String>,
    assigned: Option<String>,
    #[serde(default)]
    before: Vec<usize>,
    ahead: Option<usize>,
    #[serde(default)]
    spans: bool,
    #[serde(default)]
    needs: Vec<String>,
    after: Option<String>,
    #[serde(default)]
    ignore_case: bool,
    quoted: Option<usize>,
    harmless: Option<Harmless>,
    entropy: Option<f64>,
    severity: Option<f64>,
    uncertainty: Option<f64>,
    check: Option<Check>,
    left: Option<String>,
    #[serde(default)]
    generic: bool,
    #[serde(default)]
    bare: bool,
}

impl From<Written> for Rule {
    fn from(written: Written) -> Self {
        let Written { id, description, keywords, ahead, check, generic, spans, needs, .. } =
            written;
        let assigned = written.assigned.is_some();
        let case = if written.ignore_case { "(?i)" } else { "" };
        let pattern = match (written.regex, written.assigned) {
            (Some(regex), _) => format!(r"{case}\A(?:{regex})"),
            (None, Some(value)) => format!(r"\A({value})"),
            (None, None) => String::new(),
        };
        let named = assigned && !generic;
        let harmless = if generic { Harmless::Names } else { Harmless::Never };
        Self {
            code: format!("secret.{id}"),
            replacement: format!("[secret:{id}]"),
            id,
            description,
            keywords,
            backs: if written.before.is_empty() { vec![0] } else { written.before },
            ahead: ahead.unwrap_or(320),
            spans,
            needs: (!needs.is_empty()).then(|| AhoCorasick::new(&needs).ok()).flatten(),
            after: written.after,
            assigned,
            bare: written.bare,
            quoted: written.quoted,
            harmless: written.harmless.unwrap_or(harmless),
            entropy: written.entropy.unwrap_or(2.5),
            severity: written.severity.unwrap_or(0.9),
            uncertainty: written.uncertainty.unwrap_or(if named { 0.2 } else { 0.05 }),
            check,
            edge: match (written.left.as_deref(), named, assigned) {
                (Some("any"), ..) => Edge::Anywhere,
                (Some("whole"), ..) => Edge::Whole,
                (Some("word"), ..) | (None, false, false) => Edge::Word,
                (Some(_), ..) | (_, true, _) => Edge::Issuer,
                (_, false, true) => Edge::Name,
            },
            specificity: match (generic, assigned) {
                (true, _) => Specificity::Surroundings,
                (false, true) => Specificity::Named,
                (false, false) => Specificity::Form,
            },
            least: least(&pattern),
            pattern,
            regex: OnceLock::new(),
        }
    }
}

/// How long a match is at least.
fn least(pattern: &str) -> usize {
    let parser = regex_syntax::ParserBuilder::new().unicode(false).utf8(false).build();
    let parsed = { parser }.parse(pattern).ok();
    parsed.and_then(|hir| hir.properties().minimum_len()).unwrap_or_default()
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
            assert!(rule.keywords.iter().all(|keyword| keyword.len() > 1), "{id}");
            assert_eq!(rule.keywords.is_empty(), rule.bare, "{id}");
            assert!((0.0..=1.0).contains(&rule.severity), "{id}");
            assert!((0.0..=1.0).contains(&rule.uncertainty), "{id}");
            let regex = RegexBuilder::new(&rule.pattern).unicode(false).build();
            let groups = regex.unwrap_or_else(|error| panic!("{id}: {error}")).captures_len();
            assert!(groups > 1 || rule.bare, "{id} has no group for the secret");
        }
        assert!(ids.len() >= 60);
    }
}
