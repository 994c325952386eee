//! Profiles, variables, `--set`, `config show` and `--watch`: the same for every command that takes a config.

use serde_json::{Value, json};

use crate::run::{Done, Folder};

const LAYERED: &str = "include = [\"pipeline.toml\"]\n\
    [[profile.strict.critic]]\nname = \"words\"\nreview_at = 0.3\nblock_at = 0.4\n\
    [[profile.lenient.critic]]\nname = \"words\"\nreview_at = 0.95\nblock_at = \"never\"\n";

fn folder() -> Folder {
    let folder = Folder::new();
    folder.write("layered.toml", LAYERED);
    folder
}

/// Runs it with variables of the environment.
fn with(folder: &Folder, args: &[&str], variables: &[(&str, &str)], input: &str) -> Done {
    folder.run_with(args, input, |command| {
        command.envs(variables.iter().copied());
    })
}

#[test]
fn every_command_takes_a_profile_and_settings() {
    let folder = folder();
    folder.write("in.jsonl", "{\"input_text\": \"odd\", \"labels\": {\"injection\": true}}\n");
    for command in [&["judge"][..], &["check"], &["plan"], &["eval"], &["config", "show"]] {
        let args = |more: &[&str]| {
            let file: &[&str] =
                if matches!(command, ["judge" | "eval"]) { &["in.jsonl"] } else { &[] };
            let args = [command, &["--config", "layered.toml"], more, file].concat();
            folder.run(&args, "")
        };
        let wrong = args(&["--profile", "strct"]);
        assert_eq!(wrong.status, 2, "{command:?}");
        let told = "layered.toml:1:1: error[unknown-profile]: there is no profile called `strct`; did you mean `strict`?";
        assert_eq!(wrong.err.trim_end(), told, "{command:?}");
        let wrong = args(&["--set", "run.max_runs=5", "--set", "critic.wrods.cost=1"]);
        let told = "--set #2: error[unknown-critic]: there is no critic called `wrods` below this layer, at `wrods`; did you mean `words`?";
        assert_eq!((wrong.status, wrong.err.trim_end()), (2, told), "{command:?}");
        assert_eq!(
            args(&["--profile", "lenient", "--set", "run.timeout=5s"]).status,
            0,
            "{command:?}"
        );
    }
}

#[test]
fn the_verdict_is_that_of_all_layers() {
    let folder = folder();
    let verdict = |more: &[&str], variables: &[(&str, &str)]| {
        let args = [&["judge", "--config", "layered.toml", "--format", "jsonl"], more].concat();
        let done = with(&folder, &args, variables, "{\"input_text\": \"odd\"}\n");
        done.lines()[0]["verdict"]["verdict"]
            .as_str()
            .or(done.lines()[0]["verdict"].as_str())
            .unwrap()
            .to_owned()
    };
    let block_at = ("TRIBUNAL__CRITIC__WORDS__BLOCK_AT", "0.5");
    assert_eq!(verdict(&[], &[]), "review");
    assert_eq!(verdict(&["--profile", "strict"], &[]), "block");
    assert_eq!(verdict(&["--profile", "lenient"], &[]), "allow");
    assert_eq!(verdict(&[], &[block_at]), "block");
    assert_eq!(verdict(&["--set", "critic.words.block_at=0.6"], &[block_at]), "review");
}

#[test]
fn a_variable_that_sets_nothing_is_told() {
    let folder = folder();
    let done = with(&folder, &["check"], &[("TRIBUNAL__RUN__TIMEUOT", "5s")], "");
    let told = "environment variable TRIBUNAL__RUN__TIMEUOT: error[unknown-key]: `run.timeuot` is not known here, \
        at `TIMEUOT`; did you mean `timeout`?";
    assert_eq!((done.status, done.err.trim_end()), (2, told));
    assert_eq!(with(&folder, &["check"], &[("TRIBUNAL_LOG", "x")], "").status, 0);
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_no_text_is_told_and_not_left_out() {
    use std::os::unix::ffi::OsStrExt as _;
    let value = std::ffi::OsStr::from_bytes(b"\xff");
    let done = folder().run_with(&["check"], "", |command| {
        command.env("TRIBUNAL__RUN__TIMEOUT", value);
    });
    assert_eq!(done.status, 2);
    assert!(
        done.err.contains("the environment variable TRIBUNAL__RUN__TIMEOUT is not UTF-8"),
        "{}",
        done.err
    );
}

#[test]
fn a_check_tries_every_profile() {
    let folder = folder();
    let done = folder.run(&["check", "--config", "layered.toml"], "");
    assert_eq!(done.out, "ok: 2 critics in 2 stages; and 2 profiles: lenient, strict\n");
    folder.write("layered.toml", format!("{LAYERED}[profile.third.run]\ntimeout = 5\n"));
    let done = folder.run(&["check", "--config", "layered.toml"], "");
    assert_eq!(done.status, 2);
    assert!(done.err.starts_with("layered.toml:11:11: error["), "{}", done.err);
}

#[test]
fn what_the_layers_come_to_is_shown_with_its_origins() {
    let folder = folder();
    let args = [
        "config",
        "show",
        "--config",
        "layered.toml",
        "--profile",
        "strict",
        "--set",
        "run.max_runs=5",
    ];
    let done = with(&folder, &args, &[("TRIBUNAL__CRITIC__DEEP__COST", "3")], "");
    assert_eq!(done.status, 0);
    // It is a config itself.
    folder.write("shown.toml", &done.out);
    let hash = |args: &[&str]| {
        let plan = folder.run(&[&["plan", "--format", "json"], args].concat(), "");
        serde_json::from_str::<Value>(&plan.out).unwrap()["config_hash"].clone()
    };
    assert_eq!(
        hash(&["--config", "shown.toml"]),
        hash(&[
            "--config",
            "layered.toml",
            "--profile",
            "strict",
            "--set",
            "run.max_runs=5",
            "--set",
            "critic.deep.cost=3"
        ])
    );
    let done = with(
        &folder,
        &[&args[..], &["--origin"]].concat(),
        &[("TRIBUNAL__CRITIC__DEEP__COST", "3")],
        "",
    );
    for line in [
        "max_runs = 5  # --set #1\n",
        "cost = 3  # TRIBUNAL__CRITIC__DEEP__COST\n",
        "block_at = 0.4  # layered.toml:5:12 (profile strict)\n",
        "kind = \"pattern\"  # pipeline.toml:4:8\n",
    ] {
        assert!(done.out.contains(line), "{line}\n{}", done.out);
    }
    assert!(!done.out.contains("# default"));
    let done =
        folder.run(&[&args[..], &["--origin", "--defaults", "--format", "json"]].concat(), "");
    let all: Vec<Value> = serde_json::from_str(&done.out).unwrap();
    assert!(all.contains(
        &json!({ "key": "run.max_in_flight", "value": 1024, "origin": { "layer": "default" } })
    ));
    assert!(all.contains(
        &json!({ "key": "critic.deep.priority", "value": 5, "origin": { "layer": "default" } })
    ));
}

/// A secret is in the environment and nowhere else.
#[test]
fn a_reference_stays_one_where_it_is_shown() {
    let folder = Folder::new();
    folder.write(
        "pipeline.toml",
        "[[critic]]\nname = \"a\"\nkind = \"pattern\"\nparams.rules = [{ name = \"x\", pattern = \"$SECRET_WORD\" }]\n",
    );
    for more in [&[][..], &["--origin", "--defaults"], &["--format", "json"]] {
        let args = [&["config", "show", "--config", "pipeline.toml"], more].concat();
        let done = with(&folder, &args, &[("SECRET_WORD", "hush-hush")], "");
        assert!(done.out.contains("$SECRET_WORD") && !done.out.contains("hush"), "{}", done.out);
    }
}

#[test]
fn a_line_is_judged_by_the_profile_that_it_may_name() {
    let folder = folder();
    let lines = [
        r#"{"input_text": "odd"}"#,
        r#"{"input_text": "odd", "context": {"tenant": {"profile": "strict"}}}"#,
        r#"{"input_text": "odd", "context": {"tenant": {"profile": null}}}"#,
        r#"{"input_text": "odd", "context": {"tenant": {"profile": "lenient"}}}"#,
        r#"{"input_text": "odd", "context": {"tenant": {"profile": "strct"}}}"#,
        r#"{"input_text": "odd", "context": {"tenant": {"profile": ["strict"]}}}"#,
    ];
    let input = lines.join("\n");
    let judge = |more: &[&str], input: &str| {
        let args = [&["judge", "--config", "layered.toml", "--fail-on", "never"], more].concat();
        folder.run(&args, input)
    };
    let from = ["--profile-from", "context.tenant.profile", "--allow-profile", "strict"];
    let done = judge(&[&from[..], &["--format", "jsonl"]].concat(), &input);
    assert_eq!(done.status, 3);
    let verdicts: Vec<Value> = done
        .lines()
        .iter()
        .map(|line| line["verdict"].get("verdict").unwrap_or(&line["verdict"]).clone())
        .collect();
    assert_eq!(verdicts[..3], [json!("review"), json!("block"), json!("review")]);
    assert_eq!(
        done.each("profile"),
        [json!(null), json!("strict"), json!(null), json!(null), json!(null), json!(null)]
    );
    let errors = done.each("error");
    assert_eq!(errors[3], "`context.tenant.profile` names the profile `lenient`, which it may not");
    assert_eq!(errors[4], "`context.tenant.profile` names the profile `strct`, which it may not");
    assert_eq!(errors[5], "`context.tenant.profile` must be the name of a profile");
    // People see the critics of all of them.
    let done = judge(&from, &input.repeat(3).replace("}{", "}\n{"));
    assert!(done.out.contains("18 lines") || done.out.contains("judged"), "{}", done.out);

    assert_eq!(folder.run(&["judge", "--watch"], "").status, 2);
    for (more, problem) in [
        (&["--profile-from", "context.x"][..], "--allow-profile"),
        (&["--allow-profile", "strict"], "--profile-from"),
        (
            &["--profile-from", "input_text", "--allow-profile", "strict"],
            "takes a member of `context`",
        ),
        (
            &["--profile-from", "context.", "--allow-profile", "strict"],
            "takes a member of `context`",
        ),
        (
            &["--profile-from", "context.x", "--allow-profile", "strct"],
            "there is no profile called `strct`; did you mean `strict`?",
        ),
    ] {
        let done = judge(more, "");
        assert_eq!(done.status, 2, "{more:?}");
        assert!(done.err.contains(problem), "{more:?}: {}", done.err);
    }
}

/// SIGHUP reads the config anew: one with mistakes changes nothing, one without holds for the lines after it.
#[cfg(unix)]
#[test]
fn a_config_is_read_anew_while_lines_are_judged() {
    use std::io::{BufRead as _, BufReader, Write as _};
    use std::process::{Command, Stdio};

    let folder = folder();
    let args =
        ["judge", "--config", "layered.toml", "--format", "jsonl", "--watch", "--fail-on", "never"];
    let mut command = folder.command(&args);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut err = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut verdict = || {
        stdin.write_all(b"{\"input_text\": \"odd\"}\n").unwrap();
        stdin.flush().unwrap();
        let line: Value = serde_json::from_str(&out.next().unwrap().unwrap()).unwrap();
        line["verdict"].get("verdict").unwrap_or(&line["verdict"]).as_str().unwrap().to_owned()
    };
    let id = child.id().to_string();
    let hang_up = || assert!(Command::new("kill").args(["-HUP", &id]).status().unwrap().success());
    assert_eq!(verdict(), "review");

    folder.write(
        "layered.toml",
        "include = [\"pipeline.toml\"]\n[[critic]]\nname = \"words\"\nblock_at = 2\n",
    );
    hang_up();
    let told = err.next().unwrap().unwrap();
    assert!(told.starts_with("layered.toml:4:12: error[out-of-range]"), "{told}");
    assert!(err.next().unwrap().unwrap().contains("the one before goes on"));
    assert_eq!(verdict(), "review");

    folder.write(
        "layered.toml",
        "include = [\"pipeline.toml\"]\n[[critic]]\nname = \"words\"\nblock_at = 0.5\n",
    );
    hang_up();
    let told = err.next().unwrap().unwrap();
    assert!(told.starts_with("config reloaded: generation 2, sources "), "{told}");
    assert_eq!(verdict(), "block");
    drop(stdin);
    assert!(child.wait().unwrap().success());
}
