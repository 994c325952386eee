//! JSON Schemas that would never end, fetch something, or cannot be schemas; and values that are too much for one.

use serde_json::{Map, Value, json};
use tribunal_schema::Schema;

use crate::check;

/// Why the schema is refused; or what is wrong with the value, at most three things.
fn answer((schema, value): (Value, Value)) -> String {
    let answer = match Schema::compile(&schema) {
        Err(error) => format!("refused: {error}"),
        Ok(compiled) => {
            let (faults, more) = compiled.faults_and_more(&value, 3);
            let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
            match lines.as_slice() {
                [] => "valid".into(),
                lines => {
                    format!("{}{}", lines.join("; "), if more > 0 { "; and more" } else { "" })
                }
            }
        }
    };
    // Some nest deeper than they could be dropped.
    for json in [schema, value] {
        std::mem::forget(json);
    }
    answer
}

/// Definitions `l0` to `lN`, each made of a reference to the next.
fn chain(levels: usize, link: impl Fn(Value) -> Value) -> Value {
    let next = |level: usize| json!({"$ref": format!("#/$defs/l{}", level + 1)});
    let mut defs: Map<String, Value> =
        (0..levels).map(|level| (format!("l{level}"), link(next(level)))).collect();
    defs.insert(format!("l{levels}"), json!({"type": "string"}));
    json!({"$ref": "#/$defs/l0", "$defs": defs})
}

fn nested(levels: usize) -> Value {
    // Not by `json!`, which copies what it is given, level by level.
    (0..levels).fold(json!(1), |inner, _| Value::Array(vec![inner]))
}

fn negated(levels: usize) -> Value {
    let not = |inner| Value::Object(Map::from_iter([("not".to_owned(), inner)]));
    (0..levels).fold(json!({}), |inner, _| not(inner))
}

#[test]
fn schemas_that_would_never_end_or_fetch_something_are_refused() {
    let twice = |keyword: &'static str| move |next: Value| json!({keyword: [next, next]});
    check(
        vec![
            (
                "allOf doubled 22 times",
                (chain(22, twice("allOf")), json!("x")),
                "refused: the schema would visit subschemas more than 100000 times for a single value",
            ),
            (
                "allOf doubled 64 times",
                (chain(64, twice("allOf")), json!("x")),
                "refused: the schema would visit subschemas more than 100000 times for a single value",
            ),
            (
                "anyOf doubled 30 times",
                (chain(30, twice("anyOf")), json!(1)),
                "refused: the schema would visit subschemas more than 100000 times for a single value",
            ),
            (
                "oneOf doubled 30 times",
                (chain(30, twice("oneOf")), json!(1)),
                "refused: the schema would visit subschemas more than 100000 times for a single value",
            ),
            ("allOf doubled 8 times", (chain(8, twice("allOf")), json!("x")), "valid"),
            (
                "not of not, 1,000 times",
                (chain(1_000, |next| json!({"not": next})), json!("x")),
                "refused: the schema leads through more than 200 subschemas in a row",
            ),
            (
                "itself",
                (json!({"$ref": "#"}), json!(1)),
                "refused: at ``: the references lead back here without going deeper into the value",
            ),
            (
                "itself, within allOf",
                (json!({"allOf": [{"$ref": "#"}]}), json!(1)),
                "refused: at ``: the references lead back here without going deeper into the value",
            ),
            (
                "itself, within not",
                (json!({"not": {"$ref": "#"}}), json!(1)),
                "refused: at ``: the references lead back here without going deeper into the value",
            ),
            (
                "itself, within if",
                (json!({"if": {"$ref": "#"}, "then": true}), json!(1)),
                "refused: at ``: the references lead back here without going deeper into the value",
            ),
            (
                "itself, dynamically",
                (json!({"$dynamicAnchor": "a", "$dynamicRef": "#a"}), json!(1)),
                "valid",
            ),
            (
                "itself, dynamically, and a type",
                (json!({"$dynamicAnchor": "a", "$dynamicRef": "#a", "type": "string"}), json!(1)),
                "expected type `string`",
            ),
            (
                "two, of each other",
                (
                    json!({"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}}),
                    json!(1),
                ),
                "refused: at `/$defs/a`: the references lead back here without going deeper into the value",
            ),
            ("itself, within the value", (json!({"items": {"$ref": "#"}}), nested(100)), "valid"),
            (
                "a reference to nothing",
                (json!({"$ref": "#/$defs/a"}), json!(1)),
                "refused: cannot resolve Pointer '/$defs/a' does not exist: only what stands in the schema itself can be referred to",
            ),
            (
                "a reference to no pointer",
                (json!({"$ref": "#nothing"}), json!(1)),
                "refused: cannot resolve Anchor 'nothing' does not exist: only what stands in the schema itself can be referred to",
            ),
            (
                "http",
                (json!({"$ref": "http://127.0.0.1:1/s.json"}), json!(1)),
                "refused: cannot resolve Resource 'http://127.0.0.1:1/s.json' is not present in a registry and retrieving it failed: Retrieval is disabled, canno…: only what stands in the schema itself can be referred to",
            ),
            (
                "https",
                (json!({"$ref": "https://example.com/s.json"}), json!(1)),
                "refused: cannot resolve Resource 'https://example.com/s.json' is not present in a registry and retrieving it failed: Retrieval is disabled, cann…: only what stands in the schema itself can be referred to",
            ),
            (
                "a file",
                (json!({"$ref": "file:///etc/passwd"}), json!(1)),
                "refused: cannot resolve Resource 'file:///etc/passwd' is not present in a registry and retrieving it failed: Retrieval is disabled, cannot fetch…: only what stands in the schema itself can be referred to",
            ),
            (
                "a relative file",
                (json!({"$ref": "../secrets.json"}), json!(1)),
                "refused: cannot resolve Resource '../secrets.json' is not present in a registry and retrieving it failed: No base URI is available: only what stands in the schema itself can be referred to",
            ),
            (
                "the metadata service",
                (json!({"$ref": "http://169.254.169.254/latest/"}), json!(1)),
                "refused: cannot resolve Resource 'http://169.254.169.254/latest/' is not present in a registry and retrieving it failed: Retrieval is disabled, …: only what stands in the schema itself can be referred to",
            ),
            (
                "a schema of its own kind",
                (json!({"$schema": "https://example.com/kind"}), json!(1)),
                "refused: cannot resolve Unknown meta-schema: 'https://example.com/kind'. Custom meta-schemas must be registered in the registry before use: only what stands in the schema itself can be referred to",
            ),
        ],
        20,
        answer,
    );
}

#[test]
fn what_is_no_schema_is_refused_in_its_place() {
    check(
        vec![
            (
                "a number",
                (json!(1), json!(1)),
                "refused: at ``: expected one of the types `boolean`, `object`",
            ),
            (
                "a text",
                (json!("string"), json!(1)),
                "refused: at ``: expected one of the types `boolean`, `object`",
            ),
            (
                "null",
                (Value::Null, json!(1)),
                "refused: at ``: expected one of the types `boolean`, `object`",
            ),
            (
                "a list",
                (json!([]), json!(1)),
                "refused: at ``: expected one of the types `boolean`, `object`",
            ),
            (
                "an unknown type",
                (json!({"type": "strin"}), json!(1)),
                "refused: at `/type`: a match of at least one schema of `anyOf`",
            ),
            (
                "a type in capitals",
                (json!({"type": "String"}), json!(1)),
                "refused: at `/type`: a match of at least one schema of `anyOf`",
            ),
            (
                "no types",
                (json!({"type": []}), json!(1)),
                "refused: at `/type`: a match of at least one schema of `anyOf`",
            ),
            (
                "required as a text",
                (json!({"required": "a"}), json!(1)),
                "refused: at `/required`: expected type `array`",
            ),
            (
                "properties as a list",
                (json!({"properties": []}), json!(1)),
                "refused: at `/properties`: expected type `object`",
            ),
            (
                "a negative length",
                (json!({"maxLength": -1}), json!(1)),
                "refused: at `/maxLength`: at least 0",
            ),
            (
                "half a length",
                (json!({"maxLength": 1.5}), json!(1)),
                "refused: at `/maxLength`: expected type `integer`",
            ),
            (
                "a length as text",
                (json!({"maxLength": "3"}), json!(1)),
                "refused: at `/maxLength`: expected type `integer`",
            ),
            (
                "a multiple of 0",
                (json!({"multipleOf": 0}), json!(1)),
                "refused: at `/multipleOf`: more than 0",
            ),
            (
                "enum as a text",
                (json!({"enum": "a"}), json!(1)),
                "refused: at `/enum`: expected type `array`",
            ),
            (
                "allOf of nothing",
                (json!({"allOf": []}), json!(1)),
                "refused: at `/allOf`: at least 1 items",
            ),
            (
                "look-ahead",
                (json!({"pattern": "(?=a)b"}), json!(1)),
                "refused: at `/pattern`: must be a regular expression without look-around and back-references, and not too large",
            ),
            (
                "a back-reference",
                (json!({"pattern": r"(a)\1"}), json!(1)),
                "refused: at `/pattern`: must be a regular expression without look-around and back-references, and not too large",
            ),
            (
                "a parenthesis alone",
                (json!({"pattern": "("}), json!(1)),
                "refused: at `/pattern`: must be a regular expression without look-around and back-references, and not too large",
            ),
            (
                "counted repeats of counted repeats",
                (json!({"pattern": "((a{1,100}){1,100}){1,100}"}), json!(1)),
                "refused: at `/pattern`: must be a regular expression without look-around and back-references, and not too large",
            ),
            (
                "a million repeats",
                (json!({"pattern": "a{1000000}"}), json!(1)),
                "refused: at `/pattern`: must be a regular expression without look-around and back-references, and not too large",
            ),
            (
                "such a pattern for names",
                (json!({"patternProperties": {"(": {}}}), json!(1)),
                "refused: at `/patternProperties/(`: must be a regular expression without look-around and back-references, and not too large",
            ),
            (
                "more than 64 KB",
                (json!({"description": "x".repeat(1 << 20)}), json!(1)),
                "refused: the schema takes more than 262144 bytes",
            ),
            (
                "100 levels",
                (negated(100), json!(1)),
                "refused: the schema nests deeper than 64 levels",
            ),
            (
                "100,000 levels",
                (negated(100_000), json!(1)),
                "refused: the schema nests deeper than 64 levels",
            ),
        ],
        24,
        answer,
    );
}

#[test]
fn values_get_an_answer_however_odd_they_are() {
    let bomb = json!({"allOf": [{"items": {"$ref": "#"}}, {"items": {"$ref": "#"}}]});
    let text = json!({"type": "string"});
    check(
        vec![
            (
                "a catastrophic pattern that matches",
                (json!({"pattern": "^(a+)+$"}), json!("a".repeat(50_000))),
                "valid",
            ),
            (
                "a catastrophic pattern that does not",
                (json!({"pattern": "^(a+)+$"}), json!("a".repeat(50_000) + "!")),
                "a match of the pattern `^(a+)+$`",
            ),
            (
                "a value that doubles the work",
                (bomb.clone(), nested(60)),
                "an instance that takes fewer checks",
            ),
            ("a value of 128 levels", (json!({}), nested(128)), "valid"),
            ("a value of 129 levels", (json!({}), nested(129)), "nesting of at most 128 levels"),
            (
                "a value of 100,000 levels",
                (json!({}), nested(100_000)),
                "nesting of at most 128 levels",
            ),
            (
                "the same, recursively",
                (json!({"items": {"$ref": "#"}}), nested(100_000)),
                "nesting of at most 128 levels",
            ),
            ("false takes nothing", (json!(false), json!(1)), "nothing at all here"),
            ("1.0 is an integer", (json!({"type": "integer"}), json!(1.0)), "valid"),
            (
                "2^64 is one too",
                (json!({"type": "integer"}), json!(18_446_744_073_709_551_615_u64)),
                "valid",
            ),
            ("a number as text", (json!({"type": "number"}), json!("1")), "expected type `number`"),
            ("true as text", (json!({"const": true}), json!("true")), "exactly true"),
            ("null for text", (text.clone(), Value::Null), "expected type `string`"),
            (
                "a member with a name of its own choice",
                (
                    json!({"properties": {"a": text}, "additionalProperties": false}),
                    json!({"\u{1b}[2J": 1}),
                ),
                "no members other than those the schema names",
            ),
            (
                "a name with a slash and a tilde",
                (json!({"properties": {"a/~b": {"type": "null"}}}), json!({"a/~b": 1})),
                "at `/a~1~0b`: expected type `null`",
            ),
            (
                "10,000 items, all wrong",
                (json!({"items": {"type": "null"}}), json!(vec![1; 10_000])),
                "at `/0`: expected type `null`; at `/1`: expected type `null`; at `/2`: expected type `null`; and more",
            ),
            (
                "10,000 items, none twice",
                (json!({"uniqueItems": true}), json!((0..10_000).collect::<Vec<_>>())),
                "valid",
            ),
            ("characters, not bytes", (json!({"maxLength": 1}), json!("\u{1f600}")), "valid"),
            (
                "characters, not what one sees",
                (json!({"maxLength": 1}), json!("e\u{301}")),
                "at most 1 characters",
            ),
            ("an empty name", (json!({"required": [""]}), json!({})), "required ``"),
        ],
        20,
        answer,
    );
}
