//! Patterns of the `pattern` critic that would take long or much, and texts that would make them.

use futures_util::FutureExt as _;
use serde_json::Value;
use tribunal_config::{Source, load};
use tribunal_core::Snapshot;

use crate::check;

/// Why the pattern is refused; or the verdict over the text.
fn answer((pattern, text): (String, String)) -> String {
    let pattern = Value::from(pattern);
    let config = format!(
        "[[critic]]\nname = \"a\"\nkind = \"pattern\"\n[critic.params]\n\
         rules = [{{ name = \"x\", severity = 0.9, pattern = {pattern} }}]\n"
    );
    let source = Source::new("p.toml", config);
    match load(&source, &tribunal_critics::catalogue(), &|_| None) {
        Err(error) => {
            let lines = error.problems().iter().map(|problem| match problem.help() {
                Some(help) => format!("{}; {help}", problem.message()),
                None => problem.message().to_owned(),
            });
            lines.collect::<Vec<_>>().join("\n")
        }
        Ok(pipeline) => {
            let court = pipeline.build().unwrap();
            let report = court.run_all(Snapshot::of_input(text)).now_or_never().unwrap().unwrap();
            let causes: Vec<String> = report.causes.iter().map(ToString::to_string).collect();
            format!("{} {}", report.verdict, causes.join("; ")).trim_end().to_owned()
        }
    }
}

#[test]
fn patterns_get_an_answer_however_much_they_ask_for() {
    let a = |many| "a".repeat(many);
    let p = |pattern: &str, text: String| (pattern.to_owned(), text);
    check(
        vec![
            (
                "nested repeats that match",
                p("^(a+)+$", a(100_000)),
                "block a: severity 0.9, pattern.x",
            ),
            ("nested repeats that do not", p("^(a+)+$", a(100_000) + "!"), "allow"),
            (
                "alternatives that are the same",
                p("^(a|a)*$", a(100_000) + "!"),
                "`params.rules[0].pattern` matches the empty text, and so every text",
            ),
            (
                "alternatives of which one holds the other",
                p("^(a|aa)+$", a(100_000) + "!"),
                "allow",
            ),
            (
                "as many optional ones as there are",
                p(&format!("^{}{}$", "a?".repeat(200), a(200)), a(200)),
                "block a: severity 0.9, pattern.x",
            ),
            ("many stars", p(".*.*.*.*.*=.*", a(20_000)), "allow"),
            (
                "a match of nothing",
                p("x*", a(3)),
                "`params.rules[0].pattern` matches the empty text, and so every text",
            ),
            (
                "nothing",
                p("", a(3)),
                "`params.rules[0].pattern` matches the empty text, and so every text",
            ),
            (
                "an anchor alone",
                p("^", a(3)),
                "`params.rules[0].pattern` matches the empty text, and so every text",
            ),
            ("counted repeats", p("a{1000}", a(1_000)), "block a: severity 0.9, pattern.x"),
            (
                "counted repeats of counted repeats",
                p("((a{1,1000}){1,1000}){1,1000}", a(3)),
                "`params.rules[0].pattern` is too large: compiled it takes more than 1 MiB",
            ),
            (
                "a million repeats",
                p("a{1000000}", a(3)),
                "`params.rules[0].pattern` is too large: compiled it takes more than 1 MiB",
            ),
            (
                "more repeats than can be counted",
                p("a{99999999999}", a(3)),
                "`params.rules[0].pattern` does not do: decimal literal invalid, at character 3",
            ),
            (
                "repeats the wrong way round",
                p("a{3,1}", a(3)),
                "`params.rules[0].pattern` does not do: invalid repetition count range, the start must be <= the end, at character 2",
            ),
            (
                "all words of all scripts, often",
                p(r"\w{1,500}\s\w{1,500}", a(3)),
                "`params.rules[0].pattern` is too large: compiled it takes more than 1 MiB",
            ),
            (
                "look-ahead",
                p("(?=a)a", a(3)),
                "`params.rules[0].pattern` does not do: look-around, including look-ahead and look-behind, is not supported, at character 1",
            ),
            (
                "look-behind",
                p("(?<!a)a", a(3)),
                "`params.rules[0].pattern` does not do: look-around, including look-ahead and look-behind, is not supported, at character 1",
            ),
            (
                "a back-reference",
                p(r"(a)\1", a(3)),
                "`params.rules[0].pattern` does not do: backreferences are not supported, at character 4",
            ),
            (
                "an atomic group",
                p("(?>a)", a(3)),
                "`params.rules[0].pattern` does not do: unrecognized flag, at character 3",
            ),
            (
                "recursion",
                p("(?R)", a(3)),
                "`params.rules[0].pattern` matches the empty text, and so every text",
            ),
            (
                "a parenthesis alone",
                p("(", a(3)),
                "`params.rules[0].pattern` does not do: unclosed group, at character 1",
            ),
            (
                "a bracket alone",
                p("[", a(3)),
                "`params.rules[0].pattern` does not do: unclosed character class, at character 1",
            ),
            (
                "a star alone",
                p("*", a(3)),
                "`params.rules[0].pattern` does not do: repetition operator missing expression, at character 1",
            ),
            (
                "a backslash alone",
                p("\\", a(3)),
                "`params.rules[0].pattern` does not do: incomplete escape sequence, reached end of pattern prematurely, at character 1",
            ),
            (
                "a flag that is none",
                p("(?q)a", a(3)),
                "`params.rules[0].pattern` does not do: unrecognized flag, at character 3",
            ),
            (
                "a class that is none",
                p(r"\p{Klingon}", a(3)),
                "`params.rules[0].pattern` does not do: Unicode property not found, at character 1",
            ),
            (
                "1,000 parentheses",
                p(&format!("{}a{}", "(".repeat(1_000), ")".repeat(1_000)), a(3)),
                "`params.rules[0].pattern` does not do: exceed the maximum number of nested parentheses/brackets (250), at character 251",
            ),
            (
                "100,000 letters",
                p(&a(100_000), a(3)),
                "`params.rules[0].pattern` is too large: at most 8192 bytes",
            ),
            (
                "bytes that are no text",
                p(r"(?-u)\xff", a(3)),
                "`params.rules[0].pattern` does not do: pattern can match invalid UTF-8, at character 6",
            ),
            ("a NUL", p(r"\x00", "\0".into()), "block a: severity 0.9, pattern.x"),
            ("a line end is no letter", p("^a.a$", "a\na".into()), "allow"),
            (
                "case folding of the Kelvin sign",
                p("(?i)k", "\u{212a}".into()),
                "block a: severity 0.9, pattern.x",
            ),
            ("no overlap is needed twice", p("aa", a(3)), "block a: severity 0.9, pattern.x"),
        ],
        33,
        answer,
    );
}
