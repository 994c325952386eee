//! Every key of a configuration: its type, range, default and meaning.
//!
//! **A new key** gets a line in the table of its section, a new section a table of its own and a line in [`ROOT`].
//! The tests next door fail until the reader asks for it, and until the reader and this agree on what may stand
//! there; `tribunal schema` then writes the file for editors anew. Numbers and words that the reader has a constant
//! for are taken from there.

use tribunal_cache::ResultCache;
use tribunal_core::{FailureMode, Mode, Phase, RiskTier, Stage};
use tribunal_eval::Level;
use tribunal_production::{Hedge, Retry};

use super::shape::{Absent::*, From, Items, Rule, Section, Shape, key};
use crate::adaptive::METHODS;
use crate::gate::POLICIES;
use crate::run::MOST_IN_FLIGHT;

const MOST: u64 = MOST_IN_FLIGHT as u64;
const U32: u64 = u32::MAX as u64;

const COUNT: Shape = Shape::Whole(1, MOST);
const SHARE: Shape = Shape::Number(From::Above(0.0), Some(1.0));
const FAILURE: Shape = Shape::Word(
    FailureMode::WORDS,
    &["fails open: nothing is called for", "somebody has a look", "fails closed"],
);

/// A test holds them against what `Isolation` reads.
pub(super) const ISOLATIONS: &[&str] = &["run", "task", "blocking"];

/// Names, each once.
const NAMES: Shape = Shape::List(&Shape::Text, Items { some: false, once: true });
const SOME_NAMES: Shape = Shape::List(&Shape::Text, Items { some: true, once: true });
const SOME_KINDS: Shape = Shape::List(&Shape::Kind, Items { some: true, once: true });

const NAME: Shape = Shape::Form("^[a-z][a-z0-9_-]{0,63}$");
pub(super) const POINTER: &str = "^(/([^/~]|~[01])*)*$";

pub(super) const ROOT: Section = Section {
    about: "A pipeline of Tribunal: settings for runs, limits for stages, and the critics.",
    anchor: "the-configuration-file",
    keys: &[
        key("run", Shape::Table(&RUN), Nothing, "What holds for whole runs."),
        key(
            "cache",
            Shape::Table(&CACHE),
            Otherwise("every critic is called each time"),
            "Remembers opinions and makes identical calls once; an empty section turns it on.",
        ),
        key(
            "eval",
            Shape::Table(&EVAL),
            Nothing,
            "What `tribunal eval` measures. No run looks at it.",
        ),
        key(
            "rates",
            Shape::Named("^[a-z0-9_-]{1,64}$", &Shape::Table(&RATE)),
            Nothing,
            "Rates that critics share by naming them in `shares`: one provider, one quota.",
        ),
        key("stages", Shape::Stages(&STAGE), Nothing, "Limits of stages."),
        key(
            "defaults",
            Shape::Table(&DEFAULTS),
            Nothing,
            "What holds for critics that do not say otherwise.",
        ),
        key("critic", Shape::Tables(&CRITIC), Nothing, "One check. At least one must be enabled."),
        key(
            "promise",
            Shape::Tables(&PROMISE),
            Nothing,
            "What holds in every run. A config that breaks one is refused.",
        ),
        key(
            "include",
            Shape::Files,
            Nothing,
            "Files that this one goes over, from the folder that it is in: docs/layers.md.",
        ),
        key(
            "profile",
            Shape::Profiles,
            Nothing,
            "The same sections again under a name, put over the rest where that is chosen: docs/layers.md.",
        ),
    ],
    rules: &[],
};

const PROMISE: Section = Section {
    about: "What holds in every run.",
    anchor: "promise",
    keys: &[
        key("name", Shape::Line(100), Required, "What it is called; no two are called the same."),
        key("holds", Shape::Claim, Required, "What holds, in the words of docs/promises.md."),
    ],
    rules: &[],
};

const RUN: Section = Section {
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

const RETRY_BUDGET: Section = Section {
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

const CACHE: Section = Section {
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

const EVAL: Section = Section {
    about: "What `tribunal eval` measures.",
    anchor: "eval",
    keys: &[
        key(
            "hide",
            NAMES,
            Otherwise("none but those that are always hidden"),
            "Members of `context` that no critic sees while the pipeline is measured; `\"*\"` for all.",
        ),
        key(
            "types",
            Shape::Named("", &NAMES),
            Otherwise("those built in"),
            "Types of the data that mean what critics' spans call by this label.",
        ),
        key(
            "labels",
            Shape::Named("^[^\\u0000-\\u001f\\u007f]{1,200}$", &Shape::Table(&EVAL_LABEL)),
            Otherwise("those built in"),
            "Who speaks for a label of the data.",
        ),
    ],
    rules: &[],
};

const EVAL_LABEL: Section = Section {
    about: "Who speaks for this label of the data. It takes the place of what is built in for it.",
    anchor: "evallabelsname",
    keys: &[
        key("critics", SOME_NAMES, Otherwise("none"), "These critics."),
        key("kinds", SOME_KINDS, Otherwise("none"), "Critics of these kinds."),
        key("tags", SOME_NAMES, Otherwise("none"), "Critics with one of these tags."),
        key(
            "codes",
            SOME_NAMES,
            Otherwise("all"),
            "Violations with these codes only; `pattern.spam` stands for `pattern.spam.en` too.",
        ),
        key("verdict", Shape::Boolean, Is("false"), "The verdict speaks for it, and no critic."),
        key(
            "at",
            Shape::Word(Level::WORDS, &[]),
            Otherwise("`review`, or as built in"),
            "From where on a row is flagged.",
        ),
        key(
            "objects_to",
            Shape::Boolean,
            Otherwise("`true`, or as built in"),
            "The value of the label that they object to.",
        ),
    ],
    rules: &[],
};

const STAGE: Section = Section {
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

const DEFAULTS: Section = Section {
    about: "What holds for critics that do not say otherwise.",
    anchor: "defaults",
    keys: &[
        key(
            "failure_mode",
            FAILURE,
            Is("\"review\""),
            "What a critic calls for that gave no opinion and should have.",
        ),
        key("timeout", Shape::Duration, Is("\"2s\""), "One attempt; up to that of the run."),
        key("review_at", Shape::Threshold, Is("0.4"), "From this severity on, `review`."),
        key("block_at", Shape::Threshold, Is("0.8"), "From this severity on, `block`."),
    ],
    rules: &[],
};

/// A critic's own keys. What its kind is told stands in `params` and comes from the catalogue.
const CRITIC: Section = Section {
    about: "How one critic is run, and what it is.",
    anchor: "critic",
    keys: &[
        key(
            "name",
            NAME,
            Required,
            "Its name: 1 to 64 of `a-z`, `0-9`, `_`, `-`, starting with a letter, and each once.",
        ),
        key("kind", Shape::Kind, Required, "What it is: a kind of docs/critics.md."),
        key(
            "params",
            Shape::Params,
            Otherwise("nothing"),
            "What it is told, as its kind has it. A text that is `$NAME` alone stands for that variable of the environment.",
        ),
        key("enabled", Shape::Boolean, Is("true"), "`false` leaves it out."),
        key(
            "mandatory",
            Shape::Boolean,
            Is("false"),
            "No profile, variable or `--set` may take it out or make it milder: docs/layers.md.",
        ),
        key(
            "stage",
            Shape::Word(
                Stage::WORDS,
                &[
                    "is there something to judge, and is it well formed?",
                    "what can be told in microseconds",
                    "what needs more care",
                    "dear checks, usually behind gates",
                    "after all opinions on the content are in",
                    "a last look at what the others said",
                ],
            ),
            Is("\"core_analysis\""),
            "When it runs: each stage waits for all of the earlier ones.",
        ),
        key(
            "priority",
            Shape::Whole(1, 10),
            Is("5"),
            "Its place within the stage, 1 (first) to 10 (last).",
        ),
        key(
            "phases",
            Shape::List(&Shape::Word(Phase::WORDS, &[]), Items { some: true, once: false }),
            Is(r#"["input","retrieval","tool_call","tool_result","output"]"#),
            "The phases it is for; in any other it is gated.",
        ),
        key(
            "policy",
            Shape::Word(
                POLICIES,
                &[
                    "always",
                    "an outcome that it sees has a violation",
                    "the snapshot's risk reaches `risk_tier` or `risk`",
                    "an outcome that it sees reaches `uncertainty`",
                    "the expression `when` holds",
                ],
            ),
            Is("\"always\""),
            "Its gate: when it runs.",
        ),
        key(
            "risk_tier",
            Shape::Word(RiskTier::WORDS, &[]),
            Otherwise("`high`"),
            "The tier of risk that opens the gate of `on_high_risk`.",
        ),
        key(
            "risk",
            SHARE,
            Otherwise("0.7"),
            "The number of risk that opens the gate of `on_high_risk`.",
        ),
        key(
            "uncertainty",
            SHARE,
            Otherwise("0.7"),
            "The uncertainty that opens the gate of `on_uncertainty`.",
        ),
        key(
            "when",
            Shape::Text,
            Nothing,
            "The expression of `conditional`, in CEL, over `snapshot` and `prior`: `prior.secrets.severity > 0.3`.",
        ),
        key(
            "depends_on",
            NAMES,
            Is("[]"),
            "Critics of the same or an earlier stage that must have given an opinion.",
        ),
        key(
            "run_anyway",
            Shape::Boolean,
            Is("false"),
            "Runs also when one of `depends_on` gave no opinion.",
        ),
        key(
            "timeout",
            Shape::Duration,
            Otherwise("`defaults.timeout`"),
            "One attempt; up to that of its stage and of the run.",
        ),
        key(
            "retry",
            Shape::Table(&RETRY),
            Otherwise("one attempt"),
            "What to do about failures that may pass.",
        ),
        key("max_in_flight", COUNT, Otherwise("no limit"), "Its calls at a time, over all runs."),
        key(
            "adaptive",
            Shape::Table(&ADAPTIVE),
            Otherwise("the limit stays where it is"),
            "Moves `max_in_flight` by what latency shows.",
        ),
        key(
            "isolation",
            Shape::Word(
                ISOLATIONS,
                &["in the run's own task", "in a task of its own", "on a thread that may block"],
            ),
            Is("\"run\""),
            "Where its work is done.",
        ),
        key(
            "rate",
            Shape::Table(&RATE),
            Otherwise("no limit"),
            "Its calls per time, over all runs.",
        ),
        key(
            "shares",
            NAMES,
            Is("[]"),
            "Names of `[rates]`: takes a token of each for every call, besides its own `rate`.",
        ),
        key(
            "hedge",
            Shape::Table(&HEDGE),
            Otherwise("none"),
            "A second call beside one that is slow, for critics whose calls may be repeated.",
        ),
        key(
            "breaker",
            Shape::Table(&BREAKER),
            Otherwise("none"),
            "Fails at once while too many of its calls fail.",
        ),
        key(
            "validation",
            Shape::Table(&VALIDATION),
            Otherwise("numbers must lie in their ranges"),
            "What its opinions must be like.",
        ),
        key(
            "failure_mode",
            FAILURE,
            Otherwise("`defaults.failure_mode`"),
            "What it calls for when it gave no opinion and should have.",
        ),
        key(
            "mode",
            Shape::Word(Mode::WORDS, &["its word counts", "it is reported, and changes nothing"]),
            Is("\"enforce\""),
            "Whether its word counts.",
        ),
        key(
            "review_at",
            Shape::Threshold,
            Otherwise("`defaults.review_at`"),
            "From this severity on, `review`; not above `block_at`.",
        ),
        key(
            "block_at",
            Shape::Threshold,
            Otherwise("`defaults.block_at`"),
            "From this severity on, `block`.",
        ),
        key(
            "cost",
            Shape::Number(From::At(0.0), None),
            Is("0"),
            "What a call costs, in a unit of your choice.",
        ),
        key(
            "tags",
            Shape::List(&Shape::Text, Items { some: false, once: false }),
            Is("[]"),
            "Free words.",
        ),
    ],
    rules: &[
        Rule::OnlyWith("risk_tier", "policy", "\"on_high_risk\""),
        Rule::OnlyWith("risk", "policy", "\"on_high_risk\""),
        Rule::OnlyWith("uncertainty", "policy", "\"on_uncertainty\""),
        Rule::OnlyWith("when", "policy", "\"conditional\""),
        Rule::Asks("policy", "\"conditional\"", "when"),
        Rule::Asks("run_anyway", "true", "depends_on"),
        Rule::Needs("adaptive", "max_in_flight"),
    ],
};

const RETRY: Section = Section {
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

const RATE: Section = Section {
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

const ADAPTIVE: Section = Section {
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

const HEDGE: Section = Section {
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

const BREAKER: Section = Section {
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

const VALIDATION: Section = Section {
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
