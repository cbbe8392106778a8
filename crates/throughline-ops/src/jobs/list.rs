//! Jobs as people ask for them.

use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};
use throughline_model::agent_job::{ItemStatus, Tally, WorkerLife};
use throughline_model::ids::AgentJobId;
use throughline_runtime::jobs::{ItemRow, JobRow, Jobs, RunnerLock, folder, life_of};

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

/// A job that has not ended, for a screen.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenJob {
    /// Which.
    pub id: AgentJobId,
    /// How its items stand.
    pub items: Tally,
    /// Whether a runner is at it.
    pub has_runner: bool,
    /// How many results come in a minute, over the last ten minutes; none before the second one.
    pub rate: Option<f64>,
    /// Where something happens when an item begins or ends.
    pub folder: PathBuf,
}

/// Of so long ago results count for the rate.
const WINDOW: SignedDuration = SignedDuration::from_mins(10);

/// The jobs that have not ended, the latest first. No lock is tried for it: that would be seen as a change.
///
/// # Errors
/// [`OpsError`]: the database can't be read.
pub fn open(world: &Surroundings) -> Result<Vec<OpenJob>, OpsError> {
    let Some(jobs) = databases::read::<Jobs>(world)? else { return Ok(Vec::new()) };
    let now = world.clock.now();
    let open = jobs.not_ended()?.into_iter().map(|job| {
        let since = now.checked_sub(WINDOW).unwrap_or(Timestamp::MIN);
        let reported = jobs.reported_since(&job.id, since)?;
        let rate = reported.and_then(|(results, first)| rate(results, first, now));
        let folder = folder(&world.home, &job.id);
        let has_runner =
            job.status == ItemStatus::Running && life_of(job.runner.as_ref()) != WorkerLife::Gone;
        Ok(OpenJob { id: job.id, items: job.tally, has_runner, rate, folder })
    });
    open.collect()
}

/// Results a minute since the first one, which begins the time and does not count.
fn rate(results: u32, first: Timestamp, now: Timestamp) -> Option<f64> {
    let minutes = now.duration_since(first).as_secs_f64() / 60.0;
    (results > 1 && minutes > 0.0).then(|| f64::from(results - 1) / minutes)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_of_results_after_the_first_and_of_time_that_passed() {
        let at = |second| Timestamp::from_second(second).expect("a time");
        assert_eq!(rate(7, at(0), at(120)), Some(3.0));
        assert_eq!(rate(1, at(0), at(120)), None);
        assert_eq!(rate(7, at(120), at(120)), None);
        assert_eq!(rate(7, at(121), at(120)), None);
    }
}
