//! Transcripts of sessions that said what a test wants, as Codex 0.169 writes them.

use std::path::PathBuf;

use serde_json::{Value, json};
use throughline_testkit::World;

/// One turn.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Turn<'a> {
    pub(crate) prompt: &'a str,
    pub(crate) answer: &'a str,
    /// With what each ended.
    pub(crate) commands: &'a [(&'a str, i32)],
    /// Below the worktree.
    pub(crate) files: &'a [&'a str],
    /// A server of which a tool was called.
    pub(crate) server: Option<&'a str>,
}

/// A session on a day of November 2026.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Session<'a> {
    pub(crate) id: &'a str,
    pub(crate) day: u8,
    pub(crate) branch: &'a str,
}

impl Session<'_> {
    fn line(&self, minute: usize, kind: &str, payload: &Value) -> String {
        let at = format!("2026-11-{:02}T10:{minute:02}:00.000Z", self.day);
        format!("{}\n", json!({ "timestamp": at, "type": kind, "payload": payload }))
    }

    fn turn(&self, world: &World, minute: usize, turn: &Turn<'_>) -> String {
        let id = format!("turn-{minute}");
        let event = |payload: Value| self.line(minute, "event_msg", &payload);
        let item =
            |item: Value| event(json!({ "type": "item_completed", "turn_id": id, "item": item }));
        let text = |text: &str| json!([{ "type": "text", "text": text }]);
        let mut lines = vec![
            event(json!({ "type": "task_started", "turn_id": id })),
            item(json!({ "type": "UserMessage", "content": text(turn.prompt) })),
        ];
        lines.extend(turn.commands.iter().map(|(command, code)| {
            item(json!({
                "type": "CommandExecution", "command": ["bash", "-lc", command],
                "status": "completed", "exit_code": code,
            }))
        }));
        if !turn.files.is_empty() {
            let path = |file: &&str| world.repo().join(file).to_string_lossy().into_owned();
            let changes: serde_json::Map<String, Value> =
                turn.files.iter().map(|file| (path(file), json!({ "type": "update" }))).collect();
            let change = json!({ "type": "FileChange", "changes": changes, "status": "completed" });
            lines.push(item(change));
        }
        if let Some(server) = turn.server {
            lines.push(item(json!({ "type": "McpToolCall", "server": server, "tool": "read" })));
        }
        lines.push(item(json!({ "type": "AgentMessage", "content": text(turn.answer) })));
        lines.push(event(
            json!({ "type": "task_complete", "turn_id": id, "last_agent_message": turn.answer }),
        ));
        lines.concat()
    }

    /// Writes its transcript, in place of the one that it had.
    pub(crate) fn says(&self, world: &World, turns: &[Turn<'_>]) -> PathBuf {
        let meta = json!({
            "id": self.id, "session_id": self.id, "cwd": world.repo(),
            "git": { "branch": self.branch }, "source": "cli", "originator": "codex_cli",
            "cli_version": "0.169.0", "timestamp": format!("2026-11-{:02}T10:00:00Z", self.day),
        });
        let mut text = self.line(/*minute*/ 0, "session_meta", &meta);
        for (minute, turn) in turns.iter().enumerate() {
            text.push_str(&self.turn(world, minute, turn));
        }
        let name = format!("sessions/2026/11/{:02}/rollout-{}.jsonl", self.day, self.id);
        let path = world.codex_home().join(name);
        world.write(&path, text);
        path
    }
}
