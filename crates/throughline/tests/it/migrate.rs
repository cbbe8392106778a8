//! `thru cache migrate`: memory from what agents did before anybody remembered it.

use std::collections::BTreeMap;

use serde_json::{Value, json as value};
use throughline_testkit::World;
use throughline_testkit::history::{Ballast, HistoryOptions, ThreadTruth, write_history};

use crate::{bare_world, json};

/// What one line has to get, by the generator's own account.
#[derive(Debug, Default, PartialEq, Eq)]
struct Expected {
    sessions: usize,
    turns: usize,
    open: usize,
    completed: usize,
    cancelled: usize,
    commits: usize,
}

impl Expected {
    fn of(line: &Value) -> Self {
        let count = |value: &Value| usize::try_from(value.as_u64().unwrap()).unwrap();
        Self {
            sessions: count(&line["sessions"]),
            turns: count(&line["turns"]),
            open: count(&line["steps"]["open"]),
            completed: count(&line["steps"]["completed"]),
            cancelled: count(&line["steps"]["cancelled"]),
            commits: count(&line["commits"]),
        }
    }

    fn take(&mut self, thread: &ThreadTruth, is_latest: bool) {
        self.sessions += 1;
        self.turns += thread.turns.len();
        self.commits += thread.turns.iter().filter(|turn| turn.commit.is_some()).count();
        for (_, status) in &thread.plan {
            match (*status, is_latest) {
                ("completed", _) => self.completed += 1,
                (_, true) => self.open += 1,
                (_, false) => self.cancelled += 1,
            }
        }
    }
}

/// The truth by line: threads come in the order of time, and the last plan of a line is the one
/// that stands.
fn expected(truth: &[ThreadTruth]) -> BTreeMap<String, Expected> {
    let mut all: BTreeMap<String, Expected> = BTreeMap::new();
    for (at, thread) in truth.iter().enumerate() {
        let follows = |later: &ThreadTruth| later.branch == thread.branch && !later.plan.is_empty();
        let is_latest = !truth[at + 1..].iter().any(follows);
        all.entry(thread.branch.clone()).or_default().take(thread, is_latest);
    }
    all
}

/// A project with these branches, and a history of so many sessions on them and on those that are gone.
fn with_history(
    init: &[&str],
    there: &[&str],
    gone: &[&str],
    threads: usize,
) -> (World, Vec<ThreadTruth>) {
    let world = bare_world();
    world.thru(init).assert_success();
    world.commit("remember");
    for branch in there {
        world.branch(branch).commit(&format!("work on {branch}"));
        world.git("switch --quiet main");
    }
    let head = world.head();
    let all = ["main"].iter().chain(there).chain(gone);
    let branches = all.map(|branch| ((*branch).to_owned(), head.clone())).collect();
    let options = HistoryOptions {
        threads,
        cwd: world.repo(),
        branches,
        ballast: Ballast::Light,
        seed: 7,
    };
    let truth = write_history(&world.codex_home(), &options);
    (world, truth)
}

fn migrate(world: &World, more: &[&str]) -> Value {
    json(world, &[&["cache", "migrate", "--from-history", "--yes"], more].concat())
}

/// Everything that an undo has to bring back: tasks, milestones, sessions, the state's bytes, and what
/// other lines have beside what they took from the one on which we are.
fn memory(world: &World) -> Vec<Value> {
    let mut all = vec![
        json(world, &["tasks", "list", "--all"]),
        json(world, &["milestones", "list", "--all"]),
        json(world, &["snapshot"]),
        json(world, &["sessions", "list"]),
        json(world, &["cache", "show"]),
    ];
    let ours = all[0]["tasks"].as_array().cloned().unwrap_or_default();
    let lines = json(world, &["lines", "list", "--all"]);
    for line in lines["lines"].as_array().unwrap() {
        let key = line["line"].as_str().unwrap();
        let shown = json(world, &["lines", "show", key]);
        let tasks = shown["tasks"].as_array().into_iter().flatten();
        let own: Vec<_> = tasks.filter(|task| !ours.contains(task)).cloned().collect();
        if !own.is_empty() {
            all.push(value!({ "line": key, "tasks": own }));
        }
    }
    all
}

#[test]
fn two_hundred_sessions_over_twelve_branches() {
    for init in [&["init"][..], &["init", "--local"]] {
        let mode = init.last().unwrap();
        let there = ["one", "two", "three", "four", "five", "six", "feat/seven", "eight"];
        let (world, truth) = with_history(init, &there, &["gone-1", "gone-2", "gone-3"], 200);
        world.thru(&["tasks", "add", "Mine"]).assert_success();
        let before = memory(&world);
        let planned = json(&world, &["cache", "migrate", "--from-history", "--dry-run"]);
        assert_eq!(memory(&world), before, "{mode}: a dry run changes nothing");
        let report = migrate(&world, &[]);
        assert_eq!(report["done"], true, "{report}");
        assert_eq!(planned["plan"], report["plan"]);
        let expected = expected(&truth);
        let lines = report["plan"]["lines"].as_array().unwrap();
        let found = lines.iter().map(|line| {
            let key = line["line"].as_str().unwrap().to_owned();
            (key, Expected::of(&line["counts"]))
        });
        assert_eq!(found.collect::<BTreeMap<_, _>>(), expected, "{mode}");
        assert_files(&world, &truth);
        assert_tasks(&world, &expected);
        let again = migrate(&world, &[]);
        assert_eq!(again["plan"]["nothing_to_do"], true, "{mode}: {again}");
        assert_eq!(again["plan"]["passed_over"], 200);
        assert_eq!(again["done"], false);
        let undone = json(&world, &["undo"]);
        assert_eq!(undone["undone"], report["unit"]);
        assert_eq!(undone["left_alone"].as_array().map_or(0, Vec::len), 0, "{undone}");
        assert_eq!(memory(&world), before, "{mode}: undo is exact");
        let anew = migrate(&world, &[]);
        assert_eq!(anew["plan"]["counts"], report["plan"]["counts"], "{mode}");
    }
}

/// Each session has its file, with the turns that were made up.
fn assert_files(world: &World, truth: &[ThreadTruth]) {
    let sessions = json(world, &["sessions", "list"]);
    let sessions = sessions["sessions"].as_array().unwrap();
    assert_eq!(sessions.len(), truth.len());
    let folder = crate::project_folder(world).join("sessions");
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        let file: Value = serde_json::from_slice(&bytes).unwrap();
        files.insert(file["id"].as_str().unwrap().to_owned(), file);
    }
    for thread in truth {
        let file = &files[&thread.id];
        let turns = file["turns"].as_array().unwrap();
        assert_eq!(turns.len(), thread.turns.len(), "{}", thread.id);
        for (turn, made_up) in turns.iter().zip(&thread.turns) {
            assert_eq!(turn["id"], made_up.id.as_str());
            assert_eq!(turn["line"], thread.branch.as_str());
            let status = if made_up.ended { "ended" } else { "interrupted" };
            assert_eq!(turn["status"], status, "{}", made_up.id);
        }
    }
}

/// Open steps of a line are on this line and on no other.
fn assert_tasks(world: &World, expected: &BTreeMap<String, Expected>) {
    for (line, expected) in expected {
        let shown = json(world, &["lines", "show", line]);
        let tasks = shown["tasks"].as_array().cloned().unwrap_or_default();
        let steps = tasks.iter().filter(|task| task["kind"] == "step").count();
        assert_eq!(steps, expected.open, "{line}: {shown}");
    }
}
