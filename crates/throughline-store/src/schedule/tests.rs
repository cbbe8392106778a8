//! Writers, a mover, folders and a reader in every order that shuttle comes upon: what was acknowledged is
//! seen, once, and in its order; and nobody waits for ever.
//!
//! Each thread stands for a process: it opens the project itself, and its locks are on file descriptions of
//! its own. `THRU_TEST_SCHEDULES` is the number of orders; `cargo xtask schedules` tries 100,000.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use shuttle::scheduler::{PctScheduler, RandomScheduler, Scheduler};
use shuttle::{Config, MaxSteps, Runner};
use throughline_model::ids::{ProjectId, TaskId};
use throughline_model::record::{Body, Record};
use throughline_model::state::{State, Status};

use super::Step;
use crate::StoreError;
use crate::durable::Access;
use crate::journal::{Durability, encode};
use crate::lock::COMMAND_PATIENCE;
use crate::project::{Binding, Mode, Project};
use crate::write::Replacement;

/// How many orders a run of all tests tries; half of them at random, half with few switches.
const USUAL: usize = 300;

/// How many it may take until a fault is found that locks would have kept away.
const CONTROL: usize = 3_000;

const WRITERS: usize = 3;
const FOLDERS: usize = 2;
const LINE: &str = "main";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Play {
    /// No thread takes turns: the other tests.
    Off,
    Locked,
    Unlocked,
}

thread_local! {
    static PLAY: Cell<Play> = const { Cell::new(Play::Off) };
    static REACHED: RefCell<BTreeSet<Step>> = const { RefCell::new(BTreeSet::new()) };
}

pub(crate) fn reach(step: Step) {
    if PLAY.get() != Play::Off {
        REACHED.with_borrow_mut(|reached| reached.insert(step));
        shuttle::thread::yield_now();
    }
}

pub(crate) fn turns(patience: Duration) -> Option<u128> {
    (PLAY.get() != Play::Off).then_some(patience.as_millis())
}

pub(crate) fn leaves_locks_out() -> bool {
    PLAY.get() == Play::Unlocked
}

/// A project, what was acknowledged of it, and its clock.
struct Ground {
    root: PathBuf,
    told: Mutex<Vec<(TaskId, Status)>>,
    clock: AtomicU64,
}

impl Ground {
    fn new(root: PathBuf) -> Self {
        let label = ProjectId::parse("p-aaaaaaaaaaaa").expect("an id");
        let now = "2026-11-21T05:00:00Z".parse().expect("a time");
        let binding = Binding::new(root.clone(), Mode::Local, label, "sample".to_owned(), now);
        Project::create(root.clone(), binding).expect("a project");
        Self { root, told: Mutex::default(), clock: AtomicU64::new(1) }
    }

    /// As a process finds it that was just started.
    fn project(&self) -> Project {
        Project::open(self.root.clone()).expect("it can be read").expect("it is there")
    }

    fn told(&self) -> Vec<(TaskId, Status)> {
        self.told.lock().expect("nobody panics with it").clone()
    }

    fn record(&self, body: &str) -> Record {
        let now = self.clock.fetch_add(1, Ordering::Relaxed);
        let text = format!(
            r#"{{"v":1,"id":"r-{now}","at":"2026-11-21T05:00:00Z","boot":"b","since_boot":{now},
            "line":"{LINE}","actor":"person","unit":"u-{now}","body":{body}}}"#
        );
        serde_json::from_str(&text).expect("a record")
    }

    /// A task is added, and then completed; each is told once it is durable.
    fn write(&self, number: usize) {
        let journal = self.project().journal();
        let id = format!("t-aaa{number}");
        let task = format!(
            r#"{{"status":"pending","created_at":"2026-11-21T05:00:00Z","kind":"task","priority":2,"source":{{"kind":"person"}},"title":"{id}"}}"#
        );
        let create = format!(r#"{{"create":{{"id":"{id}","place":"state","task":{task}}}}}"#);
        let set = format!(
            r#"{{"set":{{"id":"{id}","field":"status","old":"pending","new":"completed"}}}}"#
        );
        for (change, status) in [(create, Status::Pending), (set, Status::Completed)] {
            let body = format!(r#"{{"change":{{"verb":"x","changes":[{change}]}}}}"#);
            let record = self.record(&body);
            journal.append(&[record], Durability::Acknowledged).expect("appended");
            let id = TaskId::parse(&id).expect("an id");
            self.told.lock().expect("nobody panics with it").push((id, status));
        }
    }

    fn observe(&self) {
        let record = self.record(r#"{"session_end":{"session":"s","reason":"x"}}"#);
        self.project().journal().append(&[record], Durability::Observed).expect("appended");
    }

    /// What was told before it looked is there.
    fn look(&self) {
        let project = self.project();
        for _ in 0..2 {
            let told = self.told();
            let seen = project.load(LINE, Path::new("")).expect("loaded").view.state;
            assert_seen(&told, &seen, "a reader");
        }
    }

    /// As a fold in local mode; false, if somebody else had the journal for too long.
    fn fold(&self) -> bool {
        let project = self.project();
        let Some(lock) = got(project.lock(COMMAND_PATIENCE)) else { return false };
        let Some(end) = got(project.journal().settle_late()) else { return false };
        let loaded = project.load_until(LINE, Path::new(""), end).expect("loaded");
        let mut line = loaded.view.line;
        line.through = end;
        project.save_line(&lock, &line).expect("saved");
        let replacement = Replacement {
            file: &loaded.file,
            access: Access::Private,
            before: loaded.hash.as_deref(),
            state: &loaded.view.state,
            through: end,
        };
        let intent =
            |body: Body| Ok(self.record(&serde_json::to_string(&body).expect("plain data")));
        let replaced = match project.replace_state(&lock, &replacement, intent, || true) {
            // It sees that it was not alone, and changes nothing: that is not the fault looked for.
            Err(StoreError::Moved { .. }) if leaves_locks_out() => return false,
            replaced => replaced.expect("replaced"),
        };
        line.remember(replaced.hash(), end);
        project.save_line(&lock, &line).expect("saved");
        true
    }

    fn check(&self) {
        while !self.fold() {}
        let project = self.project();
        let told = self.told();
        let seen = project.load(LINE, Path::new("")).expect("loaded").view.state;
        let file = project.published(LINE, Path::new("")).expect("read").expect("a state file");
        assert_seen(&told, &seen, "in the end");
        assert_seen(&told, &file, "the state file");
        let text = std::fs::read_to_string(self.root.join("journal/1.jsonl")).expect("a segment");
        let mut lines = BTreeSet::new();
        assert!(text.lines().all(|line| lines.insert(line)), "a record is there twice:\n{text}");
        assert!(text.ends_with('\n') && text.lines().all(is_whole), "a line is torn:\n{text}");
        let late = std::fs::read_dir(self.root.join("journal/late")).expect("a folder");
        assert_eq!(late.count(), 0, "a late file is left");
    }
}

fn is_whole(line: &str) -> bool {
    serde_json::from_str::<Record>(line).is_ok_and(|record| encode(&record).trim_end() == line)
}

/// `None`, if it was waited for in vain.
fn got<T>(result: Result<T, StoreError>) -> Option<T> {
    match result {
        Err(error) if error.is_locked() => None,
        other => Some(other.expect("nothing else goes wrong")),
    }
}

/// Both changes of a task are told one after the other, so what it is now can only be further on.
fn assert_seen(told: &[(TaskId, Status)], state: &State, who: &str) {
    for (id, status) in told {
        let task = state.tasks.get(id).unwrap_or_else(|| panic!("{who}: {id:?} is lost"));
        let is_seen = task.status == *status || *status == Status::Pending;
        assert!(is_seen, "{who}: {id:?} is {:?}, and was told to be {status:?}", task.status);
    }
}

/// One order of steps, from an empty project to the end.
fn play(folder: &Path, plays: &AtomicU64) {
    let root = folder.join(plays.fetch_add(1, Ordering::Relaxed).to_string());
    let ground = Arc::new(Ground::new(root.clone()));
    let start = |work: fn(&Ground, usize), number: usize| {
        let ground = Arc::clone(&ground);
        shuttle::thread::spawn(move || work(&ground, number))
    };
    let mut threads: Vec<_> = (0..WRITERS).map(|number| start(Ground::write, number)).collect();
    threads.extend((0..FOLDERS).map(|number| start(|ground, _| _ = ground.fold(), number)));
    threads.push(start(|ground, _| _ = got(ground.project().journal().settle_late()), 0));
    threads.push(start(|ground, _| ground.observe(), 0));
    threads.push(start(|ground, _| ground.look(), 0));
    threads.into_iter().for_each(|thread| thread.join().expect("it ended well"));
    ground.check();
    std::fs::remove_dir_all(root).expect("removed");
}

fn run(scheduler: impl Scheduler + 'static, play_as: Play) {
    let mut config = Config::new();
    // Reading a file and parsing it needs more than the 32 KiB of usual threads there.
    config.stack_size = 1 << 20;
    config.max_steps = MaxSteps::FailAfter(200_000);
    let folder = memory_folder();
    let path = folder.path().to_owned();
    let plays = AtomicU64::new(0);
    PLAY.set(play_as);
    let played = catch_unwind(AssertUnwindSafe(|| {
        Runner::new(scheduler, config).run(move || play(&path, &plays));
    }));
    PLAY.set(Play::Off);
    if let Err(panic) = played {
        std::panic::resume_unwind(panic);
    }
}

/// Where a sync costs nothing, if there is such a place: no power is cut here.
fn memory_folder() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).expect("a folder")
}

#[expect(clippy::disallowed_methods, reason = "tests read the environment themselves")]
fn asked() -> usize {
    let asked = std::env::var("THRU_TEST_SCHEDULES").ok();
    asked.map_or(USUAL, |count| count.parse().expect("THRU_TEST_SCHEDULES is a number"))
}

#[test]
fn no_order_of_steps_loses_or_doubles_what_was_acknowledged() {
    let count = asked() / 2;
    run(RandomScheduler::new(count), Play::Locked);
    run(PctScheduler::new(/*depth*/ 4, count), Play::Locked);
    let missed = all_steps().filter(|step| REACHED.with_borrow(|all| !all.contains(step)));
    assert_eq!(missed.collect::<Vec<_>>(), [], "each step was a place to switch");
}

fn all_steps() -> impl Iterator<Item = Step> {
    use Step::*;
    let all = [
        Lock,
        Unlocked,
        LateListed,
        Measured,
        Written,
        Synced,
        LateWritten,
        LateNamed,
        LateRemoved,
        SegmentRead,
        Compared,
        Intended,
        Replaced,
        LineSaved,
    ];
    all.into_iter()
}

/// The control: what locks are for is found where they are left out.
#[test]
fn without_locks_a_fault_is_found() {
    let found = catch_unwind(|| run(RandomScheduler::new(CONTROL), Play::Unlocked));
    let panic = found.expect_err("the locks are good for nothing, or the test sees nothing");
    let said = panic.downcast_ref::<String>().cloned().unwrap_or_default();
    assert!(said.contains("twice") || said.contains("lost") || said.contains("told"), "{said}");
}
