//! What every threshold on a score would come to: ROC and precision-recall curves.

use serde::Serialize;

/// At most so many points of a curve are kept; the areas are of all.
const POINTS: usize = 256;

/// A score and whether its row is positive.
pub(crate) type Scored = (f32, bool);

/// One threshold: rows whose score reaches it are flagged.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Point {
    /// From which score on.
    pub threshold: f64,
    /// The share of the negative rows that is flagged.
    pub fpr: f64,
    /// The share of the positive rows that is flagged.
    pub recall: f64,
    /// Of what is flagged, the share that is positive.
    pub precision: f64,
}

/// The curves of one score.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Curve {
    /// Positive rows with a score.
    pub positives: u64,
    /// Negative rows with a score.
    pub negatives: u64,
    /// The area under the ROC curve, by trapezoids: how likely a positive row scores above a negative one, ties
    /// counted half.
    pub roc_auc: f64,
    /// The area under the precision-recall curve, as the sum of `precision · (step in recall)`.
    pub average_precision: f64,
    /// The point with the highest F1, and that F1. The first of equals, which has the highest threshold. A threshold
    /// of 0 flags everything and is taken only where there is no other.
    pub best_f1: (Point, f64),
    /// Thresholds from high to low, the scores that there are; of very many, evenly chosen ones.
    pub points: Vec<Point>,
}

impl Curve {
    /// `None` unless there are scores of positive rows and of negative ones.
    #[must_use]
    pub(crate) fn of(scores: &[Scored]) -> Option<Self> {
        let positives = scores.iter().filter(|(_, positive)| *positive).count() as u64;
        let negatives = scores.len() as u64 - positives;
        if positives == 0 || negatives == 0 {
            return None;
        }
        let mut sorted = scores.to_vec();
        sorted.sort_unstable_by(|(a, _), (b, _)| b.total_cmp(a));

        let (all_positive, all_negative) = (positives as f64, negatives as f64);
        let (mut tp, mut fp) = (0.0, 0.0);
        let (mut roc_auc, mut average_precision) = (0.0, 0.0);
        let mut points = Vec::new();
        // Rows of the same score pass the threshold together.
        for tie in sorted.chunk_by(|(a, _), (b, _)| a == b) {
            let hits = tie.iter().filter(|(_, positive)| *positive).count() as f64;
            let false_alarms = tie.len() as f64 - hits;
            roc_auc += false_alarms * (tp + hits / 2.0);
            tp += hits;
            fp += false_alarms;
            let precision = tp / (tp + fp);
            average_precision += precision * hits;
            let threshold = tie.first().map_or(0.0, |(score, _)| f64::from(*score));
            let (fpr, recall) = (fp / all_negative, tp / all_positive);
            points.push(Point { threshold, fpr, recall, precision });
        }
        let f1 = |point: &Point| {
            let sum = point.precision + point.recall;
            if sum > 0.0 { 2.0 * point.precision * point.recall / sum } else { 0.0 }
        };
        // Scores go down to 0, so only the last threshold can be 0.
        let choice = match points.as_slice() {
            [above @ .., last] if last.threshold <= 0.0 && !above.is_empty() => above,
            all => all,
        };
        let best = choice.iter().map(|point| (*point, f1(point)));
        let best_f1 = best.reduce(|best, next| if next.1 > best.1 { next } else { best })?;
        Some(Self {
            positives,
            negatives,
            roc_auc: roc_auc / (all_positive * all_negative),
            average_precision: average_precision / all_positive,
            best_f1,
            points: thinned(points),
        })
    }
}

/// Evenly chosen ones of too many, both ends among them.
fn thinned(points: Vec<Point>) -> Vec<Point> {
    let last = points.len().saturating_sub(1);
    if last < POINTS {
        return points;
    }
    let chosen = (0..POINTS).map(|index| index * last / (POINTS - 1));
    chosen.filter_map(|index| points.get(index).copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example in scikit-learn's documentation of `roc_auc_score` and `average_precision_score`.
    #[test]
    fn areas_are_the_known_ones() {
        let curve = Curve::of(&[(0.1, false), (0.4, false), (0.35, true), (0.8, true)]).unwrap();
        assert!((curve.roc_auc - 0.75).abs() < 1e-12);
        assert!((curve.average_precision - 0.833_333_333).abs() < 1e-6);
        let recalls: Vec<f64> = curve.points.iter().map(|point| point.recall).collect();
        assert_eq!(recalls, [0.5, 0.5, 1.0, 1.0]);
        // 0.8 alone: precision 1, recall 0.5. From 0.35 on: precision 2/3, recall 1, F1 0.8.
        assert!((curve.best_f1.1 - 0.8).abs() < 1e-12);
        assert!((curve.best_f1.0.threshold - 0.35).abs() < 1e-6);
    }

    #[test]
    fn a_score_that_says_nothing_has_half_the_area_and_one_that_knows_has_all() {
        let same = Curve::of(&[(0.5, true), (0.5, false), (0.5, false), (0.5, true)]).unwrap();
        assert_eq!((same.roc_auc, same.average_precision, same.points.len()), (0.5, 0.5, 1));
        let knows = Curve::of(&[(0.9, true), (0.8, true), (0.2, false)]).unwrap();
        assert_eq!((knows.roc_auc, knows.average_precision), (1.0, 1.0));
        let wrong = Curve::of(&[(0.1, true), (0.8, false)]).unwrap();
        assert_eq!((wrong.roc_auc, wrong.average_precision), (0.0, 0.5));
    }

    #[test]
    fn a_threshold_that_flags_everything_is_no_choice() {
        let scores = [(0.9, true), (0.0, true), (0.0, true), (0.0, true), (0.0, false)];
        let curve = Curve::of(&scores).unwrap();
        assert!((curve.best_f1.0.threshold - 0.9).abs() < 1e-6);
        assert!((curve.best_f1.1 - 0.4).abs() < 1e-12);
    }

    #[test]
    fn without_both_kinds_of_rows_there_is_no_curve() {
        assert_eq!(Curve::of(&[]), None);
        assert_eq!(Curve::of(&[(0.5, true)]), None);
        assert_eq!(Curve::of(&[(0.5, false)]), None);
    }

    #[test]
    fn many_points_are_thinned_and_keep_their_ends() {
        let scores: Vec<Scored> = (0..5000).map(|i| (i as f32 / 5000.0, i % 3 == 0)).collect();
        let curve = Curve::of(&scores).unwrap();
        assert_eq!(curve.points.len(), POINTS);
        assert_eq!(curve.points.last().map(|p| (p.fpr, p.recall)), Some((1.0, 1.0)));
        assert!(curve.points[0].recall <= 1.0 / 1667.0);
    }
}
