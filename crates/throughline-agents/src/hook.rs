//! What an agent tells our hook, and what the hook may answer; the same for every agent.
//!
//! An agent's own module turns its JSON into a [`HookCall`] and a [`HookAnswer`] into its JSON.
//! Ids are opaque here: they become paths only through the model's `FileStem`.

use std::path::PathBuf;

use thiserror::Error;
use throughline_model::plan::PlanStep;
use throughline_model::record::Process;

/// The most bytes of one hook call that are read. A prompt with a pasted log fits well; more is
/// an error, so that memory stays bounded.
pub const LONGEST_CALL: usize = 4 * 1024 * 1024;

/// One call of a hook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookCall {
    /// The agent's id of the conversation. In a subagent it is still the parent's.
    pub session: String,
    /// The turn, where the event belongs to one.
    pub turn: Option<String>,
    /// The subagent that speaks; absent for the main agent.
    pub agent: Option<String>,
    /// What kind of subagent it is.
    pub agent_type: Option<String>,
    /// Where the session works.
    pub cwd: PathBuf,
    /// The transcript of the session, if one is kept.
    pub transcript: Option<PathBuf>,
    /// The model in use, by the agent's name for it.
    pub model: Option<String>,
    /// How freely the agent may act, in the agent's own word.
    pub permission_mode: Option<String>,
    /// The agent's process, where it is not the one that called.
    pub process: Option<Process>,
    /// What happened.
    pub event: HookEvent,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HookEvent {
    /// A session began, or its context was made anew.
    SessionStart {
        /// Why.
        source: StartSource,
    },
    /// The user (or a parent agent) gave a prompt.
    PromptSubmitted {
        /// Its words.
        prompt: String,
    },
    /// A tool is about to run.
    ToolStarting {
        /// The call.
        tool: ToolUse,
    },
    /// A tool ran.
    ToolFinished {
        /// The call.
        tool: ToolUse,
        /// How it went.
        outcome: ToolOutcome,
    },
    /// The agent asks whether a call may run.
    PermissionAsked {
        /// The call.
        tool: ToolUse,
    },
    /// The context is about to be compacted.
    Compacting,
    /// A subagent began.
    SubagentStarted,
    /// A subagent stopped.
    SubagentStopped {
        /// Its last answer.
        last_message: Option<String>,
        /// Its own transcript.
        transcript: Option<PathBuf>,
        /// Whether it only goes on because a hook stopped it from stopping.
        stop_hook_active: bool,
    },
    /// The turn ended.
    TurnStopped {
        /// The last answer.
        last_message: Option<String>,
        /// Whether it only went on because a hook stopped it from stopping.
        stop_hook_active: bool,
    },
    /// The user broke the turn off.
    Interrupted,
    /// The agent's process ends.
    SessionEnded {
        /// Why, in the agent's word.
        reason: String,
    },
}

/// Why a session starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StartSource {
    /// A new session.
    Startup,
    /// An old one goes on.
    Resume,
    /// The user cleared the context.
    Clear,
    /// The context was compacted.
    Compact,
    /// A copy of another session.
    Fork,
}

impl StartSource {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Startup, Self::Resume, Self::Clear, Self::Compact, Self::Fork];

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Startup => "startup",
            Self::Resume => "resume",
            Self::Clear => "clear",
            Self::Compact => "compact",
            Self::Fork => "fork",
        }
    }
}

/// One call of a tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolUse {
    /// The agent's id of the call; a request for permission has none.
    pub id: Option<String>,
    /// Which tool, with what is needed of its input.
    pub kind: Tool,
}

/// A tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tool {
    /// The agent rewrites its plan.
    Plan {
        /// Why, if it says so.
        explanation: Option<String>,
        /// The whole new list.
        steps: Vec<PlanStep>,
    },
    /// A shell command.
    Shell {
        /// As a shell would read it.
        command: String,
    },
    /// A patch to files.
    Patch {
        /// In the agent's patch format.
        text: String,
    },
    /// A tool of an MCP server.
    Mcp {
        /// The server.
        server: String,
        /// The tool.
        tool: String,
    },
    /// Any other.
    Other {
        /// The agent's name for it.
        name: String,
    },
}

/// How a call went, as far as the agent says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToolOutcome {
    /// A process ended with this code.
    Exited(i32),
    /// It worked.
    Succeeded,
    /// It did not.
    Failed,
    /// Not told.
    Unknown,
}

/// What a hook answers. Empty means: print nothing at all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HookAnswer {
    /// For the agent.
    pub context: Option<String>,
    /// For the human.
    pub message: Option<String>,
    /// For the agent: why its turn does not end yet. Only the end of a turn takes it.
    pub go_on: Option<String>,
}

/// Why a hook call could not be read.
#[derive(Debug, Error)]
pub enum HookError {
    /// More than [`LONGEST_CALL`].
    #[error("hook input has {length} bytes, the most is {LONGEST_CALL}")]
    TooLong {
        /// Its length.
        length: usize,
    },
    /// Not what the agent promises.
    #[error("hook input is malformed in {place}")]
    Malformed {
        /// Which part of the input.
        place: String,
        /// What is wrong there.
        source: serde_json::Error,
    },
}

impl HookEvent {
    /// The event's name in keys and records; the same for every agent.
    pub fn name(&self) -> &'static str {
        match self {
            Self::SessionStart { .. } => "session_start",
            Self::PromptSubmitted { .. } => "prompt_submitted",
            Self::ToolStarting { .. } => "tool_starting",
            Self::ToolFinished { .. } => "tool_finished",
            Self::PermissionAsked { .. } => "permission_asked",
            Self::Compacting => "compacting",
            Self::SubagentStarted => "subagent_started",
            Self::SubagentStopped { .. } => "subagent_stopped",
            Self::TurnStopped { .. } => "turn_stopped",
            Self::Interrupted => "interrupted",
            Self::SessionEnded { .. } => "session_ended",
        }
    }

    /// What tells apart two events of one name in one turn.
    fn distinction(&self) -> String {
        match self {
            Self::SessionStart { source } => source.as_str().to_owned(),
            Self::PromptSubmitted { prompt } => fingerprint(prompt.as_bytes()),
            Self::ToolStarting { tool } | Self::ToolFinished { tool, .. } => tool.distinction(),
            Self::PermissionAsked { tool } => tool.distinction(),
            Self::SubagentStopped { last_message, .. } | Self::TurnStopped { last_message, .. } => {
                fingerprint(last_message.as_deref().unwrap_or_default().as_bytes())
            }
            Self::Compacting
            | Self::SubagentStarted
            | Self::Interrupted
            | Self::SessionEnded { .. } => String::new(),
        }
    }
}

impl ToolUse {
    fn distinction(&self) -> String {
        self.id.clone().unwrap_or_else(|| fingerprint(self.kind.words().as_bytes()))
    }
}

impl Tool {
    /// What the call is about, in the agent's words; must not change between builds.
    fn words(&self) -> String {
        match self {
            Self::Plan { steps, .. } => steps
                .iter()
                .map(|step| format!("{} {}\n", step.status.as_str(), step.text))
                .collect(),
            Self::Shell { command } => command.clone(),
            Self::Patch { text } => text.clone(),
            Self::Mcp { server, tool } => format!("{server} {tool}"),
            Self::Other { name } => name.clone(),
        }
    }
}

impl HookCall {
    /// Whether a later, different event may have the same [`event_key`]: its agent gives it
    /// neither turn nor call id, or asks the same thing twice. A marker made for such a key must
    /// lapse after seconds; any other may stay as long as the session.
    pub fn recurs(&self) -> bool {
        match &self.event {
            HookEvent::ToolStarting { tool } | HookEvent::ToolFinished { tool, .. } => {
                tool.id.is_none()
            }
            HookEvent::SubagentStarted | HookEvent::Interrupted => self.turn.is_none(),
            HookEvent::SessionStart { .. }
            | HookEvent::PromptSubmitted { .. }
            | HookEvent::PermissionAsked { .. }
            | HookEvent::Compacting
            | HookEvent::SubagentStopped { .. }
            | HookEvent::TurnStopped { .. }
            | HookEvent::SessionEnded { .. } => true,
        }
    }
}

/// Returns what identifies an event, so that two installations of our hooks can agree on which of
/// them answers: session, agent, turn, event, call, and a fingerprint of the words where the agent
/// gives no id. Different events have different keys, except as [`HookCall::recurs`] says.
pub fn event_key(call: &HookCall) -> String {
    let distinction = call.event.distinction();
    let parts = [
        call.session.as_str(),
        call.agent.as_deref().unwrap_or_default(),
        call.turn.as_deref().unwrap_or_default(),
        call.event.name(),
        &distinction,
    ];
    // Lengths keep it injective whatever the ids hold.
    parts.iter().map(|part| format!("{}:{part};", part.len())).collect()
}

/// FNV-1a, 64 bits: must be equal in every build of ours, which the standard library's hasher
/// doesn't promise. Nothing secret or hostile depends on it.
fn fingerprint(bytes: &[u8]) -> String {
    let mix = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    format!("{:016x}", bytes.iter().fold(0xcbf2_9ce4_8422_2325, mix))
}

#[cfg(test)]
mod tests;
