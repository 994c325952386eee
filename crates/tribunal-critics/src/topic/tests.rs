use proptest::prelude::*;
use serde_json::{Value, json};
use tribunal_core::{Opinion, Snapshot};

use super::*;

fn review(critic: &Topic, text: &str) -> Opinion {
    let snapshot = Snapshot::of_input(text);
    match critic.review(View::of(&snapshot)) {
        Answer::Now(opinion) => opinion.unwrap(),
        Answer::Later(_) => panic!("answers at once"),
    }
}

fn found(critic: &Topic, text: &str) -> Vec<(String, String)> {
    let part = |violation: Violation| {
        (violation.code.to_string(), text[violation.span.unwrap().bytes].to_owned())
    };
    review(critic, text).violations.into_iter().map(part).collect()
}

fn banned(keywords: &[&str]) -> Topic {
    Topic::new([], [TopicWords::new("t", keywords.iter().copied())]).unwrap()
}

fn faults(params: Value) -> Vec<String> {
    let built = kind().build(params.as_object().unwrap());
    built.err().unwrap().iter().map(ToString::to_string).collect()
}

#[test]
fn keywords_are_whole_words_in_any_case_and_phrases_bridge_spaces() {
    let critic = banned(&["Art", "art of war", "Äpfel", "c++", "日本"]);
    for (text, words) in [
        ("ART, art; Art.", vec!["ART", "art", "Art"]),
        ("the Art  of\n WAR!", vec!["Art", "Art  of\n WAR"]),
        ("the art of warfare", vec!["art"]),
        ("ÄPFEL und äpfel", vec!["ÄPFEL", "äpfel"]),
        ("c++ or C++11", vec!["c++", "C++"]),
        ("今日本語", vec!["日本"]),
        ("smart party artist art_ art1 1art e\u{301}art", vec![]),
        ("", vec![]),
    ] {
        let found: Vec<String> = found(&critic, text).into_iter().map(|(_, word)| word).collect();
        assert_eq!(found, words, "{text}");
    }
}

#[test]
fn a_banned_topic_is_objected_to_from_its_threshold_on() {
    let medical =
        TopicWords::new("medical", ["dosage", "side effects", "Dosage"]).at_least(2).severity(0.8);
    let weapons = TopicWords::new("weapons", ["rifle"]);
    let critic = Topic::new([], [medical, weapons]).unwrap();
    assert!(found(&critic, "what dosage?").is_empty());
    assert_eq!(
        found(&critic, "what dosage? and the side effects"),
        [
            ("topic.medical".into(), "dosage".into()),
            ("topic.medical".into(), "side effects".into())
        ]
    );
    let opinion = review(&critic, "dosage, dosage, rifle");
    assert_eq!(opinion.violations.len(), 3);
    assert_eq!(opinion.worst_severity(), 0.8);
    assert_eq!(opinion.violations[0].message, "a word of the banned topic `medical`");
}

#[test]
fn where_topics_are_allowed_a_text_must_be_about_one_of_them() {
    let billing = TopicWords::new("billing", ["invoice", "refund"]);
    let delivery = TopicWords::new("delivery", ["parcel"]).at_least(2);
    let banned = TopicWords::new("competitors", ["acme"]);
    let critic = Topic::new([billing, delivery], [banned]).unwrap();
    for fine in [
        "where is my refund for the last order?",
        "thanks a lot!",
        "the parcel and the other parcel, please",
        "",
    ] {
        assert!(found(&critic, fine).is_empty(), "{fine}");
    }
    for off in [
        "please write me a poem about the sea",
        "the parcel is what I want to know",
        "请给我写一首关于大海的诗",
    ] {
        assert_eq!(found(&critic, off), [("topic.off_topic".into(), off.into())]);
    }
    assert_eq!(
        found(&critic, "a refund, as acme gives one, please"),
        [("topic.competitors".into(), "acme".into())]
    );
    assert!(found(&critic.min_words(100), "please write me a poem about the sea").is_empty());
}

#[test]
fn parameters_that_are_wrong_are_named() {
    let ban = |topic: Value| faults(json!({"ban": [{"name": "a", "keywords": ["a"]}, topic]}));
    assert_eq!(
        ban(json!({"name": "a", "keywords": ["b"]})),
        ["`ban[1].name` is that of an earlier topic: `a`"]
    );
    assert_eq!(
        ban(json!({"name": "A b", "keywords": ["b"]})),
        ["`ban[1].name` must be 1 to 64 of a-z, 0-9, `_`, `.` and `-`"]
    );
    assert_eq!(ban(json!({"name": "b"})), ["`ban[1].keywords` is missing"]);
    assert_eq!(
        ban(json!({"name": "b", "keywords": []})),
        ["`ban[1].keywords` must have at least one keyword"]
    );
    for wrong in ["", "  ", "!?", &"x".repeat(201)] {
        assert_eq!(
            ban(json!({"name": "b", "keywords": ["b", wrong]})),
            ["`ban[1].keywords[1]` must have 1 to 200 bytes, a letter or a digit among them"]
        );
    }
    assert_eq!(
        ban(json!({"name": "b", "keywords": ["b"], "at_least": 0})),
        ["`ban[1].at_least` must be at least 1"]
    );
    assert_eq!(
        ban(json!({"name": "b", "keywords": ["b"], "severity": 2})),
        ["`ban[1].severity` must lie within 0 to 1, found 2"]
    );
    assert_eq!(faults(json!({})), ["`ban` or `allow` must have at least one topic"]);
    let twice = json!({"allow": [{"name": "a", "keywords": ["a"]}], "ban": [{"name": "a", "keywords": ["a"]}]});
    assert_eq!(faults(twice), ["`ban[0].name` is that of an earlier topic: `a`"]);
    let many: Vec<String> = (0..10_001).map(|n| format!("w{n}")).collect();
    let lines = faults(json!({"ban": [{"name": "a", "keywords": many}]}));
    assert_eq!(lines, ["`ban` does not do: at most 10000 keywords in all, found 10001"]);
}

#[test]
fn hostile_texts_take_linear_time_and_are_bounded() {
    let critic = Topic::new(
        [TopicWords::new("x", ["nowhere"])],
        [TopicWords::new("t", ["a", "a a", "a a a", "aa"])],
    )
    .unwrap();
    for part in ["a ", "a", "A\n", "  ", "İ", "é "] {
        let opinion = review(&critic, &part.repeat(100_000 / part.len()));
        assert!(opinion.violations.len() <= crate::MOST_VIOLATIONS);
    }
}

proptest! {
    #[test]
    fn spans_lie_on_character_boundaries(text in any::<String>(), near in "[aAİẞß\u{307} \n日]{0,40}") {
        let critic = banned(&["a", "ß", "i", "\u{307} a", "a\u{307}", "日", "a i"]);
        for text in [&text, &near, &format!("{text}{near}")] {
            for violation in review(&critic, text).violations {
                prop_assert!(text.get(violation.span.unwrap().bytes).is_some_and(|part| !part.is_empty()));
            }
        }
    }
}
