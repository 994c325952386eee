//! How a command ends: its exit status, and what it says on standard error when it could not do its work.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::CommandFactory as _;
use thiserror::Error;
use tribunal_config::{ConfigError, ReadError};
use tribunal_production::PlanErrors;

use crate::args::Cli;
use crate::safe::shown;

/// What a command came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// It did its work, and there is nothing to fail for.
    Fine,
    /// Some verdict reaches `--fail-on`.
    Reached,
    /// Some figure is worse than in `--baseline`.
    Regressed,
    /// Some promise is broken.
    BrokenPromise,
    /// The two configs are not the same.
    Differs,
    /// An expression does not hold.
    NotHeld,
    /// The config has warnings, and `--deny-warnings` was given.
    Warned,
    /// Nothing was found that was looked for.
    NothingFound,
    /// A log is not what was written.
    Broken,
    /// Wrong usage or config, or something that cannot be read or written.
    Trouble,
    /// Some lines could not be judged, and there is nothing worse.
    Unjudged,
    /// Interrupted.
    Interrupted,
    /// Nobody reads what it writes: as any command that is told so by a signal.
    Unheard,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Fine => 0,
            Exit::Reached
            | Exit::Regressed
            | Exit::Warned
            | Exit::NotHeld
            | Exit::NothingFound
            | Exit::Broken
            | Exit::BrokenPromise
            | Exit::Differs => 1,
            Exit::Trouble => 2,
            Exit::Unjudged => 3,
            Exit::Interrupted => 130,
            Exit::Unheard => 141,
        })
    }
}

/// Why a command could not do its work.
#[derive(Debug, Error)]
pub(crate) enum Trouble {
    /// It was asked for in a way that makes no sense.
    #[error("{0}")]
    Usage(String),
    /// The config has mistakes; each is shown by itself.
    #[error("the config has mistakes")]
    Config { error: Box<ConfigError> },
    /// The config cannot be read.
    #[error("{source}{}", cause(.source))]
    Read { source: ReadError },
    /// The config reads well, and no plan can be made of it.
    #[error("{0}")]
    Plan(PlanErrors),
    /// A file is there and is something else than it should be.
    #[error("`{}` {problem}", shown(&.path.to_string_lossy()))]
    Unfit { path: PathBuf, problem: String },
    /// An expression has mistakes; each is shown where it stands.
    #[error("{0}")]
    Expression(String),
    /// There is nothing to measure.
    #[error("{0}")]
    Nothing(String),
    /// A file cannot be read or written.
    #[error("cannot {what} `{}`: {source}", shown(&.path.to_string_lossy()))]
    File { what: &'static str, path: PathBuf, source: io::Error },
    /// A line of a file is not what it should be.
    #[error("`{}`, line {line}: {problem}", shown(&.path.to_string_lossy()))]
    Line { path: PathBuf, line: usize, problem: String },
    /// No model can be made.
    #[error("{0}")]
    Train(tribunal_classifier::train::TrainError),
    /// A question about all runs was too much.
    #[error("{0}")]
    Undecided(tribunal_prove::GaveUp),
    /// Standard output cannot be written.
    #[error("cannot write to standard output: {0}")]
    Output(io::Error),
    /// Nobody reads standard output any more.
    #[error("nobody reads standard output")]
    Unheard,
    /// The status cannot be offered.
    #[error("the status cannot be offered: {0}")]
    Offer(tribunal_status::BindError),
    /// Nobody says how things stand.
    #[error("{0}")]
    Ask(tribunal_status::AskError),
    /// The runtime did not start.
    #[error("cannot start: {0}")]
    Start(io::Error),
}

impl Trouble {
    /// A file that cannot be read or written.
    pub(crate) fn file(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::File { what, path: path.to_owned(), source }
    }

    /// Standard output that cannot be written; a closed pipe is no error, just the end.
    pub(crate) fn output(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe { Self::Unheard } else { Self::Output(error) }
    }

    /// Says what is wrong on standard error, and with which status to end.
    pub(crate) fn tell(self) -> Exit {
        match self {
            Self::Unheard => return Exit::Unheard,
            Self::Usage(message) => {
                let error = Cli::command().error(clap::error::ErrorKind::ValueValidation, message);
                // Nobody is left to tell that standard error is closed.
                let _ = error.print();
            }
            Self::Config { error } => crate::check::show(error.problems()),
            other => complain(&other.to_string()),
        }
        Exit::Trouble
    }
}

/// What is behind an error, where its own message leaves that out.
fn cause(error: &dyn std::error::Error) -> String {
    error.source().map(|cause| format!(": {cause}")).unwrap_or_default()
}

/// One line on standard error. That it may be closed is nobody's concern any more.
pub(crate) fn complain(message: &str) {
    let _ = writeln!(anstream::stderr(), "\u{1b}[1;31merror:\u{1b}[0m {message}");
}

/// One line on standard error, of what changes neither what was found nor the exit status.
#[cfg(feature = "otlp")]
pub(crate) fn warn(message: &str) {
    let _ = writeln!(anstream::stderr(), "\u{1b}[1;33mwarning:\u{1b}[0m {message}");
}

/// From here on a panic tells where it happened and not with which words: they may quote private text.
pub(crate) fn panics_without_payload() {
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        let _ = writeln!(
            io::stderr(),
            "a panic at {place}; its message is left out, it may be private"
        );
    }));
}
