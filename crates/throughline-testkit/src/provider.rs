//! A stand-in for the model provider: speaks as much of the Responses API as Codex 0.169 asks for, and what
//! a client without streams asks of a server that is compatible with OpenAI's.
//!
//! One thread per connection, one request per connection (`connection: close`). Every request is
//! kept before it is answered, so a test that waits for a request also sees it. Nothing but
//! 127.0.0.1 can reach it, and it lives as long as its [`Provider`].
//!
//! | path | answer |
//! | --- | --- |
//! | `POST …/responses` | the next step of the script, as an event stream |
//! | the same with `"stream": false` | the next step, as one JSON document |
//! | `POST …/chat/completions` | the next step's texts, as one JSON document |
//! | `POST …/embeddings` | a vector for each text, see [`vector`] |
//! | `POST …/responses/compact` | the next step of the script, as one JSON document |
//! | `GET …/models` | an empty list: Codex keeps to its own catalog |

mod answer;
mod embedding;
mod http;
mod request;
mod script;

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use answer::Numbered;
use embedding::Meaning;
pub use embedding::vector;
pub use request::Request;
pub use script::{COMPACTION, Script, Step};
use script::{Ending, Progress};

/// How often a hanging answer looks whether the client left.
const HEARTBEAT: Duration = Duration::from_millis(100);

/// A client that sends half a request must not hold a thread for ever.
const READ_LIMIT: Duration = Duration::from_secs(30);

/// A running provider. Dropping it closes the port and ends every hanging answer.
#[derive(Debug)]
pub struct Provider {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    stopped: AtomicBool,
    record: Mutex<Record>,
    arrived: Condvar,
}

#[derive(Debug)]
struct Record {
    progress: Progress,
    requests: Vec<Request>,
    /// Requests for documents as their answers began (and ended), by their numbers.
    answering: Vec<(usize, Answering)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answering {
    Began,
    Ended,
}

impl Provider {
    /// Listens on a free port and answers from `script`.
    pub fn start(script: Script) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free local port");
        let address = listener.local_addr().expect("a bound listener has an address");
        let progress = Progress::of(script);
        let record = Record { progress, requests: Vec::new(), answering: Vec::new() };
        let shared = Arc::new(Shared {
            stopped: AtomicBool::new(false),
            record: Mutex::new(record),
            arrived: Condvar::new(),
        });
        let served = Arc::clone(&shared);
        let accepting = thread::spawn(move || accept(&listener, &served));
        Self { address, shared, accepting: Some(accepting) }
    }

    /// What Codex calls `base_url`: everything before `/responses`.
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// Every request so far, oldest first.
    pub fn requests(&self) -> Vec<Request> {
        self.shared.record().requests.clone()
    }

    /// Waits until `count` requests have arrived and returns all of them.
    ///
    /// # Panics
    /// If they have not arrived after `limit`.
    pub fn wait_for_requests(&self, count: usize, limit: Duration) -> Vec<Request> {
        let deadline = Instant::now() + limit;
        let mut record = self.shared.record();
        while record.requests.len() < count {
            let left = deadline.saturating_duration_since(Instant::now());
            let seen = record.requests.len();
            assert!(!left.is_zero(), "{seen} of {count} requests arrived in {limit:?}");
            let waited = self.shared.arrived.wait_timeout(record, left);
            record = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        record.requests.clone()
    }

    /// Goes on with another script, from its first step. Requests so far are kept.
    pub fn set_script(&self, script: Script) {
        self.shared.record().progress = Progress::of(script);
    }

    /// How many requests for documents with `needle` in their raw bodies were being answered at once, at most. An
    /// answer goes on although its client was killed.
    pub fn most_at_once(&self, needle: &str) -> usize {
        let record = self.shared.record();
        let counts = |number: usize| record.requests[number - 1].raw().contains(needle);
        let (mut now, mut most) = (0_usize, 0);
        for (_, what) in record.answering.iter().filter(|(number, _)| counts(*number)) {
            match what {
                Answering::Began => now += 1,
                Answering::Ended => now -= 1,
            }
            most = most.max(now);
        }
        most
    }

    /// Steps that no request has asked for yet.
    pub fn steps_left(&self) -> usize {
        self.shared.record().progress.steps_left()
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        // Only a connection wakes the thread that accepts them.
        let woken = TcpStream::connect(self.address).is_ok();
        if let Some(accepting) = self.accepting.take().filter(|_| woken) {
            let _ = accepting.join();
        }
    }
}

impl Shared {
    fn record(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::SeqCst)
    }

    /// Keeps the request; its number counts from 1.
    fn keep(&self, request: &Request) -> usize {
        let mut record = self.record();
        record.requests.push(request.clone());
        self.arrived.notify_all();
        record.requests.len()
    }

    /// The same for a request for vectors.
    fn keep_and_embed(&self, request: &Request) -> (Option<Step>, Meaning) {
        self.keep(request);
        self.record().progress.next_embedding()
    }

    /// Keeps the request and takes its step, both at once: two requests can't swap steps.
    fn keep_and_step(&self, request: &Request) -> (usize, Step) {
        let mut record = self.record();
        let step = record.progress.next(request.raw());
        record.requests.push(request.clone());
        self.arrived.notify_all();
        (record.requests.len(), step)
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for connection in listener.incoming() {
        if shared.is_stopped() {
            return;
        }
        let Ok(connection) = connection else { continue };
        let shared = Arc::clone(shared);
        thread::spawn(move || {
            // A client that hangs up in the middle is part of many tests.
            let _ = serve(&connection, &shared);
        });
    }
}

fn serve(connection: &TcpStream, shared: &Shared) -> io::Result<()> {
    connection.set_read_timeout(Some(READ_LIMIT))?;
    let request = match http::read(connection) {
        Ok(request) => request,
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            return http::send_json(connection, 400, &failure(&error.to_string()));
        }
        Err(error) => return Err(error),
    };
    let path = request.path().split('?').next().unwrap_or_default();
    match (request.method(), path) {
        ("POST", path) if path.ends_with("/responses") && request.body()["stream"] == false => {
            document(connection, &request, shared, |step, request| step.document(request))
        }
        ("POST", path) if path.ends_with("/responses") => stream(connection, &request, shared),
        ("POST", path) if path.ends_with("/chat/completions") => {
            document(connection, &request, shared, |step, request| step.completion(request))
        }
        ("POST", path) if path.ends_with("/embeddings") => embeddings(connection, &request, shared),
        ("POST", path) if path.ends_with("/responses/compact") => {
            let (number, step) = shared.keep_and_step(&request);
            http::send_json(connection, 200, &Numbered { number, step: &step }.compaction())
        }
        ("GET", path) if path.ends_with("/models") => {
            shared.keep(&request);
            http::send_json(connection, 200, &json!({"models": [], "object": "list", "data": []}))
        }
        (method, path) => {
            shared.keep(&request);
            http::send_json(connection, 404, &failure(&format!("no answer for {method} {path}")))
        }
    }
}

fn stream(connection: &TcpStream, request: &Request, shared: &Shared) -> io::Result<()> {
    let (number, step) = shared.keep_and_step(request);
    thread::sleep(step.delay);
    if !step.ending.is_spoken() {
        return unspoken(connection, &step);
    }
    http::start_events(connection)?;
    for event in (Numbered { number, step: &step }).events(request.raw()) {
        http::send_event(connection, &event)?;
    }
    match step.ending {
        Ending::Hang => hang(connection, shared),
        Ending::Complete | Ending::Fail { .. } | Ending::Status(_) => Ok(()),
        Ending::Raw(_) | Ending::Cut | Ending::HangUp => Ok(()),
        Ending::Incomplete(_) | Ending::Refusal(_) => Ok(()),
    }
}

/// What is not an answer in the form that was asked for.
fn unspoken(connection: &TcpStream, step: &Step) -> io::Result<()> {
    match &step.ending {
        Ending::Status(code) => {
            let said = step.items.iter().find_map(|item| item.text());
            let body = failure(said.unwrap_or("the script says so")).to_string();
            http::send_document(connection, *code, &step.headers, &body)
        }
        Ending::Raw(body) => http::send_document(connection, 200, &step.headers, body),
        Ending::Cut => http::send_half(connection),
        Ending::HangUp | Ending::Complete | Ending::Hang | Ending::Fail { .. } => Ok(()),
        Ending::Incomplete(_) | Ending::Refusal(_) => Ok(()),
    }
}

/// The step as one JSON document, in the form that `said` gives it.
fn document(
    connection: &TcpStream,
    request: &Request,
    shared: &Shared,
    said: impl Fn(&Numbered<'_>, &Request) -> Value,
) -> io::Result<()> {
    let (number, step) = shared.keep_and_step(request);
    shared.record().answering.push((number, Answering::Began));
    wait(step.delay, shared);
    // Before a word of it is sent: who has it may ask again at once.
    shared.record().answering.push((number, Answering::Ended));
    if matches!(step.ending, Ending::Hang) {
        return silence(shared);
    }
    if !step.ending.is_spoken() {
        return unspoken(connection, &step);
    }
    let body = said(&Numbered { number, step: &step }, request).to_string();
    http::send_document(connection, 200, &step.headers, &body)
}

fn embeddings(connection: &TcpStream, request: &Request, shared: &Shared) -> io::Result<()> {
    let (step, meaning) = shared.keep_and_embed(request);
    if let Some(step) = step {
        wait(step.delay, shared);
        if !step.ending.is_spoken() {
            return unspoken(connection, &step);
        }
    }
    http::send_json(connection, 200, &meaning.answer(request))
}

/// Says not even that it is there.
fn silence(shared: &Shared) -> io::Result<()> {
    while !shared.is_stopped() {
        thread::sleep(HEARTBEAT);
    }
    Ok(())
}

/// Waits as long as somebody may wait for it.
fn wait(delay: Duration, shared: &Shared) {
    let until = Instant::now() + delay;
    while !shared.is_stopped() && Instant::now() < until {
        thread::sleep(HEARTBEAT.min(until.saturating_duration_since(Instant::now())));
    }
}

/// Says nothing until the client leaves or the provider ends.
fn hang(connection: &TcpStream, shared: &Shared) -> io::Result<()> {
    while !shared.is_stopped() {
        http::send_comment(connection)?;
        thread::sleep(HEARTBEAT);
    }
    Ok(())
}

fn failure(message: &str) -> Value {
    json!({"error": {"message": message}})
}

#[cfg(test)]
mod tests;
