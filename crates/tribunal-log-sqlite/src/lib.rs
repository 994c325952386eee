//! The decision log in SQLite: the same lines as in a file, one a row, chained in the same way.
//!
//! One table, `lines`: `seq` is the number of a line, `line` the line without its line feed. Decision ids and trace ids
//! are indexed; everything else is a question to SQLite's own JSON functions:
//!
//! ```sql
//! SELECT line FROM lines WHERE json_extract(line, '$.decision_id') = '019a...';
//! SELECT json_extract(line, '$.verdict'), count(*) FROM lines GROUP BY 1;
//! ```
//!
//! A batch is a transaction. The journal is a write-ahead log, so readers and the writer do not wait for each other, and
//! a power cut may cost the last batches but never the database.
//!
//! ```
//! use std::time::Duration;
//! use tribunal_log::DecisionLog;
//! use tribunal_log_sqlite::{SqliteSink, each_line};
//!
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("decisions.sqlite");
//! let log = DecisionLog::builder().start(SqliteSink::new(&path))?;
//! assert!(log.close(Duration::from_secs(5)).in_time);
//! let mut lines = 0;
//! each_line(&path, &mut |_, _| { lines += 1; true })?;
//! assert_eq!(lines, 1); // it says that the log was opened
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, OptionalExtension as _, params};
use thiserror::Error;
use tribunal_log::{Batch, Chain, Resume, Sink, SinkError};

/// How long to wait for someone else who writes to the database.
const BUSY: Duration = Duration::from_secs(5);

const SCHEMA: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
    CREATE TABLE IF NOT EXISTS lines (seq INTEGER PRIMARY KEY, line TEXT NOT NULL) STRICT;
    CREATE INDEX IF NOT EXISTS lines_by_decision ON lines (json_extract(line, '$.decision_id'));
    CREATE INDEX IF NOT EXISTS lines_by_trace ON lines (json_extract(line, '$.trace_id'));
";

/// What is there already counts as put there, since a batch may be given twice.
const PUT: &str = "
    INSERT INTO lines (seq, line) VALUES (?1, ?2)
    ON CONFLICT (seq) DO UPDATE SET line = line WHERE line = excluded.line";

/// Why a database cannot be the log, or cannot be read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SqliteError {
    /// SQLite says so.
    #[error("`{path}`: {source}")]
    Sqlite {
        /// Which database.
        path: PathBuf,
        /// Why.
        source: rusqlite::Error,
    },
    /// Its last line has been changed, or was written with another key.
    #[error(
        "the last line in `{0}` is not one of a decision log with this key: verify it, and move it away"
    )]
    NotALog(PathBuf),
    /// Another log has put another line there.
    #[error("line {0} is there already, and is another: does something else write this log?")]
    Taken(u64),
}

impl From<SqliteError> for SinkError {
    fn from(error: SqliteError) -> Self {
        Self::new(error)
    }
}

/// Writes lines to a database, which is made when it is not there.
pub struct SqliteSink {
    path: PathBuf,
    connection: Option<Connection>,
}

impl SqliteSink {
    /// To the database at this path.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), connection: None }
    }
}

impl fmt::Debug for SqliteSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteSink").field("path", &self.path).finish_non_exhaustive()
    }
}

fn at(path: &Path) -> impl Fn(rusqlite::Error) -> SqliteError {
    move |source| SqliteError::Sqlite { path: path.to_owned(), source }
}

impl Sink for SqliteSink {
    fn open(&mut self, chain: &Chain) -> Result<Resume, SinkError> {
        let trouble = at(&self.path);
        let connection = Connection::open(&self.path).map_err(&trouble)?;
        connection.busy_timeout(BUSY).map_err(&trouble)?;
        connection.execute_batch(SCHEMA).map_err(&trouble)?;
        let last = connection
            .query_row("SELECT line FROM lines ORDER BY seq DESC LIMIT 1", [], |row| {
                row.get::<_, String>(0)
            })
            .optional()
            .map_err(&trouble)?;
        let head = match last {
            None => None,
            Some(line) => {
                let link = chain.check(line.as_bytes());
                Some(link.ok_or_else(|| SqliteError::NotALog(self.path.clone()))?.head())
            }
        };
        self.connection = Some(connection);
        Ok(Resume { head, torn: None })
    }

    fn write(&mut self, batch: &Batch<'_>) -> Result<(), SinkError> {
        let trouble = at(&self.path);
        let Some(connection) = &mut self.connection else { return Err(SinkError::new("not open")) };
        let transaction = connection.transaction().map_err(&trouble)?;
        {
            let mut put = transaction.prepare_cached(PUT).map_err(&trouble)?;
            for (seq, line) in batch.lines() {
                let line = std::str::from_utf8(line).map_err(SinkError::new)?;
                let number = i64::try_from(seq).map_err(SinkError::new)?;
                if put.execute(params![number, line]).map_err(&trouble)? == 0 {
                    return Err(SqliteError::Taken(seq).into());
                }
            }
        }
        Ok(transaction.commit().map_err(trouble)?)
    }

    fn close(&mut self) -> Result<(), SinkError> {
        let trouble = at(&self.path);
        match self.connection.take().map(Connection::close) {
            None | Some(Ok(())) => Ok(()),
            Some(Err((_, error))) => Err(trouble(error).into()),
        }
    }
}

/// Calls `visit` with each line and its number, in order, until it says `false`.
///
/// # Errors
///
/// [`SqliteError`] when there is no such database, or no log in it.
pub fn each_line(
    path: &Path,
    visit: &mut dyn FnMut(u64, &[u8]) -> bool,
) -> Result<(), SqliteError> {
    let trouble = at(path);
    // Not to be made here; the write-ahead log may have to be looked through all the same.
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(&trouble)?;
    connection.busy_timeout(BUSY).map_err(&trouble)?;
    let mut all =
        connection.prepare("SELECT seq, line FROM lines ORDER BY seq").map_err(&trouble)?;
    let mut rows = all.query([]).map_err(&trouble)?;
    while let Some(row) = rows.next().map_err(&trouble)? {
        let seq: i64 = row.get(0).map_err(&trouble)?;
        let line = row.get_ref(1).map_err(&trouble)?.as_bytes();
        let line = line.map_err(|error| trouble(error.into()))?;
        if !visit(u64::try_from(seq).unwrap_or_default(), line) {
            break;
        }
    }
    Ok(())
}
