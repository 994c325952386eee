//! What an evaluation goes by.

use tribunal_eval::Level;

use super::*;
use crate::schema::shape::{Absent::*, Section, Shape, key};

pub(super) const EVAL: Section = Section {
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

pub(super) const EVAL_LABEL: Section = Section {
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
