//! [`HookAnswer`] → Codex's hook output. Its schemas refuse members that they don't name, so each
//! event gets only what it takes.

use serde::Serialize;

use crate::hook::{HookAnswer, HookEvent};

/// The output of a command hook. What it decides is only that a turn does not end yet.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Output<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    hook_specific_output: Option<Specific<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    system_message: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    decision: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Specific<'a> {
    hook_event_name: &'static str,
    additional_context: &'a str,
}

/// Writes the answer; `None` means to print nothing, which Codex takes for "go on".
pub(super) fn write(event: &HookEvent, answer: &HookAnswer) -> Option<String> {
    let given = answer.context.as_deref().filter(|text| !text.is_empty());
    let specific = given
        .zip(context_name(event))
        .map(|(context, name)| Specific { hook_event_name: name, additional_context: context });
    let given = answer.message.as_deref().filter(|text| !text.is_empty());
    let message = given.filter(|_| takes_message(event));
    let reason = answer.go_on.as_deref().filter(|text| !text.is_empty());
    let reason = reason.filter(|_| matches!(event, HookEvent::TurnStopped { .. }));
    if specific.is_none() && message.is_none() && reason.is_none() {
        return None;
    }
    let decision = reason.map(|_| "block");
    let output =
        Output { hook_specific_output: specific, system_message: message, decision, reason };
    // Strings and options always serialise; if that ever fails, silence is the safe answer.
    serde_json::to_string(&output).ok()
}

/// The event's name in the output, for events that hand context to the agent.
fn context_name(event: &HookEvent) -> Option<&'static str> {
    match event {
        HookEvent::SessionStart { .. } => Some("SessionStart"),
        HookEvent::PromptSubmitted { .. } => Some("UserPromptSubmit"),
        HookEvent::ToolStarting { .. } => Some("PreToolUse"),
        HookEvent::ToolFinished { .. } => Some("PostToolUse"),
        HookEvent::SubagentStarted => Some("SubagentStart"),
        HookEvent::PermissionAsked { .. }
        | HookEvent::Compacting
        | HookEvent::SubagentStopped { .. }
        | HookEvent::TurnStopped { .. }
        | HookEvent::Interrupted
        | HookEvent::SessionEnded { .. } => None,
    }
}

/// Every event but the last has an output.
fn takes_message(event: &HookEvent) -> bool {
    !matches!(event, HookEvent::SessionEnded { .. })
}
