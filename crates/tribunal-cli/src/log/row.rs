//! A decision in one line, for people; and its line, for tools.

use tribunal_log::{Decision, LoggedCause};

use crate::ink;
use crate::safe::{self, shown};

/// When, what, which and why; painted.
pub(super) fn human(decision: &Decision) -> String {
    let trace = decision.trace_id.as_deref().map(|id| format!("  {}", shown(id)));
    let because: Vec<String> = decision.causes.iter().map(cause).collect();
    let because = because.join("; ");
    let pad = " ".repeat(6_usize.saturating_sub(decision.verdict.as_str().len()));
    let text = format!(
        "{}  {}{pad}  {}{}  {because}",
        ink::dim(shown(&decision.time)),
        ink::verdict(decision.verdict),
        decision.decision_id,
        trace.unwrap_or_default(),
    );
    text.trim_end().to_owned() + "\n"
}

/// Why, as a report says it.
pub(super) fn cause(cause: &LoggedCause) -> String {
    let Some(critic) = &cause.critic else {
        return "no enforcing critic gave an opinion".to_owned();
    };
    let critic = shown(critic);
    let kind = cause.kind.as_deref().unwrap_or("unknown");
    match (cause.severity, &cause.codes, cause.status) {
        (_, _, Some(status)) => format!("{critic}: {status} ({})", shown(kind)),
        (Some(severity), Some(codes), _) if !codes.is_empty() => {
            format!("{critic}: severity {severity}, {}", shown(&codes.join(", ")))
        }
        (Some(severity), ..) => format!("{critic}: severity {severity}"),
        _ => critic,
    }
}

/// The line as it stands in the log, but that nothing in it steers a terminal.
pub(super) fn json(line: &[u8]) -> String {
    safe::json(&String::from_utf8_lossy(line)) + "\n"
}
