//! Rule 20: nothing private is written, unless that is turned on.

use std::fs;
use std::path::Path;

use serde_json::json;
use tribunal_core::{Answer, CriticError, Opinion, Pointer, Snapshot, Span, Violation, critic_fn};
use tribunal_log::{DecisionLog, FileSink, LogBuilder};
use tribunal_production::{CriticSpec, ProductionOrchestrator};

use crate::made::{SOON, decisions};

const PLANTED: [&str; 6] =
    ["PROMPT-7f3a", "ANSWER-91bc", "CONTEXT-55d0", "FAILURE-0b6e", "DETAIL-c2c2", "VALUE-8841"];

fn snapshot() -> Snapshot {
    Snapshot::builder()
        .trace_id("t")
        .input_text("mail jo@mail.example about PROMPT-7f3a")
        .model_response("ANSWER-91bc")
        .context(json!({"note-CONTEXT-55d0": "CONTEXT-55d0"}).as_object().unwrap().clone())
        .build()
}

/// Critics that quote what they saw wherever they can.
fn court(log: Option<DecisionLog>, fails: bool) -> ProductionOrchestrator {
    let at = Span::new(Pointer::input_text(), 5..20, "email");
    let told = Opinion::objection(Violation::new("pii.email", "an address", 0.9).at(at))
        .value("VALUE-8841")
        .detail("seen", "DETAIL-c2c2 jo@mail.example");
    let mut builder = ProductionOrchestrator::builder()
        .critic(CriticSpec::new("tells"), critic_fn(move |_| Answer::now(Ok(told.clone()))));
    if fails {
        let failure =
            critic_fn(|_| Answer::now(Err(CriticError::permanent("FAILURE-0b6e PROMPT-7f3a"))));
        builder = builder.critic(CriticSpec::new("fails"), failure);
    }
    if let Some(log) = log {
        builder = builder.observer(log);
    }
    builder.build().unwrap()
}

/// Everything that was written anywhere in the folder, names included.
fn everything(folder: &Path) -> String {
    let mut all = String::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        all += &path.to_string_lossy();
        all += &String::from_utf8_lossy(&fs::read(&path).unwrap());
    }
    all
}

async fn judged(builder: LogBuilder, fails: bool) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let log = builder.start(FileSink::new(folder.path().join("log"))).unwrap();
    let report = court(None, fails).run_all(snapshot()).await.unwrap();
    log.record(&report, Some(&snapshot()), None).unwrap();
    assert!(log.close(SOON).in_time);
    let all = everything(folder.path());
    (folder, all)
}

#[tokio::test(start_paused = true)]
async fn at_default_settings_nothing_that_was_planted_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let log = DecisionLog::builder().start(FileSink::new(&path)).unwrap();
    let report = court(Some(log.clone()), true).run_all(snapshot()).await.unwrap();
    log.record(&report, Some(&snapshot()), None).unwrap();
    let shown = format!("{log:?} {:?}", log.counters());
    assert!(log.close(SOON).in_time);
    assert_eq!(decisions(&path).len(), 2);
    let all = everything(folder.path()) + &shown;
    for planted in PLANTED.iter().chain(&["jo@mail.example", "an address", "input_text"]) {
        assert!(!all.contains(planted), "{planted} in {all}");
    }
    assert!(all.contains("pii.email") && all.contains("permanent"));
}

#[tokio::test(start_paused = true)]
async fn raw_text_alone_turns_nothing_on() {
    let (_, all) = judged(DecisionLog::builder().raw_text(), false).await;
    assert!(PLANTED.iter().all(|planted| !all.contains(planted)), "{all}");
}

#[tokio::test(start_paused = true)]
async fn texts_are_redacted_and_what_critics_say_of_them_stays_out() {
    let (folder, all) = judged(DecisionLog::builder().with_text(), false).await;
    for gone in ["jo@mail.example", "DETAIL-c2c2", "VALUE-8841"] {
        assert!(!all.contains(gone), "{gone} in {all}");
    }
    let [decision] = &decisions(&folder.path().join("log"))[..] else { panic!("one") };
    let snapshot = decision.snapshot.as_ref().unwrap();
    assert_eq!(snapshot["input_text"], "mail [EMAIL] about PROMPT-7f3a");
    assert_eq!(decision.text.as_deref(), Some("redacted"));
    assert_eq!(decision.opinions["tells"]["violations"][0]["message"], "an address");
}

#[tokio::test(start_paused = true)]
async fn a_text_that_cannot_be_redacted_is_left_out() {
    let (folder, all) = judged(DecisionLog::builder().with_text(), true).await;
    assert!(PLANTED.iter().all(|planted| !all.contains(planted)), "{all}");
    let [decision] = &decisions(&folder.path().join("log"))[..] else { panic!("one") };
    assert_eq!(decision.snapshot, None);
    assert_eq!(decision.text_error.as_deref(), Some("critic `fails` gave no opinion"));
}

#[tokio::test(start_paused = true)]
async fn raw_texts_take_both_switches_and_tell_all() {
    let (_, all) = judged(DecisionLog::builder().with_text().raw_text(), true).await;
    for planted in PLANTED.iter().chain(&["jo@mail.example"]) {
        assert!(all.contains(planted), "{planted} not in {all}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_text_that_is_too_long_for_a_line_is_left_out_and_one_too_long_for_the_queue_is_lost() {
    let (folder, all) = judged(DecisionLog::builder().with_text().max_text_bytes(50), false).await;
    assert!(!all.contains("PROMPT-7f3a"));
    let [decision] = &decisions(&folder.path().join("log"))[..] else { panic!("one") };
    assert_eq!(decision.text_error.as_deref(), Some("longer than 50 bytes"));

    let log = DecisionLog::builder().with_text().max_queued_bytes(10);
    let log = log.start(FileSink::new(folder.path().join("other"))).unwrap();
    let report = court(None, false).run_all(snapshot()).await.unwrap();
    assert_eq!(log.record(&report, Some(&snapshot()), None), None);
    assert!(log.record(&report, None, None).is_some());
    let closed = log.close(SOON);
    assert_eq!((closed.counters.written, closed.counters.lost), (1, 1));
}
