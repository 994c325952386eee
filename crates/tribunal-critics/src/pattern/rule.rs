//! One rule: a pattern with a name, checked and compiled.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;

use regex::{Regex, RegexBuilder};
use regex_syntax::hir::Hir;
use regex_syntax::{Error as SyntaxError, ParserBuilder};
use thiserror::Error;
use tribunal_core::{ParamProblem, Params};

use super::{Pattern, file};

/// Most memory of one compiled pattern, and of the cache that matching it fills.
const COMPILED_BYTES: usize = 1 << 20;
/// Longest pattern, in bytes.
const PATTERN_BYTES: usize = 8 * 1024;

/// A pattern to look for, and what to say of a match.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    name: String,
    pattern: String,
    severity: f64,
    message: Option<String>,
    replacement: Option<String>,
    case_insensitive: bool,
}

/// Why a rule cannot be used.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum RuleError {
    /// The name has other characters, or too many.
    #[error("`name` must be 1 to 64 of a-z, 0-9, `_`, `.` and `-`")]
    Name,
    /// An earlier rule has that name.
    #[error("`name` is that of an earlier rule: `{0}`")]
    NameTwice(String),
    /// Not a regular expression.
    #[error("`pattern` does not do: {problem}, at character {character}")]
    Syntax {
        /// What is wrong, in the words of the regex engine.
        problem: String,
        /// Where, from 1.
        character: usize,
        /// From which byte to which.
        part: Range<usize>,
    },
    /// Too long, or too large once it is compiled.
    #[error("`pattern` is too large: {0}")]
    TooLarge(String),
    /// It matches where there is nothing.
    #[error("`pattern` matches the empty text, and so every text")]
    MatchesNothing,
    /// Out of range.
    #[error("`severity` must lie within 0 to 1, found {0}")]
    Severity(f64),
}

impl RuleError {
    /// Which part of the rule is wrong.
    #[must_use]
    pub const fn key(&self) -> &'static str {
        match self {
            Self::Name | Self::NameTwice(_) => "name",
            Self::Syntax { .. } | Self::TooLarge(_) | Self::MatchesNothing => "pattern",
            Self::Severity(_) => "severity",
        }
    }

    /// From which byte to which of the pattern, where it is a part of it that is wrong.
    #[must_use]
    pub fn part(&self) -> Option<Range<usize>> {
        match self {
            Self::Syntax { part, .. } => Some(part.clone()),
            _ => None,
        }
    }
}

impl Rule {
    /// A rule of severity 0.5 that minds upper and lower case.
    ///
    /// The name ends up in the code of violations, `pattern.<name>`: 1 to 64 of `a-z`, `0-9`, `_`, `.`, `-`.
    #[must_use]
    pub fn new(name: impl Into<String>, pattern: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            pattern: pattern.into(),
            severity: 0.5,
            message: None,
            replacement: None,
            case_insensitive: false,
        }
    }

    /// How bad a match is, from 0 to 1.
    #[must_use]
    pub fn severity(mut self, severity: f64) -> Self {
        self.severity = severity;
        self
    }

    /// What to say of a match. It goes where reports go: nothing private.
    #[must_use]
    pub fn message(mut self, message: impl Into<String>) -> Self {
        self.message = Some(message.into());
        self
    }

    /// What may stand in place of a match.
    #[must_use]
    pub fn replacement(mut self, replacement: impl Into<String>) -> Self {
        self.replacement = Some(replacement.into());
        self
    }

    /// Whether upper and lower case are the same.
    #[must_use]
    pub fn case_insensitive(mut self, case_insensitive: bool) -> Self {
        self.case_insensitive = case_insensitive;
        self
    }

    /// Checks and compiles; `names` are those of the rules before, and take up this one.
    pub(super) fn compile(self, names: &mut BTreeSet<String>) -> Result<Compiled, RuleError> {
        self.check(names)?;
        self.compiled()
    }

    /// Whether the name and the severity do.
    fn check(&self, names: &mut BTreeSet<String>) -> Result<(), RuleError> {
        let fits = |b: u8| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'.' | b'-');
        if !(1..=64).contains(&self.name.len()) || !self.name.bytes().all(fits) {
            return Err(RuleError::Name);
        }
        if !names.insert(self.name.clone()) {
            return Err(RuleError::NameTwice(self.name.clone()));
        }
        if !(0.0..=1.0).contains(&self.severity) {
            return Err(RuleError::Severity(self.severity));
        }
        Ok(())
    }

    fn compiled(self) -> Result<Compiled, RuleError> {
        if self.pattern.len() > PATTERN_BYTES {
            let problem = format!("at most {PATTERN_BYTES} bytes");
            return Err(RuleError::TooLarge(problem));
        }
        let syntax = ParserBuilder::new()
            .case_insensitive(self.case_insensitive)
            .build()
            .parse(&self.pattern)
            .map_err(|error| syntax_error(&error, &self.pattern))?;
        if syntax.properties().minimum_len() == Some(0) {
            return Err(RuleError::MatchesNothing);
        }
        let regex = RegexBuilder::new(&self.pattern)
            .case_insensitive(self.case_insensitive)
            .size_limit(COMPILED_BYTES)
            .dfa_size_limit(COMPILED_BYTES)
            .build()
            .map_err(|_| {
                let mib = COMPILED_BYTES >> 20;
                RuleError::TooLarge(format!("compiled it takes more than {mib} MiB"))
            })?;
        let message = match self.message {
            Some(message) => message,
            None => format!("matches the pattern `{}`", self.name),
        };
        Ok(Compiled {
            code: Cow::Owned(format!("pattern.{}", self.name)),
            name: self.name,
            message,
            severity: self.severity,
            replacement: self.replacement,
            case_insensitive: self.case_insensitive,
            regex,
            syntax,
        })
    }

    /// Reads one table of `rules`, which has one pattern or a file of them; what is wrong is noted at its own key.
    pub(super) fn read(params: &Params<'_>, names: &mut BTreeSet<String>) -> Option<Vec<Compiled>> {
        let name = params.required::<String>("name");
        let file = params.optional::<String>("file");
        let pattern = match params.has("file") {
            true => params.optional::<String>("pattern"),
            false => params.required("pattern"),
        };
        let severity = params.number("severity", 0.5, 0.0..=1.0);
        let message = params.optional("message");
        let replacement = params.optional("replacement");
        let case_insensitive = params.or("case_insensitive", false);
        let literal = params.or("literal", false);
        let name = name?;
        let pattern =
            pattern.map(|pattern| if literal { regex::escape(&pattern) } else { pattern });
        let rule = |pattern: String| {
            let (name, message) = (name.clone(), message.clone());
            let replacement = replacement.clone();
            Self { name, pattern, severity, message, replacement, case_insensitive }
        };
        let note = |error: &RuleError| {
            let text = error.to_string();
            let key = error.key();
            let problem = text.strip_prefix(&format!("`{key}` ")).unwrap_or(&text);
            match error {
                RuleError::Syntax { .. } | RuleError::TooLarge(_) | RuleError::MatchesNothing => {
                    // With `literal` it is another text that was compiled.
                    let at = error.part().filter(|_| !literal);
                    params.fault(key, ParamProblem::Pattern { problem: problem.into(), at });
                }
                RuleError::Severity(_) => params.fault(key, ParamProblem::Range(problem.into())),
                RuleError::Name | RuleError::NameTwice(_) => params.fault(key, problem),
            }
        };
        match (file, pattern) {
            (Some(_), Some(_)) => {
                params.fault("file", "stands beside `pattern`: a rule has one of them");
                None
            }
            (Some(file), None) => {
                rule(String::new()).check(names).map_err(|error| note(&error)).ok()?;
                let said =
                    |problem: String| format!("does not do: `{}` {problem}", file.escape_debug());
                let unreadable = |problem: String| {
                    params.fault("file", ParamProblem::File(said(problem)));
                };
                let problem = |problem: String| {
                    let problem = said(problem);
                    params.fault("file", ParamProblem::Pattern { problem, at: None });
                };
                let patterns = file::patterns(&params.resolve(&file));
                let patterns = patterns.map_err(|error| unreadable(error.to_string())).ok()?;
                // Before any is compiled: that takes its time.
                if patterns.len() > Pattern::MOST_RULES {
                    let (found, most) = (patterns.len(), Pattern::MOST_RULES);
                    problem(format!("has {found} patterns, at most {most} are allowed"));
                    return None;
                }
                let compile = |(line, pattern): (usize, String)| {
                    let pattern = if literal { regex::escape(&pattern) } else { pattern };
                    let wrong = |error: RuleError| {
                        let text = error.to_string();
                        let what = text.strip_prefix("`pattern` ").unwrap_or(&text);
                        problem(format!("line {line}: {what}"));
                    };
                    rule(pattern).compiled().map_err(wrong).ok()
                };
                // All that are wrong are noted, not just the first.
                let compiled: Vec<Option<Compiled>> = patterns.into_iter().map(compile).collect();
                compiled.into_iter().collect()
            }
            (None, pattern) => {
                let compiled = rule(pattern?).compile(names);
                compiled.map(|rule| vec![rule]).map_err(|error| note(&error)).ok()
            }
        }
    }
}

fn syntax_error(error: &SyntaxError, pattern: &str) -> RuleError {
    let (problem, part) = crate::syntax::fault(error, pattern);
    let before = pattern.get(..part.start).unwrap_or_default();
    RuleError::Syntax { problem, character: before.chars().count() + 1, part }
}

/// A rule that is ready to be matched.
#[derive(Debug)]
pub(super) struct Compiled {
    pub(super) name: String,
    pub(super) code: Cow<'static, str>,
    pub(super) message: String,
    pub(super) severity: f64,
    pub(super) replacement: Option<String>,
    pub(super) case_insensitive: bool,
    pub(super) regex: Regex,
    pub(super) syntax: Hir,
}
