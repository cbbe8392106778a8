//! Many writers at once, some of them killed: nothing acknowledged is lost or doubled.
//!
//! Sixteen writers call the real command, each on tasks of its own; they fold, too. Beside them a
//! reader looks, and somebody holds the journal's lock for longer than a writer waits, so that many
//! records take the way over late files. Two runs: in one nobody is killed, in the other half of
//! every third writer's calls are, at random, and made again. `THRU_TEST_OPERATIONS` is the number of operations of each writer; `cargo xtask
//! stress` makes it 1,000 and shows the figures.

#![expect(clippy::unwrap_used, reason = "tests that are started as threads")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;
use throughline_testkit::{Caller, World, operations};

use crate::{json, project, project_folder};

const WRITERS: usize = 16;

/// What a run of all tests can afford, of each writer.
const USUAL: usize = 6;

/// The exit code of a call that did not get a lock in time.
const LOCKED: i32 = 5;

/// Which writers' calls are killed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Killed {
    Nobody,
    EveryThird,
}

/// What was acknowledged: of each title its id and status, and the notes.
#[derive(Default)]
struct Acknowledged {
    tasks: BTreeMap<String, (String, &'static str)>,
    notes: BTreeSet<String>,
    waits: Vec<Duration>,
    killed: usize,
    refused: usize,
}

struct Writer<'a> {
    caller: Caller,
    number: usize,
    killed: Killed,
    random: u64,
    all: &'a Mutex<Acknowledged>,
    /// Own tasks that are open.
    open: Vec<(String, String)>,
}

impl Writer<'_> {
    fn work(mut self, count: usize) {
        for at in 0..count {
            match at % 4 {
                1 if !self.open.is_empty() => self.complete(),
                3 => self.note(at),
                2 if at % 16 == 2 => self.fold(),
                _ => self.add(at),
            }
        }
    }

    fn add(&mut self, at: usize) {
        // A killed call may have been carried out all the same: the next try has a title of its own.
        for attempt in 0.. {
            let title = format!("writer {} task {at} try {attempt}", self.number);
            let Some(output) = self.call(&["tasks", "add", "--json", &title]) else { continue };
            let added: Value = serde_json::from_slice(&output.stdout).unwrap();
            let id = added["id"].as_str().unwrap().to_owned();
            let known = (id.clone(), "pending");
            self.all.lock().unwrap().tasks.insert(title.clone(), known);
            self.look(&id, "pending");
            self.open.push((title, id));
            return;
        }
    }

    fn complete(&mut self) {
        let (title, id) = self.open.remove(0);
        // Completing what is completed is allowed, so a killed call is simply repeated.
        while self.call(&["tasks", "complete", &id]).is_none() {}
        self.all.lock().unwrap().tasks.insert(title, (id.clone(), "completed"));
        self.look(&id, "completed");
    }

    fn note(&mut self, at: usize) {
        for attempt in 0.. {
            let text = format!("writer {} note {at} try {attempt}", self.number);
            if self.call(&["note", &text]).is_some() {
                self.all.lock().unwrap().notes.insert(text);
                return;
            }
        }
    }

    fn fold(&mut self) {
        while self.call(&["fold"]).is_none() {}
    }

    /// What was acknowledged is there at once.
    fn look(&mut self, id: &str, status: &str) {
        if !self.random().is_multiple_of(4) {
            return;
        }
        let output = self.caller.thru(&["tasks", "show", "--json", id]).output().unwrap();
        let shown: Value = serde_json::from_slice(&said(&output).stdout).unwrap();
        assert_eq!(shown["status"], status, "{shown}");
    }

    /// What a call answered; `None` if it was killed before.
    fn call(&mut self, arguments: &[&str]) -> Option<Output> {
        let began = Instant::now();
        let mut command = self.caller.thru(arguments);
        let may_be_killed = self.killed == Killed::EveryThird && self.number.is_multiple_of(3);
        if may_be_killed && self.random().is_multiple_of(2) {
            let after = Duration::from_micros(self.random() % 60_000);
            let output = killed_after(&mut command, after);
            if output.status.code().is_none() {
                self.all.lock().unwrap().killed += 1;
                return None;
            }
            return self.answered(output);
        }
        let output = command.output().unwrap();
        self.all.lock().unwrap().waits.push(began.elapsed());
        self.answered(output)
    }

    /// A call that waited its whole patience for a lock says that nothing was changed. On a machine
    /// that is busy enough this happens to somebody among sixteen; it is counted and made again.
    fn answered(&self, output: Output) -> Option<Output> {
        if output.status.code() == Some(LOCKED) {
            self.all.lock().unwrap().refused += 1;
            return None;
        }
        said(&output);
        Some(output)
    }

    /// SplitMix64.
    fn random(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

fn killed_after(command: &mut Command, after: Duration) -> Output {
    let command = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    std::thread::sleep(after);
    // One that has ended already was faster.
    let _ = child.kill();
    child.wait_with_output().unwrap()
}

fn said(output: &Output) -> &Output {
    assert!(output.status.success(), "{output:?}");
    output
}

/// Looks again and again: what was acknowledged before it looked is there.
fn read(caller: &Caller, all: &Mutex<Acknowledged>, done: &AtomicBool) -> usize {
    let mut looks = 0;
    while !done.load(Ordering::Relaxed) {
        let before: Vec<String> =
            all.lock().unwrap().tasks.values().map(|(id, _)| id.clone()).collect();
        let seen = ids(&listed(caller));
        let missing: Vec<_> = before.iter().filter(|id| !seen.contains(*id)).collect();
        assert!(missing.is_empty(), "acknowledged and not to be seen: {missing:?}");
        looks += 1;
    }
    looks
}

/// Holds the journal's lock now and then for longer than a writer waits for it.
fn hold(lock: &Path, done: &AtomicBool) {
    let file = File::options().read(true).write(true).open(lock).unwrap();
    while !done.load(Ordering::Relaxed) {
        file.lock().unwrap();
        std::thread::sleep(Duration::from_millis(12));
        file.unlock().unwrap();
        std::thread::sleep(Duration::from_millis(6));
    }
}

fn listed(caller: &Caller) -> Vec<Value> {
    let output = caller.thru(&["tasks", "list", "--all", "--json"]).output().unwrap();
    let listed: Value = serde_json::from_slice(&said(&output).stdout).unwrap();
    listed["tasks"].as_array().unwrap().clone()
}

fn ids(tasks: &[Value]) -> BTreeSet<String> {
    tasks.iter().map(|task| task["id"].as_str().unwrap().to_owned()).collect()
}

fn run(world: &World, killed: Killed) {
    let (all, done) = (Mutex::new(Acknowledged::default()), AtomicBool::new(false));
    let (caller, count) = (world.caller(), operations(USUAL));
    let lock = project_folder(world).join("journal.lock");
    let began = Instant::now();
    let looks = std::thread::scope(|scope| {
        let reader = scope.spawn(|| read(&caller, &all, &done));
        scope.spawn(|| hold(&lock, &done));
        let work = |number: usize| {
            let (caller, all) = (caller.clone(), &all);
            let random = u64::try_from(number).unwrap();
            let writer = Writer { caller, number, killed, random, all, open: Vec::new() };
            scope.spawn(move || writer.work(count))
        };
        let writers: Vec<_> = (0..WRITERS).map(work).collect();
        let ended: Vec<_> = writers.into_iter().map(|writer| writer.join()).collect();
        done.store(true, Ordering::Relaxed);
        let looks = reader.join().unwrap();
        assert!(ended.iter().all(Result::is_ok), "a writer failed");
        looks
    });
    let all = all.into_inner().unwrap();
    report(&all, count, looks, began.elapsed());
    assert!(looks > 0);
    check(&caller, &all, killed);
}

/// Nothing acknowledged is missing or doubled, and no id was given twice.
fn check(caller: &Caller, all: &Acknowledged, killed: Killed) {
    let tasks = listed(caller);
    assert_eq!(ids(&tasks).len(), tasks.len(), "an id was given twice");
    let mut found: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for task in &tasks {
        found.entry(task["title"].as_str().unwrap()).or_default().push(task);
    }
    assert!(found.values().all(|tasks| tasks.len() == 1), "a task is there twice");
    for (title, (id, status)) in &all.tasks {
        let task = found.get(title.as_str()).unwrap_or_else(|| panic!("{title} is lost"))[0];
        assert_eq!((task["id"].as_str().unwrap(), &task["status"]), (&**id, &Value::from(*status)));
    }
    assert!(tasks.len() <= all.tasks.len() + all.killed, "more tasks than calls");
    assert!(killed == Killed::EveryThird || tasks.len() == all.tasks.len(), "unasked-for tasks");
    for fold in [/*folded*/ false, true] {
        if fold {
            assert!(folded(caller), "the last fold is not done");
            assert_eq!(listed(caller), tasks, "a fold changes nothing that readers see");
        }
        clean(caller, all);
    }
}

/// Nobody else is at work any more, but what was killed may have left its turn to somebody.
fn folded(caller: &Caller) -> bool {
    (0..5).any(|_| caller.thru(&["fold"]).output().unwrap().status.success())
}

fn clean(caller: &Caller, all: &Acknowledged) {
    let json = |arguments: &[&str]| -> Value {
        serde_json::from_slice(&said(&caller.thru(arguments).output().unwrap()).stdout).unwrap()
    };
    let state = json(&["cache", "show", "--json"]);
    let noted = state["notes"].as_object().unwrap().values();
    let noted: Vec<&str> = noted.map(|note| note["text"].as_str().unwrap()).collect();
    assert_eq!(noted.iter().collect::<BTreeSet<_>>().len(), noted.len(), "a note is there twice");
    for text in &all.notes {
        assert!(noted.contains(&text.as_str()), "{text} is lost");
    }
    let valid = json(&["cache", "validate", "--json"]);
    let found = (&valid["canonical"], &valid["bad_lines"], &valid["newer_lines"]);
    assert_eq!(found, (&Value::from(true), &Value::from(0), &Value::from(0)), "{valid}");
}

/// The figures, when somebody asked for a count of their own.
fn report(all: &Acknowledged, count: usize, looks: usize, took: Duration) {
    if count == USUAL {
        return;
    }
    let mut waits = all.waits.clone();
    waits.sort();
    let at = |share: usize| waits.get(waits.len().saturating_sub(1) * share / 100);
    let line = format!(
        "{WRITERS} writers x {count} operations in {took:.1?}: {} tasks, {} notes, {} killed, \
         {} refused, {looks} looks; a call p50 {:.1?}, p99 {:.1?}, longest {:.1?}\n",
        all.tasks.len(),
        all.notes.len(),
        all.killed,
        all.refused,
        at(50).unwrap(),
        at(99).unwrap(),
        at(100).unwrap(),
    );
    std::io::stderr().write_all(line.as_bytes()).unwrap();
}

#[test]
fn sixteen_writers_lose_nothing_and_no_id_is_given_twice() {
    run(&project(), Killed::Nobody);
}

#[test]
fn writers_that_are_killed_take_nothing_with_them() {
    run(&project(), Killed::EveryThird);
}

#[test]
fn what_came_late_stands_before_what_came_after_it() {
    let world = project();
    let lock = File::options().write(true).open(project_folder(&world).join("journal.lock"));
    let lock = lock.expect("the journal's lock");
    let done = |arguments: &[&str]| world.thru(arguments).assert_success();
    let status = |id: &str| json(&world, &["tasks", "show", id])["status"].clone();
    lock.lock().expect("lock");
    let id = json(&world, &["tasks", "add", "A"])["id"].as_str().expect("id").to_owned();
    for (verb, status_then) in [("complete", "completed"), ("reopen", "pending")] {
        done(&["tasks", verb, &id]);
        assert_eq!(status(&id), status_then, "all of it is late");
    }
    lock.unlock().expect("unlock");
    done(&["tasks", "complete", &id]);
    assert_eq!(status(&id), "completed", "the journal has it all");
    done(&["fold"]);
    assert_eq!(status(&id), "completed");
}
