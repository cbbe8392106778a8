//! Who may see which memory, and which ones have words in common with a question.

use std::collections::BTreeMap;

use rusqlite::params_from_iter;
use rusqlite::types::Value;
use throughline_model::memory::Memory;

use super::rows::memory_of;
use super::{Memories, Output};
use crate::RuntimeError;

/// What is visible from a place. By default: what holds everywhere.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Visible {
    /// The user's own.
    #[default]
    User,
    /// The user's and a project's.
    Here {
        /// The project's key, and the names by which it goes.
        projects: Vec<String>,
        /// The lines whose memories count; `None`: all of them.
        lines: Option<Vec<String>>,
    },
    /// Everything: for a person who asks from outside of any project.
    Everything,
}

impl Visible {
    pub(super) fn condition(&self) -> (String, Vec<Value>) {
        let marks = |n: usize| vec!["?"; n].join(", ");
        match self {
            Self::User => ("scope = 'user'".to_owned(), Vec::new()),
            Self::Everything => ("1".to_owned(), Vec::new()),
            Self::Here { projects, lines } => {
                let mut values: Vec<Value> = projects.iter().cloned().map(Value::from).collect();
                let line = match lines {
                    None => String::new(),
                    Some(lines) => {
                        values.extend(lines.iter().cloned().map(Value::from));
                        format!(" AND (line IS NULL OR line IN ({}))", marks(lines.len()))
                    }
                };
                let sql =
                    format!("(scope = 'user' OR project IN ({}){line})", marks(projects.len()));
                (sql, values)
            }
        }
    }
}

/// A question to the full-text table.
#[derive(Debug, Clone)]
pub struct Asked<'a> {
    /// In FTS5's language, made by us: each word quoted.
    pub words: &'a str,
    /// What is visible.
    pub visible: Visible,
    /// How many candidates at most, of each sort.
    pub most: usize,
}

/// Something that has words in common with a question.
#[derive(Debug, Clone)]
pub enum Candidate {
    /// A memory.
    Memory(Box<Memory>),
    /// What a session came to.
    Session(Box<Output>),
}

/// How common words are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frequencies {
    /// How many documents there are.
    pub documents: u64,
    /// In how many of them each word stands; a word that stands nowhere is not here.
    pub of: BTreeMap<String, u64>,
}

impl Memories {
    /// The best candidates by BM25, best first: memories, then sessions.
    ///
    /// # Errors
    /// [`RuntimeError`].
    pub fn candidates(&self, asked: &Asked<'_>) -> Result<Vec<Candidate>, RuntimeError> {
        let (visible, values) = asked.visible.condition();
        let most = i64::try_from(asked.most).unwrap_or(i64::MAX);
        let with = |values: &[Value]| {
            let mut all = vec![Value::from(asked.words.to_owned())];
            all.extend_from_slice(values);
            all.push(Value::from(most));
            all
        };
        let sql = format!(
            "WITH best AS MATERIALIZED (\
             SELECT m.number, bm25(words, 2.0, 1.0, 0.5) AS worth \
             FROM words JOIN memory m ON m.number = words.rowid \
             WHERE words MATCH ? AND words.rowid > 0 AND {visible} ORDER BY worth LIMIT ?) \
             SELECT body FROM best JOIN memory USING (number) ORDER BY worth"
        );
        let bodies = self.with(|connection| {
            let mut statement = connection.prepare_cached(&sql)?;
            let rows = statement.query_map(params_from_iter(with(&values)), |row| row.get(0))?;
            rows.collect::<rusqlite::Result<Vec<String>>>()
        })?;
        let memories = bodies.iter().map(|body| memory_of(self.opened.path(), body));
        let mut found = memories
            .map(|memory| memory.map(|memory| Candidate::Memory(Box::new(memory))))
            .collect::<Result<Vec<_>, _>>()?;
        found.extend(self.sessions_with(asked)?);
        Ok(found)
    }

    fn sessions_with(&self, asked: &Asked<'_>) -> Result<Vec<Candidate>, RuntimeError> {
        let (of, mut values) = match &asked.visible {
            Visible::User => return Ok(Vec::new()),
            Visible::Everything => (String::new(), Vec::new()),
            Visible::Here { projects, .. } => {
                let marks = vec!["?"; projects.len()].join(", ");
                let values = projects.iter().cloned().map(Value::from).collect::<Vec<_>>();
                (format!(" AND o.project IN ({marks})"), values)
            }
        };
        values.insert(0, asked.words.to_owned().into());
        values.push(i64::try_from(asked.most).unwrap_or(i64::MAX).into());
        let sql = format!(
            "SELECT {} FROM words JOIN output o ON o.number = -words.rowid \
             WHERE words MATCH ? AND words.rowid < 0{of} ORDER BY bm25(words, 2.0, 1.0, 0.5) LIMIT ?",
            super::outputs::COLUMNS
        );
        let found = self.outputs_by(&sql, values)?;
        Ok(found.into_iter().map(|output| Candidate::Session(Box::new(output))).collect())
    }

    /// How common these words are.
    ///
    /// # Errors
    /// [`RuntimeError`].
    pub fn frequencies(&self, words: &[&str]) -> Result<Frequencies, RuntimeError> {
        self.with(|connection| {
            let count = "SELECT (SELECT count(*) FROM memory) + (SELECT count(*) FROM output)";
            let documents: i64 = connection.prepare_cached(count)?.query_row([], |r| r.get(0))?;
            let mut statement =
                connection.prepare_cached("SELECT doc FROM vocabulary WHERE term = ?")?;
            let mut of = BTreeMap::new();
            for word in words {
                let mut rows = statement.query([word])?;
                if let Some(row) = rows.next()? {
                    of.insert((*word).to_owned(), row.get::<_, i64>(0)?.cast_unsigned());
                }
            }
            Ok(Frequencies { documents: documents.cast_unsigned(), of })
        })
    }
}
