//! `tribunal train`: labelled JSON lines to a model file, with figures of how good it is.
//!
//! `train/labels.rs` decides what a line says of a label, `train/lines.rs` reads the lines, `train/table.rs` shows
//! the figures. What a model is made of is the business of `tribunal-classifier`.

mod labels;
mod lines;
mod table;

use std::io::{self, Write as _};
use std::path::PathBuf;

use clap::Args;
use tribunal_classifier::train::{Settings, train};

use self::labels::{Label, Negative};
use crate::exit::{Exit, Trouble};

const EXAMPLE: &str = "\
Each line is a JSON object: `input_text` is the text, `labels` says what is known (`{\"injection\": true}`), and a
label that is absent is unknown. `source` names where the line comes from, `context.group` keeps lines that belong
together on one side of every split, and `context.language` says that a source has texts of one language with a
label and perhaps none without.

  tribunal train --label injection --negative benign -o my.model attacks.jsonl ordinary.jsonl";

/// What `tribunal train` is told.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLE)]
pub(crate) struct TrainArgs {
    /// A label to learn. With `=A,B`: a line has it when `A` or `B` is true, and has it not when at least one of
    /// them is known and none is true
    #[arg(long = "label", value_name = "NAME[=A,B]", required = true)]
    labels: Vec<Label>,
    /// Lines that have none of the labels (or not the one before the colon), unless they say otherwise: those where
    /// this is true, or false with `=false`. The false positive rate is bounded for these too
    #[arg(long = "negative", value_name = "[LABEL:]NAME[=false]")]
    negatives: Vec<Negative>,
    /// A file of ordinary texts: they have no label that they say nothing of
    #[arg(long, value_name = "FILE")]
    ordinary: Vec<PathBuf>,
    /// Where to write the model
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// How many of the negatives may be objected to, as a share, for all labels or for one; 0.01 unless given
    #[arg(long, value_name = "[LABEL=]SHARE", value_parser = bound)]
    max_fpr: Vec<(Option<String>, f64)>,
    /// Folds of the cross-validation
    #[arg(long, value_name = "N", default_value_t = 5)]
    folds: usize,
    /// What the folds are drawn from
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Two to the power of this many features, 8 to 22; a label takes as many bytes
    #[arg(long, value_name = "N", default_value_t = 18)]
    bits: u32,
    /// Also train without each source in turn, and measure on it
    #[arg(long)]
    leave_out_sources: bool,
    /// The licence of a source, for the header of the model
    #[arg(long = "licence", value_name = "SOURCE=LICENCE", value_parser = licence)]
    licences: Vec<(String, String)>,
    /// Files of JSON lines
    #[arg(value_name = "INPUT", required = true)]
    inputs: Vec<PathBuf>,
}

fn licence(text: &str) -> Result<(String, String), String> {
    let pair =
        text.rsplit_once('=').filter(|(source, licence)| !source.is_empty() && !licence.is_empty());
    let (source, licence) = pair.ok_or("expected `SOURCE=LICENCE`")?;
    Ok((source.to_owned(), licence.to_owned()))
}

fn bound(text: &str) -> Result<(Option<String>, f64), String> {
    let (label, share) = match text.rsplit_once('=') {
        Some((label, share)) => (Some(label.to_owned()), share),
        None => (None, text),
    };
    let share = share.parse::<f64>().ok().filter(|share| (0.0..=0.5).contains(share));
    share.map(|share| (label, share)).ok_or_else(|| "expected a share from 0 to 0.5".into())
}

/// Reads, trains, shows the figures and writes the model.
pub(crate) fn run(args: &TrainArgs) -> Result<Exit, Trouble> {
    labels::check(&args.labels, &args.negatives).map_err(Trouble::Usage)?;
    let mut examples = Vec::new();
    for (paths, ordinary) in [(&args.inputs, false), (&args.ordinary, true)] {
        for path in paths {
            lines::read(
                path,
                |line| labels::example(line, &args.labels, &args.negatives, ordinary),
                &mut examples,
            )?;
        }
    }
    let mut settings = Settings {
        folds: args.folds,
        seed: args.seed,
        leave_out_sources: args.leave_out_sources,
        ..Settings::default()
    };
    settings.features.bits = args.bits;
    for (label, share) in &args.max_fpr {
        match label {
            None => settings.max_fpr = *share,
            Some(label) => {
                labels::known(&args.labels, "--max-fpr", label).map_err(Trouble::Usage)?;
                settings.max_fpr_of.insert(label.clone(), *share);
            }
        }
    }
    let names: Vec<String> = args.labels.iter().map(|label| label.name.clone()).collect();
    let trained = train(&names, examples, &args.licences, &settings).map_err(Trouble::Train)?;
    let bytes = trained.model.to_bytes();
    write(args, &bytes)?;
    let mut out = io::stdout().lock();
    let shown = table::show(&trained, settings.folds);
    let path = crate::safe::shown(&args.output.to_string_lossy());
    let size = bytes.len().div_ceil(1024);
    writeln!(out, "{shown}\nmodel {} of {size} KiB written to {path}", trained.model.version())
        .and_then(|()| out.flush())
        .map_err(Trouble::output)?;
    Ok(Exit::Fine)
}

/// As a whole or not at all.
fn write(args: &TrainArgs, bytes: &[u8]) -> Result<(), Trouble> {
    let failed = |error| Trouble::file("write", &args.output)(error);
    let folder = args.output.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or_else(|| std::path::Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    file.write_all(bytes).map_err(failed)?;
    file.persist(&args.output).map_err(|error| failed(error.error))?;
    Ok(())
}
