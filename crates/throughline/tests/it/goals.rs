//! Goals by hand, and what a hook makes of them without a real agent.

use std::fs;

use serde_json::{Value, json as object};
use throughline_testkit::{HookEvent, World};

use crate::{json, project, text};

fn set(world: &World, arguments: &[&str]) -> String {
    let words = [&["goals", "set", "Ship the parser"], arguments].concat();
    text(&json(world, &words)["goal"]["id"])
}

fn stop(world: &World, turn: &str, answer: &str, active: bool) -> Value {
    let mut event: Value = HookEvent::stop("s1", turn, answer).into();
    event["stop_hook_active"] = active.into();
    let ran = world.hook(event).assert_success();
    if ran.stdout.is_empty() { Value::Null } else { ran.json() }
}

fn settings(world: &World, text: &str) {
    world.write(world.state().join("config.toml"), text);
}

#[test]
fn a_goal_has_a_life_and_a_history() {
    let world = project();
    let screen = |words: &[&str]| world.thru(words).assert_success().stdout;
    let milestone = text(&json(&world, &["milestones", "add", "0.1"])["id"]);
    let id = set(&world, &["--tokens", "1000", "--minutes", "30", "--milestone", "0.1"]);
    let shown = screen(&["goals", "show"]).replace(&id, "g-ID").replace(&milestone, "m-ID");
    let first = shown.lines().next().expect("a line").trim_end();
    insta::assert_snapshot!(first, @"g-ID  active  0 of 1000 tokens, 0 of 30 min  Ship the parser  (milestone m-ID)");
    let taken = world.thru(&["goals", "set", "Another"]);
    assert_eq!(taken.code, Some(3), "{}", taken.screen());
    for (words, status) in [
        (vec!["pause"], "paused"),
        (vec!["resume"], "active"),
        (vec!["budget", &id, "--tokens", "0"], "active"),
        (vec!["complete", &id], "complete"),
    ] {
        let done = json(&world, &[&["goals"], words.as_slice()].concat());
        assert_eq!(done["goal"]["status"], status, "{done}");
    }
    assert_eq!(world.thru(&["goals", "resume"]).code, Some(3), "it is complete for good");
    let next = set(&world, &[]);
    let stale = world.thru(&["goals", "pause", &id]);
    assert!(stale.code == Some(3) && stale.stderr.contains(&next), "{}", stale.screen());
    world.thru(&["goals", "clear", &next]).assert_success();
    let all = json(&world, &["goals", "list", "--all"]);
    let all = all["goals"].as_array().expect("goals").clone();
    assert_eq!(all.len(), 2, "{all:?}");
    assert!(all.iter().all(|goal| goal["current"] == (goal["id"] == id.as_str()) || goal["id"] == id.as_str()));
    let history = json(&world, &["goals", "show", &id]);
    let history = history["history"].as_array().expect("a list").iter();
    let words: Vec<String> = history.map(|event| text(&event["what"])).collect();
    assert_eq!(words, ["set", "pause", "resume", "budget", "complete"]);
}

#[test]
fn a_turn_goes_on_only_where_the_user_said_so() {
    let world = project();
    let id = set(&world, &[]);
    world.hook(HookEvent::session_start("s1", "startup")).assert_success();
    assert_eq!(stop(&world, "t1", "One.", false), Value::Null, "off is the default");
    // A repository can not turn it on.
    let theirs = world.repo().join(".throughline/config.toml");
    let before = fs::read_to_string(&theirs).expect("settings");
    fs::write(&theirs, format!("{before}\n[goals]\nenabled = true\n")).expect("written");
    assert_eq!(stop(&world, "t2", "One.", false), Value::Null);
    settings(&world, "[goals]\nenabled = true\nmost_in_a_turn = 2\n");
    assert_eq!(stop(&world, "t4", "One.", true), Value::Null, "another hook drives");
    let goes_on = stop(&world, "t5", "One.", false);
    assert_eq!(goes_on["decision"], "block", "{goes_on}");
    let reason = text(&goes_on["reason"]);
    assert!(reason.contains("Ship the parser") && reason.contains(&id), "{reason}");
    assert_eq!(stop(&world, "t5", "Two.", true)["decision"], "block");
    let enough = stop(&world, "t5", "Three.", true);
    assert!(enough["decision"].is_null(), "{enough}");
    assert!(text(&enough["systemMessage"]).contains("often enough"), "{enough}");
    world.thru(&["goals", "pause"]).assert_success();
    assert_eq!(stop(&world, "t6", "Four.", false), Value::Null);
    let stats = world.thru(&["stats"]).assert_success();
    for word in ["go_on", "rest.often_in_turn", "rest.paused", "rest.other_hook", "goals.made"] {
        assert!(stats.stdout.contains(word), "{word}: {}", stats.screen());
    }
}

#[test]
fn where_goals_are_off_no_hook_looks_at_them() {
    let world = project();
    set(&world, &[]);
    fs::write(world.state().join("goals_1.sqlite"), "broken").expect("written");
    assert_eq!(stop(&world, "t1", "One.", false), Value::Null);
    let logged = json(&world, &["logs"]).to_string();
    assert!(!logged.contains("without_goals"), "{logged}");
    // Another world: the fold of that stop may be mending the file just now.
    let world = project();
    settings(&world, "[goals]\nenabled = true\n");
    fs::create_dir(world.state().join("goals_1.sqlite")).expect("made");
    assert_eq!(stop(&world, "t2", "Two.", false), Value::Null);
    let logged = json(&world, &["logs"]).to_string();
    assert!(logged.contains("without_goals"), "the turn went on without: {logged}");
}

#[test]
fn the_tools_for_goals_are_there_where_the_user_turned_them_on() {
    let world = project();
    let tools = |world: &World| {
        let hello = object!({ "protocolVersion": "2025-06-18", "capabilities": {},
            "clientInfo": { "name": "test", "version": "1" } });
        let lines = [
            object!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello }),
            object!({ "jsonrpc": "2.0", "method": "notifications/initialized" }),
            object!({ "jsonrpc": "2.0", "id": 2, "method": "tools/list" }),
        ];
        let input = lines.map(|line| format!("{line}\n")).concat();
        world.thru_with_input(&["mcp"], input).assert_success().stdout
    };
    assert!(!tools(&world).contains("create_goal"));
    settings(&world, "[goals]\nenabled = true\n");
    let listed = tools(&world);
    assert!(
        listed.contains("create_goal") && listed.contains("Only when the user asked"),
        "{listed}"
    );
}
