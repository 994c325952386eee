//! What is wrong with a configuration: every mistake, each in its place.
//!
//! Start at [`ConfigError::problems`]; `code.rs` has the kinds of mistakes.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use miette::{Diagnostic, LabeledSpan, NamedSource, Severity, SourceCode};

use crate::notes::Mistake;
use crate::{Code, Level, Source};

/// Longest piece of the text that a line of [`ConfigError`] repeats, in characters.
const SHOWN: usize = 60;

/// Everything that is wrong with a configuration.
///
/// As text it has one line for each problem: `file:line:column: error[code]: message`, and what stands there. As a
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
    pub(crate) fn new(problems: Problems) -> Self {
        Self { file: problems.file, problems: problems.list }
    }

    /// All of them, in the order of the file. There is an error among them, and there may be warnings.
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
        for (index, problem) in self.problems.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            f.write_str(&problem.on_one_line())?;
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

/// Mistakes, each in its place in the file.
pub(crate) struct Problems {
    file: Arc<NamedSource<String>>,
    pub(crate) list: Vec<Problem>,
}

impl Problems {
    pub(crate) fn of(source: &Source, mut mistakes: Vec<Mistake>) -> Self {
        mistakes.sort_by(|a, b| (a.span.start, &a.message).cmp(&(b.span.start, &b.message)));
        mistakes.dedup_by(|a, b| a.span == b.span && a.message == b.message);
        let named = NamedSource::new(&source.name, source.text.clone()).with_language("TOML");
        let file = Arc::new(named);
        let lines = Lines::of(&source.text);
        let problem = |mistake| Problem::new(mistake, &lines, &file);
        Self { list: mistakes.into_iter().map(problem).collect(), file }
    }
}

/// One mistake, in its place.
#[derive(Clone)]
pub struct Problem {
    file: Arc<NamedSource<String>>,
    code: Code,
    place: Place,
    span: Range<usize>,
    message: String,
    label: Option<String>,
    help: Option<String>,
    labels: Vec<Label>,
}

/// From where to where something stands, for people: all from 1, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Place {
    /// The line of its first character.
    pub line: usize,
    /// The column of its first character.
    pub column: usize,
    /// The line it ends on.
    pub end_line: usize,
    /// The column after its last character.
    pub end_column: usize,
}

/// Another place that has to do with a problem.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Label {
    /// The lines and columns of it.
    pub place: Place,
    /// From which byte to which.
    pub span: Range<usize>,
    /// What it has to do with it.
    pub text: String,
}

impl Problem {
    fn new(mistake: Mistake, lines: &Lines<'_>, file: &Arc<NamedSource<String>>) -> Self {
        let span = lines.within(&mistake.span);
        let label = |(span, text)| {
            let span = lines.within(&span);
            Label { place: lines.place(&span), span, text }
        };
        Self {
            file: Arc::clone(file),
            code: mistake.code,
            place: lines.place(&span),
            span,
            message: mistake.message,
            label: mistake.label,
            help: mistake.help,
            labels: mistake.others.into_iter().map(label).collect(),
        }
    }

    /// What kind of mistake it is.
    #[must_use]
    pub const fn code(&self) -> Code {
        self.code
    }

    /// How much it weighs.
    #[must_use]
    pub const fn level(&self) -> Level {
        self.code.level()
    }

    /// What the file is called.
    #[must_use]
    pub fn file(&self) -> &str {
        self.file.name()
    }

    /// The line it stands on, from 1.
    #[must_use]
    pub const fn line(&self) -> usize {
        self.place.line
    }

    /// The column it starts at, in characters, from 1.
    #[must_use]
    pub const fn column(&self) -> usize {
        self.place.column
    }

    /// From which line and column to which.
    #[must_use]
    pub const fn place(&self) -> Place {
        self.place
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

    /// The whole of it on one line: `file:line:column: error[code]: message`, what stands there, and the help.
    #[must_use]
    pub fn on_one_line(&self) -> String {
        let Place { line, column, .. } = self.place;
        let (name, level, code) = (self.file.name().escape_debug(), self.level(), self.code);
        let mut text = format!("{name}:{line}:{column}: {level}[{code}]: {}", self.message);
        let found = self.found();
        if !found.is_empty() {
            text.push_str(&format!(", at `{found}`"));
        }
        if let Some(help) = &self.help {
            text.push_str(&format!("; {help}"));
        }
        text
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

/// Its place, its code and its message.
impl fmt::Debug for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Place { line, column, .. } = self.place;
        write!(f, "{line}:{column}: {}[{}]: {}", self.level(), self.code, self.message)
    }
}

impl std::error::Error for Problem {}

impl Diagnostic for Problem {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.code))
    }

    fn severity(&self) -> Option<Severity> {
        Some(match self.level() {
            Level::Warning => Severity::Warning,
            Level::Error => Severity::Error,
        })
    }

    fn url<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.code.page()))
    }

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

    fn place(&self, span: &Range<usize>) -> Place {
        let (line, column) = self.position(span.start);
        let (end_line, end_column) = self.position(span.end);
        Place { line, column, end_line, end_column }
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
