//! Reads lines back, one at a time: a log of any size takes the memory of its longest line.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use crate::decision::{Entry, EntryError};

/// The longest line that is kept; of a longer one only its length is known.
const LONGEST: usize = 64 << 20;

/// A line as it stands in a file.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct RawLine<'a> {
    /// Its place in the file, from 1.
    pub number: u64,
    /// What it says, without its line feed. Of a line that is too long, its start.
    pub bytes: &'a [u8],
    /// Whether it has a line feed. The last one has none when it is still being written, or a crash cut it off.
    pub is_ended: bool,
}

impl<'a> RawLine<'a> {
    /// A line from elsewhere than a file.
    #[must_use]
    pub const fn new(number: u64, bytes: &'a [u8], is_ended: bool) -> Self {
        Self { number, bytes, is_ended }
    }

    /// What it says.
    ///
    /// # Errors
    ///
    /// [`EntryError`] when it is none of a decision log's lines, or torn.
    pub fn entry(&self) -> Result<Entry, EntryError> {
        if self.is_ended { Entry::parse(self.bytes) } else { Err(EntryError::torn()) }
    }
}

/// The lines of one file, or of anything else that can be read.
#[derive(Debug)]
pub struct Lines<R> {
    from: R,
    line: Vec<u8>,
    number: u64,
}

impl Lines<BufReader<File>> {
    /// Those of a file.
    ///
    /// # Errors
    ///
    /// When it cannot be opened.
    pub fn of(path: &Path) -> io::Result<Self> {
        Ok(Self::new(BufReader::with_capacity(128 << 10, File::open(path)?)))
    }
}

impl<R: BufRead> Lines<R> {
    /// Those of anything.
    #[must_use]
    pub const fn new(from: R) -> Self {
        Self { from, line: Vec::new(), number: 0 }
    }

    /// The next line; `None` at the end.
    ///
    /// # Errors
    ///
    /// When it cannot be read.
    // No `Iterator`: a line is lent until the next one is read.
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> io::Result<Option<RawLine<'_>>> {
        self.line.clear();
        self.number += 1;
        let mut is_ended = false;
        let mut any = false;
        while !is_ended {
            let part = match self.from.fill_buf() {
                Ok([]) => break,
                Ok(part) => part,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            any = true;
            let end = part.iter().position(|byte| *byte == b'\n');
            is_ended = end.is_some();
            let here = part.get(..end.unwrap_or(part.len())).unwrap_or_default();
            let room = LONGEST.saturating_sub(self.line.len()).min(here.len());
            self.line.extend_from_slice(here.get(..room).unwrap_or_default());
            let used = here.len() + usize::from(is_ended);
            self.from.consume(used);
        }
        let line = RawLine { number: self.number, bytes: &self.line, is_ended };
        Ok(any.then_some(line))
    }
}
