//! What do limits cost when two threads ask for them at a time?
//!
//! ```text
//! cargo bench --bench contention
//! ```
//!
//! Our permits, buckets and admission beside tokio's semaphore and governor, with one thread and with two; then whole
//! runs on one plan. Nanoseconds are a thread's own: with two threads that do not disturb each other they stay the
//! same. Rounds are interleaved, as in `overhead`, and a few milliseconds long, so that the threads do meet: on a machine
//! that has no second core to spare they do not, and this bench says nothing.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::cast_precision_loss,
    reason = "a bench that cannot be set up has nothing to measure"
)]

use std::hint::black_box;
use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::{Arc, Barrier};
use std::time::Duration;

use governor::{Quota, RateLimiter};
use tokio::sync::Semaphore;
use tribunal_benches::answer::{Answer, Kind, Plot, number, times};
use tribunal_benches::contender::{clock_of_a_service, one_thread};
use tribunal_benches::noop::{Check, Noop};
use tribunal_benches::ours::{Options, ROOM, never_dry, production_contender};
use tribunal_benches::rivals::{self, Bench};
use tribunal_benches::rounds::median;
use tribunal_benches::shape::Shape;
use tribunal_core::Critic;
use tribunal_resilience::Moment;
use tribunal_resilience::{Admission, Permits, TokenBucket};

/// Something that a thread does so many times.
type Work = Box<dyn Fn(u32) + Send + Sync>;

struct Case {
    name: &'static str,
    work: Work,
    /// How often in a round.
    count: u32,
}

const TOTAL: Duration = Duration::from_secs(15);

fn main() {
    clock_of_a_service();
    let cases = cases();
    let mut seen: Vec<[Vec<f64>; 2]> = cases.iter().map(|_| [Vec::new(), Vec::new()]).collect();
    let end = Moment::now() + TOTAL;
    while Moment::now() < end {
        for (case, seen) in cases.iter().zip(&mut seen) {
            for (threads, seen) in [1, 2].into_iter().zip(seen) {
                seen.push(round(case, threads));
            }
        }
    }
    let medians: Vec<[f64; 2]> = seen.into_iter().map(|seen| seen.map(median)).collect();

    let mut answer = Answer::new("contention");
    let row = |(case, [alone, both]): (&Case, &[f64; 2])| {
        vec![case.name.to_owned(), number(*alone), number(*both), times(both / alone)]
    };
    answer.table(
        "Nanoseconds, with one thread and with two",
        &["", "1 thread", "2 threads", "by one"],
        cases.iter().zip(&medians).map(row).collect(),
    );
    let series = |threads: usize| medians.iter().map(|medians| medians[threads]).collect();
    answer.plots.push(Plot {
        file: "contention".into(),
        title: "Nanoseconds of one thread's time".into(),
        kind: Kind::Bars,
        log: true,
        places: cases.iter().map(|case| case.name.to_owned()).collect(),
        series: vec![("1 thread".into(), series(0)), ("2 threads".into(), series(1))],
    });
    let of = |name: &str| {
        let at = cases.iter().position(|case| case.name == name);
        at.and_then(|at| medians.get(at)).copied().unwrap_or([f64::NAN; 2])
    };
    for (key, ours, rival) in [
        ("permits_vs_semaphore", "permits, tried", "tokio semaphore, tried"),
        ("permits_awaited_vs_semaphore", "permits, awaited", "tokio semaphore, awaited"),
        ("bucket_vs_governor", "token bucket", "governor"),
        ("admission_vs_semaphore", "admission, tried", "tokio semaphore, tried"),
        ("run_vs_by_hand", "run: tribunal, everything on", "run: by hand"),
    ] {
        answer.figure(&format!("{key}_1_thread"), of(ours)[0] / of(rival)[0]);
        answer.figure(&format!("{key}_2_threads"), of(ours)[1] / of(rival)[1]);
    }
    answer.give();
}

/// What one of them took by the clock, for each time that one thread did it.
fn round(case: &Case, threads: usize) -> f64 {
    let barrier = Barrier::new(threads);
    let one = || {
        barrier.wait();
        let start = Moment::now();
        (case.work)(case.count);
        start.elapsed()
    };
    let took: Vec<Duration> = std::thread::scope(|scope| {
        let all: Vec<_> = (0..threads).map(|_| scope.spawn(one)).collect();
        all.into_iter().map(|thread| thread.join().expect("a round")).collect()
    });
    took.iter().map(Duration::as_secs_f64).fold(0.0, f64::max) * 1e9 / f64::from(case.count)
}

fn case(
    name: &'static str,
    count: u32,
    mut once: impl FnMut() + Clone + Send + Sync + 'static,
) -> Case {
    once();
    let work = move |count: u32| {
        let mut once = once.clone();
        (0..count).for_each(|_| once());
    };
    Case { name, work: Box::new(work), count }
}

fn awaited(name: &'static str, once: impl AsyncFn() + Send + Sync + 'static) -> Case {
    let work = move |count: u32| {
        one_thread().block_on(tokio::task::unconstrained(async {
            for _ in 0..count {
                once().await;
            }
        }));
    };
    Case { name, work: Box::new(work), count: 50_000 }
}

fn cases() -> Vec<Case> {
    let room = NonZeroUsize::new(ROOM).expect("room");
    let permits = Arc::new(Permits::new(room));
    let semaphore = Arc::new(Semaphore::new(ROOM));
    let bucket = Arc::new(TokenBucket::new(never_dry()));
    let quota = Quota::with_period(Duration::from_nanos(1)).expect("a rate");
    let governor = Arc::new(RateLimiter::direct(quota.allow_burst(NonZeroU32::MAX)));
    let admission = Arc::new(Admission::new(room, ROOM));
    let one_permit = Arc::new(Permits::new(NonZeroUsize::MIN));
    let one_of_tokio = Arc::new(Semaphore::new(1));
    let mut cases = vec![
        case("permits, tried", 100_000, {
            let permits = Arc::clone(&permits);
            move || drop(black_box(permits.try_acquire()))
        }),
        case("tokio semaphore, tried", 100_000, {
            let semaphore = Arc::clone(&semaphore);
            move || drop(black_box(semaphore.try_acquire()))
        }),
        awaited("permits, awaited", async move || drop(black_box(permits.acquire(5).await))),
        awaited("tokio semaphore, awaited", async move || {
            drop(black_box(semaphore.acquire().await))
        }),
        awaited("permits, one for all", async move || drop(black_box(one_permit.acquire(5).await))),
        awaited("tokio semaphore, one for all", async move || {
            drop(black_box(one_of_tokio.acquire().await));
        }),
        case("token bucket", 50_000, move || assert!(bucket.take().is_ok())),
        case("governor", 50_000, move || assert!(governor.check().is_ok())),
        case("admission, tried", 50_000, {
            let now = Moment::now();
            move || drop(black_box(admission.try_enter(now)))
        }),
    ];
    let critic: Arc<dyn Critic> = Arc::new(Noop);
    let bench = Bench::new(10, Shape::Staged, Arc::new(Noop) as Arc<dyn Check>);
    let runs = [
        ("run: join_all", rivals::join_all(&bench)),
        ("run: by hand", rivals::by_hand(&bench)),
        (
            "run: tribunal, everything on",
            production_contender(10, Shape::Staged, Options::Everything, &critic),
        ),
    ];
    for (name, contender) in runs {
        let work = move |count: u32| {
            contender.batch(&one_thread(), count);
        };
        cases.push(Case { name, work: Box::new(work), count: 500 });
    }
    cases
}
