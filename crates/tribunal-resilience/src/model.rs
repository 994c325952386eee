//! Runs small plays of a few threads in one order of steps after another, by loom.

/// Tries every order in which the threads of `play` can take their steps.
pub(crate) fn every_order(play: impl Fn() + Sync + Send + 'static) {
    orders(None, play);
}

/// Tries every order in which threads are interrupted at most three times: for plays whose orders are too many.
pub(crate) fn most_orders(play: impl Fn() + Sync + Send + 'static) {
    orders(Some(3), play);
}

/// Time stands still, so that each order comes out the same whenever it is tried.
fn orders(most_interruptions: Option<usize>, play: impl Fn() + Sync + Send + 'static) {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    let runtime = runtime.unwrap();
    let _time_stands_still = runtime.enter();
    let mut model = loom::model::Builder::new();
    model.preemption_bound = most_interruptions;
    model.check(play);
}
