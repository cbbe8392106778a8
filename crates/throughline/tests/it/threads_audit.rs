//! Transcripts, our index and the agent's own list, compared and put right.

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;
use throughline_testkit::{Codex, Provider, Script, Step, World};

use crate::bystanders::{self, Picture};
use crate::rollouts::Rollout;
use crate::{bare_world, json, text};

/// How many differences of each kind.
fn counts(report: &Value) -> BTreeMap<String, u64> {
    let all = report["differences"].as_array().expect("differences").iter();
    let name = |one: &Value| format!("{} {}", text(&one["side"]), text(&one["kind"]));
    all.map(|one| (name(one), one["count"].as_u64().unwrap_or_default())).collect()
}

fn index_of(counts: &[(&str, u64)]) -> BTreeMap<String, u64> {
    counts.iter().map(|(kind, count)| (format!("index {kind}"), *count)).collect()
}

#[test]
fn every_kind_of_difference_is_counted_and_put_right() {
    let world = bare_world();
    let rollout = |number: u32| Rollout::new(&world, number).turn("A wish", "It is done.");
    for number in 1..=5 {
        rollout(number).write(&world);
    }
    json(&world, &["index", "run"]);
    assert_eq!(counts(&json(&world, &["threads", "audit"])), BTreeMap::new());
    // One more, one longer, one away, one in the archive, one twice.
    rollout(6).write(&world);
    rollout(1).turn("More", "Yes.").write(&world);
    fs::remove_file(rollout(2).path(&world)).expect("removed");
    let archive = world.codex_home().join("archived_sessions");
    fs::create_dir_all(&archive).expect("a folder");
    let path = rollout(3).path(&world);
    fs::rename(&path, archive.join(path.file_name().expect("a name"))).expect("moved");
    let twin = rollout(4).path(&world).with_file_name("rollout-2026-11-20T11-00-00-twin.jsonl");
    world.write(twin, rollout(4).text());
    let before = picture(&world);
    let report = json(&world, &["threads", "audit", "--all"]);
    let expected =
        [("missing", 3), ("stale", 1), ("archive_mismatch", 1), ("path_gone", 1), ("twin", 1)];
    assert_eq!(counts(&report), index_of(&expected), "{report}");
    assert!(report["repaired"].is_null() && report["read"] == 6, "{report}");
    // An audit alone changes nothing, and a repair nothing of the agent's.
    assert_eq!(counts(&json(&world, &["threads", "audit"])), index_of(&expected));
    json(&world, &["threads", "audit", "--repair"]);
    assert_eq!(counts(&json(&world, &["threads", "audit", "--all"])), index_of(&[("twin", 1)]));
    assert_eq!(picture(&world), before);
}

fn picture(world: &World) -> Picture {
    bystanders::picture(&world.codex_home())
}

/// What was written in place, at the same length and time, is seen by reading only.
#[test]
fn a_transcript_that_says_something_else_is_found_and_read_again() {
    let world = bare_world();
    let rollout = Rollout::new(&world, 1).turn("A wish", "It is done.");
    let path = rollout.write(&world);
    let written = fs::metadata(&path).and_then(|found| found.modified()).expect("a time");
    json(&world, &["index", "run"]);
    let other = rollout.text().replace("\"main\"", "\"miam\"").replace("A wish", "A fish");
    fs::write(&path, other).expect("written");
    let file = fs::File::options().append(true).open(&path).expect("open");
    file.set_modified(written).expect("the old time");
    let found = counts(&json(&world, &["threads", "audit"]));
    assert_eq!(found, index_of(&[("git_differs", 1), ("title_differs", 1)]));
    let repaired = json(&world, &["threads", "audit", "--repair"]);
    assert_eq!(repaired["repaired"], 1);
    assert_eq!(counts(&json(&world, &["threads", "audit"])), BTreeMap::new());
    let listed = json(&world, &["threads", "list", "--line", "miam"]);
    assert_eq!(listed["threads"][0]["title"], "A fish");
}

#[test]
fn the_real_codex_and_our_index_agree() {
    let Some(codex) = Codex::required() else { return };
    let world = bare_world();
    let provider = Provider::start(Script::steps([Step::text("Done."), Step::text("Done.")]));
    world.codex(&codex, &provider).exec("Fix the greeting").assert_success();
    world.codex(&codex, &provider).exec("Fix the rest").assert_success();
    json(&world, &["index", "run"]);
    let before = picture(&world);
    let report = json(&world, &["threads", "audit", "--all"]);
    assert_eq!((counts(&report), &report["notes"]), (BTreeMap::new(), &Value::Null), "{report}");
    assert_eq!(picture(&world), before, "nothing of the agent's is written");
    // A transcript that came from elsewhere is one that Codex does not know.
    Rollout::new(&world, 1).turn("A wish", "It is done.").write(&world);
    json(&world, &["index", "run"]);
    let report = json(&world, &["threads", "audit"]);
    assert_eq!(counts(&report), BTreeMap::from([("agent missing".to_owned(), 1)]), "{report}");
    // A database that can't be read is a note, no failure.
    let database = world.codex_home().join("state_5.sqlite");
    let _ = fs::remove_file(database.with_extension("sqlite-wal"));
    fs::write(&database, "no database").expect("written");
    let report = json(&world, &["threads", "audit"]);
    let notes = report["notes"].to_string();
    assert!(notes.contains("state_5.sqlite"), "{report}");
}
