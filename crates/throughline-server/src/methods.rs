//! The methods: one row each. What is not in the table is a command ([`Commands`](crate::Commands)).

use std::path::PathBuf;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use throughline_ops::OpsError;
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

    /// Tells every client, this one too.
    pub(crate) fn tell(&self, method: &str, params: &Value) {
        self.service.clients.tell(method, params);
    }
}

type Run = fn(&mut Call, Value) -> Result<Value, Fault>;

/// Every method of Codex's that is carried out here, and what only a server needs.
const METHODS: &[(&str, Run)] = &[
    ("thread/list", threads::list),
    ("thread/read", threads::read),
    ("thread/turns/list", threads::turns),
    ("thread/items/list", threads::items),
    ("thread/search", threads::search),
    ("thread/loaded/list", threads::loaded),
    ("thread/name/set", threads::set_name),
    ("thread/archive", threads::archive),
    ("thread/unarchive", threads::unarchive),
    ("thread/metadata/update", threads::update_metadata),
    ("thread/goal/get", goals::get),
    ("thread/goal/set", goals::set),
    ("thread/goal/clear", goals::clear),
    ("changes/subscribe", changes::subscribe),
    ("changes/unsubscribe", changes::unsubscribe),
    ("server/methods", list),
];

/// Carries a request out.
pub(crate) fn carry_out(call: &mut Call, method: &str, params: Value) -> Result<Value, Fault> {
    match METHODS.iter().find(|(name, _)| *name == method) {
        Some((_, run)) => run(call, params),
        None => command(call, method, params),
    }
}

/// A command, in the project of the directory that is named, else where the server was started.
fn command(call: &Call, method: &str, params: Value) -> Result<Value, Fault> {
    let mut params = members(params)?;
    let directory = directory(call, params.remove("cwd"))?;
    let commands = &call.service.options.commands;
    let unknown = || {
        Fault::invalid(format!(
            "Invalid request: unknown method `{method}`; `server/methods` lists them"
        ))
    };
    let done = commands.call(method, &directory, &params).ok_or_else(unknown)?;
    // It may have said something of a conversation.
    call.service.freshness.touch();
    done
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
    let own = METHODS.iter().map(|(name, _)| (*name).to_owned());
    let mut names: Vec<String> = own.chain(call.service.options.commands.names()).collect();
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
        OpsError::Refused { .. }
        | OpsError::NoSuch { .. }
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
