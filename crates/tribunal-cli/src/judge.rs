//! `tribunal judge`: snapshots in, reports out, one for each line and in the same order.
//!
//! A line's way: [`input`] reads it, [`pump`] has it judged, [`jsonl`] or [`human`] writes it down, and
//! [`totals`] counts it.

mod human;
mod id;
mod input;
mod jsonl;
mod output;
mod pump;
mod redact;
mod totals;

use std::io::{self, IsTerminal as _};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressFinish, ProgressStyle};
use serde_json::Value;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tribunal_core::Snapshot;
use tribunal_production::ProductionOrchestrator;

use crate::args::{FailOn, JudgeArgs, ReportFormat};
use crate::exit::{Exit, Trouble};
use crate::pipeline;
use human::Human;
use input::{Input, Line, Text};
use output::Output;
use pump::{Ended, Judged, Sink};
use redact::Redact;

/// Lines read before there is room for them. Few: each may be as long as a line may be.
const READ_AHEAD: usize = 2;

/// Judges every line of every input.
pub(crate) fn run(args: &JudgeArgs) -> Result<Exit, Trouble> {
    // Everything that can be wrong beforehand is found before anything is judged.
    let inputs = Input::all(&args.inputs, io::stdin().is_terminal())?;
    let court = pipeline::load(&args.config)?.court;
    let redact = Redact::of(args, &court)?;
    let output = Output::open(args.output.as_deref())?;
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Trouble::Start)?;
    let done = runtime.block_on(judge(args, inputs, court, redact, output));
    // A read from standard input cannot be called off; the process does not wait for it.
    runtime.shutdown_background();
    done
}

async fn judge(
    args: &JudgeArgs,
    inputs: Vec<Input>,
    court: ProductionOrchestrator,
    redact: Option<Redact>,
    output: Output,
) -> Result<Exit, Trouble> {
    // The pipeline's own limit is kept here, so that no run spends its time in the pipeline's queue.
    let in_flight = args.in_flight.get().min(court.max_runs());
    let mut writing = Writing {
        progress: progress(args, &inputs),
        human: (args.format == ReportFormat::Human).then(|| Human::new(court.critics())),
        output,
        fail_on: args.fail_on,
        reached: false,
        unjudged: false,
    };

    let started = Instant::now();
    let (to, lines) = mpsc::channel(READ_AHEAD);
    let mut reader = JoinSet::new();
    reader.spawn(input::send_lines(inputs, args.max_line_bytes.get(), to));
    let longest = args.max_line_bytes.get();
    let renders = args.format == ReportFormat::Jsonl;
    let judging = |line| one(court.clone(), redact.clone(), line, longest, renders);
    let ended = tokio::select! {
        biased;
        ended = pump::pump(lines, judging, in_flight, interrupted(), &mut writing) => ended?,
        // Asked twice: what is in flight is not waited for, and a file to write stays as it was.
        () = interrupted_twice() => return Ok(Exit::Interrupted),
    };
    drop(reader);
    writing.finish(ended, started.elapsed())
}

/// Judges one line.
async fn one(
    court: ProductionOrchestrator,
    redact: Option<Redact>,
    line: Line,
    longest: usize,
    renders: bool,
) -> Judged {
    let Line { place, text, consumed } = line;
    let mut redacted = None;
    let (id, result) = match text {
        Text::TooLong(bytes) => {
            let why = format!("the line is {bytes} bytes long, and may be {longest}");
            (Value::Null, Err(why))
        }
        Text::Whole(bytes) => match Snapshot::from_json(&bytes) {
            Err(error) => (id::id_of(&bytes), Err(error.to_string())),
            Ok(snapshot) => {
                // The text has become a snapshot; both at once would be twice the memory.
                drop(bytes);
                let id = snapshot.attributes().get("id").cloned().unwrap_or_default();
                let judged = redact.map(|redact| (redact, snapshot.clone()));
                let result = court.run_all(snapshot).await;
                redacted = judged
                    .zip(result.as_ref().ok())
                    .map(|((redact, snapshot), report)| redact.redacted(report, &snapshot));
                (id, result.map_err(|error| error.to_string()))
            }
        },
    };
    let rendered = renders.then(|| jsonl::line(&place, &id, &result, redacted.as_ref()));
    Judged { place, id, result, rendered, consumed }
}

/// Ready once somebody asks to stop. Never, where that cannot be heard.
async fn interrupted() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending().await
    }
}

async fn interrupted_twice() {
    interrupted().await;
    interrupted().await;
}

/// How far it is, on standard error; nothing where that is no terminal, or where reports go to the same one.
fn progress(args: &JudgeArgs, inputs: &[Input]) -> ProgressBar {
    let in_the_way =
        args.format == ReportFormat::Jsonl && args.output.is_none() && io::stdout().is_terminal();
    if in_the_way {
        return ProgressBar::hidden();
    }
    let (bar, template) = match inputs.iter().map(Input::bytes).sum::<Option<u64>>() {
        Some(bytes) => (
            ProgressBar::new(bytes),
            "{bar:30} {percent:>3}% of {total_bytes}, {msg} judged, {eta} left",
        ),
        None => (ProgressBar::no_length(), "{spinner} {bytes} read, {msg} judged, {elapsed}"),
    };
    // Taken away also when it all ends early.
    let bar = bar.with_finish(ProgressFinish::AndClear);
    if !bar.is_hidden() {
        // Also while the next line is waited for.
        bar.enable_steady_tick(Duration::from_millis(200));
    }
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
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

impl Sink for Writing {
    fn take(&mut self, judged: Judged) -> Result<(), Trouble> {
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
