//! A run as its report tells it, read back from JSON.

use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use thiserror::Error;

/// Why a line is no report.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ReadError {
    /// It is not the JSON of a report.
    #[error("no report: {0}")]
    Json(#[from] serde_json::Error),
    /// It is the line of a snapshot that could not be judged.
    #[error("it was not judged: {0}")]
    NotJudged(String),
}

/// One run. What is not there is empty; members that are not known are passed over.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Run {
    /// The line's own id: a text, a number, or null.
    pub id: Value,
    /// Which line of the input it was.
    pub line: Option<u64>,
    /// Which input.
    pub input: Option<String>,
    /// The snapshot's own.
    pub trace_id: Option<String>,
    /// `allow`, `review` or `block`.
    pub verdict: String,
    /// Who called for it.
    pub causes: Vec<Cause>,
    /// Critics whose failure was let pass.
    pub let_pass: Vec<String>,
    /// What became of each critic, in plan order.
    pub outcomes: Vec<Outcome>,
    /// The stages that had critics, in order.
    pub stages: Vec<Stage>,
    /// From the call to the report.
    pub elapsed_ms: f64,
    /// How much of that was waiting to be admitted.
    pub queued_ms: f64,
    /// What it cost.
    pub cost_spent: f64,
    /// What it would have cost more, had every gate been open.
    pub cost_saved: f64,
    /// Under which configuration it ran.
    pub config_hash: String,
    /// Why there is no report.
    error: Option<String>,
}

/// Who called for a verdict, and why.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Cause {
    /// Which critic; none when nobody gave an opinion.
    pub critic: Option<String>,
    /// How bad, of an opinion.
    pub severity: Option<f64>,
    /// The codes of its violations.
    pub codes: Vec<String>,
    /// What became of it, of a failure.
    pub status: Option<String>,
    /// In which way, of a failure.
    pub kind: Option<String>,
}

/// How long a stage took.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Stage {
    /// Which.
    pub stage: String,
    /// From its barrier to the next.
    pub elapsed_ms: f64,
}

/// What became of one critic.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Outcome {
    /// Its name.
    pub critic: String,
    /// Its stage.
    pub stage: String,
    /// `monitor` when its word does not count.
    pub mode: Option<String>,
    /// `success`, `gated`, `timeout` ...
    pub status: String,
    /// What it calls for.
    pub calls_for: Option<String>,
    /// `cache` or `fallback` where the opinion is not the critic's.
    pub source: Option<String>,
    /// Why there is no opinion.
    pub reason: Option<Reason>,
    /// What it said.
    pub opinion: Option<Opinion>,
    /// How often it was called.
    pub attempts: u32,
    /// How many of these were hedges.
    pub hedges: u32,
    /// When it was its turn.
    pub begun_ms: Option<f64>,
    /// How long it waited.
    pub queued_ms: f64,
    /// How long it was at work.
    pub execution_ms: f64,
    /// Each of several calls.
    pub calls: Vec<Call>,
    /// What it cost.
    pub cost: f64,
}

/// Why there is no opinion.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Reason {
    /// A word for machines.
    pub kind: String,
    /// The same for people.
    pub text: String,
}

/// What a critic said.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Opinion {
    /// A rating from 0 to 1.
    pub score: Option<f64>,
    /// How bad.
    pub severity: f64,
    /// How unsure it is.
    pub uncertainty: f64,
    /// What it objects to.
    pub violations: Vec<Violation>,
    /// Whether it found more than it lists, or did not look at everything.
    #[serde(rename = "details", deserialize_with = "is_partial")]
    pub partial: bool,
}

/// What details say of that. They may be large, and nothing else of them is told.
fn is_partial<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    let details = Option::<Map<String, Value>>::deserialize(deserializer)?;
    Ok(details.is_some_and(|it| it.contains_key("more") || it.contains_key("incomplete")))
}

impl Opinion {
    /// The severity that counts: its own or that of its worst violation.
    #[must_use]
    pub fn worst_severity(&self) -> f64 {
        self.violations.iter().map(|violation| violation.severity).fold(self.severity, f64::max)
    }
}

/// One thing a critic objects to.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Violation {
    /// What kind of thing.
    pub code: String,
    /// What is wrong, for people.
    pub message: String,
    /// How bad.
    pub severity: f64,
    /// Where it stands.
    pub span: Option<Span>,
}

/// A part of one text of the snapshot.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Span {
    /// Which text, as a JSON pointer; the object, where it is the name of a member.
    pub field: String,
    /// Which member's name, by its place in the object, counted from 0.
    pub name: Option<usize>,
    /// Its first byte.
    pub start: usize,
    /// The byte after its last.
    pub end: usize,
    /// What it is.
    pub label: String,
    /// What may stand there instead.
    pub replacement: Option<String>,
}

/// One of several calls.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Call {
    /// When it began.
    pub begun_ms: f64,
    /// How long it was at work.
    pub took_ms: f64,
    /// How it ended.
    pub end: String,
    /// Whether it was a second call beside a slow one.
    pub hedge: bool,
}

impl Run {
    /// Reads the JSON object of a report, with or without what stands beside it in a line of `tribunal judge`.
    ///
    /// # Errors
    ///
    /// [`ReadError`] for what is no report, and for a line that says why there is none.
    pub fn read(json: &str) -> Result<Self, ReadError> {
        Self::of(serde_json::from_str(json)?)
    }

    /// The same from a value.
    ///
    /// # Errors
    ///
    /// As [`Run::read`].
    pub fn of(json: Value) -> Result<Self, ReadError> {
        let mut run: Self = serde_json::from_value(json)?;
        match run.error.take() {
            Some(error) => Err(ReadError::NotJudged(error)),
            None => Ok(run),
        }
    }

    /// What it is called: its id, else its trace id, else its line.
    #[must_use]
    pub fn name(&self) -> String {
        match (&self.id, &self.trace_id, self.line) {
            (Value::String(id), ..) => id.clone(),
            (Value::Null, Some(trace_id), _) => trace_id.clone(),
            (Value::Null, None, Some(line)) => format!("line {line}"),
            (Value::Null, None, None) => String::from("run"),
            (id, ..) => id.to_string(),
        }
    }
}

impl Outcome {
    /// Whether its word counts.
    #[must_use]
    pub fn is_enforced(&self) -> bool {
        self.mode.as_deref() != Some("monitor")
    }

    /// Whether it should have given an opinion and did not.
    #[must_use]
    pub fn is_failure(&self) -> bool {
        let failed = ["timeout", "error", "invalid", "rate_limited"];
        let skipped = self.status == "skipped" && self.calls_for.is_some();
        self.opinion.is_none() && (failed.contains(&&*self.status) || skipped)
    }

    /// Its calls in the order in which they began; the only one there was, where there is no list of them.
    #[must_use]
    pub fn all_calls(&self) -> Vec<Call> {
        let mut calls = self.calls.clone();
        if let (true, true, Some(begun)) = (calls.is_empty(), self.attempts > 0, self.begun_ms) {
            let end = match (&*self.status, self.reason.as_ref()) {
                ("skipped", _) => "cancelled",
                (_, Some(reason)) if self.opinion.is_none() => match &*reason.kind {
                    kind if kind.ends_with("timeout") => "timeout",
                    kind => kind,
                },
                _ => "success",
            };
            let only = Call {
                begun_ms: begun + self.queued_ms,
                took_ms: self.execution_ms,
                end: end.to_owned(),
                hedge: false,
            };
            calls.push(only);
        }
        calls.sort_by(|a, b| a.begun_ms.total_cmp(&b.begun_ms));
        calls
    }
}
