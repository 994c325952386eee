//! What holds for whole runs, for stages and for the cache.

use tribunal_cache::ResultCache;

use super::*;
use crate::schema::shape::{Absent::*, From, Section, Shape, key};

pub(super) const RUN: Section = Section {
    about: "What holds for whole runs.",
    anchor: "run",
    keys: &[
        key(
            "timeout",
            Shape::Duration,
            Is("\"10s\""),
            "From the call to the report, waiting for admission included.",
        ),
        key("max_in_flight", COUNT, Is("1024"), "Calls of critics at a time, over all runs."),
        key("max_runs", COUNT, Is("1024"), "Runs at a time."),
        key(
            "adaptive",
            Shape::Table(&ADAPTIVE),
            Otherwise("the limit stays where it is"),
            "Moves `max_runs` by what the latency of runs shows.",
        ),
        key(
            "max_blocking",
            COUNT,
            Is("16"),
            "Threads kept busy by critics with `isolation = \"blocking\"`, over all runs.",
        ),
        key(
            "max_queued_runs",
            Shape::Whole(0, MOST),
            Is("1024"),
            "Runs that wait; any more are refused at once.",
        ),
        key(
            "max_total_retries",
            Shape::Whole(0, U32),
            Is("10"),
            "Retries in one run, over all its critics.",
        ),
        key(
            "retry_budget",
            Shape::Table(&RETRY_BUDGET),
            Is(r#"{"share":0.1,"floor":10}"#),
            "Retries over all runs: keeps them from multiplying the load when everything fails at once.",
        ),
        key(
            "early_exit",
            Shape::Boolean,
            Is("false"),
            "Stops a run once nothing could change its verdict.",
        ),
        key("hook_timeout", Shape::Duration, Is("\"100ms\""), "One call of a hook."),
        key(
            "max_cost",
            Shape::Number(From::At(0.0), None),
            Otherwise("no limit"),
            "What one run may cost, in the unit of `cost`; a critic that no longer fits is skipped as over budget.",
        ),
    ],
    rules: &[],
};

pub(super) const RETRY_BUDGET: Section = Section {
    about: "Retries over all runs.",
    anchor: "retry_budget",
    keys: &[
        key(
            "share",
            Shape::Number(From::At(0.0), Some(10.0)),
            Required,
            "So many retries for each first call of a critic with retries; at most 100 are saved up.",
        ),
        key(
            "floor",
            Shape::Whole(0, U32),
            Required,
            "At least so many retries a second, however little the load.",
        ),
    ],
    rules: &[],
};

pub(super) const CACHE: Section = Section {
    about: "Remembers opinions and makes identical calls once.",
    anchor: "cache",
    keys: &[
        key(
            "max_entries",
            Shape::Whole(1, ResultCache::MOST_ENTRIES),
            Is("10000"),
            "Opinions that are kept; also the calls that others may wait for at a time.",
        ),
        key(
            "max_bytes",
            Shape::Whole(1, ResultCache::MOST_BYTES),
            Is("67108864"),
            "Their size together, about.",
        ),
        key(
            "time_to_live",
            Shape::Duration,
            Is("\"5m\""),
            "How long an opinion is given again; up to 30 days.",
        ),
        key(
            "critics",
            SOME_NAMES,
            Otherwise("all that declare what they read"),
            "The critics it is for. Name the dear ones.",
        ),
    ],
    rules: &[],
};

pub(super) const STAGE: Section = Section {
    about: "Limits of this stage.",
    anchor: "stagesstage",
    keys: &[
        key(
            "timeout",
            Shape::Duration,
            Otherwise("what is left of the run"),
            "The whole stage; up to that of the run.",
        ),
        key(
            "max_in_flight",
            COUNT,
            Otherwise("no limit"),
            "Calls of its critics at a time, over all runs.",
        ),
    ],
    rules: &[],
};
