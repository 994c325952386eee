//! From specs to an immutable plan, once: names become indexes, and what may wait for what is settled.
//!
//! The order of the plan is stage, then priority, then order of registration; reports keep it. Start at
//! [`Plan::build`]. What is wrong with the specs is in [`check`], who waits for whom in [`order`].

mod check;
mod error;
mod hash;
mod limits;
mod order;

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use tribunal_core::{
    BuildId, ConfigHash, Critic, CriticInfo, CriticName, Mode, Origin, Phases, Priority, Stage,
    Verdict, contain, seeded,
};
use tribunal_resilience::{
    AdaptiveError, AdaptiveLimit, Admission, Breaker, LatencyWindow, Permits, RetryBudget,
    TokenBucket, nanos,
};

pub use error::{CyclePath, PlanError, PlanErrors};

use crate::RunSettings;
use crate::spec::{Adaptive, CriticSpec, Hedge, HedgeWhen, Isolation, Policy, Retry, Validation};
use crate::validate::Plainly;
use limits::{Limits, Made};
pub(crate) use order::index;

/// A critic and how it is to be run, not yet checked.
pub(crate) struct Entry {
    pub(crate) spec: CriticSpec,
    pub(crate) critic: Arc<dyn Critic>,
}

/// Everything that is fixed before any run.
pub(crate) struct Plan {
    pub(crate) settings: RunSettings,
    pub(crate) hash: ConfigHash,
    pub(crate) infos: Arc<[CriticInfo]>,
    pub(crate) names: Box<[CriticName]>,
    pub(crate) nodes: Box<[Node]>,
    pub(crate) stages: Box<[StagePlan]>,
    /// What the critics' limits were made from, for the plan that comes after this one.
    made: Box<[Made]>,
    /// The rates that critics share, by their names.
    shared: BTreeMap<String, Arc<TokenBucket>>,
    /// How many enforcing critics can call for each verdict at most.
    pub(crate) highest: [usize; Verdict::ALL.len()],
    pub(crate) permits: Arc<Permits>,
    /// The threads that may block.
    pub(crate) pool: Arc<Permits>,
}

/// A stage that has critics.
pub(crate) struct StagePlan {
    pub(crate) stage: Stage,
    /// Its critics, as places in the plan.
    pub(crate) critics: Range<usize>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) permits: Option<Arc<Permits>>,
    /// Whether some of its critics see others of it.
    pub(crate) sees_itself: bool,
    /// Whether some of its critics wait for others of it.
    pub(crate) waits: bool,
}

/// A critic in its place.
pub(crate) struct Node {
    pub(crate) critic: Arc<dyn Critic>,
    /// Whether it runs whatever the snapshot and the others are like.
    pub(crate) always: bool,
    pub(crate) phases: Phases,
    pub(crate) policy: Policy,
    pub(crate) timeout: Duration,
    /// The same in nanoseconds, which every answer is held against.
    pub(crate) timeout_nanos: u64,
    pub(crate) retry: Retry,
    pub(crate) validation: Validation,
    pub(crate) plainly: Plainly,
    /// Where its calls are let in, so many at a time.
    pub(crate) door: Option<Arc<Admission>>,
    /// How many calls the door lets in at most, and whether it may let in fewer.
    pub(crate) max_in_flight: Option<usize>,
    pub(crate) adaptive: bool,
    pub(crate) isolation: Isolation,
    pub(crate) hedging: Option<Arc<Hedging>>,
    /// Its own, and those it shares with others.
    pub(crate) buckets: Box<[Arc<TokenBucket>]>,
    pub(crate) breaker: Option<Arc<Breaker>>,
    pub(crate) depends_on: Box<[u32]>,
    pub(crate) run_anyway: bool,
    /// The outcomes it sees, in plan order.
    pub(crate) sees: Arc<[u32]>,
    /// Those of them that are not enforcing critics of an earlier stage.
    pub(crate) beyond: Box<[u32]>,
    /// Whether its gate asks what that of the critic before it in its stage asks, of the same outcomes.
    pub(crate) like_last: bool,
    /// How many critics of its own stage it waits for.
    pub(crate) waits_for: u32,
    /// The critics of its own stage that wait for it.
    pub(crate) unblocks: Box<[u32]>,
    /// The highest verdict it can call for.
    pub(crate) highest: Verdict,
}

/// When a critic's slow calls get a second one, and how many still may.
pub(crate) struct Hedging {
    when: HedgeWhen,
    window: Option<LatencyWindow>,
    pub(crate) budget: RetryBudget,
}

impl Hedging {
    fn new(hedge: Hedge) -> Result<Self, String> {
        let window = match hedge.when {
            HedgeWhen::After(_) => None,
            HedgeWhen::Percentile(percent) => {
                Some(LatencyWindow::new(percent).map_err(|error| error.to_string())?)
            }
        };
        let budget = RetryBudget::new(hedge.share, MOST_HEDGES_SAVED, 0);
        let budget = budget.map_err(|error| error.to_string())?;
        Ok(Self { when: hedge.when, window, budget })
    }

    /// How slow a call has to be; `None` while that is not known.
    pub(crate) fn delay(&self) -> Option<Duration> {
        match self.when {
            HedgeWhen::After(delay) => Some(delay),
            HedgeWhen::Percentile(_) => self.window.as_ref()?.percentile(),
        }
    }

    /// A call has succeeded after so long.
    pub(crate) fn note(&self, took: Duration) {
        if let Some(window) = &self.window {
            window.record(took);
        }
    }
}

/// The most hedges that calls which needed none may save up.
const MOST_HEDGES_SAVED: u32 = 10;

impl Plan {
    /// Limits that have not changed are those of the plan before it, if there is one.
    pub(crate) fn build(
        entries: Vec<Entry>,
        settings: RunSettings,
        before: Option<&Self>,
    ) -> Result<Self, PlanErrors> {
        let specs: Vec<&CriticSpec> = entries.iter().map(|entry| &entry.spec).collect();
        let mut errors = check::settings(&settings);
        check::shares(&specs, &settings, &mut errors);
        let names = check::specs(&specs, &mut errors);
        let Some(names) = names else {
            return Err(PlanErrors(errors));
        };

        // A stable sort keeps the order of registration within a priority.
        let mut placed: Vec<(Entry, CriticName)> = entries.into_iter().zip(names).collect();
        placed.sort_by_key(|(entry, _)| (entry.spec.stage, entry.spec.priority));
        let (entries, names): (Vec<Entry>, Vec<CriticName>) = placed.into_iter().unzip();
        let specs: Vec<&CriticSpec> = entries.iter().map(|entry| &entry.spec).collect();
        let orders = order::arrange(&specs, &names, settings.max_cost.is_some(), &mut errors);
        let Some(orders) = orders.filter(|_| errors.is_empty()) else {
            return Err(PlanErrors(errors));
        };

        let hash = match seeded!(HashOfNothing) {
            true => hash::of(&[], &RunSettings::default()),
            false => hash::of(&specs, &settings),
        };
        let build = BuildId::next();
        let origin = |spec: &CriticSpec| match spec.fingerprint.is_empty() {
            true => Origin::within(hash, build),
            false => Origin::told_by(hash),
        };
        let infos: Arc<[CriticInfo]> = entries
            .iter()
            .zip(&names)
            .map(|(entry, name)| info(entry, name, origin(&entry.spec)))
            .collect();
        let stages = stages(&infos, &orders, &settings, before);
        let shared = limits::shared_rates(&settings, before);
        let mut made = Vec::with_capacity(names.len());
        let nodes = entries.into_iter().zip(orders).zip(infos.iter());
        let nodes: Result<Box<[Node]>, PlanError> = nodes
            .map(|((entry, order), info)| {
                let limits = limits::of_critic(&entry, &info.name, before)?;
                made.push(Made::of(&entry.spec, &limits));
                Ok(node(entry, order, info, limits, &shared))
            })
            .collect();
        let mut nodes = nodes.map_err(|error| PlanErrors(vec![error]))?;
        for stage in &stages {
            find_alike(nodes.get_mut(stage.critics.clone()).unwrap_or_default());
        }
        let most = settings.max_in_flight + usize::from(seeded!(GlobalLimitPlusOne));
        let permits = limits::permits(most, before.map(|b| (b.permits.limit(), &b.permits)));
        let pool =
            limits::permits(settings.max_blocking, before.map(|b| (b.pool.limit(), &b.pool)));
        let mut highest = [0; Verdict::ALL.len()];
        for (node, _) in nodes.iter().zip(&*infos).filter(|(_, info)| info.mode == Mode::Enforce) {
            if let Some(count) = highest.get_mut(node.highest as usize) {
                *count += 1;
            }
        }
        Ok(Self {
            highest,
            settings,
            hash,
            infos,
            names: names.into(),
            nodes,
            stages,
            made: made.into(),
            shared,
            permits,
            pool,
        })
    }
}

impl Plan {
    /// The buckets that critics have to themselves, in plan order.
    pub(crate) fn own_buckets(&self) -> impl Iterator<Item = Option<&TokenBucket>> {
        self.made.iter().map(Made::bucket)
    }

    /// Those that critics share, with their names.
    pub(crate) fn shared_buckets(&self) -> impl Iterator<Item = (&String, &TokenBucket)> {
        self.shared.iter().map(|(name, bucket)| (name, &**bucket))
    }
}

/// A limit on how many are let in at a time, fixed or moving below a ceiling.
pub(crate) fn admission(
    ceiling: usize,
    adaptive: Option<Adaptive>,
    most_waiting: usize,
) -> Result<Admission, AdaptiveError> {
    let Some(Adaptive { floor, how }) = adaptive else {
        return Ok(Admission::new(at_least_one(ceiling), most_waiting));
    };
    Ok(Admission::adaptive(AdaptiveLimit::new(floor, ceiling, how)?, most_waiting))
}

/// Zero has been refused before; this only spares the caller the proof.
fn at_least_one(limit: usize) -> NonZeroUsize {
    NonZeroUsize::new(limit).unwrap_or(NonZeroUsize::MIN)
}

fn info(entry: &Entry, name: &CriticName, origin: Origin) -> CriticInfo {
    let spec = &entry.spec;
    let mut info = CriticInfo::new(name.clone());
    info.stage = spec.stage;
    info.priority = Priority::new(spec.priority).unwrap_or_default();
    info.mode = spec.mode;
    info.failure_mode = spec.failure_mode;
    info.thresholds = spec.thresholds;
    info.cost = spec.cost;
    info.tags = spec.tags.as_slice().into();
    // Code of someone else; of one that panics here nothing is known.
    info.reads = contain(|| entry.critic.reads()).unwrap_or_default();
    info.origin = origin;
    info
}

fn node(
    entry: Entry,
    order: order::Order,
    info: &CriticInfo,
    limits: Limits,
    shared: &BTreeMap<String, Arc<TokenBucket>>,
) -> Node {
    let Entry { spec, critic } = entry;
    let taken = |_: &&String| !seeded!(SharedRateFree);
    let shared = spec.shares.iter().filter(taken).filter_map(|name| shared.get(name).cloned());
    let highest = match spec.mode {
        Mode::Monitor => Verdict::Allow,
        Mode::Enforce => info.thresholds.highest().max(info.failure_mode.verdict()),
    };
    let free = order.depends_on.is_empty() || spec.run_anyway;
    let always = free && matches!(spec.policy, Policy::Always) && spec.phases == Phases::ALL;
    Node {
        critic,
        always,
        phases: spec.phases,
        policy: spec.policy,
        timeout: spec.timeout,
        timeout_nanos: nanos(spec.timeout),
        retry: spec.retry,
        plainly: Plainly::of(&spec.validation),
        validation: spec.validation,
        door: limits.door,
        max_in_flight: spec.max_in_flight,
        adaptive: spec.adaptive.is_some(),
        isolation: spec.isolation,
        hedging: limits.hedging,
        buckets: limits.bucket.into_iter().chain(shared).collect(),
        breaker: limits.breaker,
        depends_on: order.depends_on.into(),
        run_anyway: spec.run_anyway,
        sees: order.sees,
        beyond: order.beyond.into(),
        like_last: false,
        waits_for: order.waits_for,
        unblocks: order.unblocks.into(),
        highest,
    }
}

/// Of a stage's critics, those whose gates need not be asked once that of the one before has answered.
fn find_alike(nodes: &mut [Node]) {
    let alike = |last: &Node, node: &Node| {
        let plain = |node: &Node| node.depends_on.is_empty() && node.beyond.is_empty();
        let same = match (&last.policy, &node.policy) {
            (Policy::OnViolation, Policy::OnViolation) => true,
            (Policy::OnHighRisk(last), Policy::OnHighRisk(own)) => last == own,
            (Policy::OnUncertainty(last), Policy::OnUncertainty(own)) => last == own,
            _ => false,
        };
        same && last.phases == node.phases && plain(last) && plain(node)
    };
    let mut last: Option<&Node> = None;
    let found: Vec<bool> =
        nodes.iter().map(|node| last.replace(node).is_some_and(|last| alike(last, node))).collect();
    for (node, alike) in nodes.iter_mut().zip(found) {
        node.like_last = alike;
    }
}

fn stages(
    infos: &[CriticInfo],
    orders: &[order::Order],
    settings: &RunSettings,
    before: Option<&Plan>,
) -> Box<[StagePlan]> {
    let with_critics = Stage::ALL.iter().filter_map(|&stage| {
        let start = infos.partition_point(|info| info.stage < stage);
        let end = infos.partition_point(|info| info.stage <= stage);
        let own = settings.stage(stage);
        let of_stage = orders.get(start..end).unwrap_or_default();
        (start < end).then(|| StagePlan {
            stage,
            critics: start..end,
            timeout: own.timeout,
            sees_itself: of_stage.iter().any(|order| order.sees_stage),
            waits: of_stage.iter().any(|order| order.waits_for > 0),
            permits: own.max_in_flight.map(|limit| {
                let limit = limit + usize::from(seeded!(StageLimitPlusOne));
                let same = before.and_then(|plan| plan.stages.iter().find(|s| s.stage == stage));
                let same = same.and_then(|stage| stage.permits.as_ref());
                limits::permits(limit, same.map(|permits| (permits.limit(), permits)))
            }),
        })
    });
    #[cfg(seeded_bug)]
    let with_critics = crate::seeded::without_barrier(with_critics.collect()).into_iter();
    with_critics.collect()
}
