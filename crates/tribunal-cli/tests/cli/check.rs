//! `tribunal check`: what is wrong with a config, for people and for tools.

use serde_json::Value;

use crate::run::Folder;

/// One critic that depends on nobody there is, in a file of that name.
const WRONG: &str = "[[critic]]\nname = \"a\"\nkind = \"length\"\ntimuot = \"1s\"\ntimeout = \"11s\"\n\
    params.max_characters = \"$LIMIT\"\n";

/// One that can be used, and has a warning that points at two further places.
const WARNED: &str = "[run]\nmax_cost = 0.3\n\
    [[critic]]\nname = \"a\"\nkind = \"length\"\ncost = 0.2\nparams.max_characters = 9\n\
    [[critic]]\nname = \"b\"\nkind = \"length\"\ncost = 0.2\nparams.max_characters = 9\n";

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn warnings_are_shown_by_check_and_by_no_other_command() {
    let folder = Folder::new();
    folder.write("warned.toml", WARNED);
    let done = folder.run(&["check", "--config", "warned.toml"], "");
    assert_eq!((done.status, &*done.out), (0, "ok: 2 critics in 1 stage; 1 warning\n"));
    assert!(
        done.err.starts_with("warned.toml:2:12: warning[costs-exceed-budget]: "),
        "{}",
        done.err
    );
    for command in ["plan", "judge"] {
        let done = folder.run(&[command, "--config", "warned.toml"], "{}\n");
        assert!(!done.err.contains("warning"), "{command}: {}", done.err);
        assert_ne!(done.status, 2, "{command}");
    }
}

#[test]
fn warnings_fail_where_they_are_denied() {
    let folder = Folder::new();
    folder.write("warned.toml", WARNED);
    folder.write("wrong.toml", WRONG);
    let check = |file: &str, format: &str| {
        folder.run(&["check", "--deny-warnings", "--config", file, "--format", format], "")
    };
    let done = check("warned.toml", "human");
    assert_eq!((done.status, &*done.out), (1, ""));
    assert!(done.err.ends_with("error: warnings are denied\n"), "{}", done.err);
    for format in ["json", "sarif"] {
        let done = check("warned.toml", format);
        assert_eq!((done.status, &*done.err), (1, ""), "{format}");
        assert_eq!(check("wrong.toml", format).status, 2, "{format}");
    }
    assert_eq!(check("wrong.toml", "human").status, 2);
    assert_eq!(folder.run(&["check", "--deny-warnings"], "").status, 0);
}

#[test]
fn for_tools_there_is_one_object_with_every_problem() {
    let folder = Folder::new();
    folder.write("wrong.toml", WRONG);
    let done = folder.run(&["check", "--config", "wrong.toml", "--format", "json"], "");
    assert_eq!((done.status, &*done.err), (2, ""));
    let answer = parsed(&done.out);
    assert_eq!((&answer["file"], &answer["errors"]), (&"wrong.toml".into(), &3.into()));
    let codes: Vec<&str> = answer["problems"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| p["code"].as_str().unwrap())
        .collect();
    assert_eq!(codes, ["unknown-key", "timeout-cut-short", "missing-variable"]);
    assert_eq!(
        answer["problems"][0],
        parsed(
            r#"{"file": "wrong.toml", "line": 4, "column": 1, "end_line": 4, "end_column": 7,
                "code": "unknown-key", "level": "error", "message": "`timuot` is not known here",
                "help": "did you mean `timeout`?", "page": "docs/diagnostics.md#unknown-key", "labels": []}"#
        )
    );

    folder.write("warned.toml", WARNED);
    let done = folder.run(&["check", "--config", "warned.toml", "--format", "json"], "");
    let answer = parsed(&done.out);
    assert_eq!((done.status, &answer["errors"], &answer["warnings"]), (0, &0.into(), &1.into()));
    let labels = answer["problems"][0]["labels"].as_array().unwrap();
    assert_eq!((labels.len(), &labels[0]["line"], &labels[1]["line"]), (2, &6.into(), &11.into()));

    let done = folder.run(&["check", "--format", "json"], "");
    assert_eq!((done.status, parsed(&done.out)["problems"].as_array().unwrap().len()), (0, 0));
}

/// What SARIF 2.1.0 asks of a log: section 3.13 on.
#[test]
fn for_code_scanning_there_is_sarif() {
    let folder = Folder::new();
    folder.write("my file.toml", &(WARNED.to_owned() + WRONG));
    let done = folder.run(&["check", "--config", "my file.toml", "--format", "sarif"], "");
    assert_eq!((done.status, &*done.err), (2, ""));
    let log = parsed(&done.out);
    assert_eq!(log["version"], "2.1.0");
    let [run] = log["runs"].as_array().unwrap().as_slice() else { unreachable!("{log}") };
    assert_eq!(run["columnKind"], "unicodeCodePoints");
    let driver = &run["tool"]["driver"];
    assert_eq!(driver["name"], "tribunal");
    let rules = driver["rules"].as_array().unwrap();
    assert_eq!(rules.len(), tribunal_config::Code::ALL.len());
    for (rule, code) in rules.iter().zip(tribunal_config::Code::ALL) {
        assert_eq!(rule["id"], code.as_str());
        assert_eq!(rule["defaultConfiguration"]["level"], code.level().as_str());
        // Absolute, or not there at all.
        let uri = rule.get("helpUri").map(|uri| uri.as_str().unwrap());
        assert!(uri.is_none_or(|uri| uri.starts_with("https://")), "{rule}");
        assert!(rule["help"]["text"].as_str().unwrap().contains(". "), "{rule}");
        assert!(rule["shortDescription"]["text"].as_str().unwrap().ends_with('.'), "{rule}");
    }
    let results = run["results"].as_array().unwrap();
    assert!(results.len() >= 4, "{results:?}");
    for result in results {
        let rule = &rules[usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap()];
        assert_eq!(rule["id"], result["ruleId"]);
        assert_eq!(rule["defaultConfiguration"]["level"], result["level"]);
        assert!(!result["message"]["text"].as_str().unwrap().is_empty());
        let related = result["relatedLocations"].as_array().unwrap();
        for location in result["locations"].as_array().unwrap().iter().chain(related) {
            let place = &location["physicalLocation"];
            assert_eq!(place["artifactLocation"]["uri"], "my%20file.toml");
            let of = |name: &str| place["region"][name].as_u64().unwrap();
            let (start, end) =
                ((of("startLine"), of("startColumn")), (of("endLine"), of("endColumn")));
            assert!(start.0 >= 1 && start.1 >= 1 && start <= end, "{place}");
        }
        assert_eq!(result["locations"].as_array().unwrap().len(), 1);
    }
    let budget = results.iter().find(|result| result["ruleId"] == "costs-exceed-budget").unwrap();
    let ids: Vec<u64> = budget["relatedLocations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|location| location["id"].as_u64().unwrap())
        .collect();
    assert_eq!(ids, [1, 2]);
    // One that is fine is a log without results.
    let done = folder.run(&["check", "--format", "sarif"], "");
    assert_eq!(parsed(&done.out)["runs"][0]["results"].as_array().unwrap().len(), 0);
}

#[test]
fn no_format_shows_what_a_reference_stands_for() {
    let folder = Folder::new();
    folder.write(
        "secret.toml",
        "[[critic]]\nname = \"a\"\nkind = \"secrets\"\nparams.allow = [\"$HOME_PATTERN\"]\n",
    );
    for format in ["human", "json", "sarif"] {
        let mut command = folder.command(&["check", "--config", "secret.toml", "--format", format]);
        let done = command.env("HOME_PATTERN", "hunter2(").output().unwrap();
        assert_eq!(done.status.code(), Some(2), "{format}");
        let all = String::from_utf8([done.stdout, done.stderr].concat()).unwrap();
        assert!(all.contains("invalid-pattern") && !all.contains("hunter2"), "{format}: {all}");
    }
}
