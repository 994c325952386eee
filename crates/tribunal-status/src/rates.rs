//! How many runs a second, of late: from totals that are looked at once a second. No clock of its own.

use std::collections::VecDeque;
use std::time::Duration;

use tribunal_metrics::Totals;

use crate::status;

/// As many looks back as make a minute, and one more.
const LOOKS: usize = 61;
const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

/// What there was at each look, and when, since the process began.
#[derive(Debug)]
pub(crate) struct Rates {
    looks: VecDeque<(Duration, Totals)>,
}

impl Rates {
    /// Begins to look.
    pub(crate) fn from(at: Duration, totals: Totals) -> Self {
        Self { looks: VecDeque::from([(at, totals)]) }
    }

    /// What there is by now. Looks that come sooner than a second after the last one are passed over.
    pub(crate) fn look(&mut self, at: Duration, totals: Totals) {
        if self.looks.back().is_some_and(|(last, _)| at < *last + SECOND) {
            return;
        }
        if self.looks.len() == LOOKS {
            self.looks.pop_front();
        }
        self.looks.push_back((at, totals));
    }

    /// How many a second there were of what `count` takes from the totals.
    pub(crate) fn of(
        &self,
        at: Duration,
        totals: Totals,
        count: impl Fn(&Totals) -> u64,
    ) -> status::Rates {
        let since = |look: Option<&(Duration, Totals)>| {
            let (then, before) = look?;
            let seconds = at.saturating_sub(*then).as_secs_f64();
            let more = count(&totals).saturating_sub(count(before));
            (seconds > 0.0).then(|| more as f64 / seconds)
        };
        let old = |least: Duration| {
            self.looks.iter().rev().find(|(then, _)| at.saturating_sub(*then) >= least)
        };
        status::Rates {
            last_second: since(old(SECOND)),
            last_minute: since(old(MINUTE).or_else(|| {
                self.looks.front().filter(|(then, _)| at.saturating_sub(*then) >= SECOND)
            })),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runs(allowed: u64) -> Totals {
        let mut totals = Totals::default();
        totals.verdicts[0] = allowed;
        totals
    }

    fn rates(of: &Rates, millis: u64, allowed: u64) -> (Option<f64>, Option<f64>) {
        let at = Duration::from_millis(millis);
        let rates = of.of(at, runs(allowed), |totals| totals.verdicts[0]);
        (rates.last_second, rates.last_minute)
    }

    #[test]
    fn a_rate_is_of_the_last_second_and_of_the_last_minute() {
        let mut of = Rates::from(Duration::ZERO, runs(0));
        assert_eq!(rates(&of, 500, 9), (None, None), "too soon to say");
        for second in 1..=100 {
            of.look(Duration::from_secs(second), runs(second * 10));
        }
        // Ten a second until then, and none since.
        assert_eq!(rates(&of, 100_500, 1_000), (Some(10.0 / 1.5), Some(10.0 * 60.0 / 60.5)));
        assert_eq!(rates(&of, 101_000, 1_000), (Some(0.0), Some(10.0 * 59.0 / 60.0)));
        assert_eq!(of.looks.len(), LOOKS);
    }

    #[test]
    fn before_a_minute_has_passed_it_is_of_what_there_has_been() {
        let mut of = Rates::from(Duration::ZERO, runs(0));
        of.look(Duration::from_secs(1), runs(6));
        of.look(Duration::from_millis(1_200), runs(7));
        assert_eq!(of.looks.len(), 2, "that was too soon after the last");
        assert_eq!(rates(&of, 2_000, 8), (Some(2.0), Some(4.0)));
    }
}
