//! What a plan says about itself: its hash, its worst cases, and where a failure lets something pass.

use tribunal_core::{FailureMode, Stage, View};
use tribunal_production::{Outline, Policy, Rate};
use tribunal_testkit::*;

use crate::court::{Court, Seat, court, judge, tries};

fn hash(court: Court) -> String {
    court.build().outline().config_hash
}

/// Rule 7: what is the same has the same hash; the reports carry it.
#[tokio::test(start_paused = true)]
async fn the_config_hash_is_the_same_for_the_same_config() {
    let court = || court().critics([allows("a").priority(1), allows("b").depends_on("a")]);
    assert_eq!(hash(court()), hash(court()));
    let built = court().build();
    assert_eq!(judge(&built).await.config_hash.to_string(), built.outline().config_hash);
    assert_eq!(built.outline().config_hash.len(), 32);
}

/// Rule 7: what decides how a run goes changes it.
#[tokio::test(start_paused = true)]
async fn the_config_hash_changes_with_whatever_decides_a_run() {
    let plain = || court().critic(allows("a"));
    let mut hashes = vec![
        hash(plain()),
        hash(court().critic(allows("b"))),
        hash(court().critic(allows("a").thresholds(Some(0.4), Some(0.81)))),
        hash(court().critic(allows("a").spec(|spec| spec.fingerprint("v2")))),
        hash(court().critic(allows("a").failure_mode(FailureMode::Block))),
        hash(court().critic(allows("a").monitored())),
        hash(court().critic(allows("a").priority(6))),
        hash(court().critic(allows("a").stage(Stage::Validation))),
        hash(court().critic(allows("a").policy(Policy::OnUncertainty(0.7)))),
        hash(court().critic(allows("a").policy(Policy::OnUncertainty(0.70001)))),
        hash(court().critic(allows("a").retry(tries(2)))),
        hash(court().critic(allows("a").timeout(millis(1_999)))),
        hash(court().critic(allows("a").rate(Rate::new(1, secs(1), 1).unwrap()))),
        hash(court().critic(allows("a").cost(0.1))),
        hash(plain().run_timeout(secs(9))),
        hash(plain().in_flight(1_023)),
        hash(plain().early_exit()),
        hash(plain().stage_timeout(Stage::CoreAnalysis, secs(1))),
        hash(plain().critic(allows("b"))),
    ];
    let all = hashes.len();
    hashes.sort();
    hashes.dedup();
    assert_eq!(hashes.len(), all);
}

/// The order of registration counts only where it decides something.
#[test]
fn the_config_hash_follows_the_plan_and_not_the_registration() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let _guard = runtime.enter();
    let (a, b) = (|| allows("a").priority(1), || allows("b").priority(2));
    assert_eq!(hash(court().critics([a(), b()])), hash(court().critics([b(), a()])));
    let (a, b) = (|| allows("a"), || allows("b"));
    assert_ne!(hash(court().critics([a(), b()])), hash(court().critics([b(), a()])));
}

#[tokio::test(start_paused = true)]
async fn the_worst_latency_adds_up_chains_and_stages() {
    let outline = court()
        .critics([
            allows("fast").stage(Stage::FastCritics).timeout(millis(100)),
            // Three attempts of a second, 10 and 20 ms apart.
            allows("a").timeout(secs(1)).retry(tries(3)),
            allows("b").timeout(millis(500)).depends_on("a"),
            allows("beside").timeout(secs(2)),
            allows("deep").stage(Stage::DeepAnalysis).timeout(secs(4)),
        ])
        .stage_timeout(Stage::DeepAnalysis, secs(1))
        .build()
        .outline();
    let stages: Vec<_> = outline.stages.iter().map(|stage| stage.worst_latency).collect();
    assert_eq!(stages, [millis(100), millis(3_530), secs(1)]);
    assert_eq!(outline.worst_latency, millis(4_630));
    let short = court().critic(allows("a").timeout(secs(9))).run_timeout(secs(2)).build();
    assert_eq!(short.outline().worst_latency, secs(2));
}

#[tokio::test(start_paused = true)]
async fn the_worst_cost_counts_every_attempt() {
    let outline = court()
        .critics([allows("a").cost(2.0).retry(tries(3)), allows("b").cost(1.0)])
        .build()
        .outline();
    assert_eq!(outline.worst_cost, 7.0);
}

fn passages(outline: &Outline) -> Vec<String> {
    outline.passages.iter().map(|passage| format!("{}: {}", passage.critic, passage.how)).collect()
}

/// Rule 14: where a failure lets something pass is told before it does.
#[tokio::test(start_paused = true)]
async fn every_passage_is_listed() {
    let open = |name: &str| allows(name).failure_mode(FailureMode::Allow).stage(Stage::FastCritics);
    let outline = court()
        .critics([
            open("open"),
            open("watched").monitored(),
            allows("closed").stage(Stage::FastCritics),
            allows("on-violation").policy(Policy::OnViolation),
            allows("on-doubt").policy(Policy::on_uncertainty()),
            allows("conditional").when(|_: View<'_>| true),
            allows("always").seated(),
        ])
        .build()
        .outline();
    assert_eq!(
        passages(&outline),
        [
            "open: fails open: what it would have found passes unseen",
            "open: fails open: the gate of `on-violation` may stay closed",
            "open: fails open: the gate of `conditional` may stay closed",
        ]
    );
}

/// An outline is written as JSON, with its words in place.
#[tokio::test(start_paused = true)]
async fn an_outline_shows_who_sees_whom() {
    let outline = court()
        .critics([
            allows("first").stage(Stage::FastCritics),
            allows("guard").policy(Policy::OnViolation).priority(7),
            allows("small").priority(2),
        ])
        .build()
        .outline();
    let guard = &outline.stages[1].critics[1];
    assert_eq!((guard.name.as_str(), guard.policy.as_str()), ("guard", "on_violation"));
    assert_eq!(guard.sees, ["first", "small"]);
    let json = serde_json::to_value(&outline).unwrap();
    assert_eq!(json["stages"][1]["critics"][1]["sees"][0], "first");
    assert_eq!(json["timeout_ms"], 10_000.0);
}
