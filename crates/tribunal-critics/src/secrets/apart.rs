//! Of findings that overlap, the best one stays.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::ops::Range;

/// Keeps the findings that overlap no better one, from left to right. Most overlap none, and cost a comparison.
pub(crate) fn apart<T>(
    mut found: Vec<T>,
    bytes: impl Fn(&T) -> Range<usize>,
    best_first: impl Fn(&T, &T) -> Ordering,
) -> Vec<T> {
    found.sort_by_key(|it| bytes(it).start);
    let mut kept = Vec::with_capacity(found.len());
    let mut cluster: Vec<T> = Vec::new();
    let mut end = 0;
    for it in found {
        let at = bytes(&it);
        if at.start >= end {
            settle(&mut cluster, &mut kept, &bytes, &best_first);
        }
        end = at.end.max(end);
        cluster.push(it);
    }
    settle(&mut cluster, &mut kept, &bytes, &best_first);
    kept
}

/// Empties a cluster of overlapping findings into those that are kept.
fn settle<T>(
    cluster: &mut Vec<T>,
    kept: &mut Vec<T>,
    bytes: &impl Fn(&T) -> Range<usize>,
    best_first: &impl Fn(&T, &T) -> Ordering,
) {
    if cluster.len() > 1 {
        cluster.sort_by(best_first);
        let mut taken: BTreeMap<usize, usize> = BTreeMap::new();
        cluster.retain(|it| {
            let Range { start, end } = bytes(it);
            // Those taken lie apart, so the last to start before our end is the only one that can reach us.
            let last = taken.range(..end).next_back();
            let free = last.is_none_or(|(_, &other_end)| other_end <= start);
            if free {
                taken.insert(start, end);
            }
            free
        });
        cluster.sort_by_key(|it| bytes(it).start);
    }
    kept.append(cluster);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_overlaps_a_better_one_goes() {
        let all = vec![(0, 10..20), (1, 5..11), (2, 0..10), (3, 19..30), (4, 20..21), (5, 12..13)];
        let kept = apart(all, |it| it.1.clone(), |a, b| a.0.cmp(&b.0));
        assert_eq!(kept, [(2, 0..10), (0, 10..20), (4, 20..21)]);
    }

    #[test]
    fn what_overlaps_nothing_stays() {
        let kept = apart(vec![3..4, 0..1, 1..3], Clone::clone, |a: &Range<usize>, b| {
            a.start.cmp(&b.start)
        });
        assert_eq!(kept, [0..1, 1..3, 3..4]);
    }
}
