//! Where the counts of a critic are: found once for each plan, so that a run has only numbers to go by.
//!
//! A critic keeps its seat when the plan is replaced, and so its series go on.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;
use tribunal_core::{ConfigHash, CriticInfo, CriticName, Mode, Stage};

/// What the series of a critic are told apart by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Seat {
    pub(crate) critic: CriticName,
    pub(crate) stage: Stage,
    pub(crate) mode: Mode,
}

/// The seats of the critics of one plan.
pub(crate) struct Plan {
    hash: ConfigHash,
    pub(crate) seats: Box<[u32]>,
    /// The highest of them.
    pub(crate) last: usize,
}

/// More critics than any process sees, unless their names are made up as it goes along; all others share a seat.
const MOST: usize = 4_000;
/// The seat of those others. Critics have those behind it.
const OTHER: u32 = 0;
/// So many plans are known: those whose runs are going on, and some to spare. With more of them at a time, they are found
/// anew again and again, which costs a lock and an allocation.
const PLANS: usize = 16;

#[derive(Default)]
pub(crate) struct Seats {
    plans: ArcSwap<Vec<Arc<Plan>>>,
    /// Also held while `plans` are replaced.
    taken: Mutex<BTreeMap<Seat, u32>>,
}

impl Seats {
    fn taken(&self) -> MutexGuard<'_, BTreeMap<Seat, u32>> {
        // No code of others runs under the lock, so a poisoned one is still consistent.
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has `count` look at the seats of a plan.
    #[inline]
    pub(crate) fn with_plan<'i, I>(&self, hash: ConfigHash, critics: I, count: impl FnOnce(&Plan))
    where
        I: ExactSizeIterator<Item = &'i CriticInfo>,
    {
        let plans = self.plans.load();
        let known = |plan: &&Arc<Plan>| plan.hash == hash && plan.seats.len() == critics.len();
        match plans.iter().find(known) {
            Some(plan) => count(plan),
            None => count(&self.learn(hash, critics)),
        }
    }

    /// A plan that is run for the first time, or again after many others.
    #[cold]
    fn learn<'i>(
        &self,
        hash: ConfigHash,
        critics: impl Iterator<Item = &'i CriticInfo>,
    ) -> Arc<Plan> {
        let mut taken = self.taken();
        let seats: Box<[u32]> = critics.map(|critic| seat(&mut taken, critic)).collect();
        let last = seats.iter().max().map_or(0, |last| *last as usize);
        let plan = Arc::new(Plan { hash, seats, last });
        let mut plans = vec![Arc::clone(&plan)];
        plans.extend(self.plans.load().iter().take(PLANS - 1).cloned());
        self.plans.store(Arc::new(plans));
        plan
    }

    /// Has seats for critics that have not been run yet, so that they are seen before they fail for the first time.
    pub(crate) fn expect(&self, critics: &[CriticInfo]) {
        let mut taken = self.taken();
        for critic in critics {
            seat(&mut taken, critic);
        }
    }

    /// All critics, with their seats. `None` stands for those that share one.
    pub(crate) fn all(&self) -> Vec<(Option<Seat>, usize)> {
        let taken = self.taken();
        let known = taken.iter().map(|(seat, place)| (Some(seat.clone()), *place as usize));
        known.chain([(None, OTHER as usize)]).collect()
    }
}

fn seat(taken: &mut BTreeMap<Seat, u32>, critic: &CriticInfo) -> u32 {
    let CriticInfo { stage, mode, .. } = *critic;
    let seat = Seat { critic: critic.name.clone(), stage, mode };
    if let Some(place) = taken.get(&seat) {
        return *place;
    }
    match u32::try_from(taken.len() + 1) {
        Ok(place) if taken.len() < MOST => {
            taken.insert(seat, place);
            place
        }
        _ => OTHER,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn critic(name: &str) -> CriticInfo {
        CriticInfo::new(CriticName::new(name).unwrap())
    }

    fn seats_of(seats: &Seats, hash: u8, names: &[&str]) -> Vec<u32> {
        let critics: Vec<CriticInfo> = names.iter().map(|name| critic(name)).collect();
        let mut found = Vec::new();
        seats.with_plan(ConfigHash([hash; 16]), critics.iter(), |plan| {
            found.extend(plan.seats.iter().copied());
        });
        found
    }

    #[test]
    fn a_critic_keeps_its_seat_from_plan_to_plan() {
        let seats = Seats::default();
        assert_eq!(seats_of(&seats, 1, &["a", "b"]), [1, 2]);
        assert_eq!(seats_of(&seats, 2, &["b", "c", "a"]), [2, 3, 1]);
        assert_eq!(seats_of(&seats, 1, &["a", "b"]), [1, 2]);
        // As many plans as you like: some are found anew.
        for hash in 3..40 {
            assert_eq!(seats_of(&seats, hash, &["c"]), [3]);
            assert_eq!(seats_of(&seats, 1, &["a", "b"]), [1, 2]);
        }
        assert!(seats.plans.load().len() <= PLANS);
    }

    #[test]
    fn names_without_end_share_a_seat() {
        let seats = Seats::default();
        let names: Vec<String> = (0..MOST + 10).map(|index| format!("c{index}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let found = seats_of(&seats, 1, &names);
        assert_eq!(found.iter().filter(|seat| **seat == OTHER).count(), 10);
        assert_eq!(seats.all().len(), MOST + 1);
    }
}
