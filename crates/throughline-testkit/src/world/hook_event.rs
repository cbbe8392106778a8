//! What Codex 0.169 writes to a hook's stdin, one constructor per event.
//!
//! Fields as its own schemas of hook inputs have them, no more and no less. Session and turn are
//! the test's, so that it can write down what it expects.

use std::path::Path;

use serde_json::{Value, json};

/// An event, ready for [`World::hook`](super::World::hook).
#[derive(Debug, Clone)]
pub struct HookEvent {
    fields: Value,
}

impl HookEvent {
    /// A session begins; `source` is `startup`, `resume`, `clear`, `compact` or `fork`.
    pub fn session_start(session: &str, source: &str) -> Self {
        Self::new("SessionStart", session).talking().with("source", source)
    }

    /// A prompt was sent.
    pub fn user_prompt_submit(session: &str, turn: &str, prompt: &str) -> Self {
        Self::in_turn("UserPromptSubmit", session, turn).with("prompt", prompt)
    }

    /// A tool is about to run: `Bash`, `apply_patch`, `update_plan`, `mcp__<server>__<tool>`.
    pub fn pre_tool_use(session: &str, turn: &str, tool: &str, input: Value) -> Self {
        Self::tool("PreToolUse", session, turn, tool, input).with("tool_use_id", "")
    }

    /// A tool ran.
    pub fn post_tool_use(
        session: &str,
        turn: &str,
        tool: &str,
        input: Value,
        response: Value,
    ) -> Self {
        let event = Self::tool("PostToolUse", session, turn, tool, input);
        event.with("tool_use_id", "").with("tool_response", response)
    }

    /// `update_plan` ran with these (step, status) pairs; statuses as in `in_progress`.
    pub fn post_tool_use_plan(session: &str, turn: &str, steps: &[(&str, &str)]) -> Self {
        let step = |(step, status): &(&str, &str)| json!({"step": step, "status": status});
        let plan: Vec<Value> = steps.iter().map(step).collect();
        let input = json!({"plan": plan});
        Self::post_tool_use(session, turn, "update_plan", input, json!("Plan updated"))
    }

    /// The agent asks whether it may.
    pub fn permission_request(session: &str, turn: &str, tool: &str, input: Value) -> Self {
        Self::tool("PermissionRequest", session, turn, tool, input)
    }

    /// The turn ended with this answer.
    pub fn stop(session: &str, turn: &str, answer: &str) -> Self {
        let event = Self::in_turn("Stop", session, turn).with("last_assistant_message", answer);
        event.with("stop_hook_active", false)
    }

    /// A subagent begins.
    pub fn subagent_start(session: &str, turn: &str, agent: &str) -> Self {
        Self::in_turn("SubagentStart", session, turn).by_agent(agent)
    }

    /// A subagent ended with this answer.
    pub fn subagent_stop(session: &str, turn: &str, agent: &str, answer: &str) -> Self {
        let event = Self::in_turn("SubagentStop", session, turn).by_agent(agent);
        event
            .with("agent_transcript_path", Value::Null)
            .with("last_assistant_message", answer)
            .with("stop_hook_active", false)
    }

    /// The conversation is about to be summarised; `trigger` is `auto` or `manual`.
    pub fn pre_compact(session: &str, turn: &str, trigger: &str) -> Self {
        let event = Self::new("PreCompact", session).with("turn_id", turn);
        event.with("model", MODEL).with("trigger", trigger)
    }

    /// The turn was broken off.
    pub fn interrupt(session: &str, turn: &str) -> Self {
        Self::in_turn("Interrupt", session, turn)
    }

    /// The process of the session ends in good order.
    pub fn session_end(session: &str) -> Self {
        Self::new("SessionEnd", session).with("reason", "other")
    }

    /// Marks what happens inside a subagent; the session stays the parent's.
    pub fn by_agent(self, agent: &str) -> Self {
        self.with("agent_id", agent).with("agent_type", "default")
    }

    /// Names the tool call; PreToolUse and PostToolUse of one call share it.
    pub fn call_id(self, id: &str) -> Self {
        self.with("tool_use_id", id)
    }

    /// Where it happens, if that is not the world's repository.
    pub fn cwd(self, folder: impl AsRef<Path>) -> Self {
        self.with("cwd", folder.as_ref().display().to_string())
    }

    /// The rollout of the session, `null` else.
    pub fn transcript(self, path: impl AsRef<Path>) -> Self {
        self.with("transcript_path", path.as_ref().display().to_string())
    }

    /// Any other field, or another value.
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.fields[name] = value.into();
        self
    }

    fn new(event: &str, session: &str) -> Self {
        Self {
            fields: json!({
                "cwd": null, "hook_event_name": event, "session_id": session,
                "transcript_path": null,
            }),
        }
    }

    fn in_turn(event: &str, session: &str, turn: &str) -> Self {
        Self::new(event, session).talking().with("turn_id", turn)
    }

    fn tool(event: &str, session: &str, turn: &str, tool: &str, input: Value) -> Self {
        Self::in_turn(event, session, turn).with("tool_name", tool).with("tool_input", input)
    }

    fn talking(self) -> Self {
        self.with("model", MODEL).with("permission_mode", "default")
    }
}

const MODEL: &str = "gpt-5.5";

impl From<HookEvent> for Value {
    fn from(event: HookEvent) -> Self {
        event.fields
    }
}
