//! The messages: JSON-RPC, a line each, in Codex's dialect.
//!
//! Codex leaves the member `jsonrpc` out, and so do we; who sends it is understood all the same. An id is a
//! number or a text and comes back as it was.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The longest message that is taken, in bytes. A turn may carry pictures.
pub const LONGEST: usize = 32 * 1024 * 1024;

/// What a client calls its request.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum RequestId {
    Number(i64),
    Text(String),
}

/// What a client sent.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Incoming {
    Request {
        id: RequestId,
        method: String,
        params: Value,
    },
    Notification {
        method: String,
        params: Value,
    },
    /// An answer to something that was never asked.
    Answer,
}

#[derive(Deserialize)]
struct Wire {
    id: Option<RequestId>,
    method: Option<String>,
    #[serde(default)]
    params: Value,
}

impl Incoming {
    /// Reads a line.
    pub(crate) fn parse(line: &[u8]) -> Result<Self, Fault> {
        let wire: Wire = serde_json::from_slice(line)
            .map_err(|error| Fault::new(Code::Parse, format!("not a message: {error}")))?;
        Ok(match (wire.id, wire.method) {
            (Some(id), Some(method)) => Self::Request { id, method, params: wire.params },
            (None, Some(method)) => Self::Notification { method, params: wire.params },
            (_, None) => Self::Answer,
        })
    }
}

/// Why a request is not carried out, in JSON-RPC's numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// It can't be read.
    Parse,
    /// It is wrong, unknown, or comes at a wrong time; Codex has this number for all of them.
    Invalid,
    /// It names something that is not known here; for a client that is wrong too.
    Unknown,
    /// It failed on our side.
    Internal,
    /// Its client took it back; the number is of the language server protocol.
    Cancelled,
}

impl Code {
    fn number(self) -> i64 {
        match self {
            Self::Parse => -32700,
            Self::Invalid | Self::Unknown => -32600,
            Self::Internal => -32603,
            Self::Cancelled => -32800,
        }
    }
}

/// A request that is not carried out.
#[derive(Debug, Clone, PartialEq)]
pub struct Fault {
    /// Of what kind.
    pub code: Code,
    /// What is wrong, in a sentence.
    pub message: String,
    /// More, for programs.
    pub data: Option<Value>,
}

impl Fault {
    /// A fault in a sentence.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), data: None }
    }

    /// A request that is wrong.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(Code::Invalid, message)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// The answer to a request, as a line without its end.
pub(crate) fn answer(id: &RequestId, result: Result<Value, Fault>) -> String {
    match result {
        Ok(result) => json!({ "id": id, "result": result }).to_string(),
        Err(fault) => json!({ "id": id, "error": error(&fault) }).to_string(),
    }
}

/// What is said of a line that can't be read: it has no id to answer to.
pub(crate) fn unreadable(fault: &Fault) -> String {
    json!({ "id": null, "error": error(fault) }).to_string()
}

/// Something that a client did not ask for.
pub(crate) fn notification(method: &str, params: &Value) -> String {
    json!({ "method": method, "params": params }).to_string()
}

fn error(fault: &Fault) -> Value {
    let mut error = json!({ "code": fault.code.number(), "message": fault.message });
    if let Some(data) = &fault.data {
        error["data"] = data.clone();
    }
    error
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_a_line_is_follows_from_its_members() {
        let request =
            |id| Incoming::Request { id, method: "m".to_owned(), params: json!({"a": 1}) };
        let cases = [
            (r#"{"id":1,"method":"m","params":{"a":1}}"#, request(RequestId::Number(1))),
            (
                r#"{"jsonrpc":"2.0","id":"x","method":"m","params":{"a":1}}"#,
                request(RequestId::Text("x".to_owned())),
            ),
            (
                r#"{"method":"m"}"#,
                Incoming::Notification { method: "m".to_owned(), params: Value::Null },
            ),
            (r#"{"id":1,"result":{}}"#, Incoming::Answer),
        ];
        for (line, expected) in cases {
            assert_eq!(Incoming::parse(line.as_bytes()), Ok(expected), "{line}");
        }
        for line in
            ["", "{", "[]", "7", r#"{"id":[],"method":"m"}"#, r#"{"id":1,"method":7}"#, "\u{0}"]
        {
            let fault = Incoming::parse(line.as_bytes()).expect_err(line);
            assert_eq!(fault.code, Code::Parse, "{line}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_are_too_much(line in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Incoming::parse(&line);
        }

        #[test]
        fn an_id_comes_back_as_it_was(id in prop_oneof![any::<i64>().prop_map(RequestId::Number), any::<String>().prop_map(RequestId::Text)]) {
            let line = json!({ "id": id, "method": "m" }).to_string();
            let Ok(Incoming::Request { id: read, .. }) = Incoming::parse(line.as_bytes()) else { panic!("{line}") };
            prop_assert_eq!(&read, &id);
            let answered: Value = serde_json::from_str(&answer(&id, Ok(Value::Null))).unwrap();
            prop_assert_eq!(&answered["id"], &json!(id));
        }
    }
}
