//! Many schedules of four to six threads, at random and by probabilistic concurrency testing, which finds what
//! takes few interruptions at the right places. Whoever waits and is woken by nobody is a deadlock, and fails.

use std::num::NonZeroUsize;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Waker};
use std::time::Duration;

use crate::Moment;
use shuttle::future::block_on;
use shuttle::scheduler::{PctScheduler, RandomScheduler};
use shuttle::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use shuttle::thread;
use shuttle::{Config, Runner};

use crate::{
    Adaptation, AdaptiveLimit, Admission, Admitted, Breaker, BreakerSettings, BreakerState,
    CallResult, Permits, Refused, RetryBudget,
};

const SCHEDULES: usize = 10_000;
/// So many interruptions are placed on purpose.
const DEPTH: usize = 3;
const OPEN_FOR: Duration = Duration::from_secs(5);

/// Time stands still, so that each schedule comes out the same whenever it is tried.
fn schedules(play: impl Fn() + Send + Sync + Copy + 'static) {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    let runtime = runtime.unwrap();
    let _time_stands_still = runtime.enter();
    let mut config = Config::default();
    config.stack_size = 1 << 17;
    Runner::new(RandomScheduler::new(SCHEDULES), config.clone()).run(play);
    Runner::new(PctScheduler::new(DEPTH, SCHEDULES), config).run(play);
}

/// One thread for each play, over what they share.
fn threads<T: Send + Sync + 'static>(shared: &Arc<T>, plays: &[fn(&Arc<T>)]) {
    let spawn = |play: &fn(&Arc<T>)| {
        let (shared, play) = (Arc::clone(shared), *play);
        thread::spawn(move || play(&shared))
    };
    let all: Vec<_> = plays.iter().map(spawn).collect();
    all.into_iter().for_each(|thread| thread.join().unwrap());
}

/// How many hold something, as far as they know.
struct Count {
    now: AtomicUsize,
    most: usize,
}

impl Count {
    fn new(most: usize) -> Self {
        Self { now: AtomicUsize::new(0), most }
    }

    fn hold(&self) {
        assert!(self.now.fetch_add(1, SeqCst) < self.most, "more at a time than may be");
        thread::yield_now();
        self.now.fetch_sub(1, SeqCst);
    }
}

/// Polled once, and given up.
fn look_in<F: Future + Unpin>(mut future: F) {
    drop(Pin::new(&mut future).poll(&mut Context::from_waker(Waker::noop())));
}

fn at_most(limit: usize) -> NonZeroUsize {
    NonZeroUsize::new(limit).unwrap()
}

/// Rule 8: never more than there are, nobody waits for ever, all are back at the end.
fn permits(limit: usize) {
    type Shared = (Arc<Permits>, Count);
    let shared = Arc::new((Arc::new(Permits::new(at_most(limit))), Count::new(limit)));
    fn wait(shared: &Arc<Shared>, priority: u8) {
        let permit = block_on(shared.0.acquire(priority)).unwrap();
        shared.1.hold();
        drop(permit);
    }
    threads(
        &shared,
        &[
            |shared| wait(shared, 1),
            |shared| wait(shared, 5),
            |shared| wait(shared, 9),
            |shared| look_in(shared.0.acquire(1)),
            |shared| {
                let permit = block_on(shared.0.acquire(5)).unwrap().into_owned(&shared.0).unwrap();
                let shared = Arc::clone(shared);
                let elsewhere = thread::spawn(move || {
                    shared.1.hold();
                    drop(permit);
                });
                elsewhere.join().unwrap();
            },
        ],
    );
    assert_eq!((shared.0.free(), shared.0.waiting()), (limit, 0));
}

#[test]
fn six_threads_share_one_permit() {
    schedules(|| permits(1));
}

#[test]
fn six_threads_share_two_permits() {
    schedules(|| permits(2));
}

struct Door {
    admission: Arc<Admission>,
    count: Count,
    far: Moment,
}

impl Door {
    fn new(admission: Admission, most: usize) -> Arc<Self> {
        let far = Moment::now() + Duration::from_secs(3_600);
        Arc::new(Self { admission: Arc::new(admission), count: Count::new(most), far })
    }

    /// Comes in, unless refused for a good reason, and ends in that way.
    fn stay<'a>(&'a self, end: impl FnOnce(Admitted<'a>)) {
        match block_on(self.admission.enter(self.far)) {
            Ok(place) => {
                self.count.hold();
                end(place);
            }
            Err(refused) => assert_eq!(refused, Refused::Closed),
        }
    }
}

const STAYS: [fn(&Arc<Door>); 5] = [
    |door| door.stay(Admitted::done),
    |door| door.stay(Admitted::late),
    |door| door.stay(Admitted::hand_back),
    |door| door.stay(|place| place.into_owned(&door.admission).unwrap().done()),
    |door| look_in(door.admission.enter(door.far)),
];

/// Rule 8: never more in than may be, nobody waits for ever, nobody is in at the end.
fn admission(admission: Admission, most: usize, closes: bool) {
    let door = Door::new(admission, most);
    let mut plays = STAYS.to_vec();
    if closes {
        plays.push(|door| door.admission.close());
    }
    threads(&door, &plays);
    assert_eq!((door.admission.inside(), door.admission.waiting()), (0, 0));
}

#[test]
fn five_threads_come_in_one_at_a_time() {
    schedules(|| admission(Admission::new(at_most(1), usize::MAX), 1, false));
}

#[test]
fn five_threads_come_in_while_a_sixth_closes() {
    schedules(|| admission(Admission::new(at_most(2), usize::MAX), 2, true));
}

#[test]
fn five_threads_come_in_by_a_limit_that_moves() {
    schedules(|| {
        let target = Duration::from_secs(1);
        let settings = AdaptiveLimit::new(1, 3, Adaptation::Aimd { target }).unwrap();
        admission(Admission::adaptive(settings, usize::MAX), 3, false);
    });
}

struct Broken {
    breaker: Breaker,
    /// When it is half open.
    later: Moment,
    count: Count,
}

const PROBES: u32 = 2;

impl Broken {
    fn new() -> Arc<Self> {
        let settings = BreakerSettings::new(1.0, Duration::from_secs(10), 2)
            .and_then(|settings| settings.open_for(OPEN_FOR))
            .and_then(|settings| settings.probes(PROBES))
            .unwrap();
        let (breaker, start) = (Breaker::new(settings), Moment::now());
        for _ in 0..2 {
            breaker.admit(start).unwrap().report(CallResult::Failure, start);
        }
        let count = Count::new(PROBES as usize);
        Arc::new(Self { breaker, later: start + OPEN_FOR, count })
    }

    fn probe(&self, result: Option<CallResult>) {
        let Ok(probe) = self.breaker.admit(self.later) else { return };
        self.count.hold();
        match result {
            Some(result) => probe.report(result, self.later),
            None => drop(probe),
        }
    }

    /// Half open, with nothing in flight: exactly as many probes pass as may.
    fn assert_every_place_is_free(&self) {
        let probes: Vec<_> = (0..PROBES).map(|_| self.breaker.admit(self.later)).collect();
        assert!(probes.iter().all(Result::is_ok), "a place was lost");
        assert!(self.breaker.admit(self.later).is_err(), "a place was made");
    }
}

/// I28: probes in flight never exceed their limit, and each gives its place back.
#[test]
fn five_threads_contend_for_two_probes() {
    schedules(|| {
        let broken = Broken::new();
        threads(
            &broken,
            &[
                |broken| broken.probe(None),
                |broken| broken.probe(None),
                |broken| broken.probe(Some(CallResult::Ignored)),
                |broken| broken.probe(Some(CallResult::Ignored)),
                |broken| broken.probe(None),
            ],
        );
        assert_eq!(broken.breaker.state(broken.later), BreakerState::HalfOpen);
        broken.assert_every_place_is_free();
    });
}

/// I28: whatever the others do, a failure leaves it open and a success is not lost.
#[test]
fn five_probes_that_end_differently_leave_a_place_or_a_verdict() {
    schedules(|| {
        let mut broken = Broken::new();
        if let Some(broken) = Arc::get_mut(&mut broken) {
            // Once it is closed, calls are not counted.
            broken.count.most = usize::MAX;
        }
        threads(
            &broken,
            &[
                |broken| broken.probe(Some(CallResult::Success)),
                |broken| broken.probe(Some(CallResult::Failure)),
                |broken| broken.probe(Some(CallResult::Ignored)),
                |broken| broken.probe(None),
                |broken| broken.probe(Some(CallResult::Ignored)),
            ],
        );
        match broken.breaker.state(broken.later) {
            BreakerState::Closed => assert!(broken.breaker.admit(broken.later).is_ok()),
            BreakerState::Open => assert!(broken.breaker.admit(broken.later).is_err()),
            // A probe that succeeded keeps its place: it needs no second one.
            BreakerState::HalfOpen => {
                let probes: Vec<_> =
                    (0..5).filter_map(|_| broken.breaker.admit(broken.later).ok()).collect();
                assert!((1..=PROBES as usize).contains(&probes.len()), "{} places", probes.len());
            }
        }
    });
}

/// I27: what five threads pay in is taken once, by whomever.
#[test]
fn what_five_threads_pay_in_is_taken_once() {
    schedules(|| {
        let budget = Arc::new((RetryBudget::new(0.7, 100, 0).unwrap(), AtomicUsize::new(0)));
        let play: fn(&Arc<(RetryBudget, AtomicUsize)>) = |shared| {
            let (budget, taken) = &**shared;
            for _ in 0..2 {
                budget.deposit();
                if budget.withdraw(Moment::now()) {
                    taken.fetch_add(1, SeqCst);
                }
            }
        };
        threads(&budget, &[play; 5]);
        let rest = (0..10).filter(|_| budget.0.withdraw(Moment::now())).count();
        assert_eq!(budget.1.load(SeqCst) + rest, 7, "ten times 0.7");
    });
}
