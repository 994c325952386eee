//! Rows and reports made by hand, and what they come to.

use serde_json::{Value, json};
use tribunal_core::{
    ConfigHash, CriticInfo, CriticName, Failure, FailureKind, Gated, Mode, Opinion, Outcome,
    Pointer, Reason, RunTimings, Snapshot, Span, Violation, calls_for,
};

use super::*;
use crate::html;
use crate::rule::Selector;

/// Some critics, and rows as they come.
struct Bench {
    subjects: Vec<Subject>,
    measuring: Measuring,
}

impl Bench {
    fn new(names: &[&str]) -> Self {
        Self::with(names, Rules::default(), Options::default())
    }

    /// A name with a `*` before it is only monitored.
    fn with(names: &[&str], rules: Rules, options: Options) -> Self {
        let subject = |name: &&str| {
            let mut info = CriticInfo::new(CriticName::new(name.trim_start_matches('*')).unwrap());
            if name.starts_with('*') {
                info.mode = Mode::Monitor;
            }
            Subject { info, kind: String::new() }
        };
        let subjects: Vec<Subject> = names.iter().map(subject).collect();
        let measuring = Measuring::new(rules, subjects.clone(), options).unwrap();
        Self { subjects, measuring }
    }

    fn add(&mut self, line: &Value, outcomes: impl IntoIterator<Item = Outcome>) -> &mut Self {
        let snapshot = Snapshot::from_json(line.to_string().as_bytes()).unwrap();
        let (row, _) = Row::split(&snapshot, &[]).unwrap();
        let critics: Vec<CriticInfo> = self.subjects.iter().map(|it| it.info.clone()).collect();
        let mut outcomes: Vec<Outcome> = outcomes.into_iter().collect();
        for (critic, outcome) in critics.iter().zip(&mut outcomes) {
            outcome.calls_for = calls_for(critic, outcome);
        }
        let (timings, hash) = (RunTimings::default(), ConfigHash([7; 16]));
        let report = Report::new(None, critics.into(), outcomes.into(), timings, hash);
        self.measuring.add(&row, "file.jsonl", &report).unwrap();
        self
    }

    fn finish(self) -> Evaluation {
        self.measuring.finish()
    }
}

fn clean() -> Outcome {
    Outcome::success(Opinion::clean())
}

fn found(severity: f64) -> Outcome {
    Outcome::success(Opinion::objection(Violation::new("found", "it", severity)))
}

fn failed() -> Outcome {
    Outcome::without(Reason::Failed(Failure::new(FailureKind::Permanent, "no")))
}

fn gated() -> Outcome {
    Outcome::without(Reason::Gated(Gated::NoViolation))
}

fn counts(evaluation: &Evaluation, label: &str) -> [u64; 5] {
    let counts = &evaluation.labels[label].measure.counts;
    [counts.tp, counts.fp, counts.fn_, counts.tn, counts.failed]
}

#[test]
fn a_label_that_is_absent_is_left_out_of_its_count() {
    let mut bench = Bench::new(&["injection", "jailbreak"]);
    bench.add(&json!({"labels": {"injection": true}}), [found(0.9), found(0.9)]);
    bench.add(&json!({"labels": {"jailbreak": true, "injection": null}}), [found(0.9), clean()]);
    bench.add(&json!({"input_text": "x"}), [found(0.9), found(0.9)]);
    let evaluation = bench.finish();
    assert_eq!(counts(&evaluation, "injection"), [1, 0, 0, 0, 0]);
    assert_eq!(counts(&evaluation, "jailbreak"), [0, 0, 1, 0, 0]);
    assert_eq!((evaluation.rows.judged, evaluation.rows.unlabelled), (3, 1));
}

#[test]
fn what_calls_for_nothing_is_not_flagged_unless_the_level_says_so() {
    for (at, expected) in [(None, [0, 0, 1, 0, 0]), (Some(Level::Violation), [1, 0, 0, 0, 0])] {
        let options = Options { at, ..Options::default() };
        let mut bench = Bench::with(&["injection"], Rules::default(), options);
        bench.add(&json!({"labels": {"injection": true}}), [found(0.2)]);
        assert_eq!(counts(&bench.finish(), "injection"), expected);
    }
}

/// Rule 14 for measuring: a critic that gave no opinion has not said that all is well.
#[test]
fn a_failure_is_never_counted_as_not_flagged() {
    let rules = || {
        let mut rules = Rules::default();
        let critics = vec!["a".to_owned(), "b".to_owned()];
        let by = By::Critics(Selector { critics, ..Selector::default() });
        rules.labels.insert("bad".into(), Rule::by(by));
        rules
    };
    for (outcomes, expected) in [
        ([failed(), clean()], [0, 0, 0, 0, 1]),
        ([failed(), gated()], [0, 0, 0, 0, 1]),
        ([failed(), found(0.9)], [1, 0, 0, 0, 0]),
        ([gated(), clean()], [0, 0, 1, 0, 0]),
    ] {
        let mut bench = Bench::with(&["a", "b"], rules(), Options::default());
        bench.add(&json!({"labels": {"bad": true}}), outcomes.clone());
        assert_eq!(counts(&bench.finish(), "bad"), expected, "{outcomes:?}");
    }
}

#[test]
fn a_gate_that_stays_closed_is_what_the_pipeline_says_and_is_told() {
    let mut bench = Bench::new(&["injection"]);
    bench.add(&json!({"labels": {"injection": true}}), [gated()]);
    let evaluation = bench.finish();
    assert_eq!(counts(&evaluation, "injection"), [0, 0, 1, 0, 0]);
    assert_eq!(evaluation.labels["injection"].measure.counts.unheard, 1);
    assert_eq!(evaluation.critics["injection"].gated, 1);
}

#[test]
fn a_monitored_critic_is_measured_by_itself_and_speaks_for_no_label() {
    let mut bench = Bench::new(&["*injection"]);
    bench.add(&json!({"labels": {"injection": true}}), [found(0.9)]);
    let evaluation = bench.finish();
    let label = &evaluation.labels["injection"];
    assert!(!label.measure.measured && label.measure.shares.recall.is_none());
    let missing = label.missing.as_deref().unwrap();
    assert!(missing.starts_with("only monitored critics speak for it (`injection`)"), "{missing}");
    assert_eq!(evaluation.critics["injection"].labels["injection"].shares.recall, Some(1.0));
}

#[test]
fn a_label_that_nobody_speaks_for_is_named_with_its_rows() {
    let mut bench = Bench::new(&["other"]);
    for holds in [true, true, false] {
        bench.add(&json!({"labels": {"hate": holds, "jailbreak": holds, "own": holds}}), [clean()]);
    }
    let evaluation = bench.finish();
    for (name, why) in [
        ("hate", "no critic is mapped to it: add `[eval.labels.hate]`"),
        ("own", "no critic is mapped to it: add `[eval.labels.own]`"),
        (
            "jailbreak",
            "the pipeline has no critic of the kind, name or tag `jailbreak`, and none gave a violation `jailbreak`",
        ),
    ] {
        let label = &evaluation.labels[name];
        assert_eq!(
            (label.measure.measured, label.measure.n, label.measure.positives),
            (false, 3, 2)
        );
        assert_eq!(label.measure.counts, crate::Counts::default());
        assert_eq!(label.missing.as_deref(), Some(why));
        assert!(!evaluation.sources["file.jsonl"][name].measured);
    }
}

#[test]
fn a_code_of_any_critic_speaks_for_its_label() {
    let mut bench = Bench::new(&["other"]);
    let code = Outcome::success(Opinion::objection(Violation::new("jailbreak.dan", "it", 0.9)));
    bench.add(&json!({"labels": {"jailbreak": true}}), [code]);
    bench.add(&json!({"labels": {"jailbreak": true}}), [found(0.9)]);
    let evaluation = bench.finish();
    assert!(evaluation.labels["jailbreak"].measure.measured);
    assert_eq!(counts(&evaluation, "jailbreak"), [1, 0, 1, 0, 0]);
}

#[test]
fn harmless_rows_are_false_alarms_whoever_objects() {
    let mut bench = Bench::new(&["any"]);
    bench.add(&json!({"labels": {"benign": true}}), [found(0.5)]);
    bench.add(&json!({"labels": {"unsafe": false}}), [clean()]);
    // Harmless as a question, and yet something stands in it.
    bench.add(&json!({"labels": {"benign": true, "pii": ["EMAIL"]}}), [found(0.9)]);
    bench.add(&json!({"labels": {"unsafe": true}}), [clean()]);
    bench.add(&json!({"labels": {"benign": true}}), [failed()]);
    let evaluation = bench.finish();
    assert_eq!(counts(&evaluation, OVER_BLOCKING), [0, 1, 0, 1, 1]);
    assert_eq!(evaluation.labels[OVER_BLOCKING].measure.shares.fpr, Some(0.5));
    assert_eq!(counts(&evaluation, "benign"), [0, 2, 0, 0, 1]);
    assert_eq!(counts(&evaluation, "unsafe"), [0, 0, 1, 1, 0]);
}

/// A critic that is let loose on what it is not for would object to everything.
#[test]
fn with_open_gates_nothing_is_measured_by_the_verdict() {
    let options = Options { ungated: true, ..Options::default() };
    let mut bench = Bench::with(&["injection"], Rules::default(), options);
    bench.add(&json!({"labels": {"benign": true, "injection": false}}), [found(0.9)]);
    let evaluation = bench.finish();
    assert!(evaluation.ungated && evaluation.labels["injection"].measure.measured);
    for name in ["benign", OVER_BLOCKING] {
        let label = &evaluation.labels[name];
        assert!(!label.measure.measured && label.measure.shares.fpr.is_none());
        assert!(label.missing.as_deref().is_some_and(|why| why.contains("open gates")));
        assert!(label.false_alarms.is_empty());
    }
}

#[test]
fn where_one_type_was_looked_for_a_finding_of_another_is_no_false_alarm() {
    let pii = |label: &'static str, bytes| {
        let span = Span::new(Pointer::input_text(), bytes, label);
        let violation = Violation::new(format!("pii.{label}"), "it", 0.5).at(span);
        Outcome::success(Opinion::objection(violation))
    };
    let line = |types: Value, spans: Value| {
        json!({"input_text": "call 0123456789", "labels": {"pii": types},
               "context": {"spans": spans, "tested_types": ["PHONE_NUMBER"]}})
    };
    let phone = json!([{"type": "PHONE_NUMBER", "start": 5, "end": 15}]);
    let mut bench = Bench::new(&["pii"]);
    bench.add(&line(json!([]), json!([])), [pii("us_bank", 5..15)]);
    bench.add(&line(json!([]), json!([])), [pii("phone", 5..15)]);
    bench.add(&line(json!(["PHONE_NUMBER"]), phone.clone()), [pii("us_bank", 5..15)]);
    bench.add(&line(json!(["PHONE_NUMBER"]), phone), [pii("us_bank", 0..4)]);
    let evaluation = bench.finish();
    assert_eq!(counts(&evaluation, "pii"), [1, 1, 1, 1, 0]);
    let spans = &evaluation.spans["pii"];
    assert_eq!((spans.labelled, spans.reported), (2, 2));
    assert_eq!((spans.exact.recall, spans.exact.precision), (Some(0.5), Some(0.5)));
    assert_eq!(spans.typed.recall, Some(0.0));
}

#[test]
fn sources_are_told_apart() {
    let mut bench = Bench::new(&["injection"]);
    let line = |source: &str| json!({"source": source, "labels": {"injection": true}});
    bench.add(&line("a"), [found(0.9)]);
    bench.add(&line("b"), [clean()]);
    bench.add(&json!({"labels": {"injection": true}}), [clean()]);
    let evaluation = bench.finish();
    let recall = |source: &str| evaluation.sources[source]["injection"].shares.recall;
    assert_eq!(["a", "b", "file.jsonl"].map(recall), [Some(1.0), Some(0.0), Some(0.0)]);
    assert_eq!(evaluation.labels["injection"].measure.shares.recall, Some(1.0 / 3.0));
}

#[test]
fn scores_make_curves_and_rank_misses() {
    let mut bench = Bench::new(&["injection"]);
    let scored = |score: f64| {
        let opinion = if score >= 0.5 {
            Opinion::objection(Violation::new("injection", "it", score))
        } else {
            Opinion::clean()
        };
        Outcome::success(opinion.score(score))
    };
    for (index, (score, holds)) in
        [(0.1, false), (0.4, true), (0.35, true), (0.8, true), (0.9, false), (0.6, false)]
            .into_iter()
            .enumerate()
    {
        let line = json!({"id": index, "input_text": "words", "labels": {"injection": holds}});
        bench.add(&line, [scored(score)]);
    }
    let evaluation = bench.finish();
    let by: Vec<&str> = evaluation.curves.iter().map(|curve| curve.by.as_str()).collect();
    assert_eq!(by, ["score of injection", "severity"]);
    // Of nine pairs the positive row scores higher in four: 0.4 and 0.35 above 0.1, 0.8 above 0.1 and 0.6.
    assert!((evaluation.curves[0].curve.roc_auc - 4.0 / 9.0).abs() < 1e-9);
    let label = &evaluation.labels["injection"];
    let ids = |misses: &[crate::Miss]| -> Vec<u64> {
        misses.iter().filter_map(|miss| miss.id.as_u64()).collect()
    };
    assert_eq!((ids(&label.missed), ids(&label.false_alarms)), (vec![2, 1], vec![4, 5]));
    assert!(label.missed.iter().all(|miss| miss.text.is_none()), "ids alone unless asked for");
}

#[test]
fn only_the_labels_asked_for_are_counted_and_an_unknown_one_is_refused() {
    let only = vec!["injection".into(), "pii".into()];
    let options = Options { only, ..Options::default() };
    let mut bench = Bench::with(&["injection"], Rules::default(), options);
    bench.add(&json!({"labels": {"injection": true, "benign": true}}), [found(0.9)]);
    let evaluation = bench.finish();
    assert_eq!(evaluation.labels.keys().collect::<Vec<_>>(), ["injection", "pii"]);
    assert_eq!(evaluation.labels["pii"].measure.n, 0);

    let options = Options { only: vec!["injectoin".into()], ..Options::default() };
    let error = Measuring::new(Rules::default(), Vec::new(), options).unwrap_err().to_string();
    assert!(
        error.starts_with(
            "there is no label `injectoin`: did you mean `injection`? Known are `benign`"
        ),
        "{error}"
    );
}

#[test]
fn the_json_has_the_members_that_are_promised() {
    let mut bench = Bench::new(&["injection"]);
    bench.add(&json!({"source": "s", "labels": {"injection": true, "hate": false}}), [clean()]);
    let json = serde_json::to_value(bench.finish()).unwrap();
    for name in ["injection", "hate"] {
        for of in [&json["labels"], &json["sources"]["s"]] {
            for member in ["n", "precision", "recall", "f1", "fpr", "intervals"] {
                assert!(of[name].get(member).is_some(), "{name} {member}");
            }
        }
    }
    assert_eq!(json["labels"]["injection"]["precision"], Value::Null);
    assert_eq!(json["labels"]["injection"]["recall"], 0.0);
    assert!(json["critics"]["injection"]["latency_ms"].get("p99").is_some());
}

#[test]
fn the_page_needs_nothing_from_elsewhere_and_is_well_formed() {
    let options = Options { with_text: true, ..Options::default() };
    let mut bench = Bench::with(&["injection"], Rules::default(), options);
    let evil = "</td><script src=\"https://x\">";
    for (score, holds) in [(0.9, true), (0.2, true), (0.7, false), (0.1, false)] {
        let opinion = Opinion::clean().severity(score).score(score);
        let line = json!({"id": evil, "source": evil, "input_text": evil,
                          "labels": {"injection": holds, evil: true}});
        bench.add(&line, [Outcome::success(opinion)]);
    }
    let page = html(&bench.finish());
    assert!(!page.contains("<script") && !page.contains("src=\"") && !page.contains("url("));
    assert!(page.contains("prefers-color-scheme: dark") && page.contains("<polyline"));
    // Every element that is opened is closed, innermost first.
    let mut open: Vec<&str> = Vec::new();
    for tag in page.split('<').skip(1) {
        let tag = tag.split('>').next().unwrap_or_default();
        let name = tag.split([' ', '/']).find(|part| !part.is_empty()).unwrap_or_default();
        if tag.starts_with('!') || tag.ends_with('/') || matches!(name, "meta" | "br") {
            continue;
        }
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name), "{tag}");
        } else {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "{open:?}");
}
