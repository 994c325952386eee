//! Which file and which line is meant.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::exit::Trouble;
use crate::safe::shown;

/// Longest line that is read, in bytes: as long as a line of `tribunal judge` may be.
const LONGEST: u64 = 16 << 20;
/// Most lines of one file.
const MOST_LINES: usize = 1_000_000;

/// A file, and a line of it where one was picked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Picked {
    pub(super) path: PathBuf,
    pub(super) line: Option<usize>,
}

impl Picked {
    /// A file as it was named, with `:LINE` behind it or not. `None` where there is no such file.
    pub(super) fn of(text: &str) -> Option<Self> {
        if Path::new(text).exists() {
            return Some(Self { path: text.into(), line: None });
        }
        let (path, line) = text.rsplit_once(':')?;
        let line = line.parse().ok().filter(|line| *line > 0)?;
        Path::new(path).exists().then(|| Self { path: path.into(), line: Some(line) })
    }

    /// Whether what was named looks like a file and no name.
    pub(super) fn is_path(text: &str) -> bool {
        text.contains(['/', '\\']) || text.ends_with(".jsonl") || text.contains(".jsonl:")
    }

    /// Visits the lines that were picked, by their number from 1. Those of white space alone are passed over.
    pub(super) fn lines(
        &self,
        mut visit: impl FnMut(usize, &[u8]) -> Result<(), Trouble>,
    ) -> Result<(), Trouble> {
        let unfit = |line: usize, problem: String| {
            Err(Trouble::Line { path: self.path.clone(), line, problem })
        };
        let read = || Trouble::file("read", &self.path);
        let mut from = BufReader::new(File::open(&self.path).map_err(read())?);
        let mut bytes = Vec::new();
        for number in 1..=MOST_LINES {
            bytes.clear();
            let length = (&mut from).take(LONGEST + 1).read_until(b'\n', &mut bytes);
            if length.map_err(read())? == 0 {
                return match self.line {
                    Some(line) if line >= number => {
                        unfit(line, format!("there is no such line: the file has {}", number - 1))
                    }
                    _ => Ok(()),
                };
            }
            if bytes.len() as u64 > LONGEST {
                return unfit(number, format!("is longer than {LONGEST} bytes"));
            }
            let text = bytes.strip_prefix(b"\xEF\xBB\xBF").filter(|_| number == 1);
            let text = text.unwrap_or(&bytes).trim_ascii();
            let is_picked = self.line.is_none_or(|line| line == number);
            if is_picked && text.is_empty() && self.line.is_some() {
                return unfit(number, String::from("is empty"));
            }
            if is_picked && !text.is_empty() {
                visit(number, text)?;
            }
            if self.line == Some(number) {
                return Ok(());
            }
        }
        unfit(MOST_LINES, String::from("and there are more lines: pick one by :LINE"))
    }

    pub(super) fn name(&self) -> String {
        shown(&self.path.to_string_lossy())
    }
}

/// Whether an `id` or `trace_id` is that one.
pub(super) fn is_called(wanted: &str, id: Option<&Value>, trace_id: Option<&str>) -> bool {
    let by_id = match id {
        Some(Value::String(id)) => id == wanted,
        Some(Value::Null) | None => false,
        Some(other) => other.to_string().as_str() == wanted,
    };
    by_id || trace_id == Some(wanted)
}
