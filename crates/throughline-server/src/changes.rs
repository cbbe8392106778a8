//! `changes/…`: a client is told that something changed, and looks again.
//!
//! What it is told holds no facts, so that one message stands for any number of changes: those of a burst
//! are one. The operating system notices them; nothing polls.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};
use throughline_ops::look::places;
use throughline_ops::watch::{Watch, in_bursts};

use crate::message::{Code, Fault, notification};
use crate::methods::{Call, directory, parsed};
use crate::outbox::Outbox;

/// So many subscriptions of a client at most.
const MOST: usize = 32;

/// What a client watches.
pub(crate) struct Subscriptions {
    outbox: Arc<Outbox>,
    watches: BTreeMap<u64, Watch>,
    made: u64,
}

impl fmt::Debug for Subscriptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscriptions").field("made", &self.made).finish_non_exhaustive()
    }
}

impl Subscriptions {
    pub(crate) fn new(outbox: Arc<Outbox>) -> Self {
        Self { outbox, watches: BTreeMap::new(), made: 0 }
    }
}

#[derive(Debug, Deserialize)]
struct SubscribeParams {
    what: What,
    #[serde(default)]
    cwd: Option<Value>,
}

/// Changes of what.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum What {
    /// Of the project: its journal, its state, where git stands.
    Project,
    /// Of conversations, of any project.
    Threads,
}

impl What {
    fn method(self) -> &'static str {
        match self {
            Self::Project => "project/changed",
            Self::Threads => "threads/changed",
        }
    }
}

/// `changes/subscribe`
pub(crate) fn subscribe(call: &mut Call, params: Value) -> Result<Value, Fault> {
    let params: SubscribeParams = parsed(params)?;
    if call.subscriptions.watches.len() >= MOST {
        return Err(Fault::invalid(format!("a client has at most {MOST} subscriptions")));
    }
    let directory = directory(call, params.cwd)?;
    let places = match params.what {
        What::Project => places(&call.project_at(directory.clone())?),
        What::Threads => call.service.freshness.places().clone(),
    };
    let subscriptions = &mut call.subscriptions;
    let id = subscriptions.made;
    let cwd = matches!(params.what, What::Project).then_some(&directory);
    let told = json!({ "subscription": id, "cwd": cwd });
    let method = params.what.method();
    let line: Arc<str> = notification(method, &told).into();
    // Its watch lives in what belongs to the client: it must not keep the client alive.
    let outbox = Arc::downgrade(&subscriptions.outbox);
    let tell = in_bursts(move || {
        let outbox = outbox.upgrade();
        outbox.iter().for_each(|outbox| outbox.tell(method, Arc::clone(&line)));
        outbox.is_some()
    });
    let no_watch =
        |error: throughline_ops::watch::WatchError| Fault::new(Code::Internal, error.to_string());
    let mut watch = Watch::start(tell).map_err(no_watch)?;
    watch.follow(&places).map_err(no_watch)?;
    subscriptions.watches.insert(id, watch);
    subscriptions.made += 1;
    Ok(json!({ "subscription": id }))
}

#[derive(Debug, Deserialize)]
struct UnsubscribeParams {
    subscription: u64,
}

/// `changes/unsubscribe`
pub(crate) fn unsubscribe(call: &mut Call, params: Value) -> Result<Value, Fault> {
    let params: UnsubscribeParams = parsed(params)?;
    let found = call.subscriptions.watches.remove(&params.subscription);
    Ok(json!({ "unsubscribed": found.is_some() }))
}
