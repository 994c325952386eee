//! Whether a log is what was written: nothing changed, removed, put in or cut off.
//!
//! Start at [`Verifier`] for lines, at [`verify`] for files. What that proves, and what it cannot, is told in
//! `docs/decision-log.md`.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::chain::{Chain, Head, LineHash, read_link};
use crate::decision::Note;
use crate::encode::Torn;
use crate::file::TORN_MARK;
use crate::read::{Lines, RawLine};

/// What is wrong with a log, at the first place where something is.
#[derive(Debug, Clone, PartialEq, Eq, Error, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Fault {
    /// It does not say what it said: its hash is another, or it is no line any more.
    #[error("this line was changed")]
    Changed,
    /// Lines are missing before it.
    #[error("lines {from} to {to} were removed before this one")]
    Removed {
        /// The first that is missing.
        from: u64,
        /// The last.
        to: u64,
    },
    /// It stands where another should, and has the number of a line that was there already.
    #[error("this line was put in, or moved: expected line {expected}, found {found}")]
    Inserted {
        /// The number that should be here.
        expected: u64,
        /// The number that is.
        found: u64,
    },
    /// Its number is right, and it follows another line than the one before it: that one, or this one, was replaced.
    #[error("this line does not follow the one before it: one of the two was replaced")]
    Unlinked,
    /// A file begins with a line that begins no file.
    #[error("lines were removed from the start of this file")]
    Beginning,
    /// A line that a crash cut off, and no line behind it that says so.
    #[error("a torn line that is not told of, or not as it was when it was told of")]
    Torn,
    /// Hashes were taken with a key, and there is none to check them with; or the other way round.
    #[error("{}", if *.keyed { "this log has a key, and none was given" } else { "a key was given, and this log has none" })]
    Key {
        /// Whether the log has one.
        keyed: bool,
    },
    /// The head that was given is not in the log.
    #[error("the log was cut off: the head that was given is not in it")]
    CutOff,
}

/// Where something is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Broken {
    /// The file, by its place among those that were looked at, from 0.
    #[serde(skip)]
    pub file: usize,
    /// The line of that file, from 1.
    pub line: u64,
    /// What.
    #[serde(flatten)]
    pub fault: Fault,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.fault)
    }
}

/// What was found in a log.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Verified {
    /// The first thing that is wrong.
    pub broken: Option<Broken>,
    /// The number of the first line that was seen; above 0 where older files are gone.
    pub first: Option<u64>,
    /// The last line that was right.
    pub head: Option<Head>,
    /// How many lines were right.
    pub lines: u64,
    /// How many of them are decisions.
    pub decisions: u64,
    /// How many decisions lines say are missing.
    pub lost: u64,
    /// How many torn lines there are that the log itself tells of.
    pub torn: u64,
    /// How many bytes stand behind the last line: what a crash cut off, or a writer has not finished. 0 when there are
    /// none.
    pub unfinished: u64,
    /// Whether hashes have a key.
    pub keyed: bool,
}

impl Verified {
    /// Whether nothing is wrong. An unfinished last line is not wrong.
    #[must_use]
    pub const fn is_intact(&self) -> bool {
        self.broken.is_none()
    }
}

/// Follows lines, one after the other. Takes the memory of one line.
#[derive(Debug)]
pub struct Verifier {
    chain: Chain,
    wanted: Option<LineHash>,
    seen: bool,
    file: usize,
    /// The line of that file that was looked at last.
    number: u64,
    begins: bool,
    torn: Vec<u8>,
    found: Verified,
}

impl Verifier {
    /// Checks with the key of the log, if it has one; and, where a head is given, that it is there.
    #[must_use]
    pub fn new(chain: Chain, head: Option<LineHash>) -> Self {
        let found = Verified { keyed: chain.is_keyed(), ..Verified::default() };
        Self {
            chain,
            wanted: head,
            seen: false,
            file: 0,
            number: 0,
            begins: true,
            torn: Vec::new(),
            found,
        }
    }

    /// The lines that follow are those of the next file.
    pub fn next_file(&mut self) {
        if self.found.unfinished > 0 || !self.torn.is_empty() {
            self.fail(self.number, Fault::Torn);
        }
        self.file += 1;
        self.number = 0;
        self.begins = true;
    }

    fn fail(&mut self, line: u64, fault: Fault) {
        let broken = Broken { file: self.file, line, fault };
        self.found.broken.get_or_insert(broken);
    }

    /// The next line. Whether all is right so far; after something wrong nothing more is looked at.
    pub fn line(&mut self, line: RawLine<'_>) -> bool {
        self.number = line.number;
        if self.found.broken.is_none()
            && let Err(fault) = self.check(line)
        {
            self.fail(line.number, fault);
        }
        self.found.broken.is_none()
    }

    fn check(&mut self, line: RawLine<'_>) -> Result<(), Fault> {
        if self.found.unfinished > 0 {
            // There is more behind a line without an end.
            return Err(Fault::Changed);
        }
        if !line.is_ended {
            self.found.unfinished = (line.bytes.len() + self.torn.len()) as u64;
            return Ok(());
        }
        let Some(link) = self.chain.check(line.bytes) else { return self.no_line(line.bytes) };
        let note = note(line.bytes);
        let opened = note.as_ref().and_then(|note| note.opened.as_ref());
        if let Some(opened) = opened {
            if opened.keyed != self.chain.is_keyed() {
                return Err(Fault::Key { keyed: opened.keyed });
            }
            let torn = std::mem::take(&mut self.torn);
            let there = (!torn.is_empty())
                .then(|| Torn { bytes: torn.len() as u64, hash: self.chain.hash(&torn) });
            if opened.torn != there {
                return Err(Fault::Torn);
            }
            self.found.torn += u64::from(there.is_some());
        } else if !self.torn.is_empty() {
            return Err(Fault::Torn);
        } else if self.begins {
            return Err(Fault::Beginning);
        }
        self.begins = false;
        match self.found.head {
            // Files before the first that is given may be gone; who begins at 0 follows nothing.
            None if link.seq == 0 && link.prev != LineHash::NONE => return Err(Fault::Unlinked),
            None => self.found.first = Some(link.seq),
            Some(head) => {
                let expected = head.seq.saturating_add(1);
                if link.seq > expected {
                    return Err(Fault::Removed { from: expected, to: link.seq - 1 });
                }
                if link.seq < expected {
                    return Err(Fault::Inserted { expected, found: link.seq });
                }
                if link.prev != head.hash {
                    return Err(Fault::Unlinked);
                }
            }
        }
        self.found.head = Some(link.head());
        self.found.lines += 1;
        self.seen |= self.wanted == Some(link.hash);
        match note {
            Some(note) => self.found.lost += note.lost.unwrap_or(0),
            None => self.found.decisions += 1,
        }
        Ok(())
    }

    /// It is none, or not as it was.
    fn no_line(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        let mark = TORN_MARK.strip_suffix(b"\n").unwrap_or(TORN_MARK);
        if bytes.ends_with(mark) {
            self.torn.extend_from_slice(bytes);
            self.torn.push(b'\n');
            return Ok(());
        }
        if read_link(bytes).is_some() {
            // A line of the right shape whose hash is another: perhaps all of them have a key, or none.
            let other = Chain::default().check(bytes).is_some();
            if self.found.lines == 0 && self.chain.is_keyed() && other {
                return Err(Fault::Key { keyed: false });
            }
            let says = note(bytes).and_then(|note| note.opened);
            if self.found.lines == 0
                && says.is_some_and(|opened| opened.keyed != self.chain.is_keyed())
            {
                return Err(Fault::Key { keyed: !self.chain.is_keyed() });
            }
        }
        Err(Fault::Changed)
    }

    /// That was all.
    #[must_use]
    pub fn finish(mut self) -> Verified {
        if self.found.unfinished == 0 {
            self.found.unfinished = self.torn.len() as u64;
        }
        if self.found.broken.is_none() && self.wanted.is_some() && !self.seen {
            self.fail(self.number, Fault::CutOff);
        }
        self.found
    }
}

/// What a line says of the log itself, if it does.
fn note(line: &[u8]) -> Option<Note> {
    #[derive(Deserialize)]
    struct Known {
        decision_id: Option<serde::de::IgnoredAny>,
    }
    let Known { decision_id } = serde_json::from_slice(line).ok()?;
    if decision_id.is_some() { None } else { serde_json::from_slice(line).ok() }
}

/// Why a log could not be looked at.
#[derive(Debug, Error)]
#[error("cannot read `{path}`: {source}")]
pub struct VerifyError {
    /// Which file.
    pub path: PathBuf,
    /// Why.
    pub source: io::Error,
}

/// Follows the lines of files, in this order.
///
/// # Errors
///
/// [`VerifyError`] when one cannot be read. What is wrong with what was read is no error.
pub fn verify<P: AsRef<Path>>(
    files: &[P],
    mut verifier: Verifier,
) -> Result<Verified, VerifyError> {
    for (index, path) in files.iter().enumerate() {
        let path = path.as_ref();
        let trouble = |source| VerifyError { path: path.to_owned(), source };
        if index > 0 {
            verifier.next_file();
        }
        let mut lines = Lines::of(path).map_err(trouble)?;
        while let Some(line) = lines.next().map_err(trouble)? {
            if !verifier.line(line) {
                return Ok(verifier.finish());
            }
        }
    }
    Ok(verifier.finish())
}
