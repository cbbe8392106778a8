//! `thru app-server` beside Codex's own, over the same 3,000 conversations, and what a turn through it costs.
//!
//! Both servers run at once and are asked in turns, so a slow moment is both servers'. Codex has its database by then;
//! the figures are the times from a request to its answer. Codex pages only through turns that it ran itself, so
//! the conversation whose turns are listed is made by it first, against a stand-in provider.

use std::io::{BufRead as _, BufReader, Lines, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use throughline_testkit::{Codex, Provider, Script, Step};

use super::Report;
use super::ground::Ground;
use super::index::{THREADS, history};
use super::samples::{Budget, Reference, Row, Samples};
use crate::XtaskError;

/// So many times as fast as Codex, in the median.
const FASTER: f64 = 3.0;

/// Milliseconds that a turn may take longer through us, in the median.
const ADDED: f64 = 10.0;

/// Turns of the conversation whose turns are listed.
const TURNS: usize = 30;

/// Requests that are not measured: Codex makes its database with the first.
const UNMEASURED: usize = 3;

/// An app server, and what is asked of it.
pub(super) struct Server {
    child: Child,
    requests: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
    asked: u64,
}

impl Server {
    /// Starts one and says hello.
    pub(super) fn start(command: &mut Command) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("it starts");
        let requests = child.stdin.take().expect("piped");
        let answers = BufReader::new(child.stdout.take().expect("piped")).lines();
        let mut server = Self { child, requests, answers, asked: 0 };
        let client = json!({ "name": "bench", "title": "bench", "version": "0" });
        let capable = json!({ "experimentalApi": true, "requestAttestation": false });
        server.ask("initialize", &json!({ "clientInfo": client, "capabilities": capable }));
        server
    }

    /// Codex's own.
    pub(super) fn of_codex(ground: &Ground, codex: &Path) -> Self {
        Self::start(ground.world.command(codex, &ground.world.repo()).arg("app-server"))
    }

    fn of_ours(ground: &Ground, arguments: &[&str]) -> Self {
        let mut command = ground.world.command(ground.world.binary(), &ground.world.repo());
        Self::start(command.arg("app-server").args(arguments))
    }

    /// The result, once it is there.
    pub(super) fn ask(&mut self, method: &str, params: &Value) -> Value {
        self.asked += 1;
        let id = self.asked;
        writeln!(self.requests, "{}", json!({ "id": id, "method": method, "params": params }))
            .expect("it listens");
        let answer = self.wait(|line| line["id"] == id && line["method"].is_null());
        assert!(answer["error"].is_null(), "{method}: {answer}");
        answer["result"].clone()
    }

    fn wait(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        let lines = self.answers.by_ref().map_while(Result::ok);
        let mut messages = lines.filter_map(|line| serde_json::from_str::<Value>(&line).ok());
        messages.find(wanted).expect("an answer")
    }

    fn timed(&mut self, method: &str, params: &Value) -> (Duration, usize) {
        let began = Instant::now();
        let answer = self.ask(method, params);
        (began.elapsed(), answer["data"].as_array().map_or(0, Vec::len))
    }

    fn begin(&mut self, ground: &Ground) -> String {
        let began = self.ask("thread/start", &json!({ "cwd": ground.world.repo() }));
        began["thread"]["id"].as_str().expect("an id").to_owned()
    }

    fn turn(&mut self, thread: &str) -> Duration {
        let input = json!([{ "type": "text", "text": "Go on with the parser" }]);
        let began = Instant::now();
        self.ask("turn/start", &json!({ "threadId": thread, "input": input }));
        self.wait(|line| line["method"] == "turn/completed");
        began.elapsed()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn measure(
    binary: &Path,
    rounds: usize,
    report: &mut Report<'_>,
) -> Result<(), XtaskError> {
    let codex = match Codex::find() {
        Ok(codex) => codex,
        Err(why) => {
            report.missed("the app server beside the real Codex");
            return report.say(&format!("\nThe app server was not measured: {why}"));
        }
    };
    pages(binary, rounds, &codex, report)?;
    through(binary, rounds, &codex, report)
}

fn pages(
    binary: &Path,
    rounds: usize,
    codex: &Codex,
    report: &mut Report<'_>,
) -> Result<(), XtaskError> {
    let ground = Ground::without_files(binary);
    history(&ground.world);
    ground.thru(&["index", "run"]);
    let provider = Provider::start(Script::new().default_step(Step::text("Done, for now.")));
    let _ = ground.world.codex(codex, &provider);
    let mut theirs = Server::of_codex(&ground, codex.native());
    let thread = theirs.begin(&ground);
    for _ in 0..TURNS {
        theirs.turn(&thread);
    }
    let mut ours = Server::of_ours(&ground, &[]);
    let kinds = json!(["cli", "exec", "vscode", "subAgent", "unknown"]);
    let list = json!({ "limit": 25, "sourceKinds": kinds, "modelProviders": [] });
    let named =
        json!({ "limit": 25, "sourceKinds": kinds, "modelProviders": [], "searchTerm": "parser" });
    let turns = json!({ "threadId": thread, "limit": 25 });
    let full = json!({ "threadId": thread, "limit": 25, "itemsView": "full" });
    report.say(&format!(
        "\nThe app server over {THREADS} conversations, each request of both in turns"
    ))?;
    for (name, method, params) in [
        ("thread/list", "thread/list", list),
        ("thread/list, searchTerm", "thread/list", named),
        ("thread/turns/list", "thread/turns/list", turns),
        ("thread/turns/list, full", "thread/turns/list", full),
    ] {
        let (mut slow, mut quick) = (Samples::default(), Samples::default());
        for round in 0..rounds + UNMEASURED {
            let ((a, of_codex), (b, of_us)) =
                (theirs.timed(method, &params), ours.timed(method, &params));
            assert_eq!(of_codex, of_us, "{method} {params}: both pages are as long");
            if round >= UNMEASURED {
                slow.push(a);
                quick.push(b);
            }
        }
        let ratio = slow.median() / quick.median();
        let references = [Reference { short: "Codex", median: slow.median() }];
        let rows = [Row::new("ours", quick, Budget::Free), Row::new("Codex's", slow, Budget::Free)];
        report.table(name, &rows, &references)?;
        report.say(&format!("{ratio:.1} times as fast as Codex (budget {FASTER})"))?;
        if ratio < FASTER {
            report.missed(&format!("{name} beside Codex"));
        }
    }
    Ok(())
}

/// A turn through us and one without, in turns.
fn through(
    binary: &Path,
    rounds: usize,
    codex: &Codex,
    report: &mut Report<'_>,
) -> Result<(), XtaskError> {
    let ground = Ground::new(binary);
    ground.import(/*first*/ 0, super::SIZES[0]);
    let provider = Provider::start(Script::new().default_step(Step::text("Done, for now.")));
    let _ = ground.world.codex(codex, &provider);
    let program = codex.native().to_str().expect("a path in UTF-8");
    let mut bare = Server::of_codex(&ground, codex.native());
    let mut ours = Server::of_ours(&ground, &["--backend", "codex", "--codex", program]);
    let (direct, through) = (bare.begin(&ground), ours.begin(&ground));
    let (mut without, mut with) = (Samples::default(), Samples::default());
    for round in 0..rounds + UNMEASURED {
        let (a, b) = (bare.turn(&direct), ours.turn(&through));
        if round >= UNMEASURED {
            without.push(a);
            with.push(b);
        }
    }
    let added = with.median() - without.median();
    let references = [Reference { short: "without", median: without.median() }];
    let rows = [
        Row::new("Codex's app-server", without, Budget::Free),
        Row::new("the same behind ours", with, Budget::Free),
    ];
    report.table("A turn through the app server", &rows, &references)?;
    if added > ADDED {
        report.missed("a turn through the app server");
    }
    report.say(&format!("added: {added:.1} ms in the median (budget {ADDED})"))
}
