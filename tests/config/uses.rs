//! The configs to start from: each loads, and judges its samples as their notes say.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;
use tribunal_config::{Source, load};
use tribunal_core::{Snapshot, Status, Verdict};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../config");

fn names(folder: &str, ending: &str) -> BTreeSet<String> {
    let files = std::fs::read_dir(Path::new(ROOT).join(folder)).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    names.filter_map(|name| name.strip_suffix(ending).map(str::to_owned)).collect()
}

#[tokio::test(start_paused = true)]
async fn each_use_judges_its_samples_as_they_expect() {
    let uses = names("uses", ".toml");
    assert!(uses.len() >= 5);
    let mut wrong = Vec::new();
    for name in &uses {
        let source = Source::read(format!("{ROOT}/uses/{name}.toml")).unwrap();
        let pipeline = load(&source, &tribunal_critics::catalogue(), &|_| None);
        let court = pipeline.unwrap_or_else(|error| panic!("{error}")).build().unwrap();
        let samples = std::fs::read_to_string(format!("{ROOT}/samples/{name}.jsonl")).unwrap();
        let mut verdicts: BTreeMap<Verdict, usize> = BTreeMap::new();
        let mut ran: BTreeSet<String> = BTreeSet::new();
        for line in samples.lines() {
            let note: Value = serde_json::from_str(line).unwrap();
            let mut snapshot: Value = note.clone();
            // What a measurement knows and critics do not.
            snapshot.as_object_mut().unwrap().remove("labels");
            let snapshot = Snapshot::from_json(snapshot.to_string().as_bytes()).unwrap();
            let report = court.run_all(snapshot).await.unwrap();
            *verdicts.entry(report.verdict).or_default() += 1;
            let success =
                report.outcomes().filter(|(_, outcome)| outcome.status == Status::Success);
            ran.extend(success.map(|(critic, _)| critic.name.to_string()));
            if note["expect"].as_str() != Some(report.verdict.as_str()) {
                wrong
                    .push(format!("{name} {}: {} {:?}", note["id"], report.verdict, report.causes));
            }
        }
        // Both ways: something must go through, and something must not.
        assert!(verdicts.get(&Verdict::Allow) >= Some(&2), "{name}: {verdicts:?}");
        assert!(verdicts.get(&Verdict::Block) >= Some(&2), "{name}: {verdicts:?}");
        let all: BTreeSet<String> =
            court.critics().iter().map(|critic| critic.name.to_string()).collect();
        let opened_by_risk = |name: &String| name.ends_with("_high_risk");
        let never: Vec<_> = all.difference(&ran).filter(|name| !opened_by_risk(name)).collect();
        assert!(never.is_empty(), "{name}: no sample for {never:?}");
    }
    assert_eq!(wrong, Vec::<String>::new());
}

/// A failure may let something pass only where that is said; none of these says so.
#[test]
fn no_use_fails_open_or_is_warned_of() {
    for name in names("uses", ".toml") {
        let source = Source::read(format!("{ROOT}/uses/{name}.toml")).unwrap();
        let pipeline = load(&source, &tribunal_critics::catalogue(), &|_| None).unwrap();
        assert!(pipeline.warnings.is_empty(), "{name}: {:?}", pipeline.warnings);
        assert_eq!(pipeline.build().unwrap().outline().passages, [], "{name}");
    }
}
