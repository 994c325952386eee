//! What can be asked for on the command line.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use tribunal_core::Verdict;
use tribunal_eval::Level;

const EXAMPLES: &str = "\
Examples:
  tribunal judge traffic.jsonl                          a table of what was found
  tribunal judge --format jsonl < traffic.jsonl         one report per line
  tribunal judge --fail-on review --output reports.jsonl --format jsonl *.jsonl
  tribunal check --config pipeline.toml                 every mistake, where it stands
  tribunal plan --config pipeline.toml --format mermaid
  tribunal prove --config pipeline.toml                 whether it keeps its promises, and what fails open
  tribunal diff old.toml new.toml --snapshots traffic.jsonl
  tribunal eval --baseline last.json labelled.jsonl     how good the critics are, and whether they got worse

Without --config, the pipeline that comes with the command is used.";

const EXIT_STATUSES: &str = "\
Exit status:
  0    all was judged, and no verdict reaches --fail-on
  1    some verdict reaches --fail-on
  2    wrong usage or config, or an input or output that cannot be read or written
  3    no verdict reaches --fail-on, but some lines could not be judged
  130  interrupted; what was judged until then has been written";

const EVAL_EXIT_STATUSES: &str = "\
Exit status:
  0    all was judged, and nothing is worse than in --baseline by more than it may be
  1    some figure is
  2    wrong usage or config, an input or output that cannot be read or written, or no labelled line
  3    no figure is, but some lines could not be judged
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
    #[command(after_help = crate::check::EXIT_STATUSES)]
    Check(crate::check::CheckArgs),
    /// Show what a config comes to: order, gates, worst cases
    Plan(crate::plan::PlanArgs),
    /// Show the config that all layers come to
    Config(crate::config::ConfigArgs),
    /// Prove what a config can do at all, and that it keeps its promises
    #[command(after_help = crate::prove::EXIT_STATUSES)]
    Prove(crate::prove::ProveArgs),
    /// Show what changes from one config to another: plan, promises, worst cases, verdicts
    #[command(after_help = crate::diff::EXIT_STATUSES)]
    Diff(crate::diff::DiffArgs),
    /// Measure a pipeline on labelled JSON lines: precision, recall, curves, regressions
    #[command(after_help = EVAL_EXIT_STATUSES)]
    Eval(EvalArgs),
    /// Explain why a critic ran in a run or did not, or evaluate a condition step by step
    #[command(after_help = crate::explain::AFTER_HELP)]
    Explain(crate::explain::ExplainArgs),
    /// Train a classifier from labelled JSON lines, and say how good it is
    Train(crate::train::TrainArgs),
    /// Look into a decision log: show, find, add up, follow, verify
    Log(crate::log::LogArgs),
    /// Write a JSON Schema of configs, for editors
    Schema(crate::schema::SchemaArgs),
    /// Write a config to start from, for a use
    Init(crate::init::InitArgs),
    /// Draw a page of runs that were judged before, from their JSON lines
    Report(crate::report::ReportArgs),
    /// Watch a running process: stages, critics, queue, breakers, last blocks
    #[command(after_help = crate::top::AFTER_HELP)]
    Top(crate::top::TopArgs),
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
    /// Judge each line by the profile that this member of it names, and by the config as it is where it names none
    #[arg(long, value_name = "context.MEMBER", requires = "allow_profile")]
    pub(crate) profile_from: Option<String>,
    /// A profile that a line may name; a line that names any other is not judged. May be given again
    #[arg(long, value_name = "NAME", requires = "profile_from")]
    pub(crate) allow_profile: Vec<String>,
    /// Go on with a changed config, once its files have changed or on SIGHUP; one with mistakes changes nothing
    #[arg(long, requires = "file")]
    pub(crate) watch: bool,
    #[command(flatten)]
    pub(crate) log: crate::judge::JudgeLogArgs,
    #[command(flatten)]
    pub(crate) trace: crate::judge::JudgeTraceArgs,
    #[command(flatten)]
    pub(crate) picture: crate::judge::PictureArgs,
    #[command(flatten)]
    pub(crate) status: crate::judge::StatusArgs,
    #[command(flatten)]
    pub(crate) pace: PaceArgs,
    /// Files of JSON lines, in order; `-` is standard input, which is also what is read without any
    #[arg(value_name = "INPUT")]
    pub(crate) inputs: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct PaceArgs {
    /// How many snapshots to judge at a time
    #[arg(long, value_name = "N", default_value = "64")]
    pub(crate) in_flight: NonZeroUsize,
    /// How long a line may be; a longer one is reported, not judged
    #[arg(long, value_name = "N", default_value = "16777216")]
    pub(crate) max_line_bytes: NonZeroUsize,
}

#[derive(Debug, Args)]
pub(crate) struct EvalArgs {
    #[command(flatten)]
    pub(crate) config: ConfigArg,
    /// Keep to this label; may be given again
    #[arg(long = "label", value_name = "NAME")]
    pub(crate) labels: Vec<String>,
    /// How to write what was found
    #[arg(long, value_enum, default_value_t = EvalFormat::Human)]
    pub(crate) format: EvalFormat,
    /// Write to this file, which is there as a whole or not at all, instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Compare with an earlier result of `--format json`, and fail when something got worse
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,
    /// By how much a share may get worse, from 0 to 1
    #[arg(long, value_name = "SHARE", default_value = "0.02", requires = "baseline", value_parser = share)]
    pub(crate) tolerance: f64,
    /// Fail for every loss beyond the tolerance, also one that chance may explain
    #[arg(long, requires = "baseline")]
    pub(crate) strict: bool,
    /// From where on a critic has flagged a line, in place of what each label has
    #[arg(long, value_name = "LEVEL", value_parser = level)]
    pub(crate) at: Option<Level>,
    /// Keep this member of `context` from the critics, `*` for all; may be given again
    #[arg(long, value_name = "NAME")]
    pub(crate) hide: Vec<String>,
    /// Hold every gate open: every critic runs on every line of its phases
    #[arg(long)]
    pub(crate) ungated: bool,
    /// Show the start of the text of the worst misses, not their ids alone
    #[arg(long)]
    pub(crate) with_text: bool,
    #[command(flatten)]
    pub(crate) pace: PaceArgs,
    /// Files of JSON lines with `labels`, in order; `-` is standard input
    #[arg(value_name = "INPUT", required = true)]
    pub(crate) inputs: Vec<PathBuf>,
}

/// A share, from 0 to 1.
fn share(text: &str) -> Result<f64, String> {
    let share: f64 = text.parse().map_err(|_| String::from("not a number"))?;
    if (0.0..=1.0).contains(&share) {
        Ok(share)
    } else {
        Err(String::from("must lie within 0 to 1"))
    }
}

fn level(text: &str) -> Result<Level, String> {
    Level::named(text).ok_or_else(|| format!("there are {}", Level::WORDS.join(", ")))
}

#[derive(Debug, Default, Args)]
pub(crate) struct ConfigArg {
    /// The pipeline, in TOML; without it, the one that comes with the command
    #[arg(long = "config", value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// Put this profile of the config over it
    #[arg(long, value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// Set one value, as in `run.timeout=5s`, over the config and `TRIBUNAL__...` variables; may be given again
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub(crate) sets: Vec<String>,
}

impl ConfigArg {
    /// What `--config FILE` and nothing else would be.
    pub(crate) fn of(file: PathBuf) -> Self {
        Self { file: Some(file), ..Self::default() }
    }

    /// Whether a pipeline was named, and not the one that comes with the command taken.
    pub(crate) const fn is_given(&self) -> bool {
        self.file.is_some()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    /// Tables for people
    Human,
    /// One JSON object a line
    Jsonl,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum EvalFormat {
    /// Tables for people
    Human,
    /// For tools, and for a later --baseline
    Json,
    /// One page with the curves, which needs nothing else
    Html,
    /// Tables for docs
    Markdown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PlanFormat {
    /// For people
    Text,
    /// A flowchart
    Mermaid,
    /// A picture: stages as columns, lines for what gates see
    Svg,
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
