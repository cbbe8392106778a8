//! One agent conversation as a project remembers it. On disk: `sessions/<…>.json`, format page
//! `docs/formats/session.md`. Folded from the journal and from the transcript's tail.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::record::{Body, GitPoint, Mark, Record};

/// The version of a session file.
///
/// 1 (0.1.0): the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SessionVersion(pub u32);

impl SessionVersion {
    /// What this program writes.
    pub const CURRENT: Self = Self(1);
}

/// What the journal keeps of a session that nobody observed. Its turns are read from the transcript.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Past {
    /// The agent's row.
    pub agent: String,
    /// Its transcript.
    pub transcript: String,
    /// The line to which it belongs.
    pub line: String,
    /// When it began.
    pub began: Timestamp,
    /// When something was last written in it.
    pub last: Timestamp,
    /// HEAD when it began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<String>,
    /// The full names of its commits, as far as the repository has them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub commits: Vec<String>,
    /// Its subagents' types, by id.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub subagents: BTreeMap<String, Option<String>>,
}

/// Tokens as the provider counted them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Usage {
    /// Tokens read, cached ones included.
    pub input: u64,
    /// Of those, read from the cache.
    pub cached: u64,
    /// Tokens written, reasoning included.
    pub output: u64,
}

/// What the agent did in a turn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// A command ran.
    Command {
        /// Redacted and shortened.
        command: String,
        /// Absent if it is not known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        exit_code: Option<i32>,
    },
    /// Files changed.
    Files {
        /// Relative to the worktree where they lie in it.
        paths: Vec<String>,
    },
    /// A tool of an MCP server was called.
    Mcp {
        /// The server.
        server: String,
        /// The tool.
        tool: String,
    },
}

/// What became of a request for approval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The call ran.
    Ran,
    /// The turn ended without it.
    NotRun,
    /// Neither was seen.
    Unknown,
}

/// A request for approval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// The tool.
    pub tool: String,
    /// What it would do, redacted and shortened.
    pub what: String,
    /// What became of it.
    pub outcome: Outcome,
}

/// How a turn stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TurnStatus {
    /// It began; whether it still runs depends on the agent's process.
    Open,
    /// It ended.
    Ended,
    /// The user broke it off.
    Interrupted,
}

/// One prompt until the agent stopped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turn {
    /// The agent's id of it.
    pub id: String,
    /// How it stands.
    pub status: TurnStatus,
    /// When it began.
    pub began: Timestamp,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Timestamp>,
    /// The line on which it began.
    pub line: String,
    /// Where git stood when it began.
    pub git_before: GitPoint,
    /// Where git stood when it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub git_after: Option<GitPoint>,
    /// As configured: first sentence, all, or nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt: Option<String>,
    /// As configured: first sentence, all, or nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    /// In order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<Action>,
    /// In order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub approvals: Vec<Approval>,
    /// What the answer left open.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub follow_ups: Vec<String>,
    /// Tokens of the turn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
}

/// A subagent of the session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subagent {
    /// Its type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_type: Option<String>,
    /// Whether it stopped.
    pub stopped: bool,
}

/// One conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// The format.
    pub version: SessionVersion,
    /// The agent's id of it.
    pub id: String,
    /// The agent's row.
    pub agent: String,
    /// When it was first heard of.
    pub began: Timestamp,
    /// When it was last heard of.
    pub last: Timestamp,
    /// Whether it ended by itself.
    pub ended: bool,
    /// Nobody observed it: all of it was read from the transcript afterwards.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub recalled: bool,
    /// All records of it before this are taken in.
    #[serde(default)]
    pub through: Mark,
    /// Its transcript.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transcript: Option<String>,
    /// How far the transcript was read, in bytes.
    #[serde(default)]
    pub read_to: u64,
    /// Where the current turn of the transcript was last seen while reading.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reading_turn: Option<String>,
    /// In order.
    pub turns: Vec<Turn>,
    /// By id.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub subagents: BTreeMap<String, Subagent>,
    /// How often the context was compacted.
    #[serde(default)]
    pub compactions: u32,
    /// What it did, in a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// Steps that were folded into a finished root: id, title, status.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<DoneStep>,
    /// Members that this version doesn't know.
    #[serde(flatten)]
    pub extra: BTreeMap<String, serde_json::Value>,
}

/// A step as the session left it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DoneStep {
    /// The node.
    pub id: crate::ids::TaskId,
    /// What was to be done.
    pub title: String,
    /// Where it stands.
    pub status: crate::state::Status,
}

/// The most turns, actions and approvals that one file keeps of each; older ones are counted only.
pub const MOST_ACTIONS: usize = 500;

impl Session {
    /// A session of which nothing is known yet.
    pub fn new(id: impl Into<String>, agent: impl Into<String>, at: Timestamp) -> Self {
        Self {
            version: SessionVersion::CURRENT,
            id: id.into(),
            agent: agent.into(),
            began: at,
            last: at,
            ended: false,
            recalled: false,
            through: Mark::default(),
            transcript: None,
            read_to: 0,
            reading_turn: None,
            turns: Vec::new(),
            subagents: BTreeMap::new(),
            compactions: 0,
            digest: None,
            steps: Vec::new(),
            extra: BTreeMap::new(),
        }
    }

    /// A turn by id.
    pub fn turn_mut(&mut self, id: &str) -> Option<&mut Turn> {
        self.turns.iter_mut().rev().find(|turn| turn.id == id)
    }

    /// Takes in one record that tells of this session. Applying it again changes nothing.
    pub fn observe(&mut self, record: &Record) {
        let at = record.stamp.at;
        self.last = self.last.max(at);
        match &record.body {
            Body::SessionStart { transcript, .. } => {
                (self.ended, self.recalled) = (false, false);
                self.remember_transcript(transcript.as_ref());
            }
            Body::TurnBegin { turn, prompt, transcript, git, .. } => {
                (self.ended, self.recalled) = (false, false);
                self.remember_transcript(transcript.as_ref());
                self.begin_turn(turn, at, &record.line, prompt.as_ref(), git);
            }
            Body::TurnEnd { turn, interrupted, git, .. } => {
                self.end_turn(turn, at, *interrupted, git);
            }
            Body::Approval { turn, tool, what, .. } => {
                let asked =
                    Approval { tool: tool.clone(), what: what.clone(), outcome: Outcome::Unknown };
                if let Some(turn) = self.named_or_last(turn.as_deref()) {
                    turn.approvals.push(asked);
                }
            }
            Body::ToolRan { turn, tool, what, .. } => {
                let asked = self.named_or_last(turn.as_deref());
                let asked = asked.and_then(|turn| {
                    let same = |a: &&mut Approval| a.tool == *tool && a.what == *what;
                    turn.approvals.iter_mut().filter(same).find(|a| a.outcome == Outcome::Unknown)
                });
                if let Some(asked) = asked {
                    asked.outcome = Outcome::Ran;
                }
            }
            Body::Subagent { agent, agent_type, stopped, .. } => {
                let known = self.subagents.entry(agent.clone());
                let known =
                    known.or_insert(Subagent { agent_type: agent_type.clone(), stopped: *stopped });
                known.stopped |= stopped;
            }
            Body::Compacting { .. } => self.compactions += 1,
            Body::SessionEnd { .. } => self.ended = true,
            Body::Change { .. }
            | Body::Plan { .. }
            | Body::LineBegin { .. }
            | Body::LineEnd { .. }
            | Body::Drift { .. }
            | Body::Reconcile { .. }
            | Body::Intent { .. }
            | Body::Abort { .. } => {}
        }
    }

    fn remember_transcript(&mut self, path: Option<&String>) {
        if let Some(path) = path {
            self.transcript = Some(path.clone());
        }
    }

    fn named_or_last(&mut self, turn: Option<&str>) -> Option<&mut Turn> {
        match turn {
            Some(id) => self.turn_mut(id),
            None => self.turns.last_mut(),
        }
    }

    /// Begins a turn, unless it is known.
    pub fn begin_turn(
        &mut self,
        id: &str,
        at: Timestamp,
        line: &str,
        prompt: Option<&String>,
        git: &GitPoint,
    ) {
        if self.turn_mut(id).is_some() {
            return;
        }
        self.turns.push(Turn {
            id: id.to_owned(),
            status: TurnStatus::Open,
            began: at,
            ended: None,
            line: line.to_owned(),
            git_before: git.clone(),
            git_after: None,
            prompt: prompt.cloned(),
            answer: None,
            actions: Vec::new(),
            approvals: Vec::new(),
            follow_ups: Vec::new(),
            usage: None,
        });
    }

    fn end_turn(&mut self, id: &str, at: Timestamp, interrupted: bool, git: &GitPoint) {
        let Some(turn) = self.turn_mut(id) else { return };
        turn.status = if interrupted { TurnStatus::Interrupted } else { TurnStatus::Ended };
        turn.ended = Some(at);
        turn.git_after = Some(git.clone());
        for asked in &mut turn.approvals {
            if asked.outcome == Outcome::Unknown {
                asked.outcome = Outcome::NotRun;
            }
        }
    }
}

/// The first sentence of a text, at most `longest` characters, on one line.
pub fn first_sentence(text: &str, longest: usize) -> String {
    let line = text.lines().map(str::trim).find(|l| !l.is_empty()).unwrap_or("");
    let ends = line.match_indices(['.', '!', '?']).map(|(at, mark)| at + mark.len());
    let mut ends = ends.filter(|end| line[*end..].starts_with(' ') || *end == line.len());
    let sentence = ends.next().map_or(line, |end| &line[..end]);
    if sentence.chars().count() <= longest {
        return sentence.to_owned();
    }
    let kept: String = sentence.chars().take(longest.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_the_first_sentence() {
        let cases = [
            ("Fix v1.2 now. Then rest.", "Fix v1.2 now."),
            ("\n\n  One line\nTwo", "One line"),
            ("", ""),
            ("Why? Because.", "Why?"),
            ("abcdefghijklmnop", "abcdefghi…"),
        ];
        for (text, expected) in cases {
            assert_eq!(first_sentence(text, if text.len() == 16 { 10 } else { 99 }), expected);
        }
    }
}
