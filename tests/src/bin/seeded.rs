//! Turns deliberate defects on, one after the other, and has the simulator find each.
//!
//! `seeded [--runs N] [--report FILE] [--story yes]`. The last line is one JSON object; the exit code is 1 when one was
//! not found in `N` runs (50,000), or something was found with none on, and 2 when the command makes no sense. The
//! defects are in builds with `RUSTFLAGS="--cfg seeded_bug"` only.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command says what it found")]

use std::process::ExitCode;

#[cfg(seeded_bug)]
fn run() -> Result<bool, String> {
    use tribunal_tests::sim::Findings;

    let (mut runs, mut report, mut story) = (50_000, None, false);
    let mut args = std::env::args().skip(1);
    while let Some(name) = args.next() {
        let value = args.next().ok_or_else(|| format!("`{name}` needs a value"))?;
        match name.as_str() {
            "--runs" => runs = value.parse().map_err(|_| format!("`{value}` is no number"))?,
            "--report" => report = Some(std::path::PathBuf::from(value)),
            "--story" => story = value == "yes",
            _ => return Err(format!("unknown argument `{name}`")),
        }
    }
    let findings = Findings::search(runs);
    if let Some(path) = report {
        let written = findings.write_report(&path, COMMAND);
        written.map_err(|error| format!("{}: {error}", path.display()))?;
    }
    if story {
        print!("{}", findings.story());
    }
    print!("{}", findings.table());
    println!("{}", findings.json());
    Ok(findings.is_complete())
}

#[cfg(not(seeded_bug))]
fn run() -> Result<bool, String> {
    Err(format!("there are no defects in this build; try\n  {COMMAND}"))
}

/// How it is built and run.
const COMMAND: &str = "RUSTFLAGS='--cfg seeded_bug' CARGO_TARGET_DIR=target/seeded cargo run -p tribunal-tests --bin seeded";

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(why) => {
            eprintln!("seeded: {why}");
            ExitCode::from(2)
        }
    }
}
