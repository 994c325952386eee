//! Which critic waits for which, and which of them run whatever happens.

use std::collections::BTreeMap;
use std::time::Duration;

use tribunal_core::{Phase, Stage};
use tribunal_production::Policy;

use crate::critic::Draft;

/// Critics in an order in which each comes after all it depends on.
pub(super) struct Waits<'p> {
    order: Vec<One<'p>>,
}

struct One<'p> {
    draft: &'p Draft,
    /// Places in the order.
    depends_on: Vec<usize>,
}

impl<'p> Waits<'p> {
    /// The drafts make a plan, so none of them waits for itself.
    pub(super) fn of(drafts: Vec<&'p Draft>) -> Self {
        let at: BTreeMap<&str, usize> =
            drafts.iter().enumerate().map(|(at, d)| (d.written_name.as_str(), at)).collect();
        let on: Vec<Vec<usize>> = drafts
            .iter()
            .map(|d| d.depends_on.iter().filter_map(|(name, _)| at.get(name.as_str()).copied()))
            .map(Iterator::collect)
            .collect();
        let mut left: Vec<usize> = on.iter().map(Vec::len).collect();
        let mut unblocks = vec![Vec::new(); drafts.len()];
        for (place, others) in on.iter().enumerate() {
            for &other in others {
                if let Some(list) = unblocks.get_mut(other) {
                    list.push(place);
                }
            }
        }
        let free = left.iter().enumerate().filter(|(_, left)| **left == 0);
        let mut sorted: Vec<usize> = free.map(|(place, _)| place).collect();
        let mut next = 0;
        while let Some(place) = sorted.get(next).copied() {
            next += 1;
            for &waiting in unblocks.get(place).into_iter().flatten() {
                if let Some(left) = left.get_mut(waiting) {
                    *left = left.saturating_sub(1);
                    if *left == 0 {
                        sorted.push(waiting);
                    }
                }
            }
        }
        let mut moved = vec![usize::MAX; drafts.len()];
        for (to, &from) in sorted.iter().enumerate() {
            if let Some(moved) = moved.get_mut(from) {
                *moved = to;
            }
        }
        let one = |&from: &usize| {
            let others = on.get(from).into_iter().flatten();
            let depends_on = others.filter_map(|other| moved.get(*other).copied()).collect();
            Some(One { draft: drafts.get(from).copied()?, depends_on })
        };
        Self { order: sorted.iter().filter_map(one).collect() }
    }

    pub(super) fn drafts(&self) -> impl Iterator<Item = &'p Draft> {
        self.order.iter().map(|one| one.draft)
    }

    /// The chain of dependencies within a stage that takes longest, and how long that is.
    pub(super) fn longest(
        &self,
        stage: Stage,
        takes: impl Fn(&Draft) -> Duration,
    ) -> (Duration, Vec<&'p Draft>) {
        // When each ends, and after whom it starts.
        let mut ends: Vec<(Duration, Option<usize>)> = Vec::with_capacity(self.order.len());
        let mut last: Option<usize> = None;
        let end_of = |ends: &[(Duration, Option<usize>)], place: usize| {
            ends.get(place).map_or(Duration::ZERO, |(end, _)| *end)
        };
        for (place, one) in self.order.iter().enumerate() {
            let here = |other: &usize| {
                self.order.get(*other).is_some_and(|other| other.draft.stage == stage)
            };
            if one.draft.stage != stage {
                ends.push((Duration::ZERO, None));
                continue;
            }
            let others = one.depends_on.iter().copied().filter(here);
            let after = others.max_by_key(|other| end_of(&ends, *other));
            let start = after.map_or(Duration::ZERO, |other| end_of(&ends, other));
            ends.push((start.saturating_add(takes(one.draft)), after));
            if last.is_none_or(|last| end_of(&ends, place) > end_of(&ends, last)) {
                last = Some(place);
            }
        }
        let total = last.map_or(Duration::ZERO, |last| end_of(&ends, last));
        let mut chain = Vec::new();
        while let Some(place) = last {
            chain.extend(self.order.get(place).map(|one| one.draft));
            last = ends.get(place).and_then(|(_, after)| *after);
        }
        chain.reverse();
        (total, chain)
    }

    /// Those that run on every snapshot of a phase: no gate keeps them, and none that they depend on. One that has
    /// been found fault with may be meant in another way.
    pub(super) fn sure(&self, phase: Phase) -> Vec<&'p Draft> {
        let mut sure: Vec<bool> = Vec::with_capacity(self.order.len());
        for one in &self.order {
            let free = one.draft.run_anyway
                || one.depends_on.iter().all(|other| sure.get(*other).copied().unwrap_or(false));
            let always = matches!(one.draft.policy, Policy::Always);
            let sound = !one.draft.doubtful;
            sure.push(free && always && sound && one.draft.phases.contains(phase));
        }
        let kept = self.order.iter().zip(sure).filter(|(_, sure)| *sure);
        kept.map(|(one, _)| one.draft).collect()
    }
}
