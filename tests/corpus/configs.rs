//! Configurations, word for word: what `tests/config/broken.rs` does not have. There the places and the kinds of
//! mistakes are in question, here the whole answer as a command shows it.

use tribunal_config::{Source, load};

use crate::{Case, check};

/// A critic that is fine, before the text.
const FINE: &str = "[[critic]]\nname = \"a\"\nkind = \"length\"\nparams.max_characters = 9\n";

fn answer(text: String) -> String {
    match load(&Source::new("c.toml", text), &tribunal_critics::catalogue(), &|_| None) {
        Ok(_) => "taken".into(),
        Err(error) => error.to_string(),
    }
}

/// The text alone.
fn bare(what: &'static str, text: impl Into<String>, answer: &'static str) -> Case<String> {
    (what, text.into(), answer)
}

/// The text behind a critic that is fine.
fn with(what: &'static str, text: impl AsRef<str>, answer: &'static str) -> Case<String> {
    (what, format!("{FINE}{}\n", text.as_ref()), answer)
}

#[test]
fn what_is_no_toml_is_told_as_such() {
    check(
        vec![
            bare(
                "nothing",
                "",
                "c.toml:1:1: error[no-critic]: there is no critic: without one, nothing is ever allowed; add a `[[critic]]`",
            ),
            bare(
                "white space",
                " \t\r\n\n",
                "c.toml:1:1: error[no-critic]: there is no critic: without one, nothing is ever allowed; add a `[[critic]]`",
            ),
            bare(
                "a comment",
                "# to be done",
                "c.toml:1:1: error[no-critic]: there is no critic: without one, nothing is ever allowed; add a `[[critic]]`",
            ),
            bare(
                "a byte order mark alone",
                "\u{feff}",
                "c.toml:1:1: error[no-critic]: there is no critic: without one, nothing is ever allowed; add a `[[critic]]`",
            ),
            bare(
                "a byte order mark twice",
                "\u{feff}\u{feff}a = 1",
                "c.toml:1:1: error[syntax]: invalid unquoted key, expected letters, numbers, `-`, `_`, at `�`",
            ),
            bare(
                "a NUL",
                "\0",
                "c.toml:1:1: error[syntax]: invalid unquoted key, expected letters, numbers, `-`, `_`, at `�`\nc.toml:1:2: error[syntax]: key with no value, expected `=`",
            ),
            bare(
                "JSON",
                "{\"critic\": []}",
                "c.toml:1:1: error[syntax]: invalid key-value pair, expected key",
            ),
            bare(
                "YAML",
                "critic:\n  - name: a\n",
                "c.toml:1:7: error[syntax]: invalid unquoted key, expected letters, numbers, `-`, `_`, at `:`\nc.toml:1:8: error[syntax]: key with no value, expected `=`\nc.toml:2:5: error[syntax]: key with no value, expected `=`",
            ),
            bare(
                "HTML",
                "<html></html>",
                "c.toml:1:1: error[syntax]: invalid unquoted key, expected letters, numbers, `-`, `_`, at `<`\nc.toml:1:6: error[syntax]: invalid unquoted key, expected letters, numbers, `-`, `_`, at `></`\nc.toml:1:13: error[syntax]: invalid unquoted key, expected letters, numbers, `-`, `_`, at `>`\nc.toml:1:14: error[syntax]: key with no value, expected `=`",
            ),
            bare(
                "a line that was cut off",
                "[[critic]]\nname = \"a",
                "c.toml:2:10: error[syntax]: invalid basic string, expected `\"`",
            ),
            bare(
                "a table that was cut off",
                "[[critic",
                "c.toml:1:9: error[syntax]: unclosed array table, expected `]]`",
            ),
            bare(
                "a list that was cut off",
                "critic = [{ name = \"a\" },",
                "c.toml:1:26: error[syntax]: unclosed array, expected `]`",
            ),
            bare(
                "text over several lines, cut off",
                "[[critic]]\nname = \"\"\"a\n",
                "c.toml:3:1: error[syntax]: invalid multi-line basic string, expected `\"`",
            ),
            bare(
                "an escape that is none",
                "a = \"\\x\"",
                "c.toml:1:8: error[syntax]: too few unicode value digits, expected unicode hexadecimal value",
            ),
            bare(
                "a surrogate",
                "a = \"\\ud83d\"",
                "c.toml:1:8: error[syntax]: invalid value, expected unicode hexadecimal value",
            ),
            bare(
                "a date that is none",
                "a = 2024-13-45",
                "c.toml:1:5: error[syntax]: invalid date, expected month between 01 and 12, at `2024-13-45`",
            ),
            bare(
                "a number with two points",
                "a = 1.2.3",
                "c.toml:1:8: error[syntax]: invalid float, expected nothing, at `.3`",
            ),
            bare(
                "a number with a zero before it",
                "a = 007",
                "c.toml:1:5: error[syntax]: unexpected leading zero, expected nothing, at `0`",
            ),
            bare(
                "2^63",
                "a = 9223372036854775808",
                "c.toml:1:1: error[unknown-key]: `a` is not known here, at `a`; did you mean `eval`?",
            ),
            bare(
                "TRUE",
                "a = TRUE",
                "c.toml:1:5: error[syntax]: invalid boolean, expected `true`, at `TRUE`",
            ),
            bare(
                "a key without a value",
                "a",
                "c.toml:1:2: error[syntax]: key with no value, expected `=`",
            ),
            bare(
                "a value without a key",
                "= 1",
                "c.toml:1:1: error[syntax]: unquoted keys cannot be empty, expected letters, numbers, `-`, `_`",
            ),
            bare(
                "a table as list and as table",
                "[critic]\n[[critic]]",
                "c.toml:1:1: error[wrong-type]: `critic` must be a list, found a table, at `[critic]`\nc.toml:2:3: error[duplicate-key]: duplicate key, at `critic`",
            ),
            bare(
                "a lone carriage return",
                "a = 1\rb = 2",
                "c.toml:1:7: error[syntax]: carriage return must be followed by newline, expected newline",
            ),
            bare(
                "an overlong line",
                format!("a = \"{}", "x".repeat(100_000)),
                "c.toml:1:100006: error[syntax]: invalid basic string, expected `\"`",
            ),
            bare(
                "more than a megabyte",
                "#".repeat((1 << 20) + 1),
                "c.toml:1:1: error[too-large]: the file is longer than 1048576 bytes",
            ),
            bare(
                "2,000 brackets",
                format!("a = {}", "[".repeat(2_000)),
                "c.toml:1:85: error[syntax]: cannot recurse further; max recursion depth met, at `[`\nc.toml:1:2005: error[syntax]: unclosed array, expected `]`",
            ),
        ],
        27,
        answer,
    );
}

#[test]
fn names_are_told_apart_however_they_are_written() {
    let named = |name: &str| {
        format!("[[critic]]\nname = \"{name}\"\nkind = \"length\"\nparams.max_characters = 9\n")
    };
    check(
        vec![
            with(
                "the same name",
                named("a"),
                "c.toml:6:8: error[duplicate-critic]: two critics are called `a`, at `\"a\"`",
            ),
            with(
                "the same name as an escape",
                named("\\u0061"),
                "c.toml:6:8: error[duplicate-critic]: two critics are called `a`, at `\"\\u0061\"`",
            ),
            with(
                "the same name in capitals",
                named("A"),
                "c.toml:6:8: error[invalid-name]: `A` cannot name a critic: expected 1 to 64 of a-z, 0-9, `_` and `-`, starting with a letter, at `\"A\"`; names are lower case: `a`\nc.toml:6:8: error[duplicate-critic]: `a` and `A` are the same name but for case, at `\"A\"`",
            ),
            with(
                "the Kelvin sign",
                named("k") + &named("\u{212a}"),
                "c.toml:10:8: error[duplicate-critic]: `k` and `K` are the same name but for case, at `\"K\"`\nc.toml:10:8: error[invalid-name]: `K` cannot name a critic: expected 1 to 64 of a-z, 0-9, `_` and `-`, starting with a letter, at `\"K\"`; names are lower case: `k`",
            ),
            with(
                "a letter of another script",
                named("\u{430}"),
                "c.toml:6:8: error[invalid-name]: `а` cannot name a critic: expected 1 to 64 of a-z, 0-9, `_` and `-`, starting with a letter, at `\"а\"`",
            ),
            with(
                "a full-width letter",
                named("\u{ff41}"),
                "c.toml:6:8: error[invalid-name]: `ａ` cannot name a critic: expected 1 to 64 of a-z, 0-9, `_` and `-`, starting with a letter, at `\"ａ\"`",
            ),
            with(
                "a letter with a mark",
                named("a\u{301}"),
                "c.toml:6:8: error[invalid-name]: `a\u{301}` cannot name a critic: expected 1 to 64 of a-z, 0-9, `_` and `-`, starting with a letter, at `\"a\u{301}\"`",
            ),
            with(
                "a zero-width space",
                named("a\u{200b}"),
                "c.toml:6:8: error[invalid-name]: `a\\u{200b}` cannot name a critic: expected 1 to 64 of a-z, 0-9, `_` and `-`, starting with a letter, at `\"a�\"`",
            ),
            with(
                "written from right to left",
                named("\u{202e}a"),
                "c.toml:6:8: error[invalid-name]: `\\u{202e}a` cannot name a critic: expected 1 to 64 of a-z, 0-9, `_` and `-`, starting with a letter, at `\"�a\"`",
            ),
            with(
                "colours",
                named("\\u001b[31ma"),
                "c.toml:6:8: error[invalid-name]: `\\u{1b}[31ma` cannot name a critic: expected 1 to 64 of a-z, 0-9, `_` and `-`, starting with a letter, at `\"\\u001b[31ma\"`",
            ),
            with(
                "a line end",
                named("a\\nb"),
                "c.toml:6:8: error[invalid-name]: `a\\nb` cannot name a critic: expected 1 to 64 of a-z, 0-9, `_` and `-`, starting with a letter, at `\"a\\nb\"`",
            ),
            with(
                "nothing",
                named(""),
                "c.toml:6:8: error[invalid-name]: `` cannot name a critic: expected 1 to 64 of a-z, 0-9, `_` and `-`, starting with a letter, at `\"\"`",
            ),
            with(
                "a space",
                named(" "),
                "c.toml:6:8: error[invalid-name]: ` ` cannot name a critic: expected 1 to 64 of a-z, 0-9, `_` and `-`, starting with a letter, at `\" \"`",
            ),
            with(
                "a path",
                named("../a"),
                "c.toml:6:8: error[invalid-name]: `../a` cannot name a critic: expected 1 to 64 of a-z, 0-9, `_` and `-`, starting with a letter, at `\"../a\"`",
            ),
            with("64 letters", named(&"b".repeat(64)), "taken"),
            with(
                "65 letters",
                named(&"b".repeat(65)),
                "c.toml:6:8: error[invalid-name]: `bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb` cannot name a critic: expected 1 to 64 of a-z, 0-9, `_` and `-`, starting with a letter, at `\"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb…`",
            ),
            with(
                "10,000 letters",
                named(&"b".repeat(10_000)),
                "c.toml:6:8: error[invalid-name]: `bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb` cannot name a critic: expected 1 to 64 of a-z, 0-9, `_` and `-`, starting with a letter, at `\"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb…`",
            ),
        ],
        17,
        answer,
    );
}

#[test]
fn conditions_get_an_answer_however_they_are_written() {
    let when =
        |text: &str| format!("policy = \"conditional\"\nwhen = {}", serde_json::Value::from(text));
    let case = |what, text: &str, answer| with2(what, &when(text), answer);
    /// Keys of the critic itself, before its parameters.
    fn with2(what: &'static str, lines: &str, answer: &'static str) -> Case<String> {
        let text = FINE.replace("params.", &format!("{lines}\nparams."));
        (what, text, answer)
    }
    check(
        vec![
            case("nothing", "", "c.toml:5:9: error[invalid-expression]: `when`: is empty"),
            case(
                "a comment",
                "// true",
                "c.toml:5:16: error[invalid-expression]: `when`: is no expression: mismatched input the end",
            ),
            case(
                "half an expression",
                "true &&",
                "c.toml:5:16: error[invalid-expression]: `when`: is no expression: mismatched input the end",
            ),
            case(
                "a number",
                "1",
                "c.toml:5:9: error[invalid-expression]: `when`: gives a value of type `int`, and must give true or false, at `1`",
            ),
            case(
                "a text",
                "'true'",
                "c.toml:5:9: error[invalid-expression]: `when`: gives a value of type `string`, and must give true or false, at `'true'`",
            ),
            case(
                "an assignment",
                "risk = 1",
                "c.toml:5:14: error[invalid-expression]: `when`: is no expression: token recognition error at: '= ', at `=`",
            ),
            case(
                "an unknown name",
                "colour",
                "c.toml:5:9: error[unknown-name]: `when`: there is nothing called `colour`, at `colour`; known are `snapshot` and `prior`; a name with `-` is written `prior[\"a-b\"]`",
            ),
            case(
                "an unknown member",
                "snapshot.colour == 'x'",
                "c.toml:5:18: error[unknown-name]: `when`: `snapshot` has no `colour`, at `colour`; it has `input_text`, `model_response`, `phase`, `trace_id`, `context` and `attributes`",
            ),
            case(
                "an unknown critic",
                "prior.nobody.violation",
                "c.toml:5:15: error[unknown-critic]: `when`: there is no critic called `nobody`, at `nobody`",
            ),
            case(
                "itself",
                "prior.a.violation",
                "c.toml:5:15: error[unseen-critic]: `when`: `a` cannot look at its own outcome, at `a`",
            ),
            case(
                "an unknown function",
                "shell('rm')",
                "c.toml:5:9: error[unknown-name]: `when`: there is no function `shell`, at `shell`; there are `any_violation`, `count_violations`, `max_severity`, `max_uncertainty`, `failed`, `ran`, `risk_at_least`, `matches_language`, `size`, `contains`, `startsWith`, `endsWith`, `matches`, `string`, `int`, `uint`, `double`, `bool`, `bytes`, `type`, `dyn`, `has`, `all`, `exists`, `exists_one`, `map` and `filter`",
            ),
            case(
                "a wrong number of arguments",
                "size() > 1",
                "c.toml:5:9: error[type-mismatch]: `when`: `size` takes one, found none, at `size`",
            ),
            case(
                "a pattern that is none",
                "snapshot.input_text.matches('(')",
                "c.toml:5:38: error[invalid-pattern]: `when`: `matches` takes a regular expression: unclosed group, at `(`",
            ),
            case(
                "a pattern with look-ahead",
                "snapshot.input_text.matches('(?=a)')",
                "c.toml:5:38: error[invalid-pattern]: `when`: `matches` takes a regular expression: look-around, including look-ahead and look-behind, is not supported, at `(?=`",
            ),
            case(
                "a quote that is open",
                "snapshot.input_text == 'a",
                "c.toml:5:32: error[invalid-expression]: `when`: is no expression: token recognition error at: ''a', at `'`",
            ),
            case(
                "a parenthesis alone",
                "(",
                "c.toml:5:10: error[invalid-expression]: `when`: is no expression: mismatched input the end",
            ),
            case(
                "500 parentheses",
                &format!("{}true{}", "(".repeat(500), ")".repeat(500)),
                "c.toml:5:41: error[invalid-expression]: `when`: brackets nest deeper than 32, at `(`",
            ),
            case(
                "100,000 exclamation marks",
                &format!("{}true", "!".repeat(100_000)),
                "c.toml:5:9: error[invalid-expression]: `when`: is longer than 4096 bytes, at `!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!…`",
            ),
            case(
                "10,000 times and",
                &vec!["true"; 10_000].join(" && "),
                "c.toml:5:9: error[invalid-expression]: `when`: is longer than 4096 bytes, at `true && true && true && true && true && true && true && true…`",
            ),
            case(
                "loops in loops",
                "[1,2,3].all(a, [1,2,3].all(b, [1,2,3].all(c, [1,2,3].all(d, a + b + c + d > 0))))",
                "c.toml:5:35: error[invalid-expression]: `when`: walks over a list within a walk over a list: too much work, at `(`",
            ),
            case(
                "control characters",
                "\u{1b}[2J",
                "c.toml:5:9: error[invalid-expression]: `when`: is no expression: token recognition error at: '\\u{1b}', at `\\u001b`",
            ),
            case("true", "true", "taken"),
        ],
        22,
        answer,
    );
}
