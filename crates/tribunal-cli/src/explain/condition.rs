//! `--condition`: an expression on a run, step by step; and how such steps are shown.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;
use serde_json::{Value, json};
use tribunal_config::{Change, Expression, Fault, Sight, StepKind, Trace};
use tribunal_core::{CriticName, Mode, Returns, View};
use tribunal_production::ProductionOrchestrator;

use super::run::Run;
use crate::exit::Trouble;
use crate::ink;
use crate::safe::{on_one_line, shown};

/// An evaluation, to be shown.
#[derive(Debug, Serialize)]
pub(super) struct Shown {
    expression: String,
    /// Null where it cannot be evaluated.
    pub(super) holds: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    steps: Vec<Value>,
    /// What would have to be otherwise for the other answer, in sentences; all of it together.
    other_if: Vec<String>,
    #[serde(skip)]
    lines: Vec<Line>,
}

#[derive(Debug)]
struct Line {
    depth: usize,
    text: String,
    value: String,
    because: Option<String>,
}

/// The longest part of an expression on one line, in characters.
const WIDEST: usize = 76;

impl Shown {
    pub(super) fn of(expression: &str, trace: &Trace) -> Self {
        let steps = trace.steps.iter().map(|step| {
            let mut shown = json!({
                "depth": step.depth,
                "text": step.text,
                "start": step.part.start,
                "end": step.part.end,
            });
            let (member, value) = match &step.kind {
                StepKind::Value(value) => ("value", value.clone()),
                StepKind::Failed(problem) => ("error", problem.clone().into()),
                _ => ("not_reached", true.into()),
            };
            if let Value::Object(shown) = &mut shown {
                shown.insert(member.into(), value);
                if let Some(because) = &step.because {
                    shown.insert("because".into(), because.clone().into());
                }
            }
            shown
        });
        let lines = trace.steps.iter().map(|step| Line {
            depth: step.depth,
            text: on_one_line(&step.text),
            value: match &step.kind {
                StepKind::Value(value) => shown(&value.to_string()),
                StepKind::Failed(problem) => format!("error: {}", shown(problem)),
                _ => String::from("not looked at: what stands before it decides"),
            },
            because: step.because.clone(),
        });
        Self {
            expression: expression.trim().to_owned(),
            holds: trace.holds.as_ref().ok().copied(),
            error: trace.holds.as_ref().err().cloned(),
            steps: steps.collect(),
            other_if: trace.changes.iter().map(wished).collect(),
            lines: lines.collect(),
        }
    }

    /// The steps, innermost first, as they are evaluated.
    pub(super) fn text(&self, indent: usize) -> String {
        let mut text = String::new();
        let cut = |line: &Line| {
            let cut: String = line.text.chars().take(WIDEST).collect();
            let more = if line.text.chars().count() > WIDEST { "…" } else { "" };
            format!("{:width$}{cut}{more}", "", width = 2 * line.depth)
        };
        let lines: Vec<String> = self.lines.iter().map(cut).collect();
        let width = lines.iter().map(|line| line.chars().count()).max().unwrap_or(0);
        for (line, shown) in self.lines.iter().zip(&lines) {
            let because = line.because.as_ref().map(|because| format!("  ({because})"));
            let because = ink::dim(because.unwrap_or_default());
            let value = match line.value.as_str() {
                "true" => ink::bold("true"),
                "false" => ink::bold("false"),
                other => other.to_owned(),
            };
            // Writing to a `String` cannot fail.
            let _ = writeln!(text, "{:indent$}{shown:width$}  {value}{because}", "");
        }
        if let Some(error) = &self.error
            && self.lines.is_empty()
        {
            let _ = writeln!(text, "{:indent$}error: {}", "", shown(error));
        }
        text
    }

    /// The answer with what would turn it over.
    pub(super) fn verdict(&self) -> String {
        let mut text = match (self.holds, &self.error) {
            (Some(true), _) => String::from("it holds"),
            (Some(false), _) => String::from("it does not hold"),
            (None, error) => {
                let why = error.as_deref().unwrap_or("no reason is given");
                format!("it cannot be evaluated: {}", shown(why))
            }
        };
        if !self.other_if.is_empty() {
            let how = if self.holds == Some(true) {
                "it would not hold if "
            } else {
                "it would hold if "
            };
            let _ = write!(text, "\n{how}{}", self.other_if.join("\n  and "));
        }
        text
    }
}

/// A change as a clause: "`a > 1` were true (`a` is 0)".
pub(super) fn wished(change: &Change) -> String {
    let now = match (&change.now, &change.failed) {
        (_, Some(problem)) => format!(" (now: {})", shown(problem)),
        (Some((what, value)), None) => {
            format!(" (`{}` is {})", on_one_line(what), shown(&value.to_string()))
        }
        (None, None) => String::new(),
    };
    format!("`{}` were {}{now}", on_one_line(&change.text), change.wanted)
}

/// What an expression sees that stands in no file.
pub(super) struct Stand<'a> {
    pub(super) court: &'a ProductionOrchestrator,
    pub(super) returns: &'a BTreeMap<CriticName, Returns>,
    /// In the place of this critic's gate; without one, behind all critics that count.
    pub(super) at: Option<&'a str>,
}

impl Stand<'_> {
    /// Parses it.
    pub(super) fn parse(&self, text: &str) -> Result<Expression, Trouble> {
        let seen = self.sees()?;
        let is_seen = |name: &&CriticName| seen.contains(*name);
        let sight = Sight {
            seen: self
                .returns
                .iter()
                .filter(|(name, _)| is_seen(name))
                .map(|(name, returns)| (name.clone(), returns.clone()))
                .collect(),
            unseen: self
                .court
                .critics()
                .iter()
                .filter(|info| !seen.contains(&info.name))
                .map(|info| {
                    let name = &info.name;
                    let why = match (info.mode, self.at) {
                        (Mode::Monitor, _) => format!(
                            "`{name}` is only monitored, and no gate sees what is monitored"
                        ),
                        (_, Some(at)) if *name == at => {
                            format!("`{name}` cannot look at its own outcome")
                        }
                        (_, Some(at)) => format!("the gate of `{at}` does not see `{name}`"),
                        (_, None) => format!("`{name}` is not seen"),
                    };
                    (name.clone(), why)
                })
                .collect(),
            languages: tribunal_critics::catalogue().languages().cloned(),
        };
        Expression::parse(text, &sight).map_err(|faults| Trouble::Expression(drawn(text, &faults)))
    }

    /// The critics whose outcomes it sees, in plan order.
    fn sees(&self) -> Result<Vec<CriticName>, Trouble> {
        match self.at {
            None => {
                let counts = self.court.critics().iter().filter(|info| info.mode == Mode::Enforce);
                Ok(counts.map(|info| info.name.clone()).collect())
            }
            Some(at) => match self.court.gate(at) {
                Some(gate) => Ok(gate.sees().cloned().collect()),
                None => {
                    let names = self.court.critics().iter().map(|info| info.name.as_str());
                    let near = tribunal_core::nearest(at, names);
                    let help = near.map(|name| format!("; did you mean `{name}`?"));
                    let help = help.unwrap_or_default();
                    Err(Trouble::Usage(format!("there is no critic called `{}`{help}", shown(at))))
                }
            },
        }
    }

    /// Evaluates it on a run.
    pub(super) fn trace(&self, expression: &Expression, run: &Run) -> Result<Trace, Trouble> {
        let Some(snapshot) = &run.snapshot else {
            return Err(Trouble::Usage(String::from(
                "a report does not hold what was judged: name the snapshots too",
            )));
        };
        let seen = self.sees()?;
        let names: Vec<CriticName> =
            self.court.critics().iter().map(|info| info.name.clone()).collect();
        let places: Vec<u32> = names
            .iter()
            .zip(0..)
            .filter(|(name, _)| seen.contains(name))
            .map(|(_, place)| place)
            .collect();
        Ok(expression.trace(View::with_prior(snapshot, &names, &run.outcomes, &[], &places)))
    }
}

/// Each fault under the line it is in.
fn drawn(text: &str, faults: &[Fault]) -> String {
    let mut drawn = String::from("the expression does not do\n");
    for fault in faults {
        let start = text.floor_char_boundary(fault.part.start);
        let before = text.get(..start).unwrap_or_default();
        let begin = before.rfind('\n').map_or(0, |at| at + 1);
        let rest = text.get(begin..).unwrap_or_default();
        let line = rest.lines().next().unwrap_or_default();
        let indent = text.get(begin..start).unwrap_or_default().chars().count();
        let part = text.get(start..fault.part.end).unwrap_or_default();
        let length = part.lines().next().unwrap_or_default().chars().count().max(1);
        let help = fault.help.as_ref().map(|help| format!("; {help}")).unwrap_or_default();
        let tabs_are_one: String = line.chars().map(|c| if c == '\t' { ' ' } else { c }).collect();
        // Writing to a `String` cannot fail.
        let _ = writeln!(drawn, "  {}", crate::safe::lines(&tabs_are_one).trim_end());
        let marks = "^".repeat(length);
        let _ = writeln!(drawn, "  {:indent$}{marks} {}{help}", "", fault.problem);
    }
    drawn.trim_end().to_owned()
}
