//! A run in words, for someone who was woken up by it.

use crate::page::escaped;
use crate::run::{Cause, Outcome, Run};
use crate::scale::{number, rating, time};

/// How many causes are told one by one.
const TOLD: usize = 6;

/// The verdict as a past participle.
pub(crate) fn done(verdict: &str) -> &'static str {
    match verdict {
        "block" => "Blocked",
        "review" => "Held for review",
        "allow" => "Allowed",
        _ => "Judged",
    }
}

/// Sentences, each in HTML: what was decided and why, what was let pass, what did not run, what it took.
pub(crate) fn story(run: &Run) -> Vec<String> {
    let mut told = vec![decided(run)];
    if !run.let_pass.is_empty() {
        told.push(format!(
            "<strong class=\"bad\">Let pass although it failed:</strong> {}.",
            names(run.let_pass.iter().map(String::as_str))
        ));
    }
    let failed: Vec<&Outcome> =
        run.outcomes.iter().filter(|outcome| outcome.is_failure()).collect();
    if !failed.is_empty() {
        let told_of = |outcome: &&Outcome| {
            let why = outcome.reason.as_ref().map_or(&*outcome.status, |reason| &*reason.kind);
            let calls_for = outcome.calls_for.as_deref().unwrap_or("nothing");
            format!(
                "<code>{}</code> ({}, which calls for {})",
                escaped(&outcome.critic),
                escaped(&why.replace('_', " ")),
                escaped(calls_for)
            )
        };
        let all: Vec<String> = failed.iter().take(TOLD).map(told_of).collect();
        let more = failed.len().saturating_sub(TOLD);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        told.push(format!("Without an opinion: {}{more}.", all.join(", ")));
    }
    told.push(who_ran(run));
    told.push(took(run));
    told
}

fn decided(run: &Run) -> String {
    let done = done(&run.verdict);
    if run.causes.is_empty() {
        return format!("{done}: nobody objected enough to call for more.");
    }
    let causes: Vec<String> = run.causes.iter().take(TOLD).map(cause).collect();
    let more = run.causes.len().saturating_sub(TOLD);
    let more = if more > 0 { format!("; and {more} more") } else { String::new() };
    format!("{done} because {}{more}.", causes.join("; "))
}

fn cause(cause: &Cause) -> String {
    let Some(critic) = &cause.critic else {
        return String::from("no critic whose word counts gave an opinion");
    };
    let critic = format!("<code>{}</code>", escaped(critic));
    match (cause.severity, &cause.kind) {
        (Some(severity), _) if cause.codes.is_empty() => {
            format!("{critic} objects with severity {}", rating(severity))
        }
        (Some(severity), _) => {
            let codes: Vec<String> = cause.codes.iter().map(|code| escaped(code)).collect();
            format!("{critic} found {} (severity {})", codes.join(", "), rating(severity))
        }
        (None, kind) => {
            let kind = kind.as_deref().or(cause.status.as_deref()).unwrap_or("failed");
            format!("{critic} gave no opinion ({})", escaped(&kind.replace('_', " ")))
        }
    }
}

fn who_ran(run: &Run) -> String {
    let all = run.outcomes.len();
    let ran = run.outcomes.iter().filter(|outcome| outcome.attempts > 0).count();
    let gated = run.outcomes.iter().filter(|outcome| outcome.status == "gated").count();
    let skipped = run.outcomes.iter().filter(|outcome| outcome.status == "skipped").count();
    let cached =
        run.outcomes.iter().filter(|outcome| outcome.source.as_deref() == Some("cache")).count();
    let mut text = format!("{ran} of {all} critics were called");
    for (count, what) in [
        (gated, "stayed behind closed gates"),
        (skipped, "skipped"),
        (cached, "answered from a cache"),
    ] {
        if count > 0 {
            text.push_str(&format!(", {count} {what}"));
        }
    }
    text.push('.');
    text
}

fn took(run: &Run) -> String {
    let mut text = format!("It took {}", time(run.elapsed_ms));
    if run.queued_ms > 0.0 {
        text.push_str(&format!(", of which {} waiting to be admitted", time(run.queued_ms)));
    }
    text.push_str(&format!(", and cost {}", number(run.cost_spent)));
    if run.cost_saved > 0.0 {
        text.push_str(&format!("; gates saved {}", number(run.cost_saved)));
    }
    text.push('.');
    text
}

fn names<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let names: Vec<String> = names.map(|name| format!("<code>{}</code>", escaped(name))).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_story_says_why_in_words() {
        let run = Run::of(json!({
            "verdict": "block", "elapsed_ms": 12.5, "queued_ms": 2, "cost_spent": 0.5, "cost_saved": 0.25,
            "let_pass": ["slow"],
            "causes": [
                {"critic": "secrets", "severity": 0.9, "codes": ["secret.token", "secret.<b>"]},
                {"critic": "judge", "status": "timeout", "kind": "critic_timeout"}
            ],
            "outcomes": [
                {"critic": "secrets", "status": "success", "attempts": 1},
                {"critic": "judge", "status": "timeout", "attempts": 2, "calls_for": "block",
                 "reason": {"kind": "critic_timeout", "text": "timeout"}},
                {"critic": "slow", "status": "gated"}
            ]
        }));
        let told = story(&run.unwrap());
        assert_eq!(
            told[0],
            "Blocked because <code>secrets</code> found secret.token, secret.&lt;b&gt; (severity 0.9); <code>judge</code> gave no opinion (critic timeout)."
        );
        assert!(told[1].contains("Let pass") && told[1].contains("slow"));
        assert!(told[2].contains("critic timeout, which calls for block"), "{}", told[2]);
        assert_eq!(told[3], "2 of 3 critics were called, 1 stayed behind closed gates.");
        assert_eq!(
            told[4],
            "It took 12 ms, of which 2.00 ms waiting to be admitted, and cost 0.5; gates saved 0.25."
        );
        let nobody =
            Run::of(json!({"verdict": "review", "causes": [{"kind": "no_opinion"}]})).unwrap();
        assert!(story(&nobody)[0].contains("no critic whose word counts"));
    }
}
