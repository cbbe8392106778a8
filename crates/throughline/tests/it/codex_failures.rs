//! Our home fails in every way, and the real Codex's turn goes on: the answer arrives, the human
//! hears of it once at most, and no byte of anybody's is lost.
//!
//! Codex shows no hook's messages in exec mode and passes over failed ones, so hooks are called
//! through a script that keeps what each one answered and how it ended.

use std::collections::BTreeMap;
use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use serde_json::Value;
use throughline_testkit::{Codex, Provider, Script, Step, World};

use crate::codex::{LATER, memory_of};
use crate::{bare_world, json, status_of, tasks};

const EVENTS: [&str; 11] = [
    "SessionStart",
    "UserPromptSubmit",
    "PreToolUse",
    "PostToolUse",
    "PermissionRequest",
    "PreCompact",
    "SubagentStart",
    "SubagentStop",
    "Stop",
    "SessionEnd",
    "Interrupt",
];

const ANSWER: &str = "Done as asked.";
const STATE: &str = ".throughline/project_state.json";

/// Where the state lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Shared,
    Local,
}

/// A project that had a session already, with a task in its state file.
fn used(mode: Mode) -> World {
    let world = bare_world();
    world.commit("base");
    let arguments: &[&str] = if mode == Mode::Local { &["init", "--local"] } else { &["init"] };
    world.thru(arguments).assert_success();
    world.thru(&["tasks", "add", "Kept task"]).assert_success();
    world.thru(&["publish"]).assert_success();
    world.thru(&["fold"]).assert_success();
    world.commit("remember");
    world
}

/// What one hook said, and its exit code.
#[derive(Debug)]
struct Heard {
    code: String,
    answer: Value,
}

/// A turn of a plan, a commit and an answer in which each hook runs after `before`.
fn turn(world: &World, codex: &Codex, before: &str) -> (Provider, Vec<Heard>) {
    let script = format!(
        "said=$( ( {before}\nexec '{}' hook codex ) ); code=$?\n\
         printf '%s %s\\n' \"$code\" \"$said\" >> \"$CODEX_HOME/heard\"; printf '%s' \"$said\"\n",
        world.binary().display()
    );
    let path = world.root().join("hook.sh");
    fs::write(&path, script).expect("write");
    let command = format!("sh '{}'", path.display());
    let hook = |event| {
        format!(
            "[[hooks.{event}]]\n[[hooks.{event}.hooks]]\ntype = 'command'\ncommand = \"{command}\"\n"
        )
    };
    let provider = Provider::start(Script::steps([
        Step::new().plan(&LATER),
        Step::new().shell("git commit -q --allow-empty -m 'By the agent'"),
        Step::text(ANSWER),
    ]));
    let session = world.codex(codex, &provider).config(&EVENTS.map(hook).concat());
    let run = session.bypass_hook_trust().exec("Fix the greeting").assert_success();
    assert_eq!(run.last_message(), Some(ANSWER), "{run:#?}");
    assert_eq!(world.git("log -1 --format=%s").trim(), "By the agent");
    let heard = fs::read_to_string(world.codex_home().join("heard")).expect("hooks were called");
    let heard: Vec<Heard> = heard.lines().map(heard_of).collect();
    assert!(heard.len() >= 8, "start, prompt, two tools, stop, end: {heard:?}");
    assert!(heard.iter().all(|one| one.code == "0"), "{heard:#?}");
    (provider, heard)
}

fn heard_of(line: &str) -> Heard {
    let (code, answer) = line.split_once(' ').expect("two fields");
    let answer = serde_json::from_str(answer).unwrap_or_default();
    Heard { code: code.to_owned(), answer }
}

/// What the human read, less what git did.
fn complaints(heard: &[Heard]) -> Vec<String> {
    said(heard, "project memory is not available")
}

/// The messages to the human with these words.
fn said(heard: &[Heard], words: &str) -> Vec<String> {
    let said = heard.iter().filter_map(|one| one.answer["systemMessage"].as_str());
    said.filter(|said| said.contains(words)).map(str::to_owned).collect()
}

/// Every file below a folder that is no cache.
fn bytes_of(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let Ok(entries) = fs::read_dir(folder) else { return found };
    for path in entries.map(|entry| entry.expect("entry").path()) {
        let name = path.file_name().expect("name").to_string_lossy().into_owned();
        let is_cache = name == "markers" || name == "hook.log" || name.ends_with(".heard");
        if path.is_dir() && !is_cache {
            found.extend(bytes_of(&path));
        } else if !is_cache && !name.ends_with(".lock") {
            found.insert(path.clone(), fs::read(&path).expect("read"));
        }
    }
    found
}

/// Journals may grow, and what is folded from them may be folded again, whole; everything else is
/// as it was.
fn assert_kept(before: &BTreeMap<PathBuf, Vec<u8>>, folder: &Path) {
    let after = bytes_of(folder);
    for (path, bytes) in before {
        let now = after.get(path).unwrap_or_else(|| panic!("{} is gone", path.display()));
        let is_journal = path.extension().is_some_and(|e| e == "jsonl");
        let is_folded =
            path.ends_with("folded.json") || path.components().any(|c| c.as_os_str() == "lines");
        let kept = match () {
            () if is_journal => now.starts_with(bytes),
            () if is_folded => serde_json::from_slice::<Value>(now).is_ok(),
            () => now == bytes,
        };
        assert!(kept, "{} changed:\n{}", path.display(), String::from_utf8_lossy(now));
    }
}

#[test]
fn real_codex_goes_on_where_home_cannot_be() {
    let Some(codex) = Codex::required() else { return };
    let world = used(Mode::Shared);
    let file = world.root().join("file");
    fs::write(&file, "in the way").expect("write");
    let home = format!("THROUGHLINE_HOME='{}/home'; export THROUGHLINE_HOME", file.display());
    let before = bytes_of(&world.state());
    let state = world.read(STATE);
    let (provider, heard) = turn(&world, &codex, &home);
    assert!(complaints(&heard).len() <= 1, "{heard:#?}");
    assert!(memory_of(&provider, 0).is_empty(), "nothing is known there");
    assert_eq!(world.read(STATE), state);
    assert_kept(&before, &world.state());
}

/// Takes away the right to write, or gives it back, in a whole tree.
pub(crate) fn set_writable(folder: &Path, writable: bool) {
    let bits = if writable { 0o200 } else { 0 };
    let set = |mode: u32| Permissions::from_mode(mode | bits);
    fs::set_permissions(folder, set(0o500)).expect("chmod");
    for entry in fs::read_dir(folder).expect("list") {
        let path = entry.expect("entry").path();
        if path.is_dir() {
            set_writable(&path, writable);
        } else {
            fs::set_permissions(&path, set(0o400)).expect("chmod");
        }
    }
}

#[test]
fn real_codex_goes_on_where_home_is_read_only() {
    let Some(codex) = Codex::required() else { return };
    let world = used(Mode::Shared);
    // Root may write anywhere, as long as it has the capability to.
    let as_user = format!(
        "if [ \"$(id -u)\" = 0 ]; then exec setpriv \
         --bounding-set=-dac_override,-dac_read_search '{}' hook codex; fi",
        world.binary().display()
    );
    let before = bytes_of(&world.state());
    set_writable(&world.state(), false);
    let (_, heard) = turn(&world, &codex, &as_user);
    set_writable(&world.state(), true);
    assert_eq!(complaints(&heard).len(), 1, "{heard:#?}");
    assert_eq!(bytes_of(&world.state()), before);
}

#[test]
fn real_codex_goes_on_where_the_disk_is_full() {
    let Some(codex) = Codex::required() else { return };
    let journal = |world: &World| {
        let files = bytes_of(&world.state());
        let is_journal = |path: &&PathBuf| path.extension().is_some_and(|e| e == "jsonl");
        files.keys().find(is_journal).expect("a journal").clone()
    };
    // Full at once; or within one of the next records, which is torn then.
    for left in [None, Some(1)] {
        let world = used(Mode::Shared);
        let size = fs::metadata(journal(&world)).expect("journal").len();
        let blocks = left.map_or(0, |left| size / 512 + left);
        let before = bytes_of(&world.state());
        // Signal 25 is XFSZ; ignored, a write that is too much fails as on a full disk. The limit
        // counts blocks of 512 bytes in `sh`.
        let full = format!("trap '' 25; ulimit -f {blocks}");
        let (_, heard) = turn(&world, &codex, &full);
        assert!(complaints(&heard).len() <= 1, "{left:?}: {heard:#?}");
        assert_kept(&before, &world.state());
        assert_eq!(status_of(&world, "Kept task"), "pending", "{left:?}");
        world.thru(&["tasks", "add", "After it"]).assert_success();
        world.thru(&["fold"]).assert_success();
        assert_eq!(status_of(&world, "After it"), "pending", "a torn record stops nothing");
    }
}

#[test]
fn real_codex_goes_on_with_a_state_file_that_is_broken_or_newer() {
    let Some(codex) = Codex::required() else { return };
    let newer = |text: &str| {
        let raised = text.replace("\"schema_version\": 1", "\"schema_version\": 99");
        assert_ne!(raised, text);
        raised
    };
    let broken = |text: &str| format!("{}\n<<<<<<< ours\n", &text[..text.len() / 2]);
    for mode in [Mode::Shared, Mode::Local] {
        for is_newer in [/*broken*/ false, true] {
            let world = used(mode);
            let path = match mode {
                Mode::Shared => world.repo().join(STATE),
                Mode::Local => {
                    let all = bytes_of(&world.state()).into_keys();
                    let mut states = all.filter(|path| path.ends_with("project_state.json"));
                    states.next().expect("a state file")
                }
            };
            let text = fs::read_to_string(&path).expect("state");
            let text = if is_newer { newer(&text) } else { broken(&text) };
            fs::write(&path, &text).expect("write");
            let (_, heard) = turn(&world, &codex, "");
            // A newer one is read; that it can't be written is told when that is tried. A broken
            // one is told of once, with the brief of its last good generation.
            let most = usize::from(is_newer);
            assert!(complaints(&heard).len() <= most, "{mode:?} {is_newer}: {heard:#?}");
            let told = said(&heard, "last good generation").len();
            assert_eq!(told, usize::from(!is_newer), "{mode:?} {is_newer}: {heard:#?}");
            let _ = world.thru(&["fold"]);
            let now = fs::read_to_string(&path).expect("state");
            assert_eq!(now, text, "{mode:?} {is_newer}: not a byte of it is ours to change");
            assert_eq!(status_of(&world, "Kept task"), "pending", "{mode:?}: it is read");
            assert_eq!(status_of(&world, "Fix bug"), "in_progress", "{mode:?} {is_newer}");
        }
    }
}

#[test]
fn real_codex_goes_on_while_somebody_sits_on_a_lock() {
    let Some(codex) = Codex::required() else { return };
    for name in ["project.lock", "journal.lock"] {
        let world = used(Mode::Shared);
        let project = fs::read_dir(world.state().join("projects")).expect("projects").next();
        let project = project.expect("one").expect("entry").path();
        // As a stopped process would: held, and never let go.
        let lock = File::options().read(true).write(true).open(project.join(name)).expect("lock");
        lock.lock().expect("nobody holds it");
        let before = bytes_of(&world.state());
        let (provider, heard) = turn(&world, &codex, "");
        assert!(complaints(&heard).is_empty(), "{name}: {heard:#?}");
        assert_eq!(memory_of(&provider, 0).len(), 1, "{name}: it is told");
        assert_kept(&before, &world.state());
        assert_eq!(status_of(&world, "Fix bug"), "in_progress", "{name}: {:?}", tasks(&world));
        drop(lock);
        world.thru(&["fold"]).assert_success();
        assert_eq!(status_of(&world, "Fix bug"), "in_progress", "{name}: {:?}", tasks(&world));
        let log = json(&world, &["log", "-n", "100"]).to_string();
        for once in ["session_start", "turn_begin", "turn_end", "session_end"] {
            assert_eq!(log.matches(&format!("\"{once}\":")).count(), 1, "{name} {once}: {log}");
        }
    }
}
