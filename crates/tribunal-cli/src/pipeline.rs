//! From `--config` and the layers over it to an orchestrator, the same way for every command.

use tribunal_config::{ConfigError, Layers, Pipeline, Profiles, Source};
use tribunal_core::Catalogue;
use tribunal_production::ProductionOrchestrator;

use crate::args::ConfigArg;
use crate::exit::Trouble;
use crate::safe::shown;

/// A pipeline that is ready to judge.
pub(crate) struct Loaded {
    /// The file, or that it is the embedded one; and the profile.
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
    let pipeline = layers(arg)?.load(&catalogue(), &environment).map_err(refused)?;
    Ok((name(arg), pipeline))
}

/// The same, also where a promise of it is broken.
pub(crate) fn read_unproved(arg: &ConfigArg) -> Result<(String, Pipeline), Trouble> {
    let pipeline = layers(arg)?.unproved().load(&catalogue(), &environment).map_err(refused)?;
    Ok((name(arg), pipeline))
}

/// What it is called: the file, or that it is the embedded one; and the profile.
pub(crate) fn name(arg: &ConfigArg) -> String {
    let file = arg.file.as_ref().map(|file| file.display().to_string());
    let name = file.unwrap_or_else(|| String::from("default pipeline"));
    match &arg.profile {
        Some(profile) => format!("{name} (profile {})", shown(profile)),
        None => name,
    }
}

/// What the layers and every profile of them come to.
pub(crate) fn understand(layers: &Layers) -> Result<Profiles<Pipeline>, ConfigError> {
    layers.load_profiles(&catalogue(), &environment)
}

/// The file, and what the environment and the command line put over it.
pub(crate) fn layers(arg: &ConfigArg) -> Result<Layers, Trouble> {
    let layers = match &arg.file {
        Some(path) => Layers::read(path).map_err(|source| Trouble::Read { source })?,
        None => Layers::of(Source::default_pipeline()),
    };
    let layers = arg.profile.iter().fold(layers, |layers, name| layers.profile(name));
    let layers = layers.variables(variables()?);
    Ok(arg.sets.iter().fold(layers, |layers, set| layers.set(set)))
}

/// The variables that set a key. One that is no text would be left out in silence.
fn variables() -> Result<Vec<(String, String)>, Trouble> {
    let mut found = Vec::new();
    for (name, value) in std::env::vars_os() {
        if !name.as_encoded_bytes().starts_with(Layers::PREFIX.as_bytes()) {
            continue;
        }
        match (name.into_string(), value.into_string()) {
            (Ok(name), Ok(value)) => found.push((name, value)),
            (Ok(name), Err(_)) => {
                let problem = format!("the environment variable {} is not UTF-8", shown(&name));
                return Err(Trouble::Usage(problem));
            }
            (Err(name), _) => {
                let name = shown(&name.to_string_lossy());
                let problem = format!("the name of the environment variable {name} is not UTF-8");
                return Err(Trouble::Usage(problem));
            }
        }
    }
    Ok(found)
}

pub(crate) fn catalogue() -> Catalogue {
    tribunal_critics::catalogue()
}

/// What `$NAME` stands for.
pub(crate) fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

pub(crate) fn refused(error: ConfigError) -> Trouble {
    Trouble::Config { error: Box::new(error) }
}
