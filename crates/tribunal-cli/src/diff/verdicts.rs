//! What changes in verdicts: every snapshot of a file judged with both.

use std::io::{self, IsTerminal as _};
use std::path::Path;

use indicatif::ProgressBar;
use serde::Serialize;
use serde_json::Value;
use tribunal_config::Pipeline;
use tribunal_core::Verdict;
use tribunal_production::ProductionOrchestrator;

use super::DiffArgs;
use crate::exit::Trouble;
use crate::lines::{self, Ended, Input, Judged, Line, Pace, Sink};
use crate::safe;

/// So many lines whose verdict changes are told one by one.
const TOLD: usize = 200;

#[derive(Debug, Default, Serialize)]
pub(super) struct Verdicts {
    /// Lines that both judged.
    pub(super) judged: u64,
    /// Lines that could not be judged, by one of the two or both.
    pub(super) unjudged: u64,
    /// How many went from one verdict to another.
    pub(super) counts: Vec<Count>,
    /// Those that changed, in the order of the file, up to a bound.
    pub(super) changed: Vec<ChangedLine>,
}

#[derive(Debug, Serialize)]
pub(super) struct Count {
    pub(super) from: Verdict,
    pub(super) to: Verdict,
    pub(super) count: u64,
}

#[derive(Debug, Serialize)]
pub(super) struct ChangedLine {
    pub(super) line: u64,
    /// The line's own; null where it has none.
    pub(super) id: Value,
    pub(super) from: Verdict,
    pub(super) to: Verdict,
    /// Only where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) text: Option<String>,
}

/// What a line came to: both verdicts, and the start of its text.
struct Both {
    from: Verdict,
    to: Verdict,
    text: Option<String>,
}

impl Verdicts {
    pub(super) fn differ(&self) -> bool {
        !self.changed.is_empty()
    }
}

/// Judges with both. `None` when asked to stop.
pub(super) fn between(
    args: &DiffArgs,
    path: &Path,
    mut old: Pipeline,
    mut new: Pipeline,
) -> Result<Option<Verdicts>, Trouble> {
    let inputs = Input::all(&[path.to_owned()], io::stdin().is_terminal())?;
    // An answer that is remembered from another line changes no verdict, and takes room.
    (old.cache, new.cache) = (None, None);
    let old = old.build().map_err(Trouble::Plan)?;
    let new = new.build().map_err(Trouble::Plan)?;
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Trouble::Start)?;
    let done = runtime.block_on(async {
        let most = old.max_runs().min(new.max_runs());
        let pace = Pace {
            in_flight: args.pace.in_flight.get().min(most),
            longest: args.pace.max_line_bytes.get(),
        };
        let progress = lines::progress(&inputs);
        let mut adding = Adding { verdicts: Verdicts::default(), progress };
        let judging = |line| one(old.clone(), new.clone(), line, pace.longest, args.with_text);
        let ended = lines::each(inputs, &pace, judging, &mut adding).await?;
        adding.progress.finish_and_clear();
        match ended {
            Some(Ended::Read) => Ok(Some(adding.verdicts)),
            Some(Ended::Cut(trouble)) => Err(trouble),
            Some(Ended::Stopped) | None => Ok(None),
        }
    });
    // A read from standard input cannot be called off; the process does not wait for it.
    runtime.shutdown_background();
    done
}

async fn one(
    old: ProductionOrchestrator,
    new: ProductionOrchestrator,
    line: Line,
    longest: usize,
    with_text: bool,
) -> Judged<Both> {
    let Line { place, text, consumed } = line;
    let (id, snapshot) = lines::snapshot(text, longest);
    let result = match snapshot {
        Err(why) => Err(why),
        Ok(snapshot) => {
            let text = with_text.then(|| safe::shown(snapshot.input_text()));
            let from = old.run_all(snapshot.clone()).await;
            let to = new.run_all(snapshot).await;
            match (from, to) {
                (Ok(from), Ok(to)) => Ok(Both { from: from.verdict, to: to.verdict, text }),
                (Err(error), _) | (_, Err(error)) => Err(error.to_string()),
            }
        }
    };
    Judged { place, id, result, rendered: None, consumed }
}

struct Adding {
    verdicts: Verdicts,
    progress: ProgressBar,
}

impl Sink<Both> for Adding {
    fn take(&mut self, judged: Judged<Both>) -> Result<(), Trouble> {
        self.progress.inc(judged.consumed);
        let verdicts = &mut self.verdicts;
        let Ok(Both { from, to, text }) = judged.result else {
            verdicts.unjudged += 1;
            return Ok(());
        };
        verdicts.judged += 1;
        if from == to {
            return Ok(());
        }
        match verdicts.counts.iter_mut().find(|count| (count.from, count.to) == (from, to)) {
            Some(count) => count.count += 1,
            None => verdicts.counts.push(Count { from, to, count: 1 }),
        }
        if verdicts.changed.len() < TOLD {
            let (line, id) = (judged.place.line, judged.id);
            verdicts.changed.push(ChangedLine { line, id, from, to, text });
        }
        Ok(())
    }

    fn idle(&mut self) -> Result<(), Trouble> {
        Ok(())
    }
}
