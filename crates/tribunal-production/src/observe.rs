//! Tells observers what happens. Their panics stay theirs.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use tribunal_core::{Interest, Observer, RunEvent, contain};

#[derive(Default)]
pub(crate) struct Observers {
    /// With what each of them needs to be told.
    all: Vec<(Interest, Arc<dyn Observer>)>,
    /// Whether some need to be told what becomes of each critic.
    watched: bool,
    panics: AtomicU64,
}

impl Observers {
    pub(crate) fn add(&mut self, observer: Arc<dyn Observer>) {
        // Code of someone else; one that panics here is told everything.
        let interest = contain(|| observer.interest()).unwrap_or_default();
        self.watched |= interest == Interest::Everything;
        self.all.push((interest, observer));
    }

    /// Whether nobody needs to be told what happens within a run.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        !self.watched
    }

    #[inline]
    pub(crate) fn tell(&self, event: RunEvent<'_>) {
        if self.watched || event.is_of(Interest::Runs) {
            self.tell_all(event);
        }
    }

    fn tell_all(&self, event: RunEvent<'_>) {
        for (interest, observer) in &self.all {
            if event.is_of(*interest) && contain(|| observer.on_event(event)).is_err() {
                self.panics.fetch_add(1, Relaxed);
            }
        }
    }

    pub(crate) fn panics(&self) -> u64 {
        self.panics.load(Relaxed)
    }
}
