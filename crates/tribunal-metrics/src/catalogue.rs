//! Every metric there is, as data: what is rendered, documented, drawn and alarmed on comes from here.
//!
//! Labels are words of the engine or names out of the configuration, never text of a request (rule 20), so that there
//! are only so many series: see [`Label`]. Start at [`ALL`].

/// One metric.
#[derive(Debug)]
#[non_exhaustive]
pub struct Metric {
    /// Its name, `tribunal_` first, with its unit and, for a counter, `_total` last.
    pub name: &'static str,
    /// How it behaves.
    pub kind: Kind,
    /// Its labels, in the order of the values of a sample.
    pub labels: &'static [Label],
    /// What it says.
    pub help: &'static str,
    /// Which part of the documentation it belongs to.
    pub part: Part,
}

/// How a metric behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Only rises, until the process ends.
    Counter,
    /// As things stand when it is read.
    Gauge,
    /// How many took how long, in buckets, in seconds.
    Histogram,
}

impl Kind {
    /// How Prometheus calls it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

/// Which part of the documentation a metric belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Runs as a whole.
    Runs,
    /// Critics.
    Critics,
    /// Limits, and what is left of them.
    Limits,
    /// The service itself: configuration, canary, hooks, decision log.
    Service,
}

impl Part {
    /// All of them, in the order of the documentation.
    pub const ALL: [Self; 4] = [Self::Runs, Self::Critics, Self::Limits, Self::Service];

    /// Its heading.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Runs => "Runs",
            Self::Critics => "Critics",
            Self::Limits => "Limits and queues",
            Self::Service => "The service",
        }
    }
}

/// A label, and with it the values that it may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Label {
    /// The name of a critic.
    Critic,
    /// One of the six stages.
    Stage,
    /// Whether a critic's word counts.
    Mode,
    /// What became of a critic.
    Status,
    /// The verdict that an outcome calls for.
    CallsFor,
    /// A verdict.
    Verdict,
    /// Why there is no report.
    Why,
    /// How a failure was let pass.
    How,
    /// At which level a limit is.
    Level,
    /// Whose limit it is at that level.
    Name,
    /// What a breaker is doing.
    State,
    /// What a breaker began to do.
    To,
    /// What a canary found.
    Finding,
    /// What came of a reload.
    Result,
    /// What became of a line of the decision log.
    Fate,
}

impl Label {
    /// All of them, in the order of the documentation.
    pub const ALL: [Self; 15] = [
        Self::Critic,
        Self::Stage,
        Self::Mode,
        Self::Status,
        Self::CallsFor,
        Self::Verdict,
        Self::Why,
        Self::How,
        Self::Level,
        Self::Name,
        Self::State,
        Self::To,
        Self::Finding,
        Self::Result,
        Self::Fate,
    ];

    /// How it is written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Critic => "critic",
            Self::Stage => "stage",
            Self::Mode => "mode",
            Self::Status => "status",
            Self::CallsFor => "calls_for",
            Self::Verdict => "verdict",
            Self::Why => "why",
            Self::How => "how",
            Self::Level => "level",
            Self::Name => "name",
            Self::State => "state",
            Self::To => "to",
            Self::Finding => "finding",
            Self::Result => "result",
            Self::Fate => "fate",
        }
    }

    /// The values that it may have, in words.
    #[must_use]
    pub const fn values(self) -> &'static str {
        match self {
            Self::Critic => "a critic of a plan; beyond 4,000 of them, `_other`",
            Self::Stage => "the six stages",
            Self::Mode => "`enforce`, `monitor`",
            Self::Status => {
                "`success`, `timeout`, `error`, `invalid`, `skipped`, `gated`, `rate_limited`"
            }
            Self::CallsFor => "`allow`, `review`, `block`, and `none` for what calls for nothing",
            Self::Verdict => "`allow`, `review`, `block`",
            Self::Why => "`overloaded`, `shut_down`",
            Self::How => "`failure_mode`, `fallback`",
            Self::Level => {
                "`run`, `calls` (all calls of critics), `blocking` (threads), `stage`, `critic`, \
                 `shared` (rates that critics share)"
            }
            Self::Name => "the stage, critic or shared rate; `all` where a level has only one",
            Self::State | Self::To => "`closed`, `open`, `half_open`",
            Self::Finding => "`blocked`, `let_through`, `unproven`, `not_judged`",
            Self::Result => "`ok`, `failed`",
            Self::Fate => "`written`, `lost`",
        }
    }
}

macro_rules! catalogue {
    ($($(#[doc = $help:literal])+ $ident:ident = $name:literal, $kind:ident, $part:ident, [$($label:ident),*];)+) => {
        $(
            $(#[doc = $help])+
            pub static $ident: Metric = Metric {
                name: $name,
                kind: Kind::$kind,
                labels: &[$(Label::$label),*],
                help: concat!($($help),+),
                part: Part::$part,
            };
        )+

        /// All of them, in the order in which they are rendered.
        pub static ALL: &[&Metric] = &[$(&$ident),+];
    };
}

catalogue! {
    /// Runs that gave a report, by verdict. Canary runs are in no metric but their own.
    RUNS = "tribunal_runs_total", Counter, Runs, [Verdict];
    /// Runs without a report, because they were not admitted or were cut off by a shutdown.
    RUNS_REFUSED = "tribunal_runs_refused_total", Counter, Runs, [Why];
    /// From the call to the report, waiting included.
    RUN_SECONDS = "tribunal_run_seconds", Histogram, Runs, [Verdict];
    /// How much of that was waiting to be admitted.
    RUN_QUEUE_SECONDS = "tribunal_run_queue_seconds", Histogram, Runs, [];
    /// How long a stage took, from its barrier to the next.
    STAGE_SECONDS = "tribunal_stage_seconds", Histogram, Runs, [Stage];
    /// Runs in which a failure was let pass, by the verdict they got all the same.
    FAIL_OPEN_RUNS = "tribunal_fail_open_runs_total", Counter, Runs, [Verdict];
    /// Outcomes of critics.
    OUTCOMES = "tribunal_outcomes_total", Counter, Critics, [Critic, Stage, Mode, Status, CallsFor];
    /// How long a critic was at work, all attempts of a run together. Only of those that were called.
    EXECUTION_SECONDS = "tribunal_critic_execution_seconds", Histogram, Critics, [Critic, Stage];
    /// How long a critic waited for tokens, permits and retries. Only of those that were called or waited.
    QUEUE_SECONDS = "tribunal_critic_queue_seconds", Histogram, Critics, [Critic, Stage];
    /// Failures of a critic that were let pass: by its failure mode, or by a fallback opinion.
    FAIL_OPEN = "tribunal_fail_open_total", Counter, Critics, [Critic, How];
    /// Runs whose verdict a monitored critic would have raised to this one, had its word counted.
    WOULD_HAVE = "tribunal_would_have_total", Counter, Critics, [Critic, Verdict];
    /// Calls after the first, hedges apart.
    RETRIES = "tribunal_retries_total", Counter, Critics, [Critic];
    /// Second calls beside a slow one.
    HEDGES = "tribunal_hedges_total", Counter, Critics, [Critic];
    /// Opinions that a hook gave before the critic was called.
    CACHE_HITS = "tribunal_cache_hits_total", Counter, Critics, [Critic];
    /// Opinions that a hook gave after the critic failed.
    FALLBACKS = "tribunal_fallbacks_total", Counter, Critics, [Critic];
    /// What the calls of a critic cost, in the unit of the configuration.
    COST_SPENT = "tribunal_cost_spent_total", Counter, Critics, [Critic];
    /// What a critic would have cost more, had its gate always been open.
    COST_SAVED = "tribunal_cost_saved_total", Counter, Critics, [Critic];
    /// How many are in: runs, calls of critics, threads.
    IN_USE = "tribunal_in_use", Gauge, Limits, [Level, Name];
    /// How many may be in at present.
    LIMIT = "tribunal_limit", Gauge, Limits, [Level, Name];
    /// How many wait.
    WAITING = "tribunal_waiting", Gauge, Limits, [Level, Name];
    /// For how long one has waited at most; of runs, and of critics with a limit of their own.
    OLDEST_WAIT_SECONDS = "tribunal_oldest_wait_seconds", Gauge, Limits, [Level, Name];
    /// Tokens left of a rate.
    TOKENS_LEFT = "tribunal_tokens_left", Gauge, Limits, [Level, Name];
    /// Retries that may be made now, over all runs.
    RETRIES_LEFT = "tribunal_retries_left", Gauge, Limits, [];
    /// Whether the breaker of a critic is in this state: 1 or 0.
    BREAKER_STATE = "tribunal_breaker_state", Gauge, Limits, [Critic, State];
    /// How often the breaker of a critic went over to this state.
    BREAKER_TRANSITIONS = "tribunal_breaker_transitions_total", Counter, Limits, [Critic, To];
    /// The generation of the plan that judges now: 1, and one more with each reload.
    CONFIG_GENERATION = "tribunal_config_generation", Gauge, Service, [];
    /// Reloads of the configuration.
    CONFIG_RELOADS = "tribunal_config_reloads_total", Counter, Service, [Result];
    /// Whether the canary is well: 1 when what must be blocked was blocked, not long ago.
    CANARY_READY = "tribunal_canary_ready", Gauge, Service, [];
    /// Checks of the canary.
    CANARY_CHECKS = "tribunal_canary_checks_total", Counter, Service, [Finding];
    /// How long ago the canary was blocked last. Nothing before the first time.
    CANARY_SINCE_BLOCKED_SECONDS = "tribunal_canary_since_blocked_seconds", Gauge, Service, [];
    /// Calls of hooks that failed, panicked, took too long or gave an invalid opinion.
    HOOK_FAILURES = "tribunal_hook_failures_total", Counter, Service, [];
    /// Calls of observers that panicked.
    OBSERVER_PANICS = "tribunal_observer_panics_total", Counter, Service, [];
    /// Lines of the decision log.
    LOG_LINES = "tribunal_log_lines_total", Counter, Service, [Fate];
}

/// The metric of that name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Metric> {
    ALL.iter().copied().find(|metric| metric.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As Prometheus would have them: <https://prometheus.io/docs/practices/naming/>.
    #[test]
    fn names_follow_the_custom() {
        let mut names: Vec<&str> = ALL.iter().map(|metric| metric.name).collect();
        for metric in ALL {
            let name = metric.name;
            assert!(name.starts_with("tribunal_"), "{name}");
            assert_eq!(metric.kind == Kind::Counter, name.ends_with("_total"), "{name}");
            assert!(metric.kind != Kind::Histogram || name.ends_with("_seconds"), "{name}");
            assert!(metric.help.trim().ends_with('.') || metric.help.contains(':'), "{name}");
        }
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ALL.len());
    }
}
