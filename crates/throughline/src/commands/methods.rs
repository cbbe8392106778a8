//! The command line as methods of the app server: `tasks/list` with `{"all": true}` is
//! `thru tasks list --all --json`.
//!
//! A method takes what its command takes: each option by its long name, in camelCase; what has no option is
//! named as in the help. So a new option of a command is a new parameter of its method, and both are read,
//! checked and answered by the same lines. A command that reads standard input, asks somebody, or is a process
//! of its own is not offered.

use std::path::Path;

use clap::{Arg, ArgAction, Command};
use serde_json::{Map, Value, json};
use throughline_server::{Code, Commands, Fault};

use super::{Row, carry_out, rows};
use crate::environment::Environment;
use crate::failure::{Exit, Failure};
use crate::output::{Screen, json as as_json};

/// A method: its name, its command, and arguments that are given.
struct Method {
    name: &'static str,
    command: &'static [&'static str],
    given: &'static [&'static str],
}

const fn method(name: &'static str, command: &'static [&'static str]) -> Method {
    Method { name, command, given: &[] }
}

const METHODS: &[Method] = &[
    method("project/status", &["status"]),
    method("tasks/next", &["next"]),
    method("plan/read", &["plan"]),
    method("tasks/list", &["tasks", "list"]),
    method("tasks/show", &["tasks", "show"]),
    method("tasks/add", &["tasks", "add"]),
    method("tasks/edit", &["tasks", "edit"]),
    method("tasks/start", &["tasks", "start"]),
    method("tasks/complete", &["tasks", "complete"]),
    method("tasks/cancel", &["tasks", "cancel"]),
    method("tasks/reopen", &["tasks", "reopen"]),
    method("tasks/remove", &["tasks", "remove"]),
    method("tasks/link", &["tasks", "link"]),
    method("tasks/unlink", &["tasks", "unlink"]),
    method("tasks/claim", &["tasks", "claim"]),
    method("tasks/release", &["tasks", "release"]),
    method("tasks/promote", &["tasks", "promote"]),
    method("tasks/conflicts", &["tasks", "conflicts"]),
    method("tasks/resolve", &["tasks", "resolve"]),
    method("notes/add", &["note"]),
    method("milestones/list", &["milestones", "list"]),
    method("milestones/show", &["milestones", "show"]),
    method("milestones/add", &["milestones", "add"]),
    method("milestones/edit", &["milestones", "edit"]),
    method("milestones/reach", &["milestones", "reach"]),
    method("milestones/drop", &["milestones", "drop"]),
    method("milestones/reopen", &["milestones", "reopen"]),
    method("snapshots/add", &["snapshot"]),
    method("goals/list", &["goals", "list"]),
    method("goals/show", &["goals", "show"]),
    method("adr/list", &["adr", "list"]),
    method("sessions/list", &["sessions", "list"]),
    method("sessions/show", &["sessions", "show"]),
    method("lines/list", &["lines", "list"]),
    method("lines/show", &["lines", "show"]),
    method("lines/merge", &["lines", "merge"]),
    method("lines/adopt", &["lines", "adopt"]),
    method("lines/retire", &["lines", "retire"]),
    Method { name: "drift/read", command: &["cache", "reconcile"], given: &["--dry-run"] },
    Method { name: "reconcile/preview", command: &["cache", "reconcile"], given: &["--dry-run"] },
    method("reconcile/apply", &["cache", "reconcile"]),
    method("cache/show", &["cache", "show"]),
    method("cache/validate", &["cache", "validate"]),
    method("publish", &["publish"]),
    method("undo", &["undo"]),
    method("journal/list", &["log"]),
    method("journal/digest", &["journal"]),
    method("recall", &["recall"]),
    method("memory/list", &["memory", "list"]),
    method("memory/show", &["memory", "show"]),
    method("memory/add", &["memory", "add"]),
    method("memory/edit", &["memory", "edit"]),
    method("memory/pin", &["memory", "pin"]),
    method("memory/confirm", &["memory", "confirm"]),
    method("memory/reject", &["memory", "reject"]),
    method("memory/move", &["memory", "move"]),
    method("memory/forget", &["memory", "forget"]),
    method("memory/history", &["memory", "history"]),
    method("memory/diff", &["memory", "diff"]),
    method("memory/revert", &["memory", "revert"]),
    // Codex has a `memory/status` of its own.
    method("memory/progress", &["memory", "status"]),
    method("memory/why", &["memory", "why"]),
    method("agents/tree", &["agents", "tree"]),
    method("agents/show", &["agents", "show"]),
    method("agents/close", &["agents", "close"]),
    method("jobs/list", &["jobs", "list"]),
    method("jobs/show", &["jobs", "show"]),
    method("jobs/cancel", &["jobs", "cancel"]),
    method("jobs/logs", &["jobs", "logs"]),
    method("jobs/remove", &["jobs", "remove"]),
];

/// The command line, for a server.
#[derive(Debug)]
pub(super) struct CommandLine {
    environment: Environment,
}

impl CommandLine {
    /// Of this process.
    pub(super) fn new(environment: Environment) -> Self {
        Self { environment }
    }
}

impl Commands for CommandLine {
    fn names(&self) -> Vec<&'static str> {
        METHODS.iter().map(|method| method.name).collect()
    }

    fn call(
        &self,
        method: &str,
        directory: &Path,
        params: &Map<String, Value>,
    ) -> Result<Value, Fault> {
        let rows = rows();
        let found = METHODS.iter().find(|known| known.name == method).and_then(|method| {
            let row = rows.iter().find(|row| row.path == method.command)?;
            Some((method, row))
        });
        let (method, row) = found.ok_or_else(|| Fault::invalid("no such method"))?;
        let mut environment = self.environment.clone();
        environment.directory = directory.to_owned();
        call(&environment, method, row, params)
    }
}

fn call(
    environment: &Environment,
    method: &Method,
    row: &Row,
    params: &Map<String, Value>,
) -> Result<Value, Fault> {
    let command = built(row);
    let words = words(&command, method, params)?;
    let matches = command.try_get_matches_from(words).map_err(|error| misuse(&error))?;
    let mut screen = Screen::unseen(environment);
    let (answer, unreadable) = carry_out(environment, row, &matches, &mut screen);
    let report = answer.map_err(|failure| fault(&failure))?;
    let text = as_json::with_served(&*report, &unreadable);
    let answer = serde_json::from_str(&throughline_model::sanitise::for_json(&text));
    answer.map_err(|error| Fault::new(Code::Internal, format!("{}: {error}", method.name)))
}

/// Only a command that is built knows the places of what has no option.
fn built(row: &Row) -> Command {
    let mut command = row.command().no_binary_name(true).disable_help_flag(true);
    command.build();
    command
}

/// Parameters as the words of a command line. A value never passes for an option: it is bound to its
/// option's name, or stands behind `--`.
fn words(
    command: &Command,
    method: &Method,
    params: &Map<String, Value>,
) -> Result<Vec<String>, Fault> {
    let mut words: Vec<String> = method.given.iter().map(|word| (*word).to_owned()).collect();
    let mut places = Vec::new();
    for (name, value) in params {
        let arg = offered(command, method).find(|arg| name_of(arg) == *name);
        let arg = arg.ok_or_else(|| unknown(command, method, name))?;
        let values = values(name, value)?;
        match (arg.get_action(), arg.get_index()) {
            (ArgAction::SetTrue | ArgAction::Count, _) => match value {
                Value::Bool(true) => words.push(long(arg)),
                Value::Bool(false) | Value::Null => {}
                Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => {
                    return Err(Fault::invalid(format!(
                        "Invalid request: `{name}` is true or false"
                    )));
                }
            },
            (_, Some(place)) => places.push((place, values)),
            (_, None) => words.extend(values.iter().map(|value| format!("{}={value}", long(arg)))),
        }
    }
    places.sort_by_key(|(place, _)| *place);
    let places: Vec<String> = places.into_iter().flat_map(|(_, values)| values).collect();
    if !places.is_empty() {
        words.push("--".to_owned());
    }
    words.extend(places);
    Ok(words)
}

/// What a client may say; what is hidden, given already, or works in a terminal is not its.
fn offered<'c>(command: &'c Command, method: &Method) -> impl Iterator<Item = &'c Arg> {
    let given: Vec<String> =
        method.given.iter().map(|word| word.trim_start_matches('-').to_owned()).collect();
    command.get_arguments().filter(move |arg| {
        let is_given = arg.get_long().is_some_and(|long| given.iter().any(|given| given == long));
        !arg.is_hide_set() && !is_given
    })
}

fn name_of(arg: &Arg) -> String {
    let name = arg.get_long().map_or_else(|| arg.get_id().to_string(), str::to_owned);
    let mut parts = name.split(['-', '_']);
    let mut camel = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let mut letters = part.chars();
        camel.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        camel.push_str(letters.as_str());
    }
    camel
}

fn long(arg: &Arg) -> String {
    format!("--{}", arg.get_long().unwrap_or_default())
}

fn values(name: &str, value: &Value) -> Result<Vec<String>, Fault> {
    let one = |value: &Value| match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(flag) => Ok(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => Err(Fault::invalid(format!(
            "Invalid request: `{name}` is a text, a number, or a list of them"
        ))),
    };
    match value {
        Value::Null => Ok(Vec::new()),
        Value::Array(list) => list.iter().map(one).collect(),
        value @ (Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_)) => {
            Ok(vec![one(value)?])
        }
    }
}

fn unknown(command: &Command, method: &Method, name: &str) -> Fault {
    let known: Vec<String> = offered(command, method).map(name_of).collect();
    let takes = match known.is_empty() {
        true => "it takes none".to_owned(),
        false => format!("it takes cwd, {}", known.join(", ")),
    };
    Fault::invalid(format!("Invalid request: {} has no parameter `{name}`; {takes}", method.name))
}

/// What clap says, without how to call a command.
fn misuse(error: &clap::Error) -> Fault {
    let text = error.render().to_string();
    let said: Vec<&str> =
        text.lines().take_while(|line| !line.trim().is_empty()).map(str::trim).collect();
    let said = said.join(" ");
    Fault::invalid(format!("Invalid request: {}", said.strip_prefix("error: ").unwrap_or(&said)))
}

fn fault(failure: &Failure) -> Fault {
    let code = match failure.exit {
        Exit::Done | Exit::Failed | Exit::Usage | Exit::Refused | Exit::NoProject => Code::Invalid,
        Exit::Locked | Exit::Unreadable | Exit::NotConfirmed => Code::Internal,
    };
    let data = json!({ "exit": failure.exit.code(), "hints": failure.hints });
    Fault { code, message: failure.message.clone(), data: Some(data) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_method_is_a_command_that_no_other_method_is() {
        let rows = rows();
        for method in METHODS {
            assert!(rows.iter().any(|row| row.path == method.command), "{}", method.name);
            let again = METHODS.iter().filter(|other| other.name == method.name).count();
            assert_eq!(again, 1, "{}", method.name);
        }
    }

    #[test]
    fn a_value_never_passes_for_an_option() {
        let rows = rows();
        let method = METHODS.iter().find(|method| method.name == "tasks/add").expect("a row");
        let row = rows.iter().find(|row| row.path == method.command).expect("a row");
        let params =
            json!({ "title": "--json", "notes": "--force", "priority": 1, "dependsOn": ["-x"] });
        let Value::Object(params) = params else { panic!("an object") };
        let words = words(&built(row), method, &params).expect("words");
        assert_eq!(words, ["--depends-on=-x", "--notes=--force", "--priority=1", "--", "--json"]);
    }
}
