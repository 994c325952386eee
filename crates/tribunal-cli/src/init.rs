//! `tribunal init`: a config to start from, for a use. The files themselves are `config/uses/*.toml`.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::exit::{Exit, Trouble};
use crate::ink;
use crate::lines::Output;
use crate::safe::shown;

const EXAMPLE: &str = "\
Examples:
  tribunal init                                         the uses there are
  tribunal init --use chat-input                        writes chat-input.toml
  tribunal init --use rag --output config/rag.toml";

/// What `tribunal init` is told.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLE)]
pub(crate) struct InitArgs {
    /// What the config is for; without it, the uses are listed and nothing is written
    #[arg(long = "use", value_enum, value_name = "USE")]
    purpose: Option<Use>,
    /// Where to write it; `-` is standard output. Without it, the name of the use and `.toml`
    #[arg(short, long, value_name = "FILE", requires = "purpose")]
    output: Option<PathBuf>,
    /// Take the place of a file that is there
    #[arg(long, requires = "purpose")]
    force: bool,
}

/// What a config can be for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Use {
    /// What people type, before a model sees it
    ChatInput,
    /// What a model answers, before people see it
    ChatOutput,
    /// What an agent wants to do, before it is done, and what came back
    ToolCalls,
    /// Documents that a search brought in, and the answer made of them
    Rag,
    /// Lines whose truth is known, and nightly runs: every critic looks at everything
    BatchEval,
}

impl Use {
    const fn text(self) -> &'static str {
        match self {
            Self::ChatInput => include_str!("../../../config/uses/chat-input.toml"),
            Self::ChatOutput => include_str!("../../../config/uses/chat-output.toml"),
            Self::ToolCalls => include_str!("../../../config/uses/tool-calls.toml"),
            Self::Rag => include_str!("../../../config/uses/rag.toml"),
            Self::BatchEval => include_str!("../../../config/uses/batch-eval.toml"),
        }
    }

    /// As it is written on the command line, and what it is for.
    fn told(self) -> (String, String) {
        let Some(value) = self.to_possible_value() else { return Default::default() };
        let help = value.get_help().map(ToString::to_string).unwrap_or_default();
        (value.get_name().to_owned(), help)
    }
}

/// Writes the config, or says which there are.
pub(crate) fn run(args: &InitArgs) -> Result<Exit, Trouble> {
    let Some(purpose) = args.purpose else { return list() };
    // Where it goes there is no schema beside it yet, and an editor would complain.
    let text = purpose.text();
    let text = text.strip_prefix("#:schema ../tribunal.schema.json\n").unwrap_or(text);
    if args.output.as_ref().is_some_and(|path| path.as_os_str() == "-") {
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(Trouble::output)?;
        return Ok(Exit::Fine);
    }
    let (name, _) = purpose.told();
    let path = args.output.clone().unwrap_or_else(|| format!("{name}.toml").into());
    let trouble = |error| Trouble::file("write", &path)(error);
    if args.force {
        let mut output = Output::open(Some(&path))?;
        output.write(text.as_bytes())?;
        output.finish()?;
    } else {
        // Asked and made in one step: what appears in between is not lost either.
        let file = OpenOptions::new().write(true).create_new(true).open(&path);
        let mut file = file.map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => Trouble::Unfit {
                path: path.clone(),
                problem: String::from("is there already; `--force` takes its place"),
            },
            _ => trouble(error),
        })?;
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(trouble)?;
    }
    let file = shown(&path.to_string_lossy());
    say(&format!(
        "wrote {file}\n\n\
         what it comes to:  tribunal plan --config {file}\n\
         try it:            tribunal judge --config {file} snapshots.jsonl\n\
         for your editor:   tribunal schema --output tribunal.schema.json, and `#:schema \
         ./tribunal.schema.json` as its first line\n"
    ))
}

fn list() -> Result<Exit, Trouble> {
    let mut text = String::from("a config to start from, with `tribunal init --use USE`:\n\n");
    for purpose in Use::value_variants() {
        let (name, help) = purpose.told();
        text.push_str(&format!("  {}  {help}\n", ink::bold(format!("{name:<11}"))));
    }
    say(&text)
}

fn say(text: &str) -> Result<Exit, Trouble> {
    let mut output = Output::open(None)?;
    output.write_painted(text)?;
    output.finish()?;
    Ok(Exit::Fine)
}
