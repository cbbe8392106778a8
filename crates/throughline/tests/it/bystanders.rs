//! What is not ours stays as it is: the user's git, the agent's folder, the network.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use serde_json::json as value;
use throughline_testkit::{HookEvent, World};

use crate::{bare_world, json};

/// Every command that works on a project; `ID` and `OTHER` are tasks. Each leaves what the next one
/// needs.
const COMMANDS: [&str; 46] = [
    "init",
    "status",
    "next",
    "next --json",
    "plan",
    "tasks list",
    "tasks list --all --all-lines",
    "tasks show ID",
    "tasks add Third",
    "tasks edit ID --priority 1 --label a",
    "tasks start ID",
    "tasks claim OTHER",
    "tasks release OTHER",
    "tasks link ID --depends-on OTHER",
    "tasks unlink ID --depends-on OTHER",
    "tasks complete ID",
    "tasks reopen ID",
    "tasks cancel ID",
    "tasks reopen ID",
    "tasks promote ID",
    "tasks remove ID",
    "undo",
    "undo",
    "tasks export",
    "note remember",
    "sessions list",
    "sessions show",
    "trust",
    "trust --diff",
    "trust --accept",
    "trust --team",
    "trust --own",
    "log",
    "log --drift",
    "cache show",
    "cache validate",
    "cache backups",
    "cache rollback 1",
    "fold",
    "publish",
    "cache show --json",
    "completions bash",
    "tasks show nothing",
    "nonsense",
    "tasks list --json",
    "status --json",
];

/// Those of them that fail, as they must.
const REFUSED: [&str; 3] = ["cache rollback 1", "tasks show nothing", "nonsense"];

fn events(session: &str) -> Vec<HookEvent> {
    let shell = |text: &str| value!({ "command": text });
    vec![
        HookEvent::session_start(session, "startup"),
        HookEvent::user_prompt_submit(session, "t1", "hello"),
        HookEvent::pre_tool_use(session, "t1", "Bash", shell("git commit -m x")),
        HookEvent::permission_request(session, "t1", "Bash", shell("rm x")),
        HookEvent::post_tool_use(session, "t1", "Bash", shell("rm x"), value!("done")),
        HookEvent::post_tool_use_plan(session, "t1", &[("A step", "in_progress")]),
        HookEvent::subagent_start(session, "t1", "a1"),
        HookEvent::subagent_stop(session, "t1", "a1", "done"),
        HookEvent::pre_compact(session, "t1", "auto"),
        HookEvent::stop(session, "t1", "done"),
        HookEvent::interrupt(session, "t2"),
        HookEvent::session_end(session),
    ]
}

/// Of every file its bytes and what tells that it was touched; of every folder the latter.
type Picture = BTreeMap<PathBuf, (Vec<u8>, u32, u64, i64, i64)>;

fn picture(folder: &Path) -> Picture {
    let mut seen = Picture::new();
    let mut open = vec![folder.to_owned()];
    while let Some(path) = open.pop() {
        let found = std::fs::symlink_metadata(&path).expect("what was just listed");
        let bytes = if found.is_file() { std::fs::read(&path).expect("read") } else { Vec::new() };
        if found.is_dir() {
            let entries = std::fs::read_dir(&path).expect("list");
            open.extend(entries.map(|entry| entry.expect("entry").path()));
        }
        let touched = (bytes, found.mode(), found.ino(), found.mtime(), found.mtime_nsec());
        seen.insert(path, touched);
    }
    seen
}

fn changed(before: &Picture, after: &Picture) -> Vec<PathBuf> {
    let paths = before.keys().chain(after.keys());
    paths.filter(|path| before.get(*path) != after.get(*path)).cloned().collect()
}

/// A world in one of the modes, with two tasks, a backup and something of the agent's.
fn inhabited(mode: &[&str]) -> (World, [String; 2]) {
    let world = bare_world();
    world.commit("base");
    world.thru(&[&["init"], mode].concat()).assert_success();
    let add = |title| json(&world, &["tasks", "add", title])["id"].as_str().expect("id").to_owned();
    let ids = ["One", "Two"].map(add);
    world.thru(&["publish"]).assert_success();
    world.hook(HookEvent::user_prompt_submit("s0", "t1", "hello")).assert_success();
    world.thru(&["fold"]).assert_success();
    if mode.is_empty() {
        world.git("add -A");
        world.commit("remember");
    }
    world.write(world.codex_home().join("config.toml"), "model = \"gpt-5.5\"\n");
    world.write(world.codex_home().join("sessions/2026/rollout.jsonl"), "{}\n");
    world.write(world.codex_home().join("state.sqlite"), [0; 64]);
    // Racily clean entries: git itself would like to write the index.
    world.write("README.md", "# Sample, changed\n");
    (world, ids)
}

fn arguments(line: &str, ids: &[String; 2]) -> Vec<String> {
    let named = |word: &str| match word {
        "ID" => ids[0].clone(),
        "OTHER" => ids[1].clone(),
        word => word.to_owned(),
    };
    line.split(' ').map(named).collect()
}

/// Runs every command and every event, and looks after each.
fn each_step(world: &World, ids: &[String; 2], mut after: impl FnMut(&str)) {
    for line in COMMANDS {
        let words = arguments(line, ids);
        let ran = world.thru(&words.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(ran.is_success(), !REFUSED.contains(&line), "{line}: {}", ran.screen());
        after(line);
    }
    for event in events("s1") {
        let name = format!("{event:?}");
        world.hook(event).assert_success();
        after(&name);
    }
    // What the hooks started may still run: a fold after it has waited for its lock.
    world.thru(&["fold"]).assert_success();
    after("the fold");
}

#[test]
fn the_users_git_and_the_agents_folder_are_left_alone() {
    for mode in [&[][..], &["--local"]] {
        let (world, ids) = inhabited(mode);
        let folders = [world.repo().join(".git"), world.codex_home()];
        let before = folders.each_ref().map(|folder| picture(folder));
        each_step(&world, &ids, |step| {
            for (folder, before) in folders.iter().zip(&before) {
                let changed = changed(before, &picture(folder));
                assert!(changed.is_empty(), "{mode:?}: {step}: {changed:?}");
            }
        });
        if mode == ["--local"] {
            let status = world.git("status --porcelain --untracked-files=all");
            assert_eq!(status, " M README.md\n", "local mode leaves nothing in the repository");
        }
    }
}

/// What `thru setup codex` writes without being told to is nothing.
#[test]
fn setting_up_writes_nothing_before_it_was_agreed_to() {
    let (world, _) = inhabited(&[]);
    let before = picture(&world.codex_home());
    for line in ["setup codex", "setup codex --dry-run", "setup codex --status"] {
        let words: Vec<&str> = line.split(' ').collect();
        let ran = world.thru(&words);
        assert_eq!(
            changed(&before, &picture(&world.codex_home())),
            Vec::<PathBuf>::new(),
            "{line}: {}",
            ran.screen()
        );
    }
}

#[test]
fn nothing_of_ours_opens_a_socket() {
    let (world, ids) = inhabited(&[]);
    let log = world.root().join("sockets.log");
    let probe = world.command("strace", world.root()).args(["-V"]).output();
    if probe.is_err() {
        assert!(!throughline_testkit::must_run_all(), "strace is not installed");
        return;
    }
    let traced = |arguments: &[String], input: &str| {
        let mut command = world.command("strace", &world.repo());
        command.args(["-f", "-A", "-e", "trace=socket,socketpair,connect,bind,listen", "-o"]);
        command.arg(&log).arg("--").arg(world.binary()).args(arguments);
        let file = world.root().join("input.json");
        std::fs::write(&file, input).expect("write");
        command.stdin(std::fs::File::open(&file).expect("open"));
        command.output().expect("strace starts")
    };
    for line in COMMANDS {
        traced(&arguments(line, &ids), "");
    }
    for event in events("s1") {
        let mut event = serde_json::Value::from(event);
        event["cwd"] = value!(world.repo());
        let ran = traced(&["hook".to_owned(), "codex".to_owned()], &event.to_string());
        assert!(ran.status.success(), "{ran:?}");
    }
    let log = std::fs::read_to_string(&log).expect("the trace");
    assert!(log.matches("exited with").count() > COMMANDS.len(), "the trace has every process");
    let reaching = |line: &&str| ["AF_INET", "listen(", "bind("].iter().any(|w| line.contains(w));
    let found: Vec<&str> = log.lines().filter(reaching).collect();
    assert!(found.is_empty(), "{found:#?}");
}
