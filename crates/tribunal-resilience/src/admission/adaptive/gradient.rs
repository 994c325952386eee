//! The limit follows by how much longer calls take than the best that is known.

use super::{AdaptiveLimit, End, Round, Sample};

/// So much longer than the best is no sign of a jam.
const TOLERANCE: f64 = 1.5;
/// By this share of the way the limit moves in one round.
const SMOOTHING: f64 = 0.2;
/// No round makes it aim at less than this share of itself.
const LEAST: f64 = 0.5;
/// The fewest calls that make a round: their mean has to mean something.
const LEAST_ROUND: usize = 10;
/// After so many rounds the best is measured anew.
const PROBE_AFTER: u32 = 50;
/// At this share of the limit, or fewer, there is no jam of its own making.
const PROBE_SHARE: f64 = 1.0 / 3.0;
/// In seconds; keeps a mean of nothing from making all others infinitely long.
const SHORTEST: f64 = 1e-6;

#[derive(Debug)]
pub(in super::super) struct Gradient {
    settings: AdaptiveLimit,
    limit: f64,
    round: Round,
    /// How long the calls of this round took together, in seconds.
    sum: f64,
    /// The least mean of a round, in seconds.
    best: Option<f64>,
    rounds: u32,
    /// While the best is measured: the limit to return to.
    probing: Option<f64>,
}

impl Gradient {
    pub(super) const fn new(settings: AdaptiveLimit) -> Self {
        Self {
            settings,
            limit: settings.floor as f64,
            round: Round { peak: 0, ended: 0, stale: 0 },
            sum: 0.0,
            best: None,
            rounds: 0,
            probing: None,
        }
    }

    pub(super) fn limit(&self) -> usize {
        // Whole numbers in, and a cast that saturates: never outside of what was set.
        (self.limit as usize).clamp(self.settings.floor, self.settings.ceiling)
    }

    pub(super) fn note(&mut self, sample: Sample) {
        if sample.end == End::Unused || !self.round.counts(sample) {
            return;
        }
        match sample.end {
            End::Late => self.out_of_time(sample),
            End::Done => {
                self.round.ended += 1;
                self.sum += sample.took.as_secs_f64();
                if self.round.ended >= self.limit().max(LEAST_ROUND) {
                    self.end_round(sample);
                }
            }
            End::Cut | End::Unused => {}
        }
    }

    /// As the worst of rounds, at once, and with no queue allowed.
    fn out_of_time(&mut self, sample: Sample) {
        if let Some(before) = self.probing.take() {
            self.limit = before;
        }
        if self.at_least_half_was_used() {
            self.move_to(self.limit * (1.0 - SMOOTHING * (1.0 - LEAST)), sample);
        }
    }

    fn end_round(&mut self, sample: Sample) {
        let mean = (self.sum / self.round.ended as f64).max(SHORTEST);
        if let Some(before) = self.probing.take() {
            self.best = Some(mean);
            return self.move_to(before, sample);
        }
        if (self.round.peak as f64) <= self.limit * PROBE_SHARE {
            // So few of those who might be in are in: as good as a probe.
            self.best = Some(mean);
            return self.move_to(self.limit, sample);
        }
        let best = self.best.map_or(mean, |best| best.min(mean));
        self.best = Some(best);
        let gradient = (TOLERANCE * best / mean).clamp(LEAST, 1.0);
        let aim = self.limit * gradient + self.limit.sqrt();
        let next = self.limit + (aim - self.limit) * SMOOTHING;
        let allowed = match next > self.limit {
            true => self.round.peak >= self.limit(),
            false => self.at_least_half_was_used(),
        };
        self.rounds += 1;
        if self.rounds >= PROBE_AFTER && self.at_least_half_was_used() {
            self.rounds = 0;
            self.probing = Some(self.limit);
            return self.move_to(self.limit * PROBE_SHARE, sample);
        }
        self.move_to(if allowed { next } else { self.limit }, sample);
    }

    fn at_least_half_was_used(&self) -> bool {
        self.round.peak.saturating_mul(2) >= self.limit()
    }

    fn move_to(&mut self, next: f64, sample: Sample) {
        let next = next.clamp(self.settings.floor as f64, self.settings.ceiling as f64);
        self.round.next(next < self.limit, sample);
        self.sum = 0.0;
        self.limit = next;
    }
}
