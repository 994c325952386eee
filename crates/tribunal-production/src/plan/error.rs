//! Why specs and settings do not make a plan.

use std::fmt;

use thiserror::Error;
use tribunal_core::{CriticName, NameError, Stage};

/// Everything that is wrong with specs and settings, in one go.
#[derive(Debug, Error)]
pub struct PlanErrors(pub Vec<PlanError>);

impl fmt::Display for PlanErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("; ")?;
            }
            error.fmt(f)?;
        }
        Ok(())
    }
}

/// Why critics could not be arranged into a plan.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum PlanError {
    /// There are none.
    #[error("a plan needs at least one critic: without one, nothing is ever allowed")]
    NoCritics,
    /// A text that cannot name a critic.
    #[error(transparent)]
    Name(#[from] NameError),
    /// Two critics of one name.
    #[error("two critics are called `{0}`")]
    Duplicate(CriticName),
    /// A value of a spec that makes no sense.
    #[error("critic `{critic}`: `{key}` {problem}")]
    Spec {
        /// Whose.
        critic: CriticName,
        /// Which value, by the name it has in a config.
        key: &'static str,
        /// What is wrong with it, and what would be right.
        problem: String,
    },
    /// A value of the settings that makes no sense.
    #[error("`{key}` {problem}")]
    Settings {
        /// Which value, by the name it has in a config: `run.timeout`, `stages.fast_critics.timeout`.
        key: String,
        /// What is wrong with it, and what would be right.
        problem: String,
    },
    /// It depends on a critic that is not there.
    #[error("critic `{critic}` depends on `{}`, and there is none of that name{}", .dependency.escape_debug(), meant(.nearest))]
    UnknownDependency {
        /// Who depends.
        critic: CriticName,
        /// On whom.
        dependency: String,
        /// The most similar name there is.
        nearest: Option<CriticName>,
    },
    /// It depends on a critic that comes after it.
    #[error(
        "critic `{critic}` of stage `{stage}` depends on `{dependency}` of the later stage `{later}`"
    )]
    LaterStage {
        /// Who depends.
        critic: CriticName,
        /// Its stage.
        stage: Stage,
        /// On whom.
        dependency: CriticName,
        /// The stage of that one.
        later: Stage,
    },
    /// An enforcing critic depends on a monitored one, which may change nothing.
    #[error(
        "critic `{critic}` depends on `{dependency}`, which is only monitored and so may change nothing"
    )]
    DependsOnMonitored {
        /// Who depends.
        critic: CriticName,
        /// On whom.
        dependency: CriticName,
    },
    /// Some critics wait for each other; the path starts and ends with the same one.
    #[error("critics wait for each other: {0}")]
    Cycle(CyclePath),
}

fn meant(nearest: &Option<CriticName>) -> String {
    nearest.as_ref().map(|name| format!("; did you mean `{name}`?")).unwrap_or_default()
}

/// Critics that wait for each other, in the order they wait; the first and the last are the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CyclePath(pub Vec<CriticName>);

impl fmt::Display for CyclePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, name) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(" -> ")?;
            }
            name.fmt(f)?;
        }
        Ok(())
    }
}
