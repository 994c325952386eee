//! How `secrets` does on what its rules do not name: `cargo test -p tribunal-critics --test unseen -- --nocapture`
//! prints the figures that docs/critics.md and docs/accuracy.md give.

mod alike;
mod issued;
mod pattern;

use std::collections::BTreeMap;

use tribunal_critics::Secrets;

fn finds(critic: &Secrets, text: &str, secret: &str) -> bool {
    let start = text.find(secret).unwrap_or_else(|| panic!("`{secret}` stands in the text"));
    let secret = start..start + secret.len();
    // A look at half of it is no find: what redaction leaves standing must not be worth anything.
    let covered = |found: tribunal_critics::FoundSecret| {
        let (from, to) = (found.bytes.start.max(secret.start), found.bytes.end.min(secret.end));
        to.saturating_sub(from) * 4 >= secret.len() * 3
    };
    critic.find(text).into_iter().any(covered)
}

#[test]
fn most_secrets_in_forms_without_a_rule_are_found_and_few_others() {
    let critic = Secrets::new();
    let mut groups: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let (mut found, mut all) = (0, 0);
    let mut missed: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for case in issued::cases() {
        let hit = finds(&critic, &case.text, &case.secret);
        let group = groups.entry(case.group).or_default();
        group.0 += usize::from(hit);
        group.1 += 1;
        found += usize::from(hit);
        all += 1;
        if !hit {
            *missed.entry((case.group, case.form)).or_default() += 1;
            if std::env::var_os("SHOW").is_some() {
                println!("missed {} {}: {}", case.group, case.form, case.text);
            }
        }
    }
    let (mut flagged, mut others) = (0, 0);
    let mut alarms: BTreeMap<&str, (usize, &str)> = BTreeMap::new();
    for (name, text) in alike::cases() {
        others += 1;
        if let Some(first) = critic.find(&text).first() {
            flagged += 1;
            alarms.entry(name).or_insert((0, first.rule)).0 += 1;
            if std::env::var_os("SHOW").is_some() {
                println!("alarm {name} {}: {text}", first.rule);
            }
        }
    }
    for (group, (found, all)) in &groups {
        println!("{group:<22} {found:>4} of {all:>4}");
    }
    for (case, count) in &missed {
        println!("missed {count:>3} x {case:?}");
    }
    for (name, (count, rule)) in &alarms {
        println!("false  {count:>3} x {name} ({rule})");
    }
    let recall = found as f64 / all as f64;
    let precision = found as f64 / (found + flagged) as f64;
    println!("recall {recall:.3} ({found} of {all}), precision {precision:.3}");
    println!("false alarms {flagged} of {others} look-alikes");
    assert!(recall >= 0.80 && precision >= 0.97, "recall {recall:.3}, precision {precision:.3}");
}
