use proptest::prelude::*;
use serde_json::{Value, json};
use tribunal_core::Snapshot;

use super::measure::{SHORTEST_LOOP, longest_character_run};
use super::*;

fn review(critic: &Repetition, text: &str) -> Opinion {
    let snapshot = Snapshot::builder().model_response(text).build();
    match critic.review(View::of(&snapshot)) {
        Answer::Now(opinion) => opinion.unwrap(),
        Answer::Later(_) => panic!("answers at once"),
    }
}

fn codes(text: &str) -> Vec<String> {
    let opinion = review(&Repetition::new(), text);
    opinion.violations.iter().map(|found| found.code.to_string()).collect()
}

const PROSE: &str = "The river rises in the hills north of the town, and for most of its way it is slow and \
    brown. In spring it floods the meadows; the farmers say that a year without a flood is a year without hay. \
    Below the mill it meets a second river, which comes from the lakes and is clear even after rain.";

#[test]
fn runs_of_characters_words_and_lines_are_found_with_their_spans() {
    let opinion = review(&Repetition::new(), &format!("so {}!", "a".repeat(300)));
    assert_eq!(opinion.violations[0].code, "repetition.characters");
    assert_eq!(opinion.violations[0].span.as_ref().unwrap().bytes, 3..303);
    let opinion = review(&Repetition::new(), &format!("It is {}good.", "very ".repeat(11)));
    assert_eq!(opinion.violations[0].code, "repetition.words");
    assert_eq!(opinion.violations[0].message, "one word 11 times in a row");
    assert_eq!(opinion.violations[0].span.as_ref().unwrap().bytes, 6..60);
    assert_eq!(codes(&"- one more thing\n\n".repeat(6)), ["repetition.lines"]);
    assert_eq!(codes(&"好".repeat(20)), ["repetition.words"]);
}

#[test]
fn a_text_whose_end_repeats_itself_is_a_loop() {
    let circle = format!("{PROSE} {}", "I am sorry, I cannot help; as I said: ".repeat(12));
    let opinion = review(&Repetition::new(), &circle);
    let found = opinion.violations.iter().find(|v| v.code == "repetition.loop").unwrap();
    assert_eq!(found.message, "the end of the text comes 12 times in a row");
    let bytes = found.span.as_ref().unwrap().bytes.clone();
    assert!(
        circle[bytes].starts_with("I am sorry")
            || found.span.as_ref().unwrap().bytes.start > PROSE.len() - 5
    );
    // Without a space or a line end, and cut off in the middle.
    let cut = "abcdefgh".repeat(100);
    assert!(codes(&cut[..799]).contains(&"repetition.loop".to_owned()));
    assert!(codes(&"日本語で".repeat(100)).contains(&"repetition.loop".to_owned()));
}

#[test]
fn sentences_that_come_again_and_again_are_a_share() {
    let sentences = [
        "I can help you with that today. ",
        "Let me know what else you need. ",
        "As said before, it depends on you. ",
    ];
    let mut text = String::new();
    for index in 0..30 {
        text.push_str(sentences[index * index % 3]);
        text.push_str(sentences[index % 2]);
    }
    let opinion = review(&Repetition::new(), &text);
    assert!(opinion.violations.iter().any(|found| found.code == "repetition.share"), "{opinion:?}");
    assert!(opinion.score.unwrap() > 0.8);
}

#[test]
fn prose_tables_lists_and_code_are_left_alone() {
    let table = format!(
        "| a | b |\n|---|---|\n{}",
        (0..40).map(|n| format!("| {n} | {} |\n", n * n)).collect::<String>()
    );
    let code = (0..20).map(|n| format!("    let x{n} = f(x{n}, {});\n", n + 1)).collect::<String>();
    for text in [
        PROSE.to_owned(),
        table,
        code,
        format!("{}\n{}\n{}", "=".repeat(80), PROSE, "-".repeat(80)),
        "---\n\n".repeat(10),
        "}\n".repeat(12),
        "no no no no".to_owned(),
        " ".repeat(500) + "x",
        "\n".repeat(500) + "x",
        "Ha ha ha ha ha!".to_owned(),
        "1. yes\n2. no\n3. yes\n4. yes\n5. no\n6. yes".to_owned(),
        String::from("short. short. short."),
    ] {
        assert_eq!(codes(&text), Vec::<String>::new(), "{text}");
    }
    assert_eq!(review(&Repetition::new(), PROSE).score, Some(0.0));
}

#[test]
fn limits_that_make_no_sense_are_faults_by_name() {
    let faults = |params: Value| -> Vec<String> {
        let built = kind().build(params.as_object().unwrap());
        built.err().unwrap().iter().map(ToString::to_string).collect()
    };
    assert_eq!(
        faults(
            json!({"ngram": 11, "max_share": 2, "max_line_run": 0, "max_loops": "x", "severity": -1, "typo": 1})
        ),
        [
            "`ngram` must lie within 1 to 10, found 11",
            "`max_share` must lie within 0 to 1, found 2",
            "`max_line_run` must be at least 1",
            "`max_loops` must be a whole number, 0 or more",
            "`severity` must lie within 0 to 1, found -1",
            "`typo` is not known here; known are fields, max_character_run, max_line_run, max_loops, max_share, \
             max_word_run, min_words, ngram, severity",
        ]
    );
    assert_eq!(
        Repetition::new().ngram(0, 0.5).unwrap_err().to_string(),
        "`ngram` must be 1 to 10, found 0"
    );
    assert_eq!(Repetition::new().max_loops(0).unwrap_err(), RepetitionError::Zero("max_loops"));
}

#[test]
fn large_texts_are_measured_in_linear_time_and_bounded_memory() {
    for part in ["a", "a ", "ab", "\n", "a\n", "é", "aab", "日", "!", "a b c d "] {
        review(&Repetition::new(), &part.repeat(100_000 / part.len()));
    }
    let many: String = (0..110_000).map(|n| format!("{n} ")).collect();
    assert_eq!(words(&many).len(), Repetition::MOST_WORDS);
    assert!(review(&Repetition::new(), &many).violations.is_empty());
}

proptest! {
    /// Looking at one byte in many finds the same as looking at all.
    #[test]
    fn the_longest_run_of_characters_is_found_wherever_it_stands(
        runs in prop::collection::vec(("[ab \u{e9}\u{4e2d}]", 1_usize..9), 0..12), more_than in 1_usize..6,
    ) {
        let text: String = runs.iter().map(|(c, count)| c.repeat(*count)).collect();
        let mut longest: Option<(usize, std::ops::Range<usize>)> = None;
        for (start, c) in text.char_indices().filter(|(_, c)| !c.is_whitespace()) {
            let count = text[start..].chars().take_while(|next| *next == c).count();
            if count > longest.as_ref().map_or(more_than, |(most, _)| *most) {
                longest = Some((count, start..start + count * c.len_utf8()));
            }
        }
        prop_assert_eq!(longest_character_run(&text, more_than), longest);
    }

    #[test]
    fn no_text_does_harm(text in any::<String>(), part in "\\PC{1,4}", times in 0_usize..200) {
        let critic = Repetition::new().max_line_run(1).unwrap().max_word_run(1).unwrap()
            .max_character_run(1).unwrap().max_loops(1).unwrap().min_words(1).ngram(1, 0.0).unwrap();
        for text in [&text, &format!("{text}{}", part.repeat(times))] {
            for violation in review(&critic, text).violations {
                prop_assert!(text.get(violation.span.unwrap().bytes).is_some());
            }
        }
    }

    #[test]
    fn what_repeats_at_the_end_is_counted(head in "[x-z]{0,50}", part in "[a-d]{1,9}", times in 30_usize..60) {
        let text = format!("{head}{}", part.repeat(times));
        if text.len() - head.len() >= SHORTEST_LOOP {
            prop_assert!(looped(&text).unwrap().0 >= times);
        }
    }
}
