//! A plan for people.

use std::fmt::Write as _;

use tribunal_core::{CriticName, FailureMode, Mode, Phase};
use tribunal_production::{CriticOutline, Outline, StageOutline};

use super::sees_outcomes;
use crate::ink;
use crate::safe::{on_one_line, shown};

/// Everything about a plan, painted.
pub(crate) fn text(outline: &Outline, name: &str) -> String {
    let critics: usize = outline.stages.iter().map(|stage| stage.critics.len()).sum();
    let mut text = String::new();
    // Writing to a `String` cannot fail.
    let _ = writeln!(
        text,
        "{}  {} in {}  {}",
        ink::bold(shown(name)),
        ink::many(critics as u64, "critic"),
        ink::many(outline.stages.len() as u64, "stage"),
        ink::dim(&outline.config_hash),
    );
    let _ = writeln!(text, "  a run ends within {}", ink::duration(outline.timeout));
    let _ = writeln!(
        text,
        "  at worst it takes {} and costs {}: every gate open, every attempt used",
        ink::duration(outline.worst_latency),
        ink::number(outline.worst_cost),
    );
    if outline.early_exit {
        let _ = writeln!(text, "  it stops once the verdict is settled");
    }
    for (index, stage) in outline.stages.iter().enumerate() {
        let _ = writeln!(text);
        heading(&mut text, index + 1, stage);
        for of_stage in &stage.critics {
            critic(&mut text, outline, of_stage);
        }
    }
    let _ = writeln!(text, "\n{}", ink::bold("what a failure lets pass"));
    for passage in &outline.passages {
        let _ = writeln!(text, "  {}: {}", passage.critic, on_one_line(&passage.how));
    }
    if outline.passages.is_empty() {
        let _ = writeln!(text, "  nothing: every failure calls for review or block");
    }
    text
}

fn heading(text: &mut String, number: usize, stage: &StageOutline) {
    let mut limits = vec![format!("at worst {}", ink::duration(stage.worst_latency))];
    limits.extend(stage.timeout.map(|timeout| format!("ends within {}", ink::duration(timeout))));
    limits.extend(stage.max_in_flight.map(|most| format!("{most} calls at a time")));
    let _ = writeln!(
        text,
        "{}  {}",
        ink::bold(format!("{number}. {}", stage.stage)),
        limits.join(", ")
    );
}

fn critic(text: &mut String, outline: &Outline, critic: &CriticOutline) {
    let watched =
        if critic.mode == Mode::Monitor { ", monitored: its word does not count" } else { "" };
    let _ = writeln!(
        text,
        "   {}  {}{}{watched}",
        ink::bold(&critic.name),
        ink::dim(format!("priority {}, ", critic.priority)),
        on_one_line(&critic.policy),
    );
    let mut line = |title: &str, what: String| {
        if !what.is_empty() {
            let _ = writeln!(text, "       {title:<12} {what}");
        }
    };
    if critic.phases.len() < Phase::ALL.len() {
        let phases: Vec<&str> = critic.phases.iter().map(|phase| phase.as_str()).collect();
        line("only in", phases.join(", "));
    }
    line("depends on", names(&critic.depends_on));
    if sees_outcomes(critic) {
        line("gate sees", seen(outline, critic));
    }
    line("calls for", calls_for(critic));
    line("takes", takes(critic));
    line("tags", on_one_line(&critic.tags.join(", ")));
}

fn calls_for(critic: &CriticOutline) -> String {
    let mut calls = Vec::new();
    calls
        .extend(critic.thresholds.review_at().map(|at| format!("review from {}", ink::number(at))));
    calls.extend(critic.thresholds.block_at().map(|at| format!("block from {}", ink::number(at))));
    calls.push(match critic.failure_mode {
        FailureMode::Allow => String::from("nothing when it fails"),
        mode => format!("{mode} when it fails"),
    });
    calls.join(", ")
}

fn takes(critic: &CriticOutline) -> String {
    let mut takes = vec![format!("at most {}", ink::duration(critic.timeout))];
    if critic.attempts > 1 {
        let worst = ink::duration(critic.worst_latency);
        takes.push(format!("{} attempts, {worst} in all", critic.attempts));
    }
    if critic.worst_cost > 0.0 {
        takes.push(format!("costs at most {}", ink::number(critic.worst_cost)));
    }
    takes.extend(critic.max_in_flight.map(|most| match critic.adaptive {
        true => format!("up to {most} calls at a time, by their latency"),
        false => format!("{most} calls at a time"),
    }));
    match critic.isolation {
        "task" => takes.push(String::from("in a task of its own")),
        "blocking" => takes.push(String::from("on a thread of its own")),
        _ => {}
    }
    if critic.hedged {
        takes.push(String::from("slow calls hedged"));
    }
    if critic.rate_limited {
        takes.push(String::from("rate limited"));
    }
    takes.join(", ")
}

fn names(names: &[CriticName]) -> String {
    names.iter().map(CriticName::as_str).collect::<Vec<_>>().join(", ")
}

/// What a gate sees: by stage where it sees all that counts of one, else by name.
fn seen(outline: &Outline, critic: &CriticOutline) -> String {
    let mut seen = Vec::new();
    for stage in &outline.stages {
        let is_seen = |other: &&CriticOutline| critic.sees.contains(&other.name);
        let mut counts = stage.critics.iter().filter(|other| other.mode == Mode::Enforce);
        if counts.clone().count() > 1 && counts.all(|other| is_seen(&other)) {
            seen.push(format!("all of {}", stage.stage));
        } else {
            seen.extend(stage.critics.iter().filter(is_seen).map(|other| other.name.to_string()));
        }
    }
    seen.join(", ")
}
