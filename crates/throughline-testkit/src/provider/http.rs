//! As much of HTTP/1.1 as one client on the same machine needs.
//!
//! Bodies have a `content-length`; nothing is compressed. What differs is refused with a sentence
//! and status 400, so that a Codex that changed its ways shows up as that, not as a wrong answer.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use serde_json::Value;

use super::Request;

/// Codex's requests are some 100 kB; more than this is a mistake.
const BODY_LIMIT: usize = 256 * 1024 * 1024;

/// Reads one request.
///
/// # Errors
/// `InvalidData` for what this server does not speak; else the connection's own error.
pub(super) fn read(connection: &TcpStream) -> io::Result<Request> {
    let mut reader = BufReader::new(connection);
    let first = line(&mut reader)?;
    let mut words = first.split(' ').map(str::to_owned);
    let (Some(method), Some(path)) = (words.next(), words.next()) else {
        return Err(refused(format!("no request line: {first:?}")));
    };
    let headers = headers(&mut reader)?;
    let mut request = Request { method, path, headers, raw: String::new(), body: Value::Null };
    let mut body = vec![0; body_length(&request)?];
    reader.read_exact(&mut body)?;
    request.raw = String::from_utf8_lossy(&body).into_owned();
    request.body = serde_json::from_str(&request.raw).unwrap_or_default();
    Ok(request)
}

fn headers(reader: &mut impl BufRead) -> io::Result<Vec<(String, String)>> {
    let mut headers = Vec::new();
    loop {
        let line = line(reader)?;
        if line.is_empty() {
            return Ok(headers);
        }
        let (name, value) = line.split_once(':').unwrap_or((&line, ""));
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
}

fn line(reader: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

fn body_length(request: &Request) -> io::Result<usize> {
    for name in ["transfer-encoding", "content-encoding"] {
        if let Some(value) = request.header(name).filter(|value| *value != "identity") {
            return Err(refused(format!("{name}: {value} is not spoken here")));
        }
    }
    let length = request.header("content-length").unwrap_or("0");
    let length = length.parse().ok().filter(|length| *length <= BODY_LIMIT);
    length.ok_or_else(|| refused("no usable content-length".to_owned()))
}

fn refused(sentence: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, sentence)
}

/// A whole answer.
pub(super) fn send_json(connection: &TcpStream, status: u16, body: &Value) -> io::Result<()> {
    send_document(connection, status, &[], &body.to_string())
}

/// A whole answer with headers of its own; what it says is not looked at.
pub(super) fn send_document(
    connection: &TcpStream,
    status: u16,
    headers: &[(String, String)],
    body: &str,
) -> io::Result<()> {
    let more: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let head = format!(
        "HTTP/1.1 {status} scripted\r\ncontent-type: application/json\r\n{more}\
         content-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    send(connection, &(head + body))
}

/// Half of an answer, after which the connection is to be closed.
pub(super) fn send_half(connection: &TcpStream) -> io::Result<()> {
    send(connection, "HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{\"output\": [")
}

/// The head of an event stream, whose end is the end of the connection.
pub(super) fn start_events(connection: &TcpStream) -> io::Result<()> {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
    send(connection, head)
}

/// One event, named by its `type`.
pub(super) fn send_event(connection: &TcpStream, event: &Value) -> io::Result<()> {
    let name = event["type"].as_str().unwrap_or_default();
    send(connection, &format!("event: {name}\ndata: {event}\n\n"))
}

/// Something that readers of events skip, to learn whether anybody reads.
pub(super) fn send_comment(connection: &TcpStream) -> io::Result<()> {
    send(connection, ": waiting\n\n")
}

fn send(mut connection: &TcpStream, text: &str) -> io::Result<()> {
    connection.write_all(text.as_bytes())
}
