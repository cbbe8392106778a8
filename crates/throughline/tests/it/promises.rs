//! Promises that need the whole program: concurrency, secrets, permissions, git left alone.

use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use throughline_model::redact::specimens;
use throughline_testkit::{HookEvent, World};

use crate::{json, project, tasks};

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    entries
        .flat_map(|entry| {
            let path = entry.path();
            if path.is_dir() {
                files(&path).into_iter().chain([path]).collect()
            } else {
                vec![path]
            }
        })
        .collect()
}

#[test]
fn sixteen_writers_lose_nothing_and_no_id_is_given_twice() {
    let world = project();
    let (writers, each) = (16, 4);
    let ids: Vec<String> = std::thread::scope(|scope| {
        let work = |writer: usize| {
            let commands: Vec<_> = (0..each).map(|n| adding(&world, writer, n)).collect();
            scope.spawn(move || commands.into_iter().map(added).collect::<Vec<_>>())
        };
        let started: Vec<_> = (0..writers).map(work).collect();
        started.into_iter().flat_map(|thread| thread.join().expect("writer")).collect()
    });
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), writers * each);
    assert_eq!(tasks(&world).len(), writers * each);
}

/// Without the fixed ids that a world gives to one command at a time.
fn adding(world: &World, writer: usize, number: usize) -> Command {
    let mut add = world.command(world.binary(), &world.repo());
    add.env_remove("THRU_TEST_SEED").args(["tasks", "add", "--json"]);
    add.arg(format!("w{writer} n{number}"));
    add
}

fn added(mut command: Command) -> String {
    let output = command.output().expect("starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let added: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    added["id"].as_str().expect("id").to_owned()
}

#[test]
fn secrets_are_written_nowhere() {
    let world = project();
    world.hook(HookEvent::session_start("s1", "startup")).assert_success();
    for (at, (_, secret)) in specimens().iter().enumerate() {
        let turn = format!("t{at}");
        let prompt = format!("use {secret} please");
        world.hook(HookEvent::user_prompt_submit("s1", &turn, &prompt)).assert_success();
        let step = format!("step {secret} end");
        world
            .hook(HookEvent::post_tool_use_plan("s1", &turn, &[(&step, "pending")]))
            .assert_success();
        let title = format!("title {secret} end");
        let title: String = title.chars().take(190).collect();
        world.thru(&["tasks", "add", "--", &title]).assert_success();
    }
    world.thru(&["publish"]).assert_success();
    world.thru(&["fold"]).assert_success();
    let mut kept: Vec<PathBuf> = files(&world.state());
    kept.push(world.repo().join(".throughline/project_state.json"));
    let texts: Vec<String> = kept
        .iter()
        .filter_map(|path| std::fs::read(path).ok())
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        .chain([json(&world, &["tasks", "list", "--all"]).to_string(), world.run("log -n 500")])
        .collect();
    for (kind, secret) in specimens() {
        let tail: String = secret.chars().skip(secret.chars().count().saturating_sub(12)).collect();
        let found = texts.iter().any(|text| text.contains(&tail));
        assert!(!found, "a secret of the kind {kind} was kept");
    }
}

#[test]
fn everything_in_home_is_private() {
    let world = project();
    world.hook(HookEvent::user_prompt_submit("s1", "t1", "hello")).assert_success();
    world.thru(&["tasks", "add", "A"]).assert_success();
    world.thru(&["fold"]).assert_success();
    let all = files(&world.state());
    assert!(all.len() > 10, "{all:?}");
    for path in all {
        let found = std::fs::metadata(&path).expect("metadata");
        let expected = if found.is_dir() { 0o700 } else { 0o600 };
        assert_eq!(found.mode() & 0o777, expected, "{}", path.display());
    }
}

#[test]
fn the_users_git_is_left_alone() {
    let world = project();
    let git = world.repo().join(".git");
    let picture = || -> Vec<(PathBuf, u64, i64)> {
        let mut all: Vec<_> = files(&git)
            .into_iter()
            .filter_map(|path| {
                let found = std::fs::metadata(&path).ok()?;
                Some((path, found.len(), found.mtime_nsec()))
            })
            .collect();
        all.sort();
        all
    };
    let before = picture();
    world.thru(&["tasks", "add", "A"]).assert_success();
    for event in [
        HookEvent::session_start("s1", "startup"),
        HookEvent::user_prompt_submit("s1", "t1", "hello"),
        HookEvent::stop("s1", "t1", "done"),
    ] {
        world.hook(event).assert_success();
    }
    for arguments in ["status", "publish", "next", "sessions list", "log", "undo"] {
        world.run(arguments);
    }
    assert_eq!(picture(), before);
}
