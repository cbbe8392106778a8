//! Changes as data: what a record of the journal does to a line, with the old values that make
//! replay after a merge, and undo, possible.
//!
//! Law: for a change whose old values hold, `inverse` undoes it. Only a tombstone may remain, and
//! what was put back into a set may stand elsewhere in it.

mod towards;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};
use serde_json::value::RawValue;

pub use towards::towards;

use crate::ids::{MilestoneId, NoteId, TaskId};
use crate::json::Json;
use crate::line::{Claim, Plan};
use crate::session::Past;
use crate::state::{
    Conflict, Evidence, Field, ListField, Milestone, Note, Pointer, Snapshot, Task,
    task_from_compact, task_to_compact,
};

/// Where a task is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// In the state: published in shared mode.
    State,
    /// In the line's private part: steps of a plan and roots made from a prompt.
    Private,
}

/// A task inside a record, in the form of the state file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskJson(pub Box<Task>);

impl Serialize for TaskJson {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let raw = RawValue::from_string(task_to_compact(&self.0)).map_err(ser::Error::custom)?;
        raw.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for TaskJson {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        let task = task_from_compact(raw.get()).map_err(de::Error::custom)?;
        Ok(Self(Box::new(task)))
    }
}

/// A place of the state that a merge could not decide: before or after somebody did.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Settled {
    /// What stands there; absent is empty.
    #[serde(default, with = "present", skip_serializing_if = "Option::is_none")]
    pub value: Option<Json>,
    /// What is recorded about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conflict: Option<Conflict>,
}

/// A value that is there, `null` included.
mod present {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::json::Json;

    pub(super) fn serialize<S: Serializer>(
        value: &Option<Json>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        value.serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Json>, D::Error> {
        Json::deserialize(deserializer).map(Some)
    }
}

/// One change of one thing.
///
/// Serialised as `{"set": {…}}`: the outer key is the variant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// A task comes into being.
    Create {
        /// Its id.
        id: TaskId,
        /// Where it is kept.
        place: Place,
        /// All of it.
        task: TaskJson,
    },
    /// A task goes, leaving a tombstone.
    Remove {
        /// Its id.
        id: TaskId,
        /// Where it was kept.
        place: Place,
        /// All of it, for undo.
        task: TaskJson,
        /// When.
        at: Timestamp,
    },
    /// A field of a task gets another value.
    Set {
        /// Whose.
        id: TaskId,
        /// Which.
        field: Field,
        /// Before; absent is empty.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        old: Option<String>,
        /// After; absent is empty.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        new: Option<String>,
    },
    /// A value joins a list field.
    Add {
        /// Whose.
        id: TaskId,
        /// Which list.
        list: ListField,
        /// What.
        value: String,
    },
    /// A value leaves a list field.
    Drop {
        /// Whose.
        id: TaskId,
        /// Which list.
        list: ListField,
        /// What.
        value: String,
    },
    /// Evidence joins a task.
    Show {
        /// Whose.
        id: TaskId,
        /// What.
        evidence: Evidence,
    },
    /// Evidence is taken back.
    Unshow {
        /// Whose.
        id: TaskId,
        /// What.
        evidence: Evidence,
    },
    /// A private task moves into the state.
    Promote {
        /// Which.
        id: TaskId,
    },
    /// The undo of [`Change::Promote`].
    Demote {
        /// Which.
        id: TaskId,
    },
    /// A milestone appears, changes or goes.
    Milestone {
        /// Which.
        id: MilestoneId,
        /// Before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        old: Option<Milestone>,
        /// After.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        new: Option<Milestone>,
    },
    /// A note appears, changes or goes.
    Note {
        /// Which.
        id: NoteId,
        /// Before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        old: Option<Note>,
        /// After.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        new: Option<Note>,
    },
    /// A snapshot appears, changes or goes.
    Snapshot {
        /// Its name.
        id: String,
        /// Before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        old: Option<Snapshot>,
        /// After.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        new: Option<Snapshot>,
    },
    /// A conflict is settled: one of its values stands, and nobody is asked any more.
    Resolve {
        /// Where.
        at: Pointer,
        /// Before.
        #[serde(default)]
        old: Settled,
        /// After.
        #[serde(default)]
        new: Settled,
    },
    /// Who works on a task, until when.
    Claim {
        /// Which task.
        id: TaskId,
        /// Before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        old: Option<Claim>,
        /// After.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        new: Option<Claim>,
    },
    /// The task under which the agent's plan stands.
    Focus {
        /// Before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        old: Option<TaskId>,
        /// After.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        new: Option<TaskId>,
    },
    /// A session that nobody observed becomes known; the fold makes its file from the transcript.
    Recall {
        /// Which.
        session: String,
        /// What is known of it.
        past: Box<Past>,
    },
    /// The undo of [`Change::Recall`]: its file goes, unless it went on since.
    Forget {
        /// Which.
        session: String,
        /// What was known of it.
        past: Box<Past>,
    },
    /// The plan of a session that nobody observed stands on the line, so that the session can go on
    /// with it.
    Mirror {
        /// Whose.
        session: String,
        /// Before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        old: Option<Box<Plan>>,
        /// After.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        new: Option<Box<Plan>>,
    },
}

impl Change {
    /// What a single scalar field of `task` must change for it to hold `new`; `None` if it does.
    pub fn set(id: &TaskId, task: &Task, field: Field, new: Option<&str>) -> Option<Self> {
        let old = task.get(field);
        let changed = old.as_deref() != new;
        changed.then(|| Self::Set { id: id.clone(), field, old, new: new.map(str::to_owned) })
    }

    /// The change that takes this one back.
    pub fn inverse(&self, now: Timestamp) -> Self {
        match self.clone() {
            Self::Create { id, place, task } => Self::Remove { id, place, task, at: now },
            Self::Remove { id, place, task, at: _ } => Self::Create { id, place, task },
            Self::Set { id, field, old, new } => Self::Set { id, field, old: new, new: old },
            Self::Add { id, list, value } => Self::Drop { id, list, value },
            Self::Drop { id, list, value } => Self::Add { id, list, value },
            Self::Show { id, evidence } => Self::Unshow { id, evidence },
            Self::Unshow { id, evidence } => Self::Show { id, evidence },
            Self::Promote { id } => Self::Demote { id },
            Self::Demote { id } => Self::Promote { id },
            Self::Milestone { id, old, new } => Self::Milestone { id, old: new, new: old },
            Self::Note { id, old, new } => Self::Note { id, old: new, new: old },
            Self::Snapshot { id, old, new } => Self::Snapshot { id, old: new, new: old },
            Self::Resolve { at, old, new } => Self::Resolve { at, old: new, new: old },
            Self::Claim { id, old, new } => Self::Claim { id, old: new, new: old },
            Self::Focus { old, new } => Self::Focus { old: new, new: old },
            Self::Recall { session, past } => Self::Forget { session, past },
            Self::Forget { session, past } => Self::Recall { session, past },
            Self::Mirror { session, old, new } => Self::Mirror { session, old: new, new: old },
        }
    }

    /// The task whose free text it writes, if it writes any.
    pub fn writes_text_of(&self) -> Option<&TaskId> {
        match self {
            Self::Create { id, .. } | Self::Promote { id } => Some(id),
            Self::Set { id, field: Field::Title | Field::Notes | Field::Acceptance, .. } => {
                Some(id)
            }
            Self::Remove { .. }
            | Self::Set { .. }
            | Self::Add { .. }
            | Self::Drop { .. }
            | Self::Show { .. }
            | Self::Unshow { .. }
            | Self::Demote { .. }
            | Self::Milestone { .. }
            | Self::Note { .. }
            | Self::Snapshot { .. }
            | Self::Resolve { .. }
            | Self::Claim { .. }
            | Self::Focus { .. }
            | Self::Recall { .. }
            | Self::Forget { .. }
            | Self::Mirror { .. } => None,
        }
    }

    /// The task that it is about, if it is about one.
    pub fn task(&self) -> Option<&TaskId> {
        match self {
            Self::Create { id, .. }
            | Self::Remove { id, .. }
            | Self::Set { id, .. }
            | Self::Add { id, .. }
            | Self::Drop { id, .. }
            | Self::Show { id, .. }
            | Self::Unshow { id, .. }
            | Self::Promote { id }
            | Self::Demote { id }
            | Self::Claim { id, .. } => Some(id),
            Self::Milestone { .. }
            | Self::Note { .. }
            | Self::Snapshot { .. }
            | Self::Resolve { .. }
            | Self::Focus { .. }
            | Self::Recall { .. }
            | Self::Forget { .. }
            | Self::Mirror { .. } => None,
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
