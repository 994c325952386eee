//! What was done to a critic: calls, overlap, cancellations, and what it was shown.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tribunal_core::{Status, View};

use crate::{Journal, What};

/// Counts the calls of the critics it is put on. A clone counts the same.
#[derive(Debug, Clone, Default)]
pub struct Probe(Arc<Mutex<Counts>>);

#[derive(Debug, Default)]
struct Counts {
    calls: usize,
    in_flight: usize,
    max_in_flight: usize,
    answered: usize,
    failed: usize,
    panicked: usize,
    cancelled: usize,
    seen: Vec<Vec<(String, Status)>>,
    texts: Vec<String>,
}

impl Probe {
    /// One to put on several critics.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How often they were called.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.counts().calls
    }

    /// How many calls are under way.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.counts().in_flight
    }

    /// How many calls were under way at most at the same time.
    #[must_use]
    pub fn max_in_flight(&self) -> usize {
        self.counts().max_in_flight
    }

    /// How many calls ended with an opinion.
    #[must_use]
    pub fn answered(&self) -> usize {
        self.counts().answered
    }

    /// How many calls ended with an error.
    #[must_use]
    pub fn failed(&self) -> usize {
        self.counts().failed
    }

    /// How many calls panicked.
    #[must_use]
    pub fn panicked(&self) -> usize {
        self.counts().panicked
    }

    /// How many calls were dropped before their end.
    #[must_use]
    pub fn cancelled(&self) -> usize {
        self.counts().cancelled
    }

    /// Which earlier outcomes each call was shown, in plan order.
    #[must_use]
    pub fn seen(&self) -> Vec<Vec<(String, Status)>> {
        self.counts().seen.clone()
    }

    /// The names of the earlier outcomes that the last call was shown.
    #[must_use]
    pub fn last_seen(&self) -> Vec<String> {
        let counts = self.counts();
        let last = counts.seen.last().into_iter().flatten();
        last.map(|(name, _)| name.clone()).collect()
    }

    /// The prompt that each call was shown.
    #[must_use]
    pub fn texts(&self) -> Vec<String> {
        self.counts().texts.clone()
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One call under way. Dropped without having landed, it was cancelled, or it panicked.
pub(crate) struct Flight {
    name: String,
    probes: Vec<Probe>,
    journals: Vec<Journal>,
    landed: Option<bool>,
}

impl Flight {
    pub(crate) fn start(
        name: &str,
        probes: Vec<Probe>,
        journals: Vec<Journal>,
        view: View<'_>,
    ) -> Self {
        let seen: Vec<_> =
            view.prior().map(|(name, outcome)| (name.to_string(), outcome.status)).collect();
        for probe in &probes {
            let mut counts = probe.counts();
            counts.calls += 1;
            counts.in_flight += 1;
            counts.max_in_flight = counts.max_in_flight.max(counts.in_flight);
            counts.seen.push(seen.clone());
            counts.texts.push(view.snapshot().input_text().to_owned());
        }
        journals.iter().for_each(|journal| journal.note(name, What::Started));
        Self { name: name.to_owned(), probes, journals, landed: None }
    }

    /// The call came to its end, with an opinion or without.
    pub(crate) fn land(mut self, with_opinion: bool) {
        self.landed = Some(with_opinion);
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        let what = match self.landed {
            Some(true) => What::Answered,
            Some(false) => What::Failed,
            None if std::thread::panicking() => What::Panicked,
            None => What::Cancelled,
        };
        for probe in &self.probes {
            let mut counts = probe.counts();
            counts.in_flight -= 1;
            match what {
                What::Answered => counts.answered += 1,
                What::Failed => counts.failed += 1,
                What::Panicked => counts.panicked += 1,
                _ => counts.cancelled += 1,
            }
        }
        self.journals.iter().for_each(|journal| journal.note(&self.name, what));
    }
}
