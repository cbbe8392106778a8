//! The published JSON Schema says what the types say: it takes every state, knows every member that
//! is written, and refuses what the reader refuses.

use std::collections::BTreeSet;
use std::path::Path;

use jsonschema::Validator;
use serde_json::{Value, json};

use super::*;

fn schema() -> Value {
    let text = include_str!("../../../../../docs/formats/project_state.schema.json");
    serde_json::from_str(text).expect("JSON")
}

/// Closed but for the names that the generator and `full.json` give to members that nobody knows.
fn closed(mut schema: Value) -> Value {
    let close = |object: &mut Value| {
        if object.get("properties").is_some() {
            object["patternProperties"] = json!({ "^([A-Z\"é\\n]{1,3}|x_new)$": true });
            object["additionalProperties"] = json!(false);
        }
    };
    close(&mut schema);
    let parts = schema["$defs"].as_object_mut().expect("parts");
    parts.values_mut().for_each(close);
    schema
}

fn validator(schema: &Value) -> Validator {
    jsonschema::validator_for(schema).expect("a schema")
}

fn problems(validator: &Validator, state: &Value) -> Vec<String> {
    let problem =
        |error: jsonschema::ValidationError<'_>| format!("{}: {error}", error.instance_path());
    validator.iter_errors(state).map(problem).collect()
}

fn words(values: &Value) -> BTreeSet<&str> {
    match values {
        Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
        other => other.as_object().expect("an object").keys().map(String::as_str).collect(),
    }
}

proptest! {
    #[test]
    fn every_state_is_valid_and_has_no_member_that_the_schema_lacks(state in any_state()) {
        // Unknown members are kept with numbers that are larger than what this parser takes.
        let written = serde_json::from_str::<Value>(&write(&state));
        prop_assume!(!written.as_ref().is_err_and(|e| e.to_string().contains("out of range")));
        let written = written.expect("JSON");
        prop_assert_eq!(problems(&validator(&schema()), &written), Vec::<String>::new());
        prop_assert_eq!(problems(&validator(&closed(schema())), &written), Vec::<String>::new());
    }
}

#[test]
fn every_golden_file_is_valid() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../throughline-store/tests/golden");
    let versions = std::fs::read_dir(golden).expect("golden files").flatten();
    let read = |path| std::fs::read_to_string(path).expect("a state");
    let mut texts: Vec<_> =
        versions.map(|version| read(version.path().join("project_state.json"))).collect();
    assert!(!texts.is_empty());
    texts.push(FULL.to_owned());
    let conflict = json!({ "stands": "a", "others": ["b", { "c": 1 }], "empty": true });
    let mut with_conflict: Value = serde_json::from_str(FULL).expect("JSON");
    with_conflict["conflicts"] = json!({ "/tasks/t-8kq2/title": conflict });
    texts.push(with_conflict.to_string());
    for text in texts {
        let value = serde_json::from_str(&text).expect("JSON");
        for schema in [schema(), closed(schema())] {
            assert_eq!(problems(&validator(&schema), &value), Vec::<String>::new(), "{text}");
        }
    }
}

#[test]
fn the_words_are_those_of_the_types() {
    let schema = schema();
    let parts = &schema["$defs"];
    let mut fields: BTreeSet<&str> = Field::ALL.iter().map(|field| field.as_str()).collect();
    fields.extend(ListField::ALL.iter().map(|field| field.as_str()));
    fields.extend(["created_at", "source", "evidence"]);
    let task = &parts["task"]["properties"];
    assert_eq!(words(task), fields);
    assert_eq!(words(&task["status"]["enum"]), Status::ALL.map(Status::as_str).into());
    assert_eq!(words(&task["kind"]["enum"]), Kind::ALL.map(Kind::as_str).into());
    let source = &parts["source"]["properties"]["kind"]["enum"];
    assert_eq!(words(source), SourceKind::ALL.map(SourceKind::as_str).into());
    let [least, most] = ["minimum", "maximum"].map(|end| task["priority"][end].as_u64());
    assert_eq!(
        (least, most),
        (Some((*PRIORITIES.start()).into()), Some((*PRIORITIES.end()).into()))
    );
    let version = &schema["properties"]["schema_version"]["const"];
    assert_eq!(version, StateVersion::CURRENT.0, "a new version gets a schema of its own");
    assert!(schema["title"].as_str().expect("a title").ends_with(&format!("version {version}")));
}

/// What the reader refuses for its shape, and what it would if it were not for a hand that wrote it.
#[test]
fn a_wrong_state_is_refused_as_the_reader_refuses_it() {
    let task = |name: &str, value: Value| (format!("/tasks/t-8kq2/{name}"), value);
    let wrong = [
        ("/schema_version".to_owned(), json!(0)),
        ("/schema_version".to_owned(), json!("1")),
        ("/schema_version".to_owned(), Value::Null),
        ("/project".to_owned(), Value::Null),
        ("/project/id".to_owned(), json!("no id")),
        ("/tasks".to_owned(), json!([])),
        ("/tasks".to_owned(), json!({ "no id": { "status": "pending", "title": "a" } })),
        ("/tombstones/t-gone".to_owned(), json!("yesterday")),
        ("/milestones/m-4c2e/status".to_owned(), json!("done")),
        ("/milestones/m-4c2e/due".to_owned(), json!("2026-12-01")),
        ("/notes/n-1/text".to_owned(), json!(1)),
        ("/notes/n-1/task".to_owned(), json!("")),
        ("/snapshots/v0.1/at".to_owned(), json!(1)),
        task("title", Value::Null),
        task("title", json!("")),
        task("status", Value::Null),
        task("status", json!("done")),
        task("kind", json!("story")),
        task("priority", json!(5)),
        task("priority", json!(-1)),
        task("priority", json!(1.5)),
        task("source", json!("agent")),
        task("source", json!({ "kind": "robot" })),
        task("labels", json!("lexer")),
        task("depends_on", json!(["no id"])),
        task("created_at", json!("2026-11-21")),
        task("evidence", json!([1])),
        task("evidence", json!([{ "orphaned": "yes" }])),
    ];
    let right: Value = serde_json::from_str(FULL).expect("JSON");
    let validator = validator(&schema());
    for (pointer, value) in wrong {
        let mut state = right.clone();
        let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
        let members = state.pointer_mut(parent).and_then(Value::as_object_mut).expect("an object");
        // Null stands for a member that is not there.
        match value {
            Value::Null => drop(members.remove(name).expect("it was there")),
            value => drop(members.insert(name.to_owned(), value)),
        }
        let text = state.to_string();
        assert!(!validator.is_valid(&state), "{pointer}: the schema takes {text}");
        assert!(read(text.as_bytes()).is_err(), "{pointer}: the reader takes {text}");
    }
}
