//! Where in a file something stands that is known by its place within a string.

use std::ops::Range;

/// Where in the file a part of a text stands: `span` is that of the TOML string and `raw` what is written there.
pub(crate) fn place(span: &Range<usize>, raw: &str, part: &Range<usize>) -> Range<usize> {
    let start = (span.start + offset(raw, part.start)).min(span.end);
    let end = (span.start + offset(raw, part.end)).min(span.end);
    start..end.max(start)
}

/// The offset within a TOML string as it is written, quotes and all, of what stands at an offset of the text
/// that it means. Both in bytes.
fn offset(raw: &str, meant: usize) -> usize {
    let (quotes, escapes) = if raw.starts_with("\"\"\"") {
        (3, true)
    } else if raw.starts_with("'''") {
        (3, false)
    } else {
        (1, raw.starts_with('"'))
    };
    let mut at = quotes;
    let rest = |at: usize| raw.get(at..).unwrap_or_default();
    if quotes == 3 {
        // A line break right after the quotes is no part of the text.
        at += match rest(at) {
            text if text.starts_with("\r\n") => 2,
            text if text.starts_with('\n') => 1,
            _ => 0,
        };
    }
    let mut passed = 0;
    loop {
        let (written, means) = next(rest(at), escapes);
        if written == 0 || (means > 0 && passed >= meant) {
            return at.min(raw.len());
        }
        at += written;
        passed += means;
    }
}

/// How many bytes the next piece takes, and how many those mean.
fn next(text: &str, escapes: bool) -> (usize, usize) {
    let mut chars = text.chars();
    let Some(first) = chars.next() else { return (0, 0) };
    if first != '\\' || !escapes {
        return (first.len_utf8(), first.len_utf8());
    }
    let code = |digits: usize| {
        let number = text.get(2..2 + digits).and_then(|hex| u32::from_str_radix(hex, 16).ok());
        (2 + digits, number.and_then(char::from_u32).map_or(1, char::len_utf8))
    };
    match chars.next() {
        None => (1, 1),
        Some('x') => code(2),
        Some('u') => code(4),
        Some('U') => code(8),
        Some(c) if c.is_whitespace() => {
            let rest = text.get(1..).unwrap_or_default();
            (1 + rest.len() - rest.trim_start().len(), 0)
        }
        Some(c) => (1 + c.len_utf8(), 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_place_of_a_text_is_found_where_it_is_written() {
        for raw in [
            r"'a x'",
            r#""a x""#,
            r#""\u00e4\t x""#,
            r#""\"\\ x""#,
            "'''\na\nx'''",
            "\"\"\"\r\na \\\n   \t x\"\"\"",
            r#""\U0001F600 x""#,
        ] {
            let text = format!("a = {raw}");
            let (table, errors) = toml::de::DeTable::parse_recoverable(&text);
            assert!(errors.is_empty(), "{raw}: {errors:?}");
            let value = table.get_ref().get("a").unwrap().get_ref().as_str().unwrap();
            let meant = value.find('x').unwrap();
            assert_eq!(offset(raw, meant), raw.rfind('x').unwrap(), "{raw}");
        }
        assert_eq!(offset("'a'", 99), 3);
        assert_eq!(offset("", 3), 0);
    }
}
