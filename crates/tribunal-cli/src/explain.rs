//! `tribunal explain`: why a critic ran or did not, and what an expression comes to.
//!
//! [`find`] makes out what was asked for, [`run`] has what became of it, [`why`] explains one critic of it, and
//! [`text`] writes that for people. Without a run, [`plan`] says what is known beforehand.

mod args;
mod change;
mod condition;
mod find;
mod limits;
mod many;
mod picked;
mod plan;
mod recorded;
mod run;
mod text;
mod why;

use std::collections::BTreeMap;
use std::io::{self, IsTerminal as _, Write as _};
use std::sync::Arc;

use anstream::{AutoStream, ColorChoice};
use serde::Serialize;
use serde_json::json;
use tribunal_config::Expression;
use tribunal_core::{CriticName, Returns, contain};
use tribunal_production::ProductionOrchestrator;

pub(crate) use args::{AFTER_HELP, ExplainArgs};

use self::args::ExplainFormat;
use self::condition::{Shown, Stand};
use self::find::{Asked, Found};
use self::many::Many;
use self::run::Run;
use self::why::{Around, Why};
use crate::exit::{Exit, Trouble};
use crate::{ink, pipeline, safe};

/// What is known of a pipeline.
struct Known {
    court: ProductionOrchestrator,
    conditions: BTreeMap<String, Arc<Expression>>,
    returns: BTreeMap<CriticName, Returns>,
}

/// Explains what was asked for.
pub(crate) fn run(args: &ExplainArgs) -> Result<Exit, Trouble> {
    let known = Known::load(args)?;
    let asked = Asked::of(args, &known.court)?;
    let has_runs = asked.report.is_some() || !asked.snapshots.is_empty();
    if let Some(text) = &args.condition {
        return evaluate(args, text, &known, &asked);
    }
    let critic = asked.critic.as_deref();
    if !has_runs {
        let Some(critic) = critic else {
            return Err(Trouble::Usage(String::from(
                "nothing to explain: name a critic, a file of snapshots, or --report\n\n  \
                 tribunal explain pii\n  tribunal explain pii traffic.jsonl:3",
            )));
        };
        let planned = plan::planned(&known.court, &known.conditions, &known.returns, critic);
        let planned = planned.ok_or_else(|| Trouble::Usage(String::from("no such critic")))?;
        return write(args, &planned, &|| text::planned(&planned));
    }
    let runs = known.runs(&asked)?;
    match (runs.as_slice(), critic) {
        ([only], Some(critic)) => {
            let why = known.why(only, critic)?;
            let json = json!({ "run": named(only), "critic": why });
            write(args, &json, &|| format!("{}\n{}", text::heading(only), text::why(&why)))
        }
        ([only], None) => {
            let names = known.court.critics().iter().map(|info| info.name.as_str());
            let whys: Vec<Why> =
                names.map(|name| known.why(only, name)).collect::<Result<_, _>>()?;
            let json = json!({ "run": named(only), "critics": whys });
            let width = io::stdout().is_terminal().then(width).flatten();
            write(args, &json, &|| text::run(only, &whys, &known.court, width))
        }
        (several, Some(critic)) => {
            let Some(info) = known.court.critics().iter().find(|info| info.name == critic) else {
                return Err(Trouble::Usage(String::from("no such critic")));
            };
            let mut many = Many::of(info.name.clone());
            for run in several {
                if let Some(outcome) = run.outcome(&known.court, critic) {
                    many.add(&run.name, outcome);
                }
            }
            let many = many.sorted();
            write(args, &many, &|| many.text())
        }
        (several, None) => Err(Trouble::Usage(which(several))),
    }
}

/// How wide the terminal is.
fn width() -> Option<u16> {
    comfy_table::Table::new().width()
}

/// `--condition`.
fn evaluate(args: &ExplainArgs, text: &str, known: &Known, asked: &Asked) -> Result<Exit, Trouble> {
    let at = args.at.as_deref().or(asked.critic.as_deref());
    let stand = Stand { court: &known.court, returns: &known.returns, at };
    let expression = stand.parse(text)?;
    if asked.report.is_none() && asked.snapshots.is_empty() {
        return Err(Trouble::Usage(String::from(
            "nothing to evaluate it on: name a file of snapshots, one line by :LINE",
        )));
    }
    let runs = known.runs(asked)?;
    let [run] = runs.as_slice() else { return Err(Trouble::Usage(which(&runs))) };
    if !run.same_plan() {
        return Err(Trouble::Usage(String::from(
            "the report is of another configuration: what an expression would have seen is not known",
        )));
    }
    let trace = stand.trace(&expression, run)?;
    let shown = Shown::of(text, &trace);
    let sees = match at {
        Some(at) => format!("it sees what the gate of `{at}` sees"),
        None => String::from("it sees every critic that counts, as at the end of the plan"),
    };
    let json = json!({ "run": named(run), "condition": shown });
    write(args, &json, &|| {
        let verdict = shown.verdict();
        format!("{}  {}\n\n{}\n{verdict}\n", text::heading(run), ink::dim(&sees), shown.text(2))
    })?;
    Ok(if shown.holds == Some(true) { Exit::Fine } else { Exit::NotHeld })
}

impl Known {
    fn load(args: &ExplainArgs) -> Result<Self, Trouble> {
        let (_, pipeline) = pipeline::read(&args.config)?;
        let conditions = pipeline.conditions.clone();
        let returns = pipeline.critics.iter().filter_map(|(spec, critic)| {
            // Code of someone else; of one that panics here nothing is known.
            let returns = contain(|| critic.returns()).unwrap_or_default();
            Some((CriticName::new(spec.name()).ok()?, returns))
        });
        let returns = returns.collect();
        let court = pipeline.build().map_err(Trouble::Plan)?;
        Ok(Self { court, conditions, returns })
    }

    fn why(&self, run: &Run, critic: &str) -> Result<Why, Trouble> {
        let around = Around { court: &self.court, conditions: &self.conditions, run };
        around.why(critic).ok_or_else(|| Trouble::Usage(String::from("no such critic")))
    }

    /// The runs that were asked for; those that are only snapshots are judged.
    fn runs(&self, asked: &Asked) -> Result<Vec<Run>, Trouble> {
        let snapshots = asked.snapshots()?;
        if asked.report.is_none() {
            let runs = self.judge(snapshots)?;
            return match runs.is_empty() {
                true => Err(Trouble::Usage(String::from("there is no snapshot in what was named"))),
                false => Ok(runs),
            };
        }
        let reports = asked.reports()?;
        if reports.is_empty() {
            return Err(Trouble::Usage(String::from("there is no report in what was named")));
        }
        let of = |(place, recorded)| asked.recorded(place, recorded, &self.court, &snapshots);
        Ok(reports.into_iter().map(of).collect())
    }

    fn judge(&self, snapshots: Vec<Found>) -> Result<Vec<Run>, Trouble> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(Trouble::Start)?;
        let judge = |Found { place, id, snapshot }: Found| {
            let report = runtime.block_on(self.court.run_all(snapshot.clone()));
            let report = report.map_err(|error| Trouble::Usage(format!("{place}: {error}")))?;
            Ok(Run::now(place, &id, snapshot, &report))
        };
        snapshots.into_iter().map(judge).collect()
    }
}

/// Asks for one of several.
fn which(runs: &[Run]) -> String {
    let names: Vec<String> = runs.iter().map(|run| format!("`{}`", run.name)).collect();
    format!(
        "there are {} runs in that: pick one by :LINE or by its id ({}), or name a critic to count them",
        runs.len(),
        why::listed(names, 6)
    )
}

fn named(run: &Run) -> serde_json::Value {
    let past = match &run.past {
        run::Past::Now => "judged now",
        run::Past::Same => "recorded",
        run::Past::Other { .. } => "recorded with another configuration",
    };
    json!({ "name": run.name, "place": run.place, "verdict": run.verdict, "from": past })
}

/// Writes it as it was asked for.
fn write(
    args: &ExplainArgs,
    json: &impl Serialize,
    text: &dyn Fn() -> String,
) -> Result<Exit, Trouble> {
    let text = match args.format {
        ExplainFormat::Human => {
            let painted = text();
            let colours = AutoStream::choice(&io::stdout()) != ColorChoice::Never;
            if colours { painted } else { ink::plain(&painted) }
        }
        ExplainFormat::Json => {
            let json = serde_json::to_string_pretty(json);
            safe::json(&(json.map_err(|error| Trouble::Output(error.into()))? + "\n"))
        }
    };
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(Trouble::output)?;
    Ok(Exit::Fine)
}
