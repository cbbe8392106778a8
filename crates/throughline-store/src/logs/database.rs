//! The database behind the buffer: inserting with its caps, and asking.

use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Transaction, params};
use throughline_model::event::{Kind, Level, LogEvent};

use super::buffer;
use crate::database::{self, Spec, pragma};
use crate::home::Home;
use crate::lock::Held;

/// The log among our databases. Nobody waits long for it.
const SPEC: Spec = Spec {
    file: "logs_1.sqlite",
    damaged: "logs_1.damaged.sqlite",
    // "thrl" in ASCII.
    application_id: 0x7468_726c,
    format: 1,
    patience: Duration::from_millis(100),
    when_made: "PRAGMA auto_vacuum = INCREMENTAL;",
    when_writing: "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = 1048576;",
    always: "",
    tables: TABLES,
};

/// How many rows a session may have.
pub(super) const ROWS: u32 = 1_000;

/// How large the database may get, in bytes.
pub(super) const BYTES: u64 = 8 << 20;

/// A damaged log has no row of this column; SQLite makes tables `STRICT` since 3.37.
const TABLES: &str = "
CREATE TABLE event (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    level INTEGER NOT NULL,
    kind TEXT NOT NULL,
    session TEXT NOT NULL,
    word TEXT,
    micros INTEGER,
    text TEXT
) STRICT;
CREATE INDEX event_by_session ON event (session, id);
CREATE TABLE drained (name TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
";

/// Why the log can't be used. It is never a reason for anything else to fail.
#[derive(Debug, thiserror::Error)]
#[error("can't use the log {}: {source}", path.display())]
pub struct LogError {
    /// The file.
    pub path: PathBuf,
    /// What SQLite said.
    source: rusqlite::Error,
}

/// Which events are wanted.
#[derive(Debug, Clone, Default)]
pub struct LogFilter {
    /// Of sessions whose id begins so; empty for all.
    pub sessions: Vec<String>,
    /// That matter at least so much.
    pub level: Option<Level>,
    /// Since then.
    pub since: Option<Timestamp>,
    /// Behind this row.
    pub after: i64,
    /// The last of them, so many.
    pub most: Option<u32>,
}

/// A row of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogRow {
    /// Its number: later rows have greater ones.
    pub id: i64,
    /// What it says.
    pub event: LogEvent,
}

/// The database, open.
#[derive(Debug)]
pub struct Logs {
    connection: Connection,
    path: PathBuf,
}

/// Carries what gathered in the buffer into the database, if so many bytes wait. How many events that
/// were; none if somebody else is at it.
///
/// # Errors
/// [`LogError`]; then what waits goes on waiting.
pub fn drain(home: &Home, due: u64) -> Result<usize, LogError> {
    if buffer::waiting(home) < due.max(1) {
        return Ok(0);
    }
    let Ok(_lock) = Held::acquire(&home.file("logs.lock"), Duration::ZERO) else { return Ok(0) };
    // That it can't be parked now is said by what stays there.
    let _ = buffer::park(home);
    let mut logs = Logs::open(home)?;
    let mut taken = 0;
    for path in buffer::parked(home) {
        taken += logs.take(&path)?;
        if buffer::remove(&path).is_ok() {
            logs.forget(&path)?;
        }
    }
    logs.give_back()?;
    Ok(taken)
}

impl Logs {
    /// Opens it for writing; makes it if there is none, and puts a damaged one aside.
    ///
    /// # Errors
    /// [`LogError`], if the file system does not let us, or somebody holds it.
    pub fn open(home: &Home) -> Result<Self, LogError> {
        let path = SPEC.path(home);
        match Self::open_existing(&path) {
            Err(error) if error.is_damaged() => {
                SPEC.put_aside(home).map_err(|_| error)?;
                Self::open_existing(&path)
            }
            opened => opened,
        }
    }

    fn open_existing(path: &std::path::Path) -> Result<Self, LogError> {
        match SPEC.open(path) {
            Ok(connection) => Ok(Self { connection, path: path.to_owned() }),
            Err(source) => Err(LogError { path: path.to_owned(), source }),
        }
    }

    /// Opens it for reading; `None`, if there is none.
    ///
    /// # Errors
    /// [`LogError`], if it is damaged or can't be read.
    pub fn read(home: &Home) -> Result<Option<Self>, LogError> {
        let path = SPEC.path(home);
        match SPEC.read(&path) {
            Ok(connection) => Ok(connection.map(|connection| Self { connection, path })),
            Err(source) => Err(LogError { path, source }),
        }
    }

    fn run<T>(&self, run: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, LogError> {
        run(&self.connection).map_err(|source| LogError { path: self.path.clone(), source })
    }

    /// Takes a parked buffer in, once.
    fn take(&mut self, parked: &std::path::Path) -> Result<usize, LogError> {
        let name = name_of(parked);
        // What can't be read stays until it can.
        let Ok(events) = buffer::events(parked) else { return Ok(0) };
        let failed = |source| LogError { path: self.path.clone(), source };
        let behaviour = rusqlite::TransactionBehavior::Immediate;
        let transaction = self.connection.transaction_with_behavior(behaviour).map_err(failed)?;
        let taken = insert(&transaction, &name, &events).map_err(failed)?;
        transaction.commit().map_err(failed)?;
        Ok(taken)
    }

    /// A name whose file is gone can't come again.
    fn forget(&self, parked: &std::path::Path) -> Result<(), LogError> {
        self.run(|connection| {
            connection.execute("DELETE FROM drained WHERE name = ?1", [name_of(parked)]).map(drop)
        })
    }

    /// Gives free pages back to the file system.
    fn give_back(&self) -> Result<(), LogError> {
        self.run(|connection| {
            connection.execute_batch("PRAGMA incremental_vacuum; PRAGMA wal_checkpoint(TRUNCATE);")
        })
    }

    /// The events that are wanted, oldest first.
    ///
    /// # Errors
    /// [`LogError`], if it is damaged.
    pub fn rows(&self, filter: &LogFilter) -> Result<Vec<LogRow>, LogError> {
        let least = filter.level.map_or(0, number);
        let since = filter.since.map_or(i64::MIN, |since| since.as_millisecond());
        let most = filter.most.map_or(-1, i64::from);
        let any = |row: &LogRow| {
            let session = row.event.session.as_deref().unwrap_or_default();
            filter.sessions.is_empty()
                || filter.sessions.iter().any(|wanted| session.starts_with(wanted))
        };
        let mut rows = self.run(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT id, at, level, kind, session, word, micros, text FROM event \
                 WHERE id > ?1 AND at >= ?2 AND level >= ?3 ORDER BY id DESC",
            )?;
            let rows = statement.query_map(params![filter.after, since, least], row_of)?;
            let rows =
                rows.filter_map(|row| row.transpose()).filter(|row| row.as_ref().map_or(true, any));
            let most = usize::try_from(most).unwrap_or(usize::MAX);
            rows.take(most).collect::<rusqlite::Result<Vec<_>>>()
        })?;
        rows.reverse();
        Ok(rows)
    }

    /// How large it is, in bytes, with what is not in its main file yet.
    pub fn size(&self) -> u64 {
        database::size(&self.path)
    }
}

impl LogError {
    /// Whether making it anew helps.
    fn is_damaged(&self) -> bool {
        use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
        match &self.source {
            rusqlite::Error::InvalidQuery => true,
            source => matches!(source.sqlite_error_code(), Some(DatabaseCorrupt | NotADatabase)),
        }
    }
}

fn name_of(path: &std::path::Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn insert(
    transaction: &Transaction<'_>,
    name: &str,
    events: &[LogEvent],
) -> rusqlite::Result<usize> {
    let known = transaction
        .query_row("SELECT 1 FROM drained WHERE name = ?1", [name], |_| Ok(()))
        .optional()?;
    if known.is_some() {
        return Ok(0);
    }
    transaction.execute("INSERT INTO drained VALUES (?1)", [name])?;
    let mut statement = transaction.prepare_cached(
        "INSERT INTO event (at, level, kind, session, word, micros, text) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    let mut sessions: Vec<&str> = Vec::new();
    for event in events {
        let session = event.session.as_deref().unwrap_or_default();
        let micros = event.micros.map(|micros| i64::try_from(micros).unwrap_or(i64::MAX));
        let (at, level, kind) =
            (event.at.as_millisecond(), number(event.level), event.kind.as_str());
        statement.execute(params![at, level, kind, session, event.word, micros, event.text])?;
        sessions.push(session);
    }
    sessions.sort_unstable();
    sessions.dedup();
    prune(transaction, &sessions)?;
    Ok(events.len())
}

/// First within each session that grew, then as a whole, a tenth at a time.
fn prune(transaction: &Transaction<'_>, sessions: &[&str]) -> rusqlite::Result<()> {
    let mut of_session = transaction.prepare_cached(
        "DELETE FROM event WHERE session = ?1 AND id <= \
         (SELECT id FROM event WHERE session = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)",
    )?;
    for session in sessions {
        of_session.execute(params![session, ROWS])?;
    }
    while used(transaction)? > BYTES {
        let gone = transaction.execute(
            "DELETE FROM event WHERE id IN (SELECT id FROM event ORDER BY id LIMIT \
             (SELECT count(*) / 10 + 1 FROM event))",
            [],
        )?;
        if gone == 0 {
            break;
        }
    }
    Ok(())
}

/// Bytes in pages that hold something.
fn used(connection: &Connection) -> rusqlite::Result<u64> {
    let pages = pragma(connection, "page_count")? - pragma(connection, "freelist_count")?;
    Ok(u64::try_from(pages * pragma(connection, "page_size")?).unwrap_or(0))
}

fn number(level: Level) -> u8 {
    match level {
        Level::Info => 0,
        Level::Warn => 1,
        Level::Error => 2,
    }
}

/// A row of a kind that this program does not know is passed over.
fn row_of(row: &rusqlite::Row<'_>) -> rusqlite::Result<Option<LogRow>> {
    let (level, kind): (u8, String) = (row.get(2)?, row.get(3)?);
    let at: i64 = row.get(1)?;
    let level = Level::ALL.into_iter().find(|known| number(*known) == level);
    let (Some(level), Some(kind), Ok(at)) =
        (level, Kind::parse(&kind), Timestamp::from_millisecond(at))
    else {
        return Ok(None);
    };
    let session: String = row.get(4)?;
    let micros: Option<i64> = row.get(6)?;
    let event = LogEvent {
        at,
        level,
        kind,
        session: Some(session).filter(|session| !session.is_empty()),
        word: row.get(5)?,
        micros: micros.and_then(|micros| u64::try_from(micros).ok()),
        text: row.get(7)?,
    };
    Ok(Some(LogRow { id: row.get(0)?, event }))
}
