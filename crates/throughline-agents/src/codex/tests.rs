//! Tests of `codex`.

use proptest::prelude::*;
use serde_json::{Value, json};
use throughline_model::plan::PlanStep;
use throughline_model::state::Status;

use super::HOOKS;
use crate::hook::{
    HookAnswer, HookCall, HookError, HookEvent, StartSource, Tool, ToolOutcome, ToolUse,
};

/// What Codex sends with every event, and the event's own members.
fn input(event: &str, own: &Value) -> Vec<u8> {
    let mut call = json!({
        "session_id": "01a1", "transcript_path": "/h/rollout.jsonl", "cwd": "/w",
        "hook_event_name": event, "model": "gpt", "permission_mode": "default",
        "turn_id": "t1", "a_later_member": {"x": [1]},
    });
    let members = call.as_object_mut().expect("an object");
    members.extend(own.as_object().expect("an object").clone());
    call.to_string().into_bytes()
}

fn event(name: &str, own: Value) -> HookEvent {
    (HOOKS.parse)(&input(name, &own)).expect("right input").expect("an event of ours").event
}

fn tool(own: Value) -> Tool {
    match event("PreToolUse", own) {
        HookEvent::ToolStarting { tool } => tool.kind,
        other => panic!("not a tool: {other:?}"),
    }
}

fn problem(input: &[u8]) -> String {
    let error = (HOOKS.parse)(input).expect_err("wrong input");
    let detail = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
    format!("{error}: {detail}").trim_end().to_owned()
}

#[test]
fn the_common_members() {
    let own = json!({"prompt": "do it", "agent_id": "a1", "agent_type": "worker"});
    let call = (HOOKS.parse)(&input("UserPromptSubmit", &own)).expect("right").expect("ours");
    let expected = HookCall {
        session: "01a1".into(),
        turn: Some("t1".into()),
        agent: Some("a1".into()),
        agent_type: Some("worker".into()),
        cwd: "/w".into(),
        transcript: Some("/h/rollout.jsonl".into()),
        model: Some("gpt".into()),
        permission_mode: Some("default".into()),
        process: None,
        event: HookEvent::PromptSubmitted { prompt: "do it".into() },
    };
    assert_eq!(call, expected);
    let bare =
        br#"{"session_id":"s","cwd":"/","hook_event_name":"Interrupt","transcript_path":null}"#;
    let call = (HOOKS.parse)(bare).expect("right").expect("ours");
    assert_eq!((call.turn, call.transcript, call.event), (None, None, HookEvent::Interrupted));
}

#[test]
fn every_event() {
    let stop = json!({"last_assistant_message": "bye", "stop_hook_active": true,
                      "agent_transcript_path": "/h/child.jsonl"});
    let (last_message, stop_hook_active) = (Some("bye".to_owned()), true);
    let cases = [
        (
            "SessionStart",
            json!({"source": "fork"}),
            HookEvent::SessionStart { source: StartSource::Fork },
        ),
        ("PreCompact", json!({"trigger": "auto"}), HookEvent::Compacting),
        ("SubagentStart", json!({"agent_id": "a", "agent_type": "b"}), HookEvent::SubagentStarted),
        (
            "SubagentStop",
            stop.clone(),
            HookEvent::SubagentStopped {
                last_message: last_message.clone(),
                transcript: Some("/h/child.jsonl".into()),
                stop_hook_active,
            },
        ),
        ("Stop", stop, HookEvent::TurnStopped { last_message, stop_hook_active }),
        (
            "Stop",
            json!({"last_assistant_message": null}),
            HookEvent::TurnStopped { last_message: None, stop_hook_active: false },
        ),
        (
            "SessionEnd",
            json!({"reason": "other"}),
            HookEvent::SessionEnded { reason: "other".into() },
        ),
        (
            "PermissionRequest",
            json!({"tool_name": "Bash", "tool_input": {"command": "rm x"}}),
            HookEvent::PermissionAsked {
                tool: ToolUse { id: None, kind: Tool::Shell { command: "rm x".into() } },
            },
        ),
    ];
    for (name, own, expected) in cases {
        assert_eq!(event(name, own), expected);
    }
    for name in ["PostCompact", "PreModelRequest", "SomethingNew"] {
        assert_eq!((HOOKS.parse)(&input(name, &json!({}))).expect("right input"), None);
    }
}

#[test]
fn every_tool() {
    let step = |text: &str, status| PlanStep { text: text.into(), status };
    let plan = json!({"explanation": "why", "plan": [
        {"step": "a", "status": "completed"}, {"step": "b", "status": "in_progress"},
        {"step": "c", "status": "inProgress"}, {"step": "d", "status": "pending", "new": 1}]});
    let cases = [
        (
            "update_plan",
            plan,
            Tool::Plan {
                explanation: Some("why".into()),
                steps: vec![
                    step("a", Status::Completed),
                    step("b", Status::InProgress),
                    step("c", Status::InProgress),
                    step("d", Status::Pending),
                ],
            },
        ),
        ("Bash", json!({"command": "ls"}), Tool::Shell { command: "ls".into() }),
        ("apply_patch", json!({"command": "*** Begin"}), Tool::Patch { text: "*** Begin".into() }),
        (
            "mcp__thru__next_steps",
            json!(null),
            Tool::Mcp { server: "thru".into(), tool: "next_steps".into() },
        ),
        ("mcp__broken", json!([]), Tool::Other { name: "mcp__broken".into() }),
        (
            "collaborationwait_agent",
            json!({"x": 1}),
            Tool::Other { name: "collaborationwait_agent".into() },
        ),
    ];
    for (name, input, expected) in cases {
        assert_eq!(tool(json!({"tool_name": name, "tool_input": input})), expected);
    }
}

#[test]
fn an_outcome_is_told_only_by_what_the_tool_cannot_fake() {
    let bash = ("Bash", json!({"command": "x"}));
    let patch = ("apply_patch", json!({"command": "x"}));
    let mcp = ("mcp__a__b", json!({}));
    let cases = [
        (&bash, json!("Exit code: 0\nprinted by the command itself"), ToolOutcome::Unknown),
        (&bash, json!({"exit_code": 3, "output": "…"}), ToolOutcome::Exited(3)),
        (&bash, json!(null), ToolOutcome::Unknown),
        (&patch, json!("Exit code: 1\nWall time: 0 seconds\n"), ToolOutcome::Exited(1)),
        (&patch, json!("Exit code: soon"), ToolOutcome::Unknown),
        (&mcp, json!({"content": [], "isError": true}), ToolOutcome::Failed),
        (&mcp, json!({"content": [], "is_error": false}), ToolOutcome::Succeeded),
        (&mcp, json!({"exit_code": "odd"}), ToolOutcome::Unknown),
        (&mcp, json!([{"text": "x"}]), ToolOutcome::Unknown),
    ];
    for ((name, input), response, expected) in cases {
        let own = json!({"tool_name": name, "tool_input": input, "tool_use_id": "c1",
                         "tool_response": response});
        let HookEvent::ToolFinished { tool, outcome } = event("PostToolUse", own) else {
            panic!("not a finished tool")
        };
        assert_eq!((tool.id.as_deref(), outcome), (Some("c1"), expected), "{name} {response}");
    }
}

#[test]
fn malformed_input_is_named() {
    let plan = json!({"tool_name": "update_plan",
                      "tool_input": {"plan": [{"step": "a", "status": "done"}]}});
    let cases = [
        problem(b"{"),
        problem(b"{\"hook_event_name\":\"Stop\",\"cwd\":\"/\"}"),
        problem(&input("SessionStart", &json!({"source": "elsewhere"}))),
        problem(&input("UserPromptSubmit", &json!({}))),
        problem(&input("PreToolUse", &plan)),
        problem(&vec![b'['; 5 << 20]),
    ];
    insta::assert_snapshot!(cases.join("\n"), @"
    hook input is malformed in the common members: EOF while parsing an object at line 1 column 1
    hook input is malformed in the common members: missing field `session_id` at line 1 column 36
    hook input is malformed in SessionStart: unknown variant `elsewhere`, expected one of `startup`, `resume`, `clear`, `compact`, `fork` at line 1 column 154
    hook input is malformed in UserPromptSubmit: missing field `prompt` at line 1 column 190
    hook input is malformed in PreToolUse.tool_input: unknown variant `done`, expected one of `pending`, `inProgress`, `in_progress`, `completed` at line 1 column 25
    hook input has 5242880 bytes, the most is 4194304:
    ");
}

#[test]
fn each_event_gets_only_what_it_takes() {
    let answer = HookAnswer {
        context: Some("c".into()),
        message: Some("m".into()),
        go_on: Some("g".into()),
    };
    let use_of = || ToolUse { id: None, kind: Tool::Other { name: "x".into() } };
    let stopped = HookEvent::TurnStopped { last_message: None, stop_hook_active: false };
    let events = [
        HookEvent::SessionStart { source: StartSource::Startup },
        HookEvent::PromptSubmitted { prompt: String::new() },
        HookEvent::ToolStarting { tool: use_of() },
        HookEvent::ToolFinished { tool: use_of(), outcome: ToolOutcome::Unknown },
        HookEvent::SubagentStarted,
        HookEvent::PermissionAsked { tool: use_of() },
        HookEvent::Compacting,
        stopped.clone(),
        HookEvent::Interrupted,
        HookEvent::SessionEnded { reason: "other".into() },
    ];
    let written = events.map(|event| (HOOKS.answer)(&event, &answer).unwrap_or("nothing".into()));
    insta::assert_snapshot!(written.join("\n"), @r#"
    {"hookSpecificOutput":{"hookEventName":"SessionStart","additionalContext":"c"},"systemMessage":"m"}
    {"hookSpecificOutput":{"hookEventName":"UserPromptSubmit","additionalContext":"c"},"systemMessage":"m"}
    {"hookSpecificOutput":{"hookEventName":"PreToolUse","additionalContext":"c"},"systemMessage":"m"}
    {"hookSpecificOutput":{"hookEventName":"PostToolUse","additionalContext":"c"},"systemMessage":"m"}
    {"hookSpecificOutput":{"hookEventName":"SubagentStart","additionalContext":"c"},"systemMessage":"m"}
    {"systemMessage":"m"}
    {"systemMessage":"m"}
    {"systemMessage":"m","decision":"block","reason":"g"}
    {"systemMessage":"m"}
    nothing
    "#);

    let empty = HookAnswer { context: Some(String::new()), ..HookAnswer::default() };
    assert_eq!((HOOKS.answer)(&HookEvent::SubagentStarted, &empty), None);
    let only_context = HookAnswer { message: None, go_on: None, ..answer };
    assert_eq!((HOOKS.answer)(&stopped, &only_context), None);
}

proptest! {
    #[test]
    fn any_bytes_are_taken(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let read = (HOOKS.parse)(&bytes);
        let malformed = matches!(read, Err(HookError::Malformed { .. }));
        prop_assert!(malformed);
    }

    #[test]
    fn a_right_call_with_one_wrong_byte_is_taken(at in 0_usize..300, byte in any::<u8>()) {
        let mut bytes = input("PostToolUse", &json!({"tool_name": "update_plan", "tool_input":
            {"plan": [{"step": "a", "status": "pending"}]}, "tool_response": "Plan updated"}));
        let at = at % bytes.len();
        bytes[at] = byte;
        let _either = (HOOKS.parse)(&bytes);
    }

    #[test]
    fn any_words_come_through(prompt in "\\PC{0,50}", context in "\\PC{1,50}") {
        let HookEvent::PromptSubmitted { prompt: read } =
            event("UserPromptSubmit", json!({ "prompt": prompt.clone() })) else { panic!("lost") };
        prop_assert_eq!(&read, &prompt);
        let answer = HookAnswer { context: Some(context.clone()), ..HookAnswer::default() };
        let written = (HOOKS.answer)(&HookEvent::SubagentStarted, &answer).expect("an answer");
        let written: Value = serde_json::from_str(&written).expect("JSON");
        prop_assert_eq!(written["hookSpecificOutput"]["additionalContext"].as_str(), Some(&*context));
    }
}
