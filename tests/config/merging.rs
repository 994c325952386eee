//! Merging as such: how layers are put over one another does not depend on how they are cut, and what comes of
//! them is what one file would say.

use proptest::prelude::*;
use tribunal_config::{Layers, Merged, Origin, Show, Source};

use super::layers::{A, files, layers, load};
use super::parse;

/// Some of the lines that a file may have: each layer says something of the same few keys.
fn layer() -> impl Strategy<Value = String> {
    let run = proptest::collection::btree_map("(timeout|max_runs|hook_timeout)", 0u8..9, 0..3);
    let critics = proptest::collection::btree_map(
        "[a-c]",
        proptest::collection::btree_map(
            prop_oneof![
                Just("priority"),
                Just("policy"),
                Just("when"),
                Just("params.x"),
                Just("params.y.z"),
                Just("tags"),
                Just("hedge.after"),
                Just("hedge.percentile"),
                Just("kind"),
                Just("adaptive.method"),
                Just("adaptive.target"),
            ],
            0u8..9,
            0..5,
        ),
        0..3,
    );
    (run, critics).prop_map(|(run, critics)| {
        let mut text = String::from("[run]\n");
        for (key, value) in run {
            text.push_str(&format!("{key} = {value}\n"));
        }
        for (name, keys) in critics {
            text.push_str(&format!("[[critic]]\nname = \"{name}\"\n"));
            // Without a kind it would be a stranger where nothing is below.
            if !keys.contains_key("kind") {
                text.push_str("kind = 0\n");
            }
            for (key, value) in keys {
                let value = if key == "tags" { format!("[{value}]") } else { value.to_string() };
                text.push_str(&format!("{key} = {value}\n"));
            }
        }
        text
    })
}

fn merged(layers: &Layers) -> Merged {
    layers.merged().unwrap_or_else(|error| panic!("{error}"))
}

/// The merged text of files that are included in this order, the last in the main file.
fn stacked(texts: &[&str]) -> String {
    let names: Vec<String> = (0..texts.len()).map(|at| format!("\"{at}.toml\"")).collect();
    let mut all = files([("main.toml", &format!("include = [{}]\n", names.join(", ")))]);
    all.extend(
        texts.iter().enumerate().map(|(at, text)| (format!("{at}.toml"), (*text).to_owned())),
    );
    merged(&layers(all)).toml(Show::default())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// (a + b) + c = a + (b + c), and both are a + b + c.
    #[test]
    fn merging_is_associative(a in layer(), b in layer(), c in layer()) {
        let all = stacked(&[&a, &b, &c]);
        prop_assert_eq!(&stacked(&[&stacked(&[&a, &b]), &c]), &all);
        prop_assert_eq!(&stacked(&[&a, &stacked(&[&b, &c])]), &all);
        // Twice the same is once, and nothing changes nothing.
        prop_assert_eq!(&stacked(&[&all, &all]), &all);
        prop_assert_eq!(&stacked(&["", &all]), &all);
    }

    /// Each value that the highest layer has is there, whatever is below it.
    #[test]
    fn the_last_layer_wins(a in layer(), b in layer()) {
        let (below, over) = (merged(&layers(files([("main.toml", &a)]))), merged(&layers(files([("main.toml", &b)]))));
        let all = files([("main.toml", &format!("include = [\"a.toml\"]\n{b}")), ("a.toml", &a)]);
        let all = merged(&layers(all));
        let find = |merged: &Merged, path: &[String]| {
            let setting = merged.settings().iter().find(|setting| setting.path == path);
            setting.filter(|setting| setting.origin != Origin::Default).map(|setting| setting.value.clone())
        };
        for setting in over.settings().iter().filter(|setting| setting.origin != Origin::Default) {
            prop_assert_eq!(find(&all, &setting.path), Some(setting.value.clone()));
        }
        for setting in all.settings().iter().filter(|setting| setting.origin != Origin::Default) {
            let either = find(&over, &setting.path).or_else(|| find(&below, &setting.path));
            prop_assert_eq!(Some(setting.value.clone()), either);
        }
    }
}

/// What is shown can be loaded, and is the same configuration: without defaults, and with them spelt out.
#[test]
fn what_is_shown_is_the_configuration() {
    let everything = format!(
        "{A}policy = \"on_high_risk\"\nretry = {{ attempts = 3 }}\nhedge = {{ after = \"1s\" }}\n\
         breaker = {{ failure_rate = 0.5, window = \"1m\", min_calls = 3 }}\nmax_in_flight = 3\n\
         adaptive = {{ method = \"gradient\" }}\nrate = {{ tokens = 5, per = \"1s\" }}\n\
         validation = {{ schema = {{ type = \"object\" }} }}\nmandatory = true\nshares = [\"p-1\"]\n\
         params = {{ value = {{ \"a b\" = \"q\\\"\\n\\u0007\\u202e\", d = [1, 0x10, 1.5, {{}}], e = {{}} }} }}\n\
         [[critic]]\nname = \"b\"\nkind = \"echo\"\npolicy = \"on_uncertainty\"\ndepends_on = [\"a\"]\n\
         failure_mode = \"block\"\nblock_at = \"never\"\n\
         [[critic]]\nname = \"c\"\nkind = \"echo\"\npolicy = \"conditional\"\nwhen = '''\nsnapshot.phase == 'input' ''' \n\
         [defaults]\nreview_at = 0.3\ntimeout = \"3s\"\n[cache]\n[rates.p-1]\ntokens = 5\nper = \"1s\"\n\
         [run]\nadaptive = {{ method = \"aimd\", target = \"1s\" }}\n[stages.fast_critics]\ntimeout = \"4s\"\n"
    );
    for text in [A, &everything, tribunal_config::DEFAULT] {
        let source = Source::new("test.toml", text);
        let merged = merged(&Layers::of(source));
        let hash = |text: &str| {
            let pipeline = parse(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
            (pipeline.cache.is_some(), pipeline.build().unwrap().outline().config_hash)
        };
        let expected = hash(text);
        for show in [(false, false), (false, true), (true, false), (true, true)] {
            let shown = merged.toml(Show { origins: show.0, defaults: show.1 });
            assert_eq!(hash(&shown), expected, "{show:?}\n{shown}");
            assert!(!shown.contains(['\u{7}', '\u{202e}']));
        }
    }
}

/// The same content has the same hash, from whatever layers it came.
#[test]
fn the_hash_is_that_of_the_content() {
    let whole = "[run]\nmax_runs = 5\n[[critic]]\nname = \"a\"\nkind = \"echo\"\npriority = 2\n\
        failure_mode = \"block\"\nparams = { severity = 0.5 }\n";
    let split = layers(files([
        ("main.toml", "include = [\"base.toml\"]\n[[profile.p.critic]]\nname = \"a\"\nfailure_mode = \"block\"\n"),
        ("base.toml", "[run]\nmax_runs = 9\n[[critic]]\nname = \"a\"\nkind = \"echo\"\npriority = 3\n"),
    ]))
    .profile("p")
    .variables([("TRIBUNAL__RUN__MAX_RUNS".into(), "5".into())])
    .set("critic.a.priority=2")
    .set("critic.a.params.severity=0.5");
    let hash =
        |pipeline: tribunal_config::Pipeline| pipeline.build().unwrap().outline().config_hash;
    assert_eq!(hash(load(&split).unwrap()), hash(parse(whole).unwrap()));
    assert_ne!(hash(load(&split.set("critic.a.cost=1")).unwrap()), hash(parse(whole).unwrap()));
}

#[test]
fn each_value_tells_where_it_came_from() {
    let main = "include = [\"base.toml\"]\n[run]\ntimeout = \"5s\"\n[[profile.p.critic]]\nname = \"a\"\npriority = 4\n";
    let base = "[[critic]]\nname = \"a\"\nkind = \"echo\"\nparams.token = \"$TOKEN\"\n";
    let layers = layers(files([("main.toml", main), ("base.toml", base)]))
        .profile("p")
        .variables([("TRIBUNAL__CRITIC__A__COST".into(), "2".into())])
        .set("run.max_runs=7")
        .set("critic.a.tags=[\"x\"]");
    let expected = "\
[run]
max_runs = 7  # --set #1
timeout = \"5s\"  # main.toml:3:11

[[critic]]
name = \"a\"  # base.toml:2:8
kind = \"echo\"  # base.toml:3:8
cost = 2  # TRIBUNAL__CRITIC__A__COST
params.token = \"$TOKEN\"  # base.toml:4:16
priority = 4  # main.toml:6:12 (profile p)
tags = [\"x\"]  # --set #2
";
    let merged = merged(&layers);
    let shown = merged.toml(Show { origins: true, defaults: false });
    assert_eq!(shown, expected);
    let all = merged.toml(Show { origins: true, defaults: true });
    assert!(
        all.contains("max_in_flight = 1024  # default\n")
            && all.contains("block_at = 0.8  # default\n")
    );
    let json = merged.json(Show { origins: true, defaults: false });
    assert_eq!(
        json[0],
        serde_json::json!({
            "key": "run.max_runs", "value": 7, "origin": { "layer": "set", "number": 1 }
        })
    );
    assert_eq!(json[6]["origin"]["layer"], "profile");
    assert_eq!(merged.json(Show::default())["critic"]["a"]["params"]["token"], "$TOKEN");
}
