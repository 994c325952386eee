//! Whatever stands in a file: an answer, and no panic.

use proptest::prelude::*;
use tribunal_config::{DEFAULT, Source};

use super::{parse, problems};

/// Every problem lies within the text, and its line and column lead to its span.
fn in_place(text: &str) {
    let Err(error) = parse(text) else { return };
    assert!(!error.problems().is_empty());
    for problem in error.problems() {
        let span = problem.span();
        assert!(text.get(span.clone()).is_some(), "{span:?} of {text:?}");
        let before = &text[..span.start];
        assert_eq!(problem.line(), before.matches('\n').count() + 1);
        for label in problem.labels() {
            assert!(text.get(label.span.clone()).is_some());
        }
    }
    let _ = error.to_string();
}

/// Pieces of which files are made, right and wrong.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("[[critic]]\n".to_owned()),
        Just("name = \"a\"\n".to_owned()),
        Just("kind = \"echo\"\n".to_owned()),
        Just("kind = \"pattern\"\n".to_owned()),
        Just("[critic.params]\n".to_owned()),
        Just("[run]\n".to_owned()),
        Just("[cache]\n".to_owned()),
        Just("[eval.labels.x]\n".to_owned()),
        "(critics|kinds|tags|codes|at|verdict) = (\\[\"[a-z]{0,2}\"\\]|\"review\"|true)\n",
        Just("[stages.fast_critics]\n".to_owned()),
        Just("[rates.x]\n".to_owned()),
        Just("shares = [\"x\", \"y\"]\n".to_owned()),
        "(breaker|retry_budget) = \\{ (failure_rate|share|slow_after) = (1|\"9s\") \\}\n",
        Just("[defaults]\n".to_owned()),
        Just("policy = \"conditional\"\n".to_owned()),
        Just("depends_on = [\"a\", \"b\"]\n".to_owned()),
        "name = \"[a-cA]\"\n",
        "stage = \"(fast_critics|core_analysis|x)\"\n",
        "mode = \"(enforce|monitor)\"\n",
        "priority = [0-9]{1,2}\n",
        "(timeout|per|cost|retry|rate|when|fields) = (\"[0-9a-z]{0,4}\"|[0-9]{1,3}|\\{ [a-z]{1,4} = 1 \\}|\\[\"/a\", 1\\])\n",
        "when = '[a-z.()\\[\\]|&!\" 0-9ä]{0,40}'\n",
        "when = \"(\\\\\\\\|\\\\\"|\\\\t|ä|prior|\\.| |\\(){0,12}\"\n",
        "[a-z_]{1,8} = [^\n]{0,12}\n",
    ]
}

/// Nesting by dots instead of brackets.
#[test]
fn a_key_of_very_many_parts_is_an_answer_too() {
    let start = "[[critic]]\nname = \"a\"\nkind = \"echo\"\n";
    for parts in [100, 1_000, 10_000, 400_000] {
        let key = "a.".repeat(parts);
        in_place(&format!("{start}params.value.{key}b = 1\n"));
        in_place(&format!("{start}[critic.params.{key}b]\n"));
        in_place(&format!("{start}validation.schema.{key}b = 1\n"));
        in_place(&format!("{key}b = 1\n{start}"));
    }
}

proptest! {
    // Each of these compiles every pattern of the default pipeline.
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_change_of_the_default_pipeline_gives_an_answer(
        at in any::<prop::sample::Index>(), cut in 0usize..40, put in "\\PC{0,3}",
    ) {
        let start = DEFAULT.floor_char_boundary(at.index(DEFAULT.len()));
        let end = DEFAULT.ceil_char_boundary(start + cut);
        in_place(&format!("{}{put}{}", &DEFAULT[..start], &DEFAULT[end..]));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_text_gives_an_answer(text in any::<String>()) {
        in_place(&text);
    }

    #[test]
    fn any_file_made_of_likely_pieces_gives_an_answer(
        pieces in proptest::collection::vec(piece(), 0..14),
    ) {
        in_place(&pieces.concat());
    }

    #[test]
    fn any_bytes_in_a_file_give_an_answer(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("any.toml");
        std::fs::write(&path, bytes).unwrap();
        if let Ok(source) = Source::read(&path) {
            let _ = problems(&source.text);
        }
    }

    #[test]
    fn any_expression_gives_an_answer(text in "[a-zA-Z0-9_.,:?!&|<>=+*/%()\\[\\]{}\"'\\\\ -]{0,60}") {
        let quoted = serde_json::Value::from(text).to_string();
        in_place(&format!(
            "[[critic]]\nname = \"a\"\nkind = \"echo\"\npolicy = \"conditional\"\nwhen = {quoted}\n"
        ));
    }
}
