//! `HOME/memories_1.sqlite`: memories, what sessions taught, and the jobs that find it out.
//!
//! Owns that file alone. WAL with full syncs: what a call reports as done survives a power cut.
//! SQLite's own locks are held for one transaction each, never over a model, git or a file. The
//! readable sheets beside a project (`memory/MEMORY.md`) are printed from here, and what somebody
//! changes in them is taken back in; their history lies in a private repository.
//!
//! Compatibility: the tables grow by migrations (see [`Database`]); a memory is kept as JSON in its row, so
//! members that this version doesn't know stay. Cost: opening 0.3 ms, a search among 10,000 memories
//! a few milliseconds (see `docs/memory.md` for what was measured).

mod find;
mod jobs;
mod outputs;
mod rows;
mod schema;
mod sheets;
mod spent;
pub mod told;
mod uses;
mod vectors;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use throughline_store::database;
use throughline_store::home::Home;

pub use find::{Asked, Candidate, Frequencies, Visible};
pub use jobs::{JobKind, JobRow, Lease};
pub use outputs::{Mode, Output, OutputFilter};
pub use rows::MemoryFilter;
pub use sheets::{Dropped, Sheet};
pub use spent::Spent;
pub use uses::{Served, Tally};
pub use vectors::{Near, Vector};

use crate::{Database, Opened, RuntimeError, Truth};
pub use schema::DATABASE;

/// The database, open.
#[derive(Debug)]
pub struct Memories {
    connection: Connection,
    path: PathBuf,
}

/// Several changes at once, or none.
#[derive(Debug)]
pub struct Change<'a> {
    transaction: Transaction<'a>,
    path: &'a Path,
}

impl Truth for Memories {
    const DATABASE: &'static Database = &DATABASE;

    fn over(opened: Opened) -> Self {
        let (connection, path) = opened.into_parts();
        Self { connection, path }
    }
}

impl Memories {
    /// Where it lies.
    pub fn file(home: &Home) -> PathBuf {
        DATABASE.path(home)
    }

    fn with<T>(
        &self,
        run: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, RuntimeError> {
        run(&self.connection).map_err(|source| RuntimeError::new(&self.path, source))
    }

    /// Changes several things at once, or nothing. Others that write wait until it ended.
    ///
    /// # Errors
    /// [`RuntimeError`], or what `change` says; then nothing was changed.
    pub fn change<T, E: From<RuntimeError>>(
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

    /// How large it is, in bytes, with what is not in its main file yet.
    pub fn size(&self) -> u64 {
        database::size(&self.path)
    }
}

impl Change<'_> {
    fn with<T>(
        &self,
        run: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, RuntimeError> {
        run(&self.transaction).map_err(|source| RuntimeError::new(self.path, source))
    }
}

/// A time as the tables keep it.
fn millis(at: Timestamp) -> i64 {
    at.as_millisecond()
}

/// A time of the tables. One that no calendar has is the nearest that it has.
fn time(millis: i64) -> Timestamp {
    let bound = if millis < 0 { Timestamp::MIN } else { Timestamp::MAX };
    Timestamp::from_millisecond(millis).unwrap_or(bound)
}

/// JSON of a value that is always JSON.
fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("our types are JSON")
}
