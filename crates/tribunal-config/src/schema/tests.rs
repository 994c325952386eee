//! The definitions against the reader, both ways: keys, values, defaults.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use tribunal_core::{Answer, CriticKind, Opinion, critic_fn};
use tribunal_schema::Schema;

use super::keys::ISOLATIONS;
use super::*;
use crate::read::asked;
use crate::{Pipeline, Source, load};

/// One kind, which is called `x` as everything is here that has a name and is referred to.
fn catalogue() -> Catalogue {
    Catalogue::new().with(CriticKind::new("x", "nothing", |_| {
        Some(critic_fn(|_| Answer::now(Ok(Opinion::clean()))))
    }))
}

/// A file with a critic to try things on, and what it may refer to.
fn skeleton() -> Value {
    json!({
        "rates": {"x": {"tokens": 1, "per": "60s"}},
        "critic": [
            {"name": "a", "kind": "x"},
            {"name": "x", "kind": "x", "stage": "pre_validation", "tags": ["x"]},
        ],
    })
}

/// Everything that is a table, and what such a table must have at least.
const TABLES: &[(&str, &str)] = &[
    ("", "{}"),
    ("/run", "{}"),
    ("/run/adaptive", r#"{"method":"gradient"}"#),
    ("/run/retry_budget", r#"{"share":1,"floor":1}"#),
    ("/cache", "{}"),
    ("/eval", "{}"),
    ("/eval/labels/x", r#"{"codes":["y"]}"#),
    ("/rates/x", r#"{"tokens":1,"per":"60s"}"#),
    ("/stages/core_analysis", "{}"),
    ("/defaults", "{}"),
    ("/critic/0", r#"{"name":"a","kind":"x"}"#),
    ("/promise/0", r#"{"name":"x","holds":"a always runs"}"#),
    ("/critic/0/retry", r#"{"attempts":2}"#),
    ("/critic/0/adaptive", r#"{"method":"gradient"}"#),
    ("/critic/0/rate", r#"{"tokens":1,"per":"60s"}"#),
    ("/critic/0/hedge", r#"{"after":"1s"}"#),
    ("/critic/0/breaker", r#"{"failure_rate":0.5,"window":"1s","min_calls":1}"#),
    ("/critic/0/validation", "{}"),
];

/// Every table of the definitions with its path.
fn sections() -> Vec<(String, &'static Section)> {
    fn walk(path: &str, section: &'static Section, all: &mut Vec<(String, &'static Section)>) {
        all.push((path.to_owned(), section));
        for key in section.keys {
            follow(&format!("{path}/{}", key.name), &key.shape, all);
        }
    }
    fn follow(path: &str, shape: &'static Shape, all: &mut Vec<(String, &'static Section)>) {
        match shape {
            Shape::Table(section) => walk(path, section, all),
            Shape::Tables(section) => walk(&format!("{path}/0"), section, all),
            Shape::Named(_, of) => follow(&format!("{path}/x"), of, all),
            Shape::Stages(section) => walk(&format!("{path}/core_analysis"), section, all),
            _ => {}
        }
    }
    let mut all = Vec::new();
    walk("", &keys::ROOT, &mut all);
    all
}

/// The part of a value that a path leads to; tables on the way are made.
fn part<'v>(value: &'v mut Value, path: &str) -> &'v mut Value {
    path.split('/').skip(1).fold(value, |here, step| match step.parse::<usize>() {
        Ok(index) => &mut here[index],
        Err(_) => &mut here[step],
    })
}

fn table(value: &mut Value, path: &str) {
    if path == "/promise/0" && value["promise"].is_null() {
        value["promise"] = json!([{}]);
    }
    let (_, least) = TABLES.iter().find(|(known, _)| *known == path).unwrap_or_else(|| {
        panic!("a new table `{path}`: say in TABLES what it must have at least")
    });
    let least: Map<String, Value> = serde_json::from_str(least).unwrap();
    let here = part(value, path);
    if here.is_null() {
        *here = json!({});
    }
    for (key, value) in least {
        here[key] = value;
    }
}

/// A file in which this table is there, and for a table within a critic or the run what it needs beside it.
fn file(path: &str) -> Value {
    let mut value = skeleton();
    if path.ends_with("/adaptive") {
        let beside = if path.starts_with("/run") { "max_runs" } else { "max_in_flight" };
        let beside = path.replace("adaptive", beside);
        *part(&mut value, &beside) = json!(1_000_000);
    }
    table(&mut value, path);
    value
}

fn toml(value: &Value) -> String {
    let Value::Object(map) = value else { return inline(value) };
    map.iter().map(|(key, value)| format!("{key} = {}\n", inline(value))).collect()
}

fn inline(value: &Value) -> String {
    match value {
        Value::Array(items) => {
            format!("[{}]", items.iter().map(inline).collect::<Vec<_>>().join(", "))
        }
        Value::Object(map) => {
            let entry = |(key, value): (&String, &Value)| format!("{key:?} = {}", inline(value));
            format!("{{ {} }}", map.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

/// What the reader says.
fn read(value: &Value) -> Result<Pipeline, String> {
    let source = Source::new("a.toml", toml(value));
    load(&source, &catalogue(), &|_| None).map_err(|error| error.to_string())
}

#[test]
fn the_reader_asks_for_every_key_of_the_schema_and_for_no_other() {
    let mut value = skeleton();
    for (path, _) in sections() {
        table(&mut value, &path);
    }
    asked::take();
    let _ = read(&value);
    // Stages and names are not asked for one by one.
    let asked: BTreeSet<(String, BTreeSet<&str>)> = asked::take();
    let path = |path: &str| match path {
        "" | "/critic/0" | "/promise/0" => String::new(),
        other => other.replace("/critic/0", "").replacen('/', "", 1).replace('/', ".") + ".",
    };
    let defined: BTreeSet<(String, BTreeSet<&str>)> = sections()
        .into_iter()
        .map(|(at, section)| (path(&at), section.keys.iter().map(|key| key.name).collect()))
        .collect();
    assert_eq!(asked, defined);
}

/// Values of a shape, and values that are none.
fn samples(shape: &Shape) -> (Vec<Value>, Vec<Value>) {
    match shape {
        Shape::Text => (vec![json!("x")], vec![json!(1), json!(["x"])]),
        Shape::Form(pattern) if *pattern == keys::POINTER => (
            vec![json!("/score"), json!("/details/a~1b")],
            vec![json!("score"), json!("/~2"), json!(1)],
        ),
        Shape::Form(_) => {
            let bad =
                [json!(""), json!("A"), json!("1a"), json!("a b"), json!("a".repeat(65)), json!(1)];
            (vec![json!("a"), json!("a_1-b"), json!("a".repeat(64))], bad.into())
        }
        Shape::Boolean => (vec![json!(true), json!(false)], vec![json!("true"), json!(1)]),
        Shape::Duration => {
            let good = ["1ms", "100us", "0.5s", "00.010s", "0.01m", "0.0001h", "1.0ms"];
            let bad = [
                "", "5", "0s", "0.0ms", "-1s", "1ns", "1d", "1 s", "1.s", ".5s", "1e3s", "s",
                "1m30s",
            ];
            let bad = bad.iter().map(|text| json!(text)).chain([json!(5), json!(0.5), json!(true)]);
            (good.iter().map(|text| json!(text)).collect(), bad.collect())
        }
        Shape::Whole(from, to) => {
            let below = i128::from(*from) - 1;
            let below = json!(i64::try_from(below).unwrap());
            let mut bad = vec![below, json!(1.5), json!("1"), json!(true)];
            let mut good = vec![json!(from)];
            if *to != u64::MAX {
                good.push(json!(to));
                bad.push(json!(to + 1));
            }
            (good, bad)
        }
        Shape::Number(from, to) => {
            let (mut good, mut bad) = match from {
                From::At(from) => (vec![json!(from)], vec![json!(from - 0.01)]),
                From::Above(from) => (vec![json!(from + 0.01)], vec![json!(from)]),
            };
            match to {
                Some(to) => {
                    good.push(json!(to));
                    bad.push(json!(to + 0.001));
                }
                None => good.push(json!(1e9)),
            }
            bad.extend([json!("1"), json!(true)]);
            (good, bad)
        }
        Shape::Word(words, _) => {
            (words.iter().map(|word| json!(word)).collect(), vec![json!("nonsense"), json!(1)])
        }
        Shape::Threshold => (
            vec![json!(0.6), json!(1), json!("never")],
            vec![json!(0), json!(1.01), json!("always"), json!(true)],
        ),
        Shape::List(of, items) => {
            let (good, bad) = samples(of);
            let mut refused: Vec<Value> = bad.into_iter().map(|item| json!([item])).collect();
            refused.push(good[0].clone());
            let mut accepted: Vec<Value> = good.iter().map(|item| json!([item])).collect();
            if items.some { &mut refused } else { &mut accepted }.push(json!([]));
            if items.once { &mut refused } else { &mut accepted }.push(json!([good[0], good[0]]));
            (accepted, refused)
        }
        // Those have their own keys.
        Shape::Table(_) | Shape::Tables(_) | Shape::Named(..) | Shape::Stages(_) => {
            (vec![], vec![json!(3), json!("x"), json!({"zzz": 1})])
        }
        Shape::Kind => (vec![json!("x")], vec![json!("nonsense"), json!(1)]),
        Shape::Params => (vec![json!({})], vec![json!(3), json!([])]),
        Shape::JsonSchema => {
            (vec![json!({"type": "object"}), json!(true)], vec![json!(3), json!("x"), json!([])])
        }
        Shape::Line(most) => (
            vec![json!("x"), json!("x".repeat(*most))],
            vec![json!(""), json!("x".repeat(most + 1)), json!(1)],
        ),
        Shape::Claim => (vec![json!("a always runs")], vec![json!(""), json!(1)]),
        // Of what they hold the schema says little, since the files are not there.
        Shape::Files => (vec![json!([])], vec![json!(3), json!([1])]),
        Shape::Profiles => (vec![json!({})], vec![json!(3), json!([])]),
    }
}

/// What a key needs beside it to have a meaning.
fn companions(section: &Section, key: &Key, value: &Value, here: &mut Value) {
    for rule in section.rules {
        match rule {
            Rule::Needs(this, other) if *this == key.name => {
                let other = section.keys.iter().find(|key| key.name == *other).unwrap();
                here[other.name] = samples(&other.shape).0[0].clone();
            }
            Rule::OnlyWith(this, other, written) if *this == key.name => {
                here[*other] = serde_json::from_str(written).unwrap();
                if *written == "\"conditional\"" {
                    here["when"] = json!("true");
                }
            }
            Rule::Asks(this, written, other)
                if *this == key.name
                    && *value == serde_json::from_str::<Value>(written).unwrap() =>
            {
                let shape = &section.keys.iter().find(|key| key.name == *other).unwrap().shape;
                here[*other] =
                    if *other == "when" { json!("true") } else { samples(shape).0[0].clone() };
            }
            Rule::OneOf(one, other) if [one, other].contains(&&key.name) => {
                for key in [one, other] {
                    here.as_object_mut().unwrap().remove(*key);
                }
            }
            _ => {}
        }
    }
    match key.name {
        "review_at" => here["block_at"] = json!("never"),
        "max_delay" => here["first_delay"] = json!("1us"),
        "verdict" if *value == json!(true) => drop(here.as_object_mut().unwrap().remove("codes")),
        _ => {}
    }
}

#[test]
fn what_the_schema_says_of_a_value_the_reader_says_too() {
    let schema = Schema::compile(&schema(&catalogue())).unwrap();
    let mut wrong = Vec::new();
    let mut tried = 0;
    for (path, section) in sections() {
        for key in section.keys {
            let (good, bad) = samples(&key.shape);
            let good = good.into_iter().map(|value| (value, true));
            for (sample, fine) in good.chain(bad.into_iter().map(|value| (value, false))) {
                let mut value = file(&path);
                let here = part(&mut value, &path);
                companions(section, key, &sample, here);
                here[key.name] = sample.clone();
                if key.name == "when" && fine {
                    here[key.name] = json!("true");
                }
                let schema = schema.faults(&value, 4);
                let read = read(&value);
                tried += 1;
                if schema.is_empty() != fine || read.is_ok() != fine {
                    let read = read.err();
                    wrong.push(format!("{path}/{} = {sample}: {schema:?}, {read:?}", key.name));
                }
            }
        }
        let mut value = file(&path);
        part(&mut value, &path)["zzz"] = json!(1);
        if schema.faults(&value, 4).is_empty() || read(&value).is_ok() {
            wrong.push(format!("{path}/zzz"));
        }
        for key in section.keys.iter().filter(|key| matches!(key.absent, Absent::Required)) {
            let mut value = file(&path);
            part(&mut value, &path).as_object_mut().unwrap().remove(key.name);
            if schema.faults(&value, 4).is_empty() || read(&value).is_ok() {
                wrong.push(format!("{path} without {}", key.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {tried}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(tried > 500, "{tried}");
}

#[test]
fn keys_that_go_together_go_together_for_the_reader_too() {
    let schema = Schema::compile(&schema(&catalogue())).unwrap();
    let mut tried = 0;
    for (path, section) in sections() {
        for rule in section.rules {
            let mut value = file(&path);
            let here = part(&mut value, &path);
            let shape =
                |name: &str| &section.keys.iter().find(|key| key.name == name).unwrap().shape;
            let first = |name: &str| samples(shape(name)).0[0].clone();
            match rule {
                Rule::Needs(key, other) => {
                    here[*key] = match shape(key) {
                        Shape::Table(_) => json!({"method": "gradient"}),
                        _ => first(key),
                    };
                    here.as_object_mut().unwrap().remove(*other);
                }
                Rule::OnlyWith(key, other, written) => {
                    let owner: Value = serde_json::from_str(written).unwrap();
                    let Shape::Word(words, _) = shape(other) else { panic!("{other}") };
                    here[*key] = first(key);
                    here[*other] =
                        words.iter().map(|word| json!(word)).find(|it| *it != owner).unwrap();
                }
                Rule::Asks(key, written, other) => {
                    here[*key] = serde_json::from_str(written).unwrap();
                    here.as_object_mut().unwrap().remove(*other);
                }
                Rule::OneOf(one, other) => {
                    here[*one] = first(one);
                    here[*other] = first(other);
                }
            }
            tried += 1;
            assert!(!schema.faults(&value, 4).is_empty(), "{path}: {value}");
            assert!(read(&value).is_err(), "{path}: {value}");
        }
    }
    assert!(tried > 10);
}

#[test]
fn every_default_is_what_holds_without_it() {
    let all = |value: &Value| {
        let pipeline = read(value).unwrap_or_else(|error| panic!("{error}"));
        let shown = format!("{pipeline:?}");
        (shown, pipeline.build().unwrap().outline().config_hash)
    };
    for (path, section) in sections() {
        for key in section.keys {
            let Absent::Is(written) = key.absent else { continue };
            let default: Value = serde_json::from_str(written).unwrap();
            let mut value = file(&path);
            let here = part(&mut value, &path);
            companions(section, key, &default, here);
            let without = value.clone();
            part(&mut value, &path)[key.name] = default;
            assert_eq!(all(&value), all(&without), "{path}/{}", key.name);
        }
    }
}

#[test]
fn every_key_and_every_word_is_explained() {
    for (path, section) in sections() {
        assert!(section.about.ends_with('.'), "{path}");
        for key in section.keys {
            assert!(key.about.ends_with('.'), "{path}/{}", key.name);
            if let Shape::Word(words, lines) = &key.shape {
                assert!(lines.is_empty() || lines.len() == words.len(), "{path}/{}", key.name);
            }
        }
    }
    let known = "".parse::<tribunal_production::Isolation>().unwrap_err().expected;
    assert_eq!(known, ISOLATIONS);
}

/// Where a table is told about, the page has such a heading.
#[test]
fn the_page_of_the_configuration_has_every_table_and_every_key() {
    let page = include_str!("../../../../docs/config.md");
    let anchor = |heading: &str| -> String {
        let text = heading.trim_start_matches('#').trim().to_lowercase();
        let kept = text.chars().filter(|c| c.is_alphanumeric() || " _-".contains(*c));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect()
    };
    let mut part = String::new();
    let mut parts: Vec<(String, String)> = Vec::new();
    for line in page.lines() {
        if line.starts_with('#') {
            part = anchor(line);
        }
        parts.push((part.clone(), line.to_owned()));
    }
    for (path, section) in sections() {
        let lines =
            || parts.iter().filter(|(part, _)| part == section.anchor).map(|(_, line)| line);
        assert!(lines().next().is_some(), "no heading for {path}: {}", section.anchor);
        if path.is_empty() {
            continue;
        }
        for key in section.keys {
            // `types.<label>` has keys of its own, and labels a heading.
            let named = matches!(key.shape, Shape::Named(..));
            let own = ["risk_tier", "risk", "uncertainty", "when"].contains(&key.name);
            let word = if named { format!("{}.<", key.name) } else { format!("`{}`", key.name) };
            let found = if own || named {
                page.contains(&word)
            } else {
                lines().any(|line| line.contains(&word))
            };
            assert!(found, "{path}/{} is not in docs/config.md#{}", key.name, section.anchor);
        }
    }
}
