//! Which repository a directory belongs to, and where its HEAD is: one process in the ordinary
//! case, none at all outside a repository.
//!
//! The operation in progress is read from files of the git directory, as git does itself.

use std::fs;
use std::path::{Path, PathBuf};

use throughline_model::head::{Head, LineName, ObjectFormat, Oid, Operation, Repository, text_of};

use crate::process::{Answer, Question, line, path_of};
use crate::{Git, GitError};

/// One line of answer each. HEAD comes last, because an unborn one fails after the lines before it.
/// `--show-prefix` and not `--show-toplevel`, which fails where there is no worktree.
const QUESTION: [&str; 11] = [
    "rev-parse",
    "--path-format=absolute",
    "--show-object-format",
    "--is-bare-repository",
    "--is-inside-work-tree",
    "--absolute-git-dir",
    "--git-common-dir",
    "--show-prefix",
    "HEAD",
    "--symbolic-full-name",
    "HEAD",
];

/// How often HEAD may move while git is asked where it is.
const ATTEMPTS: usize = 4;

/// The name of a ref, or a path, with room to spare; in bytes.
const LONGEST_HEAD: u64 = 64 * 1024;

/// How many of the lines say where, before those about HEAD.
const PLACE_LINES: usize = 6;

impl Git {
    /// The repository of a directory and its HEAD; `None` outside of any.
    ///
    /// # Errors
    ///
    /// [`GitError::DubiousOwnership`] where git refuses somebody else's repository;
    /// [`GitError::Unexpected`] too where a path holds a line break: git can't tell it here.
    pub fn discover(&self, directory: &Path) -> Result<Option<(Repository, Head)>, GitError> {
        Ok(self.discover_while(directory, || ())?.map(|(repository, head, ())| (repository, head)))
    }

    /// The same, with what is done in this process until git answers; outside of any repository it may not be done.
    ///
    /// # Errors
    ///
    /// As [`Git::discover`].
    pub fn discover_while<T>(
        &self,
        directory: &Path,
        work: impl FnOnce() -> T,
    ) -> Result<Option<(Repository, Head, T)>, GitError> {
        let unreadable = |source| GitError::Directory { directory: directory.to_owned(), source };
        let directory = fs::canonicalize(directory).map_err(unreadable)?;
        if !may_be_in_repository(&directory) {
            return Ok(None);
        }
        let mut before = head_text(&directory);
        let (mut found, done) = self.ask_while(&directory, work)?;
        for _ in 1..ATTEMPTS {
            // Git reads HEAD once for its commit and once more for its name: a switch in between would
            // give one branch the other's commit.
            let after = head_text(&directory);
            if before == after {
                break;
            }
            before = after;
            (found, ()) = self.ask_while(&directory, || ())?;
        }
        Ok(found.map(|(repository, head)| (repository, head, done)))
    }

    fn ask_while<T>(
        &self,
        directory: &Path,
        work: impl FnOnce() -> T,
    ) -> Result<(Option<(Repository, Head)>, T), GitError> {
        let question = Question::new(directory, &QUESTION);
        let (answer, done) = self.run_while(&question, work)?;
        Ok((self.understood(directory, &question, &answer)?, done))
    }

    fn understood(
        &self,
        directory: &Path,
        question: &Question<'_>,
        answer: &Answer,
    ) -> Result<Option<(Repository, Head)>, GitError> {
        if is_outside(answer) {
            return Ok(None);
        }
        let lines: Vec<&[u8]> = line(&answer.stdout).split(|byte| *byte == b'\n').collect();
        let (place, rest) = lines.split_at(lines.len().min(PLACE_LINES));
        let Some(repository) = repository(directory, place) else {
            return Err(unclear(question, answer));
        };
        let head = match (answer.code, rest) {
            (Some(0), [oid, name]) => born(&repository, oid, name),
            (Some(0), _) => None,
            (Some(_) | None, _) => Some(self.unborn(directory)?),
        };
        let head = head.ok_or_else(|| question.unexpected())?;
        let head = self.with_operation(&repository, head)?;
        Ok(Some((repository, head)))
    }

    /// HEAD names a branch that has no commit yet.
    fn unborn(&self, directory: &Path) -> Result<Head, GitError> {
        let arguments = ["symbolic-ref", "--quiet", "HEAD"];
        let question = Question::new(directory, &arguments);
        let name = self.answer(&question)?;
        let name = LineName::of_ref(line(&name)).ok_or_else(|| question.unexpected())?;
        Ok(head(/*oid*/ None, name))
    }

    fn with_operation(&self, repository: &Repository, mut head: Head) -> Result<Head, GitError> {
        head.operation = match operation(&repository.git_dir) {
            Some(operation) => Some(operation),
            None => self.operation_in_reftable(repository)?,
        };
        if head.operation == Some(Operation::Rebase) {
            head.rebasing = rebasing(&repository.git_dir);
        }
        Ok(head)
    }

    /// With reftable the marks of cherry-pick and revert are no files. Both leave a message for
    /// the commit to come, so git is asked only where there is one.
    fn operation_in_reftable(
        &self,
        repository: &Repository,
    ) -> Result<Option<Operation>, GitError> {
        let reftable = repository.common_dir.join("reftable");
        if !repository.git_dir.join("MERGE_MSG").exists() || !reftable.is_dir() {
            return Ok(None);
        }
        let marks =
            [("CHERRY_PICK_HEAD", Operation::CherryPick), ("REVERT_HEAD", Operation::Revert)];
        for (mark, operation) in marks {
            let arguments = ["rev-parse", "--quiet", "--verify", mark];
            let place = repository.worktree.as_ref().unwrap_or(&repository.git_dir);
            let question = Question::new(place, &arguments);
            if self.yes(&question)? {
                return Ok(Some(operation));
            }
        }
        Ok(None)
    }
}

/// Where an ordinary worktree is and which branch it is on, by a look at its files: for who begins before git has
/// answered, and compares then. `None` where only git knows, and for a HEAD that is no branch.
#[must_use]
pub fn guess(directory: &Path) -> Option<Guess> {
    let directory = fs::canonicalize(directory).ok()?;
    let worktree = directory.ancestors().find(|path| path.join(".git").exists())?;
    let git_dir = worktree.join(".git");
    let head = small(&git_dir.join("HEAD"))?;
    let line = LineName::of_ref(line(head.strip_prefix(b"ref: ")?))?;
    Some(Guess { worktree: worktree.to_owned(), common_dir: fs::canonicalize(git_dir).ok()?, line })
}

/// What git will probably say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guess {
    /// The worktree's root.
    pub worktree: PathBuf,
    /// As [`Repository::common_dir`].
    pub common_dir: PathBuf,
    /// The line.
    pub line: LineName,
}

/// What the HEAD of the nearest repository says, without git; `None` where it can't be found so.
fn head_text(directory: &Path) -> Option<Vec<u8>> {
    let dot_git = directory.ancestors().map(|path| path.join(".git")).find(|path| path.exists())?;
    if dot_git.is_dir() {
        return small(&dot_git.join("HEAD"));
    }
    let link = String::from_utf8(small(&dot_git)?).ok()?;
    let git_dir = dot_git.parent()?.join(link.strip_prefix("gitdir: ")?.trim_end());
    small(&git_dir.join("HEAD"))
}

/// A file that a repository brought: a pipe in its place would hold us for ever.
fn small(path: &Path) -> Option<Vec<u8>> {
    let is_small = |found: &fs::Metadata| found.is_file() && found.len() <= LONGEST_HEAD;
    fs::metadata(path).ok().filter(is_small)?;
    fs::read(path).ok()
}

/// Whether a directory above looks like a repository, found without git: where there is none, a
/// hook must cost nothing. Git has the last word.
fn may_be_in_repository(directory: &Path) -> bool {
    let is_bare = |path: &Path| {
        path.join("HEAD").exists() && path.join("objects").is_dir() && path.join("refs").is_dir()
    };
    directory.ancestors().any(|path| path.join(".git").exists() || is_bare(path))
}

/// What looked like a repository was none, or lies on another file system. A worktree whose
/// repository is gone is something else, and an error.
fn is_outside(answer: &Answer) -> bool {
    answer.code == Some(128) && answer.stderr.starts_with("fatal: not a git repository (or any")
}

fn unclear(question: &Question<'_>, answer: &Answer) -> GitError {
    match answer.code {
        Some(0) => question.unexpected(),
        Some(_) | None => question.failed(answer),
    }
}

fn repository(directory: &Path, place: &[&[u8]]) -> Option<Repository> {
    let [format, bare, inside, git_dir, common_dir, prefix] = place else { return None };
    let object_format = match *format {
        b"sha1" => ObjectFormat::Sha1,
        b"sha256" => ObjectFormat::Sha256,
        _ => return None,
    };
    // The prefix is the way from the worktree's root to here: `a/b/`.
    let depth = prefix.iter().filter(|byte| **byte == b'/').count();
    let root = directory.ancestors().nth(depth).map(Path::to_owned);
    Some(Repository {
        worktree: root.filter(|_| *inside == b"true"),
        git_dir: canonical(git_dir)?,
        common_dir: canonical(common_dir)?,
        bare: *bare == b"true",
        object_format,
    })
}

fn canonical(bytes: &[u8]) -> Option<PathBuf> {
    fs::canonicalize(path_of(bytes)).ok()
}

fn head(oid: Option<Oid>, line: LineName) -> Head {
    Head { oid, line, operation: None, rebasing: None }
}

fn born(repository: &Repository, oid: &[u8], name: &[u8]) -> Option<Head> {
    let oid = Oid::parse(std::str::from_utf8(oid).ok()?)?;
    Some(head(Some(oid), LineName::of_ref(name).unwrap_or_else(|| detached(repository))))
}

/// A detached HEAD is a line of its worktree: the main one, or a linked one by git's name for it.
fn detached(repository: &Repository) -> LineName {
    let name = repository.git_dir.file_name().unwrap_or_default();
    let is_main = repository.git_dir == repository.common_dir;
    let linked = || format!("w-{}", text_of(name.as_encoded_bytes()));
    LineName::Detached { worktree: if is_main { "main".to_owned() } else { linked() } }
}

/// A rebase comes first: it leaves the marks of a merge or cherry-pick on its way.
fn operation(git_dir: &Path) -> Option<Operation> {
    let marks = [
        ("rebase-merge", Operation::Rebase),
        ("rebase-apply/applying", Operation::Am),
        ("rebase-apply", Operation::Rebase),
        ("MERGE_HEAD", Operation::Merge),
        ("CHERRY_PICK_HEAD", Operation::CherryPick),
        ("REVERT_HEAD", Operation::Revert),
        ("BISECT_LOG", Operation::Bisect),
    ];
    let found = marks.into_iter().find(|(name, _)| git_dir.join(name).exists());
    found.map(|(_, operation)| operation)
}

/// The branch to which the rebase will return; a rebase of a detached HEAD has none.
fn rebasing(git_dir: &Path) -> Option<String> {
    let files = ["rebase-merge/head-name", "rebase-apply/head-name"];
    let name = files.into_iter().find_map(|name| fs::read(git_dir.join(name)).ok())?;
    match LineName::of_ref(line(&name))? {
        LineName::Branch(name) => Some(name),
        LineName::Detached { .. } | LineName::Directory => None,
    }
}
