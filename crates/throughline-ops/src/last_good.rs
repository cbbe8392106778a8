//! The last good generation: what readers get while a line's state file can't be read.
//!
//! Nothing is kept for this alone. In shared mode three generations stand apart from the broken
//! file: what git has of it (our side of a merge, or HEAD's file), the view of the last fold, and
//! the backups. In local mode the journal has every change since the line began. Each is loaded as
//! the state file itself would be, so that acknowledged changes that it lacks are seen as ever.
//! The broken file is read and never written; writers get the same sentence as an error.

use std::fmt;
use std::path::{Path, PathBuf};

use throughline_git::Stages;
use throughline_model::event::{Kind, Level};
use throughline_model::head::Oid;
use throughline_model::record::Mark;
use throughline_model::state::LARGEST_STATE;
use throughline_store::StoreError;
use throughline_store::durable;
use throughline_store::project::Mode;
use throughline_store::view::{Loaded, STATE_FILE};

use crate::here::Here;
use crate::logs;
use crate::resolve::can_be_taken_apart;
use crate::surroundings::Surroundings;

/// Where a generation comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Generation {
    /// Our side, as git keeps it of an unmerged file.
    Stage,
    /// The file in the commit on which we are.
    Commit,
    /// The view of the last fold.
    View,
    /// What the journal replays from the line's beginning on. Local mode.
    Journal,
    /// A kept generation, by its number.
    Backup(u64),
}

impl Generation {
    /// In a word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stage => "stage",
            Self::Commit => "commit",
            Self::View => "view",
            Self::Journal => "journal",
            Self::Backup(_) => "backup",
        }
    }
}

/// What makes a state file readable again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    /// `thru cache resolve`: git has both sides of it.
    Stages,
    /// `thru cache resolve`: its markers tell the sides.
    Markers,
    /// `thru cache rollback`, or a hand.
    Rollback,
    /// Only a hand.
    ByHand,
}

impl Remedy {
    /// In a word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stages | Self::Markers => "resolve",
            Self::Rollback => "rollback",
            Self::ByHand => "by_hand",
        }
    }

    fn until(self) -> &'static str {
        match self {
            Self::Stages | Self::Markers => "`thru cache resolve` mends it",
            Self::Rollback => "`thru cache rollback` brings that back or it is mended by hand",
            Self::ByHand => "it is mended by hand",
        }
    }
}

/// A state file that can't be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// Which.
    pub file: PathBuf,
    /// Why, with the line in it where there is one. May quote the file.
    pub problem: String,
    /// What is shown instead; `None` if no good generation is known.
    pub generation: Option<Generation>,
    /// What helps.
    pub remedy: Remedy,
}

impl Unreadable {
    /// The same for an agent: without a word from the file.
    pub fn unquoted(&self) -> String {
        let until = self.remedy.until();
        match self.generation {
            Some(_) => format!(
                "the state file can't be read: its last good generation is shown, and changes are \
                 refused, until {until}; ask the user"
            ),
            None => "the state file can't be read, and no good generation of it is known: ask the \
                     user to run `thru cache validate`"
                .to_owned(),
        }
    }
}

impl Unreadable {
    /// Notes that it could not be read, and what stood in for it. The log does not quote it.
    pub fn log(&self, world: &Surroundings) {
        logs::note_word(world, Level::Warn, Kind::Validation, "state");
        if let Some(generation) = self.generation {
            let event = logs::event(world, Level::Warn, Kind::Fallback).word("last_good");
            logs::note(world, &event.text(generation.as_str()));
        }
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (file, problem, until) = (self.file.display(), &self.problem, self.remedy.until());
        match (self.generation, self.remedy) {
            (Some(_), _) => write!(
                formatter,
                "{file}: {problem}; its last good generation is shown, and nothing is written, until {until}"
            ),
            (None, Remedy::ByHand) => {
                write!(
                    formatter,
                    "{file}: {problem}; no good generation of it is known: mend it by hand"
                )
            }
            (None, Remedy::Stages | Remedy::Markers | Remedy::Rollback) => {
                write!(formatter, "{file}: {problem}; no good generation of it is known: {until}")
            }
        }
    }
}

/// What is wrong with a state file, if that is what failed: the file and a fragment.
pub(crate) fn broken(error: &StoreError) -> Option<(&Path, String)> {
    match error {
        StoreError::State { path, refused } => Some((path, refused.to_string())),
        StoreError::TooLarge { path, size, limit } => {
            Some((path, format!("{size} bytes, more than the {limit} that are read")))
        }
        StoreError::Io { .. }
        | StoreError::NotAFile { .. }
        | StoreError::NotADirectory { .. }
        | StoreError::Locked { .. }
        | StoreError::Malformed { .. }
        | StoreError::Newer { .. }
        | StoreError::NewerRecords { .. }
        | StoreError::Unfaithful { .. }
        | StoreError::Moved { .. }
        | StoreError::NotConfirmed { .. }
        | StoreError::Unsafe { .. }
        | StoreError::System { .. } => None,
    }
}

/// Whether a state file can't be read for what it holds.
pub(crate) fn is_broken(error: &StoreError) -> bool {
    broken(error).is_some()
}

/// A line of which the state file in that worktree can't be read.
pub(crate) struct Search<'h> {
    here: &'h Here,
    key: &'h str,
    worktree: &'h Path,
    until: Mark,
}

impl<'h> Search<'h> {
    pub(crate) fn new(here: &'h Here, key: &'h str, worktree: &'h Path, until: Mark) -> Self {
        Self { here, key, worktree, until }
    }

    /// What is wrong, and the line on its last good generation if one is known.
    pub(crate) fn look(&self, file: &Path, problem: String) -> (Unreadable, Option<Loaded>) {
        let stages = self.stages();
        let found = self.generation(&stages);
        let remedy = match &found {
            _ if stages.ours.is_some() && stages.theirs.is_some() => Remedy::Stages,
            _ if self.has_git() && has_sides(file) => Remedy::Markers,
            Some(_) if is_readable(file) => Remedy::Rollback,
            Some(_) | None => Remedy::ByHand,
        };
        let (generation, loaded) = found.unzip();
        (Unreadable { file: file.to_owned(), problem, generation, remedy }, loaded)
    }

    fn has_git(&self) -> bool {
        self.here.site.repository.is_some() && self.here.project.binding().mode == Mode::Shared
    }

    /// Git that does not answer has no stages: then another generation is found.
    fn stages(&self) -> Stages {
        if !self.has_git() {
            return Stages::default();
        }
        self.here.git().stages(self.worktree, &path_in_repository()).unwrap_or_default()
    }

    /// The newest generation that can be read. Git merges only over a file without changes of its
    /// own, so our side of a merge is what stood there.
    fn generation(&self, stages: &Stages) -> Option<(Generation, Loaded)> {
        match self.here.project.binding().mode {
            Mode::Local => {
                let whole = self.folded(Generation::Journal);
                let is_whole = whole.as_ref().is_some_and(|(_, loaded)| loaded.bad == 0);
                if is_whole { whole } else { self.backup().or(whole) }
            }
            Mode::Shared => {
                let ours = stages.ours.as_deref();
                ours.and_then(|ours| self.from(Generation::Stage, ours))
                    .or_else(|| self.folded(Generation::View))
                    .or_else(|| self.committed())
                    .or_else(|| self.backup())
            }
        }
    }

    fn from(&self, generation: Generation, bytes: &[u8]) -> Option<(Generation, Loaded)> {
        let project = &self.here.project;
        let loaded = project.load_from(self.key, self.worktree, self.until, bytes);
        loaded.ok().map(|loaded| (generation, loaded))
    }

    fn folded(&self, generation: Generation) -> Option<(Generation, Loaded)> {
        let loaded = self.here.project.load_folded(self.key, self.worktree, self.until);
        loaded.ok().flatten().map(|loaded| (generation, loaded))
    }

    fn committed(&self) -> Option<(Generation, Loaded)> {
        let found = self.here.git().file_at(self.worktree, &self.tip()?, &path_in_repository());
        self.from(Generation::Commit, &found.ok().flatten()?)
    }

    /// The commit at which the line stands.
    fn tip(&self) -> Option<Oid> {
        if self.key == self.here.line() {
            return self.here.site.head.oid.clone();
        }
        let branches = self.here.git().branches(self.worktree).ok()?;
        branches.into_iter().find(|(name, _)| name.key() == self.key).map(|(_, tip)| tip)
    }

    fn backup(&self) -> Option<(Generation, Loaded)> {
        let kept = self.here.project.backups().ok()?;
        let mine = kept.iter().rev().filter(|backup| backup.about.line == self.key);
        mine.map(|backup| (backup, durable::read(&backup.state, largest()))).find_map(
            |(backup, bytes)| self.from(Generation::Backup(backup.generation), &bytes.ok()?),
        )
    }
}

fn path_in_repository() -> String {
    format!(".throughline/{STATE_FILE}")
}

fn largest() -> u64 {
    u64::try_from(LARGEST_STATE).unwrap_or(u64::MAX)
}

/// Whether it is small enough to be kept before something takes its place.
fn is_readable(file: &Path) -> bool {
    std::fs::metadata(file).is_ok_and(|metadata| metadata.len() <= largest())
}

fn has_sides(file: &Path) -> bool {
    durable::read(file, 2 * largest()).is_ok_and(|bytes| can_be_taken_apart(&bytes))
}
