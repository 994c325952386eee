//! When a breaker opens, and how it closes again.

use std::time::Duration;

use thiserror::Error;

/// When a breaker opens, and how it closes again.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BreakerSettings {
    pub(super) failure_rate: f64,
    pub(super) window: Duration,
    pub(super) min_calls: u32,
    pub(super) slow: Option<(Duration, f64)>,
    pub(super) open_for: Duration,
    pub(super) probes: u32,
    pub(super) half_open_for: Duration,
}

/// Why settings of a breaker make no sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum BreakerError {
    /// A rate that is always or never reached.
    #[error("a rate must lie above 0 and up to 1")]
    Rate,
    /// A count of nothing.
    #[error("at least one call is needed to judge by, and one probe to close again")]
    Count,
    /// A time of nothing, or more than a day.
    #[error("a time must lie above 0 and up to a day")]
    Time,
}

fn rate(rate: f64) -> Result<f64, BreakerError> {
    if rate > 0.0 && rate <= 1.0 { Ok(rate) } else { Err(BreakerError::Rate) }
}

fn count(count: u32) -> Result<u32, BreakerError> {
    if count > 0 { Ok(count) } else { Err(BreakerError::Count) }
}

fn time(time: Duration) -> Result<Duration, BreakerError> {
    let day = Duration::from_secs(24 * 3600);
    if time > Duration::ZERO && time <= day { Ok(time) } else { Err(BreakerError::Time) }
}

impl BreakerSettings {
    /// Opens when, of at least `min_calls` within `window`, this share or more failed. Then stays open for 5 s, lets
    /// one probe through at a time, and closes when one succeeds; a probe that takes longer than 30 s has failed.
    ///
    /// # Errors
    ///
    /// [`BreakerError`] for a rate outside 0 (excluded) to 1, no calls, or a window of nothing or more than a day.
    pub fn new(failure_rate: f64, window: Duration, min_calls: u32) -> Result<Self, BreakerError> {
        Ok(Self {
            failure_rate: rate(failure_rate)?,
            window: time(window)?,
            min_calls: count(min_calls)?,
            slow: None,
            open_for: Duration::from_secs(5),
            probes: 1,
            half_open_for: Duration::from_secs(30),
        })
    }

    /// Opens also when this share of calls took so long or longer, whatever became of them.
    ///
    /// # Errors
    ///
    /// As [`BreakerSettings::new`].
    pub fn slow(mut self, longer_than: Duration, share: f64) -> Result<Self, BreakerError> {
        self.slow = Some((time(longer_than)?, rate(share)?));
        Ok(self)
    }

    /// How long it refuses everything once it is open.
    ///
    /// # Errors
    ///
    /// As [`BreakerSettings::new`].
    pub fn open_for(mut self, span: Duration) -> Result<Self, BreakerError> {
        self.open_for = time(span)?;
        Ok(self)
    }

    /// How many probes may be in flight at a time, and how many must succeed for it to close.
    ///
    /// # Errors
    ///
    /// As [`BreakerSettings::new`].
    pub fn probes(mut self, probes: u32) -> Result<Self, BreakerError> {
        self.probes = count(probes)?;
        Ok(self)
    }

    /// How long probes may be out: after that it opens again, and those still out count no more.
    ///
    /// # Errors
    ///
    /// As [`BreakerSettings::new`].
    pub fn half_open_for(mut self, span: Duration) -> Result<Self, BreakerError> {
        self.half_open_for = time(span)?;
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_makes_no_sense_is_refused_and_the_bounds_themselves_do() {
        let (tick, day) = (Duration::from_nanos(1), Duration::from_secs(24 * 3600));
        for rate in [0.001, 1.0] {
            assert!(BreakerSettings::new(rate, day, 1).is_ok(), "{rate}");
        }
        for rate in [0.0, -0.1, 1.001, f64::NAN, f64::INFINITY] {
            assert_eq!(BreakerSettings::new(rate, day, 1), Err(BreakerError::Rate), "{rate}");
        }
        assert_eq!(BreakerSettings::new(0.5, day, 0), Err(BreakerError::Count));
        let settings = BreakerSettings::new(0.5, tick, 2).unwrap();
        for time in [Duration::ZERO, day + tick] {
            assert_eq!(BreakerSettings::new(0.5, time, 1), Err(BreakerError::Time), "{time:?}");
            assert_eq!(settings.open_for(time), Err(BreakerError::Time), "{time:?}");
            assert_eq!(settings.half_open_for(time), Err(BreakerError::Time), "{time:?}");
            assert_eq!(settings.slow(time, 0.5), Err(BreakerError::Time), "{time:?}");
        }
        assert_eq!(settings.slow(day, 0.0), Err(BreakerError::Rate));
        assert_eq!(settings.probes(0), Err(BreakerError::Count));
    }

    #[test]
    fn settings_are_what_was_asked_for() {
        let ms = Duration::from_millis;
        let settings = BreakerSettings::new(0.5, ms(1), 2)
            .and_then(|settings| settings.slow(ms(3), 0.25))
            .and_then(|settings| settings.open_for(ms(4)))
            .and_then(|settings| settings.half_open_for(ms(5)))
            .and_then(|settings| settings.probes(6));
        let expected = BreakerSettings {
            failure_rate: 0.5,
            window: ms(1),
            min_calls: 2,
            slow: Some((ms(3), 0.25)),
            open_for: ms(4),
            probes: 6,
            half_open_for: ms(5),
        };
        assert_eq!(settings, Ok(expected));
    }
}
