//! The rules once more, as plainly as they can be put, over outcomes that are known.
//!
//! Start at [`check`]. It knows nothing of the engine: it reads a report, the case and what the watch saw.

mod verdict;

use tribunal_core::{
    FailureKind, FailureMode, Gated, Opinion, Outcome, Reason, Report, Skipped, Source, Status,
    Verdict,
};

use super::case::{Case, CriticCase, DOUBT, Demands, Gate};
use super::marks::Mark;
use super::script::Says;
use super::watch::{Landed, State, check_hedged};

/// Rule 5: the critics of its own stage whose outcomes a gate may read.
fn before_in_stage(case: &Case, place: usize) -> Vec<usize> {
    let own = &case.critics[place];
    let before = |other: &usize| {
        let other = &case.critics[*other];
        other.stage == own.stage && other.priority < own.priority && !other.monitored()
    };
    if own.gate.reads_outcomes() {
        (0..case.critics.len()).filter(before).collect()
    } else {
        Vec::new()
    }
}

/// Rules 4, 5 and 19: what a critic sees.
pub(crate) fn sees(case: &Case, place: usize) -> Vec<usize> {
    let own = &case.critics[place];
    let earlier = (0..case.critics.len())
        .filter(|&other| case.critics[other].stage < own.stage && !case.critics[other].monitored());
    let mut all: Vec<usize> = earlier.chain(before_in_stage(case, place)).collect();
    all.extend(&own.depends_on);
    all.sort_unstable();
    all.dedup();
    all
}

/// Rules 4 and 19: whether one more dependency still makes a plan.
pub(crate) fn may_depend(case: &Case, place: usize, other: usize) -> bool {
    let (own, on) = (&case.critics[place], &case.critics[other]);
    if on.stage > own.stage || (on.monitored() && !own.monitored()) {
        return false;
    }
    let mut reached = vec![other];
    let mut next = 0;
    while let Some(&at) = reached.get(next) {
        next += 1;
        for waits in case.critics[at].depends_on.iter().copied().chain(before_in_stage(case, at)) {
            if !reached.contains(&waits) {
                reached.push(waits);
            }
        }
    }
    !reached.contains(&place)
}

/// Rule 14: an opinion should have come of it, and did not.
fn failed(outcome: &Outcome) -> bool {
    match (outcome.status, outcome.reason.as_ref()) {
        (Status::Success | Status::Gated, _) => false,
        (_, Some(Reason::Skipped(Skipped::VerdictSettled))) => false,
        (_, Some(Reason::Skipped(Skipped::Dependency { gated, .. }))) => !gated,
        _ => true,
    }
}

/// What keeps a critic from running.
#[derive(Debug, PartialEq)]
enum Kept {
    No,
    OtherPhase,
    Dependency { name: String, gated: bool },
    Violation,
    Risk,
    Doubt(f64),
    Condition,
    ConditionFailed,
}

/// Rules 4 and 6: why a critic does not run, given what became of all the others.
fn kept(case: &Case, run: usize, outcomes: &[&Outcome], place: usize) -> Kept {
    let own = &case.critics[place];
    let run = case.runs.get(run).copied().unwrap_or(super::case::RunCase::plain());
    if !own.phases.contains(run.phase) {
        return Kept::OtherPhase;
    }
    if !own.run_anyway {
        let named = |other: usize, gated| Kept::Dependency {
            name: case.critics[other].name.clone(),
            gated,
        };
        let mut needs = own.depends_on.iter().copied();
        if let Some(other) = needs.clone().find(|&other| failed(outcomes[other])) {
            return named(other, false);
        }
        if let Some(other) = needs.find(|&other| outcomes[other].opinion.is_none()) {
            return named(other, true);
        }
    }
    let seen = || own.sees.iter().map(|&other| outcomes[other]);
    let opinions = || seen().filter_map(|outcome| outcome.opinion.as_ref());
    let open = |open: bool, kept| if open { Kept::No } else { kept };
    match own.gate {
        Gate::Always | Gate::Unknown => Kept::No,
        Gate::Violation => {
            open(opinions().any(|opinion| !opinion.violations.is_empty()), Kept::Violation)
        }
        Gate::Risk => open(run.risky, Kept::Risk),
        Gate::Doubt => {
            let doubts = opinions().map(|opinion| opinion.uncertainty);
            let faults = seen().filter(|outcome| failed(outcome)).map(|_| 1.0);
            let doubt = doubts.chain(faults).fold(0.0, f64::max);
            open(doubt >= DOUBT, Kept::Doubt(doubt))
        }
        Gate::Condition => open(opinions().next().is_some(), Kept::Condition),
        Gate::Panics | Gate::Fails => Kept::ConditionFailed,
    }
}

/// What the outcome says kept it from running.
fn said_kept(outcome: &Outcome) -> Kept {
    match outcome.reason.as_ref() {
        Some(Reason::Gated(gated)) => match gated {
            Gated::OtherPhase(_) => Kept::OtherPhase,
            Gated::NoViolation => Kept::Violation,
            Gated::RiskBelow { .. } => Kept::Risk,
            Gated::UncertaintyBelow { highest, .. } => Kept::Doubt(*highest),
            _ => Kept::Condition,
        },
        Some(Reason::Skipped(Skipped::Dependency { name, gated })) => {
            Kept::Dependency { name: name.to_string(), gated: *gated }
        }
        Some(Reason::Failed(failure)) if failure.kind == FailureKind::Condition => {
            Kept::ConditionFailed
        }
        _ => Kept::No,
    }
}

fn worst(opinion: &Opinion) -> f64 {
    let worst = opinion.violations.iter().map(|violation| violation.severity);
    worst.fold(opinion.severity, f64::max)
}

/// What a severity calls for.
fn reached(own: &CriticCase, severity: f64) -> Verdict {
    match () {
        () if own.thresholds.block_at().is_some_and(|at| severity >= at) => Verdict::Block,
        () if own.thresholds.review_at().is_some_and(|at| severity >= at) => Verdict::Review,
        () => Verdict::Allow,
    }
}

/// Rule 14: what an outcome calls for.
fn calls_for(case: &Case, outcome: &Outcome, place: usize) -> Option<Verdict> {
    let own = &case.critics[place];
    // I10: what it objected to counts, although the rest of it cannot be believed, and whatever is said in its place.
    let objected = outcome.reason.as_ref().and_then(Reason::objected);
    let heard = objected.map_or(Verdict::Allow, |severity| reached(own, severity));
    match &outcome.opinion {
        Some(opinion) => Some(reached(own, worst(opinion)).max(heard)),
        None if failed(outcome) => {
            let mode = match own.failure {
                FailureMode::Allow => Verdict::Allow,
                FailureMode::Review => Verdict::Review,
                FailureMode::Block => Verdict::Block,
            };
            Some(mode.max(heard))
        }
        None => None,
    }
}

fn is_settled_skip(outcome: &Outcome) -> bool {
    matches!(outcome.reason.as_ref(), Some(Reason::Skipped(Skipped::VerdictSettled)))
}

/// Whether a report is one that the rules allow.
pub(crate) fn check(state: &mut State, case: &Case, run: usize, report: &Report) {
    let outcomes: Vec<&Outcome> = report.outcomes().map(|(_, outcome)| outcome).collect();
    let names = report.outcomes().map(|(info, _)| info.name.as_str());
    let in_order = names.eq(case.critics.iter().map(|critic| critic.name.as_str()));
    state.check("I1", in_order, || format!("run {run}: not one outcome each, in plan order"));
    if !in_order {
        return;
    }
    let unhooked = case.hook_timeout.is_none();
    let late = report.elapsed > case.timeout + std::time::Duration::from_millis(5);
    state.check("I15", case.blocks || !late, || {
        format!("run {run} took {:?} of {:?}", report.elapsed, case.timeout)
    });

    let stages = case.stages();
    for (place, outcome) in outcomes.iter().enumerate() {
        let stage = stages.iter().position(|stage| *stage == case.critics[place].stage);
        state.marks.status(outcome.status, stage.unwrap_or(0), stages.len());
        check_gate(state, case, run, &outcomes, place);
        check_outcome(state, case, run, outcome, place, unhooked);
    }
    verdict::check(state, case, run, report, &outcomes);
    verdict::check_monotone(state, run, report);
}

/// I3 and rule 6: what kept it from running, or that nothing did.
fn check_gate(state: &mut State, case: &Case, run: usize, outcomes: &[&Outcome], place: usize) {
    let (own, outcome) = (&case.critics[place], outcomes[place]);
    if is_settled_skip(outcome) {
        state.check("I1", case.early_exit, || format!("run {run}: settled without early exit"));
        return;
    }
    let said = said_kept(outcome);
    if own.gate != Gate::Unknown {
        let expected = kept(case, run, outcomes, place);
        // A fallback takes the place of the reason's status, not of the reason.
        let same = expected == said || outcome.source == Source::Fallback;
        state.check("I3", same, || {
            format!("run {run}: {} should be kept by {expected:?}, says {said:?}", own.name)
        });
    }
    let was_kept = said != Kept::No;
    state.check("I3", !was_kept || outcome.attempts == 0, || {
        format!("run {run}: {} was kept by {said:?}, and called", own.name)
    });
    state.marks.hit_if(said == Kept::OtherPhase, Mark::OtherPhase);
    state.marks.hit_if(said == Kept::ConditionFailed, Mark::ConditionFailed);
    if let Kept::Dependency { gated, .. } = said {
        state.marks.hit(if gated { Mark::DependencyGated } else { Mark::DependencyFailed });
    }
}

/// I9 to I17 and I32: one outcome against what the critic did.
fn check_outcome(
    state: &mut State,
    case: &Case,
    run: usize,
    outcome: &Outcome,
    place: usize,
    unhooked: bool,
) {
    let own = &case.critics[place];
    let name = &own.name;
    let success = outcome.status == Status::Success;
    let whole = outcome.opinion.is_some() == success && (success || outcome.reason.is_some());
    state.check("I1", whole, || format!("run {run}: {name} has neither or both: {outcome:?}"));
    let right = outcome.opinion.as_ref().is_none_or(|opinion| opinion.faults().is_empty());
    state.check("I13", right, || format!("run {run}: {name} has a number out of range"));
    let called = calls_for(case, outcome, place);
    state.check("I5", outcome.calls_for == called, || {
        format!("run {run}: {name} calls for {:?}, not {called:?}", outcome.calls_for)
    });
    let fair = outcome.cost.is_finite() && outcome.cost >= 0.0;
    state.check("I13", fair, || format!("run {run}: {name} costs {}", outcome.cost));
    let hooked = outcome.source != Source::Critic;
    state.check("I9", !(hooked && unhooked), || {
        format!("run {run}: {name} has an opinion from a hook that is not there")
    });
    let cached = outcome.source == Source::Cache;
    state.check("I4", !cached || outcome.attempts == 0, || {
        format!("run {run}: {name} was called and answered from a cache")
    });
    match outcome.reason.as_ref() {
        Some(Reason::Timeout(level)) => state.marks.hit(match level {
            tribunal_core::TimeoutLevel::Critic => Mark::CriticTimeout,
            tribunal_core::TimeoutLevel::Stage => Mark::StageTimeout,
            tribunal_core::TimeoutLevel::Run => Mark::RunTimeout,
        }),
        Some(Reason::RateLimited { .. }) => {
            let limited = own.rate.is_some() || !own.shares.is_empty() || case.is_foreign();
            state.check("I30", limited, || format!("run {run}: {name} has no rate and is limited"));
            state.marks.hit_if(own.rate.is_none(), Mark::LimitedByShared);
            state.marks.hit_if(outcome.attempts > 0, Mark::RateLimitedRetry);
        }
        Some(Reason::Invalid(_)) if success => state.marks.hit(Mark::LenientPass),
        _ => {}
    }
    if hooked || outcome.attempts == 0 || is_settled_skip(outcome) {
        // Nothing that is not an opinion of its own may pass for one.
        state.check("I11", hooked || !success, || {
            format!("run {run}: {name} succeeds without being called")
        });
        return;
    }
    check_last_call(state, case, run, outcome, place);
}

/// What the last call did is what the outcome says.
fn check_last_call(state: &mut State, case: &Case, run: usize, outcome: &Outcome, place: usize) {
    if check_hedged(state, case, run, place, outcome) {
        return;
    }
    let own = &case.critics[place];
    let log = &state.runs[run].places[place];
    let outer = state.outer_deadline(case, run, place);
    let retried = log.backing_off;
    // A task that was cut off may not have been dropped yet.
    let cut = log.let_go.filter(|_| own.apart).map(|(_, at)| (Landed::Dropped, at));
    let Some((call, (landed, at), outer)) =
        log.last.and_then(|call| Some((call, call.landed.or(cut)?, outer?)))
    else {
        state.violation("I4", format!("run {run}: {} has attempts and no call", own.name));
        return;
    };
    let in_time = at < (call.began + own.timeout).min(outer);
    let status = outcome.status;
    let broken = matches!(outcome.reason.as_ref(),
        Some(Reason::Failed(failure)) if failure.kind == FailureKind::BreakerOpen);
    let fits = match landed {
        _ if retried => broken || matches!(status, Status::Timeout | Status::RateLimited),
        // A task that panics at its deadline may be cut off before that is seen.
        Landed::Panicked if own.apart && !in_time => {
            matches!(status, Status::Error | Status::Timeout)
        }
        Landed::Panicked => status == Status::Error,
        _ if !in_time => status == Status::Timeout,
        Landed::Dropped => false,
        Landed::Failed { .. } => status == Status::Error,
        Landed::Said => match call.says {
            Says::Opinion { score, severity, .. } => {
                let same = outcome.opinion.as_ref().is_some_and(|said| worst(said) == severity);
                match own.demands {
                    Demands::Nothing | Demands::ScoreLenient => status == Status::Success && same,
                    Demands::Score if score => status == Status::Success && same,
                    Demands::Score | Demands::Impossible => {
                        let objected = outcome.reason.as_ref().and_then(Reason::objected);
                        status == Status::Invalid && objected.unwrap_or(0.0) == severity
                    }
                    Demands::Unknown => status == Status::Invalid || same,
                }
            }
            _ => status == Status::Invalid,
        },
    };
    let invariant = match landed {
        Landed::Panicked => "I32",
        _ if !in_time => "I17",
        Landed::Said if matches!(call.says, Says::Opinion { .. }) => "I10",
        Landed::Said => "I13",
        _ => "I4",
    };
    state.check(invariant, fits, || {
        format!("run {run}: {} is {outcome:?} after {call:?} (retry planned: {retried})", own.name)
    });
    if landed == Landed::Panicked && status == Status::Error {
        let bare = matches!(outcome.reason.as_ref(),
            Some(Reason::Failed(failure)) if failure.kind == FailureKind::Panic && failure.message.is_empty());
        state.check("I32", bare, || format!("run {run}: {} tells of its panic", own.name));
    }
    let attempts = outcome.attempts;
    let invalid = status == Status::Invalid;
    let numbers = matches!(call.says, Says::NotANumber | Says::OutOfRange);
    state.marks.hit_if(status == Status::Success && attempts > 1, Mark::SecondAttempt);
    state.marks.hit_if(invalid && numbers, Mark::NotANumber);
    state.marks.hit_if(invalid && !numbers, Mark::MissingField);
}
