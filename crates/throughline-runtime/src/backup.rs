//! Backups, and what takes a damaged file's place.
//!
//! Owns `HOME/backups/<name>/<time>.sqlite` and `HOME/databases.lock`. A backup is one consistent copy (`VACUUM
//! INTO`), looked at and synced before it gets its name. The first fold after
//! [`Database::backup_every`] makes one, on most days the first fold; the newest [`Database::backups_kept`] stay. A file that is not sound is not backed up: a good copy never makes room for
//! a bad one.
//!
//! [`recover`] is asked for by a command that found a file damaged, and by `thru doctor --fix`; never by a hook.
//! What stood there is kept as `<file>.corrupt-<time>` with its `-wal` and `-shm`; the newest backup that is
//! sound takes its place, and where there is none the next command begins a new file. It is idempotent: the
//! second of two that come at once finds a sound file and changes nothing.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::OpenFlags;
use throughline_store::database::{self, beside};
use throughline_store::durable;
use throughline_store::home::Home;
use throughline_store::lock::Held;

use crate::RuntimeError;
use crate::database::Database;

/// How long a repair waits for another one.
const PATIENCE: Duration = Duration::from_secs(5);

/// How the time of a backup is written in its name: it sorts as it passes.
const TIME: &str = "%Y%m%dT%H%M%SZ";

/// A backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backup {
    /// When it was made.
    pub at: Timestamp,
    /// Where it lies.
    pub path: PathBuf,
}

/// What a repair did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// What stood there, kept.
    pub kept: PathBuf,
    /// When the backup was made that took its place; `None`, if there was none that is sound.
    pub backup: Option<Timestamp>,
}

/// Its backups, the oldest first.
pub fn backups(home: &Home, database: &Database) -> Vec<Backup> {
    let files = fs::read_dir(folder(home, database)).into_iter().flatten().flatten();
    let mut found: Vec<Backup> = files.filter_map(|file| backup_at(&file.path())).collect();
    found.sort_by_key(|backup| backup.at);
    found
}

fn backup_at(path: &Path) -> Option<Backup> {
    let time = path.file_name()?.to_str()?.strip_suffix(".sqlite")?;
    let time = jiff::civil::DateTime::strptime(TIME, time).ok()?;
    let at = time.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp();
    Some(Backup { at, path: path.to_owned() })
}

fn folder(home: &Home, database: &Database) -> PathBuf {
    home.file("backups").join(database.name)
}

fn stamp(at: Timestamp) -> String {
    at.strftime(TIME).to_string()
}

/// Makes a backup if the newest one is too old; `None`, if it is not, there is nothing to keep, or somebody
/// else is at it.
///
/// # Errors
/// [`RuntimeError`]: the file is damaged, or the copy can't be made; older backups stay.
pub fn back_up(
    home: &Home,
    database: &Database,
    now: Timestamp,
) -> Result<Option<Backup>, RuntimeError> {
    if !database.path(home).exists() || !is_due(home, database, now) {
        return Ok(None);
    }
    let Ok(_lock) = lock(home, Duration::ZERO) else { return Ok(None) };
    if !is_due(home, database, now) || database.verify(home)?.is_none() {
        return Ok(None);
    }
    let folder = folder(home, database);
    durable::create_private_dir(&folder)?;
    durable::sweep(&folder, Duration::from_secs(3600));
    let path = folder.join(format!("{}.sqlite", stamp(now)));
    write(database, &database.path(home), &path)?;
    let made = Backup { at: now, path };
    prune(home, database, &made);
    Ok(Some(made))
}

/// One from the future was made by a clock that was ahead.
fn is_due(home: &Home, database: &Database, now: Timestamp) -> bool {
    let newest = backups(home, database).pop();
    newest.is_none_or(|newest| now.duration_since(newest.at).abs() >= database.backup_every)
}

fn lock(home: &Home, patience: Duration) -> Result<Held, RuntimeError> {
    Ok(Held::acquire(&home.file("databases.lock"), patience)?)
}

/// The copy gets its name when it is whole and on the disk.
fn write(database: &Database, from: &Path, path: &Path) -> Result<(), RuntimeError> {
    let temporary = temporary(path);
    let written = copy(from, &temporary).and_then(|()| is_sound(database, &temporary));
    let placed = written.and_then(|()| Ok(durable::put_in_place(&temporary, path)?));
    if placed.is_err() {
        // The sweep before the next one removes it as well.
        let _ = fs::remove_file(&temporary);
    }
    placed
}

/// As [`durable::sweep`] knows them.
fn temporary(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{}.tmp", std::process::id()))
}

fn copy(from: &Path, to: &Path) -> Result<(), RuntimeError> {
    // Left by one of the same number that was killed.
    let _ = fs::remove_file(to);
    database::make_private(to);
    let failed = |source| RuntimeError::new(from, source);
    let how = OpenFlags::SQLITE_OPEN_READ_ONLY;
    let connection = database::connect(from, how, PATIENCE).map_err(failed)?;
    let name = to.to_string_lossy();
    connection.execute("VACUUM INTO ?1", [&*name]).map(drop).map_err(failed)
}

fn is_sound(database: &Database, path: &Path) -> Result<(), RuntimeError> {
    match database.verify_at(path)? {
        Some(_) => Ok(()),
        None => Err(RuntimeError::new(path, rusqlite::Error::InvalidQuery)),
    }
}

/// What can't be removed now goes next time.
fn prune(home: &Home, database: &Database, made: &Backup) {
    let old = backups(home, database);
    let too_many = old.len().saturating_sub(database.backups_kept);
    for backup in old.iter().filter(|backup| *backup != made).take(too_many) {
        let _ = fs::remove_file(&backup.path);
    }
}

/// Keeps a damaged file beside and lets the newest sound backup take its place; `None`, if the file is not
/// damaged.
///
/// # Errors
/// [`RuntimeError`]: it can't be looked at (busy, not readable), or not be moved; then all stands as it was.
pub fn recover(
    home: &Home,
    database: &Database,
    now: Timestamp,
) -> Result<Option<Restored>, RuntimeError> {
    let path = database.path(home);
    let _lock = lock(home, PATIENCE)?;
    match database.verify_at(&path) {
        Ok(_) => return Ok(None),
        Err(error) if error.is_corruption() => {}
        Err(error) => return Err(error),
    }
    let replacement = replacement(home, database);
    let kept = kept(&path, now);
    // First what would be read into the next file of this name.
    for suffix in ["-wal", "-shm"] {
        set_aside(&beside(&path, suffix), &beside(&kept, suffix))?;
    }
    let Some((temporary, at)) = replacement else {
        set_aside(&path, &kept)?;
        return Ok(Some(Restored { kept, backup: None }));
    };
    // A second name: there is no moment at which another process would find nothing and begin a new file.
    if fs::hard_link(&path, &kept).is_err() {
        set_aside(&path, &kept)?;
    }
    durable::put_in_place(&temporary, &path)?;
    Ok(Some(Restored { kept, backup: Some(at) }))
}

/// A copy of the newest backup that is sound, beside the file.
fn replacement(home: &Home, database: &Database) -> Option<(PathBuf, Timestamp)> {
    let temporary = temporary(&database.path(home));
    backups(home, database).into_iter().rev().find_map(|backup| {
        let copied = copy(&backup.path, &temporary);
        copied.and_then(|()| is_sound(database, &temporary)).ok()?;
        Some((temporary.clone(), backup.at))
    })
}

/// A name that nothing has yet.
fn kept(path: &Path, now: Timestamp) -> PathBuf {
    let first = beside(path, &format!(".corrupt-{}", stamp(now)));
    let more = (2..).map(|number| beside(&first, &format!("-{number}")));
    let mut names = std::iter::once(first.clone()).chain(more);
    names.find(|name| !name.exists()).unwrap_or(first)
}

fn set_aside(path: &Path, kept: &Path) -> Result<(), RuntimeError> {
    match fs::rename(path, kept) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
            let path = path.to_owned();
            let action = "set aside";
            Err(throughline_store::StoreError::Io { action, path, source }.into())
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests;
