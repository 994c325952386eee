//! Who waits for whom, and who sees whom.
//!
//! A critic waits for what it depends on. One whose gate looks at outcomes waits, besides, for the enforcing
//! critics of its own stage with a smaller priority number. Earlier stages need no waiting: stages are
//! barriers. What a critic sees is exactly the earlier stages and what it waits for.

use std::collections::BTreeMap;
use std::sync::Arc;

use tribunal_core::{CriticName, Mode, nearest};

use super::error::{CyclePath, PlanError};
use crate::spec::CriticSpec;

/// One critic's place among the others; all numbers are places in the plan.
pub(super) struct Order {
    pub(super) depends_on: Vec<u32>,
    pub(super) sees: Arc<[u32]>,
    pub(super) waits_for: u32,
    pub(super) unblocks: Vec<u32>,
}

/// `specs` and `names` are in plan order.
pub(super) fn arrange(
    specs: &[&CriticSpec],
    names: &[CriticName],
) -> Result<Vec<Order>, Vec<PlanError>> {
    let mut errors = Vec::new();
    let depends_on = dependencies(specs, names, &mut errors);
    if !errors.is_empty() {
        return Err(errors);
    }
    let waits_for: Vec<Vec<usize>> =
        (0..specs.len()).map(|place| waits_for(place, specs, &depends_on)).collect();
    if let Some(cycle) = cycle(&waits_for) {
        let path = cycle.into_iter().filter_map(|place| names.get(place).cloned()).collect();
        return Err(vec![PlanError::Cycle(CyclePath(path))]);
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
        |(((depends_on, waits_for), unblocks), spec)| Order {
            sees: sees(spec, specs, &depends_on, &mut shared),
            depends_on: depends_on.into_iter().map(index).collect(),
            waits_for: index(waits_for.len()),
            unblocks,
        },
    );
    Ok(orders.collect())
}

/// A plan of more than four billion critics has run out of memory before.
fn index(place: usize) -> u32 {
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
