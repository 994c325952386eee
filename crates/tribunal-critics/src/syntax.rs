//! Why a regular expression does not compile, and which part of it that is.

use std::ops::Range;

use regex_syntax::Error;

/// What the parser says of a pattern, and from which byte to which.
pub(crate) fn fault(error: &Error, pattern: &str) -> (String, Range<usize>) {
    let (problem, span) = match error {
        Error::Parse(error) => (error.kind().to_string(), *error.span()),
        Error::Translate(error) => (error.kind().to_string(), *error.span()),
        _ => return (String::from("not a regular expression"), 0..pattern.len()),
    };
    (problem, span.start.offset..span.end.offset)
}
