//! Additive increase, multiplicative decrease: a step up for a good round, a tenth down for a bad call.

use std::time::Duration;

use super::{AdaptiveLimit, End, Round, Sample};

#[derive(Debug)]
pub(in super::super) struct Aimd {
    settings: AdaptiveLimit,
    target: Duration,
    limit: usize,
    /// Until the first decrease it doubles each round.
    starting: bool,
    round: Round,
}

impl Aimd {
    pub(super) const fn new(settings: AdaptiveLimit, target: Duration) -> Self {
        let round = Round { peak: 0, ended: 0, stale: 0 };
        Self { settings, target, limit: settings.floor, starting: true, round }
    }

    pub(super) const fn limit(&self) -> usize {
        self.limit
    }

    pub(super) fn note(&mut self, sample: Sample) {
        if sample.end == End::Unused || !self.round.counts(sample) {
            return;
        }
        if sample.end == End::Late || sample.took > self.target {
            if self.round.peak.saturating_mul(2) >= self.limit {
                self.decrease(sample);
            }
            return;
        }
        // What was cut short in time might have ended in time or not.
        if sample.end == End::Done {
            self.round.ended += 1;
            self.increase(sample);
        }
    }

    fn increase(&mut self, sample: Sample) {
        // Doubling, one more for each is twice as many for all.
        let mut rises = self.starting && sample.inside >= self.limit;
        if self.round.ended >= self.limit {
            rises |= self.round.peak >= self.limit;
            self.round.next(false, sample);
        }
        if rises {
            self.limit = (self.limit + 1).min(self.settings.ceiling);
        }
    }

    fn decrease(&mut self, sample: Sample) {
        let less = (self.limit - self.limit.div_ceil(10)).max(self.settings.floor);
        self.starting = false;
        self.round.next(less < self.limit, sample);
        self.limit = less;
    }
}
