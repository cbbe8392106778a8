//! Search: words, ranked, as places in transcripts.
//!
//! Two steps. SQLite ranks all matches by BM25 and gives the best, some times as many as are wanted; of
//! these the rank is then weighted by age and by project, which would cost a look at every match otherwise. What a copy and
//! its origin both tell is one hit.

use rusqlite::types::Value;

use super::laid::PLACE;
use super::lineage::{Told, without_copies};
use super::list::{COLUMNS, Conditions, Remembered, thread_row};
use super::rows::{ItemKind, ThreadRow};
use super::{Index, IndexError, ListFilter};

/// So many times as many matches as are wanted are weighted, and at least [`FEWEST`].
const TIMES: usize = 4;
const FEWEST: usize = 80;

/// What is searched for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Query {
    /// In FTS5's language, made by us from what a person wrote: each word quoted. Empty: every turn
    /// that the other conditions leave, the latest first.
    pub words: String,
    /// Only in these conversations.
    pub threads: ListFilter,
    /// Only turns that used this tool.
    pub tool: Option<String>,
    /// Only turns that changed a file whose path has this in it.
    pub path: Option<String>,
    /// Only turns that began before this, in milliseconds since 1970.
    pub before: Option<i64>,
    /// Only turns that began at this or after it.
    pub after: Option<i64>,
    /// Places whose hits come first.
    pub here: Vec<i64>,
    /// What time it is, in milliseconds since 1970: recent hits come first.
    pub now: i64,
    /// How many at most.
    pub limit: usize,
}

/// One place where it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// In which conversation.
    pub thread: ThreadRow,
    /// The turn's number in it.
    pub number: u64,
    /// The agent's name for the turn.
    pub turn: Option<String>,
    /// When the turn began, in milliseconds since 1970.
    pub at: i64,
    /// What was found.
    pub kind: ItemKind,
    /// Where its line starts in the transcript.
    pub offset: u64,
}

/// A weighted match.
struct Weighted {
    /// Smaller is better.
    rank: f64,
    item: i64,
    turn: i64,
    turn_name: Option<String>,
    thread: String,
    forked_from: Option<String>,
}

const JOINS: &str = " JOIN turn u ON u.id = i.turn JOIN thread t ON t.source = u.source \
     JOIN source s ON s.id = t.source LEFT JOIN temp.laid o ON o.key = t.key \
     WHERE s.is_missing = 0 AND t.is_twin = 0";

/// What comes after the columns of a conversation.
const HIT: &str = ", u.number, u.key, u.began, i.kind, i.offset \
     FROM item i JOIN turn u ON u.id = i.turn JOIN thread t ON t.source = u.source \
     JOIN source s ON s.id = t.source LEFT JOIN place p ON p.id = t.place \
     LEFT JOIN temp.laid o ON o.key = t.key WHERE i.id = ?";

impl Query {
    fn conditions(&self) -> Conditions {
        let mut all = self.threads.conditions();
        if let Some(tool) = &self.tool {
            all.and("u.id IN (SELECT turn FROM used WHERE tool = ?)", tool.clone());
        }
        if let Some(path) = &self.path {
            all.and(
                "u.id IN (SELECT turn FROM touched JOIN file ON file.id = file WHERE instr(path, ?))",
                path.clone(),
            );
        }
        if let Some(before) = self.before {
            all.and("u.began < ?", before);
        }
        if let Some(after) = self.after {
            all.and("u.began >= ?", after);
        }
        all
    }

    fn candidates(&self) -> usize {
        self.limit.saturating_mul(TIMES).clamp(FEWEST, u32::MAX as usize)
    }

    /// The items that match best, with their rank.
    fn matches(&self) -> Conditions {
        let Conditions { sql: conditions, mut values } = self.conditions();
        values.insert(0, self.words.clone().into());
        let joins = match conditions.as_str() {
            "" => " WHERE words MATCH ?1".to_owned(),
            conditions => {
                let joins = JOINS.replacen(" WHERE ", " WHERE words MATCH ?1 AND ", 1);
                format!(" JOIN item i ON i.id = words.rowid{joins}{conditions}")
            }
        };
        let sql = format!(
            "SELECT words.rowid, rank FROM words{joins} ORDER BY rank LIMIT {}",
            self.candidates()
        );
        Conditions { sql, values }
    }

    /// Without words the latest turns, each by its first item.
    fn latest(&self) -> Conditions {
        let Conditions { sql: conditions, values } = self.conditions();
        let sql = format!(
            "SELECT min(i.id), -u.began FROM item i{JOINS}{conditions} GROUP BY u.id \
             ORDER BY u.began DESC LIMIT {}",
            self.candidates()
        );
        Conditions { sql, values }
    }

    /// Smaller is better. A hit of today counts up to twice as much as an old one, one of this
    /// project one and a half times as much as another's.
    fn weight(&self, rank: f64, began: i64, place: Option<i64>) -> f64 {
        const MONTH: f64 = 30.0 * 24.0 * 3600.0 * 1000.0;
        #[expect(clippy::cast_precision_loss, reason = "a rank needs no exact age")]
        let age = self.now.saturating_sub(began).max(0) as f64 / MONTH;
        let here = if place.is_some_and(|place| self.here.contains(&place)) { 1.5 } else { 1.0 };
        rank * (1.0 + 1.0 / (1.0 + age)) * here
    }
}

impl Index {
    /// The best hits, one a turn, best first.
    ///
    /// # Errors
    /// [`IndexError`].
    pub fn search(&self, query: &Query) -> Result<Vec<Hit>, IndexError> {
        let mut query = query.clone();
        if query.threads.remembered == Remembered::Yes && !self.has_forgotten()? {
            // Without conditions SQLite ranks much faster.
            query.threads.remembered = Remembered::Either;
        }
        let query = &query;
        let best = if query.words.is_empty() { query.latest() } else { query.matches() };
        let mut weighted = self.weighted(query, best)?;
        weighted.sort_by(|a, b| a.rank.total_cmp(&b.rank));
        let mut turns = std::collections::HashSet::new();
        weighted.retain(|found| turns.insert(found.turn));
        without_copies(&mut weighted, |found| Told {
            thread: &found.thread,
            turn: found.turn_name.as_deref(),
            forked_from: found.forked_from.as_deref(),
        });
        weighted.truncate(query.limit);
        let hits = weighted.into_iter().map(|found| self.hit(found.item));
        Ok(hits.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
    }

    /// Weighs the best. One statement for all of them: one for each took as long as to find them.
    fn weighted(&self, query: &Query, best: Conditions) -> Result<Vec<Weighted>, IndexError> {
        let sql = format!(
            "WITH best (item, rank) AS MATERIALIZED ({}) \
             SELECT best.rank, i.id, u.id, u.began, {PLACE}, u.key, t.key, t.forked_from \
             FROM best CROSS JOIN item i ON i.id = best.item{JOINS}",
            best.sql
        );
        self.rows(&sql, best.values, |row| {
            Ok(Weighted {
                rank: query.weight(row.get(0)?, row.get(3)?, row.get(4)?),
                item: row.get(1)?,
                turn: row.get(2)?,
                turn_name: row.get(5)?,
                thread: row.get(6)?,
                forked_from: row.get(7)?,
            })
        })
    }

    fn hit(&self, item: i64) -> Result<Option<Hit>, IndexError> {
        let sql = format!("{COLUMNS}{HIT}");
        let hits = self.rows(&sql, vec![Value::from(item)], |row| {
            let Some(kind) = ItemKind::of(row.get(49)?) else { return Ok(None) };
            Ok(Some(Hit {
                thread: thread_row(row)?,
                number: row.get::<_, i64>(46)?.cast_unsigned(),
                turn: row.get(47)?,
                at: row.get(48)?,
                kind,
                offset: row.get::<_, i64>(50)?.cast_unsigned(),
            }))
        })?;
        Ok(hits.into_iter().flatten().next())
    }
}
