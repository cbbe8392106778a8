//! One client, from its first line to its last.
//!
//! Its requests are carried out one after another, in the order in which they came. One that waits can be
//! taken back (`$/cancelRequest` with its id, as editors do with language servers), and so can one that runs:
//! what it changed stands, its answer does not come. A line that is too long is refused and passed over;
//! the next one counts.

use std::collections::HashSet;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use serde_json::{Value, json};

use crate::Service;
use crate::backend::Backend;
use crate::message::{self, Code, Fault, Incoming, LONGEST, RequestId};
use crate::methods::{self, Behind, Call};
use crate::outbox::Outbox;
use crate::wire::InitializeParams;

/// So many requests of a client wait at most; then its lines are not read on.
const WAITING: usize = 64;

/// Takes a request back.
const CANCEL: &str = "$/cancelRequest";

/// A request that waits.
struct Request {
    id: RequestId,
    method: String,
    params: Value,
}

/// What was taken back, and what could be.
#[derive(Default)]
struct Pending {
    open: HashSet<RequestId>,
    cancelled: HashSet<RequestId>,
}

/// Both sides of a client's queue.
#[derive(Clone, Default)]
struct Asked(Arc<Mutex<Pending>>);

impl Asked {
    fn pending(&self) -> MutexGuard<'_, Pending> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether no other request of this id is open.
    fn open(&self, id: &RequestId) -> bool {
        self.pending().open.insert(id.clone())
    }

    fn cancel(&self, id: RequestId) {
        let mut pending = self.pending();
        if pending.open.contains(&id) {
            pending.cancelled.insert(id);
        }
    }

    fn is_cancelled(&self, id: &RequestId) -> bool {
        self.pending().cancelled.contains(id)
    }

    /// Whether it was not taken back.
    fn close(&self, id: &RequestId) -> bool {
        let mut pending = self.pending();
        pending.open.remove(id);
        !pending.cancelled.remove(id)
    }
}

/// Serves a client until its input ends or it is let go. `close` ends the connection.
pub(crate) fn serve(
    service: &Arc<Service>,
    input: impl Read,
    output: impl Write + Send + 'static,
    close: impl Fn() + Send + Sync + 'static,
) -> io::Result<()> {
    let (outbox, waiting) = Outbox::open(close);
    service.clients.add(&outbox);
    let writer = {
        let outbox = Arc::downgrade(&outbox);
        let lose = move || outbox.upgrade().iter().for_each(|outbox| outbox.lose());
        thread::Builder::new().spawn(move || write(&waiting, output, lose))?
    };
    let backend = Backend::start(service, Arc::clone(&outbox))
        .map_err(|fault| io::Error::other(fault.message))?;
    let (backend, listener) = backend.map(|running| (running.backend, running.listener)).unzip();
    let (queue, requests) = sync_channel(WAITING);
    let asked = Asked::default();
    let worker = {
        let client = Client {
            call: Call::new(Arc::clone(service), Arc::clone(&outbox)),
            outbox: Arc::clone(&outbox),
            asked: asked.clone(),
            backend: backend.clone(),
            is_known: false,
        };
        thread::Builder::new().spawn(move || client.work(&requests))?
    };
    read(input, &outbox, &asked, &queue, backend.as_deref());
    drop((queue, outbox));
    // Threads that panicked said so; the client is gone either way.
    let _ = worker.join();
    backend.iter().for_each(|backend| backend.end());
    let _ = (listener.map(JoinHandle::join), writer.join());
    Ok(())
}

fn write(waiting: &Receiver<Arc<str>>, mut output: impl Write, lose: impl Fn()) {
    while let Ok(line) = waiting.recv() {
        let written = output.write_all(line.as_bytes()).and_then(|()| output.write_all(b"\n"));
        if written.and_then(|()| output.flush()).is_err() {
            return lose();
        }
    }
}

fn read(
    input: impl Read,
    outbox: &Outbox,
    asked: &Asked,
    queue: &SyncSender<Request>,
    backend: Option<&Backend>,
) {
    let mut lines = BufReader::new(input);
    while let Ok(Some(line)) = next_line(&mut lines) {
        if outbox.is_lost() {
            return;
        }
        let parsed = line.and_then(|line| Ok((Incoming::parse(&line)?, line)));
        let (incoming, line) = match parsed {
            Ok((incoming, line)) => (Ok(incoming), line),
            Err(fault) => (Err(fault), Vec::new()),
        };
        match incoming {
            Err(fault) => outbox.answer(message::unreadable(&fault)),
            Ok(Incoming::Notification { method, params }) if method == CANCEL => {
                let id = serde_json::from_value(params["id"].clone());
                id.into_iter().for_each(|id| asked.cancel(id));
            }
            Ok(Incoming::Notification { .. } | Incoming::Answer) => {
                let line = String::from_utf8_lossy(&line);
                backend.iter().for_each(|backend| backend.pass(&line));
            }
            Ok(Incoming::Request { id, method, params }) => {
                if !asked.open(&id) {
                    let fault = Fault::invalid("another request with this id is not answered yet");
                    outbox.answer(message::answer(&id, Err(fault)));
                } else if queue.send(Request { id, method, params }).is_err() {
                    return;
                }
            }
        }
    }
}

/// The next line that is not empty; `None` at the end.
fn next_line(lines: &mut impl BufRead) -> io::Result<Option<Result<Vec<u8>, Fault>>> {
    loop {
        let mut line = Vec::new();
        let limit = LONGEST as u64 + 1;
        lines.by_ref().take(limit).read_until(b'\n', &mut line)?;
        if line.is_empty() {
            return Ok(None);
        }
        if line.len() > LONGEST && !line.ends_with(b"\n") {
            pass_over(lines)?;
            let sentence = format!("a message has at most {LONGEST} bytes");
            return Ok(Some(Err(Fault::invalid(sentence))));
        }
        if !line.trim_ascii().is_empty() {
            return Ok(Some(Ok(line)));
        }
    }
}

/// Reads to the end of a line and keeps nothing of it.
fn pass_over(lines: &mut impl BufRead) -> io::Result<()> {
    loop {
        let read = lines.fill_buf()?;
        let end = read.iter().position(|byte| *byte == b'\n');
        let (length, is_end) = (end.map_or(read.len(), |end| end + 1), read.is_empty());
        lines.consume(length);
        if end.is_some() || is_end {
            return Ok(());
        }
    }
}

/// Carries its requests out.
struct Client {
    call: Call,
    outbox: Arc<Outbox>,
    asked: Asked,
    backend: Option<Arc<Backend>>,
    /// Whether it said hello.
    is_known: bool,
}

impl Client {
    fn work(mut self, requests: &Receiver<Request>) {
        while let Ok(Request { id, method, params }) = requests.recv() {
            let done = match self.asked.is_cancelled(&id) {
                true => Some(Ok(Value::Null)),
                false => self.carry_out(&id, &method, params),
            };
            let is_wanted = self.asked.close(&id);
            let Some(done) = done else { continue };
            let done = if is_wanted { done } else { Err(cancelled()) };
            self.outbox.answer(message::answer(&id, done));
        }
    }

    /// The answer; `None`, if the backend gives it.
    fn carry_out(
        &mut self,
        id: &RequestId,
        method: &str,
        params: Value,
    ) -> Option<Result<Value, Fault>> {
        match (method, self.is_known) {
            ("initialize", true) => return Some(Err(Fault::invalid("Already initialized"))),
            ("initialize", false) => return Some(self.hello(params)),
            (_, false) => return Some(Err(Fault::invalid("Not initialized"))),
            (_, true) => {}
        }
        let behind = if self.backend.is_some() { Behind::Codex } else { Behind::Nobody };
        // A fault of ours in one request is no reason to take the server from its other clients.
        let call = AssertUnwindSafe(|| methods::carry_out(&mut self.call, method, &params, behind));
        let broke = |_| Some(Err(Fault::new(Code::Internal, "the server broke on this request")));
        match (catch_unwind(call).unwrap_or_else(broke), &self.backend) {
            (None, Some(backend)) => backend.forward(id, method, params).err().map(Err),
            (done, _) => done,
        }
    }

    fn hello(&mut self, params: Value) -> Result<Value, Fault> {
        let theirs = self.backend.as_ref().map(|backend| backend.ask("initialize", &params));
        let theirs = theirs.transpose()?;
        let params: InitializeParams = methods::parsed(params)?;
        let unwanted = params.capabilities.unwrap_or_default().opt_out_notification_methods;
        self.outbox.listen(unwanted.unwrap_or_default());
        self.is_known = true;
        let version = env!("CARGO_PKG_VERSION");
        let (client, of) = (params.client_info.name, params.client_info.version);
        if let Some(mut theirs) = theirs {
            theirs["throughlineHome"] = json!(self.call.world.home.root());
            return Ok(theirs);
        }
        Ok(json!({
            "userAgent": format!("throughline/{version} ({client}; {of})"),
            "codexHome": self.call.service.options.codex_home,
            "throughlineHome": self.call.world.home.root(),
            "platformFamily": "unix",
            "platformOs": if cfg!(target_os = "macos") { "macos" } else { "linux" },
        }))
    }
}

fn cancelled() -> Fault {
    Fault::new(Code::Cancelled, "the request was taken back")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_too_long_costs_itself_alone() {
        let long = vec![b'x'; LONGEST + 10];
        let text = [long.as_slice(), b"\n\n  \n{}\nlast"].concat();
        let mut lines = BufReader::new(text.as_slice());
        let mut next = || next_line(&mut lines).expect("memory is read");
        assert!(
            next().is_some_and(|line| line.is_err_and(|fault| fault.message.contains("at most")))
        );
        assert_eq!(next(), Some(Ok(b"{}\n".to_vec())));
        assert_eq!(next(), Some(Ok(b"last".to_vec())));
        assert_eq!(next(), None);
    }
}
