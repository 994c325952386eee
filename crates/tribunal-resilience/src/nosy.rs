//! A waker that looks, whenever its code runs, whether a lock is held meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::task::{Wake, Waker};

pub(crate) struct Nosy {
    is_free: Box<dyn Fn() -> bool + Send + Sync>,
    seen: Arc<Seen>,
}

/// What such a waker has seen.
#[derive(Default)]
pub(crate) struct Seen {
    looked: AtomicUsize,
    locked: AtomicBool,
}

impl Nosy {
    pub(crate) fn waker(is_free: impl Fn() -> bool + Send + Sync + 'static) -> (Waker, Arc<Seen>) {
        let seen = Arc::<Seen>::default();
        let nosy = Self { is_free: Box::new(is_free), seen: Arc::clone(&seen) };
        (Waker::from(Arc::new(nosy)), seen)
    }

    fn look(&self) {
        self.seen.looked.fetch_add(1, SeqCst);
        if !(self.is_free)() {
            self.seen.locked.store(true, SeqCst);
        }
    }
}

impl Seen {
    /// Whether the lock was held at any time when it looked.
    pub(crate) fn found_it_locked(&self) -> bool {
        self.locked.load(SeqCst)
    }

    /// How often it looked.
    pub(crate) fn looked(&self) -> usize {
        self.looked.load(SeqCst)
    }
}

impl Wake for Nosy {
    fn wake(self: Arc<Self>) {
        self.look();
    }
}

impl Drop for Nosy {
    fn drop(&mut self) {
        self.look();
    }
}
