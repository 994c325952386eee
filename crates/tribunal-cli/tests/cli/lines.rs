//! One report for each line, in order, whatever the line holds.

use serde_json::{Value, json};

use crate::run::Folder;

#[test]
fn each_line_has_its_report_in_order_with_its_id() {
    let input = concat!(
        r#"{"id": "a", "trace_id": "t1", "input_text": "fine"}"#,
        "\n",
        r#"{"id": 7, "input_text": "bad"}"#,
        "\n",
        r#"{"id": {"x": [1]}, "input_text": "odd"}"#,
        "\n",
        r#"{"input_text": "fine"}"#,
        "\n",
    );
    let done = Folder::new().judge(&[], input);
    assert_eq!(done.each("id"), [json!("a"), json!(7), json!({"x": [1]}), Value::Null]);
    assert_eq!(done.each("line"), [1, 2, 3, 4]);
    assert_eq!(done.each("verdict"), ["allow", "block", "review", "allow"]);
    let first = &done.lines()[0];
    assert_eq!(first["input"], "-");
    assert_eq!(first["trace_id"], "t1");
    assert_eq!(first["outcomes"][0]["critic"], "words");
    assert_eq!(first["outcomes"][1]["status"], "gated");
    assert_eq!(first["cost_saved"], 2.5);
    let keys: Vec<_> = first.as_object().unwrap().keys().collect();
    assert!(keys.iter().any(|key| *key == "config_hash"), "{keys:?}");
}

#[test]
fn a_line_that_is_no_snapshot_says_so_and_the_rest_goes_on() {
    let cases: [(&[u8], &str, Value); 12] = [
        (b"{\"id\": \"a\", \"input_text\": ", "not readable as JSON", Value::Null),
        (b"plain text", "not readable as JSON", Value::Null),
        (br#"{"id": "a", "input_text": 3}"#, "`input_text` must be a string", json!("a")),
        (br#"{"id": 2, "context": []}"#, "`context` must be an object", json!(2)),
        (br#"{"input_text": "a", "input_text": "b"}"#, "stands twice", Value::Null),
        (br#"{"id": 1, "id": 2, "input_text": "b"}"#, "stands twice", Value::Null),
        (b"{}", "nothing to judge", Value::Null),
        (b"[]", "a snapshot is a JSON object", Value::Null),
        (b"null", "a snapshot is a JSON object", Value::Null),
        (b"{\"input_text\": \"\xff\xfe\"}", "not readable as JSON", Value::Null),
        (br#"{"id": "p", "phase": "sideways"}"#, "`phase` must be", json!("p")),
        (br#"{"input_text": "a"} {"input_text": "b"}"#, "trailing", Value::Null),
    ];
    let mut input = Vec::new();
    for (line, _, _) in &cases {
        input.extend_from_slice(line);
        input.push(b'\n');
    }
    input.extend_from_slice(br#"{"id": "last", "input_text": "fine"}"#);
    let done = Folder::new().judge(&[], input);
    let lines = done.lines();
    assert_eq!(lines.len(), cases.len() + 1);
    for ((line, error, id), report) in cases.iter().zip(&lines) {
        let line = String::from_utf8_lossy(line);
        assert!(report["error"].as_str().unwrap().contains(error), "{line}: {report}");
        assert_eq!(report["id"], *id, "{line}");
        assert_eq!(report["verdict"], Value::Null, "{line}");
    }
    assert_eq!(lines[cases.len()]["verdict"], "allow");
    assert_eq!(done.status, 3);
}

#[test]
fn a_line_that_is_too_long_is_reported_and_the_next_is_judged() {
    let fine = r#"{"id": "a", "input_text": "fine"}"#;
    let long = format!(r#"{{"id": "b", "input_text": "{}"}}"#, "x".repeat(3_000_000));
    let input = format!("{fine}\n{long}\n{fine}\n");
    let done = Folder::new().judge(&["--max-line-bytes", "1000"], &input);
    let lines = done.lines();
    assert_eq!(lines.len(), 3);
    let error = format!("the line is {} bytes long, and may be 1000", long.len());
    assert_eq!(lines[1]["error"], error);
    assert_eq!(lines[2]["verdict"], "allow");
    assert_eq!(done.status, 3);
}

#[test]
fn marks_line_ends_and_blank_lines_do_not_matter() {
    let input = b"\xEF\xBB\xBF{\"id\": 1, \"input_text\": \"fine\"}\r\n\r\n   \n\n{\"id\": 2, \"input_text\": \"fine\"}";
    let done = Folder::new().judge(&[], input);
    assert_eq!(done.each("id"), [1, 2]);
    assert_eq!(done.each("line"), [1, 5]);
    assert_eq!(done.status, 0);
    let none = Folder::new().judge(&[], "");
    assert_eq!((none.status, none.out.as_str()), (0, ""));
}

#[test]
fn several_inputs_are_read_in_the_order_named() {
    let folder = Folder::new();
    folder.write("one.jsonl", "\u{feff}{\"input_text\": \"1\"}\n{\"input_text\": \"2\"}");
    folder.write("two.jsonl", "\u{feff}{\"input_text\": \"bad\"}\n");
    let done = folder.judge(&["two.jsonl", "-", "one.jsonl"], "{\"input_text\": \"3\"}\n");
    assert_eq!(done.each("input"), ["two.jsonl", "-", "one.jsonl", "one.jsonl"]);
    assert_eq!(done.each("line"), [1, 1, 1, 2]);
    assert_eq!(done.each("verdict"), ["block", "allow", "allow", "allow"]);
}

#[test]
fn many_lines_come_out_as_many_and_in_order() {
    let count = 20_000_u64;
    let mut input = String::new();
    for id in 0..count {
        let text = if id % 100 == 99 { "bad" } else { "fine" };
        // Long lines among short ones, so that they are not done in the order they are begun.
        let pad = "x".repeat(if id % 50 == 0 { 20_000 } else { 10 });
        input.push_str(&format!("{{\"id\": {id}, \"input_text\": \"{text} {pad}\"}}\n"));
    }
    for in_flight in ["1", "64"] {
        let done = Folder::new().judge(&["--in-flight", in_flight], &input);
        let lines = done.lines();
        assert_eq!(lines.len() as u64, count);
        for (id, line) in (0..count).zip(&lines) {
            assert_eq!(line["id"], id);
            assert_eq!(line["line"], id + 1);
            let verdict = if id % 100 == 99 { "block" } else { "allow" };
            assert_eq!(line["verdict"], verdict);
        }
        assert_eq!(done.status, 1);
    }
}

/// A pipeline that admits few runs at a time is not overrun by the command itself.
#[test]
fn no_line_is_refused_for_the_commands_own_load() {
    let folder = Folder::new();
    let config = format!("[run]\nmax_runs = 1\nmax_queued_runs = 0\n{}", crate::run::CONFIG);
    folder.write("pipeline.toml", config);
    let done = folder.judge(&["--in-flight", "64"], "{\"input_text\": \"fine\"}\n".repeat(500));
    assert_eq!(done.status, 0, "{}", done.err);
    assert_eq!(done.lines().len(), 500);
}
