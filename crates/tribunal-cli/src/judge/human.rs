//! Reports for people: each snapshot with its critics when there are few, what they come to when there are many.

use std::fmt::Write as _;
use std::time::Duration;

use comfy_table::{Cell, ColumnConstraint, Width};
use serde_json::Value;
use tribunal_core::{CriticInfo, Mode, Outcome, Report, Verdict};

use super::totals::{Totals, name};
use crate::ink;
use crate::lines::{Judged, Place};
use crate::safe::shown;

/// Up to so many lines are shown one by one.
const FEW: usize = 10;
/// Of many, so many are named for each verdict.
const NAMED: usize = 20;

/// How many columns there are where there is no terminal to ask.
const WIDE: usize = 100;

/// Gathers what lines came to, in bounded memory.
pub(crate) struct Human {
    totals: Totals,
    /// While they are few.
    few: Option<Vec<Judged<Report>>>,
    blocked: Named,
    reviewed: Named,
    unjudged: Named,
}

impl Human {
    /// Nothing yet, for critics in plan order.
    pub(crate) fn new(critics: &[CriticInfo]) -> Self {
        Self {
            totals: Totals::new(critics),
            few: Some(Vec::new()),
            blocked: Named::default(),
            reviewed: Named::default(),
            unjudged: Named::default(),
        }
    }

    /// How many snapshots were judged so far.
    pub(crate) fn judged(&self) -> u64 {
        self.totals.judged
    }

    /// The next in the order of the lines.
    pub(crate) fn take(&mut self, judged: Judged<Report>) {
        match &judged.result {
            Ok(report) => {
                self.totals.add(report);
                match report.verdict {
                    Verdict::Allow => {}
                    Verdict::Review => self.reviewed.add(|| called(&judged.id, &judged.place)),
                    Verdict::Block => self.blocked.add(|| called(&judged.id, &judged.place)),
                }
            }
            Err(why) => {
                self.totals.unjudged += 1;
                self.unjudged.add(|| format!("{}  {}", at(&judged.place), shown(why)));
            }
        }
        match &mut self.few {
            Some(few) if few.len() < FEW => few.push(judged),
            _ => self.few = None,
        }
    }

    /// The whole text, painted.
    pub(crate) fn finish(self, elapsed: Duration, width: Option<u16>) -> String {
        let mut text = String::new();
        let one_by_one = self.few.is_some();
        for judged in self.few.unwrap_or_default() {
            text.push_str(&snapshot(&judged, width));
            text.push('\n');
        }
        // Of one snapshot, there is nothing to add up.
        if !one_by_one || self.totals.judged + self.totals.unjudged != 1 {
            text.push_str(&self.totals.show(elapsed, width));
        }
        if !one_by_one {
            let columns = Some(width.map_or(WIDE, usize::from));
            self.blocked.show(&mut text, &ink::verdict(Verdict::Block), columns);
            self.reviewed.show(&mut text, &ink::verdict(Verdict::Review), columns);
            self.unjudged.show(&mut text, &ink::bold("not judged"), None);
        }
        text
    }
}

/// The first few of many.
#[derive(Default)]
struct Named {
    first: Vec<String>,
    beyond: u64,
}

impl Named {
    fn add(&mut self, name: impl FnOnce() -> String) {
        if self.first.len() < NAMED {
            self.first.push(name());
        } else {
            self.beyond += 1;
        }
    }

    /// The names on lines of some width, or each on its own.
    fn show(self, text: &mut String, title: &str, width: Option<usize>) {
        if self.first.is_empty() {
            return;
        }
        let all = self.first.len() as u64 + self.beyond;
        // Writing to a `String` cannot fail.
        let _ = writeln!(text, "\n{title} ({all})");
        let more = (self.beyond > 0).then(|| format!("and {} more", self.beyond));
        let mut line = String::new();
        for name in self.first.into_iter().chain(more) {
            let fits = |width| line.chars().count() + name.chars().count() + 5 <= width;
            if line.is_empty() {
                line = name;
            } else if width.is_some_and(fits) {
                let _ = write!(line, " · {name}");
            } else {
                let _ = writeln!(text, "  {line}");
                line = name;
            }
        }
        let _ = writeln!(text, "  {line}");
    }
}

/// What a snapshot is called: by its id, or by where it stands.
fn called(id: &Value, place: &Place) -> String {
    match id {
        Value::Null => at(place),
        Value::String(text) if !text.trim().is_empty() => shown(text),
        other => shown(&other.to_string()),
    }
}

fn at(place: &Place) -> String {
    format!("{}:{}", shown(&place.input), place.line)
}

/// One snapshot: a heading, then a row for each critic.
fn snapshot(judged: &Judged<Report>, width: Option<u16>) -> String {
    let called = called(&judged.id, &judged.place);
    let at = at(&judged.place);
    let at = if called == at { String::new() } else { format!("  {}", ink::dim(&at)) };
    let mut text = String::new();
    // Writing to a `String` cannot fail.
    let report = match &judged.result {
        Ok(report) => report,
        Err(why) => {
            let _ = writeln!(text, "{}  {}{at}", ink::bold(&called), ink::bold("not judged"));
            let _ = writeln!(text, "  {}", shown(why));
            return text;
        }
    };
    let _ = writeln!(text, "{}  {}{at}", ink::bold(&called), ink::verdict(report.verdict));
    if let Some(trace_id) = &report.trace_id {
        let _ = writeln!(text, "  trace     {}", shown(trace_id));
    }
    for (index, cause) in report.causes.iter().enumerate() {
        let title = if index == 0 { "because" } else { "" };
        let _ = writeln!(text, "  {title:<8}  {}", shown(&cause.to_string()));
    }
    if !report.let_pass.is_empty() {
        let names: Vec<&str> = report.let_pass.iter().map(|name| name.as_str()).collect();
        let _ = writeln!(text, "  let pass  {}", names.join(", "));
    }
    let (spent, saved) = (ink::number(report.cost_spent), ink::number(report.cost_saved));
    let _ = writeln!(
        text,
        "  took      {} ms, cost {spent}, saved {saved} by gates\n",
        ink::number(report.elapsed.as_secs_f64() * 1e3),
    );
    let _ = writeln!(text, "{}", table(report, width));
    text
}

fn table(report: &Report, width: Option<u16>) -> comfy_table::Table {
    let header = ["critic", "stage", "status", "calls for", "severity", "says", "tries", "ms"];
    let mut table = ink::table(&header, &[4, 6, 7], width);
    let mut stage = None;
    for (critic, outcome) in report.outcomes() {
        // A stage is named where it begins.
        let begins = stage.replace(critic.stage) != Some(critic.stage);
        let counts = critic.mode == Mode::Enforce;
        let severity = outcome.opinion.as_ref().map(|opinion| opinion.worst_severity());
        let severity = severity.filter(|severity| *severity != 0.0).map(ink::number);
        let ran = outcome.attempts > 0;
        let ms = ran.then(|| format!("{:.3}", outcome.execution().as_secs_f64() * 1e3));
        table.add_row([
            Cell::new(name(critic)),
            Cell::new(if begins { critic.stage.as_str() } else { "" }),
            ink::status_cell(outcome.status),
            ink::verdict_cell(outcome.calls_for, counts),
            ink::right(severity.unwrap_or_default()),
            Cell::new(says(outcome)),
            ink::count_cell(u64::from(outcome.attempts)),
            ink::right(ms.unwrap_or_default()),
        ]);
    }
    if width.is_some() {
        // What a critic says is the one column that may be broken over lines.
        for (index, column) in table.column_iter_mut().enumerate() {
            if index != 5 {
                column.set_constraint(ColumnConstraint::ContentWidth);
            } else {
                column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(16)));
            }
        }
    }
    table
}

/// What a critic said, by the codes of its violations; or why it said nothing.
fn says(outcome: &Outcome) -> String {
    let Some(opinion) = &outcome.opinion else {
        return outcome
            .reason
            .as_ref()
            .map(|reason| shown(without_status(&reason.to_string())))
            .unwrap_or_default();
    };
    let mut codes: Vec<(&str, usize)> = Vec::new();
    for violation in &opinion.violations {
        match codes.iter_mut().find(|(code, _)| *code == violation.code) {
            Some((_, times)) => *times += 1,
            None => codes.push((&violation.code, 1)),
        }
    }
    let code = |(code, times): &(&str, usize)| match times {
        1 => shown(code),
        times => format!("{} ×{times}", shown(code)),
    };
    let mut said: Vec<String> = codes.iter().map(code).collect();
    if let Some(reason) = &outcome.reason {
        said.push(shown(&reason.to_string()));
    }
    said.join(", ")
}

/// A reason starts with its status, which stands in a column of its own.
fn without_status(reason: &str) -> &str {
    let repeated = ["gated: ", "skipped: ", "timeout: ", "rate limited: "];
    repeated.iter().find_map(|status| reason.strip_prefix(status)).unwrap_or(reason)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tribunal_core::{
        ConfigHash, CriticName, Gated, Opinion, Reason, RunTimings, Violation, calls_for,
    };

    fn critics() -> Vec<CriticInfo> {
        let mut watched = CriticInfo::new(CriticName::new("watched").unwrap());
        watched.mode = Mode::Monitor;
        vec![CriticInfo::new(CriticName::new("secrets").unwrap()), watched]
    }

    fn report(codes: &[&'static str]) -> Report {
        let mut opinion = Opinion::clean();
        for code in codes {
            opinion = opinion.violation(Violation::new(*code, "x", 0.9));
        }
        let mut said = Outcome::success(opinion);
        said.attempts = 1;
        let mut outcomes = vec![said, Outcome::without(Reason::Gated(Gated::NoViolation))];
        let critics = critics();
        for (critic, outcome) in critics.iter().zip(&mut outcomes) {
            outcome.calls_for = calls_for(critic, outcome);
        }
        Report::new(
            None,
            critics.into(),
            outcomes.into(),
            RunTimings::default(),
            ConfigHash([0; 16]),
        )
    }

    fn judged(line: u64, id: Value, result: Result<Report, String>) -> Judged<Report> {
        let place = Place { input: "x.jsonl".into(), line };
        Judged { place, id, result, rendered: None, consumed: 1 }
    }

    fn text(all: impl IntoIterator<Item = Judged<Report>>) -> String {
        let mut human = Human::new(&critics());
        all.into_iter().for_each(|judged| human.take(judged));
        ink::plain(&human.finish(Duration::from_secs(1), Some(160)))
    }

    #[test]
    fn a_few_snapshots_are_shown_critic_by_critic() {
        let block = judged(1, "a".into(), Ok(report(&["secret.key", "secret.key"])));
        let text = text([block, judged(2, Value::Null, Err("no JSON".into()))]);
        assert!(text.starts_with("a  block  x.jsonl:1\n"), "{text}");
        assert!(text.contains("secret.key ×2"), "{text}");
        assert!(text.contains("watched (monitor)"), "{text}");
        assert!(text.contains("no violation before it"), "{text}");
        assert!(text.contains("x.jsonl:2  not judged\n  no JSON\n"), "{text}");
        assert!(text.contains("1 snapshot judged"), "{text}");
    }

    #[test]
    fn of_many_only_those_to_look_at_are_named_and_not_all_of_them() {
        let all = (1..=60).map(|line| {
            let codes: &[_] = if line % 2 == 0 { &["x"] } else { &[] };
            judged(line, Value::from(line), Ok(report(codes)))
        });
        let text = text(all);
        assert!(text.starts_with("60 snapshots judged"), "{text}");
        assert!(text.contains("\nblock (30)\n  2 · 4 · 6 ·"), "{text}");
        assert!(text.contains("38 · 40 · and 10 more\n") && !text.contains("· \n"), "{text}");
        assert!(!text.contains("review ("), "{text}");
    }

    #[test]
    fn nothing_from_the_input_steers_the_terminal() {
        let evil = "\u{1b}]0;x\u{7}\u{202e}\n";
        for many in [1, 30] {
            let all = (0..many).flat_map(|line| {
                [
                    judged(line, evil.into(), Ok(report(&["\u{1b}[2J"]))),
                    judged(line, serde_json::json!([evil]), Err(evil.into())),
                ]
            });
            let mut human = Human::new(&critics());
            all.for_each(|judged| human.take(judged));
            let painted = human.finish(Duration::from_secs(1), None);
            let plain = anstream::adapter::strip_str(&painted).to_string();
            assert!(!plain.chars().any(|c| c != '\n' && crate::safe::steers(c)), "{plain:?}");
            assert!(!painted.contains("\u{1b}[2J") && !painted.contains("\u{1b}]"));
            assert!(plain.contains("\\u{1b}]0;x\\u{7}\\u{202e}\\u{a}"), "{plain}");
        }
    }
}
