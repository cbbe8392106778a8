//! A private repository of our own making, in HOME: the history of files that people may edit.
//!
//! Nothing here is asked of or told to the user's repositories. Git is always told which repository
//! is meant, so that one around HOME is never taken for it. The history is bounded: older commits
//! are cut off, as in a shallow clone, and their objects go. One process at a time may write; whoever
//! calls holds a lock of his own.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use throughline_model::head::Oid;

use crate::ask::oid;
use crate::process::Question;
use crate::{Git, GitError};

/// How many states are kept at least; it is cut when there are a quarter more.
const MOST: usize = 400;

/// Nobody else reads it, whatever the user's umask is.
const PRIVATE: &str = "--shared=0600";

/// How many lines around a change are shown.
const CONTEXT: &str = "--unified=3";

/// A folder of files with a history.
#[derive(Debug, Clone)]
pub struct Ledger {
    git: Git,
    folder: PathBuf,
    most: usize,
}

/// One state in the history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub id: Oid,
    /// When it was kept.
    pub at: Timestamp,
    /// What led to it, in a line.
    pub message: String,
}

/// Whose name stands in the history; nothing of the user's own settings decides how it is written.
const SETTINGS: [&str; 18] = [
    "-c",
    "user.name=thru",
    "-c",
    "user.email=thru@localhost",
    "-c",
    "commit.gpgSign=false",
    "-c",
    "core.autocrlf=false",
    "-c",
    "core.excludesFile=/dev/null",
    "-c",
    "core.attributesFile=/dev/null",
    "-c",
    "gc.auto=0",
    "-c",
    "init.templateDir=",
    "-c",
    "init.defaultBranch=main",
];

impl Git {
    /// The history of a folder of ours; it begins when something is first kept.
    pub fn ledger(&self, folder: &Path) -> Ledger {
        Ledger { git: self.clone(), folder: folder.to_owned(), most: MOST }
    }
}

impl Ledger {
    /// The same with another bound.
    #[must_use]
    pub fn bounded(self, most: usize) -> Self {
        Self { most, ..self }
    }

    fn repository(&self) -> PathBuf {
        self.folder.join(".git")
    }

    /// Whether something was ever kept.
    pub fn exists(&self) -> bool {
        self.repository().join("HEAD").exists()
    }

    fn options(&self) -> Vec<String> {
        let mut options: Vec<String> = SETTINGS.iter().map(|s| (*s).to_owned()).collect();
        options.push(format!("--git-dir={}", self.repository().display()));
        options.push(format!("--work-tree={}", self.folder.display()));
        options
    }

    fn with<T>(
        &self,
        arguments: &[&str],
        run: impl FnOnce(&Git, &Question<'_>) -> Result<T, GitError>,
    ) -> Result<T, GitError> {
        let options = self.options();
        let options: Vec<&str> = options.iter().map(String::as_str).collect();
        let question = Question { options: &options, ..Question::new(&self.folder, arguments) };
        run(&self.git, &question)
    }

    fn tell(&self, arguments: &[&str]) -> Result<(), GitError> {
        self.with(arguments, Git::tell)
    }

    /// What the files say that the last state does not, as a patch; empty if nothing.
    ///
    /// # Errors
    /// [`GitError`].
    pub fn changes(&self) -> Result<String, GitError> {
        self.begin()?;
        self.tell(&["add", "--all", "--intent-to-add", "--", "."])?;
        let answer = match self.head()? {
            Some(_) => self.with(&["diff", "--no-ext-diff", CONTEXT, "HEAD", "--"], Git::answer)?,
            None => self.with(&["diff", "--no-ext-diff", CONTEXT, "--"], Git::answer)?,
        };
        Ok(String::from_utf8_lossy(&answer).into_owned())
    }

    /// Keeps the files as they stand; `None` if nothing changed since the last state.
    ///
    /// # Errors
    /// [`GitError`].
    pub fn keep(&self, message: &str, at: Timestamp) -> Result<Option<Oid>, GitError> {
        self.begin()?;
        self.tell(&["add", "--all", "--", "."])?;
        let staged = ["diff", "--cached", "--quiet", "--no-ext-diff"];
        let before = self.head()?;
        if before.is_some() && self.with(&staged, Git::yes)? {
            return Ok(None);
        }
        let date = format!("--date=@{} +0000", at.as_second());
        let told = ["commit", "--quiet", "--no-verify", "--allow-empty", &date, "-m", message];
        self.tell(&told)?;
        // Git leaves the message there, for everybody to read.
        let _ = fs::remove_file(self.repository().join("COMMIT_EDITMSG"));
        self.bound()?;
        self.head()
    }

    /// Says what is never kept, as git's patterns, one a line.
    ///
    /// # Errors
    /// [`GitError`], if there is no history and none can be begun.
    pub fn exclude(&self, patterns: &str) -> Result<(), GitError> {
        self.begin()?;
        let folder = self.repository().join("info");
        // Without it a file too many is kept, and nothing is lost.
        let made = DirBuilder::new().recursive(true).mode(0o700).create(&folder);
        let _ = made.and_then(|()| write(&folder.join("exclude"), patterns));
        Ok(())
    }

    fn begin(&self) -> Result<(), GitError> {
        if self.exists() { Ok(()) } else { self.tell(&["init", "--quiet", PRIVATE]) }
    }

    fn head(&self) -> Result<Option<Oid>, GitError> {
        let answer = self.with(&["rev-parse", "--verify", "--quiet", "HEAD^{commit}"], Git::run)?;
        Ok(oid(crate::process::line(&answer.stdout)))
    }

    /// The latest states, the newest first.
    ///
    /// # Errors
    /// [`GitError`].
    pub fn entries(&self, most: usize) -> Result<Vec<Entry>, GitError> {
        if !self.exists() || self.head()?.is_none() {
            return Ok(Vec::new());
        }
        let count = format!("--max-count={most}");
        let arguments = ["log", &count, "--format=%H%x00%at%x00%s", "--"];
        let answer = self.with(&arguments, Git::answer)?;
        Ok(answer.split(|byte| *byte == b'\n').filter_map(entry).collect())
    }

    /// What led from the state before to this one, as a patch.
    ///
    /// # Errors
    /// [`GitError::Failed`], if there is no such state.
    pub fn patch(&self, id: &str) -> Result<String, GitError> {
        let arguments = ["show", "--format=", "--no-ext-diff", CONTEXT, "--end-of-options", id];
        let answer = self.with(&arguments, Git::answer)?;
        Ok(String::from_utf8_lossy(&answer).into_owned())
    }

    /// What a file said in a state; `None` if it was not there.
    ///
    /// # Errors
    /// [`GitError`].
    pub fn text(&self, id: &str, file: &str) -> Result<Option<String>, GitError> {
        let object = format!("{id}:{file}");
        let arguments = ["cat-file", "blob", "--end-of-options", &object];
        let answer = self.with(&arguments, Git::run)?;
        let found = answer.code == Some(0);
        Ok(found.then(|| String::from_utf8_lossy(&answer.stdout).into_owned()))
    }

    /// Cuts the history when it has grown too long.
    fn bound(&self) -> Result<(), GitError> {
        let all = self.with(&["rev-list", "--count", "HEAD", "--"], Git::answer)?;
        let count: usize = String::from_utf8_lossy(&all).trim().parse().unwrap_or(0);
        if count < self.most + self.most / 4 {
            return Ok(());
        }
        let skip = format!("--skip={}", self.most.saturating_sub(1));
        let arguments = ["rev-list", "--max-count=1", &skip, "HEAD", "--"];
        let oldest = self.with(&arguments, Git::answer)?;
        let Some(oldest) = oid(crate::process::line(&oldest)) else { return Ok(()) };
        let shallow = self.repository().join("shallow");
        // That it can't be cut now is no loss: the next state tries again.
        if write(&shallow, &format!("{oldest}\n")).is_ok() {
            self.tell(&["reflog", "expire", "--expire=now", "--all"])?;
            self.tell(&["gc", "--quiet", "--prune=now"])?;
        }
        Ok(())
    }
}

/// Writes a file that nobody else can read.
fn write(path: &Path, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    options.open(path)?.write_all(text.as_bytes())
}

fn entry(line: &[u8]) -> Option<Entry> {
    let mut parts = line.splitn(3, |byte| *byte == 0);
    let id = oid(parts.next()?)?;
    let seconds = std::str::from_utf8(parts.next()?).ok()?.parse().ok()?;
    let message = String::from_utf8_lossy(parts.next()?).into_owned();
    Some(Entry { id, at: Timestamp::from_second(seconds).ok()?, message })
}
