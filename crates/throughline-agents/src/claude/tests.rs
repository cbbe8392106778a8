//! Tests of `claude`.

use serde_json::{Value, json};

use super::SPEC;
use crate::transcript::{Item, Limits, Offset, Skipped, Tail, read_from};

fn read(text: &str) -> (Vec<Item>, Tail) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("s1.jsonl");
    std::fs::write(&path, text).expect("a file");
    let mut reader =
        read_from(&path, Offset::default(), &Limits::default(), &SPEC.transcript).expect("opened");
    let items = reader.by_ref().collect::<Result<_, _>>().expect("readable");
    (items, reader.finish())
}

fn shown(lines: &[Value]) -> String {
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let (items, tail) = read(&text);
    assert_eq!(tail.skipped, Skipped::default());
    let turn = |item: &Item| item.turn.clone().unwrap_or("-".into());
    items.iter().map(|item| format!("{} {:?}\n", turn(item), item.kind)).collect()
}

/// A line with what every line has, and `own` in addition or instead.
fn line(kind: &str, uuid: &str, own: Value) -> Value {
    let mut line = json!({
        "parentUuid": "p", "isSidechain": false, "userType": "external", "cwd": "/w",
        "sessionId": "s1", "version": "2.1.12", "gitBranch": "main", "type": kind, "uuid": uuid,
        "timestamp": "2026-01-02T03:04:05.006Z",
    });
    let (all, own) = (line.as_object_mut().expect("an object"), own.as_object().expect("one"));
    all.extend(own.clone());
    line
}

fn user(uuid: &str, content: Value) -> Value {
    line("user", uuid, json!({"message": {"role": "user", "content": content}}))
}

fn answer(id: &str, content: Value, stop: Option<&str>) -> Value {
    let usage = json!({
        "input_tokens": 1, "cache_creation_input_tokens": 20, "cache_read_input_tokens": 300,
        "output_tokens": 7, "service_tier": "standard",
    });
    let message = json!({
        "id": id, "type": "message", "role": "assistant", "model": "claude-x",
        "content": [content], "usage": usage, "stop_reason": stop,
    });
    line("assistant", id, json!({"message": message, "requestId": "r"}))
}

fn call(id: &str, tool: &str, input: Value) -> Value {
    answer(id, json!({"type": "tool_use", "id": "c", "name": tool, "input": input}), None)
}

fn result(own: Value) -> Value {
    let content = json!([{"type": "tool_result", "tool_use_id": "c", "content": "secret"}]);
    line("user", "r", json!({"message": {"content": content}, "toolUseResult": own}))
}

#[test]
fn a_session() {
    let mut first = user("u1", json!("fix it\nsee data:image/png;base64,AAAA above"));
    first["parentUuid"] = Value::Null;
    let text = json!({"type": "text", "text": "looking"});
    let patch = json!([{"lines": ["+secret"]}]);
    let lines = [
        json!({"type": "summary", "summary": "another session's", "leafUuid": "x"}),
        json!({"type": "file-history-snapshot", "messageId": "x", "snapshot": {}}),
        first,
        answer("m1", json!({"type": "thinking", "thinking": "secret", "signature": "s"}), None),
        answer("m1", text, None),
        call("m1", "Bash", json!({"command": "make && git commit -m x", "description": "secret"})),
        result(json!({"stdout": "[main 1a2b3c4] secret", "stderr": "", "interrupted": false})),
        call(
            "m2",
            "TodoWrite",
            json!({"todos": [
            {"content": "a", "status": "completed", "activeForm": "doing a"},
            {"content": "b", "status": "in_progress", "activeForm": "doing b"}]}),
        ),
        call("m3", "Write", json!({"file_path": "/w/new", "content": "secret"})),
        result(json!({"type": "create", "filePath": "/w/new", "content": "secret"})),
        call("m4", "Edit", json!({"file_path": "/w/old"})),
        result(json!({"filePath": "/w/old", "oldString": "secret", "structuredPatch": patch})),
        call("m5", "Edit", json!({"file_path": "/w/refused"})),
        result(json!("Error: secret")),
        call("m6", "Read", json!({"file_path": "/w/old"})),
        result(json!({"type": "text", "file": {"filePath": "/w/old", "content": "secret"}})),
        result(json!({"notebook_path": "/w/n.ipynb", "new_source": "secret", "error": ""})),
        result(json!({"plan": "secret", "filePath": "/plans/x.md"})),
        call("m7", "mcp__thru__next_steps", json!({})),
        call("m8", "Task", json!({"prompt": "secret"})),
        result(json!({"status": "completed", "agentId": "a1", "content": "secret"})),
        answer("m9", json!({"type": "text", "text": "done"}), Some("end_turn")),
        line("system", "x", json!({"subtype": "turn_duration", "durationMs": 5})),
    ];
    let shown = shown(&lines);
    assert!(!shown.contains("secret") && !shown.contains("base64"));
    insta::assert_snapshot!(shown, @r#"
    u1 Meta(Meta { thread: "s1", session: "s1", cwd: Some("/w"), commit: None, branch: Some("main"), forked_from: None, base: None, parent: None, nickname: None, agent_path: None, role: None, started: Some(2026-01-02T03:04:05.006Z), originator: None, source: None, provider: None, agent_version: Some("2.1.12"), repository: None })
    u1 TurnStarted
    u1 Prompt { text: "fix it\nsee [image] above" }
    u1 Settings { model: Some("claude-x"), effort: None }
    u1 Usage { of: Message { id: "m1" }, tokens: TokenCount { input: 321, cached: 300, output: 7, reasoning: 0 } }
    u1 Answer { text: "looking" }
    u1 Command { command: "make && git commit -m x", exit_code: None, cwd: Some("/w"), commit: None }
    u1 Plan { steps: [PlanStep { text: "a", status: Completed }, PlanStep { text: "b", status: InProgress }] }
    u1 Usage { of: Message { id: "m2" }, tokens: TokenCount { input: 321, cached: 300, output: 7, reasoning: 0 } }
    u1 ToolCall { tool: "Write" }
    u1 Usage { of: Message { id: "m3" }, tokens: TokenCount { input: 321, cached: 300, output: 7, reasoning: 0 } }
    u1 FilesChanged { files: [FileChange { path: "/w/new", change: Added, moved_to: None }] }
    u1 ToolCall { tool: "Edit" }
    u1 Usage { of: Message { id: "m4" }, tokens: TokenCount { input: 321, cached: 300, output: 7, reasoning: 0 } }
    u1 FilesChanged { files: [FileChange { path: "/w/old", change: Updated, moved_to: None }] }
    u1 ToolCall { tool: "Edit" }
    u1 Usage { of: Message { id: "m5" }, tokens: TokenCount { input: 321, cached: 300, output: 7, reasoning: 0 } }
    u1 ToolCall { tool: "Read" }
    u1 Usage { of: Message { id: "m6" }, tokens: TokenCount { input: 321, cached: 300, output: 7, reasoning: 0 } }
    u1 FilesChanged { files: [FileChange { path: "/w/n.ipynb", change: Updated, moved_to: None }] }
    u1 McpCall { server: "thru", tool: "next_steps" }
    u1 Usage { of: Message { id: "m7" }, tokens: TokenCount { input: 321, cached: 300, output: 7, reasoning: 0 } }
    u1 ToolCall { tool: "Task" }
    u1 Usage { of: Message { id: "m8" }, tokens: TokenCount { input: 321, cached: 300, output: 7, reasoning: 0 } }
    u1 Subagent(SubagentActivity { thread: "a1", agent_path: None, activity: "completed" })
    u1 Answer { text: "done" }
    u1 Usage { of: Message { id: "m9" }, tokens: TokenCount { input: 321, cached: 300, output: 7, reasoning: 0 } }
    u1 TurnEnded { last_message: None }
    "#);
}

#[test]
fn who_speaks() {
    let mut meta = user("i1", json!("harness"));
    meta["isMeta"] = json!(true);
    let mut summary = user("i2", json!("This session is being continued …"));
    summary["isCompactSummary"] = json!(true);
    let mut boundary = line("system", "b", json!({"subtype": "compact_boundary"}));
    boundary["parentUuid"] = Value::Null;
    boundary["logicalParentUuid"] = json!("p");
    let mut failed = answer("m1", json!({"type": "text", "text": "API Error"}), None);
    failed["isApiErrorMessage"] = json!(true);
    let mut inline = user("i3", json!("delegated"));
    inline["isSidechain"] = json!(true);
    let mut inline_answer = answer("m2", json!({"type": "text", "text": "of an inline one"}), None);
    inline_answer["isSidechain"] = json!(true);
    let mut inline_call = call("m3", "Bash", json!({"command": "ls"}));
    inline_call["isSidechain"] = json!(true);
    let command = "<command-message>review</command-message>\n<command-name>/review</command-name>\n\
                   <command-args>the diff</command-args>";
    let lines = [
        meta,
        user(
            "u1",
            json!([{"type": "text", "text": "<system-reminder>x</system-reminder>"},
            {"type": "image", "source": {"data": "AAAA"}}, {"type": "text", "text": "look"}]),
        ),
        user("i4", json!([{"type": "text", "text": "<ide_opened_file>x</ide_opened_file>"}])),
        user("u2", json!(command)),
        user("i5", json!("<local-command-stdout>x</local-command-stdout>")),
        user("i6", json!([{"type": "text", "text": "[Request interrupted by user for tool use]"}])),
        user("u3", json!([{"type": "image", "source": {"data": "AAAA"}}])),
        boundary,
        summary,
        failed,
        inline,
        inline_answer,
        inline_call,
    ];
    insta::assert_snapshot!(shown(&lines), @r#"
    - Injected
    u1 TurnStarted
    u1 Prompt { text: "look" }
    u1 Injected
    u2 TurnStarted
    u2 Prompt { text: "/review the diff" }
    u2 Injected
    u2 TurnAborted { reason: "interrupted" }
    u3 TurnStarted
    u3 Prompt { text: "" }
    u3 Compacted
    u3 Injected
    u3 Injected
    u3 Usage { of: Message { id: "m2" }, tokens: TokenCount { input: 321, cached: 300, output: 7, reasoning: 0 } }
    u3 Command { command: "ls", exit_code: None, cwd: Some("/w"), commit: None }
    u3 Usage { of: Message { id: "m3" }, tokens: TokenCount { input: 321, cached: 300, output: 7, reasoning: 0 } }
    "#);
}

#[test]
fn a_subagent_and_a_fork_say_whose_they_are() {
    let mut subagent = user("u1", json!("delegated"));
    let own =
        json!({"parentUuid": null, "isSidechain": true, "agentId": "a1", "gitBranch": "HEAD"});
    subagent.as_object_mut().expect("one").extend(own.as_object().expect("one").clone());
    let mut fork = user("u2", json!("go on"));
    let own = json!({"parentUuid": null, "forkedFrom": {"sessionId": "s0", "messageUuid": "x"},
        "entrypoint": "cli", "gitBranch": ""});
    fork.as_object_mut().expect("one").extend(own.as_object().expect("one").clone());
    insta::assert_snapshot!(shown(&[subagent, fork]), @r#"
    u1 Meta(Meta { thread: "a1", session: "s1", cwd: Some("/w"), commit: None, branch: None, forked_from: None, base: None, parent: Some("s1"), nickname: None, agent_path: None, role: None, started: Some(2026-01-02T03:04:05.006Z), originator: None, source: Some("subagent"), provider: None, agent_version: Some("2.1.12"), repository: None })
    u1 TurnStarted
    u1 Prompt { text: "delegated" }
    u2 Meta(Meta { thread: "s1", session: "s1", cwd: Some("/w"), commit: None, branch: None, forked_from: Some("s0"), base: None, parent: None, nickname: None, agent_path: None, role: None, started: Some(2026-01-02T03:04:05.006Z), originator: None, source: Some("cli"), provider: None, agent_version: Some("2.1.12"), repository: None })
    u2 TurnStarted
    u2 Prompt { text: "go on" }
    "#);
}

#[test]
fn what_is_not_as_expected_is_counted_and_costs_no_more_than_itself() {
    let good = user("u1", json!("good")).to_string();
    let todo = json!({"todos": [{"content": "a", "status": "someday"}]});
    let cases = [
        (call("m", "TodoWrite", todo), 1, "Settings, ToolCall, Usage"),
        (call("m", "Bash", json!({"command": 1})), 1, "Settings, ToolCall, Usage"),
        (user("u", json!(5)), 1, ""),
        (user("u", json!([{"no": "type"}])), 1, ""),
        (result(json!([1, 2])), 0, ""),
        (line("user", "u", json!({"message": null})), 0, ""),
        (line("something-new", "u", json!({"message": 5})), 0, ""),
    ];
    for (line, odd, kinds) in cases {
        let (items, tail) = read(&format!("{line}\n{good}\n"));
        assert_eq!(tail.skipped, Skipped { odd, ..Skipped::default() }, "{line}");
        let kind = |item: &Item| {
            let shown = format!("{:?}", item.kind);
            shown.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default().to_owned()
        };
        let expected =
            format!("{kinds}{}TurnStarted, Prompt", if kinds.is_empty() { "" } else { ", " });
        assert_eq!(items.iter().map(kind).collect::<Vec<_>>().join(", "), expected, "{line}");
    }
}
