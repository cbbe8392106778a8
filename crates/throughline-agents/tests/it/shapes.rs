//! Lines as the agents write them, in our own words.

use serde_json::{Value, json};
use throughline_agents::transcript::{
    Dialect, Item, ItemKind, Limits, Offset, Tail, TranscriptError, read_from,
};
use throughline_agents::{claude, codex};

/// One way to write a transcript.
pub(crate) struct Shape {
    pub(crate) name: &'static str,
    pub(crate) dialect: Dialect,
    /// A line that says what the user said.
    pub(crate) prompt: fn(&str) -> String,
    /// A line of a known kind whose members are wrong.
    pub(crate) odd: &'static str,
}

pub(crate) const SHAPES: [Shape; 3] = [
    Shape {
        name: "codex, paginated",
        dialect: codex::SPEC.transcript,
        prompt: paginated,
        odd: r#"{"timestamp":"2026-01-02T03:04:05Z","ordinal":1,"type":"event_msg","payload":{"type":"turn_aborted","reason":1}}"#,
    },
    Shape {
        name: "codex, legacy",
        dialect: codex::SPEC.transcript,
        prompt: legacy,
        odd: r#"{"timestamp":"2026-01-02T03:04:05Z","type":"event_msg","payload":{"type":"user_message","message":null}}"#,
    },
    Shape {
        name: "claude",
        dialect: claude::SPEC.transcript,
        prompt: of_claude,
        odd: r#"{"parentUuid":"p","type":"user","uuid":"u","message":{"role":"user","content":5}}"#,
    },
];

/// What a file was read to.
pub(crate) struct Outcome {
    pub(crate) prompts: Vec<String>,
    pub(crate) tail: Tail,
    pub(crate) error: Option<TranscriptError>,
}

impl Shape {
    pub(crate) fn prompts(&self, texts: &[&str]) -> String {
        texts.iter().map(|text| (self.prompt)(text)).collect()
    }

    /// Reads the bytes as a file of this name.
    pub(crate) fn read(&self, name: &str, bytes: &[u8], limits: &Limits) -> Outcome {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let mut reader = read_from(&path, Offset::default(), limits, &self.dialect).unwrap();
        let (mut prompts, mut error) = (Vec::new(), None);
        for item in reader.by_ref() {
            match item {
                Ok(Item { kind: ItemKind::Prompt { text }, .. }) => prompts.push(text),
                Ok(_) => {}
                Err(failed) => error = Some(failed),
            }
        }
        Outcome { prompts, tail: reader.finish(), error }
    }
}

fn with_end(line: &str) -> String {
    format!("{line}\n")
}

/// An object that starts as the agent starts it; maps of `serde_json` sort their keys.
fn starting(start: &str, rest: &Value) -> String {
    with_end(&rest.to_string().replacen('{', &format!("{{{start},"), 1))
}

const AT: &str = r#""timestamp":"2026-01-02T03:04:05.006Z""#;

/// A line of Codex's.
pub(crate) fn codex_line(kind: &str, payload: &Value) -> String {
    let start = format!(r#"{AT},"ordinal":1"#);
    starting(&start, &json!({"type": kind, "payload": payload}))
}

/// A finished item of Codex's.
pub(crate) fn completed(item: &Value) -> String {
    let payload = json!({"thread_id": "th", "turn_id": "t1", "item": item});
    codex_line("event_msg", &typed("item_completed", &payload))
}

/// With its type first, as Codex writes it.
fn typed(kind: &str, payload: &Value) -> Value {
    let mut typed = json!({"type": kind});
    typed.as_object_mut().unwrap().extend(payload.as_object().unwrap().clone());
    typed
}

fn paginated(text: &str) -> String {
    completed(&json!({"type": "UserMessage", "content": [{"type": "text", "text": text}]}))
}

fn legacy(text: &str) -> String {
    let payload = json!({"type": "user_message", "message": text, "kind": "plain"});
    starting(AT, &json!({"type": "event_msg", "payload": payload}))
}

/// A line of Claude Code's.
pub(crate) fn claude_line(kind: &str, own: &Value) -> String {
    let line = json!({
        "isSidechain": false, "userType": "external", "cwd": "/w", "sessionId": "s1",
        "version": "2.1.12", "gitBranch": "main", "timestamp": "2026-01-02T03:04:05.006Z",
        "uuid": "u", "type": kind,
    });
    let mut line = line;
    line.as_object_mut().unwrap().extend(own.as_object().unwrap().clone());
    starting(r#""parentUuid":"p""#, &line)
}

fn of_claude(text: &str) -> String {
    claude_line("user", &json!({"message": {"role": "user", "content": text}}))
}
