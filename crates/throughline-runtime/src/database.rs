//! What a database that is truth is made of, and how one is opened.
//!
//! Compatibility: its tables come from ordered migrations, and `user_version` is how many a file has had. A
//! migration only adds (a table, a column with a default, an index), so an older program goes on reading a
//! newer file; it does not write it ([`RuntimeError::Newer`]). The text of a migration that landed never
//! changes: its hash stands beside it and in the file (table `migration`), a test compares it with the
//! text, and a file whose hash differs is not written ([`RuntimeError::Altered`]).
//!
//! Locking: WAL with full syncs; each migration is one `BEGIN IMMEDIATE` transaction with its entry and the
//! new version, so a kill leaves the file before or after it. Commands wait for SQLite's locks, hooks
//! don't ([`Waiting`]): they read, and neither make, migrate nor mend.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::SignedDuration;
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};
use throughline_store::database::{self, pragma};
use throughline_store::home::Home;

use crate::RuntimeError;

/// One database: a row of [`crate::DATABASES`].
#[derive(Debug)]
pub struct Database {
    /// In a word: for `thru doctor`, the log and the folder of its backups.
    pub name: &'static str,
    /// Its name in HOME: subject, and the number that changes only if a file is to be left behind.
    pub file: &'static str,
    /// Marks the file as ours and as this one.
    pub application_id: i32,
    /// In the order in which they are applied. Only the end grows.
    pub migrations: &'static [Migration],
    /// What must hold besides what SQLite itself checks.
    pub insoundness: &'static [Insoundness],
    /// How old the newest backup gets before the next one is made.
    pub backup_every: SignedDuration,
    /// How many backups are kept.
    pub backups_kept: usize,
}

/// A step from one version to the next.
#[derive(Debug)]
pub struct Migration {
    /// What it adds, in a word.
    pub name: &'static str,
    /// Its statements.
    pub sql: &'static str,
    /// The hash of the statements, as [`throughline_store::view::hash`] makes it.
    pub hash: &'static str,
}

/// Rows that contradict each other, if there are any.
#[derive(Debug)]
pub struct Insoundness {
    /// In words.
    pub what: &'static str,
    /// Counts them.
    pub count: &'static str,
}

/// How long SQLite's own locks are waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waiting {
    /// Five seconds: whoever writes needs milliseconds.
    Command,
    /// Five milliseconds, once: a turn waits for no database.
    Hook,
    /// A second: a turn that goes on for a goal takes longer, and a fold writes at the same time.
    Turn,
}

impl Waiting {
    fn patience(self) -> Duration {
        match self {
            Self::Command => Duration::from_secs(5),
            Self::Hook => Duration::from_millis(5),
            Self::Turn => Duration::from_secs(1),
        }
    }
}

/// What a look at a file says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// How many migrations it has had.
    pub version: usize,
    /// In bytes, with what is not in its main file yet.
    pub size: u64,
}

const ALWAYS: &str =
    "PRAGMA temp_store = MEMORY; PRAGMA cache_size = -8000; PRAGMA foreign_keys = ON;";
/// A page that is read is not copied: the system maps it. No page that a reader sees goes away under it, as our
/// files never shrink in place; one that somebody else cuts off ends the process.
const WHEN_READING: &str = "PRAGMA mmap_size = 268435456;";
const WHEN_WRITING: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;";

/// What was applied. Made by the first migration of a file, whatever that is.
const LEDGER: &str = "CREATE TABLE IF NOT EXISTS migration (\
    number INTEGER PRIMARY KEY, name TEXT NOT NULL, hash TEXT NOT NULL) STRICT;";

impl Database {
    /// Where it lies.
    pub fn path(&self, home: &Home) -> PathBuf {
        home.file(self.file)
    }

    /// How many migrations this program knows.
    pub fn version(&self) -> usize {
        self.migrations.len()
    }

    /// Opens it for writing; makes it if there is none, and brings it up to date. With the version that it had.
    pub(crate) fn open(&self, path: &Path) -> Result<(Connection, usize), RuntimeError> {
        let patience = Waiting::Command.patience();
        let opened = database::patiently(patience, || self.try_open(path, patience));
        opened.map_err(|source| RuntimeError::new(path, source))?.check(self, path)
    }

    fn try_open(&self, path: &Path, patience: Duration) -> rusqlite::Result<Found> {
        database::make_private(path);
        let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE, patience)?;
        let version = self.version_of(&connection)?;
        if version > self.version() {
            return Ok(Found { connection, version, altered: None });
        }
        connection.execute_batch(WHEN_WRITING)?;
        while self.version_of(&connection)? < self.version() {
            self.migrate(&connection)?;
        }
        let altered = self.altered(&connection)?;
        Ok(Found { connection, version, altered })
    }

    /// One step, unless another process took it since we looked.
    fn migrate(&self, connection: &Connection) -> rusqlite::Result<()> {
        let transaction = immediate(connection)?;
        let done = self.version_of(&transaction)?;
        if let Some(next) = self.migrations.get(done) {
            transaction.execute_batch(LEDGER)?;
            transaction.execute_batch(next.sql)?;
            self.note_applied(&transaction, done + 1)?;
            let (mark, version) = (self.application_id, done + 1);
            transaction.execute_batch(&format!(
                "PRAGMA application_id = {mark}; PRAGMA user_version = {version};"
            ))?;
        }
        transaction.commit()
    }

    /// The first so many stand in the ledger from now on, if they didn't.
    fn note_applied(&self, transaction: &Transaction<'_>, count: usize) -> rusqlite::Result<()> {
        let statement = "INSERT OR IGNORE INTO migration (number, name, hash) VALUES (?1, ?2, ?3)";
        let mut statement = transaction.prepare_cached(statement)?;
        (1_i64..).zip(&self.migrations[..count]).try_for_each(|(number, done)| {
            statement.execute((number, done.name, done.hash)).map(drop)
        })
    }

    /// The first migration that the file had in another form. A file from before there was a ledger gets one.
    fn altered(&self, connection: &Connection) -> rusqlite::Result<Option<&'static str>> {
        let noted = ledger(connection)?;
        if noted.len() < self.version() {
            let transaction = immediate(connection)?;
            transaction.execute_batch(LEDGER)?;
            self.note_applied(&transaction, self.version())?;
            transaction.commit()?;
        }
        let differs = |(known, hash): (&'static Migration, &String)| {
            (known.hash != hash).then_some(known.name)
        };
        Ok(self.migrations.iter().zip(&noted).find_map(differs))
    }

    /// Opens it for reading; `None`, if there is none, somebody is just making it, or it must be brought up to
    /// date first and a hook asks.
    pub(crate) fn read(
        &self,
        path: &Path,
        waiting: Waiting,
    ) -> Result<Option<Connection>, RuntimeError> {
        let patience = waiting.patience();
        let read = database::patiently(patience, || self.try_read(path, patience));
        match read.map_err(|source| RuntimeError::new(path, source))? {
            Some(found) if found.version >= self.version() => Ok(Some(found.connection)),
            Some(_) if waiting == Waiting::Command => Ok(Some(self.open(path)?.0)),
            Some(_) | None => Ok(None),
        }
    }

    /// For a turn that goes on: for writing, as it stands; `None`, if there is none or it is not of this version.
    pub(crate) fn write_at_once(&self, path: &Path) -> Result<Option<Connection>, RuntimeError> {
        let patience = Waiting::Turn.patience();
        let open = || {
            let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE, patience)?;
            connection.execute_batch("PRAGMA synchronous = FULL;")?;
            let is_current = self.version_of(&connection)? == self.version();
            Ok(is_current.then_some(connection))
        };
        if !path.exists() {
            return Ok(None);
        }
        database::patiently(patience, open).map_err(|source| RuntimeError::new(path, source))
    }

    fn try_read(&self, path: &Path, patience: Duration) -> rusqlite::Result<Option<Found>> {
        if !path.exists() {
            return Ok(None);
        }
        let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY, patience)?;
        connection.execute_batch(WHEN_READING)?;
        match self.version_of(&connection)? {
            0 => Ok(None),
            version => Ok(Some(Found { connection, version, altered: None })),
        }
    }

    /// How many migrations a file has had; none, if it is new.
    fn version_of(&self, connection: &Connection) -> rusqlite::Result<usize> {
        if database::is_new(connection)? {
            return Ok(0);
        }
        let is_ours = pragma(connection, "application_id")? == i64::from(self.application_id);
        let version = usize::try_from(pragma(connection, "user_version")?).unwrap_or(0);
        if is_ours && version > 0 { Ok(version) } else { Err(rusqlite::Error::InvalidQuery) }
    }

    /// Looks at every page, and for rows that contradict each other; `None`, if there is no file.
    ///
    /// # Errors
    /// [`RuntimeError::Damaged`], if something is wrong; the others as [`crate::Truth::read`].
    pub fn verify(&self, home: &Home) -> Result<Option<Standing>, RuntimeError> {
        self.verify_at(&self.path(home))
    }

    /// Makes it if there is none, and brings it up to date.
    ///
    /// # Errors
    /// As [`crate::Truth::open`].
    pub fn prepare(&self, home: &Home) -> Result<(), RuntimeError> {
        self.open(&self.path(home)).map(drop)
    }

    /// Holds it so that nobody else can even read it, as a program that mends one by hand would.
    ///
    /// # Errors
    /// As [`crate::Truth::open`].
    pub fn hold(&self, home: &Home) -> Result<Hold, RuntimeError> {
        let path = self.path(home);
        let (connection, _version) = self.open(&path)?;
        let held = connection.execute_batch(
            "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT; BEGIN EXCLUSIVE;",
        );
        held.map_err(|source| RuntimeError::new(&path, source))?;
        Ok(Hold { _connection: connection })
    }

    /// Opens it and looks at no page; `None`, if there is no file.
    ///
    /// # Errors
    /// As [`crate::Truth::read`].
    pub fn glance(&self, home: &Home) -> Result<Option<Standing>, RuntimeError> {
        let path = self.path(home);
        let patience = Waiting::Command.patience();
        let read = database::patiently(patience, || self.try_read(&path, patience));
        let found = read.map_err(|source| RuntimeError::new(&path, source))?;
        Ok(found.map(|found| Standing { version: found.version, size: database::size(&path) }))
    }

    /// In bytes, with what is not in its main file yet.
    pub fn size(&self, home: &Home) -> u64 {
        database::size(&self.path(home))
    }

    pub(crate) fn verify_at(&self, path: &Path) -> Result<Option<Standing>, RuntimeError> {
        let patience = Waiting::Command.patience();
        let failed = |source| RuntimeError::new(path, source);
        let read = database::patiently(patience, || self.try_read(path, patience));
        let Some(found) = read.map_err(failed)? else { return Ok(None) };
        match self.wrong(&found).map_err(failed)? {
            None => Ok(Some(Standing { version: found.version, size: database::size(path) })),
            Some(what) => Err(RuntimeError::Insound { path: path.to_owned(), what }),
        }
    }

    fn wrong(&self, found: &Found) -> rusqlite::Result<Option<String>> {
        let connection = &found.connection;
        let answer: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
        if answer != "ok" {
            return Ok(Some(answer));
        }
        // What is sound in a newer file its own program knows, and a file from before has other tables.
        let known = self.insoundness.iter().filter(|_| found.version == self.version());
        for insoundness in known {
            let count: i64 = connection.query_row(insoundness.count, [], |row| row.get(0))?;
            if count > 0 {
                return Ok(Some(format!("{count} {}", insoundness.what)));
            }
        }
        Ok(None)
    }
}

/// As long as it is there nobody else gets at the file.
#[derive(Debug)]
pub struct Hold {
    _connection: Connection,
}

/// A file as it was found.
struct Found {
    connection: Connection,
    version: usize,
    altered: Option<&'static str>,
}

impl Found {
    fn check(self, database: &Database, path: &Path) -> Result<(Connection, usize), RuntimeError> {
        let path = || path.to_owned();
        if self.version > database.version() {
            let (found, known) = (self.version, database.version());
            return Err(RuntimeError::Newer { path: path(), found, known });
        }
        match self.altered {
            Some(migration) => Err(RuntimeError::Altered { path: path(), migration }),
            None => Ok((self.connection, self.version)),
        }
    }
}

fn connect(path: &Path, how: OpenFlags, patience: Duration) -> rusqlite::Result<Connection> {
    let connection = database::connect(path, how, patience)?;
    connection.execute_batch(ALWAYS)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

fn immediate(connection: &Connection) -> rusqlite::Result<Transaction<'_>> {
    Transaction::new_unchecked(connection, TransactionBehavior::Immediate)
}

/// The hashes of what was applied, in order.
fn ledger(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let there = "SELECT count(*) FROM sqlite_schema WHERE name = 'migration'";
    let there: i64 = connection.query_row(there, [], |row| row.get(0))?;
    if there == 0 {
        return Ok(Vec::new());
    }
    let mut statement = connection.prepare_cached("SELECT hash FROM migration ORDER BY number")?;
    statement.query_map([], |row| row.get(0))?.collect()
}

#[cfg(test)]
mod tests;
