//! `--report`: one page with what all runs came to, or with all of a single one.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde_json::{Value, json};
use tribunal_core::{Report, Snapshot};
use tribunal_picture::{Album, Plan, Run, Texts};
use tribunal_production::Outline;

use crate::exit::Trouble;
use crate::lines::{Output, Place};

#[derive(Debug, Args)]
pub(crate) struct PictureArgs {
    /// Also write a page with timelines, gates, evidence and costs to this file
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<PathBuf>,
    /// How much of the texts that page shows
    #[arg(long, value_enum, value_name = "HOW", default_value_t = HowMuch::Redacted, requires = "report")]
    pub(crate) report_text: HowMuch,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum HowMuch {
    /// Nothing
    None,
    /// What critics point at is marked; secrets and personal data are replaced
    Redacted,
    /// Everything as it is
    Raw,
}

/// The page as it grows.
pub(crate) struct Picture {
    album: Album,
    output: Output,
}

impl Picture {
    /// What the command line asks for. The file is opened now, so that nothing is judged that cannot be written.
    pub(crate) fn open(
        args: &PictureArgs,
        title: &str,
        outline: &Outline,
    ) -> Result<Option<Self>, Trouble> {
        let Some(path) = &args.report else { return Ok(None) };
        let texts = match args.report_text {
            HowMuch::None => Texts::None,
            HowMuch::Redacted => Texts::Redacted,
            HowMuch::Raw => Texts::Raw,
        };
        let plan = Plan::of(serde_json::to_value(outline).unwrap_or_default());
        let album = Album::new(title, texts).plan(plan);
        Ok(Some(Self { album, output: Output::open(Some(path))? }))
    }

    /// The next line; nothing for one that could not be judged.
    pub(crate) fn take(&mut self, drawn: Option<(Run, Option<Value>)>) {
        match drawn {
            Some((run, snapshot)) => self.album.add(run, snapshot),
            None => self.album.add_unjudged(),
        }
    }

    /// The page is written.
    pub(crate) fn finish(self) -> Result<(), Trouble> {
        let Self { album, mut output } = self;
        output.write(album.html().as_bytes())?;
        output.finish()
    }
}

/// A report, and what a page is made from where one was asked for.
pub(crate) struct Drawable {
    pub(crate) report: Report,
    drawn: Option<(Run, Option<Value>)>,
}

impl Drawable {
    /// Of one of which no page is made.
    pub(crate) const fn plain(report: Report) -> Self {
        Self { report, drawn: None }
    }

    /// Of one of which a page is made.
    pub(crate) fn of(
        report: Report,
        place: &Place,
        id: &Value,
        snapshot: &Snapshot,
        with_text: bool,
    ) -> Self {
        let mut json = serde_json::to_value(&report).unwrap_or_default();
        if let Some(members) = json.as_object_mut() {
            members.insert("id".into(), id.clone());
            members.insert("line".into(), json!(place.line));
            members.insert("input".into(), json!(&*place.input));
        }
        let snapshot = with_text.then(|| snapshot.to_json());
        Self { report, drawn: Run::of(json).ok().map(|run| (run, snapshot)) }
    }

    /// What goes to the page.
    pub(crate) const fn drawn(&mut self) -> Option<(Run, Option<Value>)> {
        self.drawn.take()
    }
}
