//! `tribunal judge`: snapshots in, reports out, one for each line and in the same order.
//!
//! What all such commands do alike is in [`crate::lines`]; [`jsonl`] or [`human`] writes down what a line came to,
//! and [`totals`] counts it.

mod human;
mod jsonl;
mod log;
mod redact;
mod totals;

use std::io::{self, IsTerminal as _};
use std::time::Duration;

use indicatif::ProgressBar;
use tokio::time::Instant;
use tribunal_core::Report;
use tribunal_production::ProductionOrchestrator;

use crate::args::{FailOn, JudgeArgs, ReportFormat};
use crate::exit::{Exit, Trouble};
use crate::lines::{self, Ended, Input, Judged, Line, Output, Pace, Sink};
use crate::pipeline;
use human::Human;
use log::JudgeLog;
pub(crate) use log::JudgeLogArgs;
use redact::Redact;

/// Judges every line of every input.
pub(crate) fn run(args: &JudgeArgs) -> Result<Exit, Trouble> {
    // Everything that can be wrong beforehand is found before anything is judged.
    let inputs = Input::all(&args.inputs, io::stdin().is_terminal())?;
    let court = pipeline::load(&args.config)?.court;
    let redact = Redact::of(args, &court)?;
    let output = Output::open(args.output.as_deref())?;
    let log = JudgeLog::of(&args.log)?;
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Trouble::Start)?;
    let done = runtime.block_on(judge(args, inputs, court, (redact, log.clone()), output));
    // A read from standard input cannot be called off; the process does not wait for it.
    runtime.shutdown_background();
    let logged = log.map_or(Ok(()), JudgeLog::finish);
    let exit = done?;
    logged.map(|()| exit)
}

async fn judge(
    args: &JudgeArgs,
    inputs: Vec<Input>,
    court: ProductionOrchestrator,
    (redact, log): (Option<Redact>, Option<JudgeLog>),
    output: Output,
) -> Result<Exit, Trouble> {
    let pace = Pace {
        // The pipeline's own limit is kept here, so that no run spends its time in the pipeline's queue.
        in_flight: args.pace.in_flight.get().min(court.max_runs()),
        longest: args.pace.max_line_bytes.get(),
    };
    let mut writing = Writing {
        progress: progress(args, &inputs),
        human: (args.format == ReportFormat::Human).then(|| Human::new(court.critics())),
        output,
        fail_on: args.fail_on,
        reached: false,
        unjudged: false,
    };

    let started = Instant::now();
    let renders = args.format == ReportFormat::Jsonl;
    let judging =
        |line| one(court.clone(), (redact.clone(), log.clone()), line, pace.longest, renders);
    match lines::each(inputs, &pace, judging, &mut writing).await? {
        Some(ended) => writing.finish(ended, started.elapsed()),
        // A file to write stays as it was.
        None => Ok(Exit::Interrupted),
    }
}

/// Judges one line.
async fn one(
    court: ProductionOrchestrator,
    (redact, log): (Option<Redact>, Option<JudgeLog>),
    line: Line,
    longest: usize,
    renders: bool,
) -> Judged<Report> {
    let Line { place, text, consumed } = line;
    let (id, snapshot) = lines::snapshot(text, longest);
    let mut redacted = None;
    let result = match snapshot {
        Ok(snapshot) => {
            // A copy costs a pointer.
            let result = court.run_all(snapshot.clone()).await;
            if let Ok(report) = &result {
                redacted = redact.map(|redact| redact.redacted(report, &snapshot));
                if let Some(log) = log {
                    log.record(report, &snapshot).await;
                }
            }
            result.map_err(|error| error.to_string())
        }
        Err(why) => Err(why),
    };
    let rendered = renders.then(|| jsonl::line(&place, &id, &result, redacted.as_ref()));
    Judged { place, id, result, rendered, consumed }
}

/// How far it is; nothing where reports go to the same terminal.
fn progress(args: &JudgeArgs, inputs: &[Input]) -> ProgressBar {
    let in_the_way =
        args.format == ReportFormat::Jsonl && args.output.is_none() && io::stdout().is_terminal();
    if in_the_way { ProgressBar::hidden() } else { lines::progress(inputs) }
}

/// Takes what lines came to: writes, shows and counts.
struct Writing {
    progress: ProgressBar,
    human: Option<Human>,
    output: Output,
    fail_on: FailOn,
    reached: bool,
    unjudged: bool,
}

impl Sink<Report> for Writing {
    fn take(&mut self, judged: Judged<Report>) -> Result<(), Trouble> {
        match &judged.result {
            Ok(report) => self.reached |= self.fail_on.is_reached_by(report.verdict),
            Err(_) => self.unjudged = true,
        }
        self.progress.inc(judged.consumed);
        if let Some(line) = &judged.rendered {
            self.output.write(line)?;
        }
        if let Some(human) = &mut self.human {
            human.take(judged);
            self.progress.set_message(human.judged().to_string());
        }
        Ok(())
    }

    fn idle(&mut self) -> Result<(), Trouble> {
        self.output.flush()
    }
}

impl Writing {
    fn finish(mut self, ended: Ended, elapsed: Duration) -> Result<Exit, Trouble> {
        self.progress.finish_and_clear();
        if let Some(human) = self.human.take() {
            let text = human.finish(elapsed, self.output.width());
            self.output.write_painted(&text)?;
        }
        self.output.finish()?;
        match ended {
            Ended::Cut(trouble) => Err(trouble),
            Ended::Stopped => Ok(Exit::Interrupted),
            Ended::Read if self.reached => Ok(Exit::Reached),
            Ended::Read if self.unjudged => Ok(Exit::Unjudged),
            Ended::Read => Ok(Exit::Fine),
        }
    }
}
