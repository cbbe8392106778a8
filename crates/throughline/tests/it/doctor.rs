//! `thru doctor`: a set-up with one fault shows that fault and no other, mending is done once, and a
//! healthy set-up has none.

#![expect(clippy::unwrap_used, reason = "a test's own set-up either works or fails it")]

mod faults;
mod stand_in;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use serde_json::Value;
use throughline_testkit::{Codex, Effort, HookEvent, Ran, World};

use crate::bystanders::{Picture, picture};
use crate::{bare_world, json};
use stand_in::StandIn;

/// What must not come from the machine on which a test runs.
const MACHINE: &str = "free=99999999999,filesystem=ext4,git=2.47.3";

/// Whether Codex is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Agent {
    Connected,
    Absent,
}

/// A project, as a user has it after the first minutes.
fn set_up(world: World, mode: &[&str], agent: Agent) -> World {
    fs::set_permissions(world.state(), fs::Permissions::from_mode(0o700)).unwrap();
    world.thru(&[&["init"], mode].concat()).assert_success();
    for title in ["One", "Two"] {
        world.thru(&["tasks", "add", title]).assert_success();
    }
    world.thru(&["publish"]).assert_success();
    if mode.is_empty() && world.repo().join(".git").exists() {
        world.commit("remember");
    }
    world.thru(&["status"]).assert_success();
    if agent == Agent::Connected {
        StandIn::new(&world).connect();
    }
    world
}

fn usual() -> World {
    set_up(bare_world(), &[], Agent::Absent)
}

fn connected() -> World {
    set_up(bare_world(), &[], Agent::Connected)
}

/// Runs the doctor; `pretended` comes on top of what hides the machine, `path` before the usual PATH.
fn run(world: &World, words: &[&str], pretended: &str, path: &[PathBuf]) -> Ran {
    let machine = [MACHINE, pretended].join(",");
    let mut folders = path.to_vec();
    folders.push(world.root().join("bin"));
    folders.extend(usual_path(world));
    let folders: Vec<String> = folders.iter().map(|f| f.display().to_string()).collect();
    let variables = [format!("PATH={}", folders.join(":")), format!("THRU_TEST_DOCTOR={machine}")];
    let before = ["env", &variables[0], &variables[1]];
    world.started_by(&before, || world.thru(&[&["doctor"], words].concat()))
}

/// Without what the machine itself has of us and of Codex.
fn usual_path(world: &World) -> Vec<PathBuf> {
    let command = world.command("git", world.root());
    let path = command.get_envs().find_map(|(name, value)| value.filter(|_| name == "PATH"));
    let folders = std::env::split_paths(path.unwrap());
    let is_foreign =
        |folder: &PathBuf| ["thru", "codex"].iter().any(|name| folder.join(name).exists());
    folders.filter(|folder| !is_foreign(folder)).collect()
}

fn examined(world: &World) -> Value {
    run(world, &["--json"], "", &[]).json()
}

/// The checks that came out as a warning or worse.
fn anomalies(answer: &Value) -> Vec<String> {
    let checks = answer["checks"].as_object().unwrap().iter();
    let is_bad = |check: &Value| check["verdict"] == "warning" || check["verdict"] == "fail";
    checks.filter(|(_, check)| is_bad(check)).map(|(id, _)| id.clone()).collect()
}

/// Those, with what was measured.
fn summary(answer: &Value) -> String {
    let all = anomalies(answer).into_iter();
    all.map(|id| format!("{id}: {}\n", answer["checks"][&id]["measured"])).collect()
}

/// Everything that the doctor must leave alone. What SQLite keeps beside a database while it is read is
/// its own.
fn everything(world: &World) -> [Picture; 3] {
    let mut all = [world.state(), world.repo(), world.codex_home()].map(|folder| picture(&folder));
    let state = world.state();
    all[0].retain(|path, _| *path != state && !path.display().to_string().contains(".sqlite-"));
    all
}

fn schema() -> jsonschema::Validator {
    let text = include_str!("../../../../docs/formats/doctor.schema.json");
    jsonschema::validator_for(&serde_json::from_str(text).unwrap()).unwrap()
}

/// Set-ups that differ in what the bits of a number say.
fn healthy(number: usize) -> World {
    let bit = |at: usize| number >> at & 1 == 1;
    let world = match number % 5 {
        0 => World::sha256(),
        1 => World::reftable(),
        2 => World::plain(),
        _ => World::new(),
    };
    let has_git = number % 5 != 2;
    let mode: &[&str] = if bit(0) || !has_git { &["--local"] } else { &[] };
    let agent = if bit(1) { Agent::Connected } else { Agent::Absent };
    let world = set_up(world.with_binary(env!("CARGO_BIN_EXE_thru")), mode, agent);
    if bit(2) {
        let events = [
            HookEvent::session_start("s1", "startup"),
            HookEvent::user_prompt_submit("s1", "t1", "hello"),
            HookEvent::post_tool_use_plan("s1", "t1", &[("A step", "in_progress")]),
        ];
        events.into_iter().for_each(|event| drop(world.hook(event).assert_success()));
    }
    if bit(3) {
        world.thru(&["index", "run"]).assert_success();
    }
    if bit(4) && has_git {
        world.branch("side").commit("work");
        world.thru(&["tasks", "add", "Three"]).assert_success();
    }
    if bit(5) {
        let id = json(&world, &["tasks", "add", "Four"])["id"].as_str().unwrap().to_owned();
        world.thru(&["tasks", "claim", &id]).assert_success();
        world.thru(&["tasks", "start", &id]).assert_success();
    }
    if bit(6) {
        world.thru(&["fold"]).assert_success();
    }
    if bit(7) && has_git && mode.is_empty() {
        world.thru(&["setup", "git", "--yes"]).assert_success();
    }
    world
}

#[test]
fn a_healthy_set_up_has_no_fault_and_is_left_as_it_is() {
    let (schema, count) = (schema(), Effort::asked().pick(6, 100));
    for number in 0..count {
        // So that neighbours differ in many bits.
        let number = number * 37 % 256;
        let world = healthy(number);
        let before = everything(&world);
        for words in [&["--json", "--strict"][..], &["--json", "--fix"]] {
            let ran = run(&world, words, "", &[]).assert_success();
            let answer: Value = serde_json::from_str(&ran.stdout).unwrap();
            assert_eq!(anomalies(&answer), [""; 0], "{number}: {}", summary(&answer));
            assert_eq!(answer["fixed"].as_array().map(Vec::len), Some(0), "{number}");
            let errors: Vec<String> = schema.iter_errors(&answer).map(|e| e.to_string()).collect();
            assert_eq!(errors, [""; 0], "{number}: {answer:#}");
            let root = world.root().display().to_string();
            assert!(!ran.stdout.contains(&root), "{number}: {}", ran.stdout);
            for (before, after) in before.iter().zip(everything(&world)) {
                assert_eq!(
                    crate::bystanders::changed(before, &after),
                    Vec::<PathBuf>::new(),
                    "{number}: {words:?}"
                );
            }
        }
    }
    Effort::report(&format!("doctor: {count} healthy set-ups"));
}

/// The shape, with what differs from run to run taken out.
#[test]
fn the_object_is_stable() {
    let world = connected();
    let mut answer = examined(&world);
    for (id, check) in answer["checks"].as_object_mut().unwrap() {
        if id.starts_with("performance.")
            || ["agent.fires", "agent.mcp_starts"].contains(&id.as_str())
        {
            check["measured"] = "TIME".into();
        }
        if ["storage.size", "storage.databases", "environment.sqlite"].contains(&id.as_str()) {
            check["measured"] = "SIZE OR VERSION".into();
        }
    }
    insta::assert_snapshot!(format!("{answer:#}"));
}

#[test]
fn people_see_what_is_wrong_first() {
    let world = usual();
    let warned = run(&world, &["--strict"], "filesystem=nfs", &[]);
    assert_eq!(warned.code, Some(1), "{}", warned.screen());
    fs::set_permissions(world.state(), fs::Permissions::from_mode(0o777)).unwrap();
    let shown = run(&world, &["--summary"], "sqlite=3.51.2", &[]);
    assert_eq!(shown.code, Some(1));
    insta::assert_snapshot!(world.without_paths(&shown.screen()), @r"
    FAIL     environment.sqlite: 3.51.2
             expected: SQLite 3.51.3 or newer: earlier ones can damage a database that two programs write
             remedy: install a thru that was built with its own SQLite
    FAIL     environment.home: [WORLD]/state has mode 777: others can write it, so it is refused
             expected: a home that only you can enter
             remedy: `thru doctor --fix` puts it right
    20 checks: 2 failures, 0 warnings.
    [stderr]
    hint: `thru doctor --fix` mends what loses nothing
    [exit 1]
    ");
}

#[test]
fn a_bundle_is_for_others_eyes() {
    let world = usual();
    world.write(
        "../state/hook.log",
        format!("at {}: token ghp_{}\n", world.root().display(), "a1B2".repeat(9)),
    );
    fs::set_permissions(world.state().join("hook.log"), fs::Permissions::from_mode(0o600)).unwrap();
    let file = world.root().join("bundle.json");
    let name = file.display().to_string();
    run(&world, &["--bundle", &name], "", &[]).assert_success();
    let text = fs::read_to_string(&file).unwrap();
    let bundle: Value = serde_json::from_str(&text).unwrap();
    assert!(schema().is_valid(&bundle["doctor"]), "{text}");
    assert!(text.contains("[REDACTED:") && !text.contains("a1B2"), "{text}");
    assert!(!text.contains(&world.root().display().to_string()), "{text}");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let again = run(&world, &["--bundle", &name], "", &[]);
    assert_eq!(again.code, Some(1), "nothing is overwritten: {}", again.screen());
    assert_eq!(fs::read_to_string(&file).unwrap(), text);
}

/// What the stand-in says is what the real one would say.
#[test]
fn the_real_codex_is_asked() {
    let Some(codex) = Codex::required() else { return };
    let world = crate::codex::connected(&codex);
    fs::set_permissions(world.state(), fs::Permissions::from_mode(0o700)).unwrap();
    let program = codex.native().display().to_string();
    let look = || -> Value {
        let ran = run(&world, &["--json", "--codex", &program], "", &[]);
        serde_json::from_str(&ran.stdout).unwrap()
    };
    let healthy = look();
    assert_eq!(anomalies(&healthy), [""; 0], "{}", summary(&healthy));
    assert_eq!(healthy["checks"]["environment.codex"]["verdict"], "ok");
    assert_eq!(healthy["checks"]["agent.trust"]["measured"], "11 of 11");
    let hooks = world.codex_home().join("hooks.json");
    let edited = fs::read_to_string(&hooks).unwrap().replace("\"timeout\": 5", "\"timeout\": 6");
    fs::write(&hooks, edited).unwrap();
    let edited = look();
    assert_eq!(anomalies(&edited), ["agent.hooks", "agent.trust"], "{}", summary(&edited));
    assert_eq!(
        edited["checks"]["agent.trust"]["measured"],
        "2 of 11; it skips the others in silence"
    );
}

/// The number of the program that the tests run is the one that the program names.
#[test]
fn codex_is_the_one_that_is_tested() {
    assert_eq!(throughline_agents::codex::TESTED, throughline_testkit::codex::PINNED_VERSION);
}
