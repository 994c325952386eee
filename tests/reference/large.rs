//! Large plans, made up by chance, with every setting at once: the engine against the model.
//!
//! What fails prints the plan and what its critics did; a seed gives the same plan everywhere.

use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use tribunal_production::RunSettings;
use tribunal_tests::{paused, timeless};

use crate::choices::Choices;
use crate::engine::{ALL, Engine, Manner};
use crate::model::{Call, Critic, Does, Plan, Policy};

const THRESHOLDS: [(Option<u8>, Option<u8>); 5] =
    [(Some(40), Some(80)), (Some(20), Some(40)), (Some(40), None), (None, Some(80)), (None, None)];

/// Often enough open, or nothing would ever be heard behind a gate.
const POLICIES: [Policy; 10] = [
    Policy::Always,
    Policy::Always,
    Policy::Always,
    Policy::Always,
    Policy::OnViolation,
    Policy::OnViolation,
    Policy::OnHighRisk,
    Policy::OnUncertainty,
    Policy::IfAnyoneSpoke,
    Policy::Unclear,
];

fn critic(choices: &mut Choices) -> Critic {
    let (review_at, block_at) = choices.of(&THRESHOLDS);
    Critic {
        stage: choices.below(6),
        priority: 1 + choices.below(10) as u8,
        elsewhere: choices.below(12) == 0,
        policy: choices.of(&POLICIES),
        depends_on: Vec::new(),
        run_anyway: choices.below(3) == 0,
        monitored: choices.below(6) == 0,
        failure: choices.of(&[Call::Allow, Call::Review, Call::Block]),
        review_at,
        block_at,
    }
}

fn plan(choices: &mut Choices, count: usize) -> Plan {
    let mut critics: Vec<Critic> = (0..count).map(|_| critic(choices)).collect();
    critics.sort_by_key(|critic| (critic.stage, critic.priority));
    for place in 1..count {
        for _ in 0..choices.below(3) {
            // One in a hundred may be anyone, and spoil the plan.
            let wild = choices.below(100) == 0;
            let on = choices.below(if wild { count } else { place });
            let own = &critics[place];
            let known = own.depends_on.contains(&on);
            let fine = on != place && (own.monitored || !critics[on].monitored);
            if !known && (fine || wild) {
                critics[place].depends_on.push(on);
            }
        }
    }
    Plan { critics, risky: choices.either() }
}

/// Half of the time most are content, so that not every run ends in `block`.
fn script(choices: &mut Choices, count: usize) -> Vec<Does> {
    let calm = choices.either();
    let does = |_| {
        if calm && choices.below(8) > 0 {
            choices.of(&[Does::Clean, Does::Doubts])
        } else {
            choices.of(&ALL)
        }
    };
    (0..count).map(does).collect()
}

fn manners(choices: &mut Choices, count: usize) -> Vec<Manner> {
    let manner = |_| Manner {
        delay: Duration::from_millis(choices.of(&[0, 0, 0, 1, 2, 7])),
        stumbles: choices.of(&[0, 0, 0, 1, 2]),
    };
    (0..count).map(manner).collect()
}

fn settings(early_exit: bool) -> RunSettings {
    RunSettings::default().early_exit(early_exit).timeout(Duration::from_secs(1_000))
}

/// A number of plans larger than by default, to look for more: `REFERENCE_PLANS=100000 cargo test ...`.
fn plans(by_default: u64) -> u64 {
    std::env::var("REFERENCE_PLANS").map_or(by_default, |plans| plans.parse().unwrap())
}

/// Rules 1, 4, 5, 6, 14, 16 and 19.
#[test]
fn large_plans_come_to_what_the_model_says() {
    let (mut runs, mut refused) = (0, 0);
    for seed in 0..plans(1_000) {
        let mut choices = Choices::by_chance(seed);
        let count = 10 + choices.below(51);
        let plan = plan(&mut choices, count);
        let engine = Engine::new(&plan, settings(false), &[]);
        let Some(model) = plan.arranged() else {
            assert!(engine.is_err(), "the engine takes what the model refuses: {plan:#?}");
            refused += 1;
            continue;
        };
        let engine = engine.unwrap_or_else(|errors| panic!("seed {seed}: {errors}"));
        engine.check_sight(&model);
        let hasty =
            Engine::new(&plan, settings(true), &[]).unwrap_or_else(|errors| panic!("{errors}"));
        paused(async {
            for _ in 0..5 {
                let script = script(&mut choices, count);
                let expected = model.judge(&script);
                engine.check(&script, &expected, &engine.run(&script).await);
                hasty.check_early_exit(&script, &expected, &hasty.run(&script).await);
                runs += 2;
            }
        });
    }
    assert!(runs > 5 * refused && refused > 0, "{runs} runs, {refused} plans refused");
}

/// Rule 7: how long critics take, and how often they try, changes nothing but the times.
#[test]
fn when_and_at_which_attempt_critics_answer_changes_nothing() {
    for seed in 0..plans(250) {
        let mut choices = Choices::by_chance(1_000_000 + seed);
        let count = 10 + choices.below(20);
        let plan = plan(&mut choices, count);
        let Some(model) = plan.arranged() else { continue };
        let script = script(&mut choices, count);
        let expected = model.judge(&script);
        let mut manners = manners(&mut choices, count);
        let mut run = |early_exit: bool| {
            // The same number of attempts, at other times.
            manners
                .iter_mut()
                .for_each(|manner| manner.delay = Duration::from_millis(choices.of(&[0, 1, 2, 7])));
            let engine = Engine::new(&plan, settings(early_exit), &manners)
                .unwrap_or_else(|e| panic!("{e}"));
            paused(async {
                let report = engine.run(&script).await;
                if early_exit {
                    engine.check_early_exit(&script, &expected, &report);
                } else {
                    engine.check(&script, &expected, &report);
                }
                engine.check_shown(&model, &report);
                report
            })
        };
        assert_eq!(timeless(&run(false)), timeless(&run(false)), "seed {seed}");
        run(true);
    }
}

/// Rule 18: dropped at any of its awaits, a run leaves nothing behind, and the next one is as good as new.
#[test]
fn a_run_dropped_at_any_await_changes_nothing_of_the_next() {
    let mut drops = 0;
    for seed in 0..plans(60) {
        let mut choices = Choices::by_chance(2_000_000 + seed);
        let count = 6 + choices.below(10);
        let plan = plan(&mut choices, count);
        let Some(model) = plan.arranged() else { continue };
        let manners = manners(&mut choices, count);
        let script = script(&mut choices, count);
        let expected = model.judge(&script);
        let settings = settings(false).max_in_flight(2).max_runs(1).max_queued_runs(0);
        let engine =
            Engine::new(&plan, settings, &manners).unwrap_or_else(|errors| panic!("{errors}"));
        paused(async {
            for polls in 1.. {
                let mut run = Box::pin(engine.court.run_all(engine.direct(&script)));
                let mut left = polls;
                let ended = poll_fn(|cx| {
                    left -= 1;
                    match run.as_mut().poll(cx) {
                        Poll::Ready(report) => Poll::Ready(Some(report)),
                        Poll::Pending if left == 0 => Poll::Ready(None),
                        Poll::Pending => Poll::Pending,
                    }
                });
                let ended = ended.await;
                drop(run);
                assert_eq!(engine.court.metrics().in_flight, 0, "seed {seed}, {polls} polls");
                let report = engine.run(&script).await;
                engine.check(&script, &expected, &report);
                drops += 1;
                if ended.is_some() {
                    return;
                }
            }
        });
    }
    assert!(drops > 400, "{drops}");
}
