//! The tables within a critic, some of which stand elsewhere too.

use tribunal_production::{Hedge, Retry};

use super::*;
use crate::adaptive::METHODS;
use crate::schema::shape::{Absent::*, From, Items, Rule, Section, Shape, key};

pub(super) const RETRY: Section = Section {
    about: "What to do about failures that may pass.",
    anchor: "retry",
    keys: &[
        key(
            "attempts",
            Shape::Whole(1, Retry::MOST as u64),
            Required,
            "In all, the first one included.",
        ),
        key(
            "first_delay",
            Shape::Duration,
            Is("\"50ms\""),
            "Before the second attempt; up to a day.",
        ),
        key(
            "factor",
            Shape::Number(From::At(1.0), Some(100.0)),
            Is("2"),
            "By how much each delay is longer than the one before.",
        ),
        key(
            "max_delay",
            Shape::Duration,
            Otherwise("`2s`, or `first_delay` where that is longer"),
            "The longest delay; from `first_delay` to a day.",
        ),
        key(
            "jitter",
            Shape::Boolean,
            Is("true"),
            "Each delay is anything from nothing to its length.",
        ),
        key(
            "on_timeout",
            Shape::Boolean,
            Is("false"),
            "Repeats also after the critic's own timeout.",
        ),
    ],
    rules: &[],
};

pub(super) const RATE: Section = Section {
    about: "Calls per time.",
    anchor: "rate",
    keys: &[
        key("tokens", Shape::Whole(1, U32), Required, "So many calls."),
        key(
            "per",
            Shape::Duration,
            Required,
            "In so much time; at least a nanosecond for each token.",
        ),
        key("burst", Shape::Whole(1, U32), Otherwise("`tokens`"), "So many at once after a rest."),
    ],
    rules: &[],
};

pub(super) const ADAPTIVE: Section = Section {
    about: "Moves a limit between `floor` and the limit written beside it.",
    anchor: "adaptive",
    keys: &[
        key(
            "method",
            Shape::Word(
                METHODS,
                &[
                    "one more while calls stay within `target`, a tenth less when one does not",
                    "as the latest latency compares with that of the long run",
                ],
            ),
            Required,
            "By what it moves.",
        ),
        key(
            "target",
            Shape::Duration,
            Nothing,
            "How long a call should take at most; only with `aimd`.",
        ),
        key(
            "floor",
            Shape::Whole(1, u64::MAX),
            Is("1"),
            "It never goes below; up to the limit beside it.",
        ),
    ],
    rules: &[
        Rule::Asks("method", "\"aimd\"", "target"),
        Rule::OnlyWith("target", "method", "\"aimd\""),
    ],
};

pub(super) const HEDGE: Section = Section {
    about: "A second call beside one that is slow: the first valid answer counts.",
    anchor: "hedge",
    keys: &[
        key(
            "after",
            Shape::Duration,
            Nothing,
            "Slow is what takes so long; below the critic's `timeout`. This or `percentile`.",
        ),
        key(
            "percentile",
            Shape::Number(From::At(50.0), Some(99.9)),
            Nothing,
            "Slow is what takes longer than so many percent of the latest calls. This or `after`.",
        ),
        key(
            "share",
            Shape::Number(From::Above(0.0), Some(Hedge::MOST)),
            Is("0.05"),
            "At most so many hedges for each call.",
        ),
    ],
    rules: &[Rule::OneOf("after", "percentile")],
};

pub(super) const BREAKER: Section = Section {
    about: "Fails at once while too many calls fail.",
    anchor: "breaker",
    keys: &[
        key("failure_rate", SHARE, Required, "Opens when this share of calls or more failed."),
        key("window", Shape::Duration, Required, "Of the calls within this time; up to a day."),
        key("min_calls", Shape::Whole(1, U32), Required, "And never with fewer calls than these."),
        key(
            "slow_after",
            Shape::Duration,
            Nothing,
            "A call that takes so long or longer is slow; up to the critic's `timeout`, and only with `slow_rate`.",
        ),
        key(
            "slow_rate",
            SHARE,
            Nothing,
            "Opens also when this share of calls or more was slow; only with `slow_after`.",
        ),
        key(
            "open_for",
            Shape::Duration,
            Is("\"5s\""),
            "So long every call is refused; up to a day.",
        ),
        key(
            "probes",
            Shape::Whole(1, U32),
            Is("1"),
            "Then so many calls at a time are let through; when so many succeeded, it closes.",
        ),
        key(
            "half_open_for",
            Shape::Duration,
            Is("\"30s\""),
            "Opens again when a probe is out for longer; up to a day.",
        ),
    ],
    rules: &[Rule::Needs("slow_after", "slow_rate"), Rule::Needs("slow_rate", "slow_after")],
};

pub(super) const VALIDATION: Section = Section {
    about: "What opinions must be like, besides numbers in their ranges.",
    anchor: "validation",
    keys: &[
        key(
            "required",
            Shape::List(&Shape::Form(POINTER), Items { some: false, once: false }),
            Is("[]"),
            "Parts of an opinion that must be there and not null, as JSON pointers: `\"/score\"`.",
        ),
        key(
            "schema",
            Shape::JsonSchema,
            Otherwise("any"),
            "A JSON Schema for opinions, compiled once; nothing is fetched.",
        ),
        key(
            "lenient",
            Shape::Boolean,
            Is("false"),
            "Keeps an opinion with faults and lists them; numbers out of range are never kept.",
        ),
    ],
    rules: &[],
};
