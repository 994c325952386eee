//! Why one critic ran in a run or did not: what its gate saw, what it waited for, what would have to change.
//!
//! The gate is asked again by the code that decides in a run. What a report does not say is not guessed but listed.

use serde::Serialize;
use tribunal_config::{Expression, Trace};
use tribunal_core::{
    CriticInfo, CriticName, Gated, Outcome, Reason, Skipped, Snapshot, Source, Stage, Status,
    Verdict,
};
use tribunal_production::{Gate, Policy, ProductionOrchestrator};

use super::change;
use super::condition::Shown;
use super::run::{Past, Run};
use super::{limits, plan};
use crate::ink;

/// Everything about one critic in one run.
#[derive(Debug, Serialize)]
pub(super) struct Why {
    pub(super) critic: CriticName,
    pub(super) stage: Stage,
    pub(super) status: Status,
    pub(super) calls_for: Option<Verdict>,
    /// Whether its gate let it through, and it was called or answered for.
    pub(super) ran: bool,
    /// In sentences, the first thing first.
    pub(super) why: Vec<String>,
    /// What its gate is, and what it said when it was asked again; nothing where it could not be asked.
    pub(super) gate: String,
    pub(super) gate_says: Option<String>,
    /// What its gate saw: those that mattered first.
    pub(super) saw: Vec<Saw>,
    pub(super) condition: Option<Shown>,
    /// What it waited for.
    pub(super) waited: Vec<String>,
    /// What would have to be otherwise, all of it together.
    pub(super) change: Vec<String>,
    /// What nobody wrote down.
    pub(super) not_recorded: Vec<String>,
}

/// One outcome that a gate saw.
#[derive(Debug, Serialize)]
pub(super) struct Saw {
    pub(super) critic: CriticName,
    pub(super) status: Status,
    pub(super) severity: f64,
    pub(super) uncertainty: f64,
    pub(super) violations: usize,
    pub(super) codes: Vec<String>,
    /// Whether it had a part in the decision.
    pub(super) mattered: bool,
}

/// Most codes that are shown of one outcome.
const MOST_CODES: usize = 4;

/// What all explanations of a run need.
pub(super) struct Around<'a> {
    pub(super) court: &'a ProductionOrchestrator,
    pub(super) conditions: &'a std::collections::BTreeMap<String, std::sync::Arc<Expression>>,
    pub(super) run: &'a Run,
}

impl Around<'_> {
    /// Explains one critic; `None` where there is none of that name.
    pub(super) fn why(&self, critic: &str) -> Option<Why> {
        let Self { court, run, .. } = *self;
        let gate = court.gate(critic)?;
        let info = court.critics().iter().find(|info| info.name == critic)?;
        let outcome = run.outcome(court, critic)?;
        let snapshot = run.snapshot.as_ref().filter(|_| run.same_plan());
        let trace = match (snapshot, self.conditions.get(critic)) {
            (Some(snapshot), Some(condition)) => {
                Some(condition.trace(gate.view(snapshot, &run.outcomes)))
            }
            _ => None,
        };
        let says = snapshot.map(|snapshot| gate.decide(snapshot, &run.outcomes));
        let ran = has_run(outcome);
        let mut why = Why {
            critic: info.name.clone(),
            stage: info.stage,
            status: outcome.status,
            calls_for: outcome.calls_for,
            ran,
            why: self.sentences(info, outcome, gate),
            gate: match self.conditions.get(critic) {
                Some(condition) => format!("conditional ({})", condition.text().trim()),
                None => gate.policy().describe(),
            },
            gate_says: says.as_ref().map(|says| match says {
                Ok(()) => String::from("open"),
                Err(reason) => reason.to_string(),
            }),
            saw: match run.same_plan() && plan::reads_outcomes(gate) {
                true => self.saw(gate, outcome),
                false => Vec::new(),
            },
            condition: None,
            waited: limits::waited(court, info, outcome),
            change: Vec::new(),
            not_recorded: Vec::new(),
        };
        if run.same_plan() {
            why.change = change::change(self, gate, outcome, snapshot, trace.as_ref());
        }
        self.not_recorded(&mut why, outcome, says.as_ref());
        why.condition = trace.map(|trace| self.shown(critic, &trace));
        Some(why)
    }

    fn shown(&self, critic: &str, trace: &Trace) -> Shown {
        let text = self.conditions.get(critic).map_or("", |condition| condition.text());
        Shown::of(text, trace)
    }

    /// Why it ran or did not.
    fn sentences(&self, info: &CriticInfo, outcome: &Outcome, gate: Gate<'_>) -> Vec<String> {
        let mut sentences = Vec::new();
        if outcome.is_missing() {
            sentences.push("the report has no outcome of it: it was not in that pipeline".into());
            return sentences;
        }
        match (&outcome.reason, &outcome.opinion, outcome.source) {
            (None, _, Source::Cache) => {
                sentences.push("it was not called: its gate was open, and a cache answered".into());
            }
            (Some(reason), Some(_), Source::Fallback) => {
                sentences.push(format!("it failed ({reason}), and a hook answered in its place"));
            }
            (None, Some(_), _) => sentences.push(self.opened(gate)),
            (Some(reason), Some(_), _) => {
                sentences.push(self.opened(gate));
                sentences.push(format!("its opinion was kept with faults: {reason}"));
            }
            (Some(reason), None, _) => self.closed(info, outcome, reason, &mut sentences),
            (None, None, _) => sentences.push("no reason is given".into()),
        }
        sentences
    }

    /// Why its gate was open.
    fn opened(&self, gate: Gate<'_>) -> String {
        let seen = || self.seen(gate);
        let named = |which: &dyn Fn(&Outcome) -> bool| {
            let names = seen().filter(|(_, o)| which(o)).map(|(name, _)| format!("`{name}`"));
            listed(names.collect(), 6)
        };
        match gate.policy() {
            Policy::Always => "it ran: it has no gate but its phases and dependencies".into(),
            _ if !self.run.same_plan() => "it ran: its gate was open".into(),
            Policy::OnViolation => {
                format!("it ran: {} objected", named(&Outcome::has_violation))
            }
            Policy::OnUncertainty(threshold) => {
                let doubt = |outcome: &Outcome| outcome.doubt() >= *threshold;
                let highest = seen().map(|(_, outcome)| outcome.doubt()).fold(0.0, f64::max);
                format!(
                    "it ran: {} left a doubt of up to {}, and {threshold} is enough",
                    named(&doubt),
                    ink::number(highest)
                )
            }
            Policy::OnHighRisk(level) => format!(
                "it ran: the snapshot's risk reaches {} or {}{}",
                level.tier(),
                level.score(),
                self.run.snapshot.as_ref().map(|s| format!(" ({})", stated(s))).unwrap_or_default()
            ),
            _ => "it ran: its condition holds".into(),
        }
    }

    /// Why there is no opinion.
    fn closed(&self, info: &CriticInfo, outcome: &Outcome, reason: &Reason, to: &mut Vec<String>) {
        to.push(match reason {
            Reason::Gated(Gated::Condition(_)) => {
                String::from("it did not run: its condition does not hold")
            }
            Reason::Gated(gated) => format!("it did not run: {gated}"),
            Reason::Skipped(Skipped::VerdictSettled) if outcome.attempts > 0 => {
                String::from("it was cancelled: the verdict was settled while it was at work")
            }
            Reason::Skipped(Skipped::Dependency { name, gated }) => {
                let of = self.run.outcome(self.court, name.as_str());
                let of = of.and_then(|outcome| outcome.reason.as_ref()).map(ToString::to_string);
                let what = if *gated { "did not run" } else { "gave no opinion" };
                let because = of.map(|reason| format!(": {reason}")).unwrap_or_default();
                format!("it did not run: it depends on `{name}`, which {what}{because}")
            }
            Reason::Skipped(skipped) => format!("it did not run: {skipped}"),
            reason if outcome.attempts == 0 => format!("it was never called: {reason}"),
            reason => format!("it ran and gave no opinion: {reason}"),
        });
        if let Reason::Skipped(Skipped::VerdictSettled) = reason {
            to.push(format!(
                "nothing it could say would change `{}`: early exit is on",
                self.run.verdict
            ));
        }
        if outcome.is_failure() {
            let calls = outcome.calls_for.map_or("nothing", Verdict::as_str);
            let mode = info.failure_mode;
            to.push(format!(
                "it should have given an opinion, so its failure mode `{mode}` speaks: {calls}"
            ));
        }
    }

    /// What its gate sees of this run.
    pub(super) fn seen<'s>(
        &'s self,
        gate: Gate<'s>,
    ) -> impl Iterator<Item = (&'s CriticName, &'s Outcome)> + use<'s> {
        // Which outcomes it sees has nothing to do with what was judged.
        gate.sees().filter_map(|name| Some((name, self.run.outcome(self.court, name.as_str())?)))
    }

    fn saw(&self, gate: Gate<'_>, own: &Outcome) -> Vec<Saw> {
        let reads = |critic: &CriticName, outcome: &Outcome| match gate.policy() {
            Policy::OnViolation => outcome.has_violation(),
            Policy::OnUncertainty(threshold) => match &own.reason {
                Some(Reason::Gated(Gated::UncertaintyBelow { highest, .. })) => {
                    *highest > 0.0 && outcome.doubt() >= *highest
                }
                _ => outcome.doubt() >= *threshold,
            },
            Policy::Conditional(condition) => condition.reads(critic.as_str()),
            _ => false,
        };
        let stopped = |critic: &CriticName| match &own.reason {
            Some(Reason::Skipped(Skipped::Dependency { name, .. })) => name == critic,
            _ => false,
        };
        let saw = self.seen(gate).map(|(critic, outcome)| {
            let violations =
                outcome.opinion.as_ref().map_or(&[][..], |opinion| &opinion.violations);
            let mut codes: Vec<String> = violations.iter().map(|v| v.code.to_string()).collect();
            codes.dedup();
            codes.truncate(MOST_CODES);
            Saw {
                critic: critic.clone(),
                status: outcome.status,
                severity: outcome
                    .opinion
                    .as_ref()
                    .map_or(0.0, tribunal_core::Opinion::worst_severity),
                uncertainty: outcome.doubt(),
                violations: violations.len(),
                codes,
                mattered: reads(critic, outcome) || stopped(critic),
            }
        });
        let mut saw: Vec<Saw> = saw.collect();
        saw.sort_by_key(|saw| !saw.mattered);
        saw
    }

    fn not_recorded(&self, why: &mut Why, outcome: &Outcome, says: Option<&Result<(), Reason>>) {
        let to = &mut why.not_recorded;
        match &self.run.past {
            Past::Other { hash, .. } => to.push(format!(
                "the report is of another configuration ({hash}): its gate was not asked again, and what it saw is not known"
            )),
            Past::Same if self.run.snapshot.is_none() => to.push(String::from(
                "a report does not hold what was judged: name the snapshots too, and the gate is asked again",
            )),
            Past::Now | Past::Same => {}
        }
        let asked = match (says, &outcome.reason) {
            (
                Some(Ok(())),
                Some(Reason::Gated(_) | Reason::Skipped(Skipped::Dependency { .. })),
            ) => true,
            (Some(Err(reason)), other) => {
                other.as_ref().map(Reason::kind) != Some(reason.kind())
                    && !matches!(other, Some(Reason::Skipped(Skipped::VerdictSettled)))
            }
            _ => false,
        };
        if asked {
            to.push("asked again, its gate says something else: the snapshot is not the one of the report".into());
        }
        if limits::is_unclear(outcome) {
            to.push("at which of the limits it waited is in no report".into());
        }
    }
}

/// Whether it was called, or answered for.
pub(super) fn has_run(outcome: &Outcome) -> bool {
    outcome.opinion.is_some() || outcome.attempts > 0
}

/// The risk that a snapshot states.
pub(super) fn stated(snapshot: &Snapshot) -> String {
    let risk = snapshot.risk();
    let tier = risk.tier().map(|tier| format!("`{tier}`"));
    let both: Vec<String> =
        tier.into_iter().chain(risk.score().map(|score| score.to_string())).collect();
    match both.is_empty() {
        true => String::from("it states none that can be read"),
        false => format!("it states {}", both.join(" and ")),
    }
}

/// Names with an `and`, and how many more there are.
pub(super) fn listed(mut names: Vec<String>, most: usize) -> String {
    let more = names.len().saturating_sub(most);
    names.truncate(most);
    if more > 0 {
        return format!("{} and {more} more", names.join(", "));
    }
    match names.split_last() {
        None => String::from("nothing"),
        Some((only, [])) => only.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
    }
}
