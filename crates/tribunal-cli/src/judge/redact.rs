//! `--redact`: each line carries the snapshot without what critics point at.

use std::sync::Arc;

use serde_json::Value;
use tribunal_core::{CriticInfo, Report, Snapshot};

use crate::args::{JudgeArgs, ReportFormat};
use crate::exit::Trouble;

/// Whose spans are taken out.
#[derive(Debug, Clone)]
pub(crate) struct Redact {
    /// `None` for those of all critics.
    only: Option<Arc<[String]>>,
}

impl Redact {
    /// What the command line asks for, with critics that there are, in a format that can show it.
    pub(crate) fn of(args: &JudgeArgs, critics: &[CriticInfo]) -> Result<Option<Self>, Trouble> {
        let Some(names) = &args.redact else { return Ok(None) };
        if args.format != ReportFormat::Jsonl {
            return Err(Trouble::Usage("`--redact` needs `--format jsonl`".to_owned()));
        }
        if names.iter().any(|name| name == "*") {
            return Ok(Some(Self { only: None }));
        }
        let known = |name: &str| critics.iter().any(|critic| critic.name.as_str() == name);
        match names.iter().find(|name| !known(name)) {
            Some(name) => Err(Trouble::Usage(format!("`--redact` names no critic: `{name}`"))),
            None => Ok(Some(Self { only: Some(names.as_slice().into()) })),
        }
    }

    /// The redacted snapshot as JSON, or why there is none.
    pub(crate) fn redacted(&self, report: &Report, snapshot: &Snapshot) -> Result<Value, String> {
        let wanted = |name: &str| match &self.only {
            None => true,
            Some(only) => only.iter().any(|one| one == name),
        };
        let redacted = report.redacted_by(snapshot, |critic| wanted(critic.name.as_str()));
        redacted.map(|snapshot| snapshot.to_json()).map_err(|error| error.to_string())
    }
}
