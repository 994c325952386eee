use proptest::prelude::*;
use serde_json::json;
use tribunal_core::{Opinion, Snapshot};

use super::*;

fn critic() -> ToolCall {
    let search = json!({
        "type": "object",
        "required": ["query"],
        "properties": {"query": {"type": "string", "maxLength": 5}, "limit": {"type": "integer"}}
    });
    let open = json!({"properties": {"a": {"type": "integer"}}, "additionalProperties": {"type": "integer"}});
    let tools = [
        Tool::new("search").arguments(&search).unwrap(),
        Tool::new("open").arguments(&open).unwrap(),
        Tool::new("today"),
    ];
    ToolCall::new("/context/call".parse().unwrap(), tools).unwrap()
}

fn review(critic: &ToolCall, call: Value) -> Opinion {
    let snapshot = Snapshot::builder().with("call", call).build();
    match critic.review(View::of(&snapshot)) {
        Answer::Now(opinion) => opinion.unwrap(),
        Answer::Later(_) => panic!("answers at once"),
    }
}

fn codes(call: Value) -> Vec<String> {
    let opinion = review(&critic(), call);
    opinion.violations.iter().map(|found| found.code.to_string()).collect()
}

#[test]
fn a_call_is_understood_in_every_form() {
    for fine in [
        json!({"name": "search", "arguments": {"query": "a"}}),
        json!({"name": "search", "arguments": "{\"query\": \"a\", \"limit\": 3}"}),
        json!({"id": "1", "type": "function", "function": {"name": "search", "arguments": "{\"query\":\"a\"}"}}),
        json!({"type": "tool_use", "id": "1", "name": "search", "input": {"query": "a"}}),
        json!({"name": "search", "args": {"query": "a"}}),
        json!([{"name": "today"}, {"name": "today", "arguments": null}, {"name": "today", "arguments": ""}]),
        json!("[{\"name\": \"search\", \"arguments\": {\"query\": \"a\"}}]"),
        json!({"name": "open", "arguments": {"a": 1, "b": 2}}),
        json!({"name": "today", "arguments": {"anything": [1]}}),
    ] {
        assert_eq!(codes(fine.clone()), Vec::<String>::new(), "{fine}");
    }
}

#[test]
fn what_is_wrong_with_a_call_has_its_code() {
    for (code, call) in [
        ("tool_call.unknown_tool", json!({"name": "rm", "arguments": {}})),
        ("tool_call.unknown_tool", json!({"name": "Search", "arguments": {"query": "a"}})),
        ("tool_call.not_json", json!({"name": "search", "arguments": "{query: 1}"})),
        (
            "tool_call.not_json",
            json!({"name": "search", "arguments": "{\"query\": \"a\"} and more"}),
        ),
        (
            "tool_call.duplicate_key",
            json!({"name": "search", "arguments": "{\"query\":\"a\",\"query\":\"b\"}"}),
        ),
        (
            "tool_call.additional_argument",
            json!({"name": "search", "arguments": {"query": "a", "x": 1}}),
        ),
        ("tool_call.arguments.additionalProperties", json!(null)),
        ("tool_call.arguments.required", json!({"name": "search"})),
        (
            "tool_call.arguments.maxLength",
            json!({"name": "search", "arguments": {"query": "abcdef"}}),
        ),
        ("tool_call.arguments.type", json!({"name": "open", "arguments": {"b": "x"}})),
        ("tool_call.not_an_object", json!({"name": "today", "arguments": [1]})),
        ("tool_call.not_an_object", json!({"name": "today", "arguments": "\"a\""})),
        ("tool_call.malformed", json!({"arguments": {}})),
        ("tool_call.malformed", json!({"name": 3})),
        ("tool_call.malformed", json!(7)),
        ("tool_call.malformed", json!({"name": "today", "function": {"name": "search"}})),
        (
            "tool_call.malformed",
            json!({"name": "search", "arguments": {"query": "a"}, "input": {"query": "b"}}),
        ),
        ("tool_call.not_json", json!("search(query)")),
        ("tool_call.duplicate_key", json!("{\"name\": \"today\", \"name\": \"search\"}")),
        ("tool_call.missing", json!([])),
        ("tool_call.missing", json!("  ")),
    ] {
        let expected = if call.is_null() { "tool_call.missing" } else { code };
        assert_eq!(codes(call.clone()), [expected], "{call}");
    }
}

#[test]
fn additional_properties_of_the_schema_have_the_same_code() {
    let schema = json!({"properties": {"a": {}}, "additionalProperties": false});
    let tool = Tool::new("t").arguments(&schema).unwrap();
    let critic = ToolCall::new("/context/call".parse().unwrap(), [tool]).unwrap();
    let opinion = review(&critic, json!({"name": "t", "arguments": {"b": 1}}));
    assert_eq!(opinion.violations[0].code, "tool_call.additional_argument");
    assert_eq!(opinion.violations.len(), 1);
}

#[test]
fn where_no_call_may_be_none_is_fine() {
    let optional = || critic().required(false);
    for nothing in [json!(null), json!([]), json!("")] {
        assert!(review(&optional(), nothing).violations.is_empty());
    }
    let elsewhere = Snapshot::of_input("hi");
    assert!(
        matches!(optional().review(View::of(&elsewhere)), Answer::Now(Ok(o)) if o.violations.is_empty())
    );
    assert!(
        matches!(critic().review(View::of(&elsewhere)), Answer::Now(Ok(o)) if o.violations.len() == 1)
    );
    assert_eq!(review(&optional(), json!([{"name": "rm"}])).violations.len(), 1);
}

#[test]
fn each_call_of_a_list_is_checked_and_they_are_bounded() {
    let calls = json!([{"name": "today"}, {"name": "rm"}, {"function": {"name": "search", "arguments": "x"}}]);
    let opinion = review(&critic(), calls.clone());
    let messages: Vec<&str> = opinion.violations.iter().map(|found| &*found.message).collect();
    assert_eq!(
        messages,
        ["call 2: a tool that is not allowed", "call 3 to `search`: the arguments are not JSON"]
    );
    let span = opinion.violations[1].span.as_ref().unwrap();
    assert_eq!(span.field.to_string(), "/context/call/2/function/arguments");
    assert_eq!(span.bytes, 0..1);
    assert_eq!(opinion.violations[0].span, None);

    let opinion = review(&critic().max_calls(1), calls);
    assert_eq!(opinion.violations.len(), 1);
    assert_eq!(opinion.violations[0].code, "tool_call.too_many");
}

#[test]
fn messages_have_nothing_of_what_was_found() {
    for call in [
        json!({"name": "hunter2", "arguments": {}}),
        json!({"name": "search", "arguments": "hunter2"}),
        json!({"name": "search", "arguments": {"hunter2": "hunter2", "query": "hunter2"}}),
        json!("hunter2"),
    ] {
        let opinion = review(&critic(), call);
        assert!(!opinion.violations.is_empty());
        assert!(opinion.violations.iter().all(|found| !found.message.contains("hunter2")));
    }
}

#[test]
fn parameters_that_are_wrong_are_named_down_to_the_place_in_the_schema() {
    let faults = |params: Value| -> Vec<String> {
        let built = kind().build(params.as_object().unwrap());
        built.err().unwrap().iter().map(ToString::to_string).collect()
    };
    assert_eq!(faults(json!({})), ["`pointer` is missing", "`tools` is missing"]);
    let lines = faults(json!({
        "pointer": "/context/call", "max_calls": 0, "tools": [
            {"name": "a", "arguments": {"properties": {"x": {"anyOf": [{"type": "strin"}]}}}},
            {"name": "a"}, {"name": "a"}, {"name": ""}, {"arguments": {}}, {"name": "b", "arguments": 3}, 4,
        ],
    }));
    assert_eq!(lines[0], "`max_calls` must be at least 1");
    assert!(
        lines[1].starts_with("`tools[0].arguments.properties.x.anyOf[0].type` does not do: "),
        "{lines:?}"
    );
    assert_eq!(
        lines[2..],
        [
            "`tools[2].name` is that of an earlier tool: `a`",
            "`tools[3].name` must have 1 to 128 bytes",
            "`tools[4].name` is missing",
            "`tools[5].arguments` must be a table",
            "`tools[6]` must be a table",
        ]
    );
    let fine = json!({"pointer": "", "tools": [{"name": "a", "additional": true, "arguments": {"properties": {}}}]});
    assert!(kind().build(fine.as_object().unwrap()).is_ok());
    assert_eq!(
        ToolCall::new(Pointer::input_text(), [Tool::new("")]).unwrap_err(),
        ToolCallError::Name(0)
    );
}

proptest! {
    #[test]
    fn no_text_does_harm(text in any::<String>(), arguments in any::<String>()) {
        review(&critic(), json!(text));
        review(&critic(), json!({"name": text, "arguments": arguments}));
        review(&critic(), json!([{"function": {"name": "search", "arguments": arguments}}]));
    }
}
