//! The tables of `docs/metrics.md` come from the catalogue.
//!
//! ```text
//! UPDATE=1 cargo test -p tribunal-tests --test metrics page     # writes them
//! ```

use std::fmt::Write;
use std::fs;

use tribunal_metrics::catalogue::{ALL, Label, Part};

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/metrics.md");

fn tables() -> String {
    let mut text = String::new();
    for part in Part::ALL {
        let _ =
            writeln!(text, "\n### {}\n\n| metric | kind | labels | what it says |", part.title());
        text.push_str("| --- | --- | --- | --- |\n");
        for metric in ALL.iter().filter(|metric| metric.part == part) {
            let labels: Vec<_> =
                metric.labels.iter().map(|l| format!("`{}`", l.as_str())).collect();
            let (name, kind) = (metric.name, metric.kind.as_str());
            let (labels, help) = (labels.join(", "), metric.help.trim());
            let _ = writeln!(text, "| `{name}` | {kind} | {labels} | {help} |");
        }
    }
    text.push_str("\n### Labels\n\n| label | values |\n| --- | --- |\n");
    for label in Label::ALL {
        let _ = writeln!(text, "| `{}` | {} |", label.as_str(), label.values());
    }
    text
}

#[test]
fn the_page_says_what_there_is() {
    let page = fs::read_to_string(PATH).unwrap();
    let (before, rest) = page.split_once("<!-- catalogue -->\n").unwrap();
    let (old, after) = rest.split_once("\n<!-- /catalogue -->").unwrap();
    let new = tables();
    if std::env::var_os("UPDATE").is_some() {
        fs::write(PATH, format!("{before}<!-- catalogue -->\n{new}\n<!-- /catalogue -->{after}"))
            .unwrap();
        return;
    }
    assert_eq!(old, new, "UPDATE=1 cargo test -p tribunal-tests --test metrics page");
}
