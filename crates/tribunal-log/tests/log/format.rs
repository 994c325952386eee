//! What a line says, and that it reads back.

use serde_json::{Value, json};
use tribunal_core::{Mode, Snapshot, Stage, Status, Verdict};
use tribunal_log::{DecisionLog, Entry, FileSink, LineHash};

use crate::made::{SOON, decisions, entries, report, small, start};

#[test]
fn a_line_tells_what_the_report_does() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let log = start(&path);
    let report = report("trace-1");
    let id = log.for_generation(4).record(&report, None, None).unwrap();
    assert!(log.close(SOON).in_time);
    let [decision] = &decisions(&path)[..] else { panic!("one decision") };
    assert_eq!((decision.decision_id, decision.generation), (id, Some(4)));
    assert_eq!(decision.trace_id.as_deref(), Some("trace-1"));
    assert_eq!(decision.config_hash, report.config_hash.to_string());
    assert_eq!(decision.verdict, Verdict::Block);
    let told = serde_json::to_value(&report).unwrap();
    for member in ["causes", "let_pass", "stages"] {
        assert_eq!(serde_json::to_value(decision).unwrap()[member], told[member], "{member}");
    }
    assert_eq!((decision.elapsed_ms, decision.cost_spent), (31.7, 0.001));
    for ((critic, outcome), line) in report.outcomes().zip(&decision.outcomes) {
        assert_eq!(line.critic, critic.name.as_str());
        assert_eq!((line.stage, line.mode), (critic.stage, critic.mode));
        assert_eq!((line.status, line.calls_for), (outcome.status, outcome.calls_for));
        assert_eq!((line.attempts, line.hedges), (outcome.attempts, outcome.hedges));
        assert_eq!(line.is_failure(), outcome.is_failure(), "{}", line.critic);
        let kind = line.reason.as_ref().map(|reason| reason.kind.as_str());
        assert_eq!(kind, outcome.reason.as_ref().map(|reason| reason.kind()));
    }
    let pii = decision.outcome("pii").unwrap();
    assert_eq!((pii.severity, pii.uncertainty, pii.score), (Some(0.9), 0.25, Some(0.75)));
    assert_eq!(
        (pii.violations, pii.codes.as_slice()),
        (3, &["pii.email".into(), "pii.\"odd\"\n".into()][..])
    );
    assert_eq!((pii.begun_ms, pii.queued_ms, pii.execution_ms), (Some(0.25), 1.25, 30.0));
    let calls = report.outcome("pii").unwrap().calls();
    assert_eq!(serde_json::to_value(&pii.calls).unwrap(), serde_json::to_value(calls).unwrap());
    assert_eq!(pii.calls.len(), 2);
    assert_eq!(decision.outcome("fine").unwrap().mode, Mode::Monitor);
    let gated = decision.outcome("gated").unwrap();
    assert_eq!((gated.stage, gated.status), (Stage::DeepAnalysis, Status::Gated));
    let text = gated.reason.as_ref().and_then(|reason| reason.text.as_deref());
    assert_eq!(text, Some("gated: highest uncertainty before it is 0.25, below 0.7"));
    assert_eq!(decision.outcome("behind").unwrap().version.as_deref(), Some(&*"07".repeat(16)));
    assert_eq!(decision.outcome("broken").unwrap().reason.as_ref().unwrap().text, None);
}

#[test]
fn every_line_reads_back_as_it_was_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let log = DecisionLog::builder().with_text().raw_text().start(FileSink::new(&path)).unwrap();
    log.record(&report("a"), Some(&Snapshot::of_input("abcd \u{1}\u{2028}é")), None).unwrap();
    log.record(&small("b"), None, Some(2)).unwrap();
    assert!(log.close(SOON).in_time);
    let text = std::fs::read_to_string(&path).unwrap();
    assert_eq!(text.lines().count(), 3);
    for line in text.lines() {
        let again = match Entry::parse(line.as_bytes()).unwrap() {
            Entry::Decision(decision) => serde_json::to_value(decision),
            Entry::Note(note) => serde_json::to_value(note),
            _ => unreachable!(),
        };
        let plain: Value = serde_json::from_str(line).unwrap();
        assert_eq!(again.unwrap(), plain);
    }
}

#[test]
fn members_of_a_later_version_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    crate::made::written(&path, 0, 1);
    let text = std::fs::read_to_string(&path).unwrap();
    let mut line: Value = serde_json::from_str(text.lines().nth(1).unwrap()).unwrap();
    line["later"] = json!({"x": 1});
    line["outcomes"][0]["tokens"] = json!([{"in": 5}]);
    let Entry::Decision(decision) = Entry::parse(line.to_string().as_bytes()).unwrap() else {
        panic!("a decision")
    };
    assert_eq!(decision.outcomes[0].other["tokens"][0]["in"], 5);
    assert_eq!(serde_json::to_value(decision).unwrap(), line);
}

#[test]
fn a_file_begins_by_saying_that_it_was_opened_and_each_start_says_so_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    crate::made::written(&path, 0, 1);
    crate::made::written(&path, 1, 1);
    let all = entries(&path);
    let is_opened = |entry: &Entry| matches!(entry, Entry::Note(note) if note.opened.is_some());
    assert_eq!(all.iter().map(is_opened).collect::<Vec<_>>(), [true, false, true, false]);
    let links: Vec<_> = all.iter().map(Entry::link).collect();
    assert_eq!((links[0].seq, links[0].prev), (0, LineHash::NONE));
    assert!(links.windows(2).all(|two| two[1].prev == two[0].hash && two[1].seq == two[0].seq + 1));
}

#[test]
fn a_text_that_is_no_line_is_refused_without_being_repeated() {
    for text in ["", "{", "secret", "{\"secret\":1}", "[\"secret\"]"] {
        let error = Entry::parse(text.as_bytes()).unwrap_err().to_string();
        assert!(!error.contains("secret"), "{error}");
    }
}
