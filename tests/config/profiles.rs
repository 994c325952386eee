//! Several profiles at once: each is what choosing it would give, and none stands in for another.

use tribunal_config::Layers;
use tribunal_core::{Snapshot, Verdict};

use super::catalogue;
use super::layers::{files, layers, lines, outline};

const MAIN: &str = "[[critic]]\nname = \"a\"\nkind = \"echo\"\nparams.severity = 0.5\n\
    [[profile.strict.critic]]\nname = \"a\"\nblock_at = 0.45\n\
    [[profile.loose.critic]]\nname = \"a\"\nreview_at = 0.6\n";

fn main() -> Layers {
    layers(files([("main.toml", MAIN)]))
}

#[tokio::test]
async fn a_request_is_judged_by_the_profile_it_is_given() {
    let courts = main().load_profiles(&catalogue(), &|_| None).unwrap().build().unwrap();
    assert_eq!(courts.names().collect::<Vec<_>>(), ["loose", "strict"]);
    let verdict = async |court: &tribunal_production::ProductionOrchestrator| {
        court.run_all(Snapshot::of_input("x")).await.unwrap().verdict
    };
    assert_eq!(verdict(courts.base()).await, Verdict::Review);
    assert_eq!(verdict(courts.get("strict").unwrap()).await, Verdict::Block);
    assert_eq!(verdict(courts.get("loose").unwrap()).await, Verdict::Allow);
}

/// A weaker one, the base say, would be a hole that a misspelt name opens.
#[test]
fn a_name_that_is_not_there_is_an_error() {
    let profiles = main().load_profiles(&catalogue(), &|_| None).unwrap();
    for (name, message) in [
        ("Strict", "there is no profile called `Strict`; did you mean `strict`?"),
        ("", "there is no profile called ``"),
        ("base", "there is no profile called `base`"),
        ("\u{1b}[31m", "there is no profile called `\\u{1b}[31m`"),
    ] {
        assert_eq!(profiles.get(name).unwrap_err().to_string(), message);
    }
    assert!(profiles.keep(&["strict", "strct"]).is_err());
    let profiles = main().load_profiles(&catalogue(), &|_| None).unwrap();
    let kept = profiles.keep(&["strict"]).unwrap();
    assert!(kept.get("strict").is_ok() && kept.get("loose").is_err());
}

#[test]
fn each_is_what_choosing_it_gives() {
    let courts = main().load_profiles(&catalogue(), &|_| None).unwrap().build().unwrap();
    for (name, court) in courts.iter() {
        let chosen = outline(&main().profile(name));
        assert_eq!(court.outline().config_hash, chosen.config_hash);
    }
    assert_eq!(courts.base().outline().config_hash, outline(&main()).config_hash);
    let strict = main().profile("strict").load_profiles(&catalogue(), &|_| None).unwrap();
    assert_eq!(strict.base_name(), Some("strict"));
    let base = strict.into_base().build().unwrap().outline();
    assert_eq!(base.config_hash, outline(&main().profile("strict")).config_hash);
}

/// A mistake in a profile that is not chosen is found where all are tried, and told once.
#[test]
fn mistakes_of_all_profiles_are_told_together() {
    let text = format!("{MAIN}x = 1\n[profile.q.run]\ntimeout = \"1s\"\n[defaults]\ntimeout = 5\n");
    let error =
        layers(files([("main.toml", &text)])).load_profiles(&catalogue(), &|_| None).unwrap_err();
    let expected = [
        "main.toml:11:1: `x` is not known here, at `x`; ",
        "main.toml:15:11: `defaults.timeout` must be a duration",
    ];
    let found = lines(&error);
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for (line, start) in found.iter().zip(expected) {
        assert!(line.starts_with(start), "{found:#?}");
    }
}
