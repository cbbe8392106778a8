//! What a line of a rollout is, by its start: Codex writes time, kind and the payload's own kind first.

use crate::transcript::{LineHead, Scales, Stuff};

/// How lines of a rollout are weighed.
pub(in crate::codex) const SCALES: Scales =
    Scales { head, instructions: br#""base_instructions":{"text":""# };

fn head(bytes: &[u8]) -> LineHead {
    let text = String::from_utf8_lossy(bytes);
    let (outer, payload) = text.split_once(r#""payload":"#).unwrap_or((&text, ""));
    let kind = value(outer, "type").unwrap_or_default();
    let stuff = match kind {
        "compacted" => Stuff::Compaction,
        "response_item" | "event_msg" if is_output(payload) => Stuff::ToolOutput,
        _another_kind => Stuff::Other,
    };
    let owner = (kind == "session_meta").then(|| value(payload, "id")).flatten();
    LineHead {
        stuff,
        owner: owner.map(str::to_owned),
        at: value(outer, "timestamp").and_then(|at| at.parse().ok()),
    }
}

/// Outputs for the model, and the same once more as an event.
fn is_output(payload: &str) -> bool {
    const KINDS: [&str; 6] = [
        "function_call_output",
        "custom_tool_call_output",
        "mcp_tool_call_output",
        "exec_command_end",
        "mcp_tool_call_end",
        "patch_apply_end",
    ];
    let kind = value(payload, "type").unwrap_or_default();
    KINDS.contains(&kind) || (kind == "item_completed" && payload.contains(r#""CommandExecution""#))
}

/// The first text of this name.
fn value<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let at = text.find(&format!("\"{name}\":\""))? + name.len() + 4;
    text[at..].split_once('"').map(|(value, _)| value)
}
