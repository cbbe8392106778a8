//! Commands that write, each in a state of things in which it has something to do.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};
use throughline_testkit::{Children, HookEvent, Picture, Ran, World};

use crate::{bare_world, json, text};

/// One command in a world of its own.
pub(super) struct Scenario {
    pub(super) name: &'static str,
    pub(super) role: Role,
    /// Whether processes that it starts belong to what is broken.
    pub(super) children: Children,
    pub(super) run: Box<dyn Fn(&World) -> Ran>,
    /// Whether `thru undo` gives the former state back.
    pub(super) undo: Undo,
    /// A file in the repository that belongs to what is seen of it.
    pub(super) looks_at: Option<PathBuf>,
}

/// What is asked of `thru undo` after a scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Undo {
    /// Nothing.
    No,
    /// The former state, if the command changed it.
    Whole,
}

/// What a command owes its caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Exit code 0 is a promise, and its change is whole or absent.
    Command,
    /// As a command; what it decides may be on record before it says so, and questions may decide the
    /// same. Done twice it is done once.
    Decision,
    /// Readers see the same before and after; broken off, any part of it may be done.
    Upkeep,
    /// It makes the project: half of it may be there, and the next `init` completes it.
    Init,
    /// It promises nothing, and its exit code is 0 whatever happens.
    Hook,
}

/// A group of scenarios that run in one world, each from the same picture.
pub(super) struct Group {
    pub(super) world: World,
    pub(super) base: Picture,
    git: Git,
    scenarios: Vec<(Prepare, Build)>,
}

/// What scenarios do to the repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Git {
    /// Nothing, or what the next one needs.
    Goes,
    /// Anything: it is put back before each.
    PutBack,
}

pub(super) type Prepare = fn(&World);
pub(super) type Build = fn(&World) -> Scenario;

impl Group {
    fn new(world: World, scenarios: Vec<(Prepare, Build)>) -> Self {
        let base = world.picture();
        Self { world, base, git: Git::Goes, scenarios }
    }

    /// As [`Group::new`], each scenario with a history of git of its own.
    pub(super) fn with_git(world: World, scenarios: Vec<(Prepare, Build)>) -> Self {
        copy(&world, "repo", "kept");
        Self { git: Git::PutBack, ..Self::new(world, scenarios) }
    }

    /// The same with another `thru`.
    pub(super) fn with_binary(self, path: &Path) -> Self {
        Self { world: self.world.with_binary(path), ..self }
    }

    /// The first scenario alone.
    pub(super) fn first(&self, check: impl FnMut(&World, &Picture, &Scenario)) {
        self.some(1, check);
    }

    /// Each scenario with its picture before, ready to run.
    pub(super) fn each(&self, check: impl FnMut(&World, &Picture, &Scenario)) {
        self.some(self.scenarios.len(), check);
    }

    fn some(&self, count: usize, mut check: impl FnMut(&World, &Picture, &Scenario)) {
        for (prepare, build) in &self.scenarios[..count] {
            if self.git == Git::PutBack {
                copy(&self.world, "kept", "repo");
            }
            self.world.restore(&self.base);
            prepare(&self.world);
            let scenario = build(&self.world);
            check(&self.world, &self.world.picture(), &scenario);
        }
    }
}

/// One folder of a world takes the place of another.
fn copy(world: &World, from: &str, to: &str) {
    let [from, to] = [from, to].map(|name| world.root().join(name));
    if to.exists() {
        fs::remove_dir_all(&to).expect("remove");
    }
    let ended = world.command("cp", world.root()).arg("-a").args([from, to]).status();
    assert!(ended.expect("cp starts").success());
}

fn nothing(_: &World) {}

pub(super) fn ok(world: &World, arguments: &str) {
    let screen = world.run(arguments);
    assert!(!screen.contains("[exit"), "{screen}");
}

pub(super) fn command(name: &'static str, words: &[&str]) -> Scenario {
    let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    let run =
        move |world: &World| world.thru(&words.iter().map(String::as_str).collect::<Vec<_>>());
    of(name, Role::Command, Box::new(run))
}

fn of(name: &'static str, role: Role, run: Box<dyn Fn(&World) -> Ran>) -> Scenario {
    Scenario { name, role, children: Children::Leave, run, undo: Undo::No, looks_at: None }
}

fn upkeep(name: &'static str, words: &[&str]) -> Scenario {
    Scenario { role: Role::Upkeep, ..command(name, words) }
}

fn hook(name: &'static str, event: HookEvent) -> Scenario {
    let run = move |world: &World| world.hook(event.clone());
    of(name, Role::Hook, Box::new(run))
}

pub(super) fn id_of(world: &World, title: &str) -> String {
    let all = json(world, &["tasks", "list", "--all"]);
    let tasks = all["tasks"].as_array().expect("tasks").iter();
    let found = tasks.into_iter().find(|task| task["title"] == title);
    text(&found.unwrap_or_else(|| panic!("no task {title:?}"))["id"])
}

/// A project with something of everything: folded, pending, private, and a kept state.
fn lived_in(init: &str) -> World {
    let world = bare_world();
    ok(&world, init);
    for add in ["Alpha --ref A", "Beta --ref B", "Gamma --ref C --depends-on A"] {
        ok(&world, &format!("tasks add {add}"));
    }
    ok(&world, "tasks start B");
    let prompt = HookEvent::user_prompt_submit("s0", "t0", "make it fast");
    world.hook(prompt).assert_success();
    let steps = [("Measure first", "in_progress"), ("Then cut", "pending")];
    world.hook(HookEvent::post_tool_use_plan("s0", "t0", &steps)).assert_success();
    ok(&world, "publish");
    ok(&world, "fold");
    ok(&world, "tasks add Delta --ref D");
    ok(&world, "tasks complete A");
    world
}

fn project_folder(world: &World) -> PathBuf {
    let mut projects = fs::read_dir(world.state().join("projects")).expect("projects");
    projects.next().expect("one project").expect("readable").path()
}

/// A kept state, as a rollback leaves it.
pub(super) fn keep_a_state(world: &World) {
    let folder = project_folder(world).join("backups/1");
    fs::create_dir_all(&folder).expect("create");
    let state = fs::read(world.repo().join(".throughline/project_state.json")).expect("read");
    fs::write(folder.join("project_state.json"), state).expect("write");
    let about = r#"{"at":"2026-11-21T05:00:00Z","line":"main","before":"a test","hash":"-"}"#;
    fs::write(folder.join("about.json"), about).expect("write");
}

/// Words in the committed state that nobody here wrote.
fn foreign_words(world: &World) {
    let file = ".throughline/project_state.json";
    world.write(file, world.read(file).replace("Alpha", "Their words"));
}

/// Somebody holds the journal while it runs: the record goes into a late file.
fn while_locked(scenario: Scenario) -> Scenario {
    let Scenario { name, role, run, .. } = scenario;
    let run = move |world: &World| {
        let lock = File::create(project_folder(world).join("journal.lock")).expect("lock");
        flock(&lock, FlockOperation::LockExclusive).expect("flock");
        run(world)
    };
    of(name, role, Box::new(run))
}

/// 300 lines: more than one record holds.
fn long_import() -> String {
    let line = |n: u32| {
        let rest = "x".repeat(180);
        format!("{{\"title\":\"Imported {n}\",\"notes\":\"{rest}\"}}\n")
    };
    (0..300).map(line).collect()
}

fn import(name: &'static str, text: String) -> Scenario {
    let run = move |world: &World| world.thru_with_input(&["tasks", "import", "-"], &text);
    of(name, Role::Command, Box::new(run))
}

/// Changes of tasks.
pub(super) fn tasks() -> Group {
    let all: Vec<(Prepare, Build)> = vec![
        (nothing, |_| command("tasks add", &["tasks", "add", "New", "--milestone", "M1"])),
        (nothing, |_| while_locked(command("tasks add, late", &["tasks", "add", "Late one"]))),
        (nothing, |_| command("tasks edit", &["tasks", "edit", "B", "--title", "Better"])),
        (nothing, |_| command("tasks start", &["tasks", "start", "D"])),
        (nothing, |_| command("tasks complete", &["tasks", "complete", "B"])),
        (nothing, |_| command("tasks cancel", &["tasks", "cancel", "C"])),
        (nothing, |_| command("tasks reopen", &["tasks", "reopen", "A"])),
        (nothing, |_| command("tasks remove", &["tasks", "remove", "D"])),
        (nothing, |_| command("tasks link", &["tasks", "link", "D", "--depends-on", "B"])),
        (nothing, |_| command("tasks unlink", &["tasks", "unlink", "C", "--depends-on", "A"])),
        (nothing, |_| command("tasks claim", &["tasks", "claim", "D"])),
        (nothing, |_| command("tasks release", &["tasks", "release", "B"])),
        (nothing, |world| {
            command("tasks promote", &["tasks", "promote", &id_of(world, "Then cut")])
        }),
        (nothing, |_| {
            import(
                "tasks import",
                "{\"title\":\"One\",\"ref\":\"I1\"}\n{\"title\":\"Two\",\"depends_on\":[\"I1\"]}\n"
                    .to_owned(),
            )
        }),
        (nothing, |_| import("tasks import, long", long_import())),
    ];
    Group::new(lived_in("init"), all)
}

/// Everything else that a person runs.
pub(super) fn project() -> Group {
    let all: Vec<(Prepare, Build)> = vec![
        (nothing, |_| command("note", &["note", "The parser is slow"])),
        (nothing, |_| upkeep("publish", &["publish"])),
        (nothing, |_| command("undo", &["undo"])),
        (nothing, |_| upkeep("fold", &["fold"])),
        (late_record, |_| upkeep("fold, late", &["fold"])),
        (keep_a_state, |_| command("cache rollback", &["cache", "rollback", "1"])),
        (foreign_words, |_| command("trust --accept", &["trust", "--accept"])),
        (nothing, |_| command("trust --team", &["trust", "--team"])),
    ];
    Group::new(lived_in("init"), all)
}

fn late_record(world: &World) {
    let late = while_locked(command("late", &["tasks", "add", "Came late"]));
    (late.run)(world).assert_success();
}

/// A project whose state is in HOME.
pub(super) fn local() -> Group {
    let all: Vec<(Prepare, Build)> = vec![
        (nothing, |_| command("local: tasks add", &["tasks", "add", "New"])),
        (nothing, |_| upkeep("local: fold", &["fold"])),
        (another_line, |_| upkeep("local: fold of a fork", &["fold"])),
        (back_on_main, |_| Scenario {
            children: Children::Follow,
            ..hook("local: Stop", HookEvent::stop("s0", "t0", "done"))
        }),
    ];
    Group::new(lived_in("init --local"), all)
}

fn another_line(world: &World) {
    world.git("switch -q -C side");
    ok(world, "tasks add Aside");
}

fn back_on_main(world: &World) {
    world.git("switch -q main");
}

/// `thru init`, in a repository without memory.
pub(super) fn init() -> Group {
    let all: Vec<(Prepare, Build)> = vec![
        (nothing, |_| Scenario { role: Role::Init, ..command("init", &["init"]) }),
        (nothing, |_| Scenario {
            role: Role::Init,
            ..command("init --local", &["init", "--local"])
        }),
    ];
    Group::new(bare_world(), all)
}

/// What an agent calls.
pub(super) fn hooks() -> Group {
    let all: Vec<(Prepare, Build)> = vec![
        (nothing, |_| hook("SessionStart", HookEvent::session_start("s1", "startup"))),
        (nothing, |_| hook("UserPromptSubmit", HookEvent::user_prompt_submit("s1", "t1", "go"))),
        (nothing, |_| hook("PostToolUse", plan().call_id("c1"))),
        (nothing, |_| while_locked(hook("PostToolUse, late", plan().call_id("c1")))),
        (nothing, |_| {
            let event = HookEvent::pre_tool_use(
                "s0",
                "t0",
                "Bash",
                serde_json::json!({"command": "git commit -m x"}),
            );
            hook("PreToolUse, publishing", event.call_id("c2"))
        }),
        (nothing, |_| Scenario {
            children: Children::Follow,
            ..hook("Stop", HookEvent::stop("s0", "t0", "Done.\n\nNext steps:\n- rest"))
        }),
    ];
    Group::new(lived_in("init"), all)
}

fn plan() -> HookEvent {
    let steps = [("Measure first", "completed"), ("Then cut", "in_progress"), ("Ship", "pending")];
    HookEvent::post_tool_use_plan("s0", "t0", &steps)
}
