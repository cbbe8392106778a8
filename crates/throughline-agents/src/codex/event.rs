//! Codex's hook input → [`HookCall`].

use serde::Deserialize;
use serde_json::value::RawValue;

use super::wire;
use crate::hook::{
    HookCall, HookError, HookEvent, LONGEST_CALL, StartSource, Tool, ToolOutcome, ToolUse,
};

/// Reads one call. An event that we don't use, or don't know, is `None`.
///
/// # Errors
/// [`HookError`] if the input is too long, or not what Codex promises for its event.
pub(super) fn parse(input: &[u8]) -> Result<Option<HookCall>, HookError> {
    if input.len() > LONGEST_CALL {
        return Err(HookError::TooLong { length: input.len() });
    }
    let call: wire::Call<'_> = part(input, "the common members")?;
    let event = event(&call.hook_event_name, input)?;
    Ok(event.map(|event| HookCall {
        session: call.session_id,
        turn: call.turn_id,
        agent: call.agent_id,
        agent_type: call.agent_type,
        cwd: call.cwd,
        transcript: call.transcript_path,
        model: call.model,
        permission_mode: call.permission_mode,
        process: None,
        event,
    }))
}

fn event(name: &str, input: &[u8]) -> Result<Option<HookEvent>, HookError> {
    let event = match name {
        "SessionStart" => session_start(part(input, name)?),
        "UserPromptSubmit" => {
            let wire::UserPromptSubmit { prompt } = part(input, name)?;
            HookEvent::PromptSubmitted { prompt }
        }
        "PreToolUse" => HookEvent::ToolStarting { tool: tool_use(name, part(input, name)?)? },
        "PostToolUse" => tool_finished(name, part(input, name)?)?,
        "PermissionRequest" => {
            HookEvent::PermissionAsked { tool: tool_use(name, part(input, name)?)? }
        }
        "PreCompact" => HookEvent::Compacting,
        "SubagentStart" => HookEvent::SubagentStarted,
        "SubagentStop" => subagent_stopped(part(input, name)?),
        "Stop" => turn_stopped(part(input, name)?),
        "Interrupt" => HookEvent::Interrupted,
        "SessionEnd" => {
            let wire::SessionEnd { reason } = part(input, name)?;
            HookEvent::SessionEnded { reason }
        }
        _not_ours => return Ok(None),
    };
    Ok(Some(event))
}

/// Reads the members that one struct names; `place` is for the error.
fn part<'a, T: Deserialize<'a>>(input: &'a [u8], place: &str) -> Result<T, HookError> {
    serde_json::from_slice(input).map_err(|source| malformed(place.to_owned(), source))
}

fn malformed(place: String, source: serde_json::Error) -> HookError {
    HookError::Malformed { place, source }
}

fn session_start(wire: wire::SessionStart) -> HookEvent {
    let source = match wire.source {
        wire::Source::Startup => StartSource::Startup,
        wire::Source::Resume => StartSource::Resume,
        wire::Source::Clear => StartSource::Clear,
        wire::Source::Compact => StartSource::Compact,
        wire::Source::Fork => StartSource::Fork,
    };
    HookEvent::SessionStart { source }
}

fn turn_stopped(wire: wire::Stop) -> HookEvent {
    HookEvent::TurnStopped {
        last_message: wire.last_assistant_message,
        stop_hook_active: wire.stop_hook_active,
    }
}

fn subagent_stopped(wire: wire::Stop) -> HookEvent {
    HookEvent::SubagentStopped {
        last_message: wire.last_assistant_message,
        transcript: wire.agent_transcript_path,
        stop_hook_active: wire.stop_hook_active,
    }
}

fn tool_finished(event: &str, wire: wire::ToolEvent<'_>) -> Result<HookEvent, HookError> {
    let response = wire.tool_response;
    let tool = tool_use(event, wire)?;
    let outcome = response.map_or(ToolOutcome::Unknown, |response| outcome(&tool.kind, response));
    Ok(HookEvent::ToolFinished { tool, outcome })
}

fn tool_use(event: &str, wire: wire::ToolEvent<'_>) -> Result<ToolUse, HookError> {
    let kind = tool(wire.tool_name, wire.tool_input)
        .map_err(|source| malformed(format!("{event}.tool_input"), source))?;
    Ok(ToolUse { id: wire.tool_use_id, kind })
}

fn tool(name: String, input: &RawValue) -> Result<Tool, serde_json::Error> {
    match name.as_str() {
        "Bash" => command(input).map(|command| Tool::Shell { command }),
        "apply_patch" => command(input).map(|text| Tool::Patch { text }),
        "update_plan" => {
            let wire::PlanInput { explanation, plan } = serde_json::from_str(input.get())?;
            Ok(Tool::Plan { explanation, steps: plan.into_iter().map(Into::into).collect() })
        }
        _other => Ok(mcp_tool(&name).unwrap_or(Tool::Other { name })),
    }
}

fn command(input: &RawValue) -> Result<String, serde_json::Error> {
    let wire::CommandInput { command } = serde_json::from_str(input.get())?;
    Ok(command)
}

/// `mcp__server__tool`. A server's own name is cut at its first double underscore; Codex gives no
/// better mark.
fn mcp_tool(name: &str) -> Option<Tool> {
    let (server, tool) = name.strip_prefix("mcp__")?.split_once("__")?;
    Some(Tool::Mcp { server: server.to_owned(), tool: tool.to_owned() })
}

/// What a response tells. Seen in 0.169.0: `Bash` gives the bare output, from which nothing may be
/// concluded (a command can print anything); `apply_patch` begins with `Exit code: N`; MCP gives
/// its result object.
fn outcome(tool: &Tool, response: &RawValue) -> ToolOutcome {
    if let Ok(result) = serde_json::from_str::<wire::ResponseObject>(response.get()) {
        return object_outcome(&result);
    }
    let text = serde_json::from_str::<String>(response.get()).ok();
    let text = text.filter(|_| matches!(tool, Tool::Patch { .. }));
    text.map_or(ToolOutcome::Unknown, |text| exit_line(&text))
}

fn object_outcome(result: &wire::ResponseObject) -> ToolOutcome {
    match (result.exit_code, result.is_error) {
        (Some(code), _) => ToolOutcome::Exited(code),
        (None, Some(true)) => ToolOutcome::Failed,
        (None, Some(false)) => ToolOutcome::Succeeded,
        (None, None) => ToolOutcome::Unknown,
    }
}

fn exit_line(text: &str) -> ToolOutcome {
    let code = text.lines().next().and_then(|line| line.strip_prefix("Exit code: "));
    let code = code.and_then(|code| code.trim().parse().ok());
    code.map_or(ToolOutcome::Unknown, ToolOutcome::Exited)
}
