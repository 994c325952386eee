//! The alerts ask for what there is, and mean what they say.

use std::io::Write as _;
use std::process::Command;

use crate::expressions::check;

const RULES: &str = include_str!("../../config/observability/alerts.yml");
const PAGE: &str = include_str!("../../docs/metrics.md");

/// What stands behind a key, for each line that has it. Every value of ours is on its own line.
fn values<'t>(text: &'t str, key: &'t str) -> impl Iterator<Item = &'t str> {
    text.lines().filter_map(move |line| line.trim().trim_start_matches("- ").strip_prefix(key))
}

#[test]
fn every_question_is_about_metrics_and_labels_that_exist() {
    let names: Vec<_> = values(RULES, "alert: ").collect();
    let expressions: Vec<_> = values(RULES, "expr: ").collect();
    assert_eq!(names.len(), expressions.len());
    assert!(names.len() > 10);
    for (name, expression) in names.iter().zip(expressions) {
        check(expression, &[]).unwrap_or_else(|problem| panic!("alert `{name}`: {problem}"));
    }
}

#[test]
fn every_alert_is_explained() {
    for name in values(RULES, "alert: ") {
        assert!(PAGE.contains(&format!("`{name}`")), "docs/metrics.md does not tell of `{name}`");
    }
}

/// With `promtool` of the package `prometheus`: the rules are well formed, and their own tests pass.
#[test]
fn promtool_agrees() {
    let promtool = std::env::var("PROMTOOL").unwrap_or_else(|_| String::from("promtool"));
    if !Command::new(&promtool).arg("--version").output().is_ok_and(|seen| seen.status.success()) {
        // Past what keeps the output of tests that pass to itself.
        let _ = writeln!(
            std::io::stderr(),
            "NOT CHECKED, there is no promtool on this machine: the alert rules and their own tests. \
             PROMTOOL names one elsewhere."
        );
        return;
    }
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../config/observability");
    for arguments in [["check", "rules", "alerts.yml"], ["test", "rules", "alerts.test.yml"]] {
        let ran = Command::new(&promtool).args(arguments).current_dir(folder).output().unwrap();
        let said = [ran.stdout, ran.stderr].concat();
        assert!(ran.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&said));
    }
}
