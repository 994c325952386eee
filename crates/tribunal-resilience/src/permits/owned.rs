//! A permit that owns its share of the permits it came from, for tasks that outlive a borrow.

use std::sync::Arc;

use super::{Permit, Permits};

/// A [`Permit`] without a lifetime. Dropping it hands it to the next in line.
#[derive(Debug)]
#[must_use = "a permit lasts as long as it is kept"]
pub struct OwnedPermit {
    permits: Arc<Permits>,
}

impl Permit<'_> {
    /// The same permit, without a lifetime. It is held all the while: nobody else can get it in between.
    ///
    /// # Errors
    ///
    /// The permit itself, untouched, when it did not come from `permits`.
    pub fn into_owned(self, permits: &Arc<Permits>) -> Result<OwnedPermit, Self> {
        if !std::ptr::eq(self.permits, Arc::as_ptr(permits)) {
            return Err(self);
        }
        // What it held is held by the owned one from here on.
        std::mem::forget(self);
        Ok(OwnedPermit { permits: Arc::clone(permits) })
    }
}

impl Drop for OwnedPermit {
    #[inline]
    fn drop(&mut self) {
        self.permits.release();
    }
}

#[cfg(test)]
#[cfg(not(any(loom, shuttle)))]
mod tests {
    use super::*;
    use std::num::NonZeroUsize;
    use std::pin::Pin;
    use std::task::{Context, Waker};

    fn one() -> Arc<Permits> {
        Arc::new(Permits::new(NonZeroUsize::MIN))
    }

    const fn sent_anywhere<T: Send + Sync + 'static>(_: &T) {}

    /// Rule 8: held from the first to the last, and freed once.
    #[tokio::test(start_paused = true)]
    async fn an_owned_permit_is_held_all_the_while_and_given_back_once() {
        let permits = one();
        let permit = permits.try_acquire().unwrap();
        let mut waits = permits.acquire(1);
        let mut cx = Context::from_waker(Waker::noop());
        assert!(Pin::new(&mut waits).poll(&mut cx).is_pending());
        let owned = permit.into_owned(&permits).unwrap();
        sent_anywhere(&owned);
        assert!(Pin::new(&mut waits).poll(&mut cx).is_pending(), "nobody got it in between");
        drop(owned);
        assert!(Pin::new(&mut waits).poll(&mut cx).is_ready());
        drop(waits);
        assert_eq!((permits.free(), permits.waiting()), (1, 0));
    }

    /// Rule 8: freed where it was taken, whatever it is shown.
    #[tokio::test(start_paused = true)]
    async fn a_permit_is_not_turned_into_one_of_others() {
        let (mine, others) = (one(), one());
        let permit = mine.try_acquire().unwrap();
        let permit = permit.into_owned(&others).unwrap_err();
        assert_eq!((mine.free(), others.free()), (0, 1));
        let permit = permit.of(&others).unwrap_err();
        assert_eq!((mine.free(), others.free()), (0, 1));
        drop(permit);
        assert_eq!((mine.free(), others.free()), (1, 1));
    }

    /// Rule 8: the same one, and freed once.
    #[tokio::test(start_paused = true)]
    async fn a_permit_that_is_borrowed_for_longer_is_held_all_the_while_and_given_back_once() {
        let permits = one();
        let permit = {
            let shorter = Arc::clone(&permits);
            shorter.try_acquire().unwrap().of(&permits).unwrap()
        };
        assert_eq!(permits.free(), 0);
        drop(permit);
        assert_eq!(permits.free(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn an_owned_permit_keeps_its_permits_alive() {
        let permits = one();
        let owned = permits.try_acquire().unwrap().into_owned(&permits).unwrap();
        let weak = Arc::downgrade(&permits);
        drop(permits);
        assert_eq!(weak.upgrade().unwrap().free(), 0);
        drop(owned);
        assert!(weak.upgrade().is_none());
    }
}
