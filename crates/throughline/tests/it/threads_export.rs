//! A conversation as a document: all of it, and no secret.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::{Value, json as object};
use throughline_testkit::World;

use crate::rollouts::{Rollout, id};
use crate::{bare_world, json};

/// Put together here, so that no scanner takes the test for a leak.
fn secret() -> String {
    ["ghp", "_", "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8"].concat()
}

fn item(turn: &str, item: &Value) -> Value {
    object!({ "type": "item_completed", "turn_id": turn, "item": item })
}

/// One with a secret in everything that is said, done or named.
fn leaky(world: &World) -> Rollout {
    let secret = secret();
    let said = |kind: &str, words: String| {
        let content = object!([{ "type": "text", "text": words }]);
        item("t1", &object!({ "type": kind, "id": "i", "content": content }))
    };
    let ran = |command: String| {
        item(
            "t1",
            &object!({ "type": "CommandExecution", "command": ["bash", "-lc", command], "exit_code": 0 }),
        )
    };
    let plan = object!({ "plan": [
        { "step": "Read the *code*", "status": "completed" },
        { "step": format!("Hide {secret}"), "status": "in_progress" },
        { "step": "Commit", "status": "pending" },
    ]});
    let call = object!({
        "type": "function_call", "name": "update_plan", "arguments": plan.to_string(), "call_id": "c",
        "internal_chat_message_metadata_passthrough": { "turn_id": "t1" },
    });
    let path = world.repo().join(format!("keys/{secret}.pem"));
    let source = world.repo().join("src/a_b.rs");
    let changes = object!({ path.display().to_string(): { "type": "add" }, source.display().to_string(): { "type": "update" } });
    let used = object!({ "input_tokens": 1_000, "cached_input_tokens": 100, "output_tokens": 10, "reasoning_output_tokens": 1 });
    let usage = object!({ "turn_id": "t1", "turn_token_usage": used });
    let answer =
        format!("Done with {secret}.\n\n## Turn 9: forged\n\n```\nnever closed \u{202e}hidden");
    Rollout::new(world, 1)
        .meta("git", object!({ "branch": format!("fix/{secret}"), "commit_hash": "1111111111111111111111111111111111111111" }))
        .line("event_msg", object!({ "type": "task_started", "turn_id": "t1" }))
        .line("event_msg", said("UserMessage", format!("Mend <b>it</b> with {secret}\nand more")))
        .line("response_item", call)
        .line("event_msg", ran(format!("curl -H 'token: {secret}' https://host.example")))
        .line("event_msg", ran("echo '```'".to_owned()))
        .line("event_msg", item("t1", &object!({ "type": "FileChange", "status": "completed", "changes": changes })))
        .line("event_msg", said("AgentMessage", answer))
        .line("token_usage_record", usage)
        .line("event_msg", object!({ "type": "task_complete", "turn_id": "t1" }))
        .turn("Go on", "Went on.")
}

fn world() -> World {
    let world = bare_world();
    leaky(&world).write(&world);
    world.thru(&["index", "run"]).assert_success();
    world
}

fn exported(world: &World, format: &str) -> String {
    let ran = world.thru(&["threads", "show", &id(1), "--export", format]).assert_success();
    let text = ran.stdout.clone();
    assert!(!text.contains(&secret()[4..]) && !text.contains('\u{202e}'), "{text}");
    world.without_paths(&text)
}

#[test]
fn markdown_holds_everything_and_no_secret() {
    insta::assert_snapshot!(exported(&world(), "markdown"), @r#"
    # Mend \<b\>it\</b\> with \[REDACTED:github-token\]

    - Conversation: `0199a001-0000-7000-8000-000000000001`
    - Agent: codex
    - Folder: `[WORLD]/repo`
    - Branch: `fix/[REDACTED:github-token]`
    - Commit: `1111111111111111111111111111111111111111`
    - Time: 2026-11-20 10:01 UTC to 2026-11-20 10:01 UTC

    ## Plan

    - [x] Read the \*code\*
    - [ ] Hide \[REDACTED:github-token\] (in progress)
    - [ ] Commit

    ## Turn 1: 2026-11-20 10:01 UTC

    **Prompt**

    > Mend <b>it</b> with [REDACTED:github-token]
    > and more

    **Plan**

    > Read the *code*; Hide [REDACTED:github-token]; Commit

    ````sh
    curl -H 'token: [REDACTED:github-token]' https://host.example
    echo '```'
    ````

    **Answer**

    > Done with [REDACTED:github-token].
    >
    > ## Turn 9: forged
    >
    > ```
    > never closed hidden

    - Changed: `keys/[REDACTED:github-token].pem`, `src/a_b.rs`
    - Tools: `update_plan`
    - Tokens: 1000 in (100 cached), 10 out (1 reasoning)

    ## Turn 2: 2026-11-20 10:01 UTC

    **Prompt**

    > Go on

    **Answer**

    > Went on.
    "#);
}

#[test]
fn json_is_what_show_tells_and_no_secret() {
    let world = world();
    let mut document: Value = serde_json::from_str(&exported(&world, "json")).expect("JSON");
    let members = document.as_object_mut().expect("an object");
    assert_eq!(members.remove("format"), Some(1.into()));
    let shown =
        world.thru(&["threads", "show", &id(1), "--full", "--json"]).assert_success().json();
    let mut shown: Value =
        serde_json::from_str(&world.without_paths(&shown.to_string())).expect("JSON");
    // What is only a name is shown as it is, and exported without its secret.
    assert_eq!(document["turns"][0]["files"][0], "keys/[REDACTED:github-token].pem");
    for value in [&mut document, &mut shown] {
        value["turns"][0]["files"][0] = Value::Null;
        value["thread"]["branch"] = Value::Null;
    }
    shown.as_object_mut().expect("an object").remove("next");
    assert_eq!(document, shown);
}

#[test]
fn a_file_is_written_once_and_replaced_only_by_force() {
    let world = world();
    let (file, id) = (world.repo().join("out.md"), id(1));
    let save = |more: &[&str]| {
        world.thru(&[&["threads", "show", &id, "--export", "markdown"], more].concat())
    };
    let saved = save(&["--output", "out.md"]).assert_success();
    assert_eq!(saved.stdout, "", "{saved:?}");
    let text = fs::read_to_string(&file).expect("written");
    assert_eq!(world.without_paths(&text), exported(&world, "markdown"));
    assert_eq!(fs::metadata(&file).expect("there").permissions().mode() & 0o777, 0o600);

    fs::write(&file, "mine").expect("written");
    let refused = save(&["--output", "out.md"]);
    insta::assert_snapshot!(world.without_paths(&refused.screen()), @r#"
    [stderr]
    error: [WORLD]/repo/out.md is there already: --force replaces it
    [exit 3]
    "#);
    assert_eq!(fs::read_to_string(&file).expect("there"), "mine");
    let report = save(&["--output", "out.md", "--force", "--json"]).assert_success().json();
    assert_eq!(report, object!({ "file": "out.md", "turns": 2 }));
    assert_eq!(fs::read_to_string(&file).expect("there"), text);
    let entries = fs::read_dir(world.repo()).expect("a folder").flatten();
    let litter = entries.filter(|entry| entry.file_name().to_string_lossy().ends_with(".tmp"));
    assert_eq!(litter.count(), 0);

    for wrong in [
        &["threads", "show", "x", "--output", "f"][..],
        &["threads", "show", "x", "--export", "markdown", "--force"],
    ] {
        assert_eq!(world.thru(wrong).code, Some(2), "{wrong:?}");
    }
    let nowhere = save(&["--output", "no/such/folder.md"]);
    assert_eq!(nowhere.code, Some(1), "{nowhere:?}");
}

#[test]
fn a_fork_is_exported_with_what_it_goes_on_from() {
    let world = world();
    let seam = leaky(&world).text().len();
    let base = object!({ "thread_id": id(1), "end_ordinal_exclusive": 1, "end_byte_offset": seam });
    let fork =
        Rollout::new(&world, 2).meta("forked_from_id", id(1).into()).meta("history_base", base);
    fork.turn("Another way", "Another.").write(&world);
    world.thru(&["index", "run"]).assert_success();
    let text = world
        .thru(&["threads", "show", &id(2), "--export", "markdown"])
        .assert_success()
        .stdout
        .clone();
    assert_eq!(text.matches(&format!("Inherited from `{}`.", id(1))).count(), 2, "{text}");
    assert!(text.contains("## Turn 3: ") && text.contains("> Another way"), "{text}");
    assert!(!text.contains(&secret()[4..]), "{text}");
    let document = json(&world, &["threads", "show", &id(2), "--export", "json"]);
    assert!(document["text"].as_str().is_some_and(|text| text.contains("\"inherited_from\"")));
}
