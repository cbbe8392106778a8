//! A question to a model, answered by one JSON object.

use serde_json::Value;
use throughline_model::memory::engine::answer::first_object;
use throughline_model::memory::engine::budget::TokenUse;

use crate::endpoint::Endpoint;
use crate::error::ProviderError;
use crate::http::Http;
use crate::wire::{self, Length, Manner, Shape, Told};

/// What is asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Ask {
    /// What the model is to do.
    pub instructions: String,
    /// What it is to do it with.
    pub input: String,
    /// What the answer must look like: a JSON Schema that fits strict mode.
    pub schema: Value,
    /// What the schema is called: letters, digits, `_` and `-`.
    pub schema_name: String,
    /// How long the answer may be, reasoning included.
    pub max_output_tokens: u64,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The answer: one JSON object. Whether it fits the schema is for the caller to check.
    pub text: String,
    /// What it cost.
    pub usage: TokenUse,
    /// The model that answered, as the server calls it.
    pub model: String,
}

/// Asks, and waits for the answer.
///
/// A server that refuses the schema is asked once more with the schema in words.
///
/// # Errors
/// What [`ProviderError`] says; after all attempts that [`crate::Retries`] allows.
pub fn ask(endpoint: &Endpoint, ask: &Ask) -> Result<Reply, ProviderError> {
    let http = Http::new(endpoint)?;
    let mut manner = Manner::default();
    loop {
        let body = wire::body(endpoint.wire, &endpoint.model, ask, manner);
        match http.post(wire::path(endpoint.wire), &body) {
            Ok(answer) => {
                let told = wire::read(endpoint.wire, &http, &answer)?;
                return reply(answer.url, told, &endpoint.model);
            }
            Err(error) => manner = easier(manner, &error).ok_or(error)?,
        }
    }
}

fn reply(url: String, told: Told, asked: &str) -> Result<Reply, ProviderError> {
    let Some(text) = first_object(&told.text).map(str::to_owned) else {
        let problem = "there is no JSON object in it".to_owned();
        return Err(ProviderError::Malformed { url, problem, spent: told.usage });
    };
    let model = told.model.unwrap_or_else(|| asked.to_owned());
    Ok(Reply { text, usage: told.usage, model })
}

/// How a server may take what it refused; each of the two concessions is made once.
///
/// OpenAI's newer models refuse `max_tokens` and name the other word; others ignore that one in silence, so
/// it can't be the first.
fn easier(manner: Manner, error: &ProviderError) -> Option<Manner> {
    let ProviderError::Refused { status: 400 | 422, code, message, .. } = error else {
        return None;
    };
    if manner.length == Length::MaxTokens && message.contains("max_completion_tokens") {
        return Some(Manner { length: Length::MaxCompletionTokens, ..manner });
    }
    let is_too_long = code == "context_length_exceeded";
    let may_be_the_schema = manner.shape == Shape::Enforced && !is_too_long;
    may_be_the_schema.then_some(Manner { shape: Shape::Described, ..manner })
}
