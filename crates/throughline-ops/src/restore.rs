//! `thru cache rollback` over a state file that can't be read: its last good generation takes its
//! place, with every acknowledged change since. The bytes that stood there are kept first.

use std::path::PathBuf;

use throughline_model::state::LARGEST_STATE;
use throughline_store::backup::About;
use throughline_store::durable;
use throughline_store::lock::COMMAND_PATIENCE;
use throughline_store::view::hash;

use crate::error::OpsError;
use crate::here::Here;
use crate::last_good::{Generation, Remedy};
use crate::publish::put;
use crate::surroundings::Surroundings;

/// What took the place of a file that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestoreReport {
    /// Which file.
    pub file: PathBuf,
    /// From what it was made.
    pub generation: Generation,
    /// How many tasks it has.
    pub tasks: usize,
    /// Where the bytes from before are kept.
    pub kept: u64,
}

/// Restores the state file of this line; `None` if it can be read. Where git has both sides of it
/// that is an error: one side would be lost.
pub fn restore(world: &Surroundings, here: &Here) -> Result<Option<RestoreReport>, OpsError> {
    let end = here.project.journal().settle_late()?;
    let lock = here.project.lock(COMMAND_PATIENCE)?;
    let key = here.line();
    let loaded = here.read_line(&key, &here.site.worktree, end)?;
    let Some(unreadable) = here.own_unreadable() else { return Ok(None) };
    let Some(generation) = unreadable.generation.filter(|_| unreadable.remedy != Remedy::Stages)
    else {
        return Err(OpsError::Unreadable(Box::new(unreadable)));
    };
    here.project.check_writable(&loaded)?;
    let bytes = durable::read(&loaded.file, u64::try_from(LARGEST_STATE).unwrap_or(u64::MAX))?;
    let before = hash(&bytes);
    let (at, line) = (world.clock.now(), key);
    let about = About { at, line, before: "restore".to_owned(), hash: before.clone() };
    let kept = here.project.back_up(&lock, &bytes, about)?;
    let (file, tasks) = (loaded.file.clone(), loaded.view.state.tasks.len());
    put(world, here, &lock, loaded, Some(&before), end)?;
    here.forget(&file);
    Ok(Some(RestoreReport { file, generation, tasks, kept }))
}
