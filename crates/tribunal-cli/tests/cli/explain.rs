//! `explain`: critics, runs that are and that were, and conditions step by step.

use serde_json::{Value, json};

use crate::run::{Done, Folder};

const CONFIG: &str = r#"
[[critic]]
name = "words"
kind = "pattern"
stage = "fast_critics"
params.rules = [
    { name = "bad", pattern = "bad", severity = 0.9 },
    { name = "odd", pattern = "odd", severity = 0.5 },
]

[[critic]]
name = "shape"
kind = "json_schema"
stage = "fast_critics"
phases = ["tool_call"]
params = { pointer = "/context/tool", schema = { required = ["name"] } }

[[critic]]
name = "deep"
kind = "length"
stage = "deep_analysis"
policy = "on_violation"
params.max_characters = 100000

[[critic]]
name = "risky"
kind = "length"
stage = "deep_analysis"
policy = "on_high_risk"
params.max_characters = 100000

[[critic]]
name = "asks"
kind = "length"
stage = "deep_analysis"
policy = "conditional"
when = "prior.words.severity >= 0.6 || snapshot.context.tenant == 'bank'"
params.max_characters = 100000

[[critic]]
name = "needs"
kind = "length"
stage = "deep_analysis"
depends_on = ["shape"]
params.max_characters = 100000
"#;

const SNAPSHOTS: &str = "\
{\"id\": \"odd-one\", \"trace_id\": \"t1\", \"input_text\": \"an odd one\", \"context\": {\"tenant\": \"shop\"}}
{\"id\": \"plain\", \"input_text\": \"plain\", \"context\": {\"tenant\": \"bank\", \"risk_tier\": \"high\"}}

{\"id\": \"bare\", \"input_text\": \"bare\"}
";

fn folder() -> Folder {
    let folder = Folder::new();
    folder.write("pipeline.toml", CONFIG);
    folder.write("in.jsonl", SNAPSHOTS);
    folder
}

fn explain(folder: &Folder, args: &[&str]) -> Done {
    folder.run(&[&["explain", "--config", "pipeline.toml"], args].concat(), "")
}

fn has(done: &Done, parts: &[&str]) {
    for part in parts {
        assert!(done.out.contains(part), "{part:?} in {}{}", done.out, done.err);
    }
}

#[test]
fn without_a_run_a_critic_is_told_by_its_plan() {
    let folder = folder();
    let done = explain(&folder, &["deep"]);
    assert_eq!(done.status, 0, "{}", done.err);
    has(
        &done,
        &[
            "deep  deep_analysis, priority 5",
            "when some outcome that its gate sees has a violation",
            "gate sees   words, shape",
            "on it hangs no other critic",
            "if it fails it calls for review",
            "`length.too_many_characters`",
        ],
    );
    let done = explain(&folder, &["words"]);
    has(
        &done,
        &["the gate of `deep` may open at its violations", "the gate of `asks` reads its outcome"],
    );
    let done = explain(&folder, &["shape", "--format", "json"]);
    let told: Value = serde_json::from_str(&done.out).unwrap();
    assert_eq!(told["phases"], json!(["tool_call"]));
    assert!(told["hang_on_it"].to_string().contains("`needs` is skipped without its opinion"));
}

#[test]
fn a_run_is_told_critic_by_critic() {
    let folder = folder();
    let done = explain(&folder, &["in.jsonl:1"]);
    assert_eq!(done.status, 0, "{}", done.err);
    has(
        &done,
        &[
            "odd-one  review  in.jsonl:1",
            "because     words: severity 0.5, pattern.odd",
            "it ran: `words` objected",
            "risk below high and 0.7",
            "its condition does not hold",
            "it depends on `shape`, which did not run: gated: other phase (input)",
        ],
    );
    // By its id, and by its trace id.
    for name in ["odd-one", "t1"] {
        assert!(explain(&folder, &[name, "in.jsonl"]).out.starts_with("odd-one  review"), "{name}");
    }
}

#[test]
fn what_would_have_to_change_is_told_for_each_kind_of_gate() {
    let folder = folder();
    for (critic, line, change) in [
        ("deep", 1, "it would not have run if none of `words` had objected"),
        ("deep", 2, "it would have run if any of `words` had objected"),
        (
            "risky",
            1,
            "`context.risk_tier` were `high` or worse, or `context.risk` 0.7 or more (it states none that can be read)",
        ),
        ("risky", 2, "the snapshot stated a risk below `high` and 0.7 (it states `high`)"),
        (
            "asks",
            1,
            "it would have run if `prior.words.severity >= 0.6` were true (`prior.words.severity` is 0.5)",
        ),
        ("asks", 2, "it would not have run if `snapshot.context.tenant == 'bank'` were false"),
        ("shape", 1, "the snapshot were of the phase `tool_call` (it is of `input`)"),
        ("needs", 1, "`shape` had given an opinion, or `run_anyway` were set"),
    ] {
        let done = explain(&folder, &[critic, &format!("in.jsonl:{line}")]);
        assert_eq!(done.status, 0, "{}", done.err);
        has(&done, &[change]);
    }
    // A condition that cannot be evaluated says so at its step.
    let done = explain(&folder, &["asks", "bare", "in.jsonl"]);
    has(&done, &["asks  error", "error: there is no member `tenant`", "condition not evaluated"]);
}

#[test]
fn many_runs_are_counted_by_what_became_of_the_critic() {
    let folder = folder();
    let done = explain(&folder, &["asks", "in.jsonl"]);
    has(
        &done,
        &["asks  in 3 runs", "1  ran", "does not hold", "condition not evaluated", "odd-one"],
    );
    let done = explain(&folder, &["asks", "in.jsonl", "--format", "json"]);
    let told: Value = serde_json::from_str(&done.out).unwrap();
    assert_eq!((told["runs"].as_u64(), told["groups"].as_array().unwrap().len()), (Some(3), 3));
    let done = explain(&folder, &["in.jsonl"]);
    assert_eq!(done.status, 2);
    assert!(
        done.err.contains("there are 3 runs in that") && done.err.contains("`odd-one`"),
        "{}",
        done.err
    );
}

#[test]
fn a_run_that_was_is_told_from_its_report() {
    let folder = folder();
    let reports = folder.judge(&["in.jsonl"], "").out;
    folder.write("reports.jsonl", &reports);
    let done = explain(&folder, &["asks", "--report", "reports.jsonl:1"]);
    assert_eq!(done.status, 0, "{}", done.err);
    has(
        &done,
        &[
            "its condition does not hold",
            "it would have run if its condition held",
            "a report does not hold what was judged",
        ],
    );
    // With what was judged, the gate is asked again.
    let done = explain(&folder, &["asks", "odd-one", "--report", "reports.jsonl", "in.jsonl"]);
    has(&done, &["`prior.words.severity >= 0.6` were true", "prior.words.severity  "]);
    assert!(!done.out.contains("not known"), "{}", done.out);
    // With something else, that is noticed.
    let done = explain(&folder, &["asks", "--report", "reports.jsonl:1", "in.jsonl:2"]);
    has(&done, &["asked again, its gate says something else"]);
    let done = explain(&folder, &["--report", "reports.jsonl:2"]);
    has(&done, &["plain  allow  reports.jsonl:2", "no violation before it"]);
}

#[test]
fn a_report_of_another_configuration_is_told_by_itself_alone() {
    let folder = folder();
    folder.write("reports.jsonl", folder.judge(&["in.jsonl"], "").out);
    folder.write("pipeline.toml", CONFIG.replace("name = \"risky\"", "name = \"other\""));
    let done = explain(&folder, &["deep", "--report", "reports.jsonl:2", "in.jsonl:2"]);
    assert_eq!(done.status, 0, "{}", done.err);
    has(
        &done,
        &[
            "careful     another configuration made this report",
            "this one does not have `risky`",
            "no violation before it",
            "its gate was not asked again",
        ],
    );
    assert!(!done.out.contains("change"), "{}", done.out);
    let done = explain(&folder, &["other", "--report", "reports.jsonl:2"]);
    has(&done, &["the report has no outcome of it"]);
    let done =
        explain(&folder, &["--condition", "failed()", "--report", "reports.jsonl:2", "in.jsonl:2"]);
    assert!(done.status == 2 && done.err.contains("another configuration"), "{}", done.err);
}

#[test]
fn a_condition_is_evaluated_step_by_step() {
    let folder = folder();
    let condition =
        |text: &str, what: &[&str]| explain(&folder, &[&["--condition", text], what].concat());
    let text =
        "risk_at_least('high') || (max_severity('words') > 0.4 && any_violation('pattern.odd'))";
    let done = condition(text, &["in.jsonl:1"]);
    assert_eq!(done.status, 0, "{}", done.err);
    has(
        &done,
        &[
            "risk_at_least('high')",
            "0.5  (words: 0.5)",
            "any_violation('pattern.odd')",
            "it holds\nit would not hold if `max_severity('words') > 0.4` were false (`max_severity('words')` is 0.5)",
        ],
    );
    let done = condition(text, &["in.jsonl:2"]);
    assert_eq!(done.status, 0);
    has(&done, &["not looked at: what stands before it decides"]);
    let done = condition("snapshot.context.tenant == 'bank'", &["bare", "in.jsonl"]);
    assert_eq!(done.status, 1);
    has(&done, &["it cannot be evaluated: there is no member `tenant`"]);
    let done = condition("any_violation()", &["in.jsonl:2", "--format", "json"]);
    assert_eq!(done.status, 1);
    let told: Value = serde_json::from_str(&done.out).unwrap();
    assert_eq!(told["condition"]["holds"], json!(false));
    assert_eq!(told["condition"]["steps"][0]["value"], json!(false));
    // In the place of a gate it sees no more than that.
    let done = condition("prior.deep.violation", &["in.jsonl:1"]);
    assert_eq!(done.status, 1);
    let done = condition("prior.deep.violation", &["in.jsonl:1", "--at", "asks"]);
    assert_eq!(done.status, 2);
    assert!(done.err.contains("the gate of `asks` does not see `deep`"), "{}", done.err);
}

#[test]
fn what_is_wrong_with_a_condition_is_shown_under_it() {
    let folder = folder();
    let done = explain(&folder, &["--condition", "true\n && prior.words.scor > 1", "in.jsonl:1"]);
    assert_eq!((done.status, done.out.as_str()), (2, ""));
    let drawn = "   && prior.words.scor > 1\n                  ^^^^ an outcome has no `scor`; did you mean `score`?";
    assert!(done.err.contains(drawn), "{}", done.err);
    for (text, problem) in [
        (
            "'pattern.bda' in prior.words.codes",
            "`words` raises no `pattern.bda`; did you mean `pattern.bad`?",
        ),
        ("any_violatoin()", "did you mean `any_violation`?"),
        ("max_severity()", "must give true or false"),
        ("true &&", "is no expression"),
    ] {
        let done = explain(&folder, &["--condition", text, "in.jsonl:1"]);
        assert!(done.status == 2 && done.err.contains(problem), "{text}: {}", done.err);
    }
}

#[test]
fn what_is_not_there_is_told() {
    let folder = folder();
    folder.write("broken.jsonl", "{\n");
    folder.write("failed.jsonl", "{\"line\": 1, \"error\": \"no snapshot\"}\n");
    for (args, problem) in [
        (&["word"][..], "there is no critic called `word`; did you mean `words`?"),
        (&["zzzzzzzz"], "name a file of snapshots, or --report"),
        (&[], "nothing to explain"),
        (&["words", "in.jsonl:9"], "line 9: there is no such line: the file has 4"),
        (&["words", "in.jsonl:3"], "line 3: is empty"),
        (&["words", "nowhere.jsonl"], "cannot read `nowhere.jsonl`"),
        (&["words", "nobody", "in.jsonl"], "no line of `in.jsonl` has that `id` or `trace_id`"),
        (&["words", "deep"], "one critic at a time"),
        (&["words", "a-run", "b-run", "in.jsonl"], "one run at a time"),
        (&["words", "broken.jsonl:1"], "line 1:"),
        (&["words", "--report", "in.jsonl:1"], "is no report of `tribunal judge --format jsonl`"),
        (&["words", "--report", "failed.jsonl:1"], "was not judged: no snapshot"),
        (&["words", "--report", "nowhere"], "cannot read `nowhere`"),
        (&["--condition", "true"], "nothing to evaluate it on"),
        (&["--condition", "true", "in.jsonl"], "there are 3 runs"),
        (&["--condition", "true", "in.jsonl:1", "--at", "word"], "did you mean `words`?"),
    ] {
        let done = explain(&folder, args);
        assert_eq!((done.status, done.out.as_str()), (2, ""), "{args:?}: {}", done.err);
        assert!(done.err.contains(problem), "{args:?}: {}", done.err);
    }
}

/// Which limit stopped a critic is told; which of several it waited at is not guessed.
#[test]
fn limits_that_stopped_a_critic_are_told() {
    let folder = folder();
    let outcome = |critic: &str, rest: Value| {
        let mut outcome = json!({"critic": critic, "stage": "fast_critics", "calls_for": "review",
            "attempts": 0, "queued_ms": 0.0, "execution_ms": 0.0, "cost": 0.0});
        outcome.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        outcome
    };
    let reason = |kind: &str, text: &str| json!({"kind": kind, "text": text});
    let outcomes = [
        outcome(
            "words",
            json!({"status": "success", "opinion": {"severity": 0.0, "uncertainty": 0.0},
            "attempts": 2, "queued_ms": 42.5, "begun_ms": 1.0}),
        ),
        outcome(
            "shape",
            json!({"status": "rate_limited",
            "reason": reason("rate_limited", "rate limited: the next token comes in 1.5s, after the deadline")}),
        ),
        outcome(
            "deep",
            json!({"status": "timeout", "attempts": 1, "execution_ms": 2000.0,
            "reason": reason("critic_timeout", "timeout: the critic ran out of time")}),
        ),
        outcome(
            "risky",
            json!({"status": "error", "reason": reason("breaker_open", "circuit breaker open")}),
        ),
        outcome(
            "asks",
            json!({"status": "skipped", "calls_for": null,
            "reason": reason("verdict_settled", "skipped: verdict settled")}),
        ),
        outcome(
            "needs",
            json!({"status": "skipped", "reason": reason("over_budget", "skipped: over budget")}),
        ),
    ];
    let hash = folder.judge(&[], "{\"input_text\": \"x\"}\n").lines()[0]["config_hash"].clone();
    let report = json!({"line": 1, "id": "r", "verdict": "review", "causes": [], "outcomes": outcomes,
        "elapsed_ms": 50.0, "queued_ms": 7.0, "config_hash": hash});
    folder.write("r.jsonl", report.to_string());
    for (critic, parts) in [
        (
            "words",
            &[
                "it waited 42.5ms from 1ms into the run on, at one or more of these",
                "the waits before 1 further attempt",
                "it was called 2 times",
                "at which of the limits it waited is in no report",
            ][..],
        ),
        (
            "shape",
            &[
                "never called: rate limited",
                "the next would have come in 1.5s",
                "failure mode `review` speaks",
            ],
        ),
        (
            "deep",
            &[
                "it ran and gave no opinion",
                "its own timeout of 2s for one attempt ended it, after 2s at work",
            ],
        ),
        ("risky", &["its circuit breaker was open"]),
        ("asks", &["early exit were off", "nothing it could say would change `review`"]),
        ("needs", &["the run's cost budget were larger"]),
    ] {
        let done = explain(&folder, &[critic, "--report", "r.jsonl"]);
        assert_eq!(done.status, 0, "{}", done.err);
        has(&done, parts);
    }
    has(&explain(&folder, &["--report", "r.jsonl"]), &["50 ms, 7 ms of it waiting to be admitted"]);
}

/// What comes from outside steers no terminal.
#[test]
fn what_comes_from_outside_is_spelled_out() {
    let folder = folder();
    folder.write("evil.jsonl", "{\"id\": \"a\\u001b[2J\", \"input_text\": \"\\u001b]0;x\\u0007 odd\", \"context\": {\"tenant\": \"\\u202e\"}}\n");
    for args in [
        &["evil.jsonl:1"][..],
        &["asks", "evil.jsonl:1"],
        &["--condition", "snapshot.input_text == snapshot.context.tenant", "evil.jsonl:1"],
        &[
            "--condition",
            "snapshot.input_text == snapshot.context.tenant",
            "evil.jsonl:1",
            "--format",
            "json",
        ],
    ] {
        let done = explain(&folder, args);
        let steers = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
        assert!(!done.out.is_empty() && !done.out.contains(steers), "{args:?}: {:?}", done.out);
    }
}
