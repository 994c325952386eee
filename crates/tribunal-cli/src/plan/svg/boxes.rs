//! What stands in the boxes and heads, line by line.

use tribunal_core::{FailureMode, Mode, Phase};
use tribunal_production::{CriticOutline, Outline, StageOutline};

use super::gate;
use crate::ink;
use crate::safe::on_one_line;

/// How many letters a line of a box has.
pub(super) const LETTERS: usize = 35;

/// How many letters a name has.
const NAME: usize = 26;

/// A box: what it shows, and what it says when pointed at.
pub(super) struct Content {
    pub(super) name: String,
    pub(super) priority: u8,
    /// Its gate, where it has one.
    pub(super) gate: Option<String>,
    pub(super) lines: Vec<String>,
    /// What must not be missed.
    pub(super) marks: Vec<Mark>,
    pub(super) told: String,
}

/// A word on a box that stands out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    Monitored,
    FailsOpen,
}

impl Mark {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Monitored => "monitored",
            Self::FailsOpen => "fails open",
        }
    }

    pub(super) const fn class(self) -> &'static str {
        match self {
            Self::Monitored => "watch",
            Self::FailsOpen => "open",
        }
    }
}

pub(super) fn of(critic: &CriticOutline) -> Content {
    let gate = gate::words(&critic.policy);
    let mut lines = wrapped(&worst(critic));
    lines.extend(wrapped(&limits(critic)));
    if critic.phases.len() < Phase::ALL.len() {
        let phases = critic.phases.iter().map(|phase| phase.as_str().to_owned());
        let phases: Vec<String> = phases.collect();
        lines.extend(joined("only ", &phases, ", "));
    }
    let mut marks = Vec::new();
    if critic.mode == Mode::Monitor {
        marks.push(Mark::Monitored);
    } else if critic.failure_mode == FailureMode::Allow {
        marks.push(Mark::FailsOpen);
    }
    Content {
        name: cut(critic.name.as_str(), NAME),
        priority: critic.priority,
        told: told(critic, gate.as_deref()),
        gate: gate.map(|gate| cut(&brief(&gate), LETTERS)),
        lines,
        marks,
    }
}

/// An expression without what goes without saying there: `pii.severity` for `prior.pii.severity`.
fn brief(gate: &str) -> String {
    let mut parts = gate.split("prior[");
    let mut brief = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        // The name stands in quotes, up to the bracket.
        let (name, rest) = part.split_once(']').unwrap_or((part, ""));
        brief.push_str(name.trim_matches(['"', '\'']));
        brief.push_str(rest);
    }
    brief.replace("prior.", "").replace("snapshot.", "")
}

/// How long it takes at worst, and what it costs.
fn worst(critic: &CriticOutline) -> Vec<String> {
    let mut worst = vec![format!("at worst {}", ink::duration(critic.worst_latency))];
    if critic.attempts > 1 {
        worst.push(format!("{} tries", critic.attempts));
    }
    if critic.worst_cost > 0.0 {
        worst.push(format!("cost {}", ink::number(critic.worst_cost)));
    }
    worst
}

fn limits(critic: &CriticOutline) -> Vec<String> {
    let mut limits = Vec::new();
    limits.extend(critic.max_in_flight.map(|most| match critic.adaptive {
        true => format!("up to {most} at a time"),
        false => format!("{most} at a time"),
    }));
    for (there, word) in [
        (critic.rate_limited, "rate limited"),
        (critic.breaker, "breaker"),
        (critic.hedged, "hedged"),
        (critic.isolation == "task", "own task"),
        (critic.isolation == "blocking", "own thread"),
    ] {
        if there {
            limits.push(word.to_owned());
        }
    }
    limits
}

/// All of it, for whoever points at a box.
fn told(critic: &CriticOutline, gate: Option<&str>) -> String {
    let mut told = vec![format!("{}, priority {}", critic.name, critic.priority)];
    told.extend(gate.map(|gate| format!("runs {gate}")));
    let names: Vec<&str> = critic.depends_on.iter().map(|name| name.as_str()).collect();
    if !names.is_empty() {
        told.push(format!("depends on {}", names.join(", ")));
    }
    told.push(format!("an attempt takes at most {}", ink::duration(critic.timeout)));
    let from = [critic.thresholds.review_at(), critic.thresholds.block_at()];
    for (word, at) in ["review", "block"].iter().zip(from) {
        told.extend(at.map(|at| format!("{word} from severity {}", ink::number(at))));
    }
    told.push(match critic.failure_mode {
        FailureMode::Allow => String::from("its failure calls for nothing"),
        mode => format!("its failure calls for {mode}"),
    });
    if critic.mode == Mode::Monitor {
        told.push(String::from("monitored: its word does not count"));
    }
    if !critic.tags.is_empty() {
        told.push(format!("tags: {}", on_one_line(&critic.tags.join(", "))));
    }
    told.join("\n")
}

/// A stage: its name, and lines of figures.
pub(super) fn head(number: usize, stage: &StageOutline) -> (String, Vec<String>) {
    let cost: f64 = stage.critics.iter().map(|critic| critic.worst_cost).sum();
    let mut worst = vec![format!("at worst {}", ink::duration(stage.worst_latency))];
    if cost > 0.0 {
        worst.push(format!("cost {}", ink::number(cost)));
    }
    let mut limits = Vec::new();
    limits.extend(stage.timeout.map(|limit| format!("ends within {}", ink::duration(limit))));
    limits.extend(stage.max_in_flight.map(|most| format!("{most} at a time")));
    let mut lines = wrapped(&worst);
    lines.extend(wrapped(&limits));
    (format!("{number} {}", stage.stage), lines)
}

/// The run: a line for what it is, and one for what it comes to.
pub(super) fn title(outline: &Outline) -> (String, String) {
    let critics: usize = outline.stages.iter().map(|stage| stage.critics.len()).sum();
    let title = format!(
        "{} in {}",
        ink::many(critics as u64, "critic"),
        ink::many(outline.stages.len() as u64, "stage"),
    );
    let mut parts = vec![
        format!("a run ends within {}", ink::duration(outline.timeout)),
        format!("at worst {}", ink::duration(outline.worst_latency)),
        format!("cost {}", ink::number(outline.worst_cost)),
    ];
    if outline.early_exit {
        parts.push(String::from("stops once the verdict is settled"));
    }
    (title, parts.join(" · "))
}

fn wrapped(parts: &[String]) -> Vec<String> {
    joined("", parts, " · ")
}

/// Parts on as many lines as they need.
fn joined(start: &str, parts: &[String], between: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for part in parts {
        match lines.last_mut() {
            Some(line) if width(line) + width(between) + width(part) <= LETTERS => {
                line.push_str(between);
                line.push_str(part);
            }
            None => lines.push(format!("{start}{part}")),
            Some(_) => lines.push(part.clone()),
        }
    }
    lines
}

/// How many letters wide a text is. Those of East Asia, and pictures, take two.
pub(super) fn width(text: &str) -> usize {
    text.chars().map(letters).sum()
}

const fn letters(c: char) -> usize {
    match c {
        '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}' => 2,
        '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe6f}' | '\u{ff00}'..='\u{ff60}' => 2,
        '\u{1f000}'..='\u{1faff}' | '\u{20000}'..='\u{3ffff}' => 2,
        _ => 1,
    }
}

/// A text that is no wider.
fn cut(text: &str, most: usize) -> String {
    if width(text) <= most {
        return text.to_owned();
    }
    let mut short = String::new();
    let mut wide = 1;
    for c in text.chars() {
        wide += letters(c);
        if wide > most {
            break;
        }
        short.push(c);
    }
    short.push('…');
    short
}
