//! A file with one pattern a line.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use thiserror::Error;

/// Longest file, in bytes: 1 MiB.
const FILE_BYTES: u64 = 1 << 20;

/// Why a file cannot be used.
#[derive(Debug, Error)]
pub(super) enum FileError {
    #[error("cannot be read: {0}")]
    Io(#[source] std::io::Error),
    #[error("is no regular file")]
    NotAFile,
    #[error("is longer than {FILE_BYTES} bytes")]
    TooLarge,
    #[error("is not UTF-8 in line {0}")]
    NotUtf8(usize),
    #[error("has no pattern")]
    Empty,
}

/// The patterns of a file, each with the number of its line, from 1.
///
/// Empty lines and those that begin with `#` are none; a pattern that begins so is written `\#`. Spaces at both ends
/// of a line are left out.
pub(super) fn patterns(path: &Path) -> Result<Vec<(usize, String)>, FileError> {
    // Asked before it is opened: opening a pipe waits for whoever writes to it.
    if !std::fs::metadata(path).map_err(FileError::Io)?.is_file() {
        return Err(FileError::NotAFile);
    }
    let mut bytes = Vec::new();
    // One more than is allowed, so that a file that grows meanwhile is still noticed.
    let file = File::open(path).map_err(FileError::Io)?;
    file.take(FILE_BYTES + 1).read_to_end(&mut bytes).map_err(FileError::Io)?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > FILE_BYTES) {
        return Err(FileError::TooLarge);
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let good = error.as_bytes().get(..error.utf8_error().valid_up_to()).unwrap_or_default();
        FileError::NotUtf8(good.iter().filter(|byte| **byte == b'\n').count() + 1)
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let patterns: Vec<(usize, String)> = text
        .lines()
        .enumerate()
        .map(|(index, line)| (index + 1, line.trim()))
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
        .map(|(number, line)| {
            let line = if line.starts_with("\\#") { line.get(1..).unwrap_or(line) } else { line };
            (number, line.to_owned())
        })
        .collect();
    if patterns.is_empty() { Err(FileError::Empty) } else { Ok(patterns) }
}
