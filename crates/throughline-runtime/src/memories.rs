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
mod postings;
mod rows;
mod schema;
mod sheets;
mod spent;
pub mod told;
mod uses;
mod vectors;

#[cfg(test)]
mod tests;

use std::path::PathBuf;

use rusqlite::Connection;
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
    opened: Opened,
}

/// Several changes at once, or none.
#[derive(Debug)]
pub struct Change<'a> {
    inside: &'a crate::Change<'a>,
}

impl Truth for Memories {
    const DATABASE: &'static Database = &DATABASE;

    fn over(opened: Opened) -> Self {
        Self { opened }
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
        self.opened.with(run)
    }

    /// Reads several things as they were at one moment, and takes SQLite's locks once for all.
    ///
    /// # Errors
    /// [`RuntimeError`], or what `read` says.
    pub fn at_one_moment<T, E: From<RuntimeError>>(
        &self,
        read: impl FnOnce(&Self) -> Result<T, E>,
    ) -> Result<T, E> {
        self.opened.at_one_moment(|| read(self))
    }

    /// Changes several things at once, or nothing. Others that write wait until it ended.
    ///
    /// # Errors
    /// [`RuntimeError`], or what `change` says; then nothing was changed.
    pub fn change<T, E: From<RuntimeError>>(
        &mut self,
        change: impl FnOnce(&Change<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.opened.change(|inside| change(&Change { inside }))
    }

    /// How large it is, in bytes, with what is not in its main file yet.
    pub fn size(&self) -> u64 {
        database::size(self.opened.path())
    }
}

impl Change<'_> {
    fn with<T>(
        &self,
        run: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, RuntimeError> {
        self.inside.with(run)
    }
}
