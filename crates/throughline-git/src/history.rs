//! Questions about how lines of history lie to each other: which branches there are, what a commit
//! has behind it, which commits say the same, and how HEAD came to where it is.

use std::path::Path;

use throughline_model::head::{Fingerprint, LineName, Oid, text_of};

use crate::ask::oid;
use crate::process::Question;
use crate::{Git, GitError};

/// A commit that is no merge, with what it changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patch {
    /// The commit.
    pub oid: Oid,
    /// The same for commits that change the same lines of the same files, wherever in the file and
    /// whatever stands around; `None` if it changes nothing.
    pub id: Option<Fingerprint>,
}

impl Git {
    /// Every branch with the commit at its tip.
    pub fn branches(&self, directory: &Path) -> Result<Vec<(LineName, Oid)>, GitError> {
        let arguments = ["for-each-ref", "--format=%(objectname) %(refname)", "--", "refs/heads/"];
        let question = Question::new(directory, &arguments);
        let answer = self.answer(&question)?;
        let branch = |line: &[u8]| {
            let at = line.iter().position(|byte| *byte == b' ')?;
            Some((LineName::of_ref(&line[at + 1..])?, oid(&line[..at])?))
        };
        lines(&answer).map(|line| branch(line).ok_or_else(|| question.unexpected())).collect()
    }

    /// A commit and its ancestors, newest first, at most `most`; without those of `except`.
    pub fn ancestors(
        &self,
        directory: &Path,
        of: &Oid,
        except: Option<&Oid>,
        most: usize,
    ) -> Result<Vec<Oid>, GitError> {
        let (count, except) = (format!("--max-count={most}"), except.map(|oid| format!("^{oid}")));
        let mut arguments = vec!["rev-list", &count, "--end-of-options", of.as_str()];
        arguments.extend(except.as_deref());
        arguments.push("--");
        let question = Question::new(directory, &arguments);
        let answer = self.answer(&question)?;
        lines(&answer).map(|line| oid(line).ok_or_else(|| question.unexpected())).collect()
    }

    /// The commits that `new` has and `old` has not, children before parents, at most `most`, each
    /// with the tree that it holds.
    pub fn trees(
        &self,
        directory: &Path,
        old: &Oid,
        new: &Oid,
        most: usize,
    ) -> Result<Vec<(Oid, Oid)>, GitError> {
        let (count, range) = (format!("--max-count={most}"), format!("{old}..{new}"));
        let arguments =
            ["rev-list", "--topo-order", "--format=%T", &count, "--end-of-options", &range, "--"];
        let question = Question::new(directory, &arguments);
        let answer = self.answer(&question)?;
        let all: Vec<&[u8]> = lines(&answer).collect();
        let pair = |pair: &[&[u8]]| match pair {
            [commit, tree] => Some((oid(commit.strip_prefix(b"commit ")?)?, oid(tree)?)),
            _ => None,
        };
        all.chunks(2).map(|lines| pair(lines).ok_or_else(|| question.unexpected())).collect()
    }

    /// The parents of a commit, in order; none of a first commit.
    pub fn parents(&self, directory: &Path, of: &Oid) -> Result<Vec<Oid>, GitError> {
        let arguments =
            ["rev-list", "--parents", "--max-count=1", "--end-of-options", of.as_str(), "--"];
        let question = Question::new(directory, &arguments);
        let answer = self.answer(&question)?;
        let words = answer.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
        words.skip(1).map(|word| oid(word).ok_or_else(|| question.unexpected())).collect()
    }

    /// The commits that `new` has and `old` has not, without merges, newest first, at most `most`,
    /// each with what identifies its patch.
    pub fn patches(
        &self,
        directory: &Path,
        old: &Oid,
        new: &Oid,
        most: usize,
    ) -> Result<Vec<Patch>, GitError> {
        let (count, range) = (format!("--max-count={most}"), format!("{old}..{new}"));
        let arguments = [
            "log",
            "--no-show-signature",
            "--no-merges",
            "--no-color",
            "--no-ext-diff",
            "--no-textconv",
            "--no-renames",
            "--no-indent-heuristic",
            "--diff-algorithm=myers",
            "--ignore-submodules=dirty",
            "--submodule=short",
            "--no-relative",
            "--src-prefix=a/",
            "--dst-prefix=b/",
            "--full-index",
            "--unified=0",
            "--patch",
            "--root",
            "--format=%x00%H",
            &count,
            "--end-of-options",
            &range,
            "--",
        ];
        let question = Question::new(directory, &arguments);
        let answer = self.answer(&question)?;
        patches(&answer).ok_or_else(|| question.unexpected())
    }

    /// What the reflog says of HEAD's last moves, the newest first: "checkout: moving from a to b".
    /// Empty where no reflog is kept.
    pub fn head_moves(&self, directory: &Path, most: usize) -> Result<Vec<String>, GitError> {
        let count = format!("--max-count={most}");
        let arguments =
            ["log", "--walk-reflogs", "--no-patch", "--format=%gs", &count, "HEAD", "--"];
        let answer = self.answer(&Question::new(directory, &arguments))?;
        Ok(lines(&answer).map(text_of).collect())
    }

    /// The bytes of a file as a commit has it; `None` if it has none there. `path` is relative to
    /// the root of the worktree, with `/` between its parts.
    pub fn file_at(
        &self,
        directory: &Path,
        commit: &Oid,
        path: &str,
    ) -> Result<Option<Vec<u8>>, GitError> {
        let object = format!("{commit}:{path}");
        let arguments = ["cat-file", "blob", &object];
        let question = Question::new(directory, &arguments);
        let answer = self.run(&question)?;
        if answer.code == Some(0) {
            return Ok(Some(answer.stdout));
        }
        // It says "no" for a file that is not there and for a commit that is gone alike.
        if self.exists(directory, commit)? { Ok(None) } else { Err(question.failed(&answer)) }
    }
}

fn lines(answer: &[u8]) -> impl Iterator<Item = &[u8]> {
    answer.split(|byte| *byte == b'\n').filter(|line| !line.is_empty())
}

/// A file may hold NUL bytes itself, but a line of a diff then starts with a sign or a blank.
fn patches(answer: &[u8]) -> Option<Vec<Patch>> {
    let mut patches: Vec<Patch> = Vec::new();
    let mut blobs: &[u8] = b"";
    for line in answer.split(|byte| *byte == b'\n') {
        if let Some(name) = line.strip_prefix(b"\0") {
            patches.push(Patch { oid: oid(name)?, id: None });
        } else if line.starts_with(b"index ") {
            blobs = line;
        } else if let Some(patch) = patches.last_mut()
            && !line.is_empty()
            && !line.starts_with(b"@@")
        {
            // Where in the file a line stands, and what the file was before, may differ between
            // commits that say the same. Only of bytes that are no text nothing else is told.
            let blobs = if line.starts_with(b"Binary files ") { blobs } else { b"" };
            let id = patch.id.unwrap_or(Fingerprint::EMPTY);
            patch.id = Some(id.with(line.trim_ascii_end()).with(blobs));
        }
    }
    Some(patches)
}
