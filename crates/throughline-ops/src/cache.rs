//! `thru cache show | validate | backups | rollback`

use std::path::PathBuf;

use throughline_model::change::towards;
use throughline_model::ids::UnitId;
use throughline_model::state::{LARGEST_STATE, read, write};
use throughline_store::backup::{About, Backup};
use throughline_store::journal::Filter;
use throughline_store::lock::COMMAND_PATIENCE;
use throughline_store::{StoreError, durable};

use crate::apply::apply;
use crate::error::OpsError;
use crate::here::Here;
use crate::restore::restore;
use crate::surroundings::Surroundings;

/// The state of the line as it would be published now: the canonical text.
pub fn show(here: &Here) -> Result<String, OpsError> {
    Ok(write(&here.read()?.view.state))
}

/// What was looked at.
#[derive(Debug, Clone)]
pub struct ValidateReport {
    /// The state file.
    pub file: PathBuf,
    /// How many tasks it shows, pending ones included.
    pub tasks: usize,
    /// How many changes it lacks.
    pub pending: usize,
    /// Whether its bytes are the canonical ones.
    pub canonical: bool,
    /// Journal lines that could not be read.
    pub bad_lines: usize,
    /// Journal lines that a newer program wrote.
    pub newer_lines: usize,
}

/// Reads everything and says what stands.
pub fn validate(here: &Here) -> Result<ValidateReport, OpsError> {
    let loaded = here.load()?;
    let journal = here.project.journal().read(Default::default(), &Filter::All)?;
    let limit = u64::try_from(LARGEST_STATE).unwrap_or(u64::MAX);
    let bytes = durable::read_if_there(&loaded.file, limit)?;
    let canonical = bytes
        .as_deref()
        .is_none_or(|bytes| read(bytes).is_ok_and(|(state, _)| write(&state).as_bytes() == bytes));
    Ok(ValidateReport {
        file: loaded.file,
        tasks: loaded.view.state.tasks.len(),
        pending: loaded.view.pending,
        canonical,
        bad_lines: journal.bad,
        newer_lines: journal.newer.len(),
    })
}

/// What is kept of earlier states.
pub fn backups(here: &Here) -> Result<Vec<Backup>, OpsError> {
    Ok(here.project.backups()?)
}

/// What a rollback did.
#[derive(Debug, Clone)]
pub struct RollbackReport {
    /// To which generation.
    pub generation: u64,
    /// Where the state as it stood is kept; `None` if nothing had to change.
    pub kept: Option<u64>,
    /// How many changes it took.
    pub changes: usize,
    /// What `thru undo` takes back.
    pub unit: Option<UnitId>,
}

/// Brings the line back to a kept state, as a unit of changes. What stands is kept first; a state
/// file that can't be read is restored before.
pub fn rollback(
    world: &Surroundings,
    here: &Here,
    generation: u64,
) -> Result<RollbackReport, OpsError> {
    let missing = || OpsError::NoSuch { what: "backup", name: generation.to_string() };
    let backup =
        backups(here)?.into_iter().find(|b| b.generation == generation).ok_or_else(missing)?;
    let bytes = durable::read(&backup.state, u64::try_from(LARGEST_STATE).unwrap_or(u64::MAX))?;
    let (target, _) = read(&bytes).map_err(|refused| StoreError::State {
        path: backup.state.clone(),
        refused: Box::new(refused),
    })?;
    restore(world, here)?;
    let kept = keep(world, here, &format!("rollback to {generation}"))?;
    let done = apply(world, here, "rollback", |view| {
        Ok(towards(&view.state, &target, world.clock.now()))
    })?;
    let changes = done.changes.len();
    Ok(RollbackReport { generation, kept: (changes > 0).then_some(kept), changes, unit: done.unit })
}

/// Keeps the state as it stands.
pub fn keep(world: &Surroundings, here: &Here, before: &str) -> Result<u64, OpsError> {
    let lock = here.project.lock(COMMAND_PATIENCE)?;
    let bytes = write(&here.load()?.view.state).into_bytes();
    let hash = throughline_store::view::hash(&bytes);
    let about = About { at: world.clock.now(), line: here.line(), before: before.to_owned(), hash };
    Ok(here.project.back_up(&lock, &bytes, about)?)
}
