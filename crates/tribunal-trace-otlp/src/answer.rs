//! What a collector answers when it took a request: that it took all of it, or not.

use crate::wire::{Field, next};

/// Spans that were not taken, and why, from an `ExportTraceServiceResponse`. Whatever cannot be read says nothing.
pub(crate) fn rejected(response: &[u8]) -> Option<(u64, String)> {
    let Field::Bytes(partial) = find(response, 1)? else { return None };
    let rejected = match find(partial, 1) {
        Some(Field::Number(count)) => count,
        _ => 0,
    };
    let why = match find(partial, 2) {
        Some(Field::Bytes(why)) => String::from_utf8_lossy(why).into_owned(),
        _ => String::new(),
    };
    // With none rejected it is a word of advice.
    (rejected > 0).then_some((rejected, why))
}

/// The last field of that number, as the format wants it.
fn find(mut message: &[u8], wanted: u64) -> Option<Field<'_>> {
    let mut found = None;
    while let Some((field, value, rest)) = next(message) {
        if field == wanted {
            found = Some(value);
        }
        message = rest;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire;

    #[test]
    fn a_partial_success_is_read() {
        let mut response = Vec::new();
        wire::fixed64(&mut response, 7, 1);
        wire::fixed32(&mut response, 8, 1);
        wire::message(&mut response, 1, |to| {
            wire::bytes(to, 2, b"too old");
            wire::number(to, 1, 300);
        });
        assert_eq!(rejected(&response), Some((300, "too old".to_owned())));
    }

    #[test]
    fn anything_else_says_nothing() {
        let mut advice = Vec::new();
        wire::message(&mut advice, 1, |to| wire::bytes(to, 2, b"advice"));
        for response in [
            &advice[..],
            b"",
            b"{}",
            b"\x0a",
            b"\x0a\xff\xff\xff",
            &[0xff; 40],
            b"\x08\x01",
            b"\x0b",
        ] {
            assert_eq!(rejected(response), None, "{response:?}");
        }
    }
}
