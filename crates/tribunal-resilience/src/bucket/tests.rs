//! What a bucket gives, and that it is the same as governor gives.

use governor::clock::{Clock, FakeRelativeClock};
use governor::{Quota, RateLimiter};
use proptest::prelude::*;

use super::*;

const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);

fn rate(tokens: u32, per: Duration, burst: u32) -> Rate {
    Rate::new(tokens, per, burst).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_bucket_gives_its_burst_and_then_its_rate() {
    let bucket = TokenBucket::new(rate(10, Duration::from_secs(1), 3));
    assert_eq!((0..5).filter(|_| bucket.take().is_ok()).count(), 3);
    assert_eq!(bucket.take(), Err(Duration::from_millis(100)));
    tokio::time::advance(Duration::from_millis(100)).await;
    assert!(bucket.take().is_ok());
    assert!(bucket.take().is_err());
    tokio::time::advance(Duration::from_secs(3600)).await;
    assert_eq!((0..9).filter(|_| bucket.take().is_ok()).count(), 3);
}

#[test]
fn a_rate_that_makes_no_sense_is_refused() {
    let second = Duration::from_secs(1);
    assert_eq!(Rate::new(0, second, 1), Err(RateError::Zero));
    assert_eq!(Rate::new(1, second, 0), Err(RateError::Zero));
    assert_eq!(Rate::new(1, Duration::ZERO, 1), Err(RateError::TooFast));
    assert_eq!(Rate::new(u32::MAX, Duration::from_nanos(1), 1), Err(RateError::TooFast));
}

#[tokio::test(start_paused = true)]
async fn a_reading_from_before_the_bucket_was_made_counts_as_its_beginning() {
    let before = Moment::now();
    tokio::time::advance(Duration::from_secs(9)).await;
    let bucket = TokenBucket::new(rate(1, Duration::from_secs(1), 1));
    assert_eq!(bucket.take_at(before), Ok(()));
    assert_eq!(bucket.take_at(before), Err(Duration::from_secs(1)));
    assert_eq!(bucket.take(), Err(Duration::from_secs(1)));
}

#[tokio::test(start_paused = true)]
async fn a_wait_is_never_shorter_than_a_timer_can_wait() {
    let bucket = TokenBucket::new(rate(1_000_000, Duration::from_secs(1), 1));
    assert_eq!(bucket.take(), Ok(()));
    assert_eq!(bucket.take(), Err(Duration::from_millis(1)));
}

#[tokio::test(start_paused = true)]
async fn the_most_extreme_rates_neither_overflow_nor_let_more_through() {
    let slowest = TokenBucket::new(rate(1, Duration::MAX, u32::MAX));
    let yearly = TokenBucket::new(rate(1, YEAR, u32::MAX));
    let fastest = TokenBucket::new(rate(1, Duration::from_nanos(1), 1));
    let daily = TokenBucket::new(rate(u32::MAX, Duration::from_secs(24 * 3600), u32::MAX));
    let start = Moment::now();
    let far = Duration::from_nanos(FAR);
    assert_eq!((slowest.take_at(start), slowest.take_at(start)), (Ok(()), Err(far)));
    // As many years as are counted.
    assert_eq!((0..1_000).filter(|_| yearly.take_at(start).is_ok()).count(), 292);
    let later = |after| start + after;
    assert_eq!((yearly.take_at(later(YEAR)), yearly.take_at(later(YEAR))), (Ok(()), Err(YEAR)));
    for nanos in 0..100 {
        let now = later(Duration::from_nanos(nanos));
        assert_eq!(fastest.take_at(now), Ok(()), "{nanos}");
        assert_eq!(fastest.take_at(now), Err(Duration::from_millis(1)), "{nanos}");
    }
    assert!((0..100_000).all(|_| daily.take_at(start).is_ok()));
    // At the end of all counting, and beyond it.
    for bucket in [slowest, fastest, daily] {
        let end = later(far);
        assert_eq!(bucket.take_at(end), Ok(()));
        let _no_panic = bucket.take_at(end + far);
    }
}

proptest! {
    /// The same answers at the same times, waits included.
    #[test]
    fn a_bucket_answers_as_governor_does(
        tokens in prop_oneof![1u32..20, 1u32..=u32::MAX],
        per in prop_oneof![1u64..1_000, 1u64..100_000_000_000, 1u64..1_000_000_000_000_000],
        burst in prop_oneof![1u32..5, 1u32..1_000],
        steps in prop::collection::vec((0u8..4, 0u64..3_000), 1..300),
    ) {
        let per = Duration::from_nanos(per);
        let Ok(rate) = Rate::new(tokens, per, burst) else { return Ok(()) };
        let interval = per / tokens;
        let quota = Quota::with_period(interval).unwrap().allow_burst(NonZeroU32::new(burst).unwrap());
        let clock = FakeRelativeClock::default();
        let theirs = RateLimiter::direct_with_clock(quota, clock.clone());
        let ours = TokenBucket::new(rate);
        let mut now = ours.cell.0.epoch;
        for (step, share) in steps {
            // Mostly at once; else up to three intervals, to the nanosecond where an interval is that short.
            let wait = match step {
                0 => Duration::from_nanos(share),
                1 => interval.mul_f64(share as f64 / 1_000.0),
                _ => Duration::ZERO,
            };
            now = now + wait;
            clock.advance(wait);
            let theirs = theirs.check().map_err(|not_until| {
                not_until.wait_time_from(clock.now()).max(Duration::from_millis(1))
            });
            prop_assert_eq!(ours.take_at(now), theirs);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_left_is_what_can_be_taken() {
    for (tokens, burst) in [(10, 3), (1, 1), (1_000, 50)] {
        let bucket = TokenBucket::new(Rate::new(tokens, Duration::from_secs(1), burst).unwrap());
        for step in 0_u64..40 {
            let left = bucket.left(Moment::now());
            assert!(left <= u64::from(burst));
            if step % 3 == 0 {
                let taken = (0..99).take_while(|_| bucket.take().is_ok()).count();
                assert_eq!(taken as u64, left, "{tokens} {burst} {step}");
            } else {
                let _ = bucket.take();
            }
            tokio::time::advance(Duration::from_millis(step * 37 % 500)).await;
        }
    }
}
