//! The verdict of a report against its outcomes.

use tribunal_core::{Judgement, Mode, Opinion, Outcome, Report, Source, Verdict, calls_for};

use super::{failed, is_settled_skip};
use crate::sim::case::Case;
use crate::sim::marks::Mark;
use crate::sim::watch::State;

/// I5, I7, I9, I10 and I11: the verdict is the maximum, and never milder than any part of it.
pub(super) fn check(
    state: &mut State,
    case: &Case,
    run: usize,
    report: &Report,
    outcomes: &[&Outcome],
) {
    let mut expected = Verdict::Allow;
    let mut heard = false;
    let mut failures_only = true;
    let mut let_pass = Vec::new();
    for (own, outcome) in case.critics.iter().zip(outcomes) {
        if own.monitored() {
            state.marks.hit_if(outcome.calls_for == Some(Verdict::Block), Mark::MonitoredBlock);
            continue;
        }
        let failed = failed(outcome);
        heard |= outcome.opinion.is_some();
        let calls = outcome.calls_for.unwrap_or(Verdict::Allow);
        expected = expected.max(calls);
        failures_only &= failed || calls < Verdict::Block;
        if failed {
            let floor = own.failure.verdict();
            state.check("I7", report.verdict >= floor, || {
                format!("run {run}: {} failed, and the verdict is {}", own.name, report.verdict)
            });
        } else if outcome.opinion.is_some() {
            state.check("I10", report.verdict >= calls, || {
                format!("run {run}: {} calls for {calls}, got {}", own.name, report.verdict)
            });
        }
        if (failed && calls == Verdict::Allow) || outcome.source == Source::Fallback {
            let_pass.push(own.name.as_str());
        }
        if is_settled_skip(outcome) {
            state.check("I8", own.highest() <= report.verdict, || {
                format!("run {run}: {} was skipped and could have called for more", own.name)
            });
        }
    }
    let floor = if heard { Verdict::Allow } else { Verdict::Review };
    state.check("I11", heard || report.verdict >= Verdict::Review, || {
        format!("run {run}: {} with nobody heard", report.verdict)
    });
    state.check("I5", report.verdict == expected.max(floor), || {
        format!("run {run}: {} instead of {}", report.verdict, expected.max(floor))
    });
    let named = report.let_pass.iter().map(|name| name.as_str());
    state.check("I9", named.eq(let_pass.iter().copied()), || {
        format!("run {run}: let pass {let_pass:?}, named {:?}", report.let_pass)
    });
    let caused = report.causes.is_empty() == (report.verdict == Verdict::Allow);
    state.check("I5", caused, || format!("run {run}: {} for {:?}", report.verdict, report.causes));
    let marks = &mut state.marks;
    marks.hit_if(!let_pass.is_empty(), Mark::FailOpen);
    marks.hit_if(report.verdict == Verdict::Block && failures_only, Mark::FailClosed);
    marks.hit_if(!heard, Mark::NothingHeard);
    marks.hit(match report.verdict {
        Verdict::Allow => Mark::Allow,
        Verdict::Review => Mark::Review,
        Verdict::Block => Mark::Block,
    });
    let stages = report.stages.len();
    marks.hit_if(stages == 1, Mark::OneStage);
    marks.hit_if(stages == 6, Mark::SixStages);
}

/// I8: an outcome made worse never makes the verdict milder, and one more critic never unblocks.
pub(super) fn check_monotone(state: &mut State, run: usize, report: &Report) {
    let all: Vec<_> = report.outcomes().collect();
    // One critic of each report is enough: there are many reports.
    let place = run % all.len();
    let (info, _) = all[place];
    let judged = |other: &Outcome| {
        let outcomes = all.iter().enumerate().map(|(at, (info, outcome))| {
            if at == place { (*info, other) } else { (*info, *outcome) }
        });
        Judgement::of(outcomes).verdict
    };
    let mut worst = Outcome::success(Opinion::clean().severity(1.0));
    worst.calls_for = calls_for(info, &worst);
    let could = info.mode == Mode::Enforce && info.thresholds.highest() == Verdict::Block;
    let verdict = judged(&worst);
    state.check("I8", !could || verdict == Verdict::Block, || {
        format!("run {run}: {verdict} with a block of {}", info.name)
    });
    let without = all.iter().enumerate().filter(|(at, _)| *at != place).map(|(_, pair)| *pair);
    let without = Judgement::of(without).verdict;
    state.check("I8", without != Verdict::Block || report.verdict == Verdict::Block, || {
        format!("run {run}: {} unblocks it", info.name)
    });
}
