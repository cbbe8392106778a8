//! Jobs as rows: each call is one transaction over [`throughline_model::job`].

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use throughline_model::job::{self, Applicant, Claim, Holder, Job, JobRules, JobStatus};
use throughline_model::record::Process;
use throughline_store::process;

use super::{Change, Memories};
use crate::RuntimeError;
use crate::columns::{json, millis, time};
use jiff::Timestamp;

/// The kinds of jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobKind {
    /// Phase 1: what a session taught. Named by the session.
    Extract,
    /// Phase 2: what all sessions of a memory root taught. Named by the root.
    Consolidate,
}

impl JobKind {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Extract, Self::Consolidate];

    /// In a word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Extract => "extract",
            Self::Consolidate => "consolidate",
        }
    }
}

/// A job that is one's own, until its lease runs out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// Of what kind.
    pub kind: JobKind,
    /// Its name.
    pub key: String,
    /// The word that proves it.
    pub token: String,
}

/// A job as it stands, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobRow {
    /// Its name.
    pub key: String,
    /// How it stands.
    pub job: Job,
}

/// A row: the job, and who has it.
type Kept = (Job, Option<Process>);

impl Memories {
    /// Asks for a job.
    ///
    /// # Errors
    /// [`RuntimeError`].
    pub fn claim(
        &mut self,
        lease: &Lease,
        rules: &JobRules,
        input: i64,
        now: Timestamp,
    ) -> Result<Claim, RuntimeError> {
        self.change(|change| {
            change.with(|connection| {
                let running = running(connection, lease, rules, now)?;
                let known = job_of(connection, lease.kind, &lease.key)?;
                let holder = holder_of(known.as_ref());
                let who = Applicant { token: &lease.token, now, input, running };
                let claim = job::claim(known.as_ref().map(|(job, _)| job), holder, rules, &who);
                if let Claim::Taken(job) = &claim {
                    put(connection, lease, job, process::own().as_ref())?;
                }
                Ok(claim)
            })
        })
    }

    /// All jobs of a kind, by name.
    ///
    /// # Errors
    /// [`RuntimeError`].
    pub fn jobs(&self, kind: JobKind) -> Result<Vec<JobRow>, RuntimeError> {
        self.with(|connection| {
            let sql = format!("SELECT {COLUMNS}, key FROM job WHERE kind = ? ORDER BY key");
            let mut statement = connection.prepare_cached(&sql)?;
            let rows = statement.query_map([kind.as_str()], |row| {
                Ok(JobRow { key: row.get(11)?, job: kept_of(row)?.0 })
            })?;
            rows.collect()
        })
    }

    /// A sign of life; `false` if the job is another's by now.
    ///
    /// # Errors
    /// [`RuntimeError`].
    pub fn heartbeat(
        &mut self,
        lease: &Lease,
        rules: &JobRules,
        now: Timestamp,
    ) -> Result<bool, RuntimeError> {
        self.change(|change| change.end(lease, |job| job::heartbeat(job, &lease.token, rules, now)))
    }

    /// It failed; `false` if the job is another's by now.
    ///
    /// # Errors
    /// [`RuntimeError`].
    pub fn fail(
        &mut self,
        lease: &Lease,
        rules: &JobRules,
        error: &str,
        now: Timestamp,
    ) -> Result<bool, RuntimeError> {
        self.change(|change| {
            change.end(lease, |job| job::fail(job, &lease.token, error, rules, now))
        })
    }
}

impl Memories {
    /// It was not tried, and is anybody's again; `false` if it is another's by now.
    ///
    /// # Errors
    /// [`RuntimeError`].
    pub fn release(&mut self, lease: &Lease) -> Result<bool, RuntimeError> {
        self.change(|change| change.end(lease, |job| job::release(job, &lease.token)))
    }
}

impl Change<'_> {
    /// It was done; `false` if the job is another's by now: then nothing else of this change may stand.
    ///
    /// # Errors
    /// [`RuntimeError`].
    pub fn finish(&self, lease: &Lease) -> Result<bool, RuntimeError> {
        self.end(lease, |job| job::finish(job, &lease.token))
    }

    /// Whether the job is still one's own.
    ///
    /// # Errors
    /// [`RuntimeError`].
    pub fn holds(&self, lease: &Lease) -> Result<bool, RuntimeError> {
        let known = self.with(|connection| job_of(connection, lease.kind, &lease.key))?;
        Ok(known.is_some_and(|(job, _)| job.is_of(&lease.token)))
    }

    /// Forgets that a job was ever done or tried, unless somebody has it.
    ///
    /// # Errors
    /// [`RuntimeError`].
    pub fn forget_job(&self, kind: JobKind, key: &str) -> Result<(), RuntimeError> {
        self.with(|connection| {
            let sql = "DELETE FROM job WHERE kind = ? AND key = ? AND status <> 'running'";
            connection.execute(sql, params![kind.as_str(), key]).map(drop)
        })
    }

    fn end(
        &self,
        lease: &Lease,
        end: impl FnOnce(&Job) -> Option<Job>,
    ) -> Result<bool, RuntimeError> {
        self.with(|connection| {
            let Some((known, holder)) = job_of(connection, lease.kind, &lease.key)? else {
                return Ok(false);
            };
            let Some(job) = end(&known) else { return Ok(false) };
            put(connection, lease, &job, holder.as_ref())?;
            Ok(true)
        })
    }
}

fn holder_of(kept: Option<&Kept>) -> Holder {
    match kept.and_then(|(_, process)| process.as_ref()) {
        Some(process) if !process::is_alive(process) => Holder::Gone,
        Some(_) | None => Holder::Alive,
    }
}

/// How many other jobs of the kind run with a lease that holds.
fn running(
    connection: &Connection,
    lease: &Lease,
    rules: &JobRules,
    now: Timestamp,
) -> rusqlite::Result<u32> {
    let sql =
        format!("SELECT {COLUMNS} FROM job WHERE kind = ? AND status = 'running' AND key <> ?");
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map(params![lease.kind.as_str(), lease.key], kept_of)?;
    let mut running = 0;
    for kept in rows {
        let kept = kept?;
        let holds = kept.0.is_held(rules, holder_of(Some(&kept)), now);
        running += u32::from(holds);
    }
    Ok(running)
}

const COLUMNS: &str = "status, token, holder, started, lease_until, input, done, retries_left, \
     retry_at, error, kind";

fn job_of(connection: &Connection, kind: JobKind, key: &str) -> rusqlite::Result<Option<Kept>> {
    let sql = format!("SELECT {COLUMNS} FROM job WHERE kind = ? AND key = ?");
    connection.prepare_cached(&sql)?.query_row(params![kind.as_str(), key], kept_of).optional()
}

fn kept_of(row: &Row<'_>) -> rusqlite::Result<Kept> {
    let word: String = row.get(0)?;
    let status = JobStatus::ALL.into_iter().find(|status| status.as_str() == word);
    let holder: Option<String> = row.get(2)?;
    let job = Job {
        status: status.unwrap_or(JobStatus::Failed),
        token: row.get(1)?,
        started: time(row.get(3)?),
        lease_until: time(row.get(4)?),
        input: row.get(5)?,
        done: row.get(6)?,
        retries_left: row.get(7)?,
        retry_at: row.get::<_, Option<i64>>(8)?.map(time),
        error: row.get(9)?,
    };
    Ok((job, holder.and_then(|text| serde_json::from_str(&text).ok())))
}

fn put(
    connection: &Connection,
    lease: &Lease,
    job: &Job,
    holder: Option<&Process>,
) -> rusqlite::Result<()> {
    let sql = "INSERT OR REPLACE INTO job (kind, key, status, token, holder, started, lease_until, \
         input, done, retries_left, retry_at, error) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    let values = params![
        lease.kind.as_str(),
        lease.key,
        job.status.as_str(),
        job.token,
        holder.map(json),
        millis(job.started),
        millis(job.lease_until),
        job.input,
        job.done,
        job.retries_left,
        job.retry_at.map(millis),
        job.error,
    ];
    connection.prepare_cached(sql)?.execute(values).map(drop)
}
