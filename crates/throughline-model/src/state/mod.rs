//! The state of one line: tasks (a graph), milestones, snapshots, notes.
//!
//! This module holds the values; [`read`] turns a file's bytes into them and refuses what is not
//! right, [`write()`] turns them back into the one canonical text, [`check`] holds the rules
//! that span tasks. The format, key by key: `docs/formats/project_state.md`.

mod check;
mod compact;
mod conflict;
mod read;
mod task;
mod write;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::{MilestoneId, NoteId, ProjectId, TaskId};
use crate::json::Json;

pub use check::{Broken, MOST_TASKS, check, dependency_cycle, parent_cycle};
pub(crate) use compact::{AsMembers, compact};
pub use conflict::{Conflict, Pointer};
pub(crate) use read::task_from_compact;
pub use read::{LARGEST_STATE, Refused, Writable, read};
pub use task::{
    Evidence, Field, FieldError, Kind, ListField, PRIORITIES, Source, SourceKind, Status, Task,
};
pub(crate) use write::task_to_compact;
pub use write::write;

/// The version of the state file's format.
///
/// 1 (0.1.0): the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct StateVersion(pub u32);

impl StateVersion {
    /// What this program writes. A file with a newer one is read, never written.
    pub const CURRENT: Self = Self(1);
}

/// Members of an object that this version doesn't know, in the order of the file.
pub type Extra = Vec<(String, Json)>;

/// The label of a project inside its state file. It selects no folder and lends no trust.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Random, made by `thru init`.
    pub id: ProjectId,
    /// The folder's name at the time, for people.
    pub name: String,
    /// Unknown members.
    pub extra: Extra,
}

/// Something to reach, with the tasks that lead there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Milestone {
    /// In a few words.
    pub title: String,
    /// Open until somebody says it is reached.
    pub status: MilestoneStatus,
    /// When it should be reached.
    pub due: Option<Timestamp>,
    /// Unknown members.
    pub extra: Extra,
}

/// Whether a milestone is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MilestoneStatus {
    /// Not reached yet.
    Open,
    /// Reached.
    Reached,
    /// Given up.
    Dropped,
}

/// A remark about the project or one task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// What was remarked.
    pub text: String,
    /// When.
    pub at: Timestamp,
    /// About this task; `None` is about the project.
    pub task: Option<TaskId>,
    /// The session in which it was written.
    pub session: Option<String>,
    /// Unknown members.
    pub extra: Extra,
}

/// A named, kept checkpoint: a milestone was reached, a release was cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// The commit.
    pub commit: String,
    /// When it was taken.
    pub at: Timestamp,
    /// Why it is kept.
    pub reason: String,
    /// The milestone that was reached there.
    pub milestone: Option<MilestoneId>,
    /// Unknown members.
    pub extra: Extra,
}

/// The state of one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// The format of the file that it was read from; [`StateVersion::CURRENT`] if new.
    pub version: StateVersion,
    /// Which project says it is.
    pub label: Label,
    /// All tasks that were ever made on this line and not removed.
    pub tasks: BTreeMap<TaskId, Task>,
    /// All milestones.
    pub milestones: BTreeMap<MilestoneId, Milestone>,
    /// All notes.
    pub notes: BTreeMap<NoteId, Note>,
    /// Kept checkpoints by name.
    pub snapshots: BTreeMap<String, Snapshot>,
    /// Removed tasks and when, kept so that a merge doesn't bring them back.
    pub tombstones: BTreeMap<TaskId, Timestamp>,
    /// What merges could not decide, by the place that it is about.
    pub conflicts: BTreeMap<Pointer, Conflict>,
    /// Unknown members.
    pub extra: Extra,
}

impl State {
    /// A state without tasks.
    pub fn empty(label: Label) -> Self {
        Self {
            version: StateVersion::CURRENT,
            label,
            tasks: BTreeMap::new(),
            milestones: BTreeMap::new(),
            notes: BTreeMap::new(),
            snapshots: BTreeMap::new(),
            tombstones: BTreeMap::new(),
            conflicts: BTreeMap::new(),
            extra: Extra::new(),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
