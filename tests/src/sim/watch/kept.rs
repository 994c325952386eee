//! What hooks leave with the engine: leases, and what is to be waited for. Each is dropped when the critic is done.

use std::sync::Arc;

use tokio::time::Instant;

use super::Watch;
use crate::sim::marks::Mark;

/// A lease, or a wait. It says so when it is dropped.
pub(crate) struct Kept {
    watch: Arc<Watch>,
    run: usize,
    place: usize,
    /// Since when it is waited; nothing for a lease.
    waits_since: Option<Instant>,
    comes: bool,
}

impl Kept {
    fn new(watch: &Arc<Watch>, run: usize, place: usize, waits_since: Option<Instant>) -> Self {
        watch.lock().runs[run].places[place].kept_for_hooks += 1;
        Self { watch: Arc::clone(watch), run, place, waits_since, comes: false }
    }

    pub(crate) fn lease(watch: &Arc<Watch>, run: usize, place: usize) -> Self {
        Self::new(watch, run, place, None)
    }

    pub(crate) fn wait(watch: &Arc<Watch>, run: usize, place: usize) -> Self {
        Self::new(watch, run, place, Some(Instant::now()))
    }

    /// What was waited for is there.
    pub(crate) fn comes(mut self) {
        self.comes = true;
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        let mut state = self.watch.lock();
        let case = &self.watch.case;
        let own = &case.critics[self.place];
        let log = &mut state.runs[self.run].places[self.place];
        log.kept_for_hooks = log.kept_for_hooks.saturating_sub(1);
        let (calls, live) = (log.calls, log.live);
        match self.waits_since {
            None => state.marks.hit_if(calls > 0, Mark::LeaseKept),
            Some(since) => {
                let waited = since.elapsed();
                state.check("hooks", case.blocks || waited <= own.timeout, || {
                    format!("run {}: {} is waited for for {waited:?}", self.run, own.name)
                });
                state.marks.hit(if self.comes { Mark::AnswerAwaited } else { Mark::AwaitedInVain });
            }
        }
        state.check("hooks", live == 0 || own.apart, || {
            format!("run {}: a lease ends while {} is at work", self.run, own.name)
        });
    }
}
