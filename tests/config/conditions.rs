//! Conditions in a file: what they may look at, and what they decide.

use serde_json::json;
use tribunal_core::{Snapshot, Status};

use super::{parse, problems};

/// Three critics before it, one beside it, one after it, one that is monitored, one that is disabled.
fn pipeline(when: &str) -> String {
    let critic = |name: &str, rest: &str| {
        format!("[[critic]]\nname = \"{name}\"\nkind = \"echo\"\n{rest}\n")
    };
    let subject =
        format!("policy = \"conditional\"\npriority = 5\ndepends_on = [\"needed\"]\nwhen = {when}");
    [
        critic("subject", &subject),
        critic("early", "stage = \"fast_critics\"\nparams = { severity = 0.3 }"),
        critic("failing", "stage = \"fast_critics\"\nparams = { fails = true }"),
        critic("first", "priority = 1"),
        critic("needed", "priority = 9"),
        critic("beside", "priority = 5"),
        critic("watched", "stage = \"fast_critics\"\nmode = \"monitor\""),
        critic("late", "stage = \"deep_analysis\""),
        critic("off", "enabled = false"),
        critic("two-words", "stage = \"fast_critics\""),
    ]
    .concat()
}

/// `when = ` stands on line 7; the value starts at column 8.
fn problem(when: &str) -> (usize, String) {
    let text = pipeline(when);
    let found = problems(&text);
    assert_eq!(found.len(), 1, "{found:#?} of {when}");
    let (place, message) = found[0].split_once(' ').unwrap();
    let (line, column) = place.split_once(':').unwrap();
    assert_eq!(line, "7");
    (column.parse().unwrap(), message.to_owned())
}

#[test]
fn a_condition_may_only_look_at_what_its_gate_sees() {
    for (critic, message) in [
        ("late", "`late` belongs to the stage `deep_analysis`, later than `core_analysis`"),
        ("watched", "`watched` is only monitored, and no gate sees what is monitored"),
        ("subject", "`subject` cannot look at its own outcome"),
        (
            "beside",
            "the gate does not see `beside`: same stage, and its priority number 5 is not smaller than 5",
        ),
        ("erly", "there is no critic called `erly`"),
        ("off", "`off` is disabled"),
    ] {
        let (column, found) = problem(&format!("'true || prior.{critic}.violation'"));
        assert_eq!(found, format!("`when`: {message}"));
        assert_eq!(column, 8 + "'true || prior.".len(), "{critic}");
    }
    for critic in ["early", "failing", "first", "needed"] {
        assert_eq!(problems(&pipeline(&format!("'prior.{critic}.violation'"))), [""; 0]);
    }
    assert_eq!(problems(&pipeline("'prior[\"two-words\"].success'")), [""; 0]);
}

#[test]
fn a_mistake_in_an_expression_has_its_column_however_the_text_is_written() {
    assert_eq!(problem("'prior.early.colour'").0, 8 + "'prior.early.".len());
    assert_eq!(problem("\"prior.early.colour\"").0, 8 + "'prior.early.".len());
    let escaped = r#""\"\u00e4\" == prior.early.colour""#;
    assert_eq!(problem(escaped).0, 8 + escaped.find("colour").unwrap());
    assert_eq!(problem("'snapshto.phase'").0, 9);
    let (column, message) = problem("'prior.two-words.success'");
    assert!(message.contains("there is nothing called `words`"), "{message}");
    assert_eq!(column, 8 + "'prior.two-".len());
    assert_eq!(problem("'true &&'").0, 8 + "'true &&".len());
    assert_eq!(problem("''").1, "`when`: is empty");
    assert_eq!(
        problem("'1 + 1'").1,
        "`when`: gives a value of type `int`, and must give true or false"
    );
    let deep = format!("'{}true{}'", "(".repeat(33), ")".repeat(33));
    assert_eq!(problem(&deep), (8 + 33, "`when`: brackets nest deeper than 32".into()));
    assert_eq!(
        problems(&pipeline(&format!("'{}true{}'", "(".repeat(13), ")".repeat(13)))),
        [""; 0]
    );
    assert!(
        problem(&format!("'{}'", "true || ".repeat(520) + "true")).1.contains("longer than 4096")
    );
    // On a line of its own.
    let found = problems(&pipeline("'''\ntrue\n  || prior.erly.success'''"));
    assert!(found[0].starts_with("9:12 "), "{found:?}");
    // Both mistakes of one expression.
    assert_eq!(problems(&pipeline("'prior.early.a || snapshot.b'")).len(), 2);
}

async fn status(when: &str, snapshot: Snapshot) -> (Status, String) {
    let text = pipeline(when);
    let court = parse(&text).unwrap_or_else(|error| panic!("{error}")).build().unwrap();
    let report = court.run_all(snapshot).await.unwrap();
    let outcome = report.outcome("subject").unwrap();
    (outcome.status, outcome.reason.as_ref().map(ToString::to_string).unwrap_or_default())
}

/// Rule 6: a condition opens the gate, closes it with a reason, or makes an error. Nothing in silence.
#[tokio::test(start_paused = true)]
async fn a_condition_decides_whether_its_critic_runs() {
    let plain = || Snapshot::builder().input_text("hunter2").with("amount", 7).build();
    assert_eq!(status("'prior.early.violation'", plain()).await.0, Status::Success);
    assert_eq!(status("'snapshot.context.amount > 5'", plain()).await.0, Status::Success);
    assert_eq!(status("'prior.failing.status == \"error\"'", plain()).await.0, Status::Success);
    let (closed, reason) = status("'prior.early.severity > 0.5'", plain()).await;
    assert_eq!(closed, Status::Gated);
    assert_eq!(reason, "gated: does not hold: prior.early.severity > 0.5");
    let (error, reason) = status("'snapshot.context.total > 5'", plain()).await;
    assert_eq!(error, Status::Error);
    assert_eq!(reason, "condition not evaluated: there is no member `total`");
}

/// A list that is too long is an error, and the work over one that is not is bounded.
#[tokio::test(start_paused = true)]
async fn lists_are_bounded_and_never_cut_off() {
    let list = |items: usize| Snapshot::builder().with("list", json!(vec![1; items])).build();
    let when = "'snapshot.context.list.all(x, x == 1)'";
    assert_eq!(status(when, list(1_000)).await.0, Status::Success);
    let (error, reason) = status(when, list(1_001)).await;
    assert_eq!(error, Status::Error);
    assert!(reason.contains("more than 1000"), "{reason}");
    let nested = "'snapshot.context.list.all(x, snapshot.context.list.all(y, x == y))'";
    assert!(problem(nested).1.contains("a walk over a list"));
}

/// What a condition says of a ready-made critic is held against what that one declares, in its place.
#[test]
fn what_a_critic_never_returns_is_refused_where_it_is_written() {
    let of = |when: &str| {
        let text = format!(
            "[[critic]]\nname = \"pii\"\nkind = \"pii\"\nstage = \"fast_critics\"\n\n[[critic]]\nname = \"subject\"\n\
             kind = \"echo\"\npolicy = \"conditional\"\nwhen = {when}\n"
        );
        let error = parse(&text).err().unwrap_or_else(|| panic!("{when}"));
        let problem = &error.problems()[0];
        let place = (problem.line(), problem.column());
        (place, problem.code().as_str(), problem.help().unwrap_or_default().to_owned())
    };
    for (when, inside, code, help) in [
        ("'prior.pii.scor > 0.5'", "scor", "unknown-name", "score"),
        ("'prior.pii.score > 0.5'", "score", "never-returned", "prior.pii.severity"),
        ("'prior.pii.severity > \"x\"'", ">", "type-mismatch", "without quotes"),
        ("\"'pii.emial' in prior.pii.codes\"", "'pii.emial'", "never-returned", "pii.email"),
        ("'max_severity(\"pi\") > 0.1'", "\"pi\"", "never-returned", "pii"),
        ("'failed(\"subject\")'", "\"subject\"", "unseen-critic", ""),
        ("'matches_language(\"german\")'", "\"german\"", "unknown-word", ""),
    ] {
        let (place, found, meant) = of(when);
        assert_eq!(found, code, "{when}");
        assert_eq!(place, (10, 8 + when.find(inside).unwrap()), "{when}");
        assert!(meant.contains(help), "{when}: {meant}");
    }
}

/// Rule 5: the functions of the field hear what the gate sees, and no one else.
#[tokio::test(start_paused = true)]
async fn functions_hear_what_the_gate_sees() {
    let plain = || Snapshot::of_input("x");
    assert_eq!(
        status("'any_violation() && max_severity() == 0.3'", plain()).await.0,
        Status::Success
    );
    assert_eq!(status("'failed() && failed(\"failing\")'", plain()).await.0, Status::Success);
    let (closed, reason) = status("'count_violations() > 1'", plain()).await;
    assert_eq!((closed, &*reason), (Status::Gated, "gated: does not hold: count_violations() > 1"));
    assert_eq!(status("'any_violation(\"echo.\")'", plain()).await.0, Status::Success);
    let (column, message) = problem("'any_violation(\"late\")'");
    assert_eq!(column, 8 + "'any_violation(".len());
    assert!(message.contains("later than `core_analysis`"), "{message}");
}
