//! From `--config` to an orchestrator, the same way for every command.

use tribunal_config::{ConfigError, Pipeline, Source};
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
    read_with(arg, understand)
}

/// The same, also where a promise of it is broken.
pub(crate) fn read_unproved(arg: &ConfigArg) -> Result<(String, Pipeline), Trouble> {
    read_with(arg, |source| {
        let catalogue = tribunal_critics::catalogue();
        tribunal_config::load_unproved(source, &catalogue, &|name| std::env::var(name).ok())
    })
}

fn read_with(
    arg: &ConfigArg,
    understand: impl Fn(&Source) -> Result<Pipeline, ConfigError>,
) -> Result<(String, Pipeline), Trouble> {
    let source = source(arg)?;
    match understand(&source) {
        Ok(pipeline) => {
            let name = arg.file.as_ref().map_or("default pipeline", |_| &source.name).to_owned();
            Ok((name, pipeline))
        }
        Err(error) => Err(Trouble::Config { error: Box::new(error), text: source.text }),
    }
}

/// The text of it.
pub(crate) fn source(arg: &ConfigArg) -> Result<Source, Trouble> {
    match &arg.file {
        Some(path) => Source::read(path).map_err(|source| Trouble::Read { source }),
        None => Ok(Source::default_pipeline()),
    }
}

/// What it says, with the critics that come with the command and the environment of the process.
pub(crate) fn understand(source: &Source) -> Result<Pipeline, ConfigError> {
    let catalogue = tribunal_critics::catalogue();
    tribunal_config::load(source, &catalogue, &|name| std::env::var(name).ok())
}
