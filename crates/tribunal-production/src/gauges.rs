//! How things stand at this moment: who is in, who waits, and what is left of each limit.
//!
//! Only read, and only when somebody asks: nothing here is on the way of a run. Parts are read one after the other, so
//! that under load they need not add up. Start at [`Gauges`].

use std::time::Duration;

use serde::{Serialize, Serializer};
use tribunal_core::{CriticName, Stage};
use tribunal_resilience::{Admission, Breaker, BreakerState, Moment, Permits};

use crate::orchestrator::{Court, ProductionOrchestrator};
use crate::plan::Node;

/// How things stand. With settings unchanged, limits are shared by all generations of a plan, and so is what is said
/// of them.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Gauges {
    /// Runs.
    pub runs: Room,
    /// Calls of critics, over all runs.
    pub calls: Room,
    /// Threads that critics may block.
    pub blocking: Room,
    /// Retries that may be made now, over all runs.
    pub retries_left: u64,
    /// By stage, in order.
    pub stages: Vec<StageGauges>,
    /// By critic, in plan order.
    pub critics: Vec<CriticGauges>,
    /// Tokens left of the rates that critics share, by their names.
    pub shared_tokens: Vec<SharedTokens>,
}

/// So many may be in at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Room {
    /// How many are in.
    pub in_use: usize,
    /// How many may be; of a limit that moves, at present.
    pub limit: usize,
    /// How many wait.
    pub waiting: usize,
    /// For how long one has waited at most, where that is known.
    #[serde(rename = "oldest_wait_ms", serialize_with = "millis")]
    pub oldest_wait: Option<Duration>,
}

/// The limit of a stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct StageGauges {
    /// Which.
    pub stage: Stage,
    /// Calls of its critics; `None` without a limit of its own.
    pub calls: Option<Room>,
}

/// The limits of a critic; each is `None` where it has none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CriticGauges {
    /// Its name.
    pub critic: CriticName,
    /// Its stage.
    pub stage: Stage,
    /// Calls of it.
    pub calls: Option<Room>,
    /// Tokens left of its own rate.
    pub tokens: Option<u64>,
    /// Its circuit breaker.
    pub breaker: Option<BreakerGauges>,
}

/// A circuit breaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct BreakerGauges {
    /// What it is doing.
    #[serde(serialize_with = "word")]
    pub state: BreakerState,
    /// How often it has entered each state since it was made, in the order of [`BreakerState::ALL`]. To begin closed does
    /// not count.
    pub entered: [u64; BreakerState::ALL.len()],
}

/// What is left of a rate that critics share.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SharedTokens {
    /// Its name.
    pub name: String,
    /// So many calls could be made now.
    pub left: u64,
}

#[allow(clippy::ref_option, reason = "what serde asks for")]
fn millis<S: Serializer>(wait: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    wait.map(|wait| wait.as_secs_f64() * 1e3).serialize(serializer)
}

fn word<S: Serializer>(state: &BreakerState, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(state.as_str())
}

impl Room {
    fn of_permits(permits: &Permits) -> Self {
        let limit = permits.limit();
        let in_use = limit.saturating_sub(permits.free());
        Self { in_use, limit, waiting: permits.waiting(), oldest_wait: None }
    }

    pub(crate) fn of_admission(admission: &Admission, now: Moment) -> Self {
        Self {
            in_use: admission.inside(),
            limit: admission.limit(),
            waiting: admission.waiting(),
            oldest_wait: Some(admission.oldest_wait(now)),
        }
    }
}

impl BreakerGauges {
    fn of(breaker: &Breaker, now: Moment) -> Self {
        Self { state: breaker.state(now), entered: breaker.entered(now) }
    }
}

impl Gauges {
    fn of(court: &Court) -> Self {
        let (plan, now) = (&court.plan, Moment::now());
        let stages = plan.stages.iter().map(|stage| StageGauges {
            stage: stage.stage,
            calls: stage.permits.as_deref().map(Room::of_permits),
        });
        let critics = plan.infos.iter().zip(&plan.nodes).map(|(info, node)| {
            let Node { door, breaker, .. } = node;
            CriticGauges {
                critic: info.name.clone(),
                stage: info.stage,
                calls: door.as_deref().map(|door| Room::of_admission(door, now)),
                tokens: None,
                breaker: breaker.as_deref().map(|breaker| BreakerGauges::of(breaker, now)),
            }
        });
        let mut critics: Vec<CriticGauges> = critics.collect();
        for (critic, bucket) in critics.iter_mut().zip(plan.own_buckets()) {
            critic.tokens = bucket.map(|bucket| bucket.left(now));
        }
        let shared = plan.shared_buckets();
        let shared = shared
            .map(|(name, bucket)| SharedTokens { name: name.clone(), left: bucket.left(now) });
        Self {
            runs: court.entrance.room(now),
            calls: Room::of_permits(&plan.permits),
            blocking: Room::of_permits(&plan.pool),
            retries_left: court.retry_budget.left(now),
            stages: stages.collect(),
            critics,
            shared_tokens: shared.collect(),
        }
    }
}

impl ProductionOrchestrator {
    /// How things stand.
    #[must_use]
    pub fn gauges(&self) -> Gauges {
        Gauges::of(&self.court)
    }
}
