//! `tribunal eval`: figures of labelled lines, what is wrong with them, and what became of a baseline.

use std::fs;

use serde_json::{Value, json};

use crate::run::{CONFIG, Done, Folder};

/// `spam` is what `words` objects to; its rules are those of the other tests.
const MAPPED: &str = "[eval.labels.spam]\ncritics = [\"words\"]\n";

fn folder() -> Folder {
    let folder = Folder::new();
    folder.write("pipeline.toml", format!("{MAPPED}{CONFIG}"));
    folder
}

/// So many lines of each kind: flagged and true, flagged and false, missed, rightly let pass.
fn lines(counts: [usize; 4]) -> String {
    let kinds = [("bad", true), ("bad", false), ("fine", true), ("fine", false)];
    let mut text = String::new();
    for ((input, spam), count) in kinds.into_iter().zip(counts) {
        for index in 0..count {
            let id = format!("{input}-{spam}-{index}");
            let line =
                json!({"id": id, "source": "mine", "input_text": input, "labels": {"spam": spam}});
            text.push_str(&format!("{line}\n"));
        }
    }
    text
}

fn eval(folder: &Folder, more: &[&str], input: &str) -> Done {
    folder.run(&[&["eval", "--config", "pipeline.toml"], more, &["-"]].concat(), input)
}

fn figures(folder: &Folder, more: &[&str], input: &str) -> Value {
    let done = eval(folder, &[&["--format", "json"], more].concat(), input);
    assert_eq!((done.status, done.err.as_str()), (0, ""));
    serde_json::from_str(&done.out).unwrap()
}

#[test]
fn the_figures_are_those_one_counts_by_hand() {
    let json = figures(&folder(), &[], &lines([6, 2, 4, 8]));
    let spam = &json["labels"]["spam"];
    assert_eq!((spam["n"].as_u64(), spam["precision"].as_f64()), (Some(20), Some(0.75)));
    assert_eq!((spam["recall"].as_f64(), spam["fpr"].as_f64()), (Some(0.6), Some(0.2)));
    assert_eq!(spam["by"], json!(["words"]));
    // Wilson, of 6 in 10.
    let low = spam["intervals"]["recall"][0].as_f64().unwrap();
    assert!((low - 0.3127).abs() < 1e-4, "{low}");
    assert_eq!(json["sources"]["mine"]["spam"]["tp"], 6);
    assert_eq!(json["critics"]["words"]["called"], 20);
    assert_eq!(json["critics"]["words"]["kind"], "pattern");
    assert_eq!(json["critics"]["deep"]["gated"], 12);
    assert_eq!(spam["missed"].as_array().map(Vec::len), Some(4));
    assert_eq!(spam["missed"][0], json!({"id": "fine-true-0", "source": "mine", "score": 0.0}));
}

#[test]
fn with_open_gates_every_critic_runs_on_every_line() {
    let json = figures(&folder(), &["--ungated"], &lines([1, 1, 1, 1]));
    assert_eq!((&json["ungated"], &json["critics"]["deep"]["called"]), (&json!(true), &json!(4)));
    assert_eq!(json["critics"]["deep"]["gated"], 0);
}

#[test]
fn no_text_is_shown_unless_it_is_asked_for() {
    let folder = folder();
    let line = json!({"id": "a", "input_text": "a canary", "labels": {"spam": true}});
    let line = format!("{line}\n");
    for format in ["human", "json", "html", "markdown"] {
        let done = eval(&folder, &["--format", format], &line);
        assert_eq!((done.status, done.err.as_str()), (0, ""));
        assert!(done.out.contains("spam") && !done.out.contains("canary"), "{format}");
    }
    for format in ["human", "json", "html"] {
        let done = eval(&folder, &["--format", format, "--with-text"], &line);
        assert!(done.out.contains("a canary"), "{format}");
    }
}

/// Critics are judged by what they find, not by what a line says about itself.
#[test]
fn no_critic_sees_the_labels() {
    let folder = Folder::new();
    let config = "[eval]\nhide = [\"note\"]\n[eval.labels.spam]\ncritics = [\"words\"]\n\
        [[critic]]\nname = \"words\"\nkind = \"pattern\"\n\
        params = { fields = [\"/context\", \"/labels\", \"/source\"], rules = [{ name = \"bad\", pattern = \"bad\" }] }\n";
    folder.write("pipeline.toml", config);
    let line = |context: Value| {
        let line = json!({"source": "bad", "input_text": "x", "labels": {"spam": true, "bad": ["bad"]},
                          "context": context});
        format!("{line}\n")
    };
    let flagged = |context| figures(&folder, &[], &line(context))["labels"]["spam"]["tp"].clone();
    assert_eq!(flagged(json!({"group": "bad", "note": "bad", "tested_types": ["bad"]})), 0);
    assert_eq!(flagged(json!({"document": "bad"})), 1);
    for hide in ["document", "*"] {
        let json = figures(&folder, &["--hide", hide], &line(json!({"document": "bad"})));
        assert_eq!(json["labels"]["spam"]["tp"], 0, "{hide}");
    }
}

#[test]
fn a_label_without_a_critic_is_told_with_its_rows() {
    let folder = folder();
    let line = "{\"input_text\": \"x\", \"labels\": {\"jailbreak\": true, \"spam\": false}}\n";
    let done = eval(&folder, &[], line);
    assert!(
        done.out.contains("not measured\n  jailbreak (1 row): the pipeline has no critic of"),
        "{}",
        done.out
    );
    let json = figures(&folder, &[], line);
    assert_eq!(json["labels"]["jailbreak"]["n"], 1);
    assert_eq!(json["labels"]["jailbreak"]["measured"], false);
    assert_eq!(json["labels"]["jailbreak"]["recall"], Value::Null);
}

#[test]
fn a_line_that_cannot_be_judged_is_told_with_its_place_and_costs_the_status() {
    let folder = folder();
    let bad = "{\"input_text\": \"x\"\n\
               {\"input_text\": \"x\", \"labels\": {\"spam\": \"yes\"}}\n\n\
               {\"input_text\": \"x\", \"labels\": {\"spam\": true}, \"context\": {\"spans\": [{\"type\": \"A\", \"start\": 0, \"end\": 9}]}}\n";
    folder.write("x.jsonl", format!("{bad}{}", lines([1, 0, 0, 1])));
    let args = ["eval", "--config", "pipeline.toml", "--format", "json", "x.jsonl"];
    let done = folder.run(&args, "");
    assert_eq!(done.status, 3);
    let told: Vec<&str> = done.err.lines().collect();
    assert_eq!(told.len(), 3, "{told:?}");
    for (line, start) in told.iter().zip([
        "error: x.jsonl:1: not readable as JSON",
        "error: x.jsonl:2: label `spam` must be true, false, a list of types",
        "error: x.jsonl:4: `context.spans[0]` ends at 9, and its text has 1 characters",
    ]) {
        assert!(line.starts_with(start), "{line}");
    }
    let json: Value = serde_json::from_str(&done.out).unwrap();
    assert_eq!(json["rows"], json!({"judged": 2, "unlabelled": 0, "unjudged": 3}));

    let many = eval(&folder, &[], &format!("{}{}", "{\n".repeat(50), lines([1, 0, 0, 1])));
    assert!(many.err.ends_with("error: 30 more lines could not be judged\n"), "{}", many.err);
    assert_eq!(many.err.lines().count(), 21);
}

#[test]
fn what_is_missing_or_wrong_is_told_before_anything_is_judged() {
    let folder = folder();
    folder.write("bad.json", "[]");
    let input = lines([1, 0, 0, 1]);
    let cases: [(&[&str], &str); 9] = [
        (&["--label", "spma"], "there is no label `spma`: did you mean `spam`? Known are `benign`"),
        (
            &["--label", "nothing like it"],
            "there is no label `nothing like it`: known are `benign`",
        ),
        (&["--at", "red"], "there are violation, review, block"),
        (&["--tolerance", "2", "--baseline", "bad.json"], "must lie within 0 to 1"),
        (&["--tolerance", "0.1"], "--baseline"),
        (&["--baseline", "missing.json"], "cannot read `missing.json`"),
        (&["--baseline", "bad.json"], "`bad.json` is no result of `tribunal eval --format json`"),
        (&["-o", "missing/out.json"], "cannot write `missing/out.json`"),
        (&["missing.jsonl"], "cannot read `missing.jsonl`"),
    ];
    for (args, error) in cases {
        let done = eval(&folder, args, &input);
        assert_eq!((done.status, done.out.as_str()), (2, ""), "{args:?}");
        assert!(done.err.contains(error), "{args:?}: {}", done.err);
    }
    let done = folder.run(&["eval", "--config", "pipeline.toml"], &input);
    assert_eq!(done.status, 2, "an input must be named");
}

/// An empty file, or one of another kind, must not make a build green.
#[test]
fn nothing_to_measure_is_no_success() {
    let folder = folder();
    for (input, error) in [
        ("", "error: no line has `labels`: there is nothing to measure\n"),
        ("{\"input_text\": \"x\"}\n", "error: no line has `labels`: there is nothing to measure\n"),
    ] {
        let done = eval(&folder, &[], input);
        assert_eq!((done.status, &*done.out, &*done.err), (2, "", error));
    }
    let done = eval(&folder, &["--label", "injection"], &lines([1, 0, 0, 1]));
    assert_eq!(
        (done.status, &*done.err),
        (2, "error: no line has `injection`: there is nothing to measure\n")
    );
    assert!(eval(&folder, &[], "{\n").err.ends_with("error: no line could be judged\n"));
}

#[test]
fn a_baseline_makes_it_fail_when_a_figure_got_worse_and_not_before() {
    let folder = folder();
    let args = ["--format", "json", "-o", "last.json"];
    assert_eq!(eval(&folder, &args, &lines([180, 10, 20, 190])).status, 0);
    let baseline = ["--baseline", "last.json"];

    let same = eval(&folder, &baseline, &lines([180, 10, 20, 190]));
    assert_eq!(
        (same.status, &*same.err),
        (0, "nothing is worse by more than 2 points (5 figures)\n")
    );
    let better = eval(&folder, &baseline, &lines([190, 10, 10, 190]));
    assert_eq!(better.status, 0, "{}", better.err);

    let worse = eval(&folder, &baseline, &lines([120, 10, 80, 190]));
    assert_eq!(worse.status, 1);
    let told =
        "worse: recall of `spam` was 90.0 % and is 60.0 %: 30.0 points worse (21.8 to 37.7)\n";
    assert!(worse.err.contains(told), "{}", worse.err);
    // What a build is shown is the whole result, as it is.
    assert!(worse.out.contains("spam"));

    // A loss of three points may be chance, on so few lines.
    let slight = lines([174, 10, 26, 190]);
    let maybe = eval(&folder, &baseline, &slight);
    assert_eq!(maybe.status, 0);
    assert!(
        maybe.err.contains("maybe worse: recall of `spam` was 90.0 % and is 87.0 %"),
        "{}",
        maybe.err
    );
    assert_eq!(eval(&folder, &[&baseline[..], &["--strict"]].concat(), &slight).status, 1);
    let tolerant = [&baseline[..], &["--strict", "--tolerance", "0.05"]].concat();
    assert_eq!(eval(&folder, &tolerant, &slight).status, 0);

    // What is not measured any more is worse than any figure.
    folder.write("pipeline.toml", CONFIG);
    let lost = eval(&folder, &baseline, &lines([180, 10, 20, 190]));
    assert_eq!(lost.status, 1);
    assert!(
        lost.err.contains("worse: `spam` is not measured any more: no critic is mapped to it"),
        "{}",
        lost.err
    );
}

/// The new result may take the place of the one it is compared with.
#[test]
fn the_output_may_be_the_baseline() {
    let folder = folder();
    let args = ["--format", "json", "-o", "last.json"];
    assert_eq!(eval(&folder, &args, &lines([9, 1, 1, 9])).status, 0);
    let both = [&args[..], &["--baseline", "last.json"]].concat();
    assert_eq!(eval(&folder, &both, &lines([0, 9, 9, 0])).status, 1);
    let json: Value = serde_json::from_slice(&fs::read(folder.path("last.json")).unwrap()).unwrap();
    assert_eq!(json["labels"]["spam"]["recall"], 0.0);
}

#[test]
fn nothing_from_the_data_steers_the_terminal() {
    let folder = folder();
    let evil = "\\u001b[2J\\u202e\\u009b";
    let line = format!(
        "{{\"id\": \"{evil}\", \"source\": \"{evil}\", \"input_text\": \"{evil}\", \"labels\": {{\"spam\": true, \"{evil}\": true}}}}\n\
         {{\"labels\": {{\"{evil}\": 3}}}}\n"
    );
    for format in ["human", "json", "html", "markdown"] {
        let done = eval(&folder, &["--format", format, "--with-text"], &line);
        assert_eq!(done.status, 3);
        for text in [&done.out, &done.err] {
            let steers =
                |c: char| (c.is_control() && c != '\n') || matches!(c, '\u{202a}'..='\u{202e}');
            assert!(!text.chars().any(steers), "{format}: {text:?}");
        }
    }
}
