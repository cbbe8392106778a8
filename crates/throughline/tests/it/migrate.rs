//! `thru cache migrate`: memory from what agents did before anybody remembered it.

#![expect(clippy::unwrap_used, reason = "a test's own JSON is as it was written")]

use std::collections::BTreeMap;

use serde_json::Value;
use throughline_testkit::history::{Ballast, HistoryOptions, ThreadTruth, write_history};
use throughline_testkit::{HookEvent, World};

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
    let options =
        HistoryOptions { threads, cwd: world.repo(), branches, ballast: Ballast::Light, seed: 7 };
    let truth = write_history(&world.codex_home(), &options);
    (world, truth)
}

fn migrate(world: &World, more: &[&str]) -> Value {
    json(world, &[&["cache", "migrate", "--from-history", "--yes"], more].concat())
}

/// Everything that an undo has to bring back on the line on which we are.
fn memory(world: &World) -> Vec<Value> {
    vec![
        json(world, &["tasks", "list", "--all"]),
        json(world, &["milestones", "list", "--all"]),
        json(world, &["snapshot"]),
        json(world, &["sessions", "list"]),
        json(world, &["cache", "show"]),
    ]
}

fn files_in(world: &World, folder: &str) -> Vec<Value> {
    let mut found = Vec::new();
    let mut folders = vec![crate::project_folder(world).join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "json") {
                found.push(serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap());
            }
        }
    }
    found
}

/// No line keeps a step or a plan.
fn assert_nothing_private(world: &World) {
    for line in files_in(world, "lines") {
        assert!(line["private"].is_null() && line["plans"].is_null(), "{line}");
    }
}

#[test]
fn two_hundred_sessions_over_twelve_branches() {
    for (init, sessions) in [(&["init"][..], 200), (&["init", "--local"], 36)] {
        let mode = init.last().unwrap();
        let there = ["one", "two", "three", "four", "five", "six", "feat/seven", "eight"];
        let (world, truth) = with_history(init, &there, &["gone-1", "gone-2", "gone-3"], sessions);
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
        assert_eq!(again["plan"]["passed_over"], sessions);
        assert_eq!(again["done"], false);
        let undone = json(&world, &["undo"]);
        assert_eq!(undone["undone"], report["unit"]);
        assert_eq!(undone["left_alone"].as_array().map_or(0, Vec::len), 0, "{undone}");
        assert_eq!(memory(&world), before, "{mode}: undo is exact");
        assert_nothing_private(&world);
        let anew = migrate(&world, &[]);
        assert_eq!(anew["plan"]["counts"], report["plan"]["counts"], "{mode}");
    }
}

/// Each session has its file, with the turns that were made up.
fn assert_files(world: &World, truth: &[ThreadTruth]) {
    let sessions = json(world, &["sessions", "list"]);
    let sessions = sessions["sessions"].as_array().unwrap();
    assert_eq!(sessions.len(), truth.len());
    let files = files_in(world, "sessions").into_iter();
    let files: BTreeMap<_, _> = files.map(|f| (crate::text(&f["id"]), f)).collect();
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

/// The transcript of a thread as if git had printed these names for its commits.
fn put_commit(thread: &ThreadTruth, name: &str) {
    let text = std::fs::read_to_string(&thread.path).unwrap();
    let made_up = thread.turns.iter().find_map(|turn| turn.commit.clone()).expect("a commit");
    std::fs::write(&thread.path, text.replace(&made_up, name)).unwrap();
}

/// A branch that was merged and is gone, one that is there, tags, and 24 sessions.
fn grown() -> (World, Vec<ThreadTruth>) {
    let world = bare_world();
    world.thru(&["init"]).assert_success();
    world.commit("remember");
    world.branch("merged").commit("their work");
    let work = world.head();
    world.git("switch --quiet -c there main");
    world.git("switch --quiet main");
    world.git("merge --quiet --no-edit merged");
    world.git("tag -a v0.1 -m First");
    world.git("tag nightly");
    world.git("tag v0.2-rc1");
    world.git("branch -D merged");
    let branches = ["main", "merged", "there"].map(|name| (name.to_owned(), world.head()));
    let options = HistoryOptions {
        threads: 24,
        cwd: world.repo(),
        branches: branches.to_vec(),
        ballast: Ballast::Light,
        seed: 4,
    };
    let truth = write_history(&world.codex_home(), &options);
    let on_merged =
        |t: &&ThreadTruth| t.branch == "merged" && t.turns.iter().any(|t| t.commit.is_some());
    put_commit(truth.iter().rfind(on_merged).expect("a commit"), &work[..9]);
    (world, truth)
}

#[test]
fn what_is_shown_before_it_is_brought_in() {
    let (world, _) = grown();
    let mut screen = String::new();
    for arguments in [
        "cache migrate",
        "cache migrate --from-history",
        "cache migrate --from-history --since 2026-10-01T12:00:00Z --dry-run",
        "cache migrate --from-history --milestones-from-tags --yes",
        "cache migrate --from-history --milestones-from-tags --yes",
        "milestones list --all",
        "snapshot",
        "lines list --all",
        "undo u-none",
        "cache migrate --since 2026-10-01",
    ] {
        screen.push_str(&world.run(arguments));
        screen.push('\n');
    }
    insta::assert_snapshot!(screen, @r#"
    $ thru cache migrate
    [stderr]
    All files are of today's versions.
    hint: --from-history begins with what agents did here before

    $ thru cache migrate --from-history
    there   8 sessions, 16 turns, 3 commits; 2 open, 7 completed, 10 cancelled  new
    merged  8 sessions, 18 turns, 6 commits; 2 open, 6 completed, 7 cancelled   branch gone → main
    main    8 sessions, 22 turns, 4 commits; 2 open, 8 completed, 11 cancelled  known
    Together: 24 sessions, 56 turns, 13 commits; 6 open, 21 completed, 28 cancelled
    [stderr]
    error: nothing was changed (--yes goes ahead without asking)
    [exit 1]

    $ thru cache migrate --from-history --since 2026-10-01T12:00:00Z --dry-run
    there   4 sessions, 8 turns, 3 commits; 2 open, 4 completed, 4 cancelled    new
    merged  4 sessions, 10 turns, 2 commits; 2 open, 3 completed, 0 cancelled   branch gone → main
    main    4 sessions, 10 turns, 2 commits; 2 open, 4 completed, 11 cancelled  known
    Together: 12 sessions, 28 turns, 7 commits; 6 open, 11 completed, 15 cancelled

    $ thru cache migrate --from-history --milestones-from-tags --yes
    there   8 sessions, 16 turns, 3 commits; 2 open, 7 completed, 10 cancelled  new
    merged  8 sessions, 18 turns, 6 commits; 2 open, 6 completed, 7 cancelled   branch gone → main
    main    8 sessions, 22 turns, 4 commits; 2 open, 8 completed, 11 cancelled  known
    Milestones: v0.1, v0.2-rc1
    Together: 24 sessions, 56 turns, 13 commits; 6 open, 21 completed, 28 cancelled
    [stderr]
    Brought in; what stood before is backup 1.
    hint: `thru undo` takes it back

    $ thru cache migrate --from-history --milestones-from-tags --yes
    [stderr]
    Nothing to do: 24 sessions known already.

    $ thru milestones list --all
    ●  m-0qyvt809  0/0 done  v0.1
    ●  m-0631v7ry  0/0 done  v0.2-rc1

    $ thru snapshot
    d0256dae6  2026-11-20T09:16:00Z  v0.1  (tag)
    d0256dae6  2026-11-20T09:12:00Z  v0.2-rc1  (tag)

    $ thru lines list --all
    main    d0256dae6  here                 3 open, 4 not published
    merged  no commit  ended, main goes on  3 open
    there   198367489  branch               3 open

    $ thru undo u-none
    [stderr]
    error: there is no unit on this line `u-none`
    [exit 1]

    $ thru cache migrate --since 2026-10-01
    [stderr]
    error: the following required arguments were not provided:
      --from-history

    Usage: thru cache migrate --from-history --since <TIME>

    For more information, try '--help'.
    [exit 2]
    "#);
}

#[test]
fn what_was_observed_is_passed_over() {
    let (world, truth) = grown();
    let thread = truth.iter().rfind(|t| t.branch == "main" && !t.plan.is_empty()).unwrap();
    let live = |event| world.hook(event).assert_success();
    live(HookEvent::user_prompt_submit(&thread.id, "t0", "go on with it"));
    live(HookEvent::post_tool_use_plan(&thread.id, "t0", &[("Only this", "in_progress")]));
    let report = migrate(&world, &[]);
    assert_eq!(report["plan"]["passed_over"], 1);
    assert_eq!(report["plan"]["counts"]["sessions"], 23);
    let lines = report["plan"]["lines"].as_array().unwrap();
    let main = lines.iter().find(|line| line["line"] == "main").unwrap();
    assert_eq!(main["counts"]["steps"]["open"], 0, "the live plan is the latest: {main}");
    let tasks = json(&world, &["tasks", "list"]);
    let titles: Vec<_> =
        tasks["tasks"].as_array().unwrap().iter().map(|t| t["title"].clone()).collect();
    assert_eq!(titles, ["go on with it", "Only this"]);
    let file = files_in(&world, "sessions").into_iter().find(|f| f["id"] == thread.id.as_str());
    assert_eq!(
        file.unwrap()["recalled"],
        Value::Null,
        "observed: not made of the transcript alone"
    );
}

#[test]
fn a_session_that_goes_on_stays_after_the_undo() {
    let (world, truth) = grown();
    migrate(&world, &[]);
    let thread = truth.iter().rfind(|t| t.branch == "main" && !t.plan.is_empty()).unwrap();
    world.hook(HookEvent::user_prompt_submit(&thread.id, "t9", "go on")).assert_success();
    let steps: Vec<_> = thread.plan.iter().map(|(step, _)| (step.as_str(), "completed")).collect();
    let before = json(&world, &["tasks", "list", "--all"]);
    world.hook(HookEvent::post_tool_use_plan(&thread.id, "t9", &steps)).assert_success();
    let after = json(&world, &["tasks", "list", "--all"]);
    let count = |tasks: &Value| tasks["tasks"].as_array().unwrap().len();
    assert_eq!(count(&after), count(&before), "the steps that were brought in are gone on with");
    let undone = json(&world, &["undo"]);
    assert!(!undone["left_alone"].as_array().unwrap().is_empty(), "{undone}");
    let sessions = json(&world, &["sessions", "list"]);
    let left = sessions["sessions"].as_array().unwrap();
    assert_eq!(left.len(), 1, "{sessions}");
    assert_eq!(left[0]["id"], thread.id.as_str());
}

#[test]
fn evidence_names_session_turn_and_commit() {
    let (world, truth) = grown();
    migrate(&world, &[]);
    let mut shown = 0;
    for line in files_in(&world, "lines") {
        let tasks = line["private"].as_object().into_iter().flatten();
        for (_, task) in tasks.filter(|(_, task)| task["kind"] == "step") {
            let of = &task["source"]["session"];
            let thread = truth.iter().find(|thread| *of == thread.id.as_str()).expect("a thread");
            assert_eq!(line["key"], thread.branch.as_str());
            if task["status"] == "completed" || task["status"] == "cancelled" {
                let turn = task["evidence"][0]["turn"].as_str().expect("a turn");
                let made = thread.turns.iter().find(|made| made.id == turn).expect("its turn");
                let commit = task["evidence"][0]["commit"].as_str();
                let is_done = task["status"] == "completed";
                assert_eq!(commit.is_some(), is_done && made.commit.is_some(), "{task}");
                shown += 1;
            }
        }
    }
    assert!(shown > 20, "{shown}");
}

#[test]
fn session_files_are_made_by_the_fold_where_the_run_was_killed() {
    let (world, _) = grown();
    migrate(&world, &[]);
    let sorted = |mut files: Vec<Value>| {
        files.sort_by_key(|file| file["id"].to_string());
        files
    };
    let made = sorted(files_in(&world, "sessions"));
    // As it stands after the write of the journal.
    let project = crate::project_folder(&world);
    std::fs::remove_dir_all(project.join("sessions")).unwrap();
    std::fs::create_dir(project.join("sessions")).unwrap();
    std::fs::remove_file(project.join("folded.json")).unwrap();
    let again = migrate(&world, &[]);
    assert_eq!(again["plan"]["nothing_to_do"], true, "{again}");
    world.thru(&["fold"]).assert_success();
    assert_eq!(sorted(files_in(&world, "sessions")), made);
}

#[test]
fn a_plain_folder_has_one_line() {
    let world = World::plain().with_binary(env!("CARGO_BIN_EXE_thru"));
    world.thru(&["init", "--local"]).assert_success();
    let options = HistoryOptions {
        threads: 5,
        cwd: world.repo(),
        branches: vec![("main".to_owned(), "0".repeat(40))],
        ballast: Ballast::Light,
        seed: 1,
    };
    write_history(&world.codex_home(), &options);
    let report = migrate(&world, &["--milestones-from-tags"]);
    assert_eq!(report["plan"]["counts"]["sessions"], 5);
    assert_eq!(report["plan"]["lines"].as_array().unwrap().len(), 1, "{report}");
    let open = &report["plan"]["counts"]["steps"]["open"];
    let tasks = json(&world, &["tasks", "list"]);
    let steps = tasks["tasks"].as_array().unwrap().iter().filter(|t| t["kind"] == "step").count();
    assert_eq!(*open, steps);
    world.thru(&["undo"]).assert_success();
    assert!(files_in(&world, "sessions").is_empty(), "at once, and not with the next fold");
    assert_eq!(migrate(&world, &[])["plan"]["counts"]["sessions"], 5);
    world.thru(&["undo"]).assert_success();
    assert_nothing_private(&world);
}

#[test]
fn a_branch_that_comes_back_starts_where_it_is_made() {
    for init in [&["init"][..], &["init", "--local"]] {
        let (world, _) = with_history(init, &["there"], &["again"], 12);
        world.thru(&["tasks", "add", "Mine"]).assert_success();
        migrate(&world, &[]);
        for branch in ["again", "there"] {
            let create = if branch == "again" { "-c" } else { "-q" };
            world.git(&format!("switch --quiet {create} {branch}"));
            let tasks = json(&world, &["tasks", "list"]);
            let tasks = tasks["tasks"].as_array().unwrap();
            assert!(tasks.iter().any(|t| t["title"] == "Mine"), "{init:?} {branch}: {tasks:?}");
            let lines = json(&world, &["lines", "list"]);
            assert_eq!(lines["lines"][0]["line"], branch);
            world.git("switch --quiet main");
        }
    }
}

/// What lines keep of plans, as far as it follows from history.
fn brought_in(world: &World) -> BTreeMap<String, [Value; 2]> {
    let of =
        |line: Value| (crate::text(&line["key"]), [line["private"].clone(), line["plans"].clone()]);
    files_in(world, "lines").into_iter().map(of).collect()
}

#[test]
fn what_comes_in_later_closes_what_came_in_before() {
    for init in [&["init"][..], &["init", "--local"]] {
        let (world, truth) = with_history(init, &["there"], &["gone"], 18);
        let later: Vec<_> = truth[9..].iter().map(|thread| thread.path.clone()).collect();
        let aside = |path: &std::path::Path| path.with_extension("aside");
        for path in &later {
            std::fs::rename(path, aside(path)).unwrap();
        }
        let first = migrate(&world, &[]);
        assert_eq!(first["plan"]["counts"]["sessions"], 9);
        let open = |world: &World| {
            brought_in(world)
                .values()
                .flat_map(|[tasks, _]| {
                    let tasks = tasks.as_object().cloned().unwrap_or_default();
                    tasks
                        .into_values()
                        .filter(|task| {
                            task["status"] == "pending" || task["status"] == "in_progress"
                        })
                        .collect::<Vec<_>>()
                })
                .count()
        };
        let before = (open(&world), brought_in(&world));
        for path in &later {
            std::fs::rename(aside(path), path).unwrap();
        }
        let planned = json(&world, &["cache", "migrate", "--from-history", "--dry-run"]);
        assert_eq!(brought_in(&world), before.1, "a dry run changes nothing");
        let second = migrate(&world, &[]);
        assert_eq!(planned["plan"], second["plan"]);
        let notes = second["plan"]["notes"].to_string();
        assert!(notes.contains("brought in before, are cancelled"), "{notes}");
        let in_two_steps = brought_in(&world);
        assert_eq!(migrate(&world, &[])["plan"]["nothing_to_do"], true, "{init:?}");
        assert_eq!(brought_in(&world), in_two_steps);
        json(&world, &["undo"]);
        assert_eq!(brought_in(&world), before.1, "{init:?}: undo is exact");
        json(&world, &["undo"]);
        migrate(&world, &[]);
        assert_eq!(in_two_steps, brought_in(&world), "{init:?}: as at once");
        assert!(before.0 > 0);
    }
}

#[test]
fn what_somebody_took_up_meanwhile_stays_open() {
    let (world, truth) = with_history(&["init"], &[], &[], 12);
    let has_open =
        |thread: &&ThreadTruth| thread.plan.iter().filter(|(_, s)| *s != "completed").count() > 1;
    let first = truth.iter().position(|thread| has_open(&thread)).expect("open steps");
    let later =
        truth[first + 1..].iter().find(|thread| !thread.plan.is_empty()).expect("a later plan");
    for thread in truth.iter().filter(|thread| thread.id != truth[first].id) {
        std::fs::rename(&thread.path, thread.path.with_extension("aside")).unwrap();
    }
    migrate(&world, &[]);
    let tasks = json(&world, &["tasks", "list"]);
    let steps: Vec<_> = tasks["tasks"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|t| t["kind"] == "step")
        .cloned()
        .collect();
    let mine = crate::text(&steps[0]["id"]);
    world.thru(&["tasks", "edit", &mine, "--title", "My own words"]).assert_success();
    std::fs::rename(later.path.with_extension("aside"), &later.path).unwrap();
    migrate(&world, &[]);
    let all = json(&world, &["tasks", "list", "--all"]);
    let status = |id: &Value| {
        let found = all["tasks"].as_array().unwrap().iter().find(|t| t["id"] == *id);
        crate::text(&found.expect("a task")["status"])
    };
    assert_eq!(status(&steps[0]["id"]), crate::text(&steps[0]["status"]), "it is somebody's");
    assert!(steps[1..].iter().all(|step| status(&step["id"]) == "cancelled"), "{all:#}");
    assert!(status(&steps[0]["parent"]) == "in_progress", "its root is not done: {all:#}");
}
