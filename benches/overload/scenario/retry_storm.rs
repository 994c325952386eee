//! Everything fails and says "try again": how many calls does a request make?

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use tokio::time::Instant;
use tribunal_production::{CriticSpec, ProductionOrchestrator, Retry, RunSettings};

use crate::client::Client;
use crate::load::{Phase, arrivals, drive};
use crate::stub::{Down, built};

const CRITICS: u32 = 3;
const PER_SECOND: f64 = 300.0;
const DEADLINE: Duration = Duration::from_secs(1);

pub(crate) struct RetryStorm {
    /// Calls counted by the critics themselves, for each request and critic.
    pub(crate) attempts_per_request: f64,
    pub(crate) requests: u64,
    /// Runs that were refused.
    pub(crate) shed: u64,
}

/// Each critic may make three attempts.
pub(crate) async fn retry_storm(lasts: Duration) -> RetryStorm {
    let calls = Arc::default();
    let mut builder = ProductionOrchestrator::builder().settings(settings());
    for index in 0..CRITICS {
        let spec = CriticSpec::new(format!("critic_{index}")).retry(Retry::attempts(3));
        builder = builder.critic(spec, Down { calls: Arc::clone(&calls) });
    }
    let client = Client::new(built(builder), DEADLINE);
    let (mut requests, mut shed) = (0_u64, 0_u64);
    let start = Instant::now();
    let schedule = arrivals(&[Phase { per_second: PER_SECOND, lasts }]);
    drive(
        schedule,
        start,
        |intended| client.clone().ask(intended),
        |done| {
            requests += 1;
            shed += u64::from(done.answer.is_err());
        },
    )
    .await;
    let wanted = requests.saturating_sub(shed) * u64::from(CRITICS);
    let attempts_per_request = calls.load(Relaxed) as f64 / wanted.max(1) as f64;
    RetryStorm { attempts_per_request, requests, shed }
}

fn settings() -> RunSettings {
    RunSettings::default().timeout(DEADLINE)
}
