//! Observers: one that records, and one that panics.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tribunal_core::{Observer, RunEvent, Stage, Status, Verdict};

/// A run event, owned. Prints as a short line: `finished a success`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A run began.
    RunStarted,
    /// A stage began.
    StageStarted(Stage),
    /// An attempt of a critic began.
    Started(String, u32),
    /// An attempt failed; the next comes after this long.
    Retrying(String, u32, Duration),
    /// A critic has its outcome.
    Finished(String, Status),
    /// The verdict is settled.
    Settled(Verdict),
    /// The run is over.
    RunFinished(Verdict),
    /// Something newer than this list.
    Other,
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RunStarted => f.write_str("run started"),
            Self::StageStarted(stage) => write!(f, "stage {stage}"),
            Self::Started(name, attempt) => write!(f, "started {name} {attempt}"),
            Self::Retrying(name, attempt, _) => write!(f, "retrying {name} {attempt}"),
            Self::Finished(name, status) => write!(f, "finished {name} {status}"),
            Self::Settled(verdict) => write!(f, "settled {verdict}"),
            Self::RunFinished(verdict) => write!(f, "run finished {verdict}"),
            Self::Other => f.write_str("other"),
        }
    }
}

/// Records every event. A clone records to the same place: keep one, give the other to the engine.
#[derive(Debug, Clone, Default)]
pub struct Events(Arc<Mutex<Vec<Event>>>);

impl Events {
    /// None so far.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// All so far.
    #[must_use]
    pub fn all(&self) -> Vec<Event> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// All so far, as short lines.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        self.all().iter().map(ToString::to_string).collect()
    }
}

impl Observer for Events {
    fn on_event(&self, event: RunEvent<'_>) {
        let event = match event {
            RunEvent::RunStarted { .. } => Event::RunStarted,
            RunEvent::StageStarted { stage } => Event::StageStarted(stage),
            RunEvent::CriticStarted { critic, attempt } => {
                Event::Started(critic.name.to_string(), attempt)
            }
            RunEvent::Retrying { critic, attempt, delay } => {
                Event::Retrying(critic.name.to_string(), attempt, delay)
            }
            RunEvent::Finished { critic, outcome } => {
                Event::Finished(critic.name.to_string(), outcome.status)
            }
            RunEvent::VerdictSettled { verdict } => Event::Settled(verdict),
            RunEvent::RunFinished { report, .. } => Event::RunFinished(report.verdict),
            _ => Event::Other,
        };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(event);
    }
}

/// Panics at every event.
#[derive(Debug, Clone, Copy, Default)]
pub struct PanickingObserver;

impl Observer for PanickingObserver {
    #[allow(clippy::panic)] // That is what it is for.
    fn on_event(&self, _: RunEvent<'_>) {
        panic!("as scripted")
    }
}
