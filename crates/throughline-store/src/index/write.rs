//! Writing: one batch is one transaction.

use std::cell::RefCell;
use std::path::Path;

use rusqlite::{Connection, OptionalExtension as _, Result, Row, params};

use super::IndexError;
use super::rows::{
    Chunk, Found, ItemKind, ItemRow, Meta, Outcome, Seen, SourceId, Tokens, TurnDelta,
};

/// Several writes that hold together. Each fails with an [`IndexError`], and then the batch is lost.
#[derive(Debug)]
pub struct Batch<'a> {
    rows: Rows<'a>,
    path: &'a Path,
}

impl<'a> Batch<'a> {
    pub(super) fn new(connection: &'a Connection, path: &'a Path) -> Self {
        Self { rows: Rows { connection, words: RefCell::default() }, path }
    }

    fn try_with<T>(&self, run: impl FnOnce(&Rows<'a>) -> Result<T>) -> Written<T> {
        run(&self.rows).map_err(|source| IndexError::new(self.path, source))
    }

    /// Enters a transcript that is new, unread.
    pub fn enter(&mut self, found: &Found) -> Written<SourceId> {
        self.try_with(|rows| rows.enter(found))
    }

    /// Notes where a transcript lies now.
    pub fn moved(&mut self, id: SourceId, found: &Found) -> Written<()> {
        self.try_with(|rows| rows.moved(id, found))
    }

    /// Notes that a transcript is not there any more: it is in no list, and comes back as it was.
    pub fn missing(&mut self, id: SourceId) -> Written<()> {
        self.try_with(|rows| rows.missing(id))
    }

    /// Notes that a transcript can't be read; what is known of it stays.
    pub fn failed(&mut self, id: SourceId, found: &Found, error: &str) -> Written<()> {
        self.try_with(|rows| rows.failed(id, found, error))
    }

    /// Forgets what was read of a transcript, because another file stands in its place.
    pub fn clear(&mut self, id: SourceId) -> Written<()> {
        self.try_with(|rows| rows.clear(id))
    }

    /// Notes how far a pass is: how many of the transcripts that there are it has read.
    pub fn progress(&mut self, done: u64, wanted: u64) -> Written<()> {
        self.try_with(|rows| rows.progress(done, wanted))
    }

    /// Notes what a pass saw that left nothing to do. Every other batch forgets it.
    pub fn seen(&mut self, seen: Option<Seen>) -> Written<()> {
        self.try_with(|rows| rows.seen(seen))
    }

    /// Adds what was read of a transcript, and notes up to where.
    pub fn add(&mut self, id: SourceId, found: &Found, chunk: Chunk) -> Written<()> {
        self.try_with(|rows| rows.add(id, found, chunk))
    }

    pub(super) fn finish(self) -> Written<()> {
        self.try_with(Rows::put_words)
    }
}

/// What a write comes to.
type Written<T> = std::result::Result<T, IndexError>;

/// The statements.
#[derive(Debug)]
struct Rows<'a> {
    connection: &'a Connection,
    /// Words of items, by the item's row, and in which column: written in one go at the batch's end. A
    /// statement between them that may have to be taken back makes FTS5 write out what it gathered.
    words: RefCell<Vec<(i64, ItemKind, String)>>,
}

/// The turn to which a transcript's next items belong.
struct Standing {
    id: i64,
    number: i64,
    key: Option<String>,
    outcome: Outcome,
}

impl Standing {
    /// From the columns id, number, key, outcome.
    fn read(row: &Row<'_>) -> Result<Self> {
        let outcome = Outcome::of(row.get(3)?);
        Ok(Self { id: row.get(0)?, number: row.get(1)?, key: row.get(2)?, outcome })
    }
}

impl Rows<'_> {
    fn enter(&self, found: &Found) -> Result<SourceId> {
        self.connection
            .prepare_cached(
                "INSERT INTO source (path, agent, archived, compressed, size, modified, inode) \
                 VALUES (?, ?, ?, ?, 0, 0, ?)",
            )?
            .execute(params![
                text(&found.path),
                found.agent,
                found.archived,
                found.compressed,
                found.inode.cast_signed(),
            ])?;
        Ok(SourceId(self.connection.last_insert_rowid()))
    }

    fn moved(&self, id: SourceId, found: &Found) -> Result<()> {
        self.connection
            .prepare_cached(
                "UPDATE source SET path = ?, archived = ?, compressed = ?, is_missing = 0 WHERE id = ?",
            )?
            .execute(params![text(&found.path), found.archived, found.compressed, id.0])?;
        self.settle_twins_of(id)
    }

    fn missing(&self, id: SourceId) -> Result<()> {
        self.connection
            .prepare_cached("UPDATE source SET is_missing = 1 WHERE id = ?")?
            .execute([id.0])?;
        self.settle_twins_of(id)
    }

    fn failed(&self, id: SourceId, found: &Found, error: &str) -> Result<()> {
        self.connection
            .prepare_cached(
                "UPDATE source SET error = ?, attempts = attempts + 1, size = ?, modified = ?, inode = ? \
                 WHERE id = ?",
            )?
            .execute(params![
                error,
                found.size.cast_signed(),
                found.modified,
                found.inode.cast_signed(),
                id.0
            ])?;
        Ok(())
    }

    fn clear(&self, id: SourceId) -> Result<()> {
        // An item's row may be given again, and its words must go to nobody else's.
        self.put_words()?;
        let of_turns = "turn IN (SELECT id FROM turn WHERE source = ?)";
        self.connection.execute(
            &format!("DELETE FROM words WHERE rowid IN (SELECT id FROM item WHERE {of_turns})"),
            [id.0],
        )?;
        for table in ["item", "touched", "made", "used", "spawned"] {
            self.connection.execute(&format!("DELETE FROM {table} WHERE {of_turns}"), [id.0])?;
        }
        self.connection.execute("DELETE FROM turn WHERE source = ?", [id.0])?;
        self.connection.execute("DELETE FROM thread WHERE source = ?", [id.0])?;
        self.connection.execute(
            "UPDATE source SET offset = 0, turn = NULL, skipped = 0, size = 0 WHERE id = ?",
            [id.0],
        )?;
        Ok(())
    }

    fn progress(&self, done: u64, wanted: u64) -> Result<()> {
        self.connection
            .prepare_cached("UPDATE pass SET done = ?, wanted = ?")?
            .execute([done.cast_signed(), wanted.cast_signed()])?;
        Ok(())
    }

    fn seen(&self, seen: Option<Seen>) -> Result<()> {
        let mut update = self.connection.prepare_cached("UPDATE pass SET seen = ?")?;
        update.execute([seen.map(|seen| seen.0)])?;
        Ok(())
    }

    fn add(&self, id: SourceId, found: &Found, mut chunk: Chunk) -> Result<()> {
        if let Some(meta) = &chunk.meta {
            self.put_thread(id, found, meta)?;
        }
        let mut standing = self.standing(id)?;
        let (mut new_turns, mut plans) = (0_i64, 0_i64);
        for delta in &mut chunk.turns {
            let (turn, is_new) = self.turn(id, found, delta, standing.take())?;
            new_turns += i64::from(is_new);
            plans += self.put_items(turn.id, std::mem::take(&mut delta.items))?;
            self.put_facts(turn.id, delta)?;
            standing = Some(turn);
        }
        self.sum_up(id, &chunk, new_turns, plans)?;
        self.sum_up_fork(id)?;
        self.note_offset(id, found, &chunk)?;
        chunk.meta.as_ref().map_or(Ok(()), |meta| self.settle_twins(&meta.key))
    }

    fn put_thread(&self, id: SourceId, found: &Found, meta: &Meta) -> Result<()> {
        let place = self.place(meta)?;
        let began = meta.created.unwrap_or(found.modified / 1_000_000);
        self.connection
            .prepare_cached(
                "INSERT INTO thread (source, key, session, parent, forked_from, base_end, nickname, role, \
                 agent_path, origin, provider, version, place, branch, head, created, updated, recent) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?16, ?16) \
                 ON CONFLICT (source) DO UPDATE SET branch = coalesce(excluded.branch, branch), \
                 head = coalesce(excluded.head, head)",
            )?
            .execute(params![
                id.0,
                meta.key,
                meta.session,
                meta.parent,
                meta.forked_from,
                meta.base_end.map(u64::cast_signed),
                meta.nickname,
                meta.role,
                meta.agent_path,
                meta.origin,
                meta.provider,
                meta.version,
                place,
                meta.branch,
                meta.head,
                began,
            ])?;
        Ok(())
    }

    fn place(&self, meta: &Meta) -> Result<i64> {
        let known = self
            .connection
            .prepare_cached("SELECT id FROM place WHERE cwd = ? AND repository = ?")?
            .query_row([&meta.cwd, &meta.repository], |row| row.get(0))
            .optional()?;
        if let Some(id) = known {
            return Ok(id);
        }
        self.connection
            .prepare_cached("INSERT INTO place (cwd, repository) VALUES (?, ?)")?
            .execute([&meta.cwd, &meta.repository])?;
        Ok(self.connection.last_insert_rowid())
    }

    fn settle_twins_of(&self, id: SourceId) -> Result<()> {
        let key: Option<String> = self
            .connection
            .prepare_cached("SELECT key FROM thread WHERE source = ?")?
            .query_row([id.0], |row| row.get(0))
            .optional()?;
        key.map_or(Ok(()), |key| self.settle_twins(&key))
    }

    /// Of several transcripts of one conversation (a copied folder, a file in both places) one is in
    /// the lists: one that is there, not archived, and of those the one that goes on furthest.
    fn settle_twins(&self, key: &str) -> Result<()> {
        let many: bool = self
            .connection
            .prepare_cached("SELECT count(*) > 1 FROM thread WHERE key = ?")?
            .query_row([key], |row| row.get(0))?;
        if !many {
            return Ok(());
        }
        self.connection
            .prepare_cached(
                "UPDATE thread SET is_twin = source <> (SELECT t.source FROM thread t \
                 JOIN source s ON s.id = t.source WHERE t.key = ?1 \
                 ORDER BY s.is_missing, s.archived, s.offset DESC, s.id LIMIT 1) WHERE key = ?1",
            )?
            .execute([key])?;
        Ok(())
    }

    fn standing(&self, id: SourceId) -> Result<Option<Standing>> {
        self.connection
            .prepare_cached(
                "SELECT id, number, key, outcome FROM turn WHERE source = ? ORDER BY number DESC LIMIT 1",
            )?
            .query_row([id.0], Standing::read)
            .optional()
    }

    /// The turn of a delta, and whether it is a new one.
    fn turn(
        &self,
        id: SourceId,
        found: &Found,
        delta: &TurnDelta,
        standing: Option<Standing>,
    ) -> Result<(Standing, bool)> {
        let last = standing.as_ref().map_or(0, |standing| standing.number);
        let goes_on = |standing: &Standing| match &delta.key {
            Some(key) => standing.key.as_ref() == Some(key),
            None => !delta.begins && (standing.outcome == Outcome::Open || delta.began.is_none()),
        };
        let known = match standing.filter(goes_on) {
            Some(standing) => Some(standing),
            None => self.turn_named(id, delta.key.as_deref())?,
        };
        match known {
            Some(turn) => Ok((self.go_on(turn, delta)?, false)),
            None => Ok((self.new_turn(id, found, delta, last + 1)?, true)),
        }
    }

    fn turn_named(&self, id: SourceId, key: Option<&str>) -> Result<Option<Standing>> {
        let Some(key) = key else { return Ok(None) };
        self.connection
            .prepare_cached(
                "SELECT id, number, key, outcome FROM turn WHERE source = ? AND key = ?",
            )?
            .query_row(params![id.0, key], Standing::read)
            .optional()
    }

    fn go_on(&self, turn: Standing, delta: &TurnDelta) -> Result<Standing> {
        let outcome = if delta.outcome == Outcome::Open { turn.outcome } else { delta.outcome };
        let (tokens, more) = (delta.tokens.map(numbers), numbers(delta.more));
        self.connection
            .prepare_cached(
                "UPDATE turn SET outcome = ?2, ended = CASE WHEN ?2 = 0 THEN ended ELSE coalesce(?3, ended) END, \
                 model = coalesce(?4, model), effort = coalesce(?5, effort), \
                 input = coalesce(?6, input) + ?10, cached = coalesce(?7, cached) + ?11, \
                 output = coalesce(?8, output) + ?12, reasoning = coalesce(?9, reasoning) + ?13 WHERE id = ?1",
            )?
            .execute(params![
                turn.id,
                outcome.number(),
                delta.seen,
                delta.model,
                delta.effort,
                tokens.map(|t| t[0]),
                tokens.map(|t| t[1]),
                tokens.map(|t| t[2]),
                tokens.map(|t| t[3]),
                more[0],
                more[1],
                more[2],
                more[3],
            ])?;
        Ok(Standing { outcome, ..turn })
    }

    fn new_turn(
        &self,
        id: SourceId,
        found: &Found,
        delta: &TurnDelta,
        number: i64,
    ) -> Result<Standing> {
        let mut tokens = delta.tokens.unwrap_or_default();
        tokens += delta.more;
        let tokens = numbers(tokens);
        let ended = delta.seen.filter(|_| delta.outcome != Outcome::Open);
        self.connection
            .prepare_cached(
                "INSERT INTO turn (source, number, key, began, ended, outcome, model, effort, input, \
                 cached, output, reasoning) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            )?
            .execute(params![
                id.0,
                number,
                delta.key,
                delta.began.unwrap_or(found.modified / 1_000_000),
                ended,
                delta.outcome.number(),
                delta.model,
                delta.effort,
                tokens[0],
                tokens[1],
                tokens[2],
                tokens[3],
            ])?;
        let (key, outcome) = (delta.key.clone(), delta.outcome);
        Ok(Standing { id: self.connection.last_insert_rowid(), number, key, outcome })
    }

    /// Returns how many plans there were.
    fn put_items(&self, turn: i64, items: Vec<ItemRow>) -> Result<i64> {
        let mut put = self
            .connection
            .prepare_cached("INSERT INTO item (turn, kind, offset, length) VALUES (?, ?, ?, ?)")?;
        let mut plans = 0;
        for item in items {
            let (offset, length) = (item.offset.cast_signed(), item.length.cast_signed());
            put.execute(params![turn, item.kind.number(), offset, length])?;
            plans += i64::from(item.kind == ItemKind::Plan);
            if !item.words.is_empty() {
                let row = self.connection.last_insert_rowid();
                self.words.borrow_mut().push((row, item.kind, item.words));
            }
        }
        Ok(plans)
    }

    fn put_words(&self) -> Result<()> {
        let mut put = self
            .connection
            .prepare_cached("INSERT INTO words (rowid, said, command, path) VALUES (?, ?, ?, ?)")?;
        for (row, kind, words) in self.words.take() {
            let [said, command, path] = columns(kind, &words);
            put.execute(params![row, said, command, path])?;
        }
        Ok(())
    }

    fn put_facts(&self, turn: i64, delta: &TurnDelta) -> Result<()> {
        for path in &delta.files {
            self.connection
                .prepare_cached("INSERT INTO file (path) VALUES (?) ON CONFLICT DO NOTHING")?
                .execute([path])?;
            self.connection
                .prepare_cached(
                    "INSERT OR IGNORE INTO touched (file, turn) SELECT id, ? FROM file WHERE path = ?",
                )?
                .execute(params![turn, path])?;
        }
        self.put_names(
            "INSERT OR IGNORE INTO made (hash, turn) VALUES (?, ?)",
            &delta.commits,
            turn,
        )?;
        self.put_names(
            "INSERT OR IGNORE INTO used (tool, turn) VALUES (?, ?)",
            &delta.tools,
            turn,
        )?;
        let spawned = "INSERT OR IGNORE INTO spawned (child, turn) VALUES (?, ?)";
        self.put_names(spawned, &delta.spawned, turn)
    }

    fn put_names(&self, insert: &str, names: &[String], turn: i64) -> Result<()> {
        for name in names {
            self.connection.prepare_cached(insert)?.execute(params![name, turn])?;
        }
        Ok(())
    }

    fn sum_up(&self, id: SourceId, chunk: &Chunk, turns: i64, plans: i64) -> Result<()> {
        let seen = chunk.turns.iter().filter_map(|turn| turn.seen).max();
        let recent = chunk.turns.iter().filter_map(|turn| turn.prompted).max();
        let last = chunk.turns.iter().rev();
        let (tokens, more) = (chunk.tokens.map(numbers), numbers(chunk.more));
        self.connection
            .prepare_cached(
                "UPDATE thread SET turns = turns + ?2, plans = plans + ?3, \
                 updated = max(updated, coalesce(?4, updated)), recent = max(recent, coalesce(?5, recent)), \
                 title = CASE WHEN title = '' THEN coalesce(?6, '') ELSE title END, \
                 model = coalesce(?7, model), effort = coalesce(?8, effort), \
                 input = coalesce(?9, input) + ?13, cached = coalesce(?10, cached) + ?14, \
                 output = coalesce(?11, output) + ?15, reasoning = coalesce(?12, reasoning) + ?16 WHERE source = ?1",
            )?
            .execute(params![
                id.0,
                turns,
                plans,
                seen,
                recent,
                chunk.title,
                last.clone().find_map(|turn| turn.model.as_ref()),
                last.clone().find_map(|turn| turn.effort.as_ref()),
                tokens.map(|t| t[0]),
                tokens.map(|t| t[1]),
                tokens.map(|t| t[2]),
                tokens.map(|t| t[3]),
                more[0],
                more[1],
                more[2],
                more[3],
            ])?;
        Ok(())
    }

    /// A fork counts on from the sum that it shares; what it took itself is what its turns took.
    fn sum_up_fork(&self, id: SourceId) -> Result<()> {
        self.connection
            .prepare_cached(
                "UPDATE thread SET (input, cached, output, reasoning) = (SELECT coalesce(sum(input), 0), \
                 coalesce(sum(cached), 0), coalesce(sum(output), 0), coalesce(sum(reasoning), 0) \
                 FROM turn WHERE source = ?1) WHERE source = ?1 AND base_end IS NOT NULL",
            )?
            .execute([id.0])?;
        Ok(())
    }

    fn note_offset(&self, id: SourceId, found: &Found, chunk: &Chunk) -> Result<()> {
        let size = if chunk.is_last { found.size } else { 0 };
        self.connection
            .prepare_cached(
                "UPDATE source SET offset = ?2, turn = ?3, skipped = skipped + ?4, error = ?5, \
                 attempts = CASE WHEN ?5 IS NULL THEN 0 ELSE attempts + 1 END, size = ?6, modified = ?7, \
                 inode = ?8, compressed = ?9, archived = ?10, is_missing = 0 WHERE id = ?1",
            )?
            .execute(params![
                id.0,
                chunk.offset.cast_signed(),
                chunk.turn,
                chunk.skipped.cast_signed(),
                chunk.error,
                size.cast_signed(),
                found.modified,
                found.inode.cast_signed(),
                found.compressed,
                found.archived,
            ])?;
        Ok(())
    }
}

fn columns(kind: ItemKind, words: &str) -> [&str; 3] {
    match kind {
        ItemKind::Prompt | ItemKind::Answer | ItemKind::Plan | ItemKind::Compaction => {
            [words, "", ""]
        }
        ItemKind::Command => ["", words, ""],
        ItemKind::Files => ["", "", words],
    }
}

fn numbers(tokens: Tokens) -> [i64; 4] {
    [tokens.input, tokens.cached, tokens.output, tokens.reasoning].map(u64::cast_signed)
}

/// A path that is no text is found by the text that it is shown as.
fn text(path: &Path) -> std::borrow::Cow<'_, str> {
    path.to_string_lossy()
}
