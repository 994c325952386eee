//! What to say of a name that is none.

use tribunal_core::nearest;

/// The sentence for a parameter that names nothing known, continuing "`rules[0]` ...".
pub(crate) fn unknown<'a>(what: &str, found: &str, known: impl Iterator<Item = &'a str>) -> String {
    let shown: String = found.chars().take(80).collect();
    let shown = shown.escape_debug();
    match nearest(found, known) {
        Some(word) => format!("names no {what}: `{shown}`; did you mean `{word}`?"),
        None => format!("names no {what}: `{shown}`"),
    }
}
