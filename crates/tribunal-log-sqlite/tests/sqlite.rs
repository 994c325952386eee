//! Lines in a database: chained as in a file, once each, and gone on with.
#![allow(clippy::unwrap_used, clippy::panic, reason = "here to fail a test with a plain message")]

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tribunal_core::{ConfigHash, CriticInfo, CriticName, Opinion, Outcome, Report, RunTimings};
use tribunal_log::{Chain, ChainKey, DecisionLog, Fault, LogBuilder, RawLine, Verified, Verifier};
use tribunal_log_sqlite::{SqliteSink, each_line};

const SOON: Duration = Duration::from_secs(20);

fn report(trace_id: &str) -> Report {
    let critics: Arc<[CriticInfo]> = vec![CriticInfo::new(CriticName::new("fine").unwrap())].into();
    let outcomes = vec![Outcome::success(Opinion::clean())];
    let timings = RunTimings::default();
    Report::new(Some(trace_id.into()), critics, outcomes.into(), timings, ConfigHash::default())
}

fn written(builder: LogBuilder, path: &Path, count: usize) {
    let log = builder.start(SqliteSink::new(path)).unwrap();
    for index in 0..count {
        log.record(&report(&format!("t{index}")), None, None).unwrap();
    }
    let closed = log.close(SOON);
    assert!(closed.in_time && closed.counters.errors == 0, "{closed:?}");
}

fn verified(path: &Path) -> Verified {
    let mut verifier = Verifier::new(Chain::default(), None);
    each_line(path, &mut |seq, line| verifier.line(RawLine::new(seq + 1, line, true))).unwrap();
    verifier.finish()
}

#[test]
fn lines_are_there_once_each_and_a_log_that_is_opened_again_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.sqlite");
    written(DecisionLog::builder(), &path, 1_000);
    written(DecisionLog::builder(), &path, 10);
    let found = verified(&path);
    assert!(found.is_intact(), "{found:?}");
    assert_eq!((found.decisions, found.lines), (1_010, 1_012));
}

#[test]
fn a_row_that_is_changed_or_taken_out_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.sqlite");
    written(DecisionLog::builder(), &path, 10);
    let database = rusqlite::Connection::open(&path).unwrap();
    let change = "UPDATE lines SET line = replace(line, 'allow', 'block') WHERE seq = 4";
    database.execute(change, []).unwrap();
    let broken = verified(&path).broken.unwrap();
    assert_eq!((broken.line, broken.fault), (5, Fault::Changed));
    database.execute("DELETE FROM lines WHERE seq = 4", []).unwrap();
    let broken = verified(&path).broken.unwrap();
    assert_eq!(broken.fault, Fault::Removed { from: 4, to: 4 });
}

#[test]
fn a_log_with_another_key_is_not_gone_on_with() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.sqlite");
    written(DecisionLog::builder(), &path, 1);
    let keyed = DecisionLog::builder().key(ChainKey::from_bytes([1; 32]));
    let error = keyed.start(SqliteSink::new(&path)).unwrap_err();
    assert!(error.to_string().contains("not one of a decision log with this key"), "{error}");
}

#[test]
fn a_decision_is_found_by_its_id_with_an_index() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.sqlite");
    written(DecisionLog::builder(), &path, 10);
    let database = rusqlite::Connection::open(&path).unwrap();
    let asked = "SELECT count(*) FROM lines WHERE json_extract(line, '$.trace_id') = 't7'";
    let found: i64 = database.query_row(asked, [], |row| row.get(0)).unwrap();
    assert_eq!(found, 1);
    let plan: String =
        database.query_row(&format!("EXPLAIN QUERY PLAN {asked}"), [], |row| row.get(3)).unwrap();
    assert!(plan.contains("lines_by_trace"), "{plan}");
}

#[test]
fn a_database_that_is_not_there_is_not_made_by_reading() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("none.sqlite");
    assert!(each_line(&path, &mut |_, _| true).is_err());
    assert!(!path.exists());
}
