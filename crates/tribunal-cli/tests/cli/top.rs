//! `judge --status`, and `top` beside it.

use std::io::{BufRead as _, BufReader, Lines, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use crate::run::Folder;

const FINE: &str =
    "{\"id\": \"fine\", \"trace_id\": \"t-fine\", \"input_text\": \"private words\"}\n";
const BAD: &str = "{\"id\": \"bad\", \"trace_id\": \"t-bad\", \"input_text\": \"private bad\"}\n";

/// A command that judges what it is fed, line by line.
struct Judging {
    child: Child,
    stdin: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
}

impl Judging {
    fn start(folder: &Folder, more: &[&str]) -> Self {
        let args = ["judge", "--config", "pipeline.toml", "--format", "jsonl", "--status", "s"];
        let mut command = folder.command(&[&args[..], more].concat());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let stdin = child.stdin.take().unwrap();
        let answers = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, stdin, answers }
    }

    /// Feeds it one line and waits for the answer: by then it is counted, and the socket is there.
    fn judge(&mut self, line: &str) {
        self.stdin.write_all(line.as_bytes()).unwrap();
        assert!(self.answers.next().unwrap().unwrap().starts_with("{\"line\":"));
    }

    fn end(mut self) -> Option<i32> {
        drop(self.stdin);
        self.child.wait().unwrap().code()
    }
}

#[test]
fn a_process_that_judges_says_how_it_stands() {
    let folder = Folder::new();
    let mut judging = Judging::start(&folder, &["--log", "log.jsonl"]);
    judging.judge(FINE);
    judging.judge(BAD);
    let once = folder.run(&["top", "s", "--once"], "");
    assert_eq!((once.status, once.err.as_str()), (0, ""));
    for part in [
        "pipeline.toml · pid ",
        "runs 2 · allow 1 · review 0 · block 1 · refused 0",
        "\nwords ",
        "\ndeep ",
        " ago  words pattern.bad  trace t-bad  log ",
    ] {
        assert!(once.out.contains(part), "{part:?} in {}", once.out);
    }
    assert!(!once.out.contains('\u{1b}') && !once.out.contains("private"), "{}", once.out);

    judging.judge(BAD);
    let json = folder.run(&["top", "s", "--once", "--format", "json"], "");
    let status: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!((&status["runs"]["blocked"], &status["tribunal_status"]), (&2.into(), &1.into()));
    assert_eq!(status["critics"][1]["outcomes"]["gated"], 1);
    // The lines themselves are written off the run's path.
    assert_eq!(status["log"]["lost"], 0);

    assert_eq!(judging.end(), Some(1));
    assert!(!folder.path("s").exists(), "the socket goes with the process");
    assert_eq!(folder.run(&["top", "s", "--once"], "").status, 2);
}

#[test]
fn a_second_process_does_not_take_the_socket_away_and_judges_nothing() {
    let folder = Folder::new();
    let mut judging = Judging::start(&folder, &[]);
    judging.judge(FINE);
    let second = folder.judge(&["--status", "s"], BAD);
    assert_eq!((second.status, second.out.as_str()), (2, ""));
    assert!(second.err.contains("`s` is in use"), "{}", second.err);
    assert_eq!(folder.run(&["top", "s", "--once"], "").status, 0);
    assert_eq!(judging.end(), Some(0));
}

#[test]
fn what_a_killed_process_left_behind_is_in_nobodys_way() {
    let folder = Folder::new();
    let mut judging = Judging::start(&folder, &[]);
    judging.judge(FINE);
    judging.child.kill().unwrap();
    judging.end();
    let left = folder.run(&["top", "s", "--once"], "");
    assert!(left.err.contains("nobody answers at `s`: the process has ended"), "{}", left.err);
    assert_eq!(folder.judge(&["--status", "s"], FINE).status, 0);
}

#[test]
fn why_there_is_nothing_to_see_is_told() {
    let folder = Folder::new();
    folder.write("file", "");
    let cases: [(&[&str], &str); 7] = [
        (&["top", "none", "--once"], "there is no socket at `none`"),
        (&["top", "file", "--once"], "`file` is no socket"),
        (&["top", "--once"], "TRIBUNAL_STATUS"),
        (&["top", "tcp:0.0.0.0:1", "--once"], "can be reached from other machines"),
        (&["top", "s"], "standard output is no terminal: print it with `--once`"),
        (&["top", "s", "--format", "json"], "--once"),
        (&["top", "s", "--once", "--interval", "0"], "from 0.1 to 3600"),
    ];
    for (args, problem) in cases {
        let done = folder.run(args, "");
        assert_eq!((done.status, done.out.as_str()), (2, ""), "{args:?}");
        assert!(done.err.contains(problem), "{args:?}: {}", done.err);
    }
    let named = folder.run_with(&["top", "--once"], "", |command| {
        command.env("TRIBUNAL_STATUS", "elsewhere");
    });
    assert!(named.err.contains("`elsewhere`"), "{}", named.err);
}
