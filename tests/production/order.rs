//! Who runs before whom, who runs together, and what each is shown.

use tribunal_core::{Stage, Status};
use tribunal_production::Policy;
use tribunal_testkit::*;

use crate::court::{Seat, court, judge, statuses};

/// Rule 2: stages are barriers, however they were registered and however long they take.
#[tokio::test(start_paused = true)]
async fn no_critic_starts_before_the_stages_before_it_have_ended() {
    let journal = Journal::new();
    let critics = [
        takes("last", secs(1)).noted_in(&journal).stage(Stage::Validation),
        takes("deep", secs(1)).noted_in(&journal).stage(Stage::DeepAnalysis),
        takes("fast-a", secs(3)).noted_in(&journal).timeout(secs(5)).stage(Stage::FastCritics),
        takes("fast-b", secs(1)).noted_in(&journal).stage(Stage::FastCritics),
        allows("pre").noted_in(&journal).stage(Stage::PreValidation),
    ];
    let report = court().critics(critics).run().await;
    for (one, other) in [
        ("pre", "fast-a"),
        ("pre", "fast-b"),
        ("fast-a", "deep"),
        ("fast-b", "deep"),
        ("deep", "last"),
    ] {
        assert!(journal.ended_before(one, other), "{one} before {other}: {journal:?}");
    }
    let stages: Vec<_> =
        report.stages.iter().map(|timing| (timing.stage, timing.elapsed)).collect();
    let expected = [
        (Stage::PreValidation, secs(0)),
        (Stage::FastCritics, secs(3)),
        (Stage::DeepAnalysis, secs(1)),
        (Stage::Validation, secs(1)),
    ];
    assert_eq!(stages, expected);
    assert_eq!(report.elapsed, secs(5));
}

/// Rule 1: the order of the plan is stage, then priority, then order of registration.
#[tokio::test(start_paused = true)]
async fn outcomes_are_in_plan_order() {
    let critics = [
        allows("deep").stage(Stage::DeepAnalysis).priority(1),
        allows("late").priority(9),
        takes("second", secs(1)).priority(5),
        allows("third").priority(5),
        allows("first").priority(1),
    ];
    let report = court().critics(critics).run().await;
    let names: Vec<_> = statuses(&report).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["first", "second", "third", "late", "deep"]);
}

/// Rule 3: critics of a stage run concurrently, and wait for a dependency alone.
#[tokio::test(start_paused = true)]
async fn critics_of_one_stage_run_concurrently() {
    let (all, journal) = (Probe::new(), Journal::new());
    let critics =
        ["a", "b", "c", "d"].map(|name| takes(name, secs(1)).probed_by(&all).noted_in(&journal));
    let report = court().critics(critics).run().await;
    assert_eq!(all.max_in_flight(), 4);
    assert_eq!(report.elapsed, secs(1));
}

/// Rule 4: dependencies first, also where they have the larger priority number.
#[tokio::test(start_paused = true)]
async fn a_critic_waits_for_what_it_depends_on_and_for_nothing_else() {
    let journal = Journal::new();
    let critics = [
        allows("c").noted_in(&journal).depends_on("b").priority(1),
        takes("b", secs(1)).noted_in(&journal).depends_on("a").priority(2),
        takes("a", secs(1)).noted_in(&journal).priority(3),
        takes("slow", millis(1_900)).noted_in(&journal).priority(1),
        allows("free").noted_in(&journal).priority(10),
    ];
    court().critics(critics).run().await;
    for (name, at) in
        [("a", secs(0)), ("b", secs(1)), ("c", secs(2)), ("slow", secs(0)), ("free", secs(0))]
    {
        assert_eq!(journal.started_at(name), [at], "{name}");
    }
}

/// Rule 5: the earlier stages and the dependencies, not the neighbours, however early they answered.
#[tokio::test(start_paused = true)]
async fn a_dependent_sees_its_dependencies_and_the_earlier_stages() {
    let dependent = allows("dependent");
    let probe = dependent.probe();
    let critics = [
        objects("early", 0.5).stage(Stage::FastCritics),
        fails("broken").stage(Stage::FastCritics),
        objects("neighbour", 0.5).priority(1),
        takes("dependency", secs(1)).priority(8),
        dependent.depends_on("dependency").priority(5),
    ];
    court().critics(critics).run().await;
    let expected =
        [("early", Status::Success), ("broken", Status::Error), ("dependency", Status::Success)];
    assert_eq!(probe.seen(), [expected.map(|(name, status)| (name.to_owned(), status)).to_vec()]);
}

/// Rule 5: one that reads outcomes sees, besides, the smaller priority numbers of its own stage.
#[tokio::test(start_paused = true)]
async fn a_critic_with_a_gate_sees_the_smaller_priority_numbers_of_its_stage() {
    let guarded = allows("guarded");
    let probe = guarded.probe();
    let critics = [
        objects("smaller", 0.5).after(secs(1)).priority(4),
        objects("same", 0.5).priority(5),
        objects("larger", 0.5).priority(6),
        guarded.policy(Policy::OnViolation).priority(5),
    ];
    court().critics(critics).run().await;
    assert_eq!(probe.last_seen(), ["smaller"]);
}

/// Rule 4: a chain is as long as it likes.
#[tokio::test(start_paused = true)]
async fn a_long_chain_of_dependencies_is_followed_to_its_end() {
    let chain = (0..1_000).map(|at| {
        let critic = allows(&format!("c{at}")).priority(10 - (at / 100) as u8);
        if at == 0 { critic } else { critic.depends_on(&format!("c{}", at - 1)) }
    });
    let report = court().critics(chain).run().await;
    assert!(report.outcomes().all(|(_, outcome)| outcome.status == Status::Success));
}

/// Rule 3: under contention a smaller priority number goes first.
#[tokio::test(start_paused = true)]
async fn a_smaller_priority_number_goes_first_when_there_is_room_for_one() {
    let journal = Journal::new();
    let critics = [(9, "nine"), (1, "one"), (5, "five-a"), (5, "five-b"), (2, "two")]
        .map(|(priority, name)| takes(name, millis(10)).noted_in(&journal).priority(priority));
    court().in_flight(1).critics(critics).run().await;
    assert_eq!(journal.started(), ["one", "two", "five-a", "five-b", "nine"]);
}

/// Rule 3: also between runs.
#[tokio::test(start_paused = true)]
async fn a_smaller_priority_number_of_another_run_goes_first() {
    let journal = Journal::new();
    let critics = [
        takes("first", millis(10)).noted_in(&journal).priority(1),
        takes("last", millis(10)).noted_in(&journal).priority(10),
    ];
    let court = court().in_flight(1).critics(critics).build();
    tokio::join!(judge(&court), judge(&court));
    assert_eq!(journal.started(), ["first", "first", "last", "last"]);
}
