//! A line of `tribunal judge --format jsonl`, read back.
//!
//! A report says more to people than to machines: why there is no opinion stands there in words. What gates decide by
//! (status, opinion, whether something failed) comes back whole; the rest as far as its words tell.

use std::time::Duration;

use serde_json::{Map, Value};
use tribunal_core::{
    CallTiming, CriticName, Failure, FailureKind, Gated, Opinion, OpinionFault, Outcome, Phase,
    Reason, RiskTier, Skipped, Source, Status, TimeoutLevel, Verdict, Violation,
};

/// A report as far as it can be read back.
#[derive(Debug)]
pub(super) struct Recorded {
    pub(super) id: Value,
    pub(super) trace_id: Option<String>,
    pub(super) line: Option<u64>,
    pub(super) verdict: Verdict,
    pub(super) elapsed_ms: f64,
    pub(super) queued_ms: f64,
    pub(super) config_hash: String,
    /// In the order of the report.
    pub(super) outcomes: Vec<(CriticName, Outcome)>,
}

/// Reads one; what is wrong with it is told for the end of a sentence about the line.
pub(super) fn read(line: &[u8]) -> Result<Recorded, String> {
    let value: Value =
        serde_json::from_slice(line).map_err(|error| format!("is no JSON: {error}"))?;
    let Value::Object(map) = value else { return Err("is no JSON object".into()) };
    if let Some(error) = map.get("error").and_then(Value::as_str) {
        return Err(format!("was not judged: {}", crate::safe::shown(error)));
    }
    let none = "is no report of `tribunal judge --format jsonl`: it has no";
    let outcomes = map.get("outcomes").and_then(Value::as_array);
    let outcomes = outcomes.ok_or_else(|| format!("{none} `outcomes`"))?;
    let verdict = text(&map, "verdict").and_then(|word| word.parse().ok());
    Ok(Recorded {
        id: map.get("id").cloned().unwrap_or_default(),
        trace_id: text(&map, "trace_id").map(str::to_owned),
        line: map.get("line").and_then(Value::as_u64),
        verdict: verdict.ok_or_else(|| format!("{none} `verdict`"))?,
        elapsed_ms: number(&map, "elapsed_ms"),
        queued_ms: number(&map, "queued_ms"),
        config_hash: text(&map, "config_hash").unwrap_or_default().to_owned(),
        outcomes: outcomes
            .iter()
            .enumerate()
            .map(|(place, one)| {
                one.as_object().and_then(|one| Some((critic(one)?, outcome(one)?))).ok_or_else(
                    || format!("has an outcome that cannot be read, number {}", place + 1),
                )
            })
            .collect::<Result<_, _>>()?,
    })
}

fn text<'a>(map: &'a Map<String, Value>, member: &str) -> Option<&'a str> {
    map.get(member)?.as_str()
}

fn number(map: &Map<String, Value>, member: &str) -> f64 {
    map.get(member).and_then(Value::as_f64).unwrap_or_default()
}

fn millis(map: &Map<String, Value>, member: &str) -> Duration {
    Duration::try_from_secs_f64(number(map, member) / 1e3).unwrap_or_default()
}

fn count(map: &Map<String, Value>, member: &str) -> u32 {
    let count = map.get(member).and_then(Value::as_u64).unwrap_or_default();
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn critic(map: &Map<String, Value>) -> Option<CriticName> {
    CriticName::new(text(map, "critic")?).ok()
}

fn outcome(map: &Map<String, Value>) -> Option<Outcome> {
    let status: Status = text(map, "status")?.parse().ok()?;
    let reason = map.get("reason").and_then(Value::as_object).and_then(reason);
    let opinion = map.get("opinion").and_then(Value::as_object).map(opinion);
    let mut outcome = match (opinion, reason.clone()) {
        (Some(opinion), _) => Outcome::success(opinion),
        (None, Some(reason)) => Outcome::without(reason),
        (None, None) => Outcome::missing(),
    };
    outcome.status = status;
    outcome.reason = reason;
    outcome.source =
        text(map, "source").and_then(|word| word.parse().ok()).unwrap_or(Source::Critic);
    outcome.calls_for = text(map, "calls_for").and_then(|word| word.parse().ok());
    outcome.attempts = count(map, "attempts");
    outcome.hedges = count(map, "hedges");
    outcome.took(millis(map, "queued_ms"), millis(map, "execution_ms"));
    outcome.cost = number(map, "cost");
    if map.contains_key("begun_ms") {
        outcome.begin_at(millis(map, "begun_ms"));
    }
    let calls = map.get("calls").and_then(Value::as_array).into_iter().flatten();
    outcome.set_calls(calls.filter_map(|call| self::call(call.as_object()?)).collect());
    Some(outcome)
}

fn call(map: &Map<String, Value>) -> Option<CallTiming> {
    let end = text(map, "end")?.parse().ok()?;
    let call = CallTiming::new(millis(map, "begun_ms"), millis(map, "took_ms"), end);
    let hedge = map.get("hedge").and_then(Value::as_bool).unwrap_or_default();
    Some(if hedge { call.hedge() } else { call })
}

fn opinion(map: &Map<String, Value>) -> Opinion {
    let mut opinion = Opinion::clean()
        .severity(number(map, "severity"))
        .uncertainty(number(map, "uncertainty"))
        .value(map.get("value").cloned().unwrap_or_default());
    if let Some(score) = map.get("score").and_then(Value::as_f64) {
        opinion = opinion.score(score);
    }
    let violations = map.get("violations").and_then(Value::as_array).into_iter().flatten();
    for violation in violations.filter_map(Value::as_object) {
        let word = |member| text(violation, member).unwrap_or_default().to_owned();
        let severity = number(violation, "severity");
        opinion = opinion.violation(Violation::new(word("code"), word("message"), severity));
    }
    opinion
}

/// From its word for machines, and from its words for people what that leaves out.
fn reason(map: &Map<String, Value>) -> Option<Reason> {
    let (kind, text) = (text(map, "kind")?, text(map, "text").unwrap_or_default());
    let after = |mark: &str| text.split_once(mark).map_or("", |(_, rest)| rest);
    Some(match kind {
        "other_phase" => {
            let phase = after("phase (").trim_end_matches(')').parse();
            Reason::Gated(Gated::OtherPhase(phase.unwrap_or(Phase::Input)))
        }
        "no_violation" => Reason::Gated(Gated::NoViolation),
        "risk_below" => {
            let (tier, score) = after("risk below ").split_once(" and ").unwrap_or_default();
            let tier = tier.parse().unwrap_or(RiskTier::High);
            Reason::Gated(Gated::RiskBelow { tier, score: score.parse().unwrap_or(0.7) })
        }
        "uncertainty_below" => {
            let (highest, threshold) = after("it is ").split_once(", below ").unwrap_or_default();
            let read = |number: &str| number.parse().unwrap_or_default();
            Reason::Gated(Gated::UncertaintyBelow {
                highest: read(highest),
                threshold: read(threshold),
            })
        }
        "condition_false" => Reason::Gated(Gated::Condition(after("does not hold: ").into())),
        "dependency" => {
            let name = after("`").split_once('`').map_or("", |(name, _)| name);
            let name = CriticName::new(name).ok()?;
            let gated = text.ends_with("which was gated");
            Reason::Skipped(Skipped::Dependency { name, gated })
        }
        "verdict_settled" => Reason::Skipped(Skipped::VerdictSettled),
        "over_budget" => Reason::Skipped(Skipped::OverBudget),
        "critic_timeout" => Reason::Timeout(TimeoutLevel::Critic),
        "stage_timeout" => Reason::Timeout(TimeoutLevel::Stage),
        "run_timeout" => Reason::Timeout(TimeoutLevel::Run),
        "no_turn" => {
            let whose = after("after the ").split('\'').next().unwrap_or_default();
            Reason::NoTurn(whose.parse().unwrap_or(TimeoutLevel::Run))
        }
        "rate_limited" => Reason::RateLimited { wait: wait(after("comes in ")) },
        "invalid" => Reason::Invalid(vec![OpinionFault::Check(after("opinion: ").into())]),
        _ => {
            let kind: FailureKind = kind.parse().ok()?;
            let message = text.split_once(": ").map_or("", |(_, message)| message);
            Reason::Failed(Failure::new(kind, message))
        }
    })
}

/// The first duration of a sentence, as `Debug` writes it.
fn wait(text: &str) -> Duration {
    let word = text.split(',').next().unwrap_or_default();
    let units = [("ns", 1e-9), ("µs", 1e-6), ("ms", 1e-3), ("s", 1.0)];
    let seconds = units.iter().find_map(|(unit, scale)| {
        let number: f64 = word.strip_suffix(unit)?.parse().ok()?;
        Duration::try_from_secs_f64(number * scale).ok()
    });
    seconds.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tribunal_core::CallEnd;

    fn reasons() -> Vec<Reason> {
        let name = CriticName::new("a-b").unwrap();
        let mut reasons = vec![
            Reason::Gated(Gated::OtherPhase(Phase::ToolCall)),
            Reason::Gated(Gated::NoViolation),
            Reason::Gated(Gated::RiskBelow { tier: RiskTier::Critical, score: 0.25 }),
            Reason::Gated(Gated::UncertaintyBelow { highest: 0.15, threshold: 0.2 }),
            Reason::Gated(Gated::Condition("prior.a.severity > 0.5".into())),
            Reason::Skipped(Skipped::Dependency { name: name.clone(), gated: true }),
            Reason::Skipped(Skipped::Dependency { name, gated: false }),
            Reason::Skipped(Skipped::VerdictSettled),
            Reason::Skipped(Skipped::OverBudget),
            Reason::RateLimited { wait: Duration::from_millis(1_500) },
            Reason::Invalid(vec![OpinionFault::Check("x: y".into())]),
        ];
        for level in TimeoutLevel::ALL {
            reasons.extend([Reason::Timeout(*level), Reason::NoTurn(*level)]);
        }
        for kind in FailureKind::ALL {
            let speaks = !matches!(kind, FailureKind::Panic | FailureKind::BreakerOpen);
            reasons.push(Reason::Failed(Failure::new(*kind, if speaks { "no: way" } else { "" })));
        }
        reasons
    }

    /// The words of a reason are for people; should they change, this has to follow.
    #[test]
    fn every_reason_is_read_back_from_a_report() {
        for written in reasons() {
            let json = serde_json::to_value(&written).unwrap();
            let read = reason(json.as_object().unwrap());
            let is_check = matches!(written, Reason::Invalid(_));
            assert_eq!(read.as_ref().map(Reason::kind), Some(written.kind()));
            assert!(is_check || read == Some(written.clone()), "{written:?}: {read:?}");
            let outcome = Outcome::without(written);
            let back = self::outcome(serde_json::to_value(&outcome).unwrap().as_object().unwrap());
            let back = back.unwrap();
            assert_eq!(
                (back.status, back.is_failure(), back.doubt()),
                (outcome.status, outcome.is_failure(), outcome.doubt())
            );
        }
    }

    #[test]
    fn an_opinion_is_read_back_as_far_as_gates_look_at_it() {
        let opinion = Opinion::objection(Violation::new("a.b", "no", 0.6)).score(0.5);
        let opinion = opinion.severity(0.2).uncertainty(0.3).value(serde_json::json!({"n": 1}));
        let mut outcome = Outcome::success(opinion);
        outcome.attempts = 2;
        outcome.took(Duration::from_micros(1_500), Duration::ZERO);
        outcome.calls_for = Some(Verdict::Review);
        outcome.begin_at(Duration::from_millis(3));
        let call = |end| CallTiming::new(Duration::from_millis(4), Duration::from_millis(1), end);
        outcome.set_calls(vec![call(CallEnd::Transient), call(CallEnd::Success).hedge()]);
        let written = serde_json::to_value(&outcome).unwrap();
        assert_eq!(self::outcome(written.as_object().unwrap()), Some(outcome));
    }

    #[test]
    fn what_is_no_report_is_told_why() {
        for (line, problem) in [
            ("{", "is no JSON"),
            ("[]", "is no JSON object"),
            ("{}", "has no `outcomes`"),
            (r#"{"error": "x"}"#, "was not judged: x"),
            (r#"{"outcomes": []}"#, "has no `verdict`"),
            (r#"{"outcomes": [1], "verdict": "allow"}"#, "outcome that cannot be read, number 1"),
        ] {
            let found = read(line.as_bytes()).unwrap_err();
            assert!(found.contains(problem), "{line}: {found}");
        }
    }
}
