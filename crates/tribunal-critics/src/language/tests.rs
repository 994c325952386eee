use proptest::prelude::*;
use serde_json::{Value, json};
use tribunal_core::{Opinion, Snapshot};

use super::*;

const ENGLISH: &str =
    "The river rises in the hills north of the town, and for most of its way it is slow and brown.";
const GERMAN: &str = "Der Fluss entspringt in den Hügeln nördlich der Stadt und ist auf dem größten Teil seines Weges \
    langsam und braun.";
const FRENCH: &str = "La rivière prend sa source dans les collines au nord de la ville, et elle est lente et brune \
    pendant presque tout son cours.";
const RUSSIAN: &str =
    "Река берёт начало в холмах к северу от города и почти на всём своём пути течёт медленно.";
const JAPANESE: &str = "この川は町の北の丘から流れ出し、ほとんどの道のりをゆっくりと流れています。水は茶色く濁っていて、春には牧草地に\
    あふれます。";

fn review(critic: &Language, text: &str) -> Opinion {
    let snapshot = Snapshot::of_input(text);
    match critic.review(View::of(&snapshot)) {
        Answer::Now(opinion) => opinion.unwrap(),
        Answer::Later(_) => panic!("answers at once"),
    }
}

fn codes(critic: &Language, text: &str) -> Vec<String> {
    review(critic, text).violations.iter().map(|found| found.code.to_string()).collect()
}

#[test]
fn languages_that_are_not_allowed_or_banned_are_objected_to() {
    let allow = Language::allow(["eng", "deu"]).unwrap();
    for fine in [ENGLISH, GERMAN] {
        let opinion = review(&allow, fine);
        assert!(opinion.violations.is_empty() && opinion.uncertainty < 0.3, "{fine}");
    }
    for foreign in [FRENCH, RUSSIAN, JAPANESE] {
        assert_eq!(codes(&allow, foreign), ["language.not_allowed"], "{foreign}");
    }
    let ban = Language::ban(["rus", "jpn"]).unwrap();
    assert!(codes(&ban, ENGLISH).is_empty());
    let opinion = review(&ban, RUSSIAN);
    assert_eq!(opinion.violations[0].code, "language.banned");
    let span = opinion.violations[0].span.as_ref().unwrap();
    assert_eq!((span.bytes.clone(), &*span.label), (0..RUSSIAN.len(), "rus"));
    assert_eq!(opinion.details.unwrap()["languages"], json!(["rus"]));
}

#[test]
fn what_is_short_unclear_or_no_language_is_not_judged() {
    let critic = Language::allow(["eng"]).unwrap();
    for text in
        ["Guten Tag", "12345 67890 ".repeat(20).as_str(), "{}();".repeat(50).as_str(), "???", "ok"]
    {
        let opinion = review(&critic, text);
        assert!(opinion.violations.is_empty(), "{text}");
        assert_eq!(opinion.uncertainty, 1.0, "{text}");
    }
    assert_eq!(review(&critic, "").uncertainty, 0.0);
    assert_eq!(
        codes(&critic.clone().min_characters(5).min_confidence(0.0), "Guten Tag"),
        ["language.not_allowed"]
    );
    assert!(codes(&critic.min_characters(1_000), FRENCH).is_empty());
}

#[test]
fn a_guess_that_is_not_sure_enough_is_none() {
    let syllables = "da ta la ma na tu vi ko re so mi fa do bi lu za pe ri no ka da ta la ma na tu";
    let critic = Language::allow(["eng"]).unwrap();
    assert_eq!(codes(&critic.clone().min_confidence(0.0), syllables), ["language.not_allowed"]);
    let opinion = review(&critic.min_confidence(1.0), syllables);
    assert!(opinion.violations.is_empty() && opinion.uncertainty == 1.0);
}

#[test]
fn a_long_text_is_judged_in_parts_and_a_change_is_noticed() {
    let critic = Language::allow(["eng"]).unwrap();
    let long = format!(
        "{}{}{}",
        format!("{ENGLISH} ").repeat(100),
        format!("{GERMAN} ").repeat(100),
        format!("{ENGLISH} ").repeat(100)
    );
    let opinion = review(&critic, &long);
    assert!(!opinion.violations.is_empty());
    for violation in &opinion.violations {
        assert!(long[violation.span.as_ref().unwrap().bytes.clone()].contains("Fluss"));
    }
    assert!(review(&critic, &format!("{ENGLISH} ").repeat(10_000)).violations.is_empty());
}

#[test]
fn the_same_text_gets_the_same_opinion() {
    let critic = Language::allow(["deu"]).unwrap().min_confidence(0.0).min_characters(1);
    for text in [ENGLISH, GERMAN, FRENCH, "da ta la ma na", "lorem ipsum dolor sit amet"] {
        let first = review(&critic, text);
        for _ in 0..20 {
            assert_eq!(review(&critic, text), first, "{text}");
        }
    }
}

#[test]
fn a_code_that_is_none_is_answered_with_near_ones() {
    let faults = |params: Value| -> Vec<String> {
        let built = kind().build(params.as_object().unwrap());
        built.err().unwrap().iter().map(ToString::to_string).collect()
    };
    let wrong = "is no ISO 639-3 code of a language that is known here:";
    for (code, near) in [
        ("en", "`eng` (English)"),
        ("german", "`deu` (German)"),
        ("Français", "`fra` (French)"),
        ("zh", "`cmn` (Mandarin)"),
    ] {
        let lines = faults(json!({"allow": ["deu", code]}));
        assert_eq!(lines.len(), 1);
        assert!(
            lines[0].starts_with(&format!("`allow[1]` {wrong} `{code}`; did you mean {near}")),
            "{lines:?}"
        );
    }
    assert!(faults(json!({"ban": ["enb"]}))[0].contains("did you mean `eng` (English)"));
    assert_eq!(
        faults(json!({"ban": ["klingon language"]})),
        [format!("`ban[0]` {wrong} `klingon language`")]
    );
    assert_eq!(faults(json!({})), ["`allow` or `ban` must name at least one language"]);
    assert_eq!(
        faults(json!({"allow": [], "min_confidence": 2, "typo": 1})),
        [
            "`allow` must have at least one language",
            "`min_confidence` must lie within 0 to 1, found 2",
            "`typo` is not known here; known are allow, ban, fields, min_characters, min_confidence, severity",
        ]
    );
    assert!(matches!(Language::ban(["xx"]), Err(LanguageError::Unknown { index: 0, .. })));
    assert_eq!(Language::allow([]).unwrap_err(), LanguageError::NoLanguages);
}

#[test]
fn large_texts_take_bounded_time() {
    let critic = Language::allow(["eng"]).unwrap().min_confidence(0.0);
    for part in ["a", "a ", "é", "日", "ж ", "!", "\u{301}"] {
        review(&critic, &part.repeat(300_000 / part.len()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn no_text_does_harm(text in any::<String>(), word in "\\PC{0,5}", times in 0_usize..2_000) {
        let critic = Language::allow(["eng"]).unwrap().min_confidence(0.0).min_characters(1);
        for text in [&text, &word.repeat(times)] {
            let opinion = review(&critic, text);
            prop_assert!(opinion.faults().is_empty());
            for violation in opinion.violations {
                prop_assert!(text.get(violation.span.unwrap().bytes).is_some());
            }
        }
    }
}
