//! A client of an app server, Codex's or ours, over pipes or a socket.

use std::io::{BufRead as _, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json as object};
use throughline_testkit::{Codex, World};

const LONG: Duration = Duration::from_secs(60);

/// A client with what came to it.
pub(crate) struct Client {
    /// The server, where it is the client's own.
    child: Option<Child>,
    input: Option<Box<dyn Write + Send>>,
    messages: Receiver<Value>,
    asked: u64,
    /// Everything that came, in order.
    seen: Vec<Value>,
}

impl Client {
    /// Of a server that is started for it; it has not said hello.
    pub(crate) fn of(command: &mut Command) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.stderr(Stdio::null()).spawn().expect("starts");
        let output = child.stdout.take().expect("a pipe");
        let input = child.stdin.take().expect("a pipe");
        let mut client = Self::over(output, input);
        client.child = Some(child);
        client
    }

    /// Of a server that listens there, once it does.
    pub(crate) fn connected(socket: &Path) -> Self {
        for _ in 0..600 {
            if let Ok(stream) = UnixStream::connect(socket) {
                return Self::over(stream.try_clone().expect("cloned"), stream);
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("nobody listens at {}", socket.display());
    }

    fn over(output: impl Read + Send + 'static, input: impl Write + Send + 'static) -> Self {
        let (sender, messages) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                let _ = sender.send(serde_json::from_str(&line).unwrap_or_default());
            }
        });
        Self { child: None, input: Some(Box::new(input)), messages, asked: 0, seen: Vec::new() }
    }

    /// Of Codex's own server.
    pub(crate) fn of_codex(world: &World, codex: &Codex) -> Self {
        let mut command = world.command(codex.native(), &world.repo());
        let mut client = Self::of(command.arg("app-server"));
        client.hello();
        client
    }

    /// Of ours.
    pub(crate) fn of_ours(world: &World) -> Self {
        let mut command = world.command(world.binary(), &world.repo());
        let mut client = Self::of(command.arg("app-server"));
        client.hello();
        client
    }

    pub(crate) fn hello(&mut self) -> Value {
        let client = object!({"name": "test", "title": "Test", "version": "1"});
        let capable = object!({"experimentalApi": true, "requestAttestation": false});
        let hello = object!({"clientInfo": client, "capabilities": capable});
        let answer = self.call("initialize", hello);
        self.send(&object!({"method": "initialized"}));
        answer
    }

    pub(crate) fn send(&mut self, message: &Value) {
        self.send_text(&message.to_string());
    }

    pub(crate) fn send_text(&mut self, line: &str) {
        let input = self.input.as_mut().expect("it is open");
        writeln!(input, "{line}").and_then(|()| input.flush()).expect("it listens");
    }

    /// Says that no more comes.
    pub(crate) fn close(&mut self) {
        self.input = None;
    }

    pub(crate) fn wait(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            let message = self.messages.recv_timeout(LONG);
            let message = message.unwrap_or_else(|e| panic!("{e} after {:#?}", self.seen));
            self.seen.push(message.clone());
            if wanted(&message) {
                return message;
            }
        }
    }

    /// Forgets what came so far.
    pub(crate) fn forget(&mut self) {
        self.seen.clear();
    }

    /// Whether the other side ended, once it does.
    pub(crate) fn ended(&mut self) -> bool {
        while let Ok(message) = self.messages.recv_timeout(LONG) {
            self.seen.push(message);
        }
        matches!(self.messages.try_recv(), Err(std::sync::mpsc::TryRecvError::Disconnected))
    }

    /// Asks and does not wait; the request's id.
    pub(crate) fn ask(&mut self, method: &str, parameters: Value) -> u64 {
        self.asked += 1;
        let id = self.asked;
        self.send(&object!({"id": id, "method": method, "params": parameters}));
        id
    }

    /// The answer to a request, whatever it is.
    pub(crate) fn answer(&mut self, id: u64) -> Value {
        self.wait(|m| m["id"] == id && m["method"].is_null())
    }

    /// Asks; the answer, whatever it is.
    pub(crate) fn try_call(&mut self, method: &str, parameters: Value) -> Value {
        let id = self.ask(method, parameters);
        self.answer(id)
    }

    /// Sends a request as it stands; the answer, whatever it is.
    pub(crate) fn try_call_with(&mut self, request: &Value) -> Value {
        self.send(request);
        let id = request["id"].clone();
        self.wait(|m| m["id"] == id && m["method"].is_null())
    }

    /// Asks; the result.
    pub(crate) fn call(&mut self, method: &str, parameters: Value) -> Value {
        let answer = self.try_call(method, parameters);
        assert!(answer["error"].is_null(), "{method}: {answer}");
        answer["result"].clone()
    }

    /// Asks for what is refused; the sentence.
    pub(crate) fn refused(&mut self, method: &str, parameters: Value) -> String {
        let answer = self.try_call(method, parameters);
        let message = answer["error"]["message"].as_str();
        message.unwrap_or_else(|| panic!("{method}: {answer}")).to_owned()
    }

    /// Whether a request was answered so far.
    pub(crate) fn seen_answer(&self, id: u64) -> bool {
        self.seen.iter().any(|message| message["id"] == id)
    }

    /// Notifications of this method that came so far.
    pub(crate) fn told(&self, method: &str) -> Vec<&Value> {
        let told = self.seen.iter().filter(|message| message["method"] == method);
        told.map(|message| &message["params"]).collect()
    }

    /// A conversation begins; its id.
    pub(crate) fn begin(&mut self, world: &World, source: &str) -> String {
        let parameters = object!({"cwd": world.repo(), "sessionStartSource": source});
        let began = self.call("thread/start", parameters);
        began["thread"]["id"].as_str().expect("an id").to_owned()
    }

    pub(crate) fn start_turn(&mut self, thread: &str, prompt: &str) -> String {
        let input = object!([{"type": "text", "text": prompt}]);
        let began = self.call("turn/start", object!({"threadId": thread, "input": input}));
        began["turn"]["id"].as_str().expect("an id").to_owned()
    }

    pub(crate) fn wait_for_end(&mut self, thread: &str) {
        self.wait(|m| m["method"] == "turn/completed" && m["params"]["threadId"] == thread);
    }

    pub(crate) fn turn(&mut self, thread: &str, prompt: &str) {
        self.start_turn(thread, prompt);
        self.wait_for_end(thread);
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.close();
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
