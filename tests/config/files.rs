//! Files that a configuration refers to, and mistakes that stand deep in a parameter.

use tribunal_config::{Source, load};
use tribunal_core::Snapshot;

use super::{catalogue, problems};

const PIPELINE: &str = "[[critic]]\nname = \"a\"\nkind = \"pattern\"\n\
    params = { rules = [{ name = \"heron\", file = \"lists/words.txt\" }] }\n";

#[tokio::test]
async fn a_path_starts_from_the_folder_of_the_configuration() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("lists")).unwrap();
    std::fs::write(folder.path().join("lists/words.txt"), "blue heron\n").unwrap();
    std::fs::write(folder.path().join("pipeline.toml"), PIPELINE).unwrap();
    let source = Source::read(folder.path().join("pipeline.toml")).unwrap();
    let court = load(&source, &catalogue(), &|_| None).unwrap().build().unwrap();
    let report = court.run_all(Snapshot::of_input("a blue heron")).await.unwrap();
    let opinion = report.outcome("a").unwrap().opinion.clone().unwrap();
    assert_eq!(opinion.violations[0].code, "pattern.heron");
}

#[test]
fn a_file_that_is_not_there_is_shown_where_it_is_named() {
    let lines = problems(PIPELINE);
    assert_eq!(lines.len(), 1);
    let begins = "4:46 `params.rules[0].file` does not do: `lists/words.txt` cannot be read";
    assert!(lines[0].starts_with(begins), "{lines:?}");
}

#[test]
fn a_mistake_in_a_schema_is_shown_within_the_schema() {
    let lines = problems(
        "[[critic]]\nname = \"a\"\nkind = \"tool_call\"\n[critic.params]\npointer = \"/context/call\"\n\
         [[critic.params.tools]]\nname = \"search\"\n\
         arguments = { properties = { q = { type = \"strin\" } } }\n",
    );
    assert_eq!(lines.len(), 1);
    let begins = "8:43 `params.tools[0].arguments.properties.q.type` does not do: ";
    assert!(lines[0].starts_with(begins), "{lines:?}");
}
