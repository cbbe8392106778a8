//! Writing records.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use throughline_model::record::{Body, Mark, Record};

use super::{Journal, SEGMENT_SIZE, line};
use crate::durable::{self, Access};
use crate::error::{IoContext as _, StoreError};
use crate::lock::{JOURNAL_PATIENCE, JournalLock};

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

/// How long the mover waits for the journal lock.
const MOVER_PATIENCE: std::time::Duration = std::time::Duration::from_millis(200);

impl Journal {
    /// Appends records, in one write.
    pub fn append(
        &self,
        records: &[Record],
        durability: Durability,
    ) -> Result<Appended, StoreError> {
        let lines: String = records.iter().map(line::encode).collect();
        match JournalLock::acquire(&self.lock, JOURNAL_PATIENCE) {
            Ok(lock) => {
                let (file, path, end) = self.append_lines(&lock, lines.as_bytes())?;
                drop(lock);
                self.settle(&file, &path, records, durability)?;
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
    fn append_lines(
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
        write_once(&mut file, &bytes).at("write", &path)?;
        let offset = size + u64::try_from(bytes.len()).unwrap_or(0);
        Ok((file, path, Mark { segment: number, offset }))
    }

    fn open_newest(&self) -> Result<(u64, PathBuf, File), StoreError> {
        let newest = self.segments().last().copied().unwrap_or(0);
        let full = |path: &Path| fs::metadata(path).is_ok_and(|m| m.len() >= SEGMENT_SIZE);
        let number = if newest == 0 || full(&self.segment(newest)) { newest + 1 } else { newest };
        let path = self.segment(number);
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(true).mode(0o600);
        let file = options.open(&path).at("open", &path)?;
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
        let Err(source) = durable::sync_data(file) else { return Ok(()) };
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

    fn append_late(
        &self,
        records: &[Record],
        lines: &str,
        durability: Durability,
    ) -> Result<(), StoreError> {
        let Some(first) = records.first() else { return Ok(()) };
        let late = self.late();
        let temporary = late.join(format!(".{}{}", first.id, durable::TEMPORARY));
        let path = late.join(format!("{}.jsonl", first.id));
        let mut file = durable::create_new(&temporary, Access::Private, None)?;
        let written = write_once(&mut file, lines.as_bytes()).at("write", &temporary);
        let synced = written.and_then(|()| match durability {
            Durability::Acknowledged => durable::sync_data(&file).at("sync", &temporary),
            Durability::Observed => Ok(()),
        });
        let renamed = synced.and_then(|()| fs::rename(&temporary, &path).at("rename", &path));
        if renamed.is_err() {
            let _ = fs::remove_file(&temporary);
        }
        renamed?;
        match durability {
            Durability::Acknowledged => durable::sync_directory_of(&path),
            Durability::Observed => Ok(()),
        }
    }

    /// Moves late files into the journal, makes all of it durable, and tells where it ends: between
    /// two records, with nobody in the middle of writing.
    pub fn settle_late(&self) -> Result<Mark, StoreError> {
        let lock = JournalLock::acquire(&self.lock, MOVER_PATIENCE)?;
        let late = self.late_files();
        for path in &late {
            self.move_late(&lock, path)?;
        }
        let end = self.end();
        drop(lock);
        self.sync_newest()?;
        // Only what is durable in the journal may lose its own file.
        for path in &late {
            let _ = fs::remove_file(path);
        }
        Ok(end)
    }

    fn move_late(&self, lock: &JournalLock, path: &Path) -> Result<usize, StoreError> {
        let Some(bytes) = durable::read_if_there(path, SEGMENT_SIZE * 16)? else { return Ok(0) };
        let known = self.recent_text();
        let lines = bytes
            .split_inclusive(|b| *b == b'\n')
            .filter(|line| !known.windows(line.len()).any(|window| window == *line));
        let missing: Vec<u8> = lines.flatten().copied().collect();
        if !missing.is_empty() {
            self.append_lines(lock, &missing)?;
        }
        Ok(missing.iter().filter(|b| **b == b'\n').count())
    }

    /// Where a mover that died may have left what it moved: the last two segments.
    fn recent_text(&self) -> Vec<u8> {
        let numbers = self.segments();
        let recent = numbers.iter().rev().take(2).rev();
        recent.filter_map(|n| fs::read(self.segment(*n)).ok()).flatten().collect()
    }

    pub(super) fn late_files(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.late()).into_iter().flatten().filter_map(Result::ok);
        let named = entries.filter(|e| {
            let name = e.file_name();
            let name = name.to_string_lossy();
            name.ends_with(".jsonl") && !name.starts_with('.')
        });
        let mut paths: Vec<(Option<std::time::SystemTime>, PathBuf)> =
            named.map(|e| (e.metadata().and_then(|m| m.modified()).ok(), e.path())).collect();
        paths.sort();
        paths.into_iter().map(|(_, path)| path).collect()
    }

    fn sync_newest(&self) -> Result<(), StoreError> {
        let Some(newest) = self.segments().last().copied() else { return Ok(()) };
        let path = self.segment(newest);
        let file = File::open(&path).at("open", &path)?;
        durable::sync_data(&file).at("sync", &path)
    }
}

/// One `write`; what the system takes of it short is an error, because a second call could be
/// interleaved or killed.
fn write_once(file: &mut File, bytes: &[u8]) -> io::Result<()> {
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
