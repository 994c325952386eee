//! What the lock, the clock and the tally add to what the core decides.

use proptest::prelude::*;

use super::*;

/// Dashboards and alerts know these words.
#[test]
fn a_state_is_written_as_the_metrics_have_it() {
    assert_eq!(BreakerState::ALL.map(BreakerState::as_str), ["closed", "open", "half_open"]);
}

/// Rule 12: a bounded probe, given back on drop.
#[tokio::test(start_paused = true)]
async fn a_probe_that_is_dropped_gives_its_place_to_another() {
    let settings = BreakerSettings::new(0.5, Duration::from_secs(10), 2)
        .and_then(|settings| settings.open_for(Duration::from_secs(1)))
        .unwrap();
    let breaker = Breaker::new(settings);
    for _ in 0..2 {
        let call = breaker.admit(Moment::now()).unwrap();
        call.report(CallResult::Failure, Moment::now());
    }
    assert!(breaker.admit(Moment::now()).is_err());
    tokio::time::advance(Duration::from_secs(1)).await;
    let probe = breaker.admit(Moment::now()).unwrap();
    assert!(breaker.admit(Moment::now()).is_err(), "one probe at a time");
    drop(probe);
    let probe = breaker.admit(Moment::now()).unwrap();
    assert_eq!(breaker.entered(Moment::now()), [0, 1, 1], "opened, half open, not closed again");
    probe.report(CallResult::Success, Moment::now());
    assert_eq!(breaker.state(Moment::now()), BreakerState::Closed);
    assert_eq!(breaker.entered(Moment::now()), [1, 1, 1]);
}

/// Opens at three failures of six, of the last second.
fn breaker() -> Breaker {
    Breaker::new(BreakerSettings::new(0.5, Duration::from_secs(1), 6).unwrap())
}

impl Breaker {
    /// As it is then, with everything counted.
    fn core(&self, now: Moment) -> Core {
        self.with_core(now, |core, now| {
            core.state(now);
            core.clone()
        })
    }

    fn call(&self, result: CallResult, now: Moment) {
        self.admit(now).unwrap().report(result, now);
    }
}

/// Successes that the lock never saw count all the same.
#[tokio::test(start_paused = true)]
async fn it_opens_at_the_rate_of_all_calls_however_they_were_counted() {
    let (one, other, now) = (breaker(), breaker(), Moment::now());
    for breaker in [&one, &other] {
        (0..4).for_each(|_| breaker.call(CallResult::Success, now));
        (0..3).for_each(|_| breaker.call(CallResult::Failure, now));
        assert_eq!(breaker.state(now), BreakerState::Closed, "three of seven");
    }
    one.call(CallResult::Failure, now);
    assert_eq!(one.state(now), BreakerState::Open, "four of eight");
    (0..2).for_each(|_| other.call(CallResult::Success, now));
    other.call(CallResult::Failure, now);
    assert_eq!(other.state(now), BreakerState::Closed, "four of ten");
}

/// With as many failures as it takes, only calls are missing: a success is one.
#[tokio::test(start_paused = true)]
async fn a_success_opens_it_when_it_makes_up_the_number_of_calls() {
    let (breaker, now) = (breaker(), Moment::now());
    (0..3).for_each(|_| breaker.call(CallResult::Failure, now));
    (0..2).for_each(|_| breaker.call(CallResult::Success, now));
    assert_eq!(breaker.state(now), BreakerState::Closed, "five calls say nothing");
    breaker.call(CallResult::Success, now);
    assert_eq!(breaker.state(now), BreakerState::Open, "three of six");
}

/// As long as nothing fails the lock is not needed, and a few failures of many calls do not change that.
#[tokio::test(start_paused = true)]
async fn while_all_goes_well_the_lock_is_left_alone() {
    let (breaker, now) = (breaker(), Moment::now());
    let without_lock = |at: Moment| {
        let held = breaker.lock();
        (0..100).for_each(|_| breaker.call(CallResult::Success, at));
        breaker.call(CallResult::Ignored, at);
        drop(breaker.admit(at));
        assert_eq!(breaker.state(at), BreakerState::Closed);
        drop(held);
    };
    without_lock(now);
    (0..2).for_each(|_| breaker.call(CallResult::Failure, now));
    without_lock(now);
    // The next slice begins: one call goes by the lock, and the others do not.
    let later = now + Duration::from_millis(100);
    breaker.call(CallResult::Success, later);
    without_lock(later + Duration::from_millis(99));
}

#[tokio::test(start_paused = true)]
async fn a_success_from_before_it_opened_does_not_count_after_it_closed() {
    let (breaker, now) = (breaker(), Moment::now());
    let early = breaker.admit(now).unwrap();
    (0..6).for_each(|_| breaker.call(CallResult::Failure, now));
    let later = now + Duration::from_secs(5);
    breaker.call(CallResult::Success, later);
    assert_eq!(breaker.state(later), BreakerState::Closed);
    early.report(CallResult::Success, later);
    assert_eq!(breaker.core(later), {
        let mut without = Core::new(BreakerSettings::new(0.5, Duration::from_secs(1), 6).unwrap());
        let (start, later) = (Duration::ZERO, Duration::from_secs(5));
        for at in [start, start, start, start, start, start, later] {
            let pass = without.admit(at).unwrap();
            let result = if at == start { CallResult::Failure } else { CallResult::Success };
            without.report(pass, result, start, at);
        }
        without
    });
}

/// What a breaker is asked or told.
#[derive(Debug, Clone, Copy)]
enum Event {
    Admit,
    /// One of those that were admitted.
    Report(CallResult, prop::sample::Index),
    Release(prop::sample::Index),
    State,
    Look,
}

fn event() -> impl Strategy<Value = Event> {
    use CallResult::{Failure, Ignored, Success};
    let of = any::<prop::sample::Index>;
    prop_oneof![
        6 => Just(Event::Admit),
        5 => of().prop_map(|of| Event::Report(Success, of)),
        1 => of().prop_map(|of| Event::Report(Failure, of)),
        1 => of().prop_map(|of| Event::Report(Ignored, of)),
        1 => of().prop_map(Event::Release),
        1 => Just(Event::State),
        1 => Just(Event::Look),
    ]
}

fn settings() -> impl Strategy<Value = BreakerSettings> {
    let slow = prop::option::of((1u64..200, 0.01f64..=1.0));
    // In nanoseconds, so that steps of a few meet the edges of slices.
    (0.01f64..=1.0, 1u64..300, 1u32..8, slow, 1u64..100, 1u64..100, 1u32..4).prop_map(
        |(rate, window, calls, slow, open, half, probes)| {
            let ns = Duration::from_nanos;
            let settings = BreakerSettings::new(rate, ns(window), calls).unwrap();
            let settings = settings.open_for(ns(open)).unwrap().half_open_for(ns(half)).unwrap();
            let settings = settings.probes(probes).unwrap();
            slow.map_or(settings, |(limit, share)| settings.slow(ns(limit), share).unwrap())
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    /// Told the same things at the same times, it answers as its core alone does, and counts the same; also when
    /// a reading of the clock comes late, as those of other threads do.
    #[test]
    fn it_answers_as_its_core_alone_would(
        settings in settings(),
        events in prop::collection::vec(
            (event(), prop_oneof![4 => Just(0u64), 4 => 0u64..40, 1 => 0u64..400], 0u64..12), 1..200),
    ) {
        let (breaker, mut core) = (Breaker::new(settings), Core::new(settings));
        let epoch = breaker.hot.0.epoch;
        let mut out = Vec::new();
        let mut nanos = 0;
        for (event, wait, late) in events {
            nanos += wait;
            let since = Duration::from_nanos(if late < 3 { nanos.saturating_sub(late) } else { nanos });
            let now = epoch + since;
            match event {
                Event::Admit => match (breaker.admit(now), core.admit(since)) {
                    (Ok(call), Ok(pass)) => out.push((call, pass, since)),
                    (ours, theirs) => prop_assert_eq!(ours.err().map(|open| open.left), theirs.err()),
                },
                Event::Report(result, of) if !out.is_empty() => {
                    let (call, pass, started) = out.swap_remove(of.index(out.len()));
                    call.report(result, now);
                    core.report(pass, result, since.saturating_sub(started), since);
                }
                Event::Release(of) if !out.is_empty() => {
                    let (call, pass, _) = out.swap_remove(of.index(out.len()));
                    call.give_up(now);
                    // One that was let through while everything was has no place to give back, so nobody looks at the
                    // time; a later event may bring an earlier one.
                    if !pass.is_closed() {
                        core.release(pass, since);
                    }
                }
                Event::State => prop_assert_eq!(breaker.state(now), core.state(since)),
                Event::Look => {
                    core.state(since);
                    prop_assert_eq!(breaker.core(now), core.clone());
                }
                Event::Report(..) | Event::Release(_) => {}
            }
        }
        let since = Duration::from_nanos(nanos);
        prop_assert_eq!(breaker.state(epoch + since), core.state(since));
        prop_assert_eq!(breaker.core(epoch + since), core);
    }
}
