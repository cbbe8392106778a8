//! The one funnel for secrets: what journal, state, index and log may not hold.
//!
//! A hand-written scanner, since it runs inside a hook whose budget is milliseconds: one look at each
//! byte, and more only where a word begins, at `=` and `:`, and at two hyphens. What a secret looks
//! like is data: [`family::FAMILIES`] for secrets that announce themselves by a prefix,
//! [`assignment::NAMES`] for those that only their name gives away.
//!
//! Precision comes first: memory that is full of holes is no memory. Hashes, UUIDs and ids stay,
//! unless they are the value of something called a secret.
//!
//! Invariants: `redact(redact(x)) == redact(x)`; text without a secret comes back borrowed; what
//! surrounds a secret stays byte for byte.

use std::borrow::Cow;

mod assignment;
mod block;
mod bytes;
mod encoded;
mod family;
mod scanner;
mod specimens;
mod url;

use scanner::Scanner;
#[doc(hidden)]
pub use specimens::specimens;

/// What stands for a secret, up to its kind.
const MARKER: &str = "[REDACTED:";

/// Taking one secret away can uncover another, so text is looked at until nothing is found: three times where
/// it happens. Text that was made to need more passes does not get them without end.
const MOST_PASSES: usize = 16;

/// Replaces each secret by `[REDACTED:kind]`.
///
/// Finds them in plain text, in JSON-escaped text and under one layer of base64; `data:` URLs are
/// dropped whole.
pub fn redact(text: &str) -> Cow<'_, str> {
    let mut clean = Cow::Borrowed(text);
    for _ in 0..MOST_PASSES {
        let Some(cleaner) = redact_once(&clean) else { break };
        clean = Cow::Owned(cleaner);
    }
    clean
}

/// As [`redact`], every text in a JSON value; names of members stay.
pub fn redact_json(value: &mut serde_json::Value) {
    use serde_json::Value;
    match value {
        Value::String(text) => {
            if let Cow::Owned(clean) = redact(text) {
                *text = clean;
            }
        }
        Value::Array(list) => list.iter_mut().for_each(redact_json),
        Value::Object(members) => members.values_mut().for_each(redact_json),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn redact_once(text: &str) -> Option<String> {
    let mut kept_to = 0;
    let mut clean = String::new();
    for found in Scanner::new(text.as_bytes()) {
        clean.push_str(&text[kept_to..found.start]);
        clean.push_str(MARKER);
        clean.push_str(found.kind);
        clean.push(']');
        kept_to = found.end;
    }
    (kept_to > 0).then(|| clean + &text[kept_to..])
}

/// A secret in the text: bytes `start..end`, both at ASCII or at the end of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Found {
    start: usize,
    end: usize,
    kind: &'static str,
}

/// Where the marker that begins at `at` ends, if one does.
fn marker_end(bytes: &[u8], at: usize) -> Option<usize> {
    let kind = bytes.get(at..)?.strip_prefix(MARKER.as_bytes())?;
    let length = kind.iter().take_while(|b| b.is_ascii_lowercase() || **b == b'-').count();
    let closed = kind.get(length) == Some(&b']');
    closed.then(|| at + MARKER.len() + length + 1)
}

#[cfg(test)]
mod tests;
