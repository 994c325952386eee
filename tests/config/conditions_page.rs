//! The examples of `docs/conditions.md`: what they say there is what they say.

use tribunal_core::{Snapshot, Status};

use super::{parse, problems};

const PAGE: &str = include_str!("../../docs/conditions.md");

/// The blocks of the page with what they are written in, in order.
fn blocks() -> Vec<(&'static str, String)> {
    let mut blocks = Vec::new();
    let mut open: Option<(&str, Vec<&str>)> = None;
    for line in PAGE.lines() {
        match (line.strip_prefix("```"), open.take()) {
            (Some(language), None) => open = Some((language, Vec::new())),
            (Some(_), Some((language, lines))) => blocks.push((language, lines.join("\n"))),
            (None, Some((language, mut lines))) => {
                lines.push(line);
                open = Some((language, lines));
            }
            (None, None) => {}
        }
    }
    blocks
}

/// The critics of the examples, and one behind them whose gate is the expression.
fn pipeline(when: &str) -> String {
    let critics =
        blocks().into_iter().find(|(_, text)| text.contains("files.example.com")).unwrap();
    let subject = "[[critic]]\nname = \"subject\"\nkind = \"echo\"\nstage = \"deep_analysis\"\n\
                   policy = \"conditional\"\nfailure_mode = \"allow\"\n";
    format!("{}\n\n{subject}when = '''\n{when}'''\n", critics.1)
}

#[tokio::test(start_paused = true)]
async fn each_example_says_what_the_page_says() {
    let blocks = blocks();
    let examples: Vec<_> = blocks.windows(2).filter(|pair| pair[0].0 == "cel").collect();
    assert!(examples.len() >= 10);
    for pair in examples {
        let ((_, when), (language, snapshots)) = (&pair[0], &pair[1]);
        assert_eq!(*language, "jsonl", "{when}");
        let court = parse(&pipeline(when)).unwrap_or_else(|error| panic!("{when}: {error}"));
        let court = court.build().unwrap();
        let mut said = std::collections::BTreeSet::new();
        for line in snapshots.lines() {
            let snapshot = Snapshot::from_json(line.as_bytes()).unwrap();
            let says = snapshot.attributes()["says"].as_str().unwrap().to_owned();
            let report = court.run_all(snapshot).await.unwrap();
            let found = match report["subject"].status {
                Status::Success => "true",
                Status::Gated => "false",
                Status::Error => "error",
                other => panic!("{when}: {other}"),
            };
            assert_eq!(found, says, "{when} of {line}: {:?}", report["subject"].reason);
            said.insert(says);
        }
        assert!(said.contains("true") && said.contains("false"), "{when}");
    }
}

#[test]
fn each_mistake_is_told_as_the_page_says() {
    let rows = PAGE.lines().skip_while(|line| !line.starts_with("| mistake"));
    let rows: Vec<&str> = rows.skip(2).take_while(|line| line.starts_with('|')).collect();
    assert!(rows.len() >= 8);
    for row in rows {
        let (mistake, told) = row.trim_matches('|').split_once('|').unwrap();
        let mistake = mistake.trim().trim_matches('`');
        let found = problems(&pipeline(mistake));
        assert_eq!(found.len(), 1, "{mistake}: {found:?}");
        assert!(found[0].contains(told.trim().split("; ").next().unwrap()), "{mistake}: {found:?}");
    }
}
