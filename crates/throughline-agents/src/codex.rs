//! OpenAI's Codex CLI. Formats as observed in release 0.169.0, transcripts also as older releases
//! wrote them. Unknown members and events of newer releases are let through.

mod answer;
mod event;
mod rollout;
mod wire;

use crate::agent::{AgentSpec, HookWire, TranscriptStore};
use crate::transcript::Dialect;

/// Codex's row.
pub const SPEC: AgentSpec = AgentSpec {
    id: "codex",
    name: "Codex CLI",
    aliases: &["codex-cli", "openai-codex"],
    home_variable: "CODEX_HOME",
    default_home: ".codex",
    hooks: Some(HOOKS),
    transcript: Dialect { name: "rollout", line_start: br#"{"timestamp":"#, read: rollout::read },
    stores: STORES,
};

const HOOKS: HookWire = HookWire { parse: event::parse, answer: answer::write };

/// A rollout lies in the folder of its day (`sessions/YYYY/MM/DD/`), an archived one in no other.
const STORES: &[TranscriptStore] = &[
    TranscriptStore { folder: "sessions", archived: false, depth: 4 },
    TranscriptStore { folder: "archived_sessions", archived: true, depth: 1 },
];

#[cfg(test)]
mod tests;
