//! The real Codex against the provider: what end-to-end tests are built upon.

use std::fs;

use serde_json::json;

use super::*;
use crate::provider::{COMPACTION, Script, Step};
use crate::world::HookEvent;

const LIMIT: Duration = Duration::from_secs(30);

#[test]
fn real_codex_runs_a_plan_and_a_text_to_the_end() {
    let Some(codex) = Codex::required() else { return };
    let plan = Step::new().plan(&[("Read code", "in_progress"), ("Write code", "pending")]);
    let provider = Provider::start(Script::steps([plan, Step::text("All done.")]));
    let world = World::new();
    let run = world.codex(&codex, &provider).exec("Fix the \"lexer\".").assert_success();

    let requests = provider.requests();
    assert_eq!(requests.len(), 2, "{requests:#?}");
    assert!(requests[0].contains("Fix the \"lexer\"."));
    assert_eq!(requests[0].kind().as_deref(), Some("turn"));
    assert!(requests[1].contains("Plan updated"), "{:#?}", requests[1].input_texts());
    assert_eq!(run.last_message(), Some("All done."));
    let list = run.items("todo_list");
    assert_eq!(list[0]["items"][0]["text"], "Read code", "{list:#?}");
    assert!(world.git("status --porcelain").is_empty());
}

#[test]
fn real_codex_runs_a_turn_of_code_mode() {
    let Some(codex) = Codex::required() else { return };
    let source = "const p = await tools.update_plan({plan: [{step: 'A', status: 'in_progress'}]});
        const r = await tools.exec_command({cmd: 'git branch --show-current'}); text({p, r});";
    let provider = Provider::start(Script::steps([Step::new().code(source), Step::text("Seen.")]));
    let world = World::new();
    let run = world.codex(&codex, &provider).code_mode().exec("Where are we?").assert_success();
    let requests = provider.requests();
    assert_eq!(requests.len(), 2, "{requests:#?}");
    assert!(requests[1].contains("main"), "{:#?}", requests[1].input_texts());
    assert_eq!(run.last_message(), Some("Seen."));
}

#[test]
fn real_codex_uses_tools_and_is_resumed_and_forked() {
    let Some(codex) = Codex::required() else { return };
    let patch = "*** Begin Patch\n*** Add File: src/b.txt\n+two\n*** End Patch";
    let script = Script::steps([
        Step::new().shell("echo one > a.txt").patch(patch),
        Step::text("First."),
        Step::text("Second."),
        Step::text("Third."),
    ]);
    let provider = Provider::start(script);
    let world = World::new();
    let session = world.codex(&codex, &provider);
    let first = session.exec("Write files.").assert_success();
    assert_eq!((world.read("a.txt"), world.read("src/b.txt")), ("one\n".into(), "two\n".into()));

    let second = session.resume("Go on.").assert_success();
    assert_eq!(second.thread(), first.thread());
    let third = session.fork_thread(first.thread(), "Another way.").assert_success();
    assert_ne!(third.thread(), first.thread());
    let requests = provider.requests();
    let last = requests.last().unwrap();
    assert!(last.contains("Write files.") && last.contains("Go on."), "{last:#?}");
}

#[test]
fn real_codex_is_killed_in_the_middle_and_goes_on() {
    let Some(codex) = Codex::required() else { return };
    let provider = Provider::start(Script::steps([Step::new().hang(), Step::text("Back.")]));
    let world = World::new();
    let session = world.codex(&codex, &provider);
    let running = session.spawn("Take long.");
    provider.wait_for_requests(1, LIMIT);
    let killed = running.kill();
    assert_eq!(killed.exit_code, None);
    let back = session.resume_thread(killed.thread(), "Still there?").assert_success();
    assert_eq!(back.last_message(), Some("Back."));
    assert!(provider.requests()[1].contains("Take long."));
}

#[test]
fn real_codex_compacts_in_the_middle_of_a_turn() {
    let Some(codex) = Codex::required() else { return };
    let script = Script::steps([
        Step::new().shell("echo much").usage(90_000, 0, 100),
        Step::text("After.").usage(3_000, 0, 10),
    ])
    .rule(COMPACTION, Step::text("SUMMARY of before").usage(3_000, 0, 10));
    let provider = Provider::start(script);
    let world = World::new();
    let session = world.codex(&codex, &provider).auto_compact_token_limit(50_000);
    let run = session.exec("Read everything.").assert_success();
    let kinds: Vec<_> = provider.requests().iter().filter_map(|one| one.kind()).collect();
    assert_eq!(kinds, ["turn", "compaction", "turn"], "{run:#?}");
    assert!(provider.requests()[2].contains("SUMMARY of before"));
}

#[test]
fn real_codex_runs_untrusted_hooks_only_when_asked() {
    let Some(codex) = Codex::required() else { return };
    let provider = Provider::start(Script::new());
    let world = World::new();
    let hook = json!({"type": "command", "command": "cat >> $CODEX_HOME/heard; echo BRIEF"});
    let hooks = json!({"hooks": {"UserPromptSubmit": [{"hooks": [hook]}]}});
    fs::write(world.codex_home().join("hooks.json"), hooks.to_string()).unwrap();
    let session = world.codex(&codex, &provider);
    let _ = session.exec("One.").assert_success();
    assert!(!world.codex_home().join("heard").exists());
    let _ = session.bypass_hook_trust().exec("Two.").assert_success();
    let heard = fs::read_to_string(world.codex_home().join("heard")).unwrap();
    assert!(heard.contains("\"prompt\":\"Two.\""), "{heard}");
    let requests = provider.requests();
    let texts = requests.last().unwrap().developer_texts();
    assert!(texts.iter().any(|text| text.contains("BRIEF")), "{texts:#?}");
}

/// Our hook events are what Codex sends: the same fields, and the same values where they are fixed.
#[test]
fn real_codex_sends_hooks_the_fields_that_ours_have() {
    let Some(codex) = Codex::required() else { return };
    let script = Script::steps([Step::new().plan(&[("A", "pending")]).usage(90_000, 0, 10)])
        .rule(COMPACTION, Step::text("SUMMARY"));
    let provider = Provider::start(script);
    let world = World::new();
    let plan = [("A", "pending")];
    let input = json!({"plan": [{"step": "A", "status": "pending"}]});
    let ours = [
        HookEvent::session_start("s", "startup"),
        HookEvent::user_prompt_submit("s", "u", "Go."),
        HookEvent::pre_tool_use("s", "u", "update_plan", input),
        HookEvent::post_tool_use_plan("s", "u", &plan),
        HookEvent::pre_compact("s", "u", "auto"),
        HookEvent::stop("s", "u", "ok"),
        HookEvent::session_end("s"),
    ]
    .map(Value::from);
    let names = ours.iter().map(|event| event["hook_event_name"].as_str().unwrap().to_owned());
    let handlers =
        json!([{"hooks": [{"type": "command", "command": "(cat; echo) >> $CODEX_HOME/heard"}]}]);
    let table: serde_json::Map<_, _> = names.map(|name| (name, handlers.clone())).collect();
    fs::write(world.codex_home().join("hooks.json"), json!({"hooks": table}).to_string()).unwrap();
    let session = world.codex(&codex, &provider).auto_compact_token_limit(50_000);
    let _ = session.bypass_hook_trust().exec("Go.").assert_success();

    let heard = fs::read_to_string(world.codex_home().join("heard")).unwrap();
    let heard: Vec<Value> = heard.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for event in ours {
        let name = &event["hook_event_name"];
        let theirs = heard.iter().find(|heard| &heard["hook_event_name"] == name);
        let theirs = theirs.unwrap_or_else(|| panic!("{name} never came: {heard:#?}"));
        assert_eq!(comparable(theirs), comparable(&event), "{name}");
    }
}

/// A hook event with what differs from run to run blanked.
fn comparable(event: &Value) -> Value {
    let mut event = event.clone();
    let fields = event.as_object_mut().unwrap();
    for name in
        ["cwd", "permission_mode", "session_id", "tool_use_id", "transcript_path", "turn_id"]
    {
        if let Some(value) = fields.get_mut(name) {
            *value = Value::Null;
        }
    }
    event
}
