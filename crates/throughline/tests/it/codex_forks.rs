//! Transcripts of the real Codex that are no plain file of one conversation: forks, subagents', one whose
//! writer was killed, a compressed one, old ones that Codex itself rewrote. What the stand-in provider was asked
//! and answered is what is told.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::{Value, json as object};
use throughline_testkit::{Codex, Provider, Script, Step, World};

use crate::codex::connected;
use crate::rpc::Client;
use crate::{json, text};

const LONG: Duration = Duration::from_secs(60);

/// What `threads show --full` tells of a conversation.
fn shown(world: &World, thread: &str) -> Value {
    world.thru(&["index", "run"]).assert_success();
    json(world, &["threads", "show", thread, "--full"])
}

fn list<'v>(value: &'v Value, name: &str) -> &'v [Value] {
    value[name].as_array().map(Vec::as_slice).unwrap_or_default()
}

/// Words of one kind of each turn, each turn's on its own.
fn said(show: &Value, kind: &str) -> Vec<Vec<String>> {
    let of_turn = |turn: &Value| {
        let items = list(turn, "items").iter().filter(|item| item["kind"] == kind);
        items.map(|item| text(&item["text"])).collect()
    };
    list(show, "turns").iter().map(of_turn).collect()
}

fn plan(show: &Value) -> Vec<(String, String)> {
    let steps = list(show, "plan").iter();
    steps.map(|step| (text(&step["step"]), text(&step["status"]))).collect()
}

fn steps(plan: &[(&str, &str)]) -> Vec<(String, String)> {
    plan.iter().map(|(step, status)| ((*step).to_owned(), (*status).to_owned())).collect()
}

fn tokens(value: &Value) -> [u64; 3] {
    ["input", "cached", "output"].map(|name| value["tokens"][name].as_u64().unwrap_or_default())
}

fn threads(world: &World) -> Vec<Value> {
    world.thru(&["index", "run"]).assert_success();
    list(&json(world, &["threads", "list", "--everywhere"]), "threads").to_vec()
}

fn hits(world: &World, query: &str) -> Vec<(String, Value)> {
    let found = json(world, &["threads", "search", query]);
    list(&found, "hits").iter().map(|hit| (text(&hit["thread"]), hit["number"].clone())).collect()
}

const PLAN: [(&str, &str); 2] = [("Read the code", "completed"), ("Mend it", "in_progress")];

#[test]
fn real_codex_killed_in_mid_turn_and_resumed_is_read() {
    let Some(codex) = Codex::required() else { return };
    let world = connected(&codex);
    let provider = Provider::start(Script::steps([
        Step::new().plan(&PLAN).usage(1_000, 100, 10),
        Step::new().call("exec_command", object!({"cmd": "printf hello"})).usage(2_000, 200, 20),
        Step::new().hang(),
    ]));
    let session = world.codex(&codex, &provider);
    let running = session.spawn("Mend the greeting");
    provider.wait_for_requests(3, LONG);
    let killed = running.kill();
    let show = shown(&world, killed.thread());
    assert_eq!(said(&show, "prompt"), [["Mend the greeting"]]);
    assert_eq!(said(&show, "command"), [["printf hello"]]);
    assert_eq!(show["turns"][0]["outcome"], "open", "nobody wrote its end: {show:#}");
    assert_eq!(tokens(&show["turns"][0]), [3_000, 300, 30], "what was answered");
    assert_eq!(plan(&show), steps(&PLAN));

    provider.set_script(Script::steps([Step::text("Mended.").usage(4_000, 400, 40)]));
    session.resume_thread(killed.thread(), "Go on").assert_success();
    let show = shown(&world, killed.thread());
    assert_eq!(said(&show, "prompt"), [["Mend the greeting"], ["Go on"]]);
    assert_eq!(said(&show, "answer"), [vec![], vec!["Mended.".to_owned()]]);
    let outcomes: Vec<_> = list(&show, "turns").iter().map(|t| text(&t["outcome"])).collect();
    assert_eq!(outcomes, ["open", "ended"]);
    assert_eq!(
        (tokens(&show["turns"][1]), tokens(&show["thread"])),
        ([4_000, 400, 40], [7_000, 700, 70])
    );
    assert_eq!((plan(&show), threads(&world).len()), (steps(&PLAN), 1));
}

/// Where each turn comes from; nothing of its own.
fn inherited(show: &Value) -> Vec<String> {
    list(show, "turns").iter().map(|turn| text(&turn["inherited_from"])).collect()
}

#[test]
fn real_codex_fork_shows_what_it_goes_on_from() {
    let Some(codex) = Codex::required() else { return };
    let world = connected(&codex);
    let answer = |text: &str, tokens| Step::text(text).usage(tokens, tokens / 10, tokens / 100);
    let provider = Provider::start(Script::steps([
        Step::new().plan(&PLAN).usage(1_000, 100, 10),
        answer("One.", 2_000),
        answer("Two.", 3_000),
        answer("Other three.", 4_000),
        answer("Other four.", 5_000),
        answer("Three.", 6_000),
        answer("Early two.", 7_000),
        answer("Late three.", 8_000),
    ]));
    let session = world.codex(&codex, &provider);
    let first = session.exec("Prompt one").assert_success();
    let a = first.thread().to_owned();
    session.resume_thread(&a, "Prompt two").assert_success();
    let b = session.fork_thread(&a, "Prompt other three").assert_success().thread().to_owned();
    let c = session.fork_thread(&b, "Prompt other four").assert_success().thread().to_owned();
    // The origin goes on, and none of its forks with it.
    session.resume_thread(&a, "Prompt three").assert_success();
    let turns = |id: &str| {
        let show = shown(&world, id);
        list(&show, "turns").iter().map(|turn| text(&turn["id"])).collect::<Vec<_>>()
    };
    let mut server = Client::of_codex(&world, &codex);
    let mut fork = |thread: &str, turn: &str, prompt: &str| {
        let at = object!({"threadId": thread, "lastTurnId": turn});
        let id = text(&server.call("thread/fork", at)["thread"]["id"]);
        server.turn(&id, prompt);
        id
    };
    // One ends within the origin, one within what the fork of a fork shares itself.
    let early = fork(&a, &turns(&a)[0], "Prompt early two");
    let late = fork(&c, &turns(&c)[1], "Prompt late three");
    drop(server);
    let own = String::new;
    let cases = [
        (&a, vec!["one", "two", "three"], vec![own(), own(), own()], 12_000),
        (&b, vec!["one", "two", "other three"], vec![a.clone(), a.clone(), own()], 4_000),
        (
            &c,
            vec!["one", "two", "other three", "other four"],
            vec![a.clone(), a.clone(), b.clone(), own()],
            5_000,
        ),
        (&early, vec!["one", "early two"], vec![a.clone(), own()], 7_000),
        (&late, vec!["one", "two", "late three"], vec![a.clone(), a.clone(), own()], 8_000),
    ];
    for (id, words, from, input) in cases {
        let show = shown(&world, id);
        let prompts: Vec<_> = words.iter().map(|words| vec![format!("Prompt {words}")]).collect();
        assert_eq!(said(&show, "prompt"), prompts);
        assert_eq!(inherited(&show), from, "{words:?}");
        let last = words.last().expect("a turn");
        let answers = said(&show, "answer").concat();
        assert_eq!(answers.last().map(|a| a.to_lowercase()), Some(format!("{last}.")));
        assert_eq!(tokens(&show["thread"]), [input, input / 10, input / 100], "{words:?}: its own");
        assert_eq!(plan(&show), steps(&PLAN), "{words:?}: the plan goes on");
        // What Codex sent to the model is what is shown.
        let asked = provider
            .requests()
            .into_iter()
            .rfind(|request| request.user_texts().last() == Some(&format!("Prompt {last}")));
        let asked = asked.expect("a request").user_texts();
        let sent: Vec<_> = asked.iter().filter(|text| text.starts_with("Prompt ")).collect();
        assert_eq!(sent, prompts.iter().flatten().collect::<Vec<_>>());
        assert_eq!(hits(&world, &format!("\"prompt {last}\"")).len(), 1, "{words:?}");
        let at = (id.clone(), object!(words.len()));
        assert_eq!(
            hits(&world, &format!("\"prompt {last}\"")),
            [at],
            "the number is the one shown"
        );
    }
    assert_eq!(threads(&world).len(), 5);
}

/// The transcript of a conversation, wherever and however it lies.
fn transcripts(world: &World, ending: &str) -> Vec<PathBuf> {
    let (mut found, mut folders) = (Vec::new(), vec![world.codex_home().join("sessions")]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.to_string_lossy().ends_with(ending) {
                found.push(path);
            }
        }
    }
    found
}

/// Codex compresses in the background, and only what is old.
fn compressed(world: &World, codex: &Codex) -> PathBuf {
    let plain = transcripts(world, ".jsonl").pop().expect("a transcript");
    world.shell(&format!("touch -d '40 days ago' '{}'", plain.display())).assert_success();
    let mut server = Client::of_codex(world, codex);
    server.call("rollout/compress", object!({}));
    let deadline = Instant::now() + LONG;
    while plain.exists() {
        assert!(Instant::now() < deadline, "Codex did not compress {}", plain.display());
        std::thread::sleep(Duration::from_millis(20));
    }
    plain
}

#[test]
fn real_codex_compressed_transcript_is_read_and_gone_on_with() {
    let Some(codex) = Codex::required() else { return };
    let world = connected(&codex);
    let provider = Provider::start(Script::steps([
        Step::new().plan(&PLAN).usage(1_000, 100, 10),
        Step::new().call("exec_command", object!({"cmd": "printf hello"})).usage(2_000, 200, 20),
        Step::text("Packed.").usage(3_000, 300, 30),
    ]));
    let session = world.codex(&codex, &provider);
    let ran = session.exec("Mend the greeting").assert_success();
    let before = shown(&world, ran.thread());
    let session = session.config("[features]\nlocal_thread_store_compression = true");
    let plain = compressed(&world, &codex);
    let packed = transcripts(&world, ".jsonl.zst");
    assert_eq!(packed, [Path::new(&format!("{}.zst", plain.display()))]);
    for rebuild in [false, true] {
        if rebuild {
            world.thru(&["index", "rebuild"]).assert_success();
        }
        let show = shown(&world, ran.thread());
        assert_eq!(show["turns"], before["turns"], "rebuilt: {rebuild}");
        assert_eq!((plan(&show), tokens(&show["thread"])), (steps(&PLAN), [6_000, 600, 60]));
        assert_eq!(hits(&world, "cmd:printf").len(), 1);
    }
    provider.set_script(Script::steps([Step::text("Unpacked.").usage(4_000, 400, 40)]));
    session.resume_thread(ran.thread(), "Go on").assert_success();
    let show = shown(&world, ran.thread());
    assert_eq!(said(&show, "answer"), [["Packed."], ["Unpacked."]]);
    assert_eq!(tokens(&show["thread"]), [10_000, 1_000, 100]);
    assert_eq!((show["turns"][0].clone(), threads(&world).len()), (before["turns"][0].clone(), 1));
}

#[test]
fn real_codex_rewrites_its_old_transcripts_and_nothing_changes() {
    let Some(codex) = Codex::required() else { return };
    let world = connected(&codex);
    let provider = Provider::start(Script::steps([
        Step::new().plan(&PLAN).usage(1_000, 100, 10),
        Step::text("First answer.").usage(2_000, 200, 20),
        Step::text("Second answer.").usage(3_000, 300, 30),
        Step::text("Another answer.").usage(4_000, 400, 40),
    ]));
    let _ = world.codex(&codex, &provider);
    let mut server = Client::of_codex(&world, &codex);
    // `exec` has no switch for the old dialect; a client may still ask for it.
    let legacy = object!({"cwd": world.repo(), "historyMode": "legacy"});
    let thread = text(&server.call("thread/start", legacy)["thread"]["id"]);
    server.turn(&thread, "First prompt");
    server.turn(&thread, "Second prompt");
    let fork = server.call("thread/fork", object!({"threadId": thread}));
    let fork = text(&fork["thread"]["id"]);
    server.turn(&fork, "Another prompt");
    drop(server);
    let before = [&thread, &fork].map(|id| shown(&world, id));
    assert_eq!(said(&before[0], "prompt"), [["First prompt"], ["Second prompt"]]);
    assert_eq!(said(&before[0], "answer"), [["First answer."], ["Second answer."]]);
    assert_eq!((plan(&before[0]), tokens(&before[0]["thread"])), (steps(&PLAN), [6_000, 600, 60]));
    // An old fork holds a copy of what it goes on from.
    assert_eq!(
        said(&before[1], "prompt"),
        [["First prompt"], ["Second prompt"], ["Another prompt"]]
    );
    assert_eq!(tokens(&before[1]["turns"][2]), [4_000, 400, 40]);
    assert_eq!(inherited(&before[1]), [&thread, &thread, ""]);
    assert_eq!(hits(&world, "answer").len(), 3, "not once more for the copy");

    let migrated = world.shell(&format!(
        "CODEX_HOME='{}' '{}' migrate-rollouts --apply --json",
        world.codex_home().display(),
        codex.native().display()
    ));
    let outcomes = migrated.assert_success().json();
    let outcomes: Vec<_> = list(&outcomes, "outcomes").iter().map(|o| text(&o["status"])).collect();
    assert_eq!(outcomes, ["migrated", "migrated"]);
    for rebuild in [false, true] {
        if rebuild {
            world.thru(&["index", "rebuild"]).assert_success();
        }
        for (id, before) in [&thread, &fork].into_iter().zip(&before) {
            let show = shown(&world, id);
            for name in ["turns", "plan"] {
                assert_eq!(show[name], before[name], "{id}, rebuilt: {rebuild}");
            }
            assert_eq!(tokens(&show["thread"]), tokens(&before["thread"]));
        }
        assert_eq!((threads(&world).len(), hits(&world, "answer").len()), (2, 3));
    }
}

/// One way in which Codex has agents spawn others.
struct Way {
    feature: &'static str,
    namespace: &'static str,
    task: Value,
    path: Value,
    /// Whether the child's transcript begins with a copy of its parent's.
    copies: bool,
}

fn ways() -> [Way; 3] {
    let way = |task: Value, copies| Way {
        feature: "multi_agent_v2",
        namespace: "collaboration",
        task,
        path: "/root/help".into(), // tidy: path is data
        copies,
    };
    let task = object!({"message": "Help", "task_name": "help", "agent_type": "explorer"});
    // Who gets none of the parent's turns may be of another kind; who gets all may be named.
    let mut alone = task.clone();
    alone["fork_turns"] = "none".into();
    [
        Way {
            feature: "multi_agent",
            namespace: "multi_agent_v1",
            task: object!({"message": "Help", "agent_type": "explorer"}),
            path: Value::Null,
            copies: false,
        },
        way(alone, false),
        way(task, true),
    ]
}

#[test]
fn real_codex_subagents_have_their_edge_their_plan_and_their_tokens() {
    let Some(codex) = Codex::required() else { return };
    for Way { feature, namespace, task, path, copies } in ways() {
        let world = connected(&codex);
        let child = r#"thread_source\":\"subagent"#;
        let until = "until test -e child; do sleep 0.05; done";
        let wait = object!({"cmd": until, "yield_time_ms": 30_000});
        let (ours, theirs) = ([("Parent step", "in_progress")], [("Child step", "completed")]);
        let provider = Provider::start(
            Script::steps([
                Step::new().plan(&ours).usage(1_000, 100, 10),
                Step::new().call_in(namespace, "spawn_agent", task).usage(2_000, 200, 20),
                Step::new().call("exec_command", wait).usage(3_000, 300, 30),
            ])
            // The child's end may be told to the parent before or after its last answer.
            .default_step(Step::text("Parent done.").usage(0, 0, 0))
            .rule_times(child, 1, Step::new().plan(&theirs).usage(10, 1, 2))
            .rule_times(
                child,
                1,
                Step::new().call("exec_command", object!({"cmd": "touch child"})).usage(20, 2, 4),
            )
            .rule(child, Step::text("Child done.").usage(30, 3, 6)),
        );
        let session = world.codex(&codex, &provider);
        let ran = session.config(&format!("[features]\n{feature} = true")).exec("Parent prompt");
        let parent = ran.assert_success().thread().to_owned();
        let show = shown(&world, &parent);
        assert_eq!(
            (plan(&show), tokens(&show["thread"])),
            (steps(&ours), [6_000, 600, 60]),
            "{feature}"
        );
        assert_eq!(said(&show, "prompt"), [["Parent prompt"]], "{feature}");
        assert_eq!(said(&show, "command"), [[until]], "{feature}");

        let tree = json(&world, &["threads", "tree", &parent]);
        let nodes = list(&tree, "threads");
        assert_eq!((nodes.len(), &nodes[0]["id"]), (2, &object!(parent)), "{feature}: {tree:#}");
        let node = &nodes[1];
        assert_eq!((&node["parent"], &node["depth"]), (&object!(parent), &object!(1)), "{feature}");
        assert_eq!(
            (&node["role"], &node["agent_path"]),
            (&object!("explorer"), &path),
            "{feature}"
        );
        assert!(!text(&node["nickname"]).is_empty(), "{feature}: {node}");
        assert_eq!(
            json(&world, &["threads", "tree", &text(&node["id"])])["threads"],
            tree["threads"]
        );

        let show = shown(&world, &text(&node["id"]));
        assert_eq!(
            (plan(&show), tokens(&show["thread"])),
            (steps(&theirs), [60, 6, 12]),
            "{feature}"
        );
        let own = list(&show, "turns").last().expect("a turn");
        let own = object!({ "turns": [own] });
        assert_eq!(said(&own, "command"), [["touch child"]], "{feature}");
        assert_eq!(said(&own, "answer"), [["Child done."]], "{feature}");
        let from = if copies { vec![parent.clone(), String::new()] } else { vec![String::new()] };
        assert_eq!(inherited(&show), from, "{feature}: {show:#}");
        assert_eq!(threads(&world).len(), 2, "{feature}");
    }
}
