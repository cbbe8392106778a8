//! Backups stay few, and a damaged file is kept and replaced.

use std::os::unix::fs::PermissionsExt as _;

use rusqlite::Connection;

use super::*;
use crate::database::Migration;

const TEST: Database = Database {
    name: "test",
    file: "test_1.sqlite",
    application_id: 7,
    migrations: &[Migration {
        name: "tables",
        sql: "CREATE TABLE one (name TEXT NOT NULL) STRICT;",
        hash: "",
    }],
    insoundness: &[],
    backup_every: jiff::SignedDuration::from_hours(24),
    backups_kept: 2,
};

fn day(day: i64) -> Timestamp {
    Timestamp::from_second(1_795_000_000 + day * 86_400).expect("a time")
}

fn home() -> (tempfile::TempDir, Home) {
    let folder = tempfile::tempdir().expect("a folder");
    let home = Home::new(folder.path().join("home"));
    home.prepare().expect("a home");
    (folder, home)
}

fn open(home: &Home) -> Connection {
    TEST.open(&TEST.path(home)).expect("open").0
}

fn put(home: &Home, name: &str) {
    open(home).execute("INSERT INTO one VALUES (?1)", [name]).expect("written");
}

fn names(connection: &Connection) -> Vec<String> {
    let mut statement = connection.prepare("SELECT name FROM one").expect("a table");
    statement
        .query_map([], |row| row.get(0))
        .expect("rows")
        .map(|row| row.expect("a row"))
        .collect()
}

fn spoil(home: &Home) -> Vec<u8> {
    let bytes = b"no database, and long enough to be looked at".repeat(64);
    fs::write(TEST.path(home), &bytes).expect("written");
    bytes
}

#[test]
fn one_a_day_and_few() {
    let (_folder, home) = home();
    assert_eq!(back_up(&home, &TEST, day(0)).expect("nothing there"), None);
    put(&home, "a");
    let first = back_up(&home, &TEST, day(0)).expect("made").expect("due");
    let mode = fs::metadata(&first.path).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(back_up(&home, &TEST, day(0)).expect("fine"), None, "not due");
    for later in 1..4 {
        assert!(back_up(&home, &TEST, day(later)).expect("made").is_some());
    }
    let times: Vec<Timestamp> = backups(&home, &TEST).iter().map(|one| one.at).collect();
    assert_eq!(times, [day(2), day(3)]);
    // A clock that was ahead: what is made now is not what goes.
    assert!(back_up(&home, &TEST, day(1)).expect("made").is_some());
    assert_eq!(backups(&home, &TEST)[0].at, day(1));
    let left = fs::read_dir(folder(&home, &TEST)).expect("a folder").count();
    assert_eq!(left, 2, "no temporary file stays");
}

#[test]
fn it_holds_what_is_in_the_wal_and_a_writer_goes_on() {
    let (_folder, home) = home();
    let mut writer = open(&home);
    writer.execute("INSERT INTO one VALUES ('committed')", []).expect("written");
    let open = writer.transaction().expect("begun");
    open.execute("INSERT INTO one VALUES ('open')", []).expect("written");
    let made = back_up(&home, &TEST, day(0)).expect("made").expect("due");
    open.commit().expect("ended");
    let copy = Connection::open(&made.path).expect("open");
    assert_eq!(names(&copy), ["committed"]);
    assert_eq!(names(&writer).len(), 2);
}

#[test]
fn what_is_damaged_is_no_backup_and_comes_back_from_one() {
    let (_folder, home) = home();
    put(&home, "kept");
    back_up(&home, &TEST, day(0)).expect("made").expect("due");
    assert_eq!(recover(&home, &TEST, day(1)).expect("sound"), None);
    put(&home, "since");
    let bytes = spoil(&home);
    fs::write(beside(&TEST.path(&home), "-wal"), "its wal").expect("written");
    assert!(back_up(&home, &TEST, day(1)).expect_err("damaged").is_corruption());
    let restored = recover(&home, &TEST, day(1)).expect("done").expect("damaged");
    assert_eq!(restored.backup, Some(day(0)));
    let name = restored.kept.file_name().expect("a name").to_string_lossy().into_owned();
    assert_eq!(name, format!("test_1.sqlite.corrupt-{}", stamp(day(1))));
    assert_eq!(fs::read(&restored.kept).expect("kept"), bytes);
    assert_eq!(fs::read(beside(&restored.kept, "-wal")).expect("kept"), b"its wal");
    assert_eq!(names(&open(&home)), ["kept"]);
    assert_eq!(recover(&home, &TEST, day(1)).expect("sound"), None, "once");
}

#[test]
fn a_damaged_page_in_the_middle_is_found() {
    let (_folder, home) = home();
    let filler = "x".repeat(3000);
    for _ in 0..40 {
        put(&home, &filler);
    }
    open(&home).execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").expect("in the main file");
    let mut bytes = fs::read(TEST.path(&home)).expect("bytes");
    let page = 4096;
    bytes[10 * page..11 * page].fill(0xAA);
    fs::write(TEST.path(&home), &bytes).expect("written");
    assert!(TEST.verify(&home).expect_err("damaged").is_corruption());
    let restored = recover(&home, &TEST, day(0)).expect("done").expect("damaged");
    assert_eq!((restored.backup, names(&open(&home)).len()), (None, 0));
    assert_eq!(fs::read(restored.kept).expect("kept"), bytes);
}

#[test]
fn a_damaged_backup_is_passed_over_and_names_do_not_meet() {
    let (_folder, home) = home();
    put(&home, "old");
    back_up(&home, &TEST, day(0)).expect("made").expect("due");
    let newest = back_up(&home, &TEST, day(1)).expect("made").expect("due");
    fs::write(&newest.path, "torn").expect("written");
    let mut kept = Vec::new();
    for _ in 0..3 {
        spoil(&home);
        let restored = recover(&home, &TEST, day(2)).expect("done").expect("damaged");
        assert_eq!(restored.backup, Some(day(0)));
        assert_eq!(names(&open(&home)), ["old"]);
        kept.push(restored.kept);
    }
    kept.dedup();
    assert_eq!(kept.iter().filter(|path| path.exists()).count(), 3);
}

#[test]
fn many_that_find_it_damaged_at_once_restore_it_once() {
    for _ in 0..5 {
        let (_folder, home) = home();
        put(&home, "kept");
        back_up(&home, &TEST, day(0)).expect("made").expect("due");
        spoil(&home);
        std::thread::scope(|scope| {
            let all: Vec<_> = (0..8)
                .map(|_| scope.spawn(|| recover(&home, &TEST, day(1)).expect("done").is_some()))
                .collect();
            let done = all.into_iter().filter_map(|one| one.join().ok()).filter(|done| *done);
            assert_eq!(done.count(), 1);
        });
        assert_eq!(names(&open(&home)), ["kept"]);
    }
}
