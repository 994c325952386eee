//! Finds personal data in one text.
//!
//! One pass over the text looks at every group of letters and digits, and at the one after it. Forms that cannot
//! begin with two such groups are out, and so are those that need a word of context where there is none;
//! what is left, which is little, is tried in place. The tries are bounded by the text.

use std::ops::Range;
use std::sync::OnceLock;

use super::context::{Context, Words};
use super::general::EMAIL;
use super::kinds::{Form, Hit, Kind, kinds};
use super::shape::{Group, Made, Shapes};
use crate::secrets::apart::apart;

/// Personal data that was found.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) kind: &'static Kind,
    pub(super) bytes: Range<usize>,
    pub(super) severity: f64,
    pub(super) confidence: f64,
}

/// What became of one text.
#[derive(Default)]
pub(super) struct Scan {
    /// From left to right, and nothing overlaps.
    pub(super) found: Vec<Found>,
    pub(super) incomplete: bool,
}

/// What is looked for. Forms are bits, in the order of the table.
pub(super) struct Scanner {
    /// The severity of each form that is looked for.
    severities: Vec<Option<f64>>,
    wanted: u128,
    /// Forms that are sure enough without a word, a bit each.
    alone: u128,
    /// Forms that are sure enough as all there is in a text.
    entered: u128,
    min_confidence: f64,
}

/// What all scanners share, worked out when the first is made: otherwise the first request would pay for it.
struct Shared {
    shapes: Shapes,
    words: Words,
}

fn shared() -> &'static Shared {
    static SHARED: OnceLock<Shared> = OnceLock::new();
    SHARED.get_or_init(|| {
        let forms = || kinds().iter().map(|kind| kind.form);
        // An address is found around its `@`, and nothing may be tried for it.
        let pattern = |form: &'static Form| if form.name == EMAIL { "@" } else { form.pattern };
        Shared {
            shapes: Shapes::of(forms().map(pattern)),
            words: Words::of(forms().map(|form| form.words)),
        }
    })
}

/// How far a form reaches from where it begins; an IBAN in groups is the longest.
const REACH: usize = 112;
/// How many tries there are in all, and how many more for so many bytes.
const LEAST_TRIES: usize = 100_000;
const BYTES_A_TRY: usize = 6;
/// How many findings are enough in one text.
const MOST_FOUND: usize = 5_000;

impl Scanner {
    /// Looks for those kinds that `severity` gives a severity.
    pub(super) fn new(severity: impl Fn(&Kind) -> Option<f64>, min_confidence: f64) -> Self {
        shared();
        let wanted = |kind: &Kind| severity(kind).filter(|_| kind.form.named >= min_confidence);
        let severities: Vec<Option<f64>> = kinds().iter().map(wanted).collect();
        // Here, or each of the first requests would wait for those patterns that it is the first to need.
        for (kind, _) in kinds().iter().zip(&severities).filter(|(_, wanted)| wanted.is_some()) {
            kind.compile();
        }
        let set = |sure: &dyn Fn(&Kind) -> bool| {
            let bits = kinds().iter().zip(&severities).enumerate();
            let sure = bits.filter(|(_, (kind, wanted))| wanted.is_some() && sure(kind));
            sure.fold(0_u128, |set, (bit, _)| set | 1 << bit)
        };
        Self {
            wanted: set(&|_| true),
            alone: set(&|kind| kind.form.alone >= min_confidence),
            entered: set(&|kind| kind.form.entered() >= min_confidence),
            severities,
            min_confidence,
        }
    }

    /// All that is in the text, which is the value of a member of that name.
    pub(super) fn scan(&self, text: &str, name: &str) -> Scan {
        let mut found = self.emails(text);
        let mut pass = Pass {
            scanner: self,
            text,
            all: trimmed(text),
            shared: shared(),
            name: shared().words.in_name(name) & self.wanted,
            context: None,
            tries: LEAST_TRIES.saturating_add(text.len() / BYTES_A_TRY),
            found: Vec::new(),
            incomplete: false,
        };
        pass.run();
        let incomplete = pass.incomplete;
        found.append(&mut pass.found);
        Scan { found: apart(found, |found| found.bytes.clone(), Found::best_first), incomplete }
    }

    fn emails(&self, text: &str) -> Vec<Found> {
        let emails = kinds().iter().zip(&self.severities).find(|(kind, _)| kind.form.name == EMAIL);
        let Some((kind, Some(severity))) = emails else { return Vec::new() };
        let found = |bytes| Found { kind, bytes, severity: *severity, confidence: kind.form.alone };
        super::email::emails(text).map(found).collect()
    }
}

impl Found {
    fn best_first(&self, other: &Self) -> std::cmp::Ordering {
        other
            .confidence
            .total_cmp(&self.confidence)
            .then(other.severity.total_cmp(&self.severity))
            .then(other.bytes.len().cmp(&self.bytes.len()))
            .then(self.bytes.start.cmp(&other.bytes.start))
    }
}

/// One text on its way through the forms.
struct Pass<'a> {
    scanner: &'a Scanner,
    shared: &'static Shared,
    text: &'a str,
    /// The text without white space and punctuation around it.
    all: Range<usize>,
    /// The forms that the name of the text speaks for.
    name: u128,
    context: Option<Context>,
    tries: usize,
    found: Vec<Found>,
    incomplete: bool,
}

/// A group of letters and digits in its place.
#[derive(Clone, Copy)]
struct Run {
    start: usize,
    end: usize,
    made: Made,
}

impl Run {
    const fn group(self) -> Group {
        Group { made: self.made, len: self.end - self.start }
    }
}

impl Pass<'_> {
    fn run(&mut self) {
        let bytes = self.text.as_bytes();
        let mut previous_end = 0;
        let mut next = run_from(bytes, 0);
        while let Some(run) = next {
            next = run_from(bytes, run.end);
            // Most words of a text are followed by another, and no form begins with two of any length.
            let second = next.filter(|second| second.start - run.end <= 3);
            let digits = |run: Run| run.made != Made::Letters;
            if digits(run) || run.end - run.start <= 4 {
                let sign = bytes.get(run.end).copied().unwrap_or(b' ');
                self.candidate(previous_end, run, second.map(|second| (sign, second.group())));
            }
            previous_end = run.end;
            if self.found.len() >= MOST_FOUND || self.tries == 0 {
                self.incomplete = true;
                return;
            }
        }
    }

    /// Tries the forms that can begin with this group, or with the signs before it.
    fn candidate(&mut self, previous_end: usize, run: Run, second: Option<(u8, Group)>) {
        let bytes = self.text.as_bytes();
        let before = run.start.checked_sub(1).and_then(|at| bytes.get(at)).copied();
        let shapes = &self.shared.shapes;
        if before != Some(b'_') {
            let fit = shapes.fit(false, run.group(), second);
            self.try_all(fit, run.start);
        }
        if matches!(before, Some(b'+' | b'(' | b':')) {
            let fit = shapes.fit(true, run.group(), second);
            let signs = bytes.get(previous_end..run.start).unwrap_or_default();
            let count = signs.iter().rev().take_while(|byte| b"+(:".contains(byte)).count();
            self.try_all(fit, run.start - count.min(2));
        }
    }

    fn try_all(&mut self, fit: u128, start: usize) {
        let fit = fit & self.scanner.wanted;
        let mut likely = fit & (self.scanner.alone | self.name);
        if fit & !likely != 0 {
            if self.all.start == start {
                likely |= fit & self.scanner.entered;
            }
            likely |= fit & self.context().around(&(start..start + REACH / 4));
        }
        while likely != 0 && self.tries > 0 {
            let bit = likely.trailing_zeros() as usize;
            likely &= likely - 1;
            self.tries -= 1;
            if let (Some(kind), Some(&Some(severity))) =
                (kinds().get(bit), self.scanner.severities.get(bit))
            {
                self.try_one(bit, kind, severity, start);
            }
        }
    }

    fn context(&mut self) -> &Context {
        self.context.get_or_insert_with(|| self.shared.words.context(self.text))
    }

    fn try_one(&mut self, bit: usize, kind: &'static Kind, severity: f64, start: usize) {
        let end = start.saturating_add(REACH).min(self.text.len());
        let window = self.text.as_bytes().get(start..end).unwrap_or_default();
        let Some(at) = kind.regex().and_then(|regex| regex.find(window)) else { return };
        let range = start..start + at.end();
        let Some(Hit { len, weight }) = fits(kind, self.text, range) else { return };
        let bytes = start..start + len;
        let named = (self.context().around(&bytes) | self.name) >> bit & 1 == 1;
        let form = kind.form;
        let confidence = match named {
            true => form.named,
            false if bytes == self.all => form.entered(),
            false => form.alone,
        };
        if confidence >= self.scanner.min_confidence {
            let doubt = if confidence < 0.6 { 0.6 } else { 1.0 };
            let severity = severity * weight * doubt;
            self.found.push(Found { kind, bytes, severity, confidence });
        }
    }
}

/// The first group of letters and digits from here on.
fn run_from(bytes: &[u8], from: usize) -> Option<Run> {
    let rest = bytes.get(from..)?;
    let start = from + rest.iter().position(u8::is_ascii_alphanumeric)?;
    let (mut end, mut digits) = (start, 0);
    for byte in bytes.get(start..)?.iter().take_while(|byte| byte.is_ascii_alphanumeric()) {
        end += 1;
        digits += usize::from(byte.is_ascii_digit());
    }
    let made = match digits {
        0 => Made::Letters,
        all if all == end - start => Made::Digits,
        _ => Made::Both,
    };
    Some(Run { start, end, made })
}

/// The text without white space, quotes and full stops at its ends.
fn trimmed(text: &str) -> Range<usize> {
    let edge = |c: char| c.is_whitespace() || "\"'`.,;".contains(c);
    let start = text.len() - text.trim_start_matches(edge).len();
    start..text.trim_end_matches(edge).len().max(start)
}

/// Whether a match stands alone and passes its check.
fn fits(kind: &Kind, text: &str, at: Range<usize>) -> Option<Hit> {
    let bytes = text.as_bytes();
    let part = text.get(at.clone())?;
    let hit = (kind.form.check)(part)?;
    let before = bytes.get(at.start.saturating_sub(2)..at.start)?;
    let after = bytes.get(at.start + hit.len..)?;
    let begins = match before {
        // Part of an address of a machine.
        [.., last] if part.starts_with("::") && (word(*last) || *last == b':') => false,
        [.., last] if word(*last) || *last == b'+' => {
            !part.starts_with(|c: char| c.is_ascii_alphanumeric())
        }
        [b':', b':'] if part.contains(':') => false,
        [digit, b'.' | b'-'] => !digit.is_ascii_digit(),
        _ => true,
    };
    let ends = match after {
        [next, ..] if word(*next) => false,
        [b'.' | b'-', digit, ..] => !digit.is_ascii_digit(),
        [b':', b':', ..] => false,
        _ => true,
    };
    (begins && ends).then_some(hit)
}

const fn word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}
