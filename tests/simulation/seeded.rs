//! Deliberate defects in the engine, each of which the simulator has to find.

use std::path::Path;
use std::process::Command;

use crate::last_line;

/// Fewer would say little of the simulator.
const AT_LEAST: u64 = 20;

/// What cargo sets for a test, and how it is told flags that would go before `RUSTFLAGS`.
const OF_A_TEST: [&str; 7] = [
    "CARGO_BIN_",
    "CARGO_CRATE_",
    "CARGO_ENCODED_",
    "CARGO_MANIFEST_",
    "CARGO_PKG_",
    "CARGO_PRIMARY_",
    "CARGO_TARGET_",
];

/// The command as anyone would call it: with the flag, a target directory of its own, and nothing of what cargo has
/// set for this test.
fn seeded() -> Command {
    let mut command = Command::new(env!("CARGO"));
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for (name, _) in std::env::vars_os() {
        let of_this_test =
            name.to_str().is_some_and(|name| OF_A_TEST.iter().any(|own| name.starts_with(own)));
        if of_this_test {
            command.env_remove(name);
        }
    }
    command
        .current_dir(&root)
        .env("RUSTFLAGS", "--cfg seeded_bug")
        .env("CARGO_TARGET_DIR", "target/seeded")
        // A little slower to build, and several times as fast.
        .env("CARGO_PROFILE_DEV_OPT_LEVEL", "1")
        .env("CARGO_PROFILE_DEV_DEBUG", "none")
        .args(["run", "--quiet", "--locked", "--package", "tribunal-tests", "--bin", "seeded"]);
    command
}

/// A simulator that finds nothing says something only if it would have found something.
#[test]
fn every_seeded_bug_is_found() {
    let output = seeded().output().unwrap();
    let told = || {
        let text = String::from_utf8_lossy(&output.stdout);
        format!("{text}{}", String::from_utf8_lossy(&output.stderr))
    };
    assert!(output.status.success(), "{}", told());
    let line = last_line(&output);
    assert_eq!(line["not_found"], serde_json::json!([]), "{}", told());
    assert_eq!(line["bugs"], line["found"]);
    assert!(line["bugs"].as_u64().unwrap() >= AT_LEAST, "{line}");
}

/// A build without the flag has no defects to turn on, and says how to get them.
#[test]
fn an_ordinary_build_has_no_defects_to_turn_on() {
    let output = Command::new(env!("CARGO_BIN_EXE_seeded")).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("--cfg seeded_bug"));
}
