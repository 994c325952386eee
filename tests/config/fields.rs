//! I37: every field arrives. What a file says of a critic is what the plan does with it.

use proptest::prelude::*;
use std::time::Duration;
use tribunal_core::{FailureMode, Mode, Phase, Reason, Snapshot, Stage, Status, Verdict};
use tribunal_production::{CriticOutline, Outline};

use super::parse;

fn outline(text: &str) -> Outline {
    parse(text).unwrap_or_else(|error| panic!("{error}\n{text}")).build().unwrap().outline()
}

fn critic(outline: &Outline, name: &str) -> CriticOutline {
    let all = outline.stages.iter().flat_map(|stage| &stage.critics);
    all.into_iter().find(|critic| critic.name == name).unwrap().clone()
}

fn one(line: &str) -> CriticOutline {
    critic(&outline(&format!("[[critic]]\nname = \"a\"\nkind = \"echo\"\n{line}\n")), "a")
}

fn hash(line: &str) -> String {
    outline(&format!("[[critic]]\nname = \"a\"\nkind = \"echo\"\n{line}\n")).config_hash
}

#[test]
fn every_value_of_every_word_arrives() {
    for &stage in Stage::ALL {
        let outline =
            outline(&format!("[[critic]]\nname = \"a\"\nkind = \"echo\"\nstage = \"{stage}\"\n"));
        assert_eq!(outline.stages[0].stage, stage);
    }
    for &mode in FailureMode::ALL {
        assert_eq!(one(&format!("failure_mode = \"{mode}\"")).failure_mode, mode);
    }
    for &mode in Mode::ALL {
        assert_eq!(one(&format!("mode = \"{mode}\"")).mode, mode);
    }
    for &phase in Phase::ALL {
        assert_eq!(one(&format!("phases = [\"{phase}\"]")).phases, [phase]);
    }
    for (policy, shown) in [
        ("policy = \"always\"", "always"),
        ("policy = \"on_violation\"", "on_violation"),
        ("policy = \"on_high_risk\"", "on_high_risk (high or 0.7)"),
        (
            "policy = \"on_high_risk\"\nrisk_tier = \"critical\"\nrisk = 0.25",
            "on_high_risk (critical or 0.25)",
        ),
        ("policy = \"on_uncertainty\"", "on_uncertainty (0.7)"),
        ("policy = \"on_uncertainty\"\nuncertainty = 0.25", "on_uncertainty (0.25)"),
        (
            "policy = \"conditional\"\nwhen = 'snapshot.phase == \"input\"'",
            "conditional (snapshot.phase == \"input\")",
        ),
    ] {
        assert_eq!(one(policy).policy, shown);
    }
}

/// Rule 14: what is left out is the cautious choice.
#[test]
fn what_is_left_out_has_the_default_of_the_code() {
    let plain = one("");
    assert_eq!(plain.failure_mode, FailureMode::Review);
    assert_eq!(plain.mode, Mode::Enforce);
    assert_eq!((plain.thresholds.review_at(), plain.thresholds.block_at()), (Some(0.4), Some(0.8)));
    assert_eq!((plain.attempts, plain.priority), (1, 5));
    assert_eq!(plain.timeout, Duration::from_secs(2));
    assert!(!plain.rate_limited && plain.max_in_flight.is_none());
    assert!(!plain.adaptive && !plain.hedged);
    assert_eq!(plain.isolation, "run");
    assert_eq!(plain.phases.len(), Phase::ALL.len());
}

#[test]
fn what_is_done_about_slow_calls_arrives() {
    for isolation in ["run", "task", "blocking"] {
        assert_eq!(one(&format!("isolation = \"{isolation}\"")).isolation, isolation);
    }
    let lines = [
        "max_in_flight = 9",
        "max_in_flight = 9\nadaptive = { method = \"gradient\" }",
        "max_in_flight = 9\nadaptive = { method = \"gradient\", floor = 3 }",
        "max_in_flight = 9\nadaptive = { method = \"aimd\", target = \"50ms\" }",
        "max_in_flight = 9\nadaptive = { method = \"aimd\", target = \"60ms\" }",
        "hedge = { after = \"50ms\" }",
        "hedge = { after = \"60ms\" }",
        "hedge = { percentile = 95 }",
        "hedge = { percentile = 99.5 }",
        "hedge = { percentile = 95, share = 0.01 }",
    ];
    let distinct: std::collections::BTreeSet<String> = lines.map(hash).into();
    assert_eq!(distinct.len(), lines.len());
    assert!(one(lines[1]).adaptive && !one(lines[0]).adaptive);
    assert_eq!(one(lines[1]).max_in_flight, Some(9));
    assert!(one(lines[5]).hedged && one(lines[7]).hedged);
    // The ceiling of runs has a default.
    outline(
        "[run]\nadaptive = { method = \"gradient\", floor = 1024 }\n[[critic]]\nname = \"a\"\nkind = \"echo\"\n",
    );
}

#[test]
fn defaults_hold_for_critics_that_do_not_say_otherwise() {
    let text = "[defaults]\nfailure_mode = \"block\"\nreview_at = 0.2\nblock_at = \"never\"\ntimeout = \"3s\"\n\
                [[critic]]\nname = \"a\"\nkind = \"echo\"\n\
                [[critic]]\nname = \"b\"\nkind = \"echo\"\nfailure_mode = \"allow\"\nreview_at = 0.3\nblock_at = 0.9\ntimeout = \"1s\"\n";
    let outline = outline(text);
    let (a, b) = (critic(&outline, "a"), critic(&outline, "b"));
    assert_eq!((a.failure_mode, a.timeout), (FailureMode::Block, Duration::from_secs(3)));
    assert_eq!((a.thresholds.review_at(), a.thresholds.block_at()), (Some(0.2), None));
    assert_eq!((b.failure_mode, b.timeout), (FailureMode::Allow, Duration::from_secs(1)));
    assert_eq!((b.thresholds.review_at(), b.thresholds.block_at()), (Some(0.3), Some(0.9)));
}

#[test]
fn settings_of_runs_and_stages_arrive() {
    let text = "[run]\ntimeout = \"7s\"\nearly_exit = true\n\
                [stages.core_analysis]\ntimeout = \"3s\"\nmax_in_flight = 4\n\
                [[critic]]\nname = \"a\"\nkind = \"echo\"\n";
    let with =
        |line: &str| outline(&text.replace("[stages", &format!("{line}\n[stages"))).config_hash;
    let outline = outline(text);
    assert_eq!(outline.timeout, Duration::from_secs(7));
    assert!(outline.early_exit);
    assert_eq!(outline.stages[0].timeout, Some(Duration::from_secs(3)));
    assert_eq!(outline.stages[0].max_in_flight, Some(4));
    let hashes = [
        with(""),
        with("max_in_flight = 3"),
        with("max_runs = 3"),
        with("max_queued_runs = 3"),
        with("max_total_retries = 3"),
        with("hook_timeout = \"3ms\""),
        with("max_blocking = 3"),
        with("adaptive = { method = \"gradient\" }"),
        with("adaptive = { method = \"gradient\", floor = 2 }"),
        with("adaptive = { method = \"aimd\", target = \"1s\" }"),
        with("adaptive = { method = \"aimd\", target = \"2s\" }"),
        with("max_cost = 3"),
        with("max_cost = 0.5"),
        with("retry_budget = { share = 0.2, floor = 10 }"),
        with("retry_budget = { share = 0.1, floor = 11 }"),
        with("[rates.x]\ntokens = 5\nper = \"1s\""),
        with("[rates.y]\ntokens = 5\nper = \"1s\""),
        with("[rates.x]\ntokens = 6\nper = \"1s\""),
        with("[rates.x]\ntokens = 5\nper = \"2s\""),
        with("[rates.x]\ntokens = 5\nper = \"1s\"\nburst = 9"),
    ];
    let distinct: std::collections::BTreeSet<&String> = hashes.iter().collect();
    assert_eq!(distinct.len(), hashes.len());
    assert_eq!(with("retry_budget = { share = 0.1, floor = 10 }"), hashes[0]);
}

/// What an outline does not show is at least in the hash.
#[test]
fn every_field_changes_the_hash_of_the_configuration() {
    let breakers = [
        "failure_rate = 0.5, window = \"1m\", min_calls = 9",
        "failure_rate = 0.4, window = \"1m\", min_calls = 9",
        "failure_rate = 0.5, window = \"2m\", min_calls = 9",
        "failure_rate = 0.5, window = \"1m\", min_calls = 8",
        "failure_rate = 0.5, window = \"1m\", min_calls = 9, slow_after = \"1s\", slow_rate = 0.5",
        "failure_rate = 0.5, window = \"1m\", min_calls = 9, slow_after = \"2s\", slow_rate = 0.5",
        "failure_rate = 0.5, window = \"1m\", min_calls = 9, slow_after = \"1s\", slow_rate = 0.4",
        "failure_rate = 0.5, window = \"1m\", min_calls = 9, open_for = \"1s\"",
        "failure_rate = 0.5, window = \"1m\", min_calls = 9, probes = 2",
        "failure_rate = 0.5, window = \"1m\", min_calls = 9, half_open_for = \"1s\"",
    ];
    let hashes: std::collections::BTreeSet<String> =
        breakers.iter().map(|values| hash(&format!("breaker = {{ {values} }}"))).collect();
    assert_eq!(hashes.len(), breakers.len());
    let lines = [
        "",
        "retry = { attempts = 3 }",
        "retry = { attempts = 3, first_delay = \"10ms\" }",
        "retry = { attempts = 3, factor = 3.0 }",
        "retry = { attempts = 3, max_delay = \"9s\" }",
        "retry = { attempts = 3, jitter = false }",
        "retry = { attempts = 3, on_timeout = true }",
        "rate = { tokens = 5, per = \"1s\" }",
        "rate = { tokens = 5, per = \"2s\" }",
        "rate = { tokens = 5, per = \"1s\", burst = 9 }",
        "max_in_flight = 3",
        "validation = { required = [\"/score\"] }",
        "validation = { required = [\"/value\"] }",
        "validation = { lenient = true }",
        "validation = { schema = { minProperties = 1 } }",
        "validation = { schema = { minProperties = 2 } }",
        "tags = [\"x\"]",
        "cost = 0.5",
        "priority = 4",
        "timeout = \"1s\"",
        "review_at = 0.1",
        "block_at = 0.9",
        "params = { severity = 0.1 }",
        "params = { severity = 0.2 }",
    ];
    let hashes: std::collections::BTreeSet<String> = lines.iter().map(|line| hash(line)).collect();
    assert_eq!(hashes.len(), lines.len());
    assert_eq!(
        hash("rate = { tokens = 5, per = \"1s\" }"),
        hash("rate = { tokens = 5, per = \"1s\", burst = 5 }")
    );
    assert_eq!(hash("enabled = true"), hash(""));
}

async fn report(text: &str, snapshot: Snapshot) -> tribunal_core::Report {
    parse(text)
        .unwrap_or_else(|error| panic!("{error}"))
        .build()
        .unwrap()
        .run_all(snapshot)
        .await
        .unwrap()
}

/// The failure mode that stands in the file is the verdict that a failure calls for.
#[tokio::test(start_paused = true)]
async fn a_failure_calls_for_what_the_file_says() {
    for (line, verdict) in [
        ("failure_mode = \"block\"", Verdict::Block),
        ("failure_mode = \"review\"", Verdict::Review),
        ("", Verdict::Review),
        ("failure_mode = \"allow\"", Verdict::Allow),
        ("failure_mode = \"block\"\nmode = \"monitor\"", Verdict::Allow),
    ] {
        let text = format!(
            "[[critic]]\nname = \"a\"\nkind = \"echo\"\n{line}\nparams = {{ fails = true }}\n\
             [[critic]]\nname = \"b\"\nkind = \"echo\"\n"
        );
        assert_eq!(report(&text, Snapshot::of_input("x")).await.verdict, verdict, "{line}");
    }
}

/// Validation, dependencies and `run_anyway` do what the file says.
#[tokio::test(start_paused = true)]
async fn validation_and_dependencies_arrive() {
    let subject = |lines: &str| format!("[[critic]]\nname = \"a\"\nkind = \"echo\"\n{lines}\n");
    for (lines, status) in [
        ("validation = { required = [\"/score\"] }", Status::Invalid),
        ("validation = { required = [\"/score\"], lenient = true }", Status::Success),
        ("validation = { schema = { required = [\"score\"] } }", Status::Invalid),
        ("validation = { schema = { required = [\"severity\"] } }", Status::Success),
        ("depends_on = [\"b\"]", Status::Skipped),
        ("depends_on = [\"b\"]\nrun_anyway = true", Status::Success),
        ("depends_on = [\"b\"]\nrun_anyway = false", Status::Skipped),
    ] {
        let text = subject(lines)
            + "[[critic]]\nname = \"b\"\nkind = \"echo\"\nparams = { fails = true }\n";
        let report = report(&text, Snapshot::of_input("x")).await;
        assert_eq!(report.outcome("a").unwrap().status, status, "{lines}");
    }
}

/// A budget of calls that a file sets is the one that holds.
#[tokio::test(start_paused = true)]
async fn a_rate_arrives() {
    let text = "[[critic]]\nname = \"a\"\nkind = \"echo\"\nrate = { tokens = 1, per = \"1h\", burst = 2 }\n";
    let court = parse(text).unwrap().build().unwrap();
    let mut statuses = Vec::new();
    for _ in 0..3 {
        let report = court.run_all(Snapshot::of_input("x")).await.unwrap();
        let outcome = report.outcome("a").unwrap();
        statuses.push(outcome.status);
        let limited = matches!(outcome.reason.as_ref(), Some(Reason::RateLimited { .. }));
        assert_eq!(limited, outcome.status == Status::RateLimited);
    }
    assert_eq!(statuses, [Status::Success, Status::Success, Status::RateLimited]);
}

/// Critics that share a rate take from one bucket; those that do not, do not.
#[tokio::test(start_paused = true)]
async fn a_rate_that_is_shared_arrives() {
    let text = "[rates.provider]\ntokens = 1\nper = \"1h\"\nburst = 3\n\
                [rates.unused]\ntokens = 1\nper = \"1h\"\n\
                [[critic]]\nname = \"a\"\nkind = \"echo\"\npriority = 1\nshares = [\"provider\"]\n\
                [[critic]]\nname = \"b\"\nkind = \"echo\"\npriority = 2\nshares = [\"provider\"]\n\
                [[critic]]\nname = \"c\"\nkind = \"echo\"\n";
    let outline = outline(text);
    let limited = |name| critic(&outline, name).rate_limited;
    assert_eq!([limited("a"), limited("b"), limited("c")], [true, true, false]);
    let court = parse(text).unwrap().build().unwrap();
    let mut refused = 0;
    for _ in 0..3 {
        let report = court.run_all(Snapshot::of_input("x")).await.unwrap();
        let statuses = ["a", "b"].map(|name| report.outcome(name).unwrap().status);
        refused += statuses.iter().filter(|status| **status == Status::RateLimited).count();
        assert_eq!(report.outcome("c").unwrap().status, Status::Success);
    }
    assert_eq!(refused, 3);
}

/// No retry is made beyond the budget that the file sets.
#[tokio::test(start_paused = true)]
async fn a_budget_of_retries_arrives() {
    for (budget, attempts) in [
        ("share = 0, floor = 0", 1),
        ("share = 1, floor = 0", 2),
        ("share = 0, floor = 2", 3),
        ("share = 10, floor = 0", 5),
    ] {
        let text = format!(
            "[run]\nretry_budget = {{ {budget} }}\n[[critic]]\nname = \"a\"\nkind = \"echo\"\n\
             retry = {{ attempts = 5, first_delay = \"1ms\" }}\nparams = {{ passes = true }}\n"
        );
        let report = report(&text, Snapshot::of_input("x")).await;
        assert_eq!(report.outcome("a").unwrap().attempts, attempts, "{budget}");
    }
}

/// Rule 12: a breaker of the file opens as the file says, and what it refuses is a failure.
#[tokio::test(start_paused = true)]
async fn a_breaker_arrives() {
    assert!(!one("").breaker);
    let values = "failure_rate = 0.5, window = \"1m\", min_calls = 2, open_for = \"3s\"";
    let line = format!("params = {{ fails = true }}\nbreaker = {{ {values} }}");
    assert!(one(&line).breaker);
    let text = format!("[[critic]]\nname = \"a\"\nkind = \"echo\"\n{line}\n");
    let court = parse(&text).unwrap().build().unwrap();
    let mut attempts = Vec::new();
    for wait in [0, 0, 0, 2, 1] {
        tokio::time::sleep(Duration::from_secs(wait)).await;
        let report = court.run_all(Snapshot::of_input("x")).await.unwrap();
        assert_eq!(report.outcome("a").unwrap().status, Status::Error);
        attempts.push(report.outcome("a").unwrap().attempts);
    }
    // Two calls open it; after its three seconds one probe is let through.
    assert_eq!(attempts, [1, 1, 0, 0, 1]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn every_number_arrives(
        priority in 1u8..=10, attempts in 1u32..=100, timeout in 1u64..=10_000, limit in 1usize..=1_000_000,
        review in 1u32..=1_000, more in 0u32..=1_000, cost in 0.0f64..1e6,
        tags in proptest::collection::vec("[a-z ]{1,8}", 0..4),
    ) {
        let review_at = f64::from(review) / 2_000.0;
        let block_at = f64::from(review + more) / 2_000.0;
        let tags_written: Vec<String> = tags.iter().map(|tag| format!("\"{tag}\"")).collect();
        let critic = one(&format!(
            "priority = {priority}\nretry = {{ attempts = {attempts} }}\ntimeout = \"{timeout}ms\"\n\
             max_in_flight = {limit}\nreview_at = {review_at:?}\nblock_at = {block_at:?}\ncost = {cost:?}\n\
             tags = [{}]", tags_written.join(", ")
        ));
        prop_assert_eq!(critic.priority, priority);
        prop_assert_eq!(critic.attempts, attempts);
        prop_assert_eq!(critic.timeout, Duration::from_millis(timeout));
        prop_assert_eq!(critic.max_in_flight, Some(limit));
        prop_assert_eq!(critic.thresholds.review_at(), Some(review_at));
        prop_assert_eq!(critic.thresholds.block_at(), Some(block_at));
        prop_assert_eq!(critic.worst_cost, cost * f64::from(attempts));
        prop_assert_eq!(critic.tags, tags);
    }

    /// Severity, thresholds and mode of the file give the verdict of the run.
    #[test]
    fn thresholds_decide_as_they_are_written(
        severity in 1u32..=100, review in 1u32..=100, more in 0u32..=50, monitor in any::<bool>(),
    ) {
        let (review, block) = (review, (review + more).min(100));
        let text = format!(
            "[[critic]]\nname = \"a\"\nkind = \"echo\"\nreview_at = {:?}\nblock_at = {:?}\nmode = \"{}\"\n\
             params = {{ severity = {:?} }}\n[[critic]]\nname = \"b\"\nkind = \"echo\"\n",
            f64::from(review) / 100.0,
            f64::from(block) / 100.0,
            if monitor { "monitor" } else { "enforce" },
            f64::from(severity) / 100.0,
        );
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let verdict = runtime.block_on(report(&text, Snapshot::of_input("x"))).verdict;
        let expected = match severity {
            _ if monitor => Verdict::Allow,
            s if s >= block => Verdict::Block,
            s if s >= review => Verdict::Review,
            _ => Verdict::Allow,
        };
        prop_assert_eq!(verdict, expected);
    }
}
