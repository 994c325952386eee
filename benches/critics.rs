//! How fast are the ready-made critics on real text?
//!
//! ```text
//! cargo bench --bench critics
//! TRIBUNAL_TEXTS=DIRECTORY cargo bench --bench critics     # or: -- --texts DIRECTORY
//! ```
//!
//! Every critic of the default config, on texts of our own or on those of a directory: each line of each file is a
//! text. The text stands where the critic looks first, once.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::cast_precision_loss,
    reason = "a bench that cannot be set up has nothing to measure"
)]

use std::hint::black_box;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::time::Instant;
use tribunal_benches::answer::{Answer, Kind, Plot, number};
use tribunal_benches::prompts;
use tribunal_benches::rounds::median;
use tribunal_config::{DEFAULT, Source, load};
use tribunal_core::{Answer as Said, Critic, Snapshot, View};

const TOTAL: Duration = Duration::from_secs(8);

fn main() {
    let (texts, from) = match directory() {
        Some(directory) => {
            let texts = prompts::read(&directory).expect("a directory of texts");
            (texts, "texts of a directory")
        }
        None => (prompts::prose(), "texts of our own"),
    };
    assert!(!texts.is_empty(), "no text to read");
    let bytes: usize = texts.iter().map(String::len).sum();
    let critics = critics(&texts);

    let mut seen = vec![Vec::new(); critics.len()];
    let end = Instant::now() + TOTAL;
    while Instant::now() < end || seen.iter().any(|seen| seen.len() < 3) {
        for ((_, critic, snapshots), seen) in critics.iter().zip(&mut seen) {
            let start = Instant::now();
            for snapshot in snapshots {
                let review = critic.review(View::of(snapshot));
                assert!(matches!(review, Said::Now(_)), "ready-made critics answer at once");
                black_box(review);
            }
            seen.push(start.elapsed().as_secs_f64());
        }
    }
    let seconds: Vec<f64> = seen.into_iter().map(median).collect();
    let speed = |seconds: &f64| bytes as f64 / 1e6 / seconds;

    let mut answer = Answer::new("critics");
    let rows = critics.iter().zip(&seconds).map(|((name, ..), seconds)| {
        vec![name.clone(), number(speed(seconds)), number(seconds * 1e6 / texts.len() as f64)]
    });
    let average = number(bytes as f64 / texts.len() as f64);
    answer.table(
        &format!("{} {from}, {average} bytes each", texts.len()),
        &["critic", "MB/s", "µs a text"],
        rows.collect(),
    );
    answer.plots.push(Plot {
        file: "critics".into(),
        title: "Throughput of the default config's critics, MB/s".into(),
        kind: Kind::Bars,
        log: true,
        places: critics.iter().map(|(name, ..)| name.clone()).collect(),
        series: vec![("MB/s".into(), seconds.iter().map(speed).collect())],
    });
    for ((name, ..), seconds) in critics.iter().zip(&seconds) {
        answer.figure(&format!("{}_mb_per_s", name.replace(' ', "_")), speed(seconds));
    }
    answer.figure("all_mb_per_s", bytes as f64 / 1e6 / seconds.iter().sum::<f64>());
    answer.give();
}

fn directory() -> Option<PathBuf> {
    let mut arguments = std::env::args().skip_while(|argument| argument != "--texts").skip(1);
    let named = arguments.next().or_else(|| std::env::var("TRIBUNAL_TEXTS").ok())?;
    Some(PathBuf::from(named))
}

/// The critics of the default config, with the texts where each of them looks.
fn critics(texts: &[String]) -> Vec<(String, Arc<dyn Critic>, Vec<Snapshot>)> {
    let kinds = tribunal_critics::catalogue();
    let environment = |name: &str| std::env::var(name).ok();
    let pipeline = load(&Source::default_pipeline(), &kinds, &environment).expect("the default");
    let text: toml::Table = DEFAULT.parse().expect("TOML");
    let entries = text.get("critic").and_then(|critics| critics.as_array()).expect("critics");
    let named = entries.iter().zip(pipeline.critics).map(|(entry, (_, critic))| {
        let word = |key: &str| entry.get(key).and_then(|word| word.as_str()).unwrap_or_default();
        let params = entry.get("params").map(ToString::to_string).unwrap_or_default();
        let place: fn(&String) -> Snapshot = match params {
            params if params.contains("\"/input_text\"") => {
                |text| Snapshot::of_input(text.as_str())
            }
            params if params.contains("\"/model_response\"") => {
                |text| Snapshot::builder().model_response(text.as_str()).build()
            }
            params if params.contains("\"/context/tool") => |text| {
                let tool = json!({"name": "send", "arguments": {"text": text}});
                Snapshot::builder().with("tool", tool).build()
            },
            _ => |text| Snapshot::of_input(text.as_str()),
        };
        let snapshots: Vec<Snapshot> = texts.iter().map(place).collect();
        (format!("{} ({})", word("name"), word("kind")), critic, snapshots)
    });
    named.collect()
}
