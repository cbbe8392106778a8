//! Writing records.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::Duration;

use throughline_model::record::{Body, Mark, Record};

use super::{Journal, SEGMENT_SIZE, line};
use crate::durable;
use crate::error::{IoContext as _, StoreError};
use crate::lock::{JOURNAL_PATIENCE, JournalLock};
use crate::schedule::{self, Step};

/// What an append promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// It survives a power cut: for whatever is told to be done.
    Acknowledged,
    /// It survives a kill: for what a hook observes; the fold syncs it.
    Observed,
}

/// Where records went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Appended {
    /// Into the journal, ending here.
    Journal(Mark),
    /// Into a late file: the journal was locked.
    Late,
}

impl Journal {
    /// Appends records, in one write.
    pub fn append(
        &self,
        records: &[Record],
        durability: Durability,
    ) -> Result<Appended, StoreError> {
        let lines: String = records.iter().map(line::encode).collect();
        let held = self.held.load(Ordering::Relaxed);
        let patience = if held { Duration::ZERO } else { JOURNAL_PATIENCE };
        let lock = JournalLock::acquire(&self.lock, patience);
        self.held.store(matches!(lock, Err(StoreError::Locked { .. })), Ordering::Relaxed);
        match lock {
            Ok(lock) => {
                // What is late is older than what comes now: a change after the task that it is of.
                let late = self.late_files()?;
                schedule::reach(Step::LateListed);
                let bytes = [self.missing(&late)?, lines.into_bytes()].concat();
                let (file, path, end) = self.append_lines(&lock, &bytes)?;
                drop(lock);
                schedule::reach(Step::Unlocked);
                self.settle(&file, &path, records, durability)?;
                if durability == Durability::Acknowledged {
                    self.forget(&late)?;
                }
                Ok(Appended::Journal(end))
            }
            Err(StoreError::Locked { .. }) => {
                self.append_late(records, &lines, durability)?;
                Ok(Appended::Late)
            }
            Err(error) => Err(error),
        }
    }

    /// Writes lines at the end of the newest segment, closing a torn tail first.
    pub(super) fn append_lines(
        &self,
        _lock: &JournalLock,
        lines: &[u8],
    ) -> Result<(File, PathBuf, Mark), StoreError> {
        let (number, path, mut file) = self.open_newest()?;
        let size = file.metadata().at("read", &path)?.len();
        let mut last = [b'\n'];
        if size > 0 {
            file.read_exact_at(&mut last, size - 1).at("read", &path)?;
        }
        let mut bytes = Vec::with_capacity(lines.len() + 1);
        if last != [b'\n'] {
            bytes.push(b'\n');
        }
        bytes.extend_from_slice(lines);
        schedule::reach(Step::Measured);
        write_once(&mut file, &bytes).at("write", &path)?;
        schedule::reach(Step::Written);
        let offset = size + u64::try_from(bytes.len()).unwrap_or(0);
        Ok((file, path, Mark { segment: number, offset }))
    }

    fn open_newest(&self) -> Result<(u64, PathBuf, File), StoreError> {
        let newest = self.segments()?.last().copied().unwrap_or(0);
        let full = |path: &Path| fs::symlink_metadata(path).is_ok_and(|m| m.len() >= SEGMENT_SIZE);
        let number = if newest == 0 || full(&self.segment(newest)) { newest + 1 } else { newest };
        let path = self.segment(number);
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(true).mode(0o600);
        let file = durable::open_with(&mut options, &path)?;
        if number != newest {
            durable::sync_directory_of(&path)?;
        }
        Ok((number, path, file))
    }

    /// Makes an append durable, or takes it back.
    fn settle(
        &self,
        file: &File,
        path: &Path,
        records: &[Record],
        durability: Durability,
    ) -> Result<(), StoreError> {
        if durability == Durability::Observed {
            return Ok(());
        }
        let Err(source) = durable::sync_data(file) else {
            schedule::reach(Step::Synced);
            return Ok(());
        };
        let aborts: String = records.iter().map(|r| line::encode(&abort(r))).collect();
        let lock = JournalLock::acquire(&self.lock, JOURNAL_PATIENCE);
        let taken_back = lock
            .and_then(|lock| self.append_lines(&lock, aborts.as_bytes()))
            .and_then(|(file, path, _)| durable::sync_data(&file).at("sync", &path));
        match taken_back {
            Ok(()) => Err(source).at("sync", path),
            Err(_) => Err(StoreError::NotConfirmed { path: path.to_owned(), source }),
        }
    }
}

/// One `write`; what the system takes of it short is an error, because a second call could be
/// interleaved or killed.
pub(super) fn write_once(file: &mut File, bytes: &[u8]) -> io::Result<()> {
    let written = loop {
        match file.write(bytes) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => break other?,
        }
    };
    if written == bytes.len() {
        return Ok(());
    }
    Err(io::Error::new(io::ErrorKind::WriteZero, "the disk took only a part (is it full?)"))
}

/// Takes a record back whose sync failed.
fn abort(record: &Record) -> Record {
    let now = record.stamp.at;
    let changes = record.body.changes().iter().rev().map(|c| c.inverse(now)).collect();
    let id = throughline_model::ids::RecordId::parse(&format!("{}-abort", record.id))
        .expect("a record id with a suffix is an id");
    Record {
        id,
        part: None,
        body: Body::Abort { record: record.id.clone(), changes },
        ..record.clone()
    }
}
