//! `thru setup codex`: connects the real Codex.
//!
//! What is written, all under Codex's home and nothing else: our groups in `hooks.json` (at the
//! end of each event's list, because a hook's trust is tied to its place), the plan tool and our
//! MCP server in `config.toml`, three skills. Files owned in our home: `setup/codex/` (what was
//! written, with hashes, and the bytes from before).
//!
//! Hook trust is kept by Codex and asked for through its own app-server, after the user agreed;
//! it goes into `config.toml` too, by Codex's hand. A plan is made first and can be shown; nothing
//! is written unless every file could be planned and still stands as it was shown.

mod app_server;
mod config;
mod files;
pub mod git;
mod hooks;
pub(crate) mod look;
mod manifest;
mod skills;

use std::path::{Path, PathBuf};

use throughline_store::durable::{self, Access};

use crate::error::OpsError;
pub use files::FileChange;
use files::{File, text_of};

/// Where everything is.
#[derive(Debug, Clone)]
pub struct SetupOptions {
    /// Codex's home.
    pub codex_home: PathBuf,
    /// Codex's program.
    pub codex: PathBuf,
    /// This program; an absolute path.
    pub thru: PathBuf,
    /// Our home.
    pub home: PathBuf,
}

/// What would be written.
#[derive(Debug, Clone)]
pub struct SetupPlan {
    /// File by file; files that are right already are left out.
    pub changes: Vec<FileChange>,
}

/// What was done.
#[derive(Debug, Clone)]
pub struct SetupReport {
    /// The files that were written.
    pub written: Vec<PathBuf>,
    /// How many of our hooks Codex trusts and runs now.
    pub trusted: usize,
    /// How many there are.
    pub hooks: usize,
}

/// How a thing stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckState {
    /// As it should be.
    Ok,
    /// It is not there.
    Missing,
    /// It is there, but not as this version writes it.
    Stale,
    /// Codex doesn't trust it, and skips it in silence.
    Untrusted,
    /// Trusted, but the user switched it off.
    Disabled,
    /// It could not be found out.
    Unknown,
}

/// One thing that must be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What.
    pub name: String,
    /// How it stands.
    pub state: CheckState,
    /// What is wrong with it and what mends that; `None` if it is right.
    pub remedy: Option<String>,
}

/// What became of a removal.
#[derive(Debug, Clone)]
pub struct RemovalReport {
    /// Brought back byte for byte.
    pub restored: Vec<PathBuf>,
    /// Somebody changed them since: only our parts were taken out.
    pub cleaned: Vec<PathBuf>,
}

/// Plans what to write; changes nothing.
pub fn plan(options: &SetupOptions) -> Result<SetupPlan, OpsError> {
    Ok(SetupPlan { changes: files::plan(options)? })
}

/// Writes what was planned, keeps what stood before, and has Codex trust our hooks.
pub fn carry_out(options: &SetupOptions, plan: &SetupPlan) -> Result<SetupReport, OpsError> {
    plan.changes.iter().try_for_each(still_as_planned)?;
    manifest::keep(options, &plan.changes)?;
    plan.changes.iter().try_for_each(write)?;
    // Noted before Codex is asked as well: it may fail, and what we wrote is ours all the same.
    manifest::note_result(options, Vec::new())?;
    let trust = app_server::trust(options)?;
    manifest::note_result(options, trust.trusted)?;
    let written = plan.changes.iter().map(|change| change.path.clone()).collect();
    Ok(SetupReport { written, trusted: trust.working, hooks: hooks::COUNT })
}

fn still_as_planned(change: &FileChange) -> Result<(), OpsError> {
    if text_of(&change.path)? == change.before {
        return Ok(());
    }
    let problem = "was changed meanwhile; nothing was written, run it again".to_owned();
    Err(OpsError::File { path: change.path.clone(), problem })
}

fn write(change: &FileChange) -> Result<(), OpsError> {
    if let Some(folder) = change.path.parent() {
        durable::create_private_dir(folder)?;
    }
    // A configuration may come to hold keys: a new one is the user's alone.
    let access = if change.before.is_some() { Access::Repository } else { Access::Private };
    Ok(durable::replace(&change.path, change.after.as_bytes(), access)?)
}

/// Looks whether everything is as it should be. What can't be found out is a check as well.
pub fn status(options: &SetupOptions) -> Result<Vec<Check>, OpsError> {
    let open = plan(options)?.changes;
    let mut checks: Vec<Check> = File::ALL
        .iter()
        .map(|file| check_of_file(&file.path(&options.codex_home), &open))
        .collect();
    checks.push(check_of_program(&options.thru));
    checks.extend(check_of_version(options)?);
    checks.push(check_of_trust(options));
    Ok(checks)
}

const MENDS: &str = "`thru setup codex` mends it";

fn check(name: String, state: CheckState, wrong: &str) -> Check {
    let remedy = (state != CheckState::Ok).then(|| wrong.to_owned());
    Check { name, state, remedy }
}

fn check_of_file(path: &Path, open: &[FileChange]) -> Check {
    let state = match open.iter().find(|change| change.path == path) {
        None => CheckState::Ok,
        Some(change) if change.before.is_none() => CheckState::Missing,
        Some(_) => CheckState::Stale,
    };
    let wrong = format!("it lacks something of ours; {MENDS}");
    check(path.display().to_string(), state, &wrong)
}

fn check_of_program(thru: &Path) -> Check {
    let state = if thru.is_file() { CheckState::Ok } else { CheckState::Missing };
    check(thru.display().to_string(), state, "this program is gone; install it again")
}

/// Nothing to say before the first set-up: the files tell that.
fn check_of_version(options: &SetupOptions) -> Result<Option<Check>, OpsError> {
    let version = env!("CARGO_PKG_VERSION");
    let Some(set_up) = manifest::version(options)? else { return Ok(None) };
    let state = if set_up == version { CheckState::Ok } else { CheckState::Stale };
    let wrong = format!("this is thru {version}; {MENDS}");
    Ok(Some(check(format!("set up by thru {set_up}"), state, &wrong)))
}

fn check_of_trust(options: &SetupOptions) -> Check {
    let count = hooks::COUNT;
    let unknown = |why: String| check("trust in our hooks".to_owned(), CheckState::Unknown, &why);
    if !options.codex_home.is_dir() {
        return unknown(format!("{} is not there; {MENDS}", options.codex_home.display()));
    }
    let trust = match app_server::look(options) {
        Ok(trust) => trust,
        Err(error) => return unknown(format!("{error}; `--codex PATH` names another Codex")),
    };
    let (state, wrong) = match (trust.working, trust.trusted.len()) {
        (working, _) if working >= count => (CheckState::Ok, String::new()),
        (_, trusted) if trusted >= count => {
            (CheckState::Disabled, "`/hooks` in Codex switches them on".to_owned())
        }
        (_, _) => (CheckState::Untrusted, format!("Codex skips the others in silence; {MENDS}")),
    };
    let name =
        format!("Codex {} trusts and runs {} of our {count} hooks", trust.version, trust.working);
    check(name, state, &wrong)
}

/// Takes everything back: byte for byte where nobody else wrote since, else only our parts.
pub fn remove(options: &SetupOptions) -> Result<RemovalReport, OpsError> {
    manifest::restore(options)
}

#[cfg(test)]
mod tests;
