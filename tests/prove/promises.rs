//! Promises by chance: one that is broken is broken by the run that is shown, when the engine has it; one that holds
//! is broken by none of all the runs that the engine can have.

use tribunal_core::{CriticName, FailureMode, Phase, Report, RiskTier, Status, Verdict};
use tribunal_prove::{
    Answer, Bound, Claim, Event, Figure, Path, Promise, Prover, Quantity, Said, State, What,
};

use crate::engine::{Does, Engine, Script, does, every_script, is_enforced, path};
use crate::pipelines::{Dice, Pipeline, named};
use crate::{SNAPSHOTS, pipeline, taken};

fn promise(dice: &mut Dice, pipeline: &Pipeline) -> Promise {
    let count = pipeline.critics.len();
    let event = |dice: &mut Dice| {
        let what = [
            What::Objects,
            What::ObjectsAt(0.4),
            What::ObjectsAt(0.85),
            What::Fails,
            What::IsUncertain(0.6),
            What::Runs,
        ];
        Event { critic: named(dice.below(count)), what: dice.of(&what) }
    };
    let critic = named(dice.below(count));
    let claim = match dice.below(9) {
        0 => Claim::AlwaysRuns(critic),
        1 => Claim::NeverRuns(critic),
        2 => Claim::RunsWhenever(critic, vec![event(dice)]),
        3 => Claim::NoAllowWhen(vec![event(dice), event(dice)]),
        4 => Claim::NoAllowWithout(critic),
        5 => Claim::VerdictWhen(dice.of(&[Verdict::Block, Verdict::Review]), vec![event(dice)]),
        6 => Claim::NothingFailsOpen,
        7 => Claim::WorstCost(dice.of(&[0.0, 0.7, 1.0, 2.0, 3.0])),
        _ => Claim::AtMost(dice.below(count + 1) as u32),
    };
    let phases = if dice.one_in(4) { vec![Phase::Output] } else { Phase::ALL.to_vec() };
    Promise { claim, phases, risk: None }
}

/// Whether a run breaks a promise; as plainly as it can be said.
fn breaks(promise: &Promise, pipeline: &Pipeline, run: &Path, cost: f64) -> bool {
    let state =
        |name: &CriticName| &run.steps.iter().find(|step| step.critic == *name).unwrap().state;
    let failed = |state: &State| {
        matches!(
            state,
            State::Failed { .. }
                | State::OverBudget
                | State::ConditionFailed
                | State::DependencyFailed { .. }
        )
    };
    let happens = |event: &Event| match (event.what, state(&event.critic)) {
        (What::Runs, state) => state.runs(),
        (What::Fails, state) => failed(state),
        (What::Objects, State::Spoke(said)) => said.violations > 0,
        (What::ObjectsAt(at), State::Spoke(said)) => {
            said.reaches(Quantity::Severity, Bound::from(at))
        }
        (What::IsUncertain(at), State::Spoke(said)) => said.uncertainty >= at,
        _ => false,
    };
    let allowed = run.verdict == Verdict::Allow;
    promise.phases.contains(&run.phase)
        && match &promise.claim {
            Claim::AlwaysRuns(critic) => !state(critic).runs(),
            Claim::NeverRuns(critic) => state(critic).runs(),
            Claim::RunsWhenever(critic, events) => {
                events.iter().any(happens) && !state(critic).runs()
            }
            Claim::NoAllowWhen(events) => allowed && events.iter().any(happens),
            Claim::NoAllowWithout(critic) => allowed && !matches!(state(critic), State::Spoke(_)),
            Claim::VerdictWhen(least, events) => events.iter().any(happens) && run.verdict < *least,
            Claim::NothingFailsOpen => {
                let counts = |name: &CriticName| {
                    pipeline.critics.iter().any(|c| c.name == *name && is_enforced(c))
                };
                allowed && run.steps.iter().any(|s| counts(&s.critic) && failed(&s.state))
            }
            Claim::WorstCost(most) => cost > most + 1e-9,
            Claim::AtMost(most) => {
                run.steps.iter().filter(|step| step.state.runs()).count() > *most as usize
            }
            Claim::WorstLatency(_) => unreachable!("not asked for here"),
        }
}

fn cost(report: &Report) -> f64 {
    report.outcomes().map(|(_, outcome)| outcome.cost).sum()
}

/// What critics must do for this to happen.
fn script(path: &Path) -> Option<Script> {
    let mut does = vec![Does::Says(Said::new(0, 0.0, 0.0, 0.0)); path.steps.len()];
    for step in &path.steps {
        let number: usize = step.critic.as_str()[1..].parse().unwrap();
        does[number] = match step.state.clone() {
            // Nobody here has to wait for a permit until it is too late.
            State::Failed { called: false, .. } => return None,
            State::Spoke(said) => Does::Says(said),
            State::Failed { status: Status::Invalid, objected, .. } => {
                Does::Lies(objected.unwrap_or_default())
            }
            // What is cut off may be at work until then.
            State::Failed { status: Status::Timeout, .. } | State::Settled => Does::Hangs,
            State::Failed { .. } => Does::Fails,
            _ => continue,
        };
    }
    Some(Script::of(does))
}

/// Whether two tell the same of a critic.
fn alike(was: &State, is: &State) -> bool {
    match (was, is) {
        // A run tells of one culprit, and there may be several.
        (State::DependencyFailed { .. }, State::DependencyFailed { .. })
        | (State::DependencyGated { .. }, State::DependencyGated { .. }) => true,
        // What nobody asks about an opinion a proof leaves open.
        (State::Spoke(was), State::Spoke(is)) => {
            was.clone().with(Vec::new()) == is.clone().with(Vec::new())
        }
        (was, is) => was == is,
    }
}

/// The engine has the run that is shown.
fn replayed(engine: &Engine, shown: &Path, about: &str) -> Option<(Path, f64)> {
    let (run, cost) = run(engine, shown, &script(shown)?);
    assert_eq!(run.verdict, shown.verdict, "{about}\n{shown:#?}\n{run:#?}");
    for (was, is) in shown.steps.iter().zip(&run.steps) {
        assert_eq!(was.critic, is.critic, "{about}: plan order");
        let alike = alike(&was.state, &is.state);
        assert!(alike, "{about}: {}\n{was:#?}\n{is:#?}\n{shown:#?}", was.critic);
    }
    Some((run, cost))
}

/// The same with an early exit: the engine has the run that is shown when critics answer in some order, and then it
/// `breaks` what it is to break. `None` where that cannot be staged here.
fn replayed_in_some_order(
    engine: &Engine,
    shown: &Path,
    breaks: &dyn Fn(&Path, f64) -> bool,
) -> Option<bool> {
    let mut script = script(shown)?;
    let count = script.does.len();
    let orders = (0..count.pow(count as u32)).map(|code| {
        (0..count).map(|at| (code / count.pow(at as u32) % count) as u64).collect::<Vec<u64>>()
    });
    Some({ orders }.any(|delays| {
        script.delays = delays;
        let (run, cost) = run(engine, shown, &script);
        run.verdict == shown.verdict
            && shown.steps.iter().zip(&run.steps).all(|(was, is)| alike(&was.state, &is.state))
            && breaks(&run, cost)
    }))
}

fn run(engine: &Engine, shown: &Path, script: &Script) -> (Path, f64) {
    let tier = shown.risk_tier.or(shown.risk.map(|_| RiskTier::High));
    let report = engine.run(shown.phase, tier, script);
    (path(shown.phase, shown.risk_tier, &report), cost(&report))
}

#[test]
fn promises_hold_and_break_as_the_engine_does() {
    let (mut held, mut broken, mut shown, mut in_order, mut beyond) = (0, 0, 0, 0, 0);
    for seed in 2_000..2_140 {
        let Some((pipeline, model, engine)) = pipeline(seed, seed % 3 == 0) else { continue };
        let mut dice = Dice::new(seed ^ 5);
        let promises: Vec<Promise> = (0..8).map(|_| promise(&mut dice, &pipeline)).collect();
        let mut prover = Prover::new(&model, &promises);
        let answers: Vec<Answer> =
            promises.iter().map(|promise| prover.answer(promise).unwrap()).collect();
        for (promise, answer) in promises.iter().zip(&answers) {
            let about = format!("seed {seed}: {promise:?}\n{pipeline:#?}");
            let Answer::Broken { path, .. } = answer else { continue };
            broken += 1;
            // What an early exit leaves out depends on who is slow.
            if pipeline.run.early_exit {
                let breaks = |run: &Path, cost| breaks(promise, &pipeline, run, cost);
                if let Some(found) = replayed_in_some_order(&engine, path, &breaks) {
                    assert!(found, "{about}\n{path:#?}");
                    in_order += 1;
                }
                continue;
            }
            if let Some((run, cost)) = replayed(&engine, path, &about) {
                assert!(breaks(promise, &pipeline, &run, cost), "{about}\n{run:#?}");
                shown += 1;
            }
        }
        let mut most = 0.0_f64;
        for (phase, tier) in SNAPSHOTS {
            every_script(pipeline.critics.len(), &does(), &mut |script| {
                let report = engine.run(phase, tier, script);
                let (run, cost) = (path(phase, tier, &report), cost(&report));
                most = most.max(cost);
                for (promise, answer) in promises.iter().zip(&answers) {
                    let breaks = breaks(promise, &pipeline, &run, cost);
                    if matches!(answer, Answer::Holds { .. }) {
                        assert!(!breaks, "seed {seed}: {promise:?}\n{pipeline:#?}\n{run:#?}");
                    }
                    if let (Claim::AtMost(_), Answer::Broken { figure: Some(figure), .. }) =
                        (&promise.claim, answer)
                    {
                        let Figure::Critics(highest) = figure else { panic!("{figure:?}") };
                        let runs = run.steps.iter().filter(|step| step.state.runs()).count();
                        let about = promise.phases.contains(&phase);
                        assert!(!about || runs as u32 <= *highest, "seed {seed}: {runs}");
                    }
                }
            });
        }
        held += answers.iter().filter(|answer| matches!(answer, Answer::Holds { .. })).count();
        let worst = prover.worst_cost().unwrap();
        assert!(worst >= most - 1e-9, "seed {seed}: {worst} {most}\n{pipeline:#?}");
        // It may take opinions that are none of those tried here. With an early exit it may be more than any run has:
        // a gate that closes at once is taken for one that may be the last to say so.
        if !pipeline.run.early_exit && worst > most + 1e-9 {
            let claim = Claim::WorstCost(worst - 0.01);
            let promise = Promise { claim, phases: Phase::ALL.to_vec(), risk: None };
            let Answer::Broken { path, .. } = prover.answer(&promise).unwrap() else {
                panic!("seed {seed}: {worst} is never reached")
            };
            let (_, cost) = replayed(&engine, &path, &format!("seed {seed}")).unwrap();
            assert!((worst - cost).abs() < 1e-9, "seed {seed}: {worst} {cost}\n{pipeline:#?}");
            beyond += 1;
        }
    }
    assert!(held > 200 && broken > 300 && shown > 200, "{held} {broken} {shown}");
    assert!(in_order > 50 && beyond < 10, "{in_order} {beyond}");
}

/// What lets a failure pass in the model lets it pass in the engine, and the other way round.
#[test]
fn failures_are_let_pass_as_the_engine_does() {
    let mut found = 0;
    for seed in 3_000..3_100 {
        let Some((pipeline, model, engine)) = pipeline(seed, false) else { continue };
        let mut prover = Prover::new(&model, &[]);
        let open: Vec<_> = prover.fail_open().unwrap();
        for (critic, path) in &open {
            let about = format!("seed {seed}: {critic}\n{pipeline:#?}");
            replayed(&engine, path, &about);
            found += 1;
        }
        for (phase, tier) in SNAPSHOTS {
            every_script(pipeline.critics.len(), &does(), &mut |script| {
                let report = engine.run(phase, tier, script);
                for (info, outcome) in report.outcomes() {
                    let counts = info.mode == tribunal_core::Mode::Enforce;
                    if counts && outcome.is_failure() && report.verdict == Verdict::Allow {
                        let named = open.iter().any(|(critic, _)| *critic == info.name);
                        assert!(named, "seed {seed}: {}\n{pipeline:#?}", info.name);
                        let mode = pipeline.critics.iter().find(|c| c.name == info.name);
                        assert_eq!(mode.unwrap().failure_mode, FailureMode::Allow);
                    }
                }
            });
        }
        // Whoever never runs in the model never runs in the engine.
        let never = prover.never_run().unwrap();
        let mut ran: Vec<&str> = Vec::new();
        for (phase, tier) in SNAPSHOTS {
            every_script(pipeline.critics.len(), &does(), &mut |script| {
                let report = engine.run(phase, tier, script);
                for (at, (info, outcome)) in report.outcomes().enumerate() {
                    let name = model.critics()[at].name.as_str();
                    assert_eq!(name, info.name.as_str());
                    if outcome.attempts > 0 && !ran.contains(&name) {
                        ran.push(name);
                    }
                }
            });
        }
        for critic in model.critics() {
            let about = format!("seed {seed}: {}\n{pipeline:#?}", critic.name);
            let claim = Claim::NeverRuns(critic.name.clone());
            let promise = Promise { claim, phases: Phase::ALL.to_vec(), risk: None };
            let is_never = never.iter().any(|never| never.critic == critic.name);
            match prover.answer(&promise).unwrap() {
                Answer::Broken { path, .. } => {
                    let (run, _) = replayed(&engine, &path, &about).unwrap();
                    assert!(!is_never && breaks(&promise, &pipeline, &run, 0.0), "{about}");
                }
                _ => assert!(is_never && !ran.contains(&critic.name.as_str()), "{about}"),
            }
        }
    }
    assert!(found > 10, "{found}");
}

/// Whether one runs that looks at the others as the functions of the field do: whatever is asked of all others, the
/// engine runs it when the model says so, and not otherwise.
#[test]
fn what_functions_say_of_the_others_decides_as_in_the_engine() {
    let (mut tried, mut shown) = (0, 0);
    for seed in 4_000..4_300 {
        let mut dice = Dice::new(seed);
        let Some((pipeline, model, engine)) = taken(seed, Pipeline::asking(&mut dice)) else {
            continue;
        };
        let count = pipeline.critics.len();
        let last = named(count - 1);
        let whenever = |dice: &mut Dice, what| {
            let event = Event { critic: named(dice.below(count)), what };
            Claim::RunsWhenever(last.clone(), vec![event])
        };
        let promises = [
            Claim::AlwaysRuns(last.clone()),
            Claim::NeverRuns(last.clone()),
            whenever(&mut dice, What::Objects),
            whenever(&mut dice, What::Fails),
            whenever(&mut dice, What::Runs),
        ];
        let promises =
            promises.map(|claim| Promise { claim, phases: Phase::ALL.to_vec(), risk: None });
        let mut prover = Prover::new(&model, &promises);
        let mut held = Vec::new();
        for promise in &promises {
            let about = format!("seed {seed}: {promise:?}\n{pipeline:#?}");
            match prover.answer(promise).unwrap() {
                Answer::Broken { path, .. } => {
                    if let Some((run, cost)) = replayed(&engine, &path, &about) {
                        assert!(breaks(promise, &pipeline, &run, cost), "{about}\n{run:#?}");
                        shown += 1;
                    }
                }
                _ => held.push(promise),
            }
        }
        for _ in 0..60 {
            let (phase, tier) = dice.of(&SNAPSHOTS);
            let script = Script::thrown(&mut dice, count);
            let run = engine.path(phase, tier, &script);
            let about = format!("seed {seed}: {pipeline:#?}\n{script:?}\n{run:#?}");
            assert!(prover.is_possible(&run).unwrap(), "{about}");
            for promise in &held {
                assert!(!breaks(promise, &pipeline, &run, 0.0), "{promise:?} {about}");
            }
            tried += 1;
        }
    }
    assert!(tried > 5_000 && shown > 500, "{tried} {shown}");
}
