//! Fits one linear separator: squared hinge loss with an L2 penalty, by dual coordinate descent.
//!
//! Hsieh et al., "A dual coordinate descent method for large-scale linear SVM", ICML 2008, algorithm 1 for the L2
//! loss. Rows are visited in an order drawn from the seed; nothing else is random.

use super::random::Random;
use super::rows::Row;
use crate::features::{BLOCKS, Block, Features};

/// What to fit to.
pub(super) struct Task {
    pub(super) row: Row,
    pub(super) positive: bool,
    /// How much an error costs; above 0.
    pub(super) cost: f64,
}

/// Passes over all rows, at most.
const MOST_PASSES: usize = 40;
/// The largest violation of the optimality conditions that is let stand.
const TOLERANCE: f64 = 0.05;

/// The weights of the buckets and of the constant.
///
/// `scale` multiplies each feature while fitting: a feature with a larger one is penalised less.
pub(super) fn fit(
    tasks: &[Task],
    features: &Features,
    scale: &[f32],
    seed: u64,
) -> (Vec<f32>, f32) {
    let mut weights = vec![0_f32; scale.len()];
    let mut bias = 0_f32;
    let mut duals = vec![0_f64; tasks.len()];
    let parts: Vec<[(&[u32], f32); BLOCKS]> =
        tasks.iter().map(|task| parts(&task.row, features)).collect();
    let norms: Vec<f64> = tasks
        .iter()
        .zip(&parts)
        .map(|(task, parts)| {
            let squares = parts.iter().map(|(buckets, value)| {
                let squares = buckets.iter().map(|bucket| square(at(scale, *bucket)));
                squares.sum::<f64>() * square(*value)
            });
            1.0 + squares.sum::<f64>() + 0.5 / task.cost
        })
        .collect();
    let mut order: Vec<usize> = (0..tasks.len()).collect();
    let mut random = Random::new(seed);
    for _ in 0..MOST_PASSES {
        random.shuffle(&mut order);
        let mut worst = 0_f64;
        for index in &order {
            let index = *index;
            let (Some(task), Some(parts), Some(dual)) =
                (tasks.get(index), parts.get(index), duals.get_mut(index))
            else {
                continue;
            };
            let norm = norms.get(index).copied().unwrap_or(1.0);
            let sums = parts.iter().map(|(buckets, value)| {
                let weight = |bucket: &u32| at(&weights, *bucket) * at(scale, *bucket);
                buckets.iter().map(weight).sum::<f32>() * value
            });
            let sum: f32 = sums.sum();
            let sign = if task.positive { 1.0 } else { -1.0 };
            let margin = f64::from(sum + bias);
            let gradient = sign * margin - 1.0 + *dual * 0.5 / task.cost;
            let projected = if *dual > 0.0 { gradient } else { gradient.min(0.0) };
            worst = worst.max(projected.abs());
            if projected.abs() < 1e-9 {
                continue;
            }
            let old = *dual;
            *dual = (old - gradient / norm).max(0.0);
            let step = ((*dual - old) * sign) as f32;
            for (buckets, value) in parts {
                for bucket in *buckets {
                    let factor = at(scale, *bucket);
                    if let Some(weight) = weights.get_mut(*bucket as usize) {
                        *weight += step * value * factor;
                    }
                }
            }
            bias += step;
        }
        if worst < TOLERANCE {
            break;
        }
    }
    for (weight, scale) in weights.iter_mut().zip(scale) {
        *weight *= scale;
    }
    (weights, bias)
}

/// The buckets of each block, and what each of them counts.
fn parts<'a>(row: &'a Row, features: &Features) -> [(&'a [u32], f32); BLOCKS] {
    let mut blocks = Block::ALL.into_iter();
    row.blocks(features).map(|buckets| {
        let value = blocks.next().map_or(0.0, |block| block.value(met(buckets)));
        (buckets, value)
    })
}

/// How many buckets these are.
pub(super) fn met(buckets: &[u32]) -> u32 {
    u32::try_from(buckets.len()).unwrap_or(u32::MAX)
}

fn square(value: f32) -> f64 {
    f64::from(value) * f64::from(value)
}

fn at(values: &[f32], bucket: u32) -> f32 {
    values.get(bucket as usize).copied().unwrap_or_default()
}
