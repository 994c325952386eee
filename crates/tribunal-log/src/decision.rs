//! Lines read back: what was written, as types.
//!
//! Members that a later version adds are kept in `other` and written again, so that a tool of today passes on a line of
//! tomorrow as it is. Start at [`Entry::parse`].

use std::fmt::Display;
use std::str::FromStr;

use serde::de::{Deserialize, Deserializer, Error as _};
use serde::{Deserialize as De, Serialize};
use serde_json::{Map, Value};
use thiserror::Error;
use tribunal_core::{CallEnd, Mode, Source, Stage, Status, Verdict};

use crate::chain::{LineHash, Link};
use crate::encode::Torn;
use crate::time::DecisionId;

/// One line of a log.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Entry {
    /// A run.
    Decision(Box<Decision>),
    /// Anything else.
    Note(Note),
}

/// Why a line could not be read. Says nothing of what is in it but where.
#[derive(Debug, Error)]
#[error("not a line of a decision log: {0}")]
pub struct EntryError(Why);

#[derive(Debug, Error)]
enum Why {
    #[error("it is cut off")]
    Torn,
    #[error("column {column}")]
    Json { column: usize },
}

impl EntryError {
    pub(crate) const fn torn() -> Self {
        Self(Why::Torn)
    }
}

impl Entry {
    /// Reads a line, without its line feed. Whether it was changed is the business of [`verify`](crate::verify).
    ///
    /// # Errors
    ///
    /// [`EntryError`].
    pub fn parse(line: &[u8]) -> Result<Self, EntryError> {
        if let Ok(decision) = serde_json::from_slice(line) {
            return Ok(Self::Decision(decision));
        }
        // What serde says may quote a text.
        let why = |error: serde_json::Error| EntryError(Why::Json { column: error.column() });
        serde_json::from_slice(line).map(Self::Note).map_err(why)
    }

    /// Its place in the chain, as it says itself.
    #[must_use]
    pub const fn link(&self) -> Link {
        let (seq, prev, hash) = match self {
            Self::Decision(decision) => (decision.seq, decision.prev, decision.hash),
            Self::Note(note) => (note.seq, note.prev, note.hash),
        };
        Link { seq, prev, hash }
    }
}

/// A line that tells of the log itself.
#[derive(Debug, Clone, PartialEq, Serialize, De)]
#[non_exhaustive]
pub struct Note {
    /// Its number.
    pub seq: u64,
    /// The hash of the line before.
    pub prev: LineHash,
    /// When it was written.
    pub time: String,
    /// So many decisions that should stand here do not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lost: Option<u64>,
    /// The log was opened here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub opened: Option<Opened>,
    /// What this version does not know.
    #[serde(flatten)]
    pub other: Map<String, Value>,
    /// The line's own hash.
    pub hash: LineHash,
}

/// That a log was opened: the first line of each file, and the first after each start.
#[derive(Debug, Clone, PartialEq, Serialize, De)]
#[non_exhaustive]
pub struct Opened {
    /// The version of the format.
    pub version: u32,
    /// Whether hashes are taken with a key.
    pub keyed: bool,
    /// What a crash left of the line before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub torn: Option<Torn>,
}

/// One run, as its line tells of it.
#[derive(Debug, Clone, PartialEq, Serialize, De)]
#[non_exhaustive]
pub struct Decision {
    /// The number of its line.
    pub seq: u64,
    /// The hash of the line before.
    pub prev: LineHash,
    /// When the run ended, in UTC as RFC 3339 has it, with microseconds. Such texts sort as the times do.
    pub time: String,
    /// Its id.
    pub decision_id: DecisionId,
    /// The snapshot's trace id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<String>,
    /// Under which configuration it ran.
    pub config_hash: String,
    /// Which generation of the plan, where that was told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generation: Option<u64>,
    /// What was to be done.
    #[serde(deserialize_with = "word")]
    pub verdict: Verdict,
    /// Who called for it; empty for `allow`.
    pub causes: Vec<LoggedCause>,
    /// Critics whose failure was let pass.
    pub let_pass: Vec<String>,
    /// Every critic, in plan order.
    pub outcomes: Vec<LoggedOutcome>,
    /// The stages that had critics, in order.
    pub stages: Vec<LoggedStage>,
    /// From the call to the report, in milliseconds.
    pub elapsed_ms: f64,
    /// How much of that was waiting to be admitted.
    pub queued_ms: f64,
    /// What the run cost.
    #[serde(deserialize_with = "number")]
    pub cost_spent: f64,
    /// What it would have cost more, had every gate been open.
    #[serde(deserialize_with = "number")]
    pub cost_saved: f64,
    /// Which texts it has: `redacted` or `raw`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The snapshot, where texts were on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<Value>,
    /// Why there is no snapshot although texts were on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text_error: Option<String>,
    /// What critics said, by name, where texts were on: as in a report's `opinion`. With redacted texts the violations
    /// alone; their places are those of the text before it was redacted.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub opinions: Map<String, Value>,
    /// What this version does not know.
    #[serde(flatten)]
    pub other: Map<String, Value>,
    /// The line's own hash.
    pub hash: LineHash,
}

impl Decision {
    /// The outcome of one critic.
    #[must_use]
    pub fn outcome(&self, critic: &str) -> Option<&LoggedOutcome> {
        self.outcomes.iter().find(|outcome| outcome.critic == critic)
    }
}

/// Why a verdict is not `allow`.
#[derive(Debug, Clone, PartialEq, Serialize, De)]
#[non_exhaustive]
pub struct LoggedCause {
    /// Which critic; none when there was no opinion at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub critic: Option<String>,
    /// How bad, for an opinion.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<f64>,
    /// The codes of its violations, worst first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub codes: Option<Vec<String>>,
    /// What became of it, for a failure.
    #[serde(default, deserialize_with = "maybe_word", skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// Why, in short.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// What this version does not know.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// What became of one critic. What is 0, or nothing, is left out of its line.
#[derive(Debug, Clone, PartialEq, Serialize, De)]
#[non_exhaustive]
pub struct LoggedOutcome {
    /// Which.
    pub critic: String,
    /// Its stage.
    #[serde(deserialize_with = "word")]
    pub stage: Stage,
    /// Whether its word counted.
    #[serde(default = "enforce", deserialize_with = "word", skip_serializing_if = "is_enforce")]
    pub mode: Mode,
    /// It is a critic in code, of which the config hash does not tell everything.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub in_code: bool,
    /// Its version, where that is not told by the config hash of the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// What happened.
    #[serde(deserialize_with = "word")]
    pub status: Status,
    /// What it called for, or would have in monitor mode.
    #[serde(default, deserialize_with = "maybe_word", skip_serializing_if = "Option::is_none")]
    pub calls_for: Option<Verdict>,
    /// Where its opinion came from.
    #[serde(default = "critic", deserialize_with = "word", skip_serializing_if = "is_critic")]
    pub source: Source,
    /// Why there is no opinion.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<LoggedReason>,
    /// How bad, for an opinion: its own severity or that of its worst violation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<f64>,
    /// How unsure it was.
    #[serde(default, skip_serializing_if = "is_nothing")]
    pub uncertainty: f64,
    /// Its rating, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
    /// How many violations it found.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub violations: u64,
    /// Their codes, each once; not more than 32.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub codes: Vec<String>,
    /// How often it was called.
    #[serde(default, skip_serializing_if = "is_zero_32")]
    pub attempts: u32,
    /// How many of these calls were hedges.
    #[serde(default, skip_serializing_if = "is_zero_32")]
    pub hedges: u32,
    /// When it was its turn, in milliseconds after the run was called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub begun_ms: Option<f64>,
    /// How long it waited, in milliseconds.
    #[serde(default, skip_serializing_if = "is_nothing")]
    pub queued_ms: f64,
    /// How long it was at work.
    #[serde(default, skip_serializing_if = "is_nothing")]
    pub execution_ms: f64,
    /// Its calls in the order in which they ended, where there were several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<LoggedCall>,
    /// What it cost.
    #[serde(default, deserialize_with = "number", skip_serializing_if = "is_nothing")]
    pub cost: f64,
    /// What this version does not know.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

impl LoggedOutcome {
    /// Whether it should have given an opinion and did not.
    #[must_use]
    pub fn is_failure(&self) -> bool {
        let settled =
            |reason: &LoggedReason| reason.kind == "verdict_settled" || reason.kind == "dependency";
        match self.status {
            Status::Success | Status::Gated => false,
            Status::Skipped => !self.reason.as_ref().is_some_and(settled),
            _ => self.severity.is_none(),
        }
    }
}

/// One call of a critic.
#[derive(Debug, Clone, PartialEq, Serialize, De)]
#[non_exhaustive]
pub struct LoggedCall {
    /// When it began, in milliseconds after the run was called.
    pub begun_ms: f64,
    /// How long it was at work.
    pub took_ms: f64,
    /// How it ended.
    #[serde(deserialize_with = "word")]
    pub end: CallEnd,
    /// Whether it was a second call beside a slow one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hedge: bool,
    /// What this version does not know.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// Why a critic gave no opinion.
#[derive(Debug, Clone, PartialEq, Serialize, De)]
#[non_exhaustive]
pub struct LoggedReason {
    /// A word for machines.
    pub kind: String,
    /// The critic it depends on, when it was skipped for that one's sake.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub critic: Option<String>,
    /// That one was gated, as it should be, rather than failed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub gated: bool,
    /// In words, where those are the engine's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// What this version does not know.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// How long a stage took.
#[derive(Debug, Clone, PartialEq, Serialize, De)]
#[non_exhaustive]
pub struct LoggedStage {
    /// Which.
    #[serde(deserialize_with = "word")]
    pub stage: Stage,
    /// From its barrier to the next, in milliseconds.
    pub elapsed_ms: f64,
    /// What this version does not know.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

const fn enforce() -> Mode {
    Mode::Enforce
}

const fn critic() -> Source {
    Source::Critic
}

fn is_enforce(mode: &Mode) -> bool {
    *mode == Mode::Enforce
}

fn is_critic(source: &Source) -> bool {
    *source == Source::Critic
}

const fn is_zero(number: &u64) -> bool {
    *number == 0
}

const fn is_zero_32(number: &u32) -> bool {
    *number == 0
}

fn is_nothing(number: &f64) -> bool {
    *number == 0.0
}

fn word<'de, D: Deserializer<'de>, T: FromStr<Err: Display>>(
    deserializer: D,
) -> Result<T, D::Error> {
    let word = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
    word.parse().map_err(D::Error::custom)
}

fn maybe_word<'de, D: Deserializer<'de>, T: FromStr<Err: Display>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    let word = Option::<std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
    word.map(|word| word.parse().map_err(D::Error::custom)).transpose()
}

/// A number that is none is written as null.
fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Ok(Option::<f64>::deserialize(deserializer)?.unwrap_or(f64::NAN))
}
