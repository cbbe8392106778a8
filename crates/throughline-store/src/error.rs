//! What can go wrong with our files. Every error names the file.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use throughline_model::state::Refused;

/// A failure of the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The operating system said no.
    #[error("can't {action} {}", path.display())]
    Io {
        /// What was tried, as a verb.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
    /// Something other than a regular file stands where our file should.
    #[error("{} is {found}, not a regular file", path.display())]
    NotAFile {
        /// Where.
        path: PathBuf,
        /// In words.
        found: &'static str,
    },
    /// Something other than a directory stands where our directory should.
    #[error("{} is {found}, not a directory", path.display())]
    NotADirectory {
        /// Where.
        path: PathBuf,
        /// In words.
        found: &'static str,
    },
    /// A file is larger than it may be.
    #[error("{} has {size} bytes, more than the {limit} that are read", path.display())]
    TooLarge {
        /// Which.
        path: PathBuf,
        /// In bytes.
        size: u64,
        /// In bytes.
        limit: u64,
    },
    /// Somebody else holds a lock.
    #[error("{} is locked by {holder} (waited {} ms)", path.display(), waited.as_millis())]
    Locked {
        /// The lock's file.
        path: PathBuf,
        /// As the holder wrote itself down.
        holder: String,
        /// How long we waited.
        waited: Duration,
    },
    /// A state file is not a state.
    #[error("{}: {refused}", path.display())]
    State {
        /// Which.
        path: PathBuf,
        /// Why.
        refused: Box<Refused>,
    },
    /// Another of our files is not what it should be.
    #[error("{}: {problem}", path.display())]
    Malformed {
        /// Which.
        path: PathBuf,
        /// In words.
        problem: String,
    },
    /// A newer program wrote the file; it may be read, not written.
    #[error("{} was written by a newer version of thru ({found}; this one knows {known})", path.display())]
    Newer {
        /// Which.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// Ours.
        known: u32,
    },
    /// The journal has records that a newer program wrote, and no such program folded yet: without
    /// them a line may be read, not written.
    #[error("{} has {count} records of a newer version of thru", path.display())]
    NewerRecords {
        /// The journal's folder.
        path: PathBuf,
        /// How many concern the line.
        count: usize,
    },
    /// What would be written does not read back as itself.
    #[error("the new content of {} does not read back; nothing was written", path.display())]
    Unfaithful {
        /// Which.
        path: PathBuf,
    },
    /// The file changed while it was being replaced; it was put back.
    #[error("{} changed in the meantime; it was left as it is", path.display())]
    Moved {
        /// Which.
        path: PathBuf,
    },
    /// The sync failed, and the change could not be taken back.
    #[error("the change is not confirmed: it may still appear ({})", path.display())]
    NotConfirmed {
        /// The journal, or the file that was replaced.
        path: PathBuf,
        /// Why the sync failed.
        source: io::Error,
    },
    /// Others could write into our home.
    #[error("{} can be written by others (mode {mode:o})", path.display())]
    Unsafe {
        /// The directory.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// No random bytes or no clock.
    #[error("the system gave no {what}")]
    System {
        /// What was asked for.
        what: &'static str,
    },
}

/// Gives an I/O error its action and path.
pub(crate) trait IoContext<T> {
    fn at(self, action: &'static str, path: &Path) -> Result<T, StoreError>;
}

impl<T> IoContext<T> for io::Result<T> {
    fn at(self, action: &'static str, path: &Path) -> Result<T, StoreError> {
        self.map_err(|source| StoreError::Io { action, path: path.to_owned(), source })
    }
}

impl<T> IoContext<T> for rustix::io::Result<T> {
    fn at(self, action: &'static str, path: &Path) -> Result<T, StoreError> {
        self.map_err(io::Error::from).at(action, path)
    }
}

impl StoreError {
    /// The same failure after the change was made: it stands, and is not sure to stay.
    #[must_use]
    pub fn unconfirmed(self) -> Self {
        match self {
            Self::Io { path, source, action: _ } => Self::NotConfirmed { path, source },
            other => other,
        }
    }

    /// Whether the file is simply not there.
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Io { source, .. } if source.kind() == io::ErrorKind::NotFound)
    }

    /// The file, if the message may quote what it holds, which anybody may have written.
    pub fn quoted_file(&self) -> Option<&Path> {
        match self {
            Self::State { path, .. } | Self::Malformed { path, .. } => Some(path),
            Self::Io { .. }
            | Self::NotAFile { .. }
            | Self::NotADirectory { .. }
            | Self::TooLarge { .. }
            | Self::Locked { .. }
            | Self::Newer { .. }
            | Self::NewerRecords { .. }
            | Self::Unfaithful { .. }
            | Self::Moved { .. }
            | Self::NotConfirmed { .. }
            | Self::Unsafe { .. }
            | Self::System { .. } => None,
        }
    }

    /// Whether the change was made and may not stay.
    pub fn is_unconfirmed(&self) -> bool {
        matches!(self, Self::NotConfirmed { .. })
    }

    /// Whether somebody else holds what is needed; nothing was changed.
    pub fn is_locked(&self) -> bool {
        matches!(self, Self::Locked { .. })
    }

    /// Whether the place can't be written: read-only, or not ours, as in an agent's sandbox.
    pub fn is_read_only(&self) -> bool {
        use io::ErrorKind::{PermissionDenied, ReadOnlyFilesystem};
        let kinds = [PermissionDenied, ReadOnlyFilesystem];
        matches!(self, Self::Io { source, .. } if kinds.contains(&source.kind()))
    }
}
