//! Runs: one critic, several, none; time, failures, panics, and all of it together.

use tokio::time::Instant;
use tribunal_core::{
    Cause, CriticInfo, CriticName, FailureMode, Opinion, Snapshot, Stage, StageTiming, Status,
    Verdict, async_critic,
};
use tribunal_testkit::*;
use tribunal_v2::OrchestratorV2;

use crate::{judge, some, with};

#[tokio::test(start_paused = true)]
async fn one_critic_gives_one_outcome() {
    let report = judge(with([objects("a", 0.5)])).await;
    assert_eq!(report.outcomes().len(), 1);
    assert_eq!(report["a"].status, Status::Success);
    assert_eq!(report["a"].attempts, 1);
    assert_eq!(report.verdict, Verdict::Review);
}

#[tokio::test(start_paused = true)]
async fn several_critics_give_their_outcomes_in_the_order_they_were_added() {
    let report = judge(with([takes("c", secs(1)), allows("a"), objects("b", 0.9)])).await;
    let names: Vec<_> = report.outcomes().map(|(info, _)| info.name.as_str()).collect();
    assert_eq!(names, ["c", "a", "b"]);
    assert_eq!(report.verdict, Verdict::Block);
}

/// Rule 14: nobody asked is nobody heard.
#[tokio::test(start_paused = true)]
async fn no_critic_at_all_is_review() {
    let report = judge(OrchestratorV2::builder()).await;
    assert_eq!(report.verdict, Verdict::Review);
    assert_eq!(report.causes, [Cause::NoOpinion]);
    assert!(report.stages.is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_timeout_is_two_seconds_unless_set() {
    assert_eq!(judge(with([hangs("a")])).await.elapsed, secs(2));
    assert_eq!(judge(with([hangs("a")]).timeout(secs(7))).await.elapsed, secs(7));
}

/// Rule 13: a timeout stays with its critic.
#[tokio::test(start_paused = true)]
async fn a_timeout_is_isolated() {
    let report = judge(with([hangs("a"), objects("b", 0.1), takes("c", secs(1))])).await;
    assert_eq!(report["a"].status, Status::Timeout);
    assert_eq!(report["b"].status, Status::Success);
    assert_eq!(report["c"].status, Status::Success);
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_an_outcome() {
    let report = judge(with([fails("a")])).await;
    assert_eq!(report["a"].status, Status::Error);
    assert_eq!(report["a"].reason.as_ref().unwrap().to_string(), "error: scripted");
    assert_eq!(report.verdict, Verdict::Review);
}

/// Rule 13: a failure stays with its critic.
#[tokio::test(start_paused = true)]
async fn a_failure_is_isolated() {
    let report = judge(with([fails("a"), allows("b"), fails_transiently("c")])).await;
    assert_eq!(report["b"].status, Status::Success);
    assert_eq!(report["c"].attempts, 1, "retries are for the production orchestrator");
}

/// Rule 3: ten seconds of work are done in one.
#[tokio::test(start_paused = true)]
async fn ten_critics_of_one_second_take_one_second() {
    let report = judge(with((0..10).map(|n| takes(&format!("c{n}"), secs(1))))).await;
    assert_eq!(report.elapsed, secs(1));
    assert!(report.outcomes().all(|(_, outcome)| outcome.status == Status::Success));
}

/// More critics than a task may poll in one go without giving way.
#[tokio::test(start_paused = true)]
async fn a_thousand_critics_have_a_thousand_outcomes() {
    let critics = (0..1000).map(|n| match n % 4 {
        0 => allows(&format!("c{n}")),
        1 => takes(&format!("c{n}"), millis(n)),
        2 => critic(&format!("c{n}")).then(Step::allows().pends(3)),
        _ => hangs(&format!("c{n}")),
    });
    let report = judge(with(critics)).await;
    let of = |status| report.outcomes().filter(|(_, outcome)| outcome.status == status).count();
    assert_eq!((of(Status::Success), of(Status::Timeout)), (750, 250));
}

#[tokio::test(start_paused = true)]
async fn times_are_measured_for_each_critic_and_for_the_run() {
    let report = judge(with([allows("a"), takes("b", millis(300)), hangs("c")])).await;
    assert_eq!(report["a"].execution(), secs(0));
    assert_eq!(report["b"].execution(), millis(300));
    assert_eq!(report["c"].execution(), secs(2));
    assert_eq!(report.queued, secs(0));
    assert_eq!(
        report.stages.iter().collect::<Vec<_>>(),
        [StageTiming { stage: Stage::CoreAnalysis, elapsed: secs(2) }]
    );
}

/// Rule 13: in the call, in a poll and in drop.
#[tokio::test(start_paused = true)]
async fn panics_are_isolated_wherever_they_come_from() {
    let critics =
        [panics("call"), panics_later("poll"), panics_when_dropped("drop"), allows("fine")];
    let report = judge(with(critics)).await;
    assert_eq!(report["call"].reason.as_ref().unwrap().to_string(), "panicked");
    assert_eq!(report["poll"].reason.as_ref().unwrap().to_string(), "panicked");
    assert_eq!(report["drop"].status, Status::Timeout);
    assert_eq!(report["fine"].status, Status::Success);
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_drop_does_not_reach_whoever_drops_the_run() {
    let tribunal = with([panics_when_dropped("a"), hangs("b")]).build().unwrap();
    let run = tokio::time::timeout(millis(5), tribunal.run_all(some()));
    assert!(run.await.is_err());
}

/// Rule 15: what is not a number is not a verdict.
#[tokio::test(start_paused = true)]
async fn a_nan_is_invalid_and_shown_as_such() {
    let report = judge(with([lies("a")])).await;
    assert_eq!(report["a"].status, Status::Invalid);
    let reason = report["a"].reason.as_ref().unwrap().to_string();
    assert_eq!(reason, "invalid opinion: severity must lie within 0 to 1, found NaN");
}

/// Rule 11: who blocks the thread past the deadline is late, and so is whoever could not start because of it.
#[tokio::test(start_paused = true)]
async fn a_critic_that_blocks_past_the_deadline_is_late() {
    let next = allows("next");
    let probe = next.probe();
    let report = judge(with([allows("before"), late("late", secs(3)), next])).await;
    assert_eq!(report["before"].status, Status::Success);
    assert_eq!(report["late"].status, Status::Timeout);
    assert_eq!(report["next"].status, Status::Timeout);
    assert_eq!((probe.calls(), report["next"].attempts), (0, 0));
    assert_eq!(report.verdict, Verdict::Review);
}

/// Rule 11: an answer that comes together with the deadline comes too late, each time.
#[tokio::test(start_paused = true)]
async fn an_answer_at_the_deadline_is_late() {
    let report = judge(with([takes("a", secs(2)), takes("b", millis(1999))])).await;
    assert_eq!(report["a"].status, Status::Timeout);
    assert_eq!(report["b"].status, Status::Success);
}

/// Rule 11: a critic that never gives the task a rest cannot keep the deadline from being seen.
#[tokio::test(start_paused = true)]
async fn a_critic_that_is_always_busy_times_out() {
    let busy = async_critic(|_: Snapshot| async {
        loop {
            tokio::time::advance(millis(100)).await;
            loop {
                // Uses up what the task may do before it has to give way.
                tokio::task::consume_budget().await;
                if !tokio::task::coop::has_budget_remaining() {
                    break;
                }
            }
        }
    });
    let report = judge(with([allows("a")]).critic("busy", busy)).await;
    assert_eq!(report["busy"].status, Status::Timeout);
}

/// Rule 18: nothing is left behind.
#[tokio::test(start_paused = true)]
async fn dropping_the_run_cancels_every_critic() {
    let all = Probe::new();
    let critics = [hangs("a"), takes("b", secs(1)), allows("c")];
    let tribunal = with(critics.map(|critic| critic.probed_by(&all))).build().unwrap();
    let run = tokio::time::timeout(millis(10), tribunal.run_all(some()));
    assert!(run.await.is_err());
    assert_eq!((all.answered(), all.cancelled(), all.in_flight()), (1, 2, 0));
}

/// Rule 14: failing open is possible, and never silent.
#[tokio::test(start_paused = true)]
async fn whoever_fails_open_is_named() {
    let critics = [fails("a"), allows("b"), hangs("c")];
    let report = judge(with(critics).failure_mode(FailureMode::Allow)).await;
    assert_eq!(report.verdict, Verdict::Allow);
    assert_eq!(report.let_pass, ["a", "c"]);
}

#[tokio::test(start_paused = true)]
async fn a_critic_costs_what_it_says_or_else_what_is_expected() {
    let info = |name: &str| {
        let mut info = CriticInfo::new(CriticName::new(name).unwrap());
        info.cost = 2.0;
        info
    };
    let says = critic("says").says(Opinion::clean().cost(0.5));
    let builder = OrchestratorV2::builder()
        .critic_with(info("says"), says)
        .critic_with(info("silent"), allows("silent"))
        .critic_with(info("broken"), fails("broken"));
    let report = judge(builder).await;
    assert_eq!(report["says"].cost, 0.5);
    assert_eq!(report["silent"].cost, 2.0);
    assert_eq!(report["broken"].cost, 2.0, "it was called, so it may have to be paid");
    assert_eq!(report.cost_spent, 4.5);
}

/// Rule 20: `Debug` and errors show names and sizes, and no text.
#[tokio::test(start_paused = true)]
async fn no_text_leaks_into_debug_output() {
    let private = snapshot("xyzzy");
    let hook = HookScript::new().on_failure(HookStep::fails());
    let tribunal = with([fails("a"), panics("b")]).hook(hook).build().unwrap();
    let report = tribunal.run_all(private.clone()).await;
    let written = format!("{report:?} {tribunal:?} {private:?}");
    assert!(!written.contains("xyzzy"), "{written}");
}

#[test]
fn a_run_can_be_moved_between_threads() {
    fn is_send<T: Send>(_: &T) {}
    let tribunal = with([allows("a")]).build().unwrap();
    is_send(&tribunal.run_all(some()));
}

#[tokio::test(start_paused = true)]
async fn all_of_it_together() {
    let all = Probe::new();
    let events = Events::new();
    let cache = HookScript::new().only("cached").before(HookStep::gives(Opinion::clean()));
    let fallback = HookStep::gives(Opinion::clean().severity(0.1)).after(millis(5));
    let fallback = HookScript::new().only("rescued").on_failure(fallback);
    let broken = HookScript::new().before(HookStep::panics()).after(HookStep::fails());
    let critics = [
        allows("quick"),
        fails("cached"),
        fails("rescued").after(millis(10)),
        objects("mild", 0.5).pends_once(),
        objects("strict", 0.9).after(millis(40)),
        panics_later("panics"),
        lies("lies"),
        hangs("hangs"),
        fails("fails"),
    ];
    let builder = with(critics.map(|critic| critic.probed_by(&all)))
        .hook(broken)
        .hook(cache)
        .hook(fallback)
        .observer(PanickingObserver)
        .observer(events.clone())
        .timeout(millis(500));
    let tribunal = builder.build().unwrap();
    let started = Instant::now();
    let report = tribunal.run_all(some()).await;

    let statuses: Vec<_> = report.outcomes().map(|(_, outcome)| outcome.status.as_str()).collect();
    let expected = [
        "success", "success", "success", "success", "success", "error", "invalid", "timeout",
        "error",
    ];
    assert_eq!(statuses, expected);
    assert_eq!(report.verdict, Verdict::Block);
    assert_eq!(report.causes.iter().filter_map(Cause::critic).collect::<Vec<_>>(), ["strict"]);
    assert_eq!(report.let_pass, ["rescued"]);
    assert_eq!(report.elapsed, millis(500));
    assert_eq!(started.elapsed(), report.elapsed);
    assert_eq!((all.calls(), all.in_flight()), (8, 0));
    assert_eq!(tribunal.hook_failures(), 9 + 9);
    let heard = events.all().len() as u64;
    assert_eq!((heard, tribunal.observer_panics()), (1 + 1 + 8 + 9 + 1, heard));
}
