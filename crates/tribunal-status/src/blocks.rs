//! The last runs that were blocked: ids and codes, a bounded number of them, each of bounded length.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tribunal_core::{Cause, Report};

use crate::status::{Block, BlockCause};

/// So many are kept.
const KEPT: usize = 50;
/// So many of those who called for it.
const CAUSES: usize = 4;
/// So many characters of an id or a code: both may come from outside.
const LONGEST: usize = 64;

/// A ring of them.
#[derive(Debug, Default)]
pub(crate) struct Blocks(VecDeque<Kept>);

#[derive(Debug)]
struct Kept {
    /// Since the process began.
    at: Duration,
    trace_id: Option<Arc<str>>,
    decision: Option<String>,
    causes: Vec<BlockCause>,
}

impl Blocks {
    /// Keeps one. The oldest goes where there are too many.
    pub(crate) fn add(&mut self, at: Duration, report: &Report, decision: Option<String>) {
        if self.0.len() == KEPT {
            self.0.pop_front();
        }
        self.0.push_back(Kept {
            at,
            trace_id: report.trace_id.as_deref().map(|id| cut(id).into()),
            decision,
            causes: report.causes.iter().take(CAUSES).map(cause).collect(),
        });
    }

    /// All of them, newest first. `now` is since the process began and, in UTC, the time of day.
    pub(crate) fn list(&self, (since, now): (Duration, jiff::Timestamp)) -> Vec<Block> {
        let block = |kept: &Kept| {
            let ago = since.saturating_sub(kept.at);
            Block {
                at: written(now.checked_sub(ago).unwrap_or_default()),
                ago_ms: millis(ago),
                trace_id: kept.trace_id.as_deref().map(str::to_owned),
                decision: kept.decision.clone(),
                causes: kept.causes.clone(),
            }
        };
        self.0.iter().rev().map(block).collect()
    }
}

fn cause(cause: &Cause) -> BlockCause {
    let critic = cause.critic().map(ToString::to_string);
    match cause {
        Cause::Opinion { codes, .. } => {
            BlockCause { critic, code: codes.first().map(|code| cut(code)), failure: None }
        }
        Cause::Failure { kind, .. } => {
            BlockCause { critic, code: None, failure: Some((*kind).to_owned()) }
        }
        _ => BlockCause { critic, code: None, failure: Some(String::from("no_opinion")) },
    }
}

fn cut(text: &str) -> String {
    text.chars().take(LONGEST).collect()
}

/// As RFC 3339 has it, to the millisecond.
pub(crate) fn written(at: jiff::Timestamp) -> String {
    format!("{at:.3}")
}

pub(crate) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
