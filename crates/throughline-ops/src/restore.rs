//! `thru cache rollback` over a state file that can't be read: its last good generation takes its
//! place, with every acknowledged change since. The bytes that stood there are kept first.

use std::path::PathBuf;

use throughline_model::record::Actor;
use throughline_model::state::LARGEST_STATE;
use throughline_store::backup::About;
use throughline_store::durable::{self, Access};
use throughline_store::lock::COMMAND_PATIENCE;
use throughline_store::project::Mode;
use throughline_store::view::hash;
use throughline_store::write::Replacement;

use crate::error::OpsError;
use crate::here::{Here, Site};
use crate::last_good::{Generation, Remedy};
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
    let (at, line) = (world.clock.now(), key.clone());
    let about = About { at, line, before: "restore".to_owned(), hash: before.clone() };
    let kept = here.project.back_up(&lock, &bytes, about)?;
    let access = match here.project.binding().mode {
        Mode::Shared => Access::Repository,
        Mode::Local => Access::Private,
    };
    let replacement = Replacement {
        file: &loaded.file,
        access,
        before: Some(&before),
        state: &loaded.view.state,
        through: end,
    };
    let stands =
        || Site::of(world, &here.site.worktree).is_ok_and(|site| site.head == here.site.head);
    let intent = |body| world.record_by(Actor::Fold, &key, body);
    let replaced = here.project.replace_state(&lock, &replacement, intent, stands)?;
    let tasks = loaded.view.state.tasks.len();
    let mut known = loaded.view.line;
    known.through = end;
    known.remember(replaced.hash(), end);
    known.cached_for = None;
    known.cached_pending = 0;
    here.project.save_line(&lock, &known)?;
    here.forget(&loaded.file);
    Ok(Some(RestoreReport { file: loaded.file, generation, tasks, kept }))
}
