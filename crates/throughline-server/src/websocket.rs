//! A websocket over a socket, as clients of Codex speak it there: a text is a message.
//!
//! A page in a browser is no client: it sends an `Origin`, and is refused. Reading and writing have an end
//! of the connection each; a frame is written in one piece, so an answer to a ping, which reading gives, never
//! stands within another.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, PoisonError};

use tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tungstenite::http::StatusCode;
use tungstenite::protocol::{Role, WebSocketConfig};
use tungstenite::{Message, WebSocket, accept_hdr_with_config};

use crate::message::LONGEST;

/// An end of a connection.
struct End {
    stream: UnixStream,
    out: Arc<Mutex<UnixStream>>,
}

impl Read for End {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream.read(buffer)
    }
}

impl Write for End {
    fn write(&mut self, frame: &[u8]) -> io::Result<usize> {
        self.out.lock().unwrap_or_else(PoisonError::into_inner).write_all(frame)?;
        Ok(frame.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Messages as lines.
pub(crate) struct Lines {
    socket: WebSocket<End>,
    /// What of a line is not read yet.
    rest: Vec<u8>,
    at: usize,
}

/// Lines as messages.
pub(crate) struct Messages {
    socket: WebSocket<End>,
    line: Vec<u8>,
}

/// Says hello to a websocket's client.
///
/// # Errors
/// It is none, comes from a page, or is gone.
pub(crate) fn accept(stream: UnixStream) -> io::Result<(Lines, Messages)> {
    let out = Arc::new(Mutex::new(stream.try_clone()?));
    let writing = End { stream: stream.try_clone()?, out: Arc::clone(&out) };
    let socket = accept_hdr_with_config(End { stream, out }, admit, Some(config()));
    let socket = socket.map_err(|error| io::Error::other(error.to_string()))?;
    let writer = WebSocket::from_raw_socket(writing, Role::Server, Some(config()));
    let lines = Lines { socket, rest: Vec::new(), at: 0 };
    Ok((lines, Messages { socket: writer, line: Vec::new() }))
}

fn config() -> WebSocketConfig {
    // A message leaves when it is written, in one piece.
    let config = WebSocketConfig::default().write_buffer_size(0);
    config.max_message_size(Some(LONGEST)).max_frame_size(Some(LONGEST))
}

#[expect(clippy::result_large_err, reason = "the library wants the whole answer")]
fn admit(request: &Request, response: Response) -> Result<Response, ErrorResponse> {
    if request.headers().contains_key("origin") {
        let mut refusal = ErrorResponse::new(Some("no page is a client".to_owned()));
        *refusal.status_mut() = StatusCode::FORBIDDEN;
        return Err(refusal);
    }
    Ok(response)
}

impl Read for Lines {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at >= self.rest.len() {
            let Ok(message) = self.socket.read() else { return Ok(0) };
            self.rest = match message {
                Message::Text(text) => line(text.as_bytes()),
                Message::Binary(bytes) => line(&bytes),
                Message::Close(_) => return Ok(0),
                Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => Vec::new(),
            };
            self.at = 0;
        }
        let length = buffer.len().min(self.rest.len() - self.at);
        buffer[..length].copy_from_slice(&self.rest[self.at..self.at + length]);
        self.at += length;
        Ok(length)
    }
}

/// JSON has no line end but between its pieces.
fn line(message: &[u8]) -> Vec<u8> {
    let whole = message.iter().map(|byte| if *byte == b'\n' { b' ' } else { *byte });
    whole.chain([b'\n']).collect()
}

impl Write for Messages {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for byte in bytes {
            if *byte != b'\n' {
                self.line.push(*byte);
                continue;
            }
            let text = String::from_utf8(std::mem::take(&mut self.line));
            let text = text.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
            self.socket.send(Message::text(text)).map_err(io::Error::other)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.socket.flush().map_err(io::Error::other)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead as _, BufReader};
    use std::thread;

    use tungstenite::client::{IntoClientRequest as _, client};

    use super::*;

    fn ask(stream: UnixStream, origin: Option<&'static str>) -> Option<WebSocket<UnixStream>> {
        let mut request = "ws://localhost/rpc".into_client_request().expect("a request");
        if let Some(origin) = origin {
            request.headers_mut().insert("origin", origin.parse().expect("a value"));
        }
        client(request, stream).ok().map(|(socket, _)| socket)
    }

    #[test]
    fn a_text_is_a_line_in_both_directions_whatever_its_length() {
        let (ours, theirs) = UnixStream::pair().expect("a pair");
        let long = "x".repeat(300_000);
        let sent = long.clone();
        let far = thread::spawn(move || {
            let mut socket = ask(theirs, None).expect("admitted");
            socket.send(Message::text("{\n\"a\": 1\n}")).expect("sent");
            socket.send(Message::Ping(Vec::new().into())).expect("sent");
            socket.send(Message::text(sent)).expect("sent");
            let texts = std::iter::repeat_with(move || socket.read().expect("read"));
            texts
                .filter(Message::is_text)
                .take(2)
                .map(|text| text.into_text().expect("text").to_string())
                .collect::<Vec<_>>()
        });
        let (lines, mut messages) = accept(ours).expect("a websocket");
        let mut lines = BufReader::new(lines).lines().map(|line| line.expect("a line"));
        assert_eq!(lines.next().as_deref(), Some("{ \"a\": 1 }"));
        assert_eq!(lines.next(), Some(long.clone()));
        writeln!(messages, "one").expect("written");
        writeln!(messages, "{long}").expect("written");
        assert_eq!(far.join().expect("ended"), ["one".to_owned(), long]);
        assert_eq!(lines.next(), None, "it left");
    }

    #[test]
    fn a_page_is_refused() {
        let (ours, theirs) = UnixStream::pair().expect("a pair");
        let far = thread::spawn(move || ask(theirs, Some("https://example.invalid")).is_some());
        assert!(accept(ours).is_err());
        assert!(!far.join().expect("ended"));
    }
}
