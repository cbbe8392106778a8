//! Codex's own app-server: lists our hooks and has them trusted. Newline-delimited JSON-RPC over
//! stdio, as `codex app-server` of 0.169 speaks it.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::SetupOptions;
use crate::error::OpsError;
use crate::spawn::command;

/// How long the whole conversation may take.
const DEADLINE: Duration = Duration::from_secs(15);

/// How our hooks stand with Codex.
#[derive(Debug, Clone, Copy)]
pub(super) struct Trust {
    pub(super) trusted: usize,
    pub(super) hooks: usize,
}

/// Looks how our hooks stand.
pub(super) fn look(options: &SetupOptions) -> Result<Trust, OpsError> {
    let mut server = Server::start(options)?;
    Ok(count(&server.our_hooks()?))
}

/// Has all our hooks trusted as they stand, and looks again.
pub(super) fn trust(options: &SetupOptions) -> Result<Trust, OpsError> {
    let mut server = Server::start(options)?;
    let states: serde_json::Map<String, Value> = server
        .our_hooks()?
        .into_iter()
        .map(|hook| (hook.key, json!({ "trusted_hash": hook.hash })))
        .collect();
    let edit = json!({ "keyPath": "hooks.state", "mergeStrategy": "upsert", "value": states });
    server.call("config/batchWrite", &json!({ "edits": [edit], "reloadUserConfig": true }))?;
    Ok(count(&server.our_hooks()?))
}

fn count(hooks: &[Hook]) -> Trust {
    Trust { trusted: hooks.iter().filter(|hook| hook.works).count(), hooks: hooks.len() }
}

struct Hook {
    key: String,
    hash: String,
    works: bool,
}

struct Server<'a> {
    options: &'a SetupOptions,
    child: Child,
    answers: Receiver<Value>,
    ends: Instant,
    next: u64,
}

impl<'a> Server<'a> {
    fn start(options: &'a SetupOptions) -> Result<Self, OpsError> {
        let mut server = command(&options.codex, &options.codex_home);
        server.arg("app-server").env("CODEX_HOME", &options.codex_home);
        server.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child =
            server.spawn().map_err(|e| problem(options, format!("can't be started: {e}")))?;
        let stdout = child.stdout.take();
        let (sender, answers) = channel();
        thread::spawn(move || {
            let lines = stdout.map(|pipe| BufReader::new(pipe).lines()).into_iter().flatten();
            for line in lines.map_while(Result::ok) {
                let answer = serde_json::from_str(&line).unwrap_or(Value::Null);
                if sender.send(answer).is_err() {
                    break;
                }
            }
        });
        let mut server = Self { options, child, answers, ends: Instant::now() + DEADLINE, next: 0 };
        let version = env!("CARGO_PKG_VERSION");
        let client = json!({ "name": "throughline", "title": "Throughline", "version": version });
        let capable = json!({ "experimentalApi": true });
        server.call("initialize", &json!({ "clientInfo": client, "capabilities": capable }))?;
        server.send(&json!({ "method": "initialized" }))?;
        Ok(server)
    }

    fn send(&mut self, message: &Value) -> Result<(), OpsError> {
        let gone = || problem(self.options, "went away".to_owned());
        let pipe = self.child.stdin.as_mut().ok_or_else(gone)?;
        let written = writeln!(pipe, "{message}").and_then(|()| pipe.flush());
        written.map_err(|_| problem(self.options, "went away".to_owned()))
    }

    fn call(&mut self, method: &str, parameters: &Value) -> Result<Value, OpsError> {
        self.next += 1;
        let id = self.next;
        self.send(&json!({ "id": id, "method": method, "params": parameters }))?;
        loop {
            let left = self.ends.saturating_duration_since(Instant::now());
            let silent = |_| problem(self.options, format!("did not answer {method}"));
            let answer = self.answers.recv_timeout(left).map_err(silent)?;
            if answer["id"] != json!(id) {
                continue;
            }
            if let Some(error) = answer.get("error") {
                let message = error["message"].as_str().unwrap_or("no message");
                return Err(problem(self.options, format!("refused {method}: {message}")));
            }
            return Ok(answer["result"].clone());
        }
    }

    /// Our hooks, wherever in the answer they stand.
    fn our_hooks(&mut self) -> Result<Vec<Hook>, OpsError> {
        let directory = self.options.codex_home.clone();
        let answer = self.call("hooks/list", &json!({ "cwds": [directory] }))?;
        let mut found = Vec::new();
        collect(&answer, &mut found);
        Ok(found)
    }
}

fn collect(value: &Value, found: &mut Vec<Hook>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        Value::Object(members) => match (members.get("key"), members.get("currentHash")) {
            (Some(key), Some(hash)) => {
                let ours = members.get("command").and_then(Value::as_str);
                let ours = ours.is_some_and(|c| c.ends_with(" hook codex") && c.contains("thru"));
                let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
                let trusted = members.get("trustStatus").is_some_and(|s| s == "trusted");
                let enabled = members.get("enabled").and_then(Value::as_bool).unwrap_or(true);
                if ours {
                    let works = trusted && enabled;
                    found.push(Hook { key: text(key), hash: text(hash), works });
                }
            }
            _ => members.values().for_each(|member| collect(member, found)),
        },
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

impl Drop for Server<'_> {
    fn drop(&mut self) {
        // It has nothing left to do for us, whatever it is doing.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn problem(options: &SetupOptions, problem: String) -> OpsError {
    OpsError::Program { program: format!("{} app-server", options.codex.display()), problem }
}
