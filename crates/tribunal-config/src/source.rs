//! The text of a configuration, and where it came from.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use thiserror::Error;

/// The default pipeline as TOML: what [`Source::default_pipeline`] holds.
pub const DEFAULT: &str = include_str!("../../../config/tribunal.toml");

/// A configuration that has been read and not yet understood.
#[derive(Clone, PartialEq, Eq)]
pub struct Source {
    /// What it is called where mistakes are shown: a path, as a rule.
    pub name: String,
    /// The TOML itself.
    pub text: String,
}

impl Source {
    /// The longest text, in bytes: 1 MiB.
    pub const MAX_BYTES: usize = 1 << 20;

    /// A text under a name.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self { name: name.into(), text: text.into() }
    }

    /// The pipeline that comes with this crate.
    #[must_use]
    pub fn default_pipeline() -> Self {
        Self::new("tribunal.toml", DEFAULT)
    }

    /// Reads a file. A byte order mark at its start is left out.
    ///
    /// # Errors
    ///
    /// [`ReadError`] when there is no such file, it is no regular file, it cannot be read, it is longer than
    /// [`Source::MAX_BYTES`], is not UTF-8, or has a NUL.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, ReadError> {
        let path = path.as_ref();
        let name = path.display().to_string();
        let failed = |cause| ReadError::Io { name: name.clone(), cause };
        // Asked before it is opened: opening a pipe waits for whoever writes to it.
        let kind = std::fs::metadata(path).map_err(failed)?;
        if !kind.is_file() {
            return Err(ReadError::NotAFile { name });
        }
        let file = File::open(path).map_err(failed)?;
        let mut bytes = Vec::new();
        // One more than is allowed, so that a file that grows meanwhile is still noticed.
        let most = u64::try_from(Self::MAX_BYTES).unwrap_or(u64::MAX).saturating_add(1);
        file.take(most).read_to_end(&mut bytes).map_err(failed)?;
        if bytes.len() > Self::MAX_BYTES {
            return Err(ReadError::TooLarge { name, limit: Self::MAX_BYTES });
        }
        let text = String::from_utf8(bytes).map_err(|error| ReadError::NotUtf8 {
            name: name.clone(),
            offset: error.utf8_error().valid_up_to(),
        })?;
        if let Some(offset) = text.find('\0') {
            return Err(ReadError::Nul { name, offset });
        }
        let text = match text.strip_prefix('\u{feff}') {
            Some(rest) => rest.to_owned(),
            None => text,
        };
        Ok(Self { name, text })
    }
}

/// Shows the name and the size; a configuration may hold what is private.
impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Source")
            .field("name", &self.name)
            .field("bytes", &self.text.len())
            .finish_non_exhaustive()
    }
}

/// Why a file could not be read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ReadError {
    /// It is not there, or may not be read.
    #[error("cannot read `{name}`")]
    Io {
        /// Which file.
        name: String,
        /// What the system says.
        #[source]
        cause: std::io::Error,
    },
    /// A directory, a pipe or a device.
    #[error("`{name}` is no regular file")]
    NotAFile {
        /// Which file.
        name: String,
    },
    /// Longer than [`Source::MAX_BYTES`].
    #[error("`{name}` is longer than {limit} bytes")]
    TooLarge {
        /// Which file.
        name: String,
        /// How long it may be, in bytes.
        limit: usize,
    },
    /// Not text, or in another encoding.
    #[error("`{name}` is not UTF-8: the byte at offset {offset} cannot stand there")]
    NotUtf8 {
        /// Which file.
        name: String,
        /// Where, in bytes from the start of the file.
        offset: usize,
    },
    /// A NUL has no place in a text, and hides what follows from some readers.
    #[error("`{name}` has a NUL at offset {offset}")]
    Nul {
        /// Which file.
        name: String,
        /// Where, in bytes from the start of the file.
        offset: usize,
    },
}
