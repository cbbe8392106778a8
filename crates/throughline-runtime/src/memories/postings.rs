//! Postings: of each word, in which documents it stands. Made from the full-text table, so that a question over
//! thousands of memories adds numbers up instead of walking that table.
//!
//! Derived, inside the database, and never in doubt: they change in the transactions that change what they are made
//! of. A document that was written or removed since they were made is in `unposted`: what the postings say of it
//! does not count, and it is looked at itself. Where those are many, where there are no postings yet, or few
//! documents, the full-text table is asked. A removed memory's words go at once.
//!
//! Format: a document is a slot, counted in the order of its row id in the full-text table. `posted.documents` has eight bytes
//! for each slot, little-endian: the row id (32 bits, signed), how many words it has (16 bits, at most) and where it
//! holds (16 bits, which of `posted.places`). `posting.documents` has for each document how far its slot is from
//! the one before (LEB128) and a byte for how much the word weighs there, in halves: 4 in a title, 2 in a text, 1 in a path.

use std::collections::{BTreeMap, HashMap};

use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};
use throughline_model::memory::Memory;

use super::{Change, Memories};
use crate::RuntimeError;
use crate::columns::json;

mod search;

#[cfg(test)]
mod tests;

pub(super) use search::Postings;

/// Of fewer documents the full-text table says as soon what there is.
pub(super) const FEWEST: usize = 64;

/// So many that changed are looked at one by one, beside what is posted.
const MOST_UNPOSTED: usize = 64;

/// From so many on it is time to make the postings anew.
const MANY_UNPOSTED: usize = 16;

/// How long a document's entry is, in bytes.
const ENTRY: usize = 8;

/// Where a document holds.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) struct Place {
    /// The word of a memory's scope; [`SESSION`].
    pub(super) scope: String,
    pub(super) project: Option<String>,
    pub(super) line: Option<String>,
}

/// The scope of what a session taught.
pub(super) const SESSION: &str = "session";

/// A document that has words.
struct Document {
    place: usize,
    words: u32,
}

impl Memories {
    /// Makes the postings anew, if that is worth it by now. For who works in the background.
    ///
    /// # Errors
    /// [`RuntimeError`]; then they are as they were.
    pub fn post(&mut self) -> Result<(), RuntimeError> {
        if !self.with(wants_posting)? {
            return Ok(());
        }
        self.change(|change| change.post())
    }
}

impl Change<'_> {
    /// Makes the postings anew, where there are documents enough.
    ///
    /// # Errors
    /// [`RuntimeError`].
    pub(super) fn post(&self) -> Result<(), RuntimeError> {
        self.with(|connection| {
            if documents(connection)? < FEWEST {
                return Ok(());
            }
            make(connection)
        })
    }
}

/// What is posted of a document does not count from now on.
pub(super) fn unpost(connection: &Connection, rowid: i64) -> rusqlite::Result<()> {
    let sql = "INSERT OR IGNORE INTO unposted (number) VALUES (?)";
    connection.prepare_cached(sql)?.execute([rowid]).map(drop)
}

/// Takes out the words that only a removed memory had.
pub(super) fn forget(connection: &Connection, memory: &Memory) -> rusqlite::Result<()> {
    let mut remove =
        connection.prepare_cached("DELETE FROM posting WHERE word = ? AND among = 1")?;
    let words = super::rows::words_of(memory);
    words.iter().flat_map(|text| text.split(' ')).try_for_each(|w| remove.execute([w]).map(drop))
}

fn wants_posting(connection: &Connection) -> rusqlite::Result<bool> {
    let number = |sql| connection.query_row(sql, [], |row| row.get::<_, i64>(0));
    let is_posted = number("SELECT count(*) FROM posted")? > 0;
    let unposted = number("SELECT count(*) FROM unposted")?;
    let is_due = !is_posted || usize::try_from(unposted).is_ok_and(|count| count >= MANY_UNPOSTED);
    Ok(is_due && documents(connection)? >= FEWEST)
}

fn documents(connection: &Connection) -> rusqlite::Result<usize> {
    let sql = "SELECT (SELECT count(*) FROM memory) + (SELECT count(*) FROM output)";
    let count: i64 = connection.query_row(sql, [], |row| row.get(0))?;
    Ok(usize::try_from(count).unwrap_or(0))
}

fn make(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch("DELETE FROM posting; DELETE FROM posted; DELETE FROM unposted;")?;
    let (mut documents, places) = placed(connection)?;
    let slots: HashMap<i64, u32> = documents.keys().copied().zip(0..).collect();
    write_words(connection, &slots, &mut documents)?;
    let total: u64 = documents.values().map(|document| u64::from(document.words)).sum();
    let Some(entries) = entries(&documents) else { return Ok(()) };
    let sql = "INSERT INTO posted (one, words, places, documents) VALUES (1, ?, ?, ?)";
    let values = params![total.cast_signed(), json(&places), entries];
    connection.execute(sql, values).map(drop)
}

/// All documents by row id, and the places that they name.
fn placed(connection: &Connection) -> rusqlite::Result<(BTreeMap<i64, Document>, Vec<Place>)> {
    let sql = format!(
        "SELECT number, scope, project, line FROM memory \
         UNION ALL SELECT -number, '{SESSION}', project, NULL FROM output"
    );
    let mut statement = connection.prepare(&sql)?;
    let mut rows = statement.query([])?;
    let (mut documents, mut known) = (BTreeMap::new(), HashMap::new());
    while let Some(row) = rows.next()? {
        let place = Place { scope: row.get(1)?, project: row.get(2)?, line: row.get(3)? };
        let next = known.len();
        let place = *known.entry(place).or_insert(next);
        documents.insert(row.get(0)?, Document { place, words: 0 });
    }
    let mut places: Vec<(usize, Place)> =
        known.into_iter().map(|(place, at)| (at, place)).collect();
    places.sort_unstable_by_key(|(at, _)| *at);
    Ok((documents, places.into_iter().map(|(_, place)| place).collect()))
}

/// Reads the full-text table word by word, and counts the words of each document on the way.
fn write_words(
    connection: &Connection,
    slots: &HashMap<i64, u32>,
    documents: &mut BTreeMap<i64, Document>,
) -> rusqlite::Result<()> {
    let mut statement = connection.prepare("SELECT term, doc, col FROM occurrence")?;
    let mut rows = statement.query([])?;
    let (mut word, mut weights) = (String::new(), BTreeMap::<u32, u8>::new());
    let mut insert = connection
        .prepare("INSERT OR REPLACE INTO posting (word, among, documents) VALUES (?, ?, ?)")?;
    let mut write = |word: &str, weights: &mut BTreeMap<u32, u8>| {
        let among = i64::try_from(weights.len()).unwrap_or(i64::MAX);
        let done = insert.execute(params![word, among, search::encoded(weights)]);
        weights.clear();
        done.map(drop)
    };
    while let Some(row) = rows.next()? {
        let term = row.get_ref(0)?.as_str()?;
        if term != word {
            if !weights.is_empty() {
                write(&word, &mut weights)?;
            }
            term.clone_into(&mut word);
        }
        let rowid: i64 = row.get(1)?;
        let (Some(slot), Some(document)) = (slots.get(&rowid), documents.get_mut(&rowid)) else {
            continue;
        };
        document.words += 1;
        let weight = weights.entry(*slot).or_default();
        *weight = weight.saturating_add(halves(row.get_ref(2)?.as_str()?));
    }
    if weights.is_empty() { Ok(()) } else { write(&word, &mut weights) }
}

/// What a word counts in a column of the full-text table, in halves.
fn halves(column: &str) -> u8 {
    match column {
        "title" => 4,
        "text" => 2,
        _files => 1,
    }
}

/// None, where row ids or places are too large for their entries.
fn entries(documents: &BTreeMap<i64, Document>) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(documents.len() * ENTRY);
    for (rowid, document) in documents {
        bytes.extend(i32::try_from(*rowid).ok()?.to_le_bytes());
        bytes.extend(u16::try_from(document.words).unwrap_or(u16::MAX).to_le_bytes());
        bytes.extend(u16::try_from(document.place).ok()?.to_le_bytes());
    }
    Some(bytes)
}
