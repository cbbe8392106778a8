//! Something else stands where one of our files should: it is refused, by name, and left as it is.

use std::os::unix::fs::{FileTypeExt as _, symlink};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::json;
use throughline_testkit::{HookEvent, World};

use crate::{bare_world, project_folder};

/// What may stand there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Intruder {
    Link,
    LinkToNothing,
    Pipe,
    Directory,
    Device,
}

const ALL: [Intruder; 5] = [
    Intruder::Link,
    Intruder::LinkToNothing,
    Intruder::Pipe,
    Intruder::Directory,
    Intruder::Device,
];

/// What a link leads to.
const PRECIOUS: &str = "precious\n";

impl Intruder {
    fn stand_at(self, world: &World, path: &Path) {
        let precious = world.root().join("precious");
        std::fs::write(&precious, PRECIOUS).expect("write");
        if std::fs::symlink_metadata(path).is_ok_and(|found| found.is_dir()) {
            std::fs::remove_dir_all(path).expect("remove");
        } else {
            let _ = std::fs::remove_file(path);
        }
        let run = |program: &str, arguments: &[&str]| {
            let ended = world.command(program, world.root()).args(arguments).arg(path).status();
            assert!(ended.expect("it starts").success(), "{program} {}", path.display());
        };
        match self {
            Self::Link => symlink(&precious, path).expect("link"),
            Self::LinkToNothing => symlink(world.root().join("nothing"), path).expect("link"),
            Self::Pipe => run("mkfifo", &[]),
            Self::Directory => std::fs::create_dir(path).expect("directory"),
            // Never ends and never fails. A device of one's own takes root; a link to one does not.
            Self::Device => symlink("/dev/zero", path).expect("link"),
        }
    }

    /// It is what it was, and so is what it leads to.
    fn assert_stands(self, world: &World, path: &Path) {
        let found = std::fs::symlink_metadata(path).expect("it is still there").file_type();
        let right = match self {
            Self::Link | Self::LinkToNothing | Self::Device => found.is_symlink(),
            Self::Pipe => found.is_fifo(),
            Self::Directory => found.is_dir(),
        };
        assert!(right, "{self:?} at {} was replaced", path.display());
        let precious = std::fs::read_to_string(world.root().join("precious")).expect("read");
        assert_eq!(precious, PRECIOUS, "{self:?} at {} was followed", path.display());
        assert!(!world.root().join("nothing").exists(), "{} was followed", path.display());
    }
}

/// What must say that a file is not one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Says {
    /// Every command that works on the project.
    Everything,
    /// This one, and what writes; the file is no matter to the others.
    Only(&'static [&'static str]),
    /// Nobody: it can be lost, or made again.
    Nobody,
}

struct Place {
    name: &'static str,
    path: PathBuf,
    says: Says,
}

fn only_file(folder: &Path, suffix: &str) -> PathBuf {
    let entries = std::fs::read_dir(folder).expect("list");
    let mut paths = entries.map(|entry| entry.expect("entry").path());
    let found = paths.find(|path| path.to_string_lossy().ends_with(suffix));
    found.unwrap_or_else(|| panic!("no *{suffix} in {}", folder.display()))
}

fn places(world: &World, local: bool) -> Vec<Place> {
    let ours = project_folder(world);
    let line = only_file(&ours.join("lines"), "");
    let repository = world.repo().join(".throughline");
    let place = |name, path, says| Place { name, path, says };
    let mut all = vec![
        place("the user's config", world.state().join("config.toml"), Says::Everything),
        place("binding", only_file(&world.state().join("bindings"), ""), Says::Everything),
        place("project.json", ours.join("project.json"), Says::Everything),
        place("segment", ours.join("journal/1.jsonl"), Says::Everything),
        place("late folder", ours.join("journal/late"), Says::Everything),
        place("late file", ours.join("journal/late/r-1.jsonl"), Says::Everything),
        place("line.json", line.join("line.json"), Says::Everything),
        place("project lock", ours.join("project.lock"), Says::Only(&["tasks", "add", "Another"])),
        place("accepted", ours.join("accepted"), Says::Only(&["trust", "--diff"])),
        place("folded.json", ours.join("folded.json"), Says::Only(&["fold"])),
        place("session", only_file(&ours.join("sessions"), ".json"), Says::Only(LIST)),
        place("heard", only_file(&ours.join("sessions"), ".heard"), Says::Nobody),
        place("hook.log", world.state().join("hook.log"), Says::Nobody),
        place("journal lock", ours.join("journal.lock"), Says::Only(&["tasks", "add", "Another"])),
    ];
    let own_state = line.join("project_state.json");
    if local {
        all.push(place("local state", own_state, Says::Everything));
    } else {
        all.push(place("cached view", own_state, Says::Only(&["fold"])));
        all.push(place("state", repository.join("project_state.json"), Says::Everything));
        all.push(place("config", repository.join("config.toml"), Says::Everything));
    }
    all
}

/// A world in which every file of ours exists.
fn inhabited(local: bool) -> World {
    let world = bare_world();
    world.commit("base");
    world.thru(if local { &["init", "--local"] } else { &["init"] }).assert_success();
    world.thru(&["tasks", "add", "A task"]).assert_success();
    world.hook(HookEvent::session_start("s1", "startup")).assert_success();
    world.hook(HookEvent::user_prompt_submit("s1", "t1", "hello")).assert_success();
    world.thru(&["publish"]).assert_success();
    world.thru(&["fold"]).assert_success();
    world
}

/// How long anything may take: what opens a pipe or reads a device without end takes for ever.
const SOON: Duration = Duration::from_secs(20);

const LIST: &[&str] = &["sessions", "list"];

fn look(world: &World, place: &Place, intruder: Intruder) {
    let what = format!("{intruder:?} as {}", place.name);
    let commands: [&[&str]; 6] = [
        &["status"],
        &["tasks", "list"],
        &["tasks", "add", "Another"],
        &["fold"],
        &["trust", "--diff"],
        LIST,
    ];
    for arguments in commands {
        let ran = world.thru(arguments);
        assert!(ran.duration < SOON && ran.code.is_some(), "{what}: {arguments:?}");
        let must = match place.says {
            Says::Everything => true,
            Says::Only(one) => arguments == one,
            Says::Nobody => false,
        };
        if must {
            let named = place.path.to_str().expect("path");
            // The list of sessions shows what it can without the rest, and warns.
            let ended_right = arguments == LIST || !ran.is_success();
            let right = ended_right && ran.stderr.contains(named);
            assert!(right, "{what}: {arguments:?}: {}", ran.screen());
        }
        intruder.assert_stands(world, &place.path);
    }
    // None that starts a fold of its own: it could still run when the next intruder comes.
    let events = [
        HookEvent::session_start("s1", "resume"),
        HookEvent::user_prompt_submit("s1", "t7", "go on"),
        HookEvent::post_tool_use_plan("s1", "t7", &[("A", "pending")]),
        HookEvent::permission_request("s1", "t7", "Bash", json!({"command": "ls"})),
    ];
    for event in events {
        let ran = world.hook(event).assert_success();
        assert!(ran.duration < SOON, "{what}");
        intruder.assert_stands(world, &place.path);
    }
}

#[test]
fn what_is_no_file_of_ours_is_refused_and_left() {
    for local in [false, true] {
        let world = inhabited(local);
        let whole = world.root().join("whole");
        let copy = |from: &Path, to: &Path| {
            let _ = std::fs::remove_dir_all(to);
            let ended = world.command("cp", world.root()).arg("-a").args([from, to]).status();
            assert!(ended.expect("cp").success());
        };
        copy(&world.state(), &whole);
        let mut all = places(&world, local);
        // The others are the same in both modes.
        all.retain(|place| !local || place.name == "local state");
        assert_eq!(all.len(), if local { 1 } else { 17 });
        let repository = world.repo().join(".throughline");
        let kept = world.root().join("kept");
        if !local {
            copy(&repository, &kept);
        }
        for place in &all {
            for intruder in ALL {
                // What stands for a folder can't be one.
                if place.name == "late folder" && intruder == Intruder::Directory {
                    continue;
                }
                intruder.stand_at(&world, &place.path);
                look(&world, place, intruder);
                copy(&whole, &world.state());
                if !local {
                    copy(&kept, &repository);
                }
            }
        }
        world.thru(&["status"]).assert_success();
    }
}

/// A repository can carry a link: nothing of what it leads to is read or written.
#[test]
fn a_folder_that_is_a_link_leads_nowhere() {
    for known in [false, true] {
        let world = bare_world();
        world.commit("base");
        if known {
            world.thru(&["init"]).assert_success();
        }
        let elsewhere = world.root().join("elsewhere");
        std::fs::create_dir(&elsewhere).expect("folder");
        let folder = world.repo().join(".throughline");
        let _ = std::fs::remove_dir_all(&folder);
        symlink(&elsewhere, &folder).expect("link");
        for arguments in
            [&["init"][..], &["status"], &["tasks", "add", "A"], &["publish"], &["trust"]]
        {
            let ran = world.thru(arguments);
            assert!(!ran.is_success(), "{arguments:?}: {}", ran.screen());
        }
        let named = world.thru(&["init"]).stderr;
        assert!(named.contains(".throughline") && named.contains("symbolic link"), "{named}");
        world.hook(HookEvent::session_start("s1", "startup")).assert_success();
        assert_eq!(std::fs::read_dir(&elsewhere).expect("list").count(), 0, "it was followed");
    }
}
