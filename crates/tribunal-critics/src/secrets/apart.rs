//! Of findings that overlap, the best one stays.

use std::collections::BTreeMap;
use std::ops::Range;

/// Keeps of the findings, best first, those that overlap none that was kept before.
pub(crate) fn apart<T>(best_first: Vec<T>, bytes: impl Fn(&T) -> Range<usize>) -> Vec<T> {
    let mut taken: BTreeMap<usize, usize> = BTreeMap::new();
    let mut kept = best_first;
    kept.retain(|found| {
        let Range { start, end } = bytes(found);
        // Those taken lie apart, so the last to start before our end is the only one that can reach us.
        let free = taken.range(..end).next_back().is_none_or(|(_, &other_end)| other_end <= start);
        if free {
            taken.insert(start, end);
        }
        free
    });
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_overlaps_a_better_one_goes() {
        let kept = apart(vec![10..20, 5..11, 0..10, 19..30, 20..21, 12..13], Clone::clone);
        assert_eq!(kept, [10..20, 0..10, 20..21]);
    }
}
