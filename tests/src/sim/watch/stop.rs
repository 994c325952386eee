//! Shutting down: nobody new, those who are in end or are cut off, and the counts say so. And being replaced.

use std::time::Duration;

use tokio::time::Instant;
use tribunal_production::Shutdown;

use super::state::{End, State};
use crate::sim::marks::Mark;

/// What has been seen of a shutdown.
#[derive(Debug, Clone)]
pub(super) struct StopLog {
    at: Instant,
    ends: Instant,
    /// Runs that were going on at that time, or were let in before and only then found out.
    inside: usize,
    /// Of those that waited, how many neither began nor were refused for it.
    gone: usize,
    cut: usize,
    /// Ended by themselves at the very end, when it may have been too late to tell.
    at_the_end: usize,
}

impl State {
    pub(crate) const fn is_stopping(&self) -> bool {
        self.stop.is_some()
    }

    fn has_waiting(&self) -> bool {
        self.runs.iter().any(|log| log.called.is_some() && !log.started && !log.ended)
    }

    /// Another orchestrator is about to take its place.
    pub(crate) fn replace(&mut self) {
        self.replaced = true;
        let waiting = self.has_waiting();
        self.marks.hit_if(waiting, Mark::ReloadWithQueue);
        self.marks.hit_if(self.active_runs > 0, Mark::ReloadMidRun);
    }

    /// It is about to begin.
    pub(crate) fn stop_begins(&mut self, within: Duration) {
        let at = Instant::now();
        let waiting = self.has_waiting();
        self.marks.hit_if(waiting, Mark::StopWithQueue);
        self.marks.hit_if(self.active_runs > 0, Mark::StopMidRun);
        self.stop = Some(StopLog {
            at,
            ends: at + within,
            inside: self.active_runs,
            gone: 0,
            cut: 0,
            at_the_end: 0,
        });
    }

    /// It is over, and so are all runs.
    pub(crate) fn stop_ended(&mut self, said: Shutdown) {
        let Some(seen) = self.stop.clone() else { return };
        let cut = seen.cut..=seen.cut + seen.at_the_end;
        let inside = seen.inside..=seen.inside + seen.gone;
        let agrees = cut.contains(&said.cut) && inside.contains(&(said.ended + said.cut));
        self.check("shutdown", agrees, || format!("it says {said:?}, seen was {seen:?}"));
        self.note(&[40, said.ended as u64, said.cut as u64]);
        self.marks.hit_if(said.cut > 0, Mark::StopCuts);
        self.marks.hit_if(said.ended > 0, Mark::StopWaits);
    }

    /// A run has begun.
    pub(super) fn began_at_stop(&mut self, run: usize) {
        let Some(seen) = &mut self.stop else { return };
        // Its place was granted before, and it has not looked yet.
        seen.inside += 1;
        let legal = self.runs[run].called.is_some_and(|called| called <= seen.at);
        self.check("shutdown", legal, || format!("run {run} begins after the end of all runs"));
    }

    /// A run is over.
    pub(super) fn ended_at_stop(&mut self, run: usize, end: &End) {
        let log = &self.runs[run];
        let (started, called) = (log.started, log.called);
        let now = Instant::now();
        let Some(seen) = &mut self.stop else { return };
        let refused = matches!(end, End::Refused(tribunal_production::RunError::ShutDown));
        let was = seen.clone();
        let legal = if refused && started {
            seen.cut += 1;
            now == seen.ends
        } else if refused {
            called.is_some_and(|called| now == called.max(was.at))
        } else if started {
            seen.at_the_end += usize::from(now == was.ends);
            now <= was.ends
        } else {
            let waited = called.is_some_and(|called| called <= was.at);
            seen.gone += usize::from(waited);
            waited || matches!(end, End::Dropped)
        };
        self.check("shutdown", legal, || {
            format!("run {run} ends (refused: {refused}, begun: {started}) in {was:?}")
        });
        self.marks.hit_if(
            refused && !started && now == was.at && called < Some(was.at),
            Mark::StopRefusesWaiting,
        );
        self.marks.hit_if(refused && !started && called > Some(was.at), Mark::StopRefusesNew);
    }
}
