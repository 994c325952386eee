//! The default pipeline: file and code say the same, and the sample traffic is judged as its notes say.

use std::collections::{BTreeMap, BTreeSet};

use tribunal_config::{DEFAULT, Source, load};
use tribunal_core::{FailureMode, Mode, Report, Snapshot, Status, Thresholds, Verdict};
use tribunal_production::{CriticSpec, ProductionOrchestrator, RunSettings};

const TRAFFIC: &str = include_str!("../../config/samples/traffic.jsonl");

fn court() -> ProductionOrchestrator {
    let catalogue = tribunal_critics::catalogue();
    let pipeline = load(&Source::default_pipeline(), &catalogue, &|_| None);
    let pipeline = pipeline.unwrap_or_else(|error| panic!("{error}"));
    assert!(pipeline.warnings.is_empty(), "{:?}", pipeline.warnings);
    pipeline.build().unwrap()
}

#[test]
fn the_settings_of_the_file_are_the_defaults_of_the_code() {
    let catalogue = tribunal_critics::catalogue();
    let pipeline = load(&Source::default_pipeline(), &catalogue, &|_| None).unwrap();
    assert_eq!(pipeline.settings, RunSettings::default());
    for key in [
        "timeout",
        "max_in_flight",
        "max_runs",
        "max_queued_runs",
        "max_total_retries",
        "retry_budget",
        "early_exit",
        "hook_timeout",
        "failure_mode",
        "review_at",
        "block_at",
    ] {
        assert!(DEFAULT.lines().any(|line| line.starts_with(&format!("{key} = "))), "{key}");
    }
    let outline = court().outline();
    let critics: Vec<_> = outline.stages.iter().flat_map(|stage| &stage.critics).collect();
    for critic in critics.iter().filter(|critic| critic.name != "pii_watch") {
        assert_eq!(critic.timeout, CriticSpec::TIMEOUT, "{}", critic.name);
    }
    let plain = critics.iter().find(|critic| critic.name == "hidden_text").unwrap();
    assert_eq!(plain.failure_mode, FailureMode::default());
    assert_eq!(plain.thresholds, Thresholds::default());
    assert_eq!(plain.mode, Mode::default());
}

#[test]
fn the_file_shows_every_policy_and_every_failure_mode() {
    let outline = court().outline();
    assert!(outline.stages.len() >= 4);
    let critics: Vec<_> = outline.stages.iter().flat_map(|stage| &stage.critics).collect();
    assert!(critics.len() >= 8);
    for policy in ["always", "on_violation", "on_high_risk", "on_uncertainty", "conditional"] {
        assert!(critics.iter().any(|critic| critic.policy.starts_with(policy)), "{policy}");
    }
    let modes: BTreeSet<FailureMode> = critics.iter().map(|critic| critic.failure_mode).collect();
    assert_eq!(modes.len(), 3);
    assert!(critics.iter().any(|critic| critic.mode == Mode::Monitor));
    assert!(critics.iter().any(|critic| critic.rate_limited));
    assert!(critics.iter().any(|critic| critic.attempts > 1));
}

async fn judged() -> Vec<(serde_json::Value, Report)> {
    let court = court();
    let mut reports = Vec::new();
    for line in TRAFFIC.lines() {
        let snapshot = Snapshot::from_json(line.as_bytes()).unwrap();
        let note = serde_json::from_str(line).unwrap();
        reports.push((note, court.run_all(snapshot).await.unwrap()));
    }
    reports
}

/// Harmless lines that somebody is asked to look at, and that nobody blocks: what the classifier has seen too little of.
/// A list to be made shorter.
const LOOKED_AT: [&str; 4] = ["chat-07", "chat-08", "chat-10", "chat-13"];

#[tokio::test(start_paused = true)]
async fn harmless_traffic_is_allowed_and_harmful_traffic_is_not() {
    let mut wrong = Vec::new();
    let mut verdicts: BTreeMap<Verdict, usize> = BTreeMap::new();
    for (line, report) in judged().await {
        let note = line["note"].as_str().unwrap();
        let harmless = note.ends_with("harmless");
        *verdicts.entry(report.verdict).or_default() += 1;
        let looked_at = LOOKED_AT.iter().any(|id| line["id"] == *id);
        let expected = if looked_at {
            harmless && report.verdict == Verdict::Review
        } else {
            harmless == (report.verdict == Verdict::Allow)
        };
        if !expected {
            wrong.push(format!("{} {}: {}", line["id"], report.verdict, note));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    assert_eq!(verdicts.len(), 3, "{verdicts:?}");
}

#[tokio::test(start_paused = true)]
async fn the_sample_traffic_opens_and_closes_every_gate() {
    let mut seen: BTreeMap<String, BTreeSet<Status>> = BTreeMap::new();
    let mut saved = 0.0;
    for (_, report) in judged().await {
        saved += report.cost_saved;
        for (critic, outcome) in report.outcomes() {
            seen.entry(critic.name.to_string()).or_default().insert(outcome.status);
        }
    }
    assert!(saved > 0.0);
    for gated in [
        "answer_is_json",
        "injection_deep",
        "secrets_high_risk",
        "pii_deep",
        "response_policy",
        "tool_call_shape",
        "payment_approval",
        "exfiltration_links",
    ] {
        assert!(seen[gated].contains(&Status::Gated), "{gated} is never gated");
        assert!(seen[gated].contains(&Status::Success), "{gated} never runs");
    }
    assert!(seen["unsafe_commands"].is_superset(&[Status::Skipped, Status::Success].into()));
    // With the clock stopped nothing takes too long; in a real run `pii_watch` does, too.
    let statuses: BTreeSet<Status> = seen.values().flatten().copied().collect();
    let all = Status::ALL.iter().copied().filter(|status| *status != Status::Timeout);
    assert_eq!(statuses, all.collect());
}
