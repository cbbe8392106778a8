//! Transcripts as an agent leaves them, made for tests of `thru threads`.

use std::path::PathBuf;

use serde_json::{Value, json};
use throughline_testkit::World;

/// A conversation that is to be written.
pub(crate) struct Rollout {
    id: String,
    meta: Value,
    lines: Vec<String>,
    minute: u32,
}

/// The full name of conversation `number`.
pub(crate) fn id(number: u32) -> String {
    format!("0199a{number:03x}-0000-7000-8000-{number:012x}")
}

impl Rollout {
    /// One in the world's repository on `main`, that began in that minute of the day.
    pub(crate) fn new(world: &World, number: u32) -> Self {
        let meta = json!({
            "id": id(number), "session_id": id(number), "cwd": world.repo(), "source": "exec",
            "originator": "codex_exec", "cli_version": "0.169.0", "model_provider": "mock",
            "history_mode": "paginated", "timestamp": time(number),
            "git": { "branch": "main", "commit_hash": "1111111111111111111111111111111111111111" },
        });
        Self { id: id(number), meta, lines: Vec::new(), minute: number }
    }

    /// Another value in its head.
    pub(crate) fn meta(mut self, name: &str, value: Value) -> Self {
        self.meta[name] = value;
        self
    }

    /// A line as it is.
    pub(crate) fn line(mut self, kind: &str, payload: Value) -> Self {
        let at = time(self.minute);
        let ordinal = self.lines.len() + 1;
        // As Codex writes it: what tells the kinds of lines apart stands first.
        self.lines.push(format!(
            r#"{{"timestamp":"{at}","ordinal":{ordinal},"type":"{kind}","payload":{payload}}}"#
        ));
        self
    }

    /// A turn with a prompt and its answer.
    pub(crate) fn turn(self, prompt: &str, answer: &str) -> Self {
        let turn = format!("t{}", self.lines.len());
        let of = |item: Value| json!({ "type": "item_completed", "turn_id": turn, "item": item });
        let said = json!([{ "type": "text", "text": prompt }]);
        let answered = json!([{ "type": "Text", "text": answer }]);
        self.line("event_msg", json!({ "type": "task_started", "turn_id": turn }))
            .line("event_msg", of(json!({ "type": "UserMessage", "id": "u", "content": said })))
            .line(
                "event_msg",
                of(json!({ "type": "AgentMessage", "id": "a", "content": answered })),
            )
            .line("event_msg", json!({ "type": "task_complete", "turn_id": turn }))
    }

    /// Its text.
    pub(crate) fn text(&self) -> String {
        let (at, meta) = (time(self.minute), &self.meta);
        let head =
            format!(r#"{{"timestamp":"{at}","ordinal":0,"type":"session_meta","payload":{meta}}}"#);
        let lines = std::iter::once(&head).chain(&self.lines);
        lines.map(|line| format!("{line}\n")).collect()
    }

    /// Where it lies below `sessions`.
    pub(crate) fn path(&self, world: &World) -> PathBuf {
        let folder = world.codex_home().join("sessions/2026/11/20");
        folder.join(format!("rollout-2026-11-20T10-{:02}-00-{}.jsonl", self.minute, self.id))
    }

    /// Writes it; where it lies.
    pub(crate) fn write(&self, world: &World) -> PathBuf {
        let path = self.path(world);
        world.write(&path, self.text());
        path
    }
}

fn time(minute: u32) -> String {
    format!("2026-11-20T10:{minute:02}:00.000Z")
}
