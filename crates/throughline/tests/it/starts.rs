//! How sessions start, one hook call at a time: what is told, and how often.

use serde_json::Value;
use throughline_testkit::{HookEvent, World};

use crate::project;

fn tells(world: &World, event: HookEvent) -> bool {
    let ran = world.hook(event).assert_success();
    !ran.stdout.is_empty() && ran.json()["hookSpecificOutput"]["additionalContext"] != Value::Null
}

#[test]
fn a_resume_that_compacts_first_is_told_once() {
    let world = project();
    world.thru(&["tasks", "add", "A task"]).assert_success();
    assert!(tells(&world, HookEvent::session_start("s", "startup")));
    world.hook(HookEvent::user_prompt_submit("s", "t1", "go")).assert_success();
    world.hook(HookEvent::pre_compact("s", "t1", "auto")).assert_success();
    assert!(tells(&world, HookEvent::session_start("s", "compact")), "in mid turn");
    world.hook(HookEvent::stop("s", "t1", "done")).assert_success();
    world.hook(HookEvent::session_end("s")).assert_success();

    world.hook(HookEvent::pre_compact("s", "t2", "auto")).assert_success();
    assert!(tells(&world, HookEvent::session_start("s", "resume")));
    assert!(!tells(&world, HookEvent::session_start("s", "compact")), "it was just told");
    assert!(!tells(&world, HookEvent::user_prompt_submit("s", "t2", "go on")));
    world.hook(HookEvent::user_prompt_submit("s", "t3", "and on")).assert_success();
    world.hook(HookEvent::pre_compact("s", "t3", "auto")).assert_success();
    assert!(tells(&world, HookEvent::session_start("s", "compact")), "and again in mid turn");
}

#[test]
fn a_session_that_was_killed_and_resumed_at_once_is_told() {
    let world = project();
    for turn in ["t1", "t2", "t3"] {
        assert!(tells(&world, HookEvent::session_start("s", "resume")), "{turn}");
        world.hook(HookEvent::user_prompt_submit("s", turn, "go")).assert_success();
    }
}

#[test]
fn a_session_resumed_at_once_is_told_all_the_same() {
    let world = project();
    world.thru(&["tasks", "add", "A task"]).assert_success();
    for turn in ["t1", "t2", "t3"] {
        assert!(tells(&world, HookEvent::session_start("s", "resume")), "{turn}");
        assert!(!tells(&world, HookEvent::session_start("s", "resume")), "{turn}: its double");
        world.hook(HookEvent::user_prompt_submit("s", turn, "go")).assert_success();
        world.hook(HookEvent::stop("s", turn, "done")).assert_success();
        world.hook(HookEvent::session_end("s")).assert_success();
    }
}
