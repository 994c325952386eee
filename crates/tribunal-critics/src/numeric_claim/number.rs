//! Reads numbers out of running text, in one pass.
//!
//! Start at [`Numbers`]. What looks ahead or back does so by a bounded number of bytes, so the time is linear.

use std::ops::Range;

/// A number as it was written.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Number {
    pub(super) bytes: Range<usize>,
    pub(super) value: Decimal,
    pub(super) percent: bool,
}

/// A decimal number with all its digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Decimal {
    negative: bool,
    /// Without zeros at either end; empty for zero.
    digits: String,
    /// The power of ten of the last digit.
    exponent: i64,
}

/// Most groups of two digits (1,23,45,678) that are followed before three must come.
const MOST_PAIRS: usize = 6;
/// The largest power of ten that is told from a larger one.
const MOST_EXPONENT: i64 = 1_000_000_000;

impl Decimal {
    fn new(negative: bool, whole: &str, fraction: &str, exponent: i64) -> Self {
        let mut digits: String = whole.chars().chain(fraction.chars()).collect();
        let fraction = i64::try_from(fraction.len()).unwrap_or(MOST_EXPONENT);
        let mut exponent = exponent.saturating_sub(fraction);
        let kept = digits.trim_end_matches('0').len();
        exponent = exponent.saturating_add(i64::try_from(digits.len() - kept).unwrap_or(0));
        digits.truncate(kept);
        let digits = digits.trim_start_matches('0').to_owned();
        let zero = digits.is_empty();
        Self { negative: negative && !zero, digits, exponent: if zero { 0 } else { exponent } }
    }

    /// A hundredth of it, if so.
    pub(super) fn hundredth(&self, so: bool) -> Self {
        let by = if so && !self.digits.is_empty() { 2 } else { 0 };
        Self { exponent: self.exponent.saturating_sub(by), ..self.clone() }
    }

    fn to_f64(&self) -> Option<f64> {
        let sign = if self.negative { "-" } else { "" };
        let written = format!("{sign}0{}e{}", self.digits, self.exponent);
        written.parse().ok().filter(|number: &f64| number.is_finite())
    }

    /// Whether it is the same, or no further off than is tolerated.
    pub(super) fn is_near(&self, expected: &Self, absolute: f64, relative: f64) -> bool {
        if self == expected {
            return true;
        }
        let exact = absolute == 0.0 && relative == 0.0;
        if exact && self.exponent >= 0 && expected.exponent >= 0 {
            return false;
        }
        let (Some(claim), Some(expected)) = (self.to_f64(), expected.to_f64()) else {
            return false;
        };
        if exact {
            // One binary fraction has several decimal spellings of the same length.
            return claim == expected;
        }
        // 0.4 is within 0.1 of 0.3, whatever binary fractions make of it.
        let rounding = 1e-12 * claim.abs().max(expected.abs());
        (claim - expected).abs() <= absolute.max(relative * expected.abs()) + rounding
    }
}

/// The numbers of a text, in order.
pub(super) struct Numbers<'t> {
    text: &'t str,
    at: usize,
    decimal: char,
}

impl<'t> Numbers<'t> {
    /// All of them.
    pub(super) fn of(text: &'t str, decimal_comma: bool) -> Self {
        Self::after(text, 0, decimal_comma)
    }

    /// Those that begin there or later.
    pub(super) fn after(text: &'t str, from: usize, decimal_comma: bool) -> Self {
        Self { text, at: from, decimal: if decimal_comma { ',' } else { '.' } }
    }

    fn rest(&self, at: usize) -> &'t str {
        self.text.get(at..).unwrap_or_default()
    }

    /// The end of the digits that start there.
    fn digits(&self, at: usize) -> usize {
        at + self.rest(at).bytes().take_while(u8::is_ascii_digit).count()
    }

    /// The number whose first digit is there, and where to go on; no number for `h264`, `0x1f`, `1.2.3`.
    fn read(&self, first: usize) -> (Option<Number>, usize) {
        let before = self.text.get(..first).unwrap_or_default();
        let mut start = first;
        let mut whole_end = self.digits(first);
        let mut whole = self.rest(first).get(..whole_end - first).unwrap_or_default().to_owned();
        let previous = before.chars().next_back();
        if previous.is_some_and(|c| c.is_alphabetic() || c == '_') {
            // All of it: the 2 in `v1.2` is no number either.
            let mut rest = self.rest(first);
            while let Some(c) = rest.chars().next() {
                let point = rest
                    .strip_prefix('.')
                    .is_some_and(|m| m.starts_with(|c: char| c.is_ascii_digit()));
                if !c.is_alphanumeric() && c != '_' && !point {
                    break;
                }
                rest = rest.get(c.len_utf8()..).unwrap_or_default();
            }
            return (None, self.text.len() - rest.len());
        }
        let hexadecimal = |rest: &str| {
            let digits = rest.strip_prefix(['x', 'X']);
            digits.is_some_and(|digits| digits.starts_with(|c: char| c.is_ascii_hexdigit()))
        };
        if whole == "0" && hexadecimal(self.rest(whole_end)) {
            let word = self.rest(whole_end).bytes().take_while(u8::is_ascii_alphanumeric).count();
            return (None, whole_end + word);
        }
        let mut fraction = "";
        let mut end = whole_end;
        let point = previous == Some(self.decimal) && !before_point_is_word(before);
        if point {
            // `.5` has nothing before the point.
            start -= self.decimal.len_utf8();
            fraction = self.rest(first).get(..whole_end - first).unwrap_or_default();
            whole.clear();
        } else {
            whole_end = self.groups(whole_end, &mut whole);
            end = whole_end;
            let after = self.rest(whole_end);
            if let Some(after) = after.strip_prefix(self.decimal)
                && after.starts_with(|c: char| c.is_ascii_digit())
            {
                let from = whole_end + self.decimal.len_utf8();
                end = self.digits(from);
                fraction = self.rest(from).get(..end - from).unwrap_or_default();
            }
        }
        // A version, an address or a date is no number.
        let more = self.rest(end);
        if more.starts_with('.')
            && more.get(1..).is_some_and(|m| m.starts_with(|c: char| c.is_ascii_digit()))
        {
            let run = more.bytes().take_while(|b| b.is_ascii_digit() || *b == b'.').count();
            return (None, end + run);
        }
        let (exponent, end) = self.exponent(end);
        let (percent, end) = self.percent(end);
        let (negative, start) = sign(self.text, start);
        let value = Decimal::new(negative, &whole, fraction, exponent);
        (Some(Number { bytes: start..end, value, percent }), end)
    }

    /// Adds the groups of thousands that follow to the digits before them, and gives their end.
    fn groups(&self, from: usize, whole: &mut String) -> usize {
        if whole.len() > 3 {
            return from;
        }
        let Some(separator) = self.separator(self.rest(from)) else { return from };
        let (mut end, mut at, mut pairs) = (from, from, 0);
        let mut pending = String::new();
        while let Some(after) = self.rest(at).strip_prefix(separator) {
            let group = at + separator.len();
            let length = after.bytes().take(4).take_while(u8::is_ascii_digit).count();
            pending.push_str(after.get(..length).unwrap_or_default());
            at = group + length;
            match length {
                3 => {
                    whole.push_str(&pending);
                    pending.clear();
                    (end, pairs) = (at, 0);
                }
                2 if pairs < MOST_PAIRS => pairs += 1,
                _ => break,
            }
        }
        end
    }

    /// What parts the thousands here, if anything does.
    fn separator(&self, rest: &str) -> Option<&'static str> {
        let other = if self.decimal == '.' { "," } else { "." };
        let known = ["'", "\u{2019}", "_", "\u{a0}", "\u{202f}", "\u{2009}", "{,}"];
        known.into_iter().chain([other]).find(|separator| rest.starts_with(separator))
    }

    /// The power of ten behind a number, and where it ends: `e3`, `×10^3`, `* 10**-3`, `·10³`.
    fn exponent(&self, end: usize) -> (i64, usize) {
        let rest = self.rest(end);
        if let Some(after) = rest.strip_prefix(['e', 'E'])
            && let Some((exponent, length)) = integer(after)
        {
            return (exponent, end + 1 + length);
        }
        let times = ["×", "x", "*", "·", "⋅", "\\times", "\\cdot"];
        let tight = rest.strip_prefix(' ').unwrap_or(rest);
        let after = times
            .iter()
            .find_map(|times| tight.strip_prefix(times))
            .map(|after| after.strip_prefix(' ').unwrap_or(after));
        let Some(power) = after.and_then(|after| after.strip_prefix("10")) else { return (0, end) };
        let raised = power.strip_prefix('^').or_else(|| power.strip_prefix("**"));
        let (exponent, left) = match raised {
            Some(raised) => {
                let inner = raised.strip_prefix('{').unwrap_or(raised);
                let Some((exponent, length)) = integer(inner) else { return (0, end) };
                let left = inner.get(length..).unwrap_or_default();
                (exponent, left.strip_prefix('}').unwrap_or(left))
            }
            None => match superscript(power) {
                Some((exponent, left)) => (exponent, left),
                None => return (0, end),
            },
        };
        (exponent, end + rest.len() - left.len())
    }

    fn percent(&self, end: usize) -> (bool, usize) {
        let rest = self.rest(end);
        let tight = rest.trim_start_matches([' ', '\u{a0}', '\u{202f}']);
        // Not more than one space.
        let spaces = rest.len() - tight.len();
        let signs = ["%", "\u{ff05}", "\u{66a}", "\\%", "percent", "per cent"];
        let found = signs.iter().find(|sign| tight.starts_with(**sign));
        match found.filter(|_| spaces <= 3) {
            Some(sign) => (true, end + spaces + sign.len()),
            None => (false, end),
        }
    }
}

impl Iterator for Numbers<'_> {
    type Item = Number;

    fn next(&mut self) -> Option<Number> {
        loop {
            let first = self.at + self.rest(self.at).find(|c: char| c.is_ascii_digit())?;
            let (number, on) = self.read(first);
            self.at = on;
            if number.is_some() {
                return number;
            }
        }
    }
}

/// Whether the point at the end belongs to what is before it: `v.5`, `a.5`.
fn before_point_is_word(before: &str) -> bool {
    let mut back = before.chars().rev().skip(1);
    back.next().is_some_and(char::is_alphanumeric)
}

/// The sign before a number, and where the number then begins. A hyphen within a word is none, nor is a dash
/// with a space behind it.
fn sign(text: &str, start: usize) -> (bool, usize) {
    let mut from = start;
    let back = |at: usize| text.get(..at).and_then(|before| before.chars().next_back());
    if let Some(c) = back(from)
        && "$€£¥₹₩₽₿".contains(c)
    {
        from -= c.len_utf8();
        if back(from) == Some('\\') {
            from -= 1;
        }
    }
    match back(from) {
        Some(c @ ('-' | '\u{2212}' | '\u{ff0d}' | '+')) => {
            let at = from - c.len_utf8();
            let part = back(at).is_some_and(|c| c.is_alphanumeric() || ")]}%_.".contains(c));
            if part { (false, from) } else { (c != '+', at) }
        }
        _ => (false, from),
    }
}

/// A whole number with or without a sign, and how many bytes it takes.
fn integer(text: &str) -> Option<(i64, usize)> {
    let unsigned = text.strip_prefix(['-', '\u{2212}', '+']).unwrap_or(text);
    let signed = text.len() - unsigned.len();
    let length = unsigned.bytes().take_while(u8::is_ascii_digit).count();
    let digits = unsigned.get(..length).filter(|digits| !digits.is_empty())?;
    let size = digits.parse().unwrap_or(MOST_EXPONENT).min(MOST_EXPONENT);
    let negative = text.starts_with(['-', '\u{2212}']);
    Some((if negative { -size } else { size }, signed + length))
}

/// A power in raised digits, and what follows it.
fn superscript(text: &str) -> Option<(i64, &str)> {
    const RAISED: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    let (negative, mut left) = match text.strip_prefix('⁻') {
        Some(left) => (true, left),
        None => (false, text),
    };
    let mut size: Option<i64> = None;
    while let Some(c) = left.chars().next()
        && let Some(digit) = RAISED.iter().position(|raised| *raised == c)
    {
        let digit = i64::try_from(digit).unwrap_or(0);
        size = Some(size.unwrap_or(0).saturating_mul(10).saturating_add(digit).min(MOST_EXPONENT));
        left = left.get(c.len_utf8()..).unwrap_or_default();
    }
    size.map(|size| (if negative { -size } else { size }, left))
}
