//! The broken configs of `tests/config/broken/`, each with what is drawn of it: code, place, message and help.
//!
//! A file has one kind of mistakes. Each section of it is a config and, below it, the drawing; with
//! `TRIBUNAL_SNAPSHOTS=write` the drawings are written anew, to be read before they are kept.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use miette::{GraphicalReportHandler, GraphicalTheme};
use tribunal_config::{Code, Problem, Source, load};

use super::catalogue;

/// What `$SECRET` stands for: no regular expression, and to be seen nowhere.
const SECRET: &str = "hunter2(";
/// Columns of a drawing.
const WIDTH: usize = 110;

struct Case {
    title: String,
    toml: String,
    drawn: String,
}

fn files() -> BTreeMap<PathBuf, (String, Vec<Case>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/broken");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).unwrap();
        let (head, rest) = text.split_once("\n## ").unwrap();
        let head = format!("{}\n", head.trim_end());
        (path, (head, rest.split("\n## ").map(case).collect()))
    };
    files.map(read).collect()
}

fn case(section: &str) -> Case {
    let (title, rest) = section.split_once('\n').unwrap();
    let block = |start: &str| {
        let found = rest.split_once(start).map(|(_, block)| block.split_once("```").unwrap().0);
        found.unwrap_or_default().to_owned()
    };
    Case { title: title.to_owned(), toml: block("```toml\n"), drawn: block("```text\n") }
}

fn written(head: &str, cases: &[Case]) -> String {
    cases.iter().fold(head.to_owned(), |text, case| {
        let Case { title, toml, drawn } = case;
        format!("{text}\n## {title}\n\n```toml\n{toml}```\n\n```text\n{drawn}```\n")
    })
}

fn problems(toml: &str) -> Vec<Problem> {
    let environment = |name: &str| (name == "SECRET").then(|| SECRET.to_owned());
    match load(&Source::new("broken.toml", toml), &catalogue(), &environment) {
        Ok(pipeline) => pipeline.warnings,
        Err(error) => error.problems().to_vec(),
    }
}

fn drawn(problems: &[Problem]) -> String {
    let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor())
        .with_links(false)
        .with_width(WIDTH);
    let mut text = String::new();
    for problem in problems {
        let mut one = String::new();
        handler.render_report(&mut one, problem).unwrap();
        // The section of each code is in its name, and spaces at the end of a line are lost on the way.
        let one = one.replace(&format!(" ({})", problem.code().page()), "");
        let lines = one.lines().map(str::trim_end).filter(|line| !line.is_empty());
        lines.for_each(|line| writeln!(text, "{line}").unwrap());
    }
    text
}

#[test]
fn every_broken_config_is_drawn_as_it_was() {
    let mut different = Vec::new();
    for (path, (head, cases)) in files() {
        let now: Vec<Case> = cases
            .iter()
            .map(|case| Case {
                title: case.title.clone(),
                toml: case.toml.clone(),
                drawn: drawn(&problems(&case.toml)),
            })
            .collect();
        if std::env::var("TRIBUNAL_SNAPSHOTS").is_ok_and(|what| what == "write") {
            fs::write(&path, written(&head, &now)).unwrap();
            continue;
        }
        for (was, is) in cases.iter().zip(&now).filter(|(was, is)| was.drawn != is.drawn) {
            let file = path.file_name().unwrap().display();
            different.push(format!("{file}, {}\nwas\n{}is\n{}", was.title, was.drawn, is.drawn));
        }
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
}

#[test]
fn there_are_two_hundred_different_ones_and_each_is_told_of() {
    let files = files();
    let cases: Vec<&Case> = files.values().flat_map(|(_, cases)| cases).collect();
    assert!(cases.len() >= 200, "there are {}", cases.len());
    let distinct =
        |of: fn(&Case) -> &str| cases.iter().map(|case| of(case)).collect::<BTreeSet<_>>();
    assert_eq!(distinct(|case| &case.toml).len(), cases.len());
    assert_eq!(distinct(|case| &case.drawn).len(), cases.len());
    for case in &cases {
        assert!(case.drawn.contains("broken.toml"), "{}: nothing is drawn", case.title);
    }
}

#[test]
fn every_code_is_among_them() {
    let files = files();
    let cases = files.values().flat_map(|(_, cases)| cases);
    let seen: BTreeSet<Code> =
        cases.flat_map(|case| problems(&case.toml)).map(|problem| problem.code()).collect();
    let missing: Vec<_> = Code::ALL.iter().filter(|code| !seen.contains(code)).collect();
    // The last three take more than one text: `layers.rs`, `mandatory.rs` and `watch.rs` have them.
    let elsewhere = [
        Code::TooLarge,
        Code::ImpossiblePlan,
        Code::Undecided,
        Code::UnreadableConfig,
        Code::InvalidSetting,
        Code::MandatoryLoosened,
    ];
    assert_eq!(missing, elsewhere.iter().collect::<Vec<_>>());
}

/// Rule 20: what a reference stands for is nowhere, not in parts and not escaped.
#[test]
fn no_drawing_and_no_line_has_what_a_reference_stands_for() {
    let mut referred = 0;
    for (_, (_, cases)) in files() {
        for case in cases.iter().filter(|case| case.toml.contains("$SECRET")) {
            referred += 1;
            for problem in problems(&case.toml) {
                let told = format!("{} {problem:?} {:?}", problem.on_one_line(), problem.labels());
                let told = told + &drawn(&[problem]);
                assert!(!told.contains("hunter"), "{}: {told}", case.title);
            }
        }
    }
    assert!(referred >= 5, "{referred}");
}
