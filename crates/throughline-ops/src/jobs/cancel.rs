//! A job is not wanted any more: nothing of it begins, and who works on it is ended.

use throughline_model::event::Level;
use throughline_model::ids::AgentJobId;
use throughline_runtime::jobs::Jobs;

use super::{attend, count, find};
use crate::databases;
use crate::error::OpsError;
use crate::surroundings::Surroundings;

/// What was cancelled.
#[derive(Debug, Clone)]
pub struct CancelReport {
    /// Of which job.
    pub id: AgentJobId,
    /// How many items had not ended.
    pub items: u32,
    /// How many workers were ended.
    pub workers: usize,
}

/// Cancels a job. Items that ended stay as they are; a report that comes later is rejected.
///
/// # Errors
/// [`OpsError`]: there is none of that name.
pub fn cancel(world: &Surroundings, name: &str) -> Result<CancelReport, OpsError> {
    let job = find(world, name)?;
    let cancelled = databases::open::<Jobs>(world)?.cancel(&job.id, world.clock.now())?;
    cancelled.workers.iter().for_each(attend::kill_if_alive);
    // It looks what became of the job, and ends.
    job.runner.iter().for_each(attend::ask_to_stop);
    count(world, Level::Info, "cancelled", /*took*/ None);
    Ok(CancelReport { id: job.id, items: cancelled.items, workers: cancelled.workers.len() })
}
