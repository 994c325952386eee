//! Every ready-made critic of texts at its defaults, and what is put before them: prompts of one size, and floods.

use std::sync::Arc;

use tribunal_core::Critic;
use tribunal_critics::{
    Injection, InvisibleText, Jailbreak, Language, Length, Links, Pattern, Pii, Repetition, Rule,
    Secrets, Topic, TopicWords, Toxicity,
};

use crate::prompts;

/// How each of them is made, so that making it can be timed as well.
pub type Make = fn() -> Arc<dyn Critic>;

/// One critic of each kind that looks at texts. What has no default gets a plain one.
pub const CRITICS: [(&str, Make); 12] = [
    ("length", || Arc::new(Length::new().max_characters(10_000_000).checked().expect("a limit"))),
    ("invisible_text", || Arc::new(InvisibleText::new())),
    ("secrets", || Arc::new(Secrets::new())),
    ("pattern", || {
        let rule = Rule::new("override", r"(?i)\b(?:ignore|disregard)\b[^.]{0,40}\binstructions\b");
        Arc::new(Pattern::new([rule]).expect("a rule"))
    }),
    ("injection", || Arc::new(Injection::new())),
    ("jailbreak", || Arc::new(Jailbreak::new())),
    ("toxicity", || Arc::new(Toxicity::new())),
    ("pii", || Arc::new(Pii::new())),
    ("links", || Arc::new(Links::new())),
    ("language", || Arc::new(Language::allow(["eng", "deu"]).expect("languages"))),
    ("repetition", || Arc::new(Repetition::new())),
    ("topic", || {
        let banned = TopicWords::new("weapons", ["rifle", "ammunition", "explosive"]);
        Arc::new(Topic::new([], [banned]).expect("a topic"))
    }),
];

/// A few different texts of so many bytes each, of ordinary prose and code. The same text twice in a row would be read
/// once by those who remember it.
#[must_use]
pub fn prompts(bytes: usize, count: usize) -> Vec<String> {
    let paragraphs = prompts::prose();
    let text = |from: usize| {
        let mut text = String::with_capacity(bytes + 500);
        let mut next = paragraphs.iter().cycle().skip(from);
        while text.len() < bytes {
            text.push_str(next.next().map_or("", String::as_str));
            text.push('\n');
        }
        text.truncate(text.floor_char_boundary(bytes));
        text
    };
    (0..count).map(text).collect()
}

/// Megabytes that are hard on those who look for secrets: words that each announce one, and none comes.
#[must_use]
pub fn floods() -> Vec<(&'static str, String)> {
    let flood = |unit: &str| unit.repeat((1 << 20) / unit.len());
    vec![
        ("prose and code", prompts(1 << 20, 1).remove(0)),
        ("`password = `", flood("password = ")),
        ("`api_key: \"\"`", flood("api_key: \"\", ")),
        ("`AKIA`", flood("AKIA")),
        ("`ghp_` and text", flood("ghp_short ")),
        ("`-----BEGIN`", flood("-----BEGIN PRIVATE KEY")),
        ("`eyJ` and points", flood("eyJ.eyJ.")),
        ("base64 in one line", flood("kR8zL2vN5qT1wX7yB4mC9dF3gH6jK0pS2uV5aE8i")),
        ("hex in one line", flood("9f86d081884c7d659a2feaa0c55ad015")),
        ("assignments", flood("secret_token=abc123def456 ")),
        ("digits", flood("4111 1111 1111 1112 ")),
    ]
}
