//! The tables, by migration.
//!
//! Times are milliseconds since 1970 (UTC). `plan` is the job's order as JSON, `cells` a JSON list, `result`
//! the JSON that a worker reported, `runner` and `process` who works, as the journal writes a process.

use crate::database::{Database, Insoundness, Migration};

/// The agent jobs among our databases.
pub const DATABASE: Database = Database {
    name: "jobs",
    file: "jobs_1.sqlite",
    // "thrj" in ASCII.
    application_id: 0x7468_726a,
    migrations: &[Migration {
        name: "tables",
        sql: TABLES,
        hash: "ea6a37e5e528f9f022d0253b5f8b6713",
    }],
    insoundness: &[Insoundness {
        what: "items of no job",
        count: "SELECT count(*) FROM item WHERE job NOT IN (SELECT id FROM job)",
    }],
    backup_every: jiff::SignedDuration::from_hours(24),
    backups_kept: 5,
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
