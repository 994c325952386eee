//! What is wrong with a configuration: every mistake, each in its place.
//!
//! Start at [`ConfigError::problems`].

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use miette::{Diagnostic, LabeledSpan, NamedSource, SourceCode};

use crate::Source;
use crate::notes::Mistake;

/// Longest piece of the text that a line of [`ConfigError`] repeats, in characters.
const SHOWN: usize = 60;

/// Everything that is wrong with a configuration.
///
/// As text it has one line for each problem: `file:line:column: message`, and what stands there. As a
/// [`Diagnostic`] it has each problem as a related one; whoever draws them wants
/// [`ConfigError::problems`] one by one.
///
/// Values that a `$NAME` reference brought in are nowhere in it.
#[derive(Clone)]
pub struct ConfigError {
    file: Arc<NamedSource<String>>,
    problems: Vec<Problem>,
}

impl ConfigError {
    pub(crate) fn new(source: &Source, mut mistakes: Vec<Mistake>) -> Self {
        mistakes.sort_by(|a, b| (a.span.start, &a.message).cmp(&(b.span.start, &b.message)));
        mistakes.dedup_by(|a, b| a.span == b.span && a.message == b.message);
        let named = NamedSource::new(&source.name, source.text.clone()).with_language("TOML");
        let file = Arc::new(named);
        let lines = Lines::of(&source.text);
        let problem = |mistake| Problem::new(mistake, &lines, &file);
        Self { problems: mistakes.into_iter().map(problem).collect(), file }
    }

    /// All of them, in the order of the file. Never empty.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// What the file is called.
    #[must_use]
    pub fn file(&self) -> &str {
        self.file.name()
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.file.name().escape_debug();
        for (index, problem) in self.problems.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            let Problem { line, column, message, .. } = problem;
            write!(f, "{name}:{line}:{column}: {message}")?;
            let found = problem.found();
            if !found.is_empty() {
                write!(f, ", at `{found}`")?;
            }
            if let Some(help) = &problem.help {
                write!(f, "; {help}")?;
            }
        }
        Ok(())
    }
}

/// The same text as `Display`: the file itself may be private.
impl fmt::Debug for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for ConfigError {}

impl Diagnostic for ConfigError {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new("tribunal::config"))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&*self.file)
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        Some(Box::new(self.problems.iter().map(|problem| problem as &dyn Diagnostic)))
    }
}

/// One mistake, in its place.
#[derive(Clone)]
pub struct Problem {
    file: Arc<NamedSource<String>>,
    line: usize,
    column: usize,
    span: Range<usize>,
    message: String,
    label: Option<String>,
    help: Option<String>,
    labels: Vec<Label>,
}

/// Another place that has to do with a problem.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Label {
    /// From which byte to which.
    pub span: Range<usize>,
    /// What it has to do with it.
    pub text: String,
}

impl Problem {
    fn new(mistake: Mistake, lines: &Lines<'_>, file: &Arc<NamedSource<String>>) -> Self {
        let span = lines.within(&mistake.span);
        let (line, column) = lines.position(span.start);
        let label = |(span, text)| Label { span: lines.within(&span), text };
        Self {
            file: Arc::clone(file),
            line,
            column,
            span,
            message: mistake.message,
            label: mistake.label,
            help: mistake.help,
            labels: mistake.others.into_iter().map(label).collect(),
        }
    }

    /// The line it stands on, from 1.
    #[must_use]
    pub const fn line(&self) -> usize {
        self.line
    }

    /// The column it starts at, in characters, from 1.
    #[must_use]
    pub const fn column(&self) -> usize {
        self.column
    }

    /// From which byte to which.
    #[must_use]
    pub fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// What is wrong.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What would be right, where that can be told.
    #[must_use]
    pub fn help(&self) -> Option<&str> {
        self.help.as_deref()
    }

    /// Other places that have to do with it.
    #[must_use]
    pub fn labels(&self) -> &[Label] {
        &self.labels
    }

    /// What stands there: on one line, cut off where it is long.
    #[must_use]
    pub fn found(&self) -> String {
        let text = self.file.inner().get(self.span.clone()).unwrap_or_default();
        let first = text.lines().next().unwrap_or_default();
        let mut shown: String = first.chars().take(SHOWN).map(plain).collect();
        if first.chars().nth(SHOWN).is_some() || text.lines().nth(1).is_some() {
            shown.push('…');
        }
        shown
    }
}

/// Control characters would let a file write to the terminal, and marks of direction reorder what it says.
fn plain(c: char) -> char {
    let reorders = matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}');
    if c.is_control() || reorders { char::REPLACEMENT_CHARACTER } else { c }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// Its place and its message.
impl fmt::Debug for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.message)
    }
}

impl std::error::Error for Problem {}

impl Diagnostic for Problem {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&*self.file)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let own = LabeledSpan::new_primary_with_span(self.label.clone(), self.span.clone());
        let other = |label: &Label| LabeledSpan::at(label.span.clone(), label.text.clone());
        Some(Box::new(std::iter::once(own).chain(self.labels.iter().map(other))))
    }
}

/// Where each line of a text starts.
struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    fn of(text: &'a str) -> Self {
        let ends = text.match_indices('\n').map(|(at, _)| at + 1);
        Self { text, starts: std::iter::once(0).chain(ends).collect() }
    }

    /// The span, moved onto character boundaries within the text.
    fn within(&self, span: &Range<usize>) -> Range<usize> {
        let start = self.text.floor_char_boundary(span.start);
        let end = self.text.ceil_char_boundary(span.end);
        start..end.max(start)
    }

    /// Line and column, both from 1; the column counts characters.
    fn position(&self, offset: usize) -> (usize, usize) {
        let line = self.starts.partition_point(|start| *start <= offset).max(1);
        let start = self.starts.get(line - 1).copied().unwrap_or_default();
        let before = self.text.get(start..offset).unwrap_or_default();
        // A byte order mark is no column that anyone sees.
        (line, before.chars().filter(|c| *c != '\u{feff}').count() + 1)
    }
}
