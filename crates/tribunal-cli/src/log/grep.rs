//! `tribunal log grep`: decisions that say what is looked for.

use std::ops::ControlFlow;
use std::path::PathBuf;

use clap::Args;
use serde_json::Value;
use tribunal_core::{Status, Verdict};
use tribunal_log::{Decision, LoggedOutcome};

use super::{LogFormat, row, source};
use crate::exit::{Exit, Trouble};
use crate::lines::Output;

/// What `tribunal log grep` is told.
#[derive(Debug, Args)]
pub(super) struct GrepArgs {
    #[command(flatten)]
    wanted: Wanted,
    /// Show no more than so many
    #[arg(long, value_name = "N")]
    limit: Option<u64>,
    /// Say only how many there are
    #[arg(long)]
    count: bool,
    /// How to show them
    #[arg(long, value_enum, default_value_t = LogFormat::Human)]
    format: LogFormat,
    /// Logs; the name of one stands for its full files too
    #[arg(value_name = "LOG", required = true)]
    logs: Vec<PathBuf>,
}

/// What a decision has to have, all of it.
#[derive(Debug, Args)]
pub(super) struct Wanted {
    /// With this verdict; may be given again
    #[arg(long, value_name = "VERDICT", value_parser = word::<Verdict>)]
    verdict: Vec<Verdict>,
    /// With an outcome of this critic; with --status and --code, one that has those
    #[arg(long, value_name = "NAME")]
    critic: Option<String>,
    /// With an outcome of this status
    #[arg(long, value_name = "STATUS", value_parser = word::<Status>)]
    status: Option<Status>,
    /// With an outcome that calls for this verdict
    #[arg(long, value_name = "VERDICT", value_parser = word::<Verdict>)]
    calls_for: Option<Verdict>,
    /// With a violation of this code, or of one that begins with it and a dot
    #[arg(long, value_name = "CODE")]
    code: Option<String>,
    /// With this trace id
    #[arg(long, value_name = "ID")]
    trace: Option<String>,
    /// Not before this time: `2026-11-21T20:32:07Z`, or so long ago: `90s`, `15m`, `2h`, `7d`
    #[arg(long, value_name = "TIME", value_parser = time)]
    since: Option<String>,
    /// Before this time
    #[arg(long, value_name = "TIME", value_parser = time)]
    until: Option<String>,
    /// With this text in some value, in upper or lower case
    #[arg(long, value_name = "TEXT")]
    text: Option<String>,
}

fn word<T>(text: &str) -> Result<T, String>
where
    T: std::str::FromStr<Err = tribunal_core::UnknownWord>,
{
    text.parse().map_err(|error: tribunal_core::UnknownWord| error.to_string())
}

/// A time as lines have it, so that texts can be compared.
fn time(text: &str) -> Result<String, String> {
    let number = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let seconds = match text.get(number.len()..) {
        Some("s") => Some(1),
        Some("m") => Some(60),
        Some("h") => Some(3_600),
        Some("d") => Some(86_400),
        _ => None,
    };
    let ago = seconds.zip(number.parse::<i64>().ok());
    let at = match ago {
        Some((seconds, number)) => number.checked_mul(seconds).and_then(|ago| {
            jiff::Timestamp::now().checked_sub(jiff::SignedDuration::from_secs(ago)).ok()
        }),
        None => text.parse::<jiff::Timestamp>().ok(),
    };
    let at = at.ok_or("expected a time such as `2026-11-21T20:32:07Z`, or how long ago: `15m`")?;
    Ok(format!("{at:.6}"))
}

pub(super) fn run(args: &GrepArgs) -> Result<Exit, Trouble> {
    let files = source::files(&args.logs)?;
    let wanted = args.wanted.prepared();
    let mut output = Output::open(None)?;
    let mut found = 0_u64;
    source::decisions(&files, &mut |decision, line| {
        if !wanted.is_met_by(decision) {
            return Ok(ControlFlow::Continue(()));
        }
        found += 1;
        match args.format {
            _ if args.count => {}
            LogFormat::Human => output.write_painted(&row::human(decision))?,
            LogFormat::Json => output.write(row::json(line).as_bytes())?,
        }
        let enough = args.limit.is_some_and(|limit| found >= limit);
        Ok(if enough { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    })?;
    if args.count {
        output.write(format!("{found}\n").as_bytes())?;
    }
    output.finish()?;
    Ok(if found > 0 { Exit::Fine } else { Exit::NothingFound })
}

impl Wanted {
    /// With the text in lower case, once.
    fn prepared(&self) -> Prepared<'_> {
        Prepared { wanted: self, text: self.text.as_ref().map(|text| text.to_lowercase()) }
    }
}

struct Prepared<'a> {
    wanted: &'a Wanted,
    text: Option<String>,
}

impl Prepared<'_> {
    fn is_met_by(&self, decision: &Decision) -> bool {
        let Wanted { verdict, trace, since, until, .. } = self.wanted;
        (verdict.is_empty() || verdict.contains(&decision.verdict))
            && trace.as_ref().is_none_or(|trace| decision.trace_id.as_ref() == Some(trace))
            && since.as_ref().is_none_or(|since| decision.time >= *since)
            && until.as_ref().is_none_or(|until| decision.time < *until)
            && self.has_outcome(decision)
            && self.text.as_ref().is_none_or(|text| has_text(decision, text))
    }

    /// One outcome has all that is asked of outcomes.
    fn has_outcome(&self, decision: &Decision) -> bool {
        let Wanted { critic, status, calls_for, code, .. } = self.wanted;
        if critic.is_none() && status.is_none() && calls_for.is_none() && code.is_none() {
            return true;
        }
        let fits = |outcome: &LoggedOutcome| {
            critic.as_ref().is_none_or(|critic| *critic == outcome.critic)
                && status.is_none_or(|status| status == outcome.status)
                && calls_for.is_none_or(|verdict| outcome.calls_for == Some(verdict))
                && code
                    .as_ref()
                    .is_none_or(|code| outcome.codes.iter().any(|has| within(code, has)))
        };
        decision.outcomes.iter().any(fits)
    }
}

/// `secret` is the code of `secret.github_token`, and not of `secrets`.
fn within(code: &str, has: &str) -> bool {
    has.strip_prefix(code).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

fn has_text(decision: &Decision, text: &str) -> bool {
    serde_json::to_value(decision).is_ok_and(|value| value_has(&value, text))
}

fn value_has(value: &Value, text: &str) -> bool {
    match value {
        Value::String(has) => has.to_lowercase().contains(text),
        Value::Array(items) => items.iter().any(|item| value_has(item, text)),
        Value::Object(map) => map.values().any(|item| value_has(item, text)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_looked_for_up_to_a_dot() {
        assert!(within("secret", "secret.key") && within("secret.key", "secret.key"));
        assert!(!within("secret", "secrets.key") && !within("secret.k", "secret.key"));
    }

    #[test]
    fn times_are_given_as_such_or_as_how_long_ago() {
        assert_eq!(time("2026-11-21T20:32:07+01:00").unwrap(), "2026-11-21T19:32:07.000000Z");
        assert!(time("2h").unwrap() < time("1h").unwrap());
        for wrong in ["", "h", "5", "5y", "yesterday", "99999999999999d", "99999999999999999999s"] {
            assert!(time(wrong).is_err(), "{wrong}");
        }
    }
}
