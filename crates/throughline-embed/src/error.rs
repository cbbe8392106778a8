//! What can be wrong with a model's directory.

use std::io;
use std::path::{Path, PathBuf};

/// Why there is no model, or no vector.
#[derive(Debug, thiserror::Error)]
pub enum LocalModelError {
    /// A file can't be read.
    #[error("{}: {source}", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file is damaged, or says what this program does not understand.
    #[error("{}: {problem}", path.display())]
    Unfit {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
}

impl LocalModelError {
    pub(crate) fn unfit(path: &Path, problem: impl Into<String>) -> Self {
        Self::Unfit { path: path.to_owned(), problem: problem.into() }
    }

    pub(crate) fn unreadable(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Unreadable { path, source }
    }
}
