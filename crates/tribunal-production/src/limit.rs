//! The right to make one call: a token of each of the critic's buckets, and permits of critic, stage, pool and run.
//!
//! Permits are taken narrowest first, so that a wide one is never held while waiting for a narrow one.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{sleep, timeout_at};
use tribunal_core::{Reason, seeded};
use tribunal_resilience::{
    Admission, Admitted, Moment, OwnedAdmitted, OwnedPermit, Permit, Permits, RetryBudget,
    TokenBucket,
};

use crate::attempt::Execution;
use crate::orchestrator::Court;
use crate::spec::Isolation;

/// The permits of one call. Dropping it gives them back: the call was cut short.
#[must_use = "permits last as long as they are kept"]
pub(crate) struct Held<'p> {
    critic: Option<Admitted<'p>>,
    stage: Option<Permit<'p>>,
    pool: Option<Permit<'p>>,
    global: Permit<'p>,
}

/// The same for a call in the run's own task, which needs nobody's thread.
#[must_use = "permits last as long as they are kept"]
pub(crate) struct Handed<'p> {
    critic: Option<Admitted<'p>>,
    stage: Option<Permit<'p>>,
    /// There until they are given back.
    global: Option<Permit<'p>>,
}

/// The same for a call that may outlive its run.
#[must_use = "permits last as long as they are kept"]
pub(crate) struct OwnedHeld {
    critic: Option<OwnedAdmitted>,
    _stage: Option<OwnedPermit>,
    _pool: Option<OwnedPermit>,
    _global: OwnedPermit,
}

/// What goes from one call that is over to the next, within one pass over the critics of a stage.
pub(crate) struct Carried<'p> {
    /// Wide permits: nobody else could have had them in between. Whoever waits for one gets it at the next call.
    stage: Option<Permit<'p>>,
    global: Option<Permit<'p>>,
    /// First calls that have yet to pay for the retries of all.
    pub(crate) first_calls: u32,
    budget: &'p RetryBudget,
}

/// What goes from one stage to the next, if that begins at once.
pub(crate) struct Kept<'c> {
    global: Option<Permit<'c>>,
    first_calls: u32,
    court: &'c Court,
}

impl<'c> Kept<'c> {
    /// Nothing yet.
    pub(crate) const fn new(court: &'c Court) -> Self {
        Self { global: None, first_calls: 0, court }
    }

    /// The last stage is over.
    #[inline]
    pub(crate) fn put_down(&mut self) {
        drop(Carried::of(self));
    }
}

/// Why not everything could be had without waiting.
#[derive(Clone, Copy)]
pub(crate) enum Short {
    /// There is a token of so many of its buckets. The wait for another fits, or some permit was not free.
    Tokens(usize),
    /// The next token comes after so long, which is too late.
    TooLate(Duration),
}

impl<'p> Carried<'p> {
    /// What the stage before has kept.
    #[inline]
    pub(crate) fn of<'c: 'p>(kept: &mut Kept<'c>) -> Self {
        Self {
            stage: None,
            global: kept.global.take(),
            first_calls: std::mem::take(&mut kept.first_calls),
            budget: &kept.court.retry_budget,
        }
    }

    /// Whether it has the wide permits for a call in the run's own task, or gets them without waiting.
    #[inline]
    fn has(&mut self, stage: Option<&'p Arc<Permits>>, global: &'p Permits) -> bool {
        let narrower = stage.is_none_or(|permits| kept(permits, &mut self.stage));
        let all = narrower && kept(global, &mut self.global);
        if !all {
            self.stage = None;
        }
        all
    }

    /// The permits of a call that goes on when the pass does.
    #[inline]
    pub(crate) fn hand_over(&mut self, critic: Option<Admitted<'p>>) -> Handed<'p> {
        Handed { critic, stage: self.stage.take(), global: self.global.take() }
    }

    /// The stage is over, and nobody had to be waited for since: the next one may need the widest permit again.
    #[inline]
    pub(crate) fn keep(mut self, kept: &mut Kept<'_>) {
        kept.global =
            self.global.take().and_then(|permit| permit.of(&kept.court.plan.permits).ok());
        kept.first_calls = std::mem::take(&mut self.first_calls);
    }

    /// The pass is over.
    #[inline]
    pub(crate) fn put_down(&mut self) {
        self.stage = None;
        self.global = None;
        if self.first_calls > 0 {
            self.budget.deposit_for(std::mem::take(&mut self.first_calls));
        }
    }
}

impl Drop for Carried<'_> {
    fn drop(&mut self) {
        self.put_down();
    }
}

impl<'p> Held<'p> {
    /// Gives them back: the call has ended by itself, and its time counts.
    pub(crate) fn done(self) {
        if let Some(critic) = self.critic {
            critic.done();
        }
    }

    /// The same, then.
    pub(crate) fn done_at(self, now: Moment) {
        if let Some(critic) = self.critic {
            critic.done_at(now);
        }
    }

    /// Gives them back: the call's time ran out, then.
    pub(crate) fn late_at(self, now: Moment) {
        if seeded!(StagePermitLeaked) {
            std::mem::forget(self.stage);
        }
        if let Some(critic) = self.critic {
            if seeded!(CriticPermitLeaked) {
                return std::mem::forget(critic);
            }
            critic.late_at(now);
        }
    }
}

impl<'p> Handed<'p> {
    /// Gives them back: the call has ended by itself, and its time counts.
    #[inline]
    pub(crate) fn done_at(&mut self, now: Moment) {
        if let Some(critic) = self.critic.take() {
            critic.done_at(now);
        }
        self.stage = None;
        self.global = None;
    }

    /// The same permits, unless they are given back.
    pub(crate) fn held(self) -> Option<Held<'p>> {
        let Self { critic, stage, global } = self;
        Some(Held { critic, stage, pool: None, global: global? })
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

impl<'p> Execution<'p> {
    /// Everything at once for a call in the run's own task, if nobody has to be waited for. Wide permits stay
    /// where they are carried, for this call and for the next.
    #[inline(always)]
    pub(crate) fn try_take_here(
        &self,
        now: Moment,
        carried: &mut Carried<'p>,
    ) -> Result<Option<Admitted<'p>>, Short> {
        self.try_tokens(now)?;
        let missing = Short::Tokens(self.node.buckets.len());
        let critic = match &self.node.door {
            Some(door) => Some(door.try_enter(now).ok_or(missing)?),
            None => None,
        };
        if carried.has(self.stage_permits(), &self.scope.court.plan.permits) {
            return Ok(critic);
        }
        // Nothing ran under it, so its time must not count as that of a call.
        critic.into_iter().for_each(Admitted::hand_back);
        Err(missing)
    }

    /// Everything at once, if nobody has to be waited for.
    pub(crate) fn try_take(&self, now: Moment) -> Result<Held<'p>, Short> {
        self.try_tokens(now)?;
        self.try_permits(now).ok_or(Short::Tokens(self.node.buckets.len()))
    }

    /// A token of each bucket.
    #[inline(always)]
    fn try_tokens(&self, now: Moment) -> Result<(), Short> {
        match &*self.node.buckets {
            [] => Ok(()),
            [own] => self.try_token(own, 0, now),
            many => many
                .iter()
                .zip(0..)
                .try_for_each(|(bucket, taken)| self.try_token(bucket, taken, now)),
        }
    }

    /// A token of one bucket, after so many.
    #[inline(always)]
    fn try_token(&self, bucket: &TokenBucket, taken: usize, now: Moment) -> Result<(), Short> {
        bucket.take_at(now).map_err(|wait| match self.is_in_time(now, wait) {
            true => Short::Tokens(taken),
            false => Short::TooLate(wait),
        })
    }

    /// A token of each bucket, or of none.
    pub(crate) fn take_tokens(&self, now: Moment) -> bool {
        let buckets = &self.node.buckets;
        if seeded!(HedgeTakesNoToken) {
            return true;
        }
        let taken = buckets.iter().take_while(|bucket| bucket.take_at(now).is_ok()).count();
        if taken < buckets.len() {
            buckets.iter().take(taken).for_each(|bucket| bucket.put_back());
        }
        taken == buckets.len()
    }

    /// Permits for a call, if nobody has to be waited for.
    pub(crate) fn try_permits(&self, now: Moment) -> Option<Held<'p>> {
        let critic = match &self.node.door {
            Some(door) => Some(door.try_enter(now)?),
            None => None,
        };
        match self.try_wider() {
            Some((stage, pool, global)) => Some(Held { critic, stage, pool, global }),
            None => {
                // Nothing ran under it, so its time must not count as that of a call.
                critic.into_iter().for_each(Admitted::hand_back);
                None
            }
        }
    }

    #[allow(clippy::type_complexity, reason = "the fields of `Held` but one")]
    fn try_wider(&self) -> Option<(Option<Permit<'p>>, Option<Permit<'p>>, Permit<'p>)> {
        let one = |permits: Option<&'p Arc<Permits>>| match permits {
            Some(permits) => permits.try_acquire().map(Some),
            None => Some(None),
        };
        let (stage, pool) = (one(self.stage_permits())?, one(self.pool())?);
        Some((stage, pool, self.run().court.plan.permits.try_acquire()?))
    }

    #[inline]
    fn stage_permits(&self) -> Option<&'p Arc<Permits>> {
        self.scope.stage.permits.as_ref()
    }

    /// The threads that may block, for a critic that needs one.
    fn pool(&self) -> Option<&'p Arc<Permits>> {
        (self.node.isolation == Isolation::Blocking).then_some(&self.run().court.plan.pool)
    }

    /// Waits for a token of each bucket from the `taken`th on, within the deadline.
    pub(crate) async fn tokens(&self, taken: usize) -> Result<(), Reason> {
        for bucket in self.node.buckets.iter().skip(taken) {
            while let Err(wait) = bucket.take() {
                if !self.is_in_time(Moment::now(), wait) {
                    return Err(Reason::RateLimited { wait });
                }
                sleep(wait).await;
            }
        }
        Ok(())
    }

    /// Nobody waits for what comes too late.
    fn is_in_time(&self, now: Moment, wait: Duration) -> bool {
        wait < self.scope.deadline.left(now)
    }

    /// Waits for permits, within the deadline.
    pub(crate) async fn permits(&self) -> Result<Held<'p>, Reason> {
        let mut critic = match &self.node.door {
            Some(door) => Some(Waiting(Some(self.admitted(door).await?))),
            None => None,
        };
        let stage = match self.stage_permits() {
            Some(permits) => Some(self.one(permits).await?),
            None => None,
        };
        let pool = match self.pool() {
            Some(permits) => Some(self.one(permits).await?),
            None => None,
        };
        let global = self.one(&self.run().court.plan.permits).await?;
        let critic = critic.as_mut().and_then(|waiting| waiting.0.take());
        Ok(Held { critic, stage, pool, global })
    }

    /// The narrowest limit is where the jam is: nobody waits there for what would come too late, and in a jam
    /// the newest go first. All who wait at it have the same priority, so none is passed over.
    async fn admitted(&self, door: &'p Admission) -> Result<Admitted<'p>, Reason> {
        let (until, level) = (self.scope.deadline.at(), self.scope.deadline.level());
        match timeout_at(until.instant(), door.enter(until)).await {
            Ok(Ok(admitted)) => Ok(admitted),
            Ok(Err(_)) => Err(Reason::NoTurn(level)),
            Err(_) => Err(Reason::Timeout(level)),
        }
    }

    async fn one(&self, permits: &'p Permits) -> Result<Permit<'p>, Reason> {
        let (deadline, priority) = (self.scope.deadline, self.info.priority.get());
        match timeout_at(deadline.at().instant(), permits.acquire(priority)).await {
            Ok(Ok(permit)) => Ok(permit),
            // These queues have no bound of their own: the runs that feed them have.
            Ok(Err(_)) | Err(_) => Err(Reason::Timeout(deadline.level())),
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
            _stage: owned(stage, self.stage_permits())?,
            _pool: owned(pool, self.pool())?,
            _global: global.into_owned(&self.run().court.plan.permits).ok()?,
        })
    }
}

/// Whether there is one: that which is carried; or, where somebody waits for it, one behind those who wait.
#[inline]
fn kept<'p>(permits: &'p Permits, carried: &mut Option<Permit<'p>>) -> bool {
    if carried.is_some() && !permits.is_contended() {
        return true;
    }
    *carried = None;
    *carried = permits.try_acquire();
    carried.is_some()
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
