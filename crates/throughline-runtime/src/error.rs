//! What can go wrong with these databases, sorted by what helps.

use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;
use throughline_store::StoreError;
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
    /// Its pages or rows contradict each other.
    #[error("database {} is damaged: {what}", path.display())]
    Insound {
        /// The file.
        path: PathBuf,
        /// In words.
        what: String,
    },
    /// A newer program wrote it; it may be read, not written.
    #[error("database {} was written by a newer version of thru ({found}; this one knows {known})", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// How many migrations it has had.
        found: usize,
        /// How many this program knows.
        known: usize,
    },
    /// One of its migrations is not the one that this program knows by that name.
    #[error("database {} was made by another build of thru: its migration {migration:?} differs", path.display())]
    Altered {
        /// The file.
        path: PathBuf,
        /// Which.
        migration: &'static str,
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
    /// What lies around the database: its lock, its backups.
    #[error(transparent)]
    Store(#[from] StoreError),
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

    /// Whether a backup should take the file's place: SQLite, its own checks or its mark say that it is not
    /// what it was. A statement that failed is no such sign.
    pub fn is_corruption(&self) -> bool {
        match self {
            Self::Damaged { source: rusqlite::Error::InvalidQuery, .. } | Self::Insound { .. } => {
                true
            }
            Self::Damaged { source, .. } => matches!(
                source.sqlite_error_code(),
                Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
            ),
            Self::Newer { .. }
            | Self::Altered { .. }
            | Self::Busy { .. }
            | Self::Unusable { .. }
            | Self::Unreadable { .. }
            | Self::Store(_) => false,
        }
    }

    /// Its class in a word, for counting: few, and the same for good.
    pub fn class(&self) -> &'static str {
        match self {
            Self::Damaged { .. } | Self::Insound { .. } => "corrupt",
            Self::Newer { .. } => "newer",
            Self::Altered { .. } => "altered",
            Self::Busy { .. } => "busy",
            Self::Unusable { source, .. } => match source.sqlite_error_code() {
                Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => "readonly",
                Some(ErrorCode::DiskFull) => "full",
                Some(ErrorCode::CannotOpen) => "cantopen",
                Some(_) | None => "io",
            },
            Self::Unreadable { .. } => "unreadable",
            Self::Store(_) => "files",
        }
    }
}
