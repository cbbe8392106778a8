//! What can go wrong with these databases, sorted by what helps.

use std::path::{Path, PathBuf};

use throughline_store::database::Trouble;

/// A failure of a database that is truth.
#[derive(Debug, thiserror::Error)]
pub enum RuntimeError {
    /// It is no database, damaged, or not of this format.
    #[error("database {} is damaged", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// Another process holds SQLite's own lock: what was asked can be asked again.
    #[error("database {} is busy", path.display())]
    Busy {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// It can't be read or written here: the file system, permissions, a full disk.
    #[error("can't use database {}: {source}", path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// A row holds what this program can't read.
    #[error("{} holds a {what} that can't be read: {problem}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Of what kind.
        what: &'static str,
        /// In words.
        problem: String,
    },
}

impl RuntimeError {
    pub(crate) fn new(path: &Path, source: rusqlite::Error) -> Self {
        let path = path.to_owned();
        match Trouble::of(&source) {
            Trouble::Damaged => Self::Damaged { path, source },
            Trouble::Busy => Self::Busy { path, source },
            Trouble::Unusable => Self::Unusable { path, source },
        }
    }
}
