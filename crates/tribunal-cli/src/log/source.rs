//! The lines of logs, one at a time: from files, or from SQLite.

use std::fs::File;
use std::io::Read as _;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use tribunal_log::{Decision, Entry, Lines, RawLine, files_of};

use crate::exit::Trouble;

/// Whether to go on.
pub(super) type Flow = Result<ControlFlow<()>, Trouble>;

/// What every database of SQLite begins with.
const SQLITE: &[u8] = b"SQLite format 3\0";

/// The files that are meant, each once: the name of a log stands for its full files too.
pub(super) fn files(named: &[PathBuf]) -> Result<Vec<PathBuf>, Trouble> {
    let mut files: Vec<PathBuf> = Vec::new();
    for path in named {
        let of = files_of(path).map_err(Trouble::file("read", path))?;
        if of.is_empty() {
            let missing = std::io::ErrorKind::NotFound.into();
            return Err(Trouble::file("read", path)(missing));
        }
        for file in of {
            if !files.contains(&file) {
                files.push(file);
            }
        }
    }
    Ok(files)
}

/// Every line of a file, until `visit` has seen enough.
pub(super) fn lines_of(path: &Path, visit: &mut dyn FnMut(RawLine<'_>) -> Flow) -> Flow {
    if is_sqlite(path)? {
        return rows_of(path, visit);
    }
    let trouble = |error| Trouble::file("read", path)(error);
    let mut lines = Lines::of(path).map_err(trouble)?;
    while let Some(line) = lines.next().map_err(trouble)? {
        if visit(line)?.is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
    Ok(ControlFlow::Continue(()))
}

#[cfg(feature = "sqlite")]
fn rows_of(path: &Path, visit: &mut dyn FnMut(RawLine<'_>) -> Flow) -> Flow {
    let mut done = Ok(ControlFlow::Continue(()));
    let mut number = 0;
    let read = tribunal_log_sqlite::each_line(path, &mut |_, line| {
        number += 1;
        done = visit(RawLine::new(number, line, true));
        matches!(done, Ok(ControlFlow::Continue(())))
    });
    let unfit = |error: tribunal_log_sqlite::SqliteError| Trouble::Unfit {
        path: path.to_owned(),
        problem: format!("cannot be read: {error}"),
    };
    read.map_err(unfit)?;
    done
}

#[cfg(not(feature = "sqlite"))]
fn rows_of(path: &Path, _: &mut dyn FnMut(RawLine<'_>) -> Flow) -> Flow {
    let problem =
        "is a database, and this command was built without the feature `sqlite`".to_owned();
    Err(Trouble::Unfit { path: path.to_owned(), problem })
}

fn is_sqlite(path: &Path) -> Result<bool, Trouble> {
    let trouble = |error| Trouble::file("read", path)(error);
    let mut start = Vec::new();
    let file = File::open(path).map_err(trouble)?;
    file.take(SQLITE.len() as u64).read_to_end(&mut start).map_err(trouble)?;
    Ok(start == SQLITE)
}

/// Every decision of these files, with its line, until `visit` has seen enough. Lines that cannot be read are counted.
pub(super) fn decisions(
    files: &[PathBuf],
    visit: &mut dyn FnMut(&Decision, &[u8]) -> Flow,
) -> Result<Seen, Trouble> {
    let mut seen = Seen::default();
    for file in files {
        let flow = lines_of(file, &mut |line| match line.entry() {
            Ok(Entry::Decision(decision)) => visit(&decision, line.bytes),
            Ok(Entry::Note(note)) => {
                seen.lost += note.lost.unwrap_or(0);
                Ok(ControlFlow::Continue(()))
            }
            Ok(_) => Ok(ControlFlow::Continue(())),
            Err(_) => {
                seen.unread += 1;
                Ok(ControlFlow::Continue(()))
            }
        })?;
        if flow.is_break() {
            break;
        }
    }
    Ok(seen)
}

/// What stands in a log besides decisions.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Decisions that lines say are missing.
    pub(super) lost: u64,
    /// Lines that cannot be read: torn ones, or none of a log.
    pub(super) unread: u64,
}
