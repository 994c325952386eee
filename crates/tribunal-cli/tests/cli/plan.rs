//! `check` and `plan`, and what the command says of itself.

use serde_json::Value;

use crate::run::Folder;

#[test]
fn a_config_without_mistakes_is_ok() {
    let folder = Folder::new();
    let done = folder.run(&["check", "--config", "pipeline.toml"], "");
    assert_eq!((done.status, done.out.as_str()), (0, "ok: 2 critics in 2 stages\n"));

    let config = crate::run::CONFIG.replace("cost = 2.5", "cost = 2.5\nmode = \"monitor\"");
    let config =
        config.replace("kind = \"pattern\"", "kind = \"pattern\"\nfailure_mode = \"allow\"");
    folder.write("pipeline.toml", config);
    let done = folder.run(&["check", "--config", "pipeline.toml"], "");
    let ok = "ok: 2 critics in 2 stages, 1 monitored, 1 let pass when they fail\n";
    assert_eq!((done.status, done.out.as_str()), (0, ok));
}

#[test]
fn the_default_pipeline_is_ok() {
    let done = Folder::new().run(&["check"], "");
    assert_eq!((done.status, done.err.as_str()), (0, ""));
    assert!(done.out.starts_with("ok: "), "{}", done.out);
}

#[test]
fn every_mistake_is_told_with_file_line_and_column() {
    let folder = Folder::new();
    folder.write(
        "wrong.toml",
        "[[critic]]\nname = \"a\"\nkind = \"lenght\"\n\n[[critic]]\nname = \"b\"\nkind = \"length\"\n\
         stage = \"fast\"\ndepends_on = [\"nobody\"]\nparams.max_characters = 10\n",
    );
    for command in ["check", "plan", "judge"] {
        let done = folder.run(&[command, "--config", "wrong.toml"], "");
        assert_eq!((done.status, done.out.as_str()), (2, ""), "{command}");
        for place in ["wrong.toml:3:8: ", "wrong.toml:8:9: ", "wrong.toml:9:15: "] {
            assert!(done.err.contains(place), "{command}: {place} in {}", done.err);
        }
        assert!(!done.err.contains('\u{1b}'));
    }
}

#[test]
fn a_plan_is_shown_as_text() {
    let done = Folder::new().run(&["plan", "--config", "pipeline.toml"], "");
    assert_eq!(done.status, 0);
    for part in [
        "pipeline.toml  2 critics in 2 stages",
        "at worst it takes ",
        "and costs 2.5:",
        "1. fast_critics",
        "2. deep_analysis",
        "deep  priority 5, on_violation",
        "gate sees    words\n",
        "what a failure lets pass\n  nothing",
    ] {
        assert!(done.out.contains(part), "{part:?} in {}", done.out);
    }
}

#[test]
fn a_plan_is_shown_as_a_flowchart() {
    let done = Folder::new().run(&["plan", "--config", "pipeline.toml", "--format", "mermaid"], "");
    let expected = "\
flowchart TD
  subgraph s0[\"fast_critics\"]
    c0[\"words\"]
  end
  subgraph s1[\"deep_analysis\"]
    c1[\"deep<br/>on_violation\"]
  end
  s0 ==> s1
  c0 -.-> c1
";
    assert_eq!((done.status, done.out.as_str()), (0, expected));
}

#[test]
fn a_plan_is_written_as_json() {
    let done = Folder::new().run(&["plan", "--config", "pipeline.toml", "--format", "json"], "");
    let plan: Value = serde_json::from_str(&done.out).unwrap();
    assert_eq!(plan["stages"][1]["critics"][0]["name"], "deep");
    assert_eq!(plan["worst_cost"], 2.5);
    assert_eq!(plan["passages"], serde_json::json!([]));
}

#[test]
fn the_command_tells_what_it_can_do() {
    let folder = Folder::new();
    let help = folder.run(&["--help"], "");
    assert_eq!(help.status, 0);
    for part in ["judge", "check", "plan", "Examples:"] {
        assert!(help.out.contains(part), "{part}");
    }
    assert!(folder.run(&["judge", "--help"], "").out.contains("Exit status:"));
    let version = folder.run(&["--version"], "");
    assert_eq!(version.out, format!("tribunal {}\n", env!("CARGO_PKG_VERSION")));
    assert_eq!(folder.run(&[], "").status, 2);
}

#[test]
fn a_plan_is_drawn_and_the_picture_of_the_docs_is_in_step() {
    let folder = Folder::new();
    let done = folder.run(&["plan", "--config", "pipeline.toml", "--format", "svg"], "");
    assert_eq!((done.status, done.err.as_str()), (0, ""));
    let picture = roxmltree::Document::parse(&done.out).unwrap();
    let texts: Vec<&str> = picture.descendants().filter_map(|node| node.text()).collect();
    for text in ["words", "deep", "on violation", "1 fast_critics", "2 deep_analysis"] {
        assert!(texts.contains(&text), "{text} in {texts:?}");
    }
    assert_eq!(folder.run(&["plan", "--format", "svg", "--output", "plan.svg"], "").status, 0);
    let drawn = std::fs::read_to_string(folder.path("plan.svg")).unwrap();
    let ours = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/default-pipeline.svg");
    assert!(
        drawn == std::fs::read_to_string(ours).unwrap(),
        "cargo run -p tribunal-cli -- plan --format svg --output docs/default-pipeline.svg"
    );
}
