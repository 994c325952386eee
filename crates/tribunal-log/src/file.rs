//! Lines in a file, and in the files before it.
//!
//! The file that is written has the name that was asked for. When it is full it gets the number of its first line behind
//! its name, twenty digits of it, so that names sort as the lines do and no file ever takes the place of another.
//! Start at [`FileSink`]; how a log is found as a crash left it is in [`tail`].

mod set;
mod tail;

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Duration;

use thiserror::Error;

use crate::chain::{Chain, Head};
use crate::sink::{Batch, Resume, Sink, SinkError};

pub use set::files_of;
pub(crate) use tail::TORN_MARK;

/// When what was written is made to outlive the machine, not the process alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Sync {
    /// When the system gets to it.
    Never,
    /// When a file is full and when the log is closed: a power cut costs what was not yet on disk.
    #[default]
    EachFile,
    /// After each batch.
    EachBatch,
}

/// Why a file cannot be the log.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FileError {
    /// Another log writes it.
    #[error("`{0}` is being written by another log")]
    InUse(PathBuf),
    /// It ends with a line that is none, or that has been changed; or it was written with another key.
    #[error(
        "the last line of `{0}` is not one of a decision log with this key: verify it, and move it away"
    )]
    NotALog(PathBuf),
    /// A file that is full would take the place of another.
    #[error("`{0}` is there already")]
    Taken(PathBuf),
    /// It cannot be read or written.
    #[error("cannot {what} `{path}`: {source}")]
    Io {
        /// To do what.
        what: &'static str,
        /// With which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl FileError {
    fn io(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { what, path: path.to_owned(), source }
    }
}

impl From<FileError> for SinkError {
    fn from(error: FileError) -> Self {
        Self::new(error)
    }
}

/// Writes lines to a file, and begins another one when that is full.
///
/// A file is readable by its owner alone. While a log is open it holds a lock on a file beside it, with `.lock` behind
/// the name. When the disk is full, or anything else goes wrong, what was written of a batch stays and the rest is tried
/// again, until it works or the log is closed.
#[derive(Debug)]
pub struct FileSink {
    path: PathBuf,
    max_bytes: u64,
    max_age: Option<Duration>,
    keep: Option<NonZeroUsize>,
    sync: Sync,
    open: Option<Open>,
}

/// A lock that ends when it is dropped, also while a process that has just been forked off has its file open too.
#[derive(Debug)]
struct Lock(File);

impl Drop for Lock {
    fn drop(&mut self) {
        // If that fails, it ends when the last of them closes the file.
        let _ = self.0.unlock();
    }
}

#[derive(Debug)]
struct Open {
    /// Held, not used.
    _lock: Lock,
    file: File,
    /// How many bytes it has.
    len: u64,
    /// The number and the time of its first line, once there is one.
    first: Option<u64>,
    since: Option<u64>,
    /// What of the batch that failed has been written, and which batch that was.
    done: usize,
    /// What ends the torn line that was found.
    mark: &'static [u8],
    /// It could not be rotated; not again before it has so many bytes.
    hold_off: u64,
}

impl FileSink {
    /// Up to 256 MiB a file, 16 full files beside it, [`Sync::EachFile`].
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            max_bytes: 256 << 20,
            max_age: None,
            keep: NonZeroUsize::new(16),
            sync: Sync::default(),
            open: None,
        }
    }

    /// How many bytes a file may have before the next one begins. A single line may be longer.
    #[must_use]
    pub const fn max_bytes(mut self, bytes: u64) -> Self {
        self.max_bytes = bytes;
        self
    }

    /// How much later than the first line of a file the last one may be. A log without lines does not rotate.
    #[must_use]
    pub const fn max_age(mut self, age: Duration) -> Self {
        self.max_age = Some(age);
        self
    }

    /// How many full files are kept beside the one that is written; the oldest go. `None` keeps all.
    #[must_use]
    pub const fn keep(mut self, files: Option<NonZeroUsize>) -> Self {
        self.keep = files;
        self
    }

    /// When what was written is synced to disk.
    #[must_use]
    pub const fn sync(mut self, sync: Sync) -> Self {
        self.sync = sync;
        self
    }

    fn open_file(&self) -> Result<File, FileError> {
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(&self.path).map_err(FileError::io("open", &self.path))
    }

    fn lock(&self) -> Result<Lock, FileError> {
        let path = set::with_suffix(&self.path, "lock");
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&path).map_err(FileError::io("open", &path))?;
        match file.try_lock() {
            Ok(()) => Ok(Lock(file)),
            Err(fs::TryLockError::WouldBlock) => Err(FileError::InUse(self.path.clone())),
            Err(fs::TryLockError::Error(source)) => Err(FileError::io("lock", &path)(source)),
        }
    }

    /// Gives the full file its number. One that was moved away by someone else is left where it is.
    fn put_aside(&self, open: &Open) -> Result<(), FileError> {
        let Some(first) = open.first.filter(|_| self.is_in_place(&open.file)) else {
            return Ok(());
        };
        let to = set::numbered(&self.path, first);
        // The lock keeps other logs away, so nobody of ours comes in between.
        if to.try_exists().map_err(FileError::io("look for", &to))? {
            return Err(FileError::Taken(to));
        }
        fs::rename(&self.path, &to).map_err(FileError::io("rename", &self.path))
    }

    #[cfg(unix)]
    fn is_in_place(&self, file: &File) -> bool {
        use std::os::unix::fs::MetadataExt as _;
        let same = |there: fs::Metadata| {
            file.metadata().is_ok_and(|ours| (ours.dev(), ours.ino()) == (there.dev(), there.ino()))
        };
        fs::metadata(&self.path).is_ok_and(same)
    }

    #[cfg(not(unix))]
    fn is_in_place(&self, _: &File) -> bool {
        self.path.exists()
    }

    /// The oldest full files go. That one cannot be removed stops nothing.
    fn forget(&self) {
        let Some(keep) = self.keep else { return };
        let full = set::full_files(&self.path).unwrap_or_default();
        for old in full.iter().rev().skip(keep.get()) {
            let _ = fs::remove_file(old);
        }
    }

    /// Renames are kept by the folder.
    fn sync_folder(&self) {
        if let Some(folder) = self.path.parent() {
            let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
            // Not every system has folders that can be synced.
            let _ = File::open(folder).and_then(|folder| folder.sync_all());
        }
    }
}

impl Sink for FileSink {
    fn open(&mut self, chain: &Chain) -> Result<Resume, SinkError> {
        let lock = self.lock()?;
        let mut file = self.open_file()?;
        let found = tail::find(&mut file, chain, &self.path)?;
        // A crash may have come between the end of a file and the first line of the next.
        let before = match found.head {
            None => self.last_of_full_files(chain)?,
            Some(_) => None,
        };
        self.open = Some(Open {
            _lock: lock,
            file,
            len: found.len,
            first: found.first.map(|(seq, _)| seq),
            since: found.first.map(|(_, time)| time),
            done: 0,
            mark: found.mark,
            hold_off: 0,
        });
        Ok(Resume { head: found.head.or(before), torn: found.torn })
    }

    fn write(&mut self, batch: &Batch<'_>) -> Result<(), SinkError> {
        let Some(open) = &mut self.open else { return Err(SinkError::new("not open")) };
        while !open.mark.is_empty() {
            let written = written(&mut open.file, open.mark)?;
            open.len += written as u64;
            open.mark = open.mark.get(written..).unwrap_or_default();
        }
        // What is left of it, where a part was written before something went wrong.
        while let Some(rest) = batch.bytes().get(open.done..).filter(|rest| !rest.is_empty()) {
            let written = written(&mut open.file, rest)?;
            open.done += written;
            open.len += written as u64;
        }
        if self.sync == Sync::EachBatch {
            open.file.sync_data()?;
        }
        open.done = 0;
        if open.first.is_none() {
            open.first = Some(batch.first());
            open.since = batch.lines().next().and_then(|(_, line)| tail::time_of(line));
        }
        Ok(())
    }

    fn is_full(&self, pending: usize, now: u64) -> bool {
        let Some(open) = &self.open else { return false };
        let bytes = open.len.saturating_add(pending as u64);
        if bytes < open.hold_off {
            return false;
        }
        let old =
            |(age, since): (Duration, u64)| u128::from(now.saturating_sub(since)) >= age.as_nanos();
        bytes >= self.max_bytes && bytes > 0 || self.max_age.zip(open.since).is_some_and(old)
    }

    fn rotate(&mut self) -> Result<(), SinkError> {
        let Some(mut open) = self.open.take() else { return Err(SinkError::new("not open")) };
        let synced = match self.sync {
            Sync::Never => Ok(()),
            Sync::EachFile | Sync::EachBatch => open.file.sync_data().map_err(SinkError::from),
        };
        let next = synced.and_then(|()| {
            self.put_aside(&open)?;
            Ok(self.open_file()?)
        });
        match next {
            Ok(file) => {
                let Open { _lock, .. } = open;
                let (mark, hold_off) = (&b""[..], 0);
                self.open = Some(Open {
                    _lock,
                    file,
                    len: 0,
                    first: None,
                    since: None,
                    done: 0,
                    mark,
                    hold_off,
                });
                self.forget();
                if self.sync != Sync::Never {
                    self.sync_folder();
                }
                Ok(())
            }
            Err(error) => {
                // Not again with each line.
                open.hold_off = open.len.saturating_add(1 << 20);
                self.open = Some(open);
                Err(error)
            }
        }
    }

    fn close(&mut self) -> Result<(), SinkError> {
        match (self.sync, &self.open) {
            (Sync::Never, _) | (_, None) => Ok(()),
            (_, Some(open)) => Ok(open.file.sync_data()?),
        }
    }
}

impl FileSink {
    fn last_of_full_files(&self, chain: &Chain) -> Result<Option<Head>, SinkError> {
        let full =
            set::full_files(&self.path).map_err(FileError::io("list files beside", &self.path))?;
        let Some(last) = full.last() else { return Ok(None) };
        let mut file = File::open(last).map_err(FileError::io("open", last))?;
        Ok(tail::find(&mut file, chain, last)?.head)
    }
}

/// How many bytes went into the file at once.
fn written(file: &mut File, bytes: &[u8]) -> io::Result<usize> {
    loop {
        match file.write(bytes) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => return Ok(written),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A process that has been forked off, and has not become another yet, has all files open.
    #[test]
    fn a_lock_ends_with_its_log_although_others_have_its_file_open() {
        let folder = tempfile::tempdir().unwrap();
        let sink = FileSink::new(folder.path().join("log"));
        let lock = sink.lock().unwrap();
        let copy = lock.0.try_clone().unwrap();
        assert!(matches!(sink.lock(), Err(FileError::InUse(_))));
        drop(lock);
        assert!(sink.lock().is_ok());
        drop(copy);
    }
}
