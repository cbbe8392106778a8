//! Locks as types: what needs a lock takes the lock as an argument.
//!
//! `flock` on files that are never deleted, so a lock dies with its holder and no stale one can
//! be left. The holder writes its process number into the file, for messages only. Order: project
//! lock, then journal lock.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, flock};

use crate::durable;
use crate::error::StoreError;

/// How long a command waits for the project lock.
pub const COMMAND_PATIENCE: Duration = Duration::from_secs(5);

/// How long anybody waits for the journal lock before the record goes to a file of its own.
pub const JOURNAL_PATIENCE: Duration = Duration::from_millis(5);

/// The right to replace a project's files.
#[derive(Debug)]
pub struct ProjectLock {
    _held: Held,
}

/// The right to append to a project's journal.
#[derive(Debug)]
pub(crate) struct JournalLock {
    _held: Held,
}

impl ProjectLock {
    pub(crate) fn acquire(path: &Path, patience: Duration) -> Result<Self, StoreError> {
        Held::acquire(path, patience).map(|held| Self { _held: held })
    }
}

impl JournalLock {
    pub(crate) fn acquire(path: &Path, patience: Duration) -> Result<Self, StoreError> {
        Held::acquire(path, patience).map(|held| Self { _held: held })
    }
}

#[derive(Debug)]
struct Held {
    _file: File,
}

impl Held {
    fn acquire(path: &Path, patience: Duration) -> Result<Self, StoreError> {
        let mut file = open(path)?;
        let began = Instant::now();
        while flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() {
            let waited = began.elapsed();
            if waited >= patience {
                let holder = holder(&mut file);
                return Err(StoreError::Locked { path: path.to_owned(), holder, waited });
            }
            thread::sleep(pause_after(waited).min(patience - waited));
        }
        note_holder(&mut file);
        Ok(Self { _file: file })
    }
}

/// Who waits long asks often: `flock` keeps no order among those that ask, so that one could else be
/// overtaken again and again until its patience ends.
fn pause_after(waited: Duration) -> Duration {
    if waited < JOURNAL_PATIENCE {
        return SHORTEST_PAUSE;
    }
    let age = u32::try_from(waited.as_millis() / 40).unwrap_or(u32::MAX);
    (LONGEST_PAUSE / age.saturating_add(1)).max(SHORTEST_PAUSE)
}

const SHORTEST_PAUSE: Duration = Duration::from_micros(200);
const LONGEST_PAUSE: Duration = Duration::from_millis(12);

fn open(path: &Path) -> Result<File, StoreError> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(0o600);
    durable::open_with(&mut options, path)
}

/// For the message of whoever waits; that it fails is no reason not to go on.
fn note_holder(file: &mut File) {
    let text = format!("{:<10}", std::process::id());
    let _ = file.rewind().and_then(|()| file.write_all(text.as_bytes()));
}

fn holder(file: &mut File) -> String {
    let mut text = String::new();
    let _ = file.rewind();
    let _ = file.take(16).read_to_string(&mut text);
    match text.trim() {
        "" => "another process".to_owned(),
        pid => format!("process {pid}"),
    }
}
