//! `judge --log` and what `log` finds there.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use serde_json::Value;

use crate::run::Folder;

const INPUT: &str = "\
{\"trace_id\": \"t-fine\", \"input_text\": \"fine PROMPT-7f3a\"}
{\"trace_id\": \"t-odd\", \"input_text\": \"odd\"}
{\"trace_id\": \"t-bad\", \"input_text\": \"so bad, ANSWER-91bc\"}
";

fn logged(more: &[&str]) -> Folder {
    let folder = Folder::new();
    // One at a time: a log has its lines in the order in which runs end.
    let done = folder.judge(&[&["--log", "d.jsonl", "--in-flight", "1"], more].concat(), INPUT);
    assert_eq!(done.status, 1, "{}", done.err);
    folder
}

/// Lines of `--format json`.
fn json(folder: &Folder, args: &[&str]) -> (i32, Vec<Value>) {
    let done = folder.run(&[&["log"], args, &["--format", "json", "d.jsonl"]].concat(), "");
    (done.status, done.lines())
}

fn traces(folder: &Folder, args: &[&str]) -> Vec<String> {
    let (status, lines) = json(folder, &[&["grep"], args].concat());
    assert_eq!(status, i32::from(lines.is_empty()), "{args:?}");
    lines.iter().map(|line| line["trace_id"].as_str().unwrap().to_owned()).collect()
}

/// Rule 20.
#[test]
fn a_log_has_no_texts_unless_it_is_asked_for_them() {
    let all = |folder: &Folder| fs::read_to_string(folder.path("d.jsonl")).unwrap();
    let text = all(&logged(&[]));
    assert_eq!(text.lines().count(), 4);
    for planted in ["PROMPT-7f3a", "ANSWER-91bc", "input_text"] {
        assert!(!text.contains(planted), "{planted} in {text}");
    }
    let text = all(&logged(&["--log-text", "redacted"]));
    assert!(text.contains("PROMPT-7f3a") && !text.contains("so bad"), "{text}");
    let text = all(&logged(&["--log-text", "raw"]));
    assert!(text.contains("so bad, ANSWER-91bc"), "{text}");
    let done = Folder::new().judge(&["--log-text", "raw"], INPUT);
    assert_eq!(done.status, 2, "texts without a log make no sense");
}

#[test]
fn a_log_that_is_there_is_gone_on_with_and_stays_intact() {
    let folder = logged(&[]);
    folder.judge(&["--log", "d.jsonl"], INPUT);
    let (status, found) = json(&folder, &["verify"]);
    assert_eq!(status, 0, "{found:?}");
    assert_eq!((found[0]["ok"].as_bool(), found[0]["decisions"].as_u64()), (Some(true), Some(6)));
}

#[test]
fn every_line_of_a_large_input_is_logged() {
    let folder = Folder::new();
    let input = INPUT.repeat(300);
    let done = folder.judge(&["--log", "d.jsonl"], input);
    assert_eq!(done.status, 1, "{}", done.err);
    let (_, found) = json(&folder, &["verify"]);
    assert_eq!((found[0]["decisions"].as_u64(), found[0]["lost"].as_u64()), (Some(900), Some(0)));
}

#[test]
fn a_decision_is_shown_by_its_id_and_by_its_trace_id() {
    let folder = logged(&[]);
    let (status, by_trace) = json(&folder, &["show", "t-bad"]);
    assert_eq!((status, by_trace.len()), (0, 1));
    let id = by_trace[0]["decision_id"].as_str().unwrap();
    let (status, by_id) = json(&folder, &["show", id]);
    assert_eq!((status, &by_id), (0, &by_trace));
    let human = folder.run(&["log", "show", id, "d.jsonl"], "").out;
    for said in [id, "block", "t-bad", "words: severity 0.9, pattern.bad", "deep_analysis"] {
        assert!(human.contains(said), "{said} not in {human}");
    }
    let none = folder.run(&["log", "show", "t-none", "d.jsonl"], "");
    assert_eq!((none.status, none.out.as_str()), (1, ""));
    let page = folder.run(&["log", "show", "--html", id, "d.jsonl"], "").out;
    for said in [
        "<title>Tribunal: Blocked:",
        "<code>words</code> found pattern.bad (severity 0.9)",
        "class=\"timeline\"",
    ] {
        assert!(page.contains(said), "{said} not in {page}");
    }
    let none = folder.run(&["log", "show", "--html", "-o", "none.html", "t-none", "d.jsonl"], "");
    assert_eq!((none.status, folder.path("none.html").exists()), (1, false));
}

#[test]
fn decisions_are_found_by_what_they_say() {
    let folder = logged(&[]);
    let cases: [(&[&str], &[&str]); 15] = [
        (&[], &["t-fine", "t-odd", "t-bad"]),
        (&["--verdict", "block"], &["t-bad"]),
        (&["--verdict", "block", "--verdict", "review"], &["t-odd", "t-bad"]),
        (&["--critic", "deep", "--status", "gated"], &["t-fine"]),
        (&["--critic", "words", "--status", "gated"], &[]),
        (&["--calls-for", "review"], &["t-odd"]),
        (&["--code", "pattern.bad"], &["t-bad"]),
        (&["--code", "pattern"], &["t-odd", "t-bad"]),
        (&["--code", "pat"], &[]),
        (&["--trace", "t-odd"], &["t-odd"]),
        (&["--since", "1h"], &["t-fine", "t-odd", "t-bad"]),
        (&["--until", "1h"], &[]),
        (&["--since", "2020-01-01T00:00:00Z", "--until", "2021-01-01T00:00:00Z"], &[]),
        (&["--text", "PATTERN.B"], &["t-bad"]),
        (&["--limit", "1"], &["t-fine"]),
    ];
    for (args, expected) in cases {
        let mut found = traces(&folder, args);
        found.sort_by_key(|trace| ["t-fine", "t-odd", "t-bad"].iter().position(|one| one == trace));
        assert_eq!(found, expected, "{args:?}");
    }
    assert_eq!(folder.run(&["log", "grep", "--count", "d.jsonl"], "").out, "3\n");
    let done = folder.run(&["log", "grep", "--verdict", "maybe", "d.jsonl"], "");
    assert!(done.status == 2 && done.err.contains("`maybe` is no verdict"), "{}", done.err);
}

#[test]
fn decisions_are_added_up() {
    let folder = logged(&[]);
    let (status, stats) = json(&folder, &["stats"]);
    let stats = &stats[0];
    assert_eq!((status, stats["decisions"].as_u64()), (0, Some(3)));
    assert_eq!(stats["verdicts"], serde_json::json!({"allow": 1, "review": 1, "block": 1}));
    assert_eq!(stats["cost_spent"], 5.0);
    let of = |name: &str| {
        let critics = stats["critics"].as_array().unwrap();
        critics.iter().find(|critic| critic["critic"] == name).unwrap().clone()
    };
    let words = of("words");
    let figures =
        ["runs", "ran", "found", "review", "block", "alone"].map(|name| words[name].as_u64());
    assert_eq!(figures, [3, 3, 2, 1, 1, 2].map(Some));
    let deep = of("deep");
    assert_eq!(
        (deep["ran"].as_u64(), deep["gated"].as_u64(), &deep["cost"]),
        (Some(2), Some(1), &5.0.into())
    );
    let open = stats["open_rates"]["deep"].as_f64().unwrap();
    assert!((open - 2.0 / 3.0).abs() < 1e-9, "{open}");
    let human = folder.run(&["log", "stats", "d.jsonl"], "").out;
    assert!(human.contains("3 decisions") && human.contains("67%"), "{human}");
}

#[test]
fn what_was_done_to_a_log_is_named_with_its_line_and_fails() {
    let folder = logged(&[]);
    let text = fs::read_to_string(folder.path("d.jsonl")).unwrap();
    let done = folder.run(&["log", "verify", "d.jsonl"], "");
    assert!(
        done.status == 0 && done.out.starts_with("ok: 4 lines with 3 decisions"),
        "{}",
        done.out
    );
    let head = done.out.split_once("head ").unwrap().1.split(' ').next().unwrap().to_owned();
    let lines: Vec<&str> = text.split_inclusive('\n').collect();

    folder.write("d.jsonl", text.replace("\"verdict\":\"block\"", "\"verdict\":\"allow\""));
    let (status, found) = json(&folder, &["verify"]);
    assert_eq!((status, &found[0]["broken"]["kind"]), (1, &"changed".into()));
    assert_eq!(found[0]["broken"]["file"], "d.jsonl");

    folder.write("d.jsonl", [lines[0], lines[2], lines[3]].concat());
    let done = folder.run(&["log", "verify", "d.jsonl"], "");
    assert!(
        done.status == 1 && done.out.contains("broken: d.jsonl:2: lines 1 to 1 were removed"),
        "{}",
        done.out
    );

    folder.write("d.jsonl", lines[..3].concat());
    assert_eq!(folder.run(&["log", "verify", "d.jsonl"], "").status, 0);
    let done = folder.run(&["log", "verify", "--head", &head, "d.jsonl"], "");
    assert!(done.status == 1 && done.out.contains("cut off"), "{}", done.out);

    folder.write("d.jsonl", &text[..text.len() - 9]);
    let done = folder.run(&["log", "verify", "d.jsonl"], "");
    assert!(done.status == 0 && done.out.contains("unfinished line: a crash"), "{}", done.out);
}

#[test]
fn a_log_with_a_key_is_verified_with_that_key_alone() {
    let folder = Folder::new();
    folder.write("key", format!("{}\n", "5c".repeat(32)));
    folder.write("other", "5d".repeat(32));
    let done = folder.judge(&["--log", "d.jsonl", "--log-key", "key"], INPUT);
    assert_eq!(done.status, 1, "{}", done.err);
    let verify = |key: &[&str]| folder.run(&[&["log", "verify"], key, &["d.jsonl"]].concat(), "");
    assert_eq!(verify(&["--key", "key"]).status, 0);
    assert_eq!(verify(&["--key", "other"]).status, 1);
    assert!(verify(&[]).out.contains("this log has a key, and none was given"));
    let mut command = folder.command(&["log", "verify", "--key", "env:LOG_KEY", "d.jsonl"]);
    assert!(command.env("LOG_KEY", "5c".repeat(32)).output().unwrap().status.success());
    let wrong = verify(&["--key", "env:NO_SUCH_KEY"]);
    assert!(wrong.status == 2 && wrong.err.contains("`NO_SUCH_KEY` has no key"), "{}", wrong.err);
    let done = folder.judge(&["--log", "d.jsonl"], INPUT);
    assert!(done.status == 2 && done.err.contains("verify it, and move it away"), "{}", done.err);
}

#[test]
fn the_last_decisions_are_shown_and_those_that_come() {
    let folder = logged(&[]);
    let tail = |args: &[&str]| folder.run(&[&["log", "tail"], args, &["d.jsonl"]].concat(), "").out;
    assert_eq!(tail(&["-n", "2"]).lines().count(), 2);
    assert_eq!(tail(&["-n", "0"]), "");
    assert_eq!(tail(&[]).lines().count(), 3);

    let args = ["log", "tail", "-f", "-n", "1", "--format", "json", "d.jsonl"];
    let mut child = folder.command(&args).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    lines.next().unwrap().unwrap();
    folder.judge(&["--log", "d.jsonl"], INPUT);
    let came: Vec<String> = lines.by_ref().take(3).map(Result::unwrap).collect();
    assert!(came.iter().any(|line| line.contains("t-bad")), "{came:?}");
    // It goes on where the log does.
    fs::rename(folder.path("d.jsonl"), folder.path("d.jsonl.00000000000000000000")).unwrap();
    folder.judge(&["--log", "d.jsonl"], INPUT);
    assert_eq!(lines.take(3).map(Result::unwrap).count(), 3);
    child.kill().unwrap();
    child.wait().unwrap();
    let (status, found) = json(&folder, &["verify"]);
    assert_eq!((status, found[0]["files"].as_u64()), (0, Some(2)));
}

#[test]
fn nothing_in_a_log_steers_the_terminal() {
    let folder = Folder::new();
    let line = "{\"trace_id\": \"\\u001b[2J\\u202e\", \"input_text\": \"bad\"}\n";
    folder.judge(&["--log", "d.jsonl", "--log-text", "raw"], line);
    for args in [&["grep"][..], &["tail"], &["show", "\u{1b}[2J\u{202e}"]] {
        for format in ["human", "json"] {
            let all = [&["log"], args, &["--format", format, "d.jsonl"]].concat();
            let done = folder.run(&all, "");
            assert_eq!(done.status, 0);
            let steers = |c: char| c != '\n' && (c.is_control() || c == '\u{202e}');
            assert!(!done.out.contains(steers), "{args:?}: {:?}", done.out);
        }
    }
}

#[test]
fn a_log_that_is_not_there_is_told() {
    let folder = Folder::new();
    for args in [&["show", "x"][..], &["grep"], &["stats"], &["verify"], &["tail", "-f"]] {
        let done = folder.run(&[&["log"], args, &["none.jsonl"]].concat(), "");
        assert_eq!(done.status, 2, "{args:?}");
        assert!(done.err.contains("cannot read `none.jsonl`"), "{args:?}: {}", done.err);
    }
}
