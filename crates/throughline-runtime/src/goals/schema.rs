//! The tables, by migration. Times are milliseconds since 1970 (UTC).

use crate::database::{Database, Insoundness, Migration};

/// The goals among our databases.
pub const DATABASE: Database = Database {
    name: "goals",
    file: "goals_1.sqlite",
    // "thrg" in ASCII.
    application_id: 0x7468_7267,
    migrations: &[Migration {
        name: "tables",
        sql: TABLES,
        hash: "0fda44780661f2d7860f92750e5bf495",
    }],
    insoundness: &[Insoundness {
        what: "costs of no goal",
        count: "SELECT count(*) FROM spent WHERE goal NOT IN (SELECT id FROM goal)",
    }],
    backup_every: jiff::SignedDuration::from_hours(24),
    backups_kept: 5,
};

const TABLES: &str = "
CREATE TABLE goal (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    project TEXT NOT NULL,
    session TEXT,
    milestone TEXT,
    objective TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN
        ('active', 'paused', 'blocked', 'usage_limited', 'budget_limited', 'complete')),
    reason TEXT,
    token_budget INTEGER,
    second_budget INTEGER,
    tokens INTEGER NOT NULL,
    seconds INTEGER NOT NULL,
    continued INTEGER NOT NULL,
    created INTEGER NOT NULL,
    since INTEGER NOT NULL,
    until INTEGER,
    updated INTEGER NOT NULL,
    is_current INTEGER NOT NULL,
    CHECK (status <> 'active' OR is_current = 0 OR
        (tokens < ifnull(token_budget, tokens + 1) AND seconds < ifnull(second_budget, seconds + 1)))
) STRICT;
CREATE UNIQUE INDEX goal_of_owner ON goal (project, ifnull(session, '')) WHERE is_current = 1;
CREATE TABLE event (
    number INTEGER PRIMARY KEY,
    goal TEXT NOT NULL,
    at INTEGER NOT NULL,
    what TEXT NOT NULL,
    status TEXT NOT NULL,
    who TEXT NOT NULL
) STRICT;
CREATE INDEX event_of_goal ON event (goal);
CREATE TABLE spent (
    goal TEXT NOT NULL,
    session TEXT NOT NULL,
    turn TEXT NOT NULL,
    tokens INTEGER NOT NULL,
    seconds INTEGER NOT NULL,
    PRIMARY KEY (goal, session, turn)
) STRICT, WITHOUT ROWID;
CREATE TABLE run (
    session TEXT PRIMARY KEY,
    turn TEXT NOT NULL,
    count INTEGER NOT NULL,
    began INTEGER NOT NULL,
    said TEXT NOT NULL,
    tokens INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
";
