//! Where a line begins: whoever is seen on a branch first, it goes on from the line it came from.

use throughline_testkit::{HookEvent, World};

use crate::{bare_world, json, project_folder, tasks};

fn remembered(init: &[&str]) -> World {
    let world = bare_world();
    world.thru(init).assert_success();
    world.commit("base");
    world.thru(&["tasks", "add", "Kept"]).assert_success();
    world.thru(&["status"]).assert_success();
    world
}

/// The first record on the new branch is one of a hook.
#[test]
fn a_branch_that_an_agent_makes_in_its_turn_goes_on_with_the_tasks() {
    for (name, after) in [("at once", ""), ("and back", "main")] {
        let world = remembered(&["init", "--local"]);
        world.hook(HookEvent::session_start("s1", "startup")).assert_success();
        world.hook(HookEvent::user_prompt_submit("s1", "t1", "go")).assert_success();
        world.branch("feature");
        let plan = HookEvent::post_tool_use_plan("s1", "t1", &[("A step", "in_progress")]);
        world.hook(plan).assert_success();
        world.hook(HookEvent::stop("s1", "t1", "done")).assert_success();
        if !after.is_empty() {
            world.git("switch -q main");
        }
        world.wait_for_folds();
        world.thru(&["fold"]).assert_success();
        world.git("switch -q feature");
        assert!(tasks(&world).iter().any(|(title, _)| title == "Kept"), "{name}");
        let lines = json(&world, &["lines", "list"]).to_string();
        assert!(lines.contains("\"origin\":\"main\""), "{name}: {lines}");
    }
}

/// `line.json` is folded again: without it a line is no new one.
#[test]
fn a_line_whose_file_is_gone_does_not_begin_again() {
    for init in [&["init"][..], &["init", "--local"]] {
        let world = remembered(init);
        world.branch("side").commit("aside");
        world.thru(&["status"]).assert_success();
        world.git("switch -q main");
        world.thru(&["fold"]).assert_success();
        let before = tasks(&world);
        let folders = std::fs::read_dir(project_folder(&world).join("lines")).expect("lines");
        for folder in folders {
            std::fs::remove_file(folder.expect("entry").path().join("line.json")).expect("remove");
        }
        for command in ["status", "fold", "status"] {
            world.thru(&[command]).assert_success();
            assert_eq!(tasks(&world), before, "{init:?}: {command}");
        }
        let lines = json(&world, &["lines", "list"]).to_string();
        assert!(!lines.contains("\"origin\":\"side\""), "{init:?}: {lines}");
    }
}
