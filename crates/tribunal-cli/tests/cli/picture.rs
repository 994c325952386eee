//! Pages of runs: `judge --report` and `report`.

use std::fs;

use crate::run::Folder;

const FINE: &str = "{\"id\": \"fine\", \"input_text\": \"fine and private\"}\n";
const BAD: &str = "{\"id\": \"bad\", \"input_text\": \"bad and private\"}\n";
const BROKEN: &str = "{\"id\": \"broken\"\n";

fn page(folder: &Folder, args: &[&str], input: &str) -> String {
    let args = [&["judge", "--config", "pipeline.toml", "--report", "out.html"], args].concat();
    let done = folder.run(&args, input.to_owned());
    assert!(done.status <= 3 && done.status != 2, "{}", done.err);
    fs::read_to_string(folder.path("out.html")).unwrap()
}

#[test]
fn one_snapshot_becomes_a_page_of_its_run() {
    let folder = Folder::new();
    let page = page(&folder, &[], BAD);
    assert!(page.contains("<title>Tribunal: Blocked: bad</title>"), "{page}");
    assert!(page.contains("class=\"timeline\""));
}

#[test]
fn many_become_a_page_of_all_of_them_beside_the_usual_output() {
    let folder = Folder::new();
    let input = [FINE, BAD, BROKEN, FINE].concat();
    let args = ["judge", "--config", "pipeline.toml", "--format", "jsonl", "--report", "out.html"];
    let done = folder.run(&args, input);
    assert_eq!((done.status, done.lines().len()), (1, 4), "{}", done.err);
    let page = fs::read_to_string(folder.path("out.html")).unwrap();
    assert!(page.contains("<h1>3 runs"));
    assert!(page.contains("<dt>not judged</dt><dd>1</dd>"));
}

/// Rule 20: texts are there as far as they were asked for.
#[test]
fn texts_are_on_the_page_as_far_as_they_were_asked_for() {
    let folder = Folder::new();
    let secret = String::from("AKIA") + "Z7Q3XK5M2PLD4RTW";
    let line = format!("{{\"input_text\": \"my key is {secret}\"}}\n");
    for (how, shown) in [("none", false), ("redacted", false), ("raw", true)] {
        let page =
            folder.run(&["judge", "--report", "out.html", "--report-text", how], line.clone());
        assert_eq!(page.status, 1, "{}", page.err);
        let page = fs::read_to_string(folder.path("out.html")).unwrap();
        assert_eq!(page.contains(&secret), shown, "{how}");
    }
}

#[test]
fn reports_that_were_written_become_a_page_later() {
    let folder = Folder::new();
    let judged = folder.judge(&[], [FINE, BAD, BROKEN].concat());
    folder.write("reports.jsonl", &judged.out);
    let done = folder.run(&["report", "reports.jsonl"], String::new());
    assert_eq!(done.status, 0, "{}", done.err);
    assert!(done.out.contains("<h1>2 runs"), "{}", done.out);
    let args = [
        "report",
        "--id",
        "bad",
        "--config",
        "pipeline.toml",
        "--output",
        "one.html",
        "reports.jsonl",
    ];
    assert_eq!(folder.run(&args, String::new()).status, 0);
    let page = fs::read_to_string(folder.path("one.html")).unwrap();
    assert!(page.contains("Blocked: bad") && page.contains("what its gate saw"));
}

#[test]
fn what_is_no_report_is_told_with_its_line() {
    let folder = Folder::new();
    folder.write("none.jsonl", "\n");
    folder.write("other.jsonl", "\n{\"verdict\": \"allow\"}\n{\"a\": 1}\n");
    folder.write("text.jsonl", "private words\n");
    for (args, problem) in [
        (&["none.jsonl"][..], "no report in it"),
        (&["other.jsonl"], "`other.jsonl`, line 3: is no report: it has no `verdict`"),
        (&["text.jsonl"], "`text.jsonl`, line 1: is no report of `tribunal judge --format jsonl`"),
        (&["missing.jsonl"], "cannot read `missing.jsonl`"),
        (&["--output", "missing/out.html", "other.jsonl"], "cannot write `missing/out.html`"),
    ] {
        let done = folder.run(&[&["report"], args].concat(), String::new());
        assert_eq!(done.status, 2, "{args:?}");
        assert!(done.err.contains(problem) && !done.err.contains("private"), "{}", done.err);
    }
    let done = folder.run(&["judge", "--report-text", "raw"], FINE.to_owned());
    assert!(done.err.contains("--report"), "{}", done.err);
}
