//! Proofs held against the engine: what it does is possible in the model, and what the model shows, it does.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "here to fail a test"
)]

mod engine;
mod pipelines;
mod promises;

use tribunal_core::{Phase, RiskTier};
use tribunal_prove::{Model, ModelError, Prover};

use crate::engine::{Engine, Script, does, every_script};
use crate::pipelines::{Dice, Pipeline};

/// The snapshots that pipelines here can tell apart.
const SNAPSHOTS: [(Phase, Option<RiskTier>); 4] = [
    (Phase::Input, None),
    (Phase::Input, Some(RiskTier::High)),
    (Phase::Output, None),
    (Phase::Output, Some(RiskTier::High)),
];

/// A pipeline that the engine takes, from a seed.
fn pipeline(seed: u64, early_exit: bool) -> Option<(Pipeline, Model, Engine)> {
    taken(seed, Pipeline::thrown(&mut Dice::new(seed), early_exit))
}

/// A pipeline with its model and its engine, unless both refuse it.
fn taken(seed: u64, pipeline: Pipeline) -> Option<(Pipeline, Model, Engine)> {
    let model = Model::new(pipeline.critics.clone(), pipeline.run.clone());
    match (Engine::new(&pipeline), model) {
        (Ok(engine), Ok(model)) => Some((pipeline, model, engine)),
        (Err(_), Err(_)) => None,
        // What a closure reads the engine cannot know; a config is refused for it.
        (Ok(_), Err(ModelError::Unseen { .. })) => None,
        (Err(errors), Ok(_)) => {
            panic!("seed {seed}: the engine refuses what is modelled: {errors}")
        }
        (Ok(_), Err(error)) => {
            panic!("seed {seed}: the model refuses what the engine takes: {error}")
        }
    }
}

/// Everything that the engine does is possible in the model, in small pipelines of every kind: all opinions and
/// failures of all critics, over all snapshots.
#[test]
fn what_the_engine_does_is_possible_in_the_model() {
    let mut runs = 0;
    for seed in 0..60 {
        let Some((pipeline, model, engine)) = pipeline(seed, seed % 4 == 0) else { continue };
        let mut prover = Prover::new(&model, &[]);
        for (phase, tier) in SNAPSHOTS {
            every_script(pipeline.critics.len(), &does(), &mut |script| {
                let path = engine.path(phase, tier, script);
                let possible = prover.is_possible(&path).unwrap();
                assert!(possible, "seed {seed}: {pipeline:#?}\n{script:?}\n{path:#?}");
                runs += 1;
            });
        }
    }
    assert!(runs > 20_000, "{runs}");
}

/// The same with an early exit, whichever critic answers first.
#[test]
fn what_the_engine_does_is_possible_whoever_is_slow() {
    let mut settled = 0;
    for seed in 1_000..1_200 {
        let Some((pipeline, model, engine)) = pipeline(seed, true) else { continue };
        let mut prover = Prover::new(&model, &[]);
        let mut dice = Dice::new(seed ^ 77);
        for _ in 0..120 {
            let (phase, tier) = dice.of(&SNAPSHOTS);
            let mut script = Script::thrown(&mut dice, pipeline.critics.len());
            script.shuffle(&mut dice);
            let path = engine.path(phase, tier, &script);
            let is_settled =
                |step: &tribunal_prove::Step| step.state == tribunal_prove::State::Settled;
            settled += usize::from(path.steps.iter().any(is_settled));
            let possible = prover.is_possible(&path).unwrap();
            assert!(possible, "seed {seed}: {pipeline:#?}\n{script:?}\n{path:#?}");
        }
    }
    assert!(settled > 2_000, "{settled}");
}
