//! `init` and `schema`: files to start from.

use std::collections::BTreeSet;

use crate::run::Folder;

const CONFIG_FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../config");

fn uses() -> BTreeSet<String> {
    let files = std::fs::read_dir(format!("{CONFIG_FOLDER}/uses")).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    names.map(|name| name.strip_suffix(".toml").unwrap().to_owned()).collect()
}

#[test]
fn without_a_use_they_are_listed_and_nothing_is_written() {
    let folder = Folder::new();
    let done = folder.run(&["init"], "");
    assert_eq!((done.status, done.err.as_str()), (0, ""));
    let listed = done.out.lines().filter_map(|line| line.strip_prefix("  "));
    let listed: BTreeSet<String> =
        listed.map(|line| line.split_whitespace().next().unwrap().to_owned()).collect();
    assert_eq!(listed, uses());
    assert_eq!(std::fs::read_dir(folder.path(".")).unwrap().count(), 1);
    assert_eq!(folder.run(&["init", "--force"], "").status, 2);
    assert_eq!(folder.run(&["init", "--output", "a.toml"], "").status, 2);
}

#[test]
fn each_use_is_written_as_it_stands_in_the_repository_and_is_fine() {
    let folder = Folder::new();
    for name in uses() {
        let file = format!("{name}.toml");
        let done = folder.run(&["init", "--use", &name], "");
        assert_eq!((done.status, done.err.as_str()), (0, ""), "{name}");
        assert!(done.out.starts_with(&format!("wrote {file}\n")), "{}", done.out);
        let written = std::fs::read_to_string(folder.path(&file)).unwrap();
        let ours = std::fs::read_to_string(format!("{CONFIG_FOLDER}/uses/{file}")).unwrap();
        // Where it is written there is no schema beside it.
        assert_eq!(format!("#:schema ../tribunal.schema.json\n{written}"), ours);
        let checked = folder.run(&["check", "--config", &file], "");
        assert_eq!((checked.status, checked.err.as_str()), (0, ""), "{name}");
        let shown = folder.run(&["init", "--use", &name, "--output", "-"], "");
        assert_eq!((shown.status, shown.out), (0, written));
    }
}

#[test]
fn a_file_that_is_there_stays_as_it_is_unless_forced() {
    let folder = Folder::new();
    folder.write("mine.toml", "# years of work\n");
    let done = folder.run(&["init", "--use", "rag", "--output", "mine.toml"], "");
    assert_eq!((done.status, done.out.as_str()), (2, ""));
    assert!(done.err.contains("`mine.toml` is there already"), "{}", done.err);
    assert_eq!(std::fs::read_to_string(folder.path("mine.toml")).unwrap(), "# years of work\n");

    let done = folder.run(&["init", "--use", "rag", "--output", "mine.toml", "--force"], "");
    assert_eq!(done.status, 0, "{}", done.err);
    assert!(std::fs::read_to_string(folder.path("mine.toml")).unwrap().contains("[[critic]]"));
}

#[test]
fn a_use_that_there_is_not_and_a_place_that_cannot_be_written_are_told() {
    let folder = Folder::new();
    let done = folder.run(&["init", "--use", "chat"], "");
    assert_eq!(done.status, 2);
    assert!(done.err.contains("chat-input"), "{}", done.err);
    let done = folder.run(&["init", "--use", "rag", "--output", "nowhere/a.toml"], "");
    assert_eq!(done.status, 2);
    assert!(done.err.contains("cannot write `nowhere/a.toml`"), "{}", done.err);
}

#[test]
fn the_schema_is_the_one_that_is_checked_in() {
    let folder = Folder::new();
    let ours = std::fs::read_to_string(format!("{CONFIG_FOLDER}/tribunal.schema.json")).unwrap();
    let done = folder.run(&["schema"], "");
    assert_eq!((done.status, done.err.as_str()), (0, ""));
    assert!(
        done.out == ours,
        "cargo run -p tribunal-cli -- schema --output config/tribunal.schema.json"
    );
    assert_eq!(folder.run(&["schema", "--output", "s.json"], "").status, 0);
    assert!(std::fs::read_to_string(folder.path("s.json")).unwrap() == ours);
}
