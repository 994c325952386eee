//! Every order of steps of a few threads that take tokens.

use std::time::Duration;

use crate::Moment;
use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use loom::thread;

use super::{Rate, TokenBucket};
use crate::model::every_order;

/// A bucket, the moment at which all take, and how many have taken.
struct Counted {
    bucket: TokenBucket,
    at: Moment,
    taken: AtomicUsize,
}

impl Counted {
    fn new(burst: u32, after: Duration) -> Arc<Self> {
        let bucket = TokenBucket::new(Rate::new(1, Duration::from_secs(1), burst).unwrap());
        let at = Moment::now() + after;
        Arc::new(Self { bucket, at, taken: AtomicUsize::new(0) })
    }

    fn take(&self) {
        if self.bucket.take_at(self.at).is_ok() {
            self.taken.fetch_add(1, SeqCst);
        }
    }
}

/// Rule 9: at one instant as many as the burst, no more and no fewer, however three threads share them.
fn three_take(burst: u32, after: Duration) {
    every_order(move || {
        let counted = Counted::new(burst, after);
        let others = [(); 2].map(|()| {
            let counted = Arc::clone(&counted);
            thread::spawn(move || {
                counted.take();
            })
        });
        counted.take();
        others.into_iter().for_each(|other| other.join().unwrap());
        assert_eq!(counted.taken.load(SeqCst), burst as usize);
        assert!(counted.bucket.take_at(counted.at).is_err(), "one too many");
    });
}

#[test]
fn three_threads_never_take_more_than_the_burst() {
    three_take(1, Duration::ZERO);
    three_take(2, Duration::ZERO);
}

#[test]
fn after_a_rest_three_threads_never_take_more_than_the_burst() {
    three_take(2, Duration::from_secs(60));
}
