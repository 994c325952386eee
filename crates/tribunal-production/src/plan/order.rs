//! Who waits for whom, and who sees whom.
//!
//! A critic waits for what it depends on. One whose gate looks at outcomes waits, besides, for the enforcing
//! critics of its own stage with a smaller priority number. Earlier stages need no waiting: stages are
//! barriers. What a critic sees is exactly the earlier stages and what it waits for; waiting for the sake of a
//! budget shows nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use tribunal_core::{CriticName, Mode, nearest};

use super::error::{CyclePath, PlanError};
use crate::spec::CriticSpec;

/// One critic's place among the others; all numbers are places in the plan.
pub(super) struct Order {
    pub(super) depends_on: Vec<u32>,
    pub(super) sees: Arc<[u32]>,
    /// Those of them that are not enforcing critics of an earlier stage.
    pub(super) beyond: Vec<u32>,
    /// Whether some of them are of its own stage.
    pub(super) sees_stage: bool,
    pub(super) waits_for: u32,
    pub(super) unblocks: Vec<u32>,
}

/// `specs` and `names` are in plan order. Everything that is wrong goes to `errors`; there is no order where
/// critics wait for each other.
pub(super) fn arrange(
    specs: &[&CriticSpec],
    names: &[CriticName],
    has_budget: bool,
    errors: &mut Vec<PlanError>,
) -> Option<Vec<Order>> {
    let depends_on = dependencies(specs, names, errors);
    let mut waits_for: Vec<Vec<usize>> =
        (0..specs.len()).map(|place| waits_for(place, specs, &depends_on)).collect();
    if let Some(cycle) = cycle(&waits_for) {
        let path = cycle.into_iter().filter_map(|place| names.get(place).cloned()).collect();
        errors.push(PlanError::Cycle(CyclePath(path)));
        return None;
    }
    if has_budget {
        queue_for_budget(specs, &mut waits_for);
    }

    let mut unblocks = vec![Vec::new(); specs.len()];
    for (place, earlier) in waits_for.iter().enumerate() {
        for &other in earlier {
            if let Some(list) = unblocks.get_mut(other) {
                list.push(index(place));
            }
        }
    }
    let mut shared = BTreeMap::new();
    let orders = depends_on.into_iter().zip(waits_for).zip(unblocks).zip(specs).map(
        |(((depends_on, waits_for), unblocks), spec)| {
            let sees = sees(spec, specs, &depends_on, &mut shared);
            let of = |place: &u32| specs.get(*place as usize);
            let beyond = |place: &&u32| {
                of(place)
                    .is_none_or(|other| other.stage == spec.stage || other.mode == Mode::Monitor)
            };
            Order {
                beyond: sees.iter().filter(beyond).copied().collect(),
                sees_stage: sees.iter().filter_map(of).any(|other| other.stage == spec.stage),
                sees,
                depends_on: depends_on.into_iter().map(index).collect(),
                waits_for: index(waits_for.len()),
                unblocks,
            }
        },
    );
    Some(orders.collect())
}

/// A plan of more than four billion critics has run out of memory before.
pub(crate) fn index(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}

fn dependencies(
    specs: &[&CriticSpec],
    names: &[CriticName],
    errors: &mut Vec<PlanError>,
) -> Vec<Vec<usize>> {
    let places: BTreeMap<&str, (usize, &CriticSpec)> = names
        .iter()
        .zip(specs)
        .enumerate()
        .map(|(place, (name, spec))| (name.as_str(), (place, *spec)))
        .collect();
    let mut all = Vec::with_capacity(specs.len());
    for (spec, name) in specs.iter().zip(names) {
        let mut found = Vec::new();
        for dependency in &spec.depends_on {
            let Some(&(place, other)) = places.get(dependency.as_str()) else {
                errors.push(PlanError::UnknownDependency {
                    critic: name.clone(),
                    dependency: dependency.clone(),
                    nearest: nearest(dependency, names.iter().map(CriticName::as_str))
                        .and_then(|name| names.iter().find(|known| **known == name).cloned()),
                });
                continue;
            };
            let on = names.get(place).unwrap_or(name).clone();
            if other.stage > spec.stage {
                errors.push(PlanError::LaterStage {
                    critic: name.clone(),
                    stage: spec.stage,
                    dependency: on,
                    later: other.stage,
                });
            } else if spec.mode == Mode::Enforce && other.mode == Mode::Monitor {
                errors.push(PlanError::DependsOnMonitored { critic: name.clone(), dependency: on });
            } else {
                found.push(place);
            }
        }
        found.sort_unstable();
        found.dedup();
        all.push(found);
    }
    all
}

/// The critics of its own stage that a critic waits for, by place.
fn waits_for(place: usize, specs: &[&CriticSpec], depends_on: &[Vec<usize>]) -> Vec<usize> {
    let (Some(spec), Some(dependencies)) = (specs.get(place), depends_on.get(place)) else {
        return Vec::new();
    };
    let same_stage = |other: &CriticSpec| other.stage == spec.stage;
    let mut waits: Vec<usize> = dependencies
        .iter()
        .copied()
        .filter(|&other| specs.get(other).is_some_and(|other| same_stage(other)))
        .collect();
    if spec.policy.reads_outcomes() {
        let before = |other: &CriticSpec| {
            same_stage(other) && other.priority < spec.priority && other.mode == Mode::Enforce
        };
        waits.extend((0..place).filter(|&other| specs.get(other).is_some_and(|o| before(o))));
    }
    waits.sort_unstable();
    waits.dedup();
    waits
}

/// Under a budget, critics of a stage that cost something must reserve in an order that never depends on timing.
/// Two that wait for nobody do so in plan order, before anything has happened; of any other two the later in the
/// plan waits for the earlier, unless that one waits for it.
fn queue_for_budget(specs: &[&CriticSpec], waits_for: &mut [Vec<usize>]) {
    let costs = |place: &usize| specs.get(*place).is_some_and(|spec| spec.cost > 0.0);
    for later in (0..specs.len()).filter(costs) {
        // The nearest first: what it waits for already orders most of those before.
        for earlier in (0..later).rev().filter(costs) {
            let stage = |place: usize| specs.get(place).map(|spec| spec.stage);
            if stage(earlier) != stage(later) {
                break;
            }
            let waits = |place: usize| waits_for.get(place).is_some_and(|list| !list.is_empty());
            let unordered = (waits(earlier) || waits(later))
                && !reaches(earlier, later, waits_for)
                && !reaches(later, earlier, waits_for);
            if unordered && let Some(list) = waits_for.get_mut(later) {
                list.push(earlier);
            }
        }
    }
}

/// Whether one critic waits for another, by way of others or not.
fn reaches(from: usize, to: usize, waits_for: &[Vec<usize>]) -> bool {
    let mut seen = vec![false; waits_for.len()];
    let mut open = vec![from];
    while let Some(place) = open.pop() {
        if place == to {
            return true;
        }
        if let Some(seen) = seen.get_mut(place).filter(|seen| !**seen) {
            *seen = true;
            open.extend(waits_for.get(place).into_iter().flatten());
        }
    }
    false
}

/// The outcomes a critic sees. Lists that are the same are shared.
fn sees(
    spec: &CriticSpec,
    specs: &[&CriticSpec],
    depends_on: &[usize],
    shared: &mut BTreeMap<Vec<u32>, Arc<[u32]>>,
) -> Arc<[u32]> {
    let reads = spec.policy.reads_outcomes();
    let visible = |(place, other): (usize, &&CriticSpec)| {
        let earlier = other.stage < spec.stage
            || (reads && other.stage == spec.stage && other.priority < spec.priority);
        let seen = (earlier && other.mode == Mode::Enforce) || depends_on.contains(&place);
        seen.then(|| index(place))
    };
    let list: Vec<u32> = specs.iter().enumerate().filter_map(visible).collect();
    shared.entry(list).or_insert_with_key(|list| list.as_slice().into()).clone()
}

/// A path that starts and ends at the same place, if any waiting goes in a circle.
fn cycle(waits_for: &[Vec<usize>]) -> Option<Vec<usize>> {
    #[derive(Clone, Copy, PartialEq)]
    enum Mark {
        New,
        OnPath,
        Done,
    }
    let mut marks = vec![Mark::New; waits_for.len()];
    for start in 0..waits_for.len() {
        // By hand, with a stack of its own: a chain of critics may be as long as memory allows.
        let mut path: Vec<(usize, usize)> = vec![(start, 0)];
        while let Some((place, next)) = path.last_mut() {
            let place = *place;
            if *next == 0 {
                match marks.get_mut(place) {
                    Some(mark @ Mark::New) => *mark = Mark::OnPath,
                    _ => {
                        path.pop();
                        continue;
                    }
                }
            }
            let Some(&other) = waits_for.get(place).and_then(|list| list.get(*next)) else {
                if let Some(mark) = marks.get_mut(place) {
                    *mark = Mark::Done;
                }
                path.pop();
                continue;
            };
            *next += 1;
            match marks.get(other) {
                Some(Mark::OnPath) => {
                    let circle = path.iter().map(|(place, _)| *place);
                    let circle = circle.skip_while(|&place| place != other);
                    return Some(circle.chain([other]).collect());
                }
                Some(Mark::New) => path.push((other, 0)),
                Some(Mark::Done) | None => {}
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Policy;
    use tribunal_core::Stage;

    /// Arranges specs that are in plan order already.
    fn arranged(specs: &[CriticSpec]) -> (Option<Vec<Order>>, Vec<PlanError>) {
        let names: Vec<_> = specs.iter().map(|spec| CriticName::new(&spec.name).unwrap()).collect();
        let mut errors = Vec::new();
        let orders = arrange(&specs.iter().collect::<Vec<_>>(), &names, false, &mut errors);
        (orders, errors)
    }

    fn order(specs: &[CriticSpec], place: usize) -> Order {
        arranged(specs).0.unwrap().swap_remove(place)
    }

    fn spec(name: &str, priority: u8) -> CriticSpec {
        CriticSpec::new(name).priority(priority)
    }

    /// Rule 5: strictly smaller priority numbers of the same stage, and all of the earlier stages.
    #[test]
    fn a_gate_sees_earlier_stages_and_smaller_priority_numbers() {
        let specs = [
            spec("earlier", 9).stage(Stage::FastCritics),
            spec("smaller", 4),
            spec("same", 5),
            spec("guard", 5).policy(Policy::OnViolation),
            spec("larger", 6),
        ];
        let guard = order(&specs, 3);
        assert_eq!((&*guard.sees, guard.waits_for), (&[0, 1][..], 1));
        assert_eq!(order(&specs, 1).unblocks, [3]);
        assert!(order(&specs, 0).unblocks.is_empty(), "a barrier needs no waiting");
    }

    /// Rule 5: one that reads no outcomes waits for what it depends on alone.
    #[test]
    fn a_critic_without_a_gate_waits_for_its_dependencies_only() {
        let specs = [spec("smaller", 1), spec("on", 8), spec("last", 9).depends_on("on")];
        let last = order(&specs, 2);
        assert_eq!((&*last.sees, last.waits_for), (&[1][..], 1));
        assert_eq!(last.depends_on, [1]);
    }

    /// A dependency that its gate waits for anyway is waited for once.
    #[test]
    fn what_is_waited_for_twice_counts_once() {
        let twice = spec("b", 5).depends_on("a").depends_on("a").policy(Policy::OnViolation);
        let b = order(&[spec("a", 1), twice], 1);
        assert_eq!((&*b.sees, b.waits_for, b.depends_on), (&[0][..], 1, vec![0]));
    }

    /// Rule 19: what is monitored is seen by those alone that depend on it.
    #[test]
    fn a_monitored_critic_is_seen_only_by_its_dependents() {
        let specs = [
            spec("watched", 1).mode(Mode::Monitor),
            spec("guard", 5).policy(Policy::OnViolation),
            spec("pupil", 6).mode(Mode::Monitor).depends_on("watched"),
        ];
        assert_eq!((&*order(&specs, 1).sees, order(&specs, 1).waits_for), (&[][..], 0));
        assert_eq!(&*order(&specs, 2).sees, [0]);
    }

    /// Rule 4: a dependency of an earlier stage is seen, and needs no waiting.
    #[test]
    fn a_dependency_of_an_earlier_stage_is_not_waited_for() {
        let specs = [spec("a", 5).stage(Stage::FastCritics), spec("b", 5).depends_on("a")];
        let b = order(&specs, 1);
        assert_eq!((b.depends_on, b.waits_for), (vec![0], 0));
    }

    /// Lists that are the same are one.
    #[test]
    fn critics_that_see_the_same_share_the_list() {
        let specs =
            [spec("a", 1).stage(Stage::FastCritics), spec("b", 2), spec("c", 3), spec("d", 4)];
        let orders = arranged(&specs).0.unwrap();
        assert!(Arc::ptr_eq(&orders[1].sees, &orders[3].sees));
    }

    /// A path that starts and ends at the same place, and only with those that are on it.
    #[test]
    fn a_cycle_is_found_wherever_it_hangs() {
        assert_eq!(cycle(&[vec![0]]), Some(vec![0, 0]));
        assert_eq!(cycle(&[vec![1], vec![2], vec![1]]), Some(vec![1, 2, 1]));
        assert_eq!(cycle(&[vec![1, 2], vec![3], vec![3], vec![]]), None, "a diamond is no cycle");
        let long: Vec<_> = (0..100_000).map(|at: usize| vec![at.saturating_add(1)]).collect();
        assert_eq!(cycle(&long), None);
    }

    /// Every mistake in one go; a cycle among the dependencies that are right is one of them.
    #[test]
    fn a_cycle_is_reported_together_with_other_mistakes() {
        let (orders, errors) = arranged(&[
            spec("a", 5).depends_on("b"),
            spec("b", 5).depends_on("a"),
            spec("c", 5).depends_on("nobody"),
        ]);
        assert!(orders.is_none());
        assert!(matches!(errors[..], [PlanError::UnknownDependency { .. }, PlanError::Cycle(_)]));
    }
}
