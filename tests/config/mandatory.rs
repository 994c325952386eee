//! `mandatory`: whatever a layer says, a critic that a layer below made mandatory is as strict as before.

use proptest::prelude::*;
use tribunal_config::Layers;
use tribunal_core::{FailureMode, Mode};
use tribunal_production::CriticOutline;

use super::layers::{critic, files, layers, load, outline, wrong};

/// A mandatory critic, `a`, and one that is not, `b`.
const BASE: &str = "[defaults]\nfailure_mode = \"review\"\nblock_at = 0.7\n\
    [[critic]]\nname = \"a\"\nkind = \"echo\"\nmandatory = true\nreview_at = 0.5\n\
    params = { severity = 0.9, value = { k = 1 } }\n\
    [[critic]]\nname = \"b\"\nkind = \"echo\"\n";

fn over(main: &str) -> Layers {
    layers(files([
        ("base.toml", BASE),
        ("main.toml", &format!("include = [\"base.toml\"]\n{main}")),
    ]))
}

/// The same lines as a file, as a profile and as settings would say them.
fn by_every_layer(key: &str, value: &str) -> [(&'static str, Layers); 4] {
    let file = format!("[[critic]]\nname = \"a\"\n{key} = {value}\n");
    let profile = format!("[[profile.p.critic]]\nname = \"a\"\n{key} = {value}\n");
    let name = format!("TRIBUNAL__CRITIC__A__{}", key.replace('.', "__").to_uppercase());
    [
        ("main.toml", over(&file)),
        ("main.toml", over(&profile).profile("p")),
        ("environment variable", over("").variables([(name, value.to_owned())])),
        ("--set #1", over("").set(format!("critic.a.{key}={value}"))),
    ]
}

#[test]
fn no_layer_loosens_a_mandatory_critic() {
    for (key, value) in [
        ("enabled", "false"),
        ("mandatory", "false"),
        ("mode", "\"monitor\""),
        ("failure_mode", "\"allow\""),
        ("review_at", "0.6"),
        ("review_at", "\"never\""),
        ("block_at", "0.75"),
        ("block_at", "\"never\""),
        ("timeout", "\"1s\""),
        ("policy", "\"on_violation\""),
        ("phases", "[\"input\"]"),
        ("stage", "\"validation\""),
        ("priority", "10"),
        ("depends_on", "[\"b\"]"),
        ("kind", "\"length\""),
        ("params", "{ severity = 0 }"),
        ("params.severity", "0"),
        ("params.value.l", "2"),
        ("rate", "{ tokens = 1, per = \"1h\" }"),
        ("breaker", "{ failure_rate = 0.1, window = \"1h\", min_calls = 1 }"),
        ("validation", "{ lenient = true }"),
        ("cost", "9"),
        ("shares", "[\"x\"]"),
    ] {
        for (file, layers) in by_every_layer(key, value) {
            let found = wrong(&layers);
            let told = |line: &String| {
                line.starts_with(file)
                    && line.contains("`a` is mandatory")
                    && line.ends_with("(made mandatory here: base.toml:7:13)")
                    || line.contains("(made mandatory here: base.toml:7:13); ")
            };
            assert!(found.iter().any(told), "{file}: {key} = {value}: {found:#?}");
        }
    }
}

/// It is told once, and what else is wrong is told with it.
#[test]
fn what_is_refused_is_told_where_it_stands_and_once() {
    let main =
        "[[critic]]\nname = \"a\"\nenabled = false\nparams.value.k = 2\n[run]\ntimeout = 5\n";
    let expected = [
        "main.toml:4:11: `enabled` may not be changed so: `a` is mandatory, at `false` \
         (made mandatory here: base.toml:7:13); it stays enabled",
        "main.toml:5:18: `params` may not be changed so: `a` is mandatory, at `2` \
         (made mandatory here: base.toml:7:13); no layer may change it; leave it out",
        "main.toml:7:11: `run.timeout` must be a duration with its unit, found an integer, at `5`; \
         did you mean \"5s\"?",
    ];
    assert_eq!(wrong(&over(main)), expected);
}

/// The defaults hold for it where it says nothing, so they cannot be used to get round it.
#[test]
fn defaults_do_not_loosen_it_either() {
    let found = wrong(&over("").set("defaults.block_at=0.8").set("defaults.failure_mode=allow"));
    let expected = [
        "--set #1: `block_at` may not be changed so: `a` is mandatory, at `0.8` \
         (made mandatory here: base.toml:7:13); it may only be lowered",
        "--set #2: `failure_mode` may not be changed so: `a` is mandatory, at `allow` \
         (made mandatory here: base.toml:7:13); it may only become stricter: `allow`, `review`, `block`",
    ];
    assert_eq!(found, expected);
    // It has a threshold of its own for that, and this one is for others.
    let layers = over("").set("defaults.review_at=0.6").set("critic.b.block_at=0.7");
    assert_eq!(critic(&outline(&layers), "a").thresholds.review_at(), Some(0.5));
    let lower = over("").set("defaults.block_at=0.6");
    assert_eq!(critic(&outline(&lower), "a").thresholds.block_at(), Some(0.6));
}

#[test]
fn it_may_become_stricter_and_be_called_in_another_way() {
    for (key, value) in [
        ("enabled", "true"),
        ("mandatory", "true"),
        ("mode", "\"enforce\""),
        ("failure_mode", "\"block\""),
        ("review_at", "0.3"),
        ("block_at", "0.6"),
        ("timeout", "\"3s\""),
        ("tags", "[\"x\"]"),
        ("isolation", "\"task\""),
        ("max_in_flight", "4"),
        ("retry", "{ attempts = 2 }"),
        ("hedge", "{ after = \"1s\" }"),
        // To say the same again is no change.
        ("kind", "\"echo\"\nparams = { value = { k = 1 }, severity = 0.9 }"),
        ("params.severity", "0.9"),
        ("params.value.k", "0x1"),
    ] {
        for (_, layers) in
            by_every_layer(key, value).into_iter().take(if value.contains('\n') { 2 } else { 4 })
        {
            outline(&layers);
        }
    }
}

/// Whoever makes it mandatory binds the layers above, those below have been heard.
#[test]
fn any_layer_may_make_a_critic_mandatory() {
    let profile = "[[profile.p.critic]]\nname = \"b\"\nmandatory = true\nblock_at = 0.75\n";
    outline(&over(profile).profile("p"));
    assert_eq!(wrong(&over(profile).profile("p").set("critic.b.enabled=false")).len(), 1);
    let set = over("").set("critic.b.mandatory=true");
    outline(
        &set.clone()
            .variables([("TRIBUNAL__CRITIC__B__MODE".into(), "monitor".into())])
            .set("critic.b.mode=enforce"),
    );
}

/// One layer alone can contradict itself.
#[test]
fn mandatory_and_left_out_do_not_go_together() {
    let text = "[[critic]]\nname = \"a\"\nkind = \"echo\"\nmandatory = true\nenabled = false\n\
        [[critic]]\nname = \"b\"\nkind = \"echo\"\nmandatory = true\nmode = \"monitor\"\n";
    let expected = [
        "4:13 `mandatory` does not go with a critic that is disabled",
        "9:13 `mandatory` does not go with a critic that is only monitored",
    ];
    assert_eq!(super::problems(text), expected);
    assert_eq!(
        super::problems("[[critic]]\nname = \"a\"\nkind = \"echo\"\nmandatory = 1\n"),
        ["4:13 `mandatory` must be true or false, found an integer"]
    );
}

/// A second critic of its name is no way round it.
#[test]
fn it_cannot_be_replaced_by_another_of_its_name() {
    let twice = "[[critic]]\nname = \"a\"\n[[critic]]\nname = \"a\"\nkind = \"echo\"\n";
    assert!(wrong(&over(twice)).iter().any(|line| line.contains("two critics are called `a`")));
    assert!(!wrong(&over("[[critic]]\nname = \"A\"\nkind = \"echo\"\n")).is_empty());
    assert!(!wrong(&over("[critic]\nname = \"x\"\n")).is_empty());
    assert!(!wrong(&over("critic = []\nx = 1\n")).is_empty());
}

/// Keys of a critic and of the defaults, with values that are right and wrong.
fn line() -> impl Strategy<Value = String> {
    prop_oneof![
        "(enabled|mandatory|run_anyway) = (true|false|1)",
        "mode = \"(enforce|monitor|x)\"",
        "failure_mode = \"(allow|review|block)\"",
        "(review_at|block_at) = (0\\.[1-9]|1|\"never\"|nan)",
        "timeout = \"[1-9](s|ms|m)\"",
        "policy = \"(always|on_violation|on_high_risk)\"",
        "phases = \\[\"(input|output)\"\\]",
        "kind = \"(echo|length)\"",
        "params = \\{ severity = 0\\.[0-9] \\}",
        "priority = [1-9]",
        "stage = \"(fast_critics|validation)\"",
        "tags = \\[\"[a-c]\"\\]",
    ]
}

fn layer() -> impl Strategy<Value = (Vec<String>, Vec<String>)> {
    let lines = || proptest::collection::vec(line(), 0..4);
    let defaults = lines().prop_map(|lines| {
        let known = ["failure_mode", "review_at", "block_at", "timeout"];
        lines.into_iter().filter(|line| known.iter().any(|key| line.starts_with(key))).collect()
    });
    (lines(), defaults)
}

/// The text of a layer: each key once.
fn text(header: &str, lines: &[String]) -> String {
    let mut seen = Vec::new();
    let mut text = header.to_owned();
    for line in lines {
        let key = line.split(' ').next().unwrap_or_default();
        if !seen.contains(&key) {
            seen.push(key);
            text.push_str(&format!("{line}\n"));
        }
    }
    text
}

fn as_strict(before: &CriticOutline, after: &CriticOutline) -> bool {
    let at = |at: Option<f64>| at.unwrap_or(f64::INFINITY);
    let rank = |mode: FailureMode| FailureMode::ALL.iter().position(|other| *other == mode);
    let strictness = |mode: FailureMode| match mode {
        FailureMode::Allow => 0,
        FailureMode::Review => 1,
        FailureMode::Block => 2,
    };
    assert!(rank(before.failure_mode).is_some());
    after.mode == Mode::Enforce
        && at(after.thresholds.review_at()) <= at(before.thresholds.review_at())
        && at(after.thresholds.block_at()) <= at(before.thresholds.block_at())
        && strictness(after.failure_mode) >= strictness(before.failure_mode)
        && after.timeout >= before.timeout
        && after.policy == before.policy
        && after.phases == before.phases
        && after.priority == before.priority
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Whatever the layers say: either they are refused, or the critic is there and as strict as it was.
    #[test]
    fn whatever_layers_say_a_mandatory_critic_stays_as_strict(
        (file, file_defaults) in layer(), (profile, profile_defaults) in layer(), (sets, set_defaults) in layer(),
    ) {
        let main = [
            text("[defaults]\n", &file_defaults),
            text("[[critic]]\nname = \"a\"\n", &file),
            text("[profile.p.defaults]\n", &profile_defaults),
            text("[[profile.p.critic]]\nname = \"a\"\n", &profile),
        ]
        .concat();
        let mut all = over(&main).profile("p");
        for (prefix, lines) in [("critic.a", &sets), ("defaults", &set_defaults)] {
            for line in lines {
                all = all.set(format!("{prefix}.{}", line.replacen(" = ", "=", 1)));
            }
        }
        let before = critic(&outline(&over("")), "a");
        if let Ok(pipeline) = load(&all) {
            let after = critic(&pipeline.build().unwrap().outline(), "a");
            prop_assert!(as_strict(&before, &after), "{main}\n{sets:?} {set_defaults:?}\n{after:?}");
        }
    }
}
