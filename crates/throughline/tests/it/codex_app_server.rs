//! The real Codex as a server that holds several conversations in one process, as its screens and
//! editors use it: what `/clear` and an interrupt do.

use std::time::Duration;

use serde_json::json as object;
use throughline_testkit::{Codex, Provider, Script, Step};

use crate::codex::{LATER, connected, folded, memory_of};
use crate::rpc::Client;
use crate::{json, status_of};

const LONG: Duration = Duration::from_secs(60);

#[test]
fn real_codex_clear_begins_another_session_that_is_told_once() {
    let Some(codex) = Codex::required() else { return };
    let world = connected(&codex);
    let provider = Provider::start(Script::steps([
        Step::new().plan(&LATER),
        Step::text("Before."),
        Step::new().plan(&[("Something else", "in_progress")]),
        Step::text("After."),
    ]));
    let _ = world.codex(&codex, &provider);
    let mut server = Client::of_codex(&world, &codex);
    let first = server.begin(&world, "startup");
    server.turn(&first, "Fix the greeting");
    folded(&world, "Before.");
    let second = server.begin(&world, "clear");
    assert_ne!(first, second);
    server.turn(&second, "Go on");
    folded(&world, "After.");

    let told = memory_of(&provider, 2);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("Before.") && told[0].contains("[>] Fix bug"), "{told:?}");
    assert_eq!(memory_of(&provider, 3), told, "and nothing more in the same turn");
    for (title, status) in LATER {
        assert_eq!(status_of(&world, title), status, "the first one may be gone on with");
    }
    let log = json(&world, &["log", "-n", "100"]).to_string();
    assert!(log.contains(r#""source":"clear""#), "{log}");
}

#[test]
fn real_codex_interrupted_by_its_user_says_so() {
    let Some(codex) = Codex::required() else { return };
    let world = connected(&codex);
    let provider = Provider::start(Script::steps([
        Step::new().plan(&LATER),
        Step::new().hang(),
        Step::text("Going on."),
    ]));
    let _ = world.codex(&codex, &provider);
    let mut server = Client::of_codex(&world, &codex);
    let thread = server.begin(&world, "startup");
    let turn = server.start_turn(&thread, "Fix the greeting");
    provider.wait_for_requests(2, LONG);
    server.call("turn/interrupt", object!({"threadId": thread, "turnId": turn}));
    server.wait_for_end(&thread);
    server.turn(&thread, "Go on");
    folded(&world, "Going on.");
    let shown = json(&world, &["sessions", "show", "last"]);
    assert_eq!(shown["turns"][0]["status"], "interrupted", "{shown}");
    assert_eq!(shown["turns"][1]["status"], "ended", "{shown}");
    assert_eq!(status_of(&world, "Fix bug"), "in_progress");
}
