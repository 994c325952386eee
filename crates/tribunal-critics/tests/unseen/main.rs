//! How `secrets` does on what its rules do not name.
//!
//! ```sh
//! cargo test -p tribunal-critics --test unseen -- --nocapture
//! TRIBUNAL_LABELLED=secrets.jsonl cargo test -p tribunal-critics --test unseen -- --nocapture
//! ```
//!
//! print the figures that docs/critics.md gives. Nothing in here comes from anyone's data: forms are what issuers
//! document, and what is random in them follows from a seed.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a measurement that cannot be made has failed"
)]

mod alike;
mod issued;
mod left_out;
mod pattern;

use std::collections::BTreeMap;

use tribunal_critics::Secrets;

/// How many of how many.
#[derive(Default, Clone, Copy)]
struct Share(usize, usize);

impl Share {
    fn count(&mut self, hit: bool) {
        self.0 += usize::from(hit);
        self.1 += 1;
    }

    fn of_one(self) -> f64 {
        self.0 as f64 / self.1 as f64
    }
}

/// Whether three quarters of the secret lie in a finding: what redaction leaves standing must not be worth anything.
fn finds(critic: &Secrets, text: &str, secret: &str) -> bool {
    let start = text.find(secret).unwrap_or_else(|| panic!("`{secret}` stands in the text"));
    let end = start + secret.len();
    critic.find(text).into_iter().any(|found| {
        let covered = found.bytes.end.min(end).saturating_sub(found.bytes.start.max(start));
        covered * 4 >= secret.len() * 3
    })
}

#[test]
fn most_secrets_in_forms_without_a_rule_are_found_and_nothing_that_looks_alike() {
    let critic = Secrets::new();
    let general = left_out::general();
    let mut groups: BTreeMap<&str, Share> = BTreeMap::new();
    let mut missed: BTreeMap<String, usize> = BTreeMap::new();
    let [mut all, mut later, mut alike] = [Share::default(); 3];
    for case in issued::cases() {
        let hit = finds(&critic, &case.text, &case.secret);
        if case.issuer {
            // Otherwise the figures would be about rules and not about what rules do not know.
            let named = critic.find(&case.text).into_iter().find(|it| !general.contains(it.rule));
            assert!(named.is_none(), "{}: {named:?}", case.form);
        }
        groups.entry(case.group).or_default().count(hit);
        all.count(hit);
        if case.group.starts_with("later") {
            later.count(hit);
        }
        if !hit {
            *missed.entry(format!("{}: {}", case.group, case.form)).or_default() += 1;
        }
    }
    for (name, text) in alike::cases() {
        let found = critic.find(&text);
        alike.count(!found.is_empty());
        for found in found {
            println!("false alarm: {name} ({})", found.rule);
        }
    }
    for (group, Share(found, of)) in &groups {
        println!("{group:<20} {found:>4} of {of:>4}");
    }
    for (what, count) in missed {
        println!("missed {count:>2} of {what}");
    }
    let (recall, later) = (all.of_one(), later.of_one());
    let precision = all.0 as f64 / (all.0 + alike.0) as f64;
    println!("recall {recall:.3}, of the later ones {later:.3}, precision {precision:.3}");
    println!("{} secrets, {} look-alikes", all.1, alike.1);
    assert!(recall >= 0.9 && later >= 0.8, "recall {recall:.3}, of the later ones {later:.3}");
    assert_eq!(alike.0, 0, "false alarms");
}
