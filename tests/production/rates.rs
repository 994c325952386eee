//! Rate limits: a burst, then a wait; and a refusal at once for what would come too late.

use futures_util::future::join_all;
use tribunal_core::{FailureMode, Status, Verdict};
use tribunal_production::Rate;
use tribunal_testkit::*;

use crate::court::{Seat, court, judge, reason, tries};

fn rate(tokens: u32, burst: u32) -> Rate {
    Rate::new(tokens, secs(1), burst).unwrap()
}

/// Rule 9: a token bucket.
#[tokio::test(start_paused = true)]
async fn calls_beyond_the_burst_wait_for_their_token() {
    let journal = Journal::new();
    let critic = allows("limited").noted_in(&journal);
    let court = court().critic(critic.rate(rate(2, 3))).build();
    let reports = join_all((0..5).map(|_| judge(&court))).await;
    assert_eq!(journal.started_at("limited"), [0, 0, 0, 500, 1_000].map(millis));
    let queued: Vec<_> = reports.iter().map(|report| report["limited"].queued()).collect();
    assert_eq!(queued, [0, 0, 0, 500, 1_000].map(millis));
}

/// Rule 9: nobody waits for what comes too late.
#[tokio::test(start_paused = true)]
async fn a_token_that_would_come_after_the_deadline_is_refused_at_once() {
    let critic = allows("limited");
    let probe = critic.probe();
    let court = court()
        .critic(critic.rate(rate(1, 1)).failure_mode(FailureMode::Block))
        .run_timeout(secs(1))
        .build();
    judge(&court).await;
    let report = judge(&court).await;
    assert_eq!(report["limited"].status, Status::RateLimited);
    assert_eq!(
        reason(&report, "limited"),
        "rate limited: the next token comes in 1.0s, after the deadline"
    );
    assert_eq!(report.elapsed, secs(0));
    assert_eq!(probe.calls(), 1);
    assert_eq!((report["limited"].attempts, report.verdict), (0, Verdict::Block));
}

/// Rule 9: with hooks around it too.
#[tokio::test(start_paused = true)]
async fn hooks_do_not_get_past_a_rate_limit() {
    let critic = allows("limited");
    let probe = critic.probe();
    let court = court()
        .critic(critic.rate(rate(1, 1)))
        .hook(HookScript::new())
        .run_timeout(millis(500))
        .build();
    assert_eq!(judge(&court).await["limited"].status, Status::Success);
    assert_eq!(judge(&court).await["limited"].status, Status::RateLimited);
    assert_eq!(probe.calls(), 1);
}

/// Rule 9: every attempt takes a token, the second try no less than the first.
#[tokio::test(start_paused = true)]
async fn a_retry_takes_a_token_of_its_own() {
    let journal = Journal::new();
    let flaky = critic("flaky").then(Step::transient()).then(Step::allows()).noted_in(&journal);
    court().critic(flaky.rate(rate(1, 1)).retry(tries(2))).run().await;
    assert_eq!(journal.started_at("flaky"), [secs(0), secs(1)]);
}

/// Rules 8 and 9: waiting for a token holds no permit.
#[tokio::test(start_paused = true)]
async fn waiting_for_a_token_holds_no_permit() {
    let court = court()
        .in_flight(1)
        .critics([allows("limited").rate(rate(1, 1)).priority(1), allows("free").priority(9)])
        .build();
    judge(&court).await;
    let report = judge(&court).await;
    assert_eq!(report["limited"].queued(), secs(1));
    assert!(report["free"].queued().is_zero());
}

/// Buckets are a critic's own.
#[tokio::test(start_paused = true)]
async fn a_rate_limit_is_the_critics_own() {
    let court = court()
        .critics([allows("limited").rate(rate(1, 1)), allows("other").rate(rate(1, 5))])
        .build();
    let reports = join_all((0..3).map(|_| judge(&court))).await;
    assert!(reports.iter().all(|report| report["other"].queued().is_zero()));
    assert_eq!(reports[2]["limited"].queued(), secs(2));
}

/// Rule 9: one provider, one quota: critics that share a bucket share its tokens.
#[tokio::test(start_paused = true)]
async fn critics_that_share_a_rate_share_its_tokens() {
    let shares = |name| allows(name).spec(|spec| spec.shares("provider"));
    let court = court()
        .settings(|settings| settings.shared_rate("provider", rate(1, 2)))
        .critics([shares("a"), shares("b"), shares("c").rate(rate(100, 100))])
        .critic(allows("free"))
        .build();
    let report = judge(&court).await;
    let waited = ["a", "b", "c", "free"].map(|name| report[name].queued());
    assert_eq!(waited, [0, 0, 1, 0].map(secs));
}

/// A rate that is not there is refused, naming the one that was meant.
#[test]
fn a_rate_that_is_not_there_is_refused() {
    let error = tribunal_production::ProductionOrchestrator::builder()
        .settings(tribunal_production::RunSettings::default().shared_rate("provider", rate(1, 2)))
        .critic(tribunal_production::CriticSpec::new("a").shares("provder"), allows("a"))
        .build()
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "critic `a`: `shares` names the rate `provder`, and there is none; did you mean `provider`?"
    );
}
