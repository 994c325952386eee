//! A user's own pipeline in the simulator: its plan as it is, its critics scripted.
//!
//! What the simulation cannot know of it (conditions, rates, breakers, budgets, what is asked of opinions) it does not
//! check.

use std::path::Path;

use tribunal_config::{ConfigError, Source, load};
use tribunal_production::{CriticSpec, Isolation, ProductionOrchestrator};

use super::case::{Case, CriticCase, Demands, Gate, Turn};
use super::world::Loaded;

/// A pipeline from a file.
pub struct UserPipeline {
    loaded: Loaded,
    base: Case,
}

/// Why a file could not be used.
#[derive(Debug)]
pub enum UserError {
    /// It could not be read.
    Read(String),
    /// It is no pipeline.
    Config(Box<ConfigError>),
}

impl std::fmt::Display for UserError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Read(why) => f.write_str(why),
            Self::Config(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for UserError {}

impl std::fmt::Debug for UserPipeline {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UserPipeline").field("critics", &self.base.critics.len()).finish()
    }
}

impl UserPipeline {
    /// Reads a TOML file. Parameters that name the environment are given a word of no meaning.
    ///
    /// # Errors
    ///
    /// [`UserError`] when the file cannot be read or is no pipeline.
    pub fn read(path: &Path) -> Result<Self, UserError> {
        let source = Source::read(path).map_err(|error| UserError::Read(error.to_string()))?;
        let environment = |_: &str| Some("simulated".to_owned());
        let pipeline = load(&source, &tribunal_critics::catalogue(), &environment)
            .map_err(|error| UserError::Config(Box::new(error)))?;
        // What is known of calls in tasks of their own is known of those that were made up.
        let in_run = |spec: &CriticSpec| spec.clone().isolation(Isolation::Run);
        let specs = pipeline.critics.iter().map(|(spec, _)| in_run(spec)).collect();
        let loaded = Loaded { settings: pipeline.settings.clone(), specs };
        let court = pipeline.build().map_err(|error| UserError::Read(error.to_string()))?;
        Ok(Self { loaded, base: facts(&court) })
    }

    pub(crate) fn loaded(&self) -> &Loaded {
        &self.loaded
    }

    /// The pipeline with the runs and the faults of a seed.
    pub(crate) fn case(&self, seed: u64) -> Case {
        let generated = Case::generated(seed);
        Case {
            seed,
            runs: generated.runs,
            rude_observer: generated.rude_observer,
            faults: generated.faults,
            blocks: generated.blocks,
            hook_timeout: generated.hook_timeout,
            turn: match generated.turn {
                // There is no other config to go on with.
                Turn::Reload { .. } => Turn::Nothing,
                turn => turn,
            },
            ..self.base.clone()
        }
    }
}

/// What the outline tells. Where it says nothing, anything goes.
fn facts(court: &ProductionOrchestrator) -> Case {
    let outline = court.outline();
    let infos = court.critics();
    let place = |name: &str| infos.iter().position(|info| info.name == *name).unwrap_or(0);
    let outlined: Vec<_> = outline.stages.iter().flat_map(|stage| &stage.critics).collect();
    let critics = outlined.iter().zip(infos).map(|(critic, info)| CriticCase {
        name: critic.name.to_string(),
        stage: info.stage,
        priority: critic.priority,
        gate: Gate::Unknown,
        phases: tribunal_core::Phases::of(&critic.phases).unwrap_or_default(),
        depends_on: critic.depends_on.iter().map(|name| place(name.as_str())).collect(),
        sees: critic.sees.iter().map(|name| place(name.as_str())).collect(),
        run_anyway: false,
        mode: info.mode,
        failure: info.failure_mode,
        thresholds: info.thresholds,
        attempts: critic.attempts,
        on_timeout: true,
        backoff: (0, 1.0),
        limit: critic.max_in_flight,
        rate: None,
        shares: Vec::new(),
        breaker: None,
        timeout: critic.timeout,
        adaptive: None,
        hedge: None,
        apart: false,
        demands: Demands::Unknown,
        cost: info.cost,
    });
    let mut case = Case {
        seed: 0,
        critics: critics.collect(),
        runs: Vec::new(),
        timeout: outline.timeout,
        stage_timeouts: Default::default(),
        stage_limits: Default::default(),
        max_in_flight: usize::MAX,
        max_runs: court.max_runs(),
        max_queued: usize::MAX,
        max_total_retries: u32::MAX,
        early_exit: outline.early_exit,
        rates: Vec::new(),
        retry_share: None,
        max_cost: None,
        turn: Turn::Nothing,
        hook_timeout: None,
        rude_observer: false,
        faults: 0,
        blocks: false,
    };
    for stage in &outline.stages {
        case.stage_timeouts[stage.stage.index()] = stage.timeout;
        case.stage_limits[stage.stage.index()] = stage.max_in_flight;
    }
    case
}
