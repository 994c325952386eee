//! Where the parts of an expression stand in its text.

use std::ops::Range;

use cel::IdedExpr;
use cel::common::ast::{EntryExpr, Expr, SourceInfo};

/// An expression's text, and what the parser noted about it.
#[derive(Clone, Copy)]
pub(super) struct Places<'p> {
    pub(super) text: &'p str,
    pub(super) source: &'p SourceInfo,
}

impl Places<'_> {
    /// Where a node stands: its operator, where it has one.
    pub(super) fn part(&self, expr: &IdedExpr) -> Range<usize> {
        self.noted(expr).unwrap_or(0..self.text.len())
    }

    fn noted(&self, expr: &IdedExpr) -> Option<Range<usize>> {
        let (start, last) = self.source.offset_for(expr.id)?;
        // The parser counts bytes here, and characters where it reports errors.
        let start = self.text.floor_char_boundary(start as usize);
        let end = self.text.ceil_char_boundary((last as usize).saturating_add(1));
        Some(start..end.max(start))
    }

    /// Where the name stands that a node takes: after its dot, or within its brackets.
    pub(super) fn name_of(&self, taken: &IdedExpr, name: &str) -> Range<usize> {
        if let Expr::Call(call) = &taken.expr
            && let [_, literal] = call.args.as_slice()
        {
            return self.part(literal);
        }
        // `has(a.b)` stands where its bracket does; the name is the next one of that spelling.
        let from = self.part(taken).start;
        let rest = self.text.get(from..).unwrap_or_default();
        let found = rest
            .match_indices(name)
            .find(|(at, _)| rest.get(..*at).is_some_and(|before| before.trim_end().ends_with('.')));
        match found {
            Some((at, _)) => from + at..from + at + name.len(),
            None => self.part(taken),
        }
    }

    /// Where the name stands that a bracket follows.
    pub(super) fn before(&self, expr: &IdedExpr, name: &str) -> Range<usize> {
        let open = self.part(expr);
        let before = self.text.get(..open.start).unwrap_or_default().trim_end();
        match before.strip_suffix(name) {
            Some(rest) => rest.len()..before.len(),
            None => open,
        }
    }

    /// All that a node is written with, from its first character to its last.
    pub(super) fn whole(&self, expr: &IdedExpr) -> Range<usize> {
        let mut all: Option<Range<usize>> = None;
        self.gather(expr, &mut all);
        let all = all.unwrap_or(0..self.text.len());
        self.balanced(all)
    }

    fn gather(&self, expr: &IdedExpr, all: &mut Option<Range<usize>>) {
        let mut add = |part: Range<usize>| {
            *all = Some(match all.take() {
                None => part,
                Some(so_far) => so_far.start.min(part.start)..so_far.end.max(part.end),
            });
        };
        self.noted(expr).into_iter().for_each(&mut add);
        match &expr.expr {
            Expr::Select(select) => {
                add(self.name_of(expr, &select.field));
                if select.test {
                    add(self.before(expr, "has"));
                }
                self.gather(&select.operand, all);
            }
            Expr::Call(call) => {
                if call.func_name.starts_with(char::is_alphabetic) {
                    add(self.before(expr, &call.func_name));
                }
                let operands = call.target.as_deref().into_iter().chain(&call.args);
                operands.for_each(|operand| self.gather(operand, all));
            }
            Expr::List(list) => list.elements.iter().for_each(|item| self.gather(item, all)),
            Expr::Map(map) => {
                for entry in &map.entries {
                    if let EntryExpr::MapEntry(entry) = &entry.expr {
                        self.gather(&entry.key, all);
                        self.gather(&entry.value, all);
                    }
                }
            }
            Expr::Comprehension(around) => {
                for inner in
                    [&around.iter_range, &around.loop_cond, &around.loop_step, &around.result]
                {
                    self.gather(inner, all);
                }
            }
            Expr::Unspecified | Expr::Ident(_) | Expr::Literal(_) | Expr::Struct(_) => {}
        }
    }

    /// With the brackets that belong to it.
    fn balanced(&self, mut all: Range<usize>) -> Range<usize> {
        let inside = self.text.get(all.clone()).unwrap_or_default();
        let mut open = 0_usize;
        let mut missing = 0_usize;
        for (_, bracket) in super::bounds::brackets(inside) {
            match bracket {
                '(' | '[' | '{' => open += 1,
                _ if open > 0 => open -= 1,
                _ => missing += 1,
            }
        }
        let after = self.text.get(all.end..).unwrap_or_default();
        for (at, _) in after.match_indices([')', ']', '}']).take(open) {
            all.end = all.end.max(self.text.len() - after.len() + at + 1);
        }
        let before = self.text.get(..all.start).unwrap_or_default();
        for (at, _) in before.rmatch_indices(['(', '[', '{']).take(missing) {
            all.start = all.start.min(at);
        }
        all
    }
}
