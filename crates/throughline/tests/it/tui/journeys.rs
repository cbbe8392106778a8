//! What people come for, from the first key to what the commands say afterwards.

use throughline_testkit::{HookEvent, Key};

use super::{LARGE, SMALL, busy, screens};
use crate::{json, status_of, tasks};

#[test]
fn see_drift_fork_and_continue() {
    let world = busy();
    let mut pane = screens(&world, SMALL);
    pane.sees("Choose a licence");
    world.branch("feature");
    pane.sees("feature is a new branch that starts from main").sees("f  fork");
    pane.types("f").sees("- this line goes on from main").press(Key::Enter);
    pane.sees("Decided: this line goes on from main").misses("is a new branch");
    let drift = json(&world, &["cache", "reconcile", "--dry-run"]);
    assert_eq!(drift["drift"]["kind"], "none", "{drift}");
    // Work goes on where it was.
    pane.types("c").sees("Complete").press(Key::Enter).sees("is completed; now ready");
    assert_eq!(status_of(&world, "Reject unterminated strings"), "completed");
    world.git("switch --quiet main");
    pane.sees("switched from feature to main");
    assert_eq!(status_of(&world, "Reject unterminated strings"), "in_progress");
}

#[test]
fn what_only_a_person_can_decide_is_asked_and_answered() {
    let world = busy();
    world.thru(&["publish"]).assert_success();
    world.commit("published");
    world.thru(&["status"]).assert_success();
    // Not under the eyes of the screens: between file and HEAD there is a moment with one question.
    world.git("reset --quiet --hard HEAD~1");
    let mut pane = screens(&world, SMALL);
    pane.sees("1 Now!").sees("are missing in its state file").sees("restore");
    pane.types("r").sees("- 9 changes are made once more").press(Key::Down).sees("given up");
    pane.press(Key::Up).sees("- 9 changes are made once more").press(Key::Enter).sees("Decided");
    pane.sees("main was rewound").types("i").sees("- ").press(Key::Enter).misses("1 Now!");
    assert_eq!(status_of(&world, "Reject unterminated strings"), "in_progress");
}

#[test]
fn complete_a_task_and_see_what_became_ready() {
    let world = busy();
    let mut pane = screens(&world, SMALL);
    pane.sees("Choose a licence").types("2").sees("Without a milestone");
    pane.types("/").sees("Tasks with").types("l-2").sees("3 of 3").press(Key::Enter);
    pane.misses("Tasks with").types("c").sees("Complete t-").types("Positions count from 1.");
    pane.press(Key::Enter).sees("is completed; now ready:").sees("Numbers with an exponent");
    let shown = json(&world, &["tasks", "show", "L-2"]);
    assert_eq!(shown["notes_about"][0]["text"], "Positions count from 1.", "{shown}");
    // What waits for others is not completed, and why is said.
    pane.press(Key::Escape)
        .misses("with \"l-2\"")
        .types("/")
        .sees("Tasks with")
        .types("parser for");
    pane.press(Key::Enter).sees("with \"parser for\"").types("c").sees("Complete t-");
    pane.press(Key::Enter).sees("which is not completed");
    assert_eq!(status_of(&world, "Parser for expressions"), "pending");
}

#[test]
fn search_a_session_and_open_the_turn() {
    let world = busy();
    for (session, prompt) in [("s-one", "Rename the module."), ("s-two", "Write the readme.")] {
        world.hook(HookEvent::session_start(session, "startup")).assert_success();
        world.hook(HookEvent::user_prompt_submit(session, "t1", prompt)).assert_success();
        world.hook(HookEvent::stop(session, "t1", "Done.")).assert_success();
        world.hook(HookEvent::session_end(session)).assert_success();
    }
    world.thru(&["fold"]).assert_success();
    let mut pane = screens(&world, SMALL);
    pane.sees("Choose a licence").types("4").sees("of 3");
    pane.types("/").sees("Sessions with").types("UNTERMINATED").sees("1 of 1");
    pane.press(Key::Enter).misses("Sessions with").press(Key::Enter);
    pane.sees("Answered").sees("1 of 2").sees("$ 'cargo test'  exit 101");
    pane.press(Key::Down).sees("2 of 2").sees("escapes over two lines");
    pane.press(Key::Escape).sees("with \"UNTERMINATED\"").press(Key::Escape).sees("of 3");
}

#[test]
fn the_work_of_a_branch_that_is_gone_is_taken_over() {
    let world = busy();
    world.branch("feature");
    world.thru(&["tasks", "add", "Made on the branch"]).assert_success();
    world.thru(&["tasks", "complete", "L-2"]).assert_success();
    world.commit("work");
    world.thru(&["status"]).assert_success();
    world.git("switch --quiet main");
    world.thru(&["status"]).assert_success();
    world.git("branch --quiet -D feature");
    let mut pane = screens(&world, SMALL);
    pane.sees("Choose a licence").types("3").sees("branch gone").types("j").sees("It started from");
    pane.types("r").sees("adopt").sees("feature is at its end").press(Key::Enter);
    pane.sees("Decided")
        .sees("ended")
        .types("2")
        .sees("of 11")
        .types("G")
        .sees("Made on the branch");
    assert_eq!(status_of(&world, "Reject unterminated strings"), "completed");
}

#[test]
fn undo_a_change() {
    let world = busy();
    let mut pane = screens(&world, LARGE);
    pane.sees("Choose a licence").types("n").sees("New task:").types("A mistake");
    pane.press(Key::Enter).sees("is new").types("5").sees("add: t-");
    pane.types("g").types("u").sees("Take back").types("n").misses("Take back");
    pane.types("u").sees("Take back").types("y").sees("Undone: add, 1 change");
    assert!(tasks(&world).iter().all(|(title, _)| title != "A mistake"));
    // An observation holds nothing that could be taken back.
    pane.types("/").types("G").types("u").sees("nothing in it to take back");
}

#[test]
fn tasks_are_changed_by_keys_and_by_nobody_else_unseen() {
    let world = busy();
    let mut pane = screens(&world, LARGE);
    pane.sees("Choose a licence").types("2").sees("Without a milestone");
    pane.types("/").sees("Tasks with").types("licence").press(Key::Enter).sees("\"licence\"");
    pane.types("e").sees("Title of").types("\x15Choose two licences").press(Key::Enter);
    pane.sees("has another title").sees("Choose two licences");
    pane.types("s").sees("is in progress");
    pane.types("l").sees("waits for:").types("bench").misses("Parser for").press(Key::Enter);
    pane.misses("waits for:").sees("Waits for").press(Key::Escape).sees("Lexer");
    let listed = json(&world, &["tasks", "list"]);
    let of = |title: &str| {
        let all = listed["tasks"].as_array().expect("tasks");
        all.iter().find(|task| task["title"] == title).cloned().expect(title)
    };
    assert_eq!(of("Choose two licences")["status"], "in_progress");
    let needed = of("Benchmarks against the old parser")["id"].clone();
    assert_eq!(of("Choose two licences")["depends_on"][0], needed);
    world.thru(&["tasks", "add", "Made elsewhere"]).assert_success();
    pane.sees("Made elsewhere");
}
