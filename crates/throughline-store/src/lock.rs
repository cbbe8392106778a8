//! Locks as types: what needs a lock takes the lock as an argument.
//!
//! `flock` on files that are never deleted, so a lock dies with its holder and no stale one can
//! be left. The holder writes its process number into the file, for messages only. Order: project
//! lock, then journal lock.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use crate::durable;
use crate::error::StoreError;
use crate::schedule::{self, Step};

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

/// A lock on a file, whatever it is the right to: that is said by the type that has it inside.
#[derive(Debug)]
pub struct Held {
    _file: File,
}

impl Held {
    /// Takes it.
    ///
    /// # Errors
    /// [`StoreError::Locked`] with the holder, after `patience`.
    pub fn acquire(path: &Path, patience: Duration) -> Result<Self, StoreError> {
        let mut file = open(path)?;
        schedule::reach(Step::Lock);
        let is_free = flock(&file, FlockOperation::NonBlockingLockExclusive).is_ok();
        if !is_free && !schedule::leaves_locks_out() {
            let Some(locked) = wait(file, patience) else {
                let holder = holder(&mut open(path)?);
                return Err(StoreError::Locked { path: path.to_owned(), holder, waited: patience });
            };
            file = locked;
        }
        note_holder(&mut file);
        Ok(Self { _file: file })
    }
}

/// Waits in the kernel's queue, in a thread because `flock` knows no deadline: sixteen who ask again
/// and again would keep a core busy, and one of them could be overtaken for ever.
fn wait(file: File, patience: Duration) -> Option<File> {
    if patience.is_zero() {
        return None;
    }
    if let Some(turns) = schedule::turns(patience) {
        return wait_turns(file, turns);
    }
    let (sender, locked) = channel();
    thread::spawn(move || {
        while let Err(error) = flock(&file, FlockOperation::LockExclusive) {
            if error != Errno::INTR {
                return;
            }
        }
        // If nobody waits any more the file is dropped here, and the lock with it.
        let _ = sender.send(file);
    });
    locked.recv_timeout(patience).ok()
}

/// In a test whose threads take turns: who stands still is waited for by all.
fn wait_turns(file: File, turns: u128) -> Option<File> {
    let is_free = |_| {
        schedule::reach(Step::Lock);
        flock(&file, FlockOperation::NonBlockingLockExclusive).is_ok()
    };
    (0..turns).any(is_free).then_some(file)
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_waits_in_vain_is_told_who_has_it() {
        let folder = tempfile::tempdir().expect("tempdir");
        let path = folder.path().join("lock");
        let held = Held::acquire(&path, Duration::ZERO).expect("free");
        let own = format!("process {}", std::process::id());
        for patience in [Duration::ZERO, Duration::from_millis(1)] {
            match Held::acquire(&path, patience) {
                Err(StoreError::Locked { holder, waited, path: named }) => {
                    assert_eq!((holder, waited, named), (own.clone(), patience, path.clone()));
                }
                other => panic!("{other:?}"),
            }
        }
        std::fs::write(&path, "").expect("write");
        let unnamed = Held::acquire(&path, Duration::ZERO).expect_err("held").to_string();
        assert!(unnamed.contains("another process"), "{unnamed}");
        let waiter = thread::spawn({
            let path = path.clone();
            move || Held::acquire(&path, Duration::from_secs(60)).is_ok()
        });
        drop(held);
        assert!(waiter.join().expect("it ended"), "it is free");
    }
}
