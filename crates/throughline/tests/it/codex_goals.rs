//! The real Codex and a goal: its turn goes on until the goal is reached, or out of what it may cost.

use serde_json::{Value, json as object};
use throughline_testkit::{Codex, Provider, Script, Step, World};

use crate::codex::{connected, folded};
use crate::{json, text};

const ON: &str = "[goals]\nenabled = true\n";

fn world(codex: &Codex, settings: &str) -> World {
    let world = connected(codex);
    world.write(world.state().join("config.toml"), settings);
    world
}

fn set(world: &World, arguments: &[&str]) -> String {
    let words = [&["goals", "set", "Greet the whole world"], arguments].concat();
    text(&json(world, &words)["goal"]["id"])
}

fn goal(world: &World) -> Value {
    json(world, &["goals", "show"])["goal"].clone()
}

#[test]
fn real_codex_goes_on_until_its_goal_is_complete_and_the_cost_is_the_providers() {
    let Some(codex) = Codex::required() else { return };
    let world = world(&codex, ON);
    let id = set(&world, &[]);
    let complete = object!({ "goal": id, "status": "complete" });
    let provider = Provider::start(Script::steps([
        Step::text("One.").usage(1_000, 400, 10),
        Step::text("Two.").usage(2_000, 1_500, 20),
        Step::new().mcp("throughline", "update_goal", complete).usage(3_000, 2_500, 30),
        Step::text("All done.").usage(4_000, 3_500, 40),
    ]));
    let run = world.codex(&codex, &provider).exec("Fix the greeting").assert_success();
    assert_eq!(run.last_message(), Some("All done."), "{run:#?}");
    let requests = provider.requests();
    assert_eq!(requests.len(), 4);
    let told = requests[1].body()["input"].to_string();
    assert!(told.contains("A goal of this session is active"), "{told}");
    assert!(told.contains("Greet the whole world") && told.contains(&id), "{told}");
    folded(&world, "All done.");
    let goal = goal(&world);
    assert_eq!(goal["status"], "complete", "{goal}");
    assert_eq!(goal["continued"], 2, "{goal}");
    // 600 + 10, 500 + 20, 500 + 30, 500 + 40: read and not cached, and written.
    assert_eq!(goal["tokens_used"], 2_200, "{goal}");
}

#[test]
fn real_codex_ends_its_turn_where_the_goal_has_a_bound() {
    let Some(codex) = Codex::required() else { return };
    let steps = || {
        let texts = ["One.", "Two.", "Three.", "Four.", "Five."];
        Script::steps(texts.map(|text| Step::text(text).usage(1_000, 400, 10)))
    };
    let often = world(&codex, "[goals]\nenabled = true\nmost_in_a_turn = 2\n");
    set(&often, &[]);
    let provider = Provider::start(steps());
    often.codex(&codex, &provider).exec("Fix the greeting").assert_success();
    assert_eq!(provider.requests().len(), 3, "the turn and twice on");
    folded(&often, "Three.");
    let found = goal(&often);
    assert_eq!((&found["status"], &found["tokens_used"]), (&"active".into(), &1_830.into()));

    let dear = world(&codex, ON);
    let id = set(&dear, &["--tokens", "1000"]);
    let provider = Provider::start(steps());
    dear.codex(&codex, &provider).exec("Fix the greeting").assert_success();
    assert_eq!(provider.requests().len(), 2, "the second answer went beyond");
    folded(&dear, "Two.");
    let found = goal(&dear);
    assert_eq!(
        (&found["status"], &found["tokens_used"]),
        (&"budget_limited".into(), &1_220.into())
    );
    let raised = json(&dear, &["goals", "budget", &id, "--tokens", "5000"]);
    assert_eq!(raised["goal"]["status"], "active", "{raised}");
}

#[test]
fn real_codex_with_a_goal_of_its_own_has_no_second_driver() {
    let Some(codex) = Codex::required() else { return };
    let world = world(&codex, ON);
    set(&world, &[]);
    let own = object!({ "objective": "Its own goal" });
    let provider = Provider::start(
        Script::steps([Step::new().call("create_goal", own), Step::text("One.")])
            .default_step(Step::text("More.")),
    );
    // That it ends in the middle of its own continuation is its way.
    let run = world.codex(&codex, &provider).exec("Fix the greeting");
    folded(&world, "One.");
    assert_eq!(goal(&world)["continued"], 0, "{run:#?}");
    let all = provider.requests();
    let told =
        all.iter().any(|request| request.body().to_string().contains("A goal of this session"));
    assert!(!told, "{run:#?}");
}
