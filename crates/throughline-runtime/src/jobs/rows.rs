//! Items as rows.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use throughline_model::agent_job::{Item, ItemStatus, WorkerLife};
use throughline_model::ids::AgentJobId;
use throughline_model::record::Process;
use throughline_store::process as processes;

use super::Jobs;
use crate::RuntimeError;
use crate::columns::{json, millis, time};

/// An item with what its worker was given and what it gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemRow {
    /// Its row in the table, from 1.
    pub row: u32,
    /// Its name.
    pub name: String,
    /// Its cells.
    pub cells: Vec<String>,
    /// How it stands.
    pub item: Item,
    /// The process of its worker; of the runner, as long as that one has not begun.
    pub process: Option<Process>,
    /// What was reported, as JSON.
    pub result: Option<String>,
    /// The session in which it was reported.
    pub session: Option<String>,
    /// When it was reported.
    pub ended: Option<Timestamp>,
}

impl ItemRow {
    /// Whether its worker still runs, as far as the system tells.
    pub fn life(&self) -> WorkerLife {
        life_of(self.process.as_ref())
    }

    /// Whether somebody works on it; where the system does not tell, for as long as its worker may.
    pub fn is_at_work(&self, now: Timestamp) -> bool {
        let may_work =
            || self.item.began.is_some() && self.item.lease_until.is_none_or(|until| now < until);
        self.item.status == ItemStatus::Running
            && match self.life() {
                WorkerLife::Alive => true,
                WorkerLife::Gone => false,
                WorkerLife::Unknown => may_work(),
            }
    }
}

/// Whether a process still runs, as far as the system tells.
pub fn life_of(process: Option<&Process>) -> WorkerLife {
    match process {
        Some(process) if processes::is_alive(process) => WorkerLife::Alive,
        Some(_) => WorkerLife::Gone,
        None => WorkerLife::Unknown,
    }
}

const COLUMNS: &str = "row, name, cells, status, worker, process, began, attempts, lease_until, \
     retry_at, error, result, session, ended";

fn item_of(row: &Row<'_>) -> rusqlite::Result<ItemRow> {
    let cells: String = row.get(2)?;
    let moment = |column: usize| row.get::<_, Option<i64>>(column).map(|millis| millis.map(time));
    Ok(ItemRow {
        row: row.get(0)?,
        name: row.get(1)?,
        cells: serde_json::from_str(&cells).unwrap_or_default(),
        item: Item {
            status: status(row, 3)?,
            worker: row.get(4)?,
            began: moment(6)?,
            attempts: row.get(7)?,
            lease_until: moment(8)?,
            retry_at: moment(9)?,
            error: row.get(10)?,
        },
        process: process(row, 5)?,
        result: row.get(11)?,
        session: row.get(12)?,
        ended: moment(13)?,
    })
}

impl Jobs {
    /// A job's items, in the table's order.
    ///
    /// # Errors
    /// [`RuntimeError`].
    pub fn items(&self, job: &AgentJobId) -> Result<Vec<ItemRow>, RuntimeError> {
        self.with(|connection| items_where(connection, job, "TRUE"))
    }

    /// One of them.
    ///
    /// # Errors
    /// [`RuntimeError`].
    pub fn item(&self, job: &AgentJobId, row: u32) -> Result<Option<ItemRow>, RuntimeError> {
        self.with(|connection| one(connection, job, row))
    }
}

pub(super) fn items_where(
    connection: &Connection,
    job: &AgentJobId,
    condition: &str,
) -> rusqlite::Result<Vec<ItemRow>> {
    let sql = format!("SELECT {COLUMNS} FROM item WHERE job = ? AND {condition} ORDER BY row");
    connection.prepare_cached(&sql)?.query_map([job.as_str()], item_of)?.collect()
}

pub(super) fn one(
    connection: &Connection,
    job: &AgentJobId,
    row: u32,
) -> rusqlite::Result<Option<ItemRow>> {
    let sql = format!("SELECT {COLUMNS} FROM item WHERE job = ? AND row = ?");
    connection.prepare_cached(&sql)?.query_row(params![job.as_str(), row], item_of).optional()
}

/// Writes how an item stands, and whose process it is; its result and its cells stay.
pub(super) fn put(
    connection: &Connection,
    job: &AgentJobId,
    row: u32,
    item: &Item,
    process: Option<&Process>,
) -> rusqlite::Result<()> {
    let sql = "UPDATE item SET status = ?, worker = ?, process = ?, began = ?, attempts = ?, \
         lease_until = ?, retry_at = ?, error = ? WHERE job = ? AND row = ?";
    let values = params![
        item.status.as_str(),
        item.worker,
        process.map(json),
        item.began.map(millis),
        item.attempts,
        item.lease_until.map(millis),
        item.retry_at.map(millis),
        item.error,
        job.as_str(),
        row,
    ];
    connection.prepare_cached(sql)?.execute(values).map(drop)
}

pub(super) fn status(row: &Row<'_>, column: usize) -> rusqlite::Result<ItemStatus> {
    let word: String = row.get(column)?;
    // A word that no version wrote: nobody works on what stands so.
    Ok(ItemStatus::parse(&word).unwrap_or(ItemStatus::Failed))
}

pub(super) fn process(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Process>> {
    let text: Option<String> = row.get(column)?;
    Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
}
