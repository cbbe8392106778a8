//! Lists of conversations and their turns, page by page.
//!
//! A page goes on from a key (the sorted time and the conversation's own name), never from a count, so
//! what comes in meanwhile moves nothing.

use rusqlite::types::Value;
use rusqlite::{Row, params_from_iter};
use throughline_model::overlay::MemoryUse;

use super::laid::{ARCHIVED, BRANCH, FORGOTTEN, PLACE};
use super::rows::{
    Found, ItemKind, ItemRow, Meta, Outcome, Seen, Source, SourceId, ThreadRow, Tokens, TurnRow,
};
use super::{Index, IndexError};

/// By which time conversations are sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sort {
    /// When it began.
    Created,
    /// When something was last written in it.
    #[default]
    Updated,
    /// When the user last said something.
    Recent,
}

impl Sort {
    fn column(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Recent => "recent",
        }
    }
}

/// In which direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Direction {
    /// The latest first.
    #[default]
    Descending,
    /// The earliest first.
    Ascending,
}

/// How much of a turn is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TurnDetail {
    /// Where its items stand.
    Items,
    /// What it changed, made and used as well: each is a look through all that any turn did.
    Deeds,
}

/// The place of a conversation in a sorted list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// The time by which it is sorted, in milliseconds since 1970.
    pub at: i64,
    /// The conversation.
    pub key: String,
}

/// Which part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// By what it is sorted.
    pub sort: Sort,
    /// In which direction.
    pub direction: Direction,
    /// What comes after this.
    pub after: Option<Key>,
    /// How many at most.
    pub limit: usize,
}

/// Which conversations. Nothing set: all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ListFilter {
    /// Only those in these places ([`Index::places`]).
    pub places: Option<Vec<i64>>,
    /// Only those not in these places.
    pub not_in: Vec<i64>,
    /// Only this conversation, or those whose name starts like this.
    pub key: Option<String>,
    /// Only those that began on this branch.
    pub branch: Option<String>,
    /// Only those of this agent.
    pub agent: Option<String>,
    /// Only those with this model, or one whose name starts so.
    pub model: Option<String>,
    /// Only those in which something was written at this time or after it.
    pub since: Option<i64>,
    /// Only those that began before this time.
    pub until: Option<i64>,
    /// Nothing was written in it since then, in milliseconds since 1970.
    pub quiet_since: Option<i64>,
    /// Only those whose name or title has this in it, in either case of its letters.
    pub name: Option<String>,
    /// Only archived ones, or only others.
    pub archived: Option<bool>,
    /// Only those with a plan, or only others.
    pub has_plan: Option<bool>,
    /// Only those that this one spawned.
    pub parent: Option<String>,
    /// Only those that nobody spawned.
    pub roots: bool,
    /// Only those that changed this file, or one whose path ends so.
    pub touched: Option<String>,
    /// Only those that made this commit, or began at it.
    pub commit: Option<String>,
    /// Only those that were started in one of these ways; none: in whatever way.
    pub origins: Vec<Origin>,
    /// Only those that worked in one of these directories; none: wherever.
    pub folders: Vec<String>,
    /// Only those with a model of one of these; none: of whomever.
    pub providers: Vec<String>,
    /// None of these.
    pub except: Vec<String>,
    /// Only those that this one spawned, or one below it did.
    pub ancestor: Option<String>,
    /// Whether forgotten ones are meant.
    pub remembered: Remembered,
}

/// How a conversation was started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// In the agent's word for it, such as `exec`.
    Word(&'static str),
    /// By another conversation.
    Spawned,
    /// As a [`Origin::Word`] says, but by no other conversation.
    Unspawned(&'static str),
    /// In a way that is none of these words, or that nobody told.
    NoneOf(&'static [&'static str]),
}

impl Origin {
    fn condition(&self) -> String {
        // Words of ours, not of somebody's.
        match self {
            Self::Word(word) => format!("t.origin = '{word}'"),
            Self::Spawned => "t.parent IS NOT NULL".to_owned(),
            Self::Unspawned(word) => format!("(t.origin = '{word}' AND t.parent IS NULL)"),
            Self::NoneOf(words) => {
                format!("coalesce(t.origin, '') NOT IN ('{}')", words.join("', '"))
            }
        }
    }
}

/// Which conversations, by whether the user had them forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Remembered {
    /// Those that were not.
    #[default]
    Yes,
    /// Those that were.
    No,
    /// Both.
    Either,
}

const FROM: &str = " FROM thread t JOIN source s ON s.id = t.source LEFT JOIN place p ON p.id = t.place \
     LEFT JOIN temp.laid o ON o.key = t.key WHERE s.is_missing = 0 AND t.is_twin = 0";

/// What [`thread_row`] reads.
pub(super) const COLUMNS: &str = "SELECT s.id, s.path, s.agent, s.archived, s.compressed, s.size, s.modified, s.inode, \
     s.offset, s.turn, s.skipped, s.error, s.attempts, s.is_missing, t.key, t.session, t.parent, \
     t.forked_from, t.base_end, t.nickname, t.role, t.agent_path, t.origin, t.provider, t.version, \
     p.cwd, coalesce(o.repository, p.repository), nullif(coalesce(o.branch, t.branch), ''), \
     nullif(coalesce(o.head, t.head), ''), t.model, t.effort, coalesce(o.name, t.title), t.created, t.updated, t.recent, \
     t.turns, t.plans, t.input, t.cached, t.output, t.reasoning, o.name, \
     (s.archived OR coalesce(o.archived, 0)), coalesce(o.forgotten, 0), o.memory, t.title";

/// Conditions and what stands for their question marks.
#[derive(Debug, Default)]
pub(super) struct Conditions {
    pub(super) sql: String,
    pub(super) values: Vec<Value>,
}

impl Conditions {
    pub(super) fn and(&mut self, sql: &str, value: impl Into<Value>) {
        self.sql.push_str(" AND ");
        self.sql.push_str(sql);
        self.values.push(value.into());
    }

    fn and_some<T: Into<Value> + Clone>(&mut self, sql: &str, value: Option<&T>) {
        if let Some(value) = value {
            self.and(sql, value.clone());
        }
    }

    /// The column has one of these values, or (`NOT IN`) none of them. No values: nothing is asked.
    fn among(&mut self, column: &str, word: &str, values: &[String]) {
        if !values.is_empty() {
            let marks = vec!["?"; values.len()].join(",");
            self.sql.push_str(&format!(" AND {column} {word} ({marks})"));
            self.values.extend(values.iter().cloned().map(Value::from));
        }
    }

    fn places(&mut self, word: &str, places: &[i64]) {
        let list: Vec<String> = places.iter().map(i64::to_string).collect();
        self.sql.push_str(&format!(" AND {PLACE} {word} ({})", list.join(",")));
    }
}

impl ListFilter {
    pub(super) fn conditions(&self) -> Conditions {
        let mut all = Conditions::default();
        if let Some(places) = &self.places {
            all.places("IN", places);
        }
        if !self.not_in.is_empty() {
            all.places("NOT IN", &self.not_in);
        }
        all.and_some("t.key GLOB ?", self.key.as_ref().map(|key| prefix(key)).as_ref());
        all.and_some(&format!("{BRANCH} = ?"), self.branch.as_ref());
        all.and_some("s.agent = ?", self.agent.as_ref());
        all.and_some("t.model GLOB ?", self.model.as_ref().map(|model| prefix(model)).as_ref());
        all.and_some("t.updated >= ?", self.since.as_ref());
        all.and_some("t.created < ?", self.until.as_ref());
        all.and_some("t.updated <= ?", self.quiet_since.as_ref());
        all.and_some(&format!("{ARCHIVED} = ?"), self.archived.map(i64::from).as_ref());
        all.and_some("(t.plans > 0) = ?", self.has_plan.map(i64::from).as_ref());
        all.and_some("t.parent = ?", self.parent.as_ref());
        if self.roots {
            all.sql.push_str(" AND t.parent IS NULL");
        }
        if !self.origins.is_empty() {
            let any: Vec<String> = self.origins.iter().map(Origin::condition).collect();
            all.sql.push_str(&format!(" AND ({})", any.join(" OR ")));
        }
        all.among("coalesce(t.provider, '')", "IN", &self.providers);
        all.among("t.key", "NOT IN", &self.except);
        if !self.folders.is_empty() {
            all.among(&format!("{PLACE} IN (SELECT id FROM place WHERE cwd"), "IN", &self.folders);
            all.sql.push(')');
        }
        all.and_some(BELOW, self.ancestor.as_ref());
        all.and_some(NAMED, self.name.as_ref());
        all.and_some(TOUCHED, self.touched.as_ref());
        if let Some(commit) = &self.commit {
            all.and(MADE, prefix(commit));
            all.values.push(prefix(commit).into());
            all.values.push(commit.clone().into());
        }
        match self.remembered {
            Remembered::Yes => all.sql.push_str(&format!(" AND {FORGOTTEN} = 0")),
            Remembered::No => all.sql.push_str(&format!(" AND {FORGOTTEN} = 1")),
            Remembered::Either => {}
        }
        all
    }
}

/// `?` spawned it, or what spawned it. A hostile transcript can name itself as its parent: `UNION` ends there.
const BELOW: &str = "t.key IN (WITH RECURSIVE below(key) AS (SELECT key FROM thread WHERE parent = ? \
     UNION SELECT c.key FROM thread c JOIN below b ON c.parent = b.key) SELECT key FROM below)";

/// `?` is somewhere in what names it.
const NAMED: &str = "coalesce(o.name, t.title) LIKE '%' || \
     replace(replace(replace(?, '\\', '\\\\'), '%', '\\%'), '_', '\\_') || '%' ESCAPE '\\'";

/// `?` ends the path, at a slash.
const TOUCHED: &str = "t.source IN (SELECT u.source FROM touched d JOIN turn u ON u.id = d.turn \
     JOIN file f ON f.id = d.file WHERE '/' || f.path LIKE '%/' || replace(replace(?, '%', '\\%'), '_', '\\_') \
     ESCAPE '\\')";

/// Transcripts have abbreviated hashes, a person may give a longer one.
const MADE: &str = "(nullif(coalesce(o.head, t.head), '') GLOB ? OR t.source IN (SELECT u.source FROM made m JOIN turn u ON u.id = m.turn \
     WHERE m.hash GLOB ? OR ? GLOB m.hash || '*'))";

/// Everything that starts with this text.
pub(super) fn prefix(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 1);
    for c in text.chars() {
        match c {
            '*' | '?' | '[' => pattern.extend(['[', c, ']']),
            c => pattern.push(c),
        }
    }
    pattern.push('*');
    pattern
}

impl Index {
    /// One page of conversations.
    ///
    /// # Errors
    /// [`IndexError`].
    pub fn threads(&self, filter: &ListFilter, page: &Page) -> Result<Vec<ThreadRow>, IndexError> {
        let column = page.sort.column();
        let (than, order) = match page.direction {
            Direction::Descending => ("<", "DESC"),
            Direction::Ascending => (">", "ASC"),
        };
        let mut all = filter.conditions();
        if let Some(after) = &page.after {
            all.and(&format!("(t.{column}, t.key) {than} (?, ?)"), after.at);
            all.values.push(after.key.clone().into());
        }
        let sql = format!(
            "{COLUMNS}{FROM}{} ORDER BY t.{column} {order}, t.key {order} LIMIT {}",
            all.sql,
            most(page.limit)
        );
        self.rows(&sql, all.values, thread_row)
    }

    /// How many conversations there are.
    ///
    /// # Errors
    /// [`IndexError`].
    pub fn count(&self, filter: &ListFilter) -> Result<u64, IndexError> {
        let all = filter.conditions();
        let sql = format!("SELECT count(*){FROM}{}", all.sql);
        let counts = self.rows(&sql, all.values, |row| row.get::<_, i64>(0))?;
        Ok(counts.first().map_or(0, |count| count.cast_unsigned()))
    }

    /// Where conversations took place: id, directory, repository's address.
    ///
    /// # Errors
    /// [`IndexError`].
    pub fn places(&self) -> Result<Vec<(i64, String, String)>, IndexError> {
        let sql = "SELECT id, cwd, repository FROM place UNION ALL SELECT id, cwd, repository FROM temp.laid_place";
        self.rows(sql, Vec::new(), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
    }

    /// The turns of a conversation after this number, or before it.
    ///
    /// # Errors
    /// [`IndexError`].
    pub fn turns(
        &self,
        source: SourceId,
        direction: Direction,
        after: Option<u64>,
        limit: usize,
        detail: TurnDetail,
    ) -> Result<Vec<TurnRow>, IndexError> {
        let (than, order, start) = match direction {
            Direction::Descending => ("<", "DESC", i64::MAX),
            Direction::Ascending => (">", "ASC", 0),
        };
        let after = after.map_or(start, u64::cast_signed);
        let sql = format!(
            "SELECT id, number, key, began, ended, outcome, model, effort, input, cached, output, reasoning \
             FROM turn WHERE source = ? AND number {than} ? ORDER BY number {order} LIMIT {}",
            most(limit)
        );
        let values = vec![source.0.into(), after.into()];
        let rows = self.rows(&sql, values, |row| Ok((row.get::<_, i64>(0)?, turn_row(row)?)))?;
        let whole = |(id, turn): (i64, TurnRow)| match detail {
            TurnDetail::Items => Ok(TurnRow { items: self.items(id)?, ..turn }),
            TurnDetail::Deeds => self.with_facts(id, turn),
        };
        rows.into_iter().map(whole).collect()
    }

    /// Where the plan stands that was given last before this byte of a conversation's transcript.
    ///
    /// # Errors
    /// [`IndexError`].
    pub fn last_plan(&self, source: SourceId, end: u64) -> Result<Option<u64>, IndexError> {
        let sql = "SELECT i.offset FROM item i JOIN turn u ON u.id = i.turn \
             WHERE u.source = ? AND i.kind = ? AND i.offset < ? ORDER BY i.offset DESC LIMIT 1";
        let end = end.min(i64::MAX.cast_unsigned()).cast_signed();
        let values = vec![source.0.into(), ItemKind::Plan.number().into(), end.into()];
        Ok(self.rows(sql, values, |row| unsigned(row, 0))?.first().copied())
    }

    fn with_facts(&self, id: i64, turn: TurnRow) -> Result<TurnRow, IndexError> {
        let names = |sql: &str| self.rows(sql, vec![id.into()], |row| row.get::<_, String>(0));
        Ok(TurnRow {
            items: self.items(id)?,
            files: names(
                "SELECT path FROM file JOIN touched ON file = file.id WHERE turn = ? ORDER BY path",
            )?,
            commits: names("SELECT hash FROM made WHERE turn = ? ORDER BY hash")?,
            tools: names("SELECT tool FROM used WHERE turn = ? ORDER BY tool")?,
            ..turn
        })
    }

    fn items(&self, turn: i64) -> Result<Vec<ItemRow>, IndexError> {
        let sql = "SELECT kind, offset, length FROM item WHERE turn = ? ORDER BY id";
        let items = self.rows(sql, vec![turn.into()], |row| {
            let Some(kind) = ItemKind::of(row.get(0)?) else { return Ok(None) };
            let (offset, length) = (unsigned(row, 1)?, unsigned(row, 2)?);
            Ok(Some(ItemRow { kind, offset, length, words: String::new() }))
        })?;
        Ok(items.into_iter().flatten().collect())
    }

    /// Every transcript that is known, those that are gone too.
    ///
    /// # Errors
    /// [`IndexError`].
    pub fn sources(&self) -> Result<Vec<Source>, IndexError> {
        let sql = "SELECT id, path, agent, archived, compressed, size, modified, inode, offset, turn, skipped, \
             error, attempts, is_missing FROM source";
        self.rows(sql, Vec::new(), source)
    }

    /// Which conversation a transcript tells and where that worked, as far as it was read.
    ///
    /// # Errors
    /// [`IndexError`].
    pub fn told_by(&self, source: SourceId) -> Result<Option<(String, String)>, IndexError> {
        let sql = "SELECT t.key, coalesce(p.cwd, '') FROM thread t LEFT JOIN place p ON p.id = t.place \
             WHERE t.source = ?";
        let rows = self.rows(sql, vec![source.0.into()], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.into_iter().next())
    }

    /// How far the pass is that ran last: of how many transcripts that it wanted to read, how many it did.
    ///
    /// # Errors
    /// [`IndexError`].
    pub fn progress(&self) -> Result<(u64, u64), IndexError> {
        let sql = "SELECT done, wanted FROM pass";
        let rows = self.rows(sql, Vec::new(), |row| Ok((unsigned(row, 0)?, unsigned(row, 1)?)))?;
        Ok(rows.first().copied().unwrap_or_default())
    }

    /// What the pass that ran last saw, if it left nothing to do.
    ///
    /// # Errors
    /// [`IndexError`].
    pub fn seen(&self) -> Result<Option<Seen>, IndexError> {
        let rows = self.rows("SELECT seen FROM pass", Vec::new(), |row| row.get(0))?;
        Ok(rows.into_iter().next().flatten().map(Seen))
    }

    pub(super) fn rows<T>(
        &self,
        sql: &str,
        values: Vec<Value>,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, IndexError> {
        self.try_with(|connection| {
            let mut statement = connection.prepare_cached(sql)?;
            let rows = statement.query_map(params_from_iter(values), read)?;
            rows.collect()
        })
    }
}

fn unsigned(row: &Row<'_>, at: usize) -> rusqlite::Result<u64> {
    row.get::<_, i64>(at).map(i64::cast_unsigned)
}

/// The first fourteen columns.
fn source(row: &Row<'_>) -> rusqlite::Result<Source> {
    Ok(Source {
        id: SourceId(row.get(0)?),
        found: Found {
            path: row.get::<_, String>(1)?.into(),
            agent: row.get(2)?,
            archived: row.get(3)?,
            compressed: row.get(4)?,
            size: unsigned(row, 5)?,
            modified: row.get(6)?,
            inode: unsigned(row, 7)?,
        },
        offset: unsigned(row, 8)?,
        turn: row.get(9)?,
        skipped: unsigned(row, 10)?,
        error: row.get(11)?,
        attempts: row.get(12)?,
        is_missing: row.get(13)?,
    })
}

pub(super) fn thread_row(row: &Row<'_>) -> rusqlite::Result<ThreadRow> {
    let created = row.get(32)?;
    Ok(ThreadRow {
        source: source(row)?,
        meta: Meta {
            key: row.get(14)?,
            session: row.get(15)?,
            parent: row.get(16)?,
            forked_from: row.get(17)?,
            base_end: row.get::<_, Option<i64>>(18)?.map(i64::cast_unsigned),
            nickname: row.get(19)?,
            role: row.get(20)?,
            agent_path: row.get(21)?,
            origin: row.get(22)?,
            provider: row.get(23)?,
            version: row.get(24)?,
            cwd: row.get::<_, Option<String>>(25)?.unwrap_or_default(),
            repository: row.get::<_, Option<String>>(26)?.unwrap_or_default(),
            branch: row.get(27)?,
            head: row.get(28)?,
            created: Some(created),
        },
        model: row.get(29)?,
        effort: row.get(30)?,
        title: row.get(31)?,
        created,
        updated: row.get(33)?,
        recent: row.get(34)?,
        turns: unsigned(row, 35)?,
        plans: unsigned(row, 36)?,
        tokens: tokens(row, 37)?,
        name: row.get(41)?,
        archived: row.get(42)?,
        is_forgotten: row.get(43)?,
        memory: row.get::<_, Option<String>>(44)?.as_deref().and_then(MemoryUse::of),
        preview: row.get(45)?,
    })
}

fn tokens(row: &Row<'_>, at: usize) -> rusqlite::Result<Tokens> {
    Ok(Tokens {
        input: unsigned(row, at)?,
        cached: unsigned(row, at + 1)?,
        output: unsigned(row, at + 2)?,
        reasoning: unsigned(row, at + 3)?,
    })
}

fn turn_row(row: &Row<'_>) -> rusqlite::Result<TurnRow> {
    Ok(TurnRow {
        number: unsigned(row, 1)?,
        key: row.get(2)?,
        began: row.get(3)?,
        ended: row.get(4)?,
        outcome: Outcome::of(row.get(5)?),
        model: row.get(6)?,
        effort: row.get(7)?,
        tokens: tokens(row, 8)?,
        items: Vec::new(),
        files: Vec::new(),
        commits: Vec::new(),
        tools: Vec::new(),
    })
}

/// A limit that SQLite takes: a larger number is none of its integers.
fn most(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}
