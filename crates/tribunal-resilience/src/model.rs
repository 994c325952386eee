//! Runs small plays of a few threads in one order of steps after another, by loom.

use std::pin::Pin;
use std::task::{Context, Poll, Wake, Waker};

use loom::sync::Notify;

/// Tries every order in which the threads of `play` can take their steps.
pub(crate) fn every_order(play: impl Fn() + Sync + Send + 'static) {
    orders(None, play);
}

/// Tries every order in which threads are interrupted at most three times: for plays whose orders are too many.
pub(crate) fn most_orders(play: impl Fn() + Sync + Send + 'static) {
    orders(Some(3), play);
}

/// As [`most_orders`], with at most so many interruptions: for four threads.
pub(crate) fn some_orders(interruptions: usize, play: impl Fn() + Sync + Send + 'static) {
    orders(Some(interruptions), play);
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

/// As loom's own, save that clones of the waker are not steps: there would be too many orders.
pub(crate) fn block_on<F: Future + Unpin>(mut future: F) -> F::Output {
    struct Awake(Notify);
    impl Wake for Awake {
        fn wake(self: std::sync::Arc<Self>) {
            self.0.notify();
        }
    }
    let awake = std::sync::Arc::new(Awake(Notify::new()));
    let waker = Waker::from(std::sync::Arc::clone(&awake));
    loop {
        match Pin::new(&mut future).poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => awake.0.wait(),
        }
    }
}
