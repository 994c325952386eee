//! The limits of critics, and which of them a plan takes over from the one before it.
//!
//! Reading a configuration anew must not fill a bucket that is empty, close a breaker that is open, or let twice as
//! many in. So a limit goes on where nothing about it has changed: of a critic that is the same, with the same settings
//! for that limit. What was changed begins anew.

use std::collections::BTreeMap;
use std::sync::Arc;

use tribunal_core::{Critic, CriticName, seeded};
use tribunal_resilience::{Admission, Breaker, BreakerSettings, Permits, Rate, TokenBucket};

use super::{Entry, Hedging, Node, Plan, PlanError, admission, at_least_one};
use crate::RunSettings;
use crate::spec::{Adaptive, CriticSpec, Hedge};

/// The limits of one critic.
pub(super) struct Limits {
    pub(super) door: Option<Arc<Admission>>,
    pub(super) bucket: Option<Arc<TokenBucket>>,
    pub(super) breaker: Option<Arc<Breaker>>,
    pub(super) hedging: Option<Arc<Hedging>>,
}

/// What the limits of a critic were made from, to tell whether they are still the same.
pub(crate) struct Made {
    fingerprint: String,
    most: Option<usize>,
    adaptive: Option<Adaptive>,
    rate: Option<Rate>,
    bucket: Option<Arc<TokenBucket>>,
    breaker: Option<BreakerSettings>,
    hedge: Option<Hedge>,
}

impl Made {
    pub(super) fn of(spec: &CriticSpec, limits: &Limits) -> Self {
        Self {
            fingerprint: spec.fingerprint.clone(),
            most: spec.max_in_flight,
            adaptive: spec.adaptive,
            rate: spec.rate,
            bucket: limits.bucket.clone(),
            breaker: spec.breaker,
            hedge: spec.hedge,
        }
    }

    /// Whether a critic is made of the same. Of one that does not say what it is made of, only itself is the same.
    fn is_of(&self, node: &Node, entry: &Entry) -> bool {
        if self.fingerprint.is_empty() && entry.spec.fingerprint.is_empty() {
            return address(&node.critic) == address(&entry.critic);
        }
        self.fingerprint == entry.spec.fingerprint
    }
}

fn address(critic: &Arc<dyn Critic>) -> *const () {
    Arc::as_ptr(critic).cast()
}

/// The same critic in the plan before, if there is one.
struct Before<'b> {
    made: &'b Made,
    node: &'b Node,
}

fn before<'b>(plan: Option<&'b Plan>, entry: &Entry, name: &CriticName) -> Option<Before<'b>> {
    let plan = plan?;
    let place = plan.names.iter().position(|known| known == name)?;
    let (made, node) = (plan.made.get(place)?, plan.nodes.get(place)?);
    made.is_of(node, entry).then_some(Before { made, node })
}

/// The limits of a critic: those it had, or new ones.
pub(super) fn of_critic(
    entry: &Entry,
    name: &CriticName,
    plan: Option<&Plan>,
) -> Result<Limits, PlanError> {
    let spec = &entry.spec;
    let problem = |key, problem| PlanError::Spec { critic: name.clone(), key, problem };
    let before = before(plan, entry, name);
    let before = before.as_ref();

    let kept = before.filter(|b| b.made.most == spec.max_in_flight);
    let kept = kept.filter(|b| b.made.adaptive == spec.adaptive);
    let door = match (kept.and_then(|b| b.node.door.clone()), spec.max_in_flight) {
        (Some(door), _) => Some(door),
        (None, None) => None,
        (None, Some(limit)) => {
            let limit = limit + usize::from(seeded!(CriticLimitPlusOne));
            let door = admission(limit, spec.adaptive, usize::MAX);
            Some(Arc::new(door.map_err(|error| problem("adaptive", error.to_string()))?))
        }
    };
    let kept = before.filter(|b| b.made.rate == spec.rate).and_then(|b| b.made.bucket.clone());
    let bucket = kept.or_else(|| spec.rate.map(|rate| Arc::new(TokenBucket::new(rate))));
    let kept = before.filter(|b| b.made.breaker == spec.breaker);
    let kept = kept.and_then(|b| b.node.breaker.clone());
    let breaker = kept.or_else(|| spec.breaker.map(|settings| Arc::new(Breaker::new(settings))));
    let kept = before.filter(|b| b.made.hedge == spec.hedge);
    let hedging = match (kept.and_then(|b| b.node.hedging.clone()), spec.hedge) {
        (Some(hedging), _) => Some(hedging),
        (None, None) => None,
        (None, Some(hedge)) => {
            Some(Arc::new(Hedging::new(hedge).map_err(|error| problem("hedge", error))?))
        }
    };
    Ok(Limits { door, bucket, breaker, hedging })
}

/// The rates that critics share, by their names.
pub(super) fn shared_rates(
    settings: &RunSettings,
    before: Option<&Plan>,
) -> BTreeMap<String, Arc<TokenBucket>> {
    let bucket = |(name, rate): (&String, &Rate)| {
        let kept = before.filter(|plan| plan.settings.shared_rates.get(name) == Some(rate));
        let kept = kept.and_then(|plan| plan.shared.get(name).cloned());
        (name.clone(), kept.unwrap_or_else(|| Arc::new(TokenBucket::new(*rate))))
    };
    settings.shared_rates.iter().map(bucket).collect()
}

/// Permits for so many at a time; those of before, if they were as many.
pub(super) fn permits(limit: usize, before: Option<(usize, &Arc<Permits>)>) -> Arc<Permits> {
    match before {
        Some((same, permits)) if same == limit => Arc::clone(permits),
        _ => Arc::new(Permits::new(at_least_one(limit))),
    }
}
