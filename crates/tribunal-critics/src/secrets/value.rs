//! Where the value of a name begins: `api_key = "..."` and its relatives in JSON, YAML, shells, headers, XML and calls.
//!
//! Written by hand and not as a regex: counted repetitions around an optional operator are what makes
//! a text of nothing but names expensive. Here each byte of a name is walked once.

/// A value and how it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Value {
    pub(super) start: usize,
    /// The quote that opens it.
    pub(super) quote: Option<u8>,
    /// The name is closed by a quote or an operator other than a comma stands between the two.
    pub(super) firm: bool,
}

/// How far a name may reach beyond the keyword in it.
const TAIL: usize = 40;
/// How much of a run is walked at once. Prose is one run up to the next comma.
const WALK: usize = 96;

/// Finds values in one text, for keywords from left to right.
pub(super) struct Values<'a> {
    text: &'a [u8],
    /// The last run of name bytes that was walked.
    tail: std::ops::Range<usize>,
    /// Whether the run ends there, or only the walk.
    ended: bool,
    /// The value behind that run.
    behind: Option<Value>,
}

impl<'a> Values<'a> {
    pub(super) const fn of(text: &'a [u8]) -> Self {
        Self { text, tail: 0..0, ended: false, behind: None }
    }

    /// The places where the value of the name around this keyword may begin, the likeliest first.
    pub(super) fn of_name(&mut self, keyword: &std::ops::Range<usize>) -> [Option<Value>; 3] {
        let from = keyword.end;
        let known = self.tail.start <= from
            && from <= self.tail.end
            && (self.ended || from + TAIL < self.tail.end);
        if !known {
            let end = from + count(self.text, from, WALK, of_name);
            self.tail = from..end;
            self.ended = end - from < WALK;
            self.behind = if self.ended { operator(self.text, end) } else { None };
        }
        let near = self.tail.end - from <= TAIL;
        let behind = self.behind.filter(|_| near);
        [behind, self.said(from), self.flag(keyword)]
    }

    /// `the password is ...`
    fn said(&self, from: usize) -> Option<Value> {
        let tail = self.text.get(from..self.tail.end.min(from + TAIL))?;
        let first = tail.iter().position(|byte| *byte == b' ')?;
        let from = from + first;
        let tail = tail.get(first..)?;
        let at = tail.windows(4).position(|window| window == b" is ")?;
        Some(opened(self.text, from + at + 4))
    }

    /// `--password ...`, `ENV DB_PASSWORD ...`, `#define DB_PASSWORD ...`
    fn flag(&self, keyword: &std::ops::Range<usize>) -> Option<Value> {
        const REACH: usize = 32;
        const DEFINES: [&[u8]; 4] = [b"env ", b"define ", b"setenv ", b"setx "];
        let word = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(**byte, b'-' | b'_');
        let end = keyword.end + count(self.text, keyword.end, REACH, |byte| word(&&byte));
        if self.text.get(end) != Some(&b' ') {
            return None;
        }
        let before = self.text.get(keyword.start.saturating_sub(REACH)..keyword.start)?;
        let start = keyword.start - before.iter().rev().take_while(word).count();
        let lead = self.text.get(start.saturating_sub(7)..start)?;
        let defines = |word: &&[u8]| {
            let from = lead.len().checked_sub(word.len()).and_then(|from| lead.get(from..));
            from.is_some_and(|lead| lead.eq_ignore_ascii_case(word))
        };
        // One dash alone begins much else: there the value must stand in quotes.
        let name = self.text.get(start..end + 2)?;
        let flag = matches!(name, [b'-', b'-', ..] | [b'-', .., b'"' | b'\'']);
        (flag || DEFINES.iter().any(defines)).then(|| opened(self.text, end + 1))
    }
}

const fn of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b' ' | b'\t')
}

/// The value after the operator that stands here, closing quotes and brackets of the name aside.
fn operator(text: &[u8], at: usize) -> Option<Value> {
    let closers = count(text, at, 4, |byte| b"\"'`])\\".contains(&byte));
    let closed = text.get(at..at + closers)?.iter().any(|byte| b"\"'`".contains(byte));
    let at = at + closers;
    let at = at + count(text, at, 4, |byte| byte.is_ascii_whitespace());
    if let Some(value) = attribute(text, at) {
        return Some(value);
    }
    let signs = count(text, at, 4, |byte| matches!(byte, b':' | b'=' | b'?'));
    let (length, firm) = match text.get(at..at + signs)? {
        // A path in a program, and a choice.
        b"::" | b"?" | b"??" => return None,
        [] => match text.get(at..)? {
            [b'|', b'|', ..] => (2, true),
            [b'>', ..] => (1, true),
            [b',', ..] => (1, closed),
            // `setAuthToken("...")`; without a quote it is a call with a variable.
            [b'(', b'"' | b'\'' | b'`', ..] if !closed && takes_in(text, at) => (1, true),
            _ => return None,
        },
        [.., b'='] if text.get(at + signs) == Some(&b'>') => (signs + 1, true),
        b":" => match typed(text, at + 1) {
            Some(value) => return Some(value),
            None => (1, true),
        },
        _ => (signs, true),
    };
    Some(Value { firm, ..opened(text, at + length) })
}

/// Whether the function whose arguments begin here takes something in: `setKey`, `with_token`, and not `hashKey`.
fn takes_in(text: &[u8], at: usize) -> bool {
    const TAKES: [&[u8]; 5] = [b"set", b"with", b"use", b"add", b"new"];
    let before = text.get(at.saturating_sub(48)..at).unwrap_or_default();
    let word = |byte: &&u8| byte.is_ascii_alphanumeric() || **byte == b'_';
    let length = before.iter().rev().take_while(word).count();
    let name = before.get(before.len() - length..).unwrap_or_default();
    TAKES.iter().any(|verb| name.get(..verb.len()).is_some_and(|it| it.eq_ignore_ascii_case(verb)))
}

/// `name="DB_PASSWORD" value="..."`, `{"name": "DB_PASSWORD", "value": "..."}`, `variable "token" { default = "..." }`.
fn attribute(text: &[u8], at: usize) -> Option<Value> {
    let between = |byte: u8| byte.is_ascii_whitespace() || b",\"'{".contains(&byte);
    let at = at + count(text, at, 8, between);
    let rest = text.get(at..)?;
    let is = |word: &&[u8]| rest.get(..word.len()).is_some_and(|it| it.eq_ignore_ascii_case(word));
    let at = at + [&b"value"[..], b"default"].into_iter().find(is)?.len();
    let at = at + count(text, at, 4, |byte| byte.is_ascii_whitespace() || b"\"'".contains(&byte));
    matches!(text.get(at), Some(b':' | b'=')).then(|| opened(text, at + 1))
}

/// `password: &str = "..."`: between the colon and the value stands a type.
fn typed(text: &[u8], at: usize) -> Option<Value> {
    let of_type = |byte: u8| byte.is_ascii_alphanumeric() || b"_&<>.[]? ".contains(&byte);
    let at = at + count(text, at, 32, of_type);
    // With a space before it: `Basic aGk6eW91=` is a value, not a type.
    if text.get(at.saturating_sub(1)..=at) != Some(b" =") {
        return None;
    }
    let at = at + 1 + count(text, at + 1, 4, |byte| byte == b' ');
    matches!(text.get(at), Some(b'"' | b'\'' | b'`')).then(|| opened(text, at))
}

/// The value that begins here, after quotes, brackets and the name of a scheme.
fn opened(text: &[u8], at: usize) -> Value {
    let lead = count(text, at, 8, |byte| byte.is_ascii_whitespace() || b"\"'`\\(=".contains(&byte));
    let mut start = at + lead;
    let is_quote = |byte: &&u8| b"\"'`".contains(byte);
    let mut quote = text.get(at..start).and_then(|lead| lead.iter().rev().find(is_quote)).copied();
    // Python's `b'...'` and `r"..."`.
    if let Some([b'b' | b'r' | b'f' | b'u', opening @ (b'"' | b'\''), ..]) = text.get(start..) {
        (start, quote) = (start + 2, Some(*opening));
    }
    let scheme =
        [&b"bearer "[..], b"basic ", b"token ", b"apikey ", b"bot "].into_iter().find(|scheme| {
            text.get(start..start + scheme.len())
                .is_some_and(|head| head.eq_ignore_ascii_case(scheme))
        });
    start += scheme.map_or(0, <[u8]>::len);
    start += count(text, start, 2, |byte| byte == b' ');
    Value { start, quote, firm: true }
}

fn count(text: &[u8], from: usize, most: usize, is: impl Fn(u8) -> bool) -> usize {
    let rest = text.get(from..).unwrap_or_default();
    rest.iter().take(most).take_while(|byte| is(**byte)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Vec<&str> {
        let at = text.find("key").unwrap();
        let found = Values::of(text.as_bytes()).of_name(&(at..at + 3));
        found
            .into_iter()
            .flatten()
            .filter(|value| value.firm)
            .map(|value| &text[value.start..])
            .collect()
    }

    #[test]
    fn every_way_to_give_a_name_a_value_is_read() {
        for text in [
            "key=SECRET",
            "my_key : SECRET",
            "\"api_key\": \"SECRET",
            "key => 'SECRET",
            "key := `SECRET",
            "key -> SECRET",
            "config['key'] = 'SECRET",
            "get(\"key\", \"SECRET",
            "<key>SECRET",
            "key: &'static str = \"SECRET".replace("'static ", "").as_str(),
            "key = b'SECRET",
            "X-Key-header key: Bearer SECRET",
            "name=\"key\" value=\"SECRET",
            "{\"name\": \"key\", \"value\": \"SECRET",
            "variable \"key\" {\n  default = \"SECRET",
            "the key is SECRET",
            "--key SECRET",
            "-Apikey 'SECRET",
            "--api-key=SECRET",
            "key || SECRET",
            "ENV API_key SECRET",
            "#define API_key \"SECRET",
            "setApikey(\"SECRET",
        ] {
            assert!(values(text).contains(&"SECRET"), "{text}: {:?}", values(text));
        }
    }

    #[test]
    fn a_name_alone_has_no_value() {
        for text in [
            "key::SECRET",
            "key, SECRET",
            "key ? SECRET",
            "key(SECRET",
            "hashApikey(\"SECRET",
            "a key SECRET",
            "-key SECRET",
            "the key opens",
            "key",
        ] {
            assert!(values(text).is_empty(), "{text}: {:?}", values(text));
        }
    }
}
