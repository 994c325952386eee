//! Every key of a configuration: its type, range, default and meaning.
//!
//! **A new key** gets a line in the table of its section, a new section a table of its own and a line in [`ROOT`].
//! The tests next door fail until the reader asks for it, and until the reader and this agree on what may stand
//! there; `tribunal schema` then writes the file for editors anew. Numbers and words that the reader has a constant
//! for are taken from there.

mod critic;
mod eval;
mod parts;
mod run;

use tribunal_core::FailureMode;

use self::critic::CRITIC;
use self::eval::EVAL;
use self::parts::{ADAPTIVE, BREAKER, HEDGE, RATE, RETRY, VALIDATION};
use self::run::{CACHE, RUN, STAGE};
use super::shape::{Absent::*, From, Items, Section, Shape, key};
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
