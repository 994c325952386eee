//! A steady load, of a multiple of what can be done.

use std::time::Duration;

use tokio::time::Instant;
use tribunal_production::RunSettings;

use crate::client::Client;
use crate::load::{Phase, arrivals, drive};
use crate::samples::Samples;
use crate::stub::{CAPACITY, DEADLINE, narrow};

/// What came of it. Latencies count from the intended arrival.
pub(crate) struct Steady {
    pub(crate) offered: f64,
    pub(crate) arrived: u64,
    /// Proper reports in time per second, as a share of [`CAPACITY`].
    pub(crate) goodput: f64,
    /// Runs that got a report, proper or not.
    pub(crate) accepted: Samples,
    /// Those of them whose report was late or lacked an opinion.
    pub(crate) spoilt: u64,
    /// Runs that were refused.
    pub(crate) shed: Samples,
    /// How late requests were started: what the generator itself adds to every latency.
    pub(crate) lag: Samples,
}

/// Offers `load` times the capacity for that long.
pub(crate) async fn steady(load: f64, settings: RunSettings, lasts: Duration) -> Steady {
    let offered = load * CAPACITY;
    let client = Client::new(narrow(settings), DEADLINE);
    let mut steady = Steady {
        offered,
        arrived: 0,
        goodput: 0.0,
        accepted: Samples::new(),
        spoilt: 0,
        shed: Samples::new(),
        lag: Samples::new(),
    };
    let start = Instant::now();
    // Before that, queues fill; after it, they empty.
    let (from, to) = (start + 2 * DEADLINE, start + lasts);
    let mut good = 0_u64;
    let schedule = arrivals(&[Phase { per_second: offered, lasts }]);
    drive(
        schedule,
        start,
        |intended| client.clone().ask(intended),
        |done| {
            good += u64::from(done.good && (from..to).contains(&done.ended));
            if done.intended < from {
                return;
            }
            steady.arrived += 1;
            steady.lag.add(done.started.saturating_duration_since(done.intended));
            match &done.answer {
                Ok(_) => {
                    steady.accepted.add(done.latency());
                    steady.spoilt += u64::from(!done.good);
                }
                Err(_) => steady.shed.add(done.latency()),
            }
        },
    )
    .await;
    let measured = to.saturating_duration_since(from).as_secs_f64();
    steady.goodput = good as f64 / measured / CAPACITY;
    steady
}
