//! Limits that move by what latency shows.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use futures_util::future::join_all;
use tokio::time::sleep;
use tribunal_core::{Answer, Opinion, Status, View, critic_fn};
use tribunal_production::Adaptation;
use tribunal_testkit::*;

use crate::court::{Seat, Seated, court, judge, named};

/// Serves four at a time within 10 ms each; any more wait for each other.
fn serves_four(name: &str) -> (Seated, Arc<AtomicUsize>) {
    let now = Arc::new(AtomicUsize::new(0));
    let most = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&most);
    let critic = critic_fn(move |_: View<'_>| {
        let (now, most) = (Arc::clone(&now), Arc::clone(&most));
        Answer::later(async move {
            let there = now.fetch_add(1, SeqCst) + 1;
            most.fetch_max(there, SeqCst);
            sleep(millis(10) * u32::try_from(there.div_ceil(4)).unwrap()).await;
            now.fetch_sub(1, SeqCst);
            Ok(Opinion::clean())
        })
    });
    (named(name, critic), seen)
}

/// The most calls at a time in the last of many rounds of 32 runs at once.
async fn settles_at(how: Adaptation) -> usize {
    let (critic, most) = serves_four("x");
    let critic = critic.max_in_flight(32).spec(|spec| spec.adaptive(1, how));
    let court = court().critic(critic).build();
    for _ in 0..60 {
        most.store(0, SeqCst);
        let reports = join_all((0..32).map(|_| judge(&court))).await;
        let judged = reports.iter().filter(|report| report["x"].status == Status::Success);
        assert_eq!(judged.count(), 32);
    }
    most.load(SeqCst)
}

/// Rule 8: with the limit near what the critic can serve at once, and not at its ceiling.
#[tokio::test(start_paused = true)]
async fn the_limit_settles_near_the_capacity() {
    let target = millis(15);
    for how in [Adaptation::Aimd { target }, Adaptation::Gradient] {
        let most = settles_at(how).await;
        assert!((3..=16).contains(&most), "{how:?}: {most}");
    }
}

/// The limit on runs moves as well; what it has no room for waits and is judged.
#[tokio::test(start_paused = true)]
async fn the_limit_on_runs_settles_too() {
    let (critic, most) = serves_four("x");
    let how = Adaptation::Aimd { target: millis(15) };
    let court = court()
        .settings(|settings| settings.max_runs(32).adaptive_runs(2, how))
        .critic(critic)
        .build();
    for _ in 0..60 {
        most.store(0, SeqCst);
        let reports = join_all((0..32).map(|_| judge(&court))).await;
        assert!(reports.iter().all(|report| report["x"].status == Status::Success));
    }
    let most = most.load(SeqCst);
    assert!((2..=16).contains(&most), "{most}");
}

/// A floor without a ceiling, or above it, is refused when the plan is built.
#[test]
fn a_limit_that_cannot_move_is_refused() {
    let how = Adaptation::Gradient;
    let bare = allows("x").spec(|spec| spec.adaptive(1, how));
    let errors = court().critic(bare).refused().to_string();
    assert!(
        errors.contains("`adaptive` has no ceiling: needs `max_in_flight` beside it"),
        "{errors}"
    );
    let above = allows("x").max_in_flight(2).spec(|spec| spec.adaptive(3, how));
    let errors = court().critic(above).refused().to_string();
    assert!(
        errors.contains("must not go below 1 or above `max_in_flight` (2), found 3"),
        "{errors}"
    );
    let none = allows("x").max_in_flight(2);
    let none = none.spec(|spec| spec.adaptive(1, Adaptation::Aimd { target: millis(0) }));
    assert!(court().critic(none).refused().to_string().contains("longer than nothing"));
}
