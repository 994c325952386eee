//! The frame of a page, and texts from outside that are safe to stand in one.

const STYLE: &str = include_str!("page.css");

/// The beginning of a page, up to where its content starts. `style` comes after the style that all pages have.
#[must_use]
pub fn begin(title: &str, style: &str) -> String {
    let mut page = String::with_capacity(64 * 1024);
    page.push_str("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    // Nothing is loaded and nothing runs, whatever a text from outside may contain.
    page.push_str("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n");
    page.push_str("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    page.push_str("<meta name=\"color-scheme\" content=\"light dark\">\n<title>");
    page.push_str(&escaped(title));
    page.push_str("</title>\n<style>\n");
    page.push_str(STYLE);
    page.push_str(style);
    page.push_str("</style>\n</head>\n<body>\n<main>\n");
    page
}

/// The end of a page.
pub fn end(page: &mut String) {
    page.push_str("</main>\n</body>\n</html>\n");
}

/// A text from outside, as text: neither markup, nor anything that steers how what stands beside it is read.
#[must_use]
pub fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    escape_into(&mut safe, text);
    safe
}

/// The same, at the end of what there is.
pub fn escape_into(safe: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            '\n' | '\t' => safe.push(c),
            // Marks of direction would turn around what stands beside them.
            c if c.is_control() || reorders(c) => safe.push(char::REPLACEMENT_CHARACTER),
            c => safe.push(c),
        }
    }
}

/// Whether a character is not seen itself and changes how others are.
const fn reorders(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_from_outside_is_text_and_nothing_else() {
        let hostile = "</script><b onload=\"x\" 'y'>&amp;\u{202e}\u{0}\u{1b}[31m\u{e0041}";
        let safe = escaped(hostile);
        assert!(!safe.contains(['<', '>', '"', '\'', '\u{202e}', '\u{0}', '\u{1b}', '\u{e0041}']));
        assert!(safe.starts_with("&lt;/script&gt;"), "{safe}");
        assert_eq!(escaped("two\nlines\tand ümläuts"), "two\nlines\tand ümläuts");
    }
}
