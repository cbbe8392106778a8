//! An open database, and the type of what asks it.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, Transaction, TransactionBehavior};
use throughline_store::home::Home;

use crate::RuntimeError;
use crate::database::{Database, Waiting};

/// A connection that knows its file, for errors.
#[derive(Debug)]
pub struct Opened {
    connection: Connection,
    path: PathBuf,
}

/// What rows are read with, be it in a change or not.
pub(crate) type Parts<'a> = (&'a Connection, &'a Path);

/// A transaction that writes; nobody else does until it ended.
#[derive(Debug)]
pub struct Change<'a> {
    transaction: Transaction<'a>,
    path: &'a Path,
}

/// What asks a database of the table.
pub trait Truth: Sized {
    /// Its row.
    const DATABASE: &'static Database;

    /// Over an open one.
    fn over(opened: Opened) -> Self;

    /// Opens it for writing; makes it if there is none, and brings it up to date.
    ///
    /// # Errors
    /// [`RuntimeError`]: it is damaged, newer, held by somebody, or the file system does not let us.
    fn open(home: &Home) -> Result<Self, RuntimeError> {
        Ok(Self::bring_up(home)?.0)
    }

    /// As [`Truth::open`], with the version that the file had before; zero, if it was made.
    ///
    /// # Errors
    /// As [`Truth::open`].
    fn bring_up(home: &Home) -> Result<(Self, usize), RuntimeError> {
        let path = Self::DATABASE.path(home);
        let (connection, version) = Self::DATABASE.open(&path)?;
        Ok((Self::over(Opened { connection, path }), version))
    }

    /// Opens it for reading; `None`, if there is none.
    ///
    /// # Errors
    /// As [`Truth::open`], but a newer one can be read.
    fn read(home: &Home) -> Result<Option<Self>, RuntimeError> {
        read(home, Waiting::Command)
    }

    /// Opens it for writing at the end of a turn, and waits no longer than that may; `None`, if there is none, or it is not of this version.
    ///
    /// # Errors
    /// As [`Truth::open`].
    fn open_at_once(home: &Home) -> Result<Option<Self>, RuntimeError> {
        let path = Self::DATABASE.path(home);
        let connection = Self::DATABASE.write_at_once(&path)?;
        Ok(connection.map(|connection| Self::over(Opened { connection, path })))
    }

    /// Opens it for reading and waits for nobody; `None`, if there is none, or it is not up to date.
    ///
    /// # Errors
    /// As [`Truth::read`].
    fn read_at_once(home: &Home) -> Result<Option<Self>, RuntimeError> {
        read(home, Waiting::Hook)
    }
}

/// As [`Truth::read_at_once`], at the end of a turn: a fold may just be closing the file.
///
/// # Errors
/// As [`Truth::read`].
pub fn read_for_turn<T: Truth>(home: &Home) -> Result<Option<T>, RuntimeError> {
    read(home, Waiting::Turn)
}

fn read<T: Truth>(home: &Home, waiting: Waiting) -> Result<Option<T>, RuntimeError> {
    let path = T::DATABASE.path(home);
    let read = T::DATABASE.read(&path, waiting)?;
    Ok(read.map(|connection| T::over(Opened { connection, path })))
}

impl Opened {
    /// Reads, or makes one change that is a statement.
    pub(crate) fn with<T>(
        &self,
        run: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, RuntimeError> {
        run(&self.connection).map_err(|source| RuntimeError::new(&self.path, source))
    }

    /// Reads several things as they were at one moment.
    pub(crate) fn at_one_moment<T, E: From<RuntimeError>>(
        &self,
        read: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        if !self.connection.is_autocommit() {
            return read();
        }
        let failed = |source| RuntimeError::new(&self.path, source);
        // It ends when it is dropped: nothing was changed.
        let _moment = self.connection.unchecked_transaction().map_err(failed)?;
        read()
    }

    /// Changes several things at once, or nothing. Others that write wait until it ended.
    pub(crate) fn change<T, E: From<RuntimeError>>(
        &mut self,
        change: impl FnOnce(&Change<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let path = &self.path;
        let failed = |source| RuntimeError::new(path, source);
        let behaviour = TransactionBehavior::Immediate;
        let transaction = self.connection.transaction_with_behavior(behaviour).map_err(failed)?;
        let inside = Change { transaction, path };
        let done = change(&inside)?;
        inside.transaction.commit().map_err(failed)?;
        Ok(done)
    }

    /// The connection, and the file, for errors.
    pub(crate) fn parts(&self) -> Parts<'_> {
        (&self.connection, &self.path)
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Change<'_> {
    /// Reads or changes.
    pub(crate) fn with<T>(
        &self,
        run: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, RuntimeError> {
        run(&self.transaction).map_err(|source| RuntimeError::new(self.path, source))
    }

    /// As [`Opened::parts`].
    pub(crate) fn parts(&self) -> Parts<'_> {
        (&self.transaction, self.path)
    }

    /// The file, for errors.
    pub(crate) fn path(&self) -> &Path {
        self.path
    }
}
