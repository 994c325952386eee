//! Files that are full, kept, forgotten, moved away and written by one log alone.

use std::fs;
use std::num::NonZeroUsize;
use std::path::Path;

use tribunal_log::{DecisionLog, FileSink, Sync, files_of};

use crate::made::{SOON, small, start, traces, verified, written};

fn record_all(sink: FileSink, from: usize, count: usize) {
    let log = DecisionLog::builder().start(sink).unwrap();
    for index in from..from + count {
        assert!(log.record(&small(&format!("t{index}")), None, None).is_some());
    }
    let closed = log.close(SOON);
    assert!(closed.in_time);
    assert_eq!(closed.counters.errors, 0);
}

fn names(count: usize) -> Vec<String> {
    (0..count).map(|index| format!("t{index}")).collect()
}

#[test]
fn lines_go_on_from_file_to_file_and_none_is_larger_than_it_may_be() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.jsonl");
    for from in [0, 100] {
        record_all(
            FileSink::new(&path).max_bytes(4_000).keep(None).sync(Sync::EachBatch),
            from,
            100,
        );
    }
    let files = files_of(&path).unwrap();
    assert!(files.len() > 20, "{files:?}");
    assert_eq!(files.last(), Some(&path));
    for file in &files {
        // The line that fills it still goes in.
        assert!(fs::metadata(file).unwrap().len() < 4_000 + 1_000);
    }
    assert_eq!(traces(&path), names(200));
    let found = verified(&path);
    assert!(found.is_intact(), "{found:?}");
    assert_eq!((found.first, found.decisions), (Some(0), 200));
}

#[test]
fn the_oldest_files_go_and_what_is_left_is_intact() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    record_all(FileSink::new(&path).max_bytes(3_000).keep(NonZeroUsize::new(2)), 0, 60);
    assert_eq!(files_of(&path).unwrap().len(), 3);
    let found = verified(&path);
    assert!(found.is_intact() && found.first > Some(0), "{found:?}");
    assert_eq!(traces(&path).last().map(String::as_str), Some("t59"));
}

#[test]
fn a_file_that_is_missing_in_the_middle_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    record_all(FileSink::new(&path).max_bytes(3_000).keep(None), 0, 40);
    let files = files_of(&path).unwrap();
    fs::remove_file(&files[2]).unwrap();
    let broken = verified(&path).broken.unwrap();
    assert_eq!((broken.file, broken.line), (2, 1));
    assert!(broken.to_string().contains("were removed before"), "{broken}");
}

#[test]
fn no_file_takes_the_place_of_another() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let in_the_way = folder.path().join(format!("log.{:020}", 0));
    fs::write(&in_the_way, "precious").unwrap();
    fs::remove_file(&in_the_way).unwrap();
    let log =
        DecisionLog::builder().start(FileSink::new(&path).max_bytes(2_000).keep(None)).unwrap();
    // It comes while the log is open.
    fs::write(&in_the_way, "precious").unwrap();
    for index in 0..20 {
        log.record(&small(&format!("t{index}")), None, None).unwrap();
    }
    let closed = log.close(SOON);
    assert!(closed.counters.errors > 0 && closed.counters.written == 20, "{closed:?}");
    assert_eq!(fs::read_to_string(&in_the_way).unwrap(), "precious");
    fs::remove_file(&in_the_way).unwrap();
    assert_eq!(traces(&path), names(20));
    assert!(verified(&path).is_intact());
}

#[test]
fn a_log_that_is_asked_to_goes_on_in_a_new_file_also_when_the_old_one_was_moved_away() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let log = start(&path);
    let wait_for = |count: u64| {
        while log.counters().written < count {
            std::thread::yield_now();
        }
    };
    log.record(&small("t0"), None, None).unwrap();
    wait_for(1);
    let moved = folder.path().join("elsewhere");
    fs::rename(&path, &moved).unwrap();
    log.rotate();
    while !path.exists() {
        std::thread::yield_now();
    }
    log.record(&small("t1"), None, None).unwrap();
    wait_for(2);
    log.rotate();
    while files_of(&path).unwrap().len() < 2 {
        std::thread::yield_now();
    }
    assert!(log.close(SOON).in_time);
    let mut files = vec![moved];
    files.extend(files_of(&path).unwrap());
    assert_eq!(files.len(), 3);
    let verifier = tribunal_log::Verifier::new(tribunal_log::Chain::default(), None);
    let found = tribunal_log::verify(&files, verifier).unwrap();
    assert!(found.is_intact() && found.decisions == 2, "{found:?}");
}

#[test]
fn a_file_is_as_old_as_its_first_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    written(&path, 0, 3);
    let before = files_of(&path).unwrap().len();
    record_all(FileSink::new(&path).max_age(SOON * 1000), 3, 3);
    assert_eq!(files_of(&path).unwrap().len(), before);
    record_all(FileSink::new(&path).max_age(std::time::Duration::from_nanos(1)), 6, 1);
    assert!(files_of(&path).unwrap().len() > before);
    assert_eq!(traces(&path), names(7));
}

#[test]
fn only_one_log_writes_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let log = start(&path);
    let error = DecisionLog::builder().start(FileSink::new(&path)).unwrap_err();
    assert!(error.to_string().contains("being written by another log"), "{error}");
    drop(log);
    start(&path);
}

#[test]
fn a_crash_between_two_files_loses_no_link() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    written(&path, 0, 3);
    fs::rename(&path, folder.path().join(format!("log.{:020}", 0))).unwrap();
    written(&path, 3, 3);
    assert!(verified(&path).is_intact());
    assert_eq!(traces(&path), names(6));
}

#[cfg(unix)]
#[test]
fn a_file_is_readable_by_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    written(&path, 0, 1);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&path), 0o600);
}
