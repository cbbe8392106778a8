//! Transcripts freshly written by the real Codex, read right: what the provider was asked and answered is
//! what the index tells.

use serde_json::{Value, json as object};
use throughline_testkit::provider::COMPACTION;
use throughline_testkit::{Codex, Provider, Script, Step, World};

use crate::codex::connected;
use crate::{json, text};

fn shown(world: &World, thread: &str) -> Value {
    world.thru(&["index", "run"]).assert_success();
    json(world, &["threads", "show", thread, "--full"])
}

fn said(turn: &Value, kind: &str) -> Vec<String> {
    let items = turn["items"].as_array().expect("items").iter();
    items.filter(|item| item["kind"] == kind).map(|item| text(&item["text"])).collect()
}

fn tokens(value: &Value) -> [u64; 3] {
    ["input", "cached", "output"].map(|name| value[name].as_u64().unwrap_or_default())
}

#[test]
fn real_codex_turns_plans_commands_commits_and_tokens_are_what_the_provider_saw() {
    let Some(codex) = Codex::required() else { return };
    let world = connected(&codex);
    world.git("config user.email a@example.com");
    world.git("config user.name A");
    let plan = [("Read the code", "completed"), ("Mend it", "in_progress")];
    let run = "printf x > made.txt && git add made.txt && git commit -q --no-verify -m made && git log -1 --format='[main %h] made'";
    let provider = Provider::start(Script::steps([
        Step::new().plan(&plan).usage(1_000, 100, 10),
        Step::new().call("exec_command", object!({ "cmd": run })).usage(2_000, 200, 20),
        Step::text("All is mended.").usage(3_000, 300, 30),
    ]));
    let session = world.codex(&codex, &provider);
    let ran = session.exec("Mend the greeting, please").assert_success();
    let thread = ran.thread().to_owned();

    let show = shown(&world, &thread);
    assert_eq!(show["thread"]["id"], thread.as_str());
    assert_eq!(show["thread"]["title"], "Mend the greeting, please");
    assert_eq!(show["thread"]["branch"], "main");
    let turns = show["turns"].as_array().expect("turns");
    assert_eq!(turns.len(), 1, "{turns:#?}");
    assert_eq!(said(&turns[0], "prompt"), ["Mend the greeting, please"]);
    assert_eq!(said(&turns[0], "answer"), ["All is mended."]);
    assert_eq!(said(&turns[0], "command"), [run]);
    assert_eq!(turns[0]["outcome"], "ended");
    assert_eq!(tokens(&turns[0]["tokens"]), [6_000, 600, 60], "the sum of the provider's answers");
    assert_eq!(tokens(&show["thread"]["tokens"]), [6_000, 600, 60]);
    let steps = show["plan"].as_array().expect("a plan").iter();
    let steps: Vec<_> = steps.map(|step| (text(&step["step"]), text(&step["status"]))).collect();
    assert_eq!(steps, plan.map(|(step, status)| (step.to_owned(), status.to_owned())));
    let commit = world.git("log -1 --format=%h");
    assert_eq!(turns[0]["commits"], object!([commit.trim()]));

    provider.set_script(Script::steps([Step::text("Nothing more to do.").usage(500, 0, 5)]));
    session.resume_thread(&thread, "And now?").assert_success();
    let show = shown(&world, &thread);
    let turns = show["turns"].as_array().expect("turns");
    assert_eq!(turns.len(), 2, "{turns:#?}");
    assert_eq!(said(&turns[1], "prompt"), ["And now?"]);
    assert_eq!(tokens(&turns[1]["tokens"]), [500, 0, 5]);
    assert_eq!(tokens(&show["thread"]["tokens"]), [6_500, 600, 65]);
    let found = json(&world, &["threads", "search", "nothing more"]);
    assert_eq!(found["hits"][0]["thread"], thread.as_str());
    assert_eq!(found["hits"][0]["number"], 2);
    // Our own brief stands in the transcript, and is nobody's words.
    assert!(
        world.read(show["thread"]["transcript"].as_str().expect("a path")).contains("<throughline")
    );
    let ours = json(&world, &["threads", "search", "throughline"]);
    assert_eq!(ours["hits"].as_array().map(Vec::len), Some(0), "{ours}");
}

#[test]
fn real_codex_compacted_archived_and_killed_transcripts_are_read() {
    let Some(codex) = Codex::required() else { return };
    let world = connected(&codex);
    let provider = Provider::start(
        Script::steps([
            Step::new().plan(&[("One", "in_progress")]).usage(90_000, 0, 10),
            Step::text("Went on.").usage(3_000, 0, 10),
        ])
        .rule(COMPACTION, Step::text("SUMMARY").usage(3_000, 0, 10)),
    );
    let session = world.codex(&codex, &provider).auto_compact_token_limit(50_000);
    let ran = session.exec("Do much").assert_success();
    let show = shown(&world, ran.thread());
    let turns = show["turns"].as_array().expect("turns");
    assert_eq!((turns.len(), said(&turns[0], "answer")), (1, vec!["Went on.".to_owned()]));

    let path = show["thread"]["transcript"].as_str().expect("a path").to_owned();
    let archive = world.codex_home().join("archived_sessions");
    let archived = world.shell(&format!(
        "CODEX_HOME='{}' '{}' archive {}",
        world.codex_home().display(),
        codex.native().display(),
        ran.thread()
    ));
    archived.assert_success();
    assert!(!std::path::Path::new(&path).exists() && archive.is_dir(), "Codex moved it");
    world.thru(&["index", "run"]).assert_success();
    let list = json(&world, &["threads", "list", "--archived"]);
    assert_eq!(list["threads"][0]["id"], ran.thread());
    let again = json(&world, &["threads", "show", ran.thread(), "--full"]);
    assert_eq!(again["turns"], show["turns"]);
}
