//! Which forms a number can have, told from the length of its first two groups.
//!
//! Nearly every number in a text is of no interest, and to ask every form about every one would take longer
//! than all the rest. So it is worked out beforehand, from the patterns themselves, with which groups of digits
//! and letters a match of each form can begin. What is left is asked about with its regex.

use regex_syntax::hir::{Class, Hir, HirKind};

/// What a group of letters and digits is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Made {
    Digits,
    Letters,
    Both,
}

/// The first groups of a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Group {
    pub(super) made: Made,
    pub(super) len: usize,
}

/// Longer groups count as this long.
const LONGEST: usize = 47;
const ROWS: usize = 3;
type Table = Vec<u128>;

/// For the groups of a candidate, the forms that it can have, a bit each.
pub(super) struct Shapes {
    /// Where no sign stands before the first group, and where one does.
    bare: Lead,
    signed: Lead,
}

struct Lead {
    /// Forms that may end with this first group, and those that may go on after it.
    ends: Table,
    goes_on: Table,
    /// Forms with such a second group.
    second: Table,
    /// For each byte, forms that may have it behind their first group.
    between: Table,
}

impl Shapes {
    /// From the patterns of the forms, in the order of their bits.
    pub(super) fn of<'a>(patterns: impl Iterator<Item = &'a str>) -> Self {
        let (mut bare, mut signed) = (Lead::empty(), Lead::empty());
        for (bit, pattern) in patterns.enumerate() {
            let parser = regex_syntax::ParserBuilder::new().unicode(false).utf8(false).build();
            let Ok(hir) = { parser }.parse(pattern) else { continue };
            let graph = Graph::of(&hir);
            let start = graph.closure(&[0]);
            bare.learn(&graph, &start, 1 << bit);
            let after_signs = graph.signs(&start);
            signed.learn(&graph, &after_signs, 1 << bit);
        }
        Self { bare, signed }
    }

    /// The forms that fit these groups; with the second one comes the sign behind the first.
    pub(super) fn fit(&self, signed: bool, first: Group, second: Option<(u8, Group)>) -> u128 {
        let lead = if signed { &self.signed } else { &self.bare };
        let after = second.map_or(0, |(sign, group)| {
            let between = lead.between.get(usize::from(sign)).copied().unwrap_or_default();
            at(&lead.goes_on, first) & between & at(&lead.second, group)
        });
        at(&lead.ends, first) | after
    }
}

fn at(table: &Table, group: Group) -> u128 {
    table.get(place(group.made, group.len)).copied().unwrap_or_default()
}

fn place(made: Made, len: usize) -> usize {
    made as usize * (LONGEST + 1) + len.min(LONGEST)
}

fn mark(table: &mut Table, made: Made, len: usize, bit: u128) {
    if let Some(set) = table.get_mut(place(made, len)) {
        *set |= bit;
    }
}

impl Lead {
    fn empty() -> Self {
        let table = || vec![0; ROWS * (LONGEST + 1)];
        Self { ends: table(), goes_on: table(), second: table(), between: vec![0; 128] }
    }

    fn learn(&mut self, graph: &Graph, from: &[usize], bit: u128) {
        let mut after_first = Vec::new();
        graph.groups(from, |made, len, states| {
            if states.contains(&graph.end) {
                mark(&mut self.ends, made, len, bit);
            }
            let next = graph.signs(states);
            if !next.is_empty() {
                mark(&mut self.goes_on, made, len, bit);
                for (byte, forms) in self.between.iter_mut().enumerate() {
                    *forms |= if graph.takes(states, byte) { bit } else { 0 };
                }
                after_first.extend(next);
            }
        });
        after_first.sort_unstable();
        after_first.dedup();
        // It may end with signs alone, as an address of a machine does.
        if after_first.contains(&graph.end) {
            for len in 0..=LONGEST {
                for made in [Made::Digits, Made::Letters, Made::Both] {
                    mark(&mut self.ends, made, len, bit & at(&self.goes_on, Group { made, len }));
                }
            }
        }
        graph.groups(&after_first, |made, len, states| {
            if states.contains(&graph.end) || !graph.signs(states).is_empty() {
                mark(&mut self.second, made, len, bit);
            }
        });
    }
}

/// What a step takes: classes, and of the signs which, a bit each.
#[derive(Debug, Clone, Copy)]
struct Kinds {
    classes: u8,
    signs: u128,
}

const DIGIT: u8 = 1;
const LETTER: u8 = 2;
const SIGN: u8 = 4;

/// A pattern as states and steps between them; a step knows no more than digit, letter or sign, and which sign.
struct Graph {
    steps: Vec<Vec<(Kinds, usize)>>,
    free: Vec<Vec<usize>>,
    end: usize,
}

impl Graph {
    fn of(hir: &Hir) -> Self {
        let mut graph = Self { steps: vec![Vec::new()], free: vec![Vec::new()], end: 0 };
        graph.end = graph.add(hir, 0);
        graph
    }

    fn state(&mut self) -> usize {
        self.steps.push(Vec::new());
        self.free.push(Vec::new());
        self.steps.len() - 1
    }

    fn step(&mut self, from: usize, kinds: Kinds) -> usize {
        let to = self.state();
        if let Some(steps) = self.steps.get_mut(from) {
            steps.push((kinds, to));
        }
        to
    }

    fn skip(&mut self, from: usize, to: usize) {
        if let Some(free) = self.free.get_mut(from) {
            free.push(to);
        }
    }

    /// Adds a part that begins in one state, and gives the state it ends in.
    fn add(&mut self, hir: &Hir, from: usize) -> usize {
        match hir.kind() {
            HirKind::Empty | HirKind::Look(_) => from,
            HirKind::Literal(literal) => {
                literal.0.iter().fold(from, |state, &byte| self.step(state, kind_of(byte)))
            }
            HirKind::Class(class) => self.step(from, kinds_of(class)),
            HirKind::Capture(capture) => self.add(&capture.sub, from),
            HirKind::Concat(parts) => parts.iter().fold(from, |state, part| self.add(part, state)),
            HirKind::Alternation(parts) => {
                let to = self.state();
                for part in parts {
                    let end = self.add(part, from);
                    self.skip(end, to);
                }
                to
            }
            HirKind::Repetition(repetition) => {
                let state =
                    (0..repetition.min).fold(from, |state, _| self.add(&repetition.sub, state));
                let Some(max) = repetition.max else {
                    let again = self.state();
                    self.skip(state, again);
                    let end = self.add(&repetition.sub, again);
                    self.skip(end, again);
                    return again;
                };
                let to = self.state();
                self.skip(state, to);
                (repetition.min..max).fold(state, |state, _| {
                    let end = self.add(&repetition.sub, state);
                    self.skip(end, to);
                    end
                });
                to
            }
        }
    }

    /// These states and all that are reached from them without a step, in order.
    fn closure(&self, states: &[usize]) -> Vec<usize> {
        let mut seen = vec![false; self.steps.len()];
        let mut open = states.to_vec();
        while let Some(state) = open.pop() {
            let Some(seen) = seen.get_mut(state).filter(|seen| !**seen) else { continue };
            *seen = true;
            open.extend(self.free.get(state).into_iter().flatten());
        }
        (0..seen.len()).filter(|&state| seen.get(state) == Some(&true)).collect()
    }

    fn after(&self, states: &[usize], kinds: u8) -> Vec<usize> {
        let steps = states.iter().filter_map(|&state| self.steps.get(state)).flatten();
        let next: Vec<usize> =
            steps.filter(|(allowed, _)| allowed.classes & kinds != 0).map(|(_, to)| *to).collect();
        if next.is_empty() { next } else { self.closure(&next) }
    }

    /// Whether one of these states goes on with this sign.
    fn takes(&self, states: &[usize], sign: usize) -> bool {
        let mut steps = states.iter().filter_map(|&state| self.steps.get(state)).flatten();
        steps.any(|(allowed, _)| allowed.signs >> sign & 1 == 1)
    }

    /// Where one sign or more lead.
    fn signs(&self, states: &[usize]) -> Vec<usize> {
        let (mut all, mut last) = (Vec::new(), self.after(states, SIGN));
        for _ in 0..4 {
            all.extend(&last);
            last = self.after(&last, SIGN);
        }
        all.sort_unstable();
        all.dedup();
        all
    }

    /// Calls `visit` with every kind of group that can follow, and the states after it.
    fn groups(&self, from: &[usize], mut visit: impl FnMut(Made, usize, &[usize])) {
        let (mut digits, mut letters, mut both) =
            (self.after(from, DIGIT), self.after(from, LETTER), Vec::new());
        for len in 1..=LONGEST {
            for (made, states) in
                [(Made::Digits, &digits), (Made::Letters, &letters), (Made::Both, &both)]
            {
                if !states.is_empty() {
                    visit(made, len, states);
                }
            }
            let mut next: Vec<usize> = self.after(&both, DIGIT | LETTER);
            next.extend(self.after(&digits, LETTER));
            next.extend(self.after(&letters, DIGIT));
            next.sort_unstable();
            next.dedup();
            (digits, letters, both) =
                (self.after(&digits, DIGIT), self.after(&letters, LETTER), next);
            if digits.is_empty() && letters.is_empty() && both.is_empty() {
                break;
            }
        }
    }
}

fn kind_of(byte: u8) -> Kinds {
    let classes = match byte {
        b'0'..=b'9' => DIGIT,
        b'a'..=b'z' | b'A'..=b'Z' => LETTER,
        _ => SIGN,
    };
    let signs = if classes == SIGN && byte < 128 { 1 << byte } else { 0 };
    Kinds { classes, signs }
}

fn kinds_of(class: &Class) -> Kinds {
    let none = Kinds { classes: 0, signs: 0 };
    let and = |all: Kinds, byte: u8| {
        let one = kind_of(byte);
        Kinds { classes: all.classes | one.classes, signs: all.signs | one.signs }
    };
    match class {
        Class::Bytes(bytes) => {
            bytes.iter().flat_map(|range| range.start()..=range.end()).fold(none, and)
        }
        Class::Unicode(_) => (0..=u8::MAX).fold(none, and),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(text: &str) -> Group {
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        let made = match digits {
            0 => Made::Letters,
            all if all == text.len() => Made::Digits,
            _ => Made::Both,
        };
        Group { made, len: text.len() }
    }

    fn fits(pattern: &str, signed: bool, first: &str, second: Option<&str>) -> bool {
        let shapes = Shapes::of([pattern].into_iter());
        shapes.fit(signed, group(first), second.map(|second| (b'-', group(second)))) == 1
    }

    #[test]
    fn groups_that_a_pattern_can_begin_with_fit_and_no_others() {
        let ssn = r"\b[0-9]{3}-[0-9]{2}-[0-9]{4}\b";
        assert!(fits(ssn, false, "123", Some("45")));
        assert!(!fits(ssn, false, "123", Some("456")));
        assert!(!fits(ssn, false, "123", None));
        assert!(!fits(ssn, false, "12", Some("45")));
        assert!(!fits(ssn, true, "123", Some("45")));
        assert!(!fits(r"\b[0-9]{3}:[0-9]{2}\b", false, "123", Some("45")));
        let plain = r"\b[A-Z]{2}[0-9]{2,3}\b";
        assert!(fits(plain, false, "AB12", None) && fits(plain, false, "AB123", None));
        assert!(!fits(plain, false, "AB1", None) && !fits(plain, false, "ABCD", None));
        let phone = r"\+[0-9]{1,3}[ -]?[0-9]{4}";
        assert!(fits(phone, true, "44", Some("1234")) && fits(phone, true, "441234", None));
        assert!(!fits(phone, false, "44", Some("1234")));
        let any = r"[0-9]{2}(?:-[0-9]{2})*";
        assert!(fits(any, false, "12", None) && fits(any, false, "12", Some("12")));
    }
}
