//! What the benches share: critics that do nothing, and pipelines made of them.
#![allow(clippy::expect_used, reason = "a bench that cannot be set up has nothing to measure")]

use std::sync::Arc;

use tribunal_core::{Answer, Critic, Opinion, Review, Stage, View};
use tribunal_production::{CriticSpec, Policy, ProductionOrchestrator};
use tribunal_v2::OrchestratorV2;

/// Agrees at once, through a boxed future: what an async critic costs at least.
pub struct Noop;

impl Critic for Noop {
    fn review<'a>(&'a self, _: View<'a>) -> Review<'a> {
        Answer::later(async { Ok(Opinion::clean()) })
    }
}

/// Agrees at once, without a future.
pub struct SyncNoop;

impl Critic for SyncNoop {
    fn review<'a>(&'a self, _: View<'a>) -> Review<'a> {
        Answer::now(Ok(Opinion::clean()))
    }
}

/// How the critics of a pipeline are arranged.
#[derive(Clone, Copy)]
pub enum Shape {
    /// All in one stage.
    Flat,
    /// Over three stages, as 2, 3 and 5 of ten.
    Staged,
    /// One in five runs; the others wait for a violation that does not come.
    Gated,
}

/// So many critics in that shape, everything else at its default.
#[must_use]
pub fn production(count: usize, shape: Shape, critic: Arc<dyn Critic>) -> ProductionOrchestrator {
    let mut builder = ProductionOrchestrator::builder();
    for index in 0..count {
        let spec = CriticSpec::new(format!("critic_{index}"));
        let spec = match (shape, index * 10 / count) {
            (Shape::Flat, _) => spec,
            (Shape::Staged, 0 | 1) => spec.stage(Stage::FastCritics),
            (Shape::Staged, 2..=4) => spec.stage(Stage::CoreAnalysis),
            (Shape::Staged, _) => spec.stage(Stage::DeepAnalysis),
            (Shape::Gated, 0 | 1) => spec.stage(Stage::FastCritics),
            (Shape::Gated, _) => spec.stage(Stage::DeepAnalysis).policy(Policy::OnViolation),
        };
        builder = builder.shared(spec, Arc::clone(&critic));
    }
    builder.build().expect("a plan of critics that do nothing")
}

/// So many critics at once.
#[must_use]
pub fn v2(count: usize, critic: Arc<dyn Critic>) -> OrchestratorV2 {
    let mut builder = OrchestratorV2::builder();
    for index in 0..count {
        builder = builder.shared(&format!("critic_{index}"), Arc::clone(&critic));
    }
    builder.build().expect("critics that do nothing")
}
