//! Beside a newer program: what it wrote is read as far as it can be, is not written, and is whole when
//! that program comes back.
//!
//! No newer program exists, so one is played: what this program wrote is made foreign to it, byte for
//! byte in its place (a version that it does not know, a kind that it does not know), and made known
//! again at the end. What that program would find then is what must be there.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use serde_json::Value;
use throughline_testkit::{HookEvent, Ran, World};

use crate::{bare_world, json, project_folder, tasks};

/// The exit code of a file that is another program's, as the README has it.
const UNREADABLE: i32 = 6;

/// What is said of anything that a newer program wrote.
const SAID: &str = "newer version of thru";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Shared,
    Local,
}

impl Mode {
    const BOTH: [Self; 2] = [Self::Shared, Self::Local];

    fn world(self) -> World {
        let world = bare_world();
        world.commit("base");
        match self {
            Self::Shared => world.thru(&["init"]),
            Self::Local => world.thru(&["init", "--local"]),
        }
        .assert_success();
        world.thru(&["tasks", "add", "Known", "--ref", "K-1"]).assert_success();
        world.thru(&["publish"]).assert_success();
        world.thru(&["fold"]).assert_success();
        world.git("add -A");
        world.commit("remember");
        world.thru(&["fold"]).assert_success();
        world
    }

    fn state(self, world: &World) -> PathBuf {
        match self {
            Self::Shared => world.repo().join(".throughline/project_state.json"),
            Self::Local => line_file(world).with_file_name("project_state.json"),
        }
    }
}

fn line_file(world: &World) -> PathBuf {
    let mut lines = fs::read_dir(project_folder(world).join("lines")).expect("lines");
    lines.next().expect("a line").expect("its folder").path().join("line.json")
}

fn session_file(world: &World) -> PathBuf {
    let all = fs::read_dir(project_folder(world).join("sessions")).expect("sessions");
    let mut all = all.map(|entry| entry.expect("a file").path());
    all.find(|path| path.extension().is_some_and(|end| end == "json")).expect("a session's file")
}

/// What reads: it says nothing of it, and succeeds.
const READERS: [&[&str]; 7] = [
    &["status"],
    &["next"],
    &["tasks", "list"],
    &["tasks", "show", "K-1"],
    &["cache", "show"],
    &["log"],
    &["lines", "list"],
];

/// What writes a line.
const WRITERS: [&[&str]; 5] = [
    &["tasks", "add", "Another"],
    &["tasks", "complete", "K-1"],
    &["note", "Another"],
    &["milestones", "add", "Another"],
    &["undo"],
];

fn refused(world: &World, arguments: &[&str]) -> Ran {
    let ran = world.thru(arguments);
    let said = ran.stderr.contains(SAID);
    assert!(ran.code == Some(UNREADABLE) && said, "{arguments:?}: {}", ran.screen());
    ran
}

/// A turn in which the agent has a plan; hooks go on whatever files are there.
fn turn(world: &World, session: &str) {
    for event in [
        HookEvent::session_start(session, "startup"),
        HookEvent::user_prompt_submit(session, "t1", "go on"),
        HookEvent::post_tool_use_plan(session, "t1", &[("A step", "in_progress")]),
        HookEvent::stop(session, "t1", "Gone on."),
    ] {
        world.hook(event).assert_success();
    }
    world.wait_for_folds();
}

/// Readers read, writers refuse, hooks go on; and `file` stands as it stood.
fn assert_read_only(world: &World, file: &Path) {
    let bytes = fs::read(file).expect("read");
    for arguments in READERS {
        world.thru(arguments).assert_success();
    }
    assert!(json(world, &["tasks", "list"]).to_string().contains("\"Known\""));
    for arguments in WRITERS {
        refused(world, arguments);
    }
    turn(world, "s-beside");
    let _ = world.thru(&["fold"]);
    let _ = world.thru(&["publish"]);
    assert!(fs::read(file).expect("read") == bytes, "{} changed", file.display());
}

/// Puts `with` in the place of the only `what` in a file, and gives back how to undo that.
fn replace(file: &Path, what: &str, with: &str) {
    let text = fs::read_to_string(file).expect("text");
    assert_eq!(text.matches(what).count(), 1, "{what} in {}: {text}", file.display());
    fs::write(file, text.replace(what, with)).expect("written");
}

#[test]
fn a_state_file_and_a_line_file_of_the_next_format_are_read_and_not_written() {
    for mode in Mode::BOTH {
        let world = mode.world();
        turn(&world, "s-before");
        let known = "\"title\": \"Known\"";
        let cases: [(PathBuf, &[(&str, &str)]); 2] = [
            (
                mode.state(&world),
                &[
                    ("\"schema_version\": 1", "\"schema_version\": 2"),
                    (known, "\"mood\": {\n\"of\": [1, 2]\n},\n\"title\": \"Known\""),
                    ("{\n  \"milestones\"", "{\n  \"weather\": \"fine\",\n  \"milestones\""),
                ],
            ),
            (line_file(&world), &[("\"version\": 1", "\"version\": 2")]),
        ];
        for (file, changes) in cases {
            let good = fs::read(&file).expect("read");
            for (what, with) in changes {
                replace(&file, what, with);
            }
            assert_read_only(&world, &file);
            fs::write(&file, good).expect("written");
        }
        // That program is gone again: what hooks saw meanwhile is there, and all goes on.
        world.thru(&["fold"]).assert_success();
        assert!(tasks(&world).iter().any(|(title, _)| title == "A step"), "{:?}", tasks(&world));
        world.thru(&["tasks", "add", "Afterwards"]).assert_success();
    }
}

#[test]
fn a_session_file_of_the_next_format_holds_up_nothing_but_itself() {
    let world = Mode::Shared.world();
    turn(&world, "s-newer");
    let file = session_file(&world);
    replace(&file, "\"version\": 1", "\"version\": 2");
    replace(&file, "  \"ended\": false,\n", "  \"ended\": false,\n  \"weather\": \"fine\",\n");
    let bytes = fs::read(&file).expect("read");
    turn(&world, "s-other");
    world.hook(HookEvent::user_prompt_submit("s-newer", "t2", "more")).assert_success();
    world.hook(HookEvent::stop("s-newer", "t2", "Done.")).assert_success();
    world.wait_for_folds();
    let ran = world.thru(&["fold"]);
    assert!(ran.stderr.contains(SAID), "{}", ran.screen());
    assert!(fs::read(&file).expect("read") == bytes);
    let listed = json(&world, &["sessions", "list"]).to_string();
    assert!(listed.contains("s-newer") && listed.contains("s-other"), "{listed}");
    world.thru(&["tasks", "add", "Another"]).assert_success();
    // For the program that can write it, the turn that came meanwhile is still to be taken in.
    fs::write(
        &file,
        String::from_utf8(bytes).expect("text").replace("\"version\": 2", "\"version\": 1"),
    )
    .expect("written");
    world.thru(&["fold"]).assert_success();
    let text = fs::read_to_string(&file).expect("read");
    assert!(text.contains("\"t2\"") && text.contains("\"weather\": \"fine\""), "{text}");
}

/// How a record is made one of a newer program. Same length, so that marks stay what they are.
#[derive(Debug, Clone, Copy)]
enum Disguise {
    Version,
    Kind,
    Change,
}

impl Disguise {
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Version => ("{\"v\":1,", "{\"v\":2,"),
            Self::Kind => ("\"body\":{\"change\":", "\"body\":{\"chance\":"),
            Self::Change => ("{\"create\":", "{\"craete\":"),
        }
    }

    fn put_on(self, line: &str) -> String {
        let (known, foreign) = self.words();
        assert!(line.contains(known), "{line}");
        sealed(&line.replacen(known, foreign, 1))
    }

    fn take_off(self, line: &str) -> String {
        let (known, foreign) = self.words();
        sealed(&line.replacen(foreign, known, 1))
    }
}

/// With the checksum that these bytes have.
fn sealed(line: &str) -> String {
    let (body, _) = line.rsplit_once(",\"crc\":\"").expect("a record");
    format!("{body},\"crc\":\"{:08x}\"}}", crc32c::crc32c(body.as_bytes()))
}

/// Where a record of the newer program lies when this one comes.
#[derive(Debug, Clone, Copy)]
enum Place {
    Journal,
    Late,
}

/// Changes each line of the journal that names `title`, wherever it lies now; how many those were.
fn rewrite(world: &World, title: &str, change: impl Fn(&str) -> String) -> usize {
    let journal = project_folder(world).join("journal");
    let folders = [journal.join("late"), journal];
    let files = folders.iter().flat_map(|folder| fs::read_dir(folder).expect("a folder"));
    let files = files.map(|entry| entry.expect("it").path()).filter(|path| path.is_file());
    let mut count = 0;
    for file in files {
        let text = fs::read_to_string(&file).expect("text");
        let lines = text.split_inclusive('\n').map(|line| match line.strip_suffix('\n') {
            Some(line) if line.contains(title) => {
                count += 1;
                change(line) + "\n"
            }
            Some(_) | None => line.to_owned(),
        });
        let changed: String = lines.collect();
        assert_eq!(changed.len(), text.len(), "marks stay");
        fs::write(&file, changed).expect("written");
    }
    count
}

/// The newer program adds a task and says that it is done.
fn newer_writes(world: &World, place: Place) {
    let lock = project_folder(world).join("journal.lock");
    let lock = File::options().write(true).open(lock).expect("the journal's lock");
    if let Place::Late = place {
        lock.lock().expect("nobody holds it");
    }
    world.thru(&["tasks", "add", "Of tomorrow", "--ref", "N-1"]).assert_success();
    world.thru(&["tasks", "complete", "N-1"]).assert_success();
}

fn validated(world: &World) -> Value {
    json(world, &["cache", "validate"])
}

#[test]
fn a_record_of_a_newer_program_is_whole_when_that_program_comes_back() {
    for mode in Mode::BOTH {
        for place in [Place::Journal, Place::Late] {
            let disguises = match place {
                Place::Journal => &[Disguise::Version, Disguise::Kind, Disguise::Change][..],
                Place::Late => &[Disguise::Kind],
            };
            for disguise in disguises {
                let what = format!("{mode:?} {place:?} {disguise:?}");
                let world = mode.world();
                newer_writes(&world, place);
                let created = |line: &str| disguise.put_on(line);
                assert_eq!(rewrite(&world, "\"Of tomorrow\"", created), 1, "{what}");
                let foreign = newer_line(&world);
                assert_read_only(&world, &mode.state(&world));
                assert_eq!(newer_line(&world), foreign, "{what}: not a byte of it is ours");
                let valid = validated(&world);
                assert_eq!((&valid["newer_lines"], &valid["bad_lines"]), (&1.into(), &0.into()));
                branches_leave_it(&world);
                rewrite(&world, "\"Of tomorrow\"", |line| disguise.take_off(line));
                assert_whole(&world, &what);
                world.thru(&["fold"]).assert_success();
                assert_whole(&world, &what);
                world.thru(&["publish"]).assert_success();
                assert_whole(&world, &what);
                assert_eq!(validated(&world)["newer_lines"], 0, "{what}");
            }
        }
    }
}

fn newer_line(world: &World) -> Vec<String> {
    let found = std::cell::RefCell::new(Vec::new());
    rewrite(world, "\"Of tomorrow\"", |line| {
        found.borrow_mut().push(line.to_owned());
        line.to_owned()
    });
    found.into_inner()
}

/// A branch from here does not start without it either.
fn branches_leave_it(world: &World) {
    world.branch("aside");
    assert!(json(world, &["tasks", "list"]).to_string().contains("\"Known\""));
    let _ = world.thru(&["fold"]);
}

/// The newer program's task is there once, done, on both branches; and so is what hooks saw.
fn assert_whole(world: &World, what: &str) {
    for branch in ["aside", "main"] {
        world.git_args(&["switch", "--quiet", branch]);
        let all = tasks(world);
        let of_tomorrow: Vec<_> = all.iter().filter(|task| task.0 == "Of tomorrow").collect();
        let expected = ("Of tomorrow".to_owned(), "completed".to_owned());
        assert_eq!(of_tomorrow, [&expected], "{what} on {branch}: {all:?}");
        for title in ["Known", "A step"] {
            assert!(all.iter().any(|task| task.0 == title), "{what} on {branch}: {all:?}");
        }
    }
    let sessions = json(world, &["sessions", "list"]).to_string();
    assert!(sessions.contains("s-beside"), "{what}: {sessions}");
}

/// Another line is none of its business.
#[test]
fn a_record_of_a_newer_program_on_one_line_stops_no_other() {
    for mode in Mode::BOTH {
        let world = mode.world();
        world.branch("other");
        world.thru(&["tasks", "add", "Before"]).assert_success();
        world.git("switch main");
        newer_writes(&world, Place::Journal);
        rewrite(&world, "\"Of tomorrow\"", |line| Disguise::Kind.put_on(line));
        refused(&world, &["tasks", "add", "Another"]);
        world.git("switch other");
        world.thru(&["tasks", "add", "Elsewhere"]).assert_success();
        world.thru(&["publish"]).assert_success();
        world.wait_for_folds();
        assert_eq!(tasks(&world).len(), 3, "{:?}", tasks(&world));
        rewrite(&world, "\"Of tomorrow\"", |line| Disguise::Kind.take_off(line));
        world.git("stash --include-untracked");
        world.git("switch main");
        world.thru(&["fold"]).assert_success();
        assert!(tasks(&world).iter().any(|task| task.0 == "Of tomorrow"), "{:?}", tasks(&world));
    }
}

/// Files of tomorrow beside ours, under names that this program does not know.
#[test]
fn files_of_names_that_are_not_known_are_left_alone() {
    let world = Mode::Shared.world();
    turn(&world, "s-1");
    world.thru(&["index", "run"]).assert_success();
    let project = project_folder(&world);
    let strangers = [
        world.state().join("index_2.sqlite"),
        world.state().join("memories_2.sqlite"),
        world.state().join("logs_2.sqlite"),
        world.state().join("tomorrow.json"),
        project.join("journal/2.jsonl2"),
        project.join("journal/late/x.jsonl2"),
        project.join("sessions/20990101T000000Z_main_x.json2"),
        project.join("lines/tomorrow.json"),
        project.join("weather/today.json"),
    ];
    for stranger in &strangers {
        fs::create_dir_all(stranger.parent().expect("a folder")).expect("made");
        fs::write(stranger, "of tomorrow\n").expect("written");
    }
    for arguments in [
        &["tasks", "add", "Another"][..],
        &["fold"],
        &["publish"],
        &["index", "rebuild"],
        &["memory", "update"],
        &["cache", "prune", "--yes"],
        &["doctor", "--fix"],
        &["threads", "list"],
        &["logs"],
    ] {
        world.thru(arguments).assert_success();
    }
    for stranger in &strangers {
        assert_eq!(fs::read_to_string(stranger).expect("it"), "of tomorrow\n", "{stranger:?}");
    }
}
