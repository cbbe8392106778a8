//! `thru setup git`: git is to merge the state file by meaning, and with `--pre-commit` to start us
//! before a commit.
//!
//! Two blocks between marks of ours, in files of this clone that git never delivers: the driver in
//! `config`, the attribute that asks for it in `info/attributes`, both of the common directory, so
//! they hold in linked worktrees; and a third in the hook. Once that is there, it is kept in step
//! without being asked for again. Why not `git config`: docs/decisions/0002-git-setup.md. Taking a
//! block out leaves every other byte as it is.

mod block;
mod pre_commit;

use std::fs;
use std::path::{Path, PathBuf};

use throughline_store::durable::{self, Access};

use super::files::{FileChange, text_of};
use super::{Check, CheckState, RemovalReport, SetupPlan, check, still_as_planned};
use crate::error::OpsError;
use crate::here::Site;
use crate::surroundings::Surroundings;
use block::Left;
pub use pre_commit::HooksFolder;

/// Whether the pre-commit entry is asked for by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PreCommit {
    /// It is.
    Named,
    /// Only what is there already counts.
    Unnamed,
}

/// Where git looks, and which program it shall start.
#[derive(Debug, Clone)]
pub struct GitSetupOptions {
    /// The repository's common directory.
    pub common_dir: PathBuf,
    /// Where it starts hooks.
    pub hooks: HooksFolder,
    /// Whether the pre-commit entry was asked for.
    pub pre_commit: PreCommit,
    /// This program; an absolute path.
    pub thru: PathBuf,
}

impl GitSetupOptions {
    /// For the repository in which we are.
    pub fn here(world: &Surroundings, pre_commit: PreCommit) -> Result<Self, OpsError> {
        let site = Site::of(world, &world.directory)?;
        let Some(repository) = &site.repository else {
            return Err(OpsError::Refused { reason: "this is no git repository".to_owned() });
        };
        let common_dir = repository.common_dir.clone();
        let hooks = HooksFolder::of(world, &site, &common_dir)?;
        Ok(Self { common_dir, hooks, pre_commit, thru: world.program.clone() })
    }

    fn config(&self) -> PathBuf {
        self.common_dir.join("config")
    }

    fn attributes(&self) -> PathBuf {
        self.common_dir.join("info").join("attributes")
    }

    /// Each file with what stands between the marks.
    fn blocks(&self) -> Result<[(PathBuf, String); 2], OpsError> {
        let driver = quoted(&driver(&self.thru)?);
        let config = format!(
            "[merge \"throughline\"]\n\tname = project memory, merged by meaning\n\tdriver = {driver}\n"
        );
        let attributes = "/.throughline/project_state.json merge=throughline\n\
             /.throughline/memories/*.md merge=throughline\n"
            .to_owned();
        // What asks for the driver comes last.
        Ok([(self.config(), config), (self.attributes(), attributes)])
    }

    /// Every hook in which our entry may stand: `core.hooksPath` may have been set since.
    fn entries(&self) -> Vec<PathBuf> {
        let mut all = vec![self.common_dir.join("hooks").join(pre_commit::HOOK)];
        all.extend(self.hooks.hook().filter(|hook| *hook != all[0]));
        all.retain(|hook| fs::symlink_metadata(hook).is_ok_and(|found| found.is_file()));
        all
    }

    /// Whether the entry is to be there: it was asked for, or is.
    fn wants_entry(&self) -> bool {
        let there = || self.hooks.hook().filter(|hook| self.entries().contains(hook));
        self.pre_commit == PreCommit::Named || there().is_some_and(|hook| has_block(&hook))
    }
}

/// A file that can't be read as text has none of ours.
fn has_block(path: &Path) -> bool {
    text_of(path).ok().flatten().is_some_and(|text| block::is_in(&text))
}

/// The driver's command, for git (which replaces `%…`) and its shell. If the program fails, is
/// killed or is gone, git's own merge puts its markers there and the file counts as unmerged.
fn driver(thru: &Path) -> Result<String, OpsError> {
    let unfit = |problem: &str| refused(thru, problem);
    let path = thru.to_str().ok_or_else(|| unfit("is not UTF-8"))?;
    if !thru.is_absolute() || path.contains(['\n', '\r', '\0']) {
        return Err(unfit("is no absolute path on one line, which git's config needs"));
    }
    let path = path.replace('%', "%%").replace('\'', "'\\''");
    Ok(format!(
        "'{path}' merge-driver %O %A %B || {{ git merge-file --marker-size=%L -L ours -L base -L theirs %A %O %B; exit 1; }}"
    ))
}

/// As a value of git's config.
fn quoted(value: &str) -> String {
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
}

fn refused(path: &Path, problem: &str) -> OpsError {
    OpsError::File { path: path.to_owned(), problem: problem.to_owned() }
}

/// Plans what to write; changes nothing.
pub fn plan(options: &GitSetupOptions) -> Result<SetupPlan, OpsError> {
    let mut changes = merging(options)?;
    if options.wants_entry() {
        changes.extend(pre_commit::change(&options.hooks, &options.thru)?);
    }
    Ok(SetupPlan { changes })
}

/// What the merge driver lacks.
fn merging(options: &GitSetupOptions) -> Result<Vec<FileChange>, OpsError> {
    let mut changes = Vec::new();
    for (path, inner) in options.blocks()? {
        let before = text_of(&path)?;
        let after = block::with_block(before.as_deref().unwrap_or_default(), &inner);
        let after = after.map_err(|problem| refused(&path, problem))?;
        if before.as_deref() != Some(after.as_str()) {
            let summary = inner.lines().map(|line| line.replace('\t', "    ")).collect();
            changes.push(FileChange { path, before, after, summary });
        }
    }
    Ok(changes)
}

/// Writes what was planned. The files that were written.
pub fn carry_out(plan: &SetupPlan) -> Result<Vec<PathBuf>, OpsError> {
    plan.changes.iter().try_for_each(still_as_planned)?;
    for change in &plan.changes {
        if let Some(folder) = change.path.parent() {
            durable::create_repository_dir(folder)?;
        }
        replace(&change.path, &change.after)?;
    }
    Ok(plan.changes.iter().map(|change| change.path.clone()).collect())
}

/// Git's own writers hold `<file>.lock` meanwhile: who comes second gives way.
fn replace(path: &Path, text: &str) -> Result<(), OpsError> {
    let lock = path
        .with_file_name(format!("{}.lock", path.file_name().unwrap_or_default().to_string_lossy()));
    if lock.exists() {
        return Err(refused(path, "git is writing it at this moment; run it again"));
    }
    let is_hook = path.file_name().is_some_and(|name| name == pre_commit::HOOK);
    let access = if is_hook { Access::Program } else { Access::Repository };
    Ok(durable::replace(path, text.as_bytes(), access)?)
}

/// Takes our blocks out, or the pre-commit entry alone if it is named; a file that held nothing else
/// goes, unless it is git's config.
pub fn remove(options: &GitSetupOptions) -> Result<RemovalReport, OpsError> {
    let mut paths = options.entries();
    if options.pre_commit == PreCommit::Unnamed {
        // What asks for the driver goes first.
        paths.extend([options.attributes(), options.config()]);
    }
    let mut restored = Vec::new();
    for path in paths {
        let is_hook = path.file_name().is_some_and(|name| name == pre_commit::HOOK);
        if is_hook && !has_block(&path) {
            continue;
        }
        let Some(text) = text_of(&path)? else { continue };
        match block::without_block(&text).map_err(|problem| refused(&path, problem))? {
            Left::Same => continue,
            Left::Text(left) if !left.is_empty() || path != options.attributes() => {
                replace(&path, &left)?;
            }
            Left::Text(_) | Left::Nothing => {
                fs::remove_file(&path).map_err(|e| refused(&path, &e.to_string()))?;
            }
        }
        restored.push(path);
    }
    Ok(RemovalReport { restored, cleaned: Vec::new() })
}

/// Looks whether everything is as it should be.
pub fn status(options: &GitSetupOptions) -> Result<Vec<Check>, OpsError> {
    let open = merging(options)?;
    let open = |path: &Path| open.iter().any(|change| change.path == path);
    let missing = "git does not merge memory by meaning; `thru setup git` lets it";
    let mut checks = Vec::new();
    for (path, _) in options.blocks()? {
        checks.push(check_of(&path, open(&path), missing));
    }
    if options.wants_entry() {
        let missing = "a commit does not carry memory; `thru setup git --pre-commit` lets it";
        checks.push(
            match (options.hooks.hook(), pre_commit::change(&options.hooks, &options.thru)) {
                (Some(path), Ok(change)) => check_of(&path, change.is_some(), missing),
                (_, Err(error)) => {
                    check(pre_commit::HOOK.to_owned(), CheckState::Missing, &error.to_string())
                }
                (None, Ok(_)) => check(pre_commit::HOOK.to_owned(), CheckState::Unknown, missing),
            },
        );
    }
    Ok(checks)
}

fn check_of(path: &Path, open: bool, missing: &str) -> Check {
    let stale = "not as this program at this place writes it; `thru setup git` mends it";
    let (state, wrong) = match open {
        false => (CheckState::Ok, ""),
        true if has_block(path) => (CheckState::Stale, stale),
        true => (CheckState::Missing, missing),
    };
    check(path.display().to_string(), state, wrong)
}
