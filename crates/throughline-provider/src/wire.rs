//! The two ways of asking, as they stand on the wire.

use serde_json::Value;
use throughline_model::config::memory::Wire;
use throughline_model::memory::engine::budget::TokenUse;

use crate::ask::Ask;
use crate::error::ProviderError;
use crate::http::{Answer, Http};

mod chat;
mod responses;

/// How a question is put.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Manner {
    pub(crate) shape: Shape,
    pub(crate) length: Length,
}

/// How the model learns what the answer must look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Shape {
    /// By a member of the request, which the server enforces.
    #[default]
    Enforced,
    /// By words in the instructions.
    Described,
}

/// What Chat Completions calls the bound of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Length {
    #[default]
    MaxTokens,
    MaxCompletionTokens,
}

/// What a server said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) text: String,
    pub(crate) usage: TokenUse,
    pub(crate) model: Option<String>,
}

/// Why an answer is none.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Failed {
    Incomplete(String),
    Declined(String),
}

/// What stands behind the base URL.
pub(crate) fn path(wire: Wire) -> &'static str {
    match wire {
        Wire::Responses => "/responses",
        Wire::ChatCompletions => "/chat/completions",
    }
}

/// The request.
pub(crate) fn body(wire: Wire, model: &str, ask: &Ask, manner: Manner) -> Value {
    match wire {
        Wire::Responses => responses::body(model, ask, manner),
        Wire::ChatCompletions => chat::body(model, ask, manner),
    }
}

/// Reads an answer.
pub(crate) fn read(wire: Wire, http: &Http<'_>, answer: &Answer) -> Result<Told, ProviderError> {
    let json = json(http, answer)?;
    let (usage, text) = match wire {
        Wire::Responses => (responses::usage(&json["usage"]), responses::text(&json)),
        Wire::ChatCompletions => (chat::usage(&json["usage"]), chat::text(&json)),
    };
    let url = answer.url.clone();
    let model = json["model"].as_str().map(|model| http.message(model));
    match text {
        Ok(text) => Ok(Told { text, usage, model }),
        Err(Failed::Incomplete(reason)) => {
            Err(ProviderError::Incomplete { url, reason: http.message(&reason), spent: usage })
        }
        Err(Failed::Declined(said)) => {
            Err(ProviderError::Declined { url, message: http.message(&said), spent: usage })
        }
    }
}

/// An answer as JSON. Some servers report an error with status 200.
pub(crate) fn json(http: &Http<'_>, answer: &Answer) -> Result<Value, ProviderError> {
    let malformed = |error: serde_json::Error| {
        let problem = http.message(&error.to_string());
        ProviderError::Malformed { url: answer.url.clone(), problem, spent: TokenUse::default() }
    };
    let json: Value = serde_json::from_slice(&answer.body).map_err(malformed)?;
    if json["error"].is_null() {
        return Ok(json);
    }
    Err(http.refusal(&answer.url, /*status*/ 200, /*retry_after*/ None, &answer.body))
}

fn count(value: &Value) -> u64 {
    value.as_u64().unwrap_or(0)
}

/// The instructions, with the schema in words where the server can't enforce it.
fn instructions(ask: &Ask, shape: Shape) -> String {
    match shape {
        Shape::Enforced => ask.instructions.clone(),
        Shape::Described => format!(
            "{}\n\nAnswer with one JSON object that fits this JSON Schema, and with nothing else:\n{}",
            ask.instructions, ask.schema
        ),
    }
}
