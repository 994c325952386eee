//! How long does it take to read a config and to make a plan of it?
//!
//! ```text
//! cargo bench --bench config
//! ```
//!
//! The default config, and a generated one of a hundred critics with gates, conditions, dependencies and limits; the
//! latter also with a mistake in each critic, up to the text that tells of them.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::cast_precision_loss,
    reason = "a bench that cannot be set up has nothing to measure"
)]

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::Duration;

use tokio::time::Instant;
use tribunal_benches::answer::{Answer, Kind, Plot, number};
use tribunal_benches::rounds::median;
use tribunal_config::{Pipeline, Source, load};

const TOTAL: Duration = Duration::from_secs(8);

fn main() {
    let sources = [
        ("default", Source::default_pipeline()),
        ("hundred", Source::new("hundred.toml", hundred())),
    ];
    let wrong = Source::new("wrong.toml", wrong());
    let mut seen = [[Vec::new(), Vec::new()], [Vec::new(), Vec::new()]];
    let mut told = Vec::new();
    let end = Instant::now() + TOTAL;
    while Instant::now() < end {
        for ((_, source), [loads, plans]) in sources.iter().zip(&mut seen) {
            let start = Instant::now();
            let pipeline = pipeline(source);
            loads.push(start.elapsed().as_secs_f64() * 1e3);
            let start = Instant::now();
            black_box(pipeline.build().expect("a plan"));
            plans.push(start.elapsed().as_secs_f64() * 1e3);
        }
        let start = Instant::now();
        black_box(mistakes(&wrong));
        told.push(start.elapsed().as_secs_f64() * 1e3);
    }
    let medians = seen.map(|seen| seen.map(median));
    let told = median(told);

    let mut answer = Answer::new("config");
    let names = ["the default config", "a hundred critics"];
    let rows = names
        .iter()
        .zip(&medians)
        .map(|(name, [load, plan])| vec![(*name).to_owned(), number(*load), number(*plan)])
        .chain([vec!["a hundred, each wrong".to_owned(), number(told), "–".to_owned()]]);
    answer.table(
        "Milliseconds to read, build and check, and to plan once more",
        &["", "load", "plan"],
        rows.collect(),
    );
    answer.plots.push(Plot {
        file: "config".into(),
        title: "Milliseconds to load a config and to plan it".into(),
        kind: Kind::Bars,
        log: true,
        places: names.map(String::from).into(),
        series: vec![
            ("load".into(), medians.iter().map(|medians| medians[0]).collect()),
            ("plan".into(), medians.iter().map(|medians| medians[1]).collect()),
        ],
    });
    for ((name, _), [load, plan]) in sources.iter().zip(&medians) {
        answer.figure(&format!("{name}_load_ms"), *load);
        answer.figure(&format!("{name}_plan_ms"), *plan);
    }
    answer.figure("hundred_wrong_check_ms", told);
    answer.give();
}

fn pipeline(source: &Source) -> Pipeline {
    let environment = |name: &str| std::env::var(name).ok();
    load(source, &tribunal_critics::catalogue(), &environment).expect("a config without mistakes")
}

/// Every mistake as a line of text.
fn mistakes(source: &Source) -> String {
    let found = load(source, &tribunal_critics::catalogue(), &|_| None);
    let error = found.expect_err("a mistake in each critic");
    assert!(error.problems().len() >= 100, "{}", error.problems().len());
    error.to_string()
}

/// The hundred critics, each with a mistake of one of four kinds.
fn wrong() -> String {
    // Of every four critics the third may have a `depends_on` of its own.
    let kinds =
        ["timeuot = \"1s\"", "depends_on = [\"critic_1000\"]", "mode = \"montor\"", "tags = 3"];
    let mut mistakes = kinds.iter().cycle();
    let line = |line: &str| match line.starts_with("name = ") {
        true => format!("{line}\n{}\n", mistakes.next().copied().unwrap_or_default()),
        false => format!("{line}\n"),
    };
    hundred().lines().map(line).collect()
}

/// A hundred critics that differ, over three stages.
fn hundred() -> String {
    let mut text = String::from("[run]\nmax_cost = 1.0\n");
    for index in 0..100 {
        let stage = ["fast_critics", "core_analysis", "deep_analysis"][index * 3 / 100];
        let _ = write!(
            text,
            "\n[[critic]]\nname = \"critic_{index}\"\nkind = \"pattern\"\nstage = \"{stage}\"\n\
             priority = {}\ncost = 0.001\nmax_in_flight = 64\nrate = {{ tokens = 1000, per = \"1s\", burst = 1000 }}\n\
             params = {{ rules = [{{ name = \"rule\", pattern = '\\bword_{index}\\b', severity = 0.5 }}] }}\n",
            index % 10 + 1
        );
        if index >= 40 {
            let earlier = index - 40;
            let _ = match index % 4 {
                0 => writeln!(text, "policy = \"on_violation\""),
                1 => writeln!(
                    text,
                    "policy = \"conditional\"\nwhen = \"prior.critic_{earlier}.violation\""
                ),
                2 => writeln!(text, "depends_on = [\"critic_{earlier}\"]"),
                _ => writeln!(text, "policy = \"on_high_risk\""),
            };
        }
    }
    text
}
