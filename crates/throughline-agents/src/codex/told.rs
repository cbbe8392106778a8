//! A line of a paginated rollout → the item that it holds, as Codex's app-server tells it.
//!
//! The rollout has the item in the form of Codex's insides (`CommandExecution`, `exit_code`), clients get
//! another (`commandExecution`, `exitCode`). Observed in release 0.169; an item of a kind that is not
//! known here is told with its members renamed and otherwise as it stands.

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use crate::transcript::Exact;

#[derive(Deserialize)]
struct Line<'a> {
    #[serde(rename = "type")]
    kind: String,
    #[serde(borrow)]
    payload: &'a RawValue,
}

#[derive(Deserialize)]
struct Completed {
    #[serde(rename = "type")]
    kind: String,
    turn_id: Option<String>,
    started_at_ms: Option<i64>,
    completed_at_ms: Option<i64>,
    item: Map<String, Value>,
}

/// The item of a line, if it holds one.
pub(super) fn tell(line: &[u8]) -> Option<Exact> {
    // Most lines hold none, and to parse them costs more than to look.
    if !line.windows(MARK.len()).take(NEAR).any(|window| window == MARK) {
        return None;
    }
    let line: Line<'_> = serde_json::from_slice(line).ok()?;
    let payload: Completed = serde_json::from_str(line.payload.get()).ok()?;
    if (line.kind.as_str(), payload.kind.as_str()) != ("event_msg", "item_completed") {
        return None;
    }
    Some(Exact {
        turn: payload.turn_id,
        started: payload.started_at_ms,
        completed: payload.completed_at_ms,
        item: item(payload.item)?,
    })
}

const MARK: &[u8] = b"item_completed";

/// The mark stands near the start of its line, behind time and number.
const NEAR: usize = 512;

fn item(mut inside: Map<String, Value>) -> Option<Value> {
    let kind = inside.remove("type")?.as_str()?.to_owned();
    let id = inside.get("id").cloned().unwrap_or_default();
    let mut take = |name: &str| inside.remove(name).unwrap_or_default();
    Some(match kind.as_str() {
        "UserMessage" => json!({
            "type": "userMessage", "id": id, "clientId": take("client_id"),
            "content": each(take("content"), input),
        }),
        "AgentMessage" => json!({
            "type": "agentMessage", "id": id, "text": text(&take("content")),
            "phase": take("phase"), "memoryCitation": camel(take("memory_citation")),
            "moderation": camel(take("moderation")), "delivery": take("delivery"),
            "questions": camel(take("questions")),
        }),
        "Reasoning" => json!({
            "type": "reasoning", "id": id, "summary": list(take("summary_text")),
            "content": list(take("raw_content")),
        }),
        "CommandExecution" => command(&id, take),
        "FileChange" => json!({
            "type": "fileChange", "id": id, "changes": changes(take("changes")),
            "status": word(&take("status"), "completed"),
        }),
        _other => {
            let mut told = renamed(inside);
            if let Some(duration) = told.remove("duration") {
                told.insert("durationMs".to_owned(), milliseconds(&duration));
            }
            if let Some(status) = told.get_mut("status") {
                *status = word(status, "completed").into();
            }
            told.insert("type".to_owned(), lower_first(&kind).into());
            Value::Object(told)
        }
    })
}

fn command(id: &Value, mut take: impl FnMut(&str) -> Value) -> Value {
    let cwd = take("cwd");
    let cwd = cwd.as_str().map_or("", |cwd| cwd.strip_prefix("file://").unwrap_or(cwd)).to_owned();
    let argv = take("command");
    let argv: Vec<&str> = argv.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let output = take("aggregated_output");
    json!({
        "type": "commandExecution", "id": id,
        "command": shlex::try_join(argv.iter().copied()).unwrap_or_else(|_| argv.join(" ")),
        "processId": take("process_id"),
        "source": word(&take("source"), "agent"),
        "status": word(&take("status"), "completed"),
        "commandActions": each(take("parsed_cmd"), |action| parsed(action, &cwd)),
        "aggregatedOutput": if output == "" { Value::Null } else { output },
        "exitCode": take("exit_code"),
        "durationMs": milliseconds(&take("duration")),
        "pluginId": take("plugin_id"),
        "scriptPath": take("script_path"),
        "cwd": cwd,
    })
}

/// What Codex takes a command for.
fn parsed(mut action: Map<String, Value>, cwd: &str) -> Value {
    if let Some(command) = action.remove("cmd") {
        action.insert("command".to_owned(), command);
    }
    let kind = action.get("type").map(|kind| word(kind, "unknown"));
    if kind.as_deref() == Some("read")
        && let Some(path) = action.get_mut("path")
        && let Some(relative) = path.as_str().map(str::to_owned)
    {
        *path = json!(std::path::Path::new(cwd).join(relative));
    }
    action.insert("type".to_owned(), json!(kind));
    Value::Object(action)
}

/// Paths with what became of them, in their order.
fn changes(inside: Value) -> Value {
    let Value::Object(changes) = inside else { return json!([]) };
    let mut told: Vec<_> = changes.into_iter().collect();
    told.sort_by(|(a, _), (b, _)| a.cmp(b));
    told.into_iter().map(|(path, change)| changed(&path, &change)).collect()
}

fn changed(path: &str, change: &Value) -> Value {
    let kind = word(&change["type"], "update");
    let diff = if kind == "update" { &change["unified_diff"] } else { &change["content"] };
    let mut told = json!({ "path": path, "kind": { "type": kind }, "diff": diff.as_str().unwrap_or_default() });
    if kind == "update" {
        told["kind"]["move_path"] = change["move_path"].clone();
    }
    told
}

/// One piece of what a user sent.
fn input(piece: Map<String, Value>) -> Value {
    let mut told = renamed(piece);
    let kind = told.get("type").map_or_else(String::new, |kind| word(kind, "text"));
    if let Some(url) = told.remove("imageUrl") {
        told.insert("url".to_owned(), url);
    }
    // The one member that clients know by this name.
    let spans = told.remove("textElements");
    if kind == "text" {
        told.insert("text_elements".to_owned(), spans.unwrap_or_else(|| json!([])));
    }
    told.insert("type".to_owned(), kind.into());
    Value::Object(told)
}

/// The texts of a message, as one.
fn text(content: &Value) -> String {
    let pieces = content.as_array().into_iter().flatten();
    pieces.filter_map(|piece| piece["text"].as_str()).collect()
}

fn each(list: Value, tell: impl Fn(Map<String, Value>) -> Value) -> Value {
    let Value::Array(list) = list else { return json!([]) };
    let objects = list.into_iter().filter_map(|one| match one {
        Value::Object(members) => Some(tell(members)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            None
        }
    });
    objects.collect()
}

fn list(value: Value) -> Value {
    if value.is_array() { value } else { json!([]) }
}

fn milliseconds(duration: &Value) -> Value {
    let part = |name: &str| duration[name].as_u64();
    match (part("secs"), part("nanos")) {
        (Some(secs), Some(nanos)) => json!(secs.saturating_mul(1000) + nanos / 1_000_000),
        (_, _) => Value::Null,
    }
}

/// A word of Codex's insides as clients know it.
fn word(value: &Value, otherwise: &str) -> String {
    camel_case(value.as_str().unwrap_or(otherwise))
}

fn renamed(members: Map<String, Value>) -> Map<String, Value> {
    members.into_iter().map(|(name, value)| (camel_case(&name), value)).collect()
}

/// The names of an object and of all in it.
fn camel(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            members.into_iter().map(|(name, value)| (camel_case(&name), camel(value))).collect()
        }
        Value::Array(list) => list.into_iter().map(camel).collect(),
        plain @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => plain,
    }
}

fn camel_case(name: &str) -> String {
    let mut parts = name.split('_');
    let mut camel = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let mut letters = part.chars();
        camel.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        camel.push_str(letters.as_str());
    }
    camel
}

fn lower_first(name: &str) -> String {
    let mut letters = name.chars();
    let first = letters.next().map(|first| first.to_ascii_lowercase());
    first.into_iter().chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(item: &Value) -> Value {
        let payload = json!({ "type": "item_completed", "turn_id": "t1", "item": item, "started_at_ms": 5, "completed_at_ms": 9 });
        let line =
            json!({ "timestamp": "2026-11-22T00:00:00Z", "type": "event_msg", "payload": payload });
        let exact = tell(line.to_string().as_bytes()).expect("an item");
        assert_eq!(
            (exact.turn.as_deref(), exact.started, exact.completed),
            (Some("t1"), Some(5), Some(9))
        );
        exact.item
    }

    #[test]
    fn a_command_is_told_as_a_shell_reads_it() {
        let item = json!({
            "type": "CommandExecution", "id": "c", "process_id": "7", "command": ["/bin/bash", "-lc", "echo hi; cat a.txt"],
            "cwd": "file:///w", "source": "unified_exec_startup", "status": "completed", "aggregated_output": "",
            "parsed_cmd": [{ "type": "read", "cmd": "cat a.txt", "name": "a.txt", "path": "a.txt" }],
            "exit_code": 0, "duration": { "secs": 1, "nanos": 2_000_000 },
        });
        insta::assert_snapshot!(serde_json::to_string_pretty(&told(&item)).expect("JSON"), @r#"
        {
          "aggregatedOutput": null,
          "command": "/bin/bash -lc 'echo hi; cat a.txt'",
          "commandActions": [
            {
              "command": "cat a.txt",
              "name": "a.txt",
              "path": "/w/a.txt",
              "type": "read"
            }
          ],
          "cwd": "/w",
          "durationMs": 1002,
          "exitCode": 0,
          "id": "c",
          "pluginId": null,
          "processId": "7",
          "scriptPath": null,
          "source": "unifiedExecStartup",
          "status": "completed",
          "type": "commandExecution"
        }
        "#);
    }

    #[test]
    fn files_are_told_in_the_order_of_their_paths() {
        let changes = json!({
            "/w/b": { "type": "add", "content": "x\n" },
            "/w/a": { "type": "update", "unified_diff": "@@ -1 +1 @@\n", "move_path": "/w/c" },
        });
        let item =
            json!({ "type": "FileChange", "id": "f", "changes": changes, "status": "completed" });
        let expected = json!([
            { "path": "/w/a", "kind": { "type": "update", "move_path": "/w/c" }, "diff": "@@ -1 +1 @@\n" },
            { "path": "/w/b", "kind": { "type": "add" }, "diff": "x\n" },
        ]);
        assert_eq!(told(&item)["changes"], expected);
    }

    #[test]
    fn what_is_not_known_is_told_with_its_members_renamed() {
        let item = json!({ "type": "McpToolCall", "id": "m", "server": "s", "tool": "t", "arguments": { "a_b": 1 }, "status": "in_progress", "duration": { "secs": 0, "nanos": 5_000_000 } });
        let expected = json!({ "type": "mcpToolCall", "id": "m", "server": "s", "tool": "t", "arguments": { "a_b": 1 }, "status": "inProgress", "durationMs": 5 });
        assert_eq!(told(&item), expected);
        assert_eq!(told(&json!({ "type": "Sleep", "id": 1 }))["type"], "sleep");
    }

    #[test]
    fn other_lines_hold_no_item() {
        for line in [
            "",
            "item_completed",
            r#"{"type":"event_msg","payload":{"type":"token_count"}}"#,
            r#"{"type":"response_item","payload":{"type":"item_completed","item":{"type":"Sleep"}}}"#,
            r#"{"type":"event_msg","payload":{"type":"item_completed","item":{}}}"#,
            r#"{"type":"event_msg","payload":{"type":"item_completed","item":7}}"#,
        ] {
            assert_eq!(tell(line.as_bytes()), None, "{line}");
        }
    }
}
