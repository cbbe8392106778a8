//! Somebody was stopped while holding a lock: no turn waits for it, commands say who it is.

use std::fs::File;
use std::io::{Seek as _, Write as _};
use std::path::PathBuf;
use std::process::Child;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::json as value;
use throughline_testkit::{HookEvent, World};

use crate::{json, project, project_folder};

/// Far above what a hook takes, far below what a hook that waits for the holder would.
const HOOK: Duration = Duration::from_secs(3);

/// A stopped process that holds a lock. It ends, and with it the lock, when this is dropped.
struct Holder {
    process: Child,
}

impl Holder {
    fn of(world: &World, lock: &str) -> Self {
        let path = project_folder(world).join(lock);
        let mut file = File::options().read(true).write(true).open(path).expect("a lock's file");
        file.lock().expect("nobody holds it yet");
        // `flock` belongs to the open file, which the process gets as its input.
        let input = file.try_clone().expect("another handle");
        let sleep = world.command("sleep", world.root()).arg("600").stdin(input).spawn();
        let process = sleep.expect("sleep starts");
        let written = file.rewind().and_then(|()| write!(file, "{:<10}", process.id()));
        written.expect("the holder's number");
        let stop =
            world.command("kill", world.root()).args(["-STOP", &process.id().to_string()]).status();
        assert!(stop.expect("kill").success());
        Self { process }
    }

    fn name(&self) -> String {
        format!("process {}", self.process.id())
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Every event of a turn, of a session of its own.
fn turn(session: &str) -> Vec<HookEvent> {
    let shell = || value!({"command": "git commit -m x"});
    vec![
        HookEvent::session_start(session, "startup"),
        HookEvent::user_prompt_submit(session, "t1", "a prompt of this turn"),
        HookEvent::pre_tool_use(session, "t1", "Bash", shell()),
        HookEvent::permission_request(session, "t1", "Bash", shell()),
        HookEvent::post_tool_use(session, "t1", "Bash", shell(), value!("done")),
        HookEvent::post_tool_use_plan(session, "t1", &[("A step of this turn", "pending")]),
        HookEvent::subagent_start(session, "t1", "a1"),
        HookEvent::subagent_stop(session, "t1", "a1", "done"),
        HookEvent::pre_compact(session, "t1", "auto"),
        HookEvent::stop(session, "t1", "answered"),
        HookEvent::interrupt(session, "t2"),
        HookEvent::session_end(session),
    ]
}

/// What each session's turn leaves in the log.
const RECORDED: [&str; 8] = [
    "session_start",
    "turn_begin",
    "approval",
    "tool_ran",
    "plan",
    "subagent",
    "compacting",
    "session_end",
];

fn bodies(world: &World, session: &str) -> Vec<String> {
    let log = json(world, &["log", "-n", "100000"]);
    let of_session = |entry: &&serde_json::Value| entry.to_string().contains(session);
    let kinds = log["log"].as_array().expect("log").iter().filter(of_session);
    let kind = |body: &serde_json::Value| body.as_object()?.keys().next().cloned();
    kinds.filter_map(|entry| kind(&entry["record"]["body"])).collect()
}

fn late_files(world: &World) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(project_folder(world).join("journal/late")).expect("late");
    entries.map(|entry| entry.expect("entry").path()).collect()
}

/// Sixteen writers that add tasks until `done`; whether they are answered is another test's affair.
fn hammering(world: &World, done: &AtomicBool, meanwhile: impl FnOnce()) {
    let caller = world.caller();
    std::thread::scope(|scope| {
        for writer in 0..16 {
            let caller = caller.clone();
            scope.spawn(move || {
                for at in 0.. {
                    if done.load(Ordering::Relaxed) {
                        return;
                    }
                    let title = format!("writer {writer} task {at}");
                    let answered = caller.thru(&["tasks", "add", "-q", &title]).output();
                    answered.expect("thru starts");
                }
            });
        }
        let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(meanwhile));
        done.store(true, Ordering::Relaxed);
        ended.expect("what was done meanwhile");
    });
}

#[test]
fn no_hook_waits_for_a_stopped_holder_and_each_is_recorded() {
    for lock in ["project.lock", "journal.lock"] {
        let world = project();
        world.thru(&["tasks", "add", "Known"]).assert_success();
        let holder = Holder::of(&world, lock);
        let mut while_stopped = Vec::new();
        hammering(&world, &AtomicBool::new(false), || {
            for event in turn("session-1") {
                let name = format!("{event:?}");
                let ran = world.hook(event).assert_success();
                assert!(ran.duration < HOOK, "{lock}: {:?} for {name}", ran.duration);
                assert!(!ran.stdout.contains("not available"), "{lock}: {}", ran.screen());
            }
            while_stopped = bodies(&world, "session-1");
            let late = late_files(&world).len();
            assert!(lock != "journal.lock" || late >= RECORDED.len(), "{late} late files");
            drop(holder);
        });
        world.thru(&["fold"]).assert_success();
        let afterwards = bodies(&world, "session-1");
        for kind in RECORDED {
            assert!(while_stopped.iter().any(|k| k == kind), "{lock}: {kind}: {while_stopped:?}");
            assert!(afterwards.iter().any(|k| k == kind), "{lock}: {kind}: {afterwards:?}");
        }
        assert_eq!(while_stopped.len(), afterwards.len(), "{lock}: none lost, none doubled");
        assert_eq!(late_files(&world), Vec::<PathBuf>::new());
    }
}

#[test]
fn a_command_names_the_stopped_holder_and_ends() {
    let world = project();
    let holder = Holder::of(&world, "project.lock");
    let ran = world.thru(&["tasks", "add", "Never"]);
    assert_eq!(ran.code, Some(5), "{}", ran.screen());
    assert!(ran.stderr.contains(&holder.name()), "{}", ran.screen());
    drop(holder);
    let holder = Holder::of(&world, "journal.lock");
    // A late file is as good as the journal; only who moves late files must have the lock.
    world.thru(&["tasks", "add", "At once"]).assert_success();
    let ran = world.thru(&["fold"]);
    assert_eq!(ran.code, Some(5), "{}", ran.screen());
    assert!(ran.stderr.contains(&holder.name()), "{}", ran.screen());
    drop(holder);
    assert_eq!(crate::tasks(&world), [("At once".to_owned(), "pending".to_owned())]);
}
