//! *Agents*: three levels of them as transcripts tell, as they are seen, closed and opened again.

use serde_json::json;
use throughline_testkit::{Key, World};

use super::{LARGE, SMALL, busy, screens};
use crate::mcp::claim;
use crate::rollouts::{Rollout, id};
use crate::text;

/// The id of conversation 3.
const TESTER: &str = "0199a003-0000-7000-8000-000000000003";

/// The busy project: its session spawned two agents, and one of those another; a second session spawned nobody.
fn spawned() -> World {
    let world = busy();
    let agent = |number, parent, path: &str, role: &str| {
        Rollout::new(&world, number)
            .meta("session_id", json!(id(1)))
            .meta("parent_thread_id", json!(id(parent)))
            .meta("agent_path", json!(format!("/root{path}")))
            .meta("agent_role", json!(role))
    };
    let model = json!({ "turn_id": "t0", "model": "gpt-5.5", "effort": "high" });
    agent(2, 1, "/lexer", "explorer")
        .line("turn_context", model)
        .turn("Find where strings end.", "In two places.")
        .write(&world);
    let aborted = json!({ "type": "turn_aborted", "turn_id": "t9", "reason": "interrupted" });
    agent(3, 2, "/lexer/tests", "worker")
        .meta("agent_nickname", json!("Ada"))
        // tidy: path is data
        .meta("cwd", json!("/srv/parser-tests"))
        .line("event_msg", json!({ "type": "task_started", "turn_id": "t9" }))
        .line("event_msg", aborted)
        .write(&world);
    agent(4, 1, "/docs", "worker").turn("Describe them.", "Done.").write(&world);
    Rollout::new(&world, 5).turn("Rename the module.", "Renamed.").write(&world);
    world.thru(&["tasks", "release", "L-2"]).assert_success();
    claim(&world, TESTER, "L-2");
    world
}

/// The same, and the index has them all.
fn indexed() -> World {
    let world = spawned();
    world.thru(&["index", "run"]).assert_success();
    world
}

/// Each agent of the tree, with its status.
fn standing(world: &World) -> Vec<String> {
    let tree = crate::json(world, &["agents", "tree", &id(1)]);
    let agents = tree["agents"].as_array().expect("agents").iter();
    let path = |agent| text(agent).replacen("/root", "", 1);
    agents.map(|agent| format!("{} {}", path(&agent["path"]), text(&agent["status"]))).collect()
}

#[test]
fn who_works_on_what_at_two_sizes() {
    let world = indexed();
    for (size, name) in [(SMALL, "small"), (LARGE, "large")] {
        let mut pane = screens(&world, size);
        pane.sees("Choose a licence").types("4").sees("Left to do").types("a").sees("Spawned");
        insta::assert_snapshot!(format!("{name}_agents"), world.without_paths(&pane.screen()));
        pane.types("jj").sees("/srv/parser-tests").sees("Has claimed");
        insta::assert_snapshot!(format!("{name}_agent"), world.without_paths(&pane.screen()));
        pane.types("?").sees("draw anew");
        insta::assert_snapshot!(format!("{name}_agent_keys"), world.without_paths(&pane.screen()));
        pane.press(Key::Escape).misses("draw anew").types("q");
        assert_eq!(pane.ends(), 0);
    }
}

#[test]
fn close_an_agent_with_those_below_and_open_them_again() {
    let world = indexed();
    let open = [" open", "/lexer open", "/lexer/tests interrupted", "/docs open"];
    assert_eq!(standing(&world), open);
    let mut pane = screens(&world, SMALL);
    pane.sees("Choose a licence").types("4").sees("Left to do").types("a").sees("Spawned");
    // What it takes along is said first, and a no leaves all as it was.
    pane.types("j").sees("3 of 5").types("x").sees("Close lexer and 1 agent below it?");
    pane.sees("  lexer/tests").types("n").misses("Close lexer");
    assert_eq!(standing(&world), open);
    pane.types("x").sees("Close lexer").types("y").sees("Closed lexer").sees("2 closed");
    let closed = [open[0], "/lexer closed", "/lexer/tests closed", open[3]];
    assert_eq!(standing(&world), closed);
    pane.types("x").sees("lexer is closed already");
    // Those above it are closed apart from it, and opened apart from it.
    pane.types("k").sees("2 of 5").types("x").sees("and 1 agent below it?").types("y");
    pane.sees("Closed /root and 1").types("r").sees("again?").sees("codex resume").types("y");
    pane.sees("to go on, in a shell:").sees("codex resume").sees(&id(1));
    pane.sees("docs: goes on through the agent above it").press(Key::Escape);
    pane.misses("in a shell").sees("2 closed");
    assert_eq!(standing(&world), closed);
    pane.types("r").sees("/root is not closed").types("j").sees("3 of 5").types("r");
    pane.sees("Open lexer and 1 agent below it again?").types("y").sees("in a shell");
    pane.press(Key::Enter).misses("in a shell").misses("closed");
    assert_eq!(standing(&world), open);
}

#[test]
fn agents_are_folded_and_filtered() {
    // The index takes them in while they are looked at.
    let world = spawned();
    let mut pane = screens(&world, SMALL);
    pane.sees("Choose a licence").types("4").sees("Left to do").types("a").sees("2 of 5");
    // What has nothing below it folds what it is below.
    pane.types("jj").sees("4 of 5").types("h").sees("3 of 4").types("h");
    pane.sees("2 of 2").types(" ").sees("2 of 4").types("j").sees("3 of 4").types(" ");
    pane.sees("3 of 5").sees("Ada").types("g").sees("1 of 5");
    pane.types("/").sees("Agents with").types("ADA").sees("3 of 3").press(Key::Enter);
    pane.misses("Agents with").sees("with \"ADA\"").sees("/srv/parser-tests");
    pane.press(Key::Escape).sees("4 of 5").press(Key::Escape).misses("Agents  ");
    // Who comes again stands on the selected session's own.
    pane.sees("Left to do").types("a").sees("2 of 5").types("1").sees("Choose a licence");
    pane.types("4").sees("2 of 5").types("a").sees("Left to do");
}
