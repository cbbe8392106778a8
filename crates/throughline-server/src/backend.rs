//! Codex's own server behind ours: what we don't answer ourselves goes there, and what it says goes to the
//! client as it came.
//!
//! Each client has a server of its own, a child on pipes; it ends with the client. Ids of the client's requests
//! are kept; ours begin with [`OWN`], which a client's may not. On the way a request for a turn is given what
//! the agent is to know, and what the server tells is looked at ([`Observer`]); nothing else is changed. A
//! server that ends leaves no request without an answer.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use throughline_ops::observe::{GoOn, Observer, start};

use crate::Service;
use crate::message::{self, Code, Fault, RequestId};
use crate::methods::fault;
use crate::outbox::Outbox;

/// How ids of our own requests begin.
const OWN: &str = "throughline-";

/// How long an answer to a request of our own is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long the server may take to end by itself once its input is closed.
const GRACE: Duration = Duration::from_secs(5);

/// A client's Codex.
pub(crate) struct Backend {
    child: Mutex<Child>,
    input: Mutex<Option<ChildStdin>>,
    observer: Mutex<Observer>,
    pending: Mutex<Pending>,
}

/// A backend that was started.
pub(crate) struct Running {
    pub(crate) backend: Arc<Backend>,
    /// The thread that hands on what it says.
    pub(crate) listener: JoinHandle<()>,
}

/// Requests that are not answered yet.
#[derive(Default)]
struct Pending {
    /// The client's, with their methods.
    open: HashMap<RequestId, String>,
    /// Ours.
    own: HashMap<String, SyncSender<Result<Value, Fault>>>,
    asked: u64,
    /// Whether the server is gone.
    ended: bool,
}

/// As much of a message as tells where it goes.
#[derive(Deserialize)]
struct Envelope<'a> {
    id: Option<RequestId>,
    method: Option<String>,
    #[serde(borrow)]
    params: Option<&'a RawValue>,
    #[serde(borrow)]
    result: Option<&'a RawValue>,
    error: Option<Value>,
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Backend {
    /// Starts one, and the thread that hands on what it says.
    pub(crate) fn start(service: &Service, outbox: Arc<Outbox>) -> Result<Option<Running>, Fault> {
        let Some(program) = &service.options.backend else { return Ok(None) };
        let home = service.options.homes.iter().find(|home| home.agent.id == "codex");
        let home = home.ok_or_else(|| Fault::new(Code::Internal, "Codex has no home"))?;
        let world = (service.options.world)();
        let mut child = start(&world, program, &home.path).map_err(fault)?;
        let broken = || Fault::new(Code::Internal, "Codex's app-server has no pipes");
        let output = child.stdout.take().ok_or_else(broken)?;
        let input = child.stdin.take().ok_or_else(broken)?;
        let observer = Observer::new(world, home.agent, child.id());
        let backend = Arc::new(Self {
            child: Mutex::new(child),
            input: Mutex::new(Some(input)),
            observer: Mutex::new(observer),
            pending: Mutex::default(),
        });
        let listening = Arc::clone(&backend);
        let listen = move || listening.listen(output, &outbox);
        let listener = thread::Builder::new().spawn(listen);
        let listener = listener.map_err(|error| Fault::new(Code::Internal, error.to_string()))?;
        Ok(Some(Running { backend, listener }))
    }

    /// Hands a request on; whoever answers it answers the client.
    pub(crate) fn forward(
        &self,
        id: &RequestId,
        method: &str,
        mut params: Value,
    ) -> Result<(), Fault> {
        if matches!(id, RequestId::Text(text) if text.starts_with(OWN)) {
            return Err(Fault::invalid(format!("an id must not begin with {OWN}")));
        }
        match method {
            "turn/start" => held(&self.observer).before_turn(&mut params),
            "turn/steer" => Observer::before_steer(&mut params),
            _as_it_is => {}
        }
        held(&self.pending).open.insert(id.clone(), method.to_owned());
        let sent = self.send(&json!({ "id": id, "method": method, "params": params }).to_string());
        if sent.is_err() {
            held(&self.pending).open.remove(id);
        }
        sent
    }

    /// Hands on what is no request.
    pub(crate) fn pass(&self, line: &str) {
        // Where the server is gone nobody is left to tell.
        let _ = self.send(line.trim_end());
    }

    fn send(&self, line: &str) -> Result<(), Fault> {
        let mut input = held(&self.input);
        let gone = || Fault::new(Code::Internal, GONE);
        let pipe = input.as_mut().ok_or_else(gone)?;
        let sent = pipe.write_all(line.as_bytes()).and_then(|()| pipe.write_all(b"\n"));
        sent.and_then(|()| pipe.flush()).map_err(|_| gone())
    }

    /// Asks for ourselves, and waits.
    pub(crate) fn ask(&self, method: &str, params: &Value) -> Result<Value, Fault> {
        let (sender, answer): (_, Receiver<Result<Value, Fault>>) = sync_channel(1);
        self.request(method, params, Some(sender))?;
        let late = |_| Err(Fault::new(Code::Internal, GONE));
        answer.recv_timeout(PATIENCE).unwrap_or_else(late)
    }

    fn request(
        &self,
        method: &str,
        params: &Value,
        answer: Option<SyncSender<Result<Value, Fault>>>,
    ) -> Result<(), Fault> {
        let id = {
            let mut pending = held(&self.pending);
            if pending.ended {
                return Err(Fault::new(Code::Internal, GONE));
            }
            pending.asked += 1;
            let id = format!("{OWN}{}", pending.asked);
            pending.own.extend(answer.map(|answer| (id.clone(), answer)));
            id
        };
        self.send(&json!({ "id": id, "method": method, "params": params }).to_string())
    }

    fn listen(&self, output: ChildStdout, outbox: &Outbox) {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            if self.take(&line) == For::Client {
                outbox.answer(line);
            }
        }
        let mut pending = held(&self.pending);
        pending.ended = true;
        pending.own.clear();
        for (id, _) in pending.open.drain() {
            outbox.answer(message::answer(&id, Err(Fault::new(Code::Internal, GONE))));
        }
    }

    /// Looks at what came.
    fn take(&self, line: &str) -> For {
        let Ok(envelope) = serde_json::from_str::<Envelope<'_>>(line) else { return For::Client };
        match (&envelope.id, &envelope.method) {
            (None, Some(method)) => {
                if let Some(params) = envelope.params {
                    let go_on = held(&self.observer).told(method, params);
                    go_on.iter().for_each(|go_on| self.go_on(go_on));
                }
                For::Client
            }
            (Some(RequestId::Text(id)), None) if id.starts_with(OWN) => {
                let waiting = held(&self.pending).own.remove(id);
                let answer = envelope.answer();
                // Nobody waits for some of them.
                waiting.into_iter().for_each(|waiting| drop(waiting.send(answer.clone())));
                For::Us
            }
            (Some(id), None) => {
                let method = held(&self.pending).open.remove(id);
                if let (Some(method), Some(result)) = (method, envelope.result)
                    && Observer::begins(&method)
                {
                    held(&self.observer).answered(&method, result);
                }
                For::Client
            }
            (Some(_) | None, _) => For::Client,
        }
    }

    /// A goal of ours lets the turn go on: as the user's next words, since it has ended.
    fn go_on(&self, go_on: &GoOn) {
        let input = json!([{ "type": "text", "text": go_on.text }]);
        let params = json!({ "threadId": go_on.thread, "input": input });
        // A turn that can't be begun is a turn that ended.
        let _ = self.request("turn/start", &params, /*answer*/ None);
    }

    /// The client is gone.
    pub(crate) fn end(&self) {
        held(&self.observer).end();
        held(&self.input).take();
        let began = Instant::now();
        let mut child = held(&self.child);
        while began.elapsed() < GRACE {
            if !matches!(child.try_wait(), Ok(None)) {
                return;
            }
            thread::sleep(Duration::from_millis(10));
        }
        // It had its time.
        let _ = child.kill();
        let _ = child.wait();
    }
}

/// For whom a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum For {
    Client,
    Us,
}

impl Envelope<'_> {
    fn answer(&self) -> Result<Value, Fault> {
        match (&self.error, self.result) {
            (None, Some(result)) => serde_json::from_str(result.get())
                .map_err(|error| Fault::new(Code::Internal, error.to_string())),
            (Some(error), _) => {
                let said = error["message"].as_str().unwrap_or("Codex refused");
                Err(Fault {
                    code: Code::Invalid,
                    message: said.to_owned(),
                    data: error.get("data").cloned(),
                })
            }
            (None, None) => Ok(Value::Null),
        }
    }
}

const GONE: &str = "Codex's app-server ended";
