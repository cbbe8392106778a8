//! What the next commit takes in, and where git looks for the hook that runs before it.
//!
//! While git commits, the index that it builds is another file than the worktree's own
//! (githooks(5), `GIT_INDEX_FILE`), so every question about it names the file.

use std::path::{Path, PathBuf};

use crate::process::{Question, path_of, records};
use crate::{Git, GitError};

/// What `core.hooksPath` names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HooksPath {
    /// The folder as it is set; a relative one lies below the worktree's root.
    pub path: PathBuf,
    /// Whether it is set for this clone alone.
    pub of_this_clone: bool,
}

impl Git {
    /// What `core.hooksPath` is set to; `None` if it is not.
    pub fn hooks_path(&self, directory: &Path) -> Result<Option<HooksPath>, GitError> {
        let arguments =
            ["config", "-z", "--show-scope", "--type=path", "--get-all", "core.hooksPath"];
        let answer = self.run(&Question::new(directory, &arguments))?;
        // Git takes the last one; ours, on the command line, comes after it.
        Ok(pairs(&answer.stdout).into_iter().rfind(|(scope, _)| *scope != b"command").map(
            |(scope, path)| HooksPath {
                path: path_of(path),
                of_this_clone: matches!(scope, b"local" | b"worktree"),
            },
        ))
    }

    /// Whether an index holds anything that `tree` does not.
    pub fn is_anything_staged(
        &self,
        worktree: &Path,
        index: &Path,
        tree: &str,
    ) -> Result<bool, GitError> {
        let arguments = ["diff-index", "--cached", "--quiet", tree, "--"];
        let question = Question { index: Some(index), ..Question::new(worktree, &arguments) };
        self.yes(&question).map(|same| !same)
    }

    /// Whether a tracked file, by its path below the worktree's root, may differ from an index.
    pub fn differs_from_index(
        &self,
        worktree: &Path,
        index: Option<&Path>,
        path: &str,
    ) -> Result<bool, GitError> {
        let pattern = literally(path);
        let arguments = ["diff-files", "-z", "--name-only", "--", &pattern];
        let question = Question { index, ..Question::new(worktree, &arguments) };
        Ok(records(&self.answer(&question)?).next().is_some())
    }

    /// Adds one file to an index, by its path below the worktree's root, as the user's own `git add`
    /// would. A git that holds the index's lock is not waited for.
    pub fn stage(&self, worktree: &Path, index: Option<&Path>, path: &str) -> Result<(), GitError> {
        let pattern = literally(path);
        let arguments = ["add", "--", &pattern];
        self.tell(&Question { index, ..Question::new(worktree, &arguments) })
    }
}

fn literally(path: &str) -> String {
    format!(":(top,literal){path}")
}

/// An empty value is one too, so the records can't be counted without the empty ones.
fn pairs(answer: &[u8]) -> Vec<(&[u8], &[u8])> {
    let all: Vec<&[u8]> = answer.split(|byte| *byte == 0).collect();
    all.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect()
}
