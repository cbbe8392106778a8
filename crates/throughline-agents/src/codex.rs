//! OpenAI's Codex CLI. Formats as observed in release 0.169.0, transcripts also as older releases
//! wrote them. Unknown members and events of newer releases are let through.

mod answer;
mod event;
pub mod exec;
mod rollout;
pub mod server;
mod told;
mod wire;
pub mod worker;

use crate::agent::{AgentSpec, Catalogue, HookWire, OwnGoals, TranscriptStore};
use crate::transcript::Dialect;

/// The release with which this program is tested; the tests compare it with the one that they run.
pub const TESTED: &str = "0.169.0";

/// Codex's row.
pub const SPEC: AgentSpec = AgentSpec {
    id: "codex",
    name: "Codex CLI",
    aliases: &["codex-cli", "openai-codex"],
    home_variable: "CODEX_HOME",
    default_home: ".codex",
    hooks: Some(HOOKS),
    transcript: Dialect {
        name: "rollout",
        line_start: br#"{"timestamp":"#,
        read: rollout::read,
        scales: rollout::SCALES,
        tell: Some(told::tell),
    },
    stores: STORES,
    web_tools: &[WEB_SEARCH],
    catalogue: Some(&CATALOGUE),
    goals: Some(&GOALS),
};

/// What a search of the web is called, which is no call of a tool with a name.
const WEB_SEARCH: &str = "web_search";

/// The state database of Codex 0.169.
const CATALOGUE: Catalogue = Catalogue {
    database: "state_5.sqlite",
    table: "threads",
    id: "id",
    path: "rollout_path",
    archived: "archived",
    branch: "git_branch",
    commit: "git_sha",
    repository: "git_origin_url",
    title: "first_user_message",
};

/// The goals of Codex 0.169.
const GOALS: OwnGoals = OwnGoals {
    database: "goals_1.sqlite",
    folder_variable: "CODEX_SQLITE_HOME",
    table: "thread_goals",
    thread: "thread_id",
    status: "status",
    complete: "complete",
};

const HOOKS: HookWire = HookWire { parse: event::parse, answer: answer::write };

/// A rollout lies in the folder of its day (`sessions/YYYY/MM/DD/`), an archived one in no other.
const STORES: &[TranscriptStore] = &[
    TranscriptStore { folder: "sessions", archived: false, depth: 4 },
    TranscriptStore { folder: "archived_sessions", archived: true, depth: 1 },
];

#[cfg(test)]
mod tests;
