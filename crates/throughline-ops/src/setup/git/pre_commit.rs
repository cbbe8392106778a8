//! The pre-commit entry: a person's `git commit` carries the pending changes.
//!
//! A block in the hook that git starts before a commit. It never fails the commit: what goes wrong
//! is one line on stderr. A hook of somebody else is kept and the block put before what it does,
//! because it may end itself; what is no shell script, no plain file, or lies where the repository
//! delivers it is left alone, and the line to add is told.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::super::files::{FileChange, text_of};
use super::{block, refused};
use crate::error::OpsError;
use crate::here::Site;
use crate::surroundings::Surroundings;

/// The hook's name; githooks(5).
pub(super) const HOOK: &str = "pre-commit";

/// Shells that read the block.
const SHELLS: [&str; 6] = ["sh", "dash", "bash", "ash", "ksh", "zsh"];

/// Where git looks for this clone's hooks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HooksFolder {
    /// In a folder that the user has for this clone.
    Ours(PathBuf),
    /// In one that we leave alone.
    NotOurs {
        /// Which.
        folder: PathBuf,
        /// Why, as what follows the folder's name.
        why: &'static str,
    },
}

impl HooksFolder {
    /// Finds it: the repository's own, unless `core.hooksPath` names another.
    pub(super) fn of(
        world: &Surroundings,
        site: &Site,
        common_dir: &Path,
    ) -> Result<Self, OpsError> {
        let Some(set) = world.git.hooks_path(&site.worktree)? else {
            return Ok(Self::Ours(common_dir.join("hooks")));
        };
        let named = site.worktree.join(&set.path);
        let Ok(folder) = fs::canonicalize(&named) else {
            return Ok(Self::NotOurs { folder: named, why: "is not there" });
        };
        let common_dir = fs::canonicalize(common_dir).unwrap_or_else(|_| common_dir.to_owned());
        let why = match () {
            () if !folder.is_dir() => Some("is no folder"),
            () if folder.starts_with(common_dir) => None,
            () if !set.of_this_clone => Some("serves other repositories as well"),
            () if in_a_worktree(world, &folder) => {
                Some("lies in a worktree, where git delivers files")
            }
            () => None,
        };
        Ok(match why {
            None => Self::Ours(folder),
            Some(why) => Self::NotOurs { folder, why },
        })
    }

    /// The hook, if we may write it.
    pub(super) fn hook(&self) -> Option<PathBuf> {
        match self {
            Self::Ours(folder) => Some(folder.join(HOOK)),
            Self::NotOurs { .. } => None,
        }
    }
}

/// Unknown counts as yes.
fn in_a_worktree(world: &Surroundings, folder: &Path) -> bool {
    match world.git.discover(folder) {
        Ok(None) => false,
        Ok(Some((repository, _))) => repository.worktree.is_some(),
        Err(_) => true,
    }
}

/// The program as a word of the shell's.
fn word(thru: &Path) -> Result<String, OpsError> {
    let path = thru.to_str().ok_or_else(|| refused(thru, "is not UTF-8"))?;
    if !thru.is_absolute() || path.contains(['\n', '\r', '\0']) {
        return Err(refused(thru, "is no absolute path on one line, which a hook needs"));
    }
    Ok(format!("'{}'", path.replace('\'', "'\\''")))
}

/// What a person would add by hand.
fn line(thru: &Path) -> Result<String, OpsError> {
    Ok(format!("{} publish --stage --quiet </dev/null >&2 || :", word(thru)?))
}

/// What stands between the marks.
fn inner(thru: &Path) -> Result<String, OpsError> {
    let (program, line) = (word(thru)?, line(thru)?);
    Ok(format!(
        "if [ -x {program} ]; then\n\t{line}\nelse\n\
         \tprintf '%s %s\\n' 'throughline: this commit carries no memory, its program is gone:' {program} >&2\n\
         fi\n"
    ))
}

/// What to write so that the hook calls us; `None` if it does.
pub(super) fn change(folder: &HooksFolder, thru: &Path) -> Result<Option<FileChange>, OpsError> {
    let path = match folder {
        HooksFolder::Ours(folder) => folder.join(HOOK),
        HooksFolder::NotOurs { folder, why } => {
            return Err(by_hand(folder, &format!("core.hooksPath, {why}"), thru)?);
        }
    };
    let before = hook_text(&path, thru)?;
    let inner = inner(thru)?;
    let after = block::with_block_in_script(before.as_deref(), &inner);
    let after = after.map_err(|problem| refused(&path, problem))?;
    if before.as_deref() == Some(after.as_str()) {
        return Ok(None);
    }
    let summary = inner.lines().map(|line| line.replace('\t', "    ")).collect();
    Ok(Some(FileChange { path, before, after, summary }))
}

/// A hook into which a block can be put; `None` if there is none yet.
fn hook_text(path: &Path, thru: &Path) -> Result<Option<String>, OpsError> {
    let Ok(found) = fs::symlink_metadata(path) else { return Ok(None) };
    let why = match () {
        () if found.is_symlink() => "is a link to somebody else's file",
        () if found.permissions().mode() & 0o111 == 0 => {
            "is not executable, so git does not start it; remove it or make it executable first"
        }
        () => {
            let text = text_of(path)?.unwrap_or_default();
            if is_shell_script(&text) {
                return Ok(Some(text));
            }
            "is no shell script"
        }
    };
    Err(by_hand(path, why, thru)?)
}

fn by_hand(path: &Path, why: &str, thru: &Path) -> Result<OpsError, OpsError> {
    let line = line(thru)?;
    Ok(refused(path, &format!("{why}; nothing was changed. By hand, this line does it:\n{line}")))
}

/// By its first line, as the system starts it.
fn is_shell_script(text: &str) -> bool {
    let first = text.split('\n').next().unwrap_or_default();
    let Some(command) = first.strip_prefix("#!") else { return false };
    let mut words = command.split([' ', '\t']).filter(|word| !word.is_empty());
    let name = |word: &str| word.rsplit('/').next().unwrap_or_default().to_owned();
    let program = match words.next().map(name) {
        Some(program) if program == "env" => words.find(|word| *word != "-S").map(name),
        program => program,
    };
    program.is_some_and(|program| SHELLS.contains(&program.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shells_are_told_by_the_first_line() {
        let shell = [
            "#!/bin/sh\n",
            "#! /bin/bash -e\nx",
            "#!/usr/bin/env zsh",
            "#!/usr/bin/env -S bash -e\n",
        ];
        for text in shell {
            assert!(is_shell_script(text), "{text}");
        }
        let other =
            ["", "echo\n", "#!/usr/bin/env python3\n", "#!/bin/sh\r\n", "#!/bin/fish\n", "#!\n"];
        for text in other {
            assert!(!is_shell_script(text), "{text}");
        }
    }
}
