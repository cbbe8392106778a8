//! The journal: append-only, the truth for what happened in a project.
//!
//! Files owned: `journal/<n>.jsonl` (segments, numbered from 1, a new one past
//! [`SEGMENT_SIZE`]), `journal/late/<id>.jsonl`, `journal.lock`.
//!
//! Locking: the journal lock is held for the `write` alone, never over a sync, a fold, git or a
//! model. Who does not get it within [`crate::lock::JOURNAL_PATIENCE`] writes a late file: temporary
//! name, synced where acknowledged, renamed. Who holds the lock next puts what is late before its own
//! and skips lines already there; a late file goes once its records are durable in the journal.
//!
//! Durability: [`Durability::Acknowledged`] returns after `fdatasync`. If that fails an abort
//! record takes the record back; if that fails too the answer is "not confirmed".
//!
//! Compatibility: a line whose CRC, JSON or version this program can't read is skipped, counted
//! and left where it is. What a newer program wrote is not stepped over by a fold: that would be taken
//! for done. A torn tail is closed by the next writer. Cost: one write, one flush.

mod append;
mod late;
mod line;
mod read;

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

use crate::durable;
use crate::error::StoreError;

use late::LateSeen;

#[cfg(test)]
pub(crate) use line::{Decoded, decode, encode};

pub use append::{Appended, Durability};
pub use read::{Batch, Filter, NewerRecord};

/// Past this many bytes a segment is closed and the next one begun.
pub const SEGMENT_SIZE: u64 = 1024 * 1024;

/// The longest line that is read, in bytes; a writer keeps records far below.
pub const LONGEST_RECORD: usize = 1024 * 1024;

/// The journal of one project.
#[derive(Debug, Clone)]
pub struct Journal {
    directory: PathBuf,
    lock: PathBuf,
    /// Late files as they were read: they never change, and behind a stopped holder of the lock
    /// there may be hundreds.
    late_seen: Arc<Mutex<LateSeen>>,
    /// Whether somebody held the lock for longer than we wait: the next record doesn't wait again.
    held: Arc<AtomicBool>,
}

impl Journal {
    pub(crate) fn new(project: &Path) -> Self {
        let (directory, lock) = (project.join("journal"), project.join("journal.lock"));
        Self { directory, lock, late_seen: Arc::default(), held: Arc::default() }
    }

    fn segment(&self, number: u64) -> PathBuf {
        self.directory.join(format!("{number}.jsonl"))
    }

    /// The numbers of the segments, ascending.
    fn segments(&self) -> Result<Vec<u64>, StoreError> {
        let paths = durable::list(&self.directory)?;
        let names = paths.iter().filter_map(|path| path.file_name()?.to_str());
        let mut numbers: Vec<u64> =
            names.filter_map(|n| n.strip_suffix(".jsonl")?.parse().ok()).collect();
        numbers.sort_unstable();
        Ok(numbers)
    }
}

#[cfg(test)]
mod tests;
