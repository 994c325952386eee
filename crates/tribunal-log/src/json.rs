//! Writes JSON straight into a buffer: what a line is made of, without a map or a text in between.

use std::fmt::Write as _;
use std::io::Write as _;
use std::time::Duration;

use serde::Serialize;

/// A whole number.
pub(crate) fn whole(to: &mut Vec<u8>, mut number: u64) {
    let mut digits = [0_u8; 20];
    let mut len = 0;
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
        len += 1;
        if number == 0 {
            break;
        }
    }
    to.extend_from_slice(digits.get(digits.len() - len..).unwrap_or_default());
}

/// Milliseconds with three decimals, without those that say nothing.
pub(crate) fn millis(to: &mut Vec<u8>, duration: Duration) {
    let micros = duration.as_nanos().saturating_add(500) / 1_000;
    let micros = u64::try_from(micros).unwrap_or(u64::MAX);
    whole(to, micros / 1_000);
    let rest = (micros % 1_000) as u16;
    if rest == 0 {
        // A float to every reader, as elsewhere.
        to.extend_from_slice(b".0");
        return;
    }
    to.push(b'.');
    let digits = [rest / 100, rest / 10 % 10, rest % 10];
    let len = digits.iter().rposition(|digit| *digit != 0).map_or(0, |last| last + 1);
    to.extend(digits.iter().take(len).map(|digit| b'0' + *digit as u8));
}

/// A number; null where it is none.
pub(crate) fn float(to: &mut Vec<u8>, number: f64) {
    if number == 0.0 {
        to.extend_from_slice(b"0.0");
    } else {
        value(to, &number);
    }
}

/// Anything that can be written; null when it cannot.
pub(crate) fn value(to: &mut Vec<u8>, value: &(impl Serialize + ?Sized)) {
    let start = to.len();
    if serde_json::to_writer(&mut *to, value).is_err() {
        to.truncate(start);
        to.extend_from_slice(b"null");
    }
}

/// A text.
pub(crate) fn text(to: &mut Vec<u8>, text: &str) {
    if text.bytes().all(|byte| byte >= b' ' && byte != b'"' && byte != b'\\') {
        to.push(b'"');
        to.extend_from_slice(text.as_bytes());
        to.push(b'"');
    } else {
        value(to, text);
    }
}

/// A text of no more than some bytes.
pub(crate) fn cut(to: &mut Vec<u8>, long: &str, longest: usize) {
    if long.len() <= longest {
        return text(to, long);
    }
    let whole = long.floor_char_boundary(longest);
    text(to, &format!("{}…", long.get(..whole).unwrap_or_default()));
}

/// What `Display` says, as a text.
pub(crate) fn shown(to: &mut Vec<u8>, scratch: &mut String, what: impl std::fmt::Display) {
    scratch.clear();
    // Writing to a `String` cannot fail.
    let _ = write!(scratch, "{what}");
    text(to, scratch);
}

/// What `Display` says and needs no escapes, in quotes.
pub(crate) fn plain(to: &mut Vec<u8>, what: impl std::fmt::Display) {
    // Writing to memory cannot fail.
    let _ = write!(to, "\"{what}\"");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut to = Vec::new();
        write(&mut to);
        String::from_utf8(to).unwrap()
    }

    #[test]
    fn numbers_read_as_what_they_are() {
        for number in [0, 7, 10, 1_234_567, u64::MAX] {
            assert_eq!(written(|to| whole(to, number)), number.to_string());
        }
        for (nanos, text) in [
            (0, "0.0"),
            (499, "0.0"),
            (500, "0.001"),
            (1_500_000, "1.5"),
            (1_020_000, "1.02"),
            (2_000_000, "2.0"),
            (123_456_789, "123.457"),
        ] {
            assert_eq!(written(|to| millis(to, Duration::from_nanos(nanos))), text);
        }
        assert_eq!(written(|to| float(to, f64::NAN)), "null");
        assert_eq!(written(|to| float(to, 0.25)), "0.25");
    }

    #[test]
    fn texts_are_escaped_and_cut_between_characters() {
        for plain in ["", "a", "a\"b\\c\n\u{1}", "é嵐"] {
            let json = written(|to| text(to, plain));
            assert_eq!(serde_json::from_str::<String>(&json).unwrap(), plain);
        }
        assert_eq!(written(|to| cut(to, "éé", 3)), "\"é…\"");
        assert_eq!(written(|to| cut(to, "éé", 4)), "\"éé\"");
    }
}
