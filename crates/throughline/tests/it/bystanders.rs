//! What is not ours stays as it is: the user's git, the agent's folder, the network.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use serde_json::json as value;
use throughline_testkit::history::{Ballast, HistoryOptions, write_history};
use throughline_testkit::{HookEvent, World};

use crate::{bare_world, json};

/// Every command; `ID` and `OTHER` are tasks, `THREAD` is a conversation. Each leaves what the next one needs.
pub(crate) const COMMANDS: &[&str] = &[
    "init",
    "init --template adr --yes",
    "init --template adr --remove",
    "doctor",
    "doctor --deep --fix --bundle ../bundle.json",
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
    "agents tree",
    "agents show THREAD",
    "agents close THREAD --dry-run",
    "agents close THREAD",
    "agents resume THREAD",
    "sessions list",
    "sessions show",
    "trust",
    "trust --diff",
    "trust --accept",
    "trust --team",
    "trust --own",
    "log",
    "log --drift",
    "logs",
    "logs --level warn --since 2h --session s0 -n 5",
    "stats",
    "cache show",
    "cache validate",
    "cache backups",
    "index run",
    "index status",
    "index rebuild",
    "threads list",
    "threads search hello",
    "threads show THREAD",
    "threads turns THREAD",
    "threads tree THREAD",
    "threads name THREAD x",
    "threads set THREAD --branch b",
    "threads archive THREAD",
    "threads forget THREAD",
    "threads forget THREAD --undo",
    "threads audit --all --repair",
    "threads disk",
    "jobs run --csv ../given/table.csv --instruction do --agent command -- cat",
    "jobs list",
    "jobs show job-",
    "jobs export job-",
    "jobs logs job-",
    "jobs resume job- --again",
    "jobs cancel job-",
    "jobs remove job-",
    "jobs remove job- --yes",
    "jobs work job-none 1 nobody",
    "memory import ../given/memories.jsonl",
    "memory list --all-lines",
    "memory add remember --scope user --pin",
    "memory show mem-",
    "memory export",
    "memory update --all",
    "memory update",
    "recall what is imported",
    "memory edit mem- --text changed",
    "memory pin mem-",
    "memory confirm mem-",
    "memory reject mem-",
    "memory move mem- user",
    "memory forget mem-",
    "memory share mem-",
    "memory history --user",
    "memory diff --user",
    "memory revert HEAD",
    "memory status",
    "memory why",
    "memory mode THREAD polluted",
    "memory drop --user",
    "memory drop --user --yes",
    "memory drop --user --undo",
    "journal",
    "cache prune --yes",
    "cache rollback 1",
    "tasks import ../given/tasks.jsonl",
    "tasks conflicts",
    "tasks resolve ID --keep 1",
    "milestones add M1 --due 2027-01-31",
    "milestones add M2",
    "tasks edit OTHER --milestone M1",
    "milestones list --all",
    "milestones show M1",
    "milestones edit M2 --title M3",
    "milestones reach M1 --force",
    "milestones drop M3",
    "milestones reopen M3",
    "goals set reach-it --milestone M1 --tokens 9",
    "goals list --all",
    "goals show",
    "goals pause",
    "goals resume",
    "goals budget --minutes 10",
    "goals complete",
    "goals clear",
    "undo --json",
    "snapshot here --reason why",
    "snapshot",
    "adr list",
    "adr import",
    "adr link 1 OTHER",
    "lines list --all",
    "lines show side",
    "lines merge side",
    "lines adopt gone",
    "lines retire side",
    "cache reconcile",
    "cache reconcile --dry-run",
    "cache reconcile --ignore",
    "cache reconcile --fork side",
    "cache reconcile --rebuild",
    "cache rollback 1 -q",
    "cache resolve --dry-run",
    "merge-driver ../given/base ../given/ours ../given/theirs",
    "setup codex --dry-run",
    "setup git --status",
    "mcp",
    "app-server",
    "demo",
    "hook nobody",
    "cache migrate",
    "cache migrate --from-history --dry-run",
    "cache migrate --from-history --milestones-from-tags --yes",
    "fold",
    "publish",
    "cache show --json",
    "completions bash",
    "shell-init zsh",
    "status --line",
    "tui",
    "tasks show nothing",
    "nonsense",
    "tasks list --json",
    "status --json",
];

/// Those of them that fail, as they must.
const REFUSED: &[&str] = &[
    // More than one begins so.
    "memory show mem-",
    "memory edit mem- --text changed",
    "memory pin mem-",
    "memory confirm mem-",
    "memory reject mem-",
    "memory move mem- user",
    "memory forget mem-",
    "memory share mem-",
    "tui",
    "cache rollback 1",
    "tasks resolve ID --keep 1",
    "cache reconcile --ignore",
    "cache reconcile --fork side",
    "hook nobody",
    "jobs work job-none 1 nobody",
    "tasks show nothing",
    "nonsense",
];

/// Whether a command fails, as it must; git carries no state in local mode.
fn is_refused(line: &str, mode: &[&str]) -> bool {
    REFUSED.contains(&line) || (line == "cache resolve --dry-run" && mode == ["--local"])
}

/// The names under `Commands:` in the help of a command.
pub(crate) fn named_in_help(world: &World, group: &[&str]) -> Vec<String> {
    let help = world.thru(&[group, &["--help"]].concat()).assert_success().stdout;
    let listed = help.split_once("Commands:\n").map_or("", |(_, rest)| rest);
    let listed = listed.lines().take_while(|line| !line.is_empty());
    let names = listed.filter_map(|line| {
        let name = line.strip_prefix("  ")?.split(' ').next()?;
        (!name.is_empty() && name != "help").then(|| name.to_owned())
    });
    names.collect()
}

/// A new command is one that is looked at here, or this test fails.
#[test]
fn every_command_is_looked_at() {
    let world = bare_world();
    let mut missing = Vec::new();
    for name in named_in_help(&world, &[]) {
        let below = named_in_help(&world, &[&name]);
        let whole = |sub: &String| format!("{name} {sub}");
        let all =
            if below.is_empty() { vec![name.clone()] } else { below.iter().map(whole).collect() };
        let begins =
            |line: &&str, path: &str| *line == path || line.starts_with(&format!("{path} "));
        missing.extend(all.into_iter().filter(|path| !COMMANDS.iter().any(|l| begins(l, path))));
    }
    assert_eq!(missing, Vec::<String>::new(), "add them to COMMANDS");
}

pub(crate) fn events(session: &str) -> Vec<HookEvent> {
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
pub(crate) type Picture = BTreeMap<PathBuf, (Vec<u8>, u32, u64, i64, i64)>;

pub(crate) fn picture(folder: &Path) -> Picture {
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

pub(crate) fn changed(before: &Picture, after: &Picture) -> Vec<PathBuf> {
    let paths = before.keys().chain(after.keys());
    paths.filter(|path| before.get(*path) != after.get(*path)).cloned().collect()
}

/// Other lines, a decision record, and what is given to commands that take files.
fn furnish(world: &World) {
    world.write("docs/adr/0001-rust.md", "# 1. Use Rust\n\n## Status\n\nAccepted\n");
    world.commit("a decision");
    for line in ["side", "gone"] {
        world.thru(&["status"]).assert_success();
        world.branch(line);
        world.thru(&["tasks", "add", line]).assert_success();
        world.commit(line);
        world.thru(&["status"]).assert_success();
        world.git("switch -q main");
    }
    world.git("branch -q -D gone");
    world.thru(&["status"]).assert_success();
    let state = world.thru(&["cache", "show"]).assert_success().stdout;
    for name in ["base", "ours", "theirs"] {
        world.write(format!("../given/{name}"), &state);
    }
    world.write("../given/table.csv", "name\nvalue\n");
    world.write("../given/tasks.jsonl", "{\"title\":\"Imported\"}\n");
    world.write("../given/memories.jsonl", "{\"title\":\"Imported\"}\n{\"title\":\"Another\"}\n");
}

/// A world in one of the modes, with two tasks, other lines and something of the agent's.
pub(crate) fn inhabited(mode: &[&str]) -> (World, [String; 2]) {
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
    furnish(&world);
    world.write(world.codex_home().join("config.toml"), "model = \"gpt-5.5\"\n");
    world.write(world.codex_home().join("sessions/2026/rollout.jsonl"), "{}\n");
    world.write(world.codex_home().join("state.sqlite"), [0; 64]);
    let history = HistoryOptions {
        threads: 1,
        cwd: world.repo(),
        branches: vec![("main".to_owned(), world.head())],
        ballast: Ballast::Light,
        seed: 1,
    };
    write_history(&world.codex_home(), &history);
    // Racily clean entries: git itself would like to write the index.
    world.write("README.md", "# Sample, changed\n");
    (world, ids)
}

pub(crate) fn arguments(line: &str, ids: &[String; 2]) -> Vec<String> {
    let named = |word: &str| match word {
        "ID" => ids[0].clone(),
        "OTHER" => ids[1].clone(),
        "THREAD" => "01a10000".to_owned(),
        word => word.to_owned(),
    };
    line.split(' ').map(named).collect()
}

/// Runs every command and every event, and looks after each.
fn each_step(world: &World, mode: &[&str], ids: &[String; 2], mut after: impl FnMut(&str)) {
    for line in COMMANDS {
        let words = arguments(line, ids);
        let ran = world.thru(&words.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(ran.is_success(), !is_refused(line, mode), "{line}: {}", ran.screen());
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
        each_step(&world, mode, &ids, |step| {
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
