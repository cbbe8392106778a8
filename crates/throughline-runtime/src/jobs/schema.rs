//! The tables of format 1.
//!
//! Times are milliseconds since 1970 (UTC). `plan` is the job's order as JSON, `cells` a JSON list, `result`
//! the JSON that a worker reported, `runner` and `process` who works, as the journal writes a process.

use std::time::Duration;

use throughline_store::database::Spec;

/// The agent jobs among our databases.
pub(super) const SPEC: Spec = Spec {
    file: "jobs_1.sqlite",
    damaged: "jobs_1.damaged.sqlite",
    // "thrj" in ASCII.
    application_id: 0x7468_726a,
    format: 1,
    patience: Duration::from_secs(10),
    when_made: "",
    when_writing: "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;",
    always: "PRAGMA temp_store = MEMORY;",
    tables: TABLES,
};

const TABLES: &str = "
CREATE TABLE job (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    status TEXT NOT NULL,
    plan TEXT NOT NULL,
    made INTEGER NOT NULL,
    ended INTEGER,
    runner TEXT,
    error TEXT
) STRICT;
CREATE TABLE item (
    job TEXT NOT NULL REFERENCES job (id),
    row INTEGER NOT NULL,
    name TEXT NOT NULL,
    cells TEXT NOT NULL,
    status TEXT NOT NULL,
    worker TEXT,
    process TEXT,
    began INTEGER,
    attempts INTEGER NOT NULL,
    lease_until INTEGER,
    retry_at INTEGER,
    error TEXT,
    result TEXT,
    session TEXT,
    ended INTEGER,
    PRIMARY KEY (job, row),
    UNIQUE (job, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX item_by_status ON item (job, status);
";
