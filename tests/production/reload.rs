//! Going on with another plan while runs are going on: what takes over, what does not, and who judges whom.

use std::sync::Arc;

use futures_util::future::join_all;
use tokio::task::yield_now;
use tokio::time::{Instant, sleep};
use tribunal_core::{Answer, Critic, Opinion, Report, Snapshot, Status, Verdict, critic_fn};
use tribunal_production::{
    BreakerSettings, Builder, CriticSpec, ProductionOrchestrator, Rate, ReloadError, Reloadable,
    Retry, RunError, RunSettings,
};
use tribunal_testkit::*;

/// A critic `a` that is made of this.
fn spec(fingerprint: &str) -> CriticSpec {
    CriticSpec::new("a").fingerprint(fingerprint).timeout(secs(5))
}

fn with(spec: CriticSpec, critic: impl Critic) -> Builder {
    ProductionOrchestrator::builder().critic(spec, critic)
}

fn reloadable(builder: Builder) -> Reloadable {
    Reloadable::new(builder.build().unwrap())
}

async fn judge(court: &Reloadable) -> Report {
    court.run_all(snapshot("x")).await.unwrap()
}

fn a_token_a_second() -> Rate {
    Rate::new(1, secs(1), 1).unwrap()
}

/// Rule 9: reading a configuration anew fills no bucket, as long as nothing about it has changed.
#[tokio::test(start_paused = true)]
async fn tokens_that_are_used_up_stay_used_up() {
    let slower = Rate::new(1, secs(2), 1).unwrap();
    for (fingerprint, rate, waits) in [
        ("same", a_token_a_second(), secs(1)),
        ("other", a_token_a_second(), secs(0)),
        ("same", slower, secs(0)),
    ] {
        let court = reloadable(with(spec("same").rate(a_token_a_second()), allows("a")));
        assert_eq!(judge(&court).await["a"].queued(), secs(0));
        court.reload(with(spec(fingerprint).rate(rate), allows("a"))).unwrap();
        assert_eq!(judge(&court).await["a"].queued(), waits, "{fingerprint} at {rate:?}");
    }
}

/// The same of a rate that critics share, whatever becomes of them.
#[tokio::test(start_paused = true)]
async fn a_shared_rate_goes_on_for_whoever_shares_it() {
    let shared = |fingerprint: &str| {
        let settings = RunSettings::default().shared_rate("provider", a_token_a_second());
        with(spec(fingerprint).shares("provider"), allows("a")).settings(settings)
    };
    let court = reloadable(shared("one"));
    judge(&court).await;
    court.reload(shared("other")).unwrap();
    assert_eq!(judge(&court).await["a"].queued(), secs(1));
}

/// Without a fingerprint a critic is the same when it is the very same.
#[tokio::test(start_paused = true)]
async fn a_critic_that_does_not_say_what_it_is_made_of_is_only_ever_itself() {
    let one: Arc<dyn Critic> = Arc::new(allows("a"));
    let other: Arc<dyn Critic> = Arc::new(allows("a"));
    for (next, waits) in [(&one, secs(1)), (&other, secs(0))] {
        let spec = || CriticSpec::new("a").rate(a_token_a_second());
        let builder = |critic| ProductionOrchestrator::builder().shared(spec(), Arc::clone(critic));
        let court = reloadable(builder(&one));
        judge(&court).await;
        court.reload(builder(next)).unwrap();
        assert_eq!(judge(&court).await["a"].queued(), waits);
    }
}

/// Rule 12: a breaker that is open stays open.
#[tokio::test(start_paused = true)]
async fn an_open_breaker_stays_open() {
    let settings = BreakerSettings::new(0.5, secs(10), 1).unwrap();
    let builder = |fingerprint: &str, critic: Scripted| {
        with(spec(fingerprint).breaker(settings).retry(Retry::attempts(1)), critic)
    };
    let court = reloadable(builder("same", fails("a")));
    judge(&court).await;
    let well = allows("a");
    let probe = well.probe();
    court.reload(builder("same", well)).unwrap();
    assert_eq!(judge(&court).await["a"].status, Status::Error);
    assert_eq!(probe.calls(), 0);
    court.reload(builder("other", allows("a"))).unwrap();
    assert_eq!(judge(&court).await["a"].status, Status::Success);
}

/// Rule 8: the calls and the runs of the old plan count towards the limits of the new one.
#[tokio::test(start_paused = true)]
async fn what_is_in_flight_counts_towards_limits_that_stay_the_same() {
    let of_critic = || with(spec("same").max_in_flight(1), takes("a", secs(2)));
    let of_stage = || {
        let settings = RunSettings::default().stage_max_in_flight(Default::default(), 1);
        with(spec("same"), takes("a", secs(2))).settings(settings)
    };
    let of_all = || {
        let settings = RunSettings::default().max_in_flight(1);
        with(spec("same"), takes("a", secs(2))).settings(settings)
    };
    let of_runs = || {
        let settings = RunSettings::default().max_runs(1);
        with(spec("same"), takes("a", secs(2))).settings(settings)
    };
    let builders: [&dyn Fn() -> Builder; 4] = [&of_critic, &of_stage, &of_all, &of_runs];
    for (level, builder) in builders.into_iter().enumerate() {
        let court = reloadable(builder());
        let start = Instant::now();
        let first = judge(&court);
        let second = async {
            sleep(secs(1)).await;
            court.reload(builder()).unwrap();
            judge(&court).await;
            start.elapsed()
        };
        let (_, took) = tokio::join!(first, second);
        assert_eq!(took, secs(4), "level {level}: it waits for the first to end");
    }
}

/// What was changed begins anew, beside what ends by the old plan.
#[tokio::test(start_paused = true)]
async fn a_limit_that_was_changed_begins_anew() {
    let builder = |limit| with(spec("same").max_in_flight(limit), takes("a", secs(2)));
    let court = reloadable(builder(1));
    let start = Instant::now();
    let first = judge(&court);
    let second = async {
        sleep(secs(1)).await;
        court.reload(builder(2)).unwrap();
        judge(&court).await;
        start.elapsed()
    };
    let (_, took) = tokio::join!(first, second);
    assert_eq!(took, secs(3));
}

/// A run that has been called ends by the plan it began with, also when it still waits to be admitted.
#[tokio::test(start_paused = true)]
async fn each_run_is_judged_by_the_plan_it_began_with() {
    let settings = || RunSettings::default().max_runs(1);
    let lenient = with(spec("lenient"), takes("a", secs(2))).settings(settings());
    let strict = with(spec("strict"), objects("a", 1.0)).settings(settings());
    let court = reloadable(lenient);
    let changes = async {
        sleep(secs(1)).await;
        assert_eq!(court.reload(strict).unwrap().number(), 2);
        judge(&court).await.verdict
    };
    let (first, waits, after) = tokio::join!(judge(&court), judge(&court), changes);
    assert_eq!(
        (first.verdict, waits.verdict, after),
        (Verdict::Allow, Verdict::Allow, Verdict::Block)
    );
    assert_eq!(first.config_hash, waits.config_hash);
}

/// What is no plan changes nothing.
#[tokio::test(start_paused = true)]
async fn a_bad_plan_changes_nothing_and_says_why() {
    let court = reloadable(with(spec("same"), allows("a")));
    let before = court.current();
    let error = court.reload(with(spec("same").depends_on("nobody"), allows("a"))).unwrap_err();
    assert!(error.to_string().contains("nobody"), "{error}");
    assert!(Arc::ptr_eq(&before, &court.current()));
    assert_eq!(judge(&court).await.verdict, Verdict::Allow);
}

/// A shutdown is for the runs of all plans, and there is no other plan after it.
#[tokio::test(start_paused = true)]
async fn a_shutdown_is_for_the_runs_of_all_plans() {
    for max_runs in [10, 11] {
        let builder = |max_runs, critic: Scripted| {
            with(spec("same").timeout(secs(9)), critic)
                .settings(RunSettings::default().max_runs(max_runs))
        };
        let court = reloadable(builder(10, takes("a", secs(3))));
        let (old, new) = (judge(&court), async {
            sleep(secs(1)).await;
            court.reload(builder(max_runs, hangs("a"))).unwrap();
            court.run_all(snapshot("x")).await
        });
        let stop = async {
            sleep(secs(2)).await;
            let stopped = court.shutdown(secs(2)).await;
            let late = court.run_all(snapshot("x")).await;
            (stopped, late, court.reload(builder(10, allows("a"))))
        };
        let (old, new, (stopped, late, reloaded)) = tokio::join!(old, new, stop);
        assert_eq!(old.verdict, Verdict::Allow);
        assert_eq!(new.unwrap_err(), RunError::ShutDown);
        assert_eq!((stopped.ended, stopped.cut), (1, 1));
        assert_eq!(late.unwrap_err(), RunError::ShutDown);
        assert!(matches!(reloaded, Err(ReloadError::ShutDown)));
    }
}

/// A critic whose end has the one that it was part of reload once more.
struct Parting(std::sync::Weak<Reloadable>, Arc<std::sync::atomic::AtomicUsize>);

impl Critic for Parting {
    fn review<'a>(&'a self, _: tribunal_core::View<'a>) -> tribunal_core::Review<'a> {
        Answer::now(Ok(Opinion::clean()))
    }
}

impl Drop for Parting {
    fn drop(&mut self) {
        if let Some(court) = self.0.upgrade() {
            let number = court.current().number();
            let next = court.reload(with(spec("next"), allows("a"))).unwrap();
            assert_eq!(next.number(), number + 1);
            self.1.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        }
    }
}

/// Code of critics that are dropped may do what any other code may: no lock is held meanwhile.
#[tokio::test(start_paused = true)]
async fn a_plan_that_nobody_uses_any_more_is_dropped_outside_of_the_lock() {
    let court = Arc::new(reloadable(with(spec("first"), allows("a"))));
    let ended = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let parting = || with(spec("parting"), Parting(Arc::downgrade(&court), Arc::clone(&ended)));
    let ended = || ended.load(std::sync::atomic::Ordering::Relaxed);
    court.reload(parting()).unwrap();
    court.reload(with(spec("next"), allows("a"))).unwrap();
    assert_eq!((ended(), court.current().number()), (1, 4));
    // One that is refused is dropped too.
    let bad = parting().critic(spec("next"), allows("a"));
    assert!(matches!(court.reload(bad), Err(ReloadError::Plan(_))));
    assert_eq!((ended(), court.current().number()), (2, 5));
    court.shutdown(secs(1)).await;
    assert!(matches!(court.reload(generation(9)), Err(ReloadError::ShutDown)));
}

/// Two critics of two stages, who say which generation they are of. The first lets others go on in between.
fn generation(number: u64) -> Builder {
    let says = move |pause: bool| {
        critic_fn(move |_| {
            Answer::later(async move {
                if pause {
                    yield_now().await;
                }
                Ok(Opinion::clean().value(number))
            })
        })
    };
    let early = CriticSpec::new("early").stage(tribunal_core::Stage::PreValidation);
    let fingerprint = number.to_string();
    ProductionOrchestrator::builder()
        .critic(early.fingerprint(&fingerprint).max_in_flight(4), says(true))
        .critic(CriticSpec::new("late").fingerprint(&fingerprint), says(false))
}

/// 10,000 reloads under load, half of them bad: no run fails, and none sees two generations.
#[tokio::test(start_paused = true)]
async fn ten_thousand_reloads_under_load_fail_no_run_and_mix_no_generations() {
    let court = reloadable(generation(1));
    let runs = async {
        let one = async || {
            let mut judged = 0_u64;
            loop {
                let report = court.run_all(Snapshot::of_input("x")).await.unwrap();
                let said = |name: &str| report[name].opinion.as_ref().map(|o| o.value.clone());
                assert_eq!((report.verdict, said("early")), (Verdict::Allow, said("late")));
                judged += 1;
                let newest = court.current().number();
                if newest > 5_000 && said("late") == Some(newest.into()) {
                    return judged;
                }
            }
        };
        join_all((0..16).map(|_| one())).await.into_iter().sum::<u64>()
    };
    let reloads = async {
        for number in 2..=5_001 {
            let current = court.current();
            let bad = generation(number).critic(CriticSpec::new("early"), allows("early"));
            assert!(matches!(court.reload(bad), Err(ReloadError::Plan(_))));
            assert!(Arc::ptr_eq(&current, &court.current()));
            assert_eq!(court.reload(generation(number)).unwrap().number(), number);
            yield_now().await;
        }
    };
    let (judged, ()) = tokio::join!(runs, reloads);
    assert!(judged > 5_000, "{judged} runs");
    assert_eq!(court.current().metrics().in_flight, 0);
}
