//! Where lines go: what a sink is asked to do, and what it is given.
//!
//! [`FileSink`](crate::FileSink) is one; an [`AsyncSink`](crate::AsyncSink) of one's own is easier to write.

use std::error::Error;
use std::fmt;

use crate::chain::{Chain, Head};
use crate::encode::Torn;

/// Whole lines that follow each other, each with its line feed.
#[derive(Clone, Copy)]
pub struct Batch<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) first: u64,
    pub(crate) head: Head,
}

impl<'a> Batch<'a> {
    /// All of it.
    #[must_use]
    pub const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The number of its first line.
    #[must_use]
    pub const fn first(&self) -> u64 {
        self.first
    }

    /// Where the log ends with it.
    #[must_use]
    pub const fn head(&self) -> Head {
        self.head
    }

    /// Each line with its number, without its line feed.
    pub fn lines(&self) -> impl Iterator<Item = (u64, &'a [u8])> {
        let lines = self.bytes.strip_suffix(b"\n").unwrap_or(self.bytes);
        (self.first..).zip(lines.split(|byte| *byte == b'\n'))
    }
}

impl fmt::Debug for Batch<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { bytes, first, head } = self;
        let bytes = bytes.len();
        f.debug_struct("Batch")
            .field("bytes", &bytes)
            .field("first", first)
            .field("head", head)
            .finish()
    }
}

/// Where a log goes on.
#[derive(Debug, Clone, Copy, Default)]
pub struct Resume {
    /// The last line that is there; none for a log that begins.
    pub head: Option<Head>,
    /// What a crash left behind it.
    pub torn: Option<Torn>,
}

/// Why lines did not get to where they should. Says nothing of what is in them.
#[derive(Debug)]
pub struct SinkError(Box<dyn Error + Send + Sync>);

impl SinkError {
    /// From whatever went wrong.
    pub fn new(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(cause.into())
    }
}

impl fmt::Display for SinkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl Error for SinkError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}

impl From<std::io::Error> for SinkError {
    fn from(error: std::io::Error) -> Self {
        Self::new(error)
    }
}

/// Puts lines somewhere.
///
/// # Contract
///
/// Called by the log's own thread alone, but for [`Sink::open`]. It may take its time: runs do not wait, and what does not fit into the queue
/// meanwhile is counted. A panic counts as an error.
pub trait Sink: Send + 'static {
    /// Gets ready, and says where the log ends that is there. Called once, first.
    ///
    /// # Errors
    ///
    /// [`SinkError`], and there will be no log.
    fn open(&mut self, chain: &Chain) -> Result<Resume, SinkError>;

    /// Puts a batch behind what is there. After an error it is given the same again, bytes and all.
    ///
    /// # Errors
    ///
    /// [`SinkError`] when it is not known to be there as a whole.
    fn write(&mut self, batch: &Batch<'_>) -> Result<(), SinkError>;

    /// How often a batch is tried before it is given up; `None` for as long as the log is open.
    fn tries(&self) -> Option<u32> {
        None
    }

    /// Whether a line should go elsewhere, when so many bytes are about to be written before it. `now` is its time, in
    /// nanoseconds since 1970.
    fn is_full(&self, pending: usize, now: u64) -> bool {
        let _ = (pending, now);
        false
    }

    /// Goes on elsewhere, as it sees fit: in a new file. All before has been written.
    ///
    /// # Errors
    ///
    /// [`SinkError`], and it goes on where it was.
    fn rotate(&mut self) -> Result<(), SinkError> {
        Ok(())
    }

    /// Nothing more will come.
    ///
    /// # Errors
    ///
    /// [`SinkError`] when what was written may not be there after all.
    fn close(&mut self) -> Result<(), SinkError> {
        Ok(())
    }
}
