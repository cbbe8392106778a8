//! The real, unmodified Codex works in a repository, with a stand-in model provider.
//!
//! What the model was told is read from the request bodies that the provider received; what is
//! remembered, from our own command.

use std::time::Duration;

use throughline_testkit::{Codex, Provider, Script, Step, World};

use crate::{json, project, status_of, tasks, text};

pub(crate) const START: [(&str, &str); 3] =
    [("Read code", "in_progress"), ("Fix bug", "pending"), ("Commit", "pending")];
pub(crate) const LATER: [(&str, &str); 3] =
    [("Read code", "completed"), ("Fix bug", "in_progress"), ("Commit", "pending")];
pub(crate) const BEGIN: &str = "<throughline-memory";

/// A project whose Codex was connected by `thru setup codex`.
pub(crate) fn connected(codex: &Codex) -> World {
    let world = project();
    connect(&world, codex);
    world
}

/// `thru setup codex`, with the trust that hooks need.
pub(crate) fn connect(world: &World, codex: &Codex) {
    std::fs::create_dir_all(world.codex_home()).expect("codex home");
    let program = codex.native().to_str().expect("a path in UTF-8").to_owned();
    world.write(world.codex_home().join("config.toml"), "");
    let report = world.thru(&["setup", "codex", "--yes", "--json", "--codex", &program]);
    let report = report.assert_success().json();
    assert_eq!(report["trusted"], report["hooks"], "{report}");
    assert!(report["hooks"].as_u64() > Some(5), "{report}");
}

pub(crate) fn memory_of(provider: &Provider, request: usize) -> Vec<String> {
    let texts = provider.requests()[request].developer_texts();
    texts.into_iter().filter(|text| text.contains(BEGIN)).collect()
}

/// The fold is detached: it has ended once the session file tells of the answer.
pub(crate) fn folded(world: &World, answer: &str) {
    for _ in 0..600 {
        let sessions = json(world, &["sessions", "list"]).to_string();
        if sessions.contains(answer) {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("no session tells of {answer:?}: {}", json(world, &["sessions", "list"]));
}

#[test]
fn real_codex_plan_becomes_tasks_and_stays_the_same_tasks() {
    let Some(codex) = Codex::required() else { return };
    let world = connected(&codex);
    let provider = Provider::start(Script::steps([
        Step::new().plan(&START),
        Step::new().plan(&LATER),
        Step::new().plan(&LATER),
        Step::text("Half of it is done."),
    ]));
    world.codex(&codex, &provider).exec("Fix the greeting").assert_success();
    folded(&world, "Half of it is done.");

    for (title, status) in LATER {
        assert_eq!(status_of(&world, title), status, "{:?}", tasks(&world));
    }
    assert_eq!(tasks(&world).len(), 4, "three steps and their root: {:?}", tasks(&world));
    let all = json(&world, &["tasks", "list", "--all"]);
    let read = all["tasks"].as_array().expect("list").iter().find(|t| t["title"] == "Read code");
    let shown = json(&world, &["tasks", "show", &text(&read.expect("task")["id"])]);
    assert_eq!(shown["evidence"][0]["commit"], world.head(), "{shown}");
    let log = json(&world, &["log", "-n", "100"]);
    let plans = log["log"].as_array().expect("log").iter();
    let plans = plans.filter(|e| !e["record"]["body"]["plan"].is_null()).count();
    assert_eq!(plans, 2, "the same plan again is no change");
}

#[test]
fn real_codex_next_session_gets_the_brief_once() {
    let Some(codex) = Codex::required() else { return };
    let world = connected(&codex);
    let first = Provider::start(Script::steps([
        Step::new().plan(&LATER),
        Step::text("I read the code. The bug is in the lexer."),
    ]));
    world.codex(&codex, &first).exec("Fix the greeting").assert_success();
    folded(&world, "I read the code.");

    let second = Provider::start(Script::steps([Step::text("Going on.")]));
    world.codex(&codex, &second).exec("Continue").assert_success();
    let told = memory_of(&second, 0);
    assert_eq!(told.len(), 1, "{told:?}");
    for expected in ["Fix bug", "I read the code.", "Next:", "data"] {
        assert!(told[0].contains(expected), "{expected:?} is missing in {}", told[0]);
    }
}

#[test]
fn real_codex_is_told_of_a_switch_in_the_next_request() {
    let Some(codex) = Codex::required() else { return };
    let world = connected(&codex);
    let provider = Provider::start(Script::steps([
        Step::text("One."),
        Step::text("Two."),
        Step::text("Three."),
    ]));
    let session = world.codex(&codex, &provider);
    session.exec("First").assert_success();
    folded(&world, "One.");
    world.branch("feature");
    session.resume("Second").assert_success();
    let told = memory_of(&provider, 1).pop().unwrap_or_default();
    assert!(told.contains("feature is a new branch that starts from main"), "{told}");
    folded(&world, "Two.");
    let status = world.run("status");
    assert!(status.contains("feature is a new branch that starts from main"), "{status}");

    world.commit("by hand");
    session.resume("Third").assert_success();
    let told = memory_of(&provider, 2).pop().unwrap_or_default();
    assert!(told.contains("feature has a new commit") && told.contains("by hand"), "{told}");
}

#[test]
fn real_codex_shell_patch_and_commit_are_remembered() {
    let Some(codex) = Codex::required() else { return };
    let world = connected(&codex);
    let patch = "*** Begin Patch\n*** Add File: new.py\n+x = 1\n*** End Patch";
    let provider = Provider::start(Script::steps([
        Step::new().plan(&[("Write it", "in_progress")]),
        Step::new().patch(patch),
        Step::new().shell("git add -A && git commit -qm 'feat: new'"),
        Step::new().plan(&[("Write it", "completed")]),
        Step::text("Written.\n\n## Next steps\n- release it"),
    ]));
    world.codex(&codex, &provider).exec("Write it").assert_success();
    folded(&world, "Written.");
    let session = json(&world, &["sessions", "show", "last"]);
    let turn = &session["turns"][0];
    let actions = turn["actions"].to_string();
    assert!(actions.contains("new.py") && actions.contains("git commit"), "{session}");
    assert_eq!(turn["follow_ups"][0], "release it", "{session}");
    assert_eq!(turn["git_after"]["head"], world.head(), "{session}");
    let all = json(&world, &["tasks", "list", "--all"]);
    let step = all["tasks"].as_array().expect("list").iter().find(|t| t["kind"] == "step");
    let shown = json(&world, &["tasks", "show", &text(&step.expect("step")["id"])]);
    assert_eq!(shown["evidence"][0]["files"][0], "new.py", "{shown}");
    assert_eq!(shown["evidence"][0]["commit"], world.head(), "{shown}");
}

#[test]
fn real_codex_in_code_mode_is_mirrored_too() {
    let Some(codex) = Codex::required() else { return };
    let world = connected(&codex);
    let source = "await tools.update_plan({plan:[{step:'A',status:'completed'},{step:'B',status:'in_progress'}]});";
    let provider = Provider::start(Script::steps([Step::new().code(source), Step::text("Coded.")]));
    world.codex(&codex, &provider).code_mode().exec("Do A and B").assert_success();
    folded(&world, "Coded.");
    assert_eq!(status_of(&world, "A"), "completed");
    assert_eq!(status_of(&world, "B"), "in_progress");
}

#[test]
fn real_codex_killed_in_mid_turn_loses_nothing() {
    let Some(codex) = Codex::required() else { return };
    let world = connected(&codex);
    let provider = Provider::start(Script::steps([Step::new().plan(&LATER), Step::new().hang()]));
    let running = world.codex(&codex, &provider).spawn("Fix the greeting");
    provider.wait_for_requests(2, Duration::from_secs(30));
    let working = json(&world, &["status"]);
    assert_eq!(
        working["interrupted"].as_array().map(Vec::len),
        Some(0),
        "it still works: {working}"
    );
    running.kill();
    let status = json(&world, &["status"]);
    assert_eq!(status["interrupted"][0]["prompt"], "Fix the greeting", "{status}");
    assert_eq!(status_of(&world, "Read code"), "completed");

    let second = Provider::start(Script::steps([Step::text("On it.")]));
    world.codex(&codex, &second).exec("Continue").assert_success();
    let told = memory_of(&second, 0).pop().unwrap_or_default();
    assert!(told.contains("interrupted") && told.contains("Fix bug"), "{told}");
}
