//! A pulse of three times what can be done, with clients that ask again, and how long it is felt.

use std::time::Duration;

use tokio::time::Instant;
use tribunal_production::RunSettings;

use crate::client::Client;
use crate::load::{Phase, arrivals, drive};
use crate::stub::{CAPACITY, DEADLINE, narrow};

/// Requests are counted by the moment of their arrival, in slots of this length.
const SLOT: Duration = Duration::from_millis(100);
/// How many slots must be good on average, from some moment on, for it to be over.
const WINDOW: usize = 5;
/// Which share of requests must be answered properly and in time.
const GOOD: f64 = 0.95;

pub(crate) struct Pulse {
    /// From the end of the pulse to the first moment after which all is well. `None` if that never came.
    pub(crate) recovery: Option<Duration>,
    /// The share of requests answered properly: before, during and after the pulse.
    pub(crate) before: f64,
    pub(crate) during: f64,
    pub(crate) after: f64,
    pub(crate) tries_per_request: f64,
}

#[derive(Clone, Copy, Default)]
struct Slot {
    requests: u64,
    good: u64,
}

/// Two ninths of the time at 0.7 of the capacity, three at 3, four at 0.7 again.
pub(crate) async fn pulse(settings: RunSettings, lasts: Duration) -> Pulse {
    let slots = (lasts.as_millis() / SLOT.as_millis()) as u32;
    let (calm, end) = (slots * 2 / 9, slots * 5 / 9);
    let phase = |load: f64, slots: u32| Phase { per_second: load * CAPACITY, lasts: SLOT * slots };
    let phases = [phase(0.7, calm), phase(3.0, end - calm), phase(0.7, slots - end)];

    let mut client = Client::new(narrow(settings), DEADLINE);
    client.retries = 2;
    client.pause = Duration::from_millis(50);
    let mut counts = vec![Slot::default(); slots as usize];
    let (mut requests, mut tries) = (0_u64, 0_u64);
    let start = Instant::now();
    drive(
        arrivals(&phases),
        start,
        |intended| client.clone().ask(intended),
        |done| {
            let since = done.intended.saturating_duration_since(start);
            let slot = (since.as_nanos() / SLOT.as_nanos()) as usize;
            if let Some(slot) = counts.get_mut(slot) {
                slot.requests += 1;
                slot.good += u64::from(done.good);
            }
            requests += 1;
            tries += u64::from(done.tries);
        },
    )
    .await;

    let (first, rest) = counts.split_at(calm as usize);
    let (second, third) = rest.split_at((end - calm) as usize);
    Pulse {
        recovery: recovery(third),
        before: share(first),
        during: share(second),
        after: share(third),
        tries_per_request: tries as f64 / requests as f64,
    }
}

fn share(slots: &[Slot]) -> f64 {
    let requests: u64 = slots.iter().map(|slot| slot.requests).sum();
    let good: u64 = slots.iter().map(|slot| slot.good).sum();
    good as f64 / requests.max(1) as f64
}

/// The start of the first window that is good and has only good ones after it.
fn recovery(after: &[Slot]) -> Option<Duration> {
    let good: Vec<bool> = after.windows(WINDOW).map(|window| share(window) >= GOOD).collect();
    let bad = good.iter().rposition(|good| !good).map_or(0, |last| last + 1);
    (bad < good.len()).then(|| SLOT * bad as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slots(good: &[u64]) -> Vec<Slot> {
        good.iter().map(|good| Slot { requests: 100, good: *good }).collect()
    }

    #[test]
    fn recovery_is_when_all_that_follows_is_good() {
        let mut good = vec![100; 20];
        assert_eq!(recovery(&slots(&good)), Some(Duration::ZERO));
        good[..3].fill(0);
        assert_eq!(recovery(&slots(&good)), Some(SLOT * 3));
        good[10] = 0;
        assert_eq!(recovery(&slots(&good)), Some(SLOT * 11));
    }

    #[test]
    fn what_is_still_bad_at_the_end_has_not_recovered() {
        let mut good = vec![100; 20];
        good[19] = 0;
        assert_eq!(recovery(&slots(&good)), None);
        assert_eq!(recovery(&slots(&[])), None);
    }
}
