//! The real Codex calls our MCP tools, as `thru setup codex` connected them.

use serde_json::{Value, json as object};
use throughline_testkit::{Codex, Provider, Script, Step};

use crate::codex::connected;
use crate::{json, status_of, text};

#[test]
fn real_codex_updates_a_task_by_mcp() {
    let Some(codex) = Codex::required() else { return };
    let world = connected(&codex);
    let task = text(&json(&world, &["tasks", "add", "Fix the greeting"])["id"]);
    let next = text(&json(&world, &["tasks", "add", "Ship it", "--depends-on", &task])["id"]);
    let update = object!({ "task": task, "status": "completed", "notes": "by the tool" });
    let provider = Provider::start(Script::steps([
        Step::new().mcp("throughline", "update_task", update),
        Step::new().mcp("throughline", "show_task", object!({ "task": "t-none" })),
        Step::text("Done."),
    ]));
    let run = world.codex(&codex, &provider).exec("Fix the greeting").assert_success();
    assert_eq!(run.last_message(), Some("Done."), "{run:#?}");

    let requests = provider.requests();
    let always = requests[0].developer_texts().join("\n");
    let told = always.contains("mcp__throughline") && always.contains("update_task when it starts");
    assert!(told, "the instructions are what every request shows: {always}");
    let result = outputs(requests[1].body()).pop().expect("a result");
    let expected =
        object!({ "id": task, "status": "completed", "changed": true, "unblocked": [next] });
    assert_eq!(json_in(&result), Some(expected), "terse, and nothing else: {result}");
    let refused = outputs(requests[2].body()).pop().expect("a result");
    assert!(refused.contains("there is no task `t-none`"), "{refused}");

    assert_eq!(status_of(&world, "Fix the greeting"), "completed");
    let shown = json(&world, &["tasks", "show", &task]);
    assert_eq!(shown["notes"], "by the tool", "{shown}");
    assert_eq!(shown["evidence"][0]["session"], run.thread(), "{shown}");
    let log = json(&world, &["log", "-n", "50"]);
    let mut changes = log["log"].as_array().expect("log").iter().map(|entry| &entry["record"]);
    let change = changes.find(|record| record["body"]["change"]["verb"] == "update");
    let actor = &change.expect("one update")["actor"];
    assert_eq!(actor["agent"]["session"], run.thread(), "{actor}");
}

#[test]
fn what_needs_no_codex_goes_without_one_on_the_path() {
    let Some(codex) = Codex::required() else { return };
    let world = connected(&codex);
    let run = |arguments: &[&str]| {
        let mut command = world.command(world.binary(), &world.repo());
        command.args(["setup", "codex", "--json"]).args(arguments).env("PATH", world.root());
        command.output().expect("thru")
    };
    let status = run(&["--status"]);
    let checks: Value = serde_json::from_slice(&status.stdout).expect("JSON");
    let checks = checks["checks"].as_array().expect("checks");
    let (trust, files) = checks.split_last().expect("some");
    assert!(files.iter().all(|check| check["state"] == "ok"), "{files:?}");
    assert_eq!(trust["state"], "unknown", "{trust}");
    assert!(text(&trust["remedy"]).contains("--codex PATH"), "{trust}");
    assert!(run(&["--dry-run"]).status.success());
    let missing = run(&["--yes"]);
    let said = String::from_utf8_lossy(&missing.stderr);
    assert!(!missing.status.success() && said.contains("no `codex` on the PATH"), "{said}");
    assert!(run(&["--remove"]).status.success());
    let config = std::fs::read_to_string(world.codex_home().join("config.toml"));
    assert_eq!(config.expect("what stood there"), "");
    assert!(!world.codex_home().join("skills").join("throughline").join("SKILL.md").exists());
}

/// What tools returned, in order.
fn outputs(body: &Value) -> Vec<String> {
    let input = body["input"].as_array().into_iter().flatten();
    let outputs = input.filter(|item| item["type"] == "function_call_output");
    outputs
        .map(|item| {
            item["output"].as_str().map_or_else(|| item["output"].to_string(), str::to_owned)
        })
        .collect()
}

/// The JSON object in a result that Codex may head with a line or two of its own.
fn json_in(result: &str) -> Option<Value> {
    serde_json::from_str(&result[result.find('{')?..]).ok()
}
