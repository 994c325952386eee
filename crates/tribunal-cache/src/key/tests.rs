use std::collections::HashSet;

use serde_json::json;
use tribunal_core::{BuildId, ConfigHash, CriticName, Origin, Reads};

use super::*;

fn reads(parts: &[&str]) -> CriticInfo {
    let mut info = CriticInfo::new(CriticName::new("judge").unwrap());
    info.reads = Reads::snapshot(parts.iter().map(|part| part.parse().unwrap()));
    info
}

fn of(parts: &[&str], json: &Value) -> [u8; 32] {
    let snapshot = Snapshot::from_json(json.to_string().as_bytes()).unwrap();
    Key::of(&reads(parts), &snapshot).unwrap().0
}

#[test]
fn a_critic_that_does_not_say_what_it_reads_has_no_key() {
    let mut info = reads(&[]);
    info.reads = Reads::Unknown;
    assert!(Key::of(&info, &Snapshot::of_input("x")).is_none());
}

#[test]
fn what_is_missing_empty_null_or_of_another_kind_differs() {
    let values = [
        json!({"input_text": "x"}),
        json!({"context": {"a": null}}),
        json!({"context": {"a": ""}}),
        json!({"context": {"a": []}}),
        json!({"context": {"a": {}}}),
        json!({"context": {"a": "null"}}),
        json!({"context": {"a": false}}),
        json!({"context": {"a": true}}),
        json!({"context": {"a": 0}}),
        json!({"context": {"a": 0.0}}),
        json!({"context": {"a": "0"}}),
        json!({"context": {"a": [0]}}),
        json!({"context": {"a": ["", ""]}}),
        json!({"context": {"a": {"": ""}}}),
    ];
    let keys: HashSet<_> = values.iter().map(|value| of(&["/context/a"], value)).collect();
    assert_eq!(keys.len(), values.len());
}

#[test]
fn texts_that_run_together_to_the_same_differ() {
    let parts = ["/input_text", "/model_response"];
    let pairs = [("ab", "c"), ("a", "bc"), ("abc", ""), ("", "abc")];
    let keys = pairs.map(|(a, b)| of(&parts, &json!({"input_text": a, "model_response": b})));
    assert_eq!(HashSet::from(keys).len(), pairs.len());
    let lists =
        [json!(["ab", "c"]), json!(["a", "bc"]), json!([["ab"], "c"]), json!(["ab", ["c"]])];
    let keys = lists.map(|list| of(&["/context/a"], &json!({"context": {"a": list}})));
    assert_eq!(HashSet::from(keys).len(), 4);
}

#[test]
fn only_what_is_read_counts() {
    let one = json!({"input_text": "x", "context": {"a": 1, "b": 1}, "trace_id": "1", "id": 1});
    let other = json!({"input_text": "x", "context": {"a": 1, "b": 2}, "trace_id": "2", "id": 2});
    for (parts, same) in [
        (&["/input_text"][..], true),
        (&["/input_text", "/context/a"], true),
        (&["/context/b"], false),
        (&["/context"], false),
        (&["/trace_id"], false),
        (&["/id"], false),
        (&[""], false),
        (&["/phase"], true),
    ] {
        assert_eq!(of(parts, &one) == of(parts, &other), same, "{parts:?}");
    }
    let answered = json!({"input_text": "x", "model_response": "y"});
    assert_ne!(of(&["/phase"], &one), of(&["/phase"], &answered));
}

#[test]
fn an_attribute_of_a_members_name_counts_where_that_member_is_read() {
    let with = |text: &str| Snapshot::builder().attribute("input_text", text).build();
    for part in ["/input_text", "/input_text/x", ""] {
        let info = reads(&[part]);
        assert!(Key::of(&info, &with("a")) != Key::of(&info, &with("b")), "{part}");
    }
}

#[test]
fn another_name_configuration_or_orchestrator_is_another_key() {
    let snapshot = Snapshot::of_input("x");
    let plain = reads(&["/input_text"]);
    let mut named = plain.clone();
    named.name = CriticName::new("other").unwrap();
    let mut set = plain.clone();
    set.origin = Origin::told_by(ConfigHash([1; 16]));
    let mut built = plain.clone();
    built.origin = Origin::within(ConfigHash::default(), BuildId::next());
    let mut rebuilt = plain.clone();
    rebuilt.origin = Origin::within(ConfigHash::default(), BuildId::next());
    let keys = [plain, named, set, built, rebuilt].map(|info| Key::of(&info, &snapshot).unwrap().0);
    assert_eq!(HashSet::from(keys).len(), 5);
}

#[test]
fn what_is_nested_too_deep_has_no_key() {
    let deep = (0..200).fold(json!(1), |inside, _| json!([inside]));
    let snapshot = Snapshot::builder().with("a", deep).build();
    assert!(Key::of(&reads(&["/context/a"]), &snapshot).is_none());
    assert!(Key::of(&reads(&["/input_text"]), &snapshot).is_some());
}
