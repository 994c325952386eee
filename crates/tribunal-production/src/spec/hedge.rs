//! When a slow call gets a second one beside it.

use std::time::Duration;

/// A second call beside one that is slow; the first valid answer of the two counts, and the other is cancelled.
///
/// It takes a permit at every limit and a token of every bucket, and only where there is one at once; it
/// costs what a call costs. Of a hundred calls at most five get one. For critics whose calls may be repeated.
///
/// After Dean and Barroso, [The Tail at Scale](https://doi.org/10.1145/2408776.2408794), 2013.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hedge {
    pub(crate) when: HedgeWhen,
    pub(crate) share: f64,
}

/// How slow a call has to be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum HedgeWhen {
    After(Duration),
    Percentile(f64),
}

impl Hedge {
    /// The most hedges for each call: one for twenty.
    pub const MOST: f64 = 0.05;

    /// When a call has taken this long; above 0 and below the critic's timeout.
    #[must_use]
    pub const fn after(delay: Duration) -> Self {
        Self { when: HedgeWhen::After(delay), share: Self::MOST }
    }

    /// When a call has taken longer than this share of the latest successful ones, 50 to 99.9 percent. Nothing
    /// is hedged before there are enough of them to tell.
    #[must_use]
    pub const fn percentile(percent: f64) -> Self {
        Self { when: HedgeWhen::Percentile(percent), share: Self::MOST }
    }

    /// At most so many hedges for each call, above 0 and up to [`Hedge::MOST`], which is the default.
    #[must_use]
    pub const fn share(mut self, share: f64) -> Self {
        self.share = share;
        self
    }
}
