//! The buffer: plain lines that wait for the database.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};
use throughline_model::event::LogEvent;

use crate::durable;
use crate::entropy;
use crate::error::{IoContext as _, StoreError};
use crate::home::Home;

const BUFFER: &str = "events.jsonl";

/// A buffer of that many bytes takes no more: nobody drains it.
const FULL: u64 = 1 << 20;

/// A buffer of that many bytes is worth opening the database, in bytes.
pub const DUE: u64 = 32 << 10;

/// How often a writer looks for the buffer that has the name.
const ATTEMPTS: usize = 3;

/// Appends an event. Where there is no HOME yet there is nothing to tell of.
///
/// # Errors
/// [`StoreError`], about which nobody can do anything: the event is lost.
pub fn note(home: &Home, event: &LogEvent) -> Result<(), StoreError> {
    if !home.exists() {
        return Ok(());
    }
    let mut line = serde_json::to_string(event).expect("an event is JSON");
    line.push('\n');
    let path = home.file(BUFFER);
    for _ in 0..ATTEMPTS {
        let mut options = OpenOptions::new();
        let mut file = durable::open_with(options.append(true).create(true).mode(0o600), &path)?;
        if flock(&file, FlockOperation::NonBlockingLockShared).is_err() {
            break;
        }
        if !is_still_there(&file, &path) {
            continue;
        }
        if file.metadata().at("read", &path)?.len() > FULL {
            return Ok(());
        }
        return file.write_all(line.as_bytes()).at("write", &path);
    }
    alone(home, &line)
}

/// Whether the file has the name yet: a drain may have parked it between our opening and our lock.
fn is_still_there(file: &File, path: &Path) -> bool {
    let (Ok(ours), Ok(named)) = (file.metadata(), fs::symlink_metadata(path)) else { return false };
    (ours.dev(), ours.ino()) == (named.dev(), named.ino())
}

/// Parks a line in a file of its own, whole or not at all.
fn alone(home: &Home, line: &str) -> Result<(), StoreError> {
    if parked(home).len() > MOST_PARKED {
        return Ok(());
    }
    durable::replace_quickly(&parking_place(home)?, line.as_bytes())
}

/// Behind a stopped drain writers park one file each: no more than that.
const MOST_PARKED: usize = 256;

fn parking_place(home: &Home) -> Result<PathBuf, StoreError> {
    Ok(home.root().join(format!("events.{}.jsonl", entropy::hex(16)?)))
}

/// Parks what gathered, so that nobody writes to it any more.
pub(super) fn park(home: &Home) -> Result<(), StoreError> {
    let path = home.file(BUFFER);
    let file = match durable::open_regular(&path) {
        Ok(file) => file,
        Err(error) if error.is_missing() => return Ok(()),
        Err(error) => return Err(error),
    };
    if file.metadata().at("read", &path)?.len() == 0 {
        return Ok(());
    }
    // Writers hold it for microseconds; one that was stopped meanwhile is not waited for.
    if flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() {
        return Ok(());
    }
    if is_still_there(&file, &path) {
        fs::rename(&path, parking_place(home)?).at("park", &path)?;
    }
    Ok(())
}

/// The parked buffers, in no order.
pub(super) fn parked(home: &Home) -> Vec<PathBuf> {
    let is_parked = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name != BUFFER && name.starts_with("events.") && name.ends_with(".jsonl")
    };
    durable::list(home.root()).unwrap_or_default().into_iter().filter(is_parked).collect()
}

/// How much waits, in bytes.
pub(super) fn waiting(home: &Home) -> u64 {
    let size = |path: &Path| fs::metadata(path).map_or(0, |found| found.len());
    size(&home.file(BUFFER)) + parked(home).iter().map(|path| size(path)).sum::<u64>()
}

/// The events of a parked buffer; lines that are none are passed over.
pub(super) fn events(path: &Path) -> Result<Vec<LogEvent>, StoreError> {
    let bytes = durable::read(path, 2 * FULL)?;
    let lines = bytes.split(|byte| *byte == b'\n');
    Ok(lines.filter_map(|line| serde_json::from_slice(line).ok()).collect())
}

/// Removes a parked buffer; one that is gone is gone.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
