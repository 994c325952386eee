//! Arrivals by a schedule that does not wait for answers, and the tasks that serve them.
//!
//! A generator that waits for an answer before it sends the next request slows down with what it
//! measures, and misses just the requests that would have waited (coordinated omission). So the
//! moments of arrival are fixed beforehand, and a request that is started late counts from the moment
//! at which it should have come.

use std::future::Future;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

/// How often arrivals that are due are started. At 50,000 a second that is 50 at a time.
const TICK: Duration = Duration::from_millis(1);

/// A part of a schedule: so many arrivals per second, for so long.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Phase {
    pub(crate) per_second: f64,
    pub(crate) lasts: Duration,
}

/// Random arrivals (a Poisson process) at the rates of the phases, as times since the start. The same in
/// every run of the bench.
pub(crate) fn arrivals(phases: &[Phase]) -> impl Iterator<Item = Duration> + Send + use<> {
    let mut rng = StdRng::seed_from_u64(7);
    let mut begin = 0.0;
    let mut at = 0.0;
    let mut phases: Vec<(f64, f64)> = phases
        .iter()
        .map(|phase| {
            begin += phase.lasts.as_secs_f64();
            (phase.per_second, begin)
        })
        .collect();
    phases.reverse();
    std::iter::from_fn(move || {
        // How long until the next arrival, in units of the mean gap: gaps go on across phases.
        let mut gap = -(1.0 - rng.random::<f64>()).ln();
        while let Some(&(per_second, end)) = phases.last() {
            let next = at + gap / per_second;
            if next < end {
                at = next;
                return Duration::try_from_secs_f64(at).ok();
            }
            gap -= (end - at) * per_second;
            at = end;
            phases.pop();
        }
        None
    })
}

/// Starts a task for each arrival at its time, whatever became of those before, and hands on what they
/// return. Ends when all have.
pub(crate) async fn drive<F, T>(
    arrivals: impl Iterator<Item = Duration>,
    start: Instant,
    mut request: impl FnMut(Instant) -> F,
    mut done: impl FnMut(T),
) where
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    let mut tasks = JoinSet::new();
    let mut arrivals = arrivals.map(|at| start + at).peekable();
    let mut tick = start;
    while arrivals.peek().is_some() {
        sleep_until(tick).await;
        let now = Instant::now();
        while let Some(intended) = arrivals.next_if(|at| *at <= now) {
            tasks.spawn(request(intended));
        }
        // Results are taken as they come, so that what is kept is bounded by what is in flight.
        while let Some(result) = tasks.try_join_next() {
            done(joined(result));
        }
        tick = (tick + TICK).max(now);
    }
    while let Some(result) = tasks.join_next().await {
        done(joined(result));
    }
}

fn joined<T>(result: Result<T, tokio::task::JoinError>) -> T {
    // Nobody aborts a task here, so it can only have panicked: then the figures mean nothing.
    result.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(times: &[f64], from: f64, to: f64) -> usize {
        times.iter().filter(|at| (from..to).contains(*at)).count()
    }

    #[test]
    fn arrivals_follow_the_rate_of_their_phase_and_end_with_the_last() {
        let lasts = Duration::from_secs(10);
        let phases = [Phase { per_second: 100.0, lasts }, Phase { per_second: 1_000.0, lasts }];
        let times: Vec<f64> = arrivals(&phases).map(|at| at.as_secs_f64()).collect();
        assert!(times.is_sorted());
        let (slow, fast) = (count(&times, 0.0, 10.0), count(&times, 10.0, 20.0));
        assert!((900..1_100).contains(&slow), "{slow}");
        assert!((9_700..10_300).contains(&fast), "{fast}");
        assert_eq!(slow + fast, times.len());
    }

    /// Coordinated omission: a slow answer delays no arrival.
    #[tokio::test(start_paused = true)]
    async fn requests_come_on_time_however_slow_the_answers_are() {
        let start = Instant::now();
        let phases = [Phase { per_second: 100.0, lasts: Duration::from_secs(1) }];
        let request = |intended: Instant| async move {
            let late = intended.elapsed();
            tokio::time::sleep(Duration::from_secs(60)).await;
            late
        };
        let mut latest = Duration::ZERO;
        let mut answers = 0;
        drive(arrivals(&phases), start, request, |late| {
            latest = latest.max(late);
            answers += 1;
        })
        .await;
        assert!(answers > 50 && latest <= 2 * TICK, "{answers}, {latest:?}");
    }
}
