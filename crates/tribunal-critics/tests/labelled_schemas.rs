//! What `json_schema` says of documents whose truth is known.
//!
//! ```sh
//! TRIBUNAL_LABELLED=json_schema.jsonl cargo test -p tribunal-critics --test labelled_schemas -- --nocapture
//! ```
//!
//! prints the figures that docs/critics.md gives.
#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a measurement that cannot be made has failed"
)]

use serde_json::{Value, json};
use tribunal_core::{Answer, Critic, Pointer, Snapshot, View};
use tribunal_critics::JsonSchema;

/// Lines with `context.schema`, `context.draft`, the document in `model_response` and `labels.schema_valid`, in the file
/// that `TRIBUNAL_LABELLED` names. Left out are those whose schema is made of other documents (`needs_remote`), and those
/// on what a validator need not do (`optional`). Without the file there is nothing to measure.
#[test]
fn documents_are_valid_where_their_label_says_so() {
    let Some(path) = std::env::var_os("TRIBUNAL_LABELLED") else { return };
    let text = std::fs::read_to_string(path).expect("a file of labelled lines");
    let (mut right, mut wrong, mut refused, mut left_out) = (0, Vec::new(), 0, 0);
    for line in text.lines() {
        let mut row: Value = serde_json::from_str(line).expect("a line of JSON");
        let truth = row["labels"]["schema_valid"].as_bool().expect("`labels.schema_valid`");
        if row["context"]["needs_remote"] == true || row["context"]["optional"] == true {
            left_out += 1;
            continue;
        }
        let draft = match row["context"]["draft"].as_str() {
            Some("draft7") => "http://json-schema.org/draft-07/schema#",
            _ => "https://json-schema.org/draft/2020-12/schema",
        };
        let mut schema = row["context"]["schema"].take();
        if let Some(members) = schema.as_object_mut() {
            members.entry("$schema").or_insert(json!(draft));
        }
        let Ok(critic) = JsonSchema::new(Pointer::model_response(), &schema) else {
            refused += 1;
            continue;
        };
        let document = row["model_response"].as_str().unwrap_or_default();
        let snapshot = Snapshot::builder().model_response(document).build();
        let Answer::Now(Ok(opinion)) = critic.review(View::of(&snapshot)) else {
            panic!("it answers at once")
        };
        if opinion.violations.is_empty() == truth {
            right += 1;
        } else {
            wrong.push(row["id"].to_string());
        }
    }
    println!("{right} of {} right, {refused} schemas refused", right + wrong.len());
    println!("{left_out} left out, wrong: {wrong:?}");
    assert!(wrong.len() * 100 <= right);
}
