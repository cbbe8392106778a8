//! One golden file of each file of each format version that was shipped: today's program reads it and
//! writes the same bytes. A new version gets a folder of its own, and the old one stays, with what
//! migrating it has to give.
//!
//! `tests/golden/1` was written by the program of version 1 itself, but for paths, process numbers and
//! clocks, and for two records that no command writes by itself.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;
use throughline_model::line::{Line, LineVersion};
use throughline_model::record::{RECORD_VERSION, Record};
use throughline_model::session::{Session, SessionVersion};
use throughline_model::state::{StateVersion, read, write};

use crate::backup::About;
use crate::journal::{Decoded, decode, encode};
use crate::project::Binding;

/// Every kind of a record's body, and every kind of change, in format 1.
const BODIES: &str = "abort approval change compacting drift intent line_begin line_end plan reconcile \
     session_end session_start subagent tool_ran turn_begin turn_end";
const CHANGES: &str = "add claim create demote drop focus forget milestone mirror note promote recall \
     remove resolve set show snapshot unshow";

fn golden(name: &str) -> (PathBuf, String) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/1").join(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    (path, text)
}

fn comes_back<T: Serialize + DeserializeOwned>(name: &str) -> T {
    let (path, text) = golden(name);
    let value: T = crate::json::parse(&path, text.as_bytes()).expect(name);
    assert_eq!(crate::json::text(&value), text, "{name}");
    value
}

#[test]
fn files_of_format_1_are_written_as_they_were() {
    for name in ["line_main.json", "line_side.json"] {
        let line: Line = comes_back(name);
        assert!(line.extra.is_empty(), "{name}: every member is known");
    }
    for name in ["session_s0.json", "session_s1.json", "session_recalled.json"] {
        let session: Session = comes_back(name);
        assert!(session.extra.is_empty(), "{name}: every member is known");
    }
    comes_back::<Binding>("project.json");
    comes_back::<About>("about.json");
    let (_, text) = golden("project_state.json");
    let (state, _) = read(text.as_bytes()).expect("a sound state");
    assert_eq!(write(&state), text);
}

#[test]
fn records_of_format_1_are_written_as_they_were() {
    let (_, text) = golden("journal.jsonl");
    let (mut bodies, mut changes) = (BTreeSet::new(), BTreeSet::new());
    for line in text.split_inclusive('\n') {
        let Decoded::Record(record) = decode(line.trim_end().as_bytes()) else {
            panic!("not a record: {line}")
        };
        assert_eq!(encode(&record), line);
        let (body, changed) = kinds(&record);
        bodies.insert(body);
        changes.extend(changed);
    }
    assert_eq!(bodies.into_iter().collect::<Vec<_>>().join(" "), BODIES);
    assert_eq!(changes.into_iter().collect::<Vec<_>>().join(" "), CHANGES);
}

/// The outer keys of the body and of its changes.
fn kinds(record: &Record) -> (String, Vec<String>) {
    let key = |value: &serde_json::Value| {
        let members = value.as_object().and_then(|members| members.keys().next().cloned());
        members.expect("a kind")
    };
    let body = serde_json::to_value(&record.body).expect("plain data");
    let changes =
        record.body.changes().iter().map(|c| serde_json::to_value(c).expect("plain data"));
    (key(&body), changes.map(|change| key(&change)).collect())
}

#[test]
fn there_is_one_version_of_each_so_far() {
    // Who raises one adds a folder of golden files, and what `thru cache migrate` does with the old.
    let versions = [StateVersion::CURRENT.0, LineVersion::CURRENT.0, SessionVersion::CURRENT.0];
    assert_eq!((versions, RECORD_VERSION), ([1, 1, 1], 1));
}
