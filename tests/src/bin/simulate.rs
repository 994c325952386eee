//! Puts whole runs of generated pipelines, or of one's own, through faults of every kind.
//!
//! `simulate --runs N [--seed S] [--config FILE] [--report FILE]`. The last line is one JSON object; the exit
//! code is 1 when something did not hold or a mark was not reached, and 2 when the command makes no sense.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command says what it found")]

use std::path::PathBuf;
use std::process::ExitCode;

use tribunal_tests::sim::{Fleet, Summary, UserPipeline};

struct Args {
    runs: u64,
    seed: u64,
    config: Option<PathBuf>,
    report: Option<PathBuf>,
}

fn read_args() -> Result<Args, String> {
    let mut read = Args { runs: 200_000, seed: 1, config: None, report: None };
    let mut args = std::env::args().skip(1);
    while let Some(name) = args.next() {
        let value = args.next().ok_or_else(|| format!("`{name}` needs a value"))?;
        let number = || value.parse().map_err(|_| format!("`{value}` is no number ({name})"));
        match name.as_str() {
            "--runs" => read.runs = number()?,
            "--seed" => read.seed = number()?,
            "--config" => read.config = Some(value.into()),
            "--report" => read.report = Some(value.into()),
            _ => return Err(format!("unknown argument `{name}`")),
        }
    }
    Ok(read)
}

fn simulate(args: &Args) -> Result<Summary, String> {
    let pipeline = args.config.as_deref().map(UserPipeline::read).transpose();
    let pipeline = pipeline.map_err(|error| error.to_string())?;
    Ok(Fleet { runs: args.runs, seed: args.seed, pipeline }.run())
}

fn tell(args: &Args, summary: &Summary) {
    let config = args.config.as_ref().map(|path| format!(" --config {}", path.display()));
    print!("{}", summary.story(config.as_deref().unwrap_or_default()));
    println!("{}", summary.json());
}

fn main() -> ExitCode {
    let summary = read_args().and_then(|args| {
        let summary = simulate(&args)?;
        if let Some(path) = &args.report {
            let command = format!("--runs {} --seed {}", args.runs, args.seed);
            summary.write_report(path, &command).map_err(|error| error.to_string())?;
        }
        tell(&args, &summary);
        Ok(summary)
    });
    match summary {
        Ok(summary) if summary.is_clean() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::from(1),
        Err(why) => {
            eprintln!("simulate: {why}");
            ExitCode::from(2)
        }
    }
}
