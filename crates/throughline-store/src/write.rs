//! Writing a state file: fold (HOME) and publish (worktree).
//!
//! Both: the new bytes must read back as the state that they came from; the intent (hash before,
//! hash after, up to which record) is in the journal, synced, before the rename, so that a crash
//! at any instant is recognised by the hash of whatever stands there.

use std::fs;
use std::path::Path;

use throughline_model::line::LineVersion;
use throughline_model::record::{Body, Mark, Record};
use throughline_model::state::{LARGEST_STATE, State, StateVersion, Writable, read, write};

use crate::durable::{self, Access};
use crate::error::{IoContext as _, StoreError};
use crate::journal::Durability;
use crate::lock::ProjectLock;
use crate::project::Project;
use crate::schedule::{self, Step};
use crate::view::{Loaded, hash};

/// A state file that is to be replaced.
#[derive(Debug)]
pub struct Replacement<'a> {
    /// Which file.
    pub file: &'a Path,
    /// Who may read it.
    pub access: Access,
    /// Hash of the bytes that must still stand there; `None` for no file.
    pub before: Option<&'a str>,
    /// What it shall hold.
    pub state: &'a State,
    /// All records of the line before this are contained.
    pub through: Mark,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Replaced {
    /// It holds the state already.
    Same {
        /// Hash of its bytes.
        hash: String,
    },
    /// It was replaced.
    New {
        /// Hash of its bytes.
        hash: String,
    },
}

impl Replaced {
    /// Hash of the bytes that stand there now.
    pub fn hash(&self) -> &str {
        match self {
            Self::Same { hash } | Self::New { hash } => hash,
        }
    }
}

impl Project {
    /// Replaces a state file. `intent` makes the journal's record; `stands` tells whether git is
    /// still where it was: if not, the old bytes are put back and the records stay pending.
    pub fn replace_state(
        &self,
        _lock: &ProjectLock,
        replacement: &Replacement<'_>,
        intent: impl FnOnce(Body) -> Result<Record, StoreError>,
        stands: impl Fn() -> bool,
    ) -> Result<Replaced, StoreError> {
        let Replacement { file, access, before, state, through } = *replacement;
        let bytes = write(state).into_bytes();
        let after = hash(&bytes);
        if before == Some(after.as_str()) {
            return Ok(Replaced::Same { hash: after });
        }
        read_back(file, &bytes, state)?;
        let old = current(file)?;
        if old.as_deref().map(hash).as_deref() != before || !stands() {
            return Err(StoreError::Moved { path: file.to_owned() });
        }
        schedule::reach(Step::Compared);
        let record = intent(Body::Intent {
            file: file.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            before: before.map(str::to_owned),
            after: after.clone(),
            through,
        })?;
        self.journal().append(&[record], Durability::Acknowledged)?;
        schedule::reach(Step::Intended);
        durable::replace(file, &bytes, access)?;
        schedule::reach(Step::Replaced);
        if stands() {
            return Ok(Replaced::New { hash: after });
        }
        put_back(file, old.as_deref(), &after, access)?;
        Err(StoreError::Moved { path: file.to_owned() })
    }

    /// Replaces the cached view of a line, unless it holds just that: most turns change no task.
    /// Durable, because line.json will rely on it.
    pub fn save_cached_view(
        &self,
        _lock: &ProjectLock,
        key: &str,
        state: &State,
    ) -> Result<(), StoreError> {
        let path = self.own_state_path(key);
        let bytes = write(state).into_bytes();
        if current(&path)?.is_some_and(|old| old == bytes) {
            return Ok(());
        }
        read_back(&path, &bytes, state)?;
        durable::create_private_dir(&self.line_folder(key))?;
        durable::replace(&path, &bytes, Access::Private)
    }

    /// Whether a loaded line may be written back: nothing of it is a newer program's.
    pub fn check_writable(&self, loaded: &Loaded) -> Result<(), StoreError> {
        let line = &loaded.view.line;
        if loaded.writable == Writable::No {
            let (found, known) = (loaded.view.state.version.0, StateVersion::CURRENT.0);
            return Err(StoreError::Newer { path: loaded.file.clone(), found, known });
        }
        if line.version > LineVersion::CURRENT {
            let (found, known) = (line.version.0, LineVersion::CURRENT.0);
            return Err(StoreError::Newer { path: self.line_path(&line.key), found, known });
        }
        self.refuse_newer(loaded.newer)
    }
}

/// Makes sure that the bytes of a state read back as it.
fn read_back(file: &Path, bytes: &[u8], state: &State) -> Result<(), StoreError> {
    match read(bytes) {
        Ok((back, _)) if back == *state => Ok(()),
        Ok(_) => Err(StoreError::Unfaithful { path: file.to_owned() }),
        Err(refused) => {
            Err(StoreError::State { path: file.to_owned(), refused: Box::new(refused) })
        }
    }
}

fn current(file: &Path) -> Result<Option<Vec<u8>>, StoreError> {
    durable::read_if_there(file, u64::try_from(LARGEST_STATE).unwrap_or(u64::MAX))
}

/// Git moved while the file was replaced: what stood there comes back, unless git wrote it anew.
fn put_back(file: &Path, old: Option<&[u8]>, ours: &str, access: Access) -> Result<(), StoreError> {
    if current(file)?.as_deref().map(hash).as_deref() != Some(ours) {
        return Ok(());
    }
    match old {
        Some(bytes) => durable::replace(file, bytes, access),
        None => fs::remove_file(file).at("remove", file),
    }
}

#[cfg(test)]
mod tests;
