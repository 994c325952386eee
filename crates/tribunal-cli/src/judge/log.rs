//! `--log`: each run is a line of a decision log too.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, ValueEnum};
use tribunal_core::{Report, Snapshot};
use tribunal_log::{DecisionId, DecisionLog, FileSink, LogBuilder, LogCounters, StartError};

use crate::exit::Trouble;
use crate::log::KeySource;

/// How long to wait at the end for what is still to be written.
const AT_END: Duration = Duration::from_secs(30);
/// How long to wait for room.
const FOR_ROOM: Duration = Duration::from_millis(1);

/// What `tribunal judge` is told of a log.
#[derive(Debug, Args)]
pub(crate) struct JudgeLogArgs {
    /// Also write a line for each run to this decision log, which is made or gone on with
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
    /// What of the texts goes into the log; nothing unless given
    #[arg(long, value_enum, requires = "log")]
    log_text: Option<LogText>,
    /// A key for the hashes of the log: a file with 64 hexadecimal digits, or `env:NAME`
    #[arg(long, value_name = "FILE|env:NAME", requires = "log")]
    log_key: Option<KeySource>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LogText {
    /// Snapshots without what critics point at, and the messages of violations
    Redacted,
    /// Snapshots as they are, and all that critics say
    Raw,
}

/// A log that is open, and its name.
#[derive(Debug, Clone)]
pub(super) struct JudgeLog {
    path: PathBuf,
    log: DecisionLog,
}

impl JudgeLog {
    /// Opens it, if one is asked for.
    pub(super) fn of(args: &JudgeLogArgs) -> Result<Option<Self>, Trouble> {
        let Some(path) = &args.log else { return Ok(None) };
        let mut builder = DecisionLog::builder();
        builder = match args.log_text {
            None => builder,
            Some(LogText::Redacted) => builder.with_text(),
            Some(LogText::Raw) => builder.with_text().raw_text(),
        };
        if let Some(key) = &args.log_key {
            builder = builder.key(key.read()?);
        }
        let unfit = |error: StartError| Trouble::Unfit {
            path: path.clone(),
            problem: format!("cannot be the log: {error}"),
        };
        let log = start(builder, path).map_err(unfit)?;
        Ok(Some(Self { path: path.clone(), log }))
    }

    /// A line for this run. Waits for room: here a complete log is worth more than pace.
    pub(super) async fn record(&self, report: &Report, snapshot: &Snapshot) -> Option<DecisionId> {
        while !self.log.has_room() {
            tokio::time::sleep(FOR_ROOM).await;
        }
        self.log.record(report, Some(snapshot), None)
    }

    /// What has become of its lines so far.
    pub(super) fn counters(&self) -> LogCounters {
        self.log.counters()
    }

    /// Everything is written, or it is told that it is not.
    pub(super) fn finish(self) -> Result<(), Trouble> {
        let closed = self.log.close(AT_END);
        let missing = closed.counters.never_written() + closed.counters.queued;
        if closed.in_time && missing == 0 {
            return Ok(());
        }
        let problem = format!("lacks {missing} decisions that could not be written");
        Err(Trouble::Unfit { path: self.path, problem })
    }
}

#[cfg(feature = "sqlite")]
fn start(builder: LogBuilder, path: &Path) -> Result<DecisionLog, StartError> {
    let is_database = ["db", "sqlite", "sqlite3"];
    let extension = path.extension().and_then(|extension| extension.to_str());
    if extension.is_some_and(|extension| is_database.contains(&extension)) {
        return builder.start(tribunal_log_sqlite::SqliteSink::new(path));
    }
    builder.start(FileSink::new(path).keep(None))
}

#[cfg(not(feature = "sqlite"))]
fn start(builder: LogBuilder, path: &Path) -> Result<DecisionLog, StartError> {
    builder.start(FileSink::new(path).keep(None))
}
