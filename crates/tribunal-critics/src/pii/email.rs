//! Email addresses, found from their `@` outwards.

use std::ops::Range;

/// Longest name before the `@`, and longest domain (RFC 5321).
const LONGEST_NAME: usize = 64;
const LONGEST_DOMAIN: usize = 255;

/// The addresses in a text, from left to right.
pub(super) fn emails(text: &str) -> impl Iterator<Item = Range<usize>> {
    text.match_indices('@').filter_map(|(at, _)| address(text.as_bytes(), at))
}

fn address(text: &[u8], at: usize) -> Option<Range<usize>> {
    let name = text.get(at.saturating_sub(LONGEST_NAME + 1)..at)?;
    let name_len = name.iter().rev().take_while(|byte| of_name(**byte)).count();
    let name = name.get(name.len() - name_len..)?;
    // A name neither starts nor ends with a dot; what stands before the first sign is punctuation.
    let skipped =
        name.iter().take_while(|byte| !(byte.is_ascii_alphanumeric() || **byte == b'_')).count();
    let name = name.get(skipped..)?;
    if name.is_empty() || name.len() > LONGEST_NAME || name.ends_with(b".") {
        return None;
    }
    let domain = text.get(at + 1..)?;
    let length = domain.iter().take(LONGEST_DOMAIN).take_while(|byte| of_domain(**byte)).count();
    let domain = domain.get(..length)?;
    let end = domain.iter().rposition(u8::is_ascii_alphanumeric)? + 1;
    let mut labels = domain.get(..end)?.split(|byte| *byte == b'.');
    let top = labels.next_back()?;
    let good_top = (2..=63).contains(&top.len())
        && (top.iter().all(u8::is_ascii_alphabetic) || top.starts_with(b"xn--"));
    let mut rest = labels.peekable();
    let has_domain = rest.peek().is_some();
    let good = |label: &[u8]| {
        (1..=63).contains(&label.len()) && !label.starts_with(b"-") && !label.ends_with(b"-")
    };
    (good_top && has_domain && rest.all(good)).then(|| at - name.len()..at + 1 + end)
}

const fn of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'.' | b'_'
                | b'-'
                | b'+'
                | b'%'
                | b'!'
                | b'#'
                | b'$'
                | b'&'
                | b'\''
                | b'*'
                | b'/'
                | b'='
                | b'?'
                | b'^'
                | b'`'
                | b'{'
                | b'|'
                | b'}'
                | b'~'
        )
}

const fn of_domain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'-'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        emails(text).map(|bytes| &text[bytes]).collect()
    }

    #[test]
    fn an_address_is_cut_out_of_its_sentence() {
        assert_eq!(found("Mail to <jo.doe+x@mail.example.org>."), ["jo.doe+x@mail.example.org"]);
        assert_eq!(found("(a_b@c.de), 'x@y.io'"), ["a_b@c.de", "x@y.io"]);
        assert_eq!(found("m\u{fc}ller x@y.io\u{2026}"), ["x@y.io"]);
    }

    #[test]
    fn what_only_has_an_at_sign_is_none() {
        for text in
            ["@", "a@", "@b.de", "a@b", "a@b.c", "a.@b.de", "a@-b.de", "a@b..de", "use @param x"]
        {
            assert!(found(text).is_empty(), "{text}");
        }
    }
}
