//! What changes, for people.

use std::time::Duration;

use serde_json::Value;

use super::Difference;
use super::changes::{Change, Changes, Kept};
use super::verdicts::Verdicts;
use crate::{ink, safe};

pub(super) fn text(difference: &Difference) -> String {
    let name = |name: &str| ink::bold(safe::shown(name));
    let mut text = format!("{} -> {}\n", name(&difference.from), name(&difference.to));
    plan(&difference.changes, &mut text);
    proved(&difference.changes, &mut text);
    if let Some(verdicts) = &difference.verdicts {
        judged(verdicts, &mut text);
    }
    if difference.changes.is_empty() {
        text.push_str("the plan and what is proved of it are the same\n");
    }
    text
}

fn section(text: &mut String, title: &str, lines: &[String]) {
    if lines.is_empty() {
        return;
    }
    text.push_str(&format!("\n{}\n", ink::bold(title)));
    for line in lines {
        text.push_str(&format!("  {line}\n"));
    }
}

fn plan(changes: &Changes, text: &mut String) {
    section(text, "settings", &changes.settings.iter().map(changed).collect::<Vec<_>>());
    let mut critics: Vec<String> = Vec::new();
    critics.extend(changes.added.iter().map(|name| ink::good(format!("+ {name}"))));
    critics.extend(changes.removed.iter().map(|name| ink::bad(format!("- {name}"))));
    for critic in &changes.changed {
        critics.push(format!("~ {}", critic.critic));
        critics.extend(critic.keys.iter().map(|key| format!("    {}", changed(key))));
        if critic.more {
            critics.push("    its parameters, validation, limits or retries".into());
        }
    }
    section(text, "critics", &critics);
    if let Some(order) = &changes.order {
        section(text, "order", &[order.join(", ")]);
    }
}

fn proved(changes: &Changes, text: &mut String) {
    let kept = |kept: &Option<Kept>| match kept {
        None => String::from("nothing"),
        Some(Kept { says, holds: true }) => format!("{} (holds)", safe::on_one_line(says)),
        Some(Kept { says, holds: false }) => format!("{} (broken)", safe::on_one_line(says)),
    };
    let promises = changes.promises.iter().map(|promise| {
        let name = safe::on_one_line(&promise.name);
        format!("{name}: {} -> {}", kept(&promise.from), kept(&promise.to))
    });
    section(text, "promises", &promises.collect::<Vec<_>>());
    let mut worst = Vec::new();
    if let Some([from, to]) = changes.worst_latency_ms {
        let shown =
            |ms: f64| ink::duration(Duration::try_from_secs_f64(ms / 1e3).unwrap_or_default());
        worst.push(format!("latency: {} -> {}", shown(from), shown(to)));
    }
    if let Some([from, to]) = changes.worst_cost {
        worst.push(format!("cost: {} -> {}", ink::number(from), ink::number(to)));
    }
    section(text, "at worst", &worst);
    let both = |added: &[String], removed: &[String]| {
        let added = added.iter().map(|line| ink::bad(format!("+ {line}")));
        let removed = removed.iter().map(|line| ink::good(format!("- {line}")));
        added.chain(removed).collect::<Vec<_>>()
    };
    let open = both(&changes.fail_open_added, &changes.fail_open_removed);
    section(text, "what a failure lets pass", &open);
    let never = both(&changes.never_run_added, &changes.never_run_removed);
    section(text, "critics that never run", &never);
}

fn judged(verdicts: &Verdicts, text: &mut String) {
    let mut lines = Vec::new();
    for count in &verdicts.counts {
        let (from, to) = (ink::verdict(count.from), ink::verdict(count.to));
        lines.push(format!("{from} -> {to}: {}", ink::many(count.count, "line")));
    }
    for line in &verdicts.changed {
        let id = match &line.id {
            Value::Null => String::new(),
            Value::String(id) => format!(" ({})", safe::shown(id)),
            other => format!(" ({})", safe::shown(&other.to_string())),
        };
        let shown = line.text.as_ref().map(|text| format!(": {text}")).unwrap_or_default();
        lines.push(format!("line {}{id}: {} -> {}{shown}", line.line, line.from, line.to));
    }
    let total: u64 = verdicts.counts.iter().map(|count| count.count).sum();
    let left = total.saturating_sub(verdicts.changed.len() as u64);
    if left > 0 {
        lines.push(format!("and {left} more"));
    }
    let unjudged = match verdicts.unjudged {
        0 => String::new(),
        some => format!(", {some} could not be judged"),
    };
    lines.push(format!("{total} of {} changed{unjudged}", ink::many(verdicts.judged, "line")));
    section(text, "verdicts", &lines);
}

fn changed(change: &Change) -> String {
    let shown = |value: &Value| match value {
        Value::Null => String::from("unset"),
        Value::String(text) => safe::on_one_line(text),
        other => safe::on_one_line(&other.to_string()),
    };
    if change.from.is_null() && change.to.is_null() {
        return change.key.clone();
    }
    format!("{}: {} -> {}", change.key, shown(&change.from), shown(&change.to))
}
