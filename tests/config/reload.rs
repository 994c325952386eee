//! Files that change all the time under load: what is good takes over, what is bad is told and changes nothing.

use std::path::Path;
use std::sync::Arc;

use futures_util::future::join_all;
use tokio::task::yield_now;
use tribunal_config::{Code, ConfigError, Layers, Level, Problem, Reloaded, Watch};
use tribunal_core::{Answer, Catalogue, CriticKind, Opinion, Snapshot, Status, Verdict, critic_fn};
use tribunal_production::Reloadable;

/// How many files are written, every second one a bad one.
const FILES: u64 = 10_000;
const TOKENS: usize = 7;

/// Critics that say which file they are of. `pauses` lets others go on before it answers.
fn catalogue() -> Catalogue {
    super::catalogue().with(CriticKind::new("pauses", "says its number, later", |params| {
        let number = params.or("number", 0_usize);
        if number == 0 {
            params.fault("number", "counts from 1");
        }
        Some(critic_fn(move |_| {
            Answer::later(async move {
                yield_now().await;
                Ok(Opinion::clean().value(number))
            })
        }))
    }))
}

/// Two critics of one number in two stages, and one that has a few tokens for good.
fn good(number: u64) -> String {
    format!(
        r#"[[critic]]
name = "metered"
kind = "echo"
stage = "pre_validation"
failure_mode = "allow"
rate = {{ tokens = 1, per = "1h", burst = {TOKENS} }}

[[critic]]
name = "early"
stage = "pre_validation"
kind = "pauses"
params.number = {number}

[[critic]]
name = "late"
kind = "pauses"
params.number = {number}
"#
    )
}

/// The same file, bad in one of several ways, and what is to be said of it.
fn bad(number: u64) -> (String, &'static [Code]) {
    let text = good(number);
    match number / 2 % 5 {
        0 => (format!("{text}[[critic\n"), &[Code::Syntax]),
        1 => (format!("{text}prioritty = 3\n"), &[Code::UnknownKey]),
        2 => {
            let promise = "[[promise]]\nname = \"quiet\"\nholds = \"late never runs\"\n";
            (format!("{text}{promise}"), &[Code::BrokenPromise])
        }
        3 => (text.replace(&format!("= {number}\n"), "= 0\n"), &[Code::InvalidParameter]),
        _ => {
            // Half written: cut off somewhere from the last critic's name to its kind.
            let start = text.rfind("name =").unwrap_or_default();
            let end = text.rfind("pauses").unwrap_or_default();
            let cut = start + (number as usize / 10) % (end - start);
            let text = text.get(..cut).unwrap_or_default();
            (text.to_owned(), &[Code::Syntax, Code::MissingKey])
        }
    }
}

/// What makes it a bad file.
fn errors(error: &ConfigError) -> Vec<Code> {
    let codes = error.problems().iter().map(Problem::code);
    codes.filter(|code| code.level() == Level::Error).collect()
}

/// 10,000 files, half of them bad, while runs go on: none fails or sees two files, and no token is given twice.
#[tokio::test(start_paused = true)]
async fn ten_thousand_files_under_load_fail_no_run_and_mix_no_generations() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pipeline.toml");
    let write = |path: &Path, text: &str| std::fs::write(path, text).unwrap();
    write(&file, &good(1));
    let catalogue = catalogue();
    let layers = Layers::read(&file).unwrap();
    let (mut watch, first) = Watch::start(layers, &catalogue, &|_| None).unwrap();
    let court = Reloadable::new(first.profiles.into_base().build().unwrap());
    let runs = async {
        let one = async || {
            let (mut judged, mut metered) = (0_u64, 0);
            loop {
                let report = court.run_all(Snapshot::of_input("x")).await.unwrap();
                let said = |name: &str| report[name].opinion.as_ref().map(|o| o.value.clone());
                assert_eq!((report.verdict, said("early")), (Verdict::Allow, said("late")));
                metered += usize::from(report["metered"].status == Status::Success);
                judged += 1;
                if said("late") == Some((FILES + 1).into()) {
                    return (judged, metered);
                }
            }
        };
        let all = join_all((0..4).map(|_| one())).await;
        all.into_iter().fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1))
    };
    let reloads = async {
        let mut told = 0;
        for number in (3..=FILES + 1).step_by(2) {
            let current = court.current();
            let (text, expected) = bad(number);
            write(&file, &text);
            let found = errors(&watch.now(&catalogue, &|_| None).unwrap_err());
            let is_told = !found.is_empty() && found.iter().all(|code| expected.contains(code));
            assert!(is_told, "{number}: {found:?}\n{text}");
            assert!(Arc::ptr_eq(&current, &court.current()));
            told += 1;
            yield_now().await;

            write(&file, &good(number));
            let Reloaded { profiles, .. } = watch.now(&catalogue, &|_| None).unwrap();
            let next = court.reload(profiles.into_base().into_builder()).unwrap();
            assert_eq!(next.number(), current.number() + 1);
            yield_now().await;
        }
        told
    };
    let ((judged, metered), told) = tokio::join!(runs, reloads);
    println!("{judged} runs, {told} bad files, {} generations", court.current().number());
    assert_eq!((told, court.current().number()), (FILES / 2, FILES / 2 + 1));
    assert!(judged > FILES, "{judged} runs");
    assert_eq!(metered, TOKENS, "tokens that are used up stay used up");
    assert_eq!(court.current().metrics().in_flight, 0);
}
