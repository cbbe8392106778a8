//! What was told to agents, why, and whether it helped.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::{Row, params};
use serde::{Deserialize, Serialize};
use throughline_model::ids::MemoryId;
use throughline_model::memory::Memory;

use super::{Change, Memories};
use crate::RuntimeError;
use crate::columns::{millis, time};

/// One memory that an agent was told in a turn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Served {
    /// In which session.
    pub session: String,
    /// In which turn.
    pub turn: String,
    /// Which.
    pub memory: MemoryId,
    /// Exactly what the agent was told of it.
    pub line: String,
    /// Why it was chosen.
    pub why: String,
    /// When.
    pub at: Timestamp,
    /// How it was used, as far as that was seen: `cited`, `file`, `command`.
    #[serde(default)]
    pub used: Option<String>,
}

/// How often a memory was told and used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// How often it was told.
    pub served: u32,
    /// How often it was used then.
    pub used: u32,
    /// When it was last used.
    pub last_used: Option<Timestamp>,
}

const COLUMNS: &str = "session, turn, memory, line, why, at, used";

impl Memories {
    /// What a session was told, in order.
    ///
    /// # Errors
    /// [`RuntimeError`].
    pub fn served_in(&self, session: &str) -> Result<Vec<Served>, RuntimeError> {
        self.with(|connection| {
            let sql = format!("SELECT {COLUMNS} FROM served WHERE session = ? ORDER BY at, place");
            let mut statement = connection.prepare_cached(&sql)?;
            let rows = statement.query_map([session], served_of)?;
            Ok(rows.collect::<rusqlite::Result<Vec<_>>>()?.into_iter().flatten().collect())
        })
    }

    /// The sessions that were told something and whose id begins so: two at most.
    ///
    /// # Errors
    /// [`RuntimeError`].
    pub fn sessions_told(&self, name: &str) -> Result<Vec<String>, RuntimeError> {
        self.with(|connection| {
            let sql = "SELECT DISTINCT session FROM served \
                 WHERE substr(session, 1, length(?1)) = ?1 ORDER BY session <> ?1 LIMIT 2";
            let mut statement = connection.prepare_cached(sql)?;
            let mut found: Vec<String> =
                statement.query_map([name], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
            if found.first().is_some_and(|first| first == name) {
                found.truncate(1);
            }
            Ok(found)
        })
    }

    /// The session that was told something last.
    ///
    /// # Errors
    /// [`RuntimeError`].
    pub fn last_served(&self) -> Result<Option<String>, RuntimeError> {
        self.with(|connection| {
            let mut statement =
                connection.prepare_cached("SELECT session FROM served ORDER BY at DESC LIMIT 1")?;
            let mut rows = statement.query([])?;
            rows.next()?.map(|row| row.get(0)).transpose()
        })
    }

    /// How often each of these memories was told and used; one that never was is not here.
    ///
    /// # Errors
    /// [`RuntimeError`].
    pub fn tallies<'m>(
        &self,
        of: impl IntoIterator<Item = &'m Memory>,
    ) -> Result<BTreeMap<String, Tally>, RuntimeError> {
        self.with(|connection| {
            let sql = "SELECT count(*), count(used), max(CASE WHEN used IS NOT NULL THEN at END) \
                 FROM served WHERE memory = ?";
            let mut statement = connection.prepare_cached(sql)?;
            let mut tallies = BTreeMap::new();
            for memory in of {
                let tally = statement.query_row([memory.id.as_str()], |row| {
                    let last: Option<i64> = row.get(2)?;
                    let last_used = last.map(time);
                    Ok(Tally { served: row.get(0)?, used: row.get(1)?, last_used })
                })?;
                if tally.served > 0 {
                    tallies.insert(memory.id.to_string(), tally);
                }
            }
            Ok(tallies)
        })
    }
}

impl Change<'_> {
    /// Notes what an agent was told, in order.
    ///
    /// # Errors
    /// [`RuntimeError`].
    pub(super) fn serve(&self, served: &[Served]) -> Result<(), RuntimeError> {
        self.with(|connection| {
            let sql = "INSERT OR IGNORE INTO served \
                 (session, turn, memory, place, line, why, at, used) VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
            let mut statement = connection.prepare_cached(sql)?;
            for (place, one) in (0_i64..).zip(served) {
                statement.execute(params![
                    one.session,
                    one.turn,
                    one.memory.as_str(),
                    place,
                    one.line,
                    one.why,
                    millis(one.at),
                    one.used
                ])?;
            }
            Ok(())
        })
    }

    /// Notes that what was told in a turn was used then.
    ///
    /// # Errors
    /// [`RuntimeError`].
    pub fn note_use(
        &self,
        session: &str,
        turn: &str,
        memory: &MemoryId,
        how: &str,
    ) -> Result<(), RuntimeError> {
        self.with(|connection| {
            let sql = "UPDATE served SET used = ? WHERE session = ? AND turn = ? AND memory = ?";
            let values = params![how, session, turn, memory.as_str()];
            connection.prepare_cached(sql)?.execute(values).map(drop)
        })
    }
}

/// A row; none if its id is no id.
fn served_of(row: &Row<'_>) -> rusqlite::Result<Option<Served>> {
    let memory: String = row.get(2)?;
    let Ok(memory) = MemoryId::parse(&memory) else { return Ok(None) };
    Ok(Some(Served {
        session: row.get(0)?,
        turn: row.get(1)?,
        memory,
        line: row.get(3)?,
        why: row.get(4)?,
        at: time(row.get(5)?),
        used: row.get(6)?,
    }))
}
