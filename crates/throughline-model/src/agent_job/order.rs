//! What a job is to do: fixed when it is made, the same after each resume.

use std::path::PathBuf;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::ItemRules;

/// What works on an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WorkerKind {
    /// `codex exec`, which reports by a tool.
    Codex,
    /// A program of the user's; what it prints is the result.
    Command,
}

impl WorkerKind {
    /// In a word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Codex => "codex",
            Self::Command => "command",
        }
    }
}

/// An order. A member that a later version adds has a default.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AgentJobOrder {
    /// What to do, with `{column}` where a cell goes.
    pub instruction: String,
    /// The columns of the table.
    pub headers: Vec<String>,
    /// What works on an item.
    pub worker: WorkerKind,
    /// For Codex further arguments, for a command all of it.
    pub arguments: Vec<String>,
    /// Where workers work.
    pub directory: PathBuf,
    /// How many of them at once.
    pub concurrency: u32,
    /// What an attempt may take.
    pub rules: ItemRules,
    /// How long one run of the whole job may take.
    pub max_total: Option<SignedDuration>,
    /// The JSON Schema of a result.
    pub output_schema: Option<Value>,
    /// Where the table came from.
    pub csv: PathBuf,
    /// Where the results go as CSV; beside it, with another ending, as JSON Lines.
    pub output: Option<PathBuf>,
}

/// Which worker of which item: what it proves itself with when it begins and when it reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// Of which job.
    pub job: crate::ids::AgentJobId,
    /// The item's row in the table, from 1.
    pub row: u32,
    /// A word that nobody else has.
    pub worker: String,
}
