//! The files of one log, by their names.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// As many as the greatest number of a line has.
const DIGITS: usize = 20;

/// The files of a log in the order of their lines: those that are full, then the one that is written, as far as they
/// are there.
///
/// # Errors
///
/// When the folder cannot be read.
pub fn files_of(path: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = full_files(path)?;
    if path.try_exists()? {
        files.push(path.to_owned());
    }
    Ok(files)
}

/// Those that are full, oldest first.
pub(super) fn full_files(path: &Path) -> io::Result<Vec<PathBuf>> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let Some(name) = path.file_name() else { return Ok(Vec::new()) };
    let mut prefix = name.to_owned();
    prefix.push(".");
    let mut files = Vec::new();
    for entry in fs::read_dir(folder.unwrap_or(Path::new(".")))? {
        let name = entry?.file_name();
        let digits = name.as_encoded_bytes().strip_prefix(prefix.as_encoded_bytes());
        let is_number =
            |digits: &[u8]| digits.len() == DIGITS && digits.iter().all(u8::is_ascii_digit);
        if digits.is_some_and(is_number) {
            files.push(path.with_file_name(name));
        }
    }
    files.sort();
    Ok(files)
}

/// What a file is called that is full and begins with this line.
pub(super) fn numbered(path: &Path, first: u64) -> PathBuf {
    with_suffix(path, &format!("{first:0DIGITS$}"))
}

pub(super) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(".");
    name.push(suffix);
    name.into()
}
