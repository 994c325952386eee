//! Those who are in: borrowed and owned, and how they say in what way it ended.

use std::mem::ManuallyDrop;
use std::sync::Arc;

use crate::Moment;

use super::Admission;
use super::adaptive::End;

/// Since when one was in, and how and when it ended as far as that was said.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stay {
    since: Moment,
    until: Option<Moment>,
    pub(super) end: End,
}

impl Stay {
    pub(super) const fn unused(since: Moment) -> Self {
        Self { since, until: Some(since), end: End::Unused }
    }

    /// When it ended: now, unless that was said.
    #[inline]
    pub(super) fn until(&self) -> Moment {
        self.until.unwrap_or_else(Moment::now)
    }

    /// How long it took, in nanoseconds.
    #[inline]
    pub(super) fn took(&self) -> u64 {
        self.until().nanos_since(self.since)
    }
}

/// One who is in. Dropping it makes room for the next.
///
/// How it ends says what is learned about how long one takes: [`Admitted::done`] when it ended by itself,
/// [`Admitted::late`] when its time ran out, [`Admitted::hand_back`] when nothing was done, and a plain drop
/// when it was cut short. What ran out of time or was cut short would have taken longer still, so it counts
/// only once it took longer than others do. Where nobody
/// ever says `done`, every drop counts as an end.
#[derive(Debug)]
#[must_use = "a place lasts as long as it is kept"]
pub struct Admitted<'a> {
    pub(super) admission: &'a Admission,
    pub(super) since: Moment,
}

/// An [`Admitted`] without a lifetime, and otherwise the same.
#[derive(Debug)]
#[must_use = "a place lasts as long as it is kept"]
pub struct OwnedAdmitted {
    admission: Arc<Admission>,
    stay: Stay,
}

impl Admitted<'_> {
    /// The same place, without a lifetime. It is kept all the while: nobody else can get it in between.
    ///
    /// # Errors
    ///
    /// The place itself, untouched, when it is not one of `admission`.
    pub fn into_owned(self, admission: &Arc<Admission>) -> Result<OwnedAdmitted, Self> {
        if !std::ptr::eq(self.admission, Arc::as_ptr(admission)) {
            return Err(self);
        }
        // The place it held is held by the owned one from here on.
        let Self { since, .. } = *ManuallyDrop::new(self);
        let stay = Stay { since, until: None, end: End::Cut };
        Ok(OwnedAdmitted { admission: Arc::clone(admission), stay })
    }

    #[inline]
    fn end(self, end: End, until: Option<Moment>) {
        let Self { admission, since } = *ManuallyDrop::new(self);
        admission.leave(Stay { since, until, end });
    }
}

impl OwnedAdmitted {
    fn end(mut self, end: End, until: Option<Moment>) {
        self.stay.end = end;
        self.stay.until = until;
    }
}

/// Both guards end in the same ways.
macro_rules! ends {
    ($guard:ty) => {
        impl $guard {
            /// Gives the place back: what was done in it has ended by itself, well or badly.
            #[inline]
            pub fn done(self) {
                self.end(End::Done, None);
            }

            /// As `done`, at a reading of the clock that one has already.
            #[inline]
            pub fn done_at(self, now: Moment) {
                self.end(End::Done, Some(now));
            }

            /// Gives the place back: the time of what was done in it has run out. A limit that moves falls.
            #[inline]
            pub fn late(self) {
                self.end(End::Late, None);
            }

            /// As `late`, at a reading of the clock that one has already.
            #[inline]
            pub fn late_at(self, now: Moment) {
                self.end(End::Late, Some(now));
            }

            /// As a plain drop, at a reading of the clock that one has already.
            #[inline]
            pub fn cut_at(self, now: Moment) {
                self.end(End::Cut, Some(now));
            }

            /// Gives the place back unused: nothing is learned from it about how long one takes.
            #[inline]
            pub fn hand_back(self) {
                self.end(End::Unused, None);
            }
        }
    };
}

ends!(Admitted<'_>);
ends!(OwnedAdmitted);

impl Drop for Admitted<'_> {
    #[inline]
    fn drop(&mut self) {
        self.admission.leave(Stay { since: self.since, until: None, end: End::Cut });
    }
}

impl Drop for OwnedAdmitted {
    #[inline]
    fn drop(&mut self) {
        self.admission.leave(self.stay);
    }
}

#[cfg(test)]
#[cfg(not(any(loom, shuttle)))]
mod tests {
    use super::*;
    use std::num::NonZeroUsize;
    use std::time::Duration;

    const MS: fn(u64) -> Duration = Duration::from_millis;

    fn one() -> Arc<Admission> {
        Arc::new(Admission::new(NonZeroUsize::MIN, 10))
    }

    const fn sent_anywhere<T: Send + Sync + 'static>(_: &T) {}

    /// Rule 8: kept from the first to the last, and freed once; the time before counts too.
    #[tokio::test(start_paused = true)]
    async fn an_owned_place_is_kept_all_the_while_and_given_back_once() {
        let admission = one();
        let place = admission.try_enter(Moment::now()).unwrap();
        tokio::time::advance(MS(60)).await;
        let owned = place.into_owned(&admission).unwrap();
        sent_anywhere(&owned);
        assert_eq!(admission.inside(), 1);
        assert!(admission.try_enter(Moment::now()).is_none());
        tokio::time::advance(MS(40)).await;
        owned.done();
        assert_eq!(admission.inside(), 0);
        assert_eq!(admission.lock().takes(), Some(MS(100)));
    }

    /// A reading that one has already is as good as a new one.
    #[tokio::test(start_paused = true)]
    async fn what_ends_at_a_reading_is_measured_by_it() {
        let admission = one();
        let start = Moment::now();
        tokio::time::advance(MS(500)).await;
        admission.try_enter(start).unwrap().done_at(start + MS(80));
        assert_eq!(admission.lock().takes(), Some(MS(80)));
        admission.try_enter(start).unwrap().cut_at(start + MS(79));
        admission.try_enter(start).unwrap().late_at(start + MS(80));
        assert_eq!(admission.lock().takes(), Some(MS(80)));
        let place = admission.try_enter(start).unwrap().into_owned(&admission).unwrap();
        place.late_at(start + MS(160));
        assert_eq!(admission.lock().takes(), Some(MS(90)));
        let place = admission.try_enter(start).unwrap().into_owned(&admission).unwrap();
        place.done_at(start + MS(10));
        assert_eq!(admission.lock().takes(), Some(MS(80)));
        assert_eq!(admission.inside(), 0);
    }

    /// Rule 8: freed where it was taken, whatever it is shown.
    #[tokio::test(start_paused = true)]
    async fn a_place_is_not_turned_into_one_of_others() {
        let (mine, others) = (one(), one());
        let place = mine.try_enter(Moment::now()).unwrap();
        let place = place.into_owned(&others).unwrap_err();
        assert_eq!((mine.inside(), others.inside()), (1, 0));
        drop(place);
        assert_eq!((mine.inside(), others.inside()), (0, 0));
    }

    /// A stay of so long that ends in that way.
    async fn stay<'a>(admission: &'a Admission, millis: u64, end: impl FnOnce(Admitted<'a>)) {
        let place = admission.try_enter(Moment::now()).unwrap();
        tokio::time::advance(MS(millis)).await;
        end(place);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_cut_short_teaches_no_shorter_time() {
        let admission = one();
        stay(&admission, 80, Admitted::done).await;
        for _ in 0..100 {
            stay(&admission, 1, drop).await;
            stay(&admission, 1, Admitted::hand_back).await;
        }
        assert_eq!(admission.lock().takes(), Some(MS(80)));
        // Cut, and longer than the others all the same: at least that long.
        stay(&admission, 160, drop).await;
        assert_eq!(admission.lock().takes(), Some(MS(90)));
        // Ends bring it down again.
        stay(&admission, 10, Admitted::done).await;
        assert_eq!(admission.lock().takes(), Some(MS(80)));
    }

    #[tokio::test(start_paused = true)]
    async fn where_nobody_says_done_every_drop_counts() {
        let admission = one();
        stay(&admission, 80, drop).await;
        stay(&admission, 0, drop).await;
        assert_eq!(admission.lock().takes(), Some(MS(70)));
        // The first end takes the place of what was only guessed.
        stay(&admission, 100, Admitted::done).await;
        assert_eq!(admission.lock().takes(), Some(MS(100)));
        stay(&admission, 0, drop).await;
        assert_eq!(admission.lock().takes(), Some(MS(100)));
    }
}
