//! The local log: what gets into it, and that nothing else changes because of it.

use std::collections::BTreeSet;
use std::fs;
use std::process::Stdio;

use serde_json::Value;
use throughline_testkit::{HookEvent, World};

use crate::{bare_world, json, project, text};

fn events(world: &World) -> Vec<Value> {
    json(world, &["logs", "-n", "100000"])["events"].as_array().expect("events").clone()
}

fn words(world: &World, kind: &str) -> BTreeSet<String> {
    let all = events(world);
    all.iter().filter(|event| event["kind"] == kind).map(|event| text(&event["word"])).collect()
}

fn prompt(world: &World, session: &str, turn: &str) {
    world.hook(HookEvent::user_prompt_submit(session, turn, "hello")).assert_success();
}

#[test]
fn what_happens_is_in_it_and_what_was_said_is_not() {
    let world = project();
    world.thru(&["tasks", "add", "Secret plans"]).assert_success();
    world.hook(HookEvent::session_start("s1", "startup")).assert_success();
    prompt(&world, "s1", "t1");
    world.hook(HookEvent::stop("s1", "t1", "done")).assert_success();
    world.thru(&["fold"]).assert_success();
    prompt(&world, "s1", "t2");
    assert_eq!(words(&world, "brief"), ["hit", "miss"].map(str::to_owned).into());
    let hooks = ["prompt_submitted", "session_start", "turn_stopped"].map(str::to_owned);
    assert_eq!(words(&world, "hook"), hooks.into());
    assert!(!words(&world, "fold").is_empty());

    world.commit("more").branch("side").commit("work");
    world.thru(&["status"]).assert_success();
    assert!(words(&world, "drift").contains("branched"), "{:?}", events(&world));
    assert!(words(&world, "reconcile").contains("fork"), "{:?}", events(&world));

    world.thru(&["publish"]).assert_success();
    let good = world.read(".throughline/project_state.json");
    world.write(".throughline/project_state.json", &good[..good.len() / 2]);
    world.thru(&["status"]).assert_success();
    prompt(&world, "s2", "t1");
    assert!(words(&world, "validation").contains("state"));
    assert!(words(&world, "fallback").contains("last_good"));
    world.write(".throughline/project_state.json", &good);

    world.write("../state/config.toml", "[memory.cache]\nwrite_mode = \"shadow\"\n");
    prompt(&world, "s3", "t1");
    assert!(words(&world, "shadow").contains("configured"));
    world.write("../state/config.toml", "[memory.cache\n");
    world.hook(HookEvent::session_start("s4", "startup")).assert_success();
    assert!(words(&world, "shadow").contains("session_start"), "it could not work");
    assert!(words(&world, "problem").contains("hook"));

    let all = format!("{:?}", events(&world));
    assert!(!all.contains("Secret plans") && !all.contains("hello"), "{all}");
    let of_one = json(&world, &["logs", "--session", "s2"]);
    let of_one = of_one["events"].as_array().expect("events");
    assert!(!of_one.is_empty() && of_one.iter().all(|event| event["session"] == "s2"));
    let warned = json(&world, &["logs", "--level", "warn"]);
    assert!(
        warned["events"].as_array().expect("events").iter().all(|event| event["level"] != "info")
    );
}

#[test]
fn what_it_counts() {
    let world = project();
    for turn in ["t1", "t2", "t3"] {
        prompt(&world, "s1", turn);
    }
    let stats = json(&world, &["stats"]);
    let hooks = &stats["times"][0];
    assert_eq!((&hooks["kind"], &hooks["count"]), (&"hook".into(), &3.into()));
    assert!(hooks["p50_us"].as_u64() <= hooks["p99_us"].as_u64());
    let buckets = stats["hooks"].as_array().expect("buckets").iter();
    assert_eq!(buckets.map(|bucket| bucket["count"].as_u64().expect("count")).sum::<u64>(), 3);
    assert_eq!(stats["brief_hits_percent"], 0);
    let shown = world.thru(&["stats"]).assert_success().stdout;
    assert!(shown.contains("Hooks by time") && shown.contains('#'), "{shown}");
    let none = bare_world();
    assert_eq!(json(&none, &["stats"])["times"], serde_json::json!([]));
    assert!(none.thru(&["logs"]).assert_success().stdout.is_empty());
}

type Seed = fn(&World);

/// What can stand where the log should.
const FAULTS: [(&str, Seed); 6] = [
    ("nothing", |_| {}),
    ("no database", |world| {
        world
            .write("../state/logs_1.sqlite", "rubbish, and long enough to be taken for a database");
    }),
    ("a folder for a database", |world| folder(world, "logs_1.sqlite")),
    ("a folder for the buffer", |world| folder(world, "events.jsonl")),
    ("a folder for the lock", |world| folder(world, "logs.lock")),
    ("rubbish in the buffer", |world| {
        world.write("../state/events.jsonl", "{\"no\":\"event\"}\nrubbish\n".repeat(2_000));
    }),
];

fn folder(world: &World, name: &str) {
    let path = world.state().join(name);
    let _ = fs::remove_file(&path);
    fs::create_dir(path).expect("a folder");
}

/// Exit codes and answers of what users and agents do, next to such a log.
fn answers(fault: Seed) -> Vec<(Option<i32>, String)> {
    let world = project();
    // More than a fold leaves for later.
    world.write("../state/events.jsonl", format!("{}\n", "x".repeat(100)).repeat(500));
    fault(&world);
    let mut answers = Vec::new();
    for line in [
        "tasks add One",
        "next",
        "status --json",
        "fold",
        "publish",
        "tasks show nothing",
        "cache validate",
    ] {
        let ran = world.thru(&line.split(' ').collect::<Vec<_>>());
        answers.push((ran.code, world.without_paths(&ran.screen())));
    }
    for event in [
        HookEvent::session_start("s1", "startup"),
        HookEvent::user_prompt_submit("s1", "t1", "hello"),
        HookEvent::stop("s1", "t1", "done"),
    ] {
        let ran = world.hook(event);
        // A fence's word is random.
        answers.push((ran.code, format!("{} {}", ran.stdout.len(), ran.stderr)));
    }
    for line in ["logs", "stats"] {
        answers.push((world.thru(&[line]).code, String::new()));
    }
    answers
}

#[test]
fn a_log_that_cannot_be_used_changes_no_exit_code_and_no_answer() {
    let expected = answers(FAULTS[0].1);
    for (name, fault) in &FAULTS[1..] {
        assert_eq!(answers(*fault), expected, "{name}");
    }
}

#[test]
fn two_who_drain_at_once_lose_and_double_nothing() {
    let world = project();
    world.thru(&["logs"]).assert_success();
    let before = events(&world).len();
    let caller = world.caller();
    for round in 0..5 {
        for turn in 0..4 {
            prompt(&world, "s1", &format!("{round}-{turn}"));
        }
        let drains: Vec<_> = (0..3)
            .map(|_| {
                let mut drain = caller.thru(&["stats"]);
                drain.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts")
            })
            .collect();
        for turn in 4..8 {
            prompt(&world, "s1", &format!("{round}-{turn}"));
        }
        for mut drain in drains {
            assert!(drain.wait().expect("it ends").success());
        }
    }
    let all = events(&world);
    let hooks = all[before..].iter().filter(|event| event["kind"] == "hook").count();
    assert_eq!(hooks, 40, "{all:?}");
}

#[test]
fn following_shows_what_comes_and_ends_with_its_reader() {
    let world = project();
    prompt(&world, "s1", "t1");
    let script = "$THRU logs --follow --session s2 | head -n 1 & sleep 0.3; \
                  printf '%s' '{\"hook_event_name\":\"UserPromptSubmit\",\"session_id\":\"s2\",\"turn_id\":\"t\",\
                  \"cwd\":\"'\"$PWD\"'\",\"prompt\":\"x\"}' | $THRU hook codex > /dev/null; \
                  printf '%s' '{\"hook_event_name\":\"UserPromptSubmit\",\"session_id\":\"s2\",\"turn_id\":\"u\",\
                  \"cwd\":\"'\"$PWD\"'\",\"prompt\":\"x\"}' | $THRU hook codex > /dev/null; wait";
    let shown = world.shell(script).assert_success().stdout;
    assert_eq!(shown.lines().count(), 1, "{shown}");
    assert!(shown.contains("s2"), "{shown}");
}
