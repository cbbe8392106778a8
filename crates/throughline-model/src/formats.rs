//! The published JSON Schemas of what HOME keeps, held against the types: what is written fits
//! them, and they name every member and every word that there is, and no other.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::change::{Change, Place};
use crate::drift::DriftKind;
use crate::head::Operation;
use crate::line::{Line, LineVersion};
use crate::record::{Body, RECORD_VERSION};
use crate::session::{self, Action, Session, SessionVersion, TurnStatus};
use crate::state::{ListField, Status};

fn at(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

fn schema(name: &str) -> Value {
    let path = at("docs/formats").join(format!("{name}.schema.json"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Objects whose members are listed have these and no others.
fn close(schema: &mut Value) {
    if schema["properties"].is_object() {
        schema["additionalProperties"] = json!(false);
    }
    match schema {
        Value::Object(members) => members.values_mut().for_each(close),
        Value::Array(all) => all.iter_mut().for_each(close),
        _ => {}
    }
}

/// Every version's golden files whose names begin so.
fn golden(prefix: &str) -> Vec<String> {
    let versions = std::fs::read_dir(at("crates/throughline-store/tests/golden")).unwrap();
    let files = versions.flat_map(|version| std::fs::read_dir(version.unwrap().path()).unwrap());
    let paths = files.map(|file| file.unwrap().path());
    let wanted = paths.filter(|p| p.file_name().unwrap().to_str().unwrap().starts_with(prefix));
    wanted.map(|path| std::fs::read_to_string(path).unwrap()).collect()
}

fn assert_fits(name: &str, values: &[Value]) {
    let mut closed = schema(name);
    close(&mut closed);
    assert!(!values.is_empty(), "{name}: nothing to compare");
    for schema in [schema(name), closed] {
        let validator = jsonschema::validator_for(&schema).unwrap();
        for value in values {
            let problem =
                |e: jsonschema::ValidationError<'_>| format!("{}: {e}", e.instance_path());
            let problems: Vec<String> = validator.iter_errors(value).map(problem).collect();
            assert!(problems.is_empty(), "{name}: {problems:#?} in {value:#}");
        }
    }
}

fn lines_of(texts: &[String]) -> Vec<Value> {
    let lines = texts.iter().flat_map(|text| text.lines());
    lines.filter(|line| !line.is_empty()).map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn whole(texts: &[String]) -> Vec<Value> {
    texts.iter().map(|text| serde_json::from_str(text).unwrap()).collect()
}

#[test]
fn every_golden_file_fits_its_schema() {
    assert_fits("line", &whole(&golden("line_")));
    assert_fits("session", &whole(&golden("session_")));
    assert_fits("journal", &lines_of(&golden("journal")));
}

/// The words of an enum: who names one that it does not have is told those that it has.
fn words<T: serde::de::DeserializeOwned>() -> BTreeSet<String> {
    let refused = serde_json::from_str::<T>("\"no such word\"").err().unwrap().to_string();
    let (_, expected) = refused.split_once("expected ").unwrap();
    expected.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The words of a schema's enum, or the names of its members.
fn named(schema: &Value, pointer: &str) -> BTreeSet<String> {
    match schema.pointer(pointer).unwrap_or_else(|| panic!("{pointer}")) {
        Value::Array(words) => words.iter().map(|word| word.as_str().unwrap().into()).collect(),
        members => members.as_object().unwrap().keys().cloned().collect(),
    }
}

#[test]
fn the_schemas_know_every_word_and_no_other() {
    let (line, session, journal) = (schema("line"), schema("session"), schema("journal"));
    let rows = [
        (&journal, "/$defs/body/properties", words::<Body>()),
        (&journal, "/$defs/change/properties", words::<Change>()),
        (&journal, "/$defs/kept/enum", words::<Place>()),
        (&journal, "/$defs/drift_kind/enum", words::<DriftKind>()),
        (&journal, "/$defs/operation/enum", words::<Operation>()),
        (&journal, "/$defs/decision/properties/outcome/enum", words::<crate::reconcile::Outcome>()),
        (&line, "/$defs/drift_kind/enum", words::<DriftKind>()),
        (&line, "/$defs/operation/enum", words::<Operation>()),
        (&session, "/$defs/operation/enum", words::<Operation>()),
        (&session, "/$defs/action/properties", words::<Action>()),
        (&session, "/$defs/turn/properties/status/enum", words::<TurnStatus>()),
        (&session, "/$defs/approval/properties/outcome/enum", words::<session::Outcome>()),
    ];
    for (schema, pointer, words) in rows {
        assert_eq!(named(schema, pointer), words, "{} {pointer}", schema["title"]);
    }
    let lists: BTreeSet<String> = ListField::ALL.iter().map(|l| l.as_str().to_owned()).collect();
    assert_eq!(named(&journal, "/$defs/change/properties/add/properties/list/enum"), lists);
    for schema in [&line, &session, &journal] {
        let statuses = Status::ALL.map(|status| status.as_str().to_owned());
        assert_eq!(named(schema, "/$defs/status/enum"), statuses.into());
    }
}

/// A new version gets a schema of its own.
#[test]
fn the_schemas_are_of_the_versions_that_are_written() {
    let version = |schema: Value, member: &str| schema["properties"][member]["const"].clone();
    assert_eq!(version(schema("line"), "version"), LineVersion::CURRENT.0);
    assert_eq!(version(schema("session"), "version"), SessionVersion::CURRENT.0);
    assert_eq!(version(schema("journal"), "v"), RECORD_VERSION);
}

/// What a reader keeps of a value under names that it does not know.
#[test]
fn the_schemas_list_no_member_that_the_types_lack() {
    let sample = |schema: &Value, required: Value| {
        let mut sample = required;
        for name in named(schema, "/properties") {
            let members = sample.as_object_mut().unwrap();
            members.entry(name).or_insert(Value::Null);
        }
        sample
    };
    let mark = json!({ "segment": 1, "offset": 0 });
    let line = json!({
        "version": 1, "key": "main", "through": mark, "settled": true, "owed": [], "claims": {},
        "plans": [], "private": {}, "sessions": {}, "contained": [], "cached_pending": 0, "open_tasks": [],
    });
    let read: Line = serde_json::from_value(sample(&schema("line"), line)).unwrap();
    assert!(read.extra.is_empty(), "{:?}", read.extra);
    let at = "2026-01-05T09:00:00Z";
    let session = json!({
        "version": 1, "id": "s", "agent": "codex", "began": at, "last": at, "ended": true, "recalled": false,
        "through": mark, "read_to": 0, "turns": [], "subagents": {}, "compactions": 0, "steps": [],
    });
    let read: Session = serde_json::from_value(sample(&schema("session"), session)).unwrap();
    assert!(read.extra.is_empty(), "{:?}", read.extra);
}
