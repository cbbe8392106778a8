//! Who may see which memory, and which ones have words in common with a question.

use std::collections::BTreeMap;

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};
use throughline_model::memory::Memory;
use throughline_model::recall::Sought;

use super::postings::{Place, Postings, SESSION};
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

    /// The same of a place. What a session taught is seen on all lines of its project.
    pub(super) fn sees(&self, place: &Place) -> bool {
        match self {
            Self::User => place.scope == "user",
            Self::Everything => true,
            Self::Here { projects, lines } => {
                let is_ours = place.project.as_ref().is_some_and(|one| projects.contains(one));
                let is_here = place
                    .line
                    .as_ref()
                    .is_none_or(|line| lines.as_ref().is_none_or(|lines| lines.contains(line)));
                place.scope == "user" || is_ours && (is_here || place.scope == SESSION)
            }
        }
    }
}

/// A question to the words of all.
#[derive(Debug, Clone)]
pub struct Asked<'a> {
    /// As [`throughline_model::recall::Question::sought`].
    pub sought: &'a [Sought],
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
    /// The best candidates by BM25, best first: memories, then sessions. What was written since the postings were
    /// made comes behind, found or not.
    ///
    /// # Errors
    /// [`RuntimeError`].
    pub fn candidates(&self, asked: &Asked<'_>) -> Result<Vec<Candidate>, RuntimeError> {
        let Some(words) = Sought::fts(asked.sought) else { return Ok(Vec::new()) };
        self.at_one_moment(|memories| match memories.with(Postings::of)? {
            Some(postings) => memories.posted(asked, &postings),
            None => {
                let mut found = memories.memories_with(asked, &words)?;
                found.extend(memories.sessions_with(asked, &words)?);
                Ok(found)
            }
        })
    }

    fn posted(
        &self,
        asked: &Asked<'_>,
        postings: &Postings,
    ) -> Result<Vec<Candidate>, RuntimeError> {
        let best =
            |connection: &_| postings.best(connection, asked.sought, &asked.visible, asked.most);
        let best = self.with(best)?;
        let mut found = self.numbered(&best.memories)?;
        let by_number =
            format!("SELECT {} FROM output o WHERE o.number = -?", super::outputs::COLUMNS);
        for number in best.sessions {
            found
                .extend(self.outputs_by(&by_number, vec![number.into()])?.into_iter().map(session));
        }
        if !postings.is_whole() {
            found.extend(self.unposted(&asked.visible)?);
        }
        Ok(found)
    }

    fn numbered(&self, numbers: &[i64]) -> Result<Vec<Candidate>, RuntimeError> {
        let bodies = self.with(|connection| {
            let mut statement =
                connection.prepare_cached("SELECT body FROM memory WHERE number = ?")?;
            let body = |number| statement.query_row([number], |row| row.get(0));
            numbers.iter().map(body).collect::<rusqlite::Result<Vec<String>>>()
        })?;
        self.memories_of(&bodies)
    }

    /// What was written since the postings were made.
    fn unposted(&self, visible: &Visible) -> Result<Vec<Candidate>, RuntimeError> {
        let (condition, values) = visible.condition();
        let sql = format!(
            "SELECT body FROM memory WHERE number IN (SELECT number FROM unposted) AND {condition}"
        );
        let bodies = self.with(|connection| {
            let mut statement = connection.prepare_cached(&sql)?;
            let rows = statement.query_map(params_from_iter(values), |row| row.get(0))?;
            rows.collect::<rusqlite::Result<Vec<String>>>()
        })?;
        let mut found = self.memories_of(&bodies)?;
        let changed = " AND o.number IN (SELECT -number FROM unposted)";
        let Some((of, values)) = sessions_of(visible) else { return Ok(found) };
        let columns = super::outputs::COLUMNS;
        let sql = format!("SELECT {columns} FROM output o WHERE 1{of}{changed}");
        found.extend(self.outputs_by(&sql, values)?.into_iter().map(session));
        Ok(found)
    }

    fn memories_of(&self, bodies: &[String]) -> Result<Vec<Candidate>, RuntimeError> {
        let memories = bodies.iter().map(|body| memory_of(self.opened.path(), body));
        memories.map(|memory| memory.map(|memory| Candidate::Memory(Box::new(memory)))).collect()
    }

    fn memories_with(
        &self,
        asked: &Asked<'_>,
        words: &str,
    ) -> Result<Vec<Candidate>, RuntimeError> {
        let (visible, values) = asked.visible.condition();
        let most = i64::try_from(asked.most).unwrap_or(i64::MAX);
        let with = |values: &[Value]| {
            let mut all = vec![Value::from(words.to_owned())];
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
        self.memories_of(&bodies)
    }

    fn sessions_with(
        &self,
        asked: &Asked<'_>,
        words: &str,
    ) -> Result<Vec<Candidate>, RuntimeError> {
        let Some((of, mut values)) = sessions_of(&asked.visible) else { return Ok(Vec::new()) };
        values.insert(0, words.to_owned().into());
        values.push(i64::try_from(asked.most).unwrap_or(i64::MAX).into());
        let sql = format!(
            "SELECT {} FROM words JOIN output o ON o.number = -words.rowid \
             WHERE words MATCH ? AND words.rowid < 0{of} ORDER BY bm25(words, 2.0, 1.0, 0.5) LIMIT ?",
            super::outputs::COLUMNS
        );
        Ok(self.outputs_by(&sql, values)?.into_iter().map(session).collect())
    }

    /// How common these words are.
    ///
    /// # Errors
    /// [`RuntimeError`].
    pub fn frequencies(&self, words: &[&str]) -> Result<Frequencies, RuntimeError> {
        self.at_one_moment(|memories| match memories.with(Postings::of)? {
            Some(postings) => memories.posted_frequencies(&postings, words),
            None => memories.with(|connection| frequencies(connection, words)),
        })
    }

    fn posted_frequencies(
        &self,
        postings: &Postings,
        words: &[&str],
    ) -> Result<Frequencies, RuntimeError> {
        let fresh = if postings.is_whole() {
            Vec::new()
        } else {
            self.unposted(&Visible::Everything)?.iter().map(words_of).collect()
        };
        self.with(|connection| {
            let (documents, of) = postings.frequencies(connection, words, &fresh)?;
            Ok(Frequencies { documents: u64::try_from(documents).unwrap_or(u64::MAX), of })
        })
    }
}

/// As they are in the full-text table.
fn words_of(candidate: &Candidate) -> String {
    match candidate {
        Candidate::Memory(memory) => super::rows::words_of(memory).join(" "),
        Candidate::Session(output) => super::outputs::words_of(&output.extraction).join(" "),
    }
}

fn frequencies(connection: &Connection, words: &[&str]) -> rusqlite::Result<Frequencies> {
    let count = "SELECT (SELECT count(*) FROM memory) + (SELECT count(*) FROM output)";
    let documents: i64 = connection.prepare_cached(count)?.query_row([], |r| r.get(0))?;
    let mut statement = connection.prepare_cached("SELECT doc FROM vocabulary WHERE term = ?")?;
    let mut of = BTreeMap::new();
    for word in words {
        let mut rows = statement.query([word])?;
        if let Some(row) = rows.next()? {
            of.insert((*word).to_owned(), row.get::<_, i64>(0)?.cast_unsigned());
        }
    }
    Ok(Frequencies { documents: documents.cast_unsigned(), of })
}

/// Which sessions are seen, as an SQL condition over `o`; none, if no session is.
fn sessions_of(visible: &Visible) -> Option<(String, Vec<Value>)> {
    match visible {
        Visible::User => None,
        Visible::Everything => Some((String::new(), Vec::new())),
        Visible::Here { projects, .. } => {
            let marks = vec!["?"; projects.len()].join(", ");
            let values = projects.iter().cloned().map(Value::from).collect();
            Some((format!(" AND o.project IN ({marks})"), values))
        }
    }
}

fn session(output: Output) -> Candidate {
    Candidate::Session(Box::new(output))
}
