//! Counts that others keep, and that begin anew when the plan is replaced: here they go on.
//!
//! What was counted between the last reading and a reload is lost.

use std::collections::BTreeMap;

use tribunal_core::CriticName;
use tribunal_production::BreakerState;

/// One count: what those before it came to, and where the present one stands.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Carry {
    before: u64,
    now: u64,
}

impl Carry {
    /// The present count has come to this; one that is smaller than before has begun anew.
    fn to(&mut self, now: u64) -> u64 {
        if now < self.now {
            self.anew();
        }
        self.now = now;
        self.before.saturating_add(now)
    }

    fn anew(&mut self) {
        self.before = self.before.saturating_add(self.now);
        self.now = 0;
    }
}

#[derive(Debug, Default)]
pub(crate) struct Carried {
    generation: u64,
    hook_failures: Carry,
    observer_panics: Carry,
    breakers: BTreeMap<CriticName, [Carry; BreakerState::ALL.len()]>,
}

impl Carried {
    /// Failures of hooks and panics of observers, which each generation counts for itself.
    pub(crate) fn failures(&mut self, generation: u64, hooks: u64, observers: u64) -> (u64, u64) {
        if generation != self.generation {
            self.generation = generation;
            self.hook_failures.anew();
            self.observer_panics.anew();
        }
        (self.hook_failures.to(hooks), self.observer_panics.to(observers))
    }

    /// Transitions of the breaker of a critic, which goes on where nothing about it has changed.
    pub(crate) fn breaker(
        &mut self,
        critic: &CriticName,
        entered: [u64; BreakerState::ALL.len()],
    ) -> [u64; BreakerState::ALL.len()] {
        let carries = self.breakers.entry(critic.clone()).or_default();
        if carries.iter().zip(entered).any(|(carry, now)| now < carry.now) {
            carries.iter_mut().for_each(Carry::anew);
        }
        let mut sums = entered;
        sums.iter_mut().zip(carries).for_each(|(sum, carry)| *sum = carry.to(*sum));
        sums
    }

    /// Forgets breakers of critics that are no more.
    pub(crate) fn keep_breakers(&mut self, still: impl Fn(&CriticName) -> bool) {
        self.breakers.retain(|critic, _| still(critic));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_goes_on_where_another_begins() {
        let mut carried = Carried::default();
        assert_eq!(carried.failures(1, 3, 0), (3, 0));
        assert_eq!(carried.failures(1, 5, 1), (5, 1));
        assert_eq!(carried.failures(2, 7, 0), (12, 1), "also one that has come further meanwhile");
        let name = CriticName::new("a").unwrap();
        assert_eq!(carried.breaker(&name, [1, 2, 1]), [1, 2, 1]);
        assert_eq!(carried.breaker(&name, [1, 3, 2]), [1, 3, 2], "the same breaker");
        assert_eq!(carried.breaker(&name, [1, 1, 0]), [2, 4, 2], "another one");
    }
}
