//! What a worktree holds beside its HEAD, and which worktrees there are.
//!
//! Cost: a status looks at every tracked file and every folder; it is no question for a hook.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use throughline_model::head::{
    Changes, Dirty, Fingerprint, LineName, Oid, Repository, Worktree, text_of,
};

use crate::ask::oid;
use crate::process::{Question, path_of, records};
use crate::{Git, GitError};

/// A submodule counts as changed when it stands at another commit; looking for changes inside it
/// would start a git there, under its settings.
const STATUS: [&str; 6] = [
    "status",
    "--porcelain=v2",
    "-z",
    "--untracked-files=normal",
    "--no-renames",
    "--ignore-submodules=dirty",
];

/// A worktree of a repository, the main one included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkedWorktree {
    /// Its root, or the repository itself where that is bare. It may be gone.
    pub path: PathBuf,
    /// Its HEAD; `None` in a bare repository and before the first commit.
    pub oid: Option<Oid>,
    /// Its branch; `None` in a bare repository and where HEAD is detached.
    pub branch: Option<LineName>,
    /// Whether it stands for the repository itself, which is bare.
    pub bare: bool,
    /// Whether its root is gone, so that git would forget it at the next occasion.
    pub prunable: bool,
}

impl Git {
    /// What changed in the worktree, within `deadline`. What goes wrong is "unknown", with the
    /// reason.
    ///
    /// Attributes don't count here, because filters are programs: files that a filter changes on
    /// their way (LFS, line ends) may look changed.
    pub fn worktree(&self, repository: &Repository, deadline: Duration) -> Worktree {
        let dirty = match self.status(repository, deadline) {
            Ok(dirty) => dirty,
            Err(error) => Dirty::Unknown { reason: error.to_string() },
        };
        Worktree { dirty }
    }

    fn status(&self, repository: &Repository, deadline: Duration) -> Result<Dirty, GitError> {
        let Some(root) = &repository.worktree else {
            return Ok(Dirty::Unknown { reason: "there is no worktree here".to_owned() });
        };
        let attributes = format!("--attr-source={}", repository.object_format.empty_tree());
        let question = Question {
            options: &[&attributes],
            settings: &self.filters_off(repository, deadline)?,
            deadline,
            ..Question::new(root, &STATUS)
        };
        let answer = self.answer(&question)?;
        entries(&answer).map(|all| dirty(root, &all)).ok_or_else(|| question.unexpected())
    }

    /// Settings that switch off each filter by name. Needed where the repository has attributes
    /// that no option turns off.
    fn filters_off(
        &self,
        repository: &Repository,
        deadline: Duration,
    ) -> Result<Vec<(OsString, &'static str)>, GitError> {
        if !repository.common_dir.join("info/attributes").exists() {
            return Ok(Vec::new());
        }
        let arguments = ["config", "-z", "--name-only", "--get-regexp", r"^filter\."];
        let place = repository.worktree.as_ref().unwrap_or(&repository.git_dir);
        let question = Question { deadline, ..Question::new(place, &arguments) };
        let answer = self.run(&question)?;
        match answer.code {
            // 1: there is none.
            Some(0 | 1) => Ok(switched_off(&answer.stdout)),
            Some(_) | None => Err(question.failed(&answer)),
        }
    }

    /// All worktrees, the main one first.
    pub fn worktree_list(&self, directory: &Path) -> Result<Vec<LinkedWorktree>, GitError> {
        let arguments = ["worktree", "list", "--porcelain", "-z"];
        let answer = self.answer(&Question::new(directory, &arguments))?;
        let mut found: Vec<LinkedWorktree> = Vec::new();
        for line in records(&answer) {
            if let Some(path) = line.strip_prefix(b"worktree ") {
                found.push(at(path));
            } else if let Some(last) = found.last_mut() {
                describe(last, line);
            }
        }
        Ok(found)
    }
}

fn at(path: &[u8]) -> LinkedWorktree {
    let path = path_of(path);
    LinkedWorktree { path, oid: None, branch: None, bare: false, prunable: false }
}

/// Takes in one line about a worktree; git may add lines that we don't know.
fn describe(worktree: &mut LinkedWorktree, line: &[u8]) {
    let (name, value) = match line.iter().position(|byte| *byte == b' ') {
        Some(at) => (&line[..at], &line[at + 1..]),
        None => (line, [].as_slice()),
    };
    match name {
        // Zeros stand for "not born yet".
        b"HEAD" if value.iter().any(|digit| *digit != b'0') => worktree.oid = oid(value),
        b"branch" => worktree.branch = LineName::of_ref(value),
        b"bare" => worktree.bare = true,
        b"prunable" => worktree.prunable = true,
        _ => (),
    }
}

fn switched_off(keys: &[u8]) -> Vec<(OsString, &'static str)> {
    let driver = |key: &[u8]| {
        let dot = key.iter().rposition(|byte| *byte == b'.')?;
        Some(key[..dot].to_vec())
    };
    let drivers: BTreeSet<Vec<u8>> = records(keys).filter_map(driver).collect();
    let values = [(".clean", ""), (".process", ""), (".required", "false")];
    let settings = drivers.iter().flat_map(|driver| {
        values.map(|(name, value)| {
            (OsString::from_vec([driver.as_slice(), name.as_bytes()].concat()), value)
        })
    });
    settings.collect()
}

/// One entry of a status.
struct Entry<'a> {
    record: &'a [u8],
    path: &'a [u8],
}

/// Format: git-status(1), "Porcelain Format Version 2". `None` if it is not that.
fn entries(answer: &[u8]) -> Option<Vec<Entry<'_>>> {
    let mut all = Vec::new();
    let mut records = records(answer);
    while let Some(record) = records.next() {
        // How many fields stand before the path.
        let fields = match record.first()? {
            b'1' => 8,
            b'2' => 9,
            b'u' => 10,
            b'?' => 1,
            b'#' | b'!' => continue,
            _ => return None,
        };
        let path = record.splitn(fields + 1, |byte| *byte == b' ').nth(fields)?;
        if record[0] == b'2' {
            // The path before a rename is a record of its own.
            records.next()?;
        }
        all.push(Entry { record, path });
    }
    all.sort_by_key(|entry| entry.path);
    Some(all)
}

fn dirty(root: &Path, entries: &[Entry<'_>]) -> Dirty {
    if entries.is_empty() {
        return Dirty::Clean;
    }
    let count = |holds: fn(&[u8]) -> bool| entries.iter().filter(|e| holds(e.record)).count();
    let paths = entries.iter().take(Changes::MOST_PATHS);
    Dirty::Changed(Changes {
        fingerprint: entries.iter().fold(Fingerprint::EMPTY, |sum, e| with_entry(sum, root, e)),
        staged: count(|record| matches!(record, [b'1' | b'2', b' ', x, ..] if *x != b'.')),
        unstaged: count(|record| matches!(record, [b'1' | b'2', b' ', _, y, ..] if *y != b'.')),
        unmerged: count(|record| record[0] == b'u'),
        untracked: count(|record| record[0] == b'?'),
        paths: paths.map(|entry| text_of(entry.path)).collect(),
    })
}

/// Size and time of change stand for what is in the file.
fn with_entry(sum: Fingerprint, root: &Path, entry: &Entry<'_>) -> Fingerprint {
    let sum = sum.with(entry.record);
    let path = root.join(std::ffi::OsStr::from_bytes(entry.path));
    match fs::symlink_metadata(path) {
        Ok(file) => [file.size().cast_signed(), file.mtime(), file.mtime_nsec()]
            .into_iter()
            .fold(sum, |sum, number| sum.with(&number.to_le_bytes())),
        // Deleted: the record says so.
        Err(_) => sum,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const STATUS: &[u8] = b"1 .M N... 100644 100644 100644 aa bb a file\0\
        2 R. N... 100644 100644 100644 aa bb R100 new\0old\0\
        u UU N... 100644 100644 100644 100644 aa bb cc both\0? untracked\0# branch.oid aa\0";

    proptest! {
        #[test]
        fn any_answer_of_git_is_read_or_refused(
            bytes in prop::collection::vec(any::<u8>(), 0..120),
            at: prop::sample::Index,
            byte: u8,
        ) {
            let mut damaged = STATUS.to_vec();
            let at = at.index(damaged.len());
            damaged[at] = byte;
            for answer in [&bytes[..], &damaged, &damaged[..at], STATUS] {
                if let Some(all) = entries(answer) {
                    // Paths that lead outside are looked at and never opened.
                    dirty(Path::new("/nonexistent"), &all);
                }
                switched_off(answer);
                let mut worktree = super::at(answer);
                records(answer).for_each(|line| describe(&mut worktree, line));
            }
            prop_assert_eq!(entries(STATUS).map(|all| all.len()), Some(4));
        }
    }
}
