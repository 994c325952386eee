use serde_json::json;

use super::*;

fn error(schema: Value) -> SchemaError {
    Schema::compile(&schema).unwrap_err()
}

/// `{"allOf": [next, next]}`, so many levels of it.
fn doubling(levels: usize) -> Value {
    let mut defs = serde_json::Map::new();
    for level in 0..levels {
        let next = json!({"$ref": format!("#/$defs/l{}", level + 1)});
        defs.insert(format!("l{level}"), json!({"allOf": [next, next]}));
    }
    defs.insert(format!("l{levels}"), json!({"type": "string"}));
    json!({"$ref": "#/$defs/l0", "$defs": defs})
}

fn nested(levels: usize, wrap: impl Fn(Value) -> Value) -> Value {
    (0..levels).fold(json!(1), |inner, _| wrap(inner))
}

#[test]
fn a_schema_that_doubles_its_work_at_every_level_is_refused() {
    assert!(Schema::compile(&doubling(8)).is_ok());
    assert_eq!(error(doubling(22)), SchemaError::TooManyVisits { limit: 100_000 });
    assert_eq!(error(doubling(40)), SchemaError::TooManyVisits { limit: 100_000 });
}

#[test]
fn unevaluated_members_asked_for_at_every_level_are_counted() {
    let schema = |levels: usize| {
        let mut defs = serde_json::Map::new();
        for level in 0..levels {
            let next = json!({"$ref": format!("#/$defs/l{}", level + 1)});
            let asks = json!({"allOf": [next], "unevaluatedProperties": {"type": "string"}});
            defs.insert(format!("l{level}"), asks);
        }
        defs.insert(format!("l{levels}"), json!({"properties": {"b": true}}));
        json!({"$ref": "#/$defs/l0", "$defs": defs})
    };
    assert!(Schema::compile(&schema(6)).unwrap().is_valid(&json!({"a": "x", "b": 1})));
    assert_eq!(error(schema(40)), SchemaError::TooManyVisits { limit: 100_000 });
}

#[test]
fn a_schema_beyond_its_size_or_depth_is_refused() {
    let large = json!({"description": "x".repeat(Schema::MAX_BYTES)});
    assert_eq!(error(large), SchemaError::TooLarge { limit: Schema::MAX_BYTES });
    let deep = nested(100, |inner| json!({"not": inner}));
    assert_eq!(error(deep), SchemaError::TooDeep { limit: 64 });
    let very_deep = nested(100_000, |inner| Value::Array(vec![inner]));
    assert!(Schema::compile(&very_deep).is_err());
    // Dropping it would recurse as deep as it nests.
    std::mem::forget(very_deep);
}

#[test]
fn a_long_chain_of_references_is_refused() {
    let mut defs = serde_json::Map::new();
    for link in 0..1_000 {
        defs.insert(format!("l{link}"), json!({"$ref": format!("#/$defs/l{}", link + 1)}));
    }
    let chain = json!({"$ref": "#/$defs/l0", "$defs": defs});
    assert_eq!(error(chain), SchemaError::TooLong { limit: Schema::MAX_CHAIN });
}

#[test]
fn references_that_never_enter_the_value_are_refused() {
    assert_eq!(error(json!({"$ref": "#"})), SchemaError::Endless { at: String::new() });
    let circle = json!({
        "$ref": "#/$defs/a",
        "$defs": {"a": {"allOf": [{"$ref": "#/$defs/b"}]}, "b": {"not": {"$ref": "#/$defs/a"}}}
    });
    assert!(matches!(error(circle), SchemaError::Endless { .. }));
}

#[test]
fn a_reference_out_of_the_document_is_refused_and_one_inside_is_not() {
    for outside in
        ["http://localhost/s.json", "https://example.com/s", "file:///etc/passwd", "other.json"]
    {
        let error = error(json!({"$ref": outside}));
        assert!(matches!(error, SchemaError::Reference { .. }), "{outside}: {error:?}");
    }
    let inside = json!({
        "$ref": "https://example.com/tree",
        "$defs": {"tree": {"$id": "https://example.com/tree", "type": "integer"}}
    });
    let schema = Schema::compile(&inside).unwrap();
    assert!(schema.is_valid(&json!(1)) && !schema.is_valid(&json!("x")));
}

#[test]
fn a_recursive_schema_follows_a_tree_and_stops_where_one_doubles_the_work() {
    let tree = json!({
        "type": "object",
        "properties": {"left": {"$ref": "#"}, "right": {"$ref": "#"}, "value": {"type": "integer"}},
        "additionalProperties": false
    });
    let schema = Schema::compile(&tree).unwrap();
    let deep = (0..100).fold(json!({}), |inner, _| json!({"left": inner, "value": 1}));
    assert!(schema.is_valid(&deep));

    for twice in [json!({"$ref": "#"}), json!({"$dynamicRef": "#all"}), json!({"$ref": "#all"})] {
        let bomb = json!({
            "$dynamicAnchor": "all",
            "allOf": [{"properties": {"a": twice}}, {"properties": {"a": twice}}]
        });
        let schema = Schema::compile(&bomb).unwrap();
        assert!(schema.is_valid(&nested(8, |inner| json!({"a": inner}))));
        let faults = schema.faults(&nested(100, |inner| json!({"a": inner})), 10);
        assert_eq!(faults.len(), 1);
        assert_eq!(faults[0].keyword, "work");
    }
}

/// Runs on the 2 MiB stack of a test thread, without optimisation: the worst there is.
#[test]
fn the_deepest_recursion_that_is_allowed_fits_the_stack() {
    let entered = json!({"additionalProperties": {"$ref": "#"}, "type": "object"});
    for levels in [1, 5, 11, 28] {
        let schema = Schema::compile(&(0..levels).fold(entered.clone(), |inner, level| {
            let keyword = if level % 2 == 0 { "allOf" } else { "anyOf" };
            json!({keyword: [inner]})
        }))
        .unwrap();
        let nested =
            |depth: usize, bottom: Value| (1..depth).fold(bottom, |inner, _| json!({"a": inner}));
        let deepest = (1..=128).rev().find(|depth| schema.is_valid(&nested(*depth, json!({}))));
        let deepest = deepest.unwrap();
        assert!(deepest >= 40, "{levels} levels: {deepest}");
        // Wrong at the bottom: every level gathers what the next has found.
        let faults = schema.faults(&nested(deepest, json!(1)), 3);
        assert!(faults.iter().any(|fault| fault.keyword != "depth"), "{faults:?}");
    }
}

#[test]
fn an_instance_that_nests_too_deep_is_a_fault() {
    let schema = Schema::compile(&json!({})).unwrap();
    assert!(schema.is_valid(&nested(128, |inner| json!([inner]))));
    let deep = nested(129, |inner| json!([inner]));
    assert!(!schema.is_valid(&deep));
    assert_eq!(schema.faults(&deep, 3)[0].keyword, "depth");
}

#[test]
fn patterns_run_in_linear_time_and_others_are_refused() {
    let schema = Schema::compile(&json!({"pattern": "^(a+)+$"})).unwrap();
    assert!(!schema.is_valid(&json!("a".repeat(10_000) + "b")));
    assert!(schema.is_valid(&json!("a".repeat(10_000))));
    for refused in ["(?=look)ahead", r"(a)\1", "a{1000}{1000}{1000}", "("] {
        let error = error(json!({"properties": {"x": {"pattern": refused}}}));
        assert_eq!(error.at(), Some("/properties/x/pattern"), "{refused}: {error}");
    }
}

#[test]
fn a_keyword_with_a_wrong_value_is_named_by_its_place() {
    let error = error(json!({"properties": {"x": {"type": "strin"}}}));
    assert_eq!(error.at(), Some("/properties/x/type"));
}

#[test]
fn faults_repeat_nothing_of_the_instance() {
    let schema = Schema::compile(&json!({
        "required": ["name"],
        "properties": {
            "mail": {"type": "string", "maxLength": 3, "pattern": "^x", "enum": ["abc", "x"]},
            "list": {"uniqueItems": true, "items": {"anyOf": [{"type": "null"}, {"const": 1}]}},
            "open": {"additionalProperties": {"type": "null"}},
            "shut": {"additionalProperties": false, "propertyNames": {"maxLength": 2}}
        }
    }))
    .unwrap();
    let faults = schema.faults(
        &json!({
            "mail": "hunter2", "list": ["hunter2", "hunter2"],
            "open": {"hunter2": "hunter2"}, "shut": {"hunter2": 1}
        }),
        100,
    );
    let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
    assert!(!lines.concat().contains("hunter2"), "{lines:#?}");
    for line in [
        "required `name`",
        "at `/mail`: at most 3 characters",
        "at `/mail`: a match of the pattern `^x`",
        "at `/mail`: one of \"abc\", \"x\"",
        "at `/list`: no item twice",
        "at `/list/0`: a match of at least one schema of `anyOf`",
        "at `/open/*`: expected type `null`",
        "at `/shut`: no members other than those the schema names",
    ] {
        assert!(lines.iter().any(|found| found == line), "{line} in {lines:#?}");
    }
}

#[test]
fn at_most_as_many_faults_as_asked_for_and_never_none_for_what_is_invalid() {
    let schema = Schema::compile(&json!({"items": {"type": "string"}})).unwrap();
    let wrong = json!([1, 2, 3, 4]);
    assert_eq!(schema.faults(&wrong, 2).len(), 2);
    assert_eq!(schema.faults(&wrong, 0).len(), 1);
    let (faults, more) = schema.faults_and_more(&wrong, 3);
    assert_eq!((faults.len(), more), (3, 1));
    assert_eq!(schema.faults_and_more(&json!(["a"]), 3), (Vec::new(), 0));
}

#[test]
fn formats_are_checked_where_the_draft_or_the_caller_says_so() {
    let wrong = json!("not an address");
    let newest = json!({"format": "email"});
    assert!(Schema::compile(&newest).unwrap().is_valid(&wrong));
    assert!(!Schema::compile_with_formats(&newest).unwrap().is_valid(&wrong));
    let older = json!({"$schema": "http://json-schema.org/draft-07/schema#", "format": "email"});
    assert!(!Schema::compile(&older).unwrap().is_valid(&wrong));
}
