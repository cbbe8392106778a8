//! What the index itself holds of each transcript, to be compared with others: nothing laid over it,
//! twins and what is gone included.

use super::rows::SourceId;
use super::{Index, IndexError};

/// What the index took from the head of a transcript.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facts {
    /// The conversation.
    pub key: String,
    /// Its branch.
    pub branch: Option<String>,
    /// The commit at which it began.
    pub commit: Option<String>,
    /// Its repository's address; empty if there is none.
    pub repository: String,
    /// The start of its first prompt.
    pub title: String,
}

impl Index {
    /// The facts of every transcript that was read.
    ///
    /// # Errors
    /// [`IndexError`].
    pub fn facts(&self) -> Result<Vec<(SourceId, Facts)>, IndexError> {
        let sql = "SELECT t.source, t.key, t.branch, t.head, p.repository, t.title \
             FROM thread t LEFT JOIN place p ON p.id = t.place";
        self.rows(sql, Vec::new(), |row| {
            let facts = Facts {
                key: row.get(1)?,
                branch: row.get(2)?,
                commit: row.get(3)?,
                repository: row.get::<_, Option<String>>(4)?.unwrap_or_default(),
                title: row.get(5)?,
            };
            Ok((SourceId(row.get(0)?), facts))
        })
    }
}
