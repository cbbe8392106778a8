//! A session as it is told to whoever looks for what it taught, and what that came to.
//!
//! What people and agents said, what ran and what changed: never a tool's output, a developer's
//! message, the text of AGENTS.md or what was injected.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Finding;

/// One session, from its transcript.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Narrative {
    /// The agent's id of the session.
    pub session: String,
    /// The line on which it worked.
    pub line: String,
    /// HEAD when it began.
    pub head: Option<String>,
    /// Its turns, in order.
    pub turns: Vec<Told>,
}

/// One turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The agent's id of it.
    pub id: String,
    /// When it began.
    pub at: Timestamp,
    /// What the user said, each in full, redacted: the prompt, and what was said while it worked.
    pub prompts: Vec<String>,
    /// What the agent answered, in order, redacted.
    pub answers: Vec<String>,
    /// What ran, in order, redacted.
    pub commands: Vec<Ran>,
    /// What changed, relative to the worktree, each once.
    pub files: Vec<String>,
    /// Commits that were made, as git printed their names.
    pub commits: Vec<String>,
    /// The steps of the last plan in it.
    pub plan: Vec<String>,
    /// The user broke it off.
    pub is_interrupted: bool,
}

/// A command that ran.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ran {
    /// As a shell would read it.
    pub command: String,
    /// What it ended with, if that is known.
    pub exit_code: Option<i32>,
}

/// What one session came to: the output of phase 1.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Extraction {
    /// What is worth keeping, as Markdown.
    #[serde(alias = "rawMemory")]
    pub raw_memory: String,
    /// What the session did, in a paragraph.
    #[serde(alias = "summary", alias = "rolloutSummary")]
    pub rollout_summary: String,
    /// The session in a few words that can stand in a file name.
    #[serde(default, alias = "rolloutSlug")]
    pub rollout_slug: Option<String>,
    /// What it taught.
    #[serde(default)]
    pub findings: Vec<Finding>,
}

impl Extraction {
    /// Redacts all free text.
    pub fn redact(&mut self) {
        crate::funnel::clean_all([&mut self.raw_memory, &mut self.rollout_summary]);
        crate::funnel::clean_all(&mut self.rollout_slug);
        self.findings.iter_mut().for_each(Finding::redact);
    }

    /// Nothing was worth keeping.
    pub fn is_empty(&self) -> bool {
        self.raw_memory.trim().is_empty()
            && self.rollout_summary.trim().is_empty()
            && self.findings.is_empty()
    }
}
