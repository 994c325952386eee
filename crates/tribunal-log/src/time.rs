//! The time of day, and ids that sort by it. Both are written, and decide nothing in a run.

use std::fmt;
use std::str::FromStr;
use std::time::{SystemTime, UNIX_EPOCH};

use rand::RngCore as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;
use uuid::Uuid;

/// The id of one decision: a UUID of version 7 (RFC 9562), so that ids sort by time, to a quarter of a microsecond.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DecisionId(Uuid);

/// A text that is no id.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("expected a UUID, such as 019a-...: 32 hexadecimal digits with hyphens")]
pub struct IdError;

impl DecisionId {
    /// One for a decision of this moment.
    pub(crate) fn at(moment: Stamp) -> Self {
        const PER_MILLI: u64 = 1_000_000;
        let (millis, rest) = (moment.0 / PER_MILLI, moment.0 % PER_MILLI);
        let mut random = [0; 10];
        rand::rng().fill_bytes(&mut random);
        // RFC 9562, 6.2, method 3: twelve bits of what is left of the millisecond.
        let fraction = ((rest << 12) / PER_MILLI) as u16;
        [random[0], random[1]] = fraction.to_be_bytes();
        Self(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
    }
}

impl fmt::Display for DecisionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for DecisionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl FromStr for DecisionId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        Uuid::try_parse(text).map(Self).map_err(|_| IdError)
    }
}

impl Serialize for DecisionId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for DecisionId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Nanoseconds since 1970, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Stamp(pub(crate) u64);

impl Stamp {
    #[expect(
        clippy::disallowed_methods,
        reason = "the time of day is written, and decides nothing"
    )]
    pub(crate) fn now() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self(u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
    }

    /// As RFC 3339 has it, with microseconds: `2026-11-21T20:32:07.123456Z`.
    pub(crate) fn write(self, to: &mut Vec<u8>) {
        to.push(b'"');
        let at = jiff::Timestamp::from_nanosecond(i128::from(self.0)).unwrap_or_default();
        // Writing to memory cannot fail.
        let _ = std::io::Write::write_fmt(to, format_args!("{at:.6}"));
        to.push(b'"');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_of_version_7_and_sort_by_time() {
        let ids: Vec<_> = (0..50)
            .map(|micro| DecisionId::at(Stamp(1_700_000_000_000_000_000 + micro * 1_000)))
            .collect();
        assert!(ids.is_sorted());
        assert!(ids.windows(2).all(|two| two[0] != two[1]));
        assert!(ids.iter().all(|id| id.0.get_version_num() == 7));
        assert_eq!(ids[0].to_string().parse(), Ok(ids[0]));
        assert_eq!("x".parse::<DecisionId>(), Err(IdError));
    }

    #[test]
    fn times_are_written_in_utc_with_microseconds() {
        let mut to = Vec::new();
        Stamp(1_700_000_000_123_456_789).write(&mut to);
        assert_eq!(String::from_utf8(to).unwrap(), "\"2023-11-14T22:13:20.123456Z\"");
    }
}
