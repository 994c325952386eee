//! How one critic is run.

use tribunal_core::{Mode, Phase, RiskTier, Stage};

use super::*;
use crate::gate::POLICIES;
use crate::schema::shape::{Absent::*, From, Items, Rule, Section, Shape, key};

/// A critic's own keys. What its kind is told stands in `params` and comes from the catalogue.
pub(super) const CRITIC: Section = Section {
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
