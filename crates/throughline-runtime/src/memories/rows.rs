//! Memories as rows.

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension as _, Row, params, params_from_iter};
use throughline_model::ids::MemoryId;
use throughline_model::memory::{Author, Confidence, Memory, MemoryKind, MemoryStatus};

use throughline_model::recall::indexed;

use super::find::Visible;
use super::{Change, Memories, postings};
use crate::RuntimeError;
use crate::columns::{json, millis};
use crate::opened::Parts;

/// Which memories are wanted.
#[derive(Debug, Clone, Default)]
pub struct MemoryFilter {
    /// Visible from here.
    pub visible: Visible,
    /// Of this scope alone, in a word.
    pub scope: Option<&'static str>,
    /// Of this kind alone.
    pub kind: Option<MemoryKind>,
    /// That stand so; empty: however they stand.
    pub status: Vec<MemoryStatus>,
}

impl Memories {
    /// Those that are wanted, the latest first.
    ///
    /// # Errors
    /// [`RuntimeError`].
    pub fn list(&self, filter: &MemoryFilter) -> Result<Vec<Memory>, RuntimeError> {
        let (mut sql, mut values) = filter.visible.condition();
        if let Some(scope) = filter.scope {
            sql.push_str(" AND scope = ?");
            values.push(scope.to_owned().into());
        }
        if let Some(kind) = &filter.kind {
            sql.push_str(" AND kind = ?");
            values.push(kind.as_str().to_owned().into());
        }
        if !filter.status.is_empty() {
            let marks = vec!["?"; filter.status.len()].join(", ");
            sql.push_str(&format!(" AND status IN ({marks})"));
            values.extend(filter.status.iter().map(|s| Value::from(s.as_str().to_owned())));
        }
        let sql = format!("SELECT body FROM memory WHERE {sql} ORDER BY since DESC, id");
        bodies(self.opened.parts(), &sql, values)
    }

    /// Those that hold and are the first to be told unasked, at most so many.
    ///
    /// # Errors
    /// [`RuntimeError`].
    pub fn foremost(&self, visible: &Visible, most: usize) -> Result<Vec<Memory>, RuntimeError> {
        let (visible, mut values) = visible.condition();
        values.push(i64::try_from(most).unwrap_or(i64::MAX).into());
        let sql = format!(
            "SELECT body FROM memory WHERE {visible} AND status = 'current' \
             ORDER BY rank DESC, since DESC, number DESC LIMIT ?"
        );
        bodies(self.opened.parts(), &sql, values)
    }

    /// All there are, by their ids.
    ///
    /// # Errors
    /// [`RuntimeError`].
    pub fn all(&self) -> Result<Vec<Memory>, RuntimeError> {
        all(self.opened.parts())
    }

    /// All of one memory root: of a project with its lines, or (`None`) of the user.
    ///
    /// # Errors
    /// [`RuntimeError`].
    pub fn of_root(&self, project: Option<&str>) -> Result<Vec<Memory>, RuntimeError> {
        of_root(self.opened.parts(), project)
    }

    /// Those whose id is this one or begins so: two at most.
    ///
    /// # Errors
    /// [`RuntimeError`].
    pub fn named(&self, id: &str) -> Result<Vec<Memory>, RuntimeError> {
        // Ids are ASCII: what begins so lies between it and it with the last of all characters behind.
        let sql = "SELECT body FROM memory WHERE id = ?1 \
             UNION ALL SELECT body FROM memory WHERE id > ?1 AND id < ?1 || char(1114111) \
             AND NOT EXISTS (SELECT 1 FROM memory WHERE id = ?1) LIMIT 2";
        bodies(self.opened.parts(), sql, vec![id.to_owned().into()])
    }

    /// The one of this id.
    ///
    /// # Errors
    /// [`RuntimeError`].
    pub fn get(&self, id: &MemoryId) -> Result<Option<Memory>, RuntimeError> {
        get(self.opened.parts(), id)
    }
}

impl Change<'_> {
    /// As [`Memories::all`].
    ///
    /// # Errors
    /// [`RuntimeError`].
    pub fn all(&self) -> Result<Vec<Memory>, RuntimeError> {
        all(self.inside.parts())
    }

    /// As [`Memories::of_root`].
    ///
    /// # Errors
    /// [`RuntimeError`].
    pub fn of_root(&self, project: Option<&str>) -> Result<Vec<Memory>, RuntimeError> {
        of_root(self.inside.parts(), project)
    }

    /// The one of this id.
    ///
    /// # Errors
    /// [`RuntimeError`].
    pub fn get(&self, id: &MemoryId) -> Result<Option<Memory>, RuntimeError> {
        get(self.inside.parts(), id)
    }

    /// Whether an id is taken.
    ///
    /// # Errors
    /// [`RuntimeError`].
    pub fn is_taken(&self, id: &MemoryId) -> Result<bool, RuntimeError> {
        self.with(|connection| number_of(connection, id)).map(|number| number.is_some())
    }

    /// Writes a memory, redacted; one of the same id is replaced.
    ///
    /// # Errors
    /// [`RuntimeError`].
    pub fn put(&self, memory: &Memory) -> Result<(), RuntimeError> {
        let mut memory = memory.clone();
        memory.redact();
        self.with(|connection| put(connection, &memory))
    }

    /// Puts the words of all in one place, after many changes: the next questions find them sooner.
    ///
    /// # Errors
    /// [`RuntimeError`].
    pub fn gather_words(&self) -> Result<(), RuntimeError> {
        let sql = "INSERT INTO words (words) VALUES ('optimize')";
        self.with(|connection| connection.execute(sql, []).map(drop))?;
        self.post()
    }

    /// Removes a memory and what was counted of it.
    ///
    /// # Errors
    /// [`RuntimeError`].
    pub fn remove(&self, id: &MemoryId) -> Result<bool, RuntimeError> {
        let Some(memory) = self.get(id)? else { return Ok(false) };
        self.with(|connection| {
            let Some(number) = number_of(connection, id)? else { return Ok(false) };
            postings::unpost(connection, number)?;
            postings::forget(connection, &memory)?;
            connection.execute("DELETE FROM words WHERE rowid = ?", [number])?;
            connection.execute("DELETE FROM vector WHERE memory = ?", [number])?;
            connection.execute("DELETE FROM served WHERE memory = ?", [id.as_str()])?;
            connection.execute("DELETE FROM memory WHERE number = ?", [number])?;
            Ok(true)
        })
    }
}

fn get(parts: Parts<'_>, id: &MemoryId) -> Result<Option<Memory>, RuntimeError> {
    let sql = "SELECT body FROM memory WHERE id = ?";
    Ok(bodies(parts, sql, vec![id.as_str().to_owned().into()])?.into_iter().next())
}

fn all(parts: Parts<'_>) -> Result<Vec<Memory>, RuntimeError> {
    bodies(parts, "SELECT body FROM memory ORDER BY id", Vec::new())
}

fn of_root(parts: Parts<'_>, project: Option<&str>) -> Result<Vec<Memory>, RuntimeError> {
    let sql = "SELECT body FROM memory WHERE project IS ? ORDER BY since, id";
    let project = project.map_or(Value::Null, |project| project.to_owned().into());
    bodies(parts, sql, vec![project])
}

fn number_of(connection: &Connection, id: &MemoryId) -> rusqlite::Result<Option<i64>> {
    let sql = "SELECT number FROM memory WHERE id = ?";
    connection.prepare_cached(sql)?.query_row([id.as_str()], |row| row.get(0)).optional()
}

fn put(connection: &Connection, memory: &Memory) -> rusqlite::Result<()> {
    let known = number_of(connection, &memory.id)?;
    if let Some(number) = known {
        connection.prepare_cached("DELETE FROM words WHERE rowid = ?")?.execute([number])?;
    }
    let scope = &memory.scope;
    let sql = "INSERT INTO memory \
         (id, scope, project, line, key, kind, status, rank, since, body) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) \
         ON CONFLICT (id) DO UPDATE SET scope = ?2, project = ?3, line = ?4, key = ?5, kind = ?6, \
         status = ?7, rank = ?8, since = ?9, body = ?10 RETURNING number";
    let values = params![
        memory.id.as_str(),
        scope.as_str(),
        scope.project(),
        scope.line(),
        memory.key,
        memory.kind.as_str(),
        memory.status.as_str(),
        rank(memory),
        millis(memory.since),
        json(memory),
    ];
    let number: i64 = connection.prepare_cached(sql)?.query_row(values, |row| row.get(0))?;
    postings::unpost(connection, number)?;
    let sql = "INSERT INTO words (rowid, title, text, files) VALUES (?, ?, ?, ?)";
    let [title, text, files] = words_of(memory);
    connection.prepare_cached(sql)?.execute(params![number, title, text, files])?;
    Ok(())
}

/// What stands of it in the full-text table: title, text, files.
pub(super) fn words_of(memory: &Memory) -> [String; 3] {
    [indexed(&memory.title), indexed(&memory.text), indexed(&memory.files.join(" "))]
}

/// Greater ones are told first.
fn rank(memory: &Memory) -> i64 {
    let confidence = match memory.confidence {
        Confidence::Inferred => 0,
        Confidence::Observed => 1,
        Confidence::Stated => 2,
    };
    let own = i64::from(memory.author == Author::Person);
    i64::from(memory.pinned) * 8 + confidence * 2 + own
}

fn bodies(
    (connection, path): Parts<'_>,
    sql: &str,
    values: Vec<Value>,
) -> Result<Vec<Memory>, RuntimeError> {
    let read = || -> rusqlite::Result<Vec<String>> {
        let mut statement = connection.prepare_cached(sql)?;
        statement.query_map(params_from_iter(values), first)?.collect()
    };
    let texts = read().map_err(|source| RuntimeError::new(path, source))?;
    texts.iter().map(|text| memory_of(path, text)).collect()
}

fn first(row: &Row<'_>) -> rusqlite::Result<String> {
    row.get(0)
}

pub(super) fn memory_of(path: &std::path::Path, body: &str) -> Result<Memory, RuntimeError> {
    serde_json::from_str(body).map_err(|error| RuntimeError::Unreadable {
        path: path.to_owned(),
        what: "memory",
        problem: error.to_string(),
    })
}
