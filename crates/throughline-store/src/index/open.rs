//! Opens the index, or makes it anew.

use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::schema::SPEC;
use super::{Batch, IndexClaim, IndexError, laid};
use crate::database::{self, IN_MEMORY};
use crate::home::Home;

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
        let path = SPEC.path(home);
        match Self::open_existing(&path) {
            Ok(index) => Ok(Opened { index, put_aside: None }),
            Err(error) if error.is_damaged() => {
                let put_aside = SPEC.put_aside(home).map_err(|_| error)?;
                Ok(Opened { index: Self::open_existing(&path)?, put_aside: Some(put_aside) })
            }
            Err(error) => Err(error),
        }
    }

    fn open_existing(path: &Path) -> Result<Self, IndexError> {
        SPEC.open(path).and_then(|c| Self::new(c, path)).map_err(|e| IndexError::new(path, e))
    }

    /// Opens it for reading; `None`, if there is none, or somebody is just making it.
    ///
    /// # Errors
    /// [`IndexError`], if it is damaged or can't be read.
    pub fn read(home: &Home) -> Result<Option<Self>, IndexError> {
        let path = SPEC.path(home);
        let read = || SPEC.read(&path)?.map(|c| Self::new(c, &path)).transpose();
        read().map_err(|error| IndexError::new(&path, error))
    }

    /// One that lives as long as this process, where none can be written.
    ///
    /// # Errors
    /// [`IndexError`], if there is no memory.
    pub fn in_memory() -> Result<Self, IndexError> {
        let path = Path::new(IN_MEMORY);
        SPEC.in_memory().and_then(|c| Self::new(c, path)).map_err(|e| IndexError::new(path, e))
    }

    fn new(connection: Connection, path: &Path) -> rusqlite::Result<Self> {
        connection.set_prepared_statement_cache_capacity(64);
        laid::prepare(&connection)?;
        Ok(Self { connection, path: path.to_owned() })
    }

    /// Puts the index aside, so that the next to open it makes it anew.
    ///
    /// # Errors
    /// The operating system's.
    pub fn put_aside(home: &Home, _claim: &IndexClaim) -> std::io::Result<PathBuf> {
        SPEC.put_aside(home)
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
        database::size(&self.path)
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

/// The version of the SQLite inside, as it says itself.
pub fn sqlite_version() -> &'static str {
    rusqlite::version()
}
