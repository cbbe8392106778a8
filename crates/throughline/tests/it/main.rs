//! Tests of the `thru` command: its screens, its hooks, and the real Codex.

mod adr;
mod agent_jobs;
mod app_server;
mod begins;
mod bounds;
mod bystanders;
mod codex;
mod codex_agents;
mod codex_app_server;
mod codex_conformance;
mod codex_drift;
mod codex_failures;
mod codex_forks;
mod codex_goals;
mod codex_lifecycle;
mod codex_mcp;
mod codex_memory;
mod codex_newcomer;
mod codex_pass_through;
mod codex_resumes;
mod codex_threads;
mod codex_twice;
mod corrupt;
mod crash;
mod databases;
mod docs;
mod doctor;
mod glance;
mod goals;
mod histories;
mod hooks;
mod index;
mod intruders;
mod last_good;
mod layouts;
mod logs;
mod mcp;
mod memories;
mod memory_engines;
mod memory_rush;
mod merging;
mod messages;
mod migrate;
mod milestones;
mod newer;
mod pre_commit;
mod promises;
mod prompts;
mod prune;
mod rollouts;
mod rpc;
mod said;
mod screens;
mod shell;
mod starts;
mod stopped;
mod surfaces;
mod template;
mod threads_audit;
mod threads_disk;
mod threads_export;
mod threads_forks;
mod threads_overlay;
mod traps;
mod tui;
mod writers;

use std::path::PathBuf;

use serde_json::Value;
use throughline_testkit::World;

/// A world with a repository of one commit in which `thru init` was run and committed.
fn project() -> World {
    let world = bare_world();
    world.commit("base");
    world.thru(&["init"]).assert_success();
    world.git("add -A");
    world.commit("remember");
    world
}

/// What HOME keeps of the world's only project.
fn project_folder(world: &World) -> PathBuf {
    let mut all = std::fs::read_dir(world.state().join("projects")).expect("projects");
    all.next().expect("a project").expect("its folder").path()
}

/// A world that knows the program, and nothing else.
fn bare_world() -> World {
    World::new().with_binary(env!("CARGO_BIN_EXE_thru"))
}

fn json(world: &World, arguments: &[&str]) -> Value {
    let arguments: Vec<&str> = arguments.iter().copied().chain(["--json"]).collect();
    world.thru(&arguments).assert_success().json()
}

/// Title and status of every task of the line.
fn tasks(world: &World) -> Vec<(String, String)> {
    let listed = json(world, &["tasks", "list", "--all"]);
    let pair = |task: &Value| (text(&task["title"]), text(&task["status"]));
    listed["tasks"].as_array().expect("tasks").iter().map(pair).collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn status_of(world: &World, title: &str) -> String {
    let all = tasks(world);
    let found = all.iter().find(|(known, _)| known == title);
    found.unwrap_or_else(|| panic!("no task {title:?} among {all:?}")).1.clone()
}
