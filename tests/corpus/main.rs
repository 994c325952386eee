//! Bad input of every kind, each with the exact answer it gets: `docs/reliability.md` says what is in here.
//!
//! A file for each kind, a table in each file: what is wrong in words, what is given, and the answer. An answer is
//! an error word for word, or what was made of the input. More mistakes of configurations, with their places, are
//! in `tests/config/broken.rs`; the command's answers to files that are none in `crates/tribunal-cli/tests`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "here to fail a test with a plain message"
)]

mod configs;
mod files;
mod opinions;
mod patterns;
mod schemas;
mod snapshots;
mod texts;

/// What is wrong, what is given, and the answer.
type Case<I> = (&'static str, I, &'static str);

/// Puts each case to the one who answers; all answers that differ are told.
#[track_caller]
fn check<I>(cases: Vec<Case<I>>, at_least: usize, answer: impl Fn(I) -> String) {
    assert!(cases.len() >= at_least, "{} cases, {at_least} are to be there", cases.len());
    let differences = cases.into_iter().filter_map(|(what, given, expected)| {
        let found = answer(given);
        (found != expected)
            .then(|| format!("{what}\n  expected {expected:?}\n  found    {found:?}\n"))
    });
    let differences: Vec<String> = differences.collect();
    assert!(differences.is_empty(), "\n{}", differences.concat());
}
