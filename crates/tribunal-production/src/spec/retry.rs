//! What to do about failures that may pass.

use std::time::Duration;

use tribunal_resilience::Backoff;

/// How often a failed attempt is repeated, after which, and how long to wait before each repeat.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Retry {
    pub(crate) attempts: u32,
    pub(crate) backoff: Backoff,
    pub(crate) on_timeout: bool,
}

impl Retry {
    /// The most attempts that may be asked for.
    pub const MOST: u32 = 100;

    /// So many attempts in all, 1 to [`Retry::MOST`], for errors that the critic marks transient.
    #[must_use]
    pub fn attempts(attempts: u32) -> Self {
        Self { attempts, ..Self::default() }
    }

    /// How long to wait before each repeat.
    #[must_use]
    pub const fn backoff(mut self, backoff: Backoff) -> Self {
        self.backoff = backoff;
        self
    }

    /// The longest wait before each repeat, in order: as many as there may be.
    #[must_use]
    pub fn longest_waits(&self) -> Vec<Duration> {
        let upto = |count| self.backoff.worst_total(count);
        (1..self.attempts).map(|count| upto(count).saturating_sub(upto(count - 1))).collect()
    }

    /// Repeats also after the critic's own timeout.
    #[must_use]
    pub const fn on_timeout(mut self) -> Self {
        self.on_timeout = true;
        self
    }
}

impl Default for Retry {
    /// A single attempt. Repeating a call may cost money, so it is something to ask for.
    fn default() -> Self {
        Self { attempts: 1, backoff: Backoff::default(), on_timeout: false }
    }
}
