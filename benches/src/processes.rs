//! What the system knows of this process: its time on a processor, its memory; and other processes like it.

use std::process::Command;
use std::time::Duration;

use serde_json::Value;

/// How long this thread has been on a processor. `None` where the system does not say.
#[must_use]
pub fn cpu_time() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanoseconds = text.split_whitespace().next()?.parse().ok()?;
    Some(Duration::from_nanos(nanoseconds))
}

/// The most memory that this process has held, in bytes. `None` where the system does not say.
#[must_use]
pub fn peak_memory() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kilobytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes * 1_024)
}

/// Runs this same program with other arguments, and reads the last line that it writes.
///
/// # Panics
///
/// When it fails, or does not end with an object.
#[must_use]
pub fn again(arguments: &[&str]) -> Value {
    let own = std::env::current_exe().expect("a program");
    let output = Command::new(own).args(arguments).output().expect("a run of the same program");
    let text = String::from_utf8_lossy(&output.stdout);
    let problem = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {problem}");
    let line = text.lines().last().unwrap_or_default();
    serde_json::from_str(line).expect("an object on the last line")
}
