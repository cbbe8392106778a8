//! What other memories of agents get wrong: one list for all branches, lost work, ids given twice.

use serde_json::Value;
use throughline_testkit::World;

use super::script::{MODES, Mode, ask, kinds, look, play, remembered};
use crate::{json, status_of, tasks, text};

fn titles(world: &World) -> Vec<String> {
    let mut titles: Vec<String> = tasks(world).into_iter().map(|(title, _)| title).collect();
    titles.sort();
    titles
}

fn add(world: &World, title: &str) -> String {
    text(&json(world, &["tasks", "add", title])["id"])
}

/// In shared mode git carries the file: it has to be published and committed.
fn settle(world: &World, mode: Mode, message: &str) {
    if mode == Mode::Shared {
        world.thru(&["publish"]).assert_success();
    }
    world.commit(message);
    look(world, "repo");
}

fn each_mode(test: fn(&World, Mode)) {
    for mode in MODES {
        test(&remembered(mode), mode);
    }
}

#[test]
fn tasks_of_a_branch_are_on_main_after_the_merge_and_not_before() {
    each_mode(|world, mode| {
        add(world, "On main");
        settle(world, mode, "base tasks");
        world.branch("a");
        add(world, "First on a");
        add(world, "Second on a");
        settle(world, mode, "work on a");
        world.git("switch -q main");
        assert_eq!(titles(world), ["On main"], "{mode:?}");
        world.git("merge -q --no-ff -m merge a");
        assert_eq!(titles(world), ["First on a", "On main", "Second on a"], "{mode:?}");
        assert_eq!(kinds(&look(world, "repo")["drift"]), "", "{mode:?}");
    });
}

#[test]
fn a_task_closed_on_a_branch_stays_open_on_the_others_and_in_their_commits() {
    each_mode(|world, mode| {
        let id = add(world, "Everywhere");
        settle(world, mode, "base tasks");
        world.git("branch b");
        world.branch("a");
        world.thru(&["tasks", "complete", &id]).assert_success();
        settle(world, mode, "closed on a");
        assert_eq!(status_of(world, "Everywhere"), "completed", "{mode:?}");
        for other in ["main", "b"] {
            world.git(&format!("switch -q {other}"));
            assert_eq!(status_of(world, "Everywhere"), "pending", "{mode:?} {other}");
            settle(world, mode, other);
        }
        if mode == Mode::Shared {
            let file = world.git("show b:.throughline/project_state.json");
            let state: Value = serde_json::from_str(&file).expect("JSON");
            assert_eq!(state["tasks"][&id]["status"], "pending", "{state}");
        }
        world.git("switch -q main");
        world.git("merge -q --no-ff -m merge a");
        assert_eq!(status_of(world, "Everywhere"), "completed", "{mode:?}");
    });
}

#[test]
fn two_clones_never_hand_out_the_same_id() {
    each_mode(|world, mode| {
        let clone = world.root().join("clone");
        world.git_args(&["clone", "-q", ".", clone.to_str().expect("path")]);
        let init: &[&str] = if mode == Mode::Local { &["init", "--local"] } else { &["init"] };
        world.thru_in(&clone, init).assert_success();
        let mut ids: Vec<String> = (0..5).map(|_| add(world, "Same words")).collect();
        for _ in 0..5 {
            let added = ask(world, "clone", &["tasks", "add", "Same words"]);
            ids.push(text(&added["id"]));
        }
        let all = ids.len();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), all, "{mode:?}: {ids:?}");
        assert!(ids.iter().all(|id| !id.is_empty()), "{ids:?}");
    });
}

#[test]
fn a_branch_without_a_commit_takes_nothing_along_and_leaves_nothing() {
    each_mode(|world, mode| {
        add(world, "On main");
        world.git("switch -q -c empty");
        add(world, "On empty");
        world.git("switch -q main");
        assert_eq!(titles(world), ["On main"], "{mode:?}");
        world.git("switch -q empty");
        assert_eq!(titles(world), ["On empty", "On main"], "{mode:?}");
    });
}

#[test]
fn three_switches_without_a_look_leave_every_line_its_own() {
    each_mode(|world, mode| {
        add(world, "On main");
        settle(world, mode, "base tasks");
        for line in ["one", "two"] {
            play(world, &format!("switch -q -c {line} main"));
            add(world, &format!("On {line}"));
            settle(world, mode, line);
        }
        play(world, "switch -q main\nswitch -q one\nswitch -q two\nswitch -q one");
        assert_eq!(titles(world), ["On main", "On one"], "{mode:?}");
        play(world, "switch -q two\nswitch -q one\nswitch -q main");
        assert_eq!(titles(world), ["On main"], "{mode:?}");
        play(world, "switch -q one\nswitch -q main\nswitch -q -c three two");
        assert_eq!(titles(world), ["On main", "On two"], "{mode:?}");
    });
}

#[test]
fn a_branch_from_a_remote_one_has_the_tasks_of_main() {
    each_mode(|world, mode| {
        add(world, "On main");
        settle(world, mode, "base tasks");
        play(
            world,
            "sh git clone -q --bare . ../remote.git
             sh git clone -q ../remote.git ../peer
             sh cd ../peer && git config user.name P && git config user.email p@example.com
             sh cd ../peer && git commit -q --allow-empty -m theirs && git push -q
             remote add origin ../remote.git
             fetch -q origin
             switch -q -c other
             commit o1
             look",
        );
        add(world, "On other");
        settle(world, mode, "work on other");
        world.git("switch -q -c fresh origin/main");
        assert_eq!(titles(world), ["On main"], "{mode:?}");
    });
}

/// `feature` with a task of its own and one of main's closed; memory is on main.
fn feature(world: &World, mode: Mode) {
    let id = add(world, "On main");
    settle(world, mode, "base tasks");
    world.branch("feature");
    add(world, "On feature");
    world.thru(&["tasks", "complete", &id]).assert_success();
    settle(world, mode, "work on feature");
    world.git("switch -q main");
    assert_eq!(titles(world), ["On main"], "{mode:?}");
}

#[test]
fn a_squash_comes_in_by_the_users_word_and_undo_takes_it_back() {
    each_mode(|world, mode| {
        feature(world, mode);
        world.git("merge -q --squash feature");
        if mode == Mode::Shared {
            // The squash brought the file along: what is tested is a squash that did not.
            world.git("checkout -q HEAD -- .throughline");
        }
        world.commit("squashed");
        assert_eq!(titles(world), ["On main"], "{mode:?}");
        world.thru(&["lines", "merge", "feature"]).assert_success();
        assert_eq!(titles(world), ["On feature", "On main"], "{mode:?}");
        assert_eq!(status_of(world, "On main"), "completed", "{mode:?}");
        world.thru(&["undo"]).assert_success();
        assert_eq!(titles(world), ["On main"], "{mode:?}");
        assert_eq!(status_of(world, "On main"), "pending", "{mode:?}");
    });
}

#[test]
fn the_line_of_a_deleted_branch_can_be_adopted_and_that_taken_back() {
    each_mode(|world, mode| {
        feature(world, mode);
        world.git("branch -q -D feature");
        assert_eq!(titles(world), ["On main"], "{mode:?}");
        world.thru(&["lines", "adopt", "feature"]).assert_success();
        assert_eq!(titles(world), ["On feature", "On main"], "{mode:?}");
        assert_eq!(status_of(world, "On main"), "completed", "{mode:?}");
        world.thru(&["undo"]).assert_success();
        assert_eq!(titles(world), ["On main"], "{mode:?}");
    });
}

#[test]
fn undo_takes_a_merge_by_default_back() {
    each_mode(|world, mode| {
        add(world, "On main");
        settle(world, mode, "base tasks");
        world.branch("feature");
        // In shared mode git does not carry it: it is not published.
        add(world, "On feature");
        world.commit("f1");
        look(world, "repo");
        world.git("switch -q main");
        world.git("merge -q --no-ff -m merge feature");
        assert_eq!(titles(world), ["On feature", "On main"], "{mode:?}");
        let log = json(world, &["log", "--drift", "-n", "1"]);
        let unit = text(&log["log"][0]["record"]["unit"]);
        world.thru(&["undo", &unit]).assert_success();
        assert_eq!(titles(world), ["On main"], "{mode:?}");
        world.commit("more");
        assert_eq!(titles(world), ["On main"], "{mode:?}: it does not come in again");
    });
}
