//! Critics that have to be waited for: a few and many of a stage alike, though they lie in different ways.

use tribunal_core::{Report, Snapshot, Stage, Status, async_critic};
use tribunal_testkit::*;

use crate::court::{Court, Seat, Seated, court, named, reason, tries};

/// Below and above the number up to which all are polled whenever one wakes the run.
const COUNTS: [usize; 4] = [5, 30, 31, 200];

/// A status, attempts, and how many milliseconds it was at work.
type Becomes = (Status, u32, u64);

/// The critic at a place, and what becomes of it.
fn critic_at(place: usize) -> (Seated, Becomes) {
    let name = format!("c{place}");
    let slow = place as u64 % 7 * 3;
    let base = critic(&name);
    match place % 5 {
        0 => (base.then(Step::allows().after(millis(slow + 1))).timeout(secs(1)), {
            (Status::Success, 1, slow + 1)
        }),
        1 => (hangs(&name).timeout(millis(slow + 2)), (Status::Timeout, 1, slow + 2)),
        2 => {
            let twice = base.then(Step::hangs()).then(Step::allows().after(millis(4)));
            let twice = twice.timeout(millis(slow + 5)).retry(tries(2).on_timeout());
            (twice, (Status::Success, 2, slow + 9))
        }
        3 => {
            let flaky = base.then(Step::transient().after(millis(2))).then(Step::allows());
            (flaky.timeout(secs(1)).retry(tries(2)), (Status::Success, 2, 2))
        }
        _ => (base.then(Step::panics().pends(1)).timeout(secs(1)), (Status::Error, 1, 0)),
    }
}

fn of(count: usize) -> (Court, Vec<(String, Becomes)>) {
    let mut expected = Vec::new();
    let enough =
        court().settings(|settings| settings.retry_budget(1.0, 1_000).max_total_retries(1_000));
    let court = (0..count).fold(enough, |court, place| {
        let (critic, becomes) = critic_at(place);
        expected.push((format!("c{place}"), becomes));
        court.critic(critic)
    });
    (court.critic(takes("last", millis(1)).stage(Stage::Validation)), expected)
}

fn becomes(report: &Report, critic: &str) -> Becomes {
    let outcome = &report[critic];
    (outcome.status, outcome.attempts, outcome.execution().as_millis() as u64)
}

/// Rules 1, 2, 11 and 12: each is waited for by itself, as long as its own time lasts, and the next stage for all.
#[tokio::test(start_paused = true)]
async fn each_of_those_who_are_waited_for_has_its_own_time_and_its_own_attempts() {
    for count in COUNTS {
        let (court, expected) = of(count);
        let report = court.run().await;
        for (name, expected) in expected {
            let outcome = becomes(&report, &name);
            assert_eq!(outcome, expected, "{name} of {count}: {}", reason(&report, &name));
        }
        assert_eq!(report["last"].status, Status::Success);
    }
}

/// Rule 11: when the stage's time is up, so is that of everyone who is waited for.
#[tokio::test(start_paused = true)]
async fn the_deadline_of_all_cuts_off_everyone_at_once() {
    for count in COUNTS {
        let court = (0..count).fold(court(), |court, place| {
            court.critic(hangs(&format!("c{place}")).timeout(secs(60)))
        });
        let report = court.settings(|settings| settings.timeout(millis(50))).run().await;
        assert_eq!(report.elapsed, millis(50));
        for place in 0..count {
            assert_eq!(reason(&report, &format!("c{place}")), "timeout: the run ran out of time");
        }
    }
}

/// Rule 3: those that begin while others are waited for are waited for beside them.
#[tokio::test(start_paused = true)]
async fn who_begins_later_is_waited_for_beside_the_others() {
    for count in COUNTS {
        let slow = takes("slow", millis(40));
        let first = takes("first", millis(10));
        let court = (0..count).fold(court().critic(slow).critic(first), |court, place| {
            court.critic(takes(&format!("c{place}"), millis(10)).depends_on("first"))
        });
        let report = court.critic(hangs("short").timeout(millis(5))).run().await;
        assert_eq!(report.elapsed, millis(40));
        assert_eq!(reason(&report, "short"), "timeout: the critic ran out of time");
        for place in 0..count {
            assert_eq!(becomes(&report, &format!("c{place}")), (Status::Success, 1, 10));
        }
    }
}

/// Keeps the run's task at work for as long as it is waited for.
fn always_busy() -> Seated {
    let busy = async_critic(|_: Snapshot| async {
        loop {
            // Time only passes when nobody is at work, so it is turned by hand.
            tokio::time::advance(millis(5)).await;
            while tokio::task::coop::has_budget_remaining() {
                tokio::task::consume_budget().await;
            }
        }
    });
    named("busy", busy).timeout(millis(50))
}

/// Rule 11: a critic that never gives way uses up what a task may do at a time, and its time is up all the same.
#[tokio::test(start_paused = true)]
async fn a_critic_that_is_always_busy_times_out() {
    for count in COUNTS {
        let court = (1..count).fold(court().critic(always_busy()), |court, place| {
            court.critic(hangs(&format!("c{place}")).timeout(millis(70)))
        });
        let report = court.run().await;
        assert_eq!(reason(&report, "busy"), "timeout: the critic ran out of time");
    }
}

/// Rule 13: nor does it keep the others from what they wait for.
#[tokio::test(start_paused = true)]
async fn a_critic_that_is_always_busy_does_not_hold_up_the_others() {
    for count in COUNTS {
        let court = (1..count).fold(court().critic(always_busy()), |court, place| {
            court.critic(takes(&format!("c{place}"), millis(20)).timeout(millis(45)))
        });
        let report = court.run().await;
        for place in 1..count {
            let name = format!("c{place}");
            assert_eq!(report[name.as_str()].status, Status::Success, "{name} of {count}");
        }
    }
}

/// Rule 11: an answer is seen when it comes, also when others begin in the meantime.
#[tokio::test(start_paused = true)]
async fn who_has_answered_is_seen_although_another_begins_just_then() {
    let report = court()
        .critic(takes("a", millis(10)))
        .critic(takes("b", millis(20)))
        .critic(takes("c", millis(20)).timeout(millis(45)))
        .critic(takes("d", millis(10)).depends_on("a"))
        .critic(takes("e", millis(50)).depends_on("d"))
        .run()
        .await;
    for (critic, took) in [("a", 10), ("b", 20), ("c", 20), ("d", 10), ("e", 50)] {
        assert_eq!(becomes(&report, critic), (Status::Success, 1, took), "{critic}");
    }
}
