//! Spans of time in one word.

use std::time::Duration;

/// In nanoseconds, up to 584 years.
#[inline]
#[must_use]
pub fn nanos(span: Duration) -> u64 {
    let seconds = span.as_secs().saturating_mul(1_000_000_000);
    seconds.saturating_add(u64::from(span.subsec_nanos()))
}
