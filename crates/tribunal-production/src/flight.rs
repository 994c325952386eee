//! A first call in the run's own task that goes on. Thousands may wait at a time, so it is as small as can be: what can
//! be told from elsewhere when it ends is not in it.

use std::task::{Context, Poll};
use std::time::Duration;

use futures_core::future::BoxFuture;
use tribunal_core::{Contained, CriticError, Opinion, TimeoutLevel};
use tribunal_resilience::{AdmittedCall, CallResult, Deadline, Moment};

use crate::call::{About, InFlight, Spoken};
use crate::limit::Handed;

/// What a critic is at.
pub(crate) type Work<'r> = Contained<BoxFuture<'r, Result<Opinion, CriticError>>>;

/// Dropped in this order: first the critic's work, then its permits.
pub(crate) struct Flight<'r> {
    work: Work<'r>,
    handed: Handed<'r>,
    admitted: Option<AdmittedCall<'r>>,
    pub(crate) started: Moment,
    /// When its time is up.
    pub(crate) until: Moment,
    /// Whose time that is.
    level: TimeoutLevel,
    place: u32,
}

impl<'r> Flight<'r> {
    pub(crate) const fn new(
        place: u32,
        work: Work<'r>,
        handed: Handed<'r>,
        admitted: Option<AdmittedCall<'r>>,
        started: Moment,
        deadline: Deadline<TimeoutLevel>,
    ) -> Self {
        let (until, level) = (deadline.at(), deadline.level());
        Self { work, handed, admitted, started, until, level, place }
    }

    /// Whose call it is.
    pub(crate) const fn place(&self) -> usize {
        self.place as usize
    }

    /// Its answer, when there is one; what it says goes where it is wanted.
    #[inline]
    pub(crate) fn poll_into(
        &mut self,
        said: &mut Option<Opinion>,
        cx: &mut Context<'_>,
    ) -> Poll<Spoken> {
        self.work.poll_with(cx, |answer| answer.map(|opinion| *said = Some(opinion)))
    }

    /// It gave an opinion that is valid: its permits are free, its time counts, and the breaker learns of it.
    #[inline]
    pub(crate) fn succeed(&mut self, now: Moment) {
        self.work.discard();
        self.handed.done_at(now);
        if let Some(admitted) = self.admitted.take() {
            admitted.report(CallResult::Success, now);
        }
    }

    /// The same call as any other.
    pub(crate) fn into_call(self) -> Option<InFlight<'r>> {
        let deadline = Deadline::after(self.until, Duration::ZERO, self.level);
        let about = About::new(self.admitted, self.started, deadline);
        Some(InFlight::here(self.work, self.handed.held()?, about))
    }
}
