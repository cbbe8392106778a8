//! `thru app-server`: pages, writes that all clients hear of, the command line as methods, and clients that
//! misbehave.

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Value, json as object};
use throughline_testkit::{Effort, World};

use crate::rollouts::{Rollout, id};
use crate::rpc::Client;
use crate::{bare_world, json, project, text};

fn world_of(count: u32) -> World {
    let world = project();
    for number in 1..=count {
        let prompt = format!("Wish number {number}");
        Rollout::new(&world, number)
            .turn(&prompt, "It is done.")
            .turn("More", "More is done.")
            .write(&world);
    }
    json(&world, &["index", "run"]);
    world
}

fn ids(page: &Value) -> Vec<String> {
    page["data"].as_array().expect("a page").iter().map(|thread| text(&thread["id"])).collect()
}

const EXEC: &str = "exec";

#[test]
fn pages_stay_whole_while_conversations_come_in() {
    let world = world_of(7);
    let mut client = Client::of_ours(&world);
    let mut list = |cursor: &Value, direction: &str| {
        client.call(
            "thread/list",
            object!({
                "sourceKinds": [EXEC], "limit": 3, "cursor": cursor, "sortDirection": direction,
            }),
        )
    };
    let first = list(&Value::Null, "desc");
    assert_eq!(ids(&first), [id(7), id(6), id(5)]);
    Rollout::new(&world, 8).turn("Late", "Done.").write(&world);
    let second = list(&first["nextCursor"], "desc");
    assert_eq!(ids(&second), [id(4), id(3), id(2)], "what came moves nothing");
    let third = list(&second["nextCursor"], "desc");
    assert_eq!((ids(&third), &third["nextCursor"]), (vec![id(1)], &Value::Null));
    let newer = list(&first["backwardsCursor"], "asc");
    assert_eq!(ids(&newer), [id(8)], "what came since stands in front of the first page");
    let back = list(&third["backwardsCursor"], "asc");
    assert_eq!(ids(&back), [id(2), id(3), id(4)]);
}

#[test]
fn turns_and_items_are_paged_from_both_ends() {
    let world = world_of(1);
    let mut client = Client::of_ours(&world);
    let mut of = |method: &str, more: Value| {
        let mut params = object!({ "threadId": id(1) });
        for (name, value) in more.as_object().expect("an object") {
            params[name] = value.clone();
        }
        client.call(method, params)
    };
    let newest = of("thread/turns/list", object!({ "limit": 1 }));
    assert_eq!(newest["data"][0]["items"][0]["content"][0]["text"], "More");
    let next = of("thread/turns/list", object!({ "limit": 1, "cursor": newest["nextCursor"] }));
    assert_eq!(next["data"][0]["items"][0]["content"][0]["text"], "Wish number 1");
    assert_eq!(next["nextCursor"], Value::Null);
    let again = of(
        "thread/turns/list",
        object!({ "cursor": next["backwardsCursor"], "sortDirection": "asc" }),
    );
    assert_eq!(
        again["data"].as_array().map(Vec::len),
        Some(2),
        "the anchor is part of it: {again}"
    );

    let mut texts = Vec::new();
    let mut cursor = Value::Null;
    loop {
        let page = of("thread/items/list", object!({ "limit": 1, "cursor": cursor }));
        let item = &page["data"][0]["item"];
        texts.push(text(item.get("text").unwrap_or(&item["content"][0]["text"])));
        cursor = page["nextCursor"].clone();
        if cursor.is_null() {
            break;
        }
    }
    assert_eq!(texts, ["Wish number 1", "It is done.", "More", "More is done."]);
    let last = of("thread/items/list", object!({ "limit": 1, "sortDirection": "desc" }));
    assert_eq!(last["data"][0]["item"]["text"], "More is done.");
    let one = of("thread/items/list", object!({ "turnId": newest["data"][0]["id"] }));
    assert_eq!(one["data"].as_array().map(Vec::len), Some(2), "{one}");
}

#[test]
fn what_one_client_says_of_a_conversation_all_hear_and_no_transcript_has() {
    let world = world_of(2);
    let before = fs::read(transcript(&world, 1)).expect("a transcript");
    let server = Listening::start(&world);
    let mut clients = [server.client(), server.client()];
    let of = || object!({ "threadId": id(1) });
    clients[0].call("thread/name/set", object!({ "threadId": id(1), "name": "The parser" }));
    clients[0].call("thread/archive", of());
    let git = object!({ "branch": null, "sha": "abcdef1" });
    let changed =
        clients[0].call("thread/metadata/update", object!({ "threadId": id(1), "gitInfo": git }));
    assert_eq!(
        changed["thread"]["gitInfo"],
        object!({ "branch": null, "sha": "abcdef1", "originUrl": null })
    );
    let back = clients[0].call("thread/unarchive", of());
    assert_eq!(back["thread"]["name"], "The parser");
    clients[0].call("thread/goal/set", object!({ "threadId": id(1), "objective": "Parse" }));
    clients[0].call("thread/goal/clear", of());
    for client in &mut clients {
        if client.told("thread/goal/cleared").is_empty() {
            client.wait(|message| message["method"] == "thread/goal/cleared");
        }
        for (method, member, value) in [
            ("thread/name/updated", "/threadName", "The parser"),
            ("thread/archived", "/threadId", id(1).as_str()),
            ("thread/unarchived", "/threadId", id(1).as_str()),
            ("thread/goal/updated", "/goal/objective", "Parse"),
        ] {
            let told = client.told(method);
            assert_eq!(told.len(), 1, "{method}: {told:?}");
            assert_eq!(told[0].pointer(member), Some(&value.into()), "{method}");
        }
    }
    let seen = clients[1].call("thread/read", of());
    assert_eq!(seen["thread"]["name"], "The parser");
    assert_eq!(fs::read(transcript(&world, 1)).expect("a transcript"), before);
    assert_eq!(json(&world, &["threads", "show", &id(1)])["thread"]["name"], "The parser");
}

fn transcript(world: &World, number: u32) -> PathBuf {
    let shown = json(world, &["threads", "show", &id(number)]);
    text(&shown["thread"]["transcript"]).into()
}

#[test]
fn the_command_line_is_there_as_methods_and_answers_as_it_does() {
    let world = project();
    let mut client = Client::of_ours(&world);
    let added = client
        .call("tasks/add", object!({ "title": "--force", "priority": 1, "label": ["a", "b"] }));
    let task = text(&added["id"]);
    assert_eq!(
        client.call("tasks/list", object!({ "all": true })),
        json(&world, &["tasks", "list", "--all"])
    );
    assert_eq!(
        client.call("tasks/show", object!({ "task": task })),
        json(&world, &["tasks", "show", &task])
    );
    assert_eq!(client.call("project/status", object!({})), json(&world, &["status"]));
    client.call("tasks/complete", object!({ "tasks": [task] }));
    assert_eq!(json(&world, &["tasks", "show", &task])["status"], "completed");
    let preview = client.call("reconcile/preview", object!({}));
    assert_eq!(preview, json(&world, &["cache", "reconcile", "--dry-run"]));
    for (method, params, sentence) in [
        ("tasks/list", object!({ "al": 1 }), "has no parameter `al`; it takes cwd, "),
        ("tasks/list", object!({ "all": "yes" }), "`all` is true or false"),
        ("tasks/list", object!({ "cwd": "relative" }), "`cwd` is the absolute path"),
        ("tasks/list", object!([1]), "`params` is an object"),
        ("tasks/add", object!({}), "the following required arguments were not provided: <TITLE>"),
        ("tasks/add", object!({ "title": { "a": 1 } }), "`title` is a text, a number, or a list"),
        ("tasks/show", object!({ "task": "t-none" }), "t-none"),
        ("project/status", object!({ "cwd": "/" }), "no project"),
        ("init", object!({}), "unknown method `init`"),
        ("hook", object!({ "agent": "codex" }), "unknown method `hook`"),
    ] {
        let said = client.refused(method, params);
        assert!(said.contains(sentence), "{method}: {said}");
    }
}

#[test]
fn a_change_made_elsewhere_is_told_once_a_burst() {
    let world = project();
    let mut client = Client::of_ours(&world);
    let made = client.call("changes/subscribe", object!({ "what": "project" }));
    json(&world, &["tasks", "add", "Elsewhere"]);
    let told = client.wait(|message| message["method"] == "project/changed");
    assert_eq!(told["params"]["subscription"], made["subscription"]);
    assert_eq!(told["params"]["cwd"], world.repo().to_str().expect("a path in UTF-8"));
    let ended =
        client.call("changes/unsubscribe", object!({ "subscription": made["subscription"] }));
    assert_eq!(ended["unsubscribed"], true);
    let threads = client.call("changes/subscribe", object!({ "what": "threads" }));
    Rollout::new(&world, 1).turn("New", "Done.").write(&world);
    let told = client.wait(|message| message["method"] == "threads/changed");
    assert_eq!(told["params"]["subscription"], threads["subscription"]);
    let listed = client.call("thread/list", object!({ "sourceKinds": [EXEC] }));
    assert_eq!(ids(&listed), [id(1)]);
}

#[test]
fn a_client_that_speaks_out_of_turn_is_told_so_and_goes_on() {
    let world = world_of(1);
    let mut command = world.command(world.binary(), &world.repo());
    let mut client = Client::of(command.arg("app-server"));
    assert_eq!(client.refused("thread/list", object!({})), "Not initialized");
    assert!(client.refused("initialize", object!({})).contains("missing field `clientInfo`"));
    client.hello();
    assert_eq!(client.refused("initialize", object!({ "clientInfo": {} })), "Already initialized");
    for garbage in ["{", "[]", "\u{1}", r#"{"id":{},"method":"x"}"#] {
        client.send_text(garbage);
        let said = client.wait(|message| message["error"]["code"] == -32700);
        assert_eq!(said["id"], Value::Null, "{garbage}");
    }
    client.send(&object!({ "id": 5, "result": {} }));
    client.send(&object!({ "method": "nobody/asked" }));
    let huge = format!(
        r#"{{"id":9,"method":"thread/list","params":{{"searchTerm":"{}"}}}}"#,
        "x".repeat(33 << 20)
    );
    client.send_text(&huge);
    let said = client.wait(|message| !message["error"].is_null());
    assert!(text(&said["error"]["message"]).contains("at most 33554432 bytes"), "{said}");
    for wrong in ["../../etc/passwd", "", "*", "0199a", "'; DROP TABLE thread; --", "\u{0}"] {
        let said = client.refused("thread/read", object!({ "threadId": wrong }));
        assert!(said.contains("no thread"), "{wrong}: {said}");
    }
    for cursor in ["zzz", "t.1.+", "c.x.y", "c.9223372036854775808.k"] {
        client.refused("thread/list", object!({ "cursor": cursor }));
    }
    let read = client.call("thread/read", object!({ "threadId": id(1), "includeTurns": true }));
    assert_eq!(read["thread"]["turns"].as_array().map(Vec::len), Some(2));
    client.close();
    assert!(client.ended(), "the end of its input is the end of the server");
}

#[test]
fn a_request_that_waits_can_be_taken_back() {
    let world = world_of(3);
    let mut client = Client::of_ours(&world);
    // The line of requests is worked off in order: the first ones hold up the last.
    let first: Vec<u64> = (0..20).map(|_| client.ask("doctor/none", object!({}))).collect();
    let held: Vec<u64> = (0..8).map(|_| client.ask("tasks/list", object!({}))).collect();
    let last = client.ask("tasks/add", object!({ "title": "Never" }));
    client.send(&object!({ "method": "$/cancelRequest", "params": { "id": last } }));
    client.send(&object!({ "method": "$/cancelRequest", "params": { "id": 4711 } }));
    let answer = client.answer(last);
    assert_eq!(answer["error"]["code"], -32800, "{answer}");
    assert!(first.iter().chain(&held).all(|id| client.seen_answer(*id)), "the others are answered");
    assert_eq!(
        json(&world, &["tasks", "list"])["tasks"],
        object!([]),
        "and it was not carried out"
    );
}

/// A server on a socket.
struct Listening {
    server: Child,
    socket: PathBuf,
}

impl Listening {
    fn start(world: &World) -> Self {
        Self::at(world, world.state().join("app-server.sock"), "unix://")
    }

    fn at(world: &World, socket: PathBuf, listen: &str) -> Self {
        let mut command = world.command(world.binary(), &world.repo());
        command.args(["app-server", "--listen", listen]).stderr(Stdio::null());
        Self { server: command.spawn().expect("starts"), socket }
    }

    fn client(&self) -> Client {
        let mut client = Client::connected(&self.socket);
        client.hello();
        client
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

#[test]
fn a_socket_is_the_users_alone_and_one_servers() {
    let world = project();
    let server = Listening::start(&world);
    server.client().call("project/status", object!({}));
    let mode = fs::metadata(&server.socket).expect("a socket").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let second = world.thru(&["app-server", "--listen", "unix://"]);
    assert_ne!(second.code, Some(0));
    assert!(second.stderr.contains("another server listens there"), "{}", second.stderr);
    drop(server);
    let again = Listening::start(&world);
    again.client().call("project/status", object!({}));
    for wrong in ["tcp://127.0.0.1:1", "unix://relative", "stdio://x"] {
        assert_eq!(world.thru(&["app-server", "--listen", wrong]).code, Some(2), "{wrong}");
    }
}

#[test]
fn a_client_that_reads_nothing_is_let_go_and_holds_nobody_up() {
    let world = world_of(1);
    let server = Listening::start(&world);
    let mut busy = server.client();
    let mut deaf = UnixStream::connect(&server.socket).expect("it listens");
    let hello = object!({ "id": 1, "method": "initialize", "params": { "clientInfo": { "name": "deaf", "version": "1" } } });
    writeln!(deaf, "{hello}").expect("it listens");
    // A socket's buffer holds some hundred kB: what it is told must outgrow that and the queue.
    let name = "x".repeat(190);
    for number in 0..3_000 {
        let params = object!({ "threadId": id(1), "name": format!("{name}{number}") });
        busy.call("thread/name/set", params);
        if number % 500 == 0 && is_closed(&deaf) {
            break;
        }
    }
    assert!(is_closed(&deaf), "it was let go");
    busy.call("project/status", object!({}));
}

/// Whether the other side shut the connection, whatever still waits in it.
fn is_closed(stream: &UnixStream) -> bool {
    let mut probe = stream.try_clone().expect("cloned");
    probe.set_write_timeout(Some(Duration::from_millis(200))).expect("set");
    let sent = probe.write_all(b"\n");
    let broken = sent.is_err_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe);
    if broken {
        let mut rest = Vec::new();
        let _ = probe.read_to_end(&mut rest);
    }
    broken
}

/// Pieces of requests as somebody would write them who means harm.
fn frame() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        Just("../../etc/passwd".to_owned()),
        Just("\u{0}".to_owned()),
        Just("--force".to_owned()),
        Just("'; DROP TABLE thread; --".to_owned()),
        Just(id(1)),
        "\\PC{0,40}",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        word.prop_map(Value::from),
    ];
    let names = prop::sample::select(vec![
        "threadId",
        "cursor",
        "limit",
        "cwd",
        "gitInfo",
        "sourceKinds",
        "searchTerm",
        "turnId",
        "task",
        "what",
        "x",
    ]);
    let value = leaf.prop_recursive(3, 16, 4, move |inner| {
        let member = (names.clone().prop_map(str::to_owned), inner.clone());
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(Value::from),
            prop::collection::vec(member, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    });
    let method = prop::sample::select(vec![
        "thread/list",
        "thread/read",
        "thread/turns/list",
        "thread/items/list",
        "thread/search",
        "thread/goal/get",
        "thread/metadata/update",
        "thread/unarchive",
        "changes/subscribe",
        "changes/unsubscribe",
        "tasks/show",
        "tasks/list",
        "memory/show",
        "lines/show",
        "agents/show",
        "jobs/show",
        "recall",
        "initialize",
        "nope",
    ]);
    let request = (method, value).prop_map(|(method, params)| {
        object!({ "id": "hostile", "method": method, "params": params }).to_string()
    });
    let torn = (request.clone(), any::<prop::sample::Index>()).prop_map(|(text, at)| {
        let at = text.floor_char_boundary(at.index(text.len()));
        text[..at].to_owned()
    });
    let deep = (1_usize..20_000).prop_map(|depth| "[".repeat(depth));
    prop_oneof![4 => request, 1 => torn, 1 => deep, 1 => "\\PC{0,200}"]
}

#[test]
fn hostile_frames_break_nothing_and_change_nothing() {
    let world = world_of(2);
    let cases = if Effort::asked() == Effort::All { 20_000 } else { 40 };
    let settings = proptest::test_runner::Config {
        cases,
        failure_persistence: None,
        ..proptest::test_runner::Config::default()
    };
    let mut runner = proptest::test_runner::TestRunner::new(settings);
    let before = json(&world, &["log", "-n", "1000"]);
    let client = std::cell::RefCell::new(Client::of_ours(&world));
    let frames = prop::collection::vec(frame(), 1..12);
    let done = runner.run(&frames, |frames| {
        let mut client = client.borrow_mut();
        for frame in frames.iter().filter(|frame| !frame.contains('\n')) {
            client.send_text(frame);
        }
        // It answers in order: whoever is answered was not broken by what came before.
        let methods = client.call("server/methods", object!({}));
        prop_assert!(methods["methods"].is_array());
        client.forget();
        Ok(())
    });
    done.unwrap_or_else(|failure| panic!("{failure}"));
    assert_eq!(json(&world, &["log", "-n", "1000"]), before);
    assert!(!world.state().join("threads.json").exists(), "nothing was said of a conversation");
}

#[test]
fn another_users_process_is_not_admitted_and_no_network_is_touched() {
    let world = bare_world();
    let listened = world.thru(&["app-server", "--listen", "unix:///proc/none/x"]);
    assert!(listened.stderr.contains("can't listen at /proc/none/x"), "{}", listened.stderr);
}
