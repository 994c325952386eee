//! Lines that are no snapshot, and lines that only look as if they were none.

use tribunal_core::Snapshot;

use crate::{Case, check};

/// The error; or the snapshot as JSON, or how long that is where it is long.
fn answer(line: Vec<u8>) -> String {
    match Snapshot::from_json(&line) {
        Err(error) => error.to_string(),
        Ok(snapshot) => {
            let json = snapshot.to_json().to_string();
            if json.len() > 200 { format!("taken, {} bytes", json.len()) } else { json }
        }
    }
}

fn case(what: &'static str, line: impl Into<Vec<u8>>, answer: &'static str) -> Case<Vec<u8>> {
    (what, line.into(), answer)
}

/// So many brackets around a number, as a member.
fn nested(depth: usize) -> String {
    format!("{{\"a\":{}1{}}}", "[".repeat(depth), "]".repeat(depth))
}

#[test]
fn what_is_no_json_is_refused_with_its_place() {
    check(
        vec![
            case(
                "nothing",
                "",
                "not readable as JSON: EOF while parsing a value at line 1 column 0",
            ),
            case(
                "white space",
                " \t\r\n",
                "not readable as JSON: EOF while parsing a value at line 2 column 0",
            ),
            case(
                "a byte order mark",
                b"\xEF\xBB\xBF{\"input_text\":\"a\"}".to_vec(),
                "not readable as JSON: expected value at line 1 column 1",
            ),
            case(
                "a NUL",
                b"\0".to_vec(),
                "not readable as JSON: expected value at line 1 column 1",
            ),
            case(
                "a NUL behind the end",
                b"{\"input_text\":\"a\"}\0".to_vec(),
                "not readable as JSON: trailing characters at line 1 column 19",
            ),
            case(
                "a NUL in a text",
                b"{\"input_text\":\"a\0b\"}".to_vec(),
                "not readable as JSON: control character (\\u0000-\\u001F) found while parsing a string at line 1 column 17",
            ),
            case(
                "no closing brace",
                r#"{"input_text":"a""#,
                "not readable as JSON: EOF while parsing an object at line 1 column 17",
            ),
            case(
                "no closing quote",
                r#"{"input_text":"a"#,
                "not readable as JSON: EOF while parsing a string at line 1 column 16",
            ),
            case(
                "a name without a value",
                r#"{"input_text"}"#,
                "not readable as JSON: expected `:` at line 1 column 14",
            ),
            case(
                "a name without quotes",
                r#"{input_text:"a"}"#,
                "not readable as JSON: key must be a string at line 1 column 2",
            ),
            case(
                "single quotes",
                r#"{'input_text':'a'}"#,
                "not readable as JSON: key must be a string at line 1 column 2",
            ),
            case(
                "a comma at the end",
                r#"{"input_text":"a",}"#,
                "not readable as JSON: trailing comma at line 1 column 19",
            ),
            case(
                "a comma too many",
                r#"{"a":[1,,2]}"#,
                "not readable as JSON: expected value at line 1 column 9",
            ),
            case(
                "a comment",
                r#"{"a":1} // that is all"#,
                "not readable as JSON: trailing characters at line 1 column 9",
            ),
            case(
                "two objects",
                r#"{"a":1}{"a":1}"#,
                "not readable as JSON: trailing characters at line 1 column 8",
            ),
            case(
                "HTML",
                "<html><body>502 Bad Gateway</body></html>",
                "not readable as JSON: expected value at line 1 column 1",
            ),
            case(
                "the start of an event stream",
                "data: {\"a\":1}",
                "not readable as JSON: expected value at line 1 column 1",
            ),
            case(
                "a line feed in a text",
                "{\"input_text\":\"a\nb\"}",
                "not readable as JSON: control character (\\u0000-\\u001F) found while parsing a string at line 2 column 0",
            ),
            case(
                "a tab in a text",
                "{\"input_text\":\"a\tb\"}",
                "not readable as JSON: control character (\\u0000-\\u001F) found while parsing a string at line 1 column 17",
            ),
            case(
                "an escape that is none",
                r#"{"input_text":"\x41"}"#,
                "not readable as JSON: invalid escape at line 1 column 17",
            ),
            case(
                "half an escape",
                r#"{"input_text":"\u00"}"#,
                "not readable as JSON: invalid escape at line 1 column 21",
            ),
            case(
                "a high surrogate alone",
                r#"{"input_text":"\ud83d"}"#,
                "not readable as JSON: unexpected end of hex escape at line 1 column 22",
            ),
            case(
                "a low surrogate alone",
                r#"{"input_text":"\ude00"}"#,
                "not readable as JSON: lone leading surrogate in hex escape at line 1 column 21",
            ),
            case(
                "surrogates the wrong way round",
                r#"{"input_text":"\ude00\ud83d"}"#,
                "not readable as JSON: lone leading surrogate in hex escape at line 1 column 21",
            ),
            case(
                "a surrogate as bytes",
                b"{\"input_text\":\"\xED\xA0\xBD\"}".to_vec(),
                "not readable as JSON: invalid unicode code point at line 1 column 16",
            ),
            case(
                "an overlong slash",
                b"{\"input_text\":\"\xC0\xAF\"}".to_vec(),
                "not readable as JSON: invalid unicode code point at line 1 column 16",
            ),
            case(
                "an overlong NUL",
                b"{\"input_text\":\"\xC0\x80\"}".to_vec(),
                "not readable as JSON: invalid unicode code point at line 1 column 16",
            ),
            case(
                "Latin-1",
                b"{\"input_text\":\"caf\xE9\"}".to_vec(),
                "not readable as JSON: invalid unicode code point at line 1 column 19",
            ),
            case(
                "half a character",
                b"{\"input_text\":\"\xF0\x9F\x98".to_vec(),
                "not readable as JSON: EOF while parsing a string at line 1 column 18",
            ),
            case(
                "beyond Unicode",
                b"{\"input_text\":\"\xF4\x90\x80\x80\"}".to_vec(),
                "not readable as JSON: invalid unicode code point at line 1 column 16",
            ),
            case(
                "UTF-16",
                b"\xFF\xFE{\0\"\0a\0\"\0:\x001\0}\0".to_vec(),
                "not readable as JSON: expected value at line 1 column 1",
            ),
            case(
                "a bad byte in a name",
                b"{\"\xFF\":1}".to_vec(),
                "not readable as JSON: invalid unicode code point at line 1 column 3",
            ),
            case(
                "NaN",
                r#"{"context":{"risk":NaN}}"#,
                "not readable as JSON: expected value at line 1 column 20",
            ),
            case(
                "Infinity",
                r#"{"context":{"risk":Infinity}}"#,
                "not readable as JSON: expected value at line 1 column 20",
            ),
            case(
                "-Infinity",
                r#"{"context":{"risk":-Infinity}}"#,
                "not readable as JSON: invalid number at line 1 column 21",
            ),
            case(
                "a number beyond all floats",
                r#"{"context":{"risk":1e999}}"#,
                "not readable as JSON: number out of range at line 1 column 24",
            ),
            case(
                "one below all floats",
                r#"{"context":{"risk":-1e999}}"#,
                "not readable as JSON: number out of range at line 1 column 25",
            ),
            case(
                "a leading zero",
                r#"{"a":01}"#,
                "not readable as JSON: invalid number at line 1 column 7",
            ),
            case(
                "a plus",
                r#"{"a":+1}"#,
                "not readable as JSON: expected value at line 1 column 6",
            ),
            case(
                "a dot alone",
                r#"{"a":.5}"#,
                "not readable as JSON: expected value at line 1 column 6",
            ),
            case(
                "a dot at the end",
                r#"{"a":5.}"#,
                "not readable as JSON: invalid number at line 1 column 8",
            ),
            case(
                "hexadecimal",
                r#"{"a":0x10}"#,
                "not readable as JSON: expected `,` or `}` at line 1 column 7",
            ),
            case(
                "True",
                r#"{"a":True}"#,
                "not readable as JSON: expected value at line 1 column 6",
            ),
            case(
                "undefined",
                r#"{"a":undefined}"#,
                "not readable as JSON: expected value at line 1 column 6",
            ),
        ],
        40,
        answer,
    );
}

#[test]
fn what_could_be_read_in_two_ways_is_refused() {
    check(
        vec![
            case(
                "a name twice",
                r#"{"input_text":"a","input_text":"b"}"#,
                "not readable as JSON: the name `input_text` stands twice in one object at line 1 column 35",
            ),
            case(
                "the same twice",
                r#"{"a":1,"a":1}"#,
                "not readable as JSON: a name stands twice in one object at line 1 column 13",
            ),
            case(
                "twice, once as an escape",
                r#"{"a":1,"\u0061":2}"#,
                "not readable as JSON: a name stands twice in one object at line 1 column 18",
            ),
            case(
                "twice, deep inside",
                r#"{"a":[{"b":{"c":1,"c":2}}]}"#,
                "not readable as JSON: a name stands twice in one object at line 1 column 24",
            ),
            case(
                "the empty name twice",
                r#"{"":1,"":2}"#,
                "not readable as JSON: a name stands twice in one object at line 1 column 11",
            ),
            case(
                "a name that steers terminals, twice",
                r#"{"\u001b[2J":1,"\u001b[2J":2}"#,
                "not readable as JSON: a name stands twice in one object at line 1 column 29",
            ),
            case(
                "a long name twice",
                format!(r#"{{"{0}":1,"{0}":2}}"#, "x".repeat(100)),
                "not readable as JSON: a name stands twice in one object at line 1 column 211",
            ),
        ],
        7,
        answer,
    );
}

#[test]
fn json_that_is_no_snapshot_says_what_it_is() {
    check(
        vec![
            case("null", "null", "a snapshot is a JSON object, found null"),
            case("true", "true", "a snapshot is a JSON object, found a boolean"),
            case("a number", "1", "a snapshot is a JSON object, found a number"),
            case("a string", "\"input_text\"", "a snapshot is a JSON object, found a string"),
            case("a list", "[]", "a snapshot is a JSON object, found an array"),
            case(
                "a snapshot in a list",
                r#"[{"input_text":"a"}]"#,
                "a snapshot is a JSON object, found an array",
            ),
            case(
                "an empty object",
                "{}",
                "nothing to judge: expected `input_text`, `model_response`, `context` or other members",
            ),
            case(
                "the trace is a number",
                r#"{"trace_id":7}"#,
                "`trace_id` must be a string, found a number",
            ),
            case(
                "the input is a number",
                r#"{"input_text":7}"#,
                "`input_text` must be a string, found a number",
            ),
            case(
                "the input is a list",
                r#"{"input_text":["a"]}"#,
                "`input_text` must be a string, found an array",
            ),
            case(
                "the input is an object",
                r#"{"input_text":{"text":"a"}}"#,
                "`input_text` must be a string, found an object",
            ),
            case(
                "the input is false",
                r#"{"input_text":false}"#,
                "`input_text` must be a string, found a boolean",
            ),
            case(
                "the answer is a number",
                r#"{"model_response":0}"#,
                "`model_response` must be a string, found a number",
            ),
            case(
                "the answer is a list",
                r#"{"model_response":[]}"#,
                "`model_response` must be a string, found an array",
            ),
            case(
                "the context is text",
                r#"{"context":"{}"}"#,
                "`context` must be an object, found a string",
            ),
            case(
                "the context is a list",
                r#"{"context":[]}"#,
                "`context` must be an object, found an array",
            ),
            case(
                "the context is a number",
                r#"{"context":0}"#,
                "`context` must be an object, found a number",
            ),
            case(
                "the phase is none",
                r#"{"phase":"inptu"}"#,
                "`phase` must be `input`, `retrieval`, `tool_call`, `tool_result` or `output`",
            ),
            case(
                "the phase is in capitals",
                r#"{"phase":"INPUT"}"#,
                "`phase` must be `input`, `retrieval`, `tool_call`, `tool_result` or `output`",
            ),
            case(
                "the phase is empty",
                r#"{"phase":""}"#,
                "`phase` must be `input`, `retrieval`, `tool_call`, `tool_result` or `output`",
            ),
            case(
                "the phase is a number",
                r#"{"phase":1}"#,
                "`phase` must be a string, found a number",
            ),
            case(
                "the phase steers the terminal",
                "{\"phase\":\"\\u001b[31m\\u202e\"}",
                "`phase` must be `input`, `retrieval`, `tool_call`, `tool_result` or `output`",
            ),
        ],
        20,
        answer,
    );
}

#[test]
fn depth_and_number_of_values_are_bounded() {
    check(
        vec![
            case("as deep as may be", nested(126), "taken, 324 bytes"),
            case(
                "one deeper",
                nested(127),
                "not readable as JSON: recursion limit exceeded at line 1 column 132",
            ),
            case(
                "two deeper",
                nested(128),
                "not readable as JSON: recursion limit exceeded at line 1 column 132",
            ),
            case(
                "100,000 deep",
                nested(100_000),
                "not readable as JSON: recursion limit exceeded at line 1 column 132",
            ),
            case(
                "100,000 deep and cut off",
                "{\"a\":".repeat(100_000),
                "not readable as JSON: recursion limit exceeded at line 1 column 636",
            ),
            case(
                "a million items",
                format!("{{\"a\":[{}0]}}", "0,".repeat(999_999)),
                "not readable as JSON: more values than a snapshot may have at line 1 column 400002",
            ),
            case(
                "as many items as may be",
                format!("{{\"a\":[{}0]}}", "0,".repeat(199_997)),
                "taken, 400068 bytes",
            ),
            case(
                "one more",
                format!("{{\"a\":[{}0]}}", "0,".repeat(199_998)),
                "not readable as JSON: more values than a snapshot may have at line 1 column 400002",
            ),
            case(
                "100,000 members",
                format!(
                    "{{{}\"z\":0}}",
                    (0..100_000).map(|at| format!("\"{at}\":0,")).collect::<String>()
                ),
                "taken, 988962 bytes",
            ),
            case(
                "300,000 members",
                format!(
                    "{{{}\"z\":0}}",
                    (0..300_000).map(|at| format!("\"{at}\":0,")).collect::<String>()
                ),
                "not readable as JSON: more values than a snapshot may have at line 1 column 2088889",
            ),
            case(
                "a text of 10 MB",
                format!("{{\"input_text\":\"{}\"}}", "a".repeat(10_000_000)),
                "taken, 10000066 bytes",
            ),
            case(
                "a name of 1 MB",
                format!("{{\"{}\":0}}", "a".repeat(1_000_000)),
                "taken, 1000071 bytes",
            ),
            case(
                "a number of 100,000 digits",
                format!("{{\"a\":{}}}", "1".repeat(100_000)),
                "not readable as JSON: number out of range at line 1 column 100005",
            ),
            case(
                "as many, after the point",
                format!("{{\"a\":0.{}}}", "1".repeat(100_000)),
                "{\"a\":0.1111111111111111,\"context\":{},\"input_text\":\"\",\"model_response\":\"\",\"phase\":\"input\"}",
            ),
        ],
        14,
        answer,
    );
}

#[test]
fn what_is_odd_and_allowed_is_kept_as_it_is() {
    check(
        vec![
            case(
                "a member that means nothing",
                r#"{"colour":1}"#,
                "{\"colour\":1,\"context\":{},\"input_text\":\"\",\"model_response\":\"\",\"phase\":\"input\"}",
            ),
            case(
                "an empty input",
                r#"{"input_text":""}"#,
                "{\"context\":{},\"input_text\":\"\",\"model_response\":\"\",\"phase\":\"input\"}",
            ),
            case(
                "null for each part",
                r#"{"trace_id":null,"input_text":null,"model_response":null,"context":null,"phase":null}"#,
                "{\"context\":{},\"input_text\":\"\",\"model_response\":\"\",\"phase\":\"input\"}",
            ),
            case(
                "a NUL as an escape",
                r#"{"input_text":"a\u0000b"}"#,
                "{\"context\":{},\"input_text\":\"a\\u0000b\",\"model_response\":\"\",\"phase\":\"input\"}",
            ),
            case(
                "a pair of surrogates",
                r#"{"input_text":"\ud83d\ude00"}"#,
                "{\"context\":{},\"input_text\":\"😀\",\"model_response\":\"\",\"phase\":\"input\"}",
            ),
            case(
                "line ends as escapes",
                r#"{"input_text":"a\r\nb"}"#,
                "{\"context\":{},\"input_text\":\"a\\r\\nb\",\"model_response\":\"\",\"phase\":\"input\"}",
            ),
            case(
                "a slash as an escape",
                r#"{"input_text":"\/"}"#,
                "{\"context\":{},\"input_text\":\"/\",\"model_response\":\"\",\"phase\":\"input\"}",
            ),
            case(
                "the name of a member as an escape",
                r#"{"\u0069nput_text":"a"}"#,
                "{\"context\":{},\"input_text\":\"a\",\"model_response\":\"\",\"phase\":\"input\"}",
            ),
            case(
                "a name in capitals",
                r#"{"INPUT_TEXT":"a"}"#,
                "{\"INPUT_TEXT\":\"a\",\"context\":{},\"input_text\":\"\",\"model_response\":\"\",\"phase\":\"input\"}",
            ),
            case(
                "an empty name",
                r#"{"":1}"#,
                "{\"\":1,\"context\":{},\"input_text\":\"\",\"model_response\":\"\",\"phase\":\"input\"}",
            ),
            case(
                "a name that prototypes would mind",
                r#"{"__proto__":{"x":1}}"#,
                "{\"__proto__\":{\"x\":1},\"context\":{},\"input_text\":\"\",\"model_response\":\"\",\"phase\":\"input\"}",
            ),
            case(
                "a name that LangChain would mind",
                r#"{"lc":1,"type":"constructor"}"#,
                "{\"context\":{},\"input_text\":\"\",\"lc\":1,\"model_response\":\"\",\"phase\":\"input\",\"type\":\"constructor\"}",
            ),
            case(
                "2^53 + 1",
                r#"{"a":9007199254740993}"#,
                "{\"a\":9007199254740993,\"context\":{},\"input_text\":\"\",\"model_response\":\"\",\"phase\":\"input\"}",
            ),
            case(
                "2^64 - 1",
                r#"{"a":18446744073709551615}"#,
                "{\"a\":18446744073709551615,\"context\":{},\"input_text\":\"\",\"model_response\":\"\",\"phase\":\"input\"}",
            ),
            case(
                "2^64",
                r#"{"a":18446744073709551616}"#,
                "{\"a\":1.8446744073709552e+19,\"context\":{},\"input_text\":\"\",\"model_response\":\"\",\"phase\":\"input\"}",
            ),
            case(
                "-2^63 - 1",
                r#"{"a":-9223372036854775809}"#,
                "{\"a\":-9.223372036854776e+18,\"context\":{},\"input_text\":\"\",\"model_response\":\"\",\"phase\":\"input\"}",
            ),
            case(
                "-0",
                r#"{"a":-0}"#,
                "{\"a\":-0.0,\"context\":{},\"input_text\":\"\",\"model_response\":\"\",\"phase\":\"input\"}",
            ),
            case(
                "-0.0",
                r#"{"a":-0.0}"#,
                "{\"a\":-0.0,\"context\":{},\"input_text\":\"\",\"model_response\":\"\",\"phase\":\"input\"}",
            ),
            case(
                "too small for a float",
                r#"{"a":1e-999}"#,
                "{\"a\":0.0,\"context\":{},\"input_text\":\"\",\"model_response\":\"\",\"phase\":\"input\"}",
            ),
            case(
                "the largest float",
                r#"{"a":1.7976931348623157e308}"#,
                "{\"a\":1.7976931348623157e+308,\"context\":{},\"input_text\":\"\",\"model_response\":\"\",\"phase\":\"input\"}",
            ),
            case(
                "a risk out of range",
                r#"{"context":{"risk":7}}"#,
                "{\"context\":{\"risk\":7},\"input_text\":\"\",\"model_response\":\"\",\"phase\":\"input\"}",
            ),
            case(
                "no character",
                "{\"input_text\":\"\u{fffe}\u{ffff}\"}",
                "{\"context\":{},\"input_text\":\"\u{fffe}\u{ffff}\",\"model_response\":\"\",\"phase\":\"input\"}",
            ),
            case(
                "an object in an object of its name",
                r#"{"context":{"context":{"context":{}}}}"#,
                "{\"context\":{\"context\":{\"context\":{}}},\"input_text\":\"\",\"model_response\":\"\",\"phase\":\"input\"}",
            ),
            case(
                "white space around it",
                " \r\n\t{ \"a\" : 1 } \r\n",
                "{\"a\":1,\"context\":{},\"input_text\":\"\",\"model_response\":\"\",\"phase\":\"input\"}",
            ),
        ],
        20,
        answer,
    );
}
