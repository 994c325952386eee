//! The right to make one call: a token of each of the critic's buckets, and permits of critic, stage, pool and run.
//!
//! Permits are taken narrowest first, so that a wide one is never held while waiting for a narrow one.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout_at};
use tribunal_core::{Reason, TimeoutLevel, seeded};
use tribunal_resilience::{
    Admission, Admitted, Deadline, OwnedAdmitted, OwnedPermit, Permit, Permits,
};

use crate::plan::{Node, Plan, StagePlan};
use crate::spec::Isolation;

/// The permits of one call. Dropping it gives them back: the call was cut short.
#[must_use = "permits last as long as they are kept"]
pub(crate) struct Held<'p> {
    critic: Option<Admitted<'p>>,
    stage: Option<Permit<'p>>,
    pool: Option<Permit<'p>>,
    global: Permit<'p>,
}

/// The same for a call that may outlive its run.
#[must_use = "permits last as long as they are kept"]
pub(crate) struct OwnedHeld {
    critic: Option<OwnedAdmitted>,
    _stage: Option<OwnedPermit>,
    _pool: Option<OwnedPermit>,
    _global: OwnedPermit,
}

/// Wide permits on the way from one call that is over to the next, within one pass over the critics of a stage:
/// nobody else could have had them in between. Whoever waits for one gets it at the next call.
#[derive(Default)]
pub(crate) struct Carried<'p> {
    stage: Option<Permit<'p>>,
    global: Option<Permit<'p>>,
}

/// What came of asking without waiting.
pub(crate) enum Asked<'p> {
    /// All of them.
    Held(Held<'p>),
    /// A token of so many of its buckets. The wait for another fits, or some permit was not free.
    Tokens(usize),
}

/// Where a call takes its permits from.
#[derive(Clone, Copy)]
pub(crate) struct Limits<'p> {
    pub(crate) plan: &'p Plan,
    pub(crate) stage: &'p StagePlan,
    pub(crate) node: &'p Node,
    pub(crate) priority: u8,
    pub(crate) deadline: Deadline<TimeoutLevel>,
}

impl<'p> Held<'p> {
    /// Gives them back: the call has ended by itself, and its time counts. Wide ones that nobody waits for may be
    /// carried on to the next call.
    pub(crate) fn done(self, carried: &mut Carried<'p>) {
        if let Some(critic) = self.critic {
            critic.done();
        }
        carried.stage = self.stage;
        carried.global = Some(self.global);
    }

    /// The same, where it is known already how long it took.
    #[inline]
    pub(crate) fn done_after(self, took: Duration, carried: &mut Carried<'p>) {
        if let Some(critic) = self.critic {
            critic.done_after(took);
        }
        carried.stage = self.stage;
        carried.global = Some(self.global);
    }

    /// Gives them back: the call's time ran out.
    pub(crate) fn late(self) {
        if seeded!(StagePermitLeaked) {
            std::mem::forget(self.stage);
        }
        if let Some(critic) = self.critic {
            if seeded!(CriticPermitLeaked) {
                return std::mem::forget(critic);
            }
            critic.late();
        }
    }
}

impl OwnedHeld {
    /// Gives them back: the call has ended by itself, and its time counts.
    pub(crate) fn done(self) {
        if let Some(critic) = self.critic {
            critic.done();
        }
    }

    /// Gives them back: the call's time ran out.
    pub(crate) fn late(self) {
        if let Some(critic) = self.critic {
            critic.late();
        }
    }
}

impl<'p> Limits<'p> {
    /// Everything at once, if nobody has to be waited for.
    pub(crate) fn try_take(
        &self,
        now: Instant,
        carried: &mut Carried<'p>,
    ) -> Result<Asked<'p>, Reason> {
        for (taken, bucket) in self.node.buckets.iter().enumerate() {
            if let Err(wait) = bucket.take_at(now) {
                self.in_time(now, wait)?;
                return Ok(Asked::Tokens(taken));
            }
        }
        Ok(self
            .try_permits(now, carried)
            .map_or(Asked::Tokens(self.node.buckets.len()), Asked::Held))
    }

    /// Everything at once for a call that nobody would wait for. Permits come first: a token that was taken
    /// is gone.
    pub(crate) fn try_extra(&self, now: Instant) -> Option<Held<'p>> {
        let held = self.try_permits(now, &mut Carried::default())?;
        let free = seeded!(HedgeTakesNoToken);
        if free || self.node.buckets.iter().all(|bucket| bucket.take_at(now).is_ok()) {
            return Some(held);
        }
        held.hand_back();
        None
    }

    fn try_permits(&self, now: Instant, carried: &mut Carried<'p>) -> Option<Held<'p>> {
        fn optional<'p>(
            permits: Option<&'p Arc<Permits>>,
            carried: Option<Permit<'p>>,
        ) -> Option<Option<Permit<'p>>> {
            permits.map_or(Some(None), |permits| one(permits, carried).map(Some))
        }
        fn one<'p>(permits: &'p Permits, carried: Option<Permit<'p>>) -> Option<Permit<'p>> {
            match carried {
                Some(permit) if !permits.is_contended() => Some(permit),
                // Free for whoever waits, and behind them.
                carried => {
                    drop(carried);
                    permits.try_acquire()
                }
            }
        }
        let Carried { stage, global } = std::mem::take(carried);
        let critic = match &self.node.door {
            Some(door) => Some(door.try_enter(now)?),
            None => None,
        };
        let wider = optional(self.stage.permits.as_ref(), stage).and_then(|stage| {
            let pool = optional(self.pool(), None)?;
            Some((stage, pool, one(&self.plan.permits, global)?))
        });
        match wider {
            Some((stage, pool, global)) => Some(Held { critic, stage, pool, global }),
            None => {
                // Nothing ran under it, so its time must not count as that of a call.
                critic.into_iter().for_each(Admitted::hand_back);
                None
            }
        }
    }

    /// The threads that may block, for a critic that needs one.
    fn pool(&self) -> Option<&'p Arc<Permits>> {
        (self.node.isolation == Isolation::Blocking).then_some(&self.plan.pool)
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
    fn in_time(&self, now: Instant, wait: Duration) -> Result<(), Reason> {
        let late = wait >= self.deadline.left(now);
        if late { Err(Reason::RateLimited { wait }) } else { Ok(()) }
    }

    /// Waits for permits, within the deadline.
    pub(crate) async fn permits(&self) -> Result<Held<'p>, Reason> {
        let mut critic = match &self.node.door {
            Some(door) => Some(Waiting(Some(self.admitted(door).await?))),
            None => None,
        };
        let stage = match &self.stage.permits {
            Some(permits) => Some(self.one(permits).await?),
            None => None,
        };
        let pool = match self.pool() {
            Some(permits) => Some(self.one(permits).await?),
            None => None,
        };
        let global = self.one(&self.plan.permits).await?;
        let critic = critic.as_mut().and_then(|waiting| waiting.0.take());
        Ok(Held { critic, stage, pool, global })
    }

    /// The narrowest limit is where the jam is: nobody waits there for what would come too late, and in a jam
    /// the newest go first. All who wait at it have the same priority, so none is passed over.
    async fn admitted(&self, door: &'p Admission) -> Result<Admitted<'p>, Reason> {
        let (until, level) = (self.deadline.at(), self.deadline.level());
        match timeout_at(until, door.enter(until)).await {
            Ok(Ok(admitted)) => Ok(admitted),
            Ok(Err(_)) => Err(Reason::NoTurn(level)),
            Err(_) => Err(Reason::Timeout(level)),
        }
    }

    async fn one(&self, permits: &'p Permits) -> Result<Permit<'p>, Reason> {
        match timeout_at(self.deadline.at(), permits.acquire(self.priority)).await {
            Ok(Ok(permit)) => Ok(permit),
            // These queues have no bound of their own: the runs that feed them have.
            Ok(Err(_)) | Err(_) => Err(Reason::Timeout(self.deadline.level())),
        }
    }

    /// The same permits for a call that may outlive its run.
    pub(crate) fn owned(&self, held: Held<'p>) -> Option<OwnedHeld> {
        let Held { critic, stage, pool, global } = held;
        let critic = match (critic, &self.node.door) {
            (Some(critic), Some(door)) => Some(critic.into_owned(door).ok()?),
            _ => None,
        };
        let owned = |permit: Option<Permit<'p>>, permits: Option<&Arc<Permits>>| match permit {
            Some(permit) => permit.into_owned(permits?).ok().map(Some),
            None => Some(None),
        };
        Some(OwnedHeld {
            critic,
            _stage: owned(stage, self.stage.permits.as_ref())?,
            _pool: owned(pool, self.pool())?,
            _global: global.into_owned(&self.plan.permits).ok()?,
        })
    }
}

/// A critic's place while its call waits for wider permits: given back unused, it says nothing about how long
/// a call takes.
struct Waiting<'p>(Option<Admitted<'p>>);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.take().into_iter().for_each(Admitted::hand_back);
    }
}

impl Held<'_> {
    /// Gives them back unused.
    pub(crate) fn hand_back(self) {
        if seeded!(GlobalPermitLeaked) {
            std::mem::forget(self.global);
        }
        self.critic.into_iter().for_each(Admitted::hand_back);
    }
}
