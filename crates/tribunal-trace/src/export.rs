//! Who takes spans.

use std::collections::VecDeque;
use std::error::Error;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::span::Span;

/// Takes spans to where they are kept.
///
/// # Contract
///
/// Called by the tracer's own thread alone. It may take its time, but has an end to it: runs do not wait, and what does not
/// fit into the queue meanwhile is counted. A panic counts as an error for good.
pub trait Exporter: Send + 'static {
    /// Takes these spans, all of them or none, but for [`ExportError::Partly`]. Those of a run come in one piece, unless
    /// they are more than a batch holds.
    ///
    /// # Errors
    ///
    /// [`ExportError`]; it says whether it is worth trying again.
    fn export(&mut self, spans: &[Span]) -> Result<(), ExportError>;

    /// Nothing more will come.
    fn close(&mut self) {}
}

/// Why spans were not taken. Says nothing of what is in them.
#[derive(Debug)]
#[non_exhaustive]
pub enum ExportError {
    /// It may do to try again.
    Transient {
        /// What is wrong.
        cause: Box<dyn Error + Send + Sync>,
        /// After how long, if that was said.
        after: Option<Duration>,
    },
    /// These spans will never be taken.
    Permanent(Box<dyn Error + Send + Sync>),
    /// All but some were taken.
    Partly {
        /// How many were not.
        rejected: u64,
        /// Why not.
        cause: Box<dyn Error + Send + Sync>,
    },
}

impl ExportError {
    const fn cause(&self) -> &(dyn Error + Send + Sync + 'static) {
        match self {
            Self::Transient { cause, .. } | Self::Permanent(cause) | Self::Partly { cause, .. } => {
                &**cause
            }
        }
    }
}

impl fmt::Display for ExportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Partly { rejected, cause } => {
                write!(f, "{rejected} spans were rejected: {cause}")
            }
            other => fmt::Display::fmt(other.cause(), f),
        }
    }
}

impl Error for ExportError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause().source()
    }
}

/// Keeps the last spans in memory: for tests, and for looking at them in the process itself. Cloning it shares them.
#[derive(Clone)]
pub struct Spans {
    most: usize,
    all: Arc<Mutex<VecDeque<Span>>>,
}

impl Spans {
    /// Keeps so many; older ones go.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self { most, all: Arc::default() }
    }

    /// Those that are there, in the order in which they came.
    #[must_use]
    pub fn all(&self) -> Vec<Span> {
        self.lock().iter().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Span>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Exporter for Spans {
    fn export(&mut self, spans: &[Span]) -> Result<(), ExportError> {
        let mut all = self.lock();
        all.extend(spans.iter().cloned());
        let over = all.len().saturating_sub(self.most);
        all.drain(..over);
        Ok(())
    }
}

impl fmt::Debug for Spans {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spans").field("most", &self.most).finish_non_exhaustive()
    }
}
