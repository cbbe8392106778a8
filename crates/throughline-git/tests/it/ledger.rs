//! The history of a folder of ours.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::sandbox::Sandbox;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_795_000_000 + second).unwrap()
}

/// What others can read.
fn readable(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let all = entries.flat_map(|path| {
        let inside = if path.is_dir() { readable(&path) } else { Vec::new() };
        let open = fs::metadata(&path).unwrap().permissions().mode() & 0o077 != 0;
        inside.into_iter().chain(open.then_some(path))
    });
    all.collect()
}

#[test]
fn what_a_file_said_is_kept_with_its_time_and_reason() {
    let s = Sandbox::with_repository();
    // A repository around it is none of our business.
    let folder = s.path("r/inside");
    fs::create_dir(&folder).unwrap();
    let ledger = s.ask().ledger(&folder);
    assert!(ledger.entries(/*most*/ 9).unwrap().is_empty());
    fs::write(folder.join("a.md"), "one\n").unwrap();
    let first = ledger.keep("first", at(0)).unwrap().unwrap();
    ledger.exclude("*.tmp\n").unwrap();
    assert_eq!(readable(&folder.join(".git")), Vec::<PathBuf>::new());
    assert_eq!(ledger.keep("again", at(1)).unwrap(), None);
    fs::write(folder.join("a.md"), "two\n").unwrap();
    fs::write(folder.join("b.md"), "new\n").unwrap();
    let changes = ledger.changes().unwrap();
    assert!(changes.contains("-one\n+two") && changes.contains("+new"), "{changes}");
    let second = ledger.keep("second: a -> b", at(60)).unwrap().unwrap();
    assert_eq!(ledger.changes().unwrap(), "");
    let entries = ledger.entries(/*most*/ 9).unwrap();
    let told: Vec<_> = entries.iter().map(|e| (&e.id, e.at, e.message.as_str())).collect();
    assert_eq!(told, [(&second, at(60), "second: a -> b"), (&first, at(0), "first")]);
    assert!(ledger.patch(second.as_str()).unwrap().contains("-one\n+two"));
    assert_eq!(ledger.text(first.as_str(), "a.md").unwrap().as_deref(), Some("one\n"));
    assert_eq!(ledger.text(first.as_str(), "b.md").unwrap(), None);
    assert!(ledger.patch("--output=x").is_err());
}

#[test]
fn the_history_is_bounded_and_what_is_left_is_whole() {
    let s = Sandbox::with_repository();
    let folder = s.path("kept");
    fs::create_dir(&folder).unwrap();
    let ledger = s.ask().ledger(&folder).bounded(8);
    for n in 0..12 {
        fs::write(folder.join("a.md"), format!("{n}\n")).unwrap();
        ledger.keep(&format!("state {n}"), at(n)).unwrap();
        assert!(ledger.entries(/*most*/ 99).unwrap().len() < 10);
    }
    let entries = ledger.entries(/*most*/ 99).unwrap();
    assert_eq!(entries[0].message, "state 11");
    let oldest = entries.last().unwrap();
    let text = ledger.text(oldest.id.as_str(), "a.md").unwrap();
    assert_eq!(text, Some(format!("{}\n", oldest.message.strip_prefix("state ").unwrap())));
}
