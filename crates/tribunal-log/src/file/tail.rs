//! Where a file ends that was left by an earlier process, or by a crash.
//!
//! A crash may cut the last line off anywhere. What is left of it stays; behind it comes [`TORN_MARK`], and then the line
//! that says that the log was opened, with the length and the hash of what was torn. A crash in the middle of that is
//! found in the same way the next time. A whole line that is none, and has no mark, was not left by a crash.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::Path;

use super::FileError;
use crate::chain::{Chain, Head, read_link};
use crate::encode::Torn;

/// What ends a line that a crash cut off.
pub(crate) const TORN_MARK: &[u8] = b"#torn\n";
/// How much is read at a time.
const PART: u64 = 64 << 10;
/// The longest end that is looked at: no line is that long.
const LONGEST: u64 = 64 << 20;

/// What was found.
pub(super) struct Found {
    /// The last line that is whole.
    pub(super) head: Option<Head>,
    /// What stands behind it.
    pub(super) torn: Option<Torn>,
    /// What has to be written before the next line.
    pub(super) mark: &'static [u8],
    /// How many bytes the file has.
    pub(super) len: u64,
    /// The number and the time of its first line.
    pub(super) first: Option<(u64, u64)>,
}

pub(super) fn find(file: &mut File, chain: &Chain, path: &Path) -> Result<Found, FileError> {
    let len = file.metadata().map_err(FileError::io("look at", path))?.len();
    let read = FileError::io("read", path);
    let (head, behind) = match last_lines(file, len, chain).map_err(read)? {
        End::Found { head, behind } => (Some(head), behind),
        End::Nothing { all } => (None, all),
        End::Changed => return Err(FileError::NotALog(path.to_owned())),
    };
    let mark = if behind.is_empty() || behind.ends_with(b"\n") { &b""[..] } else { TORN_MARK };
    let torn = (!behind.is_empty()).then(|| {
        let all = [&behind, mark].concat();
        Torn { bytes: all.len() as u64, hash: chain.hash(&all) }
    });
    let first =
        if head.is_some() { first(file).map_err(FileError::io("read", path))? } else { None };
    Ok(Found { head, torn, mark, len, first })
}

enum End {
    /// This line, and these bytes behind it.
    Found { head: Head, behind: Vec<u8> },
    /// No whole line, and nothing else but what a crash may leave.
    Nothing { all: Vec<u8> },
    /// A line that no crash leaves.
    Changed,
}

fn last_lines(file: &mut File, len: u64, chain: &Chain) -> io::Result<End> {
    let mut end = Vec::new();
    let mut from = len;
    loop {
        // A line is whole only when it is known where it begins.
        let whole = if from == 0 {
            Some(0)
        } else {
            end.iter().position(|byte| *byte == b'\n').map(|at| at + 1)
        };
        if let Some(start) = whole {
            match look(end.get(start..).unwrap_or_default(), chain) {
                Some(found) => return Ok(found),
                None if from == 0 => return Ok(End::Nothing { all: end }),
                None => {}
            }
        }
        if len - from > LONGEST {
            return Ok(End::Changed);
        }
        let part = PART.max(len - from).min(from);
        from -= part;
        file.seek(SeekFrom::Start(from))?;
        let mut more = Vec::new();
        file.by_ref().take(part).read_to_end(&mut more)?;
        more.append(&mut end);
        end = more;
    }
}

/// What the last of some whole lines, and a part of one behind them, say of the end. `None` when that takes more lines.
fn look(lines: &[u8], chain: &Chain) -> Option<End> {
    // The end of the last whole line that may be looked at.
    let mut behind = lines.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    while behind > 0 {
        let before = lines.get(..behind - 1).unwrap_or_default();
        let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let line = before.get(start..).unwrap_or_default();
        if let Some(link) = chain.check(line) {
            let behind = lines.get(behind..).unwrap_or_default().to_vec();
            return Some(End::Found { head: link.head(), behind });
        }
        let marked = lines.get(start..behind).is_some_and(|line| line.ends_with(TORN_MARK));
        if !marked {
            return Some(End::Changed);
        }
        behind = start;
    }
    None
}

/// The number and the time of the first line that is one.
fn first(file: &mut File) -> io::Result<Option<(u64, u64)>> {
    file.seek(SeekFrom::Start(0))?;
    let mut lines = crate::read::Lines::new(io::BufReader::new(file));
    while let Some(line) = lines.next()? {
        if let Some((link, _)) = read_link(line.bytes) {
            return Ok(Some((link.seq, time_of(line.bytes).unwrap_or_default())));
        }
    }
    Ok(None)
}

/// The time of a line, in nanoseconds since 1970.
pub(super) fn time_of(line: &[u8]) -> Option<u64> {
    #[derive(serde::Deserialize)]
    struct Timed {
        time: String,
    }
    let Timed { time } = serde_json::from_slice(line).ok()?;
    let time: jiff::Timestamp = time.parse().ok()?;
    u64::try_from(time.as_nanosecond()).ok()
}
