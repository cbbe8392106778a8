//! Late files: the records of writers that did not get the journal lock in time.
//!
//! Files owned: `journal/late/<id of the first record>.jsonl`, and `.<id>.tmp` while one is written.
//! Their order is that of their records' boot clock: a file's own time is too coarse to tell two
//! writers apart.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;
use std::sync::{Arc, PoisonError};
use std::time::Duration;
use std::{fs, io};

use throughline_model::record::{Mark, Record, Stamp};

use super::append::write_once;
use super::line::{Decoded, decode};
use super::{Durability, Journal, SEGMENT_SIZE};
use crate::durable::{self, Access};
use crate::error::{IoContext as _, StoreError};
use crate::lock::JournalLock;
use crate::schedule::{self, Step};

/// How long the mover waits for the journal lock.
const MOVER_PATIENCE: Duration = Duration::from_millis(200);

/// The largest late file that is read, in bytes.
const LIMIT: u64 = SEGMENT_SIZE * 16;

/// Late files by path.
pub(super) type LateSeen = HashMap<PathBuf, Arc<LateFile>>;

/// A late file as it was read.
#[derive(Debug)]
pub(super) struct LateFile {
    path: PathBuf,
    bytes: Vec<u8>,
    /// Of its first record; `None` if that can't be read.
    stamp: Option<Stamp>,
}

impl LateFile {
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl Journal {
    fn late(&self) -> PathBuf {
        self.directory.join("late")
    }

    /// The late files, in the order in which their records came into being.
    pub(super) fn late_files(&self) -> Result<Vec<Arc<LateFile>>, StoreError> {
        durable::check_directory(&self.late())?;
        let is_late = |path: &PathBuf| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.ends_with(".jsonl") && !name.starts_with('.')
        };
        let mut seen = self.late_seen.lock().unwrap_or_else(PoisonError::into_inner);
        let known = std::mem::take(&mut *seen);
        for path in durable::list(&self.late())?.into_iter().filter(is_late) {
            if let Some(file) = known.get(&path) {
                seen.insert(path, Arc::clone(file));
            // A mover may have been faster.
            } else if let Some(bytes) = durable::read_if_there(&path, LIMIT)? {
                let stamp = first_stamp(&bytes);
                let file = LateFile { path: path.clone(), bytes, stamp };
                seen.insert(path, Arc::new(file));
            }
        }
        Ok(in_order(seen.values().cloned().collect()))
    }

    pub(super) fn append_late(
        &self,
        records: &[Record],
        lines: &str,
        durability: Durability,
    ) -> Result<(), StoreError> {
        let Some(first) = records.first() else { return Ok(()) };
        durable::check_directory(&self.late())?;
        let path = self.late().join(format!("{}.jsonl", first.id));
        let temporary = durable::temporary_beside(&path)?;
        let mut file = durable::create_new(&temporary, Access::Private, None)?;
        let written = write_once(&mut file, lines.as_bytes()).at("write", &temporary);
        let synced = written.and_then(|()| match durability {
            Durability::Acknowledged => durable::sync_data(&file).at("sync", &temporary),
            Durability::Observed => Ok(()),
        });
        schedule::reach(Step::LateWritten);
        let renamed = synced.and_then(|()| fs::rename(&temporary, &path).at("rename", &path));
        if renamed.is_err() {
            let _ = fs::remove_file(&temporary);
        }
        renamed?;
        schedule::reach(Step::LateNamed);
        match durability {
            Durability::Acknowledged => {
                durable::sync_directory_of(&path).map_err(StoreError::unconfirmed)
            }
            Durability::Observed => Ok(()),
        }
    }

    /// Moves late files into the journal, makes all of it durable, and tells where it ends: between
    /// two records, with nobody in the middle of writing.
    pub fn settle_late(&self) -> Result<Mark, StoreError> {
        let lock = JournalLock::acquire(&self.lock, MOVER_PATIENCE)?;
        let late = self.late_files()?;
        schedule::reach(Step::LateListed);
        let missing = self.missing(&late)?;
        if !missing.is_empty() {
            self.append_lines(&lock, &missing)?;
        }
        let end = self.end()?;
        drop(lock);
        schedule::reach(Step::Unlocked);
        self.sync_recent()?;
        schedule::reach(Step::Synced);
        remove(&late)?;
        Ok(end)
    }

    /// The lines of late files that the journal does not have yet.
    pub(super) fn missing(&self, late: &[Arc<LateFile>]) -> Result<Vec<u8>, StoreError> {
        if late.is_empty() {
            return Ok(Vec::new());
        }
        let recent = self.recent_text()?;
        let known: HashSet<&[u8]> = recent.split(|b| *b == b'\n').collect();
        let lines = late.iter().flat_map(|file| file.bytes.split(|b| *b == b'\n'));
        let new = lines.filter(|line| !line.is_empty() && !known.contains(line));
        Ok(new.flat_map(|line| [line, b"\n"]).flatten().copied().collect())
    }

    /// Removes late files of which every record is in the journal, once it is durable there.
    pub(super) fn forget(&self, late: &[Arc<LateFile>]) -> Result<(), StoreError> {
        if !late.is_empty() {
            self.sync_recent()?;
            remove(late)?;
        }
        Ok(())
    }

    /// Where a mover that died may have left what it moved.
    fn recent_text(&self) -> Result<Vec<u8>, StoreError> {
        let mut text = Vec::new();
        for number in self.recent_segments()? {
            text.extend(durable::read(&self.segment(number), u64::MAX)?);
            text.push(b'\n');
        }
        Ok(text)
    }

    /// The last two: a segment may have been begun since, and hooks write without a sync, also just
    /// before that.
    fn recent_segments(&self) -> Result<Vec<u64>, StoreError> {
        let numbers = self.segments()?;
        Ok(numbers[numbers.len().saturating_sub(2)..].to_vec())
    }

    fn sync_recent(&self) -> Result<(), StoreError> {
        for number in self.recent_segments()? {
            let path = self.segment(number);
            durable::sync_data(&durable::open_regular(&path)?).at("sync", &path)?;
        }
        Ok(())
    }
}

/// Only what is durable in the journal may lose its own file; and before it is folded the file must
/// be gone for good, or its records would be taken for some that came since.
fn remove(late: &[Arc<LateFile>]) -> Result<(), StoreError> {
    for path in late.iter().map(|file| &file.path) {
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(error).at("remove", path);
            }
            Ok(()) | Err(_) => schedule::reach(Step::LateRemoved),
        }
    }
    late.first().map_or(Ok(()), |file| durable::sync_directory_of(&file.path))
}

fn first_stamp(bytes: &[u8]) -> Option<Stamp> {
    match decode(bytes.split(|b| *b == b'\n').next()?) {
        Decoded::Record(record) => Some(record.stamp),
        // Its place among the others counts for the program that can read it.
        Decoded::Newer(outline) => outline.stamp,
        Decoded::Bad => None,
    }
}

/// Boots by the first wall time that they show, within one by its clock; what has no stamp last.
fn in_order(mut files: Vec<Arc<LateFile>>) -> Vec<Arc<LateFile>> {
    let mut boots: BTreeMap<String, jiff::Timestamp> = BTreeMap::new();
    for stamp in files.iter().filter_map(|file| file.stamp.as_ref()) {
        let first = boots.entry(stamp.boot.clone()).or_insert(stamp.at);
        *first = stamp.at.min(*first);
    }
    files.sort_by_cached_key(|file| {
        let stamp = file.stamp.as_ref();
        let clock = stamp.map(|s| (boots.get(&s.boot).copied(), s.boot.clone(), s.since_boot));
        (clock.is_none(), clock, file.path.clone())
    });
    files
}
