//! The document: everything that is told, as it is written and read.
//!
//! Members may be added without another [`VERSION`]; a reader passes over those that it does not know, and does without
//! those that are not there. One that means something else by then, or is gone, is another version.

use serde::{Deserialize, Serialize};

/// The version of the document.
pub const VERSION: u32 = 1;

/// How a process stands.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(default)]
pub struct Status {
    /// [`VERSION`].
    pub tribunal_status: u32,
    /// What the process is called.
    pub name: String,
    /// Its number in the system.
    pub pid: u32,
    /// When this was so, by the clock of its machine, as RFC 3339 has it, in UTC.
    pub at: String,
    /// For how long it has been counting, in milliseconds.
    pub uptime_ms: u64,
    /// The plan that judges now; nothing where no orchestrator is among the sources.
    pub plan: Option<PlanStatus>,
    /// The canary, where there is one.
    pub canary: Option<CanaryStatus>,
    /// Runs.
    pub runs: RunsStatus,
    /// Calls of critics, over all runs.
    pub calls: Option<Room>,
    /// Threads that critics may block.
    pub blocking: Option<Room>,
    /// Retries that may be made now, over all runs.
    pub retries_left: Option<u64>,
    /// Calls of hooks that failed, panicked, took too long or gave an invalid opinion.
    pub hook_failures: u64,
    /// Calls of observers that panicked.
    pub observer_panics: u64,
    /// The decision log, where there is one.
    pub log: Option<LogStatus>,
    /// Stages that have critics, in order.
    pub stages: Vec<StageStatus>,
    /// Critics, in plan order.
    pub critics: Vec<CriticStatus>,
    /// What is left of the rates that critics share.
    pub shared_tokens: Vec<SharedTokens>,
    /// The last runs that were blocked, newest first.
    pub blocks: Vec<Block>,
}

/// The plan that judges now.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(default)]
pub struct PlanStatus {
    /// The digest that its reports carry.
    pub config_hash: String,
    /// Which generation it is: 1 for the first, and one more with each reload.
    pub generation: u64,
}

/// What a canary has found.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(default)]
pub struct CanaryStatus {
    /// Whether what must be blocked was blocked, not long ago.
    pub ready: bool,
    /// What the last check found: `blocked`, `let_through`, `unproven` or `not_judged`.
    pub last: Option<String>,
    /// How long ago it was blocked last, in milliseconds.
    pub since_blocked_ms: Option<f64>,
}

/// Runs. Those of a canary are not counted.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(default)]
pub struct RunsStatus {
    /// With verdict `allow`.
    pub allowed: u64,
    /// With verdict `review`.
    pub reviewed: u64,
    /// With verdict `block`.
    pub blocked: u64,
    /// Not admitted, because there were too many.
    pub overloaded: u64,
    /// Not admitted or cut off, because of a shutdown.
    pub shut_down: u64,
    /// In which a failure was let pass.
    pub failed_open: u64,
    /// How many go on, and how many wait.
    pub room: Option<Room>,
    /// From the call to the report.
    pub took: Latency,
    /// Reports a second.
    pub per_second: Rates,
    /// Blocked runs a second.
    pub blocked_per_second: Rates,
    /// Refused runs a second.
    pub refused_per_second: Rates,
}

/// How many a second, of late. Nothing before so much time has passed.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(default)]
pub struct Rates {
    /// Over the last second, about.
    pub last_second: Option<f64>,
    /// Over the last minute; over what there has been, before that.
    pub last_minute: Option<f64>,
}

/// How long something took, since the process began. Percentiles are read off buckets, and no better than those: within a
/// bucket times are taken to lie evenly, and what took longer than 30 s counts as 30 s.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(default)]
pub struct Latency {
    /// How many there were. With none there is nothing else.
    pub count: u64,
    /// The mean, in milliseconds.
    pub mean_ms: Option<f64>,
    /// Half of them took no longer.
    pub p50_ms: Option<f64>,
    /// Of twenty, nineteen took no longer.
    pub p95_ms: Option<f64>,
    /// Of a hundred, ninety-nine took no longer.
    pub p99_ms: Option<f64>,
}

/// So many may be in at a time.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(default)]
pub struct Room {
    /// How many are in.
    pub in_use: usize,
    /// How many may be; of a limit that moves, at present.
    pub limit: usize,
    /// How many wait.
    pub waiting: usize,
    /// For how long one has waited at most, in milliseconds, where that is known.
    pub oldest_wait_ms: Option<f64>,
}

/// A stage.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(default)]
pub struct StageStatus {
    /// Which.
    pub stage: String,
    /// Calls of its critics, where it has a limit of its own.
    pub calls: Option<Room>,
    /// From its barrier to the next.
    pub took: Latency,
}

/// A critic. What was counted is of all plans since the process began.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(default)]
pub struct CriticStatus {
    /// Its name.
    pub critic: String,
    /// Its stage.
    pub stage: String,
    /// `enforce` or `monitor`.
    pub mode: String,
    /// What became of it, over all runs.
    pub outcomes: Outcomes,
    /// Outcomes that called for a review; of a monitored critic, would have.
    pub called_for_review: u64,
    /// Outcomes that called for a block; of a monitored critic, would have.
    pub called_for_block: u64,
    /// Calls of it, where it has a limit of its own.
    pub calls: Option<Room>,
    /// How long it was at work in a run, all attempts together.
    pub took: Latency,
    /// How long it waited in a run for tokens, permits and retries.
    pub waited: Latency,
    /// Its circuit breaker, where it has one.
    pub breaker: Option<Breaker>,
    /// Tokens left of its own rate, where it has one.
    pub tokens_left: Option<u64>,
    /// Calls after the first, hedges apart.
    pub retries: u64,
    /// Second calls beside a slow one.
    pub hedges: u64,
    /// Opinions that a hook gave before it was called.
    pub cache_hits: u64,
    /// Opinions that a hook gave after it failed.
    pub fallbacks: u64,
    /// Failures of it that were let pass.
    pub failed_open: u64,
    /// What its calls cost, in the unit of the configuration.
    pub cost_spent: f64,
    /// What it would have cost more, had its gate always been open.
    pub cost_saved: f64,
}

/// Outcomes by status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(default)]
pub struct Outcomes {
    /// With an opinion.
    pub success: u64,
    /// No answer in time.
    pub timeout: u64,
    /// An error or a panic.
    pub error: u64,
    /// An opinion that could not be believed.
    pub invalid: u64,
    /// Not called: no need, no means, or a dependency without an opinion.
    pub skipped: u64,
    /// Not called: its gate was closed.
    pub gated: u64,
    /// Not called: its token would have come too late.
    pub rate_limited: u64,
}

impl Outcomes {
    /// Those in which the critic was asked, and an opinion came of it or should have.
    #[must_use]
    pub const fn ran(&self) -> u64 {
        self.success + self.failed()
    }

    /// Those in which it should have given an opinion and did not, for a fault of its own or of its limits.
    #[must_use]
    pub const fn failed(&self) -> u64 {
        self.timeout + self.error + self.invalid + self.rate_limited
    }
}

/// A circuit breaker.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(default)]
pub struct Breaker {
    /// `closed`, `open` or `half_open`.
    pub state: String,
    /// How often it has opened since it was made.
    pub opened: u64,
}

/// What is left of a rate that critics share.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(default)]
pub struct SharedTokens {
    /// Its name.
    pub name: String,
    /// So many calls could be made now.
    pub left: u64,
}

/// Lines of the decision log since the process began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(default)]
pub struct LogStatus {
    /// That were written.
    pub written: u64,
    /// That were not, and never will be.
    pub lost: u64,
}

/// A run that was blocked.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(default)]
pub struct Block {
    /// When it was over, as RFC 3339 has it, in UTC.
    pub at: String,
    /// How long ago that is, in milliseconds.
    pub ago_ms: u64,
    /// The trace id of its snapshot, cut to 64 characters.
    pub trace_id: Option<String>,
    /// Its id in the decision log.
    pub decision: Option<String>,
    /// Who called for it: the first four.
    pub causes: Vec<BlockCause>,
}

/// Who called for a block, and for what.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(default)]
pub struct BlockCause {
    /// The critic; nothing where it was that none gave an opinion.
    pub critic: Option<String>,
    /// The code of its worst violation, cut to 64 characters.
    pub code: Option<String>,
    /// The kind of its failure, where it was one.
    pub failure: Option<String>,
}
