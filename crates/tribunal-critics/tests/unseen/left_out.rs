//! Labelled rows of others, judged without the rules that know their forms.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;
use tribunal_critics::Secrets;

use crate::Share;

/// The rules that name no issuer and no format.
pub(crate) fn general() -> BTreeSet<String> {
    let table: toml::Table =
        include_str!("../../src/secrets/rules.toml").parse().expect("the table of rules");
    let rules = table["rule"].as_array().expect("rules");
    let generic = rules.iter().filter(|rule| rule.get("generic").is_some());
    let ids = generic.filter_map(|rule| rule["id"].as_str()).map(str::to_owned);
    // These two go by lists of issuers.
    ids.filter(|id| id != "service-key" && id != "client-id").collect()
}

/// Lines with `input_text` and `labels.secret`, such as those that `tribunal eval` reads, in the file that
/// `TRIBUNAL_LABELLED` names. Without it there is nothing to measure.
#[test]
fn secrets_are_found_without_the_rules_that_know_them() {
    let Some(path) = std::env::var_os("TRIBUNAL_LABELLED") else { return };
    let text = std::fs::read_to_string(Path::new(&path)).expect("a file of labelled lines");
    let critic = Secrets::new().only(general().iter().map(String::as_str)).expect("rules");
    let [mut found, mut alarms] = [Share::default(); 2];
    for line in text.lines() {
        let row: Value = serde_json::from_str(line).expect("a line of JSON");
        let text = row["input_text"].as_str().unwrap_or_default();
        let hit = !critic.find(text).is_empty();
        match row["labels"]["secret"].as_bool() {
            Some(true) => found.count(hit),
            Some(false) => alarms.count(hit),
            None => {}
        }
    }
    let precision = found.0 as f64 / (found.0 + alarms.0) as f64;
    println!("without the rules that know them: {} of {} found", found.0, found.1);
    println!("recall {:.3}, precision {precision:.3}", found.of_one());
    assert!(found.of_one() > 0.5);
}
