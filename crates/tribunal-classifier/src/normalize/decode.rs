//! Text within text: base64, hexadecimal, escapes, rot13, words written backwards.
//!
//! Whatever reads as text after decoding is handed on; the rest was what it looked like. All is bounded by
//! the length of the text.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::{Engine as _, alphabet};

/// Shortest run of base64 or hexadecimal digits that is looked into, in bytes.
const SHORTEST: usize = 16;
/// Words of attacks. Where they stand in rot13 or backwards, all of the text is read that way.
const TELLTALES: &[&str] =
    &["ignore", "instruction", "previous", "system", "password", "prompt", "secret", "reveal"];

/// How it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coding {
    Base64,
    Hex,
    Escapes,
    Rot13,
    Backwards,
}

/// Calls `found` with every piece of `text` that decodes to text.
pub(super) fn each(text: &str, found: &mut impl FnMut(Coding, &str)) {
    let is_digit = |byte: &u8| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'-' | b'_')
    };
    let bytes = text.as_bytes();
    let mut start = 0;
    let mut escapes = 0_usize;
    let mut runs = |run: &[u8]| {
        if run.len() >= SHORTEST {
            if let Some(decoded) = hex(run).and_then(readable) {
                found(Coding::Hex, &decoded);
            } else if let Some(decoded) = base64(run).and_then(readable) {
                found(Coding::Base64, &decoded);
            }
        }
    };
    for (index, byte) in bytes.iter().enumerate() {
        if !is_digit(byte) {
            escapes += usize::from(matches!(byte, b'%' | b'\\' | b'&'));
            if index - start >= SHORTEST {
                runs(bytes.get(start..index).unwrap_or_default());
            }
            start = index + 1;
        }
    }
    runs(bytes.get(start..).unwrap_or_default());
    if escapes >= 4
        && let Some(decoded) = unescaped(text)
    {
        found(Coding::Escapes, &decoded);
    }
}

/// The text in rot13 or backwards, where words of attacks stand in it that way. `folded` is in lower case.
pub(super) fn turned(folded: &str) -> Option<(Coding, String)> {
    static TURNED: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
        let rot = TELLTALES.iter().map(|word| word.chars().map(rot13).collect::<String>());
        let back = TELLTALES.iter().map(|word| word.chars().rev().collect::<String>());
        AhoCorasick::new(rot.chain(back)).ok()
    });
    let hit = TURNED.as_ref()?.find(folded)?;
    if hit.pattern().as_usize() < TELLTALES.len() {
        Some((Coding::Rot13, folded.chars().map(rot13).collect()))
    } else {
        Some((Coding::Backwards, folded.chars().rev().collect()))
    }
}

fn rot13(c: char) -> char {
    match c {
        'a'..='m' | 'A'..='M' => char::from(c as u8 + 13),
        'n'..='z' | 'N'..='Z' => char::from(c as u8 - 13),
        _ => c,
    }
}

fn hex(run: &[u8]) -> Option<Vec<u8>> {
    if !run.len().is_multiple_of(2) {
        return None;
    }
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    let pair = |pair: &[u8]| match pair {
        [high, low] => u8::try_from(digit(high)? * 16 + digit(low)?).ok(),
        _ => None,
    };
    run.chunks(2).map(pair).collect()
}

/// Base64 of either alphabet or of both mixed, padded or not; a last piece of 4 that is cut short gives what it can.
/// `None` when something else is in it.
///
/// ```
/// use tribunal_classifier::base64;
///
/// assert_eq!(base64(b"b2xpdmU=").as_deref(), Some(&b"olive"[..]));
/// assert_eq!(base64(b"b2xpdmU"), base64(b"b2xpdmU="));
/// assert_eq!(base64(b"Pz8_Pz8/"), Some(b"??????".to_vec()));
/// assert_eq!(base64(b"b2xp dmU="), None);
/// ```
#[must_use]
pub fn base64(digits: &[u8]) -> Option<Vec<u8>> {
    let padding = digits.iter().rev().take_while(|digit| **digit == b'=').count();
    let digits = digits.get(..digits.len() - padding)?;
    // One digit alone is less than a byte.
    let digits = digits.get(..digits.len() - usize::from(digits.len() % 4 == 1))?;
    let standard = |digit: &u8| match digit {
        b'-' => b'+',
        b'_' => b'/',
        other => *other,
    };
    LENIENT.decode(digits.iter().map(standard).collect::<Vec<u8>>()).ok()
}

const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(true),
);

/// `\u0069`, `\x69`, `%69`, `&#105;`, `&#x69;`; nothing when fewer than four were there.
fn unescaped(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut count = 0;
    let mut rest = text;
    while let Some(at) = rest.find(['%', '\\', '&']) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        if let Some((c, length)) = escape(from) {
            out.push(c);
            count += 1;
            rest = from.get(length..).unwrap_or_default();
        } else {
            let mut chars = from.chars();
            out.extend(chars.next());
            rest = chars.as_str();
        }
    }
    out.push_str(rest);
    (count >= 4).then_some(out)
}

fn escape(from: &str) -> Option<(char, usize)> {
    let of = |digits: &str, radix, length| {
        let code = u32::from_str_radix(digits, radix).ok()?;
        char::from_u32(code).map(|c| (c, length))
    };
    if let Some(digits) = from.strip_prefix("\\u") {
        return of(digits.get(..4)?, 16, 6);
    }
    if let Some(digits) = from.strip_prefix("\\x") {
        return of(digits.get(..2)?, 16, 4);
    }
    if let Some(digits) = from.strip_prefix('%') {
        return of(digits.get(..2)?, 16, 3);
    }
    let digits = from.strip_prefix("&#")?;
    let end = digits.bytes().take(8).position(|byte| byte == b';')?;
    let digits = digits.get(..end)?;
    match digits.strip_prefix(['x', 'X']) {
        Some(digits) => of(digits, 16, end + 3),
        None => of(digits, 10, end + 3),
    }
}

/// Bytes that are text somebody wrote: UTF-8, hardly any control characters, mostly letters and spaces.
fn readable(bytes: Vec<u8>) -> Option<String> {
    let text = String::from_utf8(bytes).ok()?;
    let (mut all, mut plain) = (0_usize, 0_usize);
    for c in text.chars() {
        all += 1;
        plain += usize::from(
            c.is_alphanumeric() || matches!(c, ' ' | '\n' | ',' | '.' | '\'' | '-' | ':'),
        );
    }
    (all >= 8 && plain * 10 >= all * 9).then_some(text)
}
