//! Two branches meet: with the merge driver, without it, and what a conflict leaves.

use throughline_testkit::World;

use crate::{json, project, status_of, tasks};

const FILE: &str = ".throughline/project_state.json";

fn add(world: &World, title: &str) -> String {
    crate::text(&json(world, &["tasks", "add", title])["id"])
}

fn commit(world: &World, message: &str) {
    world.thru(&["publish"]).assert_success();
    world.commit(message);
}

/// A project whose branch `a` is checked out, with three tasks from before.
fn forked() -> (World, Vec<String>) {
    let world = project();
    let ids = ["One", "Two", "Three"].map(|title| add(&world, title)).to_vec();
    commit(&world, "three tasks");
    world.branch("a");
    (world, ids)
}

pub(crate) fn diverged() -> (World, Vec<String>) {
    let (world, ids) = forked();
    add(&world, "New on A");
    add(&world, "Also new on A");
    world.thru(&["tasks", "complete", &ids[0]]).assert_success();
    world.thru(&["tasks", "edit", &ids[1], "--title", "Two, as A sees it"]).assert_success();
    commit(&world, "work on a");
    world.git("switch -q main");
    assert!(!tasks(&world).iter().any(|(title, _)| title.contains("on A")));
    assert_eq!(status_of(&world, "One"), "pending");
    add(&world, "New on main");
    world.thru(&["tasks", "complete", &ids[2]]).assert_success();
    world.thru(&["tasks", "edit", &ids[1], "--title", "Two on main"]).assert_success();
    commit(&world, "work on main");
    (world, ids)
}

pub(crate) fn assert_merged(world: &World) {
    assert!(world.thru(&["cache", "validate"]).is_success());
    for (title, status) in [
        ("New on A", "pending"),
        ("Also new on A", "pending"),
        ("New on main", "pending"),
        ("One", "completed"),
        ("Three", "completed"),
        ("Two, as A sees it", "pending"),
    ] {
        assert_eq!(status_of(world, title), status, "{title}");
    }
}

#[test]
fn without_the_driver_one_command_gives_its_result_and_stages_nothing() {
    let (world, ids) = diverged();
    assert!(!world.try_git(&["merge", "-q", "--no-edit", "a"]).is_success());
    let before = world.read(FILE);
    let shown = world.thru(&["cache", "resolve", "--dry-run"]).assert_success();
    assert_eq!(world.read(FILE), before, "{}", shown.screen());
    world.thru(&["cache", "resolve"]).assert_success();
    assert!(world.git("ls-files -u").contains(FILE), "nothing is staged");
    assert_merged(&world);
    let sound = json(&world, &["cache", "resolve"]);
    assert_eq!((&sound["resolved"], &sound["unmerged"]), (&false.into(), &true.into()));
    let kept = crate::project_folder(&world).join("backups/1/project_state.json");
    assert_eq!(std::fs::read_to_string(kept).expect("kept"), before);

    let listed = json(&world, &["tasks", "conflicts"]);
    let place = format!("/tasks/{}/title", ids[1]);
    assert_eq!(listed["conflicts"][0]["at"], *place);
    assert_eq!(json(&world, &["status"])["conflicts"], 1);
    let refused = world.thru(&["tasks", "resolve", &ids[1]]);
    assert_eq!(refused.code, Some(3), "{}", refused.screen());
    assert!(refused.stderr.contains("1: Two on main"), "{}", refused.screen());
    world.thru(&["tasks", "resolve", &place, "--keep", "1"]).assert_success();
    assert_eq!(status_of(&world, "Two on main"), "pending");
    assert_eq!(json(&world, &["tasks", "conflicts"])["conflicts"], serde_json::json!([]));
    world.thru(&["undo"]).assert_success();
    assert_eq!(json(&world, &["tasks", "conflicts"])["conflicts"][0]["at"], *place);
}

#[test]
fn a_driver_in_doubt_leaves_every_file_and_says_why() {
    let world = project();
    let good = world.read(FILE);
    let newer = good.replace("\"schema_version\": 1", "\"schema_version\": 2");
    for (name, theirs) in [("broken", "{"), ("newer", newer.as_str())] {
        world.write("o", "").write("a", &good).write("b", theirs);
        let ran = world.thru(&["merge-driver", "o", "a", "b"]);
        assert_eq!(ran.code, Some(1), "{name}: {}", ran.screen());
        assert!(ran.stderr.contains("b"), "{name}: {}", ran.screen());
        assert_eq!(world.read("a"), good, "{name}");
    }
    assert_eq!(world.thru(&["merge-driver", "o", "a", "gone"]).code, Some(1));
    world.write("b", &good);
    world.thru(&["merge-driver", "o", "a", "b"]).assert_success();
    assert_eq!(world.read("a"), good);
}

/// The config and attributes as they are, and after a set-up.
fn set_up(world: &World) {
    let config = world.read(".git/config");
    let shown = world.thru(&["setup", "git", "--dry-run"]).assert_success();
    assert!(shown.stdout.contains("merge-driver %O %A %B"), "{}", shown.screen());
    assert_eq!(world.thru(&["setup", "git"]).code, Some(1), "nobody agreed");
    assert_eq!(world.read(".git/config"), config);
    world.thru(&["setup", "git", "--yes"]).assert_success();
    assert!(world.git("status --porcelain").is_empty(), "nothing that git would deliver");
}

#[test]
fn with_the_driver_merge_rebase_and_cherry_pick_are_clean() {
    let ways: [&[&str]; 4] = [
        &["merge", "-q", "--no-edit", "a"],
        &["cherry-pick", "a"],
        &["rebase", "-q", "a"],
        &["rebase", "-q", "main", "a"],
    ];
    for way in ways {
        let (world, ids) = diverged();
        set_up(&world);
        world.try_git(way).assert_success();
        assert_merged(&world);
        let listed = json(&world, &["tasks", "conflicts"]);
        assert_eq!(listed["conflicts"][0]["at"], *format!("/tasks/{}/title", ids[1]), "{way:?}");
    }
}

#[test]
fn a_driver_that_is_gone_or_killed_leaves_gits_own_conflict() {
    for program in ["exit 127", "kill -9 $$", "exit 2"] {
        stopped_driver(program);
    }
}

fn stopped_driver(program: &str) {
    let (world, _) = diverged();
    let config = world.read(".git/config");
    set_up(&world);
    let with = world.read(".git/config");
    let script = world.root().join("stopped");
    std::fs::write(&script, program).expect("write");
    let quoted = format!("'{}'", world.binary().display());
    let gone = with.replace(&quoted, &format!("sh '{}'", script.display()));
    assert_ne!(gone, with);
    world.write(".git/config", gone);
    let status = json(&world, &["setup", "git", "--status"]);
    assert_eq!(status["checks"][0]["state"], "stale");
    assert!(!world.try_git(&["merge", "-q", "--no-edit", "a"]).is_success());
    assert!(world.read(FILE).contains("<<<<<<< ours"), "{}", world.read(FILE));
    world.thru(&["cache", "resolve"]).assert_success();
    assert_merged(&world);
    world.thru(&["setup", "git", "--remove"]).assert_success();
    assert_eq!(world.read(".git/config"), config);
    assert!(!world.repo().join(".git/info/attributes").exists());
}
