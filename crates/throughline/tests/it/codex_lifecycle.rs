//! The real Codex over the life of a session: resumed, compacted, forked, split among subagents,
//! side by side with another one, killed.

use std::time::Duration;

use serde_json::json as object;
use throughline_testkit::provider::{COMPACTION, Request};
use throughline_testkit::{Codex, Provider, Script, Step, World};

use crate::codex::{BEGIN, LATER, START, connected, folded, memory_of};
use crate::{json, status_of, tasks, text};

const LONG: Duration = Duration::from_secs(60);

/// The mark of each piece of memory in a request.
fn marks(request: &Request) -> Vec<String> {
    let texts = request.developer_texts().join("\n");
    let starts = texts.split(BEGIN).skip(1);
    starts.filter_map(|rest| Some(rest.split('"').nth(1)?.to_owned())).collect()
}

/// No request holds a piece of memory twice, or got two new ones; how many new ones each got.
fn new_marks(provider: &Provider) -> Vec<usize> {
    let mut known: Vec<String> = Vec::new();
    let count = |request: &Request| {
        let mut marks = marks(request);
        let all = marks.len();
        marks.sort();
        marks.dedup();
        assert_eq!(marks.len(), all, "told twice in {request:#?}");
        marks.retain(|mark| !known.contains(mark));
        known.extend(marks.iter().cloned());
        marks.len()
    };
    provider.requests().iter().map(count).collect()
}

fn statuses_of(world: &World, title: &str) -> Vec<String> {
    let found = tasks(world).into_iter().filter(|(known, _)| known == title);
    let mut statuses: Vec<String> = found.map(|(_, status)| status).collect();
    statuses.sort();
    statuses
}

fn interrupted(world: &World) -> Vec<String> {
    let status = json(world, &["status"]);
    let all = status["interrupted"].as_array().expect("a list").iter();
    all.map(|one| text(&one["prompt"])).collect()
}

/// A step that ends once another one made `theirs`, after making `ours`.
fn meet(ours: &str, theirs: &str) -> Step {
    let wait = format!("touch {ours}; until test -e {theirs}; do sleep 0.05; done");
    Step::new().call("exec_command", object!({"cmd": wait, "yield_time_ms": 30_000}))
}

#[test]
fn real_codex_compacted_and_resumed_keeps_its_tasks_and_is_told_again() {
    let Some(codex) = Codex::required() else { return };
    let world = connected(&codex);
    let provider = Provider::start(
        Script::steps([
            Step::new().plan(&START).usage(90_000, 0, 10),
            Step::new().plan(&LATER).usage(3_000, 0, 10),
            Step::text("One.").usage(90_000, 0, 10),
        ])
        .rule(COMPACTION, Step::text("SUMMARY").usage(3_000, 0, 10)),
    );
    let session = world.codex(&codex, &provider).auto_compact_token_limit(50_000);
    let first = session.exec("Fix the greeting").assert_success();
    let kinds: Vec<_> = provider.requests().iter().filter_map(Request::kind).collect();
    assert_eq!(kinds, ["turn", "compaction", "turn", "turn"]);
    assert_eq!(new_marks(&provider), [1, 0, 1, 0], "told at the start and after compaction");
    assert_eq!(marks(&provider.requests()[2]).len(), 1, "the summary took the first one away");
    assert!(memory_of(&provider, 2)[0].contains("[>] Read code"), "{:?}", memory_of(&provider, 2));
    folded(&world, "One.");
    let known = tasks(&world);
    assert_eq!(known.len(), 4, "{known:?}");

    // It compacts before the prompt is sent: PreCompact, two starts, then the prompt.
    let next = [Step::new().plan(&LATER), Step::text("Two.")].map(|step| step.usage(3_000, 0, 10));
    provider.set_script(Script::steps(next).rule(COMPACTION, Step::text("SUMMARY").usage(9, 0, 9)));
    session.resume_thread(first.thread(), "Go on").assert_success();
    assert_eq!(new_marks(&provider)[4..], [0, 1, 0], "compaction, turn, turn");
    assert_eq!(marks(&provider.requests()[5]).len(), 1);
    folded(&world, "Two.");

    provider.set_script(Script::steps([Step::text("Three.").usage(3_000, 0, 10)]));
    session.resume_thread(first.thread(), "And on").assert_success();
    assert_eq!(new_marks(&provider)[7..], [1], "a session that goes on is told where it is");
    folded(&world, "Three.");
    assert_eq!(tasks(&world), known, "still the same tasks");
    let shown = json(&world, &["sessions", "show", "last"]);
    assert_eq!(shown["turns"].as_array().map(Vec::len), Some(3), "{shown}");
    assert_eq!(shown["compactions"], 2, "{shown}");
}

#[test]
fn real_codex_fork_makes_a_plan_of_its_own() {
    let Some(codex) = Codex::required() else { return };
    let world = connected(&codex);
    let provider =
        Provider::start(Script::steps([Step::new().plan(&LATER), Step::text("Original.")]));
    let session = world.codex(&codex, &provider);
    let original = session.exec("Fix the greeting").assert_success();
    folded(&world, "Original.");
    let finished = LATER.map(|(step, _)| (step, "completed"));
    provider.set_script(Script::steps([
        Step::new().plan(&LATER),
        Step::new().plan(&finished[..2]),
        Step::text("Copy."),
    ]));
    let fork = session.fork_thread(original.thread(), "Another way").assert_success();
    assert_ne!(fork.thread(), original.thread());
    folded(&world, "Copy.");
    assert_eq!(statuses_of(&world, "Fix bug"), ["completed", "in_progress"]);
    assert_eq!(statuses_of(&world, "Commit"), ["cancelled", "pending"]);
    assert_eq!(new_marks(&provider), [1, 0, 1, 0, 0], "a fork is told once");

    provider.set_script(Script::steps([Step::new().plan(&finished), Step::text("Done.")]));
    session.resume_thread(original.thread(), "Finish").assert_success();
    folded(&world, "Done.");
    assert_eq!(statuses_of(&world, "Commit"), ["cancelled", "completed"], "of the original");
}

#[test]
fn real_codex_subagents_leave_their_parents_plan_alone() {
    let Some(codex) = Codex::required() else { return };
    let both = [("multi_agent_v1", "multi_agent"), ("collaboration", "multi_agent_v2")];
    for (namespace, feature) in both {
        let world = connected(&codex);
        let task = match namespace {
            "collaboration" => {
                object!({"message": "Help", "task_name": "help", "fork_turns": "none"})
            }
            _ => object!({"message": "Help"}),
        };
        let child = r#"thread_source\":\"subagent"#;
        let steps = [("Child step", "in_progress"), ("Fix bug", "pending")];
        let provider = Provider::start(
            Script::steps([
                Step::new().plan(&START),
                Step::new().call_in(namespace, "spawn_agent", task),
                meet("parent", "child"),
                Step::new().plan(&LATER),
            ])
            // The child's end may be told to the parent before or after its last answer.
            .default_step(Step::text("Parent done."))
            .rule(COMPACTION, Step::text("SUMMARY").usage(3_000, 0, 10))
            .rule_times(child, 1, Step::new().plan(&steps).usage(90_000, 0, 10))
            .rule_times(child, 1, Step::new().plan(&[("Child step", "completed")]))
            .rule_times(child, 1, meet("child", "parent"))
            .rule(child, Step::text("Child done.")),
        );
        let session = world.codex(&codex, &provider).auto_compact_token_limit(50_000);
        let session = session.config(&format!("[features]\n{feature} = true"));
        session.exec("Fix the greeting").assert_success();
        folded(&world, "Parent done.");

        assert_eq!(status_of(&world, "Child step"), "completed", "{feature}");
        assert_eq!(statuses_of(&world, "Fix bug"), ["cancelled", "in_progress"], "{feature}");
        assert_eq!(statuses_of(&world, "Commit"), ["pending"], "{feature}");
        let shown = json(&world, &["sessions", "show", "last"]);
        assert_eq!(shown["turns"].as_array().map(Vec::len), Some(1), "{feature}: {shown}");
        assert_eq!(shown["turns"][0]["prompt"], "Fix the greeting", "{feature}: {shown}");
        assert_eq!(shown["subagents"].as_object().map(|all| all.len()), Some(1), "{shown}");
        assert_eq!(shown["compactions"], 0, "{feature}: it was the child's context");
        let of_child = |request: &Request| request.header("x-codex-parent-thread-id").is_some();
        let told: Vec<_> = provider.requests().into_iter().filter(of_child).collect();
        let kinds: Vec<_> = told.iter().filter_map(Request::kind).collect();
        assert!(kinds.len() >= 4 && kinds.contains(&"compaction".to_owned()), "{kinds:?}");
        assert_eq!(told.iter().map(|r| marks(r).len()).sum::<usize>(), 0, "the parent is told");
    }
}

#[test]
fn real_codex_twice_at_once_on_a_line_keeps_both_plans() {
    let Some(codex) = Codex::required() else { return };
    let world = connected(&codex);
    let mut script = Script::new();
    for (own, other) in [("One", "Two"), ("Two", "One")] {
        let prompt = format!("\"text\":\"Do {own}\"");
        let begun = [(own, "in_progress"), ("Shared words", "pending")];
        let ended = [(own, "completed"), ("Shared words", "in_progress")];
        let kept = if own == "One" { 1 } else { 2 };
        script = script
            .rule_times(&prompt, 1, Step::new().plan(&begun))
            .rule_times(&prompt, 1, meet(&format!("{own}1"), &format!("{other}1")))
            .rule_times(&prompt, 1, Step::new().plan(&ended[..kept]))
            .rule_times(&prompt, 1, meet(&format!("{own}2"), &format!("{other}2")))
            .rule(&prompt, Step::text(&format!("{own} is done.")));
    }
    let provider = Provider::start(script);
    let session = world.codex(&codex, &provider);
    let (one, two) = (session.spawn("Do One"), session.spawn("Do Two"));
    for running in [one, two] {
        running.wait().assert_success();
    }
    folded(&world, "One is done.");
    folded(&world, "Two is done.");
    assert_eq!(status_of(&world, "One"), "completed");
    assert_eq!(status_of(&world, "Two"), "completed");
    assert_eq!(statuses_of(&world, "Shared words"), ["cancelled", "in_progress"]);
    assert_eq!(interrupted(&world), Vec::<String>::new());
}

#[test]
fn real_codex_killed_beside_a_live_session_is_the_only_interrupted_one() {
    let Some(codex) = Codex::required() else { return };
    let world = connected(&codex);
    world.thru(&["tasks", "add", "Acknowledged"]).assert_success();
    let provider = Provider::start(
        Script::new()
            .rule_times("\"text\":\"Live\"", 1, Step::new().plan(&[("Live step", "in_progress")]))
            .rule("\"text\":\"Live\"", Step::new().hang())
            .rule_times("\"text\":\"Dies\"", 1, Step::new().plan(&LATER))
            .rule("\"text\":\"Dies\"", Step::new().hang()),
    );
    let session = world.codex(&codex, &provider);
    let live = session.spawn("Live");
    provider.wait_for_requests(2, LONG);
    let dies = session.spawn("Dies");
    provider.wait_for_requests(4, LONG);
    assert_eq!(interrupted(&world), Vec::<String>::new(), "both are at work");
    dies.kill();
    assert_eq!(interrupted(&world), ["Dies"]);
    assert_eq!(status_of(&world, "Acknowledged"), "pending");
    assert_eq!(status_of(&world, "Read code"), "completed");

    let heir = Provider::start(Script::steps([
        Step::new().plan(&[("Fix bug", "in_progress"), ("Live step", "pending")]),
        Step::text("Heir done."),
    ]));
    world.codex(&codex, &heir).exec("Continue").assert_success();
    let told = memory_of(&heir, 0).pop().unwrap_or_default();
    let broken = told.lines().filter(|line| line.contains("interrupted")).collect::<String>();
    assert!(broken.contains("Dies") && !broken.contains("Live"), "{told}");
    folded(&world, "Heir done.");
    assert_eq!(statuses_of(&world, "Fix bug"), ["in_progress"], "adopted from the dead one");
    assert_eq!(statuses_of(&world, "Live step"), ["in_progress", "pending"], "its own still");
    live.kill();
    assert_eq!(interrupted(&world).len(), 2, "{:?}", interrupted(&world));
}
