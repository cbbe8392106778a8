//! Commands that decide about lines: reconcile, merge, adopt, resolve, roll back; and commands that
//! settle a drift on their way. Each begins in a history of git of its own.

use std::fs;
use std::path::PathBuf;

use throughline_testkit::history::{Ballast, HistoryOptions, write_history};
use throughline_testkit::{Effort, World};

use super::scenarios::{
    Build, Group, Prepare, Role, Scenario, Undo, command, id_of, keep_a_state, ok,
};
use crate::{bare_world, json, text};

const FILE: &str = ".throughline/project_state.json";

fn decision(name: &'static str, words: &[&str]) -> Scenario {
    Scenario { role: Role::Decision, undo: Undo::Whole, ..command(name, words) }
}

fn reconcile(name: &'static str, words: &[&str]) -> Scenario {
    decision(name, &[&["cache", "reconcile"], words].concat())
}

/// Lines of `thru …`, `commit MESSAGE`, `try …` (git, which may fail), and else words for git.
pub(super) fn play(world: &World, script: &str) {
    for line in script.lines().map(str::trim).filter(|line| !line.is_empty()) {
        match line.split_once(' ').unwrap_or((line, "")) {
            ("thru", rest) => ok(world, rest),
            ("commit", message) => drop(world.commit(message)),
            ("try", rest) => drop(world.try_git(&rest.split(' ').collect::<Vec<_>>())),
            (_, _) => drop(world.git(line)),
        }
    }
}

/// Three tasks, one of them done at a commit that is no longer HEAD.
fn remembered(init: &str) -> World {
    let world = bare_world();
    play(&world, init);
    let script = "
        commit remember
        thru tasks add Alpha --ref A
        thru tasks add Beta --ref B
        thru tasks add Gamma --ref C --depends-on A
        commit work
        thru tasks complete A
        thru publish
        commit state
        thru status
        thru fold";
    play(&world, script);
    world
}

fn amended(world: &World) {
    let script = "
        commit more
        thru tasks complete B
        thru status
        commit --amend
        reset -q --soft HEAD~2
        commit more";
    play(world, script);
}

fn advanced(world: &World) {
    play(world, "commit one\ncommit two");
}

/// Another line with work of its own, and memory back on main.
const SIDE: &str = "
    switch -q -c side
    thru tasks add Aside --ref S
    thru tasks edit B --title Better
    commit aside
    thru status
    switch -q main
    thru status
    thru tasks add Here --ref H";

fn beside(world: &World) {
    play(world, SIDE);
}

fn merged(world: &World) {
    play(world, SIDE);
    play(world, "merge -q --no-ff --no-edit side");
}

fn renamed(world: &World) {
    play(world, "switch -q -c old\nthru tasks add Old\ncommit old\nthru status\nbranch -q -m new");
}

fn branched(world: &World) {
    play(world, "switch -q -c feature\ncommit feature");
}

/// A branch without a commit in common with any line: somebody is asked.
fn unrelated(world: &World) {
    play(world, "switch -q --orphan alone\ncommit alone\nthru status");
}

fn deserted(world: &World) {
    play(world, SIDE);
    play(world, "branch -q -D side");
}

/// A commit is taken back; in shared mode it held acknowledged changes.
fn rewound(world: &World) {
    play(world, "thru tasks add Kept\nthru publish\ncommit kept\nthru status");
    play(world, "reset -q --hard HEAD~1\nthru status");
}

/// Two branches changed the same title; git's merge left markers.
const CONFLICT: &str = "
    switch -q -c side
    thru tasks edit B --title Better
    thru publish
    commit aside
    thru status
    switch -q main
    thru tasks edit B --title Best
    thru publish
    commit here
    thru status
    try merge -q --no-edit side";

fn in_conflict(world: &World) {
    play(world, CONFLICT);
}

fn undecided(world: &World) {
    play(world, CONFLICT);
    play(world, "thru cache resolve\ncommit merged\nthru status");
}

fn undecided_local(world: &World) {
    play(world, SIDE);
    play(world, "thru tasks edit B --title Best\nthru lines merge side");
}

/// The three files that git hands to its driver, in a folder that is looked at.
fn for_the_driver(world: &World) {
    play(world, CONFLICT);
    let files = [("base", ":1"), ("ours", ":2"), ("theirs", ":3")];
    for (name, stage) in files {
        let state = world.git(&format!("show {stage}:{FILE}"));
        world.write(format!(".throughline/{name}"), state);
    }
    play(world, "checkout -q --ours .throughline/project_state.json");
}

fn driver() -> Scenario {
    let file = |name: &str| format!(".throughline/{name}");
    let [base, ours, theirs] = ["base", "ours", "theirs"].map(file);
    let words = ["merge-driver", &base, &ours, &theirs];
    let looks_at = Some(PathBuf::from(&ours));
    Scenario { undo: Undo::No, looks_at, ..decision("merge-driver", &words) }
}

fn records(world: &World) {
    let record = |title: &str, status: &str| format!("# {title}\n\n## Status\n\n{status}\n");
    fs::create_dir_all(world.repo().join("docs/adr")).expect("create");
    world.write("docs/adr/0001-rust.md", record("1. Use Rust", "Accepted"));
    world.write("docs/adr/0002-git.md", record("2. Use git", "Proposed"));
}

fn milestone(world: &World) {
    play(world, "thru milestones add M1\nthru tasks edit A --milestone M1");
}

fn place_of_conflict(world: &World) -> String {
    text(&json(world, &["tasks", "conflicts"])["conflicts"][0]["at"])
}

/// What is the same in both modes; names begin with the mode.
macro_rules! both {
    ($mode:literal) => {
        vec![
            (amended as Prepare, |_| decision(concat!($mode, "status, amended"), &["status"])),
            (merged, |_| decision(concat!($mode, "next, merged"), &["next"])),
            (renamed, |_| decision(concat!($mode, "status, renamed"), &["status"])),
            (advanced, |_| reconcile(concat!($mode, "--fast-forward"), &["--fast-forward"])),
            (amended, |_| reconcile(concat!($mode, "--rebase"), &["--rebase"])),
            (renamed, |_| reconcile(concat!($mode, "--follow"), &["--follow"])),
            (branched, |_| reconcile(concat!($mode, "--fork"), &["--fork"])),
            (unrelated, |_| reconcile(concat!($mode, "--fork main"), &["--fork", "main"])),
            (rewound, |_| reconcile(concat!($mode, "--ignore"), &["--ignore"])),
            (beside, |_| reconcile(concat!($mode, "--rebuild"), &["--rebuild"])),
            (beside, |_| reconcile(concat!($mode, "--merge"), &["--merge", "side"])),
            (beside, |_| decision(concat!($mode, "lines merge"), &["lines", "merge", "side"])),
            (deserted, |_| decision(concat!($mode, "lines adopt"), &["lines", "adopt", "side"])),
            (beside, |_| decision(concat!($mode, "lines retire"), &["lines", "retire", "side"])),
        ]
    };
}

/// Where the state is committed.
pub(super) fn shared() -> Group {
    let mut all: Vec<(Prepare, Build)> = both!("");
    let more: Vec<(Prepare, Build)> = vec![
        (rewound, |_| reconcile("--restore", &["--restore"])),
        (in_conflict, |_| Scenario {
            undo: Undo::No,
            ..decision("cache resolve", &["cache", "resolve"])
        }),
        (undecided, |world| {
            let place = place_of_conflict(world);
            decision("tasks resolve", &["tasks", "resolve", &place, "--keep", "1"])
        }),
        (for_the_driver, |_| driver()),
        (keep_a_state, |_| decision("cache rollback", &["cache", "rollback", "1"])),
        (milestone, |_| decision("milestones reach", &["milestones", "reach", "M1"])),
        (milestone, |_| decision("milestones drop", &["milestones", "drop", "M1"])),
        (|_| {}, |_| decision("snapshot", &["snapshot", "here", "--reason", "why"])),
        (records, |_| decision("adr import", &["adr", "import"])),
        (records, |world| {
            ok(world, "adr import");
            decision("adr link", &["adr", "link", "2", &id_of(world, "Beta")])
        }),
    ];
    all.extend(more);
    Group::with_git(remembered("thru init"), all)
}

/// Where it is in HOME.
pub(super) fn local() -> Group {
    let mut all: Vec<(Prepare, Build)> = both!("local: ");
    if Effort::asked() == Effort::Sample {
        // The others do the same in both modes.
        all.drain(3..7);
    }
    let more: Vec<(Prepare, Build)> = vec![
        (undecided_local, |world| {
            let place = place_of_conflict(world);
            decision("local: tasks resolve", &["tasks", "resolve", &place, "--keep", "1"])
        }),
        (keep_a_local_state, |_| decision("local: cache rollback", &["cache", "rollback", "1"])),
    ];
    all.extend(more);
    Group::with_git(remembered("thru init --local"), all)
}

/// A merge keeps what stood before it.
fn keep_a_local_state(world: &World) {
    play(world, SIDE);
    play(world, "thru lines merge side");
}

/// Sessions of the past, brought in.
pub(super) fn history() -> Group {
    let all: Vec<(Prepare, Build)> = vec![(the_past, |_| {
        decision("cache migrate", &["cache", "migrate", "--from-history", "--yes"])
    })];
    Group::with_git(remembered("thru init"), all)
}

fn the_past(world: &World) {
    let branches = vec![("main".to_owned(), world.head())];
    let (cwd, ballast) = (world.repo(), Ballast::Light);
    let options = HistoryOptions { threads: 3, cwd, branches, ballast, seed: 2 };
    write_history(&world.codex_home(), &options);
}
