//! The schema for editors: the file that is checked in, the configs of this repository, and what kinds are told.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde_json::{Map, Value, json};
use tribunal_config::{Code, Problem};
use tribunal_core::{ParamShape, Parameter};
use tribunal_schema::{Schema, SchemaFault};

use super::{catalogue, parse};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

fn schema() -> &'static Schema {
    static SCHEMA: OnceLock<Schema> = OnceLock::new();
    SCHEMA.get_or_init(|| Schema::compile(&tribunal_config::schema(&catalogue())).unwrap())
}

/// What an editor marks in a text that is TOML; `None` for one that is not.
pub(crate) fn marked(text: &str) -> Option<Vec<SchemaFault>> {
    let value: Value = toml::from_str(text).ok()?;
    Some(schema().faults(&value, 8))
}

/// Every TOML file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let inside = |path: PathBuf| if path.is_dir() { files(&path) } else { vec![path] };
    let mut files: Vec<PathBuf> = entries.flat_map(inside).collect();
    files.retain(|path| path.extension().is_some_and(|it| it == "toml"));
    files.sort();
    files
}

fn configs() -> Vec<PathBuf> {
    let found = files(&Path::new(ROOT).join("config"));
    assert!(found.len() > 5, "{found:?}");
    found
}

#[test]
fn the_file_for_editors_is_what_the_code_says() {
    let path = Path::new(ROOT).join("config/tribunal.schema.json");
    let written: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    assert!(
        written == tribunal_config::schema(&tribunal_critics::catalogue()),
        "config/tribunal.schema.json is out of step: \
         cargo run -p tribunal-cli -- schema --output config/tribunal.schema.json"
    );
}

#[test]
fn every_config_of_this_repository_names_the_schema_and_matches_it() {
    for path in configs() {
        let text = std::fs::read_to_string(&path).unwrap();
        let named = text.lines().next().unwrap().strip_prefix("#:schema ").unwrap();
        let leads = path.parent().unwrap().join(named).canonicalize().unwrap();
        assert!(leads.ends_with("config/tribunal.schema.json"), "{}", path.display());
        assert_eq!(marked(&text), Some(vec![]), "{}", path.display());
    }
}

/// What stands in docs as a whole config.
#[test]
fn what_the_docs_show_matches_the_schema() {
    let mut shown = 0;
    for name in ["config", "editors", "getting-started", "cache", "evaluation", "writing-a-critic"]
    {
        let page = std::fs::read_to_string(format!("{ROOT}/docs/{name}.md")).unwrap();
        let blocks = page.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next());
        for block in blocks.filter(|block| parse(block).is_ok()) {
            shown += 1;
            assert_eq!(marked(block), Some(vec![]), "{name}: {block}");
        }
    }
    assert!(shown > 2, "{shown}");
}

/// What a shape can say.
const OF_SHAPE: &[Code] = &[
    Code::UnknownKey,
    Code::MissingKey,
    Code::WrongType,
    Code::OutOfRange,
    Code::InvalidDuration,
    Code::UnknownWord,
    Code::InvalidName,
    Code::RepeatedEntry,
    Code::EmptyList,
    Code::UnknownKind,
];

/// What it cannot: spans of time above an end, for a text has no greater and smaller; what hangs on another value; what
/// JSON does not have.
const NOT_OF_SHAPE: &[&str] = &[
    "must be at most",
    "at most a day",
    "a nanosecond for each token",
    "is a date or time",
    "must be a finite number",
    // A single name that is taken.
    "cannot be set",
    // What an expression says.
    "`when`: ",
    // What stands for a variable, and that one of several parameters must be there.
    "why is not shown",
    "`params.max_characters` is missing",
];

/// Holds what an editor marks in a text that is broken against what the reader says of it. Every text of `broken.rs`
/// goes through here.
pub(crate) fn agrees(text: &str, problems: &[Problem]) -> Result<(), String> {
    let Some(faults) = marked(text) else { return Ok(()) };
    let by_shape = |problem: &&Problem| {
        let not = |not: &&str| problem.message().contains(*not);
        OF_SHAPE.contains(&problem.code()) && !NOT_OF_SHAPE.iter().any(not)
    };
    match problems.iter().find(by_shape) {
        Some(problem) if faults.is_empty() => {
            Err(format!("not marked: {}\nin {text}", problem.message()))
        }
        _ => Ok(()),
    }
}

#[test]
fn what_is_broken_by_its_shape_is_marked() {
    let (mut wrong, mut all) = (Vec::new(), 0);
    for file in std::fs::read_dir(format!("{ROOT}/tests/config/broken")).unwrap() {
        let page = std::fs::read_to_string(file.unwrap().path()).unwrap();
        let blocks = page.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next());
        for block in blocks {
            all += 1;
            let environment = |name: &str| (name == "SECRET").then(|| String::from("hush-hush"));
            let Err(error) = super::parse_with(block, &environment) else { continue };
            wrong.extend(agrees(block, error.problems()).err());
        }
    }
    assert!(wrong.is_empty(), "{} of {all}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(all >= 200, "{all}");
}

/// And every text that the reader takes goes through here.
pub(crate) fn takes(text: &str) {
    let faults = marked(text).unwrap_or_default();
    assert!(faults.is_empty(), "marked, and fine: {faults:?}\nin {text}");
}

#[test]
fn mistakes_are_marked_where_they_stand() {
    let marked = |line: &str| {
        let text = format!("[[critic]]\nname = \"a\"\nkind = \"pattern\"\n{line}\n");
        let faults = marked(&text).unwrap().into_iter();
        faults.map(|fault| format!("{} {}", fault.at, fault.keyword)).collect::<Vec<_>>().join(", ")
    };
    let rules = "params.rules = [{ name = \"x\", pattern = \"x\" }]";
    assert_eq!(marked(rules), "");
    assert_eq!(marked(&format!("{rules}\npriority = 11")), "/critic/0/priority maximum");
    assert_eq!(marked(&format!("{rules}\nstage = \"fast\"")), "/critic/0/stage enum");
    assert_eq!(marked(&format!("{rules}\nstaeg = 1")), "/critic/0 additionalProperties");
    assert_eq!(
        marked("params.rules = [{ name = 3, pattern = \"x\" }]"),
        "/critic/0/params/rules/0/name type"
    );
    assert_eq!(marked("params.rules = [{ pattern = \"x\" }]"), "/critic/0/params/rules/0 required");
}

/// A critic of that kind that is fine, as far as `params` go.
const LEAST: &[(&str, &str)] = &[
    ("echo", "{}"),
    ("injection", "{}"),
    ("invisible_text", "{}"),
    ("jailbreak", "{}"),
    ("json_schema", r#"{"pointer":"/input_text","schema":{}}"#),
    ("language", r#"{"allow":["eng"]}"#),
    ("length", r#"{"max_lines":10}"#),
    ("links", "{}"),
    ("numeric_claim", r#"{"expected":"/context/expected"}"#),
    ("pattern", r#"{"rules":[{"name":"x","pattern":"x"}]}"#),
    ("pii", "{}"),
    ("repetition", "{}"),
    ("secrets", "{}"),
    ("tool_call", r#"{"pointer":"/context/tool","tools":[{"name":"x"}]}"#),
    ("topic", r#"{"ban":[{"name":"x","keywords":["x"]}],"allow":[{"name":"y","keywords":["y"]}]}"#),
    ("toxicity", "{}"),
];

/// What a shape cannot say of a text: file names, patterns, what goes only with something else.
const OF_ITS_OWN: &[&str] = &[
    "model",
    "label",
    // Each once.
    "allow[].name",
    "rules[].file",
    "token",
    "allow",
    "ban",
    "schemes",
    "disable",
    "rules",
    "marker_required",
    "max_lines",
    "min_characters",
];

fn samples(shape: &ParamShape) -> (Vec<Value>, Vec<Value>) {
    let few = |words: &[String]| [words[0].clone(), words[words.len() - 1].clone()];
    match shape {
        ParamShape::Text => (vec![json!("x")], vec![json!(1)]),
        ParamShape::Boolean => (vec![json!(true), json!(false)], vec![json!("true"), json!(1)]),
        ParamShape::Pointer => (vec![json!("/input_text"), json!("")], vec![json!("x"), json!(1)]),
        ParamShape::Word(words) => {
            (few(words).map(Value::from).into(), vec![json!("zzz"), json!(1)])
        }
        ParamShape::Number(from, to) => {
            let mut bad = vec![json!("1"), json!(true)];
            let mut good = Vec::new();
            for (end, beyond) in [(from, from - 0.001), (to, to + 0.001)] {
                if end.is_finite() {
                    good.push(json!(end));
                    bad.push(json!(beyond));
                }
            }
            (good, bad)
        }
        ParamShape::Whole(from, to) => {
            let mut bad = vec![json!(i64::try_from(*from).unwrap() - 1), json!(1.5), json!("1")];
            let mut good = vec![json!(from)];
            if *to < usize::MAX {
                good.push(json!(to));
                bad.push(json!(to + 1));
            }
            (good, bad)
        }
        ParamShape::List(of, may) => {
            let (good, bad) = samples(of);
            let mut refused: Vec<Value> = bad.into_iter().map(|item| json!([item])).collect();
            refused.push(json!("x"));
            let mut accepted: Vec<Value> = good.into_iter().map(|item| json!([item])).collect();
            let empty = *may == tribunal_core::MayBeEmpty::No;
            if empty { &mut refused } else { &mut accepted }.push(json!([]));
            (accepted, refused)
        }
        ParamShape::Tables(_) => (vec![], vec![json!(1), json!([1]), json!([{"zzz": 1}])]),
        ParamShape::Table(keys, of) if !keys.is_empty() => {
            let (good, bad) = samples(of);
            let under = |value| json!({&keys[0]: value});
            let refused = bad.into_iter().map(under).chain([json!({"zzz": 0.5}), json!(1)]);
            (good.into_iter().map(under).collect(), refused.collect())
        }
        ParamShape::Table(..) => (vec![json!({})], vec![json!(1), json!([])]),
        _ => (vec![json!("x"), json!(1)], vec![]),
    }
}

/// Every parameter with its path and where it stands.
fn walk(
    parameters: &[Parameter],
    path: &str,
    at: &str,
    visit: &mut dyn FnMut(&Parameter, &str, &str),
) {
    for parameter in parameters {
        let path = format!("{path}{}", parameter.name);
        visit(parameter, &path, at);
        if let ParamShape::Tables(inner) = &parameter.shape {
            walk(inner, &format!("{path}[]."), &format!("{at}/{}/0", parameter.name), visit);
        }
    }
}

#[test]
fn what_the_schema_says_of_a_parameter_its_kind_says_too() {
    let (mut wrong, mut tried) = (Vec::new(), 0);
    for kind in catalogue().iter() {
        let (_, least) = LEAST.iter().find(|(name, _)| *name == kind.name()).unwrap_or_else(|| {
            panic!("a new kind `{}`: say in LEAST what it must be told", kind.name())
        });
        let least: Value = serde_json::from_str(least).unwrap();
        let mut check = |params: &Value, fine: Option<bool>| {
            let critic = json!({"name": "a", "kind": kind.name(), "params": params});
            let marked = schema().faults(&json!({"critic": [critic]}), 2);
            let none = Map::new();
            let built = kind.build(params.as_object().unwrap_or(&none));
            tried += 1;
            // What is marked is broken, whatever is said of a shape.
            let as_said =
                fine.is_none_or(|fine| marked.is_empty() == fine && built.is_ok() == fine);
            if !as_said || (!marked.is_empty() && built.is_ok()) {
                wrong.push(format!("{} {params}: {marked:?} {:?}", kind.name(), built.err()));
            }
        };
        check(&least, Some(true));
        let mut unknown = least.clone();
        unknown["zzz"] = json!(1);
        // A kind that explains nothing is open.
        check(&unknown, (!kind.lines().is_empty()).then_some(false));
        walk(&kind.parameters(), "", "", &mut |parameter, path, at| {
            let (good, bad) = samples(&parameter.shape);
            let own = OF_ITS_OWN.contains(&path);
            let good = good.into_iter().map(|value| (value, (!own).then_some(true)));
            for (value, fine) in good.chain(bad.into_iter().map(|value| (value, Some(false)))) {
                let mut params = least.clone();
                params.pointer_mut(at).unwrap()[parameter.name] = value;
                check(&params, fine);
            }
            if parameter.required {
                let mut params = least.clone();
                params.pointer_mut(at).unwrap().as_object_mut().unwrap().remove(parameter.name);
                check(&params, Some(false));
            }
            if let Some(default) = &parameter.default {
                let mut params = least.clone();
                params.pointer_mut(at).unwrap()[parameter.name] = default.clone();
                check(&params, Some(true));
            }
        });
    }
    assert!(wrong.is_empty(), "{} of {tried}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(tried > 300, "{tried}");
}

#[test]
fn a_critic_that_is_disabled_and_a_reference_are_not_marked() {
    for text in [
        "[[critic]]\nname = \"a\"\nkind = \"length\"\nenabled = false\nparams = { nothing = 1 }\n\
         [[critic]]\nname = \"b\"\nkind = \"secrets\"\n",
        "[[critic]]\nname = \"a\"\nkind = \"numeric_claim\"\n\
         params = { expected = \"$WHERE\", percent = \"$PERCENT\" }\n",
    ] {
        let environment =
            |name: &str| Some(if name == "WHERE" { "/id" } else { "either" }.to_owned());
        super::parse_with(text, &environment).unwrap();
        assert_eq!(marked(text), Some(vec![]));
    }
}
