//! Several parties listen to the real Codex: our hooks installed twice, and hooks that decide about
//! approvals.

use std::fs;

use serde_json::json as object;
use throughline_testkit::{Codex, Provider, Script, Step, World};

use crate::codex::{BEGIN, LATER, START, connected, folded};
use crate::{json, tasks};

const EVENTS: [&str; 6] =
    ["SessionStart", "UserPromptSubmit", "PostToolUse", "PermissionRequest", "Stop", "SessionEnd"];

fn hooks_toml(command: &str) -> String {
    let hook = |event| {
        let head = format!("[[hooks.{event}]]\n[[hooks.{event}.hooks]]\n");
        format!("{head}type = \"command\"\ncommand = '''{command}'''\n")
    };
    EVENTS.map(hook).concat()
}

/// The command of a second installation, which leaves a line for each call.
fn second(world: &World) -> String {
    let note = "echo called >> \"$CODEX_HOME/second\"";
    format!("{note}; '{}' hook codex", world.binary().display())
}

/// Our hooks a second time, by a plugin from a marketplace in a folder.
fn add_plugin(world: &World, codex: &Codex) {
    let market = world.root().join("market");
    let plugin = market.join("plugins/memory");
    let handlers = object!([{"hooks": [{"type": "command", "command": second(world)}]}]);
    let table: serde_json::Map<_, _> =
        EVENTS.iter().map(|event| ((*event).to_owned(), handlers.clone())).collect();
    let source = object!({"source": "local", "path": "./plugins/memory"});
    let policy = object!({"installation": "AVAILABLE", "authentication": "ON_INSTALL"});
    let entry =
        object!({"name": "memory", "source": source, "policy": policy, "category": "Coding"});
    let about = object!({"name": "memory", "version": "1.0.0", "description": "Memory",
        "hooks": "./hooks/hooks.json"});
    let files = [
        (
            market.join(".agents/plugins/marketplace.json"),
            object!({"name": "market", "interface": {"displayName": "M"}, "plugins": [entry]}),
        ),
        (plugin.join(".codex-plugin/plugin.json"), about),
        (plugin.join("hooks/hooks.json"), object!({"hooks": table})),
    ];
    for (path, content) in files {
        fs::create_dir_all(path.parent().expect("folder")).expect("create");
        fs::write(path, content.to_string()).expect("write");
    }
    let market = market.to_str().expect("UTF-8").to_owned();
    for arguments in [vec!["marketplace", "add", &market], vec!["add", "memory@market"]] {
        let mut add = world.command(codex.native(), &world.repo());
        let added = add.arg("plugin").args(&arguments).output().expect("starts");
        assert!(
            added.status.success(),
            "{arguments:?}: {}",
            String::from_utf8_lossy(&added.stderr)
        );
    }
}

/// How often the second installation was called.
fn calls(world: &World) -> usize {
    fs::read_to_string(world.codex_home().join("second")).unwrap_or_default().lines().count()
}

#[test]
fn real_codex_with_our_hooks_twice_tells_and_records_once() {
    let Some(codex) = Codex::required() else { return };
    for by_plugin in [/*config.toml*/ false, true] {
        let world = connected(&codex);
        world.thru(&["tasks", "add", "Known"]).assert_success();
        let provider = Provider::start(Script::steps([
            Step::new().plan(&START),
            Step::new().plan(&LATER),
            Step::text("All told."),
            Step::text("And again."),
        ]));
        let mut session = world.codex(&codex, &provider).bypass_hook_trust();
        if by_plugin {
            add_plugin(&world, &codex);
        } else {
            session = session.config(&hooks_toml(&second(&world)));
        }
        session.exec("Fix the greeting").assert_success();
        folded(&world, "All told.");
        assert_eq!(calls(&world), 6, "start, prompt, two plans, stop, end");
        session.resume("Go on").assert_success();
        folded(&world, "And again.");

        let fences: Vec<usize> = provider
            .requests()
            .iter()
            .map(|request| request.developer_texts().join("\n").matches(BEGIN).count())
            .collect();
        assert_eq!(fences, [1, 1, 1, 2], "plugin: {by_plugin}; the last one tells anew");
        assert_eq!(tasks(&world).len(), 5, "{:?}", tasks(&world));
        let log = json(&world, &["log", "-n", "100"]);
        let entries = log["log"].as_array().expect("log").iter();
        let bodies: Vec<_> = entries.filter_map(|one| one["record"]["body"].as_object()).collect();
        let of_kind = |kind: &str| bodies.iter().filter(|body| body.contains_key(kind)).count();
        let kinds = ["session_start", "turn_begin", "plan", "turn_end", "session_end"];
        assert_eq!(kinds.map(of_kind), [2, 2, 2, 2, 2], "plugin: {by_plugin}: {log}");
    }
}

/// In exec mode Codex asks for approval where a reviewer of its own answers. A hook may decide
/// before; without one the reviewer does, who gets no usable answer here and declines.
#[test]
fn real_codex_asks_for_approval_and_what_came_of_it_is_remembered() {
    let Some(codex) = Codex::required() else { return };
    for (allowed, outcome) in [(true, "ran"), (false, "not_run")] {
        let world = connected(&codex);
        let call = object!({"cmd": "touch approved.txt", "justification": "May I?",
            "sandbox_permissions": "require_escalated"});
        let script = Script::steps([Step::new().call("exec_command", call)]);
        let provider = Provider::start(script.default_step(Step::text("Asked.")));
        let mut session = world.codex(&codex, &provider).bypass_hook_trust().config(
            "approval_policy = 'on-request'\napprovals_reviewer = 'auto_review'\n\
             sandbox_mode = 'workspace-write'",
        );
        if allowed {
            let decision = object!({"behavior": "allow"});
            let output = object!({"hookEventName": "PermissionRequest", "decision": decision});
            let answer = object!({"hookSpecificOutput": output}).to_string();
            let hook = format!("echo '{answer}'").replace('"', "\\\"");
            let head = "[[hooks.PermissionRequest]]\n[[hooks.PermissionRequest.hooks]]";
            session = session.config(&format!("{head}\ntype = 'command'\ncommand = \"{hook}\""));
        }
        session.exec("Make it").assert_success();
        assert_eq!(world.repo().join("approved.txt").exists(), allowed);
        folded(&world, "Asked.");
        let shown = json(&world, &["sessions", "show", "last"]);
        let approval = &shown["turns"][0]["approvals"][0];
        assert_eq!(approval["what"], "touch approved.txt", "{shown}");
        assert_eq!(approval["outcome"], outcome, "{shown}");
    }
}
