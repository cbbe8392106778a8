//! A job is taken out of the database, because a person says so. The one place where rows are deleted.

use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, params};
use throughline_model::agent_job::{ItemStatus, WorkerLife};
use throughline_model::ids::AgentJobId;

use super::rows::{self, items_where};
use super::{Jobs, RunnerLock, life_of};
use crate::RuntimeError;

/// What became of a job that was to be removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removed {
    /// It is gone, with all its items.
    Gone,
    /// Somebody runs it, or works on one of its items: it stays.
    AtWork,
}

impl Jobs {
    /// Removes a job with its items, unless somebody is at work on it. A worker that was given an item and comes
    /// later finds none, and ends.
    ///
    /// # Errors
    /// [`RuntimeError`]; then all of it is there still.
    pub fn remove(
        &mut self,
        job: &AgentJobId,
        now: Timestamp,
        _: &RunnerLock,
    ) -> Result<Removed, RuntimeError> {
        self.change(|connection| {
            let sql = "SELECT status, runner FROM job WHERE id = ?";
            let found = connection
                .query_row(sql, [job.as_str()], |row| {
                    Ok((rows::status(row, 0)?, rows::process(row, 1)?))
                })
                .optional()?;
            let Some((status, runner)) = found else { return Ok(Removed::Gone) };
            // Where it is not known whether a runner lives, its lock says that it does not.
            let is_run =
                status == ItemStatus::Running && life_of(runner.as_ref()) == WorkerLife::Alive;
            let running = items_where(connection, job, "status = 'running'")?;
            if is_run || running.iter().any(|item| item.is_at_work(now)) {
                return Ok(Removed::AtWork);
            }
            connection.execute("DELETE FROM item WHERE job = ?", params![job.as_str()])?;
            connection.execute("DELETE FROM job WHERE id = ?", params![job.as_str()])?;
            Ok(Removed::Gone)
        })
    }
}
