//! The right to make one attempt: a token of the critic's bucket, and permits of critic, stage and run.
//!
//! Permits are taken narrowest first, so that a wide one is never held while waiting for a narrow one.

use tokio::time::{Instant, sleep, timeout_at};
use tribunal_core::{Reason, TimeoutLevel};
use tribunal_resilience::{Deadline, Permit, Permits};

use crate::plan::{Node, Plan, StagePlan};

/// The permits of one attempt. Dropping it gives them back.
#[must_use = "permits last as long as they are kept"]
pub(crate) struct Held<'p> {
    _critic: Option<Permit<'p>>,
    _stage: Option<Permit<'p>>,
    _global: Permit<'p>,
}

/// What came of asking without waiting.
pub(crate) enum Asked<'p> {
    /// All of them.
    Held(Held<'p>),
    /// The token, but some permit was not free.
    Token,
    /// Not even a token; the wait for one fits.
    Nothing,
}

/// Where an attempt takes its permits from.
#[derive(Clone, Copy)]
pub(crate) struct Limits<'p> {
    pub(crate) plan: &'p Plan,
    pub(crate) stage: &'p StagePlan,
    pub(crate) node: &'p Node,
    pub(crate) priority: u8,
    pub(crate) deadline: Deadline<TimeoutLevel>,
}

impl<'p> Limits<'p> {
    /// Everything at once, if nobody has to be waited for.
    pub(crate) fn try_take(&self, now: Instant) -> Result<Asked<'p>, Reason> {
        if let Some(wait) = self.node.bucket.as_ref().and_then(|bucket| bucket.take().err()) {
            self.in_time(now, wait)?;
            return Ok(Asked::Nothing);
        }
        Ok(self.try_permits().map_or(Asked::Token, Asked::Held))
    }

    fn try_permits(&self) -> Option<Held<'p>> {
        fn optional(permits: Option<&Permits>) -> Option<Option<Permit<'_>>> {
            permits.map_or(Some(None), |permits| permits.try_acquire().map(Some))
        }
        Some(Held {
            _critic: optional(self.node.permits.as_ref())?,
            _stage: optional(self.stage.permits.as_ref())?,
            _global: self.plan.permits.try_acquire()?,
        })
    }

    /// Waits for a token, within the deadline.
    pub(crate) async fn token(&self) -> Result<(), Reason> {
        let Some(bucket) = &self.node.bucket else { return Ok(()) };
        while let Err(wait) = bucket.take() {
            self.in_time(Instant::now(), wait)?;
            sleep(wait).await;
        }
        Ok(())
    }

    /// Nobody waits for what comes too late.
    fn in_time(&self, now: Instant, wait: std::time::Duration) -> Result<(), Reason> {
        let late = wait >= self.deadline.left(now);
        if late { Err(Reason::RateLimited { wait }) } else { Ok(()) }
    }

    /// Waits for permits, within the deadline.
    pub(crate) async fn permits(&self) -> Result<Held<'p>, Reason> {
        let critic = match &self.node.permits {
            Some(permits) => Some(self.one(permits).await?),
            None => None,
        };
        let stage = match &self.stage.permits {
            Some(permits) => Some(self.one(permits).await?),
            None => None,
        };
        let global = self.one(&self.plan.permits).await?;
        Ok(Held { _critic: critic, _stage: stage, _global: global })
    }

    async fn one(&self, permits: &'p Permits) -> Result<Permit<'p>, Reason> {
        match timeout_at(self.deadline.at(), permits.acquire(self.priority)).await {
            Ok(Ok(permit)) => Ok(permit),
            // These queues have no bound of their own: the runs that feed them have.
            Ok(Err(_)) | Err(_) => Err(Reason::Timeout(self.deadline.level())),
        }
    }
}
