//! Paths that lead to no file, or to half of one: as the config and as the input. What `tribunal_config` itself says of
//! them is in `tests/corpus/files.rs`.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::net::UnixListener;
use std::process::Command;

use crate::run::Folder;

const FINE: &str = "{\"input_text\": \"fine\"}\n";

/// Puts one of each into the folder.
fn odd_files(folder: &Folder) {
    assert!(Command::new("mkfifo").arg(folder.path("pipe")).status().unwrap().success());
    drop(UnixListener::bind(folder.path("socket")).unwrap());
    fs::create_dir(folder.path("folder")).unwrap();
    symlink("loop", folder.path("loop")).unwrap();
    symlink("nothing", folder.path("dangling")).unwrap();
    folder.write("locked", FINE);
    fs::set_permissions(folder.path("locked"), fs::Permissions::from_mode(0o000)).unwrap();
    folder.write("half.toml", "[[critic]]\nname = \"words\"\nkind = \"leng");
    folder.write("empty", "");
    folder.write("latin", b"# caf\xe9\n");
    folder.write("nul", b"a = 1\0\n");
}

/// Whoever runs the tests as root may read everything.
fn is_root() -> bool {
    fs::read("/etc/shadow").is_ok()
}

#[test]
fn a_config_that_is_no_file_is_refused_at_once_and_by_every_command() {
    let folder = Folder::new();
    odd_files(&folder);
    for (path, answer) in [
        ("pipe", "error: `pipe` is no regular file\n"),
        ("socket", "error: `socket` is no regular file\n"),
        ("folder", "error: `folder` is no regular file\n"),
        ("/dev/zero", "error: `/dev/zero` is no regular file\n"),
        ("loop", "error: cannot read `loop`: Too many levels of symbolic links (os error 40)\n"),
        ("dangling", "error: cannot read `dangling`: No such file or directory (os error 2)\n"),
        (
            "empty/pipeline.toml",
            "error: cannot read `empty/pipeline.toml`: Not a directory (os error 20)\n",
        ),
        ("locked", "error: cannot read `locked`: Permission denied (os error 13)\n"),
        ("latin", "error: `latin` is not UTF-8: the byte at offset 5 cannot stand there\n"),
        ("nul", "error: `nul` has a NUL at offset 5\n"),
        (
            "empty",
            "empty:1:1: error[no-critic]: there is no critic: without one, nothing is ever allowed; add a `[[critic]]`\n",
        ),
        ("half.toml", "half.toml:3:13: error[syntax]: invalid basic string, expected `\"`\n"),
    ] {
        if path == "locked" && is_root() {
            continue;
        }
        for command in ["judge", "check", "plan"] {
            let done = folder.run(&[command, "--config", path], FINE);
            assert_eq!((done.status, &*done.out, &*done.err), (2, "", answer), "{command} {path}");
        }
    }
}

#[test]
fn an_input_that_is_no_file_is_refused_before_anything_is_judged() {
    let folder = Folder::new();
    odd_files(&folder);
    folder.write("fine", FINE);
    for (path, answer) in [
        ("folder", "error: cannot read `folder`: is a directory\n"),
        ("socket", "error: cannot read `socket`: is a socket\n"),
        ("loop", "error: cannot read `loop`: Too many levels of symbolic links (os error 40)\n"),
        ("dangling", "error: cannot read `dangling`: No such file or directory (os error 2)\n"),
        ("empty/x.jsonl", "error: cannot read `empty/x.jsonl`: Not a directory (os error 20)\n"),
        ("locked", "error: cannot read `locked`: Permission denied (os error 13)\n"),
    ] {
        if path == "locked" && is_root() {
            continue;
        }
        let done = folder.judge(&["fine", path], "");
        assert_eq!((done.status, &*done.out, &*done.err), (2, "", answer), "{path}");
    }
}

/// A pipe is an input like any other: it ends when its writer does.
#[test]
fn an_input_may_be_a_pipe_and_may_be_empty() {
    let folder = Folder::new();
    odd_files(&folder);
    let pipe = folder.path("pipe");
    let done = std::thread::scope(|scope| {
        scope.spawn(|| fs::write(pipe, FINE.repeat(3)).unwrap());
        folder.judge(&["pipe", "empty", "/dev/null"], "")
    });
    assert_eq!((done.status, done.lines().len(), &*done.err), (0, 3, ""));
}

/// A file that was cut off in the middle of a line: what is whole is judged, the rest is reported.
#[test]
fn a_half_written_line_is_reported_and_the_lines_before_it_are_judged() {
    let folder = Folder::new();
    folder.write("half.jsonl", format!("{FINE}{{\"input_text\": \"bad and mo"));
    let done = folder.judge(&["half.jsonl"], "");
    assert_eq!(done.status, 3);
    assert_eq!(done.each("verdict"), [serde_json::json!("allow"), serde_json::Value::Null]);
    let error = "not readable as JSON: EOF while parsing a string at line 1 column 26";
    assert_eq!(done.lines()[1]["error"], error);
}
