//! Layers: which one wins, and where what is wrong in one of them is shown.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use proptest::prelude::*;
use tribunal_config::{ConfigError, Layers, Pipeline, ReadError, Show, Source};
use tribunal_core::{Snapshot, Verdict};
use tribunal_production::{CriticOutline, Outline};

use super::catalogue;

/// The files that there are, by their paths.
pub(super) type Files = BTreeMap<String, String>;

pub(super) fn files<const N: usize>(files: [(&str, &str); N]) -> Files {
    files.into_iter().map(|(path, text)| (path.to_owned(), text.to_owned())).collect()
}

pub(super) fn read(files: &Files, path: &Path) -> Result<Source, ReadError> {
    let name = path.display().to_string();
    match files.get(&name) {
        Some(text) => Ok(Source::new(name, text.as_str())),
        None => Err(ReadError::Io { name, cause: std::io::ErrorKind::NotFound.into() }),
    }
}

/// The layers of `main.toml`.
pub(super) fn layers(all: Files) -> Layers {
    let all = Arc::new(all);
    Layers::open("main.toml", move |path| read(&all, path)).unwrap()
}

pub(super) fn load(layers: &Layers) -> Result<Pipeline, ConfigError> {
    layers.load(&catalogue(), &|_| None)
}

pub(super) fn outline(layers: &Layers) -> Outline {
    load(layers).unwrap_or_else(|error| panic!("{error}")).build().unwrap().outline()
}

pub(super) fn critic(outline: &Outline, name: &str) -> CriticOutline {
    let all = outline.stages.iter().flat_map(|stage| &stage.critics);
    all.into_iter().find(|critic| critic.name == name).unwrap().clone()
}

/// The problems as lines, without the level and the code.
#[track_caller]
pub(super) fn wrong(layers: &Layers) -> Vec<String> {
    lines(&load(layers).expect_err("there is something wrong"))
}

pub(super) fn lines(error: &ConfigError) -> Vec<String> {
    let line = |problem: &tribunal_config::Problem| {
        let level = format!("error[{}]: ", problem.code());
        problem.on_one_line().replace(&level, "")
    };
    error.problems().iter().map(line).collect()
}

/// One critic, `a`.
pub(super) const A: &str = "[[critic]]\nname = \"a\"\nkind = \"echo\"\n";

fn variables<const N: usize>(all: [(&str, &str); N]) -> [(String, String); N] {
    all.map(|(name, value)| (name.to_owned(), value.to_owned()))
}

/// The priority of `a` with these layers, one for each that is given.
fn priority(included: bool, file: bool, profile: bool, variable: bool, set: bool) -> u8 {
    let line =
        |on: bool, number: u8| if on { format!("priority = {number}\n") } else { String::new() };
    let base = format!("{A}{}", line(included, 2));
    let main = format!(
        "include = [\"base.toml\"]\n[[critic]]\nname = \"a\"\n{}\n[[profile.p.critic]]\nname = \"a\"\n{}",
        line(file, 3),
        line(profile, 4)
    );
    let mut layers = layers(files([("base.toml", &base), ("main.toml", &main)])).profile("p");
    if variable {
        layers = layers.variables(variables([("TRIBUNAL__CRITIC__A__PRIORITY", "6")]));
    }
    if set {
        layers = layers.set("critic.a.priority=7");
    }
    critic(&outline(&layers), "a").priority
}

/// Default, included file, file, profile, variable, `--set`: the highest of those that say something wins.
#[test]
fn the_highest_layer_that_says_something_wins() {
    for given in 0..32_u8 {
        let [included, file, profile, variable, set] = [1, 2, 4, 8, 16].map(|bit| given & bit != 0);
        let layers = [(set, 7), (variable, 6), (profile, 4), (file, 3), (included, 2)];
        let expected = layers.iter().find(|(on, _)| *on).map_or(5, |(_, number)| *number);
        let found = priority(included, file, profile, variable, set);
        assert_eq!(found, expected, "{given:05b}");
    }
}

#[test]
fn tables_are_merged_key_by_key_and_lists_are_replaced() {
    let base = "[run]\ntimeout = \"8s\"\nmax_runs = 5\n\
        [[critic]]\nname = \"a\"\nkind = \"echo\"\ntags = [\"x\", \"y\"]\n\
        retry = { attempts = 3, factor = 4 }\nparams = { severity = 0.5, value = { k = [1, 2], l = 3 } }\n";
    let main = "include = [\"base.toml\"]\n[run]\nmax_runs = 6\n\
        [[critic]]\nname = \"a\"\ntags = [\"z\"]\nretry.attempts = 2\nparams.value.k = [9]\n";
    let one = "[run]\ntimeout = \"8s\"\nmax_runs = 6\n\
        [[critic]]\nname = \"a\"\nkind = \"echo\"\ntags = [\"z\"]\n\
        retry = { attempts = 2, factor = 4 }\nparams = { severity = 0.5, value = { k = [9], l = 3 } }\n";
    let layered = outline(&layers(files([("base.toml", base), ("main.toml", main)])));
    let plain = outline(&layers(files([("main.toml", one)])));
    assert_eq!(layered.config_hash, plain.config_hash);
    assert_eq!(critic(&layered, "a").tags, ["z"]);
}

/// The keys that only one policy has go with it, and parameters with their kind.
#[test]
fn a_new_policy_or_kind_does_without_what_belonged_to_the_old_one() {
    let main = "[[critic]]\nname = \"a\"\nkind = \"echo\"\npolicy = \"conditional\"\n\
        when = \"snapshot.phase == 'input'\"\nhedge = { after = \"50ms\" }\nparams = { severity = 0.5 }\n\
        [[profile.p.critic]]\nname = \"a\"\npolicy = \"always\"\nhedge = { percentile = 95 }\n\
        [[profile.q.critic]]\nname = \"a\"\nkind = \"length\"\nparams = { max_characters = 5 }\n";
    let all = layers(files([("main.toml", main)]));
    assert_eq!(critic(&outline(&all.clone().profile("p")), "a").policy, "always");
    outline(&all.profile("q"));
}

#[test]
fn a_critic_of_an_included_file_is_left_out_by_disabling_it() {
    let base = format!("{A}[[critic]]\nname = \"b\"\nkind = \"echo\"\n");
    let main = "include = [\"base.toml\"]\n[[critic]]\nname = \"a\"\nenabled = false\n\
        [[critic]]\nname = \"c\"\nkind = \"echo\"\n";
    let outline = outline(&layers(files([("base.toml", &base), ("main.toml", main)])));
    let names: Vec<&str> = outline.stages[0].critics.iter().map(|c| c.name.as_str()).collect();
    assert_eq!(names, ["b", "c"]);
}

#[test]
fn included_files_are_found_from_the_folder_of_the_file_that_names_them() {
    let all = files([
        ("main.toml", "include = [\"teams/bank.toml\", \"last.toml\"]\n"),
        (
            "teams/bank.toml",
            "include = [\"../shared/base.toml\"]\n[run]\nmax_runs = 2\nmax_queued_runs = 2\n",
        ),
        ("teams/../shared/base.toml", &format!("{A}[run]\nmax_runs = 1\n")),
        ("last.toml", "[run]\nmax_queued_runs = 3\n"),
    ]);
    let pipeline = load(&layers(all)).unwrap();
    let settings = format!("{:?}", pipeline.settings);
    assert!(
        settings.contains("max_runs: 2") && settings.contains("max_queued_runs: 3"),
        "{settings}"
    );
}

/// Otherwise the second time would take back what was put over the first.
#[test]
fn a_file_that_is_included_twice_counts_where_it_is_named_first() {
    let all = files([
        ("main.toml", "include = [\"base.toml\", \"a.toml\", \"./base.toml\"]\n"),
        ("base.toml", &format!("{A}priority = 2\n")),
        ("a.toml", "include = [\"base.toml\"]\n[[critic]]\nname = \"a\"\npriority = 3\n"),
    ]);
    assert_eq!(critic(&outline(&layers(all)), "a").priority, 3);
}

#[test]
fn a_profile_may_build_on_another() {
    let main = format!(
        "{A}[profile.strict.run]\nearly_exit = false\nmax_runs = 7\n\
         [[profile.strict.critic]]\nname = \"a\"\npriority = 2\ntimeout = \"1s\"\n\
         [profile.bank]\nextends = \"strict\"\n[[profile.bank.critic]]\nname = \"a\"\npriority = 3\n"
    );
    let outline = outline(&layers(files([("main.toml", &main)])).profile("bank"));
    let a = critic(&outline, "a");
    assert_eq!((a.priority, a.timeout.as_secs()), (3, 1));
}

/// A profile of an included file is changed by the file that includes it, like everything else.
#[test]
fn profiles_of_included_files_are_merged_too() {
    let base = format!("{A}[[profile.p.critic]]\nname = \"a\"\npriority = 2\ntimeout = \"1s\"\n");
    let main = "include = [\"base.toml\"]\n[[profile.p.critic]]\nname = \"a\"\npriority = 3\n";
    let all = layers(files([("base.toml", &base), ("main.toml", main)])).profile("p");
    let a = critic(&outline(&all), "a");
    assert_eq!((a.priority, a.timeout.as_secs()), (3, 1));
}

#[test]
fn a_variable_finds_names_that_it_cannot_write() {
    let main = "[[critic]]\nname = \"a-b\"\nkind = \"echo\"\n[[critic]]\nname = \"c__d\"\nkind = \"echo\"\n\
        [critic.params]\nvalue = { maxLength = 3 }\n[rates.my-rate]\ntokens = 1\nper = \"1s\"\n";
    let layers = layers(files([("main.toml", main)])).variables(variables([
        ("TRIBUNAL__CRITIC__A_B__PRIORITY", "2"),
        ("TRIBUNAL__CRITIC__C__D__PRIORITY", "3"),
        ("TRIBUNAL__CRITIC__C__D__PARAMS__VALUE__MAXLENGTH", "4"),
        ("TRIBUNAL__RATES__MY_RATE__TOKENS", "5"),
        ("TRIBUNAL_OTHER", "is not for this"),
        ("PATH", "is not either"),
    ]));
    let merged = layers.merged().unwrap();
    let value = |key: &str| {
        let setting = merged.settings().iter().find(|setting| setting.path.join(".") == key);
        setting.map(|setting| setting.value.clone()).unwrap_or_else(|| panic!("{key}"))
    };
    assert_eq!(value("critic.a-b.priority"), 2);
    assert_eq!(value("critic.c__d.priority"), 3);
    assert_eq!(value("critic.c__d.params.value.maxLength"), 4);
    assert_eq!(value("rates.my-rate.tokens"), 5);
    outline(&layers);
}

#[test]
fn a_value_is_toml_or_else_a_text() {
    for (set, value) in [
        ("x=5", serde_json::json!(5)),
        ("x=0x10", serde_json::json!(16)),
        ("x=0.5", serde_json::json!(0.5)),
        ("x=true", serde_json::json!(true)),
        ("x=[1, 'two']", serde_json::json!([1, "two"])),
        ("x={ a = 1 }", serde_json::json!({ "a": 1 })),
        ("x=\"5\"", serde_json::json!("5")),
        ("x=5s", serde_json::json!("5s")),
        ("x=", serde_json::json!("")),
        ("x=a = b", serde_json::json!("a = b")),
        ("x=prior.a.violation", serde_json::json!("prior.a.violation")),
        ("x='a' in prior", serde_json::json!("'a' in prior")),
        ("x=[a-z]+", serde_json::json!("[a-z]+")),
        ("x=1\n[run]\ny = 2", serde_json::json!("1\n[run]\ny = 2")),
        ("x=1 # no comment", serde_json::json!("1 # no comment")),
        ("'a.b'.\"c\"=1", serde_json::json!(1)),
    ] {
        let merged = layers(files([("main.toml", A)])).set(set).merged().unwrap();
        let last = |s: &&tribunal_config::Setting| s.origin.to_string() == "--set #1";
        let found: Vec<_> = merged.settings().iter().filter(last).map(|s| &s.value).collect();
        let inner = value.as_object().and_then(|table| table.get("a")).unwrap_or(&value);
        assert_eq!(found, [inner], "{set}");
    }
}

#[test]
fn a_mistake_is_shown_in_the_layer_it_was_made_in() {
    let all = files([
        (
            "main.toml",
            "include = [\"dir/base.toml\"]\n[run]\ntimeout = 5\n[profile.p.defaults]\nreview_at = 2\n",
        ),
        ("dir/base.toml", &format!("# first\n{A}priority = 11\n")),
    ]);
    let layers = layers(all)
        .profile("p")
        .variables(variables([
            ("TRIBUNAL__RUN__MAX_RUSN", "5"),
            ("TRIBUNAL__CRITIC__A__COST", "-1"),
        ]))
        .set("run.max_queued_runs=many");
    let expected = [
        "main.toml:3:11: `run.timeout` must be a duration with its unit, found an integer, at `5`; did you mean \"5s\"?",
        "main.toml:5:13: `defaults.review_at` must lie above 0 and up to 1, found 2, at `2`",
        "dir/base.toml:5:12: `priority` must be a whole number from 1 to 10, found 11, at `11`",
        "environment variable TRIBUNAL__CRITIC__A__COST: `cost` must be 0 or more, found -1, at `-1`",
        "environment variable TRIBUNAL__RUN__MAX_RUSN: `run.max_rusn` is not known here, at `MAX_RUSN`; did you mean `max_runs`?",
        "--set #1: `run.max_queued_runs` must be a whole number, found a string, at `many`",
    ];
    assert_eq!(wrong(&layers), expected);
}

/// A label may stand in another file than the problem: the text names the place, a drawing shows it by itself.
#[test]
fn a_problem_names_the_other_file_it_has_to_do_with() {
    let all = files([
        ("main.toml", "include = [\"base.toml\"]\n[run]\ntimeout = \"1s\"\n"),
        ("base.toml", &format!("{A}timeout = \"2s\"\n")),
    ]);
    let error = load(&layers(all)).unwrap_err();
    let line = "base.toml:4:11: `timeout` can never be reached: the run has 1s, at `\"2s\"` (at most this: main.toml:3:11)";
    assert_eq!(lines(&error), [line]);
    let problem = &error.problems()[0];
    assert_eq!((problem.file(), problem.labels()[0].file.as_str()), ("base.toml", "main.toml"));
    let mut drawn = String::new();
    let handler = miette::NarratableReportHandler::new();
    handler.render_report(&mut drawn, problem).unwrap();
    let (first, second) = drawn.split_once("at most this").unwrap();
    assert!(first.contains("base.toml") && second.contains("main.toml"), "{drawn}");
    assert!(second.contains("timeout = \"1s\""), "{drawn}");
}

#[test]
fn what_cannot_be_included_is_told_where_it_is_named() {
    let circle = files([
        ("main.toml", "include = [\"a.toml\"]\n"),
        ("a.toml", "\ninclude = [\"b.toml\"]\n"),
        ("b.toml", "include = [\n  \"./a.toml\"]\n"),
    ]);
    assert_eq!(
        wrong(&layers(circle)),
        ["b.toml:2:3: files include each other: a.toml -> b.toml -> a.toml, at `\"./a.toml\"`"]
    );
    let missing = files([("main.toml", "include = [\"no.toml\", 5]\n[run]\ntimeout = 5\n")]);
    let found = wrong(&layers(missing));
    assert!(
        found[0]
            .starts_with("main.toml:1:12: `no.toml` cannot be included: cannot read `no.toml`: "),
        "{found:?}"
    );
    assert_eq!(
        found[1],
        "main.toml:1:23: `include` must be a list of files, each a string, found an integer, at `5`"
    );
    assert_eq!(found.len(), 2);
    let word = files([("main.toml", "include = \"base.toml\"\n")]);
    assert_eq!(
        wrong(&layers(word)),
        ["main.toml:1:11: `include` must be a list of files, found a string, at `\"base.toml\"`"]
    );
}

/// A text that is given has no folder that anything could be included from.
#[test]
fn a_text_alone_includes_nothing() {
    let found = super::problems(&format!("include = [\"base.toml\"]\n{A}"));
    assert_eq!(found, ["1:12 `base.toml` cannot be included: this is a text, and no file"]);
}

#[test]
fn inclusion_is_bounded_in_depth_and_number() {
    let mut deep = files([("main.toml", "include = [\"0.toml\"]\n")]);
    for at in 0..=Layers::DEEPEST {
        deep.insert(format!("{at}.toml"), format!("include = [\"{}.toml\"]\n", at + 1));
    }
    let found = wrong(&layers(deep));
    assert_eq!(found.len(), 1);
    assert!(
        found[0].contains("`8.toml` is included by more than 8 files, one in another"),
        "{found:?}"
    );

    let names: Vec<String> = (0..=Layers::MOST_FILES).map(|at| format!("\"{at}.toml\"")).collect();
    let mut many = files([("main.toml", &format!("include = [{}]\n{A}", names.join(", ")))]);
    many.extend((0..=Layers::MOST_FILES).map(|at| (format!("{at}.toml"), String::new())));
    let found = wrong(&layers(many));
    assert_eq!(found.len(), 1);
    assert!(
        found[0].contains("`32.toml` is one more than the 32 files that may be included"),
        "{found:?}"
    );

    let settings = (0..=Layers::MOST_SETTINGS)
        .fold(layers(files([("main.toml", A)])), |layers, _| layers.set("run.max_runs=5"));
    assert!(wrong(&settings)[0].contains("there are 257 `--set`s for it, and there may be 256"));
    let profiles = (0..=Layers::MOST_PROFILES).map(|at| format!("[profile.p{at}]\n"));
    let many = format!("{A}{}", profiles.collect::<String>());
    let found = wrong(&layers(files([("main.toml", &many)])));
    assert!(found[0].contains("there are 257 profiles, and there may be 256"), "{found:?}");
    let long = layers(files([("main.toml", A)])).set(format!("run.timeout={}", "x".repeat(70_000)));
    assert_eq!(wrong(&long), ["--set #1: is longer than 65536 bytes: that belongs in a file"]);
}

#[test]
fn a_critic_that_is_not_below_is_not_changed() {
    let profile = format!("{A}[[profile.p.critic]]\nname = \"aa\"\npriority = 2\n");
    let all = layers(files([("main.toml", &profile)]));
    assert_eq!(
        wrong(&all.clone().profile("p")),
        [
            "main.toml:5:8: there is no critic called `aa` below this layer, at `\"aa\"`; did you mean `a`?"
        ]
    );
    assert_eq!(
        wrong(&all.clone().set("critic.b.kind=echo")),
        ["--set #1: there is no critic called `b` below this layer, at `b`; did you mean `a`?"]
    );
    let variable = all.variables(variables([("TRIBUNAL__CRITIC__B__ENABLED", "false")]));
    assert_eq!(
        wrong(&variable),
        [
            "environment variable TRIBUNAL__CRITIC__B__ENABLED: there is no critic called `b` below this layer, at `B`; did you mean `a`?"
        ]
    );
}

#[test]
fn a_name_that_stands_twice_in_one_layer_is_a_mistake_still() {
    let twice = "include = [\"base.toml\"]\n[[critic]]\nname = \"a\"\n[[critic]]\nname = \"a\"\n";
    let found = wrong(&layers(files([("base.toml", A), ("main.toml", twice)])));
    assert!(
        found.iter().any(|line| line.starts_with("main.toml:5:8: two critics are called `a`")),
        "{found:?}"
    );
    let found =
        wrong(&layers(files([("base.toml", A), ("main.toml", &twice.replace("\"a\"", "\"b\""))])));
    assert_eq!(found.len(), 2, "{found:?}");
}

#[test]
fn what_is_no_setting_is_told_with_how_to_write_one() {
    for set in [
        "",
        "=",
        "run.timeout",
        "run..timeout=5",
        ".run=1",
        "run.=1",
        "a b=1",
        "[run]\nx=1",
        "'a=1",
        "ä=1",
        "\"a\\\"b\"=1",
    ] {
        let found = wrong(&layers(files([("main.toml", A)])).set(set));
        assert!(found[0].starts_with("--set #1: expected `key=value`"), "{set:?}: {found:?}");
    }
    for (set, message) in [
        ("critic=5", "names no key of a critic"),
        ("critic.a=5", "names no key of a critic"),
        ("critic.a.name=b", "a critic cannot be given another name"),
        ("include=[\"x.toml\"]", "`include` can only be set in a file"),
        ("profile.p.run.timeout=5s", "`profile` can only be set in a file"),
        ("rnu.timeout=5s", "`rnu` is not known here, at `rnu`; did you mean `run`?"),
    ] {
        let found = wrong(&layers(files([("main.toml", A)])).set(set));
        assert_eq!(found.len(), 1);
        assert!(found[0].contains(message), "{set}: {found:?}");
    }
    for name in
        ["TRIBUNAL__", "TRIBUNAL__RUN____TIMEOUT", "TRIBUNAL__run__TIMEOUT", "TRIBUNAL__RUN__"]
    {
        let found = wrong(&layers(files([("main.toml", A)])).variables(variables([(name, "1")])));
        assert!(found[0].contains("names a key in upper case"), "{name}: {found:?}");
    }
}

#[test]
fn hostile_names_and_values_are_an_answer_and_steer_nothing() {
    let long = format!("TRIBUNAL__{}", "A__".repeat(20_000));
    for (name, value) in [
        ("TRIBUNAL__\u{1b}[31m", "\u{1b}[31m\n\u{202e}"),
        ("TRIBUNAL__CRITIC__A__\u{202e}", "1"),
        ("TRIBUNAL__CRITIC__A\nB__KIND", "1"),
        (long.as_str(), "1"),
        ("TRIBUNAL__RUN__TIMEOUT", "\u{0}"),
    ] {
        let found = wrong(&layers(files([("main.toml", A)])).variables(variables([(name, value)])));
        let steers = |c: char| c.is_control() || c == '\u{202e}';
        assert!(!found.concat().contains(steers), "{found:?}");
        assert!(found.concat().len() < 1_000, "{}", found.concat().len());
    }
    let deep = layers(files([("main.toml", A)])).set(format!("{}x=1", "a.".repeat(30_000)));
    assert!(wrong(&deep)[0].contains("expected `key=value`"));
}

#[test]
fn profiles_that_are_not_there_or_go_round_are_told() {
    let main = format!(
        "{A}[profile.strict]\nextends = \"base\"\n[profile.a]\nextends = \"b\"\n[profile.b]\nextends = \"a\"\n\
         [profile.c]\nextends = 5\n[profile.d]\ninclude = []\n[profile]\n\"E!\" = {{}}\nf = 5\n"
    );
    let found = wrong(&layers(files([("main.toml", &main)])));
    let expected = [
        "main.toml:5:11: there is no profile called `base`, at `\"base\"`; there are `a`, `b`, `c`, `d` and `strict`",
        "main.toml:9:11: profiles extend each other: a -> b -> a, at `\"a\"`",
        "main.toml:11:11: `profile.c.extends` must be a string, found an integer, at `5`",
        "main.toml:13:1: `profile.d.include` has no place in a profile, at `include`",
        "main.toml:15:1: `E!` cannot name a profile: expected 1 to 64 of a-z, 0-9, `_` and `-`, at `\"E!\"`",
        "main.toml:16:1: `profile.f` must be a table, found an integer, at `f`",
    ];
    assert_eq!(found, expected);
    let main = format!("{A}[profile.strict.run]\nmax_runs = 5\n");
    let found = wrong(&layers(files([("main.toml", &main)])).profile("strct"));
    assert_eq!(
        found,
        ["main.toml:1:1: there is no profile called `strct`; did you mean `strict`?"]
    );
}

/// A file of patterns lies beside the file that says what the critic is.
#[tokio::test]
async fn paths_in_parameters_start_from_the_file_of_their_critic() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("shared")).unwrap();
    std::fs::write(folder.path().join("shared/words.txt"), "heron\n").unwrap();
    let base = "[[critic]]\nname = \"a\"\nkind = \"pattern\"\nblock_at = 0.4\nreview_at = 0.3\n\
        params.rules = [{ name = \"heron\", file = \"words.txt\", severity = 0.4 }]\n";
    std::fs::write(folder.path().join("shared/base.toml"), base).unwrap();
    let main = "include = [\"shared/base.toml\"]\n[[critic]]\nname = \"a\"\npriority = 2\n";
    std::fs::write(folder.path().join("main.toml"), main).unwrap();
    let layers = Layers::read(folder.path().join("main.toml")).unwrap();
    let court = load(&layers).unwrap().build().unwrap();
    let report = court.run_all(Snapshot::of_input("a heron")).await.unwrap();
    assert_eq!(report.verdict, Verdict::Block);
}

#[test]
fn an_expression_from_outside_of_files_shows_its_mistakes_in_place_too() {
    let found = wrong(
        &layers(files([("main.toml", A)]))
            .set("critic.a.policy=conditional")
            .set("critic.a.when=snapshot.phase == 'input' && prior.b.violation"),
    );
    assert_eq!(found, ["--set #2: `when`: there is no critic called `b`, at `b`"]);
}

/// Every problem lies within the text it says it stands in.
fn in_place(layers: &Layers) {
    let Err(error) = layers.load_profiles(&catalogue(), &|_| None) else { return };
    assert!(!error.problems().is_empty());
    for problem in error.problems() {
        let texts: BTreeMap<&str, &str> = problem.texts().collect();
        assert!(texts[problem.file()].get(problem.span()).is_some(), "{problem:?}");
        for label in problem.labels() {
            assert!(texts[label.file.as_str()].get(label.span.clone()).is_some(), "{problem:?}");
        }
    }
    let _ = error.to_string();
}

/// Pieces of which layers are made, right and wrong.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        "include = \\[\"(main|a|b|c)\\.toml\"(, \"(\\./a|b|\\.\\./x)\\.toml\")?\\]\n",
        "\\[profile\\.(p|q|E)(\\.(run|critic|profile))?\\]\n",
        "extends = \"[pqr]\"\n",
        "\\[\\[(profile\\.[pq]\\.)?critic\\]\\]\nname = \"[a-cA]\"\n",
        "kind = \"(echo|length)\"\n",
        "(mandatory|enabled) = (true|false|5)\n",
        "(review_at|block_at) = (0\\.5|\"never\"|[12])\n",
        "(params|params\\.value|when|policy) = (\\{ a = 1 \\}|\"[a-z]{0,3}\"|1)\n",
        "\\[(run|defaults)\\]\n(timeout|failure_mode) = \"[a-z0-9]{1,3}\"\n",
        "[^\n]{0,12}\n",
    ]
}

fn text() -> impl Strategy<Value = String> {
    proptest::collection::vec(piece(), 0..8).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_layers_give_an_answer(
        main in text(), a in text(), b in text(),
        sets in proptest::collection::vec(prop_oneof![any::<String>(), "[a-z.\"'=\\[{0-9]{0,20}", "critic\\.[a-c]\\.(kind|when|params\\.x|mandatory)=.{0,10}"], 0..3),
        variables in proptest::collection::vec(("TRIBUNAL__(CRITIC__[A-C]__|RUN__|)[A-Z_]{0,9}", ".{0,10}"), 0..3),
    ) {
        let all = files([("main.toml", &main), ("a.toml", &a), ("b.toml", &b)]);
        let layers = layers(all).variables(variables);
        let layers = sets.into_iter().fold(layers, |layers, set| layers.set(set));
        in_place(&layers);
        in_place(&layers.clone().profile("p"));
        if let Ok(merged) = layers.merged() {
            let _ = merged.json(Show { origins: true, defaults: true });
            // What is shown is TOML, and merged again it is the same.
            let shown = merged.toml(Show::default());
            let again = Layers::of(Source::new("again.toml", shown.clone())).merged();
            prop_assert_eq!(again.unwrap_or_else(|error| panic!("{error}\n{shown}")).toml(Show::default()), shown);
        }
    }
}
