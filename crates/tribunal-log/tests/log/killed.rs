//! A process that is killed while it writes.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use tribunal_log::{DecisionLog, FileSink};

use crate::made::{report, traces, verified, written};

const FOLDER: &str = "TRIBUNAL_LOG_KILLED";

/// The other process: writes until it is killed. On its own it does nothing.
#[test]
fn writes_until_it_is_killed() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let path = std::path::Path::new(&folder).join("log");
    let log =
        DecisionLog::builder().start(FileSink::new(path).max_bytes(200_000).keep(None)).unwrap();
    for index in 0_u64.. {
        log.record(&report(&format!("k{index}")), None, None);
        if index.is_multiple_of(64) {
            // Not killed before there is anything that could be lost, however late the writer's turn comes.
            while log.counters().written == 0 {
                std::thread::yield_now();
            }
            println!("{index}");
        }
    }
}

#[test]
fn what_a_killed_process_wrote_is_intact_and_gone_on_with() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    for round in 0..4_usize {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "killed::writes_until_it_is_killed", "--nocapture"])
            .env(FOLDER, folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let _ = lines.take(30 + round * 17).last();
        child.kill().unwrap();
        child.wait().unwrap();
        let found = verified(&path);
        assert!(found.is_intact() && found.decisions > 0, "{found:?}");
        written(&path, round, 1);
        let found = verified(&path);
        assert!(found.is_intact() && found.unfinished == 0, "{found:?}");
        assert_eq!(traces(&path).last(), Some(&format!("t{round}")));
    }
}
