//! The right to make one attempt: a token of each of the critic's buckets, and permits of critic, stage and run.
//!
//! Permits are taken narrowest first, so that a wide one is never held while waiting for a narrow one.

use tokio::time::{Instant, sleep, timeout_at};
use tribunal_core::{Reason, TimeoutLevel};
use tribunal_resilience::{Admission, Admitted, Deadline, Permit, Permits};

use crate::plan::{Node, Plan, StagePlan};

/// The permits of one attempt. Dropping it gives them back.
#[must_use = "permits last as long as they are kept"]
pub(crate) struct Held<'p> {
    critic: Option<Admitted<'p>>,
    _stage: Option<Permit<'p>>,
    _global: Permit<'p>,
}

impl Held<'_> {
    /// Gives them back: the attempt ended by itself, so its time is one to learn from.
    pub(crate) fn done(self) {
        self.critic.into_iter().for_each(Admitted::done);
    }

    /// Gives them back: the time of the attempt ran out.
    pub(crate) fn late(self) {
        self.critic.into_iter().for_each(Admitted::late);
    }
}

/// What came of asking without waiting.
pub(crate) enum Asked<'p> {
    /// All of them.
    Held(Held<'p>),
    /// A token of so many of its buckets. The wait for another fits, or some permit was not free.
    Tokens(usize),
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
        for (taken, bucket) in self.node.buckets.iter().enumerate() {
            if let Err(wait) = bucket.take() {
                self.in_time(now, wait)?;
                return Ok(Asked::Tokens(taken));
            }
        }
        Ok(self.try_permits(now).map_or(Asked::Tokens(self.node.buckets.len()), Asked::Held))
    }

    fn try_permits(&self, now: Instant) -> Option<Held<'p>> {
        fn optional(permits: Option<&Permits>) -> Option<Option<Permit<'_>>> {
            permits.map_or(Some(None), |permits| permits.try_acquire().map(Some))
        }
        let critic = match &self.node.door {
            Some(door) => Some(door.try_enter(now)?),
            None => None,
        };
        let wider = optional(self.stage.permits.as_ref())
            .and_then(|stage| Some((stage, self.plan.permits.try_acquire()?)));
        match wider {
            Some((stage, global)) => Some(Held { critic, _stage: stage, _global: global }),
            None => {
                // Nothing ran under it, so its time must not count as that of a call.
                critic.into_iter().for_each(Admitted::hand_back);
                None
            }
        }
    }

    /// Waits for a token of each bucket from the `taken`th on, within the deadline.
    pub(crate) async fn tokens(&self, taken: usize) -> Result<(), Reason> {
        for bucket in self.node.buckets.iter().skip(taken) {
            while let Err(wait) = bucket.take() {
                self.in_time(Instant::now(), wait)?;
                sleep(wait).await;
            }
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
        let critic = match &self.node.door {
            Some(door) => Some(self.admitted(door).await?),
            None => None,
        };
        let stage = match &self.stage.permits {
            Some(permits) => Some(self.one(permits).await?),
            None => None,
        };
        let global = self.one(&self.plan.permits).await?;
        Ok(Held { critic, _stage: stage, _global: global })
    }

    /// The narrowest limit is where the jam is: nobody waits there for what would come too late, and in a jam
    /// the newest go first. All who wait at it have the same priority, so none is passed over.
    async fn admitted(&self, door: &'p Admission) -> Result<Admitted<'p>, Reason> {
        let until = self.deadline.at();
        match timeout_at(until, door.enter(until)).await {
            Ok(Ok(admitted)) => Ok(admitted),
            Ok(Err(_)) | Err(_) => Err(Reason::Timeout(self.deadline.level())),
        }
    }

    async fn one(&self, permits: &'p Permits) -> Result<Permit<'p>, Reason> {
        match timeout_at(self.deadline.at(), permits.acquire(self.priority)).await {
            Ok(Ok(permit)) => Ok(permit),
            // These queues have no bound of their own: the runs that feed them have.
            Ok(Err(_)) | Err(_) => Err(Reason::Timeout(self.deadline.level())),
        }
    }
}
