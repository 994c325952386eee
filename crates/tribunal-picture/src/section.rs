//! One run: what was decided and why, its timeline, its gates, the evidence.

use std::fmt::Write as _;

use serde_json::Value;

use crate::evidence::{Texts, evidence};
use crate::page::escaped;
use crate::plan::{CriticPlan, Plan};
use crate::run::{Outcome, Run};
use crate::scale::{number, rating, time};
use crate::story::story;
use crate::timeline::timeline;

/// The most names of what a gate saw.
const NAMED: usize = 6;

/// The whole of it.
pub(crate) fn section(
    run: &Run,
    snapshot: Option<&Value>,
    plan: Option<&Plan>,
    texts: Texts,
) -> String {
    let mut page = String::new();
    page.push_str("<div class=\"story\">\n");
    for (index, sentence) in story(run).into_iter().enumerate() {
        let class = if index == 0 { "decided" } else { "more" };
        let _ = writeln!(page, "<p class=\"{class}\">{sentence}</p>");
    }
    page.push_str("</div>\n");
    facts(&mut page, run);
    let drawing = timeline(run, plan);
    if !drawing.is_empty() {
        page.push_str("<h3>What happened when</h3>\n<p class=\"keys\">");
        for (class, what) in [
            ("wait", "waited for a token or a permit"),
            ("fine", "call that gave an opinion"),
            ("failed", "call that failed"),
            ("cancelled", "cancelled"),
            ("pause", "waited to try again"),
        ] {
            let _ = write!(page, "<span><i class=\"{class}\"></i>{what}</span>");
        }
        let _ = writeln!(page, "</p>\n<div class=\"wide\">{drawing}</div>");
    }
    if let Some(snapshot) = snapshot {
        page.push_str(&evidence(run, snapshot, texts));
    }
    critics(&mut page, run, plan);
    page
}

fn facts(page: &mut String, run: &Run) {
    page.push_str("<dl>\n");
    let mut fact = |name: &str, value: Option<&str>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            let value = escaped(value);
            let _ = writeln!(page, "<div><dt>{name}</dt><dd>{value}</dd></div>");
        }
    };
    fact("trace", run.trace_id.as_deref());
    let place = run.input.as_ref().zip(run.line).map(|(input, line)| format!("{input}:{line}"));
    fact("line", place.as_deref());
    fact("config", Some(run.config_hash.get(..12).unwrap_or(&run.config_hash)));
    page.push_str("</dl>\n");
}

fn critics(page: &mut String, run: &Run, plan: Option<&Plan>) {
    let (gates, columns) = match plan {
        Some(_) => ("<th>runs</th><th>what its gate saw</th>", 10),
        None => ("", 8),
    };
    let _ = writeln!(
        page,
        "<h3>Critics and gates</h3>\n<div class=\"wide\"><table>\n<thead><tr><th>critic</th>{gates}<th>status</th><th>calls for</th><th>says</th><th class=\"n\">calls</th><th class=\"n\">waited</th><th class=\"n\">at work</th><th class=\"n\">cost</th></tr></thead>\n<tbody>"
    );
    let mut last = "";
    for outcome in &run.outcomes {
        if outcome.stage != last {
            last = &outcome.stage;
            let stage = escaped(&outcome.stage.replace('_', " "));
            let _ =
                writeln!(page, "<tr class=\"group\"><th colspan=\"{columns}\">{stage}</th></tr>");
        }
        row(page, run, outcome, plan);
    }
    page.push_str("</tbody>\n</table></div>\n");
}

fn row(page: &mut String, run: &Run, outcome: &Outcome, plan: Option<&Plan>) {
    let gate = plan.map_or_else(String::new, |plan| {
        let known = plan.critic(&outcome.critic);
        let policy = escaped(known.map_or("–", |known| &known.policy));
        format!("<td class=\"broad\">{policy}</td><td class=\"broad\">{}</td>", saw(run, known))
    });
    let monitored = if outcome.is_enforced() { "" } else { " <span class=\"note\">monitor</span>" };
    let calls_for = outcome.calls_for.as_deref().unwrap_or("–");
    let class = match calls_for {
        "block" => " class=\"hot\"",
        "review" => " class=\"warm\"",
        _ => "",
    };
    let _ = writeln!(
        page,
        "<tr><th scope=\"row\">{}{monitored}</th>{gate}<td class=\"broad\">{}</td><td{class}>{}</td><td class=\"broad\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>",
        escaped(&outcome.critic),
        status(outcome),
        escaped(calls_for),
        says(outcome),
        outcome.attempts,
        time(outcome.queued_ms),
        time(outcome.execution_ms),
        number(outcome.cost),
    );
}

fn status(outcome: &Outcome) -> String {
    let why = outcome.reason.as_ref().map(|reason| reason.text.as_str()).unwrap_or_default();
    // The reason begins with the status, as a rule.
    if why.starts_with(&*outcome.status) {
        return escaped(why);
    }
    let source = match outcome.source.as_deref() {
        Some(source) => format!(" from {}", escaped(source)),
        None => String::new(),
    };
    let why = if why.is_empty() { String::new() } else { format!(": {}", escaped(why)) };
    format!("{}{source}{why}", escaped(&outcome.status))
}

/// Of the outcomes that a gate looks at, those that say something.
fn saw(run: &Run, known: Option<&CriticPlan>) -> String {
    let Some(known) = known else { return String::from("–") };
    // One that is always open looks at nothing.
    if known.sees.is_empty() || known.policy == "always" && known.depends_on.is_empty() {
        return String::from("–");
    }
    let outcomes = run.outcomes.iter().filter(|outcome| known.sees.contains(&outcome.critic));
    let telling: Vec<String> = outcomes.filter_map(telling).collect();
    let quiet = known.sees.len() - telling.len();
    let mut text = telling.iter().take(NAMED).cloned().collect::<Vec<_>>().join("<br>");
    if let Some(more) = telling.len().checked_sub(NAMED).filter(|more| *more > 0) {
        let _ = write!(text, "<br>and {more} more");
    }
    if quiet > 0 {
        let break_ = if text.is_empty() { "" } else { "<br>" };
        let _ = write!(text, "{break_}<span class=\"note\">{quiet} with nothing to say</span>");
    }
    text
}

/// What there is to be told of an outcome that a gate looks at.
fn telling(outcome: &Outcome) -> Option<String> {
    let name = format!("<code>{}</code>", escaped(&outcome.critic));
    if outcome.is_failure() {
        return Some(format!("{name} {}", escaped(&outcome.status)));
    }
    let opinion = outcome.opinion.as_ref()?;
    let mut parts = Vec::new();
    if !opinion.violations.is_empty() {
        parts.push(format!("severity {}", rating(opinion.worst_severity())));
    }
    if opinion.uncertainty >= 0.1 {
        parts.push(format!("uncertainty {}", rating(opinion.uncertainty)));
    }
    (!parts.is_empty()).then(|| format!("{name} {}", parts.join(", ")))
}

fn says(outcome: &Outcome) -> String {
    let Some(opinion) = &outcome.opinion else { return String::new() };
    let mut parts: Vec<String> = Vec::new();
    let mut codes: Vec<&str> = opinion.violations.iter().map(|v| &*v.code).collect();
    codes.dedup();
    if let Some((first, rest)) = codes.split_first() {
        let more =
            if rest.is_empty() { String::new() } else { format!(" and {} more", rest.len()) };
        parts.push(format!("<code>{}</code>{more}", escaped(first)));
    }
    let severity = opinion.worst_severity();
    if severity > 0.0 {
        parts.push(format!("severity {}", rating(severity)));
    }
    if let Some(score) = opinion.score {
        parts.push(format!("score {}", rating(score)));
    }
    if opinion.uncertainty > 0.0 {
        parts.push(format!("uncertainty {}", rating(opinion.uncertainty)));
    }
    parts.join(", ")
}
