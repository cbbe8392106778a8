//! `thru cache prune`: old sessions and backups of ours go, in two steps: into the trash, and out of it two
//! weeks later. What a line merges with (`lines/`) and its newest backup are never among them.

use std::path::PathBuf;

use throughline_model::retention::{NoPlan, Policy, PrunePlan, plan};
use throughline_store::lock::COMMAND_PATIENCE;

use crate::error::OpsError;
use crate::here::Here;
use crate::surroundings::Surroundings;

/// Whether the plan is carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doing {
    /// It is shown.
    Showing,
    /// It is carried out.
    Pruning,
}

/// What goes, or went.
#[derive(Debug, Clone)]
pub struct PruneReport {
    /// The plan.
    pub plan: PrunePlan,
    /// Where what went lies now; `None` if nothing was moved.
    pub trash: Option<PathBuf>,
    /// Whether the plan was carried out.
    pub done: bool,
}

/// Prunes, or says what would go.
///
/// # Errors
/// [`OpsError`]: a listing failed, or looks wrong, or the clock does; then nothing was removed.
pub fn prune(
    world: &Surroundings,
    here: &Here,
    policy: Policy,
    doing: Doing,
) -> Result<PruneReport, OpsError> {
    let lock = here.project.lock(COMMAND_PATIENCE)?;
    let now = world.clock.now();
    let plan = plan(&here.project.prunable()?, policy, now).map_err(refused)?;
    let (mut trash, done) = (None, doing == Doing::Pruning);
    if done {
        here.project.purge(&lock, &plan.purged)?;
        if !plan.goes.is_empty() {
            trash = Some(here.project.put_into_trash(&lock, &plan.goes, now)?);
        }
    }
    Ok(PruneReport { plan, trash, done })
}

fn refused(reason: NoPlan) -> OpsError {
    let way = if reason.yields() { " (--force)" } else { "" };
    OpsError::Refused { reason: format!("{reason}; nothing was removed{way}") }
}
