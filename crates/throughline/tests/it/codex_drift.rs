//! The real Codex after git moved: the very next request tells of it, the log has the outcome.

use throughline_testkit::{Codex, Provider, Script, Step, World};

use crate::codex::{connected, folded, memory_of};
use crate::{json, text};

/// Between two prompts git does `script`; the next request has `sentence`, and the next command
/// records `kind` with `outcome`.
fn told(prepare: fn(&World), script: fn(&World), sentence: &str, kind: &str, outcome: &str) {
    let Some(codex) = Codex::required() else { return };
    let world = connected(&codex);
    world.commit("one");
    prepare(&world);
    let provider = Provider::start(Script::steps(["One.", "Two.", "Three."].map(Step::text)));
    let session = world.codex(&codex, &provider);
    session.exec("First").assert_success();
    folded(&world, "One.");
    script(&world);
    session.resume("Second").assert_success();
    let memory = memory_of(&provider, 1).pop().unwrap_or_default();
    assert!(memory.contains(sentence), "{sentence:?} is not in {memory}");
    folded(&world, "Two.");
    assert_eq!(logged(&world, kind), outcome, "{}", json(&world, &["log", "--drift"]));
    session.resume("Third").assert_success();
    let memory = memory_of(&provider, 2).pop().unwrap_or_default();
    assert!(!memory.contains(sentence), "told again: {memory}");
}

/// What the log has as the answer to a kind of drift.
fn logged(world: &World, kind: &str) -> String {
    let log = json(world, &["log", "--drift"]);
    let bodies = log["log"].as_array().expect("log").iter().map(|e| &e["record"]["body"]);
    for body in bodies {
        let decisions = body["reconcile"]["decisions"].as_array().cloned().unwrap_or_default();
        if let Some(decision) = decisions.iter().find(|decision| decision["kind"] == kind) {
            return text(&decision["outcome"]);
        }
        if body["drift"]["drift"]["kind"] == kind && body["drift"]["asks"] == true {
            return "asked".to_owned();
        }
    }
    String::new()
}

fn feature(world: &World) {
    world.branch("feature").commit("two");
    world.thru(&["status"]).assert_success();
    world.git("switch -q main");
    world.thru(&["status"]).assert_success();
}

fn nothing(_: &World) {}

#[test]
fn real_codex_after_a_switch() {
    let script = |world: &World| drop(world.git("switch -q feature"));
    told(feature, script, "the branch was switched from main to feature", "switched", "use");
}

#[test]
fn real_codex_after_an_amended_commit() {
    let script = |world: &World| drop(world.git("commit -q --amend -m other"));
    told(nothing, script, "the last commit of main was amended", "amended", "rebase");
}

#[test]
fn real_codex_after_a_rebase() {
    let prepare = |world: &World| {
        world.git("switch -q -c side HEAD~1");
        world.commit("aside");
        world.git("switch -q main");
    };
    let script = |world: &World| drop(world.git("rebase -q side"));
    told(prepare, script, "main was rebased", "rebased", "rebase");
}

#[test]
fn real_codex_after_a_hard_reset() {
    let script = |world: &World| drop(world.git("reset -q --hard HEAD~1"));
    told(nothing, script, "main was rewound", "rewound", "asked");
}

#[test]
fn real_codex_after_a_merge() {
    let script = |world: &World| drop(world.git("merge -q --no-ff -m merge feature"));
    told(feature, script, "feature was merged into main", "merged", "merge");
}
