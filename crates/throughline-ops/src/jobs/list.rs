//! Jobs as people ask for them.

use throughline_model::agent_job::{ItemStatus, WorkerLife};
use throughline_runtime::jobs::{ItemRow, JobRow, Jobs, RunnerLock, life_of};

use super::look_up;
use crate::databases;
use crate::error::OpsError;
use crate::surroundings::Surroundings;

/// A job, and whether somebody runs it now.
#[derive(Debug, Clone)]
pub struct Listed {
    /// It.
    pub job: JobRow,
    /// Whether a runner is at it. A job that says `running` without one lost its runner.
    pub has_runner: bool,
}

/// All jobs.
#[derive(Debug, Clone, Default)]
pub struct ListReport {
    /// The latest first.
    pub jobs: Vec<Listed>,
}

/// One job with its items.
#[derive(Debug, Clone)]
pub struct ShowReport {
    /// It.
    pub listed: Listed,
    /// Those that were asked for, in the table's order.
    pub items: Vec<ItemRow>,
}

/// Lists the jobs.
///
/// # Errors
/// [`OpsError`]: the database can't be read.
pub fn list(world: &Surroundings) -> Result<ListReport, OpsError> {
    let Some(jobs) = databases::read::<Jobs>(world)? else { return Ok(ListReport::default()) };
    let jobs = jobs.list()?.into_iter().map(|job| listed(world, job));
    Ok(ListReport { jobs: jobs.collect() })
}

/// Shows a job with its items, those of one status or all.
///
/// # Errors
/// [`OpsError`]: there is none of that name.
pub fn show(
    world: &Surroundings,
    name: &str,
    status: Option<ItemStatus>,
) -> Result<ShowReport, OpsError> {
    let (jobs, job) = look_up(world, name)?;
    let mut items = jobs.items(&job.id)?;
    items.retain(|item| status.is_none_or(|status| item.item.status == status));
    Ok(ShowReport { listed: listed(world, job), items })
}

pub(super) fn listed(world: &Surroundings, job: JobRow) -> Listed {
    let has_runner = job.status == ItemStatus::Running
        && match life_of(job.runner.as_ref()) {
            WorkerLife::Alive => true,
            WorkerLife::Gone => false,
            WorkerLife::Unknown => RunnerLock::is_held(&world.home, &job.id),
        };
    Listed { job, has_runner }
}
