//! What happened in which order: one log that several critics write to.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// What critics do, in the order they do it. A clone is the same journal.
#[derive(Debug, Clone)]
pub struct Journal {
    since: Instant,
    entries: Arc<Mutex<Vec<Entry>>>,
}

/// One line of a [`Journal`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Whose.
    pub name: String,
    /// What it did.
    pub what: What,
    /// How much virtual time after the journal was begun.
    pub at: Duration,
}

/// What a critic did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// It was called.
    Started,
    /// It gave an opinion.
    Answered,
    /// It gave an error.
    Failed,
    /// It panicked.
    Panicked,
    /// It was dropped before its end.
    Cancelled,
    /// Something a test noted itself.
    Noted(&'static str),
}

impl Default for Journal {
    fn default() -> Self {
        Self { since: Instant::now(), entries: Arc::default() }
    }
}

impl Journal {
    /// Begins one; its time starts now.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a line.
    pub fn note(&self, name: &str, what: What) {
        let entry = Entry { name: name.to_owned(), what, at: self.since.elapsed() };
        self.lock().push(entry);
    }

    /// All lines so far.
    #[must_use]
    pub fn entries(&self) -> Vec<Entry> {
        self.lock().clone()
    }

    /// Who was called, in order; once for each call.
    #[must_use]
    pub fn started(&self) -> Vec<String> {
        let entries = self.entries();
        let started = entries.into_iter().filter(|entry| entry.what == What::Started);
        started.map(|entry| entry.name).collect()
    }

    /// When each call of a critic began.
    #[must_use]
    pub fn started_at(&self, name: &str) -> Vec<Duration> {
        self.times(name, |what| what == What::Started)
    }

    /// When each call of a critic ended, in whatever way.
    #[must_use]
    pub fn ended_at(&self, name: &str) -> Vec<Duration> {
        self.times(name, |what| !matches!(what, What::Started | What::Noted(_)))
    }

    /// Whether every call of the one had ended when the other was first called. False unless both were called.
    #[must_use]
    pub fn ended_before(&self, one: &str, other: &str) -> bool {
        let entries = self.entries();
        let first_start =
            entries.iter().position(|entry| entry.name == other && entry.what == What::Started);
        let last_of_one = entries.iter().rposition(|entry| entry.name == one);
        matches!((last_of_one, first_start), (Some(last), Some(first)) if last < first)
    }

    fn times(&self, name: &str, wanted: impl Fn(What) -> bool) -> Vec<Duration> {
        let entries = self.entries();
        let wanted = entries.iter().filter(|entry| entry.name == name && wanted(entry.what));
        wanted.map(|entry| entry.at).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
