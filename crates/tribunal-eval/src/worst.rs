//! The worst misses, by id.

use serde::Serialize;
use serde_json::Value;

/// How many are named of each kind.
pub(crate) const WORST: usize = 20;

/// A row that was judged wrong.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Miss {
    /// Its `id`.
    pub id: Value,
    /// Its source.
    pub source: String,
    /// What the critics gave it: their score where they have one, else the severity. From 0 to 1.
    pub score: f64,
    /// The first 200 characters of its text, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// Keeps the worst few in bounded memory; of equals the first ones.
#[derive(Debug, Clone, Default)]
pub(crate) struct Worst(Vec<(f64, Miss)>);

impl Worst {
    /// One more, `wrong` from 0 to 1.
    pub(crate) fn add(&mut self, wrong: f64, miss: impl FnOnce() -> Miss) {
        let place = self.0.partition_point(|(other, _)| *other >= wrong);
        if place < WORST {
            self.0.truncate(WORST - 1);
            self.0.insert(place, (wrong, miss()));
        }
    }

    pub(crate) fn into_misses(self) -> Vec<Miss> {
        self.0.into_iter().map(|(_, miss)| miss).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_stay_and_of_equals_the_first() {
        let mut worst = Worst::default();
        for i in 0..100_u64 {
            let score = (i % 10) as f64 / 10.0;
            worst.add(score, || Miss { id: i.into(), source: String::new(), score, text: None });
        }
        let ids: Vec<u64> = worst.into_misses().iter().filter_map(|m| m.id.as_u64()).collect();
        let nines = (0..10).map(|i| i * 10 + 9);
        assert_eq!(ids, nines.chain((0..10).map(|i| i * 10 + 8)).collect::<Vec<_>>());
    }
}
