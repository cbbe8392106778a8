//! The databases that are truth, as commands, folds and hooks use them: opened, counted, backed up, mended.
//!
//! A command that finds one damaged lets its last backup take its place and goes on
//! ([`throughline_runtime::recover`]); a hook goes without it. The user is told once: the sentence waits in
//! `HOME/notice`, and who takes it away says it, be it the command that mended it or the next start of a
//! session. What becomes of each file is counted in the log as `database`, by name and outcome.

use std::fs;

use throughline_model::event::{Kind, Level};
use throughline_runtime::{DATABASES, Database, Restored, RuntimeError, Truth, back_up, recover};
use throughline_store::durable;
use throughline_store::home::Home;

use crate::logs;
use crate::surroundings::Surroundings;

/// Sentences that the user has not been told yet.
const NOTICE: &str = "notice";

/// More than that nobody reads.
const LONGEST_NOTICE: u64 = 16 << 10;

/// Opens one for writing; makes it if there is none. One that is damaged is mended first.
///
/// # Errors
/// [`RuntimeError`]: it is newer, held by somebody, can't be mended, or the file system does not let us.
pub fn open<T: Truth>(world: &Surroundings) -> Result<T, RuntimeError> {
    let opened = mending(world, T::DATABASE, || T::bring_up(&world.home));
    let (database, version) = opened?;
    match version {
        0 => count(world, Level::Info, T::DATABASE, "made"),
        before if before < T::DATABASE.version() => {
            count(world, Level::Info, T::DATABASE, "migrated");
        }
        _up_to_date => {}
    }
    Ok(database)
}

/// Opens one for reading; `None`, if there is none. One that is damaged is mended first.
///
/// # Errors
/// As [`open`], but a newer one can be read.
pub fn read<T: Truth>(world: &Surroundings) -> Result<Option<T>, RuntimeError> {
    mending(world, T::DATABASE, || T::read(&world.home))
}

/// For hooks: as it stands, without a wait; `None`, if there is none, or it can't be used now. That
/// is counted, and the turn goes on without.
pub(crate) fn read_at_once<T: Truth>(world: &Surroundings) -> Option<T> {
    usable(world, T::read_at_once(&world.home))
}

/// As [`read_at_once`], at the end of a turn that may go on: it waits for a fold.
pub(crate) fn read_for_turn<T: Truth>(world: &Surroundings) -> Option<T> {
    usable(world, throughline_runtime::read_for_turn(&world.home))
}

fn usable<T: Truth>(world: &Surroundings, read: Result<Option<T>, RuntimeError>) -> Option<T> {
    match read {
        Ok(found) => found,
        Err(error) => {
            went_without(world, T::DATABASE, &error);
            None
        }
    }
}

/// A hook went on without a database.
pub(crate) fn went_without(world: &Surroundings, database: &Database, error: &RuntimeError) {
    count(world, Level::Warn, database, error.class());
    let word = format!("without_{}", database.name);
    logs::note(world, &logs::event(world, Level::Warn, Kind::Fallback).word(&word));
}

fn mending<T>(
    world: &Surroundings,
    database: &Database,
    open: impl Fn() -> Result<T, RuntimeError>,
) -> Result<T, RuntimeError> {
    let opened = match open() {
        Err(error) if error.is_corruption() => {
            mend(world, database)?;
            open()
        }
        opened => opened,
    };
    opened.inspect_err(|error| count(world, Level::Warn, database, error.class()))
}

fn count(world: &Surroundings, level: Level, database: &Database, outcome: &str) {
    let word = format!("{}.{outcome}", database.name);
    logs::note_word(world, level, Kind::Database, &word);
}

/// Lets the last backup take a damaged file's place; in a sentence what was done, `None` if it is sound.
pub(crate) fn mend(
    world: &Surroundings,
    database: &Database,
) -> Result<Option<String>, RuntimeError> {
    let Some(restored) = recover(&world.home, database, world.clock.now())? else {
        return Ok(None);
    };
    let outcome = if restored.backup.is_some() { "restored" } else { "begun_anew" };
    count(world, Level::Error, database, outcome);
    let said = sentence(database, &restored);
    // It is in the log as well.
    let line = format!("{said}\n");
    let _ = durable::log_line(&world.home.file(NOTICE), &line, LONGEST_NOTICE);
    Ok(Some(said))
}

fn sentence(database: &Database, restored: &Restored) -> String {
    let (file, kept) = (database.file, restored.kept.display());
    match restored.backup {
        Some(at) => format!(
            "{file} was damaged: its backup of {at} took its place; the damaged one is {kept}"
        ),
        None => format!(
            "{file} was damaged and has no backup: a new one begins; the damaged one is {kept}"
        ),
    }
}

/// What the user was not told yet. Who takes it says it: it is said once.
pub fn take_notice(home: &Home) -> Vec<String> {
    let (notice, mine) =
        (home.file(NOTICE), home.root().join(format!(".notice.{}.tmp", std::process::id())));
    if !notice.exists() || fs::rename(&notice, &mine).is_err() {
        return Vec::new();
    }
    let text = durable::read(&mine, LONGEST_NOTICE).unwrap_or_default();
    let _ = fs::remove_file(&mine);
    String::from_utf8_lossy(&text).lines().map(str::to_owned).collect()
}

/// After a fold: a backup of each that has none of today, and a look at it before. That one can't be
/// backed up keeps nobody from anything.
pub(crate) fn keep(world: &Surroundings) {
    for database in DATABASES {
        match back_up(&world.home, database, world.clock.now()) {
            Ok(Some(_)) => count(world, Level::Info, database, "backed_up"),
            Ok(None) => {}
            Err(error) => {
                count(world, Level::Warn, database, error.class());
                if error.is_corruption()
                    && let Err(error) = mend(world, database)
                {
                    crate::hook::log_problem(world, &error.to_string());
                }
            }
        }
    }
}
