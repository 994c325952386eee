//! Runs the command in a folder of its own.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// Objects to `bad` with a block and to `odd` with a review.
pub(crate) const CONFIG: &str = r#"
[[critic]]
name = "words"
kind = "pattern"
stage = "fast_critics"
params.rules = [
    { name = "bad", pattern = "bad", severity = 0.9 },
    { name = "odd", pattern = "odd", severity = 0.5 },
]

[[critic]]
name = "deep"
kind = "length"
stage = "deep_analysis"
policy = "on_violation"
cost = 2.5
params.max_characters = 100000
"#;

/// A folder with the config in it.
pub(crate) struct Folder(TempDir);

/// What a run came to.
pub(crate) struct Done {
    pub(crate) status: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Folder {
    pub(crate) fn new() -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        folder.write("pipeline.toml", CONFIG);
        folder
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), content).unwrap();
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tribunal"));
        command.args(args).current_dir(self.0.path()).env_remove("NO_COLOR");
        command.env_remove("CLICOLOR_FORCE").env_remove("TRIBUNAL_STATUS");
        command
    }

    /// Runs it with something on standard input.
    pub(crate) fn run(&self, args: &[&str], input: impl AsRef<[u8]>) -> Done {
        self.run_with(args, input, |_| {})
    }

    /// The same with something else about the command, such as its environment.
    pub(crate) fn run_with(
        &self,
        args: &[&str],
        input: impl AsRef<[u8]>,
        change: impl FnOnce(&mut Command),
    ) -> Done {
        let mut command = self.command(args);
        change(&mut command);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let input = input.as_ref();
        let output = std::thread::scope(|scope| {
            // A command that ends before it has read everything closes the pipe.
            scope.spawn(move || stdin.write_all(input).ok());
            child.wait_with_output().unwrap()
        });
        Done {
            status: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// `judge --format jsonl` with the config, and more arguments.
    pub(crate) fn judge(&self, more: &[&str], input: impl AsRef<[u8]>) -> Done {
        let args = [&["judge", "--config", "pipeline.toml", "--format", "jsonl"], more].concat();
        self.run(&args, input)
    }
}

impl Done {
    /// Standard output, line by line.
    pub(crate) fn lines(&self) -> Vec<Value> {
        self.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// One member of each line.
    pub(crate) fn each(&self, member: &str) -> Vec<Value> {
        self.lines().iter().map(|line| line[member].clone()).collect()
    }
}
