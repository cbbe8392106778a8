//! The databases that are truth: each of them damaged, held, newer or not writable, while the others and
//! every hook go on.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::Value;
use throughline_runtime::{DATABASES, Database};
use throughline_store::home::Home;
use throughline_testkit::{HookEvent, World};

use crate::{json, project};

/// What can befall a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// It is no database.
    Broken,
    /// Its end is missing.
    Torn,
    /// Somebody else holds it.
    Held,
    /// SQLite may read it only.
    ReadOnly,
    /// A newer program wrote it.
    Newer,
    /// It can't be opened.
    Folder,
}

const FAULTS: [Fault; 6] =
    [Fault::Broken, Fault::Torn, Fault::Held, Fault::ReadOnly, Fault::Newer, Fault::Folder];

impl Fault {
    fn befalls(self, database: &Database, home: &Home) -> Option<throughline_runtime::Hold> {
        let path = database.path(home);
        match self {
            Self::Broken => {
                fs::write(&path, "no database, and long enough".repeat(99)).expect("written")
            }
            Self::Torn => {
                let bytes = fs::read(&path).expect("bytes");
                fs::write(&path, &bytes[..bytes.len() / 2]).expect("written");
            }
            Self::Held => return Some(database.hold(home).expect("held")),
            // <https://www.sqlite.org/fileformat.html#file_format_version_numbers>
            Self::ReadOnly => put(&path, 18, &[3]),
            // <https://www.sqlite.org/fileformat.html#user_version>
            Self::Newer => put(&path, 60, &[0, 0, 0, 99]),
            Self::Folder => {
                fs::remove_file(&path).expect("removed");
                fs::create_dir(&path).expect("made");
            }
        }
        None
    }
}

fn put(path: &Path, at: usize, bytes: &[u8]) {
    let mut all = fs::read(path).expect("bytes");
    all[at..at + bytes.len()].copy_from_slice(bytes);
    fs::write(path, all).expect("written");
}

/// Less than what a command waits for a lock of SQLite, for three hooks on a busy machine.
const PATIENCE: Duration = Duration::from_millis(4_500);

/// A command that reads it, where there is one.
fn reads(database: &Database) -> Option<[&'static str; 2]> {
    match database.name {
        "memories" => Some(["memory", "list"]),
        "goals" => Some(["goals", "list"]),
        "jobs" => Some(["jobs", "list"]),
        _ => None,
    }
}

fn home(world: &World) -> Home {
    Home::new(world.state())
}

fn corrupt(world: &World, database: &Database) -> Vec<PathBuf> {
    let files = fs::read_dir(world.state()).expect("a folder").flatten().map(|file| file.path());
    let kept = format!("{}.corrupt-", database.file);
    files.filter(|path| path.to_string_lossy().contains(&kept)).collect()
}

#[test]
fn each_database_fails_alone_and_every_hook_goes_on() {
    std::thread::scope(|scope| {
        for database in DATABASES {
            scope.spawn(move || FAULTS.iter().for_each(|fault| alone(database, *fault)));
        }
    });
}

fn alone(database: &'static Database, fault: Fault) {
    let world = project();
    let home = home(&world);
    for each in DATABASES {
        each.prepare(&home).expect("made");
    }
    let hold = fault.befalls(database, &home);
    let case = format!("{} {fault:?}", database.name);
    let begun = Instant::now();
    let start = world.hook(HookEvent::session_start("s1", "startup")).assert_success();
    assert!(start.stdout.contains("additionalContext"), "{case}: {}", start.screen());
    world.hook(HookEvent::user_prompt_submit("s1", "t1", "Go on with tabs")).assert_success();
    world.hook(HookEvent::stop("s1", "t1", "Done.")).assert_success();
    assert!(begun.elapsed() < PATIENCE, "{case}: a hook waited, {:?}", begun.elapsed());
    for other in DATABASES.into_iter().filter(|other| other.file != database.file) {
        other.verify(&home).expect("sound").expect("there");
        if let Some(words) = reads(other) {
            world.thru(&words).assert_success();
        }
    }
    world.thru(&["next"]).assert_success();
    if fault != Fault::Held
        && let Some(words) = reads(database)
    {
        let ran = world.thru(&words);
        assert_eq!(ran.code == Some(0), fault != Fault::Folder, "{case}: {}", ran.screen());
        let mends = matches!(fault, Fault::Broken | Fault::Torn);
        assert_eq!(!corrupt(&world, database).is_empty(), mends, "{case}");
    }
    drop(hold);
}

#[test]
fn a_backup_is_made_by_a_fold_takes_the_place_of_a_damaged_file_and_that_is_said_once() {
    let world = project();
    world.thru(&["memory", "add", "Use tabs"]).assert_success();
    world.thru(&["fold"]).assert_success();
    world.thru(&["memory", "add", "Since the backup"]).assert_success();
    let file = world.state().join("memories_1.sqlite");
    let bytes = "no database".repeat(200);
    for suffix in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(world.state().join(format!("memories_1.sqlite{suffix}")));
    }
    fs::write(&file, &bytes).expect("damaged");
    let ran = world.thru(&["memory", "list"]).assert_success();
    assert!(ran.stdout.contains("Use tabs"), "{}", ran.screen());
    assert!(
        ran.stderr.contains("memories_1.sqlite was damaged: its backup of"),
        "{}",
        ran.screen()
    );
    let kept = corrupt(&world, DATABASES[0]);
    assert_eq!(fs::read_to_string(&kept[0]).expect("kept"), bytes);
    let again = world.thru(&["memory", "list"]).assert_success();
    assert!(!again.stderr.contains("damaged"), "{}", again.screen());
    let stats = world.thru(&["stats"]).assert_success();
    assert!(stats.stdout.contains("memories.restored"), "{}", stats.screen());
    let report: Value = json(&world, &["doctor"]);
    let check = &report["checks"]["storage.databases"];
    assert_eq!(check["verdict"], "ok", "{check}");
    assert!(check["measured"].to_string().contains("backup of"), "{check}");
}

#[test]
fn doctor_restores_and_a_start_says_what_nobody_saw() {
    let world = project();
    world.thru(&["memory", "add", "Use tabs"]).assert_success();
    world.thru(&["fold"]).assert_success();
    let file = world.state().join("memories_1.sqlite");
    fs::write(&file, "no database").expect("damaged");
    let fixed = world.thru(&["doctor", "--fix"]);
    assert!(
        fixed.stdout.contains("memories_1.sqlite was damaged: its backup"),
        "{}",
        fixed.screen()
    );
    assert!(world.thru(&["memory", "list"]).stdout.contains("Use tabs"));
    // A quiet command mends, and the next start of a session says it: the first one only.
    fs::write(&file, "no database").expect("damaged");
    world.thru(&["memory", "list", "--quiet"]).assert_success();
    let message = |session: &str| {
        let ran = world.hook(HookEvent::session_start(session, "startup")).assert_success();
        ran.json()["systemMessage"].to_string()
    };
    assert!(message("s1").contains("memories_1.sqlite was damaged: its backup"));
    assert!(!message("s2").contains("damaged"));
}
