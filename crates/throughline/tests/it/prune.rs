//! Old sessions and backups of ours go when somebody says so, and can be brought back.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json as value};
use throughline_testkit::{HookEvent, World};

use crate::{json, project, project_folder};

/// A project of six sessions, of which the first `old` say that they are of long ago.
fn inhabited(old: usize) -> (World, Vec<PathBuf>) {
    let world = project();
    for number in 0..6 {
        let session = format!("s{number}");
        world.hook(HookEvent::user_prompt_submit(&session, "t1", "hello")).assert_success();
    }
    world.thru(&["fold"]).assert_success();
    world.wait_for_folds();
    let sessions = files(&world, "sessions");
    assert_eq!(sessions.len(), 6, "{sessions:?}");
    for path in &sessions[..old] {
        date(path, "2026-01-05T00:00:00Z");
    }
    (world, sessions)
}

fn files(world: &World, folder: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(project_folder(world).join(folder)).expect("a folder");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.retain(|path| path.extension().is_none_or(|end| end == "json"));
    paths.sort();
    paths
}

fn date(path: &PathBuf, last: &str) {
    let mut session: Value = serde_json::from_slice(&fs::read(path).expect("read")).expect("JSON");
    session["last"] = value!(last);
    fs::write(path, session.to_string()).expect("written");
}

#[test]
fn pruning_shows_then_moves_and_removes_two_weeks_later() {
    let (world, sessions) = inhabited(2);
    let bytes = fs::read(&sessions[0]).expect("a session");
    let shown = json(&world, &["cache", "prune"]);
    assert_eq!((shown["goes"].as_array().map(Vec::len), &shown["done"]), (Some(2), &value!(false)));
    assert_eq!(files(&world, "sessions"), sessions, "to show is to do nothing");
    let done = json(&world, &["cache", "prune", "--yes"]);
    assert_eq!((&done["goes"], &done["done"]), (&shown["goes"], &value!(true)));
    assert_eq!(files(&world, "sessions"), sessions[2..]);
    let trash = PathBuf::from(done["trash"].as_str().expect("the trash"));
    let moved = trash.join("sessions").join(sessions[0].file_name().expect("a name"));
    assert_eq!(fs::read(&moved).expect("it lies in the trash"), bytes);
    // Within two weeks the trash stays, after them it goes.
    let again = json(&world, &["cache", "prune", "--yes"]);
    assert_eq!((&again["goes"], &again["purged"]), (&value!([]), &value!([])));
    let aged = trash.with_file_name("20261106T000000Z");
    fs::rename(&trash, &aged).expect("renamed");
    let last = json(&world, &["cache", "prune", "--yes"]);
    assert_eq!(last["purged"], value!(["2026-11-06T00:00:00Z"]));
    assert!(!aged.exists());
    assert_eq!(files(&world, "sessions"), sessions[2..]);
}

#[test]
fn what_looks_wrong_removes_nothing() {
    let (world, sessions) = inhabited(4);
    let prune = |more: &[&str], exit: i32, part: &str| {
        let ran = world.thru(&[&["cache", "prune", "--yes"], more].concat());
        assert_eq!(ran.code, Some(exit), "{}", ran.screen());
        assert!(ran.stderr.contains(part), "{}", ran.screen());
        assert_eq!(files(&world, "sessions"), sessions, "{part}");
    };
    prune(&[], 3, "4 of 6 sessions would go, more than half; nothing was removed (--force)");
    date(&sessions[5], "2030-01-01T00:00:00Z");
    prune(&["--force"], 3, "is from 2030-01-01T00:00:00Z");
    date(&sessions[5], "2016-01-01T00:00:00Z");
    date(&sessions[4], "2016-01-01T00:00:00Z");
    for path in &sessions {
        date(path, "2016-01-01T00:00:00Z");
    }
    prune(&[], 3, "the clock may have jumped");
    let mark = project_folder(&world).join("prune.json");
    fs::write(&mark, "{").expect("written");
    prune(&["--force"], 6, "prune.json");
    fs::write(&mark, "{\"version\": 1, \"at\": \"2031-01-01T00:00:00Z\"}").expect("written");
    prune(&["--force"], 3, "the last prune is from 2031-01-01T00:00:00Z");
    fs::remove_file(&mark).expect("removed");
    // One that can't be read stays, whatever was asked for.
    fs::write(&sessions[0], "no session").expect("written");
    let done = json(&world, &["cache", "prune", "--yes", "--force"]);
    assert_eq!((done["goes"].as_array().map(Vec::len), &done["stays"]), (Some(5), &value!(1)));
    assert_eq!(files(&world, "sessions"), sessions[..1]);
    prune_of_nothing(&world, &sessions[0]);
}

fn prune_of_nothing(world: &World, last: &PathBuf) {
    fs::remove_file(last).expect("removed");
    let ran = world.thru(&["cache", "prune", "--yes", "--force"]);
    assert_eq!(ran.code, Some(3), "{}", ran.screen());
    assert!(ran.stderr.contains("no session and no backup was found"), "{}", ran.screen());
}

#[test]
fn the_newest_backup_and_the_way_back_stay() {
    let world = project();
    for number in 1..=4 {
        json(&world, &["tasks", "add", &format!("Task {number}")]);
        // Going back to the first one keeps what stood there.
        if number == 1 {
            json(&world, &["cache", "reconcile", "--rebuild"]);
        } else {
            json(&world, &["cache", "rollback", "1"]);
        }
    }
    let kept = files(&world, "backups").len();
    assert!(kept >= 3, "{kept}");
    let done = json(&world, &["cache", "prune", "--backups-keep", "1", "--yes", "--force"]);
    assert_eq!(done["goes"].as_array().map(Vec::len), Some(kept - 1), "{done}");
    let left = json(&world, &["cache", "backups"]);
    let newest = left["backups"][0]["generation"].as_u64();
    assert_eq!(
        (left["backups"].as_array().map(Vec::len), newest),
        (Some(1), u64::try_from(kept).ok())
    );
    json(&world, &["cache", "rollback", &kept.to_string()]);
}
