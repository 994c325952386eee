//! What would have to be otherwise for a critic to run, or not to.

use tribunal_config::Trace;
use tribunal_core::{Gated, Outcome, Reason, Skipped, Snapshot};
use tribunal_production::{Gate, Policy};

use super::condition;
use super::why::{Around, has_run, listed, stated};

/// Most critics that are named in one sentence.
const MOST: usize = 6;

/// In sentences that continue "it would have run if ..." or "it would not have run if ...": all of them together
/// where it did not run, any of them where it did.
pub(super) fn change(
    around: &Around<'_>,
    gate: Gate<'_>,
    outcome: &Outcome,
    snapshot: Option<&Snapshot>,
    trace: Option<&Trace>,
) -> Vec<String> {
    if outcome.is_missing() {
        return Vec::new();
    }
    if has_run(outcome) {
        shut(around, gate, snapshot, trace)
    } else {
        open(around, gate, outcome, snapshot, trace)
    }
}

/// What would have opened its gate.
fn open(
    around: &Around<'_>,
    gate: Gate<'_>,
    outcome: &Outcome,
    snapshot: Option<&Snapshot>,
    trace: Option<&Trace>,
) -> Vec<String> {
    let mut all = Vec::new();
    match &outcome.reason {
        Some(Reason::Skipped(Skipped::VerdictSettled)) => {
            return vec!["early exit were off, or the verdict could still change".into()];
        }
        Some(Reason::Skipped(Skipped::OverBudget)) => {
            return vec![
                "the run's cost budget were larger, or those before it had cost less".into(),
            ];
        }
        Some(Reason::Gated(_) | Reason::Skipped(_)) => {}
        // Its gate was open, or could not be asked.
        Some(Reason::Failed(_)) if trace.is_some_and(|trace| trace.holds.is_err()) => {}
        _ => return Vec::new(),
    }
    let phases: Vec<String> = gate.phases().iter().map(|phase| format!("`{phase}`")).collect();
    let phase = match (&outcome.reason, snapshot) {
        (Some(Reason::Gated(Gated::OtherPhase(phase))), _) => Some(*phase),
        (_, Some(snapshot)) => Some(snapshot.phase()),
        _ => None,
    };
    if let Some(phase) = phase.filter(|phase| !gate.phases().contains(*phase)) {
        let or = phases.join(" or ");
        all.push(format!("the snapshot were of the phase {or} (it is of `{phase}`)"));
    }
    if !gate.runs_anyway() {
        let missing = gate.depends_on().filter(|name| {
            let of = around.run.outcome(around.court, name.as_str());
            of.is_none_or(|outcome| outcome.opinion.is_none())
        });
        let missing: Vec<String> = missing.map(|name| format!("`{name}`")).collect();
        if !missing.is_empty() {
            all.push(format!(
                "{} had given an opinion, or `run_anyway` were set",
                listed(missing, MOST)
            ));
        }
    }
    policy(around, gate, snapshot, trace, &mut all);
    all
}

/// What its policy asks for and did not get.
fn policy(
    around: &Around<'_>,
    gate: Gate<'_>,
    snapshot: Option<&Snapshot>,
    trace: Option<&Trace>,
    all: &mut Vec<String>,
) {
    let answered = || around.seen(gate).filter(|(_, outcome)| outcome.opinion.is_some());
    match gate.policy() {
        Policy::OnViolation if !around.seen(gate).any(|(_, o)| o.has_violation()) => {
            let names = answered().map(|(name, _)| format!("`{name}`")).collect::<Vec<_>>();
            all.push(match names.is_empty() {
                true => String::from("some critic that it sees had run and objected"),
                false => format!("any of {} had objected", listed(names, MOST)),
            });
        }
        Policy::OnUncertainty(threshold) => {
            let mut doubts: Vec<_> = around.seen(gate).map(|(n, o)| (o.doubt(), n)).collect();
            doubts.sort_by(|a, b| b.0.total_cmp(&a.0));
            match doubts.first() {
                Some((highest, _)) if highest >= threshold => {}
                Some((highest, name)) if *highest > 0.0 => all.push(format!(
                    "some critic that it sees left a doubt of {threshold} or more (the most is {highest}, of `{name}`)"
                )),
                _ => all.push(format!(
                    "some critic that it sees left a doubt of {threshold} or more (none leaves any)"
                )),
            }
        }
        Policy::OnHighRisk(level) => {
            let reached = snapshot.map(|snapshot| snapshot.risk().reaches(*level));
            if reached != Some(true) {
                let (tier, score) = (level.tier(), level.score());
                let now = snapshot.map(|s| format!(" ({})", stated(s))).unwrap_or_default();
                all.push(format!(
                    "`context.risk_tier` were `{tier}` or worse, or `context.risk` {score} or more{now}"
                ));
            }
        }
        Policy::Conditional(_) => match trace {
            Some(trace) if trace.holds != Ok(true) => {
                if trace.changes.is_empty() {
                    all.push(
                        "its condition were another one: nothing it reads could open it".into(),
                    );
                }
                all.extend(trace.changes.iter().map(condition::wished));
            }
            None => all.push("its condition held".into()),
            Some(_) => {}
        },
        _ => {}
    }
}

/// What would have shut its gate.
fn shut(
    around: &Around<'_>,
    gate: Gate<'_>,
    snapshot: Option<&Snapshot>,
    trace: Option<&Trace>,
) -> Vec<String> {
    let mut any = Vec::new();
    let those = |which: &dyn Fn(&Outcome) -> bool| -> Vec<String> {
        let seen = around.seen(gate).filter(|(_, outcome)| which(outcome));
        seen.map(|(name, _)| format!("`{name}`")).collect()
    };
    match gate.policy() {
        Policy::OnViolation => {
            any.push(format!(
                "none of {} had objected",
                listed(those(&Outcome::has_violation), MOST)
            ));
        }
        Policy::OnUncertainty(threshold) => {
            let names = those(&|outcome| outcome.doubt() >= *threshold);
            any.push(format!("each of {} had left a doubt below {threshold}", listed(names, MOST)));
        }
        Policy::OnHighRisk(level) => {
            let now = snapshot.map(|s| format!(" ({})", stated(s))).unwrap_or_default();
            any.push(format!(
                "the snapshot stated a risk below `{}` and {}{now}",
                level.tier(),
                level.score()
            ));
        }
        Policy::Conditional(_) => {
            let changes = trace.map_or(&[][..], |trace| &trace.changes);
            if !changes.is_empty() {
                any.push(changes.iter().map(condition::wished).collect::<Vec<_>>().join(", and "));
            }
        }
        _ => {}
    }
    let depends: Vec<String> = gate.depends_on().map(|name| format!("`{name}`")).collect();
    if !depends.is_empty() && !gate.runs_anyway() {
        any.push(format!("{} had given no opinion", depends.join(" or ")));
    }
    if gate.phases() != tribunal_core::Phases::ALL {
        let phases: Vec<String> = gate.phases().iter().map(|phase| format!("`{phase}`")).collect();
        any.push(format!("the snapshot were of another phase than {}", phases.join(" or ")));
    }
    any
}
