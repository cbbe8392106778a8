//! A scripted history: what git does before and after memory looked, and what memory has to say.

use std::fmt::Write as _;
use std::path::PathBuf;

use serde_json::Value;
use throughline_testkit::World;

use crate::{bare_world, text};

/// How the project keeps its memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Shared,
    Local,
}

pub(super) const MODES: [Mode; 2] = [Mode::Shared, Mode::Local];

/// What the next look finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum After {
    /// Nothing: it is over.
    Quiet,
    /// The same, until git goes on.
    Stands,
    /// The same, and a question that nobody answered.
    Asked,
}

/// A history. Scripts are lines, each of one of these:
/// `commit MESSAGE`, `look` (the command `thru status`), `thru …`, `try …` (git, which may fail),
/// `sh …` (a shell in the repository), and else words for git.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    pub(super) name: &'static str,
    /// Ends where memory looks.
    pub(super) before: &'static str,
    pub(super) then: &'static str,
    /// The drift's kinds, the most important first.
    pub(super) kinds: &'static str,
    /// What is done about each.
    pub(super) outcomes: &'static str,
    pub(super) after: After,
    /// From where a new line comes.
    pub(super) origin: Option<&'static str>,
    /// Where is looked afterwards, beside the repository.
    pub(super) folder: &'static str,
}

/// A history whose drift the settings settle.
pub(super) const fn row(
    name: &'static str,
    scripts: [&'static str; 2],
    kinds: &'static str,
    outcomes: &'static str,
) -> Row {
    let [before, then] = scripts;
    let after = After::Quiet;
    Row { name, before, then, kinds, outcomes, after, origin: None, folder: "repo" }
}

impl Row {
    pub(super) const fn after(self, after: After) -> Self {
        Self { after, ..self }
    }

    pub(super) const fn from(self, origin: &'static str) -> Self {
        Self { origin: Some(origin), ..self }
    }

    pub(super) const fn in_folder(self, folder: &'static str) -> Self {
        Self { folder, ..self }
    }
}

/// Runs every row in both modes; one failure does not hide the others.
pub(super) fn check(rows: &[Row]) {
    check_in(&MODES, rows);
}

/// As [`check`], in these modes only.
pub(super) fn check_in(modes: &[Mode], rows: &[Row]) {
    let mut wrong = String::new();
    for (row, mode) in rows.iter().flat_map(|row| modes.iter().map(move |mode| (row, *mode))) {
        if let Err(said) = run(row, mode) {
            let _ = writeln!(wrong, "{} ({mode:?}): {said}", row.name);
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

fn run(row: &Row, mode: Mode) -> Result<(), String> {
    let world = remembered(mode);
    play(&world, row.before);
    look(&world, "repo");
    play(&world, row.then);
    let proposed = ask(&world, row.folder, &["cache", "reconcile", "--dry-run"]);
    let said = look(&world, row.folder);
    let outcomes = outcomes(&proposed["plan"]["decisions"]);
    same("kinds", row.kinds, &kinds(&said["drift"]))?;
    same("kinds of the plan", row.kinds, &kinds(&proposed["drift"]))?;
    same("outcomes", row.outcomes, &outcomes)?;
    if row.after == After::Quiet {
        same("what was done", row.outcomes, &self::outcomes(&said["decisions"]))?;
    }
    if let Some(origin) = row.origin {
        same("origin", origin, &text(&said["drift"]["origin"]))?;
    }
    logged(&world, row)?;
    let again = look(&world, row.folder);
    let still = if row.after == After::Quiet { "" } else { row.kinds };
    same("kinds of the second look", still, &kinds(&again["drift"]))?;
    let open = if row.after == After::Asked { row.kinds } else { "" };
    same("the open question", open, &kinds(&again["open"]["drift"]))?;
    same("what the second look did", "", &self::outcomes(&again["decisions"]))
}

/// The newest entry tells of the drift and what was done, and looking again adds none.
fn logged(world: &World, row: &Row) -> Result<(), String> {
    let log = ask(world, row.folder, &["log", "--drift", "-n", "1"]);
    let newest = log["log"].as_array().and_then(|all| all.first().cloned()).unwrap_or_default();
    if row.kinds.is_empty() {
        return Ok(());
    }
    let body = &newest["record"]["body"];
    let told = match row.after {
        After::Quiet => &body["reconcile"],
        After::Stands | After::Asked => &body["drift"],
    };
    same("kinds in the log", row.kinds, &kinds(&told["drift"]))?;
    if row.after == After::Asked {
        same("the question in the log", "true", &told["asks"].to_string())?;
    }
    Ok(())
}

/// A project of two commits whose memory looked once.
pub(super) fn remembered(mode: Mode) -> World {
    let world = bare_world();
    let init: &[&str] = match mode {
        Mode::Shared => &["init"],
        Mode::Local => &["init", "--local"],
    };
    world.thru(init).assert_success();
    world.commit("remember");
    look(&world, "repo");
    world
}

pub(super) fn play(world: &World, script: &str) {
    for line in script.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        let words: Vec<&str> = rest.split_whitespace().collect();
        match word {
            "commit" => drop(world.commit(rest)),
            "look" => drop(look(world, "repo")),
            "thru" => drop(world.thru(&words).assert_success()),
            "try" => drop(world.try_git(&words)),
            "sh" => shell(world, rest),
            _ => drop(world.git(line)),
        }
    }
}

fn shell(world: &World, script: &str) {
    let folder = ["repo", "moved"].map(|name| world.root().join(name)).into_iter();
    let folder = folder.into_iter().find(|path| path.exists()).expect("the repository");
    let mut command = world.command("sh", &folder);
    command.args(["-ec", script]).env("THRU", world.binary());
    let ran = command.output().expect("sh");
    let said = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "sh {script}: {said}");
}

pub(super) fn look(world: &World, folder: &str) -> Value {
    ask(world, folder, &["status"])
}

pub(super) fn ask(world: &World, folder: &str, arguments: &[&str]) -> Value {
    let folder: PathBuf = world.root().join(folder);
    let arguments: Vec<&str> = arguments.iter().copied().chain(["--json"]).collect();
    world.thru_in(folder, &arguments).assert_success().json()
}

/// The kinds of a drift, as in a row.
pub(super) fn kinds(drift: &Value) -> String {
    let first = text(&drift["kind"]);
    if first.is_empty() || first == "none" {
        return String::new();
    }
    let also = drift["also"].as_array().cloned().unwrap_or_default();
    let also = also.iter().map(text);
    [first].into_iter().chain(also).collect::<Vec<_>>().join(" ")
}

fn outcomes(decisions: &Value) -> String {
    let decisions = decisions.as_array().cloned().unwrap_or_default();
    decisions.iter().map(|decision| text(&decision["outcome"])).collect::<Vec<_>>().join(" ")
}

fn same(what: &str, expected: &str, found: &str) -> Result<(), String> {
    if expected == found {
        return Ok(());
    }
    Err(format!("{what}: expected [{expected}], found [{found}]"))
}
