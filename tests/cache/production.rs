//! The cache among limits, retries, gates and lenient validation.

use futures_util::future::join_all;
use serde_json::json;
use tribunal_cache::ResultCache;
use tribunal_core::{
    Answer, Condition, Critic, Opinion, Reads, Review, Snapshot, Source, Stage, Verdict, View,
};
use tribunal_production::{CriticSpec, Policy, ProductionOrchestrator, RunSettings, Validation};
use tribunal_testkit::*;

use crate::{cache, reads_input};

fn court(spec: CriticSpec, critic: impl Critic, cache: &ResultCache) -> ProductionOrchestrator {
    let settings = RunSettings::default();
    let builder = ProductionOrchestrator::builder().settings(settings).critic(spec, critic);
    builder.hook(cache.clone()).build().unwrap()
}

/// The config hash tells them apart where they differ, so an orchestrator that was built again starts warm.
#[tokio::test(start_paused = true)]
async fn critics_of_the_same_fingerprint_and_configuration_share_answers() {
    let cache = cache();
    let (critic, probe) = reads_input(allows("x"));
    let build =
        |print: &str| court(CriticSpec::new("x").fingerprint(print), critic.clone(), &cache);
    for (print, calls) in [("1", 1), ("1", 1), ("2", 2), ("1", 2)] {
        build(print).run_all(snapshot("a")).await.unwrap();
        assert_eq!(probe.calls(), calls);
    }
}

/// Rule 15: what was let pass once is not made an answer for others.
#[tokio::test(start_paused = true)]
async fn an_opinion_with_faults_is_not_kept() {
    let cache = cache();
    let (critic, probe) = reads_input(allows("x"));
    let validation = Validation::new().require("/score".parse().unwrap()).lenient();
    let court = court(CriticSpec::new("x").validation(validation), critic, &cache);
    for _ in 0..2 {
        let report = court.run_all(snapshot("a")).await.unwrap();
        assert!(report["x"].opinion.is_some() && report["x"].reason.is_some());
    }
    assert_eq!((probe.calls(), cache.entries()), (2, 0));
}

/// Rule 8: those who wait take no permit, and the one who is waited for needs only one.
#[tokio::test(start_paused = true)]
async fn identical_calls_take_one_permit() {
    let cache = cache();
    let (critic, probe) = reads_input(takes("x", secs(1)));
    let court = court(CriticSpec::new("x").max_in_flight(1), critic, &cache);
    let reports = join_all((0..5).map(|_| court.run_all(snapshot("a")))).await;
    assert_eq!(probe.calls(), 1);
    assert!(reports.iter().all(|report| report.as_ref().unwrap().elapsed == secs(1)));
}

/// A leader that waits for its turn is waited for no longer than a call may take.
#[tokio::test(start_paused = true)]
async fn who_has_waited_as_long_as_a_call_may_take_makes_it() {
    let cache = cache();
    let (critic, probe) = reads_input(objects("x", 0.9).after(millis(1_500)));
    let spec = CriticSpec::new("x").max_in_flight(1).timeout(secs(2));
    let court = court(spec, critic, &cache);
    let reports = ["first", "second", "third", "third"].map(|text| court.run_all(snapshot(text)));
    for report in join_all(reports).await {
        assert_eq!(report.unwrap().verdict, Verdict::Block);
    }
    // The third waits for two others, 3 s; the fourth gives up waiting for it after 2 s and queues behind it.
    assert_eq!((probe.calls(), cache.waits()), (4, 0));
    assert_eq!(court.metrics().hook_failures, 1);
}

/// Rule 16: a verdict that is settled cancels the leader, and one of those who wait goes on.
#[tokio::test(start_paused = true)]
async fn a_leader_that_is_cut_off_by_early_exit_is_followed_by_another() {
    let cache = cache();
    let (critic, probe) = reads_input(takes("x", secs(2)));
    let block_at_once = |early: bool| {
        let blocks = objects("blocks", 0.9).after(secs(1));
        ProductionOrchestrator::builder()
            .settings(RunSettings::default().early_exit(early))
            .critic(CriticSpec::new("x").fingerprint("x").timeout(secs(5)), critic.clone())
            .critic(CriticSpec::new("blocks").policy(Policy::when(Asked)), blocks)
            .hook(cache.clone())
            .build()
            .unwrap()
    };
    let court = block_at_once(true);
    let asks = |blocks: bool| Snapshot::builder().input_text("a").with("blocks", blocks).build();
    let (cut, whole) = tokio::join!(court.run_all(asks(true)), court.run_all(asks(false)));
    let (cut, whole) = (cut.unwrap(), whole.unwrap());
    assert_eq!((cut.verdict, cut.elapsed), (Verdict::Block, secs(1)));
    assert_eq!((whole["x"].source, whole.elapsed), (Source::Critic, secs(3)));
    assert_eq!((probe.calls(), probe.cancelled()), (2, 1));
}

/// Whether the snapshot asks for it.
struct Asked;

impl Condition for Asked {
    fn holds(&self, view: View<'_>) -> Result<bool, tribunal_core::ConditionError> {
        Ok(view.snapshot().context().get("blocks") == Some(&json!(true)))
    }
}

/// A critic that panics when it is asked what it reads is a critic of which nothing is known.
#[tokio::test(start_paused = true)]
async fn a_declaration_that_panics_declares_nothing() {
    struct Shy;
    impl Critic for Shy {
        fn review<'a>(&'a self, _: View<'a>) -> Review<'a> {
            Answer::now(Ok(Opinion::clean()))
        }
        fn reads(&self) -> Reads {
            panic!("as scripted")
        }
    }
    let cache = cache();
    let court = court(CriticSpec::new("x").stage(Stage::FastCritics), Shy, &cache);
    assert_eq!(court.critics()[0].reads, Reads::Unknown);
    assert_eq!(court.run_all(snapshot("a")).await.unwrap().verdict, Verdict::Allow);
}
