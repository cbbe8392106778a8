//! The real Codex as a server that holds several conversations in one process, as its screens and
//! editors use it: what `/clear` and an interrupt do.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json as object};
use throughline_testkit::{Codex, Provider, Script, Step, World};

use crate::codex::{LATER, connected, folded, memory_of};
use crate::{json, status_of};

const LONG: Duration = Duration::from_secs(60);

pub(crate) struct Server {
    child: Child,
    messages: Receiver<Value>,
    asked: u64,
    /// Everything that came, in order.
    seen: Vec<Value>,
}

impl Server {
    pub(crate) fn start(world: &World, codex: &Codex) -> Self {
        let mut command = world.command(codex.native(), &world.repo());
        command.arg("app-server").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.stderr(Stdio::null()).spawn().expect("starts");
        let output = BufReader::new(child.stdout.take().expect("a pipe"));
        let (sender, messages) = channel();
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                let _ = sender.send(serde_json::from_str(&line).unwrap_or_default());
            }
        });
        let mut server = Self { child, messages, asked: 0, seen: Vec::new() };
        let client = object!({"name": "test", "title": "Test", "version": "1"});
        let capable = object!({"experimentalApi": true});
        server.call("initialize", object!({"clientInfo": client, "capabilities": capable}));
        server.send(&object!({"method": "initialized"}));
        server
    }

    pub(crate) fn send(&mut self, message: &Value) {
        let input = self.child.stdin.as_mut().expect("a pipe");
        writeln!(input, "{message}").expect("it listens");
    }

    pub(crate) fn wait(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            let message = self.messages.recv_timeout(LONG);
            let message = message.unwrap_or_else(|e| panic!("{e} after {:#?}", self.seen));
            self.seen.push(message.clone());
            if wanted(&message) {
                return message;
            }
        }
    }

    pub(crate) fn call(&mut self, method: &str, parameters: Value) -> Value {
        self.asked += 1;
        let id = self.asked;
        self.send(&object!({"id": id, "method": method, "params": parameters}));
        let answer = self.wait(|m| m["id"] == id && m["method"].is_null());
        assert!(answer["error"].is_null(), "{method}: {answer}");
        answer["result"].clone()
    }

    /// A conversation begins; its id.
    pub(crate) fn begin(&mut self, world: &World, source: &str) -> String {
        let parameters = object!({"cwd": world.repo(), "sessionStartSource": source});
        let began = self.call("thread/start", parameters);
        began["thread"]["id"].as_str().expect("an id").to_owned()
    }

    pub(crate) fn start_turn(&mut self, thread: &str, prompt: &str) -> String {
        let input = object!([{"type": "text", "text": prompt}]);
        let began = self.call("turn/start", object!({"threadId": thread, "input": input}));
        began["turn"]["id"].as_str().expect("an id").to_owned()
    }

    pub(crate) fn wait_for_end(&mut self, thread: &str) {
        self.wait(|m| m["method"] == "turn/completed" && m["params"]["threadId"] == thread);
    }

    pub(crate) fn turn(&mut self, thread: &str, prompt: &str) {
        self.start_turn(thread, prompt);
        self.wait_for_end(thread);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

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
    let mut server = Server::start(&world, &codex);
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
    let mut server = Server::start(&world, &codex);
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
