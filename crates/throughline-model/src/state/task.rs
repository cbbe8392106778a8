//! One task, and its fields by name, so that a change, its old value and its undo are data.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Extra;
use crate::ids::{MilestoneId, TaskId};

/// Where a task stands; Codex's own words for plan steps. `ready` and `blocked` are computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Nobody began.
    Pending,
    /// Somebody works on it.
    InProgress,
    /// Done.
    Completed,
    /// Will not be done.
    Cancelled,
}

impl Status {
    /// All, in the order of a life.
    pub const ALL: [Self; 4] = [Self::Pending, Self::InProgress, Self::Completed, Self::Cancelled];

    /// The word in files and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::InProgress => "in_progress",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether work is still to be done.
    pub fn is_open(self) -> bool {
        match self {
            Self::Pending | Self::InProgress => true,
            Self::Completed | Self::Cancelled => false,
        }
    }
}

/// What sort of work a task is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Ordinary work.
    Task,
    /// Work that others are part of.
    Epic,
    /// A defect.
    Bug,
    /// Upkeep.
    Chore,
    /// Something to decide, or that was decided.
    Decision,
    /// A step of an agent's plan.
    Step,
}

impl Kind {
    /// All, most ordinary first.
    pub const ALL: [Self; 6] =
        [Self::Task, Self::Epic, Self::Bug, Self::Chore, Self::Decision, Self::Step];

    /// The word in files and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Task => "task",
            Self::Epic => "epic",
            Self::Bug => "bug",
            Self::Chore => "chore",
            Self::Decision => "decision",
            Self::Step => "step",
        }
    }
}

/// By whom a task was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceKind {
    /// A person, by command.
    Person,
    /// An agent, by a tool call.
    Agent,
    /// An agent's plan.
    Plan,
    /// The first prompt of a session whose plan had no task to stand under.
    Prompt,
    /// `thru tasks import`.
    Import,
}

impl SourceKind {
    /// All.
    pub const ALL: [Self; 5] = [Self::Person, Self::Agent, Self::Plan, Self::Prompt, Self::Import];

    /// The word in files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Agent => "agent",
            Self::Plan => "plan",
            Self::Prompt => "prompt",
            Self::Import => "import",
        }
    }
}

/// Where a task came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// By whom.
    pub kind: SourceKind,
    /// In which session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// Unknown members.
    #[serde(skip)]
    pub extra: Extra,
}

impl Source {
    /// A source outside any session.
    pub fn outside_session(kind: SourceKind) -> Self {
        Self { kind, session: None, extra: Extra::new() }
    }
}

/// What shows that a task was worked on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Evidence {
    /// HEAD when the work ended.
    pub commit: Option<String>,
    /// Files that the turn changed, relative to the worktree.
    pub files: Vec<String>,
    /// The session.
    pub session: Option<String>,
    /// Its turn.
    pub turn: Option<String>,
    /// The commit is no longer in the line's history, and none that says the same took its place.
    pub orphaned: bool,
    /// Unknown members.
    pub extra: Extra,
}

/// The priorities, 0 most urgent.
pub const PRIORITIES: std::ops::RangeInclusive<u8> = 0..=4;

/// One task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// Where it stands.
    pub status: Status,
    /// When it was made.
    pub created_at: Timestamp,
    /// What sort of work.
    pub kind: Kind,
    /// One of [`PRIORITIES`].
    pub priority: u8,
    /// Where it came from.
    pub source: Source,
    /// What is to be done.
    pub title: String,
    /// The name that people gave it (an ADR or ticket id); unique in a state.
    pub reference: Option<String>,
    /// The task that this one is part of.
    pub parent: Option<TaskId>,
    /// The milestone that it leads to.
    pub milestone: Option<MilestoneId>,
    /// Whose it is.
    pub owner: Option<String>,
    /// Words to find it by.
    pub labels: Vec<String>,
    /// What must be completed first.
    pub depends_on: Vec<TaskId>,
    /// What has to do with it.
    pub related: Vec<TaskId>,
    /// What turned it up.
    pub discovered_from: Vec<TaskId>,
    /// When it counts as done.
    pub acceptance: Option<String>,
    /// Remarks.
    pub notes: Option<String>,
    /// Not before then.
    pub deferred_until: Option<Timestamp>,
    /// The commit that it is meant for.
    pub target_commit: Option<String>,
    /// The decision record that it belongs to.
    pub adr: Option<String>,
    /// What `thru adr import` saw last: an [`crate::adr::Imprint`] as text.
    pub adr_import: Option<String>,
    /// Why it was cancelled.
    pub reason: Option<String>,
    /// When it was completed.
    pub completed_at: Option<Timestamp>,
    /// What shows that it was worked on.
    pub evidence: Vec<Evidence>,
    /// Unknown members.
    pub extra: Extra,
}

impl Task {
    /// A pending task of priority 2 without relations.
    pub fn new(
        title: impl Into<String>,
        kind: Kind,
        source: Source,
        created_at: Timestamp,
    ) -> Self {
        Self {
            status: Status::Pending,
            created_at,
            kind,
            priority: 2,
            source,
            title: title.into(),
            reference: None,
            parent: None,
            milestone: None,
            owner: None,
            labels: Vec::new(),
            depends_on: Vec::new(),
            related: Vec::new(),
            discovered_from: Vec::new(),
            acceptance: None,
            notes: None,
            deferred_until: None,
            target_commit: None,
            adr: None,
            adr_import: None,
            reason: None,
            completed_at: None,
            evidence: Vec::new(),
            extra: Extra::new(),
        }
    }

    /// Whether both say the same: lists that are sets may stand in another order, as they do once
    /// something was taken out and put back.
    pub fn says_same_as(&self, other: &Self) -> bool {
        let sorted = |task: &Self| {
            let mut task = task.clone();
            task.labels.sort_unstable();
            for ids in [&mut task.depends_on, &mut task.related, &mut task.discovered_from] {
                ids.sort_unstable();
            }
            (std::mem::take(&mut task.evidence), task)
        };
        let ((shown, task), (other_shown, other)) = (sorted(self), sorted(other));
        let same_evidence = shown.len() == other_shown.len()
            && shown.iter().all(|evidence| other_shown.contains(evidence));
        same_evidence && task == other
    }

    /// Whether the time until which it was put off lies after `now`.
    pub fn is_deferred(&self, now: Timestamp) -> bool {
        self.deferred_until.is_some_and(|until| until > now)
    }
}

/// A field of a task that holds one value. Values travel as text, so that a change, its old
/// value and its undo have one shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// [`Task::status`]
    Status,
    /// [`Task::kind`]
    Kind,
    /// [`Task::priority`]
    Priority,
    /// [`Task::title`]
    Title,
    /// [`Task::reference`]
    Ref,
    /// [`Task::parent`]
    Parent,
    /// [`Task::milestone`]
    Milestone,
    /// [`Task::owner`]
    Owner,
    /// [`Task::acceptance`]
    Acceptance,
    /// [`Task::notes`]
    Notes,
    /// [`Task::deferred_until`]
    DeferredUntil,
    /// [`Task::target_commit`]
    TargetCommit,
    /// [`Task::adr`]
    Adr,
    /// [`Task::adr_import`]
    AdrImport,
    /// [`Task::reason`]
    Reason,
    /// [`Task::completed_at`]
    CompletedAt,
}

/// A field of a task that holds a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ListField {
    /// [`Task::depends_on`]
    DependsOn,
    /// [`Task::related`]
    Related,
    /// [`Task::discovered_from`]
    DiscoveredFrom,
    /// [`Task::labels`]
    Labels,
}

/// Why a field can't hold a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FieldError {
    /// Not one of the words or numbers that the field knows.
    #[error("{field} can't be \"{value}\": {expected}")]
    Value {
        /// The field.
        field: &'static str,
        /// What was given.
        value: String,
        /// What would be right.
        expected: &'static str,
    },
    /// The field must hold something.
    #[error("{field} can't be empty")]
    Empty {
        /// The field.
        field: &'static str,
    },
}

impl Field {
    /// Every field, in the order in which changes speak of them. As long as the last variant says.
    pub const ALL: [Self; Self::CompletedAt as usize + 1] = [
        Self::Status,
        Self::Kind,
        Self::Priority,
        Self::Title,
        Self::Ref,
        Self::Parent,
        Self::Milestone,
        Self::Owner,
        Self::Acceptance,
        Self::Notes,
        Self::DeferredUntil,
        Self::TargetCommit,
        Self::Adr,
        Self::AdrImport,
        Self::Reason,
        Self::CompletedAt,
    ];

    /// The name in files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Kind => "kind",
            Self::Priority => "priority",
            Self::Title => "title",
            Self::Ref => "ref",
            Self::Parent => "parent",
            Self::Milestone => "milestone",
            Self::Owner => "owner",
            Self::Acceptance => "acceptance",
            Self::Notes => "notes",
            Self::DeferredUntil => "deferred_until",
            Self::TargetCommit => "target_commit",
            Self::Adr => "adr",
            Self::AdrImport => "adr_import",
            Self::Reason => "reason",
            Self::CompletedAt => "completed_at",
        }
    }

    fn bad(self, value: &str, expected: &'static str) -> FieldError {
        FieldError::Value { field: self.as_str(), value: value.to_owned(), expected }
    }

    fn one_of<T: Copy>(
        self,
        value: &str,
        all: &[T],
        word: fn(T) -> &'static str,
        expected: &'static str,
    ) -> Result<T, FieldError> {
        all.iter().copied().find(|t| word(*t) == value).ok_or_else(|| self.bad(value, expected))
    }

    pub(crate) fn status(value: &str) -> Result<Status, FieldError> {
        let expected = "pending, in_progress, completed or cancelled";
        Self::Status.one_of(value, &Status::ALL, Status::as_str, expected)
    }

    pub(crate) fn kind(value: &str) -> Result<Kind, FieldError> {
        let expected = "task, epic, bug, chore, decision or step";
        Self::Kind.one_of(value, &Kind::ALL, Kind::as_str, expected)
    }

    pub(crate) fn source(value: &str) -> Result<SourceKind, FieldError> {
        let expected = "person, agent, plan, prompt or import";
        let known = SourceKind::ALL.into_iter().find(|kind| kind.as_str() == value);
        known.ok_or_else(|| FieldError::Value {
            field: "source.kind",
            value: value.to_owned(),
            expected,
        })
    }

    pub(crate) fn priority(value: &str) -> Result<u8, FieldError> {
        let number = value.parse().ok().filter(|n| PRIORITIES.contains(n));
        number.ok_or_else(|| Self::Priority.bad(value, "0 (most urgent) to 4"))
    }

    fn time(self, value: &str) -> Result<Timestamp, FieldError> {
        value.parse().map_err(|_| self.bad(value, "an RFC 3339 time such as 2026-11-21T05:20:11Z"))
    }

    fn id<T: TryFrom<String>>(self, value: &str) -> Result<T, FieldError> {
        T::try_from(value.to_owned()).map_err(|_| self.bad(value, "an id"))
    }
}

impl Task {
    /// The value of a field as text; `None` where it is empty.
    pub fn get(&self, field: Field) -> Option<String> {
        let text = |t: &Option<String>| t.clone();
        match field {
            Field::Status => Some(self.status.as_str().to_owned()),
            Field::Kind => Some(self.kind.as_str().to_owned()),
            Field::Priority => Some(self.priority.to_string()),
            Field::Title => Some(self.title.clone()),
            Field::Ref => text(&self.reference),
            Field::Parent => self.parent.clone().map(String::from),
            Field::Milestone => self.milestone.clone().map(String::from),
            Field::Owner => text(&self.owner),
            Field::Acceptance => text(&self.acceptance),
            Field::Notes => text(&self.notes),
            Field::DeferredUntil => self.deferred_until.map(|t| t.to_string()),
            Field::TargetCommit => text(&self.target_commit),
            Field::Adr => text(&self.adr),
            Field::AdrImport => text(&self.adr_import),
            Field::Reason => text(&self.reason),
            Field::CompletedAt => self.completed_at.map(|t| t.to_string()),
        }
    }

    /// Gives a field a value, or empties it. On an error nothing changed.
    pub fn set(&mut self, field: Field, value: Option<&str>) -> Result<(), FieldError> {
        let needed = || value.ok_or(FieldError::Empty { field: field.as_str() });
        let text = value.map(str::to_owned);
        match field {
            Field::Status => self.status = Field::status(needed()?)?,
            Field::Kind => self.kind = Field::kind(needed()?)?,
            Field::Priority => self.priority = Field::priority(needed()?)?,
            Field::Title => {
                let empty = FieldError::Empty { field: field.as_str() };
                let title = needed()?;
                self.title = Some(title.to_owned()).filter(|t| !t.is_empty()).ok_or(empty)?;
            }
            Field::Ref => self.reference = text,
            Field::Parent => self.parent = value.map(|v| field.id(v)).transpose()?,
            Field::Milestone => self.milestone = value.map(|v| field.id(v)).transpose()?,
            Field::Owner => self.owner = text,
            Field::Acceptance => self.acceptance = text,
            Field::Notes => self.notes = text,
            Field::DeferredUntil => {
                self.deferred_until = value.map(|v| field.time(v)).transpose()?;
            }
            Field::TargetCommit => self.target_commit = text,
            Field::Adr => self.adr = text,
            Field::AdrImport => self.adr_import = text,
            Field::Reason => self.reason = text,
            Field::CompletedAt => self.completed_at = value.map(|v| field.time(v)).transpose()?,
        }
        Ok(())
    }

    /// The members of a list field, as text.
    pub fn list(&self, field: ListField) -> Vec<&str> {
        match field {
            ListField::Labels => self.labels.iter().map(String::as_str).collect(),
            ListField::DependsOn => self.depends_on.iter().map(TaskId::as_str).collect(),
            ListField::Related => self.related.iter().map(TaskId::as_str).collect(),
            ListField::DiscoveredFrom => self.discovered_from.iter().map(TaskId::as_str).collect(),
        }
    }

    fn ids(&mut self, field: ListField) -> Result<&mut Vec<TaskId>, &mut Vec<String>> {
        match field {
            ListField::Labels => Err(&mut self.labels),
            ListField::DependsOn => Ok(&mut self.depends_on),
            ListField::Related => Ok(&mut self.related),
            ListField::DiscoveredFrom => Ok(&mut self.discovered_from),
        }
    }

    /// Puts a value into a list field; nothing happens if it is there or is not an id.
    pub fn add(&mut self, field: ListField, value: &str) {
        if self.list(field).contains(&value) {
            return;
        }
        match self.ids(field) {
            Err(labels) => labels.push(value.to_owned()),
            Ok(ids) => ids.extend(TaskId::parse(value)),
        }
    }

    /// Takes a value out of a list field; nothing happens if it is not there.
    pub fn drop_from(&mut self, field: ListField, value: &str) {
        match self.ids(field) {
            Err(labels) => labels.retain(|l| l != value),
            Ok(ids) => ids.retain(|id| id.as_str() != value),
        }
    }
}

impl ListField {
    /// Every one of them. As long as the last variant says.
    pub const ALL: [Self; Self::Labels as usize + 1] =
        [Self::DependsOn, Self::Related, Self::DiscoveredFrom, Self::Labels];

    /// The name in files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::DependsOn => "depends_on",
            Self::Related => "related",
            Self::DiscoveredFrom => "discovered_from",
            Self::Labels => "labels",
        }
    }
}
