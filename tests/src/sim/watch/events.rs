//! The events that the engine tells its observers.

use tokio::time::Instant;
use tribunal_core::{FailureKind, Observer, Outcome, Reason, RunEvent, Source, Stage};

use super::{Watch, breaker, calls, hedges, money, retries, ticks};
use crate::sim::marks::Mark;

impl Observer for Watch {
    fn on_event(&self, event: RunEvent<'_>) {
        if let RunEvent::Refused { .. } = event {
            // Of a run that never began, or that has been cut off. What its caller gets is checked there.
            return;
        }
        let mut state = self.lock();
        let case = &*self.case;
        let Some(run) = state.current else {
            state.violation("I4", format!("an event outside of any run: {event:?}"));
            return;
        };
        let now = Instant::now();
        match event {
            RunEvent::RunStarted { trace_id } => {
                let right = trace_id.and_then(|id| id.parse().ok()) == Some(run);
                let again = state.runs[run].started;
                state.check("I6", right && !again, || format!("run {run} starts as {trace_id:?}"));
                state.runs[run].started = true;
                state.began_at_stop(run);
                state.active_runs += 1;
                let (active, most) = (state.active_runs, case.max_runs);
                state.check("I20", active <= most, || format!("{active} runs of {most}"));
                state.marks.hit_if(active == most, Mark::AtRunLimit);
                state.note(&[30, run as u64]);
            }
            RunEvent::StageStarted { stage } => {
                let stage = Stage::index(stage);
                let places = case.critics.iter().zip(&state.runs[run].places);
                let open = places
                    .filter(|(critic, log)| critic.stage.index() < stage && log.finished.is_none())
                    .count();
                state.check("I2", open == 0, || {
                    format!("run {run}: a stage begins before {open} critics have ended")
                });
                state.runs[run].stage_began[stage] = Some(now);
                state.note(&[31, run as u64, stage as u64]);
            }
            RunEvent::Hedging { critic, .. } => {
                let Some(place) = case.place(critic.name.as_str()) else { return };
                hedges::announced(&mut state, case, run, place);
                state.note(&[36, run as u64, place as u64]);
            }
            RunEvent::CriticStarted { critic, attempt } => {
                let Some(place) = case.place(critic.name.as_str()) else { return };
                let log = &mut state.runs[run].places[place];
                log.announced += 1;
                state.announced = Some((place, attempt));
                if case.critics[place].apart {
                    calls::announce(&mut state, case, run, place);
                }
                let pays_in = attempt == 1 && case.critics[place].attempts > 1;
                if let Some(budget) = state.retry_budget.as_mut().filter(|_| pays_in) {
                    budget.first_call();
                }
            }
            RunEvent::Retrying { critic, attempt, delay } => {
                let Some(place) = case.place(critic.name.as_str()) else { return };
                state.runs[run].places[place].backing_off = true;
                state.runs[run].places[place].let_go(now);
                let ends = state.outer_deadline(case, run, place);
                let fits = ends.is_some_and(|ends| now + delay < ends);
                state.check("I16", fits, || {
                    format!("run {run}: {} backs off for {delay:?}, past its deadline", critic.name)
                });
                retries::check_planned(&mut state, case, run, place, delay);
                state.note(&[32, run as u64, place as u64, u64::from(attempt), ticks(delay)]);
            }
            RunEvent::Finished { critic, outcome } => {
                let Some(place) = case.place(critic.name.as_str()) else { return };
                let log = &mut state.runs[run].places[place];
                let (live, twice) = (log.live, log.finished.is_some());
                log.let_go(now);
                let apart = case.critics[place].apart;
                let never_began = apart && log.begun < log.calls;
                log.finished = Some((outcome.status, outcome.opinion.is_some()));
                log.kept = was_kept(outcome);
                log.spent = outcome.cost;
                let attempts = (log.calls, log.announced);
                let (hedges, kept) = (log.hedges, log.kept_for_hooks);
                state.check("hooks", kept == 0, || {
                    format!("run {run}: {} has ended with {kept} leases or waits", critic.name)
                });
                state.check("I1", !twice, || format!("run {run}: {} ends twice", critic.name));
                state.check("I4", live == 0 || apart, || {
                    format!("run {run}: {} has ended and is still at work", critic.name)
                });
                state.marks.hit_if(apart && live > 0, Mark::TaskCut);
                state.marks.hit_if(never_began, Mark::TaskNeverBegan);
                let same = attempts == (outcome.attempts, outcome.attempts);
                state.check("I4", same, || {
                    format!(
                        "run {run}: {} has {} attempts, called and announced {attempts:?}",
                        critic.name, outcome.attempts
                    )
                });
                state.check("hedges", hedges == outcome.hedges, || {
                    format!(
                        "run {run}: {} tells of {} hedges, and had {hedges}",
                        critic.name, outcome.hedges
                    )
                });
                breaker::check_refusal(&mut state, case, run, place, outcome);
                money::check_skip(&mut state, case, run, place, outcome);
                retries::check_none_due(&mut state, case, run, place);
                let tally = &mut state.tallies[place];
                tally.statuses[outcome.status as usize] += 1;
                tally.executions += u64::from(outcome.attempts > 0);
                tally.retries += u64::from((outcome.attempts - hedges).saturating_sub(1));
                tally.hedges += u64::from(hedges);
                state.marks.hit_if(outcome.source == Source::Cache, Mark::CacheAnswer);
                state.marks.hit_if(outcome.source == Source::Fallback, Mark::Fallback);
                state.note(&[
                    33,
                    run as u64,
                    place as u64,
                    outcome.status as u64,
                    outcome.source as u64,
                    u64::from(outcome.attempts),
                    ticks(outcome.queued()),
                    ticks(outcome.execution()),
                    outcome.cost.to_bits(),
                ]);
            }
            RunEvent::VerdictSettled { verdict } => {
                let log = &state.runs[run];
                let (live, again) = (log.live > 0, log.settled.is_some());
                let open: Vec<_> = case
                    .critics
                    .iter()
                    .zip(&log.places)
                    .filter(|(_, log)| log.finished.is_none())
                    .map(|(critic, _)| log.stage_began[critic.stage.index()].is_none())
                    .collect();
                state.check("I6", case.early_exit && !again, || {
                    format!("run {run} settles {verdict} without early exit, or twice")
                });
                state.marks.hit_if(live, Mark::EarlyExitInFlight);
                state.marks.hit_if(open.contains(&true), Mark::EarlyExitAhead);
                let log = &mut state.runs[run];
                log.settled = log.stage_began.iter().rposition(Option::is_some);
                state.note(&[34, run as u64, verdict as u64]);
            }
            RunEvent::RunFinished { report, .. } => {
                state.runs[run].finished_events += 1;
                state.active_runs = state.active_runs.saturating_sub(1);
                state.note(&[35, run as u64, report.verdict as u64, ticks(report.elapsed)]);
            }
            _ => {}
        }
    }
}

/// It never went as far as to pay for a call.
fn was_kept(outcome: &Outcome) -> bool {
    match outcome.reason.as_ref() {
        Some(Reason::Gated(_) | Reason::Skipped(_)) => outcome.attempts == 0,
        Some(Reason::Failed(failure)) => failure.kind == FailureKind::Condition,
        _ => false,
    }
}
