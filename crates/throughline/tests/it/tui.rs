//! The screens, in a real terminal: as they are seen, and what can be done on them.

mod agents;
mod journeys;
mod looks;
mod pictures;
mod survives;

use serde_json::json;
use throughline_testkit::{HookEvent, Pane, Size, World};

use crate::rollouts::{Rollout, id};
use crate::{project, project_folder};

/// The smallest that has to be good.
const SMALL: Size = Size(80, 24);

/// One that has room.
const LARGE: Size = Size(160, 50);

/// The screens of a world.
fn screens(world: &World, size: Size) -> Pane {
    Pane::open(world, &["tui"], size, &[])
}

/// A project in the middle of its work: milestones, tasks, a plan, a session with two turns.
fn busy() -> World {
    let world = project();
    for words in [
        "milestones add Usable",
        "milestones add Fast",
        "tasks add Lexer --ref L-1 --kind epic --milestone Usable",
        "tasks add 'Reject unterminated strings' --ref L-2 --parent L-1 --priority 1",
        "tasks add 'Numbers with an exponent' --ref L-3 --parent L-1 --depends-on L-2",
        "tasks add 'Parser for expressions' --ref P-1 --milestone Usable --depends-on L-1",
        "tasks add 'Benchmarks against the old parser' --milestone Fast --depends-on P-1",
        "tasks add 'Choose a licence'",
        "tasks start L-2",
    ] {
        let screen = world.run(words);
        assert!(!screen.contains("[exit"), "{screen}");
    }
    session(&world);
    world
}

/// Two turns: what was asked and answered, what was done, and what is left.
fn session(world: &World) {
    let of = |turn: &str, item: serde_json::Value| json!({ "type": "item_completed", "turn_id": turn, "item": item });
    let command =
        json!({ "type": "CommandExecution", "command": ["cargo test"], "exit_code": 101 });
    let changes = json!({ "src/lexer.rs": { "type": "add" } });
    let first = Rollout::new(world, 1)
        .turn("Make the lexer reject unterminated strings.", "It does. It says where they began.")
        .line("event_msg", of("t0", command))
        .line("event_msg", of("t0", json!({ "type": "FileChange", "changes": changes })));
    let path = first.write(world);
    let name = id(1);
    let tell = |event: HookEvent| {
        world.hook(event.transcript(&path)).assert_success();
    };
    let plan = [("Find where strings end", "completed"), ("Report the quote", "in_progress")];
    let turn = |turn: &str, prompt: &str| {
        tell(HookEvent::user_prompt_submit(&name, turn, prompt));
        // In the turn that changed no file: evidence that a fold completes would be a record more.
        if turn == "t6" {
            tell(HookEvent::post_tool_use_plan(&name, turn, &plan));
        }
        tell(HookEvent::stop(&name, turn, "Done."));
        // The fold that a hook starts may be at work still; this one is done when it returns.
        world.thru(&["fold"]).assert_success();
    };
    tell(HookEvent::session_start(&name, "startup"));
    turn("t0", "Make the lexer reject unterminated strings.");
    let answer = "Done.\n\n## Next\n- escapes over two lines\n- error message";
    first.turn("Look at escapes too.", answer).write(world);
    turn("t6", "Look at escapes too.");
    tell(HookEvent::session_end(&name));
    world.thru(&["fold"]).assert_success();
}
