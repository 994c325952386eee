//! Promises, critics that cannot run and gates that decide nothing: read in place and proved when a config is loaded.

use std::time::Duration;

use tribunal_config::{Code, Problem, Source, load, load_unproved};
use tribunal_core::Stage;
use tribunal_prove::RunModel;

const CRITICS: &str = r#"
[[critic]]
name = "words"
kind = "length"
stage = "fast_critics"
params.max_characters = 10

[[critic]]
name = "deep"
kind = "length"
policy = "on_violation"
failure_mode = "allow"
params.max_characters = 10
"#;

fn problems(text: &str) -> Vec<Problem> {
    let source = Source::new("pipeline.toml", text);
    match load(&source, &tribunal_critics::catalogue(), &|_| None) {
        Ok(pipeline) => pipeline.warnings,
        Err(error) => error.problems().to_vec(),
    }
}

fn promising(name: &str, holds: &str) -> String {
    format!("{CRITICS}\n[[promise]]\nname = \"{name}\"\nholds = {holds}\n")
}

fn codes(text: &str) -> Vec<Code> {
    problems(text).iter().map(Problem::code).collect()
}

#[test]
fn a_promise_that_holds_is_loaded_and_one_that_does_not_is_refused_with_a_run_that_shows_it() {
    assert_eq!(codes(&promising("a", "\"deep runs whenever words objects\"")), []);
    let broken = promising("never open", "\"no allow when deep failed\"");
    let told = problems(&broken);
    assert_eq!(told.len(), 1);
    assert_eq!(
        (told[0].code(), told[0].found().as_str()),
        (Code::BrokenPromise, "\"no allow when deep failed\"",)
    );
    assert_eq!(told[0].message(), "the promise \"never open\" does not hold");
    let story = "for instance: words: objects; deep: fails; verdict: allow";
    assert_eq!(told[0].help(), Some(story));
}

/// For `prove` a broken promise is an answer and no mistake.
#[test]
fn what_is_loaded_unproved_keeps_its_broken_promises() {
    let text = promising("a", "\"no allow when deep failed\"");
    let source = Source::new("pipeline.toml", text);
    let pipeline = load_unproved(&source, &tribunal_critics::catalogue(), &|_| None).unwrap();
    assert_eq!(pipeline.promises[0].name, "a");
    assert_eq!(pipeline.promises[0].holds, "no allow when deep failed");
    assert_eq!(pipeline.model.unwrap().critics().len(), 2);
}

#[test]
fn a_promise_that_cannot_be_read_is_told_where_it_goes_wrong() {
    for (holds, found, help) in [
        ("\"deap always runs\"", "deap", "did you mean `deep`?"),
        ("\'\'\'\nwords allways runs\'\'\'", "allways", "did you mean `always`?"),
        ("\"w\\u006frds always run\"", "run", "did you mean `runs`?"),
    ] {
        let told = problems(&promising("a", holds));
        assert_eq!(told.len(), 1, "{told:?}");
        assert_eq!(told[0].code(), Code::InvalidPromise);
        assert_eq!((told[0].found().as_str(), told[0].help()), (found, Some(help)));
    }
    let off = CRITICS.replace("name = \"deep\"", "name = \"deep\"\nenabled = false");
    let off = format!("{off}\n[[promise]]\nname = \"a\"\nholds = \"deep always runs\"\n");
    assert_eq!(problems(&off)[0].help(), Some("`deep` is disabled"));
}

#[test]
fn the_tables_are_read_like_any_other() {
    let first = promising("a", "\"nothing fails open in phase input\"");
    let text = format!(
        "{first}[[promise]]\nname = \"a\"\nholds = \"words always runs\"\n\
         [[promise]]\nname = \"\"\nholds = 3\n[[promise]]\nwhat = 1\n"
    );
    let mut codes = codes(&text);
    codes.sort_unstable();
    let mut expected = [
        Code::RepeatedEntry,
        Code::OutOfRange,
        Code::WrongType,
        Code::MissingKey,
        Code::MissingKey,
        Code::UnknownKey,
        // The first one is read all the same; what else is wrong keeps it from being proved.
    ];
    expected.sort_unstable();
    assert_eq!(codes, expected);
    assert_eq!(self::codes(&format!("{CRITICS}\n[promise]\nname = \"a\"\n")), [Code::WrongType]);
}

#[test]
fn figures_are_told() {
    let text = CRITICS.replace("params.max", "cost = 0.25\nretry = { attempts = 2 }\nparams.max");
    let text = format!(
        "{text}\n[[promise]]\nname = \"cheap\"\nholds = \"worst cost <= 0.4\"\n\
         [[promise]]\nname = \"quick\"\nholds = \"worst latency <= 5s\"\n\
         [[promise]]\nname = \"few\"\nholds = \"at most 1 critic runs\"\n"
    );
    let told = problems(&text);
    let messages: Vec<&str> = told.iter().map(Problem::message).collect();
    assert_eq!(
        messages,
        [
            "the promise \"cheap\" does not hold: it may cost 1",
            "the promise \"quick\" does not hold: it may take 8100ms",
            "the promise \"few\" does not hold: 2 may run",
        ]
    );
}

/// Severities are one line: what lies above 0.8 lies above 0.3.
#[test]
fn conditions_on_numbers_are_followed_exactly() {
    for (when, expected) in [
        ("prior.words.severity > 0.8 && prior.words.severity < 0.3", &[Code::GateNeverOpens][..]),
        ("prior.words.severity > 0.3 || prior.words.severity <= 0.8", &[Code::GateNeverCloses]),
        ("prior.words.severity > 0.3 && prior.words.severity < 0.8", &[]),
        ("0.3 > prior.words.severity && 0.3 < prior.words.severity", &[Code::GateNeverOpens]),
        ("prior.words.uncertainty > 0.5 && prior.words.success", &[]),
        ("prior.words.status == \'gated\'", &[Code::GateNeverOpens]),
        ("prior.words.status in [\'error\', \'timeout\']", &[]),
        ("prior.words.status == \'rate_limited\'", &[Code::GateNeverOpens]),
        ("snapshot.phase == \'input\' && snapshot.phase == \'output\'", &[Code::GateNeverOpens]),
        ("prior.words.violations > 1 && !prior.words.violation", &[Code::GateNeverOpens]),
        ("has(prior.words.severity)", &[Code::GateNeverCloses]),
        ("snapshot.phase == \'input\' ? prior.words.violation : !prior.words.violation", &[]),
        // What cannot be known may be either, but the same for all who ask.
        ("has(snapshot.context.vip)", &[]),
        ("has(snapshot.context.vip) && !has(snapshot.context.vip)", &[Code::GateNeverOpens]),
        ("size(snapshot.input_text) > 5 && size(snapshot.input_text) <= 5", &[]),
    ] {
        let text = CRITICS.replace(
            "policy = \"on_violation\"",
            &format!("policy = \"conditional\"\nwhen = \"{when}\""),
        );
        assert_eq!(codes(&text), expected, "{when}");
    }
}

/// What one function says, another may not deny.
#[test]
fn functions_of_the_field_are_followed_exactly() {
    for (when, expected) in [
        ("any_violation()", &[][..]),
        ("any_violation() && count_violations() == 0", &[Code::GateNeverOpens]),
        ("any_violation() || count_violations() == 0", &[Code::GateNeverCloses]),
        ("count_violations() >= 2 && !(count_violations() > 1)", &[Code::GateNeverOpens]),
        ("max_severity() > 0.5 && prior.words.severity < 0.3", &[Code::GateNeverOpens]),
        ("max_severity() >= 0.0", &[Code::GateNeverCloses]),
        ("max_severity('length.') >= 0.5 && !any_violation('words')", &[Code::GateNeverOpens]),
        (
            "any_violation('length.too_many_characters') && !any_violation('length.')",
            &[Code::GateNeverOpens],
        ),
        (
            "'length.too_many_characters' in prior.words.codes && count_violations() < 1",
            &[Code::GateNeverOpens],
        ),
        ("any_violation() && !any_violation('length.')", &[Code::GateNeverOpens]),
        ("failed() && max_uncertainty() < 1.0", &[Code::GateNeverOpens]),
        ("failed('words') || ran('words')", &[Code::GateNeverCloses]),
        ("ran('words') && prior.words.status == 'gated'", &[Code::GateNeverOpens]),
        ("risk_at_least('high') && !risk_at_least('medium')", &[Code::GateNeverOpens]),
        ("matches_language('de')", &[]),
        ("matches_language('de') && matches_language('en')", &[Code::GateNeverOpens]),
        // So many are not told apart; but they are more than a few.
        ("count_violations() >= 100", &[]),
        ("count_violations() >= 100 && count_violations() < 5", &[Code::GateNeverOpens]),
    ] {
        let text = CRITICS.replace(
            "policy = \"on_violation\"",
            &format!("policy = \"conditional\"\nwhen = \"{when}\""),
        );
        assert_eq!(codes(&text), expected, "{when}");
    }
}

#[test]
fn a_gate_that_sees_nobody_who_objects_never_opens() {
    let first = "[[critic]]\nname = \"alone\"\nkind = \"length\"\nstage = \"pre_validation\"\n\
                 policy = \"conditional\"\nwhen = \"any_violation()\"\nparams.max_characters = 1\n";
    assert_eq!(codes(&format!("{CRITICS}{first}")), [Code::GateNeverOpens]);
}

/// One that sees `words` alone and one that sees more: what holds of the one need not hold of the other.
#[test]
fn a_promise_follows_the_functions_of_several_gates() {
    let gates = |last: &str| {
        format!(
            "{}\n[[critic]]\nname = \"last\"\nkind = \"length\"\nstage = \"validation\"\n\
             policy = \"conditional\"\nwhen = \"{last}\"\nparams.max_characters = 10\n\
             [[promise]]\nname = \"a\"\nholds = \"last runs whenever words objects at 0.5 or above\"\n",
            CRITICS.replace(
                "policy = \"on_violation\"",
                "policy = \"conditional\"\nwhen = \"any_violation()\"",
            )
        )
    };
    assert_eq!(codes(&gates("max_severity() >= 0.5")), []);
    assert_eq!(codes(&gates("ran('deep') && any_violation()")), [Code::BrokenPromise]);
    assert_eq!(codes(&gates("ran('deep') || failed('deep')")), [Code::BrokenPromise]);
    let told = problems(&gates("!any_violation() || count_violations('length.') >= 2"));
    let help = told[0].help().unwrap();
    assert!(help.contains("words: objects (") && help.contains("last: gated"), "{help}");
}

/// A condition that reads what may be missing may fail, and then its critic does not run.
#[test]
fn a_condition_that_may_fail_keeps_a_critic_from_always_running() {
    let text = CRITICS.replace(
        "policy = \"on_violation\"",
        "policy = \"conditional\"\nwhen = \"snapshot.context.vip || !snapshot.context.vip\"",
    );
    let text = format!("{text}\n[[promise]]\nname = \"a\"\nholds = \"deep always runs\"\n");
    let told = problems(&text);
    let help = told.iter().find(|problem| problem.code() == Code::BrokenPromise).unwrap().help();
    let help = help.unwrap();
    assert!(help.contains("deep: error, its condition cannot be evaluated"), "{help}");
    assert!(help.contains("assuming the condition of `deep` cannot be evaluated"), "{help}");
}

#[test]
fn what_a_file_leaves_out_is_what_the_engine_takes() {
    let source = Source::new("pipeline.toml", CRITICS);
    let load = |text: &str| {
        let source = Source::new("pipeline.toml", text);
        load(&source, &tribunal_critics::catalogue(), &|_| None).unwrap().model.unwrap()
    };
    assert_eq!(*load(&source.text).run(), RunModel::default());
    let outline = tribunal_config::load(&source, &tribunal_critics::catalogue(), &|_| None);
    let outline = outline.unwrap().build().unwrap().outline();
    assert_eq!(outline.timeout, RunModel::default().timeout);
    let text = format!(
        "[run]\ntimeout = \"3s\"\nearly_exit = true\nmax_cost = 2.0\nmax_total_retries = 1\n\
         [stages.fast_critics]\ntimeout = \"2500ms\"\n{CRITICS}"
    );
    let model = load(&text);
    let run = model.run();
    assert!(run.early_exit && run.max_cost == Some(2.0) && run.max_total_retries == 1);
    assert_eq!(run.timeout, Duration::from_secs(3));
    assert_eq!(run.stage_timeouts[&Stage::FastCritics], Duration::from_millis(2_500));
}

#[test]
fn the_default_pipeline_promises_something() {
    let source = Source::default_pipeline();
    let pipeline = load(&source, &tribunal_critics::catalogue(), &|_| None).unwrap();
    assert!(pipeline.promises.len() >= 5);
    assert_eq!(pipeline.warnings.len(), 0);
}
