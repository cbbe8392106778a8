//! The laws of the log: its caps hold, nothing is lost or doubled, and nothing fails because of it.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::thread;

use jiff::Timestamp;
use tempfile::TempDir;
use throughline_model::event::{Kind, Level, LogEvent};

use super::database::{BYTES, ROWS};
use super::*;
use crate::home::Home;

fn place() -> (TempDir, Home) {
    let folder = tempfile::tempdir().expect("folder");
    let home = Home::new(folder.path());
    (folder, home)
}

fn event(session: &str, word: &str) -> LogEvent {
    LogEvent::new(Timestamp::UNIX_EPOCH, Level::Info, Kind::Hook).of(Some(session)).word(word)
}

fn all(home: &Home) -> Vec<LogEvent> {
    let logs = Logs::read(home).expect("a log").expect("there");
    logs.rows(&LogFilter::default()).expect("rows").into_iter().map(|row| row.event).collect()
}

fn words(home: &Home) -> Vec<String> {
    all(home).into_iter().filter_map(|event| event.word).collect()
}

#[test]
fn what_is_noted_is_read_in_order_and_once() {
    let (_folder, home) = place();
    for word in ["a", "b", "c"] {
        note(&home, &event("s", word)).expect("noted");
    }
    assert_eq!(drain(&home, DUE).expect("drained"), 0, "not due");
    assert_eq!(drain(&home, 0).expect("drained"), 3);
    assert_eq!(drain(&home, 0).expect("drained"), 0);
    assert_eq!(words(&home), ["a", "b", "c"]);
    let full = event("s", "d").took(std::time::Duration::from_millis(3)).text("why");
    note(&home, &full).expect("noted");
    drain(&home, 0).expect("drained");
    assert_eq!(all(&home).pop(), Some(full));
    let mode = fs::metadata(home.file("logs_1.sqlite")).expect("file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn filters_choose() {
    let (_folder, home) = place();
    let at = |second: i64| Timestamp::from_second(second).expect("time");
    for (second, level, session) in [
        (1, Level::Info, "ab1"),
        (2, Level::Warn, "ab2"),
        (3, Level::Error, "cd"),
        (4, Level::Info, "cd"),
    ] {
        let event = LogEvent::new(at(second), level, Kind::Problem).of(Some(session));
        note(&home, &event).expect("noted");
    }
    drain(&home, 0).expect("drained");
    let logs = Logs::read(&home).expect("a log").expect("there");
    let seconds = |filter: LogFilter| {
        let rows = logs.rows(&filter).expect("rows");
        rows.iter().map(|row| row.event.at.as_second()).collect::<Vec<_>>()
    };
    let filter = LogFilter::default;
    assert_eq!(seconds(LogFilter { sessions: vec!["ab".into()], ..filter() }), [1, 2]);
    assert_eq!(seconds(LogFilter { level: Some(Level::Warn), ..filter() }), [2, 3]);
    assert_eq!(seconds(LogFilter { since: Some(at(3)), ..filter() }), [3, 4]);
    assert_eq!(seconds(LogFilter { most: Some(2), ..filter() }), [3, 4]);
    let sessions = vec!["ab1".into(), "cd".into()];
    assert_eq!(seconds(LogFilter { sessions, most: Some(2), after: 1, ..filter() }), [3, 4]);
}

#[test]
fn a_session_has_a_cap_and_others_keep_their_rows() {
    let (_folder, home) = place();
    note(&home, &event("quiet", "kept")).expect("noted");
    for round in 0..3 {
        for number in 0..700 {
            note(&home, &event("loud", &format!("{round}-{number}"))).expect("noted");
        }
        drain(&home, 0).expect("drained");
    }
    let (quiet, loud): (Vec<_>, Vec<_>) =
        all(&home).into_iter().partition(|event| event.session.as_deref() == Some("quiet"));
    assert_eq!((quiet.len(), loud.len()), (1, ROWS as usize));
    assert_eq!(loud[0].word.as_deref(), Some("1-400"), "the oldest went");
}

#[test]
fn all_of_it_has_a_cap() {
    let (folder, home) = place();
    let long = "x".repeat(600);
    for batch in 0..20 {
        for number in 0..1_000 {
            note(&home, &event(&format!("s{batch}-{}", number / 100), "w").text(&long))
                .expect("noted");
        }
        drain(&home, 0).expect("drained");
        let sizes = fs::read_dir(folder.path())
            .expect("list")
            .map(|e| e.expect("entry").metadata().expect("size").len());
        let whole: u64 = sizes.sum();
        assert!(whole < 10 << 20, "{whole} bytes after {batch} batches");
    }
    let logs = Logs::read(&home).expect("a log").expect("there");
    assert!(logs.size() > BYTES / 2, "it was filled: {}", logs.size());
    assert!(words(&home).len() > 5_000);
}

#[test]
fn a_buffer_that_nobody_drains_stops_growing() {
    let (_folder, home) = place();
    let long = "x".repeat(600);
    for _ in 0..4_000 {
        note(&home, &event("s", "w").text(&long)).expect("noted");
    }
    let size = fs::metadata(home.file("events.jsonl")).expect("buffer").len();
    assert!((1 << 20..(1 << 20) + 4096).contains(&size), "{size}");
}

/// Writers and drains at once, each with handles of its own, as processes have.
#[test]
fn writers_and_drains_at_once_lose_and_double_nothing() {
    let (folder, home) = place();
    let (writers, each) = (4, 200);
    thread::scope(|scope| {
        for writer in 0..writers {
            let home = Home::new(folder.path());
            scope.spawn(move || {
                for number in 0..each {
                    note(&home, &event(&format!("s{writer}"), &format!("{writer}-{number}")))
                        .expect("noted");
                }
            });
        }
        for _ in 0..2 {
            let home = Home::new(folder.path());
            scope.spawn(move || {
                for _ in 0..50 {
                    let _ = drain(&home, 0);
                }
            });
        }
    });
    while drain(&home, 0).expect("drained") > 0 {}
    let words = words(&home);
    let distinct: BTreeSet<&String> = words.iter().collect();
    assert_eq!((words.len(), distinct.len()), (writers * each, writers * each));
}

/// As after a kill between commit and removal.
#[test]
fn a_buffer_that_was_taken_in_is_not_taken_in_again() {
    let (folder, home) = place();
    note(&home, &event("s", "once")).expect("noted");
    let parked = folder.path().join("events.0123456789abcdef.jsonl");
    fs::rename(home.file("events.jsonl"), &parked).expect("parked");
    let bytes = fs::read(&parked).expect("read");
    let logs = Logs::open(&home).expect("a log");
    drop(logs);
    let connection = rusqlite::Connection::open(home.file("logs_1.sqlite")).expect("open");
    connection
        .execute("INSERT INTO drained VALUES ('events.0123456789abcdef.jsonl')", [])
        .expect("row");
    drop(connection);
    fs::write(&parked, bytes).expect("left");
    assert_eq!(drain(&home, 0).expect("drained"), 0);
    assert!(!parked.exists());
    assert_eq!(words(&home), [""; 0]);
}

#[test]
fn a_damaged_one_is_put_aside_and_a_locked_one_is_left() {
    let (_folder, home) = place();
    fs::write(home.file("logs_1.sqlite"), "no database, and long enough to be looked at as one")
        .expect("write");
    note(&home, &event("s", "a")).expect("noted");
    assert_eq!(drain(&home, 0).expect("made anew"), 1);
    assert!(home.file("logs_1.damaged.sqlite").exists());

    let holder = rusqlite::Connection::open(home.file("logs_1.sqlite")).expect("open");
    holder.execute_batch("BEGIN EXCLUSIVE; DELETE FROM drained;").expect("held");
    note(&home, &event("s", "b")).expect("noted");
    assert!(drain(&home, 0).is_err(), "somebody holds it");
    holder.execute_batch("ROLLBACK").expect("released");
    assert_eq!(drain(&home, 0).expect("drained"), 1);
    assert_eq!(words(&home), ["a", "b"]);
}

/// Another process made the file and not yet its tables.
#[test]
fn one_that_is_just_being_made_is_none_yet() {
    let (_folder, home) = place();
    fs::write(home.file("logs_1.sqlite"), "").expect("write");
    assert!(Logs::read(&home).expect("no log yet").is_none());
}

#[test]
fn without_a_home_there_is_nothing() {
    let (folder, _) = place();
    let home = Home::new(folder.path().join("none"));
    note(&home, &event("s", "a")).expect("nothing noted");
    assert_eq!(drain(&home, 0).expect("nothing drained"), 0);
    assert!(Logs::read(&home).expect("no log").is_none());
    assert!(!home.root().exists());
}
