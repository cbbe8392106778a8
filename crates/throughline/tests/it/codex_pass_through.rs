//! `thru app-server --backend codex`: the real Codex behind our server, without any hook of ours.

use serde_json::{Value, json as object};
use throughline_testkit::{Codex, Key, Pane, Provider, Script, Size, Step, World};

use crate::codex::{LATER, START, connected, folded, memory_of};
use crate::rpc::Client;
use crate::{json, project, status_of, text};

fn server(world: &World, codex: &Codex) -> Client {
    let mut command = world.command(world.binary(), &world.repo());
    command.args(["app-server", "--backend", "codex", "--codex"]).arg(codex.native());
    let mut client = Client::of(&mut command);
    client.hello();
    client
}

#[test]
fn real_codex_behind_us_is_told_and_remembered_without_hooks() {
    let Some(codex) = Codex::required() else { return };
    let world = project();
    json(&world, &["tasks", "add", "Write the manual"]);
    let provider = Provider::start(Script::steps([
        Step::new().plan(&START),
        Step::new().plan(&LATER),
        Step::text("Half of it is done."),
        Step::text("On a branch."),
        Step::text("Nothing new."),
    ]));
    let _ = world.codex(&codex, &provider);
    let mut client = server(&world, &codex);
    let thread = client.begin(&world, "startup");
    client.turn(&thread, "Fix the greeting");
    let told = memory_of(&provider, 0);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("Write the manual"), "{told:?}");
    folded(&world, "Half of it is done.");
    for (title, status) in LATER {
        assert_eq!(status_of(&world, title), status);
    }
    let session = json(&world, &["sessions", "show", &thread]);
    assert_eq!(session["turns"].as_array().map(Vec::len), Some(1), "{session}");

    world.git("switch -q -c feature");
    client.turn(&thread, "Go on");
    let last = provider.requests().len() - 1;
    let told = memory_of(&provider, last);
    assert!(
        told.last().is_some_and(|told| told.contains("feature")),
        "the switch is told: {told:?}"
    );
    let before = told.len();
    client.turn(&thread, "And on");
    assert_eq!(memory_of(&provider, last + 1).len(), before, "and told once");

    // Another process may hold the index for a moment.
    let is_listed = |client: &mut Client| {
        let listed = client.call("thread/list", object!({ "sourceKinds": ["vscode"] }));
        listed["data"][0]["id"] == thread.as_str()
    };
    let patience = (0..600).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(50));
        is_listed(&mut client)
    });
    assert!(patience, "pages are ours, and know it");
    let read = client.call("thread/read", object!({ "threadId": thread }));
    assert_eq!(read["thread"]["status"]["type"], "idle", "what runs is Codex's to tell");
}

#[test]
fn real_codex_behind_us_with_hooks_is_told_once_and_remembers_once() {
    let Some(codex) = Codex::required() else { return };
    let world = connected(&codex);
    json(&world, &["tasks", "add", "Write the manual"]);
    let provider = Provider::start(Script::steps([
        Step::new().plan(&START),
        Step::text("Half of it is done."),
        Step::text("More of it is."),
    ]));
    let _ = world.codex(&codex, &provider);
    let mut client = server(&world, &codex);
    let thread = client.begin(&world, "startup");
    client.turn(&thread, "Fix the greeting");
    client.turn(&thread, "Go on");
    let all = provider.requests();
    let told = memory_of(&provider, all.len() - 1);
    assert_eq!(told.iter().filter(|told| told.contains("Write the manual")).count(), 1, "{told:?}");
    folded(&world, "More of it is.");
    let log = json(&world, &["log", "-n", "200"]).to_string();
    for (kind, times) in [(r#""turn_begin""#, 2), (r#""turn_end""#, 2), (r#""session_start""#, 1)] {
        assert_eq!(log.matches(kind).count(), times, "{kind}: {log}");
    }
}

#[test]
fn what_a_client_says_of_a_turn_reaches_the_provider_and_ids_stay_codexs() {
    let Some(codex) = Codex::required() else { return };
    let world = project();
    let provider = Provider::start(Script::steps([Step::text("One."), Step::text("Two.")]));
    let _ = world.codex(&codex, &provider);
    let mut client = server(&world, &codex);
    let thread = client.begin(&world, "startup");
    client.call(
        "turn/start",
        object!({
            "threadId": thread,
            "input": [{ "type": "text", "text": "Hello" }],
            "clientMetadata": { "editor": "quill", "thread_id": "forged", "session_id": "forged" },
            "responsesapiClientMetadataPatch": { "window": "left" },
        }),
    );
    client.wait_for_end(&thread);
    let metadata = provider.requests()[0].turn_metadata().expect("metadata");
    assert_eq!(
        (&metadata["editor"], &metadata["window"]),
        (&"quill".into(), &"left".into()),
        "{metadata}"
    );
    assert_eq!(metadata["thread_id"], Value::from(thread.clone()), "{metadata}");

    let said = client
        .try_call_with(&object!({ "id": "throughline-1", "method": "config/read", "params": {} }));
    assert!(text(&said["error"]["message"]).contains("must not begin with"), "{said}");
    let said = client.refused("nope/nope", object!({}));
    assert!(said.contains("unknown variant `nope/nope`"), "Codex's own words: {said}");
    assert!(client.call("config/read", object!({})).is_object());
}

/// Codex does so by itself; what stands between must not take it away.
#[test]
fn real_codex_behind_us_takes_up_tools_model_and_effort_unless_told_otherwise() {
    let Some(codex) = Codex::required() else { return };
    let world = project();
    let provider = Provider::start(Script::new().default_step(Step::text("Done.")));
    let _ = world.codex(&codex, &provider);
    let schema = object!({ "type": "object", "properties": { "q": { "type": "string" } } });
    let tool = object!({ "type": "function", "name": "look_up", "description": "Looks up", "inputSchema": schema });
    let mut client = server(&world, &codex);
    let began =
        client.call("thread/start", object!({ "cwd": world.repo(), "dynamicTools": [tool] }));
    let thread = text(&began["thread"]["id"]);
    let input = object!([{ "type": "text", "text": "Hello" }]);
    let other =
        object!({ "threadId": thread, "input": input, "model": "gpt-5.4", "effort": "high" });
    client.call("turn/start", other);
    client.wait_for_end(&thread);
    drop(client);

    for (resumed, model, effort) in [
        (object!({ "threadId": thread }), "gpt-5.4", Some("high")),
        (object!({ "threadId": thread, "model": "gpt-5.5" }), "gpt-5.5", None),
    ] {
        let mut client = server(&world, &codex);
        let back = client.call("thread/resume", resumed);
        assert_eq!((&back["model"], &back["reasoningEffort"]), (&model.into(), &object!(effort)));
        client.turn(&thread, "Go on");
        let last = provider.requests().len() - 1;
        let body = provider.requests()[last].body().clone();
        assert_eq!(body["model"], model, "{body}");
        assert!(body["tools"].to_string().contains("look_up"), "{body}");
    }
}

#[test]
fn a_goal_of_ours_goes_on_turn_by_turn_until_it_is_complete() {
    let Some(codex) = Codex::required() else { return };
    let world = project();
    world.write(world.state().join("config.toml"), "[goals]\nenabled = true\n");
    json(&world, &["goals", "set", "Greet the whole world"]);
    let provider = Provider::start(
        Script::steps([Step::text("One."), Step::text("Two.").usage(10, 0, 5)])
            .default_step(Step::text("More.")),
    );
    let _ = world.codex(&codex, &provider);
    let mut client = server(&world, &codex);
    let thread = client.begin(&world, "startup");
    client.turn(&thread, "Fix the greeting");
    provider.wait_for_requests(2, std::time::Duration::from_secs(60));
    let told = provider.requests()[1].body()["input"].to_string();
    assert!(told.contains("Greet the whole world"), "{told}");
    json(&world, &["goals", "complete"]);
    let asked = provider.requests().len();
    assert!(asked < 20, "it is bounded");
    assert_eq!(json(&world, &["goals", "list", "--all"])["goals"][0]["status"], "complete");
}

#[test]
fn a_backend_that_dies_leaves_no_request_unanswered() {
    let Some(codex) = Codex::required() else { return };
    let world = project();
    let script = world.repo().join("codex-that-dies");
    world.write(&script, "#!/bin/sh\nread hello\necho '{\"id\":\"throughline-1\",\"result\":{\"userAgent\":\"x\"}}'\nread one\nread two\n");
    let runs = std::os::unix::fs::PermissionsExt::from_mode(0o700);
    std::fs::set_permissions(&script, runs).expect("it may be run");
    let mut command = world.command(world.binary(), &world.repo());
    command.args(["app-server", "--backend", "codex", "--codex"]).arg(&script);
    let mut client = Client::of(&mut command);
    client.hello();
    let said = client.refused("config/read", object!({}));
    assert!(said.contains("Codex's app-server ended"), "{said}");
    client.call("thread/list", object!({}));
    drop(codex);
    let missing = world.thru(&["app-server", "--backend", "codex", "--codex", "/nowhere/codex"]);
    assert!(missing.stderr.contains("can't be started"), "{}", missing.stderr);
}

/// Its own terminal program, as somebody uses it who lets a server of ours stand in between.
#[test]
fn the_real_codex_screens_work_through_us() {
    let Some(codex) = Codex::required() else { return };
    let world = project();
    // The screens ask the model for a title too, at any time.
    let script = Script::steps([
        Step::new().plan(&START),
        Step::text("Planned it."),
        Step::text("On the branch."),
    ]);
    let provider = Provider::start(script.rule("Generate a concise", Step::text("A title")));
    // What it would ask first, it was told.
    let told = "[notice.model_migrations]\n\"gpt-5.5\" = \"gpt-6-sol\"\n[tui]\nscreen_reader_detection_done = true\n";
    let _ = world.codex(&codex, &provider).config(told);
    let socket = world.state().join("app-server.sock");
    let mut command = world.command(world.binary(), &world.repo());
    command.args(["app-server", "--listen", "unix://", "--backend", "codex", "--codex"]);
    let mut server = command.arg(codex.native()).spawn().expect("starts");
    drop(Client::connected(&socket));
    let address = format!("unix://{}", socket.display());
    let mut screens = Pane::of(&world, codex.native(), &["--remote", &address], Size(110, 34), &[]);
    screens.sees("Ask Codex").types("Plan the work").sees("Plan the work").press(Key::Enter);
    screens.sees("Planned it.");
    for (title, status) in START {
        assert_eq!(status_of(&world, title), status);
    }
    world.git("switch -q -c feature");
    screens.types("Go on now").sees("Go on now").press(Key::Enter);
    screens.waits_for("that the switch is told", |_| {
        let told = |told: &String| told.contains("feature");
        (0..provider.requests().len()).any(|at| memory_of(&provider, at).iter().any(told))
    });
    let sessions = json(&world, &["sessions", "list"]);
    assert_eq!(
        sessions["sessions"].as_array().map(Vec::len),
        Some(1),
        "asides are none: {sessions}"
    );
    drop(screens);
    let _ = (server.kill(), server.wait());
}
