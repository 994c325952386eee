//! Times contenders against each other on a machine that does other things too.
//!
//! Rounds are short and go around: every contender is timed once in each, for about as long as a scheduler lets a
//! thread run undisturbed. What disturbs a round disturbs neighbours alike, so a ratio is the median of the ratios of
//! all rounds, and a time the median of all times.

use std::time::Duration;

use tokio::runtime::Runtime;
use tokio::time::Instant;

use crate::contender::Contender;

/// Contenders and how long each took, round by round.
pub struct Rounds {
    names: Vec<String>,
    /// Nanoseconds a run; a row for every contender, a column for every round.
    times: Vec<Vec<f64>>,
}

/// One contender under a name of its own, and how many opinions it owes.
pub struct Entrant {
    /// Unique; what results are asked for by.
    pub key: String,
    /// Who runs.
    pub contender: Contender,
    /// How many opinions a run must give at least.
    pub opinions: usize,
}

impl Rounds {
    /// Times everyone, again and again, until the time is over. `each` is how long a round is to take one of them.
    ///
    /// # Panics
    ///
    /// When a contender gives fewer opinions than it owes.
    #[must_use]
    pub fn run(runtime: &Runtime, entrants: &[Entrant], each: Duration, total: Duration) -> Self {
        let mut runs = Vec::with_capacity(entrants.len());
        for Entrant { key, contender, opinions } in entrants {
            assert!(contender.batch(runtime, 1) >= *opinions, "{key} leaves something out");
            runs.push(Self::runs_that_take(each, runtime, contender));
        }
        let mut times = vec![Vec::new(); entrants.len()];
        let end = Instant::now() + total;
        while Instant::now() < end {
            for ((entrant, runs), times) in entrants.iter().zip(&runs).zip(&mut times) {
                times.push(time(runtime, &entrant.contender, *runs));
            }
        }
        let names = entrants.iter().map(|entrant| entrant.key.clone()).collect();
        Self { names, times }
    }

    /// How many runs take about so long. Warms up on the way.
    fn runs_that_take(each: Duration, runtime: &Runtime, contender: &Contender) -> u32 {
        let mut runs = 1_u32;
        while runs < 1 << 20 {
            let took = time(runtime, contender, runs) * f64::from(runs);
            if took >= 0.7e9 * each.as_secs_f64() {
                break;
            }
            runs *= 2;
        }
        runs
    }

    /// How many rounds there were.
    #[must_use]
    pub fn len(&self) -> usize {
        self.times.first().map_or(0, Vec::len)
    }

    /// Whether there was none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether somebody ran under that name.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.names.iter().any(|name| name == key)
    }

    /// Nanoseconds a run took.
    ///
    /// # Panics
    ///
    /// When nobody has that name.
    #[must_use]
    pub fn nanoseconds(&self, key: &str) -> f64 {
        median(self.of(key).to_vec())
    }

    /// How many times as long one took as another.
    ///
    /// # Panics
    ///
    /// When nobody has one of the names.
    #[must_use]
    pub fn ratio(&self, key: &str, to: &str) -> f64 {
        median(self.of(key).iter().zip(self.of(to)).map(|(a, b)| a / b).collect())
    }

    fn of(&self, key: &str) -> &[f64] {
        let row = self.names.iter().position(|name| name == key);
        let times = row.and_then(|row| self.times.get(row));
        times.unwrap_or_else(|| panic!("nobody ran as `{key}`"))
    }
}

fn time(runtime: &Runtime, contender: &Contender, runs: u32) -> f64 {
    let start = Instant::now();
    std::hint::black_box(contender.batch(runtime, runs));
    start.elapsed().as_secs_f64() * 1e9 / f64::from(runs)
}

/// The middle one; 0 where there is none.
#[must_use]
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}
