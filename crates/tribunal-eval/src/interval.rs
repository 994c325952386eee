//! 95 % intervals: how far off a share that was counted on few rows may be.

/// The 97.5 % point of the normal distribution: two-sided 95 %.
const Z: f64 = 1.959_963_984_540_054;

/// A 95 % interval, both ends within 0 to 1.
pub type Interval = [f64; 2];

/// The interval of Wilson for `hits` of `of`; `None` of nothing.
///
/// E. B. Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", JASA 22 (1927). Unlike the
/// usual `p ± z·sqrt(p(1-p)/n)` it is never empty and never leaves 0 to 1, also where nothing or all was hit.
#[must_use]
pub fn wilson(hits: u64, of: u64) -> Option<Interval> {
    if of == 0 {
        return None;
    }
    let (n, p) = (of as f64, hits.min(of) as f64 / of as f64);
    let z2 = Z * Z;
    let middle = p + z2 / (2.0 * n);
    let half = Z * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
    let end = |end: f64| (end / (1.0 + z2 / n)).clamp(0.0, 1.0);
    // At the edges the formula gives the edge itself but for rounding.
    let low = if hits == 0 { 0.0 } else { end(middle - half) };
    let high = if hits >= of { 1.0 } else { end(middle + half) };
    Some([low, high])
}

/// The interval of an F1 score; `None` where nothing was true and nothing was flagged.
///
/// F1 is `2J / (1 + J)` with `J = tp / (tp + fp + fn)`, and grows with `J`. Of the `tp + fp + fn` rows that it looks
/// at, `tp` are hits: a share like any other, so its Wilson interval, taken through the formula, is that of F1.
#[must_use]
pub fn of_f1(tp: u64, fp: u64, fn_: u64) -> Option<Interval> {
    let [low, high] = wilson(tp, tp.saturating_add(fp).saturating_add(fn_))?;
    let f1 = |j: f64| 2.0 * j / (1.0 + j);
    Some([f1(low), f1(high)])
}

/// The interval of `before - after`, from the intervals of both, taken to be independent.
///
/// Newcombe's hybrid of two score intervals (Statistics in Medicine 17, 1998, method 10), which holds for any two
/// estimates with intervals of their own (Zou and Donner, Statistics in Medicine 27, 2008).
#[must_use]
pub fn of_difference(before: (f64, Interval), after: (f64, Interval)) -> Interval {
    let ((b, [b_low, b_high]), (a, [a_low, a_high])) = (before, after);
    let down = (b - b_low).hypot(a_high - a);
    let up = (b_high - b).hypot(a - a_low);
    [b - a - down, b - a + up]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: Interval, expected: Interval) {
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < 5e-5, "{found} is not {expected}");
        }
    }

    /// The examples of Newcombe (Statistics in Medicine 17, 1998, "Two-sided confidence intervals for the single
    /// proportion", table I, method 3).
    #[test]
    fn wilson_gives_the_published_values() {
        near(wilson(81, 263).unwrap(), [0.2553, 0.3662]);
        near(wilson(15, 148).unwrap(), [0.0624, 0.1605]);
        near(wilson(0, 20).unwrap(), [0.0, 0.1611]);
        near(wilson(1, 29).unwrap(), [0.0061, 0.1718]);
        assert_eq!(wilson(29, 29).unwrap()[1], 1.0);
        assert_eq!(wilson(0, 0), None);
    }

    #[test]
    fn what_was_missed_mirrors_what_was_hit() {
        let (hit, missed) = (wilson(7, 31).unwrap(), wilson(24, 31).unwrap());
        near(hit, [1.0 - missed[1], 1.0 - missed[0]]);
    }

    /// Newcombe (1998), "Interval estimation for the difference between independent proportions", table II, method 10.
    #[test]
    fn the_difference_of_two_shares_gives_the_published_values() {
        let of = |hits, of| (hits as f64 / of as f64, wilson(hits, of).unwrap());
        near(of_difference(of(56, 70), of(48, 80)), [0.0524, 0.3339]);
        near(of_difference(of(9, 10), of(3, 10)), [0.1705, 0.8090]);
        near(of_difference(of(10, 10), of(0, 20)), [0.6791, 1.0]);
    }

    #[test]
    fn the_interval_of_f1_holds_it_and_has_it_at_its_edge_when_all_is_right() {
        let [low, high] = of_f1(8, 2, 4).unwrap();
        let f1 = 16.0 / 22.0;
        assert!(low < f1 && f1 < high);
        // J = 8/14 has the Wilson interval 0.3259 to 0.7862.
        near([low, high], [2.0 * 0.325_906 / 1.325_906, 2.0 * 0.786_192 / 1.786_192]);
        assert_eq!(of_f1(5, 0, 0).unwrap()[1], 1.0);
        assert_eq!(of_f1(0, 0, 0), None);
    }
}
