//! What HOME keeps for one line besides its state: checkpoint, focus, claims, plans and their
//! steps, and which published bytes contain which records. On disk: `lines/<stem>/line.json`,
//! format page `docs/formats/line.md`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::change::TaskJson;
use crate::drift::Drift;
use crate::ids::TaskId;
use crate::record::{GitPoint, Mark, MirroredStep, Origin, Process, Stamp};
use crate::state::Task;

/// The version of line.json.
///
/// 1 (0.1.0): the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LineVersion(pub u32);

impl LineVersion {
    /// What this program writes.
    pub const CURRENT: Self = Self(1);
}

/// What git said when a turn ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// When.
    pub at: Timestamp,
    /// Where git stood.
    pub git: GitPoint,
    /// The session whose turn ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
}

/// Who works on a task, until when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// A session, or a person's name.
    pub owner: String,
    /// The lease's end; afterwards anybody may take it over.
    pub until: Timestamp,
}

/// The agent's plan, as last seen, with the node of each step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Whose.
    pub session: String,
    /// The subagent's, if it has one of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// The root made from the prompt, if it stands under one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root: Option<TaskId>,
    /// In the agent's order.
    pub steps: Vec<MirroredStep>,
    /// Steps that left the list; they are revived if they return.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dropped: Vec<MirroredStep>,
    /// When it was seen: an older plan of the same session is history only.
    pub stamp: Stamp,
}

/// What is known of a session that was seen on the line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// The agent's process at its last turn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub process: Option<Process>,
    /// The turn that began and did not end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_turn: Option<String>,
    /// What was asked first, shortened: the title of a root made from it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_prompt: Option<String>,
    /// Whether it ended by itself.
    #[serde(default)]
    pub ended: bool,
    /// Whether it began as a copy of another session.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub forked: bool,
    /// When it was last heard of.
    pub last: Timestamp,
}

/// Bytes of the state file that are known to contain the line's records before a mark.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contained {
    /// Hash of the bytes.
    pub hash: String,
    /// Where the records that they lack begin.
    pub through: Mark,
}

/// The brief that the fold left ready, so that a hook needs not parse the state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadyBrief {
    /// Hash of the state file for which it holds.
    pub state: Option<String>,
    /// It holds as long as the line has no change after this.
    pub through: Mark,
    /// When it was made.
    pub at: Timestamp,
    /// Its parts, which a hook joins with the drift of the moment.
    pub text: String,
    /// Identifies the next steps in it, so that nothing is told twice.
    pub next: String,
    /// The same for people, in a few numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub glance: Option<Glance>,
}

/// The tasks of a line in one line.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Glance {
    /// How many are neither completed nor cancelled.
    pub open: usize,
    /// How many of these can be worked on.
    pub ready: usize,
    /// How many are completed.
    pub completed: usize,
    /// The next step: its id and title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<(TaskId, String)>,
}

/// How many open tasks a line names to others.
pub const MOST_OPEN: usize = 500;

/// How many [`Contained`] entries a line keeps.
pub const MOST_CONTAINED: usize = 64;

/// What HOME keeps for one line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The format.
    pub version: LineVersion,
    /// The line's key.
    pub key: String,
    /// All records before this are folded in.
    pub through: Mark,
    /// Where it came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    /// What git said when the last turn ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkpoint: Option<Checkpoint>,
    /// The last commit that it has in common with the line from which it forked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fork_point: Option<String>,
    /// Whether a turn ended on it or a drift was settled: until then it counts as new.
    #[serde(default)]
    pub settled: bool,
    /// When it ended, and what goes on with its work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Ended>,
    /// The last drift that somebody was told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told: Option<Told>,
    /// A drift about which somebody has to decide, and nobody did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open: Option<Told>,
    /// Drifts that an agent was told and about which nothing was done yet, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub owed: Vec<Owed>,
    /// The task under which plans stand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub focus: Option<TaskId>,
    /// Who works on what.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub claims: BTreeMap<TaskId, Claim>,
    /// The agents' plans.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub plans: Vec<Plan>,
    /// Private tasks: steps, and roots made from prompts.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty", with = "private_tasks")]
    pub private: BTreeMap<TaskId, Task>,
    /// Sessions seen on the line.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub sessions: BTreeMap<String, Seen>,
    /// State files known to contain records, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contained: Vec<Contained>,
    /// Shared mode: for which published file the cached view was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cached_for: Option<Contained>,
    /// How many changes the cached view holds that the published file lacks.
    #[serde(default)]
    pub cached_pending: usize,
    /// Its open tasks when its view was folded last, at most [`MOST_OPEN`]: what other lines tell of
    /// it without parsing its state.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub open_tasks: Vec<TaskId>,
    /// The ready-made brief.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brief: Option<ReadyBrief>,
    /// Members that this version doesn't know.
    #[serde(flatten)]
    pub extra: BTreeMap<String, serde_json::Value>,
}

/// The end of a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// When.
    pub at: Timestamp,
    /// The line that goes on with its work, if one does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub successor: Option<String>,
}

/// A drift that somebody was told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// When.
    pub at: Timestamp,
    /// What.
    pub drift: Drift,
}

/// A drift that an agent was told and about which nothing was done yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owed {
    /// What.
    pub drift: Drift,
    /// Whether a turn ended since: then the checkpoint no longer shows it.
    #[serde(default)]
    pub passed: bool,
}

/// How many [`Owed`] drifts a line keeps.
pub const MOST_OWED: usize = 16;

impl Line {
    /// A line about which nothing is known yet.
    pub fn new(key: impl Into<String>) -> Self {
        Self {
            version: LineVersion::CURRENT,
            key: key.into(),
            through: Mark::default(),
            origin: None,
            checkpoint: None,
            fork_point: None,
            settled: false,
            ended: None,
            told: None,
            open: None,
            owed: Vec::new(),
            focus: None,
            claims: BTreeMap::new(),
            plans: Vec::new(),
            private: BTreeMap::new(),
            sessions: BTreeMap::new(),
            contained: Vec::new(),
            cached_for: None,
            cached_pending: 0,
            open_tasks: Vec::new(),
            brief: None,
            extra: BTreeMap::new(),
        }
    }

    /// A line that forks from another one: its private nodes, plans and sessions go with it.
    pub fn forked(key: impl Into<String>, from: &Self, origin: Origin) -> Self {
        Self {
            origin: Some(origin),
            focus: from.focus.clone(),
            plans: from.plans.clone(),
            private: from.private.clone(),
            sessions: from.sessions.clone(),
            ..Self::new(key)
        }
    }

    /// The plan of a session, or of one of its subagents.
    pub fn plan_of(&self, session: &str, agent: Option<&str>) -> Option<&Plan> {
        self.plans.iter().find(|p| p.session == session && p.agent.as_deref() == agent)
    }

    /// Since when the records are missing in these bytes of the state file, if that is known.
    pub fn contained(&self, hash: &str) -> Option<Mark> {
        self.contained.iter().rev().find(|c| c.hash == hash).map(|c| c.through)
    }

    /// Remembers that these bytes contain all records before `through`.
    pub fn remember(&mut self, hash: &str, through: Mark) {
        self.contained.retain(|c| c.hash != hash);
        self.contained.push(Contained { hash: hash.to_owned(), through });
        let excess = self.contained.len().saturating_sub(MOST_CONTAINED);
        self.contained.drain(..excess);
    }
}

mod private_tasks {
    use super::{BTreeMap, Task, TaskId, TaskJson};
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(
        tasks: &BTreeMap<TaskId, Task>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let owned = |(id, task): (&TaskId, &Task)| (id.clone(), TaskJson(Box::new(task.clone())));
        tasks.iter().map(owned).collect::<BTreeMap<_, _>>().serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<BTreeMap<TaskId, Task>, D::Error> {
        let tasks = BTreeMap::<TaskId, TaskJson>::deserialize(deserializer)?;
        Ok(tasks.into_iter().map(|(id, task)| (id, *task.0)).collect())
    }
}
