//! A world is the same each time, and free of the machine's own settings.

use super::*;

fn shell() -> World {
    World::new().with_binary("/bin/sh")
}

#[test]
fn the_same_calls_make_the_same_commits() {
    let make = || {
        let world = World::new();
        world.branch("feature").commit("add a lexer").commit("add a lexer").git("switch -q main");
        world.write("src/a.rs", "fn a() {}\n").commit("add a parser");
        world.git("merge --quiet --no-edit feature");
        world.git("log --graph --format=%H%d%as --all")
    };
    let log = make();
    assert_eq!(log, make());
    assert!(log.contains("(HEAD -> main)2026-11-20"), "{log}");
}

#[test]
fn variants_are_what_they_say() {
    let cases = [
        (World::new(), "rev-parse --show-object-format --show-ref-format", "sha1\nfiles\n"),
        (World::sha256(), "rev-parse --show-object-format", "sha256\n"),
        (World::reftable(), "rev-parse --show-ref-format", "reftable\n"),
        (World::unborn(), "rev-list --all", ""),
        (World::unborn(), "symbolic-ref HEAD", "refs/heads/main\n"),
        (World::new(), "status --porcelain", ""),
    ];
    for (world, question, answer) in cases {
        assert_eq!(world.git(question), answer, "{question}");
    }
    let plain = World::plain();
    assert!(!plain.try_git(&["rev-parse"]).is_success());
    assert_eq!(plain.read("README.md"), "# Sample\n");
}

#[test]
fn a_screen_shows_everything_and_no_path_of_the_machine() {
    let world = shell();
    let script = "-c 'pwd; echo $THRU_TEST_NOW $THRU_TEST_SEED; echo no >&2; exit 3'";
    insta::assert_snapshot!(world.run(script), @r"
    $ thru -c 'pwd; echo $THRU_TEST_NOW $THRU_TEST_SEED; echo no >&2; exit 3'
    [WORLD]/repo
    2026-11-21T05:00:00Z 1
    [stderr]
    no
    [exit 3]
    ");
    insta::assert_snapshot!(world.run("-c 'echo $THRU_TEST_NOW $THRU_TEST_SEED'"), @r"
    $ thru -c 'echo $THRU_TEST_NOW $THRU_TEST_SEED'
    2026-11-21T05:00:01Z 2
    ");
}

#[test]
fn nothing_of_the_machine_gets_in() {
    let world = World::new().with_binary("/usr/bin/env");
    let variables = world.thru(&[]).assert_success().stdout;
    let mut names: Vec<_> = variables.lines().filter_map(|line| line.split('=').next()).collect();
    names.sort_unstable();
    insta::assert_snapshot!(names.join(" "), @"CODEX_HOME GIT_AUTHOR_DATE GIT_COMMITTER_DATE GIT_CONFIG_GLOBAL GIT_CONFIG_NOSYSTEM GIT_EDITOR GIT_TERMINAL_PROMPT HOME LC_ALL PATH THROUGHLINE_HOME THRU_TEST_NOW THRU_TEST_SEED TZ USER");
}

#[test]
fn hook_events_carry_what_the_test_said() {
    // The shell runs `hook` as a script; a world without git can hold one of that name.
    let world = World::plain().with_binary("/bin/sh");
    world.write("hook", "echo $1; cat\n");
    let steps = [("Read code", "completed"), ("Write code", "in_progress")];
    let ran = world.hook(HookEvent::post_tool_use_plan("s1", "u1", &steps));
    insta::assert_snapshot!(world.without_paths(&ran.assert_success().stdout), @r#"
    codex
    {"cwd":"[WORLD]/repo","hook_event_name":"PostToolUse","model":"gpt-5.5","permission_mode":"default","session_id":"s1","tool_input":{"plan":[{"status":"completed","step":"Read code"},{"status":"in_progress","step":"Write code"}]},"tool_name":"update_plan","tool_response":"Plan updated","tool_use_id":"call_1","transcript_path":null,"turn_id":"u1"}
    "#);
    let second = world.hook(HookEvent::post_tool_use_plan("s1", "u1", &steps)).assert_success();
    assert!(second.stdout.contains(r#""tool_use_id":"call_2""#), "{}", second.stdout);
}

#[test]
fn a_world_leaves_nothing_behind() {
    let world = World::new();
    let root = world.root().to_owned();
    assert!(root.exists());
    drop(world);
    assert!(!root.exists());
}
