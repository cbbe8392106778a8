//! Codex's own app-server: lists our hooks and has them trusted. Newline-delimited JSON-RPC over
//! stdio, as `codex app-server` of 0.169 speaks it.
//!
//! Only a hook that stands in the user's `hooks.json` and has exactly our command is ever trusted:
//! the list holds those of plugins and projects too, and a command that only looks like ours could
//! be anything.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::SetupOptions;
use super::files::File;
use super::hooks;
use crate::error::OpsError;
use crate::spawn::command;

/// How long the whole conversation may take.
const DEADLINE: Duration = Duration::from_secs(15);

/// How long it may take to end by itself once its input is closed.
const GRACE: Duration = Duration::from_secs(2);

/// How our hooks stand with Codex.
#[derive(Debug, Clone, Default)]
pub(crate) struct Trust {
    /// Keys of those that are trusted.
    pub(crate) trusted: Vec<String>,
    /// How many of the trusted ones are switched on.
    pub(crate) working: usize,
    /// What Codex calls itself.
    pub(crate) version: String,
}

/// Looks how our hooks stand.
pub(super) fn look(options: &SetupOptions) -> Result<Trust, OpsError> {
    let mut server = Server::start(options)?;
    let found = server.our_hooks()?;
    Ok(server.trust(&found))
}

/// Has our hooks trusted as they stand, and looks again.
pub(super) fn trust(options: &SetupOptions) -> Result<Trust, OpsError> {
    let mut server = Server::start(options)?;
    let found = server.our_hooks()?;
    let states: Map<String, Value> = found
        .iter()
        .filter(|hook| !hook.is_trusted())
        .map(|hook| (hook.key.clone(), json!({ "trusted_hash": hook.current_hash })))
        .collect();
    if states.is_empty() {
        return Ok(server.trust(&found));
    }
    let edit = json!({ "keyPath": "hooks.state", "mergeStrategy": "upsert", "value": states });
    server.call("config/batchWrite", &json!({ "edits": [edit], "reloadUserConfig": true }))?;
    let found = server.our_hooks()?;
    Ok(server.trust(&found))
}

#[derive(Debug, Deserialize)]
struct HooksAnswer {
    data: Vec<HooksOfFolder>,
}

#[derive(Debug, Deserialize)]
struct HooksOfFolder {
    hooks: Vec<Hook>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Hook {
    key: String,
    current_hash: String,
    trust_status: String,
    source_path: PathBuf,
    enabled: bool,
    /// Absent for hooks that are no commands.
    command: Option<String>,
}

impl Hook {
    fn is_trusted(&self) -> bool {
        self.trust_status == "trusted"
    }
}

struct Server<'a> {
    options: &'a SetupOptions,
    child: Child,
    input: Option<ChildStdin>,
    answers: Receiver<Value>,
    ends: Instant,
    asked: u64,
    version: String,
}

impl<'a> Server<'a> {
    fn start(options: &'a SetupOptions) -> Result<Self, OpsError> {
        let mut server = command(&options.codex, &options.codex_home);
        // A group of its own: the program on the PATH may be a launcher, and both must go.
        server.arg("app-server").env("CODEX_HOME", &options.codex_home).process_group(0);
        server.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child =
            server.spawn().map_err(|e| problem(options, format!("can't be started: {e}")))?;
        let input = child.stdin.take();
        let answers = listen(child.stdout.take());
        let ends = Instant::now() + DEADLINE;
        let version = String::new();
        let mut server = Self { options, child, input, answers, ends, asked: 0, version };
        server.greet()?;
        Ok(server)
    }

    fn greet(&mut self) -> Result<(), OpsError> {
        let version = env!("CARGO_PKG_VERSION");
        let client = json!({ "name": "throughline", "title": "Throughline", "version": version });
        let capable = json!({ "experimentalApi": true });
        let hello = json!({ "clientInfo": client, "capabilities": capable });
        let answer = self.call("initialize", &hello)?;
        // "throughline/0.169.0 (…)": our name, Codex's version.
        let agent = answer["userAgent"].as_str().unwrap_or_default();
        let version = agent.split(['/', ' ']).nth(1).unwrap_or("of an unknown version");
        version.clone_into(&mut self.version);
        self.send(&json!({ "method": "initialized" }))
    }

    fn send(&mut self, message: &Value) -> Result<(), OpsError> {
        let written = self.input.as_mut().map(|input| writeln!(input, "{message}"));
        match written {
            Some(Ok(())) => Ok(()),
            Some(Err(_)) | None => Err(problem(self.options, "went away".to_owned())),
        }
    }

    fn call(&mut self, method: &str, parameters: &Value) -> Result<Value, OpsError> {
        self.asked += 1;
        let id = self.asked;
        self.send(&json!({ "id": id, "method": method, "params": parameters }))?;
        loop {
            let left = self.ends.saturating_duration_since(Instant::now());
            let silent = |_| problem(self.options, format!("did not answer {method}"));
            let answer = self.answers.recv_timeout(left).map_err(silent)?;
            // Its own requests count from an id of theirs, and carry a method.
            if answer["id"] != json!(id) || answer.get("method").is_some() {
                continue;
            }
            if let Some(error) = answer.get("error") {
                let message = error["message"].as_str().unwrap_or("no message");
                return Err(problem(self.options, format!("refused {method}: {message}")));
            }
            return Ok(answer["result"].clone());
        }
    }

    fn our_hooks(&mut self) -> Result<Vec<Hook>, OpsError> {
        let answer = self.call("hooks/list", &json!({ "cwds": [self.options.codex_home] }))?;
        let unknown = |error| problem(self.options, format!("lists hooks in another way: {error}"));
        let answer: HooksAnswer = serde_json::from_value(answer).map_err(unknown)?;
        let file = File::Hooks.path(&self.options.codex_home);
        let command = hooks::command(&self.options.thru)?;
        let ours = |hook: &Hook| {
            let source = fs::canonicalize(&hook.source_path).ok();
            source.as_ref() == Some(&file) && hook.command.as_ref() == Some(&command)
        };
        let all = answer.data.into_iter().flat_map(|folder| folder.hooks);
        Ok(all.filter(ours).collect())
    }

    fn trust(&self, found: &[Hook]) -> Trust {
        let trusted = || found.iter().filter(|hook| hook.is_trusted());
        Trust {
            trusted: trusted().map(|hook| hook.key.clone()).collect(),
            working: trusted().filter(|hook| hook.enabled).count(),
            version: self.version.clone(),
        }
    }
}

/// Reads in a thread of its own, so that a server that says nothing can't hold us.
fn listen(output: Option<ChildStdout>) -> Receiver<Value> {
    let (sender, answers) = channel();
    thread::spawn(move || {
        let lines = output.map(|pipe| BufReader::new(pipe).lines()).into_iter().flatten();
        for line in lines.map_while(Result::ok) {
            let answer = serde_json::from_str(&line).unwrap_or(Value::Null);
            if sender.send(answer).is_err() {
                break;
            }
        }
    });
    answers
}

impl Drop for Server<'_> {
    /// It ends when its input does, and has then closed its databases; else it is killed.
    fn drop(&mut self) {
        self.input = None;
        let until = self.ends.min(Instant::now() + GRACE);
        while Instant::now() < until {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            thread::sleep(Duration::from_millis(5));
        }
        if let Some(group) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            let _ = kill_process_group(group, Signal::KILL);
        }
        let _ = self.child.wait();
    }
}

fn problem(options: &SetupOptions, problem: String) -> OpsError {
    OpsError::Program { program: format!("{} app-server", options.codex.display()), problem }
}
