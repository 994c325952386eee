use proptest::prelude::*;
use serde_json::{Value, json};
use tribunal_core::{Opinion, Snapshot};

use super::*;
use crate::MOST_VIOLATIONS;

fn review(critic: &Pattern, text: &str) -> Opinion {
    let snapshot = Snapshot::of_input(text);
    match critic.review(View::of(&snapshot)) {
        Answer::Now(opinion) => opinion.unwrap(),
        Answer::Later(_) => panic!("answers at once"),
    }
}

fn found(critic: &Pattern, text: &str) -> Vec<(String, String)> {
    let violations = review(critic, text).violations;
    let part = |violation: Violation| {
        (violation.code.to_string(), text[violation.span.unwrap().bytes].to_owned())
    };
    violations.into_iter().map(part).collect()
}

fn faults(params: Value) -> Vec<String> {
    let built = kind().build(params.as_object().unwrap());
    built.err().unwrap().iter().map(ToString::to_string).collect()
}

#[test]
fn every_match_of_every_rule_is_reported_with_its_span() {
    let critic = Pattern::new([
        Rule::new("number", r"\d+").severity(0.2),
        Rule::new("word.é", "x").severity(0.1),
    ]);
    assert_eq!(critic.unwrap_err(), PatternError::Rule { index: 1, error: RuleError::Name });

    let critic = Pattern::new([
        Rule::new("number", r"\d+").severity(0.2).replacement("#"),
        Rule::new("heron", "blue heron").case_insensitive(true).severity(0.9).message("secret"),
    ])
    .unwrap();
    let text = "é 12 Blue HERON 3";
    assert_eq!(
        found(&critic, text),
        [
            ("pattern.number".into(), "12".into()),
            ("pattern.number".into(), "3".into()),
            ("pattern.heron".into(), "Blue HERON".into()),
        ]
    );
    let opinion = review(&critic, text);
    assert_eq!(opinion.worst_severity(), 0.9);
    assert_eq!(opinion.violations[2].message, "secret");
    assert_eq!(opinion.violations[0].span.as_ref().unwrap().replacement.as_deref(), Some("#"));
    assert!(found(&critic, "nothing here").is_empty());
}

const TEXT: &str = "key0=a key100=abc foo101x bar5x bar57x ab2z ab102z cAsE3! cAsE103! key7 KEY8=q";

#[test]
fn many_rules_find_what_each_alone_would_find() {
    let rules = |count: usize| {
        let rule = |index: usize| match index % 4 {
            0 => Rule::new(format!("r{index}"), format!("key{index}=[a-z]+")),
            1 => Rule::new(format!("r{index}"), format!("(?:foo{index}|bar{index})x")),
            2 => Rule::new(format!("r{index}"), format!("[ab]{{2}}{index}z")),
            _ => Rule::new(format!("r{index}"), format!("CASE{index}!")).case_insensitive(true),
        };
        (0..count).map(rule).collect::<Vec<_>>()
    };
    for count in [2, 40, 200] {
        let many = Pattern::new(rules(count)).unwrap();
        let mut alone = Vec::new();
        for rule in rules(count) {
            alone.extend(found(&Pattern::new([rule]).unwrap(), TEXT));
        }
        assert_eq!(found(&many, TEXT), alone, "{count} rules");
        assert!(!alone.is_empty());
        assert!(found(&many, &"x".repeat(1 << 20)).is_empty());
    }
}

#[test]
fn a_rule_that_is_wrong_is_named_by_its_path() {
    let rule = |rule: Value| faults(json!({"rules": [{"name": "a", "pattern": "a"}, rule]}));
    assert_eq!(
        rule(json!({"name": "b", "pattern": "é(b"})),
        ["`rules[1].pattern` does not do: unclosed group, at character 2"]
    );
    assert_eq!(
        rule(json!({"name": "b", "pattern": "(?=x)"})),
        [
            "`rules[1].pattern` does not do: look-around, including look-ahead and look-behind, is not supported, at character 1"
        ]
    );
    assert_eq!(
        rule(json!({"name": "a", "pattern": "x"})),
        ["`rules[1].name` is that of an earlier rule: `a`"]
    );
    assert_eq!(
        rule(json!({"name": "b", "pattern": r"\p{L}{1000}"})),
        ["`rules[1].pattern` is too large: compiled it takes more than 1 MiB"]
    );
    for empty in ["", "a*", "^", r"\b", "x|", "(?:)"] {
        assert_eq!(
            rule(json!({"name": "b", "pattern": empty})),
            ["`rules[1].pattern` matches the empty text, and so every text"],
            "{empty}"
        );
    }
    for name in ["", "A", "a b", "ä", &"x".repeat(65)] {
        let wrong = "`rules[1].name` must be 1 to 64 of a-z, 0-9, `_`, `.` and `-`";
        assert_eq!(rule(json!({"name": name, "pattern": "x"})), [wrong]);
    }
    assert_eq!(rule(json!({"name": "b"})), ["`rules[1].pattern` is missing"]);
    assert_eq!(
        rule(json!({"name": "b", "pattern": "x", "severity": 7})),
        ["`rules[1].severity` must lie within 0 to 1, found 7"]
    );
    assert_eq!(rule(json!({"name": "b", "pattern": "x", "colour": 1})).len(), 1);
    assert_eq!(faults(json!({})), ["`rules` is missing"]);
    assert_eq!(faults(json!({"rules": []})), ["`rules` must have at least one rule"]);
}

#[test]
fn the_worst_match_is_reported_however_many_there_are() {
    let critic =
        Pattern::new([Rule::new("mild", "a").severity(0.1), Rule::new("bad", "b").severity(0.9)])
            .unwrap();
    let opinion = review(&critic, &("a".repeat(500) + "b"));
    assert_eq!(opinion.violations.len(), MOST_VIOLATIONS);
    assert_eq!(opinion.worst_severity(), 0.9);
    assert_eq!(opinion.details.unwrap()["more"], 401);

    let opinion = review(&critic, &"a".repeat(1 << 20));
    assert_eq!(opinion.violations.len(), MOST_VIOLATIONS);
    assert_eq!(opinion.details.unwrap()["not_counted_to_the_end"], json!(["mild"]));
}

#[test]
fn hostile_texts_and_patterns_take_linear_time() {
    let critic = Pattern::new([
        Rule::new("nested", "(a+)+$"),
        Rule::new("far", "a.*b").severity(0.2),
        Rule::new("line", r"\n{3}x"),
    ])
    .unwrap();
    assert_eq!(review(&critic, &("a".repeat(1 << 20) + "c")).violations.len(), 0);
    assert_eq!(review(&critic, &"\n".repeat(1_000_000)).violations.len(), 0);
}

fn file(name: &str, content: impl AsRef<[u8]>) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(name), content).unwrap();
    folder
}

fn from_folder(folder: &tempfile::TempDir, rule: Value) -> Result<(), Vec<String>> {
    let params = json!({"rules": [rule]});
    let built = kind().build_from(params.as_object().unwrap(), folder.path());
    built.map(drop).map_err(|faults| faults.iter().map(ToString::to_string).collect())
}

#[test]
fn a_rule_takes_its_patterns_from_a_file_beside_the_parameters() {
    let folder = file("words.txt", "\u{feff}# code names\n\nblue heron\r\n  a+b \n\\#tag\n\\d{3}");
    let rule = |literal: bool| {
        json!({
            "name": "names", "file": "words.txt", "severity": 0.9, "case_insensitive": true, "literal": literal,
            "replacement": "[name]",
        })
    };
    let found = |literal: bool, text: &str| {
        let params = json!({"rules": [rule(literal)]});
        let critic = kind().build_from(params.as_object().unwrap(), folder.path()).unwrap();
        let snapshot = Snapshot::of_input(text);
        let Answer::Now(Ok(opinion)) = critic.review(View::of(&snapshot)) else { panic!() };
        let part =
            |violation: &Violation| text[violation.span.as_ref().unwrap().bytes.clone()].to_owned();
        assert!(
            opinion
                .violations
                .iter()
                .all(|found| found.code == "pattern.names" && found.severity == 0.9)
        );
        opinion.violations.iter().map(part).collect::<Vec<_>>()
    };
    let text = "Blue Heron aab a+b #tag 123 \\d{3} # code names";
    assert_eq!(found(false, text), ["Blue Heron", "aab", "#tag", "123"]);
    assert_eq!(found(true, text), ["Blue Heron", "a+b", "#tag", "\\d{3}"]);
    // By its whole path, from anywhere.
    let path = folder.path().join("words.txt");
    let params = json!({"rules": [{"name": "a", "file": path.to_str().unwrap()}]});
    assert!(kind().build(params.as_object().unwrap()).is_ok());
}

#[test]
fn what_is_wrong_with_a_file_is_said_with_its_name_and_line() {
    let rule = json!({"name": "a", "file": "f.txt"});
    let wrong = |content: &[u8]| from_folder(&file("f.txt", content), rule.clone()).unwrap_err();
    let problem = |text: &str| format!("`rules[0].file` does not do: `f.txt` {text}");
    assert_eq!(
        wrong(b"# x\nfine\n\n(b\na*\n"),
        [
            problem("line 4: does not do: unclosed group, at character 1"),
            problem("line 5: matches the empty text, and so every text"),
        ]
    );
    assert_eq!(wrong(b"a\nb\n\xff\n"), [problem("is not UTF-8 in line 3")]);
    assert_eq!(wrong(b"# nothing\n\n"), [problem("has no pattern")]);
    assert_eq!(
        wrong(&b"a\n".repeat(1_001)),
        [problem("has 1001 patterns, at most 1000 are allowed")]
    );
    assert_eq!(wrong(&vec![b'#'; (1 << 20) + 1]), [problem("is longer than 1048576 bytes")]);
    let folder = file("f.txt", "a");
    let missing = from_folder(&folder, json!({"name": "a", "file": "g.txt"})).unwrap_err();
    assert!(
        missing[0].starts_with("`rules[0].file` does not do: `g.txt` cannot be read: "),
        "{missing:?}"
    );
    let folder_itself = from_folder(&folder, json!({"name": "a", "file": "."})).unwrap_err();
    assert_eq!(folder_itself, ["`rules[0].file` does not do: `.` is no regular file"]);
    let both =
        from_folder(&folder, json!({"name": "a", "file": "f.txt", "pattern": "a"})).unwrap_err();
    assert_eq!(both, ["`rules[0].file` stands beside `pattern`: a rule has one of them"]);
    let name = from_folder(&folder, json!({"name": "A", "file": "f.txt"})).unwrap_err();
    assert_eq!(name, ["`rules[0].name` must be 1 to 64 of a-z, 0-9, `_`, `.` and `-`"]);
    assert_eq!(from_folder(&folder, rule), Ok(()));
}

proptest! {
    #[test]
    fn no_file_does_harm(content in prop::collection::vec(any::<u8>(), 0..200), literal in any::<bool>()) {
        let folder = file("f.txt", content);
        let _ = from_folder(&folder, json!({"name": "a", "file": "f.txt", "literal": literal}));
    }
    #[test]
    fn spans_lie_on_character_boundaries(text in any::<String>()) {
        let critic = Pattern::new([
            Rule::new("any", "."),
            Rule::new("not_ascii", r"[^\x00-\x7f]+"),
            Rule::new("word", r"\w+\b"),
        ]).unwrap();
        for violation in review(&critic, &text).violations {
            let bytes = violation.span.unwrap().bytes;
            prop_assert!(!bytes.is_empty() && text.get(bytes).is_some());
        }
    }
}
