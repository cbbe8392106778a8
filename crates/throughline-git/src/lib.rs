//! What the repository says. The only crate that starts git.
//!
//! Architecture invariant: git is asked and not told. No call here writes to the repository, takes
//! one of its locks, or lets it run a program of its choosing, but for one: [`Git::stage`] is
//! `git add` of one file, for `thru publish --stage` alone. A [`Ledger`] is told, and it is a
//! repository of our own, in HOME. A call that takes too long is killed and
//! its answer is an error or "unknown", never "clean" or "no".
//!
//! # What a repository could run, and why it can't
//!
//! | in the repository | stopped by |
//! | --- | --- |
//! | `core.fsmonitor`, hooks | settings on the command line, which win |
//! | `filter.*` by `.gitattributes` | an empty tree as the source of attributes |
//! | `filter.*` by `.git/info/attributes`, which that leaves alone | each driver is switched off by name |
//! | the same inside a submodule | submodules' worktrees are not looked into |
//! | `diff.external`, textconv, `gpg.program`, pager, aliases | no call that would use them |
//! | fetching what a partial clone lacks (`remote.*.uploadpack`, `core.sshCommand`) | no lazy fetch, no protocol allowed |
//! | a `git` in the worktree, with `.` on the `PATH` | relative entries of `PATH` are dropped |
//!
//! # Cost
//!
//! [`Git::discover`] starts nothing outside a repository and one process inside; it is what a hook
//! may call. [`Git::worktree`] looks at every file and is for commands and the fold.
//!
//! # Compatibility
//!
//! Written for git 2.41 or newer; an older one refuses `--attr-source`, so that
//! [`Git::worktree`] answers "unknown" there.

mod ask;
mod discover;
mod history;
mod index;
mod ledger;
mod process;
mod remotes;
mod stages;
mod tags;
mod worktree;

use std::io;
use std::path::PathBuf;
use std::time::Duration;

pub use ask::Commit;
pub use discover::{Guess, guess};
pub use history::Patch;
pub use index::HooksPath;
pub use ledger::{Entry, Ledger};
pub use process::{Git, GitEnv};
pub use stages::Stages;
pub use tags::Tag;
pub use worktree::LinkedWorktree;

/// Why git gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// It can't be started.
    #[error("can't start git ({})", program.display())]
    Start {
        /// Which program.
        program: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Its answer can't be read.
    #[error("can't read the answer of git {command} in {}", directory.display())]
    Read {
        /// The subcommand.
        command: String,
        /// Where.
        directory: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It did not answer in time and was killed.
    #[error("git {command} did not answer within {} ms in {}", deadline.as_millis(), directory.display())]
    Timeout {
        /// The subcommand.
        command: String,
        /// Where.
        directory: PathBuf,
        /// How long we waited.
        deadline: Duration,
    },
    /// Its answer is longer than we keep in memory.
    #[error("git {command} answered more than {} MiB in {}", most >> 20, directory.display())]
    TooLong {
        /// The subcommand.
        command: String,
        /// Where.
        directory: PathBuf,
        /// How many bytes we keep.
        most: usize,
    },
    /// The directory from which to look can't be read.
    #[error("can't look at {}", directory.display())]
    Directory {
        /// Which.
        directory: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The repository belongs to somebody else; git refuses, and so do we.
    #[error("{} belongs to somebody else, and git's safe.directory doesn't name it", path.display())]
    DubiousOwnership {
        /// The repository, as git names it.
        path: PathBuf,
    },
    /// It said no.
    #[error("git {command} failed in {}: {message}", directory.display())]
    Failed {
        /// The subcommand.
        command: String,
        /// Where.
        directory: PathBuf,
        /// The first line of what it said.
        message: String,
    },
    /// It answered something that we don't understand.
    #[error("git {command} answered something unexpected in {}", directory.display())]
    Unexpected {
        /// The subcommand.
        command: String,
        /// Where.
        directory: PathBuf,
    },
}
