//! From the words of the command line to a critic and the runs that are meant.

use serde_json::Value;
use tribunal_core::{Snapshot, nearest};
use tribunal_production::ProductionOrchestrator;

use super::args::ExplainArgs;
use super::picked::{Picked, is_called};
use super::recorded::{self, Recorded};
use super::run::Run;
use crate::exit::Trouble;
use crate::safe::shown;

/// What was asked for.
#[derive(Debug, Default)]
pub(super) struct Asked {
    pub(super) critic: Option<String>,
    /// An `id` or `trace_id`.
    pub(super) run: Option<String>,
    pub(super) snapshots: Vec<Picked>,
    pub(super) report: Option<Picked>,
}

/// Most runs that are looked at together, and most bytes of their lines: all of them are kept until they are told.
const MOST_RUNS: usize = 10_000;
const MOST_BYTES: usize = 512 << 20;

/// Counts what is kept.
#[derive(Default)]
struct Kept {
    runs: usize,
    bytes: usize,
}

impl Kept {
    /// One more, if there is room.
    fn one(&mut self, line: &[u8]) -> Result<(), Trouble> {
        self.runs += 1;
        self.bytes = self.bytes.saturating_add(line.len());
        if self.runs > MOST_RUNS || self.bytes > MOST_BYTES {
            let problem = format!(
                "there are more than {MOST_RUNS} runs or {MOST_BYTES} bytes in that: pick one by :LINE or by its id"
            );
            return Err(Trouble::Usage(problem));
        }
        Ok(())
    }
}

/// A line with a snapshot.
pub(super) struct Found {
    pub(super) place: String,
    pub(super) id: Value,
    pub(super) snapshot: Snapshot,
}

impl Asked {
    /// Each word is a critic of the plan, a file that there is, or else the name of a run.
    pub(super) fn of(args: &ExplainArgs, court: &ProductionOrchestrator) -> Result<Self, Trouble> {
        let mut asked = Self::default();
        if let Some(report) = &args.report {
            asked.report = Some(file(report)?);
        }
        for word in &args.what {
            if court.gate(word).is_some() {
                twice(asked.critic.replace(word.clone()), word, "critic")?;
            } else if let Some(picked) = Picked::of(word) {
                asked.snapshots.push(picked);
            } else if Picked::is_path(word) {
                file(word)?;
            } else {
                twice(asked.run.replace(word.clone()), word, "run")?;
            }
        }
        let has_runs = asked.report.is_some() || !asked.snapshots.is_empty();
        match &asked.run {
            Some(word) if !has_runs => {
                let names = court.critics().iter().map(|info| info.name.as_str());
                let problem = format!("there is no critic called `{}`", shown(word));
                let help = match nearest(word, names) {
                    Some(name) => format!("; did you mean `{name}`?"),
                    None => String::from(
                        ", and no run to look for that name in: name a file of snapshots, or --report",
                    ),
                };
                Err(Trouble::Usage(problem + &help))
            }
            _ => Ok(asked),
        }
    }

    /// The snapshots that were picked, by their lines or by the name of the run.
    pub(super) fn snapshots(&self) -> Result<Vec<Found>, Trouble> {
        let mut found = Vec::new();
        let mut kept = Kept::default();
        for picked in &self.snapshots {
            picked.lines(|line, text| {
                let unfit =
                    |problem: String| Trouble::Line { path: picked.path.clone(), line, problem };
                let snapshot = Snapshot::from_json(text).map_err(|error| unfit(error.to_string()));
                let snapshot = match (snapshot, picked.line) {
                    (Ok(snapshot), _) => snapshot,
                    (Err(trouble), Some(_)) => return Err(trouble),
                    // Of many, one that is no snapshot is no run.
                    (Err(_), None) => return Ok(()),
                };
                let id = snapshot.attributes().get("id").cloned().unwrap_or_default();
                if self.is_wanted(&id, snapshot.trace_id()) {
                    kept.one(text)?;
                    found.push(Found { place: format!("{}:{line}", picked.name()), id, snapshot });
                }
                Ok(())
            })?;
        }
        match &self.run {
            Some(wanted) if found.is_empty() && self.report.is_none() => {
                Err(self.no_run(wanted, &self.snapshots))
            }
            _ => Ok(found),
        }
    }

    /// The reports that were picked, each with where it stands.
    pub(super) fn reports(&self) -> Result<Vec<(String, Recorded)>, Trouble> {
        let mut found = Vec::new();
        let Some(picked) = &self.report else { return Ok(found) };
        let mut kept = Kept::default();
        picked.lines(|line, text| {
            match recorded::read(text) {
                Ok(report) if self.is_wanted(&report.id, report.trace_id.as_deref()) => {
                    kept.one(text)?;
                    found.push((format!("{}:{line}", picked.name()), report));
                }
                Ok(_) => {}
                // A line that was not judged is no run; one that was picked is.
                Err(problem) if picked.line.is_some() || problem.contains("is no") => {
                    return Err(Trouble::Line { path: picked.path.clone(), line, problem });
                }
                Err(_) => {}
            }
            Ok(())
        })?;
        match &self.run {
            Some(wanted) if found.is_empty() => {
                Err(self.no_run(wanted, std::slice::from_ref(picked)))
            }
            _ => Ok(found),
        }
    }

    /// A run that was, with its snapshot where that was given too.
    pub(super) fn recorded(
        &self,
        place: String,
        recorded: Recorded,
        court: &ProductionOrchestrator,
        snapshots: &[Found],
    ) -> Run {
        let (id, trace_id) = (&recorded.id, recorded.trace_id.as_deref());
        let same = |found: &&Found| match (id, trace_id) {
            (Value::Null, None) => false,
            (Value::Null, trace_id) => found.snapshot.trace_id() == trace_id,
            (id, _) => found.id == *id,
        };
        let by_line = |found: &&Found| {
            recorded.line.is_some_and(|line| found.place.ends_with(&format!(":{line}")))
        };
        let snapshot = match snapshots {
            [only] if self.snapshots.iter().all(|picked| picked.line.is_some()) => Some(only),
            several => several.iter().find(same).or_else(|| {
                several.iter().find(by_line).filter(|_| id.is_null() && trace_id.is_none())
            }),
        };
        let snapshot = snapshot.map(|found| found.snapshot.clone());
        Run::before(place, recorded, snapshot, court)
    }

    fn is_wanted(&self, id: &Value, trace_id: Option<&str>) -> bool {
        self.run.as_ref().is_none_or(|wanted| is_called(wanted, Some(id), trace_id))
    }

    fn no_run(&self, wanted: &str, files: &[Picked]) -> Trouble {
        let files: Vec<String> =
            files.iter().map(|picked| format!("`{}`", picked.name())).collect();
        let what = if self.critic.is_some() { "" } else { "there is no critic of that name, and " };
        let (wanted, files) = (shown(wanted), files.join(", "));
        Trouble::Usage(format!("`{wanted}`: {what}no line of {files} has that `id` or `trace_id`"))
    }
}

fn file(word: &str) -> Result<Picked, Trouble> {
    Picked::of(word).ok_or_else(|| {
        let source = std::io::Error::from(std::io::ErrorKind::NotFound);
        Trouble::file("read", std::path::Path::new(word))(source)
    })
}

fn twice(before: Option<String>, word: &str, what: &str) -> Result<(), Trouble> {
    match before {
        None => Ok(()),
        Some(before) => Err(Trouble::Usage(format!(
            "`{}` and `{}`: one {what} at a time",
            shown(&before),
            shown(word)
        ))),
    }
}
