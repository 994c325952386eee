//! What the document says.

use tokio::time::sleep;
use tribunal_core::{Answer, Mode, Opinion, RiskLevel, Snapshot, Stage, Violation, critic_fn};
use tribunal_metrics::{Meters, Sources};
use tribunal_production::{
    BreakerSettings, Builder, Canary, CriticSpec, Policy, ProductionOrchestrator, Rate, Reloadable,
    RunSettings,
};
use tribunal_status::{Board, Status, VERSION};
use tribunal_testkit::*;

const SECRET: &str = "the password is hunter2";

/// Three critics: one that objects to `bad`, one that fails, and one behind a gate.
fn plan(meters: &Meters, board: &Board) -> Builder {
    let words = critic_fn(|view| {
        let text = view.snapshot().input_text();
        Answer::now(Ok(match text.contains("bad") {
            true => Opinion::objection(Violation::new("words.bad", text.to_string(), 0.9))
                .violation(Violation::new("words.other", text.to_string(), 0.1)),
            false => Opinion::clean(),
        }))
    });
    let rate = Rate::new(1, secs(60), 5).unwrap();
    let limited = CriticSpec::new("limited")
        .fingerprint("limited")
        .stage(Stage::FastCritics)
        .mode(Mode::Monitor)
        .max_in_flight(2)
        .rate(rate)
        .shares("provider")
        .cost(0.25)
        .breaker(BreakerSettings::new(0.5, secs(60), 2).unwrap());
    let settings = RunSettings::default()
        .max_runs(7)
        .stage_max_in_flight(Stage::CoreAnalysis, 4)
        .shared_rate("provider", rate);
    ProductionOrchestrator::builder()
        .critic(CriticSpec::new("words").fingerprint("words").stage(Stage::CoreAnalysis), words)
        .critic(limited, fails("limited"))
        .critic(
            CriticSpec::new("deep")
                .stage(Stage::DeepAnalysis)
                .policy(Policy::OnHighRisk(RiskLevel::default())),
            fails("deep"),
        )
        .settings(settings)
        .observer(meters.clone())
        .observer(board.clone())
}

fn snapshot_of(text: &str, id: &str) -> Snapshot {
    Snapshot::builder().input_text(text.to_owned()).trace_id(id.to_owned()).build()
}

async fn judged() -> (Meters, Board, Reloadable) {
    let meters = Meters::new();
    let board = Board::new("bot", &meters);
    let court = Reloadable::new(plan(&meters, &board).build().unwrap());
    for (text, id) in [("fine", "a"), (&format!("bad: {SECRET}"), "b"), ("fine", "c")] {
        court.run_all(snapshot_of(text, id)).await.unwrap();
    }
    (meters, board, court)
}

#[tokio::test(start_paused = true)]
async fn it_says_what_was_counted_and_how_limits_stand() {
    let (_, board, court) = judged().await;
    let canary = Canary::new();
    canary.check(&court).await;
    sleep(millis(500)).await;
    let status = board.status(&Sources::of(&court).canary(&canary).log_lines(3, 1));

    assert_eq!((status.tribunal_status, status.name.as_str()), (VERSION, "bot"));
    assert_eq!((status.pid, status.uptime_ms), (std::process::id(), 500));
    let plan = status.plan.unwrap();
    assert_eq!((plan.generation, plan.config_hash), (1, court.current().config_hash().to_string()));
    assert_eq!(status.canary.unwrap().last.as_deref(), Some("let_through"));
    let log = status.log.unwrap();
    assert_eq!((log.written, log.lost), (3, 1));

    let runs = &status.runs;
    assert_eq!((runs.allowed, runs.reviewed, runs.blocked, runs.took.count), (2, 0, 1, 3));
    let room = runs.room.unwrap();
    assert_eq!((room.in_use, room.limit, room.waiting), (0, 7, 0));
    let stages: Vec<_> = status
        .stages
        .iter()
        .map(|stage| (stage.stage.as_str(), stage.calls.map(|room| room.limit)))
        .collect();
    let expected = [("fast_critics", None), ("core_analysis", Some(4)), ("deep_analysis", None)];
    assert_eq!(stages, expected);

    let names: Vec<_> = status.critics.iter().map(|critic| critic.critic.as_str()).collect();
    assert_eq!(names, ["limited", "words", "deep"], "in plan order");
    let [limited, words, deep] = &status.critics[..] else { panic!("three") };
    assert_eq!((limited.stage.as_str(), limited.mode.as_str()), ("fast_critics", "monitor"));
    // Opened by the second failure, it let nobody through to the third token.
    let breaker = limited.breaker.as_ref().unwrap();
    assert_eq!((breaker.state.as_str(), breaker.opened), ("open", 1));
    assert_eq!((limited.outcomes.failed(), limited.tokens_left), (3, Some(3)));
    assert_eq!(status.shared_tokens[0].left, 3);
    assert_eq!(limited.calls.unwrap().limit, 2);
    assert_eq!((words.outcomes.success, words.called_for_block, words.calls), (3, 1, None));
    assert_eq!((deep.outcomes.gated, deep.outcomes.ran(), deep.took.p50_ms), (3, 0, None));
}

/// Rule 20.
#[tokio::test(start_paused = true)]
async fn of_a_blocked_run_there_are_ids_and_codes_and_no_text() {
    let (_, board, court) = judged().await;
    sleep(millis(1_500)).await;
    let report = court.run_all(snapshot_of("bad", &"long ".repeat(50))).await.unwrap();
    board.record(&report, Some(&"decision-7"));
    let status = board.status(&Sources::of(&court));

    let [told, seen, first] = &status.blocks[..] else { panic!("{:?}", status.blocks) };
    assert_eq!(told.decision.as_deref(), Some("decision-7"));
    assert_eq!(seen.trace_id.as_ref().unwrap().len(), 64, "it is as long as its sender likes");
    assert_eq!((first.trace_id.as_deref(), first.ago_ms), (Some("b"), 1_500));
    let cause = &first.causes[0];
    assert_eq!(cause.critic.as_deref(), Some("words"));
    assert_eq!(cause.code.as_deref(), Some("words.bad"), "the worst of them");
    assert!(!serde_json::to_string(&status).unwrap().contains("hunter2"));
}

#[tokio::test(start_paused = true)]
async fn so_many_blocks_are_kept_and_none_of_a_canary() {
    let (_, board, court) = judged().await;
    for number in 0..60 {
        court.run_all(snapshot_of("bad", &number.to_string())).await.unwrap();
    }
    let canary = Canary::asking(|_| Snapshot::builder().input_text("bad"));
    canary.check(&court).await;
    let blocks = board.status(&Sources::of(&court)).blocks;
    let ids: Vec<_> = blocks.iter().map(|block| block.trace_id.clone().unwrap()).collect();
    let expected: Vec<String> = (10..60).rev().map(|number| number.to_string()).collect();
    assert_eq!(ids, expected);
}

#[tokio::test(start_paused = true)]
async fn counts_go_on_after_a_reload() {
    let (meters, board, court) = judged().await;
    court.reload(plan(&meters, &board)).unwrap();
    court.run_all(snapshot_of("fine", "d")).await.unwrap();
    let status = board.status(&Sources::of(&court));
    assert_eq!(status.plan.unwrap().generation, 2);
    assert_eq!((status.runs.allowed, status.critics[1].outcomes.success), (3, 4));
}

/// Members may come and go without another version.
#[tokio::test(start_paused = true)]
async fn it_reads_back_as_it_was_and_passes_over_what_it_does_not_know() {
    let (_, board, court) = judged().await;
    let status = board.status(&Sources::of(&court).canary(&Canary::new()).log_lines(1, 0));
    let mut json = serde_json::to_value(&status).unwrap();
    assert_eq!(serde_json::from_value::<Status>(json.clone()).unwrap(), status);
    json["weather"] = "rain".into();
    json["runs"].as_object_mut().unwrap().remove("per_second");
    assert_eq!(serde_json::from_value::<Status>(json).unwrap(), status);
}

#[tokio::test(start_paused = true)]
async fn without_an_orchestrator_there_is_what_was_counted() {
    let (_, board, _) = judged().await;
    let status = board.status(&Sources::default());
    assert_eq!((status.plan, status.runs.room, status.runs.allowed), (None, None, 2));
    let names: Vec<_> = status.critics.iter().map(|critic| critic.critic.as_str()).collect();
    assert_eq!(names, ["deep", "limited", "words"]);
}
