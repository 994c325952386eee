//! `prove` and `diff`.

use serde_json::{Value, json};

use crate::run::{CONFIG, Folder};

const PROMISES: &str = r#"
[[promise]]
name = "words are looked at"
holds = "words always runs"

[[promise]]
name = "two looks"
holds = "deep always runs"
"#;

#[test]
fn a_broken_promise_is_told_with_a_run_and_fails() {
    let folder = Folder::new();
    folder.write("pipeline.toml", format!("{CONFIG}{PROMISES}"));
    let done = folder.run(&["prove", "--config", "pipeline.toml"], "");
    assert_eq!((done.status, done.err.as_str()), (1, ""));
    for part in [
        "pipeline.toml  2 critics, 2 promises\nat worst it takes 4s and costs 2.5\n",
        "✓ words are looked at: words always runs\n",
        "✗ two looks: deep always runs\n    deep: gated by its policy\n    verdict: allow\n",
        "fail\n  none: nothing fails open\n",
        "critics that never run\n  none\n",
        "  deep: gated by its policy\n  never of words\n",
    ] {
        assert!(done.out.contains(part), "{part:?} in {}", done.out);
    }
    // The same config cannot be used for anything else.
    let done = folder.run(&["check", "--config", "pipeline.toml"], "");
    assert_eq!(done.status, 2);
    assert!(done.err.contains("broken-promise"), "{}", done.err);
}

#[test]
fn a_config_that_keeps_its_promises_is_fine_and_a_wrong_one_is_not() {
    let folder = Folder::new();
    assert_eq!(folder.run(&["prove", "--config", "pipeline.toml"], "").status, 0);
    assert_eq!(folder.run(&["prove"], "").status, 0);
    folder.write("pipeline.toml", format!("{CONFIG}{}", PROMISES.replace("always", "allways")));
    let done = folder.run(&["prove", "--config", "pipeline.toml"], "");
    assert_eq!((done.status, done.out.as_str()), (2, ""));
}

#[test]
fn what_is_proved_is_written_as_json() {
    let folder = Folder::new();
    folder.write("pipeline.toml", format!("{CONFIG}{PROMISES}"));
    let done = folder.run(&["prove", "--config", "pipeline.toml", "--format", "json"], "");
    let proved: Value = serde_json::from_str(&done.out).unwrap();
    assert_eq!(proved["promises"][0]["answer"], "holds");
    assert_eq!(proved["promises"][1]["answer"], "broken");
    assert_eq!(proved["promises"][1]["path"]["steps"][1]["state"], "closed");
    assert_eq!((&proved["worst_cost"], &proved["fail_open"]), (&json!(2.5), &json!([])));
}

#[test]
fn the_same_config_has_no_difference() {
    let folder = Folder::new();
    folder.write("lines.jsonl", "{\"id\": 1, \"input_text\": \"bad\"}\n");
    let args = ["diff", "pipeline.toml", "pipeline.toml", "--snapshots", "lines.jsonl"];
    let done = folder.run(&args, "");
    assert_eq!((done.status, done.err.as_str()), (0, ""));
    assert!(done.out.contains("the same\n") && done.out.contains("0 of 1 line changed"));
}

#[test]
fn what_changes_is_told_and_verdicts_by_their_ids_alone() {
    let folder = Folder::new();
    folder.write(
        "old.toml",
        format!("{CONFIG}{PROMISES}").replace("\"deep always", "\"words always"),
    );
    let new = format!("{CONFIG}{PROMISES}").replace("severity = 0.9", "severity = 0.5");
    let new = new.replace("cost = 2.5", "cost = 3.5\nfailure_mode = \"allow\"\npriority = 2");
    folder.write(
        "new.toml",
        format!(
            "{new}\n[[critic]]\nname = \"more\"\nkind = \"length\"\nparams.max_characters = 9\n"
        ),
    );
    let lines = "{\"id\": \"first\", \"input_text\": \"bad\"}\n{\"id\": \"second\", \"input_text\": \"odd\"}\nno JSON\n";
    folder.write("lines.jsonl", lines);
    let args = ["diff", "old.toml", "new.toml", "--snapshots", "lines.jsonl"];
    let done = folder.run(&args, "");
    assert_eq!((done.status, done.err.as_str()), (1, ""));
    for part in [
        "old.toml -> new.toml\n",
        "  + more\n",
        "  ~ deep\n      failure_mode: review -> allow\n      priority: 5 -> 2\n",
        "  ~ words\n      its parameters, validation, limits or retries\n",
        "  two looks: words always runs (holds) -> deep always runs (broken)\n",
        "  latency: 4s -> 6s\n  cost: 2.5 -> 3.5\n",
        "  + deep: a run may end in allow although it fails\n",
        "  block -> review: 1 line\n  line 1 (first): block -> review\n",
        "  1 of 2 lines changed, 1 could not be judged\n",
    ] {
        assert!(done.out.contains(part), "{part:?} in {}", done.out);
    }
    let done = folder.run(&[&args[..], &["--format", "json"]].concat(), "");
    let told: Value = serde_json::from_str(&done.out).unwrap();
    assert_eq!(told["added"], json!(["more"]));
    assert_eq!(told["worst_cost"], json!([2.5, 3.5]));
    let changed = json!({"line": 1, "id": "first", "from": "block", "to": "review"});
    assert_eq!(told["verdicts"]["changed"], json!([changed]));
    let done = folder.run(&[&args[..], &["--with-text"]].concat(), "");
    assert!(done.out.contains("line 1 (first): block -> review: bad\n"), "{}", done.out);
}

#[test]
fn a_difference_to_a_config_that_is_wrong_cannot_be_told() {
    let folder = Folder::new();
    folder.write("wrong.toml", "[[critic]]\n");
    assert_eq!(folder.run(&["diff", "pipeline.toml", "wrong.toml"], "").status, 2);
    assert_eq!(folder.run(&["diff", "nowhere.toml", "pipeline.toml"], "").status, 2);
    assert_eq!(folder.run(&["diff", "pipeline.toml"], "").status, 2);
}
