//! The tables, by migration.
//!
//! Times are milliseconds since 1970 (UTC). `words` is FTS5 without content: the row ids above zero are
//! those of `memory`, those below zero are those of `output`, negated. What stands in it are
//! words as [`throughline_model::recall`] makes them. Its parts are merged early: a question looks each of
//! hundreds of words up in every part, and memories are written rarely. `rank` orders what an agent is told unasked:
//! pinned ones first, then the user's own word. `memory_by_place` has all that decides who sees a memory.
//! Three tables are derived from the others: see [`super::postings`].
//! `numbers` of a `vector` are one step as a 32-bit float, little-endian, and a signed byte for each number: how many
//! steps it is.

use crate::database::{Database, Insoundness, Migration};

/// The memories among our databases.
pub const DATABASE: Database = Database {
    name: "memories",
    file: "memories_1.sqlite",
    // "thrm" in ASCII.
    application_id: 0x7468_726d,
    migrations: &[
        Migration { name: "tables", sql: TABLES, hash: "887eb6f45187aba67dde28b03501e3b2" },
        Migration { name: "postings", sql: POSTINGS, hash: "b8ec1df17fc1a06ad06a88d3ed751faf" },
    ],
    insoundness: &[Insoundness {
        what: "vectors of no memory",
        count: "SELECT count(*) FROM vector WHERE memory NOT IN (SELECT number FROM memory)",
    }],
    backup_every: jiff::SignedDuration::from_hours(24),
    backups_kept: 5,
};

const TABLES: &str = "
CREATE TABLE memory (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    scope TEXT NOT NULL,
    project TEXT,
    line TEXT,
    key TEXT,
    kind TEXT NOT NULL,
    status TEXT NOT NULL,
    rank INTEGER NOT NULL,
    since INTEGER NOT NULL,
    body TEXT NOT NULL
) STRICT;
CREATE INDEX memory_by_place ON memory (project, line, scope);
CREATE INDEX memory_foremost ON memory (rank, since) WHERE status = 'current';
CREATE TABLE output (
    number INTEGER PRIMARY KEY,
    session TEXT NOT NULL UNIQUE,
    agent TEXT NOT NULL,
    project TEXT NOT NULL,
    line TEXT NOT NULL,
    began INTEGER NOT NULL,
    watermark INTEGER NOT NULL,
    raw_memory TEXT NOT NULL,
    summary TEXT NOT NULL,
    slug TEXT NOT NULL,
    findings TEXT NOT NULL,
    engine TEXT NOT NULL,
    generated INTEGER NOT NULL
) STRICT;
CREATE INDEX output_by_project ON output (project);
CREATE TABLE job (
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    status TEXT NOT NULL,
    token TEXT NOT NULL,
    holder TEXT,
    started INTEGER NOT NULL,
    lease_until INTEGER NOT NULL,
    input INTEGER NOT NULL,
    done INTEGER,
    retries_left INTEGER NOT NULL,
    retry_at INTEGER,
    error TEXT,
    PRIMARY KEY (kind, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX job_running ON job (kind) WHERE status = 'running';
CREATE TABLE mode (
    session TEXT PRIMARY KEY,
    mode TEXT NOT NULL,
    why TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE served (
    session TEXT NOT NULL,
    turn TEXT NOT NULL,
    memory TEXT NOT NULL,
    place INTEGER NOT NULL,
    line TEXT NOT NULL,
    why TEXT NOT NULL,
    at INTEGER NOT NULL,
    used TEXT,
    PRIMARY KEY (session, turn, memory)
) STRICT, WITHOUT ROWID;
CREATE INDEX served_by_memory ON served (memory);
CREATE TABLE spent (
    day TEXT NOT NULL,
    engine TEXT NOT NULL,
    requests INTEGER NOT NULL,
    input INTEGER NOT NULL,
    cached INTEGER NOT NULL,
    output INTEGER NOT NULL,
    PRIMARY KEY (day, engine)
) STRICT, WITHOUT ROWID;
CREATE TABLE sheet (
    root TEXT PRIMARY KEY,
    text TEXT NOT NULL,
    consolidated INTEGER
) STRICT, WITHOUT ROWID;
CREATE TABLE dropped (
    number INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    root TEXT NOT NULL,
    body TEXT NOT NULL
) STRICT;
CREATE TABLE vector (
    memory INTEGER PRIMARY KEY REFERENCES memory (number) ON DELETE CASCADE,
    model TEXT NOT NULL,
    words TEXT NOT NULL,
    numbers BLOB NOT NULL
) STRICT;
CREATE VIRTUAL TABLE words USING fts5 (
    title, text, files,
    content = '', contentless_delete = 1,
    tokenize = \"unicode61 remove_diacritics 2 tokenchars '_'\"
);
INSERT INTO words (words, rank) VALUES ('crisismerge', 4);
CREATE VIRTUAL TABLE vocabulary USING fts5vocab (words, row);
";

const POSTINGS: &str = "
CREATE TABLE posting (
    word TEXT PRIMARY KEY,
    among INTEGER NOT NULL,
    documents BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE posted (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    words INTEGER NOT NULL,
    places TEXT NOT NULL,
    documents BLOB NOT NULL
) STRICT;
CREATE TABLE unposted (number INTEGER PRIMARY KEY) STRICT;
CREATE VIRTUAL TABLE occurrence USING fts5vocab (words, instance);
";
