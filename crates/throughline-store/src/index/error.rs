//! What can go wrong with the index, sorted by what helps.

use std::path::PathBuf;

use crate::database::Trouble;

/// A failure of the index. None is a reason for a command to fail: see what helps.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// It is no database, damaged, or not of this format: put it aside and make it anew.
    #[error("index {} is damaged", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// Another process holds SQLite's own lock: what was asked can be asked again.
    #[error("index {} is busy", path.display())]
    Busy {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// It can't be read or written here: the file system, permissions, a full disk.
    #[error("can't use index {}", path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
}

impl IndexError {
    pub(super) fn new(path: &std::path::Path, source: rusqlite::Error) -> Self {
        let path = path.to_owned();
        match Trouble::of(&source) {
            Trouble::Busy => Self::Busy { path, source },
            Trouble::Unusable => Self::Unusable { path, source },
            Trouble::Damaged => Self::Damaged { path, source },
        }
    }

    /// Whether making it anew helps.
    pub fn is_damaged(&self) -> bool {
        match self {
            Self::Damaged { .. } => true,
            Self::Busy { .. } | Self::Unusable { .. } => false,
        }
    }
}
