//! `POST /chat/completions`.

use serde_json::{Value, json};
use throughline_model::memory::engine::budget::TokenUse;

use super::{Failed, Length, Manner, Shape, count, instructions};
use crate::ask::Ask;

pub(super) fn body(model: &str, ask: &Ask, manner: Manner) -> Value {
    let mut body = json!({
        "model": model,
        "messages": [
            {"role": "system", "content": instructions(ask, manner.shape)},
            {"role": "user", "content": ask.input},
        ],
        "stream": false,
    });
    let length = match manner.length {
        Length::MaxTokens => "max_tokens",
        Length::MaxCompletionTokens => "max_completion_tokens",
    };
    body[length] = json!(ask.max_output_tokens);
    match manner.shape {
        Shape::Enforced => {
            body["response_format"] = json!({"type": "json_schema", "json_schema": {
                "name": ask.schema_name,
                "schema": ask.schema,
                "strict": true,
            }});
        }
        Shape::Described => {}
    }
    body
}

pub(super) fn text(answer: &Value) -> Result<String, Failed> {
    let choice = &answer["choices"][0];
    if let Some(refusal) = choice["message"]["refusal"].as_str().filter(|said| !said.is_empty()) {
        return Err(Failed::Declined(refusal.to_owned()));
    }
    match choice["finish_reason"].as_str() {
        Some(reason @ ("length" | "content_filter")) => Err(Failed::Incomplete(reason.to_owned())),
        Some(_) | None => Ok(content(&choice["message"]["content"])),
    }
}

/// A string, or parts that have a `text`.
fn content(content: &Value) -> String {
    let parts = content.as_array().into_iter().flatten().filter_map(|part| part["text"].as_str());
    content.as_str().into_iter().chain(parts).collect()
}

pub(super) fn usage(usage: &Value) -> TokenUse {
    TokenUse {
        input: count(&usage["prompt_tokens"]),
        cached: count(&usage["prompt_tokens_details"]["cached_tokens"]),
        output: count(&usage["completion_tokens"]),
        reasoning: count(&usage["completion_tokens_details"]["reasoning_tokens"]),
    }
}
