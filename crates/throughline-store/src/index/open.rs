//! Opens the index, or makes it anew.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::schema::{APPLICATION_ID, FORMAT, TABLES};
use super::{Batch, IndexClaim, IndexError, laid};
use crate::home::Home;

/// The file of this format.
const FILE: &str = "index_1.sqlite";

/// What was damaged is kept under this name, the latest only.
const DAMAGED: &str = "index_1.damaged.sqlite";

/// SQLite's name for one that is in no file.
const IN_MEMORY: &str = ":memory:";

/// SQLite's own locks are held for the end of a commit only.
const PATIENCE: Duration = Duration::from_millis(250);

/// Nobody else opens these files, so a link in their place is not followed.
const COMMON: OpenFlags = OpenFlags::SQLITE_OPEN_NO_MUTEX.union(OpenFlags::SQLITE_OPEN_NOFOLLOW);

/// The version of the SQLite inside, as it says itself.
pub fn sqlite_version() -> &'static str {
    rusqlite::version()
}

/// The index, open.
#[derive(Debug)]
pub struct Index {
    pub(super) connection: Connection,
    pub(super) path: PathBuf,
}

/// The index, and what had to be done to open it.
#[derive(Debug)]
pub struct Opened {
    /// Ready to be written.
    pub index: Index,
    /// Where the damaged one lies that stood in its place.
    pub put_aside: Option<PathBuf>,
}

impl Index {
    /// Opens it for writing; makes it if there is none, and puts a damaged one aside.
    ///
    /// # Errors
    /// [`IndexError`], if the file system does not let us.
    pub fn open(home: &Home, _claim: &IndexClaim) -> Result<Opened, IndexError> {
        let path = home.file(FILE);
        match Self::open_existing(&path) {
            Ok(index) => Ok(Opened { index, put_aside: None }),
            Err(error) if error.is_damaged() => {
                let put_aside = put_aside(home).map_err(|_| error)?;
                Ok(Opened { index: Self::open_existing(&path)?, put_aside: Some(put_aside) })
            }
            Err(error) => Err(error),
        }
    }

    fn open_existing(path: &Path) -> Result<Self, IndexError> {
        create_private(path);
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | COMMON;
        let index = Self::connect(path, flags)?;
        index.try_with(|connection| {
            connection.execute_batch(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 4000;",
            )?;
            if pragma(connection, "application_id")? == 0 && is_empty(connection)? {
                make_tables(connection)?;
            }
            check(connection)?;
            laid::prepare(connection)
        })?;
        Ok(index)
    }

    /// Opens it for reading; `None`, if there is none, or somebody is just making it.
    ///
    /// # Errors
    /// [`IndexError`], if it is damaged or can't be read.
    pub fn read(home: &Home) -> Result<Option<Self>, IndexError> {
        let path = home.file(FILE);
        if !path.exists() {
            return Ok(None);
        }
        let index = Self::connect(&path, OpenFlags::SQLITE_OPEN_READ_ONLY | COMMON)?;
        let is_made = index.try_with(|connection| {
            // Its tables and its mark are one transaction: before that it is not damaged, but new.
            if pragma(connection, "application_id")? == 0 && is_empty(connection)? {
                return Ok(false);
            }
            check(connection)?;
            laid::prepare(connection).map(|()| true)
        })?;
        Ok(is_made.then_some(index))
    }

    /// One that lives as long as this process, where none can be written.
    ///
    /// # Errors
    /// [`IndexError`], if there is no memory.
    pub fn in_memory() -> Result<Self, IndexError> {
        let path = PathBuf::from(IN_MEMORY);
        let index = Self::connect(&path, OpenFlags::SQLITE_OPEN_READ_WRITE | COMMON)?;
        index.try_with(|connection| {
            make_tables(connection)?;
            laid::prepare(connection)
        })?;
        Ok(index)
    }

    /// Puts the index aside, so that the next to open it makes it anew.
    ///
    /// # Errors
    /// The operating system's.
    pub fn put_aside(home: &Home, _claim: &IndexClaim) -> std::io::Result<PathBuf> {
        put_aside(home)
    }

    fn connect(path: &Path, flags: OpenFlags) -> Result<Self, IndexError> {
        let failed = |source| IndexError::new(path, source);
        let connection = Connection::open_with_flags(path, flags).map_err(failed)?;
        connection.busy_timeout(PATIENCE).map_err(failed)?;
        connection.set_prepared_statement_cache_capacity(64);
        connection
            .execute_batch("PRAGMA temp_store = MEMORY; PRAGMA cache_size = -8000;")
            .map_err(failed)?;
        Ok(Self { connection, path: path.to_owned() })
    }

    /// Runs what may fail in SQLite.
    pub(super) fn try_with<T>(
        &self,
        run: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, IndexError> {
        run(&self.connection).map_err(|source| IndexError::new(&self.path, source))
    }

    /// Writes several things at once, or nothing.
    ///
    /// # Errors
    /// [`IndexError`]; then nothing was written.
    pub fn write<T>(
        &mut self,
        write: impl FnOnce(&mut Batch<'_>) -> Result<T, IndexError>,
    ) -> Result<T, IndexError> {
        let path = &self.path;
        let failed = |source| IndexError::new(path, source);
        let transaction = self.connection.transaction().map_err(failed)?;
        let mut batch = Batch::new(&transaction, path);
        batch.seen(None)?;
        let written = write(&mut batch)?;
        batch.finish()?;
        transaction.commit().map_err(failed)?;
        Ok(written)
    }

    /// Whether it lives in this process alone.
    pub fn is_in_memory(&self) -> bool {
        self.path == Path::new(IN_MEMORY)
    }

    /// How large it is, in bytes, with what is not yet in the main file.
    pub fn size(&self) -> u64 {
        let with = |suffix: &str| {
            let mut name = self.path.clone().into_os_string();
            name.push(suffix);
            fs::metadata(name).map_or(0, |meta| meta.len())
        };
        with("") + with("-wal")
    }

    /// Moves what is in the log into the main file. That somebody reads meanwhile is no failure.
    pub fn tidy_up(&self) {
        let _ = self.connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE);");
    }

    /// Looks at every page.
    ///
    /// # Errors
    /// [`IndexError::Damaged`], if one is wrong.
    pub fn verify(&self) -> Result<(), IndexError> {
        let answer = self.try_with(|connection| {
            connection.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0))
        })?;
        if answer == "ok" {
            return Ok(());
        }
        let (path, source) = (self.path.clone(), rusqlite::Error::InvalidQuery);
        Err(IndexError::Damaged { path, source })
    }
}

/// SQLite would create it readable for everybody. That it fails is seen when SQLite opens it.
fn create_private(path: &Path) {
    let _ = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
}

fn put_aside(home: &Home) -> std::io::Result<PathBuf> {
    let aside = home.file(DAMAGED);
    fs::rename(home.file(FILE), &aside)?;
    for name in ["index_1.sqlite-wal", "index_1.sqlite-shm"] {
        // Of another file than the next one of this name.
        let _ = fs::remove_file(home.file(name));
    }
    Ok(aside)
}

fn pragma(connection: &Connection, name: &str) -> rusqlite::Result<i32> {
    connection.pragma_query_value(/*schema*/ None, name, |row| row.get(0))
}

fn is_empty(connection: &Connection) -> rusqlite::Result<bool> {
    connection.query_row("SELECT count(*) = 0 FROM sqlite_schema", [], |row| row.get(0))
}

fn make_tables(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(&format!(
        "BEGIN IMMEDIATE; {TABLES} PRAGMA application_id = {APPLICATION_ID}; \
         PRAGMA user_version = {FORMAT}; COMMIT;"
    ))
}

/// Whether it is an index of this format; the error is one that says "damaged".
fn check(connection: &Connection) -> rusqlite::Result<()> {
    let is_ours = pragma(connection, "application_id")? == APPLICATION_ID
        && pragma(connection, "user_version")? == FORMAT;
    if is_ours { Ok(()) } else { Err(rusqlite::Error::InvalidQuery) }
}
