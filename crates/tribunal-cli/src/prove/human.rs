//! What was proved, for people.

use tribunal_prove::Path;

use super::{Findings, Outcome};
use crate::{ink, safe};

pub(super) fn text(findings: &Findings, name: &str) -> String {
    let mut text = String::new();
    let mut line = |indent: usize, content: &str| {
        text.push_str(&" ".repeat(indent));
        text.push_str(content);
        text.push('\n');
    };
    let critics = ink::many(findings.critics as u64, "critic");
    let promises = ink::many(findings.promises.len() as u64, "promise");
    line(0, &format!("{}  {critics}, {promises}", ink::bold(safe::shown(name))));
    line(
        0,
        &format!(
            "at worst it takes {} and costs {}",
            ink::duration(findings.worst_latency()),
            ink::number(findings.worst_cost)
        ),
    );
    for proved in &findings.promises {
        line(0, "");
        let (name, holds) = (safe::on_one_line(&proved.name), safe::on_one_line(&proved.holds));
        match &proved.outcome {
            Outcome::Holds { vacuous } => {
                let note = if *vacuous {
                    ink::dim("  (what it is about happens in no run)")
                } else {
                    String::new()
                };
                line(0, &format!("{} {}: {holds}{note}", ink::good("✓"), ink::bold(name)));
            }
            Outcome::Broken { found, path } => {
                let found = found.as_ref().map(|found| format!("  ({found})")).unwrap_or_default();
                line(0, &format!("{} {}: {holds}{found}", ink::bad("✗"), ink::bold(name)));
                story(path, &mut line);
            }
        }
    }
    line(0, "");
    line(0, &ink::bold("a run may end in allow although these fail"));
    for open in &findings.fail_open {
        line(2, open.critic.as_str());
        story(&open.path, &mut line);
    }
    if findings.fail_open.is_empty() {
        line(2, "none: nothing fails open");
    }
    line(0, "");
    line(0, &ink::bold("critics that never run"));
    for never in &findings.never_run {
        line(2, &format!("{}: {}", never.critic, never.why));
    }
    if findings.never_run.is_empty() {
        line(2, "none");
    }
    if !findings.never_gated.is_empty() {
        line(0, "");
        line(0, &ink::bold("policies that decide nothing"));
        for critic in &findings.never_gated {
            line(2, &format!("{critic}: its gate closes in no run"));
        }
    }
    line(0, "");
    line(0, &ink::bold("a run may end in allow without an opinion of"));
    let mut always = Vec::new();
    for without in &findings.allow_without {
        if without.paths.is_empty() {
            always.push(without.critic.as_str());
            continue;
        }
        let own = |path: &Path| {
            let step = path.steps.iter().find(|step| step.critic == without.critic);
            step.map(|step| step.state.to_string()).unwrap_or_default()
        };
        let mut ways: Vec<String> = without.paths.iter().map(own).collect();
        ways.dedup();
        line(2, &format!("{}: {}", without.critic, ways.join("; or ")));
    }
    if !always.is_empty() {
        line(2, &ink::dim(format!("never of {}", always.join(", "))));
    }
    text
}

/// A run, a line for each thing that matters.
fn story(path: &Path, line: &mut impl FnMut(usize, &str)) {
    for told in path.lines() {
        line(4, &safe::on_one_line(&told));
    }
}
