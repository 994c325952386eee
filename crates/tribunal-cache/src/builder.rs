//! What can be set about a cache, and what is refused.

use std::collections::BTreeSet;
use std::time::Duration;

use thiserror::Error;

use crate::ResultCache;

/// Gathers the bounds of a [`ResultCache`].
#[derive(Debug, Clone)]
#[must_use]
pub struct Builder {
    pub(crate) max_entries: u64,
    pub(crate) max_bytes: u64,
    pub(crate) time_to_live: Duration,
    pub(crate) only: Option<BTreeSet<String>>,
}

/// Bounds that make no cache.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CacheError {
    /// Room for none, or for more than any process holds.
    #[error("`max_entries` must be from 1 to {most}, found {0}", most = ResultCache::MOST_ENTRIES)]
    Entries(u64),
    /// No room, or more than an entry's size can be told apart from.
    #[error("`max_bytes` must be from 1 to {most}, found {0}", most = ResultCache::MOST_BYTES)]
    Bytes(u64),
    /// No time, or longer than an answer can be trusted.
    #[error("`time_to_live` must be above zero and at most 30 days, found {0:?}")]
    TimeToLive(Duration),
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            max_entries: 10_000,
            max_bytes: 64 << 20,
            time_to_live: Duration::from_secs(300),
            only: None,
        }
    }
}

impl Builder {
    /// So many opinions at most: 10,000 unless set; 1 to [`ResultCache::MOST_ENTRIES`]. Also the most calls that
    /// others may wait for at a time; more than that are made without anyone waiting for them.
    pub const fn max_entries(mut self, entries: u64) -> Self {
        self.max_entries = entries;
        self
    }

    /// So many bytes at most, as far as the size of opinions can be told: 64 MiB unless set; 1 to
    /// [`ResultCache::MOST_BYTES`]. An opinion that is larger by itself is not kept.
    pub const fn max_bytes(mut self, bytes: u64) -> Self {
        self.max_bytes = bytes;
        self
    }

    /// How long an opinion is given again: 5 minutes unless set; above zero, up to
    /// [`ResultCache::LONGEST_TIME_TO_LIVE`]. Asking for it does not prolong it.
    pub const fn time_to_live(mut self, time: Duration) -> Self {
        self.time_to_live = time;
        self
    }

    /// Keeps to the critics of these names; to all that declare what they read unless set. Keeping an opinion
    /// costs some microseconds: a critic that takes no longer is better left out.
    pub fn only<N: Into<String>>(mut self, critics: impl IntoIterator<Item = N>) -> Self {
        self.only = Some(critics.into_iter().map(Into::into).collect());
        self
    }

    /// Checks the bounds.
    ///
    /// # Errors
    ///
    /// [`CacheError`] for the first that is out of its range.
    pub fn build(self) -> Result<ResultCache, CacheError> {
        if !(1..=ResultCache::MOST_ENTRIES).contains(&self.max_entries) {
            return Err(CacheError::Entries(self.max_entries));
        }
        if !(1..=ResultCache::MOST_BYTES).contains(&self.max_bytes) {
            return Err(CacheError::Bytes(self.max_bytes));
        }
        if self.time_to_live.is_zero() || self.time_to_live > ResultCache::LONGEST_TIME_TO_LIVE {
            return Err(CacheError::TimeToLive(self.time_to_live));
        }
        Ok(ResultCache::new(self))
    }
}
