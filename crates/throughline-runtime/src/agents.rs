//! `HOME/agents_1.sqlite`: which agents the user closed, and with which other one.
//!
//! Owns that file alone. Who spawned whom and how each stands is not in it: that follows from transcripts
//! ([`throughline_model::agent_tree`]). Each change is one transaction.

use std::collections::BTreeMap;

use rusqlite::params;
use throughline_model::agent_tree::Closing;

use crate::columns::{millis, time};
use crate::database::{Database, Migration};
use crate::{Opened, RuntimeError, Truth};

/// The closed agents among our databases. Times are milliseconds since 1970 (UTC).
pub const DATABASE: Database = Database {
    name: "agents",
    file: "agents_1.sqlite",
    // "thra" in ASCII.
    application_id: 0x7468_7261,
    migrations: &[Migration {
        name: "tables",
        sql: TABLES,
        hash: "fe483f29d42c5275411ae98b15570756",
    }],
    insoundness: &[],
    backup_every: jiff::SignedDuration::from_hours(24),
    backups_kept: 5,
};

const TABLES: &str = "
CREATE TABLE closed (
    agent TEXT PRIMARY KEY,
    closed_with TEXT NOT NULL,
    at INTEGER NOT NULL,
    seen INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
";

/// The database, open.
#[derive(Debug)]
pub struct Agents {
    opened: Opened,
}

impl Truth for Agents {
    const DATABASE: &'static Database = &DATABASE;

    fn over(opened: Opened) -> Self {
        Self { opened }
    }
}

impl Agents {
    /// Every agent that was closed, by its id.
    ///
    /// # Errors
    /// [`RuntimeError`].
    pub fn closed(&self) -> Result<BTreeMap<String, Closing>, RuntimeError> {
        self.opened.with(|connection| {
            let sql = "SELECT agent, closed_with, at, seen FROM closed";
            let mut statement = connection.prepare_cached(sql)?;
            let rows = statement.query_map([], |row| {
                let (at, seen) = (time(row.get(2)?), time(row.get(3)?));
                Ok((row.get(0)?, Closing { with: row.get(1)?, at, seen }))
            })?;
            rows.collect()
        })
    }

    /// Closes agents; who was closed before is closed anew.
    ///
    /// # Errors
    /// [`RuntimeError`]; then none is closed.
    pub fn close(&mut self, agents: &[(&str, Closing)]) -> Result<(), RuntimeError> {
        self.opened.change(|change| {
            change.with(|connection| {
                let sql = "INSERT OR REPLACE INTO closed (agent, closed_with, at, seen) \
                     VALUES (?, ?, ?, ?)";
                let mut statement = connection.prepare_cached(sql)?;
                agents.iter().try_for_each(|(agent, closing)| {
                    let (at, seen) = (millis(closing.at), millis(closing.seen));
                    statement.execute(params![agent, closing.with, at, seen]).map(drop)
                })
            })
        })
    }

    /// Opens agents again.
    ///
    /// # Errors
    /// [`RuntimeError`]; then none is open again.
    pub fn open_again(&mut self, agents: &[&str]) -> Result<(), RuntimeError> {
        self.opened.change(|change| {
            change.with(|connection| {
                let mut statement =
                    connection.prepare_cached("DELETE FROM closed WHERE agent = ?")?;
                agents.iter().try_for_each(|agent| statement.execute([agent]).map(drop))
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;
    use throughline_store::home::Home;

    #[test]
    fn who_is_closed_is_open_again_on_demand_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let home = Home::new(folder.path().join("home"));
        home.prepare().expect("made");
        let mut agents = Agents::open(&home).expect("made");
        let at = Timestamp::from_second(1_700_000_000).expect("a time");
        let closing = Closing { at, seen: at, with: "a".to_owned() };
        let both = [("a", closing.clone()), ("b", closing.clone())];
        agents.close(&both).expect("closed");
        agents.open_again(&["b", "c"]).expect("open");
        let read = Agents::read(&home).expect("read").expect("there");
        assert_eq!(read.closed().expect("read"), BTreeMap::from([("a".to_owned(), closing)]));
    }
}
