//! Words of transcripts: what the index points at is read from the original, and shown redacted.

use throughline_agents::agent::{self, AgentSpec};
use throughline_agents::transcript::{Item, ItemKind, Limits, item_at};
use throughline_model::redact::redact;
use throughline_store::index::Source;

/// How much of a text stands on each side of what was found, in characters.
const CONTEXT: usize = 70;

/// The agent of a transcript. A newer index may know more agents.
pub(super) fn agent_of(source: &Source) -> Option<&'static AgentSpec> {
    agent::find(&source.found.agent)
}

/// The text of an item, if it has one.
pub(super) fn text_of(item: &Item) -> Option<String> {
    let text = match &item.kind {
        ItemKind::Prompt { text } | ItemKind::Answer { text } => text.clone(),
        ItemKind::Command { command, .. } => command.clone(),
        ItemKind::FilesChanged { files } => {
            let paths: Vec<_> = files.iter().map(|file| file.path.to_string_lossy()).collect();
            paths.join(" ")
        }
        ItemKind::Plan { steps } => {
            let steps: Vec<_> = steps.iter().map(|step| step.text.as_str()).collect();
            steps.join("; ")
        }
        ItemKind::Meta(_)
        | ItemKind::TurnStarted
        | ItemKind::TurnEnded { .. }
        | ItemKind::TurnAborted { .. }
        | ItemKind::Settings { .. }
        | ItemKind::ToolCall { .. }
        | ItemKind::McpCall { .. }
        | ItemKind::Subagent(_)
        | ItemKind::Usage { .. }
        | ItemKind::Compacted
        | ItemKind::Injected => return None,
    };
    Some(redact(&text).into_owned())
}

/// The text that starts at this byte of a transcript.
pub(super) fn text_at(source: &Source, offset: u64) -> Option<String> {
    let dialect = &agent_of(source)?.transcript;
    let items = item_at(&source.found.path, offset, &Limits::default(), dialect).ok()?;
    items.iter().find_map(text_of)
}

/// The part of a text around the first of these words, on one line.
pub(super) fn snippet(text: &str, words: &[String]) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let lower = text.to_lowercase();
    let found = words.iter().filter_map(|word| lower.find(word.as_str())).min().unwrap_or(0);
    // Lower-casing can change the length of what stands before; near is near enough.
    let at = text.floor_char_boundary(found.min(text.len()));
    let before = text[..at].chars().rev().take(CONTEXT).map(char::len_utf8).sum::<usize>();
    let after = text[at..].chars().take(2 * CONTEXT).map(char::len_utf8).sum::<usize>();
    let (start, end) = (at - before, at + after);
    let lead = if start > 0 { "…" } else { "" };
    let trail = if end < text.len() { "…" } else { "" };
    format!("{lead}{}{trail}", &text[start..end])
}
