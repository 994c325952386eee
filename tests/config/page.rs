//! `docs/diagnostics.md` and the codes say the same, and the examples of the page show what it says.

use tribunal_config::{Code, Problem, Source, load};

const PAGE: &str = include_str!("../../docs/diagnostics.md");

/// Codes that no short text raises.
const WITHOUT_EXAMPLE: [Code; 6] = [
    Code::TooLarge,
    Code::ImpossiblePlan,
    Code::UnreadableConfig,
    Code::InvalidSetting,
    Code::MandatoryLoosened,
    Code::Undecided,
];

struct Section<'p> {
    heading: &'p str,
    first_line: &'p str,
    examples: Vec<&'p str>,
}

fn sections() -> Vec<Section<'static>> {
    let sections = PAGE.split("\n### ").skip(1).map(|text| {
        let (heading, rest) = text.split_once('\n').unwrap();
        // The heading of the next group ends the last section of one.
        let body = rest.split("\n## ").next().unwrap();
        let examples = body.split("```toml\n").skip(1);
        let examples = examples.map(|block| block.split("```\n").next().unwrap()).collect();
        Section { heading, first_line: body.trim_start().lines().next().unwrap(), examples }
    });
    sections.collect()
}

fn problems(text: &str) -> Vec<Problem> {
    let catalogue = tribunal_critics::catalogue();
    match load(&Source::new("example.toml", text), &catalogue, &|_| None) {
        Ok(pipeline) => pipeline.warnings,
        Err(error) => error.problems().to_vec(),
    }
}

#[test]
fn every_code_has_its_section_and_every_section_its_code() {
    let headings: Vec<&str> = sections().iter().map(|section| section.heading).collect();
    let codes: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(headings, codes);
    for (section, code) in sections().iter().zip(Code::ALL) {
        let level = format!("{}. ", code.level()).to_lowercase();
        let first_line = section.first_line.to_lowercase();
        assert!(first_line.starts_with(&level), "{code} starts with `{}`", section.first_line);
        assert_eq!(code.page(), format!("docs/diagnostics.md#{}", section.heading));
    }
}

#[test]
fn the_first_example_of_a_section_raises_its_code_and_the_second_nothing() {
    for (section, code) in sections().iter().zip(Code::ALL) {
        let mut examples = section.examples.iter();
        let Some(wrong) = examples.next() else {
            assert!(WITHOUT_EXAMPLE.contains(code), "{code} has no example");
            continue;
        };
        let told = problems(wrong);
        let codes: Vec<Code> = told.iter().map(Problem::code).collect();
        assert_eq!(codes, [*code], "{told:?} in {wrong}");
        for right in examples {
            assert!(problems(right).is_empty(), "{code}: {:?}", problems(right));
        }
    }
}
