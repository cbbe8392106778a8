//! The sheets of memory roots: their text as it was last printed or taken in, so that what a hand
//! changed since then can be told; and what was dropped, for those who change their mind.

use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, params};

use super::{Change, Memories};
use crate::RuntimeError;
use crate::columns::{millis, time};

/// A sheet as it was last printed or taken in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// Its text.
    pub text: String,
    /// When its root was last consolidated.
    pub consolidated: Option<Timestamp>,
}

/// What was dropped at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dropped {
    /// Its number.
    pub number: i64,
    /// When.
    pub at: Timestamp,
    /// What, as JSON.
    pub body: String,
}

impl Memories {
    /// A root's sheet; `None` if it never had one.
    ///
    /// # Errors
    /// [`RuntimeError`].
    pub fn sheet(&self, root: &str) -> Result<Option<Sheet>, RuntimeError> {
        self.with(|connection| {
            let sql = "SELECT text, consolidated FROM sheet WHERE root = ?";
            let found = connection.prepare_cached(sql)?.query_row([root], |row| {
                let consolidated: Option<i64> = row.get(1)?;
                Ok(Sheet { text: row.get(0)?, consolidated: consolidated.map(time) })
            });
            found.optional()
        })
    }

    /// What was dropped of a root, the latest first.
    ///
    /// # Errors
    /// [`RuntimeError`].
    pub fn dropped(&self, root: &str) -> Result<Vec<Dropped>, RuntimeError> {
        self.with(|connection| {
            let sql = "SELECT number, at, body FROM dropped WHERE root = ? ORDER BY number DESC";
            let mut statement = connection.prepare_cached(sql)?;
            let rows = statement.query_map([root], |row| {
                Ok(Dropped { number: row.get(0)?, at: time(row.get(1)?), body: row.get(2)? })
            })?;
            rows.collect()
        })
    }
}

impl Change<'_> {
    /// Notes a root's sheet.
    ///
    /// # Errors
    /// [`RuntimeError`].
    pub fn put_sheet(&self, root: &str, sheet: &Sheet) -> Result<(), RuntimeError> {
        self.with(|connection| {
            let sql = "INSERT OR REPLACE INTO sheet (root, text, consolidated) VALUES (?, ?, ?)";
            let values = params![root, sheet.text, sheet.consolidated.map(millis)];
            connection.prepare_cached(sql)?.execute(values).map(drop)
        })
    }

    /// Notes when a root was last consolidated.
    ///
    /// # Errors
    /// [`RuntimeError`].
    pub fn note_consolidated(&self, root: &str, now: Timestamp) -> Result<(), RuntimeError> {
        self.with(|connection| {
            let sql = "INSERT INTO sheet (root, text, consolidated) VALUES (?1, '', ?2) \
                 ON CONFLICT (root) DO UPDATE SET consolidated = ?2";
            connection.prepare_cached(sql)?.execute(params![root, millis(now)]).map(drop)
        })
    }

    /// Keeps what is dropped, as JSON, for a while.
    ///
    /// # Errors
    /// [`RuntimeError`].
    pub fn keep_dropped(&self, root: &str, body: &str, now: Timestamp) -> Result<(), RuntimeError> {
        self.with(|connection| {
            let sql = "INSERT INTO dropped (at, root, body) VALUES (?, ?, ?)";
            connection.prepare_cached(sql)?.execute(params![millis(now), root, body]).map(drop)
        })
    }

    /// Forgets for good what was dropped of a root before this.
    ///
    /// # Errors
    /// [`RuntimeError`].
    pub fn forget_dropped(&self, root: &str, before: Timestamp) -> Result<usize, RuntimeError> {
        self.with(|connection| {
            let sql = "DELETE FROM dropped WHERE root = ? AND at < ?";
            connection.prepare_cached(sql)?.execute(params![root, millis(before)])
        })
    }

    /// Takes something dropped out again: it is back where it was.
    ///
    /// # Errors
    /// [`RuntimeError`].
    pub fn undrop(&self, number: i64) -> Result<(), RuntimeError> {
        self.with(|connection| {
            connection.execute("DELETE FROM dropped WHERE number = ?", [number]).map(drop)
        })
    }
}
