//! How fast are the ready-made critics on real text?
//!
//! ```text
//! cargo bench --bench critics
//! TRIBUNAL_TEXTS=DIRECTORY cargo bench --bench critics     # or: -- --texts DIRECTORY
//! ```
//!
//! Every critic of the default config, on texts of our own or on those of a directory: each line of each file is a
//! text. The text stands where the critic looks first, once.
//!
//! Then one critic of each kind that looks at texts: what the first request pays that the second does not, all of them
//! together on a prompt of 500 characters (goal: 300 µs) and of a megabyte (goal: 50 ms), and `secrets` on a
//! megabyte each of what is hard on it (goal: 20 MB/s, which is 50 ms).
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
use tribunal_benches::rounds::median;
use tribunal_benches::{offline, prompts};
use tribunal_config::{DEFAULT, Source, load};
use tribunal_core::{Answer as Said, Critic, Snapshot, View};

const TOTAL: Duration = Duration::from_secs(8);

fn main() {
    // Before anything else of the critics has been used.
    let first = first_requests();
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
    first_table(&first, &mut answer);
    together(&mut answer);
    floods(&mut answer);
    answer.give();
}

fn ask(critic: &dyn Critic, snapshot: &Snapshot) {
    let review = critic.review(View::of(snapshot));
    assert!(matches!(review, Said::Now(_)), "ready-made critics answer at once");
    black_box(review);
}

/// Milliseconds for making each critic, for its first answer, and for one after a few.
fn first_requests() -> Vec<(&'static str, [f64; 3])> {
    let snapshot = Snapshot::of_input(prompts::VIOLATING.join(" "));
    let timed = |work: &mut dyn FnMut()| {
        let start = Instant::now();
        work();
        start.elapsed().as_secs_f64() * 1e3
    };
    let times = offline::CRITICS.iter().map(|(name, make)| {
        let mut critic = None;
        let made = timed(&mut || critic = Some(make()));
        let critic = critic.expect("a critic");
        let asked = || timed(&mut || ask(&*critic, &snapshot));
        let first = asked();
        let last = (0..20).map(|_| asked()).collect();
        (*name, [made, first, median(last)])
    });
    times.collect()
}

fn first_table(times: &[(&'static str, [f64; 3])], answer: &mut Answer) {
    let rows = times.iter().map(|(name, times)| {
        std::iter::once((*name).to_owned()).chain(times.iter().map(|ms| number(*ms))).collect()
    });
    answer.table(
        "Milliseconds, each in the order in which they are made, on a text of 400 bytes with something in it",
        &["critic", "made", "first answer", "later ones"],
        rows.collect(),
    );
    let [made, first] = [0, 1].map(|at| times.iter().filter_map(|(_, ms)| ms.get(at)).sum::<f64>());
    answer.figure("all_made_ms", made);
    answer.figure("all_first_answers_ms", first);
}

/// One after the other, as the stages of a run would.
fn together(answer: &mut Answer) {
    let critics: Vec<(&str, Arc<dyn Critic>)> =
        offline::CRITICS.iter().map(|(name, make)| (*name, make())).collect();
    let mut columns = Vec::new();
    for (bytes, count, rounds) in [(500, 8, 400), (1_000_000, 2, 6)] {
        let texts = offline::prompts(bytes, count);
        let snapshots: Vec<Snapshot> =
            texts.iter().map(|text| Snapshot::of_input(text.as_str())).collect();
        let mut seen = vec![Vec::new(); critics.len()];
        for round in 0..rounds {
            for snapshot in &snapshots {
                for ((_, critic), seen) in critics.iter().zip(&mut seen) {
                    let start = Instant::now();
                    ask(&**critic, snapshot);
                    if round > 0 {
                        seen.push(start.elapsed().as_secs_f64());
                    }
                }
            }
        }
        columns.push(seen.into_iter().map(median).collect::<Vec<f64>>());
    }
    let [small, large] = columns.as_slice() else { return };
    let row = |name: &str, small: f64, large: f64| {
        vec![name.to_owned(), number(small * 1e6), number(large * 1e3)]
    };
    let each = critics.iter().zip(small.iter().zip(large));
    let mut rows: Vec<_> = each.map(|((name, _), (s, l))| row(name, *s, *l)).collect();
    let (all_small, all_large) = (small.iter().sum::<f64>(), large.iter().sum::<f64>());
    rows.push(row("**all**", all_small, all_large));
    answer.table(
        "One critic of each kind that looks at texts, one after the other",
        &["critic", "500 characters, µs", "1 MB, ms"],
        rows,
    );
    answer.figure("all_500_characters_us", all_small * 1e6);
    answer.figure("all_1_mb_ms", all_large * 1e3);
}

fn floods(answer: &mut Answer) {
    let secrets = tribunal_critics::Secrets::new();
    let mut slowest = f64::INFINITY;
    let mut rows = Vec::new();
    for (name, text) in offline::floods() {
        let megabytes = text.len() as f64 / 1e6;
        let snapshot = Snapshot::of_input(text);
        let timed = |_| {
            let start = Instant::now();
            ask(&secrets, &snapshot);
            start.elapsed().as_secs_f64()
        };
        let speed = megabytes / median((0..5).map(timed).collect());
        slowest = slowest.min(speed);
        rows.push(vec![name.to_owned(), number(speed), number(1e3 / speed)]);
    }
    answer.table("`secrets` on a megabyte of", &["", "MB/s", "ms/MB"], rows);
    answer.figure("secrets_slowest_mb_per_s", slowest);
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
