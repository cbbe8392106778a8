//! What can go wrong in an operation. Hints and exit codes are decided at the edge.

use std::path::PathBuf;

use throughline_git::GitError;
use throughline_model::ids::TaskId;
use throughline_model::state::{Broken, FieldError};
use throughline_store::StoreError;

use crate::last_good::Unreadable;

/// A failure of an operation.
#[derive(Debug, thiserror::Error)]
pub enum OpsError {
    /// Our files.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The index.
    #[error(transparent)]
    Index(#[from] throughline_store::index::IndexError),
    /// A database that is truth.
    #[error(transparent)]
    Runtime(#[from] throughline_runtime::RuntimeError),
    /// The state file can't be read.
    #[error("{0}")]
    Unreadable(Box<Unreadable>),
    /// Git.
    #[error(transparent)]
    Git(#[from] GitError),
    /// No project memory here.
    #[error("there is no project memory in {}", directory.display())]
    NoProject {
        /// Where it was looked for.
        directory: PathBuf,
    },
    /// The repository carries memory that this user has not trusted on this machine.
    #[error("the project memory in {} is not trusted on this machine", directory.display())]
    NotTrusted {
        /// The worktree.
        directory: PathBuf,
    },
    /// `[memory.cache] enabled = false`
    #[error("project memory is switched off in {}", directory.display())]
    SwitchedOff {
        /// The worktree.
        directory: PathBuf,
    },
    /// There is no task of that name.
    #[error("there is no task `{name}` on this line")]
    NoTask {
        /// Id or ref, as given.
        name: String,
        /// The one that looks most like it.
        similar: Option<String>,
    },
    /// Something else that was named is not there.
    #[error("there is no {what} `{name}`")]
    NoSuch {
        /// In a word.
        what: &'static str,
        /// As given.
        name: String,
    },
    /// A task can't be completed before what it depends on.
    #[error("{task} depends on {}, which {} not completed", list(open), if open.len() == 1 { "is" } else { "are" })]
    OpenDependencies {
        /// Which.
        task: TaskId,
        /// What is not completed.
        open: Vec<TaskId>,
    },
    /// Somebody else works on it.
    #[error("{task} is claimed by {owner} until {until}")]
    Claimed {
        /// Which.
        task: TaskId,
        /// By whom.
        owner: String,
        /// Until when.
        until: jiff::Timestamp,
    },
    /// The change would break a rule of the state.
    #[error(transparent)]
    Broken(#[from] Broken),
    /// A field can't hold a value.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// The request can't be carried out, for a reason of its own.
    #[error("{reason}")]
    Refused {
        /// A sentence.
        reason: String,
    },
    /// A line of an import is wrong; nothing was imported.
    #[error("line {line}: {problem}")]
    Import {
        /// Counted from 1.
        line: usize,
        /// What is wrong.
        problem: String,
    },
    /// A program that was started failed.
    #[error("{program} {problem}")]
    Program {
        /// Which.
        program: String,
        /// What it did.
        problem: String,
    },
    /// A file that is not ours.
    #[error("{}: {problem}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// In words.
        problem: String,
    },
}

fn list(ids: &[TaskId]) -> String {
    ids.iter().map(TaskId::as_str).collect::<Vec<_>>().join(", ")
}
