//! A job is removed: its rows in the database, and `HOME/jobs/<id>/`.
//!
//! In two phases, as `thru cache prune`: the folder goes into `HOME/jobs/trash/`, after what the database knew of its
//! items was written into it, and a removal two weeks later takes it out of there. The trash is not a project's own,
//! because jobs are not. The folder is moved first and the rows go last: wherever it is broken off, the job is still
//! listed, and removing it again does the rest. Files that `--output` named are the user's, and stay.

use std::path::PathBuf;

use throughline_model::agent_job::{ItemStatus, Tally};
use throughline_model::event::Level;
use throughline_model::ids::AgentJobId;
use throughline_runtime::jobs::{ItemRow, JobRow, Jobs, Removed, RunnerLock, folder, trash};
use throughline_store::discard;

use super::list::listed;
use super::{count, export, look_up};
use crate::databases;
use crate::error::OpsError;
use crate::surroundings::Surroundings;

/// Whether it is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removing {
    /// It is shown.
    Shown,
    /// It is done.
    Done,
}

/// What goes, or went.
#[derive(Debug, Clone)]
pub struct RemoveReport {
    /// Which job.
    pub id: AgentJobId,
    /// How it stood.
    pub status: ItemStatus,
    /// How its items stood.
    pub items: Tally,
    /// How many files its folder had.
    pub files: usize,
    /// How many bytes those are.
    pub bytes: u64,
    /// The results that stay, because the user said where they go.
    pub stays: Option<PathBuf>,
    /// Where its folder lies now, if it was moved.
    pub trash: Option<PathBuf>,
    /// How many jobs that were removed two weeks ago go, or went, for good.
    pub purged: usize,
    /// Whether it was done.
    pub done: bool,
}

/// Removes a job, or says what would go.
///
/// # Errors
/// [`OpsError`]: there is none of that name, somebody is at work on it, or a file can't be written.
pub fn remove(
    world: &Surroundings,
    name: &str,
    removing: Removing,
) -> Result<RemoveReport, OpsError> {
    let (jobs, job) = look_up(world, name)?;
    let items = jobs.items(&job.id)?;
    drop(jobs);
    check(world, &job, &items)?;
    let (files, bytes) = discard::size(&folder(&world.home, &job.id));
    let overdue = discard::overdue(&trash(&world.home), world.clock.now())?;
    let mut report = RemoveReport {
        id: job.id.clone(),
        status: job.status,
        items: job.tally,
        files,
        bytes,
        stays: job.order.output.clone().filter(|path| path.exists()),
        trash: None,
        purged: overdue.len(),
        done: removing == Removing::Done,
    };
    if removing == Removing::Done {
        discard::remove(&overdue)?;
        report.trash = carry_out(world, &job, &items)?;
        count(world, Level::Info, "removed", /*took*/ None);
    }
    Ok(report)
}

fn check(world: &Surroundings, job: &JobRow, items: &[ItemRow]) -> Result<(), OpsError> {
    let now = world.clock.now();
    if listed(world, job.clone()).has_runner || items.iter().any(|item| item.is_at_work(now)) {
        return Err(at_work(&job.id));
    }
    Ok(())
}

fn at_work(id: &AgentJobId) -> OpsError {
    let reason = format!("{id} is being worked on: `thru jobs cancel {id}` ends that");
    OpsError::Refused { reason }
}

fn carry_out(
    world: &Surroundings,
    job: &JobRow,
    items: &[ItemRow],
) -> Result<Option<PathBuf>, OpsError> {
    let lock = RunnerLock::take(&world.home, &job.id).map_err(|error| match error.is_locked() {
        true => at_work(&job.id),
        false => error.into(),
    })?;
    let now = world.clock.now();
    export::keep(world, job, items)?;
    let moved = discard::discard(&folder(&world.home, &job.id), &trash(&world.home), now)?;
    match databases::open::<Jobs>(world)?.remove(&job.id, now, &lock)? {
        Removed::Gone => Ok(moved),
        Removed::AtWork => Err(at_work(&job.id)),
    }
}
