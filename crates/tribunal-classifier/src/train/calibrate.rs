//! Turns margins into probabilities by Platt's sigmoid, and chooses the threshold.
//!
//! Platt, "Probabilistic outputs for support vector machines", 1999, fitted by Newton's method as in Lin, Lin,
//! Weng, "A note on Platt's probabilistic outputs", Machine Learning 68, 2007.

use crate::model::probability;

/// `1 / (1 + exp(slope * margin + offset))`; the slope is negative where a larger margin is likelier.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Sigmoid {
    pub(super) slope: f64,
    pub(super) offset: f64,
}

/// What a head said of an example that it was not fitted to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Margin {
    /// The largest of its passages.
    pub(super) margin: f64,
    pub(super) passages: usize,
    pub(super) positive: bool,
    /// Whether it is a negative of a kind that must not be objected to.
    pub(super) named: bool,
}

/// The lowest threshold at which at most this share of the negatives is objected to: of all, and of those that
/// are named. It lies halfway from the first that must not be objected to, to the next that is: where there is a gap
/// between both sides, either side of it is as far.
pub(super) fn threshold(sigmoid: &Sigmoid, margins: &[Margin], max_fpr: f64) -> f64 {
    let of = |wanted: fn(&Margin) -> bool| {
        let wanted = margins.iter().filter(|margin| wanted(margin));
        let mut found: Vec<f64> = wanted.map(|it| likely(sigmoid, it)).collect();
        found.sort_by(|a, b| b.total_cmp(a));
        let allowed = (found.len() as f64 * max_fpr) as usize;
        found.get(allowed).copied().unwrap_or(0.0)
    };
    let passes = of(|margin| !margin.positive).max(of(|margin| margin.named));
    let above = margins.iter().map(|it| likely(sigmoid, it)).filter(|it| *it > passes);
    let halfway = above.min_by(f64::total_cmp).map_or(passes, |next| f64::midpoint(passes, next));
    halfway.max(passes.next_up()).clamp(0.001, 0.999)
}

fn likely(sigmoid: &Sigmoid, it: &Margin) -> f64 {
    probability(sigmoid.slope, sigmoid.offset, it.margin, it.passages)
}

/// Fits the sigmoid to margins and whether each was a positive one.
pub(super) fn platt(margins: &[Margin]) -> Sigmoid {
    let margins: Vec<(f64, bool)> = margins.iter().map(|it| (it.margin, it.positive)).collect();
    let positives = margins.iter().filter(|(_, positive)| *positive).count() as f64;
    let negatives = margins.len() as f64 - positives;
    // Softened, so that what is separated perfectly is not certain.
    let high = (positives + 1.0) / (positives + 2.0);
    let low = 1.0 / (negatives + 2.0);
    let target = |positive: bool| if positive { high } else { low };
    let loss = |slope: f64, offset: f64| -> f64 {
        margins
            .iter()
            .map(|(margin, positive)| {
                let z = slope * margin + offset;
                let t = target(*positive);
                if z >= 0.0 { t * z + (-z).exp().ln_1p() } else { (t - 1.0) * z + z.exp().ln_1p() }
            })
            .sum()
    };
    let (mut slope, mut offset) = (0.0, ((negatives + 1.0) / (positives + 1.0)).ln());
    let mut best = loss(slope, offset);
    for _ in 0..100 {
        let (mut h11, mut h22, mut h21, mut g1, mut g2) = (1e-12, 1e-12, 0.0, 0.0, 0.0);
        for (margin, positive) in &margins {
            let p = 1.0 / (1.0 + (slope * margin + offset).exp());
            let d2 = p * (1.0 - p);
            let d1 = target(*positive) - p;
            h11 += margin * margin * d2;
            h22 += d2;
            h21 += margin * d2;
            g1 += margin * d1;
            g2 += d1;
        }
        if g1.abs() < 1e-6 && g2.abs() < 1e-6 {
            break;
        }
        let det = h11 * h22 - h21 * h21;
        let (da, db) = (-(h22 * g1 - h21 * g2) / det, -(-h21 * g1 + h11 * g2) / det);
        let mut step = 1.0;
        loop {
            let (a, b) = (slope + step * da, offset + step * db);
            let now = loss(a, b);
            if now < best + 1e-4 * step * (g1 * da + g2 * db) {
                (slope, offset, best) = (a, b, now);
                break;
            }
            step /= 2.0;
            if step < 1e-10 {
                return Sigmoid { slope, offset };
            }
        }
    }
    Sigmoid { slope, offset }
}
