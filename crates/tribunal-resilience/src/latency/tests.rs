use proptest::prelude::*;

use super::*;

const MS: fn(u64) -> Duration = Duration::from_millis;

#[test]
fn nothing_is_said_before_enough_is_known() {
    let window = LatencyWindow::new(95.0).unwrap();
    (1..32).for_each(|at| window.record(MS(at)));
    assert_eq!(window.percentile(), None);
    window.record(MS(32));
    // 95 of 100 are 31 of 32.
    assert_eq!(window.percentile(), Some(MS(31)));
}

#[test]
fn old_calls_are_forgotten() {
    let window = LatencyWindow::new(99.9).unwrap();
    (0..256).for_each(|_| window.record(MS(1_000)));
    assert_eq!(window.percentile(), Some(MS(1_000)));
    (0..240).for_each(|_| window.record(MS(10)));
    assert_eq!(window.percentile(), Some(MS(1_000)), "16 are left");
    (0..16).for_each(|_| window.record(MS(10)));
    assert_eq!(window.percentile(), Some(MS(10)));
}

#[test]
fn calls_that_take_nothing_or_for_ever_are_calls() {
    let window = LatencyWindow::new(50.0).unwrap();
    (0..32).for_each(|_| window.record(Duration::ZERO));
    assert_eq!(window.percentile(), Some(Duration::ZERO));
    (0..256).for_each(|_| window.record(Duration::MAX));
    assert!(window.percentile() > Some(Duration::from_secs(3_600 * 24 * 365 * 500)));
}

#[test]
fn a_percentile_that_makes_no_sense_is_refused() {
    for percentile in [f64::NAN, -1.0, 0.0, 49.9, 99.91, 100.0, f64::INFINITY] {
        assert_eq!(LatencyWindow::new(percentile).unwrap_err(), PercentileError);
    }
    assert!(LatencyWindow::new(50.0).is_ok() && LatencyWindow::new(99.9).is_ok());
}

#[test]
fn several_may_record_at_once() {
    let window = LatencyWindow::new(90.0).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (1..=1_000).for_each(|_| window.record(MS(7))));
        }
    });
    assert_eq!(window.percentile(), Some(MS(7)));
}

proptest! {
    /// As sorting says, of the last 256 as they were at the last multiple of 16.
    #[test]
    fn the_percentile_is_that_of_a_sorted_list(
        calls in prop::collection::vec(0u64..1_000, 0..700), percentile in 50.0f64..99.9,
    ) {
        let window = LatencyWindow::new(percentile).unwrap();
        calls.iter().for_each(|call| window.record(MS(*call)));
        let known = &calls[..calls.len() / 16 * 16];
        let expected = (known.len() >= 32).then(|| {
            let mut last = known[known.len().saturating_sub(256)..].to_vec();
            last.sort_unstable();
            let rank = (percentile / 100.0 * last.len() as f64).ceil() as usize;
            MS(last[rank - 1])
        });
        prop_assert_eq!(window.percentile(), expected);
    }
}
