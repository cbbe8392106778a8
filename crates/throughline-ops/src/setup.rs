//! `thru setup codex`: connects the real Codex.
//!
//! What is written, all under Codex's home and nothing else: our groups in `hooks.json` (at the
//! end of each event's list, because a hook's trust is tied to its place), `[tools.update_plan]`
//! and our MCP server in `config.toml`, one skill. Files owned in our home: `setup/codex.json`
//! (what was written, with hashes) and the bytes from before beside it.
//!
//! Hook trust is kept by Codex and asked for through its own app-server, after the user agreed;
//! it goes into `config.toml` too, by Codex's hand. A plan is made first and can be shown; nothing
//! is written unless every file could be planned.

mod app_server;
mod files;
mod manifest;

use std::path::PathBuf;

use throughline_store::durable::{self, Access};

use crate::error::OpsError;
pub use files::FileChange;

/// Where everything is.
#[derive(Debug, Clone)]
pub struct SetupOptions {
    /// Codex's home.
    pub codex_home: PathBuf,
    /// Codex's program.
    pub codex: PathBuf,
    /// This program.
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
    /// How many of our hooks Codex trusts now.
    pub trusted: usize,
    /// How many it was asked to trust.
    pub hooks: usize,
}

/// One thing that must be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What.
    pub name: String,
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
    manifest::keep(options, &plan.changes)?;
    for change in &plan.changes {
        if let Some(folder) = change.path.parent() {
            durable::create_private_dir(folder)?;
        }
        durable::replace(&change.path, change.after.as_bytes(), Access::Repository)?;
    }
    let trust = app_server::trust(options)?;
    // Codex itself wrote into its configuration: what stands there now is what we leave behind.
    manifest::note_result(options)?;
    let written = plan.changes.iter().map(|change| change.path.clone()).collect();
    Ok(SetupReport { written, trusted: trust.trusted, hooks: trust.hooks })
}

/// Looks whether everything is as it should be.
pub fn status(options: &SetupOptions) -> Result<Vec<Check>, OpsError> {
    let again = || Some("`thru setup codex` mends it".to_owned());
    let open = plan(options)?.changes;
    let mut checks: Vec<Check> = files::all(options)
        .into_iter()
        .map(|path| {
            let differs = open.iter().any(|change| change.path == path);
            let remedy = differs
                .then(|| "it lacks something of ours; `thru setup codex` mends it".to_owned());
            Check { name: path.display().to_string(), remedy }
        })
        .collect();
    let trust = app_server::look(options)?;
    let missing = trust.trusted < trust.hooks || trust.hooks == 0;
    let name = format!("{} of {} hooks are trusted and enabled", trust.trusted, trust.hooks);
    checks.push(Check { name, remedy: if missing { again() } else { None } });
    Ok(checks)
}

/// Takes everything back: byte for byte where nobody else wrote since, else only our parts.
pub fn remove(options: &SetupOptions) -> Result<RemovalReport, OpsError> {
    manifest::restore(options)
}
