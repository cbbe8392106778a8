//! What a turn writes to the disk is bounded, and so is the log.

use std::fmt::Write as _;

use serde_json::{Value, json as value};
use throughline_testkit::{HookEvent, World};

use crate::{bare_world, json, text};

/// The most that one turn may write, in bytes.
const TURN: u64 = 64 * 1024;

/// How large `hook.log` may get, in bytes.
const LOG: u64 = 256 * 1024;

/// Runs `thru` with its children, and returns how many bytes they wrote into files; `None` if they
/// can't be counted here.
fn written(world: &World, arguments: &[&str], input: &str) -> Option<u64> {
    let folder = world.root().join("trace");
    std::fs::create_dir_all(&folder).expect("folder");
    let file = world.root().join("input.json");
    std::fs::write(&file, input).expect("write");
    let mut command = world.command("strace", &world.repo());
    // A file a process: no call is torn by another's.
    command
        .args(["-ff", "-y", "-qq", "-s0", "-e", "trace=write,pwrite64,writev,pwritev2"])
        .arg("-o");
    command.arg(folder.join("calls")).arg("--").arg(world.binary()).args(arguments);
    let ran = command.stdin(std::fs::File::open(&file).expect("open")).output();
    let Ok(ran) = ran else {
        assert!(!throughline_testkit::must_run_all(), "strace is not installed");
        return None;
    };
    assert!(ran.status.success(), "{ran:?}");
    let mut bytes = 0;
    for entry in std::fs::read_dir(&folder).expect("list") {
        let calls = std::fs::read_to_string(entry.expect("entry").path()).expect("read");
        bytes += calls.lines().filter_map(into_a_file).sum::<u64>();
    }
    std::fs::remove_dir_all(&folder).expect("remove");
    Some(bytes)
}

/// `write(4</path/of/a/file>, ""..., 300) = 300`
fn into_a_file(call: &str) -> Option<u64> {
    let is_file = call.split_once('<').is_some_and(|(_, at)| at.starts_with('/'));
    let is_device = call.contains("</dev/");
    let (_, count) = call.rsplit_once(" = ")?;
    count.trim().parse().ok().filter(|_| is_file && !is_device)
}

/// A folded project with so many published tasks.
fn with_tasks(count: usize, mode: &[&str]) -> World {
    let world = bare_world();
    world.commit("base");
    world.thru(&[&["init"], mode].concat()).assert_success();
    let mut lines = String::new();
    for at in 0..count {
        let notes = "Something that has to be thought of while this is done.";
        let task = value!({"title": format!("Task number {at} of many"), "notes": notes});
        writeln!(lines, "{task}").expect("text");
    }
    world.thru_with_input(&["tasks", "import", "-"], lines).assert_success();
    world.thru(&["publish"]).assert_success();
    world.thru(&["fold"]).assert_success();
    world
}

fn hook(world: &World, event: HookEvent) -> Option<u64> {
    let mut event = Value::from(event);
    event["cwd"] = value!(world.repo());
    if event["tool_use_id"] == "" {
        event["tool_use_id"] = value!(event.to_string());
    }
    written(world, &["hook", "codex"], &event.to_string())
}

#[test]
fn a_turn_writes_little_however_much_is_remembered() {
    for (count, mode) in [(0, &[][..]), (400, &[]), (400, &["--local"])] {
        let world = with_tasks(count, mode);
        // The first turn of a line writes what is made once; the second is like all others.
        for turn in ["t1", "t2", "t3"] {
            let plan = |statuses: [&str; 3]| {
                let steps: Vec<(String, &str)> =
                    (0..3).map(|at| (format!("Step {at} of {turn}"), statuses[at])).collect();
                let steps: Vec<(&str, &str)> = steps.iter().map(|(s, t)| (&**s, *t)).collect();
                HookEvent::post_tool_use_plan("s1", turn, &steps)
            };
            let mut events = vec![
                HookEvent::user_prompt_submit("s1", turn, "Please do the next three things"),
                plan(["in_progress", "pending", "pending"]),
                plan(["completed", "in_progress", "pending"]),
                plan(["completed", "completed", "in_progress"]),
                HookEvent::stop("s1", turn, "Done with two of them."),
            ];
            if turn == "t1" {
                events.insert(0, HookEvent::session_start("s1", "startup"));
            }
            let Some(bytes) =
                events.into_iter().map(|event| hook(&world, event)).sum::<Option<u64>>()
            else {
                return;
            };
            assert!(bytes > 1000, "{turn}: {bytes} bytes: the trace sees nothing");
            assert!(bytes <= TURN, "{count} tasks, {mode:?}, {turn}: {bytes} bytes");
        }
        let sessions = json(&world, &["sessions", "list"]).to_string();
        assert!(sessions.contains("Please do"), "the fold has run: {sessions}");
    }
}

#[test]
fn the_log_is_capped_and_a_line_costs_a_line() {
    let world = bare_world();
    world.commit("base");
    world.thru(&["init"]).assert_success();
    let log = world.state().join("hook.log");
    let size = || std::fs::metadata(&log).expect("the log").len();
    let line = "2026-11-21T05:00:00Z what was wrong before\n";
    let nearly = usize::try_from(LOG).expect("size") / line.len() - 2;
    std::fs::write(&log, line.repeat(nearly)).expect("write");
    let before = size();
    let Some(bytes) = written(&world, &["hook", "codex"], "no JSON") else { return };
    assert!(size() > before && bytes < 4096, "{bytes} bytes for one line");
    for _ in 0..4 {
        world.thru_with_input(&["hook", "codex"], "no JSON").assert_success();
        assert!(size() <= LOG, "{}", size());
    }
    let kept = text(&Value::from(std::fs::read_to_string(&log).expect("read")));
    assert!(kept.lines().count() < 10, "a full log begins anew");
}
