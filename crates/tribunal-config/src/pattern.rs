//! Where a regular expression breaks.

use std::ops::Range;

use regex_syntax::Error;

/// What is wrong with a regular expression, and from which byte to which; `None` for one that reads well.
pub(crate) fn fault(pattern: &str) -> Option<(String, Range<usize>)> {
    let (problem, span) = match regex_syntax::parse(pattern).err()? {
        Error::Parse(error) => (error.kind().to_string(), *error.span()),
        Error::Translate(error) => (error.kind().to_string(), *error.span()),
        _ => return Some((String::from("not a regular expression"), 0..pattern.len())),
    };
    Some((problem, span.start.offset..span.end.offset))
}
