//! `thru publish`: a line's pending changes go into the committed state file.

pub mod stage;

use std::path::PathBuf;
use std::time::Duration;

use throughline_model::record::Actor;
use throughline_store::StoreError;
use throughline_store::durable::Access;
use throughline_store::project::Mode;
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
    let line = here.line();
    let loaded = here.load_until(end)?;
    here.project.check_writable(&loaded)?;
    let replacement = Replacement {
        file: &loaded.file,
        access: Access::Repository,
        before: loaded.hash.as_deref(),
        state: &loaded.view.state,
        through: end,
    };
    let stands =
        || Site::of(world, &here.site.worktree).is_ok_and(|site| site.head == here.site.head);
    let intent = |body| world.record_by(Actor::Fold, &line, body);
    let replaced = here.project.replace_state(&lock, &replacement, intent, stands)?;
    let changes = loaded.view.pending;
    let mut known = loaded.view.line;
    known.through = end;
    known.remember(replaced.hash(), end);
    known.cached_for = None;
    known.cached_pending = 0;
    here.project.save_line(&lock, &known)?;
    Ok(match replaced {
        Replaced::Same { .. } => PublishReport::Nothing { file: loaded.file },
        Replaced::New { .. } => PublishReport::Published { file: loaded.file, changes },
    })
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
