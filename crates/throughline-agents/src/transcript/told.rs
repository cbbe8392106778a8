//! Items as Codex's app-server tells them to its clients: JSON in the shape of its `ThreadItem`.
//!
//! Codex's own transcripts of today hold those items nearly as they are ([`Dialect::tell`]); of all
//! others, older ones of Codex included, the items are told that [`Reader`](super::Reader) reads. What a
//! transcript does not say is null: it is never made up. Texts are as they were written: whoever shows them
//! takes the secrets out.

use std::path::Path;

use serde_json::{Value, json};

use super::lines::{Line, Lines};
use super::open::open_at;
use super::reader::items_of_line;
use super::{Change, Dialect, FileChange, Item, ItemKind, Limits, Offset, TranscriptError};

/// An item, told.
#[derive(Debug, Clone, PartialEq)]
pub struct ToldItem {
    /// Where its line starts, in bytes of the text.
    pub offset: u64,
    /// The turn that it names, or in which it stands.
    pub turn: Option<String>,
    /// When it began, in milliseconds since 1970.
    pub started: Option<i64>,
    /// When it ended.
    pub completed: Option<i64>,
    /// The item, without these times.
    pub item: Value,
}

/// What a line of a transcript tells as it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Exact {
    /// The turn.
    pub turn: Option<String>,
    /// When it began, in milliseconds since 1970.
    pub started: Option<i64>,
    /// When it ended.
    pub completed: Option<i64>,
    /// The item.
    pub item: Value,
}

/// A stretch of a transcript, in bytes of its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stretch {
    /// Where it begins, which is a line's start, and in which turn.
    pub from: Offset,
    /// The start of the last line that belongs to it.
    pub last: u64,
}

/// Tells every item of a stretch.
///
/// # Errors
/// [`TranscriptError`]; with `must_restart`, no line starts where the stretch does.
pub fn tell(
    path: &Path,
    stretch: Stretch,
    limits: &Limits,
    dialect: &Dialect,
) -> Result<Vec<ToldItem>, TranscriptError> {
    let source = open_at(path, stretch.from.bytes)?;
    let mut lines = match stretch.last == stretch.from.bytes {
        true => Lines::few(source, limits.longest_line),
        false => Lines::new(source, limits.longest_line),
    };
    let Offset { bytes: mut offset, mut turn } = stretch.from;
    let mut told = Vec::new();
    while offset <= stretch.last {
        let line = lines.read();
        let line =
            line.map_err(|source| TranscriptError::Read { path: path.to_owned(), offset, source })?;
        match line {
            None => break,
            Some(Line::TooLong) => {}
            Some(Line::Whole) => {
                let at = Offset { bytes: offset, turn: turn.take() };
                let items = of_line(lines.text(), at, limits, dialect, &mut turn);
                told.extend(items);
            }
        }
        offset += lines.length;
    }
    Ok(told)
}

fn of_line(
    line: &[u8],
    at: Offset,
    limits: &Limits,
    dialect: &Dialect,
    turn: &mut Option<String>,
) -> Vec<ToldItem> {
    let offset = at.bytes;
    if let Some(exact) = dialect.tell.and_then(|tell| tell(line.trim_ascii())) {
        *turn = exact.turn.clone().or(at.turn);
        let Exact { started, completed, item, .. } = exact;
        return vec![ToldItem { offset, turn: turn.clone(), started, completed, item }];
    }
    let (items, goes_on) = items_of_line(line, at, limits, dialect);
    *turn = goes_on;
    items.iter().enumerate().filter_map(|(number, item)| of_item(item, number)).collect()
}

/// An item of a transcript that has no such items itself; `number` counts those of its line.
fn of_item(item: &Item, number: usize) -> Option<ToldItem> {
    let id = match number {
        0 => format!("item-{}", item.offset),
        _ => format!("item-{}-{number}", item.offset),
    };
    let at = item.at.map(jiff::Timestamp::as_millisecond);
    Some(ToldItem {
        offset: item.offset,
        turn: item.turn.clone(),
        started: at,
        completed: at,
        item: shape(&item.kind, &id)?,
    })
}

fn shape(kind: &ItemKind, id: &str) -> Option<Value> {
    Some(match kind {
        ItemKind::Prompt { text } => json!({
            "type": "userMessage", "id": id, "clientId": null,
            "content": [{ "type": "text", "text": text, "text_elements": [] }],
        }),
        ItemKind::Answer { text } => json!({
            "type": "agentMessage", "id": id, "text": text, "phase": null, "moderation": null,
            "memoryCitation": null, "delivery": null, "questions": null,
        }),
        ItemKind::Command { command, exit_code, cwd, .. } => json!({
            "type": "commandExecution", "id": id, "command": command, "cwd": cwd,
            "source": "agent", "status": outcome(*exit_code), "exitCode": exit_code,
            "commandActions": [{ "type": "unknown", "command": command }],
            "aggregatedOutput": null, "durationMs": null, "processId": null, "pluginId": null,
            "scriptPath": null,
        }),
        ItemKind::FilesChanged { files } => {
            let changes: Vec<_> = files.iter().map(change).collect();
            json!({ "type": "fileChange", "id": id, "changes": changes, "status": "completed" })
        }
        ItemKind::McpCall { server, tool } => json!({
            "type": "mcpToolCall", "id": id, "server": server, "tool": tool, "arguments": null,
            "status": "completed", "result": null, "error": null, "durationMs": null,
        }),
        ItemKind::Compacted => json!({ "type": "contextCompaction", "id": id }),
        ItemKind::Meta(_)
        | ItemKind::Settings { .. }
        | ItemKind::TurnStarted
        | ItemKind::TurnEnded { .. }
        | ItemKind::TurnAborted { .. }
        | ItemKind::ToolCall { .. }
        | ItemKind::Subagent(_)
        | ItemKind::Plan { .. }
        | ItemKind::Usage { .. }
        | ItemKind::Injected => return None,
    })
}

/// A command of which nobody says how it ended has run.
fn outcome(exit_code: Option<i32>) -> &'static str {
    if exit_code.unwrap_or_default() == 0 { "completed" } else { "failed" }
}

fn change(change: &FileChange) -> Value {
    let kind = match change.change {
        Change::Added => json!({ "type": "add" }),
        Change::Updated => json!({ "type": "update", "move_path": change.moved_to }),
        Change::Deleted => json!({ "type": "delete" }),
    };
    json!({ "path": change.path, "kind": kind, "diff": "" })
}
