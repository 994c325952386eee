//! `tribunal log`: what stands in a decision log.
//!
//! [`source`] gives its lines, one at a time, whatever it is kept in; every command is a file of its own. What a line
//! says, and whether it is to be believed, is the business of `tribunal-log`.

mod grep;
mod key;
mod picture;
mod row;
mod show;
mod source;
mod stats;
mod tail;
mod verify;

use clap::{Args, Subcommand, ValueEnum};

use crate::exit::{Exit, Trouble};

pub(crate) use key::KeySource;

/// What `tribunal log` is told.
#[derive(Debug, Args)]
pub(crate) struct LogArgs {
    #[command(subcommand)]
    command: Command,
}

const EXIT_STATUSES: &str = "\
Exit status:
  0    something was found
  1    nothing was
  2    wrong usage, or a log that cannot be read";

const VERIFY_EXIT_STATUSES: &str = "\
Exit status:
  0    the log is what was written; its last line may be unfinished
  1    it is not
  2    wrong usage, or a log that cannot be read";

#[derive(Debug, Subcommand)]
enum Command {
    /// Show the decision with this id, or those with this trace id
    #[command(after_help = EXIT_STATUSES)]
    Show(show::ShowArgs),
    /// Find decisions by what they say
    #[command(after_help = EXIT_STATUSES)]
    Grep(grep::GrepArgs),
    /// Add decisions up: verdicts, and what each critic did, took, cost and caught
    Stats(stats::StatsArgs),
    /// Show the last decisions, and go on with those that come
    Tail(tail::TailArgs),
    /// Check that nothing was changed, removed, put in or cut off
    #[command(after_help = VERIFY_EXIT_STATUSES)]
    Verify(verify::VerifyArgs),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LogFormat {
    /// For people
    Human,
    /// For tools: of decisions, their lines
    Json,
}

pub(crate) fn run(args: &LogArgs) -> Result<Exit, Trouble> {
    match &args.command {
        Command::Show(args) => show::run(args),
        Command::Grep(args) => grep::run(args),
        Command::Stats(args) => stats::run(args),
        Command::Tail(args) => tail::run(args),
        Command::Verify(args) => verify::run(args),
    }
}
