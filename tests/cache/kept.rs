//! What is kept, under what, and for how long.

use serde_json::json;
use tribunal_cache::{CacheError, ResultCache};
use tribunal_core::{
    CriticInfo, CriticName, FailureMode, Opinion, Pointer, Reads, Snapshot, Source, Status,
    Verdict, async_critic, reading,
};
use tribunal_testkit::*;
use tribunal_tests::{Engine, Panel, Seat, seat};

use crate::{cache, reads_input, with};

pub(crate) async fn the_same_again_is_answered_for<E: Engine>() {
    let cache = cache();
    let (critic, probe) = reads_input(critic("x").says(Opinion::clean().severity(0.9).cost(3.0)));
    let engine: E = with(critic, &cache);
    let first = engine.run(snapshot("a")).await;
    let again = engine.run(snapshot("a")).await;
    assert_eq!(probe.calls(), 1);
    assert_eq!((first["x"].source, again["x"].source), (Source::Critic, Source::Cache));
    assert_eq!(first["x"].opinion, again["x"].opinion);
    assert_eq!((first.verdict, again.verdict), (Verdict::Block, Verdict::Block));
    assert_eq!((first.cost_spent, again.cost_spent), (3.0, 0.0));
    assert_eq!((cache.hits(), cache.misses(), cache.waits(), cache.entries()), (1, 1, 0, 1));
}

pub(crate) async fn only_what_the_critic_reads_counts<E: Engine>() {
    let cache = cache();
    let parts = ["/input_text", "/context/tenant"].map(|part| part.parse::<Pointer>().unwrap());
    let critic = allows("x").reading(Reads::snapshot(parts));
    let probe = critic.probe();
    let engine: E = with(critic, &cache);
    let base = || Snapshot::builder().input_text("a").with("tenant", "t");
    for (snapshot, calls) in [
        (base(), 1),
        (base().trace_id("other").with("more", json!([1])).model_response("other"), 1),
        (base().attribute("tenant", "other"), 1),
        (base().with("tenant", "other"), 2),
        (base().with("tenant", json!(null)), 3),
        (Snapshot::builder().input_text("a"), 4),
        (base().input_text("b"), 5),
        (base(), 5),
    ] {
        engine.run(snapshot.build()).await;
        assert_eq!(probe.calls(), calls);
    }
}

/// It may read what its neighbours said, or the time.
pub(crate) async fn a_critic_that_does_not_say_what_it_reads_is_called_each_time<E: Engine>() {
    let cache = cache();
    let critic = takes("x", secs(1));
    let probe = critic.probe();
    let engine: E = with(critic, &cache);
    tokio::join!(engine.run(snapshot("a")), engine.run(snapshot("a")));
    engine.run(snapshot("a")).await;
    assert_eq!(probe.calls(), 3);
    assert_eq!((cache.hits(), cache.misses(), cache.entries()), (0, 0, 0));
}

pub(crate) async fn another_configuration_is_another_critic<E: Engine>() {
    let cache = cache();
    let (critic, probe) = reads_input(allows("x"));
    let plain: E = with(critic.clone(), &cache);
    let closed = seat(critic).failure_mode(FailureMode::Block);
    let other: E = E::build(Panel::of([closed]).hook(cache.clone()));
    for engine in [&plain, &other, &plain, &other] {
        engine.run(snapshot("a")).await;
    }
    assert_eq!((probe.calls(), cache.hits()), (2, 2));
}

/// Their code may differ, and no digest can tell.
pub(crate) async fn critics_without_a_fingerprint_are_kept_apart<E: Engine>() {
    let cache = cache();
    let ((one, _), (other, probe)) = (reads_input(allows("x")), reads_input(objects("x", 0.9)));
    let (one, other): (E, E) = (with(one, &cache), with(other, &cache));
    let (one, other) = (one.run(snapshot("a")).await, other.run(snapshot("a")).await);
    assert_eq!(one.config_hash, other.config_hash);
    assert_eq!((one.verdict, other.verdict), (Verdict::Allow, Verdict::Block));
    assert_eq!(probe.calls(), 1);
}

pub(crate) async fn an_answer_grows_old<E: Engine>() {
    let cache = ResultCache::builder().time_to_live(secs(10)).build().unwrap();
    let (critic, probe) = reads_input(allows("x"));
    let engine: E = with(critic, &cache);
    for (after, calls) in [(0, 1), (9, 1), (1, 2), (9, 2)] {
        tokio::time::advance(secs(after)).await;
        engine.run(snapshot("a")).await;
        assert_eq!(probe.calls(), calls, "{after}");
    }
}

pub(crate) async fn an_answer_does_not_get_younger_by_being_given<E: Engine>() {
    let cache = ResultCache::builder().time_to_live(secs(10)).build().unwrap();
    let (critic, probe) = reads_input(allows("x"));
    let engine: E = with(critic, &cache);
    for _ in 0..12 {
        engine.run(snapshot("a")).await;
        tokio::time::advance(secs(1)).await;
    }
    assert_eq!(probe.calls(), 2);
}

/// Rule 14: a failure is tried again, and never becomes an answer.
pub(crate) async fn failures_are_not_kept<E: Engine>() {
    for broken in [fails("x"), panics("x"), lies("x"), hangs("x"), late("x", secs(30))] {
        let cache = cache();
        let (critic, probe) = reads_input(broken);
        let engine: E = with(critic, &cache);
        for _ in 0..2 {
            let report = engine.run(snapshot("a")).await;
            assert_ne!(report["x"].status, Status::Success);
            assert_eq!(report.verdict, Verdict::Review);
        }
        assert_eq!((probe.calls(), cache.entries(), cache.hits()), (2, 0, 0));
    }
}

/// Rule 14: it stood in for one failure, and not for the next.
pub(crate) async fn a_fallback_is_not_kept<E: Engine>() {
    let cache = cache();
    let (critic, probe) = reads_input(fails("x"));
    let fallback = HookScript::new().on_failure(HookStep::gives(Opinion::clean()));
    let engine: E = E::build(Panel::of([critic]).hook(cache.clone()).hook(fallback));
    for _ in 0..2 {
        assert_eq!(engine.run(snapshot("a")).await["x"].source, Source::Fallback);
    }
    assert_eq!((probe.calls(), cache.entries()), (2, 0));
}

pub(crate) async fn what_came_from_another_cache_is_not_kept<E: Engine>() {
    let cache = cache();
    let (critic, probe) = reads_input(allows("x"));
    let other = HookScript::new().before(HookStep::gives(Opinion::clean()));
    let engine: E = E::build(Panel::of([critic]).hook(cache.clone()).hook(other));
    for _ in 0..2 {
        assert_eq!(engine.run(snapshot("a")).await["x"].source, Source::Cache);
    }
    assert_eq!((probe.calls(), cache.entries(), cache.hits()), (0, 0, 0));
}

pub(crate) async fn what_is_kept_is_bounded_in_entries<E: Engine>() {
    let cache = ResultCache::builder().max_entries(10).build().unwrap();
    let (critic, _) = reads_input(allows("x"));
    let engine: E = with(critic, &cache);
    for number in 0..200 {
        engine.run(snapshot(&number.to_string())).await;
    }
    assert!((1..=10).contains(&cache.entries()), "{}", cache.entries());
}

pub(crate) async fn what_is_kept_is_bounded_in_bytes<E: Engine>() {
    let long = Opinion::clean().detail("quote", "x".repeat(1_000));
    let cache = ResultCache::builder().max_bytes(20_000).build().unwrap();
    let (critic, _) = reads_input(critic("x").says(long.clone()));
    let engine: E = with(critic, &cache);
    for number in 0..200 {
        engine.run(snapshot(&number.to_string())).await;
    }
    assert!((1..20).contains(&cache.entries()), "{}", cache.entries());

    let small = ResultCache::builder().max_bytes(1_000).build().unwrap();
    let (critic, probe) = reads_input(tribunal_testkit::critic("x").says(long));
    let engine: E = with(critic, &small);
    engine.run(snapshot("a")).await;
    engine.run(snapshot("a")).await;
    assert_eq!((small.entries(), probe.calls()), (0, 2));
}

/// Rule 19: a critic on trial costs no more than one that counts.
pub(crate) async fn a_monitored_critic_is_answered_for_too<E: Engine>() {
    let cache = cache();
    let (critic, probe) = reads_input(objects("x", 0.9));
    let panel = Panel::of([seat(critic).monitored()]).and(allows("y")).hook(cache.clone());
    let engine = E::build(panel);
    for source in [Source::Critic, Source::Cache] {
        let report = engine.run(snapshot("a")).await;
        assert_eq!((report["x"].source, report.verdict), (source, Verdict::Allow));
        assert_eq!(report["x"].calls_for, Some(Verdict::Block));
    }
    assert_eq!(probe.calls(), 1);
}

pub(crate) async fn a_cache_may_keep_to_some_critics<E: Engine>() {
    let cache = ResultCache::builder().only(["dear"]).build().unwrap();
    let ((dear, of_dear), (cheap, of_cheap)) =
        (reads_input(allows("dear")), reads_input(allows("cheap")));
    let engine = E::build(Panel::of([dear, cheap]).hook(cache.clone()));
    for _ in 0..3 {
        engine.run(snapshot("a")).await;
    }
    assert_eq!((of_dear.calls(), of_cheap.calls(), cache.misses()), (1, 3, 1));
}

pub(crate) async fn a_closure_that_says_what_it_reads_is_answered_for<E: Engine>() {
    let cache = cache();
    let judge = async_critic(|_: Snapshot| async { Ok(Opinion::clean()) });
    let judge = reading(Reads::snapshot([Pointer::input_text()]), judge);
    let info = CriticInfo::new(CriticName::new("judge").unwrap());
    let seat = Seat { info, critic: std::sync::Arc::new(judge) };
    let engine = E::build(Panel::of([seat]).hook(cache.clone()));
    engine.run(snapshot("a")).await;
    assert_eq!(engine.run(snapshot("a")).await["judge"].source, Source::Cache);
}

#[test]
fn bounds_that_make_no_cache_are_refused() {
    let build = |cache: tribunal_cache::Builder| cache.build().map(drop);
    let cache = ResultCache::builder;
    assert_eq!(build(cache().max_entries(0)), Err(CacheError::Entries(0)));
    assert_eq!(build(cache().max_entries(u64::MAX)), Err(CacheError::Entries(u64::MAX)));
    assert_eq!(build(cache().max_bytes(0)), Err(CacheError::Bytes(0)));
    assert_eq!(build(cache().max_bytes(1 << 32)), Err(CacheError::Bytes(1 << 32)));
    assert_eq!(build(cache().time_to_live(secs(0))), Err(CacheError::TimeToLive(secs(0))));
    let long = ResultCache::LONGEST_TIME_TO_LIVE + secs(1);
    assert_eq!(build(cache().time_to_live(long)), Err(CacheError::TimeToLive(long)));
    let most = cache().max_entries(ResultCache::MOST_ENTRIES).max_bytes(ResultCache::MOST_BYTES);
    assert_eq!(build(most.time_to_live(ResultCache::LONGEST_TIME_TO_LIVE)), Ok(()));
}
