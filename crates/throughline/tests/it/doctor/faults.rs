//! The faults: each seeded alone in a set-up that is otherwise healthy.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use serde_json::Value;
use throughline_testkit::{Effort, HookEvent, World};

use super::stand_in::{Stand, StandIn};
use super::{anomalies, connected, everything, run, set_up, summary, usual};
use crate::{bare_world, json, project_folder, text};

const FILE: &str = ".throughline/project_state.json";

/// What becomes of it under `--fix`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fix {
    /// It is mended.
    Mended,
    /// A person has to.
    Left,
}
use Fix::{Left, Mended};

/// One fault, and what must be said of it.
struct Fault {
    name: &'static str,
    world: fn() -> World,
    seed: fn(&World),
    /// What is taken for measured.
    pretended: &'static str,
    check: &'static str,
    verdict: &'static str,
    /// A part of the remedy.
    remedy: &'static str,
    fix: Fix,
    /// Other checks that the same fault concerns.
    also: &'static [&'static str],
}

const NOTHING: fn(&World) = |_| {};

const fn fault(
    name: &'static str,
    world: fn() -> World,
    seed: fn(&World),
    (check, verdict, remedy): (&'static str, &'static str, &'static str),
) -> Fault {
    Fault { name, world, seed, pretended: "", check, verdict, remedy, fix: Left, also: &[] }
}

const fn pretended(what: &'static str, said: (&'static str, &'static str, &'static str)) -> Fault {
    Fault { pretended: what, ..fault(what, usual, NOTHING, said) }
}

const fn mended(fault: Fault) -> Fault {
    Fault { fix: Mended, ..fault }
}

const fn also(also: &'static [&'static str], fault: Fault) -> Fault {
    Fault { also, ..fault }
}

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn edit(path: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(path).unwrap();
    assert!(text.contains(from), "{from} is not in {text}");
    fs::write(path, text.replace(from, to)).unwrap();
}

fn old(path: &Path) {
    let hour = std::time::Duration::from_secs(3600);
    let file = fs::File::options().write(true).open(path).unwrap();
    file.set_modified(std::time::SystemTime::now() - hour).unwrap();
}

fn line_file(world: &World) -> std::path::PathBuf {
    let lines = project_folder(world).join("lines");
    let mut all = fs::read_dir(lines).unwrap().map(|entry| entry.unwrap().path().join("line.json"));
    all.find(|path| path.exists()).unwrap()
}

fn local() -> World {
    set_up(bare_world(), &["--local"], super::Agent::Absent)
}

const MACHINE: [Fault; 15] = [
    fault(
        "a log that is none",
        usual,
        |world| {
            world.write(
                "../state/logs_1.sqlite",
                "no database, but long enough to be taken for one",
            );
            mode(&world.state().join("logs_1.sqlite"), 0o600);
        },
        ("storage.log", "warning", "thru logs"),
    ),
    mended(fault(
        "a home that others can write",
        usual,
        |world| mode(&world.state(), 0o777),
        ("environment.home", "fail", "--fix"),
    )),
    mended(fault(
        "a home that others can enter",
        usual,
        |world| mode(&world.state(), 0o755),
        ("environment.home", "warning", "--fix"),
    )),
    mended(fault(
        "a file that others can read",
        usual,
        |world| mode(&project_folder(world).join("project.json"), 0o644),
        ("storage.permissions", "warning", "--fix"),
    )),
    pretended("uid=4242", ("storage.owner", "fail", "chown")),
    pretended("sqlite=3.51.2", ("environment.sqlite", "fail", "built with its own SQLite")),
    pretended("git=2.39.5", ("environment.git", "warning", "newer git")),
    pretended("free=0", ("storage.disk", "fail", "make room")),
    pretended("free=104857600", ("storage.disk", "warning", "make room")),
    pretended("filesystem=nfs", ("environment.filesystem", "warning", "THROUGHLINE_HOME")),
    pretended("filesystem=9p", ("environment.filesystem", "warning", "THROUGHLINE_HOME")),
    fault(
        "two installs",
        usual,
        two_installs,
        ("environment.installs", "warning", "remove the installation"),
    ),
    mended(fault("a damaged index", usual, damage_index, ("index.file", "warning", "--fix"))),
    fault(
        "a transcript that can't be read",
        usual,
        bad_transcript,
        ("index.parity", "warning", "thru threads audit"),
    ),
    fault(
        "a lock that git left",
        usual,
        |world| {
            world.write(".git/index.lock", "");
            old(&world.repo().join(".git/index.lock"));
        },
        ("git.index_lock", "warning", "remove .git/index.lock"),
    ),
];

const MEMORY: [Fault; 17] = [
    fault("conflict markers", usual, markers, ("project.state", "fail", "thru cache resolve")),
    fault(
        "half a state file",
        usual,
        |world| {
            let half = world.read(FILE);
            world.write(FILE, &half[..half.len() / 2]);
        },
        ("project.state", "fail", "thru cache rollback"),
    ),
    fault(
        "a state file of a newer thru",
        usual,
        |world| edit(&world.repo().join(FILE), "\"schema_version\": 1", "\"schema_version\": 2"),
        ("project.state", "warning", "install"),
    ),
    fault(
        "valid JSON that lacks a task",
        usual,
        without_a_task,
        ("project.lost", "fail", "thru cache reconcile`"),
    ),
    fault(
        "the same in local mode",
        local,
        |world| {
            world.thru(&["fold"]).assert_success();
            let state = line_file(world).with_file_name("project_state.json");
            cut_task(&state, "Two");
        },
        ("project.lost", "fail", "thru cache reconcile --rebuild"),
    ),
    fault(
        "a conflict that nobody decided",
        usual,
        open_conflict,
        ("project.conflicts", "warning", "thru tasks resolve"),
    ),
    fault(
        "a rewound branch",
        usual,
        |world| {
            world.commit("more").thru(&["status"]).assert_success();
            world.git("reset -q --hard HEAD~1");
        },
        ("project.drift", "warning", "thru cache reconcile"),
    ),
    fault(
        "a claim of a session that is gone",
        usual,
        stale_claim,
        ("project.claims", "warning", "thru tasks release"),
    ),
    fault(
        "memory that is not trusted here",
        usual,
        |world| {
            fs::remove_dir_all(world.state()).unwrap();
            fs::create_dir(world.state()).unwrap();
            mode(&world.state(), 0o700);
        },
        ("project.known", "warning", "thru init"),
    ),
    fault(
        "settings that are none",
        usual,
        |world| {
            world.write(".throughline/config.toml", "[memory.cache\n");
        },
        ("project.known", "fail", "mend the file named"),
    ),
    fault(
        "a repository of somebody else's",
        usual,
        |world| {
            world.write(".git/config", "[core\n");
        },
        ("git.repository", "fail", "git status"),
    ),
    fault(
        "a merge driver that is another program's",
        || {
            let world = usual();
            world.thru(&["setup", "git", "--yes"]).assert_success();
            world
        },
        |world| edit(&world.repo().join(".git/config"), "merge-driver %O", "merge-driver --old %O"),
        ("git.merge_driver", "warning", "thru setup git"),
    ),
    fault(
        "a journal line that is none",
        usual,
        |world| {
            let path = project_folder(world).join("journal/1.jsonl");
            let text = fs::read_to_string(&path).unwrap();
            fs::write(&path, text + "{\"v\":1,\"line\":\"branch:main\",\"torn\n").unwrap();
        },
        ("storage.journal", "warning", "thru cache backups"),
    ),
    mended(also(
        &["project.state"],
        fault(
            "a line.json that is none",
            || {
                let world = usual();
                world.thru(&["fold"]).assert_success();
                world
            },
            |world| fs::write(line_file(world), "{").unwrap(),
            ("storage.lines", "warning", "--fix"),
        ),
    )),
    fault(
        "a session file that is none",
        with_session,
        bad_session,
        ("storage.sessions", "warning", "remove the files named"),
    ),
    mended(fault(
        "records that nobody took in",
        usual,
        late_record,
        ("storage.backlog", "warning", "--fix"),
    )),
    fault(
        "a HEAD that is none",
        usual,
        |world| fs::write(world.repo().join(".git/HEAD"), "rubbish\n").unwrap(),
        ("git.repository", "fail", "git status"),
    ),
];

const AGENT: [Fault; 13] = [
    fault(
        "a hook that is missing",
        connected,
        |world| without_event(world, "Stop"),
        ("agent.hooks", "fail", "thru setup codex"),
    ),
    fault(
        "an edited hook",
        connected,
        |world| edit(&hooks(world), "\"timeout\": 3", "\"timeout\": 600"),
        ("agent.hooks", "warning", "thru setup codex"),
    ),
    fault(
        "a hook twice",
        connected,
        doubled_hook,
        ("agent.doubled", "warning", "take the copy out"),
    ),
    fault(
        "untrusted hooks",
        connected,
        |world| StandIn::new(world).says(Stand::Untrusted),
        ("agent.trust", "fail", "thru setup codex"),
    ),
    fault(
        "hooks switched off",
        connected,
        |world| StandIn::new(world).says(Stand::SwitchedOff),
        ("agent.trust", "warning", "/hooks"),
    ),
    fault(
        "a Codex that does not answer",
        connected,
        |world| StandIn::new(world).is("#!/bin/sh\nexit 3\n"),
        ("agent.trust", "warning", "--codex PATH"),
    ),
    also(
        &["agent.hooks"],
        fault(
            "a hook whose program is gone",
            connected,
            |world| other_program(world, "nowhere/thru"),
            ("agent.fires", "fail", "thru setup codex"),
        ),
    ),
    also(
        &["agent.hooks"],
        fault(
            "a hook that does nothing",
            connected,
            |world| {
                let place =
                    world.write("../idle/thru", "#!/bin/sh\nexit 0\n").root().join("idle/thru");
                mode(&place, 0o755);
                other_program(world, "idle/thru");
            },
            ("agent.fires", "fail", "thru setup codex"),
        ),
    ),
    fault(
        "a missing plan tool",
        connected,
        |world| edit(&world.codex_home().join("config.toml"), "enabled = true", "enabled = false"),
        ("agent.plan_tool", "fail", "thru setup codex"),
    ),
    also(
        &["agent.mcp"],
        fault(
            "an MCP server that does not start",
            connected,
            |world| {
                edit(
                    &world.codex_home().join("config.toml"),
                    "args = [\"mcp\"]",
                    "args = [\"nonsense\"]",
                )
            },
            ("agent.mcp_starts", "fail", "thru setup codex"),
        ),
    ),
    fault(
        "a skill that is gone",
        connected,
        |world| fs::remove_file(world.codex_home().join("skills/throughline/SKILL.md")).unwrap(),
        ("agent.skill", "warning", "thru setup codex"),
    ),
    fault(
        "set up by an older thru",
        connected,
        |world| {
            edit(
                &world.state().join("setup/codex/manifest.json"),
                &format!("\"thru\": \"{}\"", env!("CARGO_PKG_VERSION")),
                "\"thru\": \"0.0.9\"",
            )
        },
        ("agent.set_up_by", "warning", "thru setup codex"),
    ),
    fault(
        "an old plugin in Codex's cache",
        connected,
        |world| {
            fs::create_dir_all(world.codex_home().join("plugins/cache/market/throughline/0.0.1"))
                .unwrap()
        },
        ("agent.plugin_cache", "warning", "codex plugin remove"),
    ),
];

fn two_installs(world: &World) {
    for place in ["bin/thru", "other/thru"] {
        let path = world.root().join(place);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, "#!/bin/sh\n").unwrap();
        mode(&path, 0o755);
    }
    // A link to one of them is not another.
    fs::create_dir(world.root().join("link")).unwrap();
    symlink(world.root().join("bin/thru"), world.root().join("link/thru")).unwrap();
}

fn damage_index(world: &World) {
    world.thru(&["index", "run"]).assert_success();
    let path = world.state().join("index_1.sqlite");
    let mut bytes = fs::read(&path).unwrap();
    bytes.iter_mut().for_each(|byte| *byte ^= 0x55);
    fs::write(&path, bytes).unwrap();
}

fn bad_transcript(world: &World) {
    let name = "sessions/2026/11/20/rollout-2026-11-20T05-00-00-01a10000-0000-7000-8000-000000000001.jsonl.zst";
    let path = world.codex_home().join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, "no zstd at all, but long enough to be looked at").unwrap();
    let _ = world.thru(&["index", "run"]);
}

fn markers(world: &World) {
    let good = world.read(FILE);
    world.write(FILE, format!("<<<<<<< HEAD\n{good}=======\n{good}>>>>>>> theirs\n"));
}

/// Takes a task out of a state, by hand and neatly.
fn cut_task(path: &Path, title: &str) {
    let mut state: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let tasks = state["tasks"].as_object_mut().unwrap();
    let before = tasks.len();
    tasks.retain(|_, task| task["title"] != title);
    assert_eq!(tasks.len() + 1, before);
    fs::write(path, format!("{state:#}\n")).unwrap();
}

fn without_a_task(world: &World) {
    cut_task(&world.repo().join(FILE), "Two");
}

fn open_conflict(world: &World) {
    let id = text(&json(world, &["tasks", "list"])["tasks"][0]["id"]);
    let base = world.read(FILE);
    world.write("../given/base", &base);
    for (name, title) in [("ours", "As we see it"), ("theirs", "As they see it")] {
        world.write(format!("../given/{name}"), base.replace("\"One\"", &format!("\"{title}\"")));
    }
    assert!(base.contains("\"One\""), "{id}");
    let words = ["merge-driver", "../given/base", "../given/ours", "../given/theirs"];
    world.thru(&words).assert_success();
    let merged = world.read("../given/ours");
    world.write(FILE, merged).commit("merged");
    world.thru(&["status"]).assert_success();
}

fn stale_claim(world: &World) {
    world.hook(HookEvent::session_start("s9", "startup")).assert_success();
    world.hook(HookEvent::user_prompt_submit("s9", "t1", "hello")).assert_success();
    let id = text(&json(world, &["tasks", "list"])["tasks"][0]["id"]);
    world.thru(&["tasks", "claim", &id, "--owner", "s9", "--lease", "9000h"]).assert_success();
    world.hook(HookEvent::session_end("s9")).assert_success();
    world.thru(&["fold"]).assert_success();
}

fn with_session() -> World {
    let world = usual();
    world.hook(HookEvent::user_prompt_submit("s1", "t1", "hello")).assert_success();
    world.thru(&["fold"]).assert_success();
    world
}

fn bad_session(world: &World) {
    let mut all = fs::read_dir(project_folder(world).join("sessions")).unwrap();
    let is_session = |path: &Path| path.extension().is_some_and(|end| end == "json");
    let path = all.find_map(|entry| Some(entry.unwrap().path()).filter(|path| is_session(path)));
    fs::write(path.unwrap(), "{").unwrap();
}

fn late_record(world: &World) {
    let journal = project_folder(world).join("journal");
    let last = fs::read_to_string(journal.join("1.jsonl")).unwrap();
    let last = last.lines().last().unwrap();
    let late = journal.join("late/01.jsonl");
    fs::write(&late, format!("{last}\n")).unwrap();
    mode(&late, 0o600);
    old(&late);
}

fn hooks(world: &World) -> std::path::PathBuf {
    world.codex_home().join("hooks.json")
}

fn change_hooks(world: &World, change: impl FnOnce(&mut Value)) {
    let mut root: Value = serde_json::from_slice(&fs::read(hooks(world)).unwrap()).unwrap();
    change(&mut root["hooks"]);
    fs::write(hooks(world), format!("{root:#}\n")).unwrap();
}

fn without_event(world: &World, event: &str) {
    change_hooks(world, |hooks| drop(hooks.as_object_mut().unwrap().remove(event)));
}

fn doubled_hook(world: &World) {
    change_hooks(world, |hooks| {
        let groups = hooks["Stop"].as_array_mut().unwrap();
        groups.push(groups[0].clone());
    });
}

fn other_program(world: &World, path: &str) {
    let (own, other) = (world.binary().display().to_string(), world.root().join(path));
    edit(&hooks(world), &own, &other.display().to_string());
}

fn assert_found(fault: &Fault) {
    let Fault { name, check, verdict, remedy, .. } = *fault;
    let world = (fault.world)();
    (fault.seed)(&world);
    let path = ["other", "link"].map(|folder| world.root().join(folder));
    let look = |words: &[&str]| {
        let ran = run(&world, words, fault.pretended, &path);
        let answer: Value = serde_json::from_str(&ran.stdout)
            .unwrap_or_else(|e| panic!("{name}: {e}: {}", ran.screen()));
        (answer, ran.code)
    };
    let (answer, code) = look(&["--json"]);
    let mut found = anomalies(&answer);
    found.retain(|id| !fault.also.contains(&id.as_str()));
    assert_eq!(found, [check], "{name}: {}", summary(&answer));
    let said = &answer["checks"][check];
    assert_eq!(said["verdict"], verdict, "{name}: {said:#}");
    assert!(text(&said["remedy"]).contains(remedy), "{name}: {said:#}");
    assert_eq!(code, Some(i32::from(answer["verdict"] == "fail")), "{name}");

    let before = everything(&world);
    let (fixed, _) = look(&["--json", "--fix"]);
    let after = everything(&world);
    if fault.fix == Mended {
        let done = &fixed["fixed"][0];
        assert_eq!(done["check"], check, "{name}: {}", summary(&fixed));
        assert!(!text(&done["done"]).contains("could not"), "{name}: {done}");
        assert_eq!(anomalies(&fixed), [""; 0], "{name}: {}", summary(&fixed));
        let (again, _) = look(&["--json", "--fix"]);
        assert_eq!(again["fixed"].as_array().map(Vec::len), Some(0), "{name}: {}", again["fixed"]);
        assert!(everything(&world) == after, "{name}: the second run wrote something");
    } else {
        assert_eq!(fixed["fixed"].as_array().map(Vec::len), Some(0), "{name}: {}", fixed["fixed"]);
        assert!(before == after, "{name}: something was written");
    }
}

fn assert_all(faults: &[Fault]) {
    faults.iter().for_each(assert_found);
    Effort::report(&format!("doctor: {} faults", faults.len()));
}

#[test]
fn faults_of_the_machine_are_found() {
    assert_all(&MACHINE);
}

#[test]
fn faults_of_memory_are_found() {
    assert_all(&MEMORY);
}

#[test]
fn faults_of_the_connection_are_found() {
    assert_all(&AGENT);
}
