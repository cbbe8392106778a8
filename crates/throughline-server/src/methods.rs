//! The methods: one row each. What is not in the table is a command ([`Commands`](crate::Commands)).

use std::path::PathBuf;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use throughline_ops::OpsError;
use throughline_ops::here::Here;
use throughline_ops::surroundings::Surroundings;
use throughline_ops::threads::desk::Desk;

use crate::changes::Subscriptions;
use crate::message::{Code, Fault};
use crate::outbox::Outbox;
use crate::{Service, changes, goals, threads};

/// What a method is given: the client for which it works.
pub(crate) struct Call {
    pub(crate) service: Arc<Service>,
    pub(crate) world: Surroundings,
    pub(crate) desk: Desk,
    pub(crate) subscriptions: Subscriptions,
}

impl Call {
    pub(crate) fn new(service: Arc<Service>, outbox: Arc<Outbox>) -> Self {
        let world = (service.options.world)();
        let desk = Desk::new(service.options.homes.clone(), service.freshness.clone());
        Self { service, world, desk, subscriptions: Subscriptions::new(outbox) }
    }

    /// The project of a directory, as it stands to git.
    pub(crate) fn project_at(&mut self, directory: PathBuf) -> Result<Here, Fault> {
        let before = std::mem::replace(&mut self.world.directory, directory);
        let here = Here::find_unsettled(&self.world);
        self.world.directory = before;
        here.map_err(fault)
    }

    /// Tells every client, this one too.
    pub(crate) fn tell(&self, method: &str, params: &Value) {
        self.service.clients.tell(method, params);
    }
}

/// Who answers a method where Codex's own server stands behind this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Keeper {
    /// We do: pages and searches over all that was ever said, and what Codex does not know.
    Us,
    /// Codex does: it runs the conversation, and holds what is said of it.
    Codex,
}

type Run = fn(&mut Call, Value) -> Result<Value, Fault>;

/// Every method of Codex's that is carried out here, and what only a server needs.
const METHODS: &[(&str, Keeper, Run)] = &[
    ("thread/list", Keeper::Us, threads::list),
    ("thread/read", Keeper::Codex, threads::read),
    ("thread/turns/list", Keeper::Us, threads::turns),
    ("thread/items/list", Keeper::Us, threads::items),
    ("thread/search", Keeper::Us, threads::search),
    ("thread/loaded/list", Keeper::Codex, threads::loaded),
    ("thread/name/set", Keeper::Codex, threads::set_name),
    ("thread/archive", Keeper::Codex, threads::archive),
    ("thread/unarchive", Keeper::Codex, threads::unarchive),
    ("thread/metadata/update", Keeper::Codex, threads::update_metadata),
    ("thread/goal/get", Keeper::Codex, goals::get),
    ("thread/goal/set", Keeper::Codex, goals::set),
    ("thread/goal/clear", Keeper::Codex, goals::clear),
    ("changes/subscribe", Keeper::Us, changes::subscribe),
    ("changes/unsubscribe", Keeper::Us, changes::unsubscribe),
    ("server/methods", Keeper::Us, list),
];

/// Carries a request out; `None`: it is for the backend, which has to be there.
pub(crate) fn carry_out(
    call: &mut Call,
    method: &str,
    params: &Value,
    behind: Behind,
) -> Option<Result<Value, Fault>> {
    let row = METHODS.iter().find(|(name, ..)| *name == method);
    let done = match (row, behind) {
        (Some((_, Keeper::Codex, _)), Behind::Codex) => return None,
        (Some((_, _, run)), _) => run(call, params.clone()),
        (None, _) => command(call, method, params.clone()),
    };
    // A conversation that has only just begun has no transcript yet.
    let is_theirs =
        behind == Behind::Codex && done.as_ref().is_err_and(|fault| fault.code == Code::Unknown);
    if is_theirs { None } else { Some(done) }
}

/// Who stands behind this server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Behind {
    /// Codex's own.
    Codex,
    /// Nobody.
    Nobody,
}

/// A command, in the project of the directory that is named, else where the server was started.
fn command(call: &Call, method: &str, params: Value) -> Result<Value, Fault> {
    let commands = &call.service.options.commands;
    if !commands.names().contains(&method) {
        let sentence = "`server/methods` lists them";
        let unknown = format!("Invalid request: unknown method `{method}`; {sentence}");
        return Err(Fault::new(Code::Unknown, unknown));
    }
    let mut params = members(params)?;
    let directory = directory(call, params.remove("cwd"))?;
    commands.call(method, &directory, &params)
}

/// The directory that a request means.
pub(crate) fn directory(call: &Call, cwd: Option<Value>) -> Result<PathBuf, Fault> {
    match cwd {
        None | Some(Value::Null) => Ok(call.world.directory.clone()),
        Some(Value::String(path)) if PathBuf::from(&path).is_absolute() => Ok(path.into()),
        Some(_) => {
            Err(Fault::invalid("Invalid request: `cwd` is the absolute path of a directory"))
        }
    }
}

fn members(params: Value) -> Result<Map<String, Value>, Fault> {
    match params {
        Value::Object(members) => Ok(members),
        Value::Null => Ok(Map::new()),
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Err(Fault::invalid("Invalid request: `params` is an object"))
        }
    }
}

fn list(call: &mut Call, _: Value) -> Result<Value, Fault> {
    let own = METHODS.iter().map(|(name, ..)| *name);
    let mut names: Vec<&str> = own.chain(call.service.options.commands.names()).collect();
    names.sort_unstable();
    Ok(json!({ "methods": names }))
}

/// The parameters of a method.
pub(crate) fn parsed<T: DeserializeOwned>(params: Value) -> Result<T, Fault> {
    let params = if params.is_null() { json!({}) } else { params };
    serde_json::from_value(params)
        .map_err(|error| Fault::invalid(format!("Invalid request: {error}")))
}

/// What went wrong in an op, for a client. What it can do nothing about is ours.
pub(crate) fn fault(error: OpsError) -> Fault {
    let code = match &error {
        OpsError::NoSuch { .. } => Code::Unknown,
        OpsError::Refused { .. }
        | OpsError::NoTask { .. }
        | OpsError::NoProject { .. }
        | OpsError::NotTrusted { .. }
        | OpsError::SwitchedOff { .. }
        | OpsError::OpenDependencies { .. }
        | OpsError::Claimed { .. }
        | OpsError::Broken(_)
        | OpsError::Field(_)
        | OpsError::Import { .. } => Code::Invalid,
        OpsError::Store(_)
        | OpsError::Index(_)
        | OpsError::Runtime(_)
        | OpsError::Unreadable(_)
        | OpsError::Git(_)
        | OpsError::Program { .. }
        | OpsError::File { .. } => Code::Internal,
    };
    Fault::new(code, error.to_string())
}
