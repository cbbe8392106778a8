//! The pre-commit entry: which commits carry what is pending, and how the entry is put into a hook
//! and taken out.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use throughline_testkit::World;

use crate::{bare_world, json, project};

const FILE: &str = ".throughline/project_state.json";
const HOOK: &str = ".git/hooks/pre-commit";
const TITLE: &str = "Carried along";

fn set_up(world: &World) {
    world.thru(&["setup", "git", "--pre-commit", "--yes"]).assert_success();
}

/// With the entry, a change of somebody's own in `README.md`, and one pending.
fn awaiting() -> World {
    let world = project();
    set_up(&world);
    world.write("README.md", "changed\n");
    world.thru(&["tasks", "add", TITLE]).assert_success();
    world
}

fn pending(world: &World) -> u64 {
    json(world, &["status"])["pending"].as_u64().expect("a count")
}

fn holds(world: &World, revision: &str) -> bool {
    let shown = world.try_git(&["show", &format!("{revision}:{FILE}")]);
    shown.stdout.contains(TITLE)
}

/// What git left locked.
fn locks(world: &World) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![world.repo().join(".git")];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).expect("list") {
            let path = entry.expect("entry").path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|end| end == "lock") {
                found.push(path);
            }
        }
    }
    found
}

/// A commit, and what has to follow from it.
struct Row {
    name: &'static str,
    script: &'static str,
    /// Whether HEAD has the change then; else it is pending, or published and not in HEAD.
    carried: bool,
    /// What `git status --porcelain -uno` says then.
    status: &'static str,
    /// What is pending then.
    pending: u64,
}

const fn carried(name: &'static str, script: &'static str) -> Row {
    Row { name, script, carried: true, status: "", pending: 0 }
}

const fn left(name: &'static str, script: &'static str, status: &'static str) -> Row {
    Row { name, script, carried: false, status, pending: 1 }
}

const README: &str = " M README.md\n";

#[rustfmt::skip]
const ROWS: [Row; 19] = [
    carried("an ordinary commit", "git add README.md; git commit -qm x"),
    carried("commit -a", "git commit -qam x"),
    carried("commit -a in a folder", "mkdir -p deep/er; cd deep/er; git commit -qam x"),
    carried("commit --include", "git commit -q -m x --include README.md"),
    carried("amend", "git add README.md; git commit -q --amend --no-edit"),
    carried("amend -a", "git commit -q --amend --no-edit -a"),
    carried("published before, not staged", "\"$THRU\" publish; git add README.md; git commit -qm x"),
    carried("published and staged before", "\"$THRU\" publish --stage; git add README.md; git commit -qm x"),
    carried("given up, then made", "git add README.md; ! git commit -qm '' 2>&1; git commit -qm x"),
    carried("named paths, then all", "git commit -qm x README.md; echo >> README.md; git commit -qam y"),
    Row { name: "given up", script: "git add README.md; ! git commit -qm '' 2>&1", carried: false, status: "M  .throughline/project_state.json\nM  README.md\n", pending: 0 },
    left("a reworded commit", "git commit -q --amend -m other", README),
    left("an empty commit", "git commit -q --allow-empty -m x", README),
    left("nothing added", "! git commit -qm x", README),
    left("named paths", "git commit -qm x README.md", ""),
    left("named paths, amended", "git commit -q --amend --no-edit README.md", ""),
    left("--no-verify", "git commit -q --no-verify -am x", ""),
    left("an index of somebody's own", "cp .git/index .git/own; GIT_INDEX_FILE=.git/own git commit -qam x; git reset -q", ""),
    left("publish = manual", "printf '[memory.cache]\\npublish = \"manual\"\\n' > .throughline/config.toml; git commit -qam x", ""),
];

#[test]
fn what_a_commit_carries() {
    let mut wrong = String::new();
    for row in &ROWS {
        let world = awaiting();
        let ran = world.shell(row.script);
        let status = world.git("status --porcelain --untracked-files=no");
        let found = (ran.code, holds(&world, "HEAD"), &*status, pending(&world), locks(&world));
        let expected = (Some(0), row.carried, row.status, row.pending, Vec::new());
        if found != expected {
            let _ = writeln!(wrong, "{}: {found:?}, not {expected:?}\n{}", row.name, ran.screen());
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn the_first_commit_of_all_carries_it() {
    let world = World::unborn().with_binary(env!("CARGO_BIN_EXE_thru"));
    world.thru(&["init"]).assert_success();
    set_up(&world);
    world.thru(&["tasks", "add", TITLE]).assert_success();
    world.write("README.md", "x");
    world.git("add README.md");
    world.git("commit -qm first");
    assert!(holds(&world, "HEAD"));
    assert_eq!(world.git("status --porcelain -uno"), "");
}

#[test]
fn in_local_mode_a_commit_is_a_commit() {
    let world = bare_world();
    world.thru(&["init", "--local"]).assert_success();
    set_up(&world);
    world.thru(&["tasks", "add", TITLE]).assert_success();
    world.write("README.md", "changed\n");
    let ran = world.shell("git commit -qam x").assert_success();
    assert_eq!(ran.stderr, "");
    assert_eq!(world.git("show --name-only --format= HEAD"), "README.md\n");
}

/// Another worktree's index and another line's changes stay out of it.
#[test]
fn a_commit_in_a_linked_worktree_carries_its_lines_changes() {
    let world = awaiting();
    world.git("worktree add -q ../linked -b side");
    let linked = world.root().join("linked");
    world.thru_in(&linked, &["tasks", "add", "On the side"]).assert_success();
    let ran =
        world.shell("cd ../linked; echo more >> README.md; git commit -qam side").assert_success();
    assert!(ran.stderr.contains("carries"), "{}", ran.screen());
    let side = world.git(&format!("show side:{FILE}"));
    assert!(side.contains("On the side"), "{side}");
    assert_eq!(world.git("-C ../linked status --porcelain"), "");
    assert_eq!(pending(&world), 1, "main's is main's");
    assert_eq!(world.git("status --porcelain"), README);
    assert!(locks(&world).is_empty());
    world
        .shell("cd ../linked; echo more >> README.md; git commit -qm x README.md")
        .assert_success();
    assert_eq!(world.git("-C ../linked status --porcelain"), "");
}

#[test]
fn what_memory_asks_about_is_not_written_back_by_a_commit() {
    let world = awaiting();
    world.thru(&["publish"]).assert_success();
    world.git("checkout -q HEAD -- .throughline");
    world.thru(&["tasks", "add", "Another"]).assert_success();
    let ran = world.shell("git commit -qam x").assert_success();
    assert!(ran.stderr.contains("thru cache reconcile"), "{}", ran.screen());
    assert!(!holds(&world, "HEAD"));
}

#[test]
fn an_operation_of_gits_goes_its_way() {
    let world = awaiting();
    world.git("commit -qam base --no-verify");
    world.git("switch -qc side");
    world.git("commit -q --no-verify --allow-empty -m side");
    world.git("switch -q main");
    assert_eq!(pending(&world), 1);
    world.git("merge -q --no-ff --no-commit side");
    let ran = world.shell("git commit -qm merged").assert_success();
    assert!(ran.stderr.contains("1 change not published"), "{}", ran.screen());
    assert!(!holds(&world, "HEAD"));
    assert_eq!(world.git("status --porcelain"), "");
    world.write("README.md", "after\n");
    world.git("commit -qam after");
    assert!(holds(&world, "HEAD"));
}

#[test]
fn staging_by_hand_adds_the_state_file_and_nothing_else() {
    let world = awaiting();
    let said = json(&world, &["publish", "--stage"]);
    assert_eq!((&said["published"], &said["staged"]), (&1.into(), &true.into()), "{said}");
    assert_eq!(world.git("status --porcelain"), format!("M  {FILE}\n{README}"));
    assert_eq!(json(&world, &["publish", "--stage"])["staged"], false);
    world.git("commit -qm memory --no-verify");
    // What a person wrote there is theirs to add.
    let edited = world.read(FILE).replace(TITLE, "By hand");
    world.write(FILE, edited);
    assert_eq!(json(&world, &["publish", "--stage"])["staged"], false);
    assert_eq!(world.git("status --porcelain"), format!(" M {FILE}\n{README}"));
    // Somebody holds the index: said, and left alone.
    world.thru(&["tasks", "add", "Later"]).assert_success();
    world.write(".git/index.lock", "");
    let ran = world.thru(&["publish", "--stage"]);
    assert_eq!(ran.code, Some(1), "{}", ran.screen());
    assert!(ran.stderr.contains("index.lock"), "{}", ran.screen());
    assert_eq!(world.read(".git/index.lock"), "");
}

fn executable(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().expect("a folder")).expect("folder");
    fs::write(path, text).expect("write");
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("chmod");
}

#[test]
fn the_entry_is_shown_before_it_is_written_and_taken_out_whole() {
    let world = project();
    let hook = world.repo().join(HOOK);
    let shown = world.thru(&["setup", "git", "--pre-commit", "--dry-run"]).assert_success();
    assert!(shown.stdout.contains("publish --stage"), "{}", shown.screen());
    assert_eq!(world.thru(&["setup", "git", "--pre-commit"]).code, Some(1), "nobody agreed");
    assert!(!hook.exists());
    set_up(&world);
    assert!(world.git("status --porcelain").is_empty(), "nothing that git would deliver");
    let written = world.read(HOOK);
    set_up(&world);
    assert_eq!(world.read(HOOK), written, "twice is once");
    let all = |arguments: &[&str]| {
        let said = json(&world, arguments);
        let checks = said["checks"].as_array().expect("checks").clone();
        checks.iter().map(|check| crate::text(&check["state"])).collect::<Vec<_>>()
    };
    assert_eq!(all(&["setup", "git", "--status"]), ["ok", "ok", "ok"]);
    world.write(HOOK, written.replace("/thru'", "/gone'"));
    assert_eq!(all(&["setup", "git", "--status"]), ["ok", "ok", "stale"]);
    world.thru(&["setup", "git", "--yes"]).assert_success();
    assert_eq!(world.read(HOOK), written, "what is there is kept in step");
    world.thru(&["setup", "git", "--remove", "--pre-commit"]).assert_success();
    assert!(!hook.exists());
    assert_eq!(all(&["setup", "git", "--status"]), ["ok", "ok"]);
    assert_eq!(all(&["setup", "git", "--status", "--pre-commit"]), ["ok", "ok", "missing"]);
    set_up(&world);
    world.thru(&["setup", "git", "--remove"]).assert_success();
    assert!(!hook.exists());
    assert!(!world.read(".git/config").contains("throughline"));
}

#[test]
fn a_hook_of_somebody_else_is_kept_and_comes_back_byte_for_byte() {
    let theirs = "#!/bin/bash -eu\n# no newline at the end\necho theirs >> ran\nexit 0";
    let world = awaiting();
    world.thru(&["setup", "git", "--remove"]).assert_success();
    let hook = world.repo().join(HOOK);
    executable(&hook, theirs);
    set_up(&world);
    world.git("add README.md");
    world.git("commit -qm x");
    assert_eq!(world.read("ran"), "theirs\n");
    assert!(holds(&world, "HEAD"), "theirs ends itself, ours ran before");
    // Theirs still decides.
    let strict = world.read(HOOK).replace("exit 0", "exit 1");
    executable(&hook, &strict);
    world.write("README.md", "again\n");
    assert!(!world.try_git(&["commit", "-qam", "y"]).is_success());
    world.thru(&["setup", "git", "--remove"]).assert_success();
    assert_eq!(world.read(HOOK), theirs.replace("exit 0", "exit 1"));
    assert_eq!(fs::metadata(&hook).expect("stat").permissions().mode() & 0o777, 0o755);
}

type Prepare = fn(&World);

#[test]
fn where_the_entry_can_not_be_the_line_is_told_and_nothing_written() {
    let cases: [(&str, Prepare); 7] = [
        ("no shell script", |w| executable(&w.repo().join(HOOK), "#!/usr/bin/env python3\n")),
        ("not executable", |w| {
            w.write(HOOK, "#!/bin/sh\n");
        }),
        ("a link", |w| {
            executable(&w.repo().join("tracked"), "#!/bin/sh\n");
            fs::create_dir_all(w.repo().join(".git/hooks")).expect("folder");
            symlink("../../tracked", w.repo().join(HOOK)).expect("link");
        }),
        ("core.hooksPath", |w| {
            executable(&w.repo().join(".githooks/pre-commit"), "#!/bin/sh\n");
            w.git("config core.hooksPath .githooks");
        }),
        ("core.hooksPath", |w| {
            // By a way around: a link in the git directory to tracked files.
            fs::create_dir_all(w.repo().join("tracked")).expect("folder");
            symlink("../tracked", w.repo().join(".git/around")).expect("link");
            w.git("config core.hooksPath .git/around");
        }),
        ("core.hooksPath", |w| drop(w.git("config core.hooksPath /dev/null"))),
        ("core.hooksPath", |w| drop(w.git("config core.hooksPath ../nowhere"))),
    ];
    for (why, prepare) in cases {
        let world = project();
        prepare(&world);
        let before = fs::read(world.repo().join(HOOK)).ok();
        let config = world.read(".git/config");
        let ran = world.thru(&["setup", "git", "--pre-commit", "--yes"]);
        assert_eq!(ran.code, Some(1), "{why}: {}", ran.screen());
        assert!(ran.stderr.contains(why), "{why}: {}", ran.screen());
        assert!(ran.stderr.contains("' publish --stage --quiet"), "{why}: {}", ran.screen());
        assert_eq!(fs::read(world.repo().join(HOOK)).ok(), before, "{why}");
        assert_eq!(world.read(".git/config"), config, "{why}");
        // The rest is to be had without it, and removing and looking go well.
        world.thru(&["setup", "git", "--yes"]).assert_success();
        world.thru(&["setup", "git", "--status"]).assert_success();
        world.thru(&["setup", "git", "--remove"]).assert_success();
        assert_eq!(world.read(".git/config"), config, "{why}");
    }
}

#[test]
fn a_hooks_folder_of_the_users_own_is_respected() {
    let world = awaiting();
    world.thru(&["setup", "git", "--remove"]).assert_success();
    let own = world.root().join("own hooks");
    fs::create_dir(&own).expect("folder");
    world.git_args(&["config", "core.hooksPath", own.to_str().expect("path")]);
    set_up(&world);
    assert!(own.join("pre-commit").exists() && !world.repo().join(HOOK).exists());
    world.git("commit -qam x");
    assert!(holds(&world, "HEAD"));
    world.thru(&["setup", "git", "--remove"]).assert_success();
    assert!(!own.join("pre-commit").exists());
}

#[test]
fn any_place_of_the_program_will_do_and_without_it_commits_go_on() {
    let world = awaiting();
    let folder = world.root().join("it's \"a\" $place; with `all` \\ %s");
    fs::create_dir(&folder).expect("folder");
    let program = folder.join("thru");
    if fs::hard_link(world.binary(), &program).is_err() {
        fs::copy(world.binary(), &program).expect("copy");
    }
    let moved = |arguments: &[&str]| {
        let mut command = world.command(&program, &world.repo());
        let ran = command.args(arguments).output().expect("thru");
        assert!(ran.status.success(), "{ran:?}");
    };
    moved(&["setup", "git", "--pre-commit", "--yes"]);
    world.git("add README.md");
    let ran = world.shell("git commit -qm x").assert_success();
    assert!(holds(&world, "HEAD"), "{}", ran.screen());
    assert_eq!(ran.stderr, "throughline: the commit carries 1 change of memory\n");

    world.thru(&["tasks", "add", "Later"]).assert_success();
    // It fails: one line, and the commit is made.
    let home = world.state();
    fs::rename(&home, world.root().join("away")).expect("rename");
    let ran =
        world.shell("git commit -q --allow-empty -m y; git log -1 --format=%s").assert_success();
    assert_eq!((ran.stdout.trim(), ran.stderr.lines().count()), ("y", 1), "{}", ran.screen());
    fs::remove_dir_all(&home).ok();
    fs::rename(world.root().join("away"), &home).expect("rename");

    fs::remove_file(&program).expect("remove");
    world.write("README.md", "again\n");
    let ran = world.shell("git commit -qam z; git log -1 --format=%s").assert_success();
    assert_eq!(ran.stdout, "z\n");
    assert!(ran.stderr.contains("its program is gone"), "{}", ran.screen());
    assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.screen());
    assert_eq!(world.git("status --porcelain"), "");
}
