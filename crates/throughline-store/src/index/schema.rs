//! The tables of format 1.
//!
//! Times are milliseconds since 1970 (UTC), offsets and lengths are bytes of the transcript's text.
//! `words` is FTS5 without content: its row ids are those of `item`, and a snippet is read from the
//! transcript. Its pieces are merged when there are many of them and not with every write, and it gathers
//! 8 MiB of words before it writes any: measured, a third less time for the first pass. It has a column for each kind of text, so that a filter like `cmd:` is SQLite's own.

use std::time::Duration;

use crate::database::Spec;

/// The index among our databases. SQLite's own locks are held for the end of a commit only.
pub(super) const SPEC: Spec = Spec {
    file: "index_1.sqlite",
    damaged: "index_1.damaged.sqlite",
    // "thru" in ASCII.
    application_id: 0x7468_7275,
    format: 1,
    patience: Duration::from_millis(250),
    when_made: "",
    when_writing: "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 4000;",
    always: "PRAGMA temp_store = MEMORY; PRAGMA cache_size = -8000;",
    tables: TABLES,
};

const TABLES: &str = "
CREATE TABLE place (
    id INTEGER PRIMARY KEY,
    cwd TEXT NOT NULL,
    repository TEXT NOT NULL,
    UNIQUE (cwd, repository)
) STRICT;
CREATE TABLE source (
    id INTEGER PRIMARY KEY,
    path TEXT NOT NULL UNIQUE,
    agent TEXT NOT NULL,
    archived INTEGER NOT NULL,
    compressed INTEGER NOT NULL,
    size INTEGER NOT NULL,
    modified INTEGER NOT NULL,
    inode INTEGER NOT NULL,
    offset INTEGER NOT NULL DEFAULT 0,
    turn TEXT,
    skipped INTEGER NOT NULL DEFAULT 0,
    error TEXT,
    attempts INTEGER NOT NULL DEFAULT 0,
    is_missing INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE thread (
    source INTEGER PRIMARY KEY REFERENCES source (id),
    key TEXT NOT NULL,
    session TEXT NOT NULL,
    parent TEXT,
    forked_from TEXT,
    base_end INTEGER,
    nickname TEXT,
    role TEXT,
    agent_path TEXT,
    origin TEXT,
    provider TEXT,
    version TEXT,
    place INTEGER REFERENCES place (id),
    branch TEXT,
    head TEXT,
    model TEXT,
    effort TEXT,
    title TEXT NOT NULL DEFAULT '',
    created INTEGER NOT NULL,
    updated INTEGER NOT NULL,
    recent INTEGER NOT NULL,
    turns INTEGER NOT NULL DEFAULT 0,
    plans INTEGER NOT NULL DEFAULT 0,
    input INTEGER NOT NULL DEFAULT 0,
    cached INTEGER NOT NULL DEFAULT 0,
    output INTEGER NOT NULL DEFAULT 0,
    reasoning INTEGER NOT NULL DEFAULT 0,
    is_twin INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX thread_by_key ON thread (key);
CREATE INDEX thread_by_parent ON thread (parent) WHERE parent IS NOT NULL;
CREATE INDEX thread_by_created ON thread (created, key);
CREATE INDEX thread_by_updated ON thread (updated, key);
CREATE INDEX thread_by_recent ON thread (recent, key);
CREATE TABLE turn (
    id INTEGER PRIMARY KEY,
    source INTEGER NOT NULL REFERENCES source (id),
    number INTEGER NOT NULL,
    key TEXT,
    began INTEGER NOT NULL,
    ended INTEGER,
    outcome INTEGER NOT NULL,
    model TEXT,
    effort TEXT,
    input INTEGER NOT NULL DEFAULT 0,
    cached INTEGER NOT NULL DEFAULT 0,
    output INTEGER NOT NULL DEFAULT 0,
    reasoning INTEGER NOT NULL DEFAULT 0,
    UNIQUE (source, number)
) STRICT;
CREATE TABLE item (
    id INTEGER PRIMARY KEY,
    turn INTEGER NOT NULL REFERENCES turn (id),
    kind INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    length INTEGER NOT NULL
) STRICT;
CREATE INDEX item_by_turn ON item (turn);
CREATE TABLE file (id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE touched (
    file INTEGER NOT NULL REFERENCES file (id),
    turn INTEGER NOT NULL REFERENCES turn (id),
    PRIMARY KEY (file, turn)
) STRICT, WITHOUT ROWID;
CREATE TABLE made (
    hash TEXT NOT NULL,
    turn INTEGER NOT NULL REFERENCES turn (id),
    PRIMARY KEY (hash, turn)
) STRICT, WITHOUT ROWID;
CREATE TABLE used (
    tool TEXT NOT NULL,
    turn INTEGER NOT NULL REFERENCES turn (id),
    PRIMARY KEY (tool, turn)
) STRICT, WITHOUT ROWID;
CREATE TABLE spawned (
    child TEXT NOT NULL,
    turn INTEGER NOT NULL REFERENCES turn (id),
    PRIMARY KEY (child, turn)
) STRICT, WITHOUT ROWID;
CREATE TABLE pass (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    wanted INTEGER NOT NULL,
    done INTEGER NOT NULL,
    seen BLOB
) STRICT;
INSERT INTO pass VALUES (1, 0, 0, NULL);
CREATE VIRTUAL TABLE words USING fts5 (
    said, command, path,
    content = '', contentless_delete = 1,
    tokenize = \"unicode61 remove_diacritics 2 tokenchars '_'\"
);
INSERT INTO words (words, rank) VALUES ('automerge', 0), ('crisismerge', 24), ('hashsize', 8388608);
";
