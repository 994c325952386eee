//! The counter of this very processor, in a process in which nobody pauses the clock. All else of it is held against a
//! machine that a test makes up.

use std::time::Duration;

use tokio::time::Instant;
use tribunal_clock::Moment;

/// What is told may be off by so much, one way or the other.
const OFF: Duration = Duration::from_micros(5);

/// Each moment lies between the readings of the clock before it and after it, however long the thread was kept waiting in
/// between.
#[test]
fn what_is_told_from_the_counter_lies_between_two_readings_of_the_clock() {
    Moment::use_counter(true);
    let begun = Instant::now();
    let (mut told, mut last) = (0, Moment::now());
    // For long enough that its pace has been found out, and many times over.
    while begun.elapsed() < Duration::from_millis(100) || told < 10_000 {
        let before = Instant::now();
        let now = Moment::now();
        let after = Instant::now();
        let at = now.instant();
        assert!(at + OFF >= before && at <= after + OFF, "{at:?}: not in {before:?}..{after:?}");
        assert!(now >= last || last.since(now) < OFF, "{now:?} after {last:?}");
        (told, last) = (told + 1, now);
    }
    Moment::use_counter(false);
    let before = Instant::now();
    let at = Moment::now().instant();
    assert!(before <= at && at <= Instant::now());
}
