//! `thru threads name | archive | set | forget`: what the user says of a conversation. It is kept in the
//! overlay; transcript and index are not written.

use throughline_model::overlay::MarkPatch;
use throughline_store::index::{Index, ThreadRow};
use throughline_store::lock::COMMAND_PATIENCE;

use super::{Standing, asked, find_any};
use crate::error::OpsError;
use crate::index::AgentHome;
use crate::surroundings::Surroundings;

/// What is said, and of which conversation.
#[derive(Debug, Clone)]
pub struct MarkOptions {
    /// The conversation's name, or the start of it.
    pub thread: String,
    /// What changes.
    pub patch: MarkPatch,
}

/// What became of it.
#[derive(Debug, Clone)]
pub struct MarkReport {
    /// The conversation's full name.
    pub key: String,
    /// The conversation as it is shown now; `None`, if its transcript is gone.
    pub thread: Option<ThreadRow>,
    /// Whether anything changed.
    pub changed: bool,
    /// How the index stands.
    pub standing: Standing,
}

/// Says something of a conversation.
///
/// # Errors
/// [`OpsError`]: there is no such conversation, a value can't be one, the overlay can't be read or
/// written; then nothing changed.
pub fn mark(
    world: &Surroundings,
    homes: &[AgentHome],
    options: &MarkOptions,
) -> Result<MarkReport, OpsError> {
    let ready = asked(world, homes)?;
    let Marked { key, thread, changed } = mark_in(world, &ready.index, options)?;
    Ok(MarkReport { key, thread, changed, standing: Standing::of(&ready) })
}

/// What became of a conversation.
pub(super) struct Marked {
    pub(super) key: String,
    pub(super) thread: Option<ThreadRow>,
    changed: bool,
}

/// As [`mark`], with an index that is there already.
pub(super) fn mark_in(
    world: &Surroundings,
    index: &Index,
    options: &MarkOptions,
) -> Result<Marked, OpsError> {
    let found = find_any(index, &options.thread);
    let lock = world.home.lock_overlay(COMMAND_PATIENCE)?;
    let mut overlay = world.home.overlay()?;
    let key = match found {
        Ok(thread) => thread.meta.key,
        // Of one whose transcript is gone a mark can still be taken back.
        Err(OpsError::NoSuch { .. }) if overlay.of(&options.thread).is_some() => {
            options.thread.clone()
        }
        Err(error) => return Err(error),
    };
    let refused = |error: throughline_model::overlay::MarkError| OpsError::Refused {
        reason: error.to_string(),
    };
    let changed = overlay.patch(&key, &options.patch, world.clock.now()).map_err(refused)?;
    if changed {
        world.home.save_overlay(&lock, &overlay)?;
    }
    index.lay(&overlay)?;
    let thread = find_any(index, &key).ok();
    Ok(Marked { key, thread, changed })
}
