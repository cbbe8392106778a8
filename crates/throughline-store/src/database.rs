//! What our SQLite files have in common: how one is named, marked, made, opened and put aside.
//!
//! A file of ours says so (`application_id`) and which format it has (`user_version`), in the transaction that makes
//! its tables: before that it is new, after that it is ours, and anything else is damaged. A change of the tables gets
//! a new name, so no program sees another one's tables. Nobody else opens these files, so a link in their place is
//! not followed; SQLite would make them readable for everybody, so they are made first.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, Result, Transaction, TransactionBehavior};

use crate::home::Home;

/// One of our databases.
#[derive(Debug, Clone, Copy)]
pub struct Spec {
    /// Its name in HOME: subject and format.
    pub file: &'static str,
    /// The name under which a damaged one is kept, the latest only.
    pub damaged: &'static str,
    /// Marks the file as ours and as this one.
    pub application_id: i32,
    /// The format.
    pub format: i32,
    /// How long SQLite's own locks are waited for.
    pub patience: Duration,
    /// Settings that must stand before the tables are made.
    pub when_made: &'static str,
    /// Settings of a connection that writes.
    pub when_writing: &'static str,
    /// Settings of every connection.
    pub always: &'static str,
    /// The tables.
    pub tables: &'static str,
}

impl Spec {
    /// Where it lies.
    pub fn path(&self, home: &Home) -> PathBuf {
        home.file(self.file)
    }

    /// Opens it for writing; makes it if there is none.
    ///
    /// # Errors
    /// SQLite's; [`rusqlite::Error::InvalidQuery`], if it is not ours or of another format.
    pub fn open(&self, path: &Path) -> Result<Connection> {
        patiently(self.patience, || self.try_open(path))
    }

    fn try_open(&self, path: &Path) -> Result<Connection> {
        make_private(path);
        let connection = self.connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        let is_new = is_new(&connection)?;
        if is_new {
            connection.execute_batch(self.when_made)?;
        }
        connection.execute_batch(self.when_writing)?;
        if is_new {
            self.make(&connection)?;
        }
        self.check(&connection)?;
        Ok(connection)
    }

    /// Opens it for reading; `None`, if there is none, or somebody is just making it.
    ///
    /// # Errors
    /// As [`Spec::open`].
    pub fn read(&self, path: &Path) -> Result<Option<Connection>> {
        patiently(self.patience, || self.try_read(path))
    }

    fn try_read(&self, path: &Path) -> Result<Option<Connection>> {
        if !path.exists() {
            return Ok(None);
        }
        let connection = self.connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        if is_new(&connection)? {
            return Ok(None);
        }
        self.check(&connection)?;
        Ok(Some(connection))
    }

    /// One that lives as long as this process.
    ///
    /// # Errors
    /// SQLite's.
    pub fn in_memory(&self) -> Result<Connection> {
        let connection = self.connect(Path::new(IN_MEMORY), OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        self.make(&connection)?;
        Ok(connection)
    }

    fn connect(&self, path: &Path, how: OpenFlags) -> Result<Connection> {
        let connection = connect(path, how, self.patience)?;
        connection.execute_batch(self.always)?;
        Ok(connection)
    }

    /// Makes the tables, unless another process did so since we looked.
    fn make(&self, connection: &Connection) -> Result<()> {
        let Self { tables, application_id, format, .. } = self;
        let behaviour = TransactionBehavior::Immediate;
        let transaction = Transaction::new_unchecked(connection, behaviour)?;
        if is_new(&transaction)? {
            transaction.execute_batch(&format!(
                "{tables} PRAGMA application_id = {application_id}; \
                 PRAGMA user_version = {format};"
            ))?;
        }
        transaction.commit()
    }

    fn check(&self, connection: &Connection) -> Result<()> {
        let is_ours = pragma(connection, "application_id")? == i64::from(self.application_id)
            && pragma(connection, "user_version")? == i64::from(self.format);
        if is_ours { Ok(()) } else { Err(rusqlite::Error::InvalidQuery) }
    }

    /// Puts it aside as damaged, in place of what was put there before; returns where it lies.
    ///
    /// # Errors
    /// The operating system's.
    pub fn put_aside(&self, home: &Home) -> std::io::Result<PathBuf> {
        let (path, aside) = (self.path(home), home.file(self.damaged));
        fs::rename(&path, &aside)?;
        for suffix in ["-wal", "-shm"] {
            // Of another file than the next one of this name.
            let _ = fs::remove_file(beside(&path, suffix));
        }
        Ok(aside)
    }
}

/// What is wrong when SQLite refuses, by what helps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// It is no database, damaged, or not of this format.
    Damaged,
    /// Another process holds SQLite's own lock.
    Busy,
    /// The file system, permissions, a full disk.
    Unusable,
}

impl Trouble {
    /// Sorts a refusal.
    pub fn of(error: &rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
            Some(
                ErrorCode::CannotOpen
                | ErrorCode::PermissionDenied
                | ErrorCode::ReadOnly
                | ErrorCode::SystemIoFailure
                | ErrorCode::DiskFull
                | ErrorCode::OutOfMemory
                | ErrorCode::OperationInterrupted,
            ) => Self::Unusable,
            // Our statements are right for our tables, so the tables are not ours.
            Some(_) | None => Self::Damaged,
        }
    }
}

/// Short enough for a hook, long enough for what the other one does.
const BETWEEN_TRIES: Duration = Duration::from_millis(2);

/// Again, while it is busy: where two connections hold a file that both want to turn into a WAL, or the last one
/// is cleaning up behind itself, SQLite says so at once, without the wait it was asked for.
///
/// # Errors
/// What `run` says last.
pub fn patiently<T>(patience: Duration, run: impl Fn() -> Result<T>) -> Result<T> {
    let begun = Instant::now();
    loop {
        match run() {
            Err(error) if Trouble::of(&error) == Trouble::Busy && begun.elapsed() < patience => {
                thread::sleep(BETWEEN_TRIES);
            }
            done => return done,
        }
    }
}

/// A connection to a file of ours: no link is followed, and SQLite's own locks are waited for so long.
///
/// # Errors
/// SQLite's.
pub fn connect(path: &Path, how: OpenFlags, patience: Duration) -> Result<Connection> {
    let flags = how | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_NOFOLLOW;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(patience)?;
    // Else SQLite plans a statement anew for each value that is bound to it, FTS5's own for each word among them.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, /*on*/ true)?;
    Ok(connection)
}

/// Makes a file that only its owner can read, where there is none. That this fails is seen when SQLite opens it.
pub fn make_private(path: &Path) {
    let _ = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
}

/// SQLite's name for one that is in no file.
pub const IN_MEMORY: &str = ":memory:";

/// How large one is, in bytes, with what is not in its main file yet.
pub fn size(path: &Path) -> u64 {
    let size = |path: PathBuf| fs::metadata(path).map_or(0, |meta| meta.len());
    size(path.to_owned()) + size(beside(path, "-wal"))
}

/// A file that SQLite keeps beside another one: `-wal`, `-shm`.
pub fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Whether nobody has made its tables yet.
///
/// # Errors
/// SQLite's.
pub fn is_new(connection: &Connection) -> Result<bool> {
    let is_empty = "SELECT count(*) = 0 FROM sqlite_schema";
    Ok(pragma(connection, "application_id")? == 0
        && connection.query_row(is_empty, [], |row| row.get(0))?)
}

/// A number that SQLite keeps of a file.
pub fn pragma(connection: &Connection, name: &str) -> Result<i64> {
    connection.pragma_query_value(/*schema*/ None, name, |row| row.get(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPEC: Spec = Spec {
        file: "test_1.sqlite",
        damaged: "test_1.damaged.sqlite",
        application_id: 7,
        format: 1,
        patience: Duration::from_secs(30),
        when_made: "",
        when_writing: "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;",
        always: "",
        tables: "CREATE TABLE one (name TEXT) STRICT; CREATE TABLE other (name TEXT) STRICT;",
    };

    #[test]
    fn another_that_is_just_making_it_is_waited_for() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join(SPEC.file);
        let other = Connection::open(&path).expect("it opens");
        // Before the file is a WAL, SQLite refuses here without a wait, whatever its busy timeout says.
        other
            .execute_batch("CREATE TABLE t (n); DROP TABLE t; BEGIN IMMEDIATE;")
            .expect("it is held");
        std::thread::scope(|scope| {
            let open = scope.spawn(|| SPEC.open(&path));
            std::thread::sleep(Duration::from_millis(100));
            other.execute_batch("COMMIT").expect("it ends");
            open.join().expect("no panic").expect("it opens");
        });
    }

    #[test]
    fn many_that_make_it_at_once_make_one() {
        for _ in 0..20 {
            let folder = tempfile::tempdir().expect("a folder");
            let path = folder.path().join(SPEC.file);
            std::thread::scope(|scope| {
                let opened: Vec<_> = (0..8).map(|_| scope.spawn(|| SPEC.open(&path))).collect();
                for open in opened {
                    open.join().expect("no panic").expect("it opens");
                }
            });
        }
    }
}
