//! `thru publish`: a line's pending changes go into the committed state file.

pub mod stage;

use std::path::PathBuf;
use std::time::Duration;

use throughline_model::record::{Actor, Mark};
use throughline_store::StoreError;
use throughline_store::durable::Access;
use throughline_store::lock::ProjectLock;
use throughline_store::project::Mode;
use throughline_store::view::Loaded;
use throughline_store::write::{Replaced, Replacement};

use crate::apply::apply;
use crate::error::OpsError;
use crate::here::{Here, Site};
use crate::surroundings::Surroundings;
use crate::tasks::promote::promote;

/// What was published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublishReport {
    /// Local mode: there is nothing to publish.
    Local,
    /// The file holds everything already.
    Nothing {
        /// Which file.
        file: PathBuf,
    },
    /// The file was replaced.
    Published {
        /// Which file.
        file: PathBuf,
        /// How many changes it lacked.
        changes: usize,
    },
}

/// Publishes the line on which we are. Waits for the project lock as long as `patience`.
pub fn publish(
    world: &Surroundings,
    here: &Here,
    patience: Duration,
) -> Result<PublishReport, OpsError> {
    if here.project.binding().mode == Mode::Local {
        return Ok(PublishReport::Local);
    }
    if here.config.publish_steps {
        promote_steps(world, here)?;
    }
    let end = here.project.journal().settle_late()?;
    let lock = here.project.lock(patience)?;
    let loaded = here.load_until(end)?;
    here.project.check_writable(&loaded)?;
    let (file, changes) = (loaded.file.clone(), loaded.view.pending);
    let before = loaded.hash.clone();
    Ok(match put(world, here, &lock, loaded, before.as_deref(), end)? {
        Replaced::Same { .. } => PublishReport::Nothing { file },
        Replaced::New { .. } => PublishReport::Published { file, changes },
    })
}

/// Puts a line's state into its state file, in place of the bytes whose hash is `before`, and notes
/// that the file has every record before `end`. Refused where git moved meanwhile.
pub(crate) fn put(
    world: &Surroundings,
    here: &Here,
    lock: &ProjectLock,
    loaded: Loaded,
    before: Option<&str>,
    end: Mark,
) -> Result<Replaced, OpsError> {
    let access = match here.project.binding().mode {
        Mode::Shared => Access::Repository,
        Mode::Local => Access::Private,
    };
    let (file, state) = (&loaded.file, &loaded.view.state);
    let replacement = Replacement { file, access, before, state, through: end };
    let stands =
        || Site::of(world, &here.site.worktree).is_ok_and(|site| site.head == here.site.head);
    let key = here.line();
    let intent = |body| world.record_by(Actor::Fold, &key, body);
    let replaced = here.project.replace_state(lock, &replacement, intent, stands)?;
    let mut line = loaded.view.line;
    line.through = end;
    line.remember(replaced.hash(), end);
    line.cached_for = None;
    line.cached_pending = 0;
    here.project.save_line(lock, &line)?;
    Ok(replaced)
}

fn promote_steps(world: &Surroundings, here: &Here) -> Result<(), OpsError> {
    apply(world, here, "promote", |view| {
        let mut changes = Vec::new();
        view.line.private.keys().for_each(|id| promote(view, id, &mut changes));
        Ok(changes)
    })?;
    Ok(())
}

/// Whether a failure means only that the records stay pending.
pub fn stays_pending(error: &OpsError) -> bool {
    matches!(error, OpsError::Store(StoreError::Locked { .. } | StoreError::Moved { .. }))
}
