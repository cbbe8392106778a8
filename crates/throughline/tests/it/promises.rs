//! Promises that need the whole program: secrets, permissions.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use throughline_model::redact::specimens;
use throughline_testkit::HookEvent;

use crate::{json, project};

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
