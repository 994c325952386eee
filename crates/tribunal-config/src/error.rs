//! What is wrong with a configuration: every mistake, each in its place.
//!
//! Start at [`ConfigError::problems`]; `code.rs` has the kinds of mistakes.

mod lines;
mod problem;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

use miette::{Diagnostic, NamedSource, SourceCode};

pub(crate) use self::lines::Lines;
pub(crate) use self::problem::steers;
pub use self::problem::{Label, Place, Problem};
use crate::notes::Mistake;
use crate::texts::{Kind, Texts};

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
    /// All of them; the main file is the first.
    files: Arc<[File]>,
    problems: Vec<Problem>,
}

impl ConfigError {
    pub(crate) fn new(problems: Problems) -> Self {
        Self { files: problems.files, problems: problems.list }
    }

    /// All of them, in the order of the file; those of included files come after its own, and those of
    /// environment variables and `--set`s last. There is an error among them, and there may be warnings.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// What the main file is called. [`Problem::file`] says where each of them stands.
    #[must_use]
    pub fn file(&self) -> &str {
        self.files.first().map_or("", |file| file.source.name())
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
        self.files.first().map(|file| &*file.source as &dyn SourceCode)
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        Some(Box::new(self.problems.iter().map(|problem| problem as &dyn Diagnostic)))
    }
}

/// A text with its name.
#[derive(Clone)]
struct File {
    source: Arc<NamedSource<String>>,
    /// Whether it has lines that someone would look for.
    has_lines: bool,
}

/// Mistakes, each in its place in its file.
pub(crate) struct Problems {
    files: Arc<[File]>,
    pub(crate) list: Vec<Problem>,
}

impl Problems {
    pub(crate) fn of(texts: &Texts, mut mistakes: Vec<Mistake>) -> Self {
        mistakes.sort_by(|a, b| (a.span.start, &a.message).cmp(&(b.span.start, &b.message)));
        mistakes.dedup_by(|a, b| a.span == b.span && a.message == b.message);
        let file = |part: &crate::texts::Part| File {
            source: Arc::new(
                NamedSource::new(&part.name, texts.text(part).to_owned()).with_language("TOML"),
            ),
            has_lines: part.kind == Kind::File,
        };
        let files: Arc<[File]> = texts.parts().iter().map(file).collect();
        let places = Places { texts, files: &files, lines: RefCell::default() };
        let list = mistakes.into_iter().filter_map(|mistake| Problem::new(mistake, &places));
        Self { list: list.collect(), files: Arc::clone(&files) }
    }
}

/// Finds offsets of all texts in their files.
struct Places<'t> {
    texts: &'t Texts,
    files: &'t [File],
    /// The lines of each file that something was found in.
    lines: RefCell<BTreeMap<usize, Rc<Lines<'t>>>>,
}

/// A span in its file.
struct Found {
    file: File,
    span: Range<usize>,
    place: Place,
}

impl Places<'_> {
    fn find(&self, span: &Range<usize>) -> Option<Found> {
        let index = self.texts.index(span.start);
        let part = self.texts.parts().get(index)?;
        let mut all = self.lines.borrow_mut();
        let lines = all.entry(index).or_insert_with(|| Rc::new(Lines::of(self.texts.text(part))));
        let from = part.range.start;
        let span = lines.within(&(span.start - from..span.end.saturating_sub(from)));
        Some(Found { file: self.files.get(index)?.clone(), place: lines.place(&span), span })
    }
}
