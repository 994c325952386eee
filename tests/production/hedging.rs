//! A second call beside a slow one.

use std::num::NonZeroU32;

use tribunal_core::{FailureMode, Opinion, Status, Verdict, Violation};
use tribunal_production::{Hedge, ProductionOrchestrator, Rate, Validation};
use tribunal_testkit::*;

use crate::court::{Court, Seat, Seated, court, judge, reason, tries};

/// So many calls that need no hedge pay for one.
const PAID: usize = 20;

fn hedged(critic: impl Seat) -> Seated {
    critic.timeout(secs(1)).spec(|spec| spec.hedge(Hedge::after(millis(100))))
}

/// Twenty calls that answer at once, and then these.
fn after_quick_ones(steps: impl IntoIterator<Item = Step>) -> Scripted {
    let quick = (0..PAID).fold(critic("x"), |critic, _| critic.then(Step::allows()));
    steps.into_iter().fold(quick, Scripted::then)
}

async fn paid(court: Court) -> ProductionOrchestrator {
    let court = court.build();
    for _ in 0..PAID {
        assert_eq!(judge(&court).await["x"].hedges, 0);
    }
    court
}

#[tokio::test(start_paused = true)]
async fn the_first_answer_of_the_two_counts() {
    let slow = after_quick_ones([Step::hangs(), Step::objects(0.5).after(millis(30))]);
    let probe = Probe::new();
    let court = paid(court().critic(hedged(slow.probed_by(&probe)).cost(2.0))).await;
    let report = judge(&court).await;
    let outcome = &report["x"];
    assert_eq!(outcome.opinion.as_ref().unwrap().violations[0].severity, 0.5);
    assert_eq!((outcome.attempts, outcome.hedges), (2, 1));
    assert_eq!((report.elapsed, outcome.execution()), (millis(130), millis(130)));
    assert_eq!(outcome.cost, 4.0, "both calls are paid for");
    assert_eq!(probe.in_flight(), 0, "the slow one is cancelled");
    assert_eq!(court.metrics().critics[0].counts.hedges, 1);
    assert_eq!(court.metrics().critics[0].counts.retries, 0);

    let slow = after_quick_ones([Step::objects(0.5).after(millis(120)), Step::hangs()]);
    let court = paid(crate::court::court().critic(hedged(slow))).await;
    let report = judge(&court).await;
    assert_eq!((report.elapsed, report["x"].hedges), (millis(120), 1));
}

/// At most one call in twenty gets a second one, whatever happens.
#[tokio::test(start_paused = true)]
async fn of_a_hundred_calls_five_are_hedged() {
    let slow = takes("x", millis(500));
    let court = court().critic(hedged(slow)).build();
    let mut hedges = 0;
    for _ in 0..400 {
        hedges += judge(&court).await["x"].hedges;
    }
    assert_eq!(hedges, 20);
}

/// Rule 8: a hedge needs a permit like any call, and never waits for one.
#[tokio::test(start_paused = true)]
async fn without_a_free_permit_there_is_no_hedge() {
    let slow = || after_quick_ones([Step::allows().after(millis(500))]);
    let limits: [fn(Court) -> Court; 3] = [
        |court| court.in_flight(1),
        |court| court.settings(|s| s.stage_max_in_flight(tribunal_core::Stage::CoreAnalysis, 1)),
        |court| court,
    ];
    for (at, limit) in limits.into_iter().enumerate() {
        let critic = hedged(slow());
        let critic = if at == 2 { critic.max_in_flight(1) } else { critic };
        let court = paid(limit(court()).critic(critic)).await;
        let report = judge(&court).await;
        assert_eq!((report.elapsed, report["x"].hedges), (millis(500), 0), "limit {at}");
    }
}

/// Rule 9: nor does it wait for a token.
#[tokio::test(start_paused = true)]
async fn without_a_token_there_is_no_hedge() {
    let burst = |burst| {
        let burst = NonZeroU32::new(burst).unwrap().get();
        Rate::new(1, secs(3_600), burst).unwrap()
    };
    for (tokens, hedges) in [(21, 0), (22, 1)] {
        let slow = after_quick_ones([Step::allows().after(millis(500))]);
        let court = paid(court().critic(hedged(slow).rate(burst(tokens)))).await;
        assert_eq!(judge(&court).await["x"].hedges, hedges, "{tokens} tokens");
    }
}

/// Rule 17: nor does it cost what the run does not have.
#[tokio::test(start_paused = true)]
async fn over_budget_there_is_no_hedge() {
    for (most, hedges) in [(1.5, 0), (2.0, 1)] {
        let slow = after_quick_ones([Step::allows().after(millis(500))]);
        let court = court().settings(|s| s.max_cost(most)).critic(hedged(slow).cost(1.0));
        assert_eq!(judge(&paid(court).await).await["x"].hedges, hedges, "{most}");
    }
}

/// One of the two that fails, or says what is not valid, leaves it to the other.
#[tokio::test(start_paused = true)]
async fn a_failure_of_one_leaves_it_to_the_other() {
    let fails = [Step::transient(), Step::permanent(), Step::panics(), Step::lies()];
    for failure in fails {
        for first_fails in [true, false] {
            let early = failure.clone().after(millis(120));
            let good = Step::objects(0.5).after(millis(300));
            let steps = if first_fails { [early, good] } else { [good, failure.clone()] };
            let court = paid(court().critic(hedged(after_quick_ones(steps)))).await;
            let report = judge(&court).await;
            assert_eq!(report["x"].status, Status::Success, "{failure:?} {first_fails}");
            assert_eq!((report["x"].attempts, report["x"].hedges), (2, 1));
            let expected = if first_fails { millis(400) } else { millis(300) };
            assert_eq!((report.elapsed, report["x"].execution()), (expected, expected));
        }
    }
}

/// What a critic's rules refuse does not win either.
#[tokio::test(start_paused = true)]
async fn an_opinion_that_is_not_valid_does_not_win() {
    let bare = Opinion::clean();
    let steps = [
        Step::says(Opinion::clean().score(0.5)).after(millis(300)),
        Step::says(bare).after(millis(10)),
    ];
    let rules = Validation::new().require("/score".parse().unwrap());
    let scored = (0..PAID).fold(critic("x"), |c, _| c.says(Opinion::clean().score(0.1)));
    let critic = steps.into_iter().fold(scored, Scripted::then);
    let court = paid(court().critic(hedged(critic).validation(rules))).await;
    let report = judge(&court).await;
    assert_eq!((report["x"].status, report.elapsed), (Status::Success, millis(300)));
}

/// Rule 11: both are one attempt with one deadline.
#[tokio::test(start_paused = true)]
async fn two_calls_have_one_deadline() {
    let probe = Probe::new();
    let slow = after_quick_ones([Step::hangs()]).probed_by(&probe);
    let court = paid(court().critic(hedged(slow))).await;
    let report = judge(&court).await;
    assert_eq!(reason(&report, "x"), "timeout: the critic ran out of time");
    assert_eq!((report.elapsed, report["x"].execution()), (secs(1), secs(1)));
    assert_eq!((report["x"].attempts, probe.in_flight()), (2, 0));

    // Also when one of them has failed before.
    let steps = [Step::permanent().after(millis(150)), Step::hangs()];
    let court = paid(crate::court::court().critic(hedged(after_quick_ones(steps)))).await;
    let report = judge(&court).await;
    assert_eq!((report["x"].status, report.elapsed), (Status::Timeout, secs(1)));
}

/// Rule 12: hedges are no retries, and do not use them up.
#[tokio::test(start_paused = true)]
async fn a_hedge_is_no_retry() {
    let steps = [
        Step::transient().after(millis(200)),
        Step::transient().after(millis(200)),
        Step::objects(0.5),
    ];
    let critic = hedged(after_quick_ones(steps)).retry(tries(2));
    let court = paid(court().critic(critic)).await;
    let report = judge(&court).await;
    assert_eq!((report["x"].status, report["x"].attempts), (Status::Success, 3));
    assert_eq!(report["x"].hedges, 1);
}

/// A percentile is learned from what succeeded; before that nothing is hedged.
#[tokio::test(start_paused = true)]
async fn a_percentile_is_learned() {
    let quick =
        (0..64).fold(critic("x"), |c, at| c.then(Step::allows().after(millis(10 + at % 4))));
    let critic = quick.then(Step::hangs()).then(Step::objects(0.5));
    let critic = critic.timeout(secs(1)).spec(|spec| spec.hedge(Hedge::percentile(95.0)));
    let court = court().critic(critic).build();
    for _ in 0..64 {
        assert!(judge(&court).await["x"].opinion.is_some());
    }
    let report = judge(&court).await;
    assert_eq!(report["x"].hedges, 1, "{:?}", report["x"]);
    assert!(report.elapsed >= millis(10) && report.elapsed <= millis(20), "{:?}", report.elapsed);
}

/// Rule 16: what an early exit cuts off tells of its hedge, which is counted as one and not as a retry.
#[tokio::test(start_paused = true)]
async fn a_hedge_that_is_cut_off_is_told_of() {
    let slow = after_quick_ones([Step::hangs(), Step::hangs()]);
    let blocks = (0..PAID).fold(critic("blocks"), |critic, _| critic.then(Step::allows()));
    let blocks = blocks.then(Step::objects(0.9).after(millis(200)));
    let court = paid(court().early_exit().critic(hedged(slow).cost(2.0)).critic(blocks)).await;
    let report = judge(&court).await;
    assert_eq!(reason(&report, "x"), "skipped: verdict settled");
    assert_eq!((report["x"].attempts, report["x"].hedges, report["x"].cost), (2, 1, 4.0));
    let counts = court.metrics().critics[0].counts;
    assert_eq!((counts.hedges, counts.retries), (1, 0));
}

/// I10: a block that could be read stays one, whichever of the two calls gave it, and whatever the other would say.
#[tokio::test(start_paused = true)]
async fn what_one_of_the_two_objected_to_is_not_left_to_the_other() {
    let objection = Violation::new("test.objection", "objected to", 0.9);
    let broken = || Step::says(Opinion::objection(objection.clone()).uncertainty(f64::NAN));
    for other in
        [Step::hangs(), Step::permanent().after(millis(400)), Step::allows().after(millis(400))]
    {
        let early = [broken().after(millis(120)), other.clone()];
        for steps in [early, [other.clone(), broken()], [other, broken().after(millis(10))]] {
            let critic = hedged(after_quick_ones(steps)).failure_mode(FailureMode::Allow);
            let report = judge(&paid(court().critic(critic)).await).await;
            assert_eq!(report["x"].status, Status::Invalid);
            assert_eq!(report.verdict, Verdict::Block);
        }
    }
}

/// Rule 9: a hedge that is not made takes no token.
#[tokio::test(start_paused = true)]
async fn who_gets_no_hedge_pays_no_token() {
    let rate = Rate::new(1, secs(3_600), 40).unwrap();
    let shared = Rate::new(1, secs(3_600), 30).unwrap();
    let court = court()
        .settings(|settings| settings.shared_rate("provider", shared))
        .critic(hedged(takes("x", millis(500))).rate(rate).spec(|spec| spec.shares("provider")))
        .build();
    // One of the first twenty-nine is hedged, which takes the thirtieth token.
    for call in 0..29 {
        assert_eq!(judge(&court).await["x"].status, Status::Success, "call {call}");
    }
    assert_eq!(judge(&court).await["x"].status, Status::RateLimited);
}

/// Rule 11: both calls are one attempt, so when its time is up there is no second one, nor does its answer count.
#[tokio::test(start_paused = true)]
async fn a_hedge_has_no_more_time_than_the_call_beside_it() {
    let hangs_once = || after_quick_ones([Step::hangs(), Step::objects(0.5)]);
    // The thread is blocked from before the first call is slow until its time is up, or past it.
    for blocked in [secs(1), millis(1_500)] {
        let blocker = (0..PAID).fold(critic("y"), |critic, _| critic.then(Step::allows()));
        let blocker = blocker.then(Step::allows().blocks(blocked)).priority(9).timeout(secs(60));
        let court = paid(court().critic(hedged(hangs_once())).critic(blocker)).await;
        let report = judge(&court).await;
        assert_eq!((report["x"].status, report["x"].hedges), (Status::Timeout, 0), "{blocked:?}");
    }
    // The second call itself goes on for longer than that.
    let slow = after_quick_ones([Step::hangs(), Step::allows().blocks(millis(950))]);
    let report = judge(&paid(court().critic(hedged(slow))).await).await;
    assert_eq!((report["x"].status, report["x"].hedges), (Status::Timeout, 1));
}
