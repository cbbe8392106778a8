//! What single sessions taught: the output of phase 1, and which sessions may teach.

use std::collections::BTreeSet;
use std::path::Path;

use jiff::Timestamp;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension as _, Row, params, params_from_iter};
use serde::{Deserialize, Serialize};
use throughline_model::memory::{Extraction, Finding, Source};
use throughline_model::recall::indexed;

use super::{Change, Memories, postings};
use crate::RuntimeError;
use crate::columns::{json, millis, time};
use crate::opened::Parts;

/// What a session taught.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// The session.
    pub session: String,
    /// Its agent.
    pub agent: String,
    /// The key of its project.
    pub project: String,
    /// The key of its line.
    pub line: String,
    /// When it began.
    pub began: Timestamp,
    /// How far its transcript was when it was read: when it was last written, in milliseconds since 1970.
    pub watermark: i64,
    /// What was found.
    pub extraction: Extraction,
    /// By which engine.
    pub engine: String,
    /// When.
    pub generated: Timestamp,
}

/// Which outputs are wanted.
#[derive(Debug, Clone, Default)]
pub struct OutputFilter {
    /// Of this project alone.
    pub project: Option<String>,
    /// Generated at this time or later.
    pub since: Option<Timestamp>,
}

/// Whether a session may teach anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// It may.
    Enabled,
    /// The user does not want it.
    Disabled,
    /// It read what strangers wrote.
    Polluted,
}

impl Mode {
    /// All.
    pub const ALL: [Self; 3] = [Self::Enabled, Self::Disabled, Self::Polluted];

    /// In a word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Enabled => "enabled",
            Self::Disabled => "disabled",
            Self::Polluted => "polluted",
        }
    }

    /// Reads it.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.as_str() == word)
    }
}

pub(super) const COLUMNS: &str = "o.session, o.agent, o.project, o.line, o.began, o.watermark, \
     o.raw_memory, o.summary, o.slug, o.findings, o.engine, o.generated";

impl Memories {
    /// What sessions taught, by the time when they began.
    ///
    /// # Errors
    /// [`RuntimeError`].
    pub fn outputs(&self, filter: &OutputFilter) -> Result<Vec<Output>, RuntimeError> {
        let mut sql = format!("SELECT {COLUMNS} FROM output o WHERE 1");
        let mut values = Vec::new();
        if let Some(project) = &filter.project {
            sql.push_str(" AND o.project = ?");
            values.push(Value::from(project.clone()));
        }
        if let Some(since) = filter.since {
            sql.push_str(" AND o.generated >= ?");
            values.push(millis(since).into());
        }
        sql.push_str(" ORDER BY o.began, o.session");
        self.outputs_by(&sql, values)
    }

    pub(super) fn outputs_by(
        &self,
        sql: &str,
        values: Vec<Value>,
    ) -> Result<Vec<Output>, RuntimeError> {
        outputs_by(self.opened.parts(), sql, values)
    }

    /// Whether a session may teach, and why; `None`, if nobody said anything of it.
    ///
    /// # Errors
    /// [`RuntimeError`].
    pub fn mode(&self, session: &str) -> Result<Option<(Mode, String)>, RuntimeError> {
        self.with(|connection| {
            let sql = "SELECT mode, why FROM mode WHERE session = ?";
            let read = |row: &Row<'_>| Ok((row.get::<_, String>(0)?, row.get(1)?));
            let found = connection.prepare_cached(sql)?.query_row([session], read).optional()?;
            Ok(found.and_then(|(word, why)| Some((Mode::of(&word)?, why))))
        })
    }
}

fn outputs_by(
    (connection, path): Parts<'_>,
    sql: &str,
    values: Vec<Value>,
) -> Result<Vec<Output>, RuntimeError> {
    let read = || -> rusqlite::Result<Vec<(Output, String)>> {
        let mut statement = connection.prepare_cached(sql)?;
        statement.query_map(params_from_iter(values), output_of)?.collect()
    };
    let rows = read().map_err(|source| RuntimeError::new(path, source))?;
    let read = rows.into_iter().map(|(mut output, findings)| {
        output.extraction.findings = findings_of(path, &findings)?;
        Ok(output)
    });
    read.collect()
}

fn findings_of(path: &Path, text: &str) -> Result<Vec<Finding>, RuntimeError> {
    serde_json::from_str(text).map_err(|error| RuntimeError::Unreadable {
        path: path.to_owned(),
        what: "finding",
        problem: error.to_string(),
    })
}

impl Change<'_> {
    /// What the sessions of these sources taught.
    ///
    /// # Errors
    /// [`RuntimeError`].
    pub fn outputs_of(&self, sources: &[Source]) -> Result<Vec<Output>, RuntimeError> {
        let sessions: BTreeSet<&String> =
            sources.iter().filter_map(|source| source.session.as_ref()).collect();
        let marks = vec!["?"; sessions.len()].join(", ");
        let sql = format!("SELECT {COLUMNS} FROM output o WHERE o.session IN ({marks})");
        let values = sessions.into_iter().map(|session| session.clone().into()).collect();
        outputs_by(self.inside.parts(), &sql, values)
    }

    /// Writes what a session taught, redacted, in place of what it taught before. Nothing worth keeping
    /// removes that.
    ///
    /// # Errors
    /// [`RuntimeError`].
    pub fn put_output(&self, output: &Output) -> Result<(), RuntimeError> {
        let mut output = output.clone();
        output.extraction.redact();
        self.with(|connection| {
            remove(connection, &output.session)?;
            if output.extraction.is_empty() { Ok(()) } else { insert(connection, &output) }
        })
    }

    /// Forgets what a session taught; `false` if nothing was known of it.
    ///
    /// # Errors
    /// [`RuntimeError`].
    pub fn remove_output(&self, session: &str) -> Result<bool, RuntimeError> {
        self.with(|connection| remove(connection, session))
    }

    /// Says whether a session may teach.
    ///
    /// # Errors
    /// [`RuntimeError`].
    pub fn set_mode(
        &self,
        session: &str,
        mode: Mode,
        why: &str,
        now: Timestamp,
    ) -> Result<(), RuntimeError> {
        self.with(|connection| {
            let sql = "INSERT OR REPLACE INTO mode (session, mode, why, at) VALUES (?, ?, ?, ?)";
            let values = params![session, mode.as_str(), why, millis(now)];
            connection.prepare_cached(sql)?.execute(values).map(drop)
        })
    }
}

fn remove(connection: &Connection, session: &str) -> rusqlite::Result<bool> {
    let sql = "DELETE FROM output WHERE session = ? RETURNING number";
    let number: Option<i64> =
        connection.prepare_cached(sql)?.query_row([session], |row| row.get(0)).optional()?;
    let Some(number) = number else { return Ok(false) };
    postings::unpost(connection, -number)?;
    connection.execute("DELETE FROM words WHERE rowid = ?", [-number])?;
    Ok(true)
}

fn insert(connection: &Connection, output: &Output) -> rusqlite::Result<()> {
    let extraction = &output.extraction;
    let sql = "INSERT INTO output (session, agent, project, line, began, watermark, raw_memory, \
         summary, slug, findings, engine, generated) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) \
         RETURNING number";
    let values = params![
        output.session,
        output.agent,
        output.project,
        output.line,
        millis(output.began),
        output.watermark,
        extraction.raw_memory,
        extraction.rollout_summary,
        extraction.rollout_slug.as_deref().unwrap_or_default(),
        json(&extraction.findings),
        output.engine,
        millis(output.generated),
    ];
    let number: i64 = connection.prepare_cached(sql)?.query_row(values, |row| row.get(0))?;
    postings::unpost(connection, -number)?;
    let sql = "INSERT INTO words (rowid, title, text, files) VALUES (?, ?, ?, '')";
    let [title, text] = words_of(extraction);
    connection.prepare_cached(sql)?.execute(params![-number, title, text]).map(drop)
}

/// What stands of it in the full-text table: title, text.
pub(super) fn words_of(extraction: &Extraction) -> [String; 2] {
    let slug = extraction.rollout_slug.as_deref().unwrap_or_default().replace('-', " ");
    [indexed(&slug), indexed(&extraction.rollout_summary)]
}

/// A row, and its findings as JSON.
fn output_of(row: &Row<'_>) -> rusqlite::Result<(Output, String)> {
    let slug: String = row.get(8)?;
    let extraction = Extraction {
        raw_memory: row.get(6)?,
        rollout_summary: row.get(7)?,
        rollout_slug: (!slug.is_empty()).then_some(slug),
        findings: Vec::new(),
    };
    let output = Output {
        session: row.get(0)?,
        agent: row.get(1)?,
        project: row.get(2)?,
        line: row.get(3)?,
        began: time(row.get(4)?),
        watermark: row.get(5)?,
        extraction,
        engine: row.get(10)?,
        generated: time(row.get(11)?),
    };
    Ok((output, row.get(9)?))
}
