//! From `--config` to an orchestrator, the same way for every command.

use tribunal_config::{ConfigError, Pipeline, Source};
use tribunal_core::Catalogue;
use tribunal_production::ProductionOrchestrator;

use crate::args::ConfigArg;
use crate::exit::Trouble;

/// A pipeline that is ready to judge.
pub(crate) struct Loaded {
    /// The file, or that it is the embedded one.
    pub(crate) name: String,
    pub(crate) court: ProductionOrchestrator,
}

/// Reads and builds it; what it says in `$NAME` comes from the environment.
pub(crate) fn load(arg: &ConfigArg) -> Result<Loaded, Trouble> {
    let (name, pipeline) = read(arg)?;
    let court = pipeline.build().map_err(Trouble::Plan)?;
    Ok(Loaded { name, court })
}

/// Reads it, for those who change it before it is built; and what it is called.
pub(crate) fn read(arg: &ConfigArg) -> Result<(String, Pipeline), Trouble> {
    read_with(arg, tribunal_config::load)
}

/// The same, also where a promise of it is broken.
pub(crate) fn read_unproved(arg: &ConfigArg) -> Result<(String, Pipeline), Trouble> {
    read_with(arg, tribunal_config::load_unproved)
}

/// How a source becomes a pipeline.
type Load =
    fn(&Source, &Catalogue, &dyn Fn(&str) -> Option<String>) -> Result<Pipeline, ConfigError>;

fn read_with(arg: &ConfigArg, load: Load) -> Result<(String, Pipeline), Trouble> {
    let source = match &arg.file {
        Some(path) => Source::read(path).map_err(|source| Trouble::Read { source })?,
        None => Source::default_pipeline(),
    };
    let catalogue = tribunal_critics::catalogue();
    let environment = |name: &str| std::env::var(name).ok();
    match load(&source, &catalogue, &environment) {
        Ok(pipeline) => {
            let name = arg.file.as_ref().map_or("default pipeline", |_| &source.name).to_owned();
            Ok((name, pipeline))
        }
        Err(error) => Err(Trouble::Config { error: Box::new(error), text: source.text }),
    }
}
