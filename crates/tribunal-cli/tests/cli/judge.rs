//! Exit statuses, output, and what is shown to people.

use std::fs;
use std::process::Stdio;

use crate::run::Folder;

const FINE: &str = "{\"id\": \"fine\", \"input_text\": \"fine\"}\n";
const ODD: &str = "{\"id\": \"odd\", \"input_text\": \"odd\"}\n";
const BAD: &str = "{\"id\": \"bad\", \"input_text\": \"bad\"}\n";
const BROKEN: &str = "{\"id\": \"broken\"\n";

#[test]
fn the_exit_status_tells_what_was_found() {
    let folder = Folder::new();
    let cases: [(&[&str], &[&str], i32); 11] = [
        (&[], &[FINE], 0),
        (&[], &[FINE, ODD], 0),
        (&[], &[FINE, BAD], 1),
        (&["--fail-on", "review"], &[FINE], 0),
        (&["--fail-on", "review"], &[ODD], 1),
        (&["--fail-on", "review"], &[BAD], 1),
        (&["--fail-on", "never"], &[BAD], 0),
        // What could not be judged is no pass; what was found weighs more.
        (&[], &[FINE, BROKEN], 3),
        (&["--fail-on", "never"], &[BAD, BROKEN], 3),
        (&[], &[BROKEN, BAD], 1),
        (&["--fail-on", "block"], &[ODD, BROKEN], 3),
    ];
    for (args, lines, status) in cases {
        let done = folder.judge(args, lines.concat());
        assert_eq!(done.status, status, "{args:?} {lines:?} {}", done.err);
        assert_eq!(done.lines().len(), lines.len());
        let human = [&["judge", "--config", "pipeline.toml"], args].concat();
        assert_eq!(folder.run(&human, lines.concat()).status, status);
    }
}

#[test]
fn what_is_missing_or_wrong_is_told_before_anything_is_judged() {
    let folder = Folder::new();
    folder.write("bad.jsonl", BAD);
    let cases: [(&[&str], &str); 8] = [
        (&["bad.jsonl", "missing.jsonl"], "cannot read `missing.jsonl`"),
        (&["bad.jsonl", "."], "cannot read `.`"),
        (&["--config", "missing.toml"], "cannot be used multiple times"),
        (&["--fail-on", "nothing"], "invalid value 'nothing'"),
        (&["--in-flight", "0"], "invalid value '0'"),
        (&["--output", "missing/out.jsonl", "bad.jsonl"], "cannot write `missing/out.jsonl`"),
        (&["-", "-"], "standard input is named twice"),
        (&["--frobnicate"], "unexpected argument"),
    ];
    for (args, error) in cases {
        let done = folder.judge(args, BAD);
        assert_eq!((done.status, done.out.as_str()), (2, ""), "{args:?}");
        assert!(done.err.contains(error), "{args:?}: {}", done.err);
    }
    let done = folder.run(&["judge", "--config", "missing.toml"], BAD);
    assert_eq!(done.status, 2);
    assert!(done.err.contains("`missing.toml`"), "{}", done.err);
}

#[test]
fn a_file_is_written_as_a_whole() {
    let folder = Folder::new();
    let done = folder.judge(&["--output", "out.jsonl"], [FINE, BAD].concat());
    assert_eq!((done.status, done.out.as_str(), done.err.as_str()), (1, "", ""));
    assert_eq!(fs::read_to_string(folder.path("out.jsonl")).unwrap().lines().count(), 2);

    let args = ["judge", "--config", "pipeline.toml", "--output", "out.txt"];
    assert_eq!(folder.run(&args, FINE).status, 0);
    let text = fs::read_to_string(folder.path("out.txt")).unwrap();
    assert!(text.starts_with("fine  allow  -:1\n"), "{text}");
    assert!(!text.contains('\u{1b}'));

    let mut names: Vec<_> =
        fs::read_dir(folder.path("")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["out.jsonl", "out.txt", "pipeline.toml"], "nothing is left beside");
}

#[test]
fn a_file_may_take_the_place_of_its_input() {
    let folder = Folder::new();
    folder.write("x.jsonl", FINE.repeat(3000));
    assert_eq!(folder.judge(&["--output", "x.jsonl", "x.jsonl"], "").status, 0);
    let text = fs::read_to_string(folder.path("x.jsonl")).unwrap();
    assert_eq!(text.lines().filter(|line| line.contains("\"verdict\":\"allow\"")).count(), 3000);
}

#[test]
fn a_few_snapshots_are_shown_one_by_one_and_many_as_totals() {
    let folder = Folder::new();
    let args = ["judge", "--config", "pipeline.toml"];
    let few = folder.run(&args, [FINE, BAD, BROKEN].concat());
    for part in [
        "fine  allow  -:1\n",
        "bad  block  -:2\n",
        "pattern.bad",
        "no violation before it",
        "-:3  not judged\n",
        "2 snapshots judged",
    ] {
        assert!(few.out.contains(part), "{part:?} in {}", few.out);
    }
    let many = folder.run(&args, [FINE, ODD, BAD, BROKEN].concat().repeat(30));
    for part in [
        "90 snapshots judged in ",
        "30 lines could not be judged\n",
        "verdicts  block 30 · review 30 · allow 30\n",
        "outcomes  success 150 · gated 30\n",
        "cost      150 spent, 75 saved by gates (33% of what every gate open would cost)\n",
        "\nblock (30)\n  bad · bad",
        "and 10 more\n",
        "\nnot judged (30)\n  -:4  not readable as JSON",
    ] {
        assert!(many.out.contains(part), "{part:?} in {}", many.out);
    }
    for done in [few, many] {
        assert!(!done.out.contains('\u{1b}'), "colours are for terminals");
        assert_eq!(done.err, "", "a progress bar is for terminals");
    }
}

#[test]
fn nothing_from_the_input_steers_the_terminal() {
    let folder = Folder::new();
    let evil = "{\"id\": \"\\u001b[2J\\u202e\\u009b\\n\", \"trace_id\": \"\\u001b]0;x\\u0007\", \
                \"input_text\": \"bad\"}\n{\"\\u001b[31m\\u202e\": 1, \"\\u001b[31m\\u202e\": 2}\n\
                {\"phase\": \"\\u001b[31m\\u202e\"}\n";
    for args in [&["--format", "human"][..], &["--format", "jsonl"]] {
        let args = [&["judge", "--config", "pipeline.toml"], args].concat();
        for times in [1, 20] {
            let done = folder.run(&args, evil.repeat(times));
            for text in [&done.out, &done.err] {
                let steers =
                    |c: char| (c.is_control() && c != '\n') || matches!(c, '\u{202a}'..='\u{202e}');
                assert!(!text.chars().any(steers), "{text:?}");
            }
            assert!(!done.out.is_empty());
        }
    }
}

/// Rule 20: what is judged reaches reports, where asked for, and never standard error.
#[test]
fn nothing_of_a_prompt_reaches_standard_error() {
    let folder = Folder::new();
    folder.write("x.jsonl", "{\"input_text\": \"canary bad\"}\n{\"input_text\": canary}\n");
    for format in ["human", "jsonl"] {
        let args = ["judge", "--config", "pipeline.toml", "--format", format, "x.jsonl"];
        let done = folder.run(&args, "");
        assert_eq!(done.err, "");
        assert!(!done.out.contains("canary"), "{}", done.out);
    }
}

#[cfg(unix)]
#[test]
fn a_reader_that_leaves_ends_it_quietly() {
    let folder = Folder::new();
    folder.write("x.jsonl", FINE.repeat(5000));
    let args = ["judge", "--config", "pipeline.toml", "--format", "jsonl", "x.jsonl"];
    let mut command = folder.command(&args);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
    assert_eq!(output.status.code(), Some(141));
}

/// Reports come as soon as they are there, also while the next line is waited for.
#[test]
fn a_line_is_answered_before_the_next_one_comes() {
    use std::io::{BufRead as _, BufReader, Write as _};
    let folder = Folder::new();
    let mut command = folder.command(&["judge", "--config", "pipeline.toml", "--format", "jsonl"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    for line in [FINE, BAD, FINE] {
        stdin.write_all(line.as_bytes()).unwrap();
        assert!(lines.next().unwrap().unwrap().starts_with("{\"line\":"));
    }
    drop(stdin);
    assert!(lines.next().is_none());
    assert_eq!(child.wait().unwrap().code(), Some(1));
}

/// What was judged until then is written, though the input is not at its end.
#[cfg(unix)]
#[test]
fn an_interrupt_ends_it_with_what_there_is() {
    use std::io::{BufRead as _, BufReader, Write as _};
    use std::process::Command;
    let folder = Folder::new();
    let mut command = folder.command(&["judge", "--config", "pipeline.toml", "--format", "jsonl"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(BAD.repeat(3).as_bytes()).unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    // With the first reports there, it listens for signals.
    assert_eq!(lines.by_ref().take(3).count(), 3);
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(lines.next().is_none());
    drop(stdin);
}

#[test]
fn a_redacted_line_carries_the_snapshot_without_what_was_found() {
    let folder = Folder::new();
    folder.write(
        "private.toml",
        "[[critic]]\nname = \"pii\"\nkind = \"pii\"\nstage = \"fast_critics\"\n",
    );
    let line = "{\"id\": \"a\", \"input_text\": \"mail jo@mail.example\"}\n";
    let args = ["judge", "--config", "private.toml", "--format", "jsonl"];
    let redacted = |more: &[&str]| folder.run(&[&args[..], more].concat(), line);
    for more in ["--redact", "--redact=pii"] {
        let done = redacted(&[more]);
        assert!(done.out.contains("\"input_text\":\"mail [email]\""), "{} {}", done.out, done.err);
        assert!(!done.out.contains("jo@mail.example"));
    }
    let unknown = redacted(&["--redact=pie"]);
    assert_eq!(unknown.status, 2);
    assert!(unknown.err.contains("names no critic: `pie`"), "{}", unknown.err);
    let human = folder.run(&["judge", "--config", "private.toml", "--redact"], line);
    assert!(human.err.contains("needs `--format jsonl`"), "{}", human.err);
}
