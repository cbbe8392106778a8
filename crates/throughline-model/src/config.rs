//! Settings as values. `throughline-store` reads them from TOML; the repository's file may only
//! tighten what the user set.

use serde::{Deserialize, Serialize};

pub mod goals;
pub mod memory;

pub use goals::GoalSettings;
pub use memory::MemorySettings;

/// Whether memory is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum WriteMode {
    /// Nothing is observed or written.
    Off,
    /// Observed, but the agent is told nothing and no plan is mirrored.
    Shadow,
    /// All of it.
    #[default]
    Write,
}

/// When pending changes are written into the committed state file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum PublishAt {
    /// By `thru publish`, and just before an agent's `git commit`.
    #[default]
    Commit,
    /// At the end of each turn as well.
    Turn,
    /// By `thru publish` only.
    Manual,
}

/// What is kept of prompts and answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum KeepText {
    /// Nothing.
    Off,
    /// The first sentence, redacted.
    #[default]
    Digest,
    /// All, redacted.
    Full,
}

/// What to do about a drift.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DriftPolicy {
    /// The checkpoint moves.
    FastForward,
    /// A new line from the old one's state.
    Fork,
    /// The checkpoint moves, evidence is re-anchored.
    Rebase,
    /// The line gets the new name.
    Follow,
    /// The other line's state is merged.
    Merge,
    /// The user decides.
    Ask,
    /// Accepted once, recorded.
    Ignore,
}

/// The settings of a project, after the user's and the repository's were joined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// `[memory.cache] enabled`
    pub enabled: bool,
    /// `[memory.cache] write_mode`
    pub write_mode: WriteMode,
    /// `[memory.cache] publish`
    pub publish: PublishAt,
    /// `[memory.cache] publish_steps`: steps are published with the rest.
    pub publish_steps: bool,
    /// `[brief] tokens`
    pub brief_tokens: usize,
    /// `[sessions] keep`
    pub keep_text: KeepText,
    /// `[drift]`, by kind.
    pub drift: std::collections::BTreeMap<crate::drift::DriftKind, DriftPolicy>,
    /// `[memory]` and `[recall]`
    pub memory: MemorySettings,
    /// `[goals]`: the user's alone.
    pub goals: GoalSettings,
}

/// What a brief may cost where nothing is configured, in tokens.
pub const BRIEF_TOKENS: usize = 600;

impl Default for Config {
    fn default() -> Self {
        Self {
            enabled: true,
            write_mode: WriteMode::default(),
            publish: PublishAt::default(),
            publish_steps: false,
            brief_tokens: BRIEF_TOKENS,
            keep_text: KeepText::default(),
            drift: std::collections::BTreeMap::new(),
            memory: MemorySettings::default(),
            goals: GoalSettings::default(),
        }
    }
}

impl Config {
    /// Joins the repository's settings into the user's: what writes or tells less wins.
    #[must_use]
    pub fn tightened_by(self, repository: Self) -> Self {
        Self {
            enabled: self.enabled && repository.enabled,
            write_mode: self.write_mode.min(repository.write_mode),
            publish: repository.publish,
            publish_steps: repository.publish_steps,
            brief_tokens: self.brief_tokens.min(repository.brief_tokens),
            keep_text: self.keep_text.min(repository.keep_text),
            drift: repository.drift.into_iter().chain(self.drift).collect(),
            memory: self.memory.tightened_by(&repository.memory),
            goals: self.goals,
        }
    }
}
