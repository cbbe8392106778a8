//! `HOME/jobs_1.sqlite`: agent jobs, their items, and what workers reported.
//!
//! Owns that file and the lock of each job's runner (`HOME/jobs/<id>/lock`). WAL with full syncs: a report that
//! was accepted survives a power cut. Each step of an item is one `BEGIN IMMEDIATE` transaction over
//! [`throughline_model::agent_job`]; a report is one statement that its worker guards, so that it is
//! accepted with its result or not at all.
//!
//! Compatibility: an order is JSON, so later members have defaults.

mod items;
mod remove;
mod rows;
mod schema;

#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use throughline_model::agent_job::{AgentJobOrder, ItemStatus, Tally};
use throughline_model::ids::AgentJobId;
use throughline_model::record::Process;
use throughline_store::StoreError;
use throughline_store::durable;
use throughline_store::home::Home;
use throughline_store::lock::Held;
use throughline_store::process;

pub use items::{Assigned, Cancelled, Left, Reported};
pub use remove::Removed;
pub use rows::{ItemRow, life_of};

pub use schema::DATABASE;

use crate::columns::{json, millis, time};
use crate::{Database, Opened, RuntimeError, Truth};

/// The database, open.
#[derive(Debug)]
pub struct Jobs {
    opened: Opened,
}

/// A job that is to be made.
#[derive(Debug, Clone)]
pub struct NewJob {
    /// Its name.
    pub id: AgentJobId,
    /// What it is to do.
    pub order: AgentJobOrder,
    /// Its items, in the table's order: a name that no other has, and the cells.
    pub items: Vec<(String, Vec<String>)>,
}

/// A job as it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct JobRow {
    /// Its name.
    pub id: AgentJobId,
    /// `running` from when a runner takes it until that one leaves it, or dies.
    pub status: ItemStatus,
    /// What it is to do.
    pub order: AgentJobOrder,
    /// When it was made.
    pub made: Timestamp,
    /// When it ended, if it did.
    pub ended: Option<Timestamp>,
    /// Who runs it, or did so last.
    pub runner: Option<Process>,
    /// Why its last run ended before its items did.
    pub error: Option<String>,
    /// How its items stand.
    pub tally: Tally,
}

/// The right to run a job; it dies with its holder.
#[derive(Debug)]
pub struct RunnerLock {
    _held: Held,
}

impl RunnerLock {
    /// Takes it.
    ///
    /// # Errors
    /// [`StoreError::Locked`], if somebody runs the job.
    pub fn take(home: &Home, job: &AgentJobId) -> Result<Self, StoreError> {
        let folder = folder(home, job);
        durable::create_private_dir(&folder)?;
        let held = Held::acquire(&folder.join("lock"), PATIENCE)?;
        Ok(Self { _held: held })
    }

    /// Whether somebody has it. Who asks has it himself for a moment.
    pub fn is_held(home: &Home, job: &AgentJobId) -> bool {
        let path = folder(home, job).join("lock");
        path.exists() && Held::acquire(&path, Duration::ZERO).is_err_and(|error| error.is_locked())
    }
}

/// Longer than it takes to ask whether somebody has the lock.
const PATIENCE: Duration = Duration::from_secs(2);

/// Where the folders of removed jobs lie until they go. No job is called so: a name begins with `job-`.
pub fn trash(home: &Home) -> PathBuf {
    home.root().join("jobs").join("trash")
}

/// Where a job's prompts, outputs and exports lie.
pub fn folder(home: &Home, job: &AgentJobId) -> PathBuf {
    home.root().join("jobs").join(job.as_str())
}

impl Truth for Jobs {
    const DATABASE: &'static Database = &DATABASE;

    fn over(opened: Opened) -> Self {
        Self { opened }
    }
}

impl Jobs {
    fn with<T>(
        &self,
        run: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, RuntimeError> {
        self.opened.with(run)
    }

    /// All of it or nothing; others that write wait meanwhile.
    fn change<T>(
        &mut self,
        run: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, RuntimeError> {
        self.opened.change(|change| change.with(run))
    }

    /// Makes a job with all its items.
    ///
    /// # Errors
    /// [`RuntimeError`]; then there is none of it.
    pub fn create(&mut self, new: &NewJob, now: Timestamp) -> Result<(), RuntimeError> {
        self.change(|connection| {
            let sql = "INSERT INTO job (id, status, plan, made) VALUES (?, ?, ?, ?)";
            let pending = ItemStatus::Pending.as_str();
            let values = params![new.id.as_str(), pending, json(&new.order), millis(now)];
            connection.execute(sql, values)?;
            let sql = "INSERT INTO item (job, row, name, cells, status, attempts) \
                 VALUES (?, ?, ?, ?, ?, 0)";
            let mut insert = connection.prepare(sql)?;
            for (row, (name, cells)) in (1_u32..).zip(&new.items) {
                insert.execute(params![new.id.as_str(), row, name, json(cells), pending])?;
            }
            Ok(())
        })
    }

    /// All jobs, the latest first.
    ///
    /// # Errors
    /// [`RuntimeError`].
    pub fn list(&self) -> Result<Vec<JobRow>, RuntimeError> {
        self.jobs_where("TRUE", "")
    }

    /// Those whose names begin so.
    ///
    /// # Errors
    /// [`RuntimeError`].
    pub fn named(&self, start: &str) -> Result<Vec<JobRow>, RuntimeError> {
        self.jobs_where("substr(id, 1, length(?1)) = ?1", start)
    }

    fn jobs_where(&self, condition: &str, value: &str) -> Result<Vec<JobRow>, RuntimeError> {
        let kept = self.with(|connection| {
            let sql = format!(
                "SELECT id, status, plan, made, ended, runner, error FROM job \
                 WHERE ?1 = ?1 AND {condition} ORDER BY number DESC"
            );
            connection
                .prepare(&sql)?
                .query_map([value], kept_of)?
                .collect::<rusqlite::Result<Vec<_>>>()
        })?;
        kept.into_iter().map(|kept| self.job_of(kept)).collect()
    }

    fn job_of(&self, kept: Kept) -> Result<JobRow, RuntimeError> {
        let unreadable = |what: &'static str, problem: String| RuntimeError::Unreadable {
            path: self.opened.path().to_owned(),
            what,
            problem,
        };
        let order = serde_json::from_str(&kept.plan);
        let id = AgentJobId::parse(&kept.id);
        let tally = self.with(|connection| tally_of(connection, &kept.id))?;
        Ok(JobRow {
            id: id.map_err(|error| unreadable("job", error.to_string()))?,
            status: kept.status,
            order: order.map_err(|error| unreadable("job's order", error.to_string()))?,
            made: kept.made,
            ended: kept.ended,
            runner: kept.runner,
            error: kept.error,
            tally,
        })
    }

    /// Those that have not ended, the latest first.
    ///
    /// # Errors
    /// [`RuntimeError`].
    pub fn not_ended(&self) -> Result<Vec<JobRow>, RuntimeError> {
        self.jobs_where("status IN ('pending', 'running')", "")
    }

    /// How many items of a job were reported since a time, and when the first of them was.
    ///
    /// # Errors
    /// [`RuntimeError`].
    pub fn reported_since(
        &self,
        job: &AgentJobId,
        since: Timestamp,
    ) -> Result<Option<(u32, Timestamp)>, RuntimeError> {
        self.with(|connection| {
            let sql = "SELECT count(*), min(ended) FROM item WHERE job = ? AND ended >= ?";
            connection.prepare_cached(sql)?.query_row(params![job.as_str(), millis(since)], |row| {
                let (reported, first): (u32, Option<i64>) = (row.get(0)?, row.get(1)?);
                Ok(first.map(|first| (reported, time(first))))
            })
        })
    }

    /// How a job's items stand.
    ///
    /// # Errors
    /// [`RuntimeError`].
    pub fn tally(&self, job: &AgentJobId) -> Result<Tally, RuntimeError> {
        self.with(|connection| tally_of(connection, job.as_str()))
    }

    /// How a job stands; `None`, if there is none of that name.
    ///
    /// # Errors
    /// [`RuntimeError`].
    pub fn status(&self, job: &AgentJobId) -> Result<Option<ItemStatus>, RuntimeError> {
        self.with(|connection| {
            let sql = "SELECT status FROM job WHERE id = ?";
            let mut statement = connection.prepare_cached(sql)?;
            statement.query_row([job.as_str()], |row| rows::status(row, 0)).optional()
        })
    }

    /// Says that this process runs a job from now on, whoever did before.
    ///
    /// # Errors
    /// [`RuntimeError`].
    pub fn take(&mut self, job: &AgentJobId, _: &RunnerLock) -> Result<(), RuntimeError> {
        let own = process::own().map(|own| json(&own));
        self.change(|connection| {
            let sql = "UPDATE job SET status = 'running', runner = ?, error = NULL, ended = NULL \
                 WHERE id = ?";
            connection.execute(sql, params![own, job.as_str()]).map(drop)
        })
    }

    /// Says that nobody runs a job any more, for this reason or because its items ended; returns how it stands.
    /// What somebody cancelled meanwhile stays so.
    ///
    /// # Errors
    /// [`RuntimeError`].
    pub fn leave(
        &mut self,
        job: &AgentJobId,
        error: Option<&str>,
        now: Timestamp,
    ) -> Result<ItemStatus, RuntimeError> {
        self.change(|connection| {
            let tally = tally_of(connection, job.as_str())?;
            let status = match error {
                Some(_) if tally.open() > 0 => ItemStatus::Failed,
                Some(_) | None => tally.status(),
            };
            let sql = "UPDATE job SET status = ?2, error = ?3, ended = ?4, runner = NULL \
                 WHERE id = ?1 AND status = 'running'";
            let ended = status.is_end().then(|| millis(now));
            connection.execute(sql, params![job.as_str(), status.as_str(), error, ended])?;
            let sql = "SELECT status FROM job WHERE id = ?";
            connection.query_row(sql, [job.as_str()], |row| rows::status(row, 0))
        })
    }
}

struct Kept {
    id: String,
    status: ItemStatus,
    plan: String,
    made: Timestamp,
    ended: Option<Timestamp>,
    runner: Option<Process>,
    error: Option<String>,
}

fn kept_of(row: &Row<'_>) -> rusqlite::Result<Kept> {
    Ok(Kept {
        id: row.get(0)?,
        status: rows::status(row, 1)?,
        plan: row.get(2)?,
        made: time(row.get(3)?),
        ended: row.get::<_, Option<i64>>(4)?.map(time),
        runner: rows::process(row, 5)?,
        error: row.get(6)?,
    })
}

fn tally_of(connection: &Connection, job: &str) -> rusqlite::Result<Tally> {
    let sql = "SELECT status, count(*) FROM item WHERE job = ? GROUP BY status";
    let mut statement = connection.prepare_cached(sql)?;
    let mut tally = Tally::default();
    for counted in statement.query_map([job], |row| Ok((rows::status(row, 0)?, row.get(1)?)))? {
        let (status, items) = counted?;
        tally.add(status, items);
    }
    Ok(tally)
}
