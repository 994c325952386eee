//! Measures everything once more and renews the tables and plots of `docs/benchmarks.md`.
//!
//! ```text
//! cargo run --release --bin report                   # all benches, then the document
//! cargo run --release --bin report -- load critics   # only these, then the document
//! cargo run --release --bin report -- --keep         # only the document, from what there is
//! ```
//!
//! Each bench leaves its answer in `target/benchmarks`; the prose of the document is left alone, and what lies
//! between `<!-- NAME -->` and `<!-- /NAME -->` is replaced. The comparison with Python is run by its own script,
//! `benches/python/compare.py`, which leaves its answer in the same place.
#![allow(clippy::expect_used, reason = "a report that cannot be written is none")]

use std::fmt::Write as _;
use std::io::{Write as _, stderr};
use std::path::Path;
use std::process::Command;

use clap::Parser;
use tribunal_benches::answer::Answer;
use tribunal_benches::plot::svg;

/// Every bench, and whether it asks for `--ratios`.
const BENCHES: [(&str, bool); 8] = [
    ("overhead", true),
    ("gated_vs_ungated", false),
    ("load", false),
    ("contention", false),
    ("critics", false),
    ("config", false),
    ("cold_start", false),
    ("decision_log", false),
];

/// Answers that others leave.
const OTHERS: [&str; 1] = ["python"];

/// Renews the tables and plots of `docs/benchmarks.md`.
#[derive(Parser)]
struct Args {
    /// Measures nothing: takes the answers that there are.
    #[arg(long)]
    keep: bool,
    /// The benches to run; all of them unless named.
    benches: Vec<String>,
}

fn main() {
    let args = Args::parse();
    let wanted = |name: &str| args.benches.is_empty() || args.benches.iter().any(|one| one == name);
    for (name, ratios) in BENCHES {
        if !args.keep && wanted(name) {
            run(name, ratios);
        }
    }
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    let pictures = docs.join("benchmarks");
    std::fs::create_dir_all(&pictures).expect("a directory for plots");
    let path = docs.join("benchmarks.md");
    let mut text = std::fs::read_to_string(&path).expect("the document");
    text = replace(&text, "machine", &machine());
    for name in BENCHES.iter().map(|(name, _)| *name).chain(OTHERS) {
        let kept = std::fs::read_to_string(Answer::directory().join(format!("{name}.json")));
        let Ok(kept) = kept else {
            writeln!(stderr(), "no answer of {name}: its part stays as it is").expect("a terminal");
            continue;
        };
        let answer: Answer = serde_json::from_str(&kept).expect("an answer");
        for plot in &answer.plots {
            let file = pictures.join(format!("{}.svg", plot.file));
            std::fs::write(file, svg(plot)).expect("a file for the plot");
        }
        text = replace(&text, name, &block(&answer));
    }
    std::fs::write(&path, text).expect("the document");
}

fn run(name: &str, ratios: bool) {
    let mut command = Command::new(env!("CARGO"));
    command.args(["bench", "--locked", "--bench", name]);
    if ratios {
        command.args(["--", "--ratios"]);
    }
    let status = command.current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).status();
    assert!(status.is_ok_and(|status| status.success()), "{name} did not end well");
}

/// Tables, plots, and the line of JSON.
fn block(answer: &Answer) -> String {
    let mut text = String::new();
    for table in &answer.tables {
        let _ = write!(text, "{}:\n\n{table}\n", table.title);
    }
    for plot in &answer.plots {
        let _ = writeln!(text, "![{}](benchmarks/{}.svg)\n", plot.title, plot.file);
    }
    if !answer.figures.is_empty() {
        text.push_str("| figure | value |\n| --- | ---: |\n");
        for (key, value) in &answer.figures {
            let _ = writeln!(text, "| `{key}` | {value} |");
        }
    }
    text
}

fn replace(text: &str, name: &str, block: &str) -> String {
    let (open, close) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
    let found = text.split_once(&open).and_then(|(before, rest)| {
        let (_, after) = rest.split_once(&close)?;
        Some(format!("{before}{open}\n{}\n{close}{after}", block.trim_end()))
    });
    found.unwrap_or_else(|| {
        format!("{}\n\n{open}\n{}\n{close}\n", text.trim_end(), block.trim_end())
    })
}

fn machine() -> String {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let model = model.map_or("an unknown processor", |(_, model)| model);
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
    let rustc = Command::new("rustc").arg("--version").output();
    let rustc = rustc.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    let (os, arch) = (std::env::consts::OS, std::env::consts::ARCH);
    format!("{model}, {cores} cores, {os} {arch}; {}.", rustc.unwrap_or_default())
}
