//! What a file goes through: made, migrated, newer, altered, not ours.

use rusqlite::params;
use throughline_store::view::hash;

use super::*;
use crate::DATABASES;

const FIRST: Migration = Migration {
    name: "first",
    sql: "CREATE TABLE one (name TEXT NOT NULL) STRICT;",
    hash: "first's",
};
const SECOND: Migration = Migration {
    name: "second",
    sql: "ALTER TABLE one ADD COLUMN age INTEGER; INSERT INTO one VALUES ('made by second', 2);",
    hash: "second's",
};
const BAD: Migration = Migration {
    name: "bad",
    sql: "CREATE TABLE two (n); INSERT INTO nothing VALUES (1);",
    hash: "",
};
const OTHER: Migration = Migration { name: "first", sql: FIRST.sql, hash: "another's" };

const ONE: Database = Database {
    name: "test",
    file: "test_1.sqlite",
    application_id: 7,
    migrations: &[FIRST],
    insoundness: &[Insoundness {
        what: "without a name",
        count: "SELECT count(*) FROM one WHERE name = ''",
    }],
    backup_every: SignedDuration::from_hours(24),
    backups_kept: 2,
};
const TWO: Database = Database { migrations: &[FIRST, SECOND], ..ONE };

fn open(database: &Database, path: &Path) -> Connection {
    database.open(path).expect("open").0
}

fn folder() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(ONE.file);
    (folder, path)
}

fn names(connection: &Connection) -> Vec<String> {
    let mut statement = connection.prepare("SELECT name FROM one").expect("a table");
    statement
        .query_map([], |row| row.get(0))
        .expect("rows")
        .map(|row| row.expect("a row"))
        .collect()
}

#[test]
fn the_text_of_a_migration_that_landed_does_not_change() {
    for database in DATABASES {
        for migration in database.migrations {
            assert_eq!(
                hash(migration.sql.as_bytes()),
                migration.hash,
                "{}: {} landed as it is; add another one behind it",
                database.name,
                migration.name
            );
        }
    }
}

#[test]
fn a_row_of_the_table_is_only_itself() {
    for (at, database) in DATABASES.iter().enumerate() {
        let others = DATABASES.iter().skip(at + 1);
        let same = |other: &&&Database| {
            other.name == database.name
                || other.file == database.file
                || other.application_id == database.application_id
        };
        assert_eq!(others.filter(same).count(), 0, "{}", database.name);
        assert!(database.backups_kept > 0 && database.backup_every.is_positive());
        let file = database.file.strip_prefix(database.name).expect("the name comes first");
        assert_eq!(file, "_1.sqlite");
    }
}

#[test]
fn a_file_goes_forward_in_order_and_keeps_what_it_had() {
    let (_folder, path) = folder();
    open(&ONE, &path).execute("INSERT INTO one VALUES ('kept')", []).expect("written");
    let connection = open(&TWO, &path);
    assert_eq!(names(&connection), ["kept", "made by second"]);
    assert_eq!(ledger(&connection).expect("a ledger"), ["first's", "second's"]);
    drop(connection);
    assert_eq!(names(&open(&TWO, &path)).len(), 2, "nothing is applied twice");
}

#[test]
fn a_migration_that_fails_leaves_the_file_before_it() {
    const BROKEN: Database = Database { migrations: &[FIRST, BAD], ..ONE };
    let (_folder, path) = folder();
    open(&ONE, &path).execute("INSERT INTO one VALUES ('kept')", []).expect("written");
    assert!(BROKEN.open(&path).is_err());
    assert_eq!(names(&open(&ONE, &path)), ["kept"]);
}

#[test]
fn an_older_program_reads_a_newer_file_and_leaves_its_bytes_alone() {
    let (_folder, path) = folder();
    let newer = open(&TWO, &path);
    newer.execute("INSERT INTO one VALUES ('kept', 1)", []).expect("written");
    drop(newer);
    let before = std::fs::read(&path).expect("bytes");
    let error = ONE.open(&path).expect_err("newer");
    assert!(matches!(error, RuntimeError::Newer { found: 2, known: 1, .. }), "{error}");
    assert!(!error.is_corruption());
    for waiting in [Waiting::Command, Waiting::Hook] {
        let read = ONE.read(&path, waiting).expect("read").expect("there");
        assert!(names(&read).contains(&"kept".to_owned()));
        assert!(read.execute("DELETE FROM one", []).is_err());
    }
    assert_eq!(ONE.verify_at(&path).expect("sound").expect("there").version, 2);
    assert_eq!(std::fs::read(&path).expect("bytes"), before);
}

#[test]
fn a_hook_does_not_migrate_and_a_command_does() {
    let (_folder, path) = folder();
    open(&ONE, &path);
    assert!(TWO.read(&path, Waiting::Hook).expect("no error").is_none());
    assert!(TWO.read(&path, Waiting::Command).expect("no error").is_some());
    assert!(TWO.read(&path, Waiting::Hook).expect("no error").is_some());
}

#[test]
fn a_file_with_another_first_migration_is_not_written() {
    const ALTERED: Database = Database { migrations: &[OTHER], ..ONE };
    let (_folder, path) = folder();
    open(&ALTERED, &path);
    let error = ONE.open(&path).expect_err("altered");
    assert!(matches!(error, RuntimeError::Altered { migration: "first", .. }), "{error}");
    assert!(!error.is_corruption());
}

#[test]
fn a_file_from_before_there_was_a_ledger_gets_one() {
    let (_folder, path) = folder();
    let old = Connection::open(&path).expect("made");
    old.execute_batch(FIRST.sql).expect("tables");
    old.execute_batch("PRAGMA application_id = 7; PRAGMA user_version = 1;").expect("marked");
    drop(old);
    assert_eq!(ledger(&open(&TWO, &path)).expect("a ledger").len(), 2);
}

#[test]
fn what_is_not_ours_is_damage_and_what_contradicts_itself_too() {
    let (_folder, path) = folder();
    let other = Connection::open(&path).expect("made");
    other.execute_batch("CREATE TABLE theirs (n); PRAGMA user_version = 1;").expect("tables");
    drop(other);
    assert!(ONE.open(&path).expect_err("not ours").is_corruption());
    std::fs::remove_file(&path).expect("gone");
    let ours = open(&ONE, &path);
    ours.execute("INSERT INTO one VALUES ('')", []).expect("written");
    drop(ours);
    let error = ONE.verify_at(&path).expect_err("insound");
    assert!(error.is_corruption() && error.to_string().contains("1 without a name"), "{error}");
}

#[test]
fn many_that_open_a_file_at_once_migrate_it_once() {
    for _ in 0..10 {
        let (_folder, path) = folder();
        open(&ONE, &path);
        std::thread::scope(|scope| {
            let opened: Vec<_> = (0..8).map(|_| scope.spawn(|| TWO.open(&path))).collect();
            for open in opened {
                assert_eq!(names(&open.join().expect("no panic").expect("open").0).len(), 1);
            }
        });
    }
}

#[test]
fn refusals_have_their_classes() {
    let (_folder, path) = folder();
    let connection = open(&ONE, &path);
    let class = |source| RuntimeError::new(&path, source).class();
    let pages = pragma(&connection, "page_count").expect("a number");
    connection.execute_batch(&format!("PRAGMA max_page_count = {pages};")).expect("a bound");
    let much = "x".repeat(1 << 20);
    let full = connection.execute("INSERT INTO one VALUES (?1)", params![much]);
    assert_eq!(class(full.expect_err("full")), "full");
    let reads = ONE.read(&path, Waiting::Hook).expect("read").expect("there");
    let readonly = reads.execute("DELETE FROM one", []);
    assert_eq!(class(readonly.expect_err("read only")), "readonly");
    let held = immediate(&connection).expect("held");
    let other = connect(&path, OpenFlags::SQLITE_OPEN_READ_WRITE, Duration::ZERO).expect("open");
    assert_eq!(class(immediate(&other).map(drop).expect_err("held")), "busy");
    drop(held);
    std::fs::remove_file(&path).expect("gone");
    std::fs::create_dir(&path).expect("a folder");
    assert_eq!(ONE.open(&path).expect_err("a folder").class(), "cantopen");
}
