//! Breakers, rates and retries of a case: numbers that the engine and the simulation's own models both start from.

use std::time::Duration;

use tribunal_production::{BreakerSettings, Rate};

/// When a breaker opens, and how it closes again. Times in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct BreakerCase {
    pub(crate) failure_rate: f64,
    /// A multiple of ten: it is forgotten in tenths.
    pub(crate) window: u64,
    pub(crate) min_calls: u32,
    /// From how long on a call is slow, and the share of slow calls at which it opens.
    pub(crate) slow: Option<(u64, f64)>,
    pub(crate) open_for: u64,
    pub(crate) probes: u32,
    pub(crate) half_open_for: u64,
}

impl BreakerCase {
    pub(crate) fn settings(&self) -> BreakerSettings {
        let millis = Duration::from_millis;
        let settings = BreakerSettings::new(self.failure_rate, millis(self.window), self.min_calls);
        let settings = settings
            .and_then(|settings| settings.open_for(millis(self.open_for)))
            .and_then(|settings| settings.probes(self.probes))
            .and_then(|settings| settings.half_open_for(millis(self.half_open_for)))
            .unwrap();
        match self.slow {
            Some((limit, share)) => settings.slow(millis(limit), share).unwrap(),
            None => settings,
        }
    }
}

/// Tokens in each so many milliseconds, and a burst.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RateCase {
    pub(crate) tokens: u32,
    pub(crate) per: u64,
    pub(crate) burst: u32,
}

impl RateCase {
    pub(crate) fn rate(self) -> Rate {
        Rate::new(self.tokens, Duration::from_millis(self.per), self.burst).unwrap()
    }

    /// The most tokens that a bucket can have given in its first so long.
    pub(crate) fn most(self, since: Duration) -> u64 {
        let between = Duration::from_millis(self.per) / self.tokens;
        let refilled = since.as_nanos() / between.as_nanos();
        u64::from(self.burst) + u64::try_from(refilled).unwrap_or(u64::MAX / 2)
    }
}

/// How many calls may be repeated over all runs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct RetryShare {
    /// Thousandths of a retry for each first call.
    pub(crate) share: u64,
    /// At least so many a second.
    pub(crate) floor: u32,
}

impl RetryShare {
    pub(crate) fn share(self) -> f64 {
        self.share as f64 / 1_000.0
    }
}
