//! What happens to items: each call is one transaction over [`throughline_model::agent_job`], a report one
//! statement.

use jiff::Timestamp;
use rusqlite::{Connection, params};
use throughline_model::agent_job::{
    self, Assignment, Item, ItemRules, ItemStatus, Offer, WorkerLife,
};
use throughline_model::ids::AgentJobId;
use throughline_model::record::Process;
use throughline_store::process;

use super::rows::{ItemRow, items_where, one, put};
use super::{Jobs, RunnerLock};
use crate::RuntimeError;
use crate::columns::millis;

/// What a runner with a free place is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Assigned {
    /// This item is its worker's.
    Item(Box<ItemRow>),
    /// None before this.
    Later(Timestamp),
    /// None that nobody works on.
    None,
}

/// What the runner before left of an item that was being worked on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Left {
    /// Its worker may still be at work.
    AtWork(Box<ItemRow>),
    /// Its worker was lost with an attempt; so it stands now.
    Lost(u32, ItemStatus),
    /// Its worker never began.
    NotBegun(u32),
}

/// What became of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reported {
    /// The item is completed with it.
    Accepted,
    /// The item is not that worker's: it ended, or another one has it.
    Rejected,
}

/// What is said of an attempt whose runner and worker are gone.
const LOST: &str = "its worker was lost together with the runner";

impl Jobs {
    /// Gives the first item whose time has come to a new worker.
    ///
    /// # Errors
    /// [`RuntimeError`].
    pub fn assign(
        &mut self,
        job: &AgentJobId,
        rules: &ItemRules,
        worker: &str,
        now: Timestamp,
    ) -> Result<Assigned, RuntimeError> {
        self.change(|connection| {
            let Some(mut found) = next_pending(connection, job, now)? else {
                return Ok(Assigned::None);
            };
            match agent_job::assign(&found.item, rules, worker, now) {
                Offer::Taken(item) => {
                    let own = process::own();
                    put(connection, job, found.row, &item, own.as_ref())?;
                    (found.item, found.process) = (item, own);
                    Ok(Assigned::Item(Box::new(found)))
                }
                Offer::Later(at) => Ok(Assigned::Later(at)),
                Offer::Held | Offer::Ended => Ok(Assigned::None),
            }
        })
    }

    /// A worker's process begins with its item; `None` if that is not its own any more.
    ///
    /// # Errors
    /// [`RuntimeError`].
    pub fn begin(
        &mut self,
        worker: &Assignment,
        rules: &ItemRules,
        now: Timestamp,
    ) -> Result<Option<ItemRow>, RuntimeError> {
        self.change(|connection| {
            let Some(mut found) = one(connection, &worker.job, worker.row)? else {
                return Ok(None);
            };
            let Some(item) = agent_job::begin(&found.item, rules, &worker.worker, now) else {
                return Ok(None);
            };
            let own = process::own();
            put(connection, &worker.job, worker.row, &item, own.as_ref())?;
            (found.item, found.process) = (item, own);
            Ok(Some(found))
        })
    }

    /// A worker's result: it completes the item in the same statement, if that is still the worker's. The law is
    /// [`agent_job::report`].
    ///
    /// # Errors
    /// [`RuntimeError`]; then nothing was reported.
    pub fn report(
        &mut self,
        worker: &Assignment,
        result: &str,
        session: Option<&str>,
        now: Timestamp,
    ) -> Result<Reported, RuntimeError> {
        let reported = self.with(|connection| {
            let sql = "UPDATE item SET status = 'completed', result = ?1, session = ?2, ended = ?3, \
                 error = NULL, lease_until = NULL \
                 WHERE job = ?4 AND row = ?5 AND status = 'running' AND worker = ?6 \
                 AND began IS NOT NULL";
            let job = worker.job.as_str();
            let values = params![result, session, millis(now), job, worker.row, worker.worker];
            connection.execute(sql, values)
        })?;
        Ok(if reported == 1 { Reported::Accepted } else { Reported::Rejected })
    }

    /// A worker ended without a result; how the item stands now, `None` if it is not its own any more.
    ///
    /// # Errors
    /// [`RuntimeError`].
    pub fn fail(
        &mut self,
        worker: &Assignment,
        rules: &ItemRules,
        error: &str,
        now: Timestamp,
    ) -> Result<Option<ItemStatus>, RuntimeError> {
        self.end(worker, |item| agent_job::fail(item, rules, &worker.worker, error, now))
    }

    /// A worker was ended, or never began, for no fault of the item; as [`Jobs::fail`].
    ///
    /// # Errors
    /// [`RuntimeError`].
    pub fn release(&mut self, worker: &Assignment) -> Result<Option<ItemStatus>, RuntimeError> {
        self.end(worker, |item| agent_job::release(item, &worker.worker))
    }

    fn end(
        &mut self,
        worker: &Assignment,
        end: impl FnOnce(&Item) -> Option<Item>,
    ) -> Result<Option<ItemStatus>, RuntimeError> {
        self.change(|connection| {
            let Some(found) = one(connection, &worker.job, worker.row)? else { return Ok(None) };
            let Some(item) = end(&found.item) else { return Ok(None) };
            put(connection, &worker.job, worker.row, &item, /*process*/ None)?;
            Ok(Some(item.status))
        })
    }

    /// What the runner before left: workers that live on, and items that nobody has any more, which are pending
    /// or failed from then on.
    ///
    /// # Errors
    /// [`RuntimeError`].
    pub fn recover(
        &mut self,
        job: &AgentJobId,
        rules: &ItemRules,
        now: Timestamp,
        _: &RunnerLock,
    ) -> Result<Vec<Left>, RuntimeError> {
        self.change(|connection| {
            let running = items_where(connection, job, "status = 'running'")?;
            running.into_iter().map(|found| left(connection, job, rules, now, found)).collect()
        })
    }

    /// Cancels a job and all its items that have not ended; returns those on which somebody was at work.
    ///
    /// # Errors
    /// [`RuntimeError`].
    pub fn cancel(&mut self, job: &AgentJobId, now: Timestamp) -> Result<Cancelled, RuntimeError> {
        self.change(|connection| {
            let open = items_where(connection, job, "status IN ('pending', 'running')")?;
            let mut cancelled = Cancelled::default();
            for found in open {
                let Some(item) = agent_job::cancel(&found.item) else { continue };
                put(connection, job, found.row, &item, found.process.as_ref())?;
                cancelled.items += 1;
                let is_at_work = found.item.status == ItemStatus::Running && item.began.is_some();
                cancelled.workers.extend(found.process.filter(|_| is_at_work));
            }
            let sql = "UPDATE job SET status = 'cancelled', ended = ? WHERE id = ? AND ? > 0";
            connection.execute(sql, params![millis(now), job.as_str(), cancelled.items])?;
            Ok(cancelled)
        })
    }

    /// Makes what failed or was cancelled pending again; how many items.
    ///
    /// # Errors
    /// [`RuntimeError`].
    pub fn revive(
        &mut self,
        job: &AgentJobId,
        rules: &ItemRules,
        now: Timestamp,
        _: &RunnerLock,
    ) -> Result<u32, RuntimeError> {
        self.change(|connection| {
            let ended = items_where(connection, job, "status IN ('failed', 'cancelled')")?;
            let mut revived = 0;
            for found in ended {
                let life = match found.item.began {
                    Some(_) => found.life(),
                    // What stands there is the process of a runner, whose lock we have.
                    None => WorkerLife::Gone,
                };
                let Some(item) = agent_job::revive(&found.item, life, rules, now) else { continue };
                put(connection, job, found.row, &item, /*process*/ None)?;
                revived += 1;
            }
            Ok(revived)
        })
    }
}

/// What a cancellation found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cancelled {
    /// How many items had not ended.
    pub items: u32,
    /// The workers that were at work.
    pub workers: Vec<Process>,
}

/// The pending item whose turn it is: the first that need not wait, else the one that waits least.
fn next_pending(
    connection: &Connection,
    job: &AgentJobId,
    now: Timestamp,
) -> rusqlite::Result<Option<ItemRow>> {
    let sql = "SELECT row FROM item WHERE job = ?1 AND status = 'pending' \
         ORDER BY max(coalesce(retry_at, 0), ?2), row LIMIT 1";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params![job.as_str(), millis(now)])?;
    match rows.next()? {
        Some(row) => one(connection, job, row.get(0)?),
        None => Ok(None),
    }
}

fn left(
    connection: &Connection,
    job: &AgentJobId,
    rules: &ItemRules,
    now: Timestamp,
    found: ItemRow,
) -> rusqlite::Result<Left> {
    let worker = found.item.worker.clone().unwrap_or_default();
    if found.item.began.is_none() {
        // Its process is that of a runner, and whoever has the lock knows that it is gone. If the worker
        // comes into being all the same, it is told that the item is not its own.
        let item = agent_job::release(&found.item, &worker).unwrap_or_default();
        put(connection, job, found.row, &item, /*process*/ None)?;
        return Ok(Left::NotBegun(found.row));
    }
    if found.item.is_held(found.life(), rules, now) {
        return Ok(Left::AtWork(Box::new(found)));
    }
    let item = agent_job::fail(&found.item, rules, &worker, LOST, now).unwrap_or_default();
    put(connection, job, found.row, &item, /*process*/ None)?;
    Ok(Left::Lost(found.row, item.status))
}
