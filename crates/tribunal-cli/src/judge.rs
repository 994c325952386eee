//! `tribunal judge`: snapshots in, reports out, one for each line and in the same order.
//!
//! What all such commands do alike is in [`crate::lines`]; [`courts`] says who judges a line, [`jsonl`] or [`human`]
//! writes down what it came to, and [`totals`] counts it.

mod courts;
mod human;
mod jsonl;
mod log;
mod picture;
mod redact;
mod status;
mod totals;
mod trace;
mod watching;

use std::io::{self, IsTerminal as _};
use std::sync::Arc;
use std::time::Duration;

use indicatif::ProgressBar;
use tokio::time::Instant;
use tribunal_config::{Profiles, Watch};

use crate::args::{FailOn, JudgeArgs, ReportFormat};
use crate::exit::{Exit, Trouble};
use crate::lines::{self, Ended, Input, Judged, Line, Output, Pace, Sink};
use crate::pipeline;
use courts::{Choice, Courts};
use human::Human;
use log::JudgeLog;
pub(crate) use log::JudgeLogArgs;
pub(crate) use picture::PictureArgs;
use picture::{Drawable, HowMuch, Picture};
use redact::Redact;
pub(crate) use status::StatusArgs;
use status::Told;
pub(crate) use trace::JudgeTraceArgs;
use trace::JudgeTraces;

/// Judges every line of every input.
pub(crate) fn run(args: &JudgeArgs) -> Result<Exit, Trouble> {
    // Everything that can be wrong beforehand is found before anything is judged.
    let inputs = Input::all(&args.inputs, io::stdin().is_terminal())?;
    let (courts, watch) = open(args)?;
    let redact = Redact::of(args, &courts.critics())?;
    let output = Output::open(args.output.as_deref())?;
    let picture = Picture::open(&args.picture, &pipeline::name(&args.config), &courts.outline())?;
    let log = JudgeLog::of(&args.log)?;
    let traces = JudgeTraces::of(&args.trace)?;
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Trouble::Start)?;
    let (told, serving) = match &args.status.status {
        Some(address) => {
            let told = Told::new(&pipeline::name(&args.config));
            let serving = runtime.block_on(told.serve(address, courts.base(), log.clone()))?;
            (Some(told), Some(serving))
        }
        None => (None, None),
    };
    let beside = (redact, log.clone(), told, traces.clone());
    let judging = judge(args, inputs, courts, watch, beside, (output, picture));
    let done = runtime.block_on(judging);
    if let Some(mut serving) = serving {
        runtime.block_on(serving.shutdown());
    }
    // A read from standard input cannot be called off; the process does not wait for it.
    runtime.shutdown_background();
    let logged = log.map_or(Ok(()), JudgeLog::finish);
    traces.into_iter().for_each(JudgeTraces::finish);
    let exit = done?;
    logged.map(|()| exit)
}

/// Those who judge, and where asked for, the watch over their config.
fn open(args: &JudgeArgs) -> Result<(Arc<Courts>, Option<Watch>), Trouble> {
    let choice = Choice::of(args)?;
    let (profiles, watch) = if args.watch {
        let (catalogue, environment) = (pipeline::catalogue(), pipeline::environment);
        let started = Watch::start(pipeline::layers(&args.config)?, &catalogue, &environment);
        let (watch, loaded) = started.map_err(pipeline::refused)?;
        (loaded.profiles, Some(watch))
    } else if choice.is_some() {
        let profiles = pipeline::understand(&pipeline::layers(&args.config)?);
        (profiles.map_err(pipeline::refused)?, None)
    } else {
        (Profiles::only(pipeline::read(&args.config)?.1), None)
    };
    Ok((Arc::new(Courts::build(profiles, choice)?), watch))
}

/// What is made of each run besides its report.
type Beside = (Option<Redact>, Option<JudgeLog>, Option<Told>, Option<JudgeTraces>);

async fn judge(
    args: &JudgeArgs,
    inputs: Vec<Input>,
    courts: Arc<Courts>,
    watch: Option<Watch>,
    beside: Beside,
    (output, picture): (Output, Option<Picture>),
) -> Result<Exit, Trouble> {
    let pace = Pace {
        // The pipeline's own limit is kept here, so that no run spends its time in the pipeline's queue.
        in_flight: args.pace.in_flight.get().min(courts.max_runs()),
        longest: args.pace.max_line_bytes.get(),
    };
    let mut writing = Writing {
        progress: progress(args, &inputs),
        human: (args.format == ReportFormat::Human).then(|| Human::new(&courts.critics())),
        output,
        picture,
        fail_on: args.fail_on,
        reached: false,
        unjudged: false,
    };

    let started = Instant::now();
    let wanted = Wanted {
        renders: args.format == ReportFormat::Jsonl,
        draws: args.picture.report.is_some(),
        with_text: args.picture.report_text != HowMuch::None,
        longest: pace.longest,
    };
    let judging = |line| one(Arc::clone(&courts), beside.clone(), line, wanted);
    let watched = async {
        match watch {
            Some(watch) => watching::watching(watch, &courts).await,
            None => std::future::pending().await,
        }
    };
    let each = lines::each(inputs, &pace, judging, &mut writing);
    let ended = tokio::select! {
        biased;
        ended = each => ended?,
        never = watched => match never {},
    };
    match ended {
        Some(ended) => writing.finish(ended, started.elapsed()),
        // A file to write stays as it was.
        None => Ok(Exit::Interrupted),
    }
}

/// What is to be made of each line.
#[derive(Clone, Copy)]
struct Wanted {
    /// A line of JSON.
    renders: bool,
    /// A part of a page.
    draws: bool,
    /// With the texts.
    with_text: bool,
    /// How long a line may be.
    longest: usize,
}

/// Judges one line.
async fn one(
    courts: Arc<Courts>,
    (redact, log, told, traces): Beside,
    line: Line,
    wanted: Wanted,
) -> Judged<Drawable> {
    let Line { place, text, consumed } = line;
    let (id, snapshot) = lines::snapshot(text, wanted.longest);
    let mut redacted = None;
    let drawn = snapshot.as_ref().ok().filter(|_| wanted.draws).cloned();
    let mut profile = None;
    let chosen = snapshot.and_then(|snapshot| Ok((courts.of(&snapshot)?, snapshot)));
    let result = match chosen {
        Ok(((court, named), snapshot)) => {
            profile = named;
            // A copy costs a pointer.
            let result = court.run_all(snapshot.clone()).await;
            if let Ok(report) = &result {
                redacted = redact.map(|redact| redact.redacted(report, &snapshot));
                let decision = match &log {
                    Some(log) => log.record(report, &snapshot).await,
                    None => None,
                };
                if let Some(told) = &told {
                    told.record(report, &snapshot, decision);
                }
                if let Some(traces) = traces {
                    traces.record(report, &snapshot).await;
                }
            }
            result.map_err(|error| error.to_string())
        }
        Err(why) => Err(why),
    };
    let rendered =
        wanted.renders.then(|| jsonl::line(&place, &id, profile, &result, redacted.as_ref()));
    let result = result.map(|report| match drawn {
        Some(snapshot) => Drawable::of(report, &place, &id, &snapshot, wanted.with_text),
        None => Drawable::plain(report),
    });
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
    picture: Option<Picture>,
    fail_on: FailOn,
    reached: bool,
    unjudged: bool,
}

impl Sink<Drawable> for Writing {
    fn take(&mut self, mut judged: Judged<Drawable>) -> Result<(), Trouble> {
        match &judged.result {
            Ok(drawable) => self.reached |= self.fail_on.is_reached_by(drawable.report.verdict),
            Err(_) => self.unjudged = true,
        }
        self.progress.inc(judged.consumed);
        if let Some(line) = &judged.rendered {
            self.output.write(line)?;
        }
        if let Some(picture) = &mut self.picture {
            picture.take(judged.result.as_mut().ok().and_then(Drawable::drawn));
        }
        if let Some(human) = &mut self.human {
            human.take(judged.map(|drawable| drawable.report));
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
        if let Some(picture) = self.picture.take() {
            picture.finish()?;
        }
        match ended {
            Ended::Cut(trouble) => Err(trouble),
            Ended::Stopped => Ok(Exit::Interrupted),
            Ended::Read if self.reached => Ok(Exit::Reached),
            Ended::Read if self.unjudged => Ok(Exit::Unjudged),
            Ended::Read => Ok(Exit::Fine),
        }
    }
}
