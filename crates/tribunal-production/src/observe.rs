//! Tells observers what happens. Their panics stay theirs.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use tribunal_core::{Observer, RunEvent, contain};

#[derive(Default)]
pub(crate) struct Observers {
    all: Vec<Arc<dyn Observer>>,
    panics: AtomicU64,
}

impl Observers {
    pub(crate) fn add(&mut self, observer: Arc<dyn Observer>) {
        self.all.push(observer);
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    pub(crate) fn tell(&self, event: RunEvent<'_>) {
        for observer in &self.all {
            if contain(|| observer.on_event(event)).is_err() {
                self.panics.fetch_add(1, Relaxed);
            }
        }
    }

    pub(crate) fn panics(&self) -> u64 {
        self.panics.load(Relaxed)
    }
}
