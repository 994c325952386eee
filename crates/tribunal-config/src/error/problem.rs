//! One problem: its place, its words, and how it is drawn.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use miette::{Diagnostic, LabeledSpan, Severity, SourceCode};

use super::{File, Found, Places, SHOWN};
use crate::notes::Mistake;
use crate::{Code, Level};

/// One mistake, in its place.
#[derive(Clone)]
pub struct Problem {
    file: File,
    code: Code,
    place: Place,
    span: Range<usize>,
    message: String,
    label: Option<String>,
    help: Option<String>,
    labels: Vec<Label>,
    /// Those that stand in other files.
    elsewhere: Vec<Elsewhere>,
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
    /// What the file is called that it stands in; often the one of the problem.
    pub file: String,
    /// Whether that is a file, and not what came from the environment or the command line.
    pub in_file: bool,
    /// The lines and columns of it.
    pub place: Place,
    /// From which byte to which of its file.
    pub span: Range<usize>,
    /// What it has to do with it.
    pub text: String,
}

impl Problem {
    /// `None` for a place that no text has, which there is none of.
    pub(super) fn new(mistake: Mistake, places: &Places<'_>) -> Option<Self> {
        let Found { file, span, place } = places.find(&mistake.span)?;
        let mut labels = Vec::new();
        let mut elsewhere = Vec::new();
        for (other, text) in mistake.others {
            let Some(found) = places.find(&other) else { continue };
            let name = found.file.source.name().to_owned();
            let in_file = found.file.has_lines;
            let label = Label { file: name, in_file, place: found.place, span: found.span, text };
            if !Arc::ptr_eq(&found.file.source, &file.source) {
                elsewhere.push(Elsewhere { file: found.file, label: label.clone() });
            }
            labels.push(label);
        }
        Some(Self {
            file,
            code: mistake.code,
            place,
            span,
            message: mistake.message,
            label: mistake.label,
            help: mistake.help,
            labels,
            elsewhere,
        })
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

    /// What it stands in: a file by its name, or `environment variable TRIBUNAL__RUN__TIMEOUT`, or `--set #2`.
    #[must_use]
    pub fn file(&self) -> &str {
        self.file.source.name()
    }

    /// Whether it stands in a file, and not in what came from the environment or the command line.
    #[must_use]
    pub const fn is_in_file(&self) -> bool {
        self.file.has_lines
    }

    /// Every text that it points into, with its name: what a drawing of it repeats. They may be private.
    pub fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        let files =
            std::iter::once(&self.file).chain(self.elsewhere.iter().map(|other| &other.file));
        files.map(|file| (file.source.name(), file.source.inner().as_str()))
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
        let (at, level, code) = (written(&self.file, &self.place), self.level(), self.code);
        let mut text = format!("{at}: {level}[{code}]: {}", self.message);
        let found = self.found();
        if !found.is_empty() {
            text.push_str(&format!(", at `{found}`"));
        }
        // Those in the same file are seen beside it; these are not.
        for Elsewhere { file, label } in &self.elsewhere {
            text.push_str(&format!(" ({}: {})", label.text, written(file, &label.place)));
        }
        if let Some(help) = &self.help {
            text.push_str(&format!("; {help}"));
        }
        text
    }

    /// What stands there: on one line, cut off where it is long.
    #[must_use]
    pub fn found(&self) -> String {
        let text = self.file.source.inner().get(self.span.clone()).unwrap_or_default();
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
    if steers(c) { char::REPLACEMENT_CHARACTER } else { c }
}

pub(crate) fn steers(c: char) -> bool {
    let reorders = matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}');
    c.is_control() || reorders
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
        Some(&*self.file.source)
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        if self.elsewhere.is_empty() {
            return None;
        }
        Some(Box::new(self.elsewhere.iter().map(|other| other as &dyn Diagnostic)))
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let own = LabeledSpan::new_primary_with_span(self.label.clone(), self.span.clone());
        let other = |label: &Label| LabeledSpan::at(label.span.clone(), label.text.clone());
        let here = |label: &&Label| label.file == self.file.source.name();
        let others = self.labels.iter().filter(here).map(other);
        Some(Box::new(std::iter::once(own).chain(others)))
    }
}

/// Another place of a problem, in another file: drawn by itself, since a drawing has one source.
#[derive(Clone)]
struct Elsewhere {
    file: File,
    label: Label,
}

impl fmt::Display for Elsewhere {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.label.text)
    }
}

impl fmt::Debug for Elsewhere {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", written(&self.file, &self.label.place), self.label.text)
    }
}

impl std::error::Error for Elsewhere {}

impl Diagnostic for Elsewhere {
    fn severity(&self) -> Option<Severity> {
        Some(Severity::Advice)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&*self.file.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let here = LabeledSpan::new_primary_with_span(None, self.label.span.clone());
        Some(Box::new(std::iter::once(here)))
    }
}

/// A place as it stands before a message. What came from outside of files has one line that nobody counts.
fn written(file: &File, place: &Place) -> String {
    let name = file.source.name().escape_debug();
    match file.has_lines {
        true => format!("{name}:{}:{}", place.line, place.column),
        false => name.to_string(),
    }
}
