//! Figures in a page, written by a command and never by hand.

use std::path::Path;

/// Writes a text between two lines of a page, in the place of what is there.
pub(crate) fn write_between(
    path: &Path,
    (open, close): (&str, &str),
    text: &str,
) -> std::io::Result<()> {
    let page = std::fs::read_to_string(path)?;
    let parts = page.split_once(open).and_then(|(before, rest)| {
        let (_, after) = rest.split_once(close)?;
        Some((before, after))
    });
    let (before, after) = parts.ok_or_else(|| {
        std::io::Error::other(format!("no `{open}` followed by `{close}` in the page"))
    })?;
    std::fs::write(path, format!("{before}{open}\n{text}{close}{after}"))
}
