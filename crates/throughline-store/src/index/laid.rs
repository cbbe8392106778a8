//! The overlay, as tables of this connection: what the user says of conversations is seen by every
//! filter and every page, and nothing of it is written into the index.
//!
//! The tables are temporary and in memory, also of an index that is only read. An empty text stands
//! for a fact that was cleared; a real one is never empty.

use rusqlite::{Connection, OptionalExtension as _, Statement, params};
use throughline_model::overlay::{Fact, Mark, Overlay};

use super::{Index, IndexError};

/// `laid_place` has places that no transcript names; their ids are below zero.
const TABLES: &str = "
CREATE TEMP TABLE laid (
    key TEXT PRIMARY KEY,
    name TEXT,
    branch TEXT,
    head TEXT,
    repository TEXT,
    place INTEGER,
    archived INTEGER NOT NULL,
    forgotten INTEGER NOT NULL,
    memory TEXT
) STRICT, WITHOUT ROWID;
CREATE TEMP TABLE laid_place (
    id INTEGER PRIMARY KEY,
    cwd TEXT NOT NULL,
    repository TEXT NOT NULL
) STRICT;
";

/// Facts as they are shown and asked for.
pub(super) const BRANCH: &str = "nullif(coalesce(o.branch, t.branch), '')";
pub(super) const PLACE: &str = "coalesce(o.place, t.place)";
pub(super) const ARCHIVED: &str = "(s.archived OR coalesce(o.archived, 0))";
pub(super) const FORGOTTEN: &str = "coalesce(o.forgotten, 0)";

/// Makes the tables of a connection, empty.
pub(super) fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(TABLES)
}

impl Index {
    /// Lays the overlay over the index, for this connection; what lay there before goes.
    ///
    /// # Errors
    /// [`IndexError`].
    pub fn lay(&self, overlay: &Overlay) -> Result<(), IndexError> {
        self.try_with(|connection| {
            let transaction = connection.unchecked_transaction()?;
            transaction.execute_batch("DELETE FROM temp.laid; DELETE FROM temp.laid_place;")?;
            let mut insert = transaction
                .prepare_cached("INSERT INTO temp.laid VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")?;
            for ((key, mark), place) in overlay.iter().zip(1_i64..) {
                let place = lay_place(&transaction, key, &mark.repository, -place)?;
                lay_mark(&mut insert, key, mark, place)?;
            }
            drop(insert);
            transaction.commit()
        })
    }

    /// Whether a conversation was forgotten, so that what is found has to be looked at.
    pub(super) fn has_forgotten(&self) -> Result<bool, IndexError> {
        self.try_with(|connection| {
            let sql = "SELECT EXISTS (SELECT 1 FROM temp.laid WHERE forgotten)";
            connection.prepare_cached(sql)?.query_row([], |row| row.get(0))
        })
    }
}

fn lay_mark(
    insert: &mut Statement<'_>,
    key: &str,
    mark: &Mark,
    place: Option<i64>,
) -> rusqlite::Result<usize> {
    insert.execute(params![
        key,
        mark.name,
        column(&mark.branch),
        column(&mark.commit),
        column(&mark.repository),
        place,
        mark.archived_at.is_some(),
        mark.forgotten_at.is_some(),
        mark.memory.map(|memory| memory.as_str()),
    ])
}

fn column(fact: &Fact) -> Option<&str> {
    match fact {
        Fact::AsRead => None,
        Fact::Cleared => Some(""),
        Fact::Given(text) => Some(text),
    }
}

/// A conversation of another repository is in another place.
fn lay_place(
    connection: &Connection,
    key: &str,
    repository: &Fact,
    id: i64,
) -> rusqlite::Result<Option<i64>> {
    let Some(repository) = column(repository) else { return Ok(None) };
    let sql = "SELECT p.cwd FROM thread t JOIN place p ON p.id = t.place WHERE t.key = ? LIMIT 1";
    let mut select = connection.prepare_cached(sql)?;
    let cwd: Option<String> = select.query_row([key], |row| row.get(0)).optional()?;
    connection.prepare_cached("INSERT INTO temp.laid_place VALUES (?, ?, ?)")?.execute(params![
        id,
        cwd.unwrap_or_default(),
        repository
    ])?;
    Ok(Some(id))
}
