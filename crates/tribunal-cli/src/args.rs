//! What can be asked for on the command line.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use tribunal_core::Verdict;

const EXAMPLES: &str = "\
Examples:
  tribunal judge traffic.jsonl                          a table of what was found
  tribunal judge --format jsonl < traffic.jsonl         one report per line
  tribunal judge --fail-on review --output reports.jsonl --format jsonl *.jsonl
  tribunal check --config pipeline.toml                 every mistake, where it stands
  tribunal plan --config pipeline.toml --format mermaid

Without --config, the pipeline that comes with the command is used.";

const EXIT_STATUSES: &str = "\
Exit status:
  0    all was judged, and no verdict reaches --fail-on
  1    some verdict reaches --fail-on
  2    wrong usage or config, or an input or output that cannot be read or written
  3    no verdict reaches --fail-on, but some lines could not be judged
  130  interrupted; what was judged until then has been written";

/// Judges snapshots of prompts, answers and tool calls.
#[derive(Debug, Parser)]
#[command(name = "tribunal", version, after_help = EXAMPLES, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Judge JSON lines: one snapshot a line in, one report a line out
    #[command(after_help = EXIT_STATUSES)]
    Judge(JudgeArgs),
    /// Check a config and show every mistake in it
    Check(CheckArgs),
    /// Show what a config comes to: order, gates, worst cases
    Plan(PlanArgs),
}

#[derive(Debug, Args)]
pub(crate) struct JudgeArgs {
    #[command(flatten)]
    pub(crate) config: ConfigArg,
    /// How to write what was found
    #[arg(long, value_enum, default_value_t = ReportFormat::Human)]
    pub(crate) format: ReportFormat,
    /// Write to this file, which is there as a whole or not at all, instead of standard output
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// The mildest verdict that makes the command fail
    #[arg(long, value_enum, default_value_t = FailOn::Block, value_name = "VERDICT")]
    pub(crate) fail_on: FailOn,
    /// Add to each line the snapshot without what critics point at; of these critics, or of all
    #[arg(
        long,
        value_name = "CRITIC,...",
        num_args = 0..=1,
        require_equals = true,
        value_delimiter = ',',
        default_missing_value = "*"
    )]
    pub(crate) redact: Option<Vec<String>>,
    /// How many snapshots to judge at a time
    #[arg(long, value_name = "N", default_value = "64")]
    pub(crate) in_flight: NonZeroUsize,
    /// How long a line may be; a longer one is reported, not judged
    #[arg(long, value_name = "N", default_value = "16777216")]
    pub(crate) max_line_bytes: NonZeroUsize,
    /// Files of JSON lines, in order; `-` is standard input, which is also what is read without any
    #[arg(value_name = "INPUT")]
    pub(crate) inputs: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    #[command(flatten)]
    pub(crate) config: ConfigArg,
}

#[derive(Debug, Args)]
pub(crate) struct PlanArgs {
    #[command(flatten)]
    pub(crate) config: ConfigArg,
    /// How to write the plan
    #[arg(long, value_enum, default_value_t = PlanFormat::Text)]
    pub(crate) format: PlanFormat,
}

#[derive(Debug, Args)]
pub(crate) struct ConfigArg {
    /// The pipeline, in TOML; without it, the one that comes with the command
    #[arg(long = "config", value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    /// Tables for people
    Human,
    /// One JSON object a line
    Jsonl,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PlanFormat {
    /// For people
    Text,
    /// A flowchart
    Mermaid,
    /// For tools
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    /// Review or block
    Review,
    /// Block
    Block,
    /// None: verdicts do not change the exit status
    Never,
}

impl FailOn {
    /// Whether this verdict makes the command fail.
    pub(crate) fn is_reached_by(self, verdict: Verdict) -> bool {
        match self {
            Self::Review => verdict >= Verdict::Review,
            Self::Block => verdict >= Verdict::Block,
            Self::Never => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn never_is_reached_by_nothing() {
        for verdict in Verdict::ALL {
            assert!(!FailOn::Never.is_reached_by(*verdict));
            assert_eq!(FailOn::Block.is_reached_by(*verdict), *verdict == Verdict::Block);
            assert_eq!(FailOn::Review.is_reached_by(*verdict), *verdict != Verdict::Allow);
        }
    }
}
