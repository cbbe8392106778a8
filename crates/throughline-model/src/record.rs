//! The journal's records: every acknowledged change and every observation, with who, when, where.
//!
//! On disk a record is one line of JSON whose last member is the CRC-32C of what stands before it
//! (`throughline-store` writes and checks it). Format page: `docs/formats/journal.md`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::change::Change;
use crate::drift::Drift;
use crate::head::Operation;
use crate::ids::{RecordId, TaskId, UnitId};
use crate::line::Contained;
use crate::plan::PlanStep;
use crate::reconcile::Decision;

/// The version of a record's format.
///
/// 1 (0.1.0): the first.
pub const RECORD_VERSION: u32 = 1;

/// A place between two records of the journal. File order is the order.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
pub struct Mark {
    /// The segment's number.
    pub segment: u64,
    /// Bytes from its beginning.
    pub offset: u64,
}

/// Who did it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// A person, by command.
    Person,
    /// An agent, through MCP or its own tool.
    Agent {
        /// Its session, where known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        session: Option<String>,
        /// The subagent, if it was one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        agent: Option<String>,
    },
    /// Throughline itself, while folding.
    Fold,
}

/// A point on this machine's clocks: wall time can jump, the boot clock can't.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// Wall time.
    pub at: Timestamp,
    /// Which boot of the machine.
    pub boot: String,
    /// Nanoseconds since that boot.
    pub since_boot: u64,
}

impl Stamp {
    /// Whether this is before `other`: by the boot clock within one boot, else by wall time.
    pub fn is_before(&self, other: &Self) -> bool {
        if self.boot == other.boot {
            self.since_boot < other.since_boot
        } else {
            self.at < other.at
        }
    }
}

/// A process that can be told from a later one with the same number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// Its number.
    pub pid: u32,
    /// When it started, in the kernel's ticks since boot.
    pub started: u64,
    /// Which boot of the machine.
    pub boot: String,
}

/// This record is one of several that count only together (an import of 10,000 tasks).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// From 1.
    pub number: u32,
    /// How many there are.
    pub of: u32,
}

/// One record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// [`RECORD_VERSION`] of the writer.
    pub v: u32,
    /// Unique.
    pub id: RecordId,
    /// When.
    #[serde(flatten)]
    pub stamp: Stamp,
    /// The key of the line that it belongs to.
    pub line: String,
    /// Who.
    pub actor: Actor,
    /// What is undone together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<UnitId>,
    /// Part of a larger whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<Part>,
    /// What.
    pub body: Body,
}

/// Where git stood at an observation.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct GitPoint {
    /// HEAD; absent in an unborn repository and in a plain directory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<String>,
    /// The worktree's path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worktree: Option<String>,
    /// What git was in the middle of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<Operation>,
}

/// What a record says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Body {
    /// Acknowledged changes.
    Change {
        /// What was asked for, as people say it ("complete", "import", "undo").
        verb: String,
        /// The unit that this one takes back.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        undoes: Option<UnitId>,
        /// In order.
        changes: Vec<Change>,
    },
    /// The agent's plan, and what the mirror made of it.
    Plan {
        /// Whose plan.
        session: String,
        /// The subagent's, if it has one of its own.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        agent: Option<String>,
        /// In which turn.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        turn: Option<String>,
        /// The root made from the prompt, if the plan stands under one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        root: Option<TaskId>,
        /// The list as the agent gave it, redacted, each step with its node.
        steps: Vec<MirroredStep>,
        /// Steps that left the list.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        dropped: Vec<MirroredStep>,
        /// What changed by it.
        changes: Vec<Change>,
    },
    /// A line becomes known.
    LineBegin {
        /// The line from which it forks, with how much of the journal counts for both.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        origin: Option<Origin>,
        /// The last commit that both lines have, if it forks.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        fork_point: Option<String>,
        /// Whether somebody asked for it, as `thru init` does: it is no news then.
        #[serde(default)]
        settled: bool,
        /// Where git stood.
        git: GitPoint,
    },
    /// A line is at its end: its branch is gone or was renamed. It stays readable.
    LineEnd {
        /// The line that goes on with its work, if one does.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        successor: Option<String>,
    },
    /// A session began or went on.
    SessionStart {
        /// Which.
        session: String,
        /// `startup`, `resume`, `clear`, `compact` or `fork`.
        source: String,
        /// Its transcript.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        transcript: Option<String>,
        /// The agent's row.
        agent_kind: String,
        /// The agent's process.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        process: Option<Process>,
    },
    /// A prompt was given.
    TurnBegin {
        /// In which session.
        session: String,
        /// Which turn.
        turn: String,
        /// The prompt's first sentence, redacted; or all, or nothing, as configured.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        prompt: Option<String>,
        /// The transcript.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        transcript: Option<String>,
        /// The agent's process, so that "interrupted" is "no end, and that process is gone".
        #[serde(default, skip_serializing_if = "Option::is_none")]
        process: Option<Process>,
        /// Where git stood.
        git: GitPoint,
    },
    /// The agent stopped.
    TurnEnd {
        /// In which session.
        session: String,
        /// Which turn.
        turn: String,
        /// Whether it was broken off by the user.
        #[serde(default)]
        interrupted: bool,
        /// Where git stood: the line's checkpoint.
        git: GitPoint,
    },
    /// Approval was asked for.
    Approval {
        /// In which session.
        session: String,
        /// In which turn.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        turn: Option<String>,
        /// The tool's name.
        tool: String,
        /// What it would do, redacted and shortened.
        what: String,
    },
    /// A tool for which approval was asked did run.
    ToolRan {
        /// In which session.
        session: String,
        /// In which turn.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        turn: Option<String>,
        /// The tool's name.
        tool: String,
        /// As in [`Body::Approval`].
        what: String,
    },
    /// A subagent began or stopped.
    Subagent {
        /// The parent's session.
        session: String,
        /// Its id.
        agent: String,
        /// Its type.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        agent_type: Option<String>,
        /// Whether it stopped.
        stopped: bool,
    },
    /// The context is about to be compacted.
    Compacting {
        /// Which session.
        session: String,
    },
    /// A session ended by itself.
    SessionEnd {
        /// Which.
        session: String,
        /// As the agent gave it.
        reason: String,
    },
    /// Git moved, and somebody was told.
    Drift {
        /// The session that was told; absent if a command told a person.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        session: Option<String>,
        /// What moved.
        drift: Drift,
        /// Whether somebody has to decide what is done about it.
        #[serde(default)]
        asks: bool,
    },
    /// Somebody, or a setting, decided what is done about a drift.
    Reconcile {
        /// What had moved.
        drift: Drift,
        /// What was done about each kind.
        decisions: Vec<Decision>,
        /// Whether the settings decided.
        by_default: bool,
        /// Where git stood: the line's checkpoint.
        git: GitPoint,
        /// These bytes of the state file count as holding all records before that mark.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        contained: Option<Contained>,
    },
    /// A file is about to be replaced by this; written before the rename.
    Intent {
        /// `state` or `published`.
        file: String,
        /// Hash of the bytes before; absent if there was no file.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        before: Option<String>,
        /// Hash of the bytes after.
        after: String,
        /// All records of the line before this are contained.
        through: Mark,
    },
    /// A record whose sync failed does not count.
    Abort {
        /// Which.
        record: RecordId,
        /// Takes it back where it was folded already.
        changes: Vec<Change>,
    },
}

/// Where a line came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The other line's key.
    pub line: String,
    /// Its records before this count for both.
    pub at: Mark,
}

/// A step of a plan with its node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MirroredStep {
    /// The node.
    pub task: TaskId,
    /// As the agent gave it, redacted.
    #[serde(flatten)]
    pub step: PlanStep,
}

impl Body {
    /// The changes that it makes to the line, in order.
    pub fn changes(&self) -> &[Change] {
        match self {
            Self::Change { changes, .. }
            | Self::Plan { changes, .. }
            | Self::Abort { changes, .. } => changes,
            Self::LineBegin { .. }
            | Self::LineEnd { .. }
            | Self::SessionStart { .. }
            | Self::TurnBegin { .. }
            | Self::TurnEnd { .. }
            | Self::Approval { .. }
            | Self::ToolRan { .. }
            | Self::Subagent { .. }
            | Self::Compacting { .. }
            | Self::SessionEnd { .. }
            | Self::Drift { .. }
            | Self::Reconcile { .. }
            | Self::Intent { .. } => &[],
        }
    }

    /// The session that it tells of.
    pub fn session(&self) -> Option<&str> {
        match self {
            Self::Plan { session, .. }
            | Self::SessionStart { session, .. }
            | Self::TurnBegin { session, .. }
            | Self::TurnEnd { session, .. }
            | Self::Approval { session, .. }
            | Self::ToolRan { session, .. }
            | Self::Subagent { session, .. }
            | Self::Compacting { session }
            | Self::SessionEnd { session, .. } => Some(session),
            Self::Drift { session, .. } => session.as_deref(),
            Self::Change { .. }
            | Self::LineBegin { .. }
            | Self::LineEnd { .. }
            | Self::Reconcile { .. }
            | Self::Intent { .. }
            | Self::Abort { .. } => None,
        }
    }

    /// Whether a turn or session ended by it, so that who works and what was interrupted changed.
    pub fn ends_something(&self) -> bool {
        matches!(self, Self::TurnEnd { .. } | Self::SessionEnd { .. })
    }
}
