//! What critics need together, held against what their stage, their run and their budget have.
//!
//! Each value is fine by itself by now. An error is told where no run can go as it is written; a warning where
//! runs go wrong as soon as everybody uses what the file gives them. What a gate may keep closed, what a cache may
//! answer and what is only monitored counts for nothing here. `docs/diagnostics.md` has the rules.
//!
//! Start at [`Fit::check`]. `fit/sure.rs` finds the critics that run whatever happens, `fit/rates.rs` is about rates.

mod rates;
mod sure;

use std::ops::Range;
use std::time::Duration;

use tribunal_core::{Mode, Phase, Stage};
use tribunal_production::Outline;

use self::sure::Waits;
use crate::Code;
use crate::critic::Draft;
use crate::duration;
use crate::notes::{Mistake, Notes};
use crate::run::Run;

/// Sums of decimal costs are off by less than this; the engine allows for as much.
const ROUNDING: f64 = 1e-9;
/// Most further places that one problem points at.
const MOST_LABELS: usize = 8;

/// A time that something has, and where it is written.
struct Has {
    duration: Duration,
    whose: String,
    span: Option<Range<usize>>,
}

/// What is held against each other.
pub(super) struct Fit<'p> {
    run: &'p Run,
    waits: Waits<'p>,
    outline: &'p Outline,
    cached: bool,
    notes: &'p Notes,
}

impl<'p> Fit<'p> {
    /// `drafts` are those of the plan, each name once; `cached` where a cache may answer in place of critics.
    pub(super) fn new(
        run: &'p Run,
        drafts: Vec<&'p Draft>,
        outline: &'p Outline,
        cached: bool,
        notes: &'p Notes,
    ) -> Self {
        Self { run, waits: Waits::of(drafts), outline, cached, notes }
    }

    pub(super) fn check(&self) {
        Stage::ALL.iter().for_each(|stage| self.chain(*stage));
        self.stages();
        self.costs();
        if !self.cached {
            self.rates();
        }
    }

    /// What a stage has: its own timeout, or the run's. `None` where that could not be read.
    fn has(&self, stage: Stage) -> Option<Has> {
        if let Some(own) = self.run.stage_timeouts.get(&stage) {
            let (duration, span) = (own.duration, Some(own.span.clone()));
            return Some(Has { duration, whose: format!("the stage `{stage}`"), span });
        }
        let unreadable = self.run.places.contains_key(&format!("stages.{stage}.timeout"));
        let (duration, span) = self.run.limit().filter(|_| !unreadable)?;
        Some(Has { duration, whose: "the run".into(), span })
    }

    /// Critics of one stage that wait for each other.
    fn chain(&self, stage: Stage) {
        let Some(has) = self.has(stage) else { return };
        let (total, chain) = self.waits.longest(stage, known);
        let Some((last, before)) = chain.split_last().filter(|(_, before)| !before.is_empty())
        else {
            return;
        };
        if total <= has.duration {
            return;
        }
        let names: Vec<&str> = chain.iter().map(|draft| draft.written_name.as_str()).collect();
        let times: Vec<String> = chain.iter().map(|d| duration::write(d.timeout)).collect();
        let message = format!(
            "`{}` may take {} = {}, and {} has {}",
            names.join(" -> "),
            times.join(" + "),
            duration::write(total),
            has.whose,
            duration::write(has.duration),
        );
        let help = "those at the end get what the others leave them: shorten a timeout, or give more time to all";
        let place = last.place("timeout");
        let mut mistake = Mistake::new(Code::ChainTooLong, place, message).help(help);
        if let Some(span) = has.span {
            mistake = mistake.other(span, "at most this, all together");
        }
        for draft in before.iter().rev().take(MOST_LABELS) {
            let text =
                format!("up to {} of `{}`", duration::write(draft.timeout), draft.written_name);
            mistake = mistake.other(draft.place("timeout"), text);
        }
        self.notes.add(mistake);
    }

    /// Stages one after the other. Only what is written counts: nobody has to add up defaults.
    fn stages(&self) {
        let Some((limit, span)) = self.run.limit() else { return };
        let mut parts = Vec::new();
        for planned in &self.outline.stages {
            let stage = planned.stage;
            let written = |draft: &Draft| match draft.writes("timeout") {
                true => known(draft),
                false => Duration::ZERO,
            };
            match self.run.stage_timeouts.get(&stage) {
                Some(own) => parts.push((stage, planned.worst_latency, own.span.clone())),
                None => {
                    let (longest, chain) = self.waits.longest(stage, written);
                    let last = chain.iter().rfind(|draft| draft.writes("timeout"));
                    parts.extend(last.map(|draft| (stage, longest, draft.place("timeout"))));
                }
            }
        }
        let total = parts.iter().fold(Duration::ZERO, |sum, part| sum.saturating_add(part.1));
        let Some((_, _, last)) = parts.last().filter(|_| parts.len() > 1 && total > limit) else {
            return;
        };
        let times: Vec<String> = parts.iter().map(|part| duration::write(part.1)).collect();
        let message = format!(
            "the stages may take {} = {}, and the run has {}",
            times.join(" + "),
            duration::write(total),
            duration::write(limit),
        );
        let place = span.clone().unwrap_or_else(|| last.clone());
        let help = "the last stages get what the first leave them: shorten a timeout, or give the run more";
        let mut mistake = Mistake::new(Code::StagesExceedRun, place, message).help(help);
        for (stage, longest, at) in &parts {
            if span.is_some() || at != last {
                let text = format!("up to {} in `{stage}`", duration::write(*longest));
                mistake = mistake.other(at.clone(), text);
            }
        }
        self.notes.add(mistake);
    }

    /// Critics against the money of a run.
    fn costs(&self) {
        let Some(most) = self.run.max_cost() else { return };
        let budget = self.run.places.get("run.max_cost").cloned().unwrap_or_default();
        let mut fits = true;
        for draft in self.waits.drafts() {
            if draft.cost > most + ROUNDING {
                fits = false;
                let message = format!(
                    "`cost` is {}, and a whole run may cost {}: it is over budget in every run",
                    money(draft.cost),
                    money(most)
                );
                let mistake = Mistake::new(Code::CostExceedsBudget, draft.place("cost"), message);
                self.notes.add(mistake.other(budget.clone(), "at most this"));
            }
        }
        if !fits {
            return;
        }
        // A snapshot is of one phase, and that with the dearest critics is the one to tell of.
        let of_phase = |phase: &Phase| {
            let sure = self.waits.sure(*phase);
            let paid: Vec<&Draft> =
                sure.into_iter().filter(|d| d.mode == Mode::Enforce && d.cost > 0.0).collect();
            (paid.iter().map(|draft| draft.cost).sum::<f64>(), *phase, paid)
        };
        let dearest = Phase::ALL.iter().map(of_phase).reduce(|a, b| if b.0 > a.0 { b } else { a });
        let Some((sum, phase, paid)) = dearest.filter(|(sum, ..)| *sum > most + ROUNDING) else {
            return;
        };
        let named = paid.iter().map(|draft| draft.written_name.as_str());
        let message = format!(
            "{} run whatever happens and cost {} together in the phase `{phase}`, and a run may cost {}",
            crate::nearest::listed(named, "and"),
            money(sum),
            money(most)
        );
        let help = "the last of them are over budget where all cost what they say: give the run more, or gate one of them";
        let mut mistake = Mistake::new(Code::CostsExceedBudget, budget, message).help(help);
        for draft in paid.iter().take(MOST_LABELS) {
            mistake = mistake.other(draft.place("cost"), format!("of `{}`", draft.written_name));
        }
        self.notes.add(mistake);
    }
}

/// How long a critic may take; nothing for one that has been found fault with, which may be with its timeout.
fn known(draft: &Draft) -> Duration {
    if draft.doubtful { Duration::ZERO } else { draft.timeout }
}

/// A sum of money without the crumbs of floats.
fn money(amount: f64) -> String {
    let rounded = format!("{amount:.9}");
    match rounded.trim_end_matches('0').trim_end_matches('.') {
        "0" | "-0" if amount != 0.0 => amount.to_string(),
        text => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::money;

    #[test]
    fn a_sum_is_shown_without_crumbs() {
        for (amount, shown) in [
            (0.1 + 0.2, "0.3"),
            (2.0, "2"),
            (0.0, "0"),
            (1e-12, "0.000000000001"),
            (120.5, "120.5"),
        ] {
            assert_eq!(money(amount), shown);
        }
    }
}
