//! One line for a prompt: right, silent where it has nothing to say, and without a trace.

use serde_json::json as value;
use throughline_testkit::HookEvent;

use crate::{bare_world, json, project, project_folder};

fn line(world: &throughline_testkit::World) -> String {
    world.thru(&["status", "--line"]).assert_success().stdout
}

#[test]
fn a_prompt_shows_line_progress_and_the_next_step() {
    let world = project();
    assert_eq!(line(&world), "main 0/0\n");
    world.run("tasks add Lex --ref L-1");
    world.run("tasks add Parse --ref P-1 --depends-on L-1");
    assert_eq!(line(&world), "main 0/2 Lex\n");
    world.run("tasks complete L-1");
    assert_eq!(line(&world), "main 1/2 Parse\n");
    let long = "A title that says everything there is to say about a task, twice";
    world.run(&format!("tasks edit P-1 --title '{long}'"));
    assert_eq!(line(&world), "main 1/2 A title that says everything there is t…\n");
    let told = json(&world, &["status", "--line"]);
    assert_eq!(told["tasks"]["completed"], 1);
    assert_eq!(told["tasks"]["next"]["title"], long);
    assert_eq!((&told["line"], &told["undecided"]), (&"main".into(), &value!(null)));
}

#[test]
fn it_warns_of_what_waits_for_a_decision_and_settles_nothing() {
    let world = project();
    world.commit("work");
    world.hook(HookEvent::user_prompt_submit("s1", "t1", "go on")).assert_success();
    world.hook(HookEvent::stop("s1", "t1", "done")).assert_success();
    world.thru(&["fold"]).assert_success();
    world.git("reset -q --hard HEAD~1");
    let before = world.picture();
    assert_eq!(line(&world), "main 0/0 !rewound\n");
    assert_eq!(line(&world), "main 0/0 !rewound\n", "asking twice changes nothing");
    assert_eq!(world.picture().sketch(), before.sketch(), "a prompt writes nothing");
}

#[test]
fn a_new_branch_is_new_until_somebody_begins_it() {
    let world = project();
    world.run("tasks add Lex");
    world.git("switch -q -c lexer");
    let before = world.picture();
    assert_eq!(line(&world), "lexer new\n");
    assert_eq!(world.picture().sketch(), before.sketch(), "a prompt begins no line");
    world.run("next");
    assert_eq!(line(&world), "lexer 0/1 Lex\n");
}

#[test]
fn outside_of_a_project_it_says_nothing() {
    let world = bare_world();
    let before = world.picture();
    assert_eq!(line(&world), "");
    assert_eq!(json(&world, &["status", "--line"]), value!({}));
    assert_eq!(world.picture().sketch(), before.sketch(), "nothing was made");
}

#[test]
fn of_a_large_state_it_shows_what_was_left_ready_and_marks_it_when_it_is_old() {
    let world = project();
    let notes = "n".repeat(2_000);
    let task = |n: usize| value!({ "title": format!("Task {n}"), "notes": notes }).to_string();
    let tasks: Vec<String> = (0..400).map(task).collect();
    world.thru_with_input(&["tasks", "import", "-"], tasks.join("\n")).assert_success();
    world.thru(&["publish"]).assert_success();
    world.thru(&["fold"]).assert_success();
    assert!(line(&world).starts_with("main 0/400 Task "), "{}", line(&world));
    let ready = std::fs::read_dir(project_folder(&world).join("lines")).expect("lines").flatten();
    assert_eq!(ready.count(), 1);
    world.run("tasks add One");
    let old = line(&world);
    assert!(old.starts_with("main 0/400~ Task ") || old.starts_with("main 0/401 "), "{old}");
}
