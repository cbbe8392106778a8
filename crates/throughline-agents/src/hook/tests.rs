//! Tests of `hook`.

use super::*;

fn call(event: HookEvent) -> HookCall {
    HookCall {
        session: "s".into(),
        turn: Some("t".into()),
        agent: None,
        agent_type: None,
        cwd: "/w".into(),
        transcript: None,
        model: None,
        permission_mode: None,
        process: None,
        event,
    }
}

fn shell(id: Option<&str>, command: &str) -> ToolUse {
    ToolUse { id: id.map(Into::into), kind: Tool::Shell { command: command.into() } }
}

#[test]
fn a_key_reads_well_and_holds_what_the_event_has() {
    let tool = shell(Some("call_1"), "ls");
    insta::assert_snapshot!(
        event_key(&call(HookEvent::ToolStarting { tool })),
        @"1:s;0:;1:t;13:tool_starting;6:call_1;"
    );
    insta::assert_snapshot!(
        event_key(&call(HookEvent::PermissionAsked { tool: shell(None, "ls") })),
        @"1:s;0:;1:t;16:permission_asked;16:08ad4d07b5541ae8;"
    );
}

#[test]
fn different_events_have_different_keys() {
    let finished =
        |id| HookEvent::ToolFinished { tool: shell(Some(id), "ls"), outcome: ToolOutcome::Unknown };
    let stopped = |text: &str| HookEvent::TurnStopped {
        last_message: Some(text.into()),
        stop_hook_active: false,
    };
    let events = [
        HookEvent::SessionStart { source: StartSource::Startup },
        HookEvent::SessionStart { source: StartSource::Compact },
        HookEvent::PromptSubmitted { prompt: "one".into() },
        HookEvent::PromptSubmitted { prompt: "two".into() },
        HookEvent::ToolStarting { tool: shell(Some("1"), "ls") },
        finished("1"),
        finished("2"),
        HookEvent::PermissionAsked { tool: shell(None, "ls") },
        HookEvent::PermissionAsked { tool: shell(None, "rm") },
        stopped("one"),
        stopped("two"),
        HookEvent::Compacting,
        HookEvent::Interrupted,
    ];
    let mut calls: Vec<_> = events.into_iter().map(call).collect();
    calls.push(HookCall { agent: Some("t".into()), turn: None, ..calls[12].clone() });
    calls.push(HookCall { agent: Some("a".into()), ..calls[12].clone() });
    calls.push(HookCall { session: "s;0:".into(), ..calls[12].clone() });
    let keys: std::collections::BTreeSet<_> = calls.iter().map(event_key).collect();
    assert_eq!(keys.len(), calls.len());
}

#[test]
fn only_an_id_of_its_own_makes_a_key_last() {
    assert!(!call(HookEvent::ToolStarting { tool: shell(Some("1"), "ls") }).recurs());
    assert!(call(HookEvent::ToolStarting { tool: shell(None, "ls") }).recurs());
    assert!(call(HookEvent::SessionStart { source: StartSource::Compact }).recurs());
    assert!(call(HookEvent::PermissionAsked { tool: shell(None, "ls") }).recurs());
}
