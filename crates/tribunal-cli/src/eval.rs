//! `tribunal eval`: how good a pipeline is on labelled lines, and whether it got worse.
//!
//! What lines come to is added up by `tribunal_eval`; this is the way there and back: [`human`] has the tables,
//! [`against`] what became of a baseline.

mod against;
mod human;

use std::fs::File;
use std::io::{self, IsTerminal as _, Read as _};
use std::sync::Arc;

use indicatif::ProgressBar;
use tribunal_core::{Report, Snapshot};
use tribunal_eval::{
    Baseline, Evaluation, Limits, MeasureError, Measuring, Options, Row, Subject, compare,
};
use tribunal_production::{Policy, ProductionOrchestrator};

use crate::args::{EvalArgs, EvalFormat};
use crate::exit::{Exit, Trouble, complain};
use crate::lines::{self, Ended, Input, Judged, Line, Output, Pace, Sink};
use crate::pipeline;
use crate::safe::{self, shown};

/// So many lines that could not be judged are told one by one.
const TOLD: u64 = 20;

/// A longer baseline is cut off, and so is no JSON.
const LARGEST_BASELINE: u64 = 64 * 1024 * 1024;

/// A pipeline that is ready to be measured.
struct Measured {
    name: String,
    court: ProductionOrchestrator,
    measuring: Measuring,
    /// Members of the context that critics do not get to see.
    hide: Arc<[String]>,
}

/// Measures the pipeline on every line of every input.
pub(crate) fn run(args: &EvalArgs) -> Result<Exit, Trouble> {
    // Everything that can be wrong beforehand is found before anything is judged.
    let inputs = Input::all(&args.inputs, io::stdin().is_terminal())?;
    let baseline = baseline(args)?;
    let measured = prepare(args)?;
    let output = Output::open(args.output.as_deref())?;
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Trouble::Start)?;
    let done = runtime.block_on(judge(args, inputs, measured));
    // A read from standard input cannot be called off; the process does not wait for it.
    runtime.shutdown_background();
    match done? {
        Some((evaluation, cut)) => write(args, evaluation, baseline, output, cut),
        // A file to write stays as it was.
        None => Ok(Exit::Interrupted),
    }
}

fn baseline(args: &EvalArgs) -> Result<Option<Baseline>, Trouble> {
    let Some(path) = &args.baseline else { return Ok(None) };
    let file = File::open(path).map_err(Trouble::file("read", path))?;
    let mut bytes = Vec::new();
    file.take(LARGEST_BASELINE).read_to_end(&mut bytes).map_err(Trouble::file("read", path))?;
    let unfit = |error: tribunal_eval::BaselineError| Trouble::Unfit {
        path: path.clone(),
        problem: shown(&error.to_string()),
    };
    Baseline::from_json(&bytes).map(Some).map_err(unfit)
}

fn prepare(args: &EvalArgs) -> Result<Measured, Trouble> {
    let (name, mut pipeline) = pipeline::read(&args.config)?;
    // An answer that is remembered says nothing of how long a critic takes.
    pipeline.cache = None;
    if args.ungated {
        pipeline.settings = pipeline.settings.early_exit(false);
        for (spec, _) in &mut pipeline.critics {
            let open = spec.clone().policy(Policy::Always).run_anyway();
            *spec = open;
        }
    }
    let kinds = std::mem::take(&mut pipeline.kinds);
    let mut rules = std::mem::take(&mut pipeline.eval);
    rules.hide.extend(args.hide.iter().cloned());
    let court = pipeline.build().map_err(Trouble::Plan)?;
    let subjects = court.critics().iter().map(|info| {
        let kind = kinds.get(info.name.as_str()).cloned().unwrap_or_default();
        Subject { info: info.clone(), kind }
    });
    let options = Options {
        only: args.labels.clone(),
        at: args.at,
        with_text: args.with_text,
        ungated: args.ungated,
    };
    let hide = rules.hide.clone().into();
    let measuring = Measuring::new(rules, subjects.collect(), options)
        .map_err(|error| Trouble::Usage(safe::on_one_line(&error.to_string())))?;
    Ok(Measured { name, court, measuring, hide })
}

/// What all lines came to, and why reading ended early if it did. `None` when asked to stop twice.
async fn judge(
    args: &EvalArgs,
    inputs: Vec<Input>,
    measured: Measured,
) -> Result<Option<(Evaluation, Option<Trouble>)>, Trouble> {
    let Measured { name, court, measuring, hide } = measured;
    let pace = Pace {
        // The pipeline's own limit is kept here, so that no run spends its time in the pipeline's queue.
        in_flight: args.pace.in_flight.get().min(court.max_runs()),
        longest: args.pace.max_line_bytes.get(),
    };
    let mut adding = Adding { progress: lines::progress(&inputs), measuring, unjudged: 0 };
    let judging = |line| one(court.clone(), line, pace.longest, Arc::clone(&hide));
    let Some(ended) = lines::each(inputs, &pace, judging, &mut adding).await? else {
        return Ok(None);
    };
    adding.progress.finish_and_clear();
    if adding.unjudged > TOLD {
        complain(&format!("{} more lines could not be judged", adding.unjudged - TOLD));
    }
    let mut evaluation = adding.measuring.finish();
    evaluation.pipeline = name;
    evaluation.interrupted = !matches!(ended, Ended::Read);
    let cut = match ended {
        Ended::Cut(trouble) => Some(trouble),
        Ended::Read | Ended::Stopped => None,
    };
    Ok(Some((evaluation, cut)))
}

/// Judges one line, without what it says about itself.
async fn one(
    court: ProductionOrchestrator,
    line: Line,
    longest: usize,
    hide: Arc<[String]>,
) -> Judged<(Row, Report)> {
    let Line { place, text, consumed } = line;
    let (id, snapshot) = lines::snapshot(text, longest);
    let split = |snapshot: Snapshot| Row::split(&snapshot, &hide).map_err(|e| e.to_string());
    let result = match snapshot.and_then(split) {
        Ok((mut row, seen)) => {
            if row.id.is_null() {
                row.id = format!("{}:{}", place.input, place.line).into();
            }
            let report = court.run_all(seen).await;
            report.map(|report| (row, report)).map_err(|error| error.to_string())
        }
        Err(why) => Err(why),
    };
    Judged { place, id, result, rendered: None, consumed }
}

/// Takes what lines came to, and adds it up.
struct Adding {
    progress: ProgressBar,
    measuring: Measuring,
    unjudged: u64,
}

impl Sink<(Row, Report)> for Adding {
    fn take(&mut self, judged: Judged<(Row, Report)>) -> Result<(), Trouble> {
        let Judged { place, result, consumed, .. } = judged;
        let added = result.and_then(|(row, report)| {
            let added = self.measuring.add(&row, &place.input, &report);
            added.map_err(|error: MeasureError| error.to_string())
        });
        if let Err(why) = added {
            self.measuring.unjudged();
            self.unjudged += 1;
            if self.unjudged <= TOLD {
                let line = format!("{}:{}: {}", shown(&place.input), place.line, shown(&why));
                self.progress.suspend(|| complain(&line));
            }
        }
        self.progress.inc(consumed);
        self.progress.set_message(self.measuring.judged().to_string());
        Ok(())
    }

    fn idle(&mut self) -> Result<(), Trouble> {
        Ok(())
    }
}

fn write(
    args: &EvalArgs,
    evaluation: Evaluation,
    baseline: Option<Baseline>,
    mut output: Output,
    cut: Option<Trouble>,
) -> Result<Exit, Trouble> {
    let unjudged = evaluation.rows.unjudged > 0;
    // Nothing that was measured is no result that a build may take for a good one.
    if !evaluation.interrupted && evaluation.labels.values().all(|label| label.measure.n == 0) {
        if unjudged && evaluation.rows.judged == 0 {
            return Err(Trouble::Nothing(String::from("no line could be judged")));
        }
        let wanted = match args.labels.as_slice() {
            [] => String::from("`labels`"),
            some => some
                .iter()
                .map(|name| format!("`{}`", shown(name)))
                .collect::<Vec<_>>()
                .join(" or "),
        };
        return Err(Trouble::Nothing(format!("no line has {wanted}: there is nothing to measure")));
    }
    let limits = Limits { tolerance: args.tolerance, strict: args.strict };
    let comparison = baseline.map(|baseline| compare(&baseline, &evaluation, limits, &args.labels));
    match args.format {
        EvalFormat::Human => {
            output.write_painted(&human::text(&evaluation, output.width()))?;
        }
        EvalFormat::Json => {
            let json = serde_json::to_string_pretty(&evaluation);
            let json = json.map_err(|error| Trouble::Output(error.into()))?;
            output.write(safe::json(&json).as_bytes())?;
            output.write(b"\n")?;
        }
        EvalFormat::Html => output.write(tribunal_eval::html(&evaluation).as_bytes())?,
        EvalFormat::Markdown => {
            output.write(safe::lines(&tribunal_eval::markdown(&evaluation)).as_bytes())?;
        }
    }
    output.finish()?;
    if let Some(comparison) = &comparison {
        against::tell(comparison, limits);
    }
    match cut {
        Some(trouble) => Err(trouble),
        None if evaluation.interrupted => Ok(Exit::Interrupted),
        None if comparison.is_some_and(|comparison| comparison.regressed()) => Ok(Exit::Regressed),
        None if unjudged => Ok(Exit::Unjudged),
        None => Ok(Exit::Fine),
    }
}
