//! Many cases, on all cores: which seeds there are does not depend on how fast the cores are.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use tokio::time::Instant;

use super::case::{Case, run_count};
use super::marks::Marks;
use super::page;
use super::rng::mix;
use super::user::UserPipeline;
use super::watch::Violation;
use super::world::{Done, simulate};

/// So many seeds are taken at a time.
const BATCH: u64 = 32;

/// Below this many runs a mark that was not reached is told, and is no failure: a case or two cannot do it all.
const ENOUGH_RUNS: u64 = 50_000;

/// So many violations are kept; all are counted.
const KEPT: usize = 20;

/// Where a page keeps the figures.
const OPEN: &str = "<!-- simulate -->";
const CLOSE: &str = "<!-- end -->";

/// Which cases to run.
#[derive(Debug)]
pub struct Fleet {
    /// At least so many runs; the last case is run whole.
    pub runs: u64,
    /// The seed of the first case; each further case has the next one.
    pub seed: u64,
    /// A pipeline to put in the place of generated ones.
    pub pipeline: Option<UserPipeline>,
}

/// What became of them.
#[derive(Debug)]
pub struct Summary {
    /// Runs made.
    pub runs: u64,
    /// Cases they came from.
    pub cases: u64,
    /// How many violations there were.
    pub violations: u64,
    /// The first of them, by seed.
    pub first_violations: Vec<Violation>,
    /// How often each mark was reached, by name.
    pub marks: Vec<(String, u64)>,
    /// The seed of the first case.
    pub seed: u64,
    /// A digest of everything that happened in all cases.
    pub trace_hash: u64,
    /// How long it took.
    pub elapsed: Duration,
    generated: bool,
}

#[derive(Default)]
struct Totals {
    runs: u64,
    trace: u64,
    violations: u64,
    kept: Vec<Violation>,
    marks: Marks,
}

impl Totals {
    fn add(&mut self, seed: u64, done: Done) {
        self.runs += done.runs;
        // A sum does not depend on the order in which the cases end.
        self.trace = self.trace.wrapping_add(mix(done.trace ^ mix(seed)));
        self.violations += done.violations.len() as u64;
        let room = KEPT.saturating_sub(self.kept.len());
        self.kept.extend(done.violations.into_iter().take(room));
        self.marks.add(&done.marks);
    }

    fn summary(mut self, cases: u64, seed: u64, elapsed: Duration, generated: bool) -> Summary {
        self.kept.sort_by_key(|violation| violation.seed);
        self.kept.truncate(KEPT);
        Summary {
            runs: self.runs,
            cases,
            violations: self.violations,
            first_violations: self.kept,
            marks: self.marks.all(),
            seed,
            trace_hash: self.trace,
            elapsed,
            generated,
        }
    }

    fn join(&mut self, other: Self) {
        self.runs += other.runs;
        self.trace = self.trace.wrapping_add(other.trace);
        self.violations += other.violations;
        self.kept.extend(other.kept);
        self.marks.add(&other.marks);
    }
}

impl Fleet {
    /// Cases made up from seeds alone.
    #[must_use]
    pub const fn generated(runs: u64, seed: u64) -> Self {
        Self { runs, seed, pipeline: None }
    }

    /// Runs them all.
    #[must_use]
    pub fn run(&self) -> Summary {
        let begun = Instant::now();
        let cases = self.cases();
        let next = AtomicU64::new(0);
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let mut totals = Totals::default();
        std::thread::scope(|scope| {
            let workers: Vec<_> =
                (0..threads).map(|_| scope.spawn(|| self.work(&next, cases))).collect();
            for worker in workers {
                totals.join(worker.join().unwrap());
            }
        });
        totals.summary(cases, self.seed, begun.elapsed(), self.pipeline.is_none())
    }

    /// Runs the cases of so many seeds once for each point at which the caller of the first run may go away: after no
    /// poll, after one, and so on until it ends before that.
    #[must_use]
    pub fn cancelled_everywhere(seeds: u64, seed: u64) -> Summary {
        let begun = Instant::now();
        let mut totals = Totals::default();
        let mut cases = 0;
        for seed in (0..seeds).map(|offset| seed.wrapping_add(offset)) {
            let mut case = Case::generated(seed);
            for polls in 0.. {
                case.cancel_first_after(polls);
                let done = simulate(&Arc::new(case.clone()), None);
                let dropped = done.first_dropped;
                totals.add(seed, done);
                cases += 1;
                if !dropped {
                    break;
                }
            }
        }
        totals.summary(cases, seed, begun.elapsed(), true)
    }

    fn work(&self, next: &AtomicU64, cases: u64) -> Totals {
        let mut totals = Totals::default();
        loop {
            let first = next.fetch_add(BATCH, Relaxed);
            if first >= cases {
                return totals;
            }
            for offset in first..cases.min(first + BATCH) {
                let seed = self.seed.wrapping_add(offset);
                let done = match &self.pipeline {
                    None => simulate(&Arc::new(Case::generated(seed)), None),
                    Some(pipeline) => {
                        simulate(&Arc::new(pipeline.case(seed)), Some(pipeline.loaded()))
                    }
                };
                totals.add(seed, done);
            }
        }
    }

    /// How many cases it takes to have as many runs as were asked for.
    fn cases(&self) -> u64 {
        let mut runs = 0;
        let mut cases = 0;
        while runs < self.runs {
            runs += run_count(self.seed.wrapping_add(cases));
            cases += 1;
        }
        cases
    }
}

impl Summary {
    /// The marks that were not reached.
    #[must_use]
    pub fn marks_missed(&self) -> Vec<&str> {
        let missed = self.marks.iter().filter(|(_, count)| *count == 0);
        missed.map(|(name, _)| name.as_str()).collect()
    }

    /// Whether everything held, and enough was tried for that to mean something.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        let covered = !self.generated || self.runs < ENOUGH_RUNS || self.marks_missed().is_empty();
        self.violations == 0 && covered
    }

    /// The first violations, each with the command that repeats it, and how many more there were. `arguments` are
    /// those that the command needs besides the seed.
    #[must_use]
    pub fn story(&self, arguments: &str) -> String {
        let mut story = String::new();
        for violation in &self.first_violations {
            let replay = format!("simulate -- --seed {} --runs 1{arguments}", violation.seed);
            story.push_str(&format!("{violation}\n  replay: cargo run --release --bin {replay}\n"));
        }
        let hidden = self.violations.saturating_sub(self.first_violations.len() as u64);
        if hidden > 0 {
            story.push_str(&format!("... and {hidden} more violations\n"));
        }
        story
    }

    /// How fast it went.
    #[must_use]
    pub fn runs_per_second(&self) -> u64 {
        (self.runs as f64 / self.elapsed.as_secs_f64().max(1e-9)) as u64
    }

    /// One line for machines.
    #[must_use]
    pub fn json(&self) -> String {
        serde_json::json!({
            "runs": self.runs,
            "cases": self.cases,
            "violations": self.violations,
            "marks_missed": self.marks_missed().len(),
            "missed": self.marks_missed(),
            "runs_per_second": self.runs_per_second(),
            "seed": self.seed,
            "trace_hash": format!("{:016x}", self.trace_hash),
        })
        .to_string()
    }

    /// Writes the figures into a page, between the lines `<!-- simulate -->` and `<!-- end -->`.
    ///
    /// # Errors
    ///
    /// When the page cannot be read or written, or has no such lines.
    pub fn write_report(&self, path: &Path, arguments: &str) -> std::io::Result<()> {
        page::write_between(path, (OPEN, CLOSE), &self.table(arguments))
    }

    fn table(&self, arguments: &str) -> String {
        let missed = self.marks_missed();
        let rows = [
            ("runs", self.runs.to_string()),
            ("cases (pipelines)", self.cases.to_string()),
            ("violations", self.violations.to_string()),
            (
                "marks reached",
                format!("{} of {}", self.marks.len() - missed.len(), self.marks.len()),
            ),
            ("runs per second", self.runs_per_second().to_string()),
            ("first seed", self.seed.to_string()),
            ("trace hash", format!("`{:016x}`", self.trace_hash)),
        ];
        let mut table = format!(
            "\nFrom `cargo run --release --bin simulate -- {arguments}`:\n\n| figure | value |\n| --- | --- |\n"
        );
        for (figure, value) in rows {
            table.push_str(&format!("| {figure} | {value} |\n"));
        }
        table.push_str("\n| mark | times reached |\n| --- | --- |\n");
        for (mark, times) in &self.marks {
            table.push_str(&format!("| {mark} | {times} |\n"));
        }
        table.push('\n');
        table
    }
}
