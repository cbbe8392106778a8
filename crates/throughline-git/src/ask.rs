//! Questions about commits. Every commit is given by its full name, so nothing here can be taken
//! for an option or another ref.

use std::path::Path;

use throughline_model::head::{Oid, text_of};

use crate::process::{Question, line, records};
use crate::{Git, GitError};

/// A commit, as far as it is told to people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// Its name.
    pub oid: Oid,
    /// When it was written, in seconds since 1970-01-01 UTC, as its author's clock had it.
    pub author_date: i64,
    /// The first paragraph of its message, on one line. Anything can stand in it.
    pub subject: String,
}

impl Git {
    /// Git's own version, such as `2.47.3`.
    pub fn version(&self) -> Result<String, GitError> {
        let question = Question::new(Path::new("/"), &["version"]);
        let answer = self.answer(&question)?;
        let text = String::from_utf8_lossy(&answer);
        let version = text.trim().strip_prefix("git version ").map(str::to_owned);
        version.ok_or_else(|| question.unexpected())
    }

    /// Whether a commit, or another object, is there.
    pub fn exists(&self, directory: &Path, oid: &Oid) -> Result<bool, GitError> {
        self.yes(&Question::new(directory, &["cat-file", "-e", oid.as_str()]))
    }

    /// Whether `old` is an ancestor of `new`, or the same. A commit that is gone is an error.
    pub fn is_ancestor(&self, directory: &Path, old: &Oid, new: &Oid) -> Result<bool, GitError> {
        let arguments = ["merge-base", "--is-ancestor", old.as_str(), new.as_str()];
        self.yes(&Question::new(directory, &arguments))
    }

    /// The nearest commit that both have in their history; `None` if there is none.
    pub fn merge_base(&self, directory: &Path, a: &Oid, b: &Oid) -> Result<Option<Oid>, GitError> {
        let arguments = ["merge-base", a.as_str(), b.as_str()];
        let question = Question::new(directory, &arguments);
        let answer = self.run(&question)?;
        match answer.code {
            Some(0) => oid(line(&answer.stdout)).map(Some).ok_or_else(|| question.unexpected()),
            Some(1) => Ok(None),
            Some(_) | None => Err(question.failed(&answer)),
        }
    }

    /// The commits that `new` has and `old` has not, newest first, at most `most`.
    pub fn commits_between(
        &self,
        directory: &Path,
        old: &Oid,
        new: &Oid,
        most: usize,
    ) -> Result<Vec<Commit>, GitError> {
        let (count, range) = (format!("--max-count={most}"), format!("{old}..{new}"));
        let arguments = [
            "log",
            "-z",
            "--no-show-signature",
            "--no-patch",
            "--encoding=UTF-8",
            "--format=%H %at %s",
            &count,
            "--end-of-options",
            &range,
            "--",
        ];
        let question = Question::new(directory, &arguments);
        let answer = self.answer(&question)?;
        records(&answer).map(|it| commit(it).ok_or_else(|| question.unexpected())).collect()
    }

    /// The paths that a commit changed, below the root of the worktree. Of a merge: those in which
    /// it differs from each of its parents.
    pub fn commit_files(&self, directory: &Path, oid: &Oid) -> Result<Vec<String>, GitError> {
        let arguments = [
            "diff-tree",
            "-z",
            "-c",
            "-r",
            "--root",
            "--no-commit-id",
            "--name-only",
            "--no-renames",
            "--no-ext-diff",
            "--no-textconv",
            "--no-relative",
            "--end-of-options",
            oid.as_str(),
        ];
        let answer = self.answer(&Question::new(directory, &arguments))?;
        Ok(records(&answer).map(text_of).collect())
    }

    /// The first commits of HEAD's history, at most `most`: they survive a move of the clone. A
    /// shallow clone names those at which it was cut off.
    pub fn root_commits(&self, directory: &Path, most: usize) -> Result<Vec<Oid>, GitError> {
        let count = format!("--max-count={most}");
        let arguments = ["rev-list", "--max-parents=0", &count, "HEAD", "--"];
        let question = Question::new(directory, &arguments);
        let answer = self.answer(&question)?;
        let lines = answer.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        lines.map(|line| oid(line).ok_or_else(|| question.unexpected())).collect()
    }
}

fn commit(record: &[u8]) -> Option<Commit> {
    let text = String::from_utf8_lossy(record);
    let (oid, rest) = text.split_once(' ')?;
    let (date, subject) = rest.split_once(' ')?;
    // A commit made by hand can have any date, also one that git shows as nothing.
    let author_date = date.parse().unwrap_or(0);
    Some(Commit { oid: Oid::parse(oid)?, author_date, subject: subject.to_owned() })
}

/// A commit's name in an answer.
pub(crate) fn oid(bytes: &[u8]) -> Option<Oid> {
    Oid::parse(std::str::from_utf8(bytes).ok()?)
}
