//! Two programs write tasks, notes, plans and folds on one project, and each must see what both were told
//! is done.
//!
//! The cells: who made the project, shared or local, and whether the two take turns or run at once in
//! [`AT_ONCE`] processes each. In the end, and again after a fold and a publish of each, both programs list
//! every task once, with the status that was acknowledged, every note and every session, and call every
//! file valid. A call that waited its whole patience for a lock changed nothing, is counted and made again;
//! any other refusal fails the chore.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::{Output, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread;

use serde_json::{Value, json};
use throughline_testkit::{Caller, HookEvent, World};

use crate::Outcome;

/// How many writers of each program run at once.
const AT_ONCE: usize = 4;

/// The exit code of a call that did not get a lock in time.
const LOCKED: i32 = 5;

/// Where they lie.
pub(super) struct Programs {
    pub(super) old: PathBuf,
    pub(super) new: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Which {
    Old,
    New,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Shared,
    Local,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Together {
    InTurns,
    AtOnce,
}

#[derive(Debug, Clone, Copy)]
struct Cell {
    made_by: Which,
    mode: Mode,
    together: Together,
}

/// What was acknowledged, and what went wrong.
#[derive(Default)]
struct Told {
    tasks: BTreeMap<String, (String, &'static str)>,
    notes: BTreeSet<String>,
    sessions: BTreeSet<String>,
    calls: usize,
    waited_in_vain: usize,
    wrong: Vec<String>,
}

struct Place {
    old: Caller,
    new: Caller,
    told: Mutex<Told>,
}

/// Runs every cell and prints a line for each.
pub(super) fn run(
    programs: &Programs,
    operations: usize,
    output: &mut dyn Write,
) -> io::Result<Outcome> {
    let mut outcome = Outcome::Passed;
    for cell in cells() {
        let told = run_cell(programs, cell, operations);
        let Told { tasks, notes, sessions, calls, waited_in_vain, wrong } = told;
        let (tasks, notes, sessions) = (tasks.len(), notes.len(), sessions.len());
        writeln!(
            output,
            "{cell}: {calls} calls, {tasks} tasks, {notes} notes, {sessions} sessions, \
             {waited_in_vain} repeated for a lock, {} wrong",
            wrong.len()
        )?;
        for problem in &wrong {
            outcome = Outcome::Failed;
            writeln!(output, "  {problem}")?;
        }
    }
    Ok(outcome)
}

fn cells() -> Vec<Cell> {
    let mut cells = Vec::new();
    for made_by in [Which::Old, Which::New] {
        for mode in [Mode::Shared, Mode::Local] {
            for together in [Together::InTurns, Together::AtOnce] {
                cells.push(Cell { made_by, mode, together });
            }
        }
    }
    cells
}

impl std::fmt::Display for Cell {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let made_by = match self.made_by {
            Which::Old => "made by the old one",
            Which::New => "made by the new one",
        };
        let mode = match self.mode {
            Mode::Shared => "shared",
            Mode::Local => "local",
        };
        let together = match self.together {
            Together::InTurns => "in turns",
            Together::AtOnce => "at once",
        };
        write!(formatter, "{made_by}, {mode}, {together}")
    }
}

fn run_cell(programs: &Programs, cell: Cell, operations: usize) -> Told {
    let world = World::new().with_binary(&programs.new);
    let place = Place::new(&world, programs, cell);
    match cell.together {
        Together::InTurns => {
            let mut writers =
                [Which::Old, Which::New].map(|which| Writer::new(&place, which, /*number*/ 0));
            for at in 0..operations {
                writers.iter_mut().for_each(|writer| writer.step(at));
            }
        }
        Together::AtOnce => thread::scope(|scope| {
            for number in 0..AT_ONCE {
                for which in [Which::Old, Which::New] {
                    let mut writer = Writer::new(&place, which, number);
                    scope.spawn(move || (0..operations).for_each(|at| writer.step(at)));
                }
            }
        }),
    }
    place.check("when all is written");
    for which in [Which::Old, Which::New] {
        world.wait_for_folds();
        place.call(which, &["fold"], "");
        place.check(&format!("after a fold of the {which:?} one"));
        place.call(which, &["publish"], "");
        place.check(&format!("after a publish of the {which:?} one"));
    }
    world.wait_for_folds();
    place.told.into_inner().unwrap_or_else(PoisonError::into_inner)
}

impl Place {
    fn new(world: &World, programs: &Programs, cell: Cell) -> Self {
        let caller = world.caller();
        let (old, new) = (caller.clone().of_program(&programs.old), caller);
        let place = Self { old, new, told: Mutex::default() };
        let words: &[&str] = match cell.mode {
            Mode::Shared => &["init"],
            Mode::Local => &["init", "--local"],
        };
        place.call(cell.made_by, words, "");
        world.git("add --all");
        world.commit("a project");
        place
    }

    fn told(&self) -> std::sync::MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wrong(&self, problem: String) {
        self.told().wrong.push(problem);
    }

    /// What a program answers; `None`, noted as wrong, if it refuses.
    fn call(&self, which: Which, words: &[&str], input: &str) -> Option<Output> {
        let caller = match which {
            Which::Old => &self.old,
            Which::New => &self.new,
        };
        loop {
            let output = spoken(caller, words, input).expect("thru starts");
            self.told().calls += 1;
            if output.status.success() {
                return Some(output);
            }
            if output.status.code() != Some(LOCKED) {
                let said = String::from_utf8_lossy(&output.stderr).into_owned();
                self.wrong(format!("{which:?} {words:?}: {}: {said}", output.status));
                return None;
            }
            self.told().waited_in_vain += 1;
        }
    }

    fn json(&self, which: Which, words: &[&str]) -> Value {
        let words: Vec<&str> = words.iter().copied().chain(["--json"]).collect();
        let output = self.call(which, &words, "");
        output.and_then(|output| serde_json::from_slice(&output.stdout).ok()).unwrap_or_default()
    }

    /// Both see all that was acknowledged, once.
    fn check(&self, when: &str) {
        for which in [Which::Old, Which::New] {
            let problems = self.problems(which);
            let all = problems.into_iter();
            all.for_each(|problem| self.wrong(format!("{when}, the {which:?} one: {problem}")));
        }
    }

    fn problems(&self, which: Which) -> Vec<String> {
        let listed = self.json(which, &["tasks", "list", "--all"]);
        let state = self.json(which, &["cache", "show"]);
        let sessions = self.json(which, &["sessions", "list"]).to_string();
        let valid = self.json(which, &["cache", "validate"]);
        let told = self.told();
        let mut problems =
            of_tasks(&told.tasks, listed["tasks"].as_array().map_or(&[], Vec::as_slice));
        let notes = state["notes"].as_object().map(|notes| notes.values().collect::<Vec<_>>());
        let notes = notes.unwrap_or_default();
        for text in &told.notes {
            let count = notes.iter().filter(|note| note["text"] == **text).count();
            if count != 1 {
                problems.push(format!("note {text:?} is there {count} times"));
            }
        }
        let lost = told.sessions.iter().filter(|session| !sessions.contains(session.as_str()));
        problems.extend(lost.map(|session| format!("session {session} is lost")));
        if (&valid["canonical"], &valid["bad_lines"], &valid["newer_lines"])
            != (&json!(true), &json!(0), &json!(0))
        {
            problems.push(format!("not valid: {valid}"));
        }
        problems
    }
}

fn of_tasks(told: &BTreeMap<String, (String, &'static str)>, listed: &[Value]) -> Vec<String> {
    let mut found: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for task in listed {
        found.entry(task["title"].as_str().unwrap_or_default()).or_default().push(task);
    }
    let problem = |(title, (id, status)): (&String, &(String, &'static str))| match found
        .get(title.as_str())
        .map_or(&[][..], Vec::as_slice)
    {
        [one] if (id.is_empty() || one["id"] == **id) && one["status"] == *status => None,
        [] => Some(format!("task {title:?} is lost")),
        [one] => Some(format!("task {title:?} should be {id} {status}: {one}")),
        [_, _, ..] => Some(format!("task {title:?} is there twice")),
    };
    told.iter().filter_map(problem).collect()
}

fn spoken(caller: &Caller, words: &[&str], input: &str) -> io::Result<Output> {
    let mut command = caller.thru(words);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // A command that reads nothing may have ended.
        let _ = stdin.write_all(input.as_bytes());
    }
    child.wait_with_output()
}

/// One stream of calls of one program.
struct Writer<'p> {
    place: &'p Place,
    which: Which,
    number: usize,
    /// Own tasks that are open, by title and id.
    open: Vec<(String, String)>,
    steps: usize,
}

impl<'p> Writer<'p> {
    fn new(place: &'p Place, which: Which, number: usize) -> Self {
        Self { place, which, number, open: Vec::new(), steps: 0 }
    }

    fn step(&mut self, at: usize) {
        match at % 6 {
            0 | 3 => self.add(at),
            1 => self.complete(),
            2 => self.note(at),
            4 => self.turn(at),
            _fold if self.number == 0 => {
                self.call(&["fold"]);
            }
            _other => {
                self.call(&["publish"]);
            }
        }
    }

    fn name(&self, what: &str, at: usize) -> String {
        format!("{what} {at} of {:?} {}", self.which, self.number)
    }

    fn call(&self, words: &[&str]) -> Option<Output> {
        self.place.call(self.which, words, "")
    }

    fn add(&mut self, at: usize) {
        let title = self.name("task", at);
        let Some(output) = self.call(&["tasks", "add", "--json", &title]) else { return };
        let added: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        let id = added["id"].as_str().unwrap_or_default().to_owned();
        self.place.told().tasks.insert(title.clone(), (id.clone(), "pending"));
        self.open.push((title, id));
    }

    fn complete(&mut self) {
        let Some((title, id)) = self.open.pop() else { return };
        if self.call(&["tasks", "complete", &id]).is_some() {
            self.place.told().tasks.insert(title, (id, "completed"));
        }
    }

    fn note(&mut self, at: usize) {
        let text = self.name("note", at);
        if self.call(&["note", &text]).is_some() {
            self.place.told().notes.insert(text);
        }
    }

    /// An agent's turn: its plan has a step more than the last time.
    fn turn(&mut self, at: usize) {
        let session = format!("s-{:?}-{}", self.which, self.number);
        let turn = format!("t-{at}");
        self.steps += 1;
        let titles: Vec<String> = (0..self.steps).map(|step| self.name("step", step)).collect();
        let steps: Vec<(&str, &str)> =
            titles.iter().map(|title| (title.as_str(), "in_progress")).collect();
        let call = format!("call-{session}-{at}");
        let events = [
            HookEvent::user_prompt_submit(&session, &turn, &self.name("prompt", 0)),
            HookEvent::post_tool_use_plan(&session, &turn, &steps).call_id(&call),
            HookEvent::stop(&session, &turn, "Done so far."),
        ];
        for event in events {
            let mut event = Value::from(event);
            event["cwd"] = json!(self.place.new.folder());
            self.place.call(self.which, &["hook", "codex"], &event.to_string());
        }
        let mut told = self.place.told();
        told.sessions.insert(session);
        told.tasks.extend(titles.into_iter().map(|title| (title, (String::new(), "in_progress"))));
    }
}
