//! How long is it from the start of the process to its first verdict, with the default config?
//!
//! ```text
//! cargo bench --bench cold_start
//! cargo bench --bench cold_start -- --binary PATH
//! ```
//!
//! Starts the `tribunal` command, which it builds first, gives it one snapshot, and waits for the report. Beside it
//! stands `tribunal --version`, which reads no config and judges nothing.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::cast_precision_loss,
    reason = "a bench that cannot be set up has nothing to measure"
)]

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tokio::time::Instant;
use tribunal_benches::answer::{Answer, Kind, Plot, number};
use tribunal_benches::rounds::median;

const STARTS: usize = 60;

fn main() {
    let binary = binary();
    let (mut verdicts, mut versions) = (Vec::new(), Vec::new());
    for _ in 0..STARTS {
        verdicts.push(first_verdict(&binary));
        versions.push(version(&binary));
    }
    verdicts.sort_unstable_by(f64::total_cmp);
    let p99 = verdicts.last().copied().unwrap_or_default();
    let (verdict, version) = (median(verdicts), median(versions));

    let mut answer = Answer::new("cold_start");
    answer.table(
        "Milliseconds from the start of the process",
        &["", "median", "worst"],
        vec![
            vec!["to the first verdict".into(), number(verdict), number(p99)],
            vec!["`tribunal --version`".into(), number(version), String::new()],
        ],
    );
    answer.plots.push(Plot {
        file: "cold_start".into(),
        title: "Milliseconds from the start of the process".into(),
        kind: Kind::Bars,
        log: false,
        places: vec!["to the first verdict".into(), "--version".into()],
        series: vec![("ms".into(), vec![verdict, version])],
    });
    answer.figure("first_verdict_ms", verdict);
    answer.figure("version_ms", version);
    answer.give();
}

fn first_verdict(binary: &Path) -> f64 {
    let start = Instant::now();
    let mut child = Command::new(binary)
        .args(["judge", "--format", "jsonl"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("a process");
    let mut input = child.stdin.take().expect("its input");
    input.write_all(b"{\"input_text\": \"What is the capital of Norway?\"}\n").expect("a line");
    drop(input);
    let mut line = String::new();
    let mut output = BufReader::new(child.stdout.take().expect("its output"));
    output.read_line(&mut line).expect("a report");
    let took = start.elapsed().as_secs_f64() * 1e3;
    let report: Value = serde_json::from_str(&line).expect("a report");
    assert_eq!(report["verdict"], "allow");
    child.wait().expect("an end");
    took
}

fn version(binary: &Path) -> f64 {
    let start = Instant::now();
    let output = Command::new(binary).arg("--version").output().expect("a process");
    assert!(output.status.success());
    start.elapsed().as_secs_f64() * 1e3
}

fn binary() -> PathBuf {
    let mut arguments = std::env::args().skip_while(|argument| argument != "--binary").skip(1);
    if let Some(path) = arguments.next() {
        return path.into();
    }
    let built = Command::new(env!("CARGO"))
        .args(["build", "--release", "--locked", "--quiet", "--bin", "tribunal"])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .status();
    assert!(built.is_ok_and(|status| status.success()), "the command does not build");
    let own = std::env::current_exe().expect("a program");
    let release = own.ancestors().nth(2).expect("a target directory");
    release.join("tribunal")
}
