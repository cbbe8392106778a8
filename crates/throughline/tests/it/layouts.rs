//! `thru init` in every kind of place.

use throughline_testkit::{HookEvent, World};

use crate::{bare_world, json, project, tasks, text};

fn works(world: &World) {
    world.thru(&["init"]).assert_success();
    let again = json(world, &["init"]);
    assert_eq!(again["created"], serde_json::json!([]), "the second run changes nothing");
    world.thru(&["tasks", "add", "A task"]).assert_success();
    assert_eq!(tasks(world), [("A task".to_owned(), "pending".to_owned())]);
    world.thru(&["publish"]).assert_success();
    assert!(world.read(".throughline/project_state.json").contains("A task"));
}

#[test]
fn every_layout_works() {
    let worlds =
        [World::new(), World::unborn(), World::sha256(), World::reftable(), World::plain()];
    for world in worlds {
        works(&world.with_binary(env!("CARGO_BIN_EXE_thru")));
    }
}

#[test]
fn a_linked_worktree_shares_the_project_and_has_its_own_line() {
    let world = bare_world();
    world.commit("base");
    world.thru(&["init"]).assert_success();
    world.git("add -A");
    world.commit("remember");
    let linked = world.root().join("linked");
    world.git_args(&["worktree", "add", "-q", "-b", "feature", linked.to_str().expect("path")]);
    let status = world.thru_in(&linked, &["status", "--json"]).assert_success().json();
    assert_eq!(status["line"], "feature", "{status}");
    world.thru_in(&linked, &["tasks", "add", "Only on feature"]).assert_success();
    assert_eq!(tasks(&world), []);
}

#[test]
fn a_moved_clone_is_adopted() {
    let world = bare_world();
    world.commit("base");
    world.thru(&["init", "--local"]).assert_success();
    world.thru(&["tasks", "add", "Kept"]).assert_success();
    let moved = world.root().join("moved");
    std::fs::rename(world.repo(), &moved).expect("move");
    let report = world.thru_in(&moved, &["init", "--adopt", "--json"]).assert_success().json();
    assert_eq!(report["origin"], "adopted", "{report}");
    let listed = world.thru_in(&moved, &["tasks", "list", "--json"]).assert_success().json();
    assert_eq!(listed["tasks"][0]["title"], "Kept", "{listed}");
}

#[test]
fn local_mode_leaves_nothing_and_a_branch_takes_its_tasks_along() {
    let world = bare_world();
    world.commit("base");
    world.thru(&["init", "--local"]).assert_success();
    world.thru(&["tasks", "add", "On main"]).assert_success();
    assert_eq!(world.git("status --porcelain"), "");
    world.branch("feature");
    world.thru(&["tasks", "add", "On feature"]).assert_success();
    assert_eq!(tasks(&world).len(), 2, "{:?}", tasks(&world));
    world.git("switch main");
    assert_eq!(tasks(&world), [("On main".to_owned(), "pending".to_owned())]);
}

#[test]
fn a_new_branch_sees_what_was_not_published_yet() {
    let world = project();
    world.thru(&["tasks", "add", "Pending on main"]).assert_success();
    // A second fold starts from what the first one cached: that lacks nothing, the file does.
    for _ in 0..2 {
        world.thru(&["fold"]).assert_success();
    }
    assert_eq!(json(&world, &["status"])["pending"], 1);
    world.git("switch -c feature");
    for fold in [/*folded*/ false, true] {
        if fold {
            world.thru(&["fold"]).assert_success();
        }
        assert_eq!(tasks(&world), [("Pending on main".to_owned(), "pending".to_owned())]);
    }
    world.thru(&["tasks", "complete", &first_id(&world)]).assert_success();
    world.git("switch main");
    assert_eq!(tasks(&world), [("Pending on main".to_owned(), "pending".to_owned())]);
}

/// A fork whose first fold happens on another branch starts with the steps of its origin as well.
#[test]
fn a_branch_that_is_folded_from_elsewhere_has_its_steps() {
    for init in [&["init"][..], &["init", "--local"]] {
        let world = bare_world();
        world.commit("base");
        world.thru(init).assert_success();
        let steps = [("Step", "in_progress")];
        let plan = HookEvent::post_tool_use_plan("s-1", "t-1", &steps);
        world.hook(HookEvent::user_prompt_submit("s-1", "t-1", "Go")).assert_success();
        world.hook(plan).assert_success();
        world.branch("feature");
        let on_feature = tasks(&world);
        assert!(on_feature.iter().any(|task| task.0 == "Step"), "{on_feature:?}");
        world.git("switch main");
        world.thru(&["fold"]).assert_success();
        world.git("switch feature");
        assert_eq!(tasks(&world), on_feature);
    }
}

fn first_id(world: &World) -> String {
    text(&json(world, &["tasks", "list"])["tasks"][0]["id"])
}
