//! The repository here, and whether git can be made to run what it names.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use throughline_git::{Git, GitError};
use throughline_model::head::{Dirty, Repository};

use super::Doctor;
use super::table::{Check, Finding};
use crate::error::OpsError;
use crate::here::{Here, Site};
use crate::setup::git::{GitSetupOptions, PreCommit, status};
use crate::setup::{Check as SetupCheck, CheckState};
use throughline_store::project::Mode;

/// A git that still runs holds its lock for seconds.
const ABANDONED: Duration = Duration::from_secs(10 * 60);

/// How long git may take over an empty repository.
const PATIENCE: Duration = Duration::from_secs(5);

/// Whether there is a repository.
pub(super) fn repository(site: &Result<Site, OpsError>) -> Finding {
    match site {
        Ok(Site { repository: Some(found), .. }) => {
            Check::Repository.ok(found.common_dir.display().to_string())
        }
        Ok(site) => match site.worktree.ancestors().find(|folder| folder.join(".git").exists()) {
            Some(folder) => Check::Repository
                .fail(format!("{} has a .git that git does not open", folder.display()))
                .with_remedy("`git status` says more"),
            None => Check::Repository.note("no git here: memory has one line"),
        },
        Err(OpsError::Git(GitError::DubiousOwnership { path })) => {
            let command = format!("`git config --global --add safe.directory {}`", path.display());
            let measured = format!("{} belongs to somebody else", path.display());
            Check::Repository
                .fail(measured)
                .with_remedy(format!("{command}, if you trust its owner"))
        }
        Err(error) => {
            Check::Repository.fail(error.to_string()).with_remedy("`git status` says more")
        }
    }
}

/// What only a repository has.
pub(super) fn look(doctor: &Doctor<'_>, site: &Site, here: Option<&Here>) -> Vec<Finding> {
    let Some(repository) = &site.repository else { return Vec::new() };
    let mut findings = vec![index_lock(repository)];
    let shared = here.is_some_and(|here| here.project.binding().mode == Mode::Shared);
    if shared {
        findings.extend(set_up(doctor));
    }
    findings
}

fn index_lock(repository: &Repository) -> Finding {
    let lock = repository.git_dir.join("index.lock");
    let modified = fs::metadata(&lock).and_then(|found| found.modified());
    match modified.ok().and_then(|modified| modified.elapsed().ok()) {
        Some(age) if age > ABANDONED => {
            Check::IndexLock.warn(format!("one that is {} minutes old", age.as_secs() / 60))
        }
        Some(_) => Check::IndexLock.ok("git is at work"),
        None => Check::IndexLock.ok("none"),
    }
}

/// What `thru setup git` would say: never set up is a choice, half of it is not.
fn set_up(doctor: &Doctor<'_>) -> Vec<Finding> {
    let options = GitSetupOptions::here(doctor.world, PreCommit::Unnamed);
    let checks = match options.and_then(|options| status(&options)) {
        Ok(checks) => checks,
        Err(error) => return vec![Check::MergeDriver.note(error.to_string())],
    };
    // The driver has two files, its setting and its attribute; what follows is the entry.
    let (driver, entry) = checks.split_at(checks.len().min(2));
    let mut findings = vec![judge(Check::MergeDriver, driver)];
    if !entry.is_empty() {
        findings.push(judge(Check::PreCommit, entry));
    }
    findings
}

fn judge(check: Check, parts: &[SetupCheck]) -> Finding {
    let wrong: Vec<&SetupCheck> =
        parts.iter().filter(|part| part.state != CheckState::Ok).collect();
    let named = || wrong.iter().map(|part| part.name.clone()).collect::<Vec<_>>().join(", ");
    match wrong.as_slice() {
        [] => check.ok("set up"),
        all if all.len() == parts.len() && all.iter().all(|p| p.state == CheckState::Missing) => {
            check.note("not set up; `thru setup git` does it")
        }
        _ => check.warn(format!("not as this program writes it: {}", named())),
    }
}

/// A repository that wants to be heard: its settings name a program for each question that looks at
/// the worktree. With plain git it runs.
pub(super) fn hardening(git: &Git, folder: &Path) -> Finding {
    match trap(git, folder) {
        Ok(Trap::Quiet) => Check::Hardening.ok("a trap stayed quiet"),
        Ok(Trap::Unheard(reason)) => Check::Hardening.note(format!("git gave no answer: {reason}")),
        Ok(Trap::WentOff) => Check::Hardening.fail("the program of a repository's settings ran"),
        Err(error) => Check::Hardening.note(format!("can't be tried: {error}")),
    }
}

enum Trap {
    Quiet,
    Unheard(String),
    WentOff,
}

fn trap(git: &Git, folder: &Path) -> std::io::Result<Trap> {
    let (repository, canary, script) =
        (folder.join("trap"), folder.join("canary"), folder.join("program"));
    for part in ["objects", "refs/heads", "hooks"] {
        fs::create_dir_all(repository.join(".git").join(part))?;
    }
    let inside = |name: &str| repository.join(".git").join(name);
    fs::write(inside("HEAD"), "ref: refs/heads/main\n")?;
    let named = script.display();
    let settings = format!(
        "[core]\n\trepositoryformatversion = 0\n\tfsmonitor = \"{named}\"\n\thooksPath = \"{}\"\n",
        folder.display()
    );
    fs::write(inside("config"), settings)?;
    fs::write(repository.join("file.txt"), "bait\n")?;
    for program in [&script, &folder.join("post-index-change")] {
        fs::write(program, format!("#!/bin/sh\n: > '{}'\n", canary.display()))?;
        fs::set_permissions(program, fs::Permissions::from_mode(0o700))?;
    }
    let found = match git.discover(&repository) {
        Ok(Some((found, _))) => found,
        Ok(None) => return Ok(Trap::Unheard("no repository".to_owned())),
        Err(error) => return Ok(Trap::Unheard(error.to_string())),
    };
    let dirty = git.worktree(&found, PATIENCE).dirty;
    if canary.exists() {
        return Ok(Trap::WentOff);
    }
    Ok(match dirty {
        Dirty::Unknown { reason } => Trap::Unheard(reason),
        Dirty::Clean | Dirty::Changed(_) => Trap::Quiet,
    })
}
