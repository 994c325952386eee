//! Explanations for people.

use std::fmt::Write as _;

use tribunal_core::{Mode, Phase, Status, Verdict};
use tribunal_production::ProductionOrchestrator;

use super::plan::Planned;
use super::run::{Past, Run};
use super::why::{Saw, Why, listed};
use crate::ink;
use crate::safe::{on_one_line, shown};

/// Most outcomes that are shown of those that a gate saw.
const MOST_SEEN: usize = 8;

fn line(text: &mut String, title: &str, what: &str) {
    for (index, what) in what.lines().enumerate() {
        let title = if index == 0 { title } else { "" };
        // Writing to a `String` cannot fail.
        let _ = writeln!(text, "  {}{what}", ink::dim(format!("{title:<12}")));
    }
}

fn all(text: &mut String, title: &str, sentences: &[String]) {
    for (index, sentence) in sentences.iter().enumerate() {
        line(text, if index == 0 { title } else { "" }, &on_one_line(sentence));
    }
}

/// What a plan says of a critic.
pub(super) fn planned(planned: &Planned) -> String {
    let mut text = String::new();
    let watched = if planned.mode == Mode::Monitor { ", monitored" } else { "" };
    let _ = writeln!(
        text,
        "{}  {}, priority {}{watched}",
        ink::bold(&planned.critic),
        planned.stage,
        planned.priority
    );
    line(&mut text, "runs", &planned.runs);
    if let Some(condition) = &planned.condition {
        line(&mut text, "", &on_one_line(condition));
    }
    if planned.phases.len() < Phase::ALL.len() {
        let phases: Vec<String> = planned.phases.iter().map(ToString::to_string).collect();
        line(&mut text, "only in", &phases.join(", "));
    }
    let names = |names: &[tribunal_core::CriticName]| {
        names.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    };
    if !planned.depends_on.is_empty() {
        line(&mut text, "depends on", &names(&planned.depends_on));
    }
    if !planned.sees.is_empty() {
        line(&mut text, "gate sees", &names(&planned.sees));
    }
    if planned.hang_on_it.is_empty() {
        line(&mut text, "on it hangs", "no other critic");
    }
    all(&mut text, "on it hangs", &planned.hang_on_it);
    line(&mut text, "calls for", &planned.calls_for);
    all(&mut text, "if it fails", &planned.when_it_fails);
    line(&mut text, "limits", &planned.limits.join(", "));
    let cost = match planned.worst_cost > 0.0 {
        true => format!(", and costs {}", ink::number(planned.worst_cost)),
        false => String::new(),
    };
    let worst = format!("takes {} ms{cost}", ink::number(planned.worst_latency_ms));
    line(&mut text, "at worst", &worst);
    if !planned.returns.is_empty() {
        line(&mut text, "can say", &planned.returns.join("; "));
    }
    text
}

/// What is said of a run above its critics.
pub(super) fn heading(run: &Run) -> String {
    let mut text = String::new();
    let _ = writeln!(
        text,
        "{}  {}  {}",
        ink::bold(&run.name),
        ink::verdict(run.verdict),
        ink::dim(&run.place)
    );
    if let Past::Other { hash, unknown } = &run.past {
        let names = unknown.iter().map(|name| format!("`{name}`")).collect();
        let unknown = match unknown.is_empty() {
            true => String::new(),
            false => format!("; this one does not have {}", listed(names, MOST_SEEN)),
        };
        let other = format!("another configuration made this report: {}{unknown}", shown(hash));
        line(&mut text, "careful", &other);
    }
    text
}

/// One critic in a run.
pub(super) fn why(why: &Why) -> String {
    let mut text = String::new();
    let status = match why.status {
        Status::Success => ink::bold("ran"),
        other => ink::bold(other),
    };
    let calls = why.calls_for.map(|v| format!(", calls for {}", ink::verdict(v)));
    let _ = writeln!(
        text,
        "{}  {status}{}  {}",
        ink::bold(&why.critic),
        calls.unwrap_or_default(),
        ink::dim(why.stage)
    );
    all(&mut text, "why", &why.why);
    line(&mut text, "gate", &on_one_line(&why.gate));
    if let Some(condition) = &why.condition {
        let _ = writeln!(text, "  {}", ink::dim("its condition, step by step"));
        text.push_str(&condition.text(6));
    }
    saw(&mut text, why);
    all(&mut text, "waited", &why.waited);
    if !why.change.is_empty() {
        let (how, and) = match why.ran {
            true => ("it would not have run if", "or if"),
            false => ("it would have run if", "and if"),
        };
        for (index, change) in why.change.iter().enumerate() {
            let before = if index == 0 { how } else { and };
            let title = if index == 0 { "change" } else { "" };
            line(&mut text, title, &format!("{before} {}", on_one_line(change)));
        }
    }
    all(&mut text, "not known", &why.not_recorded);
    text
}

fn saw(text: &mut String, why: &Why) {
    if why.saw.is_empty() {
        return;
    }
    let mattered = why.saw.iter().filter(|saw| saw.mattered).count();
    let shown = if mattered > 0 { mattered } else { why.saw.len().min(MOST_SEEN) }.min(MOST_SEEN);
    let width = why.saw.iter().take(shown).map(|saw| saw.critic.as_str().len()).max().unwrap_or(0);
    for (index, of) in why.saw.iter().take(shown).enumerate() {
        let title = if index == 0 { "saw" } else { "" };
        line(text, title, &format!("{:width$}  {}", of.critic.as_str(), of_one(of)));
    }
    let rest = why.saw.len() - shown;
    if rest > 0 {
        let what = if mattered > shown {
            "more"
        } else if mattered > 0 {
            "others, which did not decide"
        } else {
            "more"
        };
        line(text, if shown == 0 { "saw" } else { "" }, &format!("and {rest} {what}"));
    }
}

fn of_one(saw: &Saw) -> String {
    let mut parts = Vec::new();
    if saw.status != Status::Success {
        parts.push(saw.status.to_string());
    }
    if saw.status == Status::Success {
        parts.push(format!("severity {}", ink::number(saw.severity)));
    }
    if saw.uncertainty > 0.0 {
        parts.push(format!("uncertainty {}", ink::number(saw.uncertainty)));
    }
    match saw.violations {
        0 => parts.push(String::from("no violation")),
        count => {
            let more = if count > saw.codes.len() { " …" } else { "" };
            parts.push(format!("{}{more}", on_one_line(&saw.codes.join(", "))));
        }
    }
    parts.join(", ")
}

/// What a critic called for the verdict with.
fn because(run: &Run, court: &ProductionOrchestrator, why: &Why) -> String {
    let outcome = run.outcome(court, why.critic.as_str());
    match outcome.and_then(|outcome| outcome.opinion.as_ref()) {
        Some(opinion) => {
            let mut codes: Vec<String> =
                opinion.violations.iter().map(|violation| violation.code.to_string()).collect();
            codes.sort_unstable();
            codes.dedup();
            let severity = ink::number(opinion.worst_severity());
            let codes =
                if codes.is_empty() { String::new() } else { format!(", {}", listed(codes, 4)) };
            on_one_line(&format!("{}: severity {severity}{codes}", why.critic))
        }
        None => {
            let reason = outcome.and_then(|outcome| outcome.reason.as_ref());
            let reason = reason.map_or_else(|| String::from("no outcome"), ToString::to_string);
            on_one_line(&format!("{}: {reason}", why.critic))
        }
    }
}

/// Every critic of a run, one row each.
pub(super) fn run(
    run: &Run,
    whys: &[Why],
    court: &ProductionOrchestrator,
    width: Option<u16>,
) -> String {
    let mut text = heading(run);
    let queued = match run.queued_ms >= 1.0 {
        true => format!(", {} ms of it waiting to be admitted", ink::number(run.queued_ms)),
        false => String::new(),
    };
    for (why, info) in whys.iter().zip(court.critics()) {
        if why.calls_for == Some(run.verdict)
            && run.verdict > Verdict::Allow
            && info.mode == Mode::Enforce
        {
            line(&mut text, "because", &because(run, court, why));
        }
    }
    line(&mut text, "took", &format!("{} ms{queued}", ink::number(run.elapsed_ms)));
    let mut table = ink::table(&["critic", "status", "calls for", "why"], &[], width);
    for (why, info) in whys.iter().zip(court.critics()) {
        let mut because = why.why.first().cloned().unwrap_or_default();
        for before in ["it did not run: ", "it was never called: ", "it ran and gave no opinion: "]
        {
            if let Some(rest) = because.strip_prefix(before) {
                because = rest.to_owned();
            }
        }
        if because.starts_with("it ran: it has no gate") {
            because.clear();
        }
        let waited = why.waited.iter().map(|waited| format!("; {waited}"));
        because.extend(waited);
        table.add_row([
            comfy_table::Cell::new(&why.critic),
            ink::status_cell(why.status),
            ink::verdict_cell(why.calls_for, info.mode == Mode::Enforce),
            comfy_table::Cell::new(on_one_line(&because)),
        ]);
    }
    let _ = writeln!(text, "\n{table}\n");
    let missing = match &run.past {
        Past::Same if run.snapshot.is_none() => {
            "what was judged is in no report: name the snapshots too to see conditions step by step"
        }
        _ => "",
    };
    if !missing.is_empty() {
        line(&mut text, "not known", missing);
    }
    let _ = writeln!(text, "  more of one: tribunal explain CRITIC ...");
    text
}
